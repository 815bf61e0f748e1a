# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Catalog zones (RFC 9432): ordinary zones whose records name other zones, from which secondaries learn what to transfer."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import names
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.content import build
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.drafts import Draft, check_mapping
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Server, Zone
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import Findings, did_you_mean
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.records import Record
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.rules import VALIDATORS
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.validator import OFF

CATALOG_KEYS = ("name", "primaries", "secondaries", "tsig", "tls", "serial", "allow_query", "labels")
_GROUP = re.compile(r"[A-Za-z0-9._-]{1,255}", re.ASCII)
_FROM_DEFAULTS = ("primaries", "secondaries", "tsig", "tls", "allow_query")
_VERSION = "2"  # RFC 9432 section 4.2.1
_NOBODY = "invalid."  # RFC 9432 section 4.1: a catalog is for no resolver
# The time, so that a primary that was lost is never behind a consumer that answers no question about its catalog, as Knot DNS does not.
_SERIAL_POLICY = "unix"


def drafts_of(catalogs: Any, defaults: Mapping[str, Any], zones: Mapping[str, Draft], findings: Findings) -> list[Draft]:
    """A zone for each item of C(dns_catalogs), with its members among zones, {name: draft}. Mistakes go to findings.

    defaults: C(dns_zone_defaults), of which servers and keys are a catalog's too.
    """
    if not isinstance(catalogs, Sequence) or isinstance(catalogs, str):
        findings.problem("dns_catalogs", f"{catalogs!r} is not a list", "declare a list of catalogs, each with a name")
        return []
    found: dict[str, Draft] = {}
    for number, item in enumerate(catalogs, 1):
        draft = _draft(number, item, defaults, findings)
        if draft is not None and draft.name in found:
            findings.problem(draft.where, "is declared twice", "declare each catalog once")
        elif draft is not None:
            found[draft.name] = draft
    members: dict[str, dict[str, str | None]] = {name: {} for name in found}  # and their groups
    for draft in zones.values():
        named, group = draft.options.get("catalog"), _group(draft, findings)
        if not named:
            if group is not None and "catalog" not in draft.options and group != defaults.get("catalog_group"):
                wrong = f"catalog_group {group!r} says nothing of a zone without a catalog"
                findings.warning(draft.where, wrong, "name its catalog, or leave catalog_group out")
            continue
        catalog = name_of(named)
        if catalog not in found:
            near = did_you_mean(catalog, found)
            findings.problem(draft.where, f"catalog {named!r} is not one of dns_catalogs{near}", "declare it there, or leave catalog out")
            continue
        members[catalog][draft.name] = group
    for name, draft in found.items():
        draft.records = _records(members[name])
        draft.content, mistakes = build(draft.where, draft.origin, 0, draft.options, draft.records)
        findings.problems += mistakes
    return list(found.values())


def name_of(named: Any) -> str:
    """The name of the catalog that a zone's option names, as L(Draft) has it; what is no name stays as it is."""
    try:
        return names.to_text(names.zone_name(named))
    except ValueError:
        return str(named)


def _draft(number: int, item: Any, defaults: Mapping[str, Any], findings: Findings) -> Draft | None:
    where = f"catalog {number} of dns_catalogs"
    mistakes = check_mapping(where, item, CATALOG_KEYS)
    findings.problems += mistakes
    if not isinstance(item, Mapping):
        return None
    try:
        origin = names.zone_name(item.get("name"))
    except ValueError as error:
        findings.problem(where, f"name {item.get('name')!r} {error}", "write a domain name of yours that nobody else uses, such as catalog.example.com")
        return None
    options = {
        "serial": _SERIAL_POLICY,
        **{key: defaults[key] for key in _FROM_DEFAULTS if key in defaults},
        **item,
        "labels": item.get("labels", {}),
        "soa": {"mname": _NOBODY, "rname": _NOBODY},
        "name_servers": [_NOBODY],
        "validators": dict.fromkeys(VALIDATORS, OFF),
    }
    return Draft(f"catalog {names.to_text(origin)}", names.to_text(origin), options, origin, 0)


def _group(draft: Draft, findings: Findings) -> str | None:
    """By what consumers choose how to serve a zone (RFC 9432 section 4.3.2), None without. Mistakes go to findings."""
    group = draft.options.get("catalog_group")
    if group is None or isinstance(group, str) and _GROUP.fullmatch(group):
        return group
    findings.problem(draft.where, f"catalog_group {group!r} is no group's name", "write up to 255 letters, digits, dots, hyphens and underscores")
    return None


def _records(members: Mapping[str, str | None]) -> list[Record]:
    listed = [Record(f"{label_of(name)}.zones", 0, "PTR", name.rstrip(".") + ".") for name in members]
    groups = [Record(f"group.{label_of(name)}.zones", 0, "TXT", f'"{group}"') for name, group in members.items() if group]
    return [Record("version", 0, "TXT", f'"{_VERSION}"'), *listed, *groups]


def label_of(member: str) -> str:
    """A member's label, which never changes: with another one, consumers would begin the zone anew (RFC 9432 section 4.1, 5.4)."""
    return hashlib.sha256(member.encode()).hexdigest()[:32]


def complete(zones: Mapping[str, Zone], catalogs: Sequence[str], findings: Findings) -> dict[str, Zone]:
    """The zones, with what the catalogs among them list. A member's servers and keys are those of its catalog, which can say nothing else."""
    result = dict(zones)
    members: dict[str | None, list[str]] = defaultdict(list)
    for zone in zones.values():
        members[zone.catalog].append(zone.name)
    for name in catalogs:
        if name in zones:
            result[name] = replace(zones[name], members=tuple(members[name]), secondaries=_hosts(zones[name]))
            _check_name(name, zones, findings)
    for zone in zones.values():
        catalog = result.get(zone.catalog or "")
        if catalog is None:
            continue
        for what, own, other in (
            ("primaries", *_compared(zone.primaries, catalog.primaries)),
            ("secondaries", *_compared(_hosts(zone), catalog.secondaries)),
            ("tsig", zone.tsig, catalog.tsig),
            ("tls", zone.tls, catalog.tls),
            ("allow_query", zone.allow_query, catalog.allow_query),
        ):
            if own != other:
                right = "say the same in both, or give the zone a catalog of its own, or none"
                findings.problem(f"zone {zone.name}", f"has other {what} than its catalog {catalog.name}: {_told(own)}, not {_told(other)}", right)
    return result


def _check_name(catalog: str, zones: Mapping[str, Zone], findings: Findings) -> None:
    """A server that has a catalog answers about its name, and all names below, from the catalog and from no other zone."""
    right = "name it as nothing else is named, such as catalog.example.com"
    if catalog == ".":
        findings.problem("catalog .", "would hide every name", right)
    labels = catalog.split(".")
    for number in range(1, len(labels)):
        zone = zones.get(".".join(labels[number:]))
        own = "." + ".".join(labels[:number])
        hidden = next((record.owner for record in zone.content.records if f".{record.owner}".endswith(own)), None) if zone else None
        if zone and hidden is not None:
            findings.problem(f"catalog {catalog}", f"would hide {hidden} of the zone {zone.name}", right)


def _hosts(zone: Zone) -> tuple[Any, ...]:
    """The secondaries that may learn from a catalog; providers are told of each zone by their own interface."""
    return tuple(server for server in zone.secondaries if not server.cloud)


def _compared(own: Sequence[Server], other: Sequence[Server]) -> tuple[list[str], list[str]]:
    """Both lists by their names, each with what is otherwise of the server of that name in the other list."""
    if own == other:  # as of nearly all of a hundred thousand members
        return [], []
    return _described(own, other), _described(other, own)


def _described(servers: Sequence[Server], others: Sequence[Server]) -> list[str]:
    known = {server.name: _facts(server) for server in others}
    found = [(server.name, _facts(server)) for server in servers]
    different = [(name, [f"{word} {_told(value)}" for word, value in facts.items() if known.get(name, facts)[word] != value]) for name, facts in found]
    return [f"{name} ({', '.join(words)})" if words else name for name, words in different]


def _facts(server: Server) -> dict[str, Any]:
    """What consumers of a catalog take for its members too, by the words of the declaration. Whom a primary tells of changes is said with each zone."""
    return {
        "from": server.sources,
        "key": server.key,
        "address": server.addresses,
        "addresses": server.addresses if server.origins is None else server.origins,
        "port": server.port,
        "tls": server.tls,
        "tls_port": server.tls_port,
    }


def _told(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(value) or "none"
    return "nothing said" if value is None else str(value).lower() or "false"  # the key of those that have none on purpose
