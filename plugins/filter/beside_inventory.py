# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: beside_inventory
short_description: Tell where on the controller a path is that is relative to the inventory
version_added: 0.1.0
description:
  - A task that runs on the controller takes a relative path as one in the playbook's directory, which for the playbooks of a collection is the
    collection's own. This one takes it as relative to the inventory.
  - An absolute path stays what it is, C(~) and variables of the environment are filled in, and an empty one stays empty.
positional: _input, inventory_dir
options:
  _input:
    description: A path.
    type: str
    required: true
  inventory_dir:
    description: Ansible's C(inventory_dir), which is that of the first inventory that has the host.
    type: str
    required: true
author:
  - The authoritative.dns maintainers (@authoritative-dns)
"""

EXAMPLES = r"""
- name: Keep a figure beside the inventory
  ansible.builtin.copy:
    content: "42\n"
    dest: "{{ 'figures.txt' | authoritative.dns.beside_inventory(inventory_dir) }}"
  delegate_to: localhost
"""

RETURN = r"""
_value:
  description: The absolute path.
  type: str
  sample: /home/me/dns/figures.txt
"""

from ansible.errors import AnsibleFilterError
from ansible_collections.authoritative.dns.plugins.plugin_utils import inventory


def beside_inventory(path: str, inventory_dir: str | None) -> str:
    """See DOCUMENTATION. Raises AnsibleFilterError where a path is relative and the inventory is in no directory."""
    try:
        return inventory.beside_inventory(str(path), inventory_dir)
    except ValueError as error:
        raise AnsibleFilterError(f"{error}; give an absolute path") from None


class FilterModule:
    """Filters for paths."""

    def filters(self) -> dict:
        return {"beside_inventory": beside_inventory}
