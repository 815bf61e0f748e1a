# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which PTR records C(reverse_network) would give, beside those that reverse zones have."""

from __future__ import annotations

import ipaddress
from collections.abc import Container, Iterator
from dataclasses import dataclass

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import reverse
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Declaration

_IPV4, _IPV6 = ".in-addr.arpa", ".ip6.arpa"


@dataclass(frozen=True)
class Difference:
    """A name of a reverse zone. is_now, would_be: targets of its PTR records, absolute, in lower case."""

    owner: str
    is_now: tuple[str, ...]
    would_be: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.owner}: {', '.join(self.is_now) or 'nothing'} now, {', '.join(self.would_be) or 'nothing'} if derived"


@dataclass(frozen=True)
class ReverseZone:
    """same: how many PTR records are what would be derived."""

    name: str
    network: str
    same: int
    differing: tuple[Difference, ...]


def compared(declaration: Declaration, zones: Container[str]) -> Iterator[ReverseZone]:
    """Every reverse zone of a network, by name. zones: those whose records are known, which copies of somebody else's are not."""
    forward = {name: zone for name, zone in declaration.zones.items() if name in zones and not name.endswith((_IPV4, _IPV6))}
    addresses = reverse.Addresses((name, record) for name, zone in forward.items() for record in zone.content.addresses)
    for name in sorted(declaration.zones):
        network = network_of(name) if name in zones else None
        if network is None:
            continue
        now = _by_owner((record.owner, record.rdata) for record in declaration.zones[name].content.records if record.type == "PTR")
        derived = _by_owner((record.owner, record.rdata) for _zone, record in reverse.pointers(network, addresses, forward, 0))
        same = sum(len(targets & derived.get(owner, set())) for owner, targets in now.items())
        differing = tuple(
            Difference(owner, tuple(sorted(now.get(owner, ()))), tuple(sorted(derived.get(owner, ()))))
            for owner in sorted({*now, *derived}, key=_by_number)
            if now.get(owner) != derived.get(owner)
        )
        yield ReverseZone(name, str(network), same, differing)


def network_of(zone: str) -> reverse.Network | None:
    """The network whose reverse zone has this name, None for a name that L(reverse.zone_of) gives to none."""
    labels = zone.removesuffix(_IPV4 if zone.endswith(_IPV4) else _IPV6).split(".")[::-1]
    try:
        if zone.endswith(_IPV4):
            last, _slash, length = labels[-1].partition("/")
            numbers = [*labels[:-1], last]
            network: reverse.Network = ipaddress.IPv4Network(f"{'.'.join([*numbers, '0', '0', '0'][:4])}/{length or 8 * len(numbers)}")
        else:
            groups = "".join(labels).ljust(32, "0")
            network = ipaddress.IPv6Network(f"{':'.join(groups[at : at + 4] for at in range(0, 32, 4))}/{4 * len(labels)}")
        return network if reverse.zone_of(network) == zone else None
    except ValueError:
        return None


def _by_owner(records: Iterator[tuple[str, str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for owner, target in records:
        found.setdefault(owner.lower(), set()).add(target.lower())
    return found


def _by_number(owner: str) -> tuple[tuple[int, str], ...]:
    return tuple((int(label) if label.isdigit() else -1, label) for label in reversed(owner.split(".")))
