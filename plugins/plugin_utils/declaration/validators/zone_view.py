# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A zone's records, arranged once for all rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from functools import cached_property
from typing import NamedTuple

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.names import labels_of
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.records import SOA, Record

ADDRESS_TYPES = frozenset({"A", "AAAA"})
REVERSE = ("in-addr.arpa", "ip6.arpa")  # how names of zones end that are of addresses
SIGNATURE_TYPES = frozenset({"RRSIG", "NSEC", "NSEC3"})


class Standing(Enum):
    """What a zone says of a name that one of its records points to."""

    ELSEWHERE = "outside the zone or delegated: others answer for it"
    ADDRESSED = "has an address"
    ALIAS = "is an alias"
    BARE = "has no address"


def ancestors(owner: str) -> Iterator[str]:
    """The names above a relative one, nearest first, its zone's apex left out: ``a.b.c`` has ``b.c`` and ``c``."""
    if "\\" in owner:
        labels = labels_of(owner)
        yield from (".".join(labels[start:]) for start in range(1, len(labels)))
        return
    dot = owner.find(".")
    while dot >= 0:
        yield owner[dot + 1 :]
        dot = owner.find(".", dot + 1)


class Owners(Mapping[str, Mapping[str, list[Record]]]):
    """Records by type by owner, in lower case. Most owners have one record, so that a list for each type is made only where somebody looks."""

    def __init__(self) -> None:
        self._found: dict[str, Record | list[Record]] = {}

    def add(self, record: Record) -> None:
        owner = record.owner
        name = owner.lower()
        found = self._found.get(name)
        if found is None:
            self._found[owner if owner == name else name] = record  # one object for both, of the many that are equal
        elif isinstance(found, Record):
            self._found[name] = [found, record]
        else:
            found.append(record)

    def __getitem__(self, owner: str) -> Mapping[str, list[Record]]:
        return self._apex if owner == "@" else self._arranged(owner)

    @cached_property
    def _apex(self) -> Mapping[str, list[Record]]:
        """What most rules look at."""
        return self._arranged("@")

    def _arranged(self, owner: str) -> Mapping[str, list[Record]]:
        found = self._found[owner]
        if isinstance(found, Record):
            return {found.type: [found]}
        types: dict[str, list[Record]] = {}
        for record in found:
            types.setdefault(record.type, []).append(record)
        return types

    def __contains__(self, owner: object) -> bool:
        return owner in self._found

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def lone(self, owner: str) -> Record | None:
        """The record of an owner that has no other."""
        found = self._found.get(owner)
        return found if isinstance(found, Record) else None

    def with_more_than(self, records: int) -> Iterator[tuple[str, Mapping[str, list[Record]]]]:
        """Those that have more records than so many, at least one."""
        return ((owner, self[owner]) for owner, found in self._found.items() if not isinstance(found, Record) and len(found) > records)


class ZoneView:
    """A zone's records, arranged once for all rules. Owners and names inside the zone are relative and in lower case.

    name: without final dot. soa: None while the declaration has none. by_type: records. by_owner: records by type by owner.
    written: the records before they were made canonical.
    """

    def __init__(self, name: str, soa: SOA | None, records: Iterable[Record], written: Iterable[Record] = ()) -> None:
        self.name = name
        self.soa = soa
        self.written = written
        self._suffix = f".{name}." if name != "." else "."
        self._standings: dict[str, Standing] = {}
        self.by_type: dict[str, list[Record]] = defaultdict(list)
        self.by_owner = Owners()
        for record in records:
            self.by_type[record.type].append(record)
            self.by_owner.add(record)

    def of_type(self, *types: str) -> Iterator[Record]:
        for rdtype in types:
            if rdtype in self.by_type:
                yield from self.by_type[rdtype]

    @cached_property
    def ttls(self) -> frozenset[int]:
        """Every TTL that some record has."""
        return frozenset(record.ttl for records in self.by_type.values() for record in records)

    @cached_property
    def servers(self) -> list[Record]:
        """The NS records at the apex."""
        return self.by_owner.get("@", {}).get("NS", [])

    @cached_property
    def delegations(self) -> frozenset[str]:
        return frozenset(record.owner.lower() for record in self.of_type("NS") if record.owner != "@")

    @cached_property
    def renamed(self) -> frozenset[str]:
        """The owners of DNAME records."""
        return frozenset(record.owner.lower() for record in self.of_type("DNAME"))

    @cached_property
    def _existing(self) -> frozenset[str]:
        """Every owner and every name between one and the apex (RFC 4592 section 2.2.2: empty non-terminals exist)."""
        return frozenset(name for owner in self.by_owner for name in (owner, *ancestors(owner)))

    def relative(self, name: str) -> str | None:
        """An absolute name as an owner of this zone, None if it lies outside."""
        lower = name.lower()
        if lower == self._suffix[1:] or lower == self._suffix == ".":
            return "@"
        if not lower.endswith(self._suffix):
            return None
        owner = lower[: -len(self._suffix)]
        if (len(owner) - len(owner.rstrip("\\"))) % 2:
            return None  # a\.example.com. is one label, not a name inside example.com
        return owner

    def spelled(self, name: str) -> str:
        """An absolute name inside the zone as an owner, in the letters of who wrote it."""
        return "@" if self.relative(name) == "@" else name[: -len(self._suffix)]

    def standing(self, name: str) -> Standing:
        """What this zone says of an absolute name."""
        known = self._standings.get(name)
        if known is None:
            owner = self.relative(name)
            known = self._standings[name] = Standing.ELSEWHERE if owner is None else self._standing(owner)
        return known

    def _standing(self, owner: str) -> Standing:
        if self.delegations or self.renamed:
            above = ["@", *reversed(list(ancestors(owner)))] if owner != "@" else []
            for name in above:  # the one nearest to the apex counts: what is below it does not exist
                if name in self.delegations:
                    return Standing.ELSEWHERE
                if name in self.renamed:
                    return Standing.ALIAS
            if owner in self.delegations:
                return Standing.ELSEWHERE
        types = self.by_owner.get(owner)
        if types is None:
            types = self._wildcard(owner)
        if "CNAME" in types:
            return Standing.ALIAS
        return Standing.BARE if ADDRESS_TYPES.isdisjoint(types) else Standing.ADDRESSED

    def _wildcard(self, owner: str) -> Mapping[str, list[Record]]:
        """What a wildcard answers for a name without records (RFC 4592 section 3.3.1)."""
        if not any(name[:1] == "*" for name in self.by_owner) or owner in self._existing:
            return {}
        encloser = next((name for name in ancestors(owner) if name in self._existing), None)
        return self.by_owner.get(f"*.{encloser}" if encloser else "*", {})

    def lacks(self, name: str) -> bool:
        """Whether this zone answers for an absolute name, and denies that it exists."""
        owner = self.relative(name)
        return owner is not None and owner not in self._existing and self.standing(name) is Standing.BARE and not self._wildcard(owner)

    def below(self, owner: str, names: frozenset[str]) -> str | None:
        """The nearest of ``names`` that is above the owner."""
        if owner == "@" or not names:
            return None
        apex = "@" if "@" in names else None
        return next((name for name in ancestors(owner) if name in names), apex) if "." in owner else apex


class Place(NamedTuple):
    """What a rule speaks of: the zone as a whole, an owner, a set of records or one record. Owners are relative."""

    owner: str = ""
    type: str = ""
    rdata: str = ""

    def __str__(self) -> str:
        return "soa" if self.type == "SOA" else f"record {self.owner} {self.type}".rstrip() if self.owner else ""


ZONE = Place()
SOA_RECORD = Place("@", "SOA")


def place_of(record: Record) -> Place:
    return Place(record.owner, record.type, record.rdata)


def target_of(record: Record) -> str:
    """The name that an NS, CNAME, PTR, MX or SRV record points to: the last field of them all."""
    return record.rdata.rpartition(" ")[2]
