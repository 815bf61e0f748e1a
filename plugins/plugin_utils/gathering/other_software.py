# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that is to run another program than the one that was read."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.model import DROPPED, KEPT, PRIMARY, REFUSAL, Finding, GatheredServer

_SHOWN = 5


def settle(server: GatheredServer, wanted: str | None, primaries: Collection[str]) -> None:
    """Make the server that of the program that its host is to run. wanted: that program, None for the same. primaries: programs that hold content.

    What is in the old program's syntax has no place then. Finds a reason to write nothing where the program cannot do what the host does.
    """
    about, read = f"host {server.host}", server.software
    if wanted and wanted != read:
        server.software, server.has_local_zones = wanted, False
        server.local_config.clear()
        server.local_options.clear()
        server.fates[:] = [replace(fate, fate=DROPPED, detail=f"{wanted} does not know it") if fate.fate == KEPT else fate for fate in server.fates]
    held = [name for name, zone in server.zones.items() if zone.role == PRIMARY]
    if held and server.software not in primaries:
        shown = ", ".join([*held[:_SHOWN], *(["…"] if held[_SHOWN:] else [])])
        text = (
            f"is the primary of {shown} ({len(held)} zones), and the collection has {server.software} as a secondary only: set gather_software for it to "
            f"{', '.join(sorted(primaries))}, which serves them afterwards, or leave it out of the inventory, so that it is an endpoint for its secondaries"
        )
        server.findings.append(Finding(REFUSAL, about, text))
