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
  - In check mode V(contents) is left out of O(checks), since a dry run gives no server what is declared.
  - Never changes anything, and never fails because of what it found. The role P(authoritative.dns.verify#role) does, after it made a report.
options:
  checks:
    description: What to look at.
    type: list
    elements: str
    choices: [serials, contents, transfers, servers, dnssec]
    default: [serials, contents, transfers, servers, dnssec]
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
    description: Seconds within which all servers must have the same serial.
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
soa:
  description: What M(authoritative.dns.verify_soa_serial) returned.
  returned: when asked for
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
"""
