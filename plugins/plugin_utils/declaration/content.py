# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a zone holds, checked, in a form that is cheap to keep and to compare."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import names
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import Problem
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.readers.master_file import MasterFile
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.records import (
    SOA,
    Record,
    body_text,
    canonical,
    covered,
    digest,
    parse_ttl,
    records_of,
)
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.rules import validate

DEFAULT_TTL = 3600
SOA_TIMERS = {"refresh": 3600, "retry": 600, "expire": 1209600, "minimum": 300}
SOA_KEYS = ("mname", "rname", "ttl", *SOA_TIMERS)


@dataclass(frozen=True)
class Content:
    """A zone's SOA and other records. digest leaves the serial out. count: records, the SOA apart.

    own_serial: what the zone's own SOA says, None if the declaration has no SOA. address_text: the A and AAAA records as lines of the body.
    warnings: what the validators think should be otherwise. signed: whether somebody else signed it, so that it stays as it is.
    body: gives the records as text (see records.body_text); it may read them from somewhere only then.
    """

    soa: SOA
    own_serial: int | None
    digest: str
    count: int
    apex_servers: tuple[str, ...]
    address_text: str
    body: Callable[[], str] = field(compare=False)
    warnings: tuple[Problem, ...] = ()
    signed: bool = False

    @property
    def addresses(self) -> list[Record]:
        """The A and AAAA records."""
        return records_of(self.address_text)

    @property
    def records(self) -> list[Record]:
        return records_of(self.body())

    def extended(self, records: Iterable[Record]) -> Content:
        """The content with further records, of sets that it does not have."""
        ordered = canonical([*self.records, *records])
        body = body_text(ordered)
        addresses = body_text([record for record in ordered if record.type in ("A", "AAAA")])
        return replace(self, digest=digest(self.soa, body), count=len(ordered), address_text=addresses, body=lambda: body)


def build(
    where: str,
    origin: dns.name.Name,
    ttl: int,
    options: Mapping[str, Any],
    records: Iterable[Record],
    file: MasterFile | None = None,
    warnings: Iterable[Problem] = (),
) -> tuple[Content | None, list[Problem]]:
    """Content of a zone, and the mistakes in it.

    options: the zone's; C(soa) comes over its own SOA field by field, C(validators) says what rules mean to it.
    file: the master file from which records come, if there is one, with the zone's own SOA. warnings: what was found while they were read.
    """
    written = list(records)
    problems: list[Problem] = []
    own = file.soa if file else None
    if not any(record.type == "NS" and record.owner == "@" for record in written):
        written += _name_servers(where, origin, ttl, options.get("name_servers"), problems)
    apex_servers = tuple(dict.fromkeys(record.rdata for record in written if record.type == "NS" and record.owner == "@"))
    ordered = canonical(written)
    apex = itertools.takewhile(lambda record: record.owner == "@", ordered)
    signed = any(covered(record.type, record.rdata) == "SOA" for record in apex)
    soa = own if signed and own else _soa(where, origin, ttl, options["soa"], own, apex_servers, problems)
    errors, found = validate(names.to_text(origin), soa, ordered, options["validators"], file.places if file else None, written)
    problems += errors
    warnings = [*warnings, *(file.warnings if file else ()), *found]
    if signed:
        problems += _unsigned(where, own, len(written) - len(file.records if file else ()))
        warnings += _kept(where, options)
    if soa is None:
        return None, problems
    body = body_text(ordered)
    addresses = body_text([record for record in ordered if record.type in ("A", "AAAA")])
    own_serial = own.serial if own else None
    content = Content(soa, own_serial, digest(soa, body), len(ordered), apex_servers, addresses, lambda: body, tuple(warnings), signed)
    return content, problems


def _unsigned(where: str, own: SOA | None, beside: int) -> Iterator[Problem]:
    """What no signature of a zone that somebody else signed can be right for. beside: the number of records that stand beside its file."""
    if own is None:
        yield Problem(where, "is signed, but its SOA would be made here, so that the signature of it is wrong", "give the master file that has the SOA too")
    elif beside:
        yield Problem(where, f"is signed, but {beside} records beside its file are not", "have them signed with the zone, or leave the signatures out")


def _kept(where: str, options: Mapping[str, Any]) -> Iterator[Problem]:
    """What is said of a SOA and cannot be done, because each change makes its signature wrong."""
    said = [f"serial: {options['serial']}"] if options.get("serial", "keep") != "keep" else []
    said += [f"soa: {', '.join(options['soa'])}"] if options["soa"] else []
    if said:
        wrong = f"is signed, so that its SOA stays as the file has it, and {' and '.join(said)} means nothing here"
        yield Problem(where, wrong, "leave that out for this zone, and let who signs it change its SOA")


def _name_servers(where: str, origin: dns.name.Name, ttl: int, declared: Any, problems: list[Problem]) -> Iterator[Record]:
    """The NS records of a zone that has none itself, from the option C(name_servers)."""
    for name in declared if isinstance(declared, list) else [declared] if declared else []:
        try:
            yield Record("@", ttl, "NS", names.declared(str(name), origin).to_text())
        except ValueError as error:
            problems.append(Problem(where, f"name_servers: {name!r} {error}", "write names with a final dot, such as ns1.example.com."))


def _soa(
    where: str, origin: dns.name.Name, ttl: int, declared: Mapping[str, Any], own: SOA | None, apex_servers: Sequence[str], problems: list[Problem]
) -> SOA | None:
    def seconds(key: str, default: int) -> int:
        if key not in declared:
            return default
        try:
            return parse_ttl(declared[key])
        except ValueError as error:
            problems.append(Problem(f"{where}, soa", f"{key}: {error}", "write seconds, or units such as 1h or 1d"))
            return default

    def own_or(key: str, default: int) -> int:
        return getattr(own, key) if own and key not in declared else seconds(key, default)

    def named(key: str, text: object, read: Callable[[str, dns.name.Name], dns.name.Name]) -> str | None:
        try:
            return read(str(text), origin).to_text()
        except ValueError as error:
            problems.append(Problem(f"{where}, soa", f"{key} {text!r} {error}", "write names such as ns1.example.com. and hostmaster@example.com"))
            return None

    timers = {key: own_or(key, default) for key, default in SOA_TIMERS.items()}
    soa_ttl = own_or("ttl", ttl)
    mname = declared.get("mname", own.mname if own else next(iter(apex_servers), None))
    if mname is None:
        return None  # no NS record, which is told already
    # What the zone says itself is in its final form.
    given = declared.get("rname", "" if own else _default_rname(origin, str(mname)))
    rname = named("rname", given, names.mailbox) if given or not own else own.rname
    mname = mname if own and "mname" not in declared else named("mname", mname, names.declared)
    return SOA(soa_ttl, mname, rname, own.serial if own else 0, **timers) if mname and rname else None


def _default_rname(origin: dns.name.Name, mname: str) -> str:
    """hostmaster of the zone, or of the primary's domain where the zone's name is no host's, as in _tcp or classless reverse zones."""
    zone = origin.to_text()
    return f"hostmaster.{mname.partition('.')[2]}" if ("_" in zone or "/" in zone) and mname.endswith(".") else "hostmaster"
