# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The entries of a master file (RFC 1035 section 5.1): lines, or several that parentheses hold together, parted as BIND's lexer does.

Text is what names.decode made of octets, line ends included. Only a line feed, a carriage return or both end an entry, whatever else
Unicode calls an end of line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r"""[ \t]*(?:
    (?P<word>(?:[^ \t\r\n();"\\\0]|\\[^\r\n]|\\(?=[\r\n]|\Z))+)
    |(?P<string>"(?:[^"\\\n]|\\.)*")
    |(?P<open>\()
    |(?P<close>\))
    |(?P<comment>;[^\n]*)
    |(?P<end>\r\n?|\n|\Z)
    )""",
    re.VERBOSE | re.DOTALL,
)


class Entry(NamedTuple):
    """What stands between the end of one entry and the next. line: of its first field, or of its end if there is none.

    fields: as they are written, quotation marks included; what is not parted by white space is one field. indented: whether white space
    stands where an owner would. end: where the next entry begins. wrong: what makes it unreadable, or empty.
    """

    line: int
    fields: list[str]
    indented: bool
    end: int
    wrong: str = ""

    @property
    def is_directive(self) -> bool:
        """Of one with fields, whether it is one such as C($INCLUDE), and no record."""
        return self.fields[0].startswith("$") and not self.indented


def entry_at(text: str, start: int, line: int) -> Entry:
    """The entry that begins at a place of the text. line: the number of the line there."""
    fields: list[str] = []
    first = line
    depth = 0
    at, last = start, -1
    while True:
        match = _TOKEN.match(text, at)
        if match is None:
            return _unreadable(text, at, depth, Entry(first, fields, False, at))
        kind = match.lastgroup
        begin, at = match.span(kind)
        if kind in ("word", "string"):
            if begin == last:
                fields[-1] += text[begin:at]
            else:
                if not fields:
                    first = line + text.count("\n", start, begin)
                fields.append(text[begin:at])
            last = at
        elif kind == "open":
            depth += 1
        elif kind == "close":
            if not depth:
                return Entry(first, fields, False, _line_end(text, at), "unbalanced parentheses")
            depth -= 1
        elif kind == "end" and (not depth or begin == at):
            wrong = "unbalanced parentheses" if depth else ""
            return Entry(first if fields else line, fields, text[start : start + 1] in (" ", "\t"), at, wrong)


def entries(text: str) -> Iterator[Entry]:
    """All of a text, those without a field left out."""
    at, line = 0, 1
    while at < len(text):
        entry = entry_at(text, at, line)
        line += text.count("\n", at, entry.end)
        at = entry.end
        if entry.fields or entry.wrong:
            yield entry


def directives(text: str) -> set[str]:
    """The names of a text's directives, such as C($INCLUDE), in capital letters."""
    return {entry.fields[0].upper() for entry in entries(text) if entry.fields and entry.is_directive}


def _line_end(text: str, at: int) -> int:
    return text.find("\n", at) + 1 or len(text)


def _unreadable(text: str, at: int, depth: int, entry: Entry) -> Entry:
    """A string without end, or an octet 0. What follows is read from the next line on, or from behind the parentheses."""
    wrong = "a zero octet" if text[at:].lstrip(" \t")[:1] == "\0" else "newline in quoted string"
    end = _line_end(text, at)
    while depth and end < len(text):
        start, end = end, _line_end(text, end)
        depth = 0 if ")" in text[start:end] else depth
    return entry._replace(end=end, wrong=wrong)
