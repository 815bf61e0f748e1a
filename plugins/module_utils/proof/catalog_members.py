# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be seen from outside of catalog zones (RFC 9432): which members secondaries do not serve, and which zones that left they still do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import Server, read_wire_name
from ansible_collections.authoritative.dns.plugins.module_utils.wire.soa_question import SoaQuestion

ZONE_FIELDS = ("catalog", "members")  # of the expectations: a member's catalog, and of how many members a catalog is
_SERVED = frozenset({"in_sync", "behind", "ahead", "no_reference"})
_SILENT = frozenset({"timeout", "unreachable", "not_asked"})  # which say nothing about what a server has


class CatalogMembers:
    """expected: zones of the expectations. before: what the run before remembered, {zone: [catalog, names of its secondaries]}.

    members: {catalog: number of those that it is to list}. not_served: {(catalog, name of a server): number of members for which it answered that it has
    nothing of them}. remembered: for the next run.
    """

    def __init__(self, expected: Iterable[Mapping[str, Any]], before: Mapping[str, Sequence[Any]]):
        self.members: dict[str, int] = {}
        self.not_served: Counter[tuple[str, str]] = Counter()
        self.remembered: dict[str, Sequence[Any]] = {}
        declared = set()
        for zone in expected:
            declared.add(zone["name"])
            if "members" in zone:
                self.members[zone["name"]] = zone["members"]
            if "catalog" in zone:
                secondaries = [name for name in zone["servers"] if name not in zone["reference"]]
                self.remembered[zone["name"]] = [zone["catalog"], secondaries]
                self.not_served.update(dict.fromkeys([(zone["catalog"], name) for name in secondaries], 0))
        self._left = {zone: known for zone, known in before.items() if zone not in declared and known[0] in self.members}

    def tell(self, zone: str, server: str, state: str) -> None:
        """One answer about a zone that is expected."""
        catalog, secondaries = self.remembered.get(zone, ("", ()))
        if server in secondaries and state not in _SERVED | _SILENT:
            self.not_served[catalog, server] += 1

    def unlisted(self, servers: Mapping[str, Server], ask: Callable[..., list[list[Any]]]) -> Counter[tuple[str, str]]:
        """{(catalog, name of a server): number of zones that left the catalog and that it still serves}. What nobody serves any more is forgotten.

        ask: as L(wire.client.ask), of the jobs alone.
        """
        wanted: dict[str, list[str]] = {}
        for zone, (_catalog, secondaries) in self._left.items():
            for name in secondaries:
                if name in servers:
                    wanted.setdefault(name, []).append(zone)
        found = Counter(dict.fromkeys(self.not_served, 0))
        questions = {zone: SoaQuestion(read_wire_name(zone, "zones")) for zone in self._left}
        jobs = [(servers[name], [questions[zone] for zone in zones]) for name, zones in wanted.items()]
        for (name, zones), answered in zip(wanted.items(), ask(jobs)):
            for zone, one in zip(zones, answered):
                served = one.answer.problem is None and one.answer.serial is not None
                if served:
                    found[self._left[zone][0], name] += 1
                if served or one.answer.problem in _SILENT:
                    self.remembered[zone] = self._left[zone]
        return found
