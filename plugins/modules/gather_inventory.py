#!/usr/bin/python
# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: gather_inventory
short_description: Make one inventory of what several name servers serve
version_added: 0.1.0
author:
  - The authoritative.dns maintainers (@authoritative-dns)
description:
  - Makes one declaration of what M(authoritative.dns.gather) read on several hosts, and writes it on the controller as an inventory that the
    playbook C(authoritative.dns.site) takes, with a report of what became of every statement.
  - Nothing is written if a server recurses for somebody in a way that cannot be declared, has views with what cannot be, or has a zone that cannot be read; the
    message lists it all. A directory that is there already is never touched.
options:
  directory:
    description: Where to write the inventory, a directory on the controller that is not there yet.
    type: path
    required: true
  hosts:
    description: The hosts that were read, with C(__gather_configuration) and C(__gather_keys) among their variables.
    type: list
    elements: str
    required: true
  leave:
    description: Zones that stay in the hosts' own configuration as they are.
    type: list
    elements: str
    default: []
  clear_text:
    description: Whether keys may be written in clear text where Ansible was given no vault's password.
    type: bool
    default: false
  pointers:
    description: Whether the report tells which PTR records C(reverse_network) would give for each reverse zone, and what differs from those that it has.
    type: bool
    default: false
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
    details: Does everything but leave the files there.
  diff_mode:
    support: none
  platform:
    support: full
    platforms: all
"""

EXAMPLES = r"""
- name: Write the inventory
  authoritative.dns.gather_inventory:
    directory: adopted
    hosts: "{{ ansible_play_hosts }}"
  run_once: true
"""

RETURN = r"""
directory:
  description: Where the inventory is.
  returned: success
  type: str
zones:
  description: How many zones are declared.
  returned: success
  type: int
kept:
  description: Zones that stay in the hosts' own configuration.
  returned: success
  type: list
  elements: str
findings:
  description: What somebody has to look at, servers that contradict each other and what would be different.
  returned: success
  type: list
  elements: str
files:
  description: The files of the inventory.
  returned: success
  type: list
  elements: str
"""
