# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether zones are signed as they should be, at every server: what the module C(verify_dnssec) does."""

from __future__ import annotations

import time

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns
from ansible_collections.authoritative.dns.plugins.module_utils.proof import verification
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.findings import LEVELS, STATES
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.survey import Survey, Zone
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.verdict import DAY, Wanted, describe
from ansible_collections.authoritative.dns.plugins.module_utils.wire.client import Patience
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import (
    ASKING_SPEC,
    COMMON_SPEC,
    KEYS_SPEC,
    ROUNDS_SPEC,
    SERVERS_SPEC,
    Mistake,
    find_key,
    find_servers,
    read_keys,
    read_name,
    read_servers,
    read_types,
    refuse_too_small,
)

TRANSFER_TIMEOUT = 5.0  # s

ARGUMENTS = dict(
    COMMON_SPEC,
    **ASKING_SPEC,
    **ROUNDS_SPEC,
    servers=SERVERS_SPEC,
    keys=KEYS_SPEC,
    zones={
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "servers": {"type": "list", "elements": "str"},
            "parent_servers": {"type": "list", "elements": "str", "default": []},
            "transfers": {
                "type": "list",
                "elements": "dict",
                "options": {"server": {"type": "str", "required": True}, "key": {"type": "str", "no_log": False}},
            },
            "record_sets": {"type": "dict", "default": {}},
            "expect": {"type": "str", "choices": ["any", "signed", "secure"]},
            "warning_days": {"type": "float"},
            "critical_days": {"type": "float"},
        },
    },
    expect={"type": "str", "choices": ["any", "signed", "secure"], "default": "any"},
    warning_days={"type": "float", "default": 3.0},
    critical_days={"type": "float", "default": 1.0},
    levels={"type": "dict", "default": {}},
    sample={"type": "int", "default": 0},
)


def read_zone(given, servers, keys, wanted, params):
    """One item of ``zones``, checked."""
    where = f"zones: {given['name']}"
    qname = read_name(given["name"], where)
    parents = find_servers(given["parent_servers"], servers, f"{where}: parent_servers")
    if given["servers"] is None:
        own = [server for server in servers.values() if server not in parents]
    else:
        own = find_servers(given["servers"], servers, f"{where}: servers")
    if not own:
        raise Mistake(f"{where}: no server to ask; name at least one that serves the zone")
    expect = given["expect"] or params["expect"]
    if expect == "secure" and not parents:
        raise Mistake(f"{where}: expect is secure, and no server of the zone above is known; name some in parent_servers")
    return Zone(
        given["name"],
        qname,
        own,
        parents,
        own if given["transfers"] is None else [read_transfer(entry, own, keys, where) for entry in given["transfers"]],
        given["transfers"] is not None,
        list(read_record_sets(given["record_sets"], qname, f"{where}: record_sets")),
        wanted._replace(
            expect=expect,
            warning=wanted.warning if given["warning_days"] is None else given["warning_days"],
            critical=wanted.critical if given["critical_days"] is None else given["critical_days"],
        ),
    )


def read_transfer(given, servers, keys, where):
    """The server of an item of ``transfers`` with the key to use."""
    (server,) = find_servers([given["server"]], {server.name: server for server in servers}, f"{where}: transfers")
    return server if given["key"] is None else server._replace(key=find_key(given["key"], keys, f"{where}: transfers"))


def read_record_sets(given, qname, where):
    """(name, type) of each."""
    for owner, types in given.items():
        owner = str(owner)
        try:
            name = qname if owner == "@" else dns.name.from_text(owner, qname)
        except (dns.exception.DNSException, UnicodeError) as error:
            raise Mistake(f"{where}: {owner!r} is not a domain name: {error}") from None
        if not name.is_subdomain(qname):
            raise Mistake(f"{where}: {owner} is not in the zone; write names relative to it, or with it and a final dot")
        for rdtype in sorted(read_types([types] if isinstance(types, str) else types, where)):
            yield name, rdtype


def read_wanted(params):
    for state, level in params["levels"].items():
        if state not in STATES:
            raise Mistake(f"levels: unknown {state}; known: {', '.join(STATES)}")
        if level not in (*LEVELS, "ignore"):
            raise Mistake(f"levels: {state} has {level!r}, which is not one of ignore, {', '.join(LEVELS)}")
    return Wanted(params["expect"], params["warning_days"], params["critical_days"], params["levels"])


def utc(seconds):
    return None if seconds is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def make_result(zone, verdict):
    server = verdict.server
    return {
        "zone": zone.name,
        "server": server.name,
        "address": server.address,
        "port": server.port,
        "role": verdict.role,
        "state": verdict.state,
        "ok": verdict.ok,
        "detail": verdict.detail,
        "findings": verdict.findings,
        "dnskeys": verdict.keys,
        "ds": verdict.ds,
        "signed_until": utc(verdict.until),
        "days_left": None if verdict.until is None else round((verdict.until - time.time()) / DAY, 2),
        "record_sets": verdict.checked,
        "source": verdict.source,
    }


def verify(params):
    verification.need_libraries(validation=True)
    refuse_too_small(params)
    keys = read_keys(params["keys"])
    servers = read_servers(params["servers"], keys)
    wanted = read_wanted(params)
    zones = [read_zone(given, servers, keys, wanted, params) for given in params["zones"]]
    started = time.monotonic()
    patience = Patience(params["timeout"], params["retries"], params["concurrency"], started + params["deadline"])
    survey = Survey(patience, params["sample"], max(params["timeout"], TRANSFER_TIMEOUT))
    verdicts, rounds = [()] * len(zones), 0

    def look(numbers):
        nonlocal rounds
        for number, found in zip(numbers, survey.look([zones[number] for number in numbers])):
            verdicts[number] = found
        rounds += 1
        return [number for number in numbers if not all(verdict.ok for verdict in verdicts[number])]

    verification.keep_looking(look, look(range(len(zones))), params, started)
    ends = [verdict.until for found in verdicts for verdict in found if verdict.until is not None]
    results = [make_result(zone, verdict) for zone, found in zip(zones, verdicts) for verdict in found]
    return {
        "what": "signed zones on servers",
        "describe": describe,
        "results": results,
        "warnings": [describe(result) for result in results if result["ok"] and any(kind["level"] == "warning" for kind in result["findings"])][
            : verification.FAULTS_IN_MESSAGE
        ],
        "summary": {
            "zones": len(zones),
            "servers": len(servers),
            "queries": survey.queries,
            "transfers": survey.transfers,
            "record_sets": sum(verdict.checked for found in verdicts for verdict in found),
            "rounds": rounds,
            "signed_until": utc(min(ends, default=None)),
            "elapsed": round(time.monotonic() - started, 3),
        },
    }
