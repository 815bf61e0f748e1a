# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks and addresses that may ask: access control as every server program knows it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import names

NETWORK_WORDS = ("any", "none", "localhost", "localnets")


def check_networks(value: Any) -> Iterable[str]:
    """What is wrong with a list of networks, addresses and NETWORK_WORDS; nothing if it is right."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        yield f"{value!r} is not a list"
        return
    for item in value:
        try:
            network_text(item)
        except ValueError as error:
            yield str(error)


def network_text(item: Any) -> str:
    """One of NETWORK_WORDS, an address, or a network with its prefix length, the one notation that every server knows. Raises ValueError."""
    if item in NETWORK_WORDS:
        return item
    network = names.network(item)
    return str(network.network_address if network.num_addresses == 1 else network)
