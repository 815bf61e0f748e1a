# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One serial for a zone on all its primaries, from what each of them has."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ansible_collections.authoritative.dns.plugins.plugin_utils import serial
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import Zone


@dataclass(frozen=True)
class Finding:
    """What one primary has of a zone. digest: of its content, None if it has none or somebody edited it. serials: on disk, issued, served."""

    digest: str | None
    serials: tuple[int, ...]


class SerialGoesBack(ValueError):
    """A policy gives a serial that secondaries would ignore."""


def content_digest(zone: Zone) -> str:
    """Identifies what is to be served; a kept serial is part of it, a serial of ours is not."""
    return f"{zone.content.digest}-{zone.content.own_serial}" if zone.serial_policy == "keep" else zone.content.digest


def agreed_serial(zone: Zone, findings: Iterable[Finding], now: int) -> int:
    """The serial under which every primary serves the zone: the same for the same findings, wherever it is computed.

    now: seconds since the epoch. Raises SerialGoesBack.
    """
    findings = list(findings)
    newest = serial.newest(number for finding in findings for number in finding.serials)
    wanted = content_digest(zone)
    if newest is not None and any(finding.digest == wanted and newest in finding.serials for finding in findings):
        # Served somewhere already; a primary that edits or lags behind joins it, unless the newer serial carries other content.
        if all(finding.digest == wanted or newest not in finding.serials for finding in findings):
            return newest
    result = serial.next_serial(zone.serial_policy, newest, now, zone.content.own_serial or 0)
    if zone.serial_policy == "keep" and newest is not None and result != newest and not serial.newer(result, newest):
        raise SerialGoesBack(f"zone {zone.name}: its own serial {result} is older than {newest}, which is served already, so secondaries would ignore it; raise the serial in its file, or set serial to date, unix or increment")
    if zone.serial_policy == "keep" and result == newest and any(finding.digest not in (None, wanted) and finding.digest.rpartition("-")[2] == str(result) for finding in findings):
        raise SerialGoesBack(f"zone {zone.name}: its content changed but its own serial {result} did not, so secondaries would ignore it; raise the serial in its file, or set serial to date, unix or increment")
    return result
