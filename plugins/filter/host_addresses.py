# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: host_addresses
short_description: Tell where a host of the inventory serves DNS
version_added: 0.1.0
description:
  - Gives the addresses in C(dns_addresses), else C(ansible_host), or the host's name where it has none, if that is an address, else the host's default
    addresses as facts know them. This is what the declaration takes for its addresses.
  - Where C(dns_addresses) holds something else there are none; P(authoritative.dns.declaration#module) tells what is wrong.
positional: _input
options:
  _input:
    description: The host's variables, as in Ansible's C(hostvars).
    type: dict
    required: true
author:
  - The authoritative.dns maintainers (@authoritative-dns)
"""

EXAMPLES = r"""
- name: Show where this host serves DNS
  ansible.builtin.debug:
    msg: "{{ hostvars[inventory_hostname] | authoritative.dns.host_addresses }}"
"""

RETURN = r"""
_value:
  description: Addresses, each once.
  type: list
  elements: str
  sample: [192.0.2.1, "2001:db8::1"]
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.authoritative.dns.plugins.plugin_utils import inventory


def host_addresses(variables: Mapping[str, Any]) -> list[str]:
    """See DOCUMENTATION."""
    try:
        return list(inventory.host_addresses(variables))
    except ValueError:
        return []


class FilterModule:
    """Filters for name servers."""

    def filters(self) -> dict:
        return {"host_addresses": host_addresses}
