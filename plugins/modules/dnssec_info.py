#!/usr/bin/python
# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dnssec_info
short_description: Tell what becomes of the keys of signed zones, and what the zone above should have
version_added: 0.1.0
author:
  - The authoritative.dns maintainers (@authoritative-dns)
description:
  - Reads on the host that signs which keys its program has and in which states they are, asks each server of the zone for its keys, and each
    server of the zone above for its DS records.
  - Says what to enter at the registrar, in the forms that registrars ask for, and what the program is to be told, now that each server of the
    zone above shows it. M(authoritative.dns.dnssec_signer) tells it. This module changes nothing.
  - Without O(zones) it is about those that the declaration has this host sign, with their servers, and those of zones above that are declared too.
  - Nobody but O(servers) is asked.
extends_documentation_fragment:
  - authoritative.dns.proof.asking
  - ansible.builtin.action_common_attributes
requirements:
  - dnspython >= 2.3 on the host that signs (C(python3-dnspython) in Debian, C(python3-dns) in the Fedora family)
options:
  software:
    description: The program that signs.
    type: str
    default: bind
  layout:
    description: Where the program has its files, as the role C(nameserver) knows it; C(user) and C(signing_directory) of it are enough for BIND.
    type: dict
    required: true
  servers:
    description: The servers to ask, one entry for each address. Those of the declaration without O(zones).
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: A name of your choice for this address, unique in the list. The address when not given.
        type: str
      address:
        description: IPv4 or IPv6 address.
        type: str
        required: true
      port:
        description: Port for UDP and TCP.
        type: int
        default: 53
  zones:
    description: The zones, those of the declaration when not given.
    type: list
    elements: dict
    suboptions:
      name:
        description: The zone.
        type: str
        required: true
      servers:
        description: Names from O(servers) of those that serve it.
        type: list
        elements: str
        default: []
      parent_servers:
        description: Names from O(servers) of those that serve the zone above.
        type: list
        elements: str
        default: []
  parent_servers:
    description:
      - Addresses of all servers of the zone above, by zone, for zones of the declaration whose zone above is not declared. They are read without O(zones) only.
    type: dict
    default: {}
  families:
    description: IP versions that the host can use, without O(zones).
    type: list
    elements: int
    choices: [4, 6]
    default: [4, 6]
  deadline:
    description: Seconds after which the whole call ends, whatever is still open.
    type: float
    default: 300.0
attributes:
  check_mode:
    support: full
    description: The module never changes anything.
  diff_mode:
    support: none
  platform:
    support: full
    platforms: posix
seealso:
  - module: authoritative.dns.dnssec_signer
  - module: authoritative.dns.verify_dnssec
  - name: RFC 7583
    description: DNSSEC Key Rollover Timing Considerations.
    link: https://www.rfc-editor.org/rfc/rfc7583
"""

EXAMPLES = r"""
- name: What is to be entered at the registrar for the zones that this host signs?
  authoritative.dns.dnssec_info:
    layout: {user: bind, signing_directory: /var/lib/bind/signing}
    parent_servers:
      example.com: [192.0.2.30, 192.0.2.31]
  register: signed

- name: Show it
  ansible.builtin.debug:
    var: signed.lines
"""

RETURN = r"""
zones:
  description: One entry for each zone.
  returned: success
  type: list
  elements: dict
  contains:
    zone:
      description: The zone.
      type: str
    state:
      description:
        - V(secure), each server of the zone above has the DS that the signer wants, and the signer knows; V(insecure), none has one, as it wants.
        - V(too_early), a DS could make the zone bogus for resolvers that have answers from before the keys; V(not_everywhere), a server of the zone
          lacks a key, see RV(zones[].lacking); V(to_enter), RV(zones[].add) and RV(zones[].remove) are to be entered; V(spreading), some servers of the
          zone above have it already; V(to_tell), all of them have, and the signer does not know; V(waiting), it does, and waits for resolvers to forget.
        - V(ds_mismatch), a server of the zone above has DS records, and none of them is for a key that is here, so that the zone is bogus;
          V(no_keys), the host has none.
        - V(parents_unknown), no server of the zone above is named; V(parents_silent), one gave no answer.
      type: str
      sample: to_enter
    next:
      description: What to do.
      type: str
    dnskeys:
      description: >-
        The signer's keys: C(key_tag), C(algorithm), C(signs_keys), C(signs_zone), C(dnskey), C(goal), C(states) of C(dnskey), C(zone_rrsig), C(key_rrsig) and
        C(ds), and what the signer was C(told) of the DS.
      type: list
      elements: dict
    enter:
      description: >-
        Every DS that the zone above should have: C(ds_record), and C(key_tag), C(algorithm), C(digest_type) and C(digest) alone; for registrars that
        ask for the key, C(dnskey_record), and C(flags), C(protocol) and C(public_key) alone.
      type: list
      elements: dict
    add:
      description: Those that are not at each server of the zone above, and whose keys each server of the zone has.
      type: list
      elements: dict
    remove:
      description: DS records that should go.
      type: list
      elements: str
    lacking:
      description: Servers of the zone that do not show a key, by key tag.
      type: dict
    parents:
      description: What each server of the zone above says, C(server), C(address), C(ds), and a C(problem) if its answer is none.
      type: list
      elements: dict
    tell:
      description: What the signer is to be told, as for O(authoritative.dns.dnssec_signer#module:tell).
      type: list
      elements: dict
tell:
  description: The same of all zones.
  returned: success
  type: list
  elements: dict
lines:
  description: The zones in words.
  returned: success
  type: list
  elements: str
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.common.zone_files import zone_file_name
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec import registration
from ansible_collections.authoritative.dns.plugins.module_utils.proof.verification import MissingLibrary, need_libraries
from ansible_collections.authoritative.dns.plugins.module_utils.serving import processes
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.programs import SOFTWARE
from ansible_collections.authoritative.dns.plugins.module_utils.wire.client import Patience, ask
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import (
    ASKING_SPEC,
    Mistake,
    find_servers,
    read_name,
    read_servers,
    refuse_too_small,
)
from ansible_collections.authoritative.dns.plugins.module_utils.wire.question import Question

PAYLOAD = 1232  # bytes; passes every path without being fragmented (RFC 9715)
SERVER_SPEC = {"name": {"type": "str"}, "address": {"type": "str", "required": True}, "port": {"type": "int", "default": 53}}
ZONE_SPEC = {
    "name": {"type": "str", "required": True},
    "servers": {"type": "list", "elements": "str", "default": []},
    "parent_servers": {"type": "list", "elements": "str", "default": []},
}


def main():
    module = AnsibleModule(
        argument_spec=dict(
            ASKING_SPEC,
            software={"type": "str", "default": "bind"},
            layout={"type": "dict", "required": True},
            servers={"type": "list", "elements": "dict", "default": [], "options": SERVER_SPEC},
            zones={"type": "list", "elements": "dict", "options": ZONE_SPEC},
            parent_servers={"type": "dict", "default": {}},
            families={"type": "list", "elements": "int", "choices": [4, 6], "default": [4, 6]},
            deadline={"type": "float", "default": 300.0},
        ),
        supports_check_mode=True,
    )
    try:
        need_libraries()
        module.exit_json(changed=False, **look(module.params, module.get_bin_path))
    except MissingLibrary as missing:
        module.fail_json(msg=str(missing), exception=missing.trace, missing_library=missing.library)
    except (Mistake, Refused, OSError) as error:
        module.fail_json(msg=str(error))


def look(params, find):
    """What the module returns. Raises Mistake, Refused and OSError."""
    refuse_too_small(params)
    software = SOFTWARE[params["software"]](processes.run, find, params["layout"])
    zones = params["zones"] or []
    servers = read_servers([dict(server, key=None, tls_port=853) for server in params["servers"]], {}) if zones else {}
    keys = software.keys({zone["name"]: zone_file_name(zone["name"]) for zone in zones}) if zones else {}
    jobs, places = {}, []
    for zone in zones:
        qname, where = read_name(zone["name"], "zones"), f"zones: {zone['name']}"
        for role, rdtype in (("servers", "DNSKEY"), ("parent_servers", "DS")):
            for server in find_servers(zone[role], servers, f"{where}: {role}"):
                questions = jobs.setdefault(server.name, (server, []))[1]
                places.append((zone["name"], role, server, len(questions)))
                questions.append(Question(qname, rdtype, payload=PAYLOAD, dnssec=True))
    asked = ask(list(jobs.values()), Patience(params["timeout"], params["retries"], until=time.monotonic() + params["deadline"]))
    answers = dict(zip(jobs, asked))
    said = {}
    for name, role, server, number in places:
        said.setdefault((name, role), []).append((server, answers[server.name][number].answer))
    found = []
    for zone in zones:
        served, above = (said.get((zone["name"], role), ()) for role in ("servers", "parent_servers"))
        found.append(registration.assess(zone["name"], read_name(zone["name"], "zones"), keys[zone["name"]], served, above))
    return {"zones": found, "tell": [told for zone in found for told in zone["tell"]], "lines": [line for zone in found for line in registration.lines(zone)]}


if __name__ == "__main__":
    main()
