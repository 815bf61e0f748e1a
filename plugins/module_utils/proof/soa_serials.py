# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what servers answered to a state for each zone and server. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns
from ansible_collections.authoritative.dns.plugins.module_utils.common.serial_numbers import HALF, distance, newest
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import (
    Mistake,
    Server,
    find_servers,
    place,
    read_wire_name,
    refuse_unknown,
)
from ansible_collections.authoritative.dns.plugins.module_utils.wire.soa_question import Answer

ZONE_FIELDS = ("name", "servers", "reference", "expected_serial")


class Zone(NamedTuple):
    """One zone, whom to ask for it, and whose serial counts."""

    name: str
    wire_name: bytes
    servers: tuple[str, ...]
    reference: tuple[str, ...]
    expected_serial: int | None


class Verdict(NamedTuple):
    state: str
    ok: bool
    reference_serial: int | None
    lag: int | None
    detail: str


def read_zones(entries: Iterable[Any], servers: Mapping[str, Server]) -> list[Zone]:
    """Zones as the module's option gives them. Raises Mistake."""
    everyone = tuple(servers)
    primaries = tuple(server.name for server in servers.values() if server.role == "primary")
    zones = []
    for number, entry in enumerate(entries, 1):
        if isinstance(entry, str):
            zones.append(Zone(entry, read_wire_name(entry, f"zones: entry {number}"), everyone, primaries, None))
            continue
        if not isinstance(entry, Mapping) or "name" not in entry:
            raise Mistake(f"zones: entry {number} is neither a name nor a dictionary with a name")
        where = f"zones: {entry['name']}"
        refuse_unknown(entry, ZONE_FIELDS, where)
        asked = tuple(server.name for server in find_servers(entry.get("servers"), servers, where))
        if entry.get("reference") is None:
            reference = tuple(name for name in primaries if name in asked)
        else:
            reference = tuple(server.name for server in find_servers(entry["reference"], servers, where))
            outside = [name for name in reference if name not in asked]
            if outside:
                raise Mistake(f"{where}: the reference {', '.join(outside)} is not among the zone's servers")
        zones.append(
            Zone(
                entry["name"],
                read_wire_name(entry["name"], f"zones: entry {number}"),
                asked,
                reference,
                _read_serial(entry.get("expected_serial"), where),
            )
        )
    return zones


def _read_serial(value: Any, where: str) -> int | None:
    if value is None:
        return None
    try:
        serial = int(value)
    except (TypeError, ValueError):
        serial = -1
    if isinstance(value, bool) or not 0 <= serial < 2 * HALF:
        raise Mistake(f"{where}: expected_serial {value!r} is not a serial; a serial is between 0 and 4294967295")
    return serial


def reference_serial(zone: Zone, answers: Mapping[str, Answer]) -> int | None:
    """The serial that counts: the one expected, else the reference servers' newest, else anybody's newest."""
    if zone.expected_serial is not None:
        return zone.expected_serial
    return newest(
        answers[name].serial
        for name in zone.reference or zone.servers
        if answers[name].serial is not None and answers[name].problem is None
    )


def judge(answer: Answer, role: str | None, reference: int | None, max_lag: int = 0) -> Verdict:
    """The state of one server for one zone, given the serial that counts."""
    lag = distance(reference, answer.serial) if reference is not None and answer.serial is not None else None
    if answer.problem is not None:
        state, detail = name_problem(answer, role)
        return Verdict(state, False, reference, lag, detail)
    if lag is None:
        return Verdict("no_reference", False, None, None, "no reference server gave a serial to compare with")
    if lag == 0:
        return Verdict("in_sync", True, reference, 0, "")
    if lag == -HALF:
        return Verdict("behind", False, reference, HALF, "serials 2**31 apart: neither is newer (RFC 1982)")
    if lag > 0:
        return Verdict("behind", lag <= max_lag, reference, lag, "")
    return Verdict("ahead", False, reference, lag, "")


def name_problem(answer: Any, role: str | None) -> tuple[str, str]:
    """State and detail of an answer that has a problem."""
    if answer.problem == "servfail" and role == "secondary":
        # a secondary without a valid copy says SERVFAIL; only some add an extended error (RFC 8914)
        return "expired", "SERVFAIL: the copy has expired or was never transferred"
    return answer.problem, answer.detail


def judge_zone(
    zone: Zone, servers: Mapping[str, Server], answers: Mapping[str, Answer], max_lag: int = 0
) -> list[tuple[Server, Verdict]]:
    """One verdict for each of the zone's servers, in their order."""
    reference = reference_serial(zone, answers)
    in_sync = Verdict("in_sync", True, reference, 0, "")
    verdicts = []
    for name in zone.servers:
        server, answer = servers[name], answers[name]
        if reference is not None and answer.serial == reference and answer.problem is None:
            verdicts.append((server, in_sync))
        else:
            verdicts.append((server, judge(answer, server.role, reference, max_lag)))
    return verdicts


def describe(result: Mapping[str, Any]) -> str:
    """One result as a line of a message."""
    text = state = result["state"]
    if state in ("behind", "ahead"):
        text = f"{state} by {abs(result['lag'])} (serial {result['serial']}, reference {result['reference_serial']})"
    detail = f": {result['detail']}" if result["detail"] else ""
    return f"{result['zone']} at {place(result)}: {text}{detail}"


@cache
def rcode_text(rcode: int | None) -> str | None:
    return None if rcode is None else dns.rcode.to_text(rcode)
