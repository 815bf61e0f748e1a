#!/usr/bin/python
# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: declaration
short_description: Check what the inventory declares about its zones
version_added: 0.1.0
author:
  - The authoritative.dns maintainers (@authoritative-dns)
description:
  - Reads C(dns_zones), C(dns_zone_defaults) and the groups C(dns_primaries) and C(dns_secondaries) on the controller and checks them as a whole.
  - Every mistake is told in one list, each with the zone, the record, what is wrong and what would be right.
  - No host is asked or changed, so it can stand before everything else in a play.
options:
  software:
    description: The host's program. If given, it is also checked that this program can do what is declared for the host.
    type: str
    choices: [bind, nsd, knot, powerdns]
  version:
    description:
      - The version of O(software) that the host has or would get, as its package manager writes it.
      - If given, it is also checked that this version can do what is declared for the host.
    type: str
    default: ""
  settings:
    description: The host's own settings, as for M(authoritative.dns.nameserver). Looked at only with O(software).
    type: dict
    default: {}
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  platform:
    support: full
    platforms: all
"""

EXAMPLES = r"""
- name: Refuse a declaration with mistakes before any host is touched
  hosts: all
  gather_facts: false
  any_errors_fatal: true
  tasks:
    - name: Check the declaration
      authoritative.dns.declaration:
"""

RETURN = r"""
zones:
  description: How many zones are declared.
  returned: success
  type: int
records:
  description: How many records they have, their SOA apart.
  returned: success
  type: int
servers:
  description: Their name servers.
  returned: success
  type: list
  elements: str
hosts:
  description: Those of them that are hosts of the inventory, in whichever group.
  returned: success
  type: list
  elements: str
to_prove:
  description: Of how many zones signatures are to be looked at, because they are declared with them or a server outside may sign them.
  returned: success
  type: int
signers:
  description: The hosts that sign a declared zone, whichever zones the run is about.
  returned: success
  type: list
  elements: str
  sample: [ns1]
carriers:
  description: The providers to which zones are taken, for each host that does so.
  returned: success
  type: dict
  sample: {ns1: [cloudflare]}
clouds:
  description: Those to which this host takes zones.
  returned: success
  type: list
  elements: str
  sample: [cloudflare]
"""
