# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a name server answers and hands out, to be compared with what it does later. Needs nothing but dnspython, so that it runs on any host."""

from __future__ import annotations

import contextlib
import random
import socket
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rdata
import dns.tsig
import dns.zone

_TYPES = ("A", "AAAA", "MX", "TXT", "NS", "SOA", "CNAME", "SRV", "PTR", "CAA", "DS", "DNSKEY", "HTTPS", "TLSA", "NAPTR")
_OF_NAMES = ("CNAME", "DNAME", "NS", "PTR", "MX", "SRV", "SOA")

Question = tuple[str, str]


def _text(owner: dns.name.Name, ttl: int, rdata: dns.rdata.Rdata) -> str:
    """A record with names in lower case, for a zone may be declared in another case than its server had it."""
    text = rdata.to_text()
    return f"{str(owner).lower()} {ttl} {rdata.rdtype.name} {text.lower() if rdata.rdtype.name in _OF_NAMES else text}"


def answers(address: str, questions: Iterable[Question], source: str | None = None) -> dict[Question, Any]:
    """What a server answers: code, flags, and records in each section. Over TCP, which no limit of rates is about. source: whose address asks."""
    result: dict[Question, Any] = {}
    origin = (source, 0) if source else None
    with contextlib.ExitStack() as stack:
        connection = _connection(stack, address, origin)
        for name, kind in questions:
            try:
                answer = dns.query.tcp(dns.message.make_query(name, kind), address, timeout=5, sock=connection)
            except (dns.exception.Timeout, EOFError, OSError):
                result[name, kind] = "silence"
                connection = _connection(stack, address, origin)
                continue
            for rrset in answer.answer if not answer.flags & dns.flags.AA else ():
                rrset.ttl = 0  # from a cache
            parts = (answer.answer, answer.authority, answer.additional)
            found = [sorted(_text(rrset.name, rrset.ttl, rdata) for rrset in part for rdata in rrset) for part in parts]
            result[name, kind] = (int(answer.rcode()), int(answer.flags), found[0], found[1:] if answer.answer == [] else None)
    return result


def _connection(stack: contextlib.ExitStack, address: str, origin: tuple[str, int] | None) -> socket.socket:
    result = stack.enter_context(socket.create_connection((address, 53), 5, origin))
    result.setblocking(False)
    return result


def transferred(address: str, name: str, sources: Iterable[str | None] = (None,), keys: Mapping[str, str] | None = None) -> list[str] | None:
    """The records of a zone as it is handed out to somebody; None if to nobody. sources: whose addresses are tried, keys: names and secrets."""
    for source in sources:
        for key, secret in ((None, ""), *(keys or {}).items()):
            signing = {"keyring": {dns.name.from_text(key): dns.tsig.Key(key, secret)}, "keyname": key} if key else {}
            with contextlib.suppress(dns.exception.DNSException, OSError, EOFError):
                messages = dns.query.xfr(address, name, source=source, timeout=5, lifetime=10, relativize=False, **signing)
                found = dns.zone.from_xfr(messages, relativize=False, check_origin=False)
                return sorted(_text(*record) for record in found.iterate_rdatas())
    return None


def questions_about(zones: Mapping[str, Collection[str] | None], number: int) -> list[Question]:
    """Questions for names that exist and for others beside, above and below them, of all types, the same ones for the same zones."""
    chance = random.Random(",".join(zones))
    owners = {name: sorted({line.split()[0] for line in records or []} or {f"{name}."}) for name, records in zones.items()}
    found = dict.fromkeys((f"{name}.", kind) for name in zones for kind in ("SOA", "NS"))
    while len(found) < number:
        name = chance.choice(list(owners))
        owner = chance.choice(owners[name])
        strange = f"{''.join(chance.choices('abcdefghijklmnop-0123', k=6))}x"
        form = chance.choice(("as it is", "as it is", "as it is", "below", "beside", "upper"))
        if form == "below":
            owner = f"{strange}.{owner}"
        elif form == "beside":
            owner = f"{strange}.{name}." if name != "." else f"{strange}."
        found[owner.upper() if form == "upper" else owner, chance.choice(_TYPES)] = None
    return list(found)


def differing(before: Mapping[Any, Any], after: Mapping[Any, Any]) -> dict[Any, tuple[Any, Any]]:
    """{what: (before, after)} of what is not the same."""
    return {key: (before.get(key), after.get(key)) for key in {**before, **after} if before.get(key) != after.get(key)}
