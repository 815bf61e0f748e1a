# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Master files (RFC 1035 section 5, RFC 2308 section 4 for C($TTL)), read so that nothing in them is lost in silence.

dnspython's reader does the work. Where it would merge records into a zone, and drop what has no place in one, every record is
collected as it stands. Directives are taken one by one, so that they mean what they mean to BIND whatever the version of dnspython.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterator

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.names import IDNA_CODEC
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import Problem, shown
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.records import SOA, Record, rdata_text

_DIRECTIVE = re.compile(r"^\$(?:ORIGIN|TTL|INCLUDE|GENERATE)(?=\s|\Z).*\n?", re.IGNORECASE | re.MULTILINE)
_MOST_MISTAKES = 20  # of one file; what follows is seldom more than their echo


def parse_zone_file(
    text: str, origin: dns.name.Name, where: str, path: str = "", read: Callable[[str], str] | None = None
) -> tuple[list[Record], SOA | None, list[Problem]]:
    """Records and SOA of a master file and the mistakes in it.

    where: names the zone in problems. path: the file's own; what it includes is relative to it, not to a name server's working directory.
    read: returns the text of an included file, raises OSError or UnicodeError; None refuses to include.
    """
    file = _MasterFile(origin, where, read)
    file.read(text, path)
    return file.records, file.soa, file.problems


class _MasterFile:
    """What was read so far; for dnspython's reader the transaction into which it reads, and its manager."""

    def __init__(self, origin: dns.name.Name, where: str, read: Callable[[str], str] | None) -> None:
        self.origin = origin
        self.where = where
        self.read_file = read
        self.records: list[Record] = []
        self.soa: SOA | None = None
        self.problems: list[Problem] = []
        self._paths: list[str] = []  # of the file that is being read, and of those that included it
        self._first, self._source = 1, io.StringIO()  # the part that is being read and the number of its first line
        self._has_default_ttl = False
        self._depth = len(origin.labels)
        self.manager = self
        self.reader = dns.zonefile.Reader(None, dns.rdataclass.IN, self, allow_directives=("$GENERATE",))
        self.reader.current_origin = self.reader.last_name = origin

    def read(self, text: str, path: str) -> None:
        self._paths.append(path)
        for first, part in _parts(text.removeprefix("\ufeff")):
            self._first, self._source = first, io.StringIO(part)
            step = self._directive if _DIRECTIVE.match(part) else self.reader.read
            while self._source.tell() < len(part) and len(self.problems) < _MOST_MISTAKES:
                self.reader.tok = dns.tokenizer.Tokenizer(self._source, path, IDNA_CODEC)
                try:
                    step()
                    break
                except (dns.exception.DNSException, UnicodeError, ValueError) as error:
                    self._problem(*self._explained(error))
                    self._skip_line()
        self._paths.pop()

    def _line(self) -> int:
        """The number of the line, within its part, that was read last."""
        return self._source.getvalue().count("\n", 0, max(self._source.tell() - 1, 0))

    def _problem(self, wrong: str, right: str) -> None:
        if len(self.problems) >= _MOST_MISTAKES:
            return
        included = f", {self._paths[-1]}" if len(self._paths) > 1 else ""
        self.problems.append(Problem(f"{self.where}{included}, line {self._first + self._line()}", wrong, right))

    def _explained(self, error: Exception) -> tuple[str, str]:
        """What is wrong and what would be right: the line, and what dnspython says without its own place and the names of its classes."""
        text = self._source.getvalue().split("\n")[self._line()].strip()
        place = "{}:{}: ".format(*self.reader.tok.where())
        said = re.sub(r"^caught exception <class '[^']*'>: ", "", str(error).removeprefix(place)) or type(error).__name__
        generic = "write the data of this type as \\# LENGTH HEXADECIMAL (RFC 3597 section 5)"
        return f"{shown(text)} cannot be read ({said})", generic if "\\#" in said else "make it a line of a master file (RFC 1035 section 5)"

    def _skip_line(self) -> None:
        """Go behind the line, or behind the parentheses, that could not be read."""
        if self._source.getvalue()[self._source.tell() - 1] != "\n":
            self._source.readline()
        if self.reader.tok.multiline:
            for line in self._source:
                if ")" in line:
                    break

    # -- directives ---------------------------------------------------------------------------------------------------

    def _directive(self) -> None:
        tokens = self.reader.tok
        directive = tokens.get()
        name = directive.value.upper()
        if name == "$GENERATE":
            tokens.unget(directive)
            owner = self.reader.last_name
            self.reader.read()
            self.reader.last_name = owner  # which a line without an owner below it means
        elif name == "$TTL":
            self.reader.default_ttl = tokens.get_ttl()
            self.reader.default_ttl_known = self._has_default_ttl = True
            self.reader.default_ttl_from_soa = False
            tokens.get_eol()
        elif name == "$ORIGIN":
            self.reader.current_origin = tokens.get_name(self.reader.current_origin)
            tokens.get_eol()
        else:
            path = tokens.get_string()
            origin = tokens.get()
            if not origin.is_eol_or_eof():
                tokens.get_eol()
            self._include(path, self.reader.current_origin if origin.is_eol_or_eof() else tokens.as_name(origin, self.reader.current_origin))

    def _include(self, path: str, origin: dns.name.Name) -> None:
        """Origin and owner are the including file's again afterwards (RFC 1035 section 5.1), times go on from the included one as in BIND."""
        if self.read_file is None:
            self._problem(f"includes {path}, which is not possible here", "put what it holds in its place")
            return
        path = os.path.join(os.path.dirname(self._paths[-1]), path)
        if path in self._paths:
            self._problem(f"includes {path}, which includes it again", "include each file once on the way")
            return
        try:
            text = self.read_file(path)
        except (OSError, UnicodeError) as error:
            self._problem(f"includes {path}, which cannot be read ({getattr(error, 'strerror', None) or error})", "give a path relative to this file")
            return
        reader = self.reader
        before = reader.current_origin, reader.last_name
        reader.current_origin = origin
        self.read(text, path)
        reader.current_origin, reader.last_name = before

    # -- what dnspython's reader wants of a transaction ---------------------------------------------------------------

    def origin_information(self) -> tuple[dns.name.Name, bool, dns.name.Name]:
        """That names stay absolute, and that a record outside the zone is none to be passed over."""
        return dns.name.root, False, dns.name.root

    def check_put_rdataset(self, check: Callable[..., None]) -> None:
        """What may stand together is for the rules to say."""

    def add(self, name: dns.name.Name, ttl: int, rdata: dns.rdata.Rdata) -> None:
        labels = name.labels
        if labels[-self._depth :] != self.origin.labels and not name.is_subdomain(self.origin):
            self._problem(f"{name} is outside the zone {self.origin}", "remove the record, which name servers leave out, or correct its name")
            return
        owner = dns.name.Name(labels[: -self._depth]).to_text()
        if rdata.rdtype == dns.rdatatype.SOA:
            self._add_soa(owner, ttl, rdata)
        elif dns.rdatatype.is_metatype(rdata.rdtype):
            self._problem(f"{owner} has the type {dns.rdatatype.to_text(rdata.rdtype)}, which is for questions and messages", "remove the record")
        else:
            self.records.append(Record(owner, ttl, dns.rdatatype.to_text(rdata.rdtype), rdata_text(rdata)))

    def _add_soa(self, owner: str, ttl: int, rdata: dns.rdata.Rdata) -> None:
        # Its minimum is the time of what has none (RFC 1035 section 3.3.13), but only if neither $TTL nor a record before said one.
        if not self._has_default_ttl:
            self.reader.default_ttl_known = self._has_default_ttl = not self.reader.last_ttl_known
            self.reader.default_ttl_from_soa = False
        soa = SOA(ttl, rdata.mname.to_text(), rdata.rname.to_text(), rdata.serial, rdata.refresh, rdata.retry, rdata.expire, rdata.minimum)
        if owner != "@":
            self._problem(f"{owner} has a SOA", "keep the one of the zone's apex, and give a child zone a file of its own")
        elif self.soa not in (None, soa):  # a transfer written to a file has it at its end again
            self._problem("has another SOA", "keep one of them")
        else:
            self.soa = soa


def _parts(text: str) -> Iterator[tuple[int, str]]:
    """The directives, a line each, and what is between them, with the number of the first line."""
    line, start = 1, 0
    for directive in _DIRECTIVE.finditer(text):
        for end in (directive.start(), directive.end()):
            if start < end:
                yield line, text[start:end]
                line += text.count("\n", start, end)
                start = end
    if start < len(text):
        yield line, text[start:] if text.endswith("\n") else f"{text[start:]}\n"
