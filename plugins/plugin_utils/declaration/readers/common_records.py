# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The records that most zones consist of, a line each, read straight from the text: no object is made of a name or an address.

What is recognized here means exactly what the general reader makes of it; whatever is not, is left to it: another type, an escape,
parentheses, a time with units, octets beyond ASCII, a name outside the zone, and every mistake.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton
from typing import NamedTuple

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.records import Record

# Possessive is one class of characters alone, for CPython before 3.11.5 takes groups for matched in part (gh-106052). No other backtracking leads far.
_LABELS = "[A-Za-z0-9_*/-]++(?:[.][A-Za-z0-9_*/-]++)*[.]?"
_STRING = '"[ !#-\\[\\]-~]*+"'
_LINE = re.compile(
    f"""
    (@|{_LABELS})? [ \\t]++
    (?:([0-9]{{1,9}})[ \\t]++)? (?:[Ii][Nn][ \\t]++)? (?:([0-9]{{1,9}})[ \\t]++)?
    (?: A[ \\t]++(?P<A>[0-9.]++)
      | AAAA[ \\t]++(?P<AAAA>[0-9A-Fa-f:]++)
      | CNAME[ \\t]++(?P<CNAME>@|{_LABELS})
      | PTR[ \\t]++(?P<PTR>@|{_LABELS})
      | NS[ \\t]++(?P<NS>@|{_LABELS})
      | MX[ \\t]++(?P<MX>[0-9]{{1,5}}[ \\t]++(?:@|{_LABELS}))
      | TXT[ \\t]++(?P<TXT>{_STRING}(?:[ \\t]++{_STRING})*)
    )
    [ \\t]*+(?:;[^\\n\\r]*+)?(?:\\r?\\n|\\Z)
    """,
    re.VERBOSE,
)
_NOTHING = re.compile(r"(?:[ \t]*+(?:;[^\n\r]*+)?\r?\n){1,1000}")  # blank lines and comments
_PLAIN_NAME = re.compile(f"(?:@|{_LABELS})\\Z").match
_PLAIN_NUMBER = re.compile(r"(?:0|[1-9][0-9]{0,8})\Z").match
_STRINGS = re.compile(_STRING)
_LONGEST_LABEL, _LONGEST_NAME = 63, 253  # characters; the name without its final dot
_LONGEST_STRING = 255 + 2
_LONGEST_STRINGS = 4096  # characters; more may be more than a record holds


class Run(NamedTuple):
    """How far records were read. end, line: where the next entry begins. owner: of the last record, relative to the zone, None if there was none."""

    end: int
    line: int
    owner: str | None


def common_soa(fields: list[str], origin: str) -> str | None:
    """The data of a SOA whose names and numbers are plain, None for others. fields: as they are written. origin: with a final dot."""
    if len(fields) != 7 or not all(map(_PLAIN_NAME, fields[:2])) or not all(map(_PLAIN_NUMBER, fields[2:])):
        return None
    target_suffix = f".{origin}" if origin != "." else "."
    names = [origin if name == "@" else name if name[-1] == "." else name + target_suffix for name in fields[:2]]
    return " ".join([*names, *fields[2:]]) if all(map(_is_name, names)) else None


class CommonRecords:
    """Reads into the records of a file, and for each of them the number of its line. zone: its name with a final dot."""

    def __init__(self, zone: str, records: list[Record], lines: array) -> None:
        self._zone = zone
        self._below = f".{zone}" if zone != "." else "."
        self._records = records
        self._lines = lines
        self._surely_fitting = min(_LONGEST_LABEL, _LONGEST_NAME + 1 - len(self._below))  # characters of an owner
        self._times: dict[str, int] = {}  # one object for each, of the many that are equal

    def read(self, text: str, start: int, line: int, origin: str, default_ttl: int | None, last_owner: Callable[[], str | None]) -> Run:
        """As many as follow each other from a place of the text on, where an entry begins, whose line has this number.

        origin: with a final dot. default_ttl: the time of records without one, None leaves these. last_owner: gives the one that a line
        without an owner means, relative to the zone, None leaves such a line.
        """
        match, nothing, make = _LINE.match, _NOTHING.match, tuple.__new__
        add, add_line, times = self._records.append, self._lines.append, self._times
        surely_fitting = self._surely_fitting
        suffix = self._relative(origin)
        target_suffix = f".{origin}" if origin != "." else "."
        readers = {"A": _ipv4, "AAAA": _ipv6, "TXT": _strings}
        owner: str | None = None
        at = start
        while True:
            found = match(text, at)
            if found is None:
                skipped = nothing(text, at)
                if skipped is None:
                    break
                line += text.count("\n", at, skipped.end())
                at = skipped.end()
                continue
            name, ttl, late_ttl, *_data = found.groups()
            if name is None:
                name = owner if owner is not None else last_owner()
            elif name[-1] == ".":
                name = self._relative(name)
            elif suffix is None:
                break
            elif name == "@":
                name = suffix
            elif suffix != "@":
                name = f"{name}.{suffix}"
            if name is None or len(name) > surely_fitting and not self._fits(name):
                break
            if ttl is None:
                ttl = late_ttl
            elif late_ttl is not None:
                break
            if ttl is None:
                if default_ttl is None:
                    break
                time = default_ttl
            else:
                time = times.get(ttl)
                if time is None:
                    time = times[ttl] = int(ttl)
            kind = found.lastgroup
            data = found[kind]
            reader = readers.get(kind)
            if reader is not None:
                data = reader(data)
            else:
                preference = ""
                if kind == "MX":
                    preference, data = data.split()
                    if preference[0] == "0" and preference != "0" or int(preference) > 65535:
                        break
                    preference += " "
                if data == "@":
                    data = origin
                elif data[-1] != ".":
                    data += target_suffix
                if len(data) > _LONGEST_LABEL and not _is_name(data):
                    break
                data = preference + data
            if data is None:
                break
            owner = name
            add(make(Record, (owner, time, kind, data)))
            add_line(line)
            line += 1
            at = found.end()
            if at == len(text):
                break
        return Run(at, line, owner)

    def _relative(self, name: str) -> str | None:
        """An absolute name as an owner of the zone, None if it lies outside, or if it takes more to tell."""
        lower = name.lower()
        if lower == self._zone:
            return "@"
        return name[: -len(self._below)] if lower.endswith(self._below) and "\\" not in name else None

    def _fits(self, owner: str) -> bool:
        return _is_name(owner + self._below)


def _is_name(text: str) -> bool:
    """Whether a name with a final dot is not too long, and none of its labels."""
    return len(text) <= _LONGEST_NAME + 1 and max(map(len, text.split("."))) <= _LONGEST_LABEL


def _ipv4(text: str) -> str | None:
    try:
        inet_pton(AF_INET, text)
    except OSError:
        return None
    return text


def _ipv6(text: str) -> str | None:
    try:
        canonical = inet_ntop(AF_INET6, inet_pton(AF_INET6, text))
    except OSError:
        return None
    return canonical if "." not in canonical else None  # which of these have dots, not all systems agree on


def _strings(text: str) -> str | None:
    if len(text) <= _LONGEST_STRING and text.count('"') == 2:
        return text
    strings = _STRINGS.findall(text) if len(text) <= _LONGEST_STRINGS else [text]
    return " ".join(strings) if max(map(len, strings)) <= _LONGEST_STRING else None
