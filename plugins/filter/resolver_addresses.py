# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: resolver_addresses
short_description: Turn name servers, by inventory name or address, into addresses
version_added: 0.1.0
description:
  - Gives one address for every name server, in the order given. One, because the C library asks no more than three, and the addresses of
    one server fail together.
  - The address of an inventory host is the first in its C(dns_addresses), else its C(ansible_host), or its name where it has none, if that is an
    address, else its default address as facts know it.
  - All mistakes are told at once.
positional: _input, hostvars
options:
  _input:
    description: Inventory names and IPv4 or IPv6 addresses.
    type: list
    elements: str
    required: true
  hostvars:
    description: Ansible's C(hostvars).
    type: dict
    required: true
  prefer:
    description: Which address of an inventory host that has both kinds.
    type: str
    choices: [ipv4, ipv6]
    default: ipv4
author:
  - The authoritative.dns maintainers (@authoritative-dns)
"""

EXAMPLES = r"""
- name: Show which name servers a client is to ask
  ansible.builtin.debug:
    msg: "{{ ['ns1', 'ns2', '2001:db8::53'] | authoritative.dns.resolver_addresses(hostvars) }}"
"""

RETURN = r"""
_value:
  description: Addresses, each once.
  type: list
  elements: str
"""

import ipaddress
from collections.abc import Iterable, Mapping

from ansible.errors import AnsibleFilterError
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import names
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import DeclarationError, Problem, did_you_mean
from ansible_collections.authoritative.dns.plugins.plugin_utils.inventory import host_addresses


def resolver_addresses(resolvers: Iterable[str], hostvars: Mapping, prefer: str = "ipv4") -> list[str]:
    """See DOCUMENTATION. Raises AnsibleFilterError that names every mistake."""
    if prefer not in ("ipv4", "ipv6"):
        raise AnsibleFilterError(f"prefer is {prefer!r}; it can be 'ipv4' or 'ipv6'")
    if isinstance(resolvers, (str, Mapping)) or not isinstance(resolvers, Iterable):
        raise AnsibleFilterError(f"resolvers are {resolvers!r}; give a list of inventory names and IP addresses")
    addresses: list[str] = []
    problems: list[Problem] = []
    for resolver in resolvers:
        try:
            address = _address(resolver, hostvars, 4 if prefer == "ipv4" else 6)
        except _Mistake as mistake:
            problems.append(Problem(f"resolver {resolver!r}", *mistake.args))
            continue
        if address not in addresses:
            addresses.append(address)
    if problems:
        raise AnsibleFilterError(str(DeclarationError(problems)))
    return addresses


class _Mistake(Exception):
    """What is wrong, and what would be right."""


def _address(resolver: object, hostvars: Mapping, version: int) -> str:
    literal = _ip(resolver)
    if literal is not None:
        try:
            return names.server_address(resolver)
        except ValueError as error:
            raise _Mistake(str(error), "give the name server's own, routed address") from error
    if not isinstance(resolver, str) or resolver not in hostvars:
        raise _Mistake("is neither an IP address nor a host of the inventory", f"give one of these{did_you_mean(resolver, hostvars)}")
    try:
        known = host_addresses(hostvars[resolver])
    except ValueError as error:
        raise _Mistake(str(error), "list the host's own addresses in its dns_addresses") from error
    if not known:
        raise _Mistake("no address of it is known", "declare its dns_addresses")
    return min(known, key=lambda address: _ip(address).version != version)  # the first of the preferred family, else the first


def _ip(text: object) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text) if isinstance(text, str) else None
    except ValueError:
        return None


class FilterModule:
    """Filters for name servers."""

    def filters(self) -> dict:
        return {"resolver_addresses": resolver_addresses}
