#!/usr/bin/python
# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: nameserver
short_description: Bring the name server of a host to what the declaration says
version_added: 0.1.0
author:
  - The authoritative.dns maintainers (@authoritative-dns)
description:
  - Reads the declaration (C(dns_zones) and the inventory's groups) on the controller, works out what this host serves, and makes
    its name server serve exactly that, all at once, with one reload.
  - What is staged is first loaded by the server's own checker. If the checker or the running server refuses it, everything is as before.
  - Two tasks make a change. O(state=compared) reads what the host has; O(state=present) takes these findings of every primary, so that
    several primaries of one zone get the same serial.
  - The role P(authoritative.dns.nameserver#role) calls it with everything it needs, and installs, opens the firewall and starts the service around it.
options:
  state:
    description:
      - V(compared) changes nothing and reports what differs.
      - V(present) makes the host what the declaration says.
      - V(refreshed) has a server that was just started ask its primaries for the zones that it transfers, which may have changed while it was stopped.
    type: str
    choices: [compared, present, refreshed]
    default: present
  software:
    description: The name server's program.
    type: str
    choices: [bind, nsd, knot, powerdns]
    default: bind
  version:
    description:
      - The program's version, as the package manager writes it. What an older one cannot do is done otherwise, or refused.
      - Without one it is taken for a new one.
    type: str
    default: ""
  layout:
    description: Where the distribution expects the program's files. The role's files C(vars/software/) hold them.
    type: dict
    required: true
  settings:
    description:
      - The server's own settings, with the keys C(listen_on), C(allow_query), C(recursion_networks), C(forwarders) (lists of addresses
        or networks), C(dnssec_validation), C(local_config) and C(local_options) (statements of your own), and the paths C(tls_certificate),
        C(tls_key) and C(tls_ca) of files on the host. With C(tls_authority), which is where the role has an authority, the first two are given together
        or not at all, and C(tls_days), for which it issues certificates, are 3 at least.
    type: dict
    default: {}
  comparisons:
    description: What O(state=compared) returned on every host of the play. Needed by O(state=present).
    type: list
    elements: dict
    default: []
  refused:
    description: Hosts of the play for which O(state=compared) failed. With any, O(state=present) fails and changes nothing, or secondaries would drop
      what their primary may not.
    type: list
    elements: str
    default: []
  without:
    description:
      - Hosts that O(state=present) may go on without, although they are primaries of zones that have to change and were not compared.
      - Without this word it refuses, since a primary that was not asked may serve other content under the same serial.
    type: list
    elements: str
    default: []
  allow_loss:
    description:
      - What O(state=compared) may find lost without refusing to go on, V(true) for everything, or a list of zones and hosts.
      - It refuses a zone that loses more than 30 % of its records (and at least 10 of them), or one of its apex name servers, and a host that
        loses more than 30 % of its zones (and at least 10 of them), or all where these are two and more.
      - It also refuses a host whose name server serves zones by a configuration that this collection did not write, where these are neither declared for
        the host nor in its local file.
    type: raw
    default: false
  allow_bogus:
    description:
      - What O(state=compared) may find that resolvers which validate would refuse afterwards, V(true) for everything, or a list of zones. It refuses to sign
        a zone by none of the keys that other servers of the zone have, or that the zone above has a DS for, and to take keys and signatures away too early.
    type: raw
    default: false
  parent_servers:
    description: Addresses of servers of the zone above, by zone that this host signs, to ask for its DS where the zone above is not declared.
    type: dict
    default: {}
  repair:
    description:
      - Whether what a host was given is read again from its files, where the manifest that tells it cannot be read, as after a power loss.
      - Without this word that is a refusal. A host whose manifest can be read is treated as always.
      - It takes a run about all zones. Of what nothing but the manifest knows, the serials of zones that were removed are lost.
    type: bool
    default: false
  part:
    description:
      - Limits O(state=present) to hosts that are V(primary) for at least one zone, or to those that are not (V(secondary)). It skips others that have
        something to do.
      - Primaries first, so that a secondary that asks at once is answered.
    type: str
    choices: [primary, secondary, any]
    default: any
  payload:
    description: What travels to the host. Made by the action plugin; never set it.
    type: str
  changes:
    description: What of that changes in this run. Made by the action plugin; never set it.
    type: str
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: Zones differ by records, configuration by lines. Keys are never shown.
  platform:
    support: full
    platforms: posix
"""

EXAMPLES = r"""
- name: See what the host has
  authoritative.dns.nameserver:
    state: compared
    layout: "{{ my_layout }}"
  register: comparison

- name: Make it what the declaration says
  authoritative.dns.nameserver:
    layout: "{{ my_layout }}"
    settings:
      listen_on: [192.0.2.53, "2001:db8::53"]
      allow_query: [any]
    comparisons: "{{ ansible_play_hosts | map('extract', hostvars, 'comparison') }}"
"""

RETURN = r"""
host:
  description: The host that was compared.
  returned: when O(state=compared)
  type: str
part:
  description: V(primary) if the host is one for at least one zone, else V(secondary).
  returned: when O(state=compared)
  type: str
differing:
  description: JSON text with what differs, for the task that follows.
  returned: when O(state=compared)
  type: str
agrees:
  description: Whether nothing differs, so that O(state=present) has nothing to do.
  returned: when O(state=compared)
  type: bool
served:
  description: How many of the zones that the run is about the host has.
  returned: when O(state=compared)
  type: int
own_content:
  description: Zones that the host serves without this collection and whose content its server changes by itself, and how it does.
  returned: when O(state=compared)
  type: dict
  sample: {example.com: updated dynamically}
left_out:
  description: Zones that the host's BIND serves by a configuration that this collection did not write, and would not serve with the one that replaces it.
  returned: when O(state=compared)
  type: list
  elements: str
  sample: [old.example]
keys_elsewhere:
  description: >-
    Zones that the host is to begin to sign, and of which others, or a copy that it serves itself, have keys, or the zone above a DS, for none of
    the host's keys, and who that is.
  returned: when O(state=compared)
  type: dict
  sample: {example.com: [ns2 has its DNSKEY]}
ds_without_keys:
  description: >-
    Zones that the host is to begin to serve unsigned, and of which the zone above has a DS, or a copy that it serves itself has keys, and who that is.
  returned: when O(state=compared)
  type: dict
  sample: {example.com: [ns1 has its DS]}
insecure_too_early:
  description: Zones whose signing is to end while the zone above may have a DS that the host's server was not told of, and what is known of it.
  returned: when O(state=compared)
  type: dict
  sample: {example.com: [ns1 has its DS]}
still_signed:
  description: Zones that the host signs with keys that are still served, and that are declared to be signed no longer.
  returned: when O(state=compared)
  type: list
  elements: str
tsig_generations:
  description: Generations of the derived TSIG keys that the host has, the one that it uses first.
  returned: when O(state=compared)
  type: list
  elements: int
removed:
  description: Zones that the host has and that are not declared for it any more.
  returned: when O(state=compared)
  type: list
  elements: str
edited:
  description: Files that somebody edited by hand since the last run.
  returned: always
  type: list
  elements: str
zones_changed:
  description: Zones whose content was written, with their new serials.
  returned: when O(state=present)
  type: dict
  sample: {example.com: 2026112101}
zones_removed:
  description: Zones that this host no longer serves.
  returned: when O(state=present)
  type: list
  elements: str
reloaded:
  description: Whether a running server took the change. False if nothing changed or none runs.
  returned: when O(state=present)
  type: bool
"""

import json
import os
import time
import zlib
from base64 import b64decode

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.authoritative.dns.plugins.module_utils.common.collector import uncollected
from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.serving import processes
from ansible_collections.authoritative.dns.plugins.module_utils.serving.application import Application
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.programs import SOFTWARE


@uncollected()
def main():
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["compared", "present", "refreshed"], "default": "present"},
            "software": {"type": "str", "choices": list(SOFTWARE), "default": "bind"},
            "version": {"type": "str", "default": ""},
            "layout": {"type": "dict", "required": True},
            "settings": {"type": "dict", "default": {}},
            "comparisons": {"type": "list", "elements": "dict", "default": []},
            "refused": {"type": "list", "elements": "str", "default": []},
            "without": {"type": "list", "elements": "str", "default": []},
            "allow_loss": {"type": "raw", "default": False},
            "allow_bogus": {"type": "raw", "default": False},
            "parent_servers": {"type": "dict", "default": {}},
            "repair": {"type": "bool", "default": False},
            "part": {"type": "str", "choices": ["primary", "secondary", "any"], "default": "any"},
            "payload": {"type": "str", "no_log": True},
            "changes": {"type": "str", "no_log": True},
        },
        supports_check_mode=True,
    )
    if not module.params["payload"]:
        module.fail_json(msg="the action plugin of this module makes its payload; call it as authoritative.dns.nameserver in a play")
    if os.geteuid():
        module.fail_json(msg="not permitted: what a name server serves is in files that root alone may read and write; run this task with become: true")
    payload = {**_unpacked(module.params["payload"]), **_unpacked(module.params["changes"])}
    layout = module.params["layout"]
    software = SOFTWARE[module.params["software"]](processes.run, module.get_bin_path, layout)
    application = None
    try:
        application = Application(software, layout, payload, diff=module._diff)
        if module.params["state"] == "compared":
            found = application.compare(int(time.time()))
            # As text, so that nobody on its way looks at every serial of every zone.
            module.exit_json(changed=False, **{**found, "differing": json.dumps(found["differing"], separators=(",", ":"))})
        if module.params["state"] == "refreshed":
            _refresh(module, application)
        result = application.preview() if module.check_mode else application.apply(module.atomic_move)
    except (Refused, OSError) as error:
        module.fail_json(msg=f"{error}. {(application or Application).reached}")
    if not module._diff:
        result.pop("diff", None)
    module.exit_json(**result)


def _unpacked(text):
    return json.loads(zlib.decompress(b64decode(text))) if text else {}


def _refresh(module, application):
    """What a server that has just been started does not take is no failure of the run: it asks by itself later."""
    try:
        if not module.check_mode:
            application.refresh()
    except Refused as error:
        module.warn(f"{error}; its copies may stay behind until it asks its primaries by itself")
    module.exit_json(changed=False)


if __name__ == "__main__":
    main()
