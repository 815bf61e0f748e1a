# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What several hosts saw as one report: rows for JSON, a table, JUnit XML and a page. No I/O but the page's template."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from xml.etree import ElementTree

import jinja2
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Declaration
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.labels import server_of
from markupsafe import Markup

# The proofs: the name of a check, the key of its result, and what one of its results is about.
PROOFS = (("serials", "soa"), ("catalogs", "catalogs"), ("records", "records"), ("transfers", "transfers"), ("servers", "servers"), ("dnssec", "dnssec"))
MOST_FAILURES = 100  # of one kind, each told on its own; the rest as one
MOST_ROWS = 2000  # zones without a fault that the page lists
TEMPLATE = os.path.join(os.path.dirname(__file__), "templates", "report.html.j2")


def report(declaration: Declaration, verified: Sequence[Mapping[str, Any]], time: datetime) -> dict[str, Any]:
    """Everything that the forms of the report have in common.

    verified: what each verifying host returned, ``{host, soa, records, transfers, servers, dnssec}`` with the modules' results.
    time: when, in UTC.

    Returns ``time``, ``looked_from`` (hosts), ``rows`` (L(matrix)), ``faults`` (L(faults)), ``servers`` (L(servers)), and
    ``left_out``, the number of faults beyond those that the modules return.
    """
    return {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "looked_from": [item["host"] for item in verified],
        "left_out": max((part.get("results_left_out", 0) for _proof, part in _parts(verified)), default=0),
        "faults": faults(verified),
        "servers": servers(verified),
        "rows": matrix(declaration, verified),
    }


def _parts(verified: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """Every proof's name with what a host found; the host is in the part."""
    for item in verified:
        for proof, key in PROOFS:
            if item.get(key):
                yield proof, {**item[key], "host": item["host"]}


def matrix(declaration: Declaration, verified: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One row for each zone and server.

    A row: ``{zone, server, role, serial, state, lag, rtt_ms, detail, allowed_to, refused_to, ok}``. state, lag (increments of the
    serial) and detail are the worst that any host saw at any address, rtt_ms the longest; the lists hold the hosts that tried a
    transfer. Where hosts returned faults only, what they do not mention is ``in_sync``, without a serial, or ``not_listed`` at a
    server that has more faults than they returned.
    """
    rows = {
        (zone.name, server.name): {
            "zone": zone.name,
            "server": server.name,
            "role": role,
            "serial": None,
            "state": "not_asked",
            "lag": None,
            "rtt_ms": None,
            "detail": "",
            "allowed_to": [],
            "refused_to": [],
            "ok": True,
        }
        for zone in declaration.selected_zones.values()
        for role, listed in (("primary", zone.primaries), ("secondary", zone.secondaries if zone.members is None else ()))
        for server in listed
    }
    unproven = {tuple(pair) for pair in not_proven(verified)}
    unlisted: dict[str, str] = {}
    for proof, part in _parts(verified):
        if proof == "serials":
            listed = Counter(result["server"] for result in part["results"])
            for server in part.get("servers", []):
                faulty = sum(server["states"].values()) - server["states"].get("in_sync", 0)
                if unlisted.get(server_of(server["name"])) != "not_listed":
                    unlisted[server_of(server["name"])] = "not_listed" if listed[server["name"]] < faulty else "in_sync"
        for result in part["results"] if proof != "servers" else []:
            row = rows.get((result["zone"], server_of(result["server"])))
            if row is not None:
                ADDERS.get(proof, _add_answer)(row, result, part["host"])
    for row in rows.values():
        if row["state"] == "not_asked" and (row["zone"], row["server"]) not in unproven:
            row["state"] = unlisted.get(row["server"], "not_asked")
        row["refused_to"] = [f"{host} without its key" if host in row["allowed_to"] else host for host in row["refused_to"]]
    return list(rows.values())


def not_proven(verified: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """[zone, server] of zones in views that no host saw there."""
    seen_by_none = [item.get("unproven", []) for item in verified]
    return [pair for pair in (seen_by_none[0] if seen_by_none else []) if all(pair in pairs for pairs in seen_by_none)]


def _add_answer(row: dict[str, Any], result: Mapping[str, Any], host: str) -> None:
    serial = result.get("serial")  # of a provider's copy it is the provider's own, and not asked for
    if row["serial"] is None:
        row["serial"] = serial
    if row["state"] == "not_asked" or not result["ok"]:
        detail = result.get("detail", "")
        several = "" if result["ok"] or row["serial"] in (None, serial) else f"at {result['address']}"
        row.update(state=result["state"], lag=result.get("lag"), detail=": ".join(filter(None, (several, detail))))
    row["rtt_ms"] = max((value for value in (row["rtt_ms"], result.get("rtt_ms")) if value is not None), default=None)
    row["ok"] = row["ok"] and result["ok"]


def _add_transfer(row: dict[str, Any], result: Mapping[str, Any], host: str) -> None:
    text = host if result["state"] in ("allowed", "refused") else f"{host} ({result['state']})"
    if result["state"] == "allowed":
        row["refused_to"] = [told for told in row["refused_to"] if told != host]  # that was without its key
    told = row["allowed_to"] if result["state"] == "allowed" else row["refused_to"]
    if text not in told and host not in row["allowed_to"]:
        told.append(text)
    if not result["ok"]:
        row["ok"] = False
        row["detail"] = row["detail"] or f"transfer {result['state']} to {host}, expected {_expected(result).partition(' ')[2]}"


def _add_fault(row: dict[str, Any], result: Mapping[str, Any], _host: str) -> None:
    if not result["ok"] and row["ok"]:  # or there is another fault, which comes first
        row.update(ok=False, state=result["state"], detail=result["detail"])


ADDERS = {"transfers": _add_transfer, "dnssec": _add_fault, "catalogs": _add_fault}


def faults(verified: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What is not as declared, like things together, those that concern most zones first.

    Each is ``{proof, server, address, state, expected, detail, zones, seen_from}``; detail is that of the first, zones is empty for
    what concerns the server as a whole.
    """
    kinds: dict[tuple[Any, ...], dict[str, Any]] = {}
    for proof, part in _parts(verified):
        for result in part["results"]:
            if result["ok"]:
                continue
            expected = _expected(result)
            kind = (proof, result["server"], result["state"], None if proof == "servers" else expected)
            fault = kinds.setdefault(
                kind,
                {
                    "proof": proof,
                    "server": server_of(result["server"]) or result["server"],
                    "address": result["address"],
                    "state": result["state"],
                    "expected": {},
                    "detail": _detail(result),
                    "zones": {},
                    "seen_from": {},
                },
            )
            fault["expected"][expected] = None
            fault["seen_from"][part["host"]] = None
            if "zone" in result:
                fault["zones"][result["zone"]] = None
    found = [{**fault, **{key: list(fault[key]) for key in ("expected", "zones", "seen_from")}} for fault in kinds.values()]
    return sorted(found, key=lambda fault: -len(fault["zones"]))


def _expected(result: Mapping[str, Any]) -> str:
    """What the declaration says there should be."""
    if "check" in result:
        return f"{result['check']} {result['expected']}"
    if "expect" in result:
        return f"transfer {result['expect']}{' with its key' if result.get('key') else ''}{' over TLS' if result.get('tls') else ''}"
    if "signed_until" in result:
        return "secure" if result["role"] == "parent" else "signed"
    if "catalog" in result:
        return f"learned as {result['catalog']} lists it"
    return "same" if "comparison" in result else "in_sync"


def _detail(result: Mapping[str, Any]) -> str:
    if result["state"] in ("behind", "ahead") and not result.get("detail"):
        return f"by {abs(result['lag'])}: serial {result['serial']}, reference {result['reference_serial']}"
    return result.get("detail") or ""


def servers(verified: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each address of each server: ``{server, address, states, rtt_ms, checks}``.

    states: number of zones by state, from the host that saw fewest in sync. rtt_ms: ``{median, max}``, the longest of any host.
    checks: state and ok of each of the server's checks, the worst that any host saw.
    """
    found: dict[str, dict[str, Any]] = {}

    def entry(label: str, address: str) -> dict[str, Any]:
        return found.setdefault(
            label, {"server": server_of(label) or label, "address": address, "states": {}, "rtt_ms": {"median": None, "max": None}, "checks": {}}
        )

    for proof, part in _parts(verified):
        for server in part.get("servers", []):
            known = entry(server["name"], server["address"])
            if not known["states"] or server["states"].get("in_sync", 0) < known["states"].get("in_sync", 0):
                known["states"] = server["states"]
            for name, value in server["rtt_ms"].items():
                known["rtt_ms"][name] = max((number for number in (value, known["rtt_ms"][name]) if number is not None), default=None)
        for result in part["results"] if proof == "servers" else []:
            checks = entry(result["server"], result["address"])["checks"]
            if checks.get(result["check"], {"ok": True})["ok"]:
                checks[result["check"]] = {"state": result["state"], "ok": result["ok"]}
    return list(found.values())


def table(rows: Sequence[Mapping[str, Any]], drill: Sequence[Mapping[str, Any]] = ()) -> str:
    """The matrix as text, faults first, and a line for each client's failover."""
    head = ("zone", "server", "role", "serial", "state", "transfer allowed to", "refused to")
    body = [
        (
            row["zone"],
            row["server"],
            row["role"],
            str(row["serial"] if row["serial"] is not None else "-"),
            row["state"] + ("" if row["ok"] else " !"),
            ", ".join(row["allowed_to"]) or "-",
            _hosts(row["refused_to"]),
        )
        for row in sorted(rows, key=lambda row: row["ok"])
    ]
    widths = [max(len(line[column]) for line in (head, *body)) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in (head, tuple("-" * width for width in widths), *body)]
    lines += [f"failover on {item['client']}: answered by {item['answered_by']} after {item['elapsed']:.2f} s" for item in drill]
    return "\n".join(lines) + "\n"


def _hosts(hosts: Sequence[str]) -> str:
    return ", ".join(hosts) if len(hosts) <= 3 else f"{', '.join(hosts[:2])} and {len(hosts) - 2} more"


def junit(verified: Sequence[Mapping[str, Any]], time: datetime) -> str:
    """JUnit XML, in the shape that Ant's schema and that of Jenkins have in common.

    A testsuite for each proof, in it a testcase for each server and zone (or check) with what is expected, whoever looked. Where
    hosts returned faults only, what is well is one testcase a server; of like failures the first L(MOST_FAILURES) have their own.
    """
    root = ElementTree.Element("testsuites")
    for proof, key in PROOFS:
        parts = [(item["host"], item[key]) for item in verified if item.get(key)]
        if not parts:
            continue
        suite = ElementTree.SubElement(root, "testsuite", name=proof, package="authoritative.dns", id=str(len(root)), hostname="localhost")
        properties = ElementTree.SubElement(suite, "properties")
        ElementTree.SubElement(properties, "property", name="looked_from", value=printable(", ".join(host for host, _part in parts)))
        cases = _cases(parts)
        for case in cases:
            element = ElementTree.SubElement(
                suite, "testcase", classname=printable(f"{proof}.{case['server']}"), name=printable(case["name"]), time=f"{case['time']:.3f}"
            )
            if case["failure"]:
                failure = ElementTree.SubElement(element, "failure", type=case["state"], message=printable(case["failure"][0]))
                failure.text = printable("\n".join(case["failure"]))
        for name in ("system-out", "system-err"):
            ElementTree.SubElement(suite, name)
        suite.attrib.update(
            timestamp=time.strftime("%Y-%m-%dT%H:%M:%S"),
            tests=str(len(cases)),
            failures=str(sum(1 for case in cases if case["failure"])),
            errors="0",
            skipped="0",
            time=f"{max((part['summary'].get('elapsed', 0) for _host, part in parts), default=0):.3f}",
        )
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _cases(parts: Sequence[tuple[str, Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """The testcases of one proof, failures first."""
    cases: dict[tuple[str, str], dict[str, Any]] = {}
    for host, part in parts:
        for result in part["results"]:
            name = ": ".join(filter(None, (result.get("zone"), _expected(result))))
            case = cases.setdefault((result["server"], name), {"server": result["server"], "name": name, "time": 0.0, "state": "", "failure": []})
            case["time"] = max(case["time"], (result.get("rtt_ms") or 0) / 1000, result.get("duration") or 0)
            if not result["ok"]:
                case["state"] = case["state"] or result["state"]
                case["failure"].append(" ".join(filter(None, (result["state"], _detail(result), f"(seen from {host})"))))
    told: list[dict[str, Any]] = []
    more: dict[tuple[str, str], int] = {}
    for case in sorted(cases.values(), key=lambda case: not case["failure"]):
        kind = (case["server"], case["state"])
        more[kind] = more.get(kind, 0) + 1
        if not case["failure"] or more[kind] <= MOST_FAILURES:
            told.append(case)
    for (server, state), count in more.items():
        if state and count > MOST_FAILURES:
            text = f"{count - MOST_FAILURES} more that are {state}"
            told.append({"server": server, "name": text, "time": 0.0, "state": state, "failure": [text]})
    return told + list(_unlisted(parts))


def _unlisted(parts: Sequence[tuple[str, Mapping[str, Any]]]) -> Iterable[dict[str, Any]]:
    """A testcase for what hosts counted and did not list: one a server where they tell, and one for faults left out."""
    fine: dict[str, int] = {}
    left_out = 0
    for _host, part in parts:
        left_out = max(left_out, part.get("results_left_out", 0))
        if len(part["results"]) >= sum(part["summary"].get("states", {}).values()):
            continue
        for server in part.get("servers") or [{"name": "all", "states": part["summary"]["states"]}]:
            count = sum(server["states"].values()) - sum(1 for result in part["results"] if server["name"] in ("all", result["server"]))
            fine[server["name"]] = min(fine.get(server["name"], count), count)
    if left_out:  # whose they are is not known, so nothing is said to be fine
        text = f"{left_out} more results are not as expected"
        yield {"server": "all", "name": text, "time": 0.0, "state": "left_out", "failure": [text]}
        return
    for server, count in fine.items():
        if count:
            yield {"server": server, "name": f"{count} as expected", "time": 0.0, "state": "", "failure": []}


def printable(text: str) -> str:
    """The text without what XML forbids or what a reader would not see: control, format and surrogate characters."""
    if text.isprintable():
        return text
    return "".join(letter if letter == "\n" or unicodedata.category(letter) not in ("Cc", "Cf", "Cn", "Co", "Cs") else "\ufffd" for letter in text)


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=lambda value: value if isinstance(value, Markup) or not isinstance(value, str) else printable(value),
    )
    with open(TEMPLATE, encoding="utf-8") as stream:
        return environment.from_string(stream.read())


def page(content: Mapping[str, Any]) -> str:
    """L(report)'s content as one HTML page that needs nothing else: faults first, then servers, transfers and zones."""
    zones: dict[str, list[Mapping[str, Any]]] = {}
    for row in content["rows"]:
        zones.setdefault(row["zone"], []).append(row)
    return _template().render(
        content,
        zones=len(zones),
        server_count=len({row["server"] for row in content["rows"]}),
        at_fault=sum(1 for rows in zones.values() if not all(row["ok"] for row in rows)),
        asked=bool(content["looked_from"]),
        groups=_groups(zones),
        access=_access(content["rows"]),
    )


def _groups(zones: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Zones that the same servers serve, as one table each: ``{columns, faulty, fine, fine_count, unknown_count}``, those with faults first."""
    groups: dict[tuple[tuple[str, str], ...], dict[str, Any]] = {}
    listed = 0
    for name, rows in zones.items():
        columns = tuple((row["server"], row["role"]) for row in rows)
        group = groups.setdefault(columns, {"columns": columns, "faulty": [], "fine": [], "fine_count": 0, "unknown_count": 0})
        zone = {"name": name, "cells": rows}
        if not all(row["ok"] for row in rows):
            group["faulty"].append(zone)
            continue
        if any(row["state"] == "not_listed" for row in rows):
            group["unknown_count"] += 1
            continue
        group["fine_count"] += 1
        if listed < MOST_ROWS:
            listed += 1
            group["fine"].append(zone)
    return sorted(groups.values(), key=lambda group: -len(group["faulty"]))


def _access(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Who may transfer from whom: ``{server, allowed_to, refused_to, zones}`` for each set of zones that is treated alike."""
    alike: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        if row["allowed_to"] or row["refused_to"]:
            kind = (row["server"], tuple(row["allowed_to"]), tuple(row["refused_to"]))
            alike.setdefault(kind, {**{key: row[key] for key in ("server", "allowed_to", "refused_to")}, "zones": []})["zones"].append(row["zone"])
    return list(alike.values())
