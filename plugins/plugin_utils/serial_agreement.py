# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One serial for a zone on all its primaries, from what each of them has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
    them is ahead of every primary, the zone goes on beyond it, or it would follow no more. Raises NoAgreement.
    """
    findings, others = list(findings), others or {}
    primaries = {number for finding in findings for number in finding.serials}
    newest = serial_numbers.newest((*primaries, *others.values()))
    wanted = content_digest(zone)
    holders = [finding for finding in findings if newest is not None and newest in finding.serials]
    if holders and all(finding.digest == wanted for finding in holders):
        result = newest  # served somewhere already; a primary that was edited or lags behind joins it
    else:
        result = next_serial(zone.serial_policy, newest, now, zone.content.own_serial or 0)
        if zone.serial_policy == "keep" and newest is not None:
            _check_kept(zone, result, newest, [finding.digest for finding in findings if finding.digest not in (None, wanted)], others)
    _check_reach(zone, result, others)
    return result


def ahead(own: Mapping[str, int], others: Iterable[Mapping[str, int]]) -> set[str]:
    """Zones of which another server has a newer copy than the one that gives it to all. own: its serials by zone; others: theirs."""
    return {zone for served in others for zone, serial in served.items() if zone in own and serial_numbers.newer(serial, own[zone])}


def _check_reach(zone: Zone, serial: int, others: Mapping[str, int]) -> None:
    """No serial is newer than all where these are more than 2^31 - 1 apart (RFC 1982 section 3.2)."""
    stuck = sorted(server for server, served in others.items() if served != serial and not serial_numbers.newer(serial, served))
    if stuck:
        step = (others[stuck[0]] + serial_numbers.HALF - 1) % serial_numbers.MODULUS
        raise NoAgreement(
            f"zone {zone.name}: {', '.join(f'{server} has serial {others[server]}' for server in stuck)}, for which {serial} is not newer, and no serial is "
            f"newer for all servers at once: let these servers forget their copy of the zone, or serve it under {step} (serial: keep) until they follow, and "
            "then under one that is newer again"
        )


def _check_kept(zone: Zone, own: int, newest: int, digests: Iterable[str], others: Mapping[str, int]) -> None:
    """A kept serial must be newer than what is served, and cannot stand for two contents. digests: of other contents that are served."""
    remedy = f"so secondaries would ignore it; raise the serial in its file beyond {newest}, or set serial to date, unix or increment"
    if own != newest and not serial_numbers.newer(own, newest):
        servers = [server for server, serial in others.items() if serial == newest]
        where = f" by {', '.join(servers)}" if servers else ""
        raise SerialGoesBack(f"zone {zone.name}: its own serial {own} is older than {newest}, which is served already{where}, {remedy}")
    if own == newest and any(digest.endswith(f"-{own}") for digest in digests):
        raise SerialGoesBack(f"zone {zone.name}: its content changed but its own serial {own} did not, {remedy}")
