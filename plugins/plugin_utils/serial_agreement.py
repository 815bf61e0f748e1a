# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One serial for a zone on all its primaries, from what each of them has."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.authoritative.dns.plugins.module_utils.common import serial_numbers
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Zone
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.serial_policies import next_serial


@dataclass(frozen=True)
class Finding:
    """What one primary has of a zone. digest: of its content, None if it has none or somebody edited it. serials: on disk, issued, served."""

    digest: str | None
    serials: tuple[int, ...]


class NoAgreement(ValueError):
    """Why a zone can be given no serial now."""


class SerialGoesBack(NoAgreement):
    """A policy gives a serial that secondaries would ignore."""


class PrimaryNotAsked(NoAgreement):
    """zones: by the primary that was not asked in this run. It may serve other content, under any serial."""

    def __init__(self, zones: Mapping[str, Sequence[str]]) -> None:
        told = [f"{host} ({', '.join([*names[:5], *['…'] * (len(names) > 5)])})" for host, names in sorted(zones.items())]
        hosts = ", ".join(sorted(zones))
        super().__init__(
            f"zones have to change whose other primaries were not asked in this run: {'; '.join(told)}. Two contents could go out under one serial. "
            f"Run for all primaries at once, not parted by --limit, serial or another strategy than linear; if {hosts} cannot come back, take it out of the "
            f"zones' primaries, or go on without it by nameserver_without: [{hosts}]"
        )


def content_digest(zone: Zone) -> str:
    """Identifies what is to be served; a kept serial is part of it, a serial of ours is not.

    That somebody signs it is part of it too: where this begins or ends, the zone gets a serial beyond the one that was served.
    """
    if zone.serial_policy == "keep":
        return f"{zone.content.digest}-{zone.content.own_serial}"
    return f"{zone.content.digest}-signed" if zone.dnssec else zone.content.digest


def agreed_serial(zone: Zone, findings: Iterable[Finding], now: int, others: Mapping[str, int] | None = None) -> int:
    """The serial under which every primary serves the zone: the same for the same findings, wherever it is computed.

    findings: of the primaries. now: seconds since the epoch. others: what further servers give of the zone, by their names; where one of
    them is ahead of every primary, the zone goes on beyond it, or it would follow no more. Where no serial is newer for all of them, it is
    the first of two steps, and the next run takes the second. Raises NoAgreement.
    """
    findings, others = list(findings), others or {}
    primaries = {number for finding in findings for number in finding.serials}
    taken = {*primaries, *others.values()}
    newest = serial_numbers.newest(taken)
    wanted = content_digest(zone)

    def holds(serial: int | None) -> bool:
        """Whether all that have a serial have it for what is wanted."""
        holders = [finding for finding in findings if serial is not None and serial in finding.serials]
        return bool(holders) and all(finding.digest == wanted for finding in holders)

    def unused(serial: int) -> int:
        """The first one from here on under which nobody has other content."""
        return serial if holds(serial) or serial not in taken else unused(serial_numbers.following(serial))

    if holds(newest):
        result = newest  # served somewhere already; a primary that was edited or lags behind joins it
    elif zone.serial_policy == "keep":
        result = zone.content.own_serial or 0
        if newest is not None:
            _check_kept(zone, result, newest, [finding.digest for finding in findings if result in finding.serials and finding.digest is not None], others)
    else:
        result = unused(next_serial(zone.serial_policy, newest, now, zone.content.own_serial or 0))
    if not stuck(result, others):
        return result
    if zone.serial_policy == "keep" or zone.dnssec:
        raise NoAgreement(_told_to_step(zone, result, others))
    last = _last_step(others, taken)
    if not stuck(last, others):
        return last
    # Where the present serial leads there, the first step was taken, and somebody has not followed yet.
    steps = [unused(step) for step in (serial_numbers.newest(primaries), serial_numbers.first_of_two(last)) if step is not None]
    step = next((step for step in steps if _leads(step, last, others)), None)
    if step is None:
        raise NoAgreement(_told_to_step(zone, last, others))
    return step


def stuck(serial: int, others: Mapping[str, int]) -> list[str]:
    """Servers that would not follow to a serial: it is not newer than theirs, and not the same."""
    return sorted(server for server, served in others.items() if served != serial and not serial_numbers.newer(serial, served))


def second_step(zone: Zone, serial: int, others: Mapping[str, int]) -> str | None:
    """What to do once a zone is served under this serial, None if that is all."""
    waiting = stuck(serial, others)
    if not waiting:
        return None
    followers = sorted(server for server, served in others.items() if serial_numbers.newer(serial, served))
    return (
        f"zone {zone.name}: no serial is newer for all of its servers at once (RFC 1982). It is served under {serial} now, which {', '.join(followers)} can "
        f"follow to; run authoritative.dns.site once more when they have it, and {', '.join(f'{name} (at {others[name]})' for name in waiting)} will follow too"
    )


def ahead(own: Mapping[str, int], others: Iterable[Mapping[str, int]]) -> set[str]:
    """Zones of which another server has a copy that is not older than the one that it should follow to. own: serials by zone that are given to all."""
    return {zone for served in others for zone, serial in served.items() if own.get(zone, serial) != serial and stuck(own[zone], {"": serial})}


def missed(own: Mapping[str, int], primaries: Iterable[Mapping[str, int]]) -> set[str]:
    """Zones of which a primary has a newer copy than a secondary, which was not told of it. own, primaries: serials by zone."""
    return {zone for has in primaries for zone, serial in has.items() if zone in own and serial_numbers.newer(serial, own[zone])}


def _last_step(others: Mapping[str, int], taken: Collection[int]) -> int:
    """A serial that nobody has, to which all servers can be brought in two steps at most, and most of them in one. taken: those that somebody has."""
    ends = set()
    for serial in others.values():
        while serial in taken:
            serial = serial_numbers.following(serial)
        ends.add(serial)
    beyond = {(serial - 1) % serial_numbers.MODULUS for serial in others.values()}  # to where first_of_two does not lead from all
    return min(ends - beyond or ends, key=lambda end: (len(stuck(end, others)), end))


def _leads(step: int, last: int, others: Mapping[str, int]) -> bool:
    """Whether those that cannot follow to the last serial can follow to this step, and from there to the last one."""
    return serial_numbers.newer(last, step) and all(others[server] == step or serial_numbers.newer(step, others[server]) for server in stuck(last, others))


def _told_to_step(zone: Zone, serial: int, others: Mapping[str, int]) -> str:
    """Why a zone whose serial is not this collection's to choose cannot go on under it, and what to do."""
    waiting = stuck(serial, others)
    step = serial_numbers.first_of_two(serial)
    way = (
        f"set the serial in its file to {step}, run authoritative.dns.site, and when they have it, set it to {serial} again and run it once more"
        if zone.serial_policy == "keep" and not stuck(step, {server: others[server] for server in waiting})
        else "have each of them transfer it whatever its serial is: rndc retransfer, nsd-control force_transfer, knotc zone-retransfer or "
        f"pdns_control retrieve {zone.name}"
    )
    return f"zone {zone.name}: {', '.join(f'{server} has serial {others[server]}' for server in waiting)}, for which {serial} is not newer (RFC 1982); {way}"


def _check_kept(zone: Zone, own: int, newest: int, digests: Iterable[str], others: Mapping[str, int]) -> None:
    """A kept serial must be newer than what is served, and cannot stand for two contents. digests: of what is served under it."""
    remedy = f"so secondaries would ignore it; raise the serial in its file beyond {newest}, or set serial to date, unix or increment"
    step = serial_numbers.first_of_two(own)
    if serial_numbers.newer(step, newest):
        remedy += f". To come to {own} nevertheless, set it to {step} first, and to {own} when all servers have that"
    if own != newest and not serial_numbers.newer(own, newest):
        servers = [server for server, serial in others.items() if serial == newest]
        where = f" by {', '.join(servers)}" if servers else ""
        raise SerialGoesBack(f"zone {zone.name}: its own serial {own} is older than {newest}, which is served already{where}, {remedy}")
    if own == newest and any(digest.partition("-")[0] != zone.content.digest for digest in digests):
        raise SerialGoesBack(f"zone {zone.name}: its content changed but its own serial {own} did not, {remedy}")
