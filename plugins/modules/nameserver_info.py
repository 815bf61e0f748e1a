#!/usr/bin/python
# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: nameserver_info
short_description: Tell what a host's name server is configured to serve
version_added: 0.1.0
description:
  - Reads the configuration of a running or stopped BIND, NSD, Knot DNS or PowerDNS with the program's own tools, so that includes, patterns, zones that
    C(rndc addzone) or C(nsd-control addzone) added and zone files in raw format are read as the program reads them. It changes nothing.
  - The playbook C(authoritative.dns.gather) makes an inventory of what it returns.
options:
  software:
    description: The program.
    type: str
    choices: [bind, nsd, knot, powerdns]
    default: bind
  config_file:
    description:
      - The file that the program reads first; of Knot DNS also the directory of a configuration database. PowerDNS' has to be called C(pdns.conf).
      - By default the one with which the running program was started, else its own default.
    type: path
  chroot:
    description: The directory that C(named) sees as the root. By default the one with which the running C(named) was started.
    type: path
  user:
    description:
      - The account that the program has where it does not run and its configuration names none. Root reads with this account's rights what it could have
        written, such as zone files, added zones and databases, and refuses to read them where no account is known.
      - That of a running program is used in any case, then the one that its configuration names. Say V(root) only for a program that root itself is to run.
    type: str
  content:
    description: Whether to return the content of zones too.
    type: bool
    default: false
  copies:
    description:
      - Whether O(content) is all records of zones that the server transfers too. Else it may be those of the apex alone, which are read
        a hundred times as fast from BIND's raw files.
    type: bool
    default: true
  secrets:
    description:
      - Whether to return TSIG keys with their secrets. Give the task C(no_log) then.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    description: The module never changes anything.
  diff_mode:
    support: none
    description: There is nothing to compare.
  platform:
    platforms: linux
    support: full
    description: >-
      Needs C(named-checkconf), and C(named-compilezone) and C(named-nzd2nzf) where zones are in the forms that these read;
      C(nsd-checkconf) and C(nsd-checkzone) for NSD, C(knotc) for Knot DNS, C(pdnsutil) for PowerDNS.
notes:
  - Needs nothing but Python's standard library, and root where files of the name server may be read by nobody else.
seealso:
  - module: authoritative.dns.nameserver
author:
  - The authoritative.dns maintainers (@authoritative-dns)
"""

EXAMPLES = r"""
- name: See what the host serves
  authoritative.dns.nameserver_info:
  register: nameserver

- name: Show zones that C(rndc addzone) added, and those that change by themselves
  ansible.builtin.debug:
    msg: "{{ nameserver.zones | selectattr('added') | map(attribute='name') }}, {{ nameserver.zones | selectattr('dynamic') | map(attribute='name') }}"
"""

RETURN = r"""
software:
  description: The program.
  returned: success
  type: str
  sample: bind
version:
  description: Its version.
  returned: success
  type: str
  sample: 9.18.28
config_file:
  description: The file that it reads first, as it sees it.
  returned: success
  type: str
  sample: /etc/bind/named.conf
directory:
  description: Where relative paths of its configuration begin.
  returned: success
  type: str
  sample: /var/cache/bind
running:
  description: Whether it runs.
  returned: success
  type: bool
  sample: true
addresses:
  description: >-
    Addresses of the host's interfaces at which its name server may listen: without those of loopback, temporary ones (RFC 8981), and those at which
    another program has port 53.
  returned: success
  type: list
  elements: str
  sample: [192.0.2.1]
tsig_keys:
  description: TSIG keys.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Its name in lower case, without the final dot.
      type: str
    algorithm:
      description: Its algorithm.
      type: str
    secret:
      description: Its secret in base64, if O(secrets=true).
      type: str
  sample: [{name: ns1-ns2.example, algorithm: hmac-sha256}]
zones:
  description: Zones of class IN, of every type.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Its name in lower case, without the final dot.
      type: str
    view:
      description: The view that it is in, none if there are no views.
      type: str
    type:
      description: As the configuration has it, so C(master) and C(primary) mean the same.
      type: str
    file:
      description: The absolute path of its file, none if it has no file.
      type: str
    where:
      description: File and line of its statement, none for a zone that C(rndc addzone) added.
      type: str
    added:
      description: Whether C(rndc addzone) added it.
      type: bool
    dynamic:
      description: Whether clients may update it.
      type: bool
    signed:
      description: Whether the server signs it.
      type: bool
    serial:
      description: The serial that the running server gives, none if it gives none.
      type: int
  sample:
    - {name: example.com, view: null, type: primary, file: /etc/bind/db.example.com, where: "/etc/bind/named.conf.local:3",
       added: false, dynamic: false, signed: false, serial: 2026112801}
configuration:
  description:
    - Every statement as named-checkconf(8) prints it, which has included files in their place and quotes around names. A statement is a list of
      words and of blocks, which are lists of statements.
    - Of Knot DNS every section as knotc(8) exports it, in the same form as NSD's; a zone has what its template says and it does not.
    - Of PowerDNS its settings, a clause for each zone with its kind, primaries and metadata, and a clause for each key.
    - Of NSD every clause as nsd-checkconf(8) prints it, a list of its name and its options, without those that say what NSD does anyway.
  returned: success
  type: list
  elements: list
  sample: [[options, [[directory, '"/var/cache/bind"']]]]
places:
  description: File and line of each statement, of those in options, views and zones too.
  returned: success
  type: dict
  sample: {"options, directory": "/etc/bind/named.conf.options:2"}
contents:
  description:
    - By zone its C(text), a master file, and whether it is the server's own file as it is (C(as_it_is)); or what is C(wrong) with it.
    - A zone in a view is called C(example.com@internal) here.
    - Files that are raw, that have a journal or that include others are told as the records that they mean.
    - With BIND and NSD C(included) lists what a file includes by paths that begin in the server's working directory, if there is any.
  returned: O(content=true)
  type: dict
  sample: {example.com: {text: "@ 3600 IN SOA …", as_it_is: true}}
"""

import json

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.reading.bind import Bind
from ansible_collections.authoritative.dns.plugins.module_utils.reading.knot import Knot
from ansible_collections.authoritative.dns.plugins.module_utils.reading.nsd import Nsd
from ansible_collections.authoritative.dns.plugins.module_utils.reading.powerdns import PowerDns
from ansible_collections.authoritative.dns.plugins.module_utils.serving import listeners

SOFTWARE = {"bind": Bind, "nsd": Nsd, "knot": Knot, "powerdns": PowerDns}


def interface_addresses(run, find, daemon) -> list:
    """Addresses of this host at which others may reach a name server, in the order of ip(8); none without it. daemon: its program's name.

    Neither those that are gone after a day (RFC 8981), nor those where somebody else answers, as dnsmasq does for virtual machines.
    """
    program = find("ip")
    if not program:
        return []
    code, out, _err = run([program, "-json", "address", "show"], "/")
    told = [address for link in json.loads(out or "[]") for address in link.get("addr_info", [])] if code == 0 else []
    found = [address["local"] for address in told if address.get("scope") == "global" and not address.get("temporary")]
    taken = {address for _process, address in listeners.holders(found, 53, listeners.processes(daemon))}
    return [address for address in found if address not in taken]


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "software": {"type": "str", "choices": list(SOFTWARE), "default": "bind"},
            "config_file": {"type": "path"},
            "chroot": {"type": "path"},
            "user": {"type": "str"},
            "content": {"type": "bool", "default": False},
            "copies": {"type": "bool", "default": True},
            "secrets": {"type": "bool", "default": False, "no_log": False},
        },
        supports_check_mode=True,
    )

    def run(command, directory):
        return module.run_command(command, cwd=directory, environ_update={"LC_ALL": "C"}, errors="surrogate_or_replace")

    def find(program):
        return module.get_bin_path(program, opt_dirs=["/usr/sbin", "/sbin", "/usr/local/sbin"])

    try:
        software = SOFTWARE[module.params["software"]](run, find, module.params["config_file"], module.params["chroot"], module.params["user"])
        facts = software.facts(module.params["secrets"], module.params["content"], module.params["copies"])
    except (Refused, OSError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, addresses=interface_addresses(run, find, software.daemon), **facts)


if __name__ == "__main__":
    main()
