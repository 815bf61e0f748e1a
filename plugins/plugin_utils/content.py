# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a zone holds, checked, in a form that is cheap to keep and to compare."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import dns.exception
import dns.name
from ansible_collections.authoritative.dns.plugins.plugin_utils import names
from ansible_collections.authoritative.dns.plugins.plugin_utils.problems import Problem
from ansible_collections.authoritative.dns.plugins.plugin_utils.records import SOA, Record, body_text, canonical, digest, parse_ttl, records_of

DEFAULT_TTL = 3600
SOA_TIMERS = {"refresh": 3600, "retry": 600, "expire": 1209600, "minimum": 300}
SOA_KEYS = ("mname", "rname", "ttl", *SOA_TIMERS)


@dataclass(frozen=True)
class Content:
    """A zone's SOA and other records. digest leaves the serial out. count: records, the SOA apart.

    own_serial: what the zone's own SOA says, None if the declaration has no SOA. addresses: the A and AAAA records.
    body: gives the records as text (see records.body_text); it may read them from somewhere only then.
    """

    soa: SOA
    own_serial: int | None
    digest: str
    count: int
    apex_servers: tuple[str, ...]
    addresses: tuple[Record, ...]
    body: Callable[[], str] = field(compare=False)

    @property
    def records(self) -> list[Record]:
        return records_of(self.body())


def build(
    where: str, origin: dns.name.Name, ttl: int, soa_options: Mapping[str, Any], own: SOA | None, records: Iterable[Record]
) -> tuple[Content | None, list[Problem]]:
    """Content of a zone from its records, its own SOA if it has one, and the declared fields that come over it."""
    written = list(records)
    problems: list[Problem] = []
    apex_servers = tuple(dict.fromkeys(record.rdata for record in written if record.owner == "@" and record.type == "NS"))
    ordered = canonical(written)
    problems += _check(where, names.to_text(origin), ordered)
    soa = _soa(where, origin, ttl, soa_options, own, apex_servers, problems)
    if soa is None:
        return None, problems
    body = body_text(ordered)
    addresses = tuple(record for record in ordered if record.type in ("A", "AAAA"))
    return Content(soa, own.serial if own else None, digest(soa, body), len(ordered), apex_servers, addresses, lambda: body), problems


def _soa(
    where: str, origin: dns.name.Name, ttl: int, declared: Mapping[str, Any], own: SOA | None, apex_servers: Sequence[str], problems: list[Problem]
) -> SOA | None:
    def seconds(key: str, default: int) -> int:
        try:
            return parse_ttl(declared.get(key, default))
        except ValueError as error:
            problems.append(Problem(f"{where}, soa", f"{key}: {error}", "write seconds, or units such as 1h or 1d"))
            return default

    timers = {key: seconds(key, getattr(own, key) if own else default) for key, default in SOA_TIMERS.items()}
    soa_ttl = seconds("ttl", own.ttl if own else ttl)
    mname = declared.get("mname", own.mname if own else next(iter(apex_servers), None))
    rname = declared.get("rname", own.rname if own else "hostmaster")
    if mname is None:
        return None  # no NS record, which is told already
    try:
        return SOA(soa_ttl, names.absolute(str(mname), origin).to_text(), names.mailbox(str(rname), origin).to_text(), own.serial if own else 0, **timers)
    except (dns.exception.DNSException, UnicodeError) as error:
        problems.append(
            Problem(
                f"{where}, soa",
                f"mname {mname!r} or rname {rname!r} is not a name ({error})",
                "write names such as ns1.example.com. and hostmaster@example.com",
            )
        )
        return None


def _check(where: str, zone: str, records: Sequence[Record]) -> list[Problem]:
    """What every server program refuses, told before one does."""
    problems: list[Problem] = []
    by_owner: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for record in records:
        by_owner[record.owner.lower()][record.type].append(record.rdata)
    for owner, types in by_owner.items():
        if "CNAME" not in types:
            continue
        others = sorted(set(types) - {"CNAME", "RRSIG", "NSEC"})
        if owner == "@":
            problems.append(
                Problem(where, "has a CNAME at its apex", "use A and AAAA records there; SOA and NS already stand at the apex (RFC 1034 section 3.6.2)")
            )
        elif others:
            problems.append(
                Problem(f"{where}, record {owner} CNAME", f"stands beside {', '.join(others)}", "a name with a CNAME has nothing else (RFC 1034 section 3.6.2)")
            )
        elif len(types["CNAME"]) > 1:
            problems.append(Problem(f"{where}, record {owner} CNAME", "has several values", "a CNAME has one value (RFC 2181 section 10.1)"))
    servers = by_owner["@"].get("NS", [])
    if not servers:
        problems.append(Problem(where, "has no NS record at its apex", "add {name: '@', type: NS, value: [ns1.example.com., ns2.example.com.]}"))
    suffix = f".{zone}."
    for target in servers:
        if not target.lower().endswith(suffix):
            continue
        owner = target.lower()[: -len(suffix)]
        types = by_owner.get(owner, {})
        if "CNAME" in types:
            problems.append(Problem(f"{where}, record @ NS", f"{target} is an alias", "name servers have addresses of their own (RFC 2181 section 10.3)"))
        elif not {"A", "AAAA"} & set(types) and not _elsewhere(owner, by_owner):
            problems.append(
                Problem(f"{where}, record @ NS", f"{target} lies inside the zone and has no address", f"add an A or AAAA record for {target[: -len(suffix)]}")
            )
    return problems


def _elsewhere(owner: str, by_owner: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a name lies below a delegation of the zone, or under a wildcard, so that its address is not at the name."""
    labels = owner.split(".")
    return any(
        "NS" in by_owner.get(".".join(labels[start:]), {}) or {"A", "AAAA"} & set(by_owner.get(".".join(["*", *labels[start + 1 :]]), {}))
        for start in range(len(labels))
    )
