# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Master files (RFC 1035 section 5, RFC 2308 section 4 for C($TTL)), read so that nothing in them is lost in silence.

Entries, directives and times mean what they mean to BIND; dnspython reads the data of each record, whatever its type. Every record is
collected as it stands: what may stand together is for the rules to say.
"""

from __future__ import annotations

import os
import re
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable
from functools import lru_cache

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import names
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import Problem, did_you_mean, shown
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.rdata import example_of, field_in_ascii, is_question, read_rdata, type_of
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.readers import generate
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.readers.common_records import CommonRecords, common_soa
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.readers.entries import Entry, entry_at
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.records import SOA, Record, covered

_MOST_MISTAKES = 20  # of one file; what follows is seldom more than their echo
_LINE = "make it a line of a master file (RFC 1035 section 5)"
_TIME = re.compile(r"(?:\d+|(?:\d+[wdhms])+)\Z", re.IGNORECASE | re.ASCII)
_TIME_PART = re.compile(r"(\d+)([wdhms])", re.IGNORECASE)
_SECONDS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
_CLASSES = frozenset({"IN", "CH", "HS", "CHAOS", "HESIOD", "INTERNET", "ANY", "NONE"})


class MasterFile:
    """What a master file holds, and what is wrong with it.

    records: as they stand, in the order of the file, without the SOA. problems: what cannot be carried. warnings: what is carried, but
    otherwise than other name servers read it. L(places) says where records stand.
    """

    def __init__(self, where: str) -> None:
        self.where = where
        self.records: list[Record] = []
        self.soa: SOA | None = None
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.lines = array("L")  # of every record its first line
        self.soa_line = 0
        self._parts: list[tuple[int, str]] = [(0, where)]  # the number of the first record, and the file, wherever these change

    def begin_part(self, included: str) -> None:
        """What follows comes from another file. included: its path, empty for the file itself."""
        self._parts.append((len(self.records), f"{self.where}, {included}" if included else self.where))

    def move(self, first: int, before: int) -> None:
        """The records from a number on to the place of an earlier one of the same file."""
        self.records[before:] = self.records[first:] + self.records[before:first]
        self.lines[before:] = self.lines[first:] + self.lines[before:first]

    def places(self, wanted: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str, str], str]:
        """Where the first record of an owner, a type and data stands, as problems say it, for each of those that are there.

        wanted: owners, types and data; an empty type or empty data stand for any.
        """
        keys = {(owner, rdtype, rdata): (owner.lower(), rdtype, rdata) for owner, rdtype, rdata in wanted}
        sought = set(keys.values())
        owners = {owner for owner, _rdtype, _rdata in sought}
        found = {key: f"{self.where}, line {self.soa_line}" for key in sought if key[1] == "SOA" and self.soa_line}
        for number, (owner, _ttl, rdtype, rdata) in enumerate(self.records):
            owner = owner.lower()
            if owner in owners:
                for key in ((owner, rdtype, rdata), (owner, rdtype, ""), (owner, "", "")):
                    if key in sought and key not in found:
                        found[key] = self._place(number)
        return {key: found[lower] for key, lower in keys.items() if lower in found}

    def _place(self, number: int) -> str:
        part = bisect_right(self._parts, number, key=lambda part: part[0]) - 1
        return f"{self._parts[part][1]}, line {self.lines[number]}"


def parse_zone_file(text: str, origin: dns.name.Name, where: str, path: str = "", read: Callable[[str], str] | None = None) -> MasterFile:
    """Read a master file.

    text: as names.decode has it. where: names the zone in problems. path: the file's own; what it includes is relative to it, not to a
    name server's working directory. read: returns the text of an included file, raises OSError; None refuses to include.
    """
    reader = _Reader(origin, MasterFile(where), read)
    reader.read(text, path)
    return reader.file


@lru_cache(maxsize=1024)
def _ttl(text: str) -> int | None:
    """Seconds, or None if the text is no TTL. More than 32 bits are none, as in BIND."""
    if not _TIME.match(text):
        return None
    seconds = int(text) if text.isdigit() else sum(int(number) * _SECONDS[unit.lower()] for number, unit in _TIME_PART.findall(text))
    return seconds if seconds < 2**32 else None


def _is_class(text: str) -> bool:
    upper = text.upper()
    return upper in _CLASSES or (upper.startswith("CLASS") and upper[5:].isdigit())


@lru_cache(maxsize=1024)
def _type(text: str) -> dns.rdatatype.RdataType:
    try:
        return dns.rdatatype.from_text(text)
    except (dns.exception.DNSException, ValueError) as error:
        near = did_you_mean(text.upper(), [member.name for member in dns.rdatatype.RdataType])
        raise _Unreadable(f"unknown type {text!r}{near}") from error


class _Unreadable(Exception):
    """An entry that cannot be read. right: what would be right."""

    def __init__(self, wrong: str, right: str = _LINE) -> None:
        super().__init__(wrong)
        self.right = right


def _time_and_class(fields: list[str]) -> tuple[int | None, list[str]]:
    """The time if there is one, and the fields behind it and the class, which may stand in either order."""
    ttl = None
    seen: set[str] = set()
    for number, field in enumerate(fields):
        kind = "class" if _is_class(field) else "time" if field[:1].isdigit() and _ttl(field) is not None else ""
        if not kind or kind in seen:
            return ttl, fields[number:]
        seen.add(kind)
        if kind == "time":
            ttl = _ttl(field)
        elif field.upper() not in ("IN", "INTERNET", "CLASS1"):
            raise _Unreadable(f"its class is {field}, not IN", "keep zones of other classes in a configuration of your own")
    raise _Unreadable("it has no type and no data")


class _Reader:
    """Reads into a MasterFile; what an entry leaves to the next ones is here."""

    def __init__(self, zone: dns.name.Name, file: MasterFile, read_file: Callable[[str], str] | None) -> None:
        self.zone = zone
        self.file = file
        self.read_file = read_file
        self.origin = zone
        self._owner: dns.name.Name | str | None = None  # of the last record; as text, relative to the zone, while nobody asked
        self.ttl: int | None = None  # that was written last
        self.default_ttl: int | None = None  # that $TTL said, or a SOA before any other time
        self._paths: list[str] = []  # of the file that is being read, and of those that included it
        self._line = 0
        self._depth = len(zone.labels)
        self._group_owner: str | None = None  # of records that follow each other, the number of the first, and the time of each of their sets
        self._group_start = 0
        self._group: dict[tuple[str, str], int] = {}
        self._common = CommonRecords(self._origin_text.lower(), file.records, file.lines)

    @property
    def origin(self) -> dns.name.Name:
        """What names without a final dot are relative to."""
        return self._origin

    @origin.setter
    def origin(self, name: dns.name.Name) -> None:
        self._origin, self._origin_text = name, f"{names.to_text(name)}." if name != dns.name.root else "."

    @property
    def owner(self) -> dns.name.Name | None:
        """The one that a line without an owner means."""
        if isinstance(self._owner, str):
            self._owner = names.absolute(self._owner, self.zone)
        return self._owner

    @owner.setter
    def owner(self, name: dns.name.Name | None) -> None:
        self._owner = name

    def read(self, text: str, path: str) -> None:
        """All of a file, the one itself or an included one."""
        self._paths.append(path)
        text = text.removeprefix("\ufeff")
        at, line = 0, 1
        while at < len(text) and len(self.file.problems) < _MOST_MISTAKES:
            if text[at] != "$":
                at, line = self._read_common(text, at, line)
                if at == len(text):
                    break
            entry = entry_at(text, at, line)
            if entry.fields or entry.wrong:
                self._line = entry.line
                self._read_entry(entry, text[at : entry.end])
            line += text.count("\n", at, entry.end)
            at = entry.end
        self._paths.pop()

    def _read_common(self, text: str, at: int, line: int) -> tuple[int, int]:
        """Records that need no general reader, up to the first that does; where that begins, and the number of its line."""
        run = self._common.read(text, at, line, self._origin_text, self.default_ttl, self._relative_owner)
        if run.owner is not None:
            self._owner = run.owner
            self._resume_group(run.owner)
        return run.end, run.line

    def _resume_group(self, owner: str) -> None:
        """Have the last records, which have this owner, be the group that L(_add) goes on with."""
        records = self.file.records
        start = len(records)
        while start > self._group_start and records[start - 1].owner == owner:
            start -= 1
        self._group_owner, self._group_start, self._group = owner, start, {}
        for record in records[start:]:
            self.ttl = self._group.setdefault((record.type, covered(record.type, record.rdata)), record.ttl)

    def _relative_owner(self) -> str | None:
        return self._owner if self._owner is None or isinstance(self._owner, str) else self._relative(self._owner)

    def _relative(self, name: dns.name.Name) -> str | None:
        """A name as an owner, None if it lies outside the zone."""
        if name.labels[-self._depth :] != self.zone.labels and not name.is_subdomain(self.zone):
            return None
        return dns.name.Name(name.labels[: -self._depth]).to_text() if len(name.labels) > self._depth else "@"

    def _read_entry(self, entry: Entry, text: str) -> None:
        try:
            if entry.wrong:
                raise _Unreadable(entry.wrong)
            if entry.is_directive:
                self._directive(entry.fields)
            else:
                self._record(entry)
        except (_Unreadable, dns.exception.DNSException, UnicodeError, ValueError) as error:
            first = next((line.strip() for line in re.split(r"\r\n?|\n", text) if line.split(";")[0].strip()), text.strip())
            self._problem(f"{shown(first)} cannot be read ({str(error) or type(error).__name__})", getattr(error, "right", _LINE))

    def _place(self) -> str:
        included = f", {self._paths[-1]}" if len(self._paths) > 1 else ""
        return f"{self.file.where}{included}, line {self._line}"

    def _problem(self, wrong: str, right: str) -> None:
        if len(self.file.problems) < _MOST_MISTAKES:
            self.file.problems.append(Problem(self._place(), wrong, right))

    # -- directives ---------------------------------------------------------------------------------------------------

    def _directive(self, fields: list[str]) -> None:
        name, *arguments = fields
        reader = {"$ORIGIN": self._set_origin, "$TTL": self._set_ttl, "$INCLUDE": self._include, "$GENERATE": self._generate, "$DATE": lambda _date: None}
        if name.upper() not in reader:
            raise _Unreadable(f"unknown directive {name}{did_you_mean(name.upper(), reader)}", f"use {', '.join(list(reader)[:-1])}")
        least, most = {"$INCLUDE": (1, 2), "$GENERATE": (4, 6)}.get(name.upper(), (1, 1))
        if not least <= len(arguments) <= most:
            raise _Unreadable(f"{name} has {len(arguments)} fields, not {least}" + (f" to {most}" if most > least else ""))
        reader[name.upper()](arguments)

    def _set_origin(self, arguments: list[str]) -> None:
        self.origin = self._name(arguments[0])

    def _set_ttl(self, arguments: list[str]) -> None:
        self.default_ttl = _ttl(arguments[0])
        if self.default_ttl is None:
            raise _Unreadable(f"{arguments[0]} is not a time", "write seconds, or units such as 1h or 1d")

    def _include(self, arguments: list[str]) -> None:
        """Origin and owner are the including file's again afterwards (RFC 1035 section 5.1), times go on from the included one as in BIND."""
        path = arguments[0].strip('"')
        origin = self._name(arguments[1]) if len(arguments) > 1 else self.origin
        if self.read_file is None:
            return self._problem(f"includes {path}, which is not possible here", "put what it holds in its place")
        path = os.path.join(os.path.dirname(self._paths[-1]), path)
        if path in self._paths:
            return self._problem(f"includes {path}, which includes it again", "include each file once on the way")
        try:
            text = self.read_file(path)
        except (OSError, UnicodeError) as error:
            return self._problem(f"includes {path}, which cannot be read ({getattr(error, 'strerror', None) or error})", "give a path relative to this file")
        before = self.origin, self.owner, self._line
        self.origin, self._group_owner, self._group_start = origin, None, len(self.file.records)
        self.file.begin_part(path)
        self.read(text, path)
        self.file.begin_part(self._paths[-1] if len(self._paths) > 1 else "")
        self.origin, self.owner, self._line = before
        self._group_owner, self._group_start = None, len(self.file.records)
        return None

    def _generate(self, arguments: list[str]) -> None:
        numbers = generate.numbers(arguments[0])
        owner, *fields = arguments[1:]
        ttl, (type_field, *data) = _time_and_class(fields)
        if len(data) != 1:
            raise _Unreadable("the data of $GENERATE are one field", 'put what has several fields in quotes: MX "10 mail-$"')
        rdtype = _type(type_field)
        template = data[0][1:-1].replace('\\"', '"') if data[0].startswith('"') else data[0]  # BIND's lexer takes these backslashes away
        before = self.owner, self._group_owner, self._group_start, self._group
        first = len(self.file.records)
        for number in numbers:
            if len(self.file.problems) >= _MOST_MISTAKES:
                break
            filled = entry_at(generate.fill(template, number), 0, 1)
            self._add(self._name(generate.fill(owner, number)), ttl, rdtype, filled.fields)
        # To BIND these come before the records above them of the owner that a line without one below them means, whose times count.
        self.owner, self._group_owner, self._group_start, self._group = before
        self.file.move(first, self._group_start)
        self._group_start += len(self.file.records) - first

    # -- records ------------------------------------------------------------------------------------------------------

    def _record(self, entry: Entry) -> None:
        fields = entry.fields
        if not entry.indented:
            self.owner = self._name(fields[0])
            fields = fields[1:]
        ttl, fields = _time_and_class(fields)
        self._add(self.owner, ttl, _type(fields[0]), fields[1:])

    def _name(self, field: str) -> dns.name.Name:
        text = field.strip('"')
        if text == "@":
            return self.origin
        if not text.isascii():
            self._warn_of_unicode(text, names.to_ascii(text, self.origin))
        return names.absolute(text, self.origin)

    def _warn_of_unicode(self, text: str, ascii_text: str) -> None:
        if ascii_text != names.escaped(text):
            wrong = f"{text} becomes {ascii_text}, while name servers read the octets of UTF-8 as they stand"
            self.file.warnings.append(Problem(self._place(), wrong, f"write {ascii_text}"))

    def _add(self, owner: dns.name.Name | None, ttl: int | None, rdtype: dns.rdatatype.RdataType, fields: list[str]) -> None:
        if owner is None:
            raise _Unreadable("there is no owner before it")
        if is_question(rdtype):
            wrong = f"{owner.relativize(self.zone)} has the type {dns.rdatatype.to_text(rdtype)}, which is for questions and messages"
            return self._problem(wrong, "remove the record")
        rdata = self._rdata(rdtype, fields)
        relative = self._relative(owner)
        if relative is None:
            return self._problem(f"{owner} is outside the zone {self.zone}", "remove the record, which name servers leave out, or correct its name")
        if rdtype == dns.rdatatype.SOA:
            return self._add_soa(relative, ttl, rdata)
        written = self._time(ttl)
        kind = type_of(rdtype)
        if relative != self._group_owner:
            self._group_owner, self._group_start, self._group = relative, len(self.file.records), {}
        # What is written for a later record of a set has no meaning, not even for the records below it (BIND: "TTL set to prior TTL").
        self.ttl = self._group.setdefault((kind, covered(kind, rdata)), written)
        self.file.records.append(Record(relative, written, kind, rdata))
        self.file.lines.append(self._line)
        return None

    def _time(self, ttl: int | None) -> int:
        """What is written, what $TTL said, or what was written last."""
        found = next((time for time in (ttl, self.default_ttl, self.ttl) if time is not None), None)
        if found is None:
            raise _Unreadable("it has no TTL, and nothing above says one", "write $TTL 3600 at the top of the file")
        return found

    def _rdata(self, rdtype: dns.rdatatype.RdataType, fields: list[str]) -> str:
        if rdtype == dns.rdatatype.SOA:
            common = common_soa(fields, self._origin_text)
            if common is not None:
                return common
        type_text = dns.rdatatype.to_text(rdtype)
        try:
            for number, field in enumerate(fields):
                if not field.isascii():
                    fields[number] = field_in_ascii(rdtype, field, self.origin)
                    self._warn_of_unicode(field, fields[number])
            return read_rdata(rdtype, " ".join(fields), self.origin)
        except ValueError as error:
            right = "write the data of this type as \\# LENGTH HEXADECIMAL (RFC 3597 section 5)" if "\\#" in str(error) else example_of(rdtype)
            raise _Unreadable(str(error) if fields else f"{type_text} has no data", right) from error

    def _add_soa(self, owner: str, ttl: int | None, rdata: str) -> None:
        mname, rname, *numbers = rdata.split(" ")
        serial, refresh, retry, expire, minimum = map(int, numbers)
        # Its minimum is the time of what has none (RFC 1035 section 3.3.13), but only if neither $TTL nor a record before said one.
        if ttl is None and self.default_ttl is None and self.ttl is None:
            self.default_ttl = minimum
        self.ttl = self._time(ttl)
        soa = SOA(self.ttl, mname, rname, serial, refresh, retry, expire, minimum)
        if owner != "@":
            self._problem(f"{owner} has a SOA", "keep the one of the zone's apex, and give a child zone a file of its own")
        elif self.file.soa not in (None, soa):  # a transfer written to a file has it at its end again
            self._problem("has another SOA", "keep one of them")
        else:
            self.file.soa = soa
            self.file.soa_line = self.file.soa_line or self._line
