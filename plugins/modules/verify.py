#!/usr/bin/python
# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: verify
short_description: Verify over the wire that every name server does what is declared, as seen from a host
version_added: 0.1.0
author:
  - The authoritative.dns maintainers (@authoritative-dns)
description:
  - Derives from the declaration who must answer, who must have which serial and which records, who hands out transfers to this host and who must
    refuse it, and what no server may do, such as recursion for strangers.
  - Has M(authoritative.dns.verify_soa_serial), M(authoritative.dns.verify_records), M(authoritative.dns.verify_zone_transfer),
    M(authoritative.dns.verify_server) and, for signed zones, M(authoritative.dns.verify_dnssec) look, from the host of the task.
  - On a host whose name server learns from catalog zones, asks this server which zones it learned of. That takes the rights to command it.
  - In check mode V(contents) and V(catalogs) are left out of O(checks), since a dry run gives no server what is declared.
  - Never changes anything, and never fails because of what it found. The role P(authoritative.dns.verify#role) does, after it made a report.
options:
  checks:
    description: What to look at.
    type: list
    elements: str
    choices: [serials, catalogs, contents, transfers, servers, dnssec]
    default: [serials, catalogs, contents, transfers, servers, dnssec]
  families:
    description: The IP versions that the host can use.
    type: list
    elements: int
    choices: [4, 6]
    default: [4, 6]
  transfers:
    description: Of how many zones for each set of servers to try transfers. Zones with the same servers share their access lists.
    type: int
    default: 20
  contents:
    description:
      - Of how many zones for each set of servers to compare what servers answer with the declared records, at servers that have the right serial.
        The zones are spread over the whole list. Two contents under one serial are found by this alone.
      - Zones whose primaries are all servers outside of the inventory are left out, since their content is not declared.
    type: int
    default: 20
  wait_timeout:
    description:
      - Seconds within which all servers must have the same serial.
      - Then contents, transfers and signatures that are not as expected are looked at again for three more seconds, if this is not less.
        A server that just took a zone may answer a question or two from a process that has the former one, and one that many hosts look at at once
        may hand out no zone for a moment.
    type: float
    default: 30.0
  tls_ca:
    description: Text (PEM) of the certificates that issue those of servers that hand zones out over TLS. The system's when not given.
    type: str
  parent_servers:
    description:
      - By name of a signed zone, addresses of the servers of the zone above, to be asked for the DS. Servers of a declared zone are asked
        without being named here, and nobody else.
    type: dict
    default: {}
  without:
    description: Addresses of servers that are about to be stopped, to be told in RV(alone) which zones nobody else is to serve.
    type: list
    elements: str
    default: []
  payload:
    description: What travels to the host. Made by the action plugin; never set it.
    type: str
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  platform:
    support: full
    platforms: posix
"""

EXAMPLES = r"""
- name: Look at every name server from the clients
  hosts: dns_clients
  gather_facts: false
  tasks:
    - name: Look at every name server
      authoritative.dns.verify:
      register: verified

    - name: Tell what is wrong
      ansible.builtin.assert:
        that: not verified.faults
        fail_msg: "{{ verified.faults | join(' ') }}"
"""

RETURN = r"""
host:
  description: The host that looked.
  returned: success
  type: str
faults:
  description: What is not as declared, a text for each check.
  returned: success
  type: list
  elements: str
unproven:
  description: Zones in views, each with a server, that were not asked for there, because a question from this host may lead to another view.
  returned: when there are any
  type: list
  elements: list
  sample: [[example.com@internal, ns1]]
soa:
  description: What M(authoritative.dns.verify_soa_serial) returned.
  returned: when asked for
  type: dict
catalogs:
  description:
    - Which members of catalogs the name server of the host learned of, C(results) and C(summary) like those of the modules.
    - The C(state) of a zone is V(learned), V(not_learned) of one that the declared catalog lists and the server does not know, V(unlisted) of one that
      the server learned of and the declared catalog does not list.
  returned: when asked for, on secondaries of catalogs
  type: dict
records:
  description: What M(authoritative.dns.verify_records) returned.
  returned: when asked for
  type: dict
transfers:
  description: What M(authoritative.dns.verify_zone_transfer) returned.
  returned: when asked for
  type: dict
servers:
  description: What M(authoritative.dns.verify_server) returned.
  returned: when asked for
  type: dict
dnssec:
  description: What M(authoritative.dns.verify_dnssec) returned.
  returned: when asked for, and there is a zone that is declared with signatures or has its primaries outside of the inventory
  type: dict
alone:
  description: Zones that are declared to be served at addresses of O(without) and by nobody else, however many there are.
  returned: when O(without) is given
  type: list
  elements: str
  sample: [example.com]
missing_library:
  description: The Python library that the host lacks, without which the module failed before it looked at anything.
  returned: when there is one
  type: str
  sample: cryptography
"""

import json
import zlib
from base64 import b64decode

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.authoritative.dns.plugins.module_utils.proof import verification
from ansible_collections.authoritative.dns.plugins.module_utils.proof.checks import contents, serials, servers, transfers
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import Mistake

# By the name of each in the result, in the order in which they look: the first waits until all servers have the same serial.
CHECKS = {"soa": serials, "catalogs": None, "records": contents, "transfers": transfers, "servers": servers, "dnssec": None}
NAMES = ["serials", "catalogs", "contents", "transfers", "servers", "dnssec"]


def imported(name):
    """A check. Those that most hosts have no use for are imported when they are asked for: that takes longer than to import all others."""
    if name == "catalogs":
        from ansible_collections.authoritative.dns.plugins.module_utils.reading import membership

        return membership
    if name == "dnssec":
        from ansible_collections.authoritative.dns.plugins.module_utils.proof.checks import dnssec

        return dnssec
    return CHECKS[name]


def look(payload):
    """What each check returns that has arguments in ``payload``. Raises Mistake and MissingLibrary."""
    verification.need_libraries(validation="dnssec" in payload)
    found = {}
    late = set()
    for name in CHECKS:
        if name not in payload:
            continue
        check = imported(name)
        validated = ArgumentSpecValidator(check.ARGUMENTS).validate(payload[name])
        if validated.error_messages:
            raise Mistake(f"{name}: {'; '.join(validated.error_messages)}")
        params = validated.validated_parameters
        if name == "records":
            # A server that has another serial is told already, and what else it has follows from that.
            params["zones"] = without(params["zones"], late)
            if not params["zones"]:
                continue
        found[name] = verification.look(check.verify, params)
        if name == "soa":
            late = {(item["zone"], item["server"]) for item in found["soa"]["results"] if not item["ok"]}
    return found


def without(zones, late):
    """The zones with those servers that are not late with them."""
    left = [{**zone, "servers": [server for server in zone["servers"] if (zone["name"], server) not in late]} for zone in zones]
    return [zone for zone in left if zone["servers"]]


def main():
    module = AnsibleModule(
        argument_spec={
            "checks": {"type": "list", "elements": "str", "choices": NAMES, "default": NAMES},
            "families": {"type": "list", "elements": "int", "choices": [4, 6], "default": [4, 6]},
            "transfers": {"type": "int", "default": 20},
            "contents": {"type": "int", "default": 20},
            "wait_timeout": {"type": "float", "default": 30.0},
            "tls_ca": {"type": "str"},
            "parent_servers": {"type": "dict", "default": {}},
            "without": {"type": "list", "elements": "str", "default": []},
            "payload": {"type": "str", "no_log": True},
        },
        supports_check_mode=True,
    )
    if not module.params["payload"]:
        module.fail_json(msg="the action plugin of this module makes its payload; call it as authoritative.dns.verify in a play")
    try:
        found = look(json.loads(zlib.decompress(b64decode(module.params["payload"]))))
    except verification.MissingLibrary as missing:
        module.fail_json(msg=str(missing), missing_library=missing.library)
    except Mistake as mistake:
        module.fail_json(msg=str(mistake))
    module.exit_json(changed=False, **found)


if __name__ == "__main__":
    main()
