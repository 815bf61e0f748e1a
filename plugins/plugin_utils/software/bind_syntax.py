# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How named.conf is written."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.authoritative.dns.plugins.module_utils.common.zone_names import domain_of


def block(items: Iterable[str]) -> str:
    return "{ " + "".join(f"{item}; " for item in items) + "}"


def stanza(name: str, statements: Iterable[str]) -> str:
    """A zone's stanza. name: with its view, which is where the stanza stands."""
    return f'zone "{domain_of(name)}" {{ ' + " ".join(f"{statement};" for statement in statements) + " };\n"
