#!/usr/bin/python
# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: monitor
short_description: Put the program that watches the name servers on a host
version_added: 0.1.0
author:
  - The authoritative.dns maintainers (@authoritative-dns)
description:
  - Puts two files on a host. The program is one file for C(python3), with the same checks in it that the verification modules make.
    The other one tells it what must be true of every name server, as seen from this host, if the declaration is.
  - The role P(authoritative.dns.monitor#role) uses it, and has systemd run the program.
options:
  program:
    description: Where to put the program. Its directory must be there.
    type: path
    required: true
  expectations:
    description: Where to put what it is to expect, a file of mode 0640. Its directory must be there.
    type: path
    required: true
  group:
    description: The group that may read O(expectations). That of the user that Ansible is, when not given.
    type: str
  families:
    description: The IP versions that the host can use.
    type: list
    elements: int
    choices: [4, 6]
    default: [4, 6]
  transfers:
    description: Of how many zones for each set of servers to try whether a transfer is refused. Zones with the same servers share
      their access lists.
    type: int
    default: 20
  parent_servers:
    description: Addresses of the servers of the zone above, by signed zone, where the zone above is not declared. They are asked for its DS.
    type: dict
    default: {}
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  platform:
    support: full
    platforms: posix
"""

EXAMPLES = r"""
- name: Put the program and what it is to expect in place
  authoritative.dns.monitor:
    program: /usr/local/lib/authoritative-dns/monitor.pyz
    expectations: /etc/authoritative-dns/monitor.json
    group: dns-monitor
"""

RETURN = r""" # """
