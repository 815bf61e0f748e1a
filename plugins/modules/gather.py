#!/usr/bin/python
# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: gather
short_description: Read one name server for the playbook gather
version_added: 0.1.0
author:
  - The authoritative.dns maintainers (@authoritative-dns)
description:
  - Reads what a host's name server is configured to serve, as M(authoritative.dns.nameserver_info) does, and packs it for
    M(authoritative.dns.gather_inventory). It changes nothing.
options:
  part:
    description:
      - V(configuration) is everything but secrets, so that what goes wrong can be shown.
      - V(keys) are the TSIG keys with their secrets. Give this task C(no_log).
    type: str
    choices: [configuration, keys]
    default: configuration
  software:
    description: The program, see M(authoritative.dns.nameserver_info).
    type: str
    default: bind
  config_file:
    description: See M(authoritative.dns.nameserver_info).
    type: path
  chroot:
    description: See M(authoritative.dns.nameserver_info).
    type: path
  user:
    description: See M(authoritative.dns.nameserver_info).
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
    platforms: linux
"""

EXAMPLES = r"""
- name: Read configuration and zones
  authoritative.dns.gather:
  register: __gather_configuration

- name: Read keys
  authoritative.dns.gather:
    part: keys
  register: __gather_keys
  no_log: true
"""

RETURN = r"""
packed:
  description: What M(authoritative.dns.nameserver_info) returned, compressed.
  returned: O(part=configuration)
  type: str
zones:
  description: How many zones there are.
  returned: O(part=configuration)
  type: int
tsig_keys:
  description: TSIG keys with their secrets.
  returned: O(part=keys)
  type: list
  elements: dict
"""
