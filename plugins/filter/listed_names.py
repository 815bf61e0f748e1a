# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: listed_names
short_description: Take a list of names, also where the command line gives it as text
version_added: 0.1.0
description:
  - A text, as C(-e variable=value) gives it, is a list of what stands between its commas or blanks. A list stays what it is.
positional: _input
options:
  _input:
    description: A list of names, or a text.
    type: raw
    required: true
  domains:
    description:
      - Whether these are domain names, of which those in Unicode become A-labels (RFC 5891). What is none stays what it is, for others to tell.
    type: bool
    default: false
author:
  - The authoritative.dns maintainers (@authoritative-dns)
"""

EXAMPLES = r"""
- name: Show what a resolver is to search
  ansible.builtin.debug:
    msg: "{{ 'example.com,bücher.example' | authoritative.dns.listed_names(domains=true) }}"
"""

RETURN = r"""
_value:
  description: The names.
  type: list
  elements: raw
  sample: [example.com, xn--bcher-kva.example]
"""

from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns
from ansible_collections.authoritative.dns.plugins.module_utils.common.listed import listed_names as listed
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import names


def listed_names(value: Any, domains: bool = False) -> list[Any]:
    """See DOCUMENTATION."""
    return [_ascii(item) for item in listed(value)] if domains else listed(value)


def _ascii(item: Any) -> Any:
    if not isinstance(item, str) or item.isascii():
        return item
    if dns is None:
        raise AnsibleFilterError("the controller's Python has no dnspython, which names in Unicode need; install dnspython 2.6 or newer beside ansible-core")
    try:
        return names.to_ascii(item, dns.name.root)
    except (dns.exception.DNSException, UnicodeError):
        return item


class FilterModule:
    """Filters for lists."""

    def filters(self) -> dict:
        return {"listed_names": listed_names}
