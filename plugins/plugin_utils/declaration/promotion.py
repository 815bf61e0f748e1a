# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a zone's secondaries are once a host has become its primary in the place of others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Server


def secondaries_now(primaries: Sequence[Server], declared: Sequence[Server], promoted: str, former: Iterable[Server]) -> tuple[Server, ...]:
    """The secondaries that go with the primaries of now, among which the promoted host is.

    declared: the secondaries as the declaration has them. former: the hosts in whose place it is, those that are still primaries among them.
    They take its place, and transfer from where it did. Who transferred from them transfers from it. Who transferred from it goes on to, since
    those that it replaces may be dead. So everybody is reached who was before.
    """
    sources = next((server.sources for server in declared if server.name == promoted), ())
    others = [server for server in declared if server.name != promoted]
    staying = {server.name for server in (*primaries, *others)}
    replaced = [replace(server, sources=sources) for server in former if server.name not in staying]
    now = dict.fromkeys((server.name for server in replaced), promoted)
    return tuple(replace(server, sources=tuple(dict.fromkeys(now.get(name, name) for name in server.sources))) for server in (*replaced, *others))
