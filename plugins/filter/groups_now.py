# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: groups_now
short_description: Tell which hosts are primaries and secondaries now
version_added: 0.1.0
description:
  - Gives the hosts of the groups C(dns_primaries) and C(dns_secondaries), with the host that C(dns_promoted) names as the only primary, and
    those that were primaries among the secondaries.
positional: _input, promoted
options:
  _input:
    description: Ansible's C(groups).
    type: dict
    required: true
  promoted:
    description: What C(dns_promoted) says; empty where no host was promoted.
    type: str
author:
  - The authoritative.dns maintainers (@authoritative-dns)
"""

EXAMPLES = r"""
- name: Show who is primary now
  ansible.builtin.debug:
    msg: "{{ (groups | authoritative.dns.groups_now(dns_promoted | default(''))).dns_primaries }}"
"""

RETURN = r"""
_value:
  description: Both groups as they are now, each empty where the inventory has none.
  type: dict
  contains:
    dns_primaries:
      description: Names of hosts.
      type: list
      elements: str
    dns_secondaries:
      description: Names of hosts.
      type: list
      elements: str
"""

from collections.abc import Mapping, Sequence

from ansible.errors import AnsibleFilterError
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import DeclarationError
from ansible_collections.authoritative.dns.plugins.plugin_utils.inventory import servers_now


def groups_now(groups: Mapping[str, Sequence[str]], promoted: str | None = None) -> dict[str, list[str]]:
    """See DOCUMENTATION. Raises AnsibleFilterError where the promoted host is in neither group."""
    try:
        return servers_now(groups, promoted or None)
    except DeclarationError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """Filters for name servers."""

    def filters(self) -> dict:
        return {"groups_now": groups_now}
