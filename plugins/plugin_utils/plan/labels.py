# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the addresses of servers are called in proofs and reports."""

from __future__ import annotations


def label(server: str, address: str) -> str:
    """A unique name for one address of a server; L(server_of) takes it apart."""
    return f"{server}/{address}"


def label_over_tls(text: str) -> str:
    return f"{text} over TLS"


def label_with_key(text: str, key: str) -> str:
    """Of an address that is asked with a key."""
    return f"{text} with {key}"


def server_of(text: str) -> str:
    return text.rpartition("/")[0]
