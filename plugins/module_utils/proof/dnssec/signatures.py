# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Are the signatures over a zone's record sets good? dnspython does the cryptography. No I/O, no clock."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnssec import dns
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.findings import Finding
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.sets import SignedSet

ZONE_KEY = 0x0100
REVOKED = 0x0080  # RFC 5011
# Algorithms that validators treat as if the zone were unsigned (RFC 8624, section 3.1; RFC 9905 and RFC 9906 for the last ones)
UNSUPPORTED = frozenset({1, 3, 6, 12})  # RSAMD5, DSA, DSA-NSEC3-SHA1, ECC-GOST
WEAK = frozenset({5, 7})  # RSASHA1, RSASHA1-NSEC3-SHA1


def moment(seconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))


def key_text(tag: int, algorithm: int) -> str:
    try:
        name = dns.dnssec.algorithm_to_text(algorithm)
    except (ValueError, KeyError):
        name = str(algorithm)
    return f"key {tag} ({name})"


class Signatures:
    """Checks record sets with the keys that one server has for the zone.

    dnskey: the zone's DNSKEY set there. now: Unix time. known: what was computed before, to be shared by the copies of a zone, since
    most servers have the same. ``until`` is the earliest moment at which a record set will have no good signature any more, and
    ``signers`` are tag and algorithm of the keys that made good ones.
    """

    def __init__(self, zone: Any, dnskey: SignedSet, now: int, known: dict[Any, tuple[str, str] | None]):
        self.zone = zone
        self.now = now
        self.until: int | None = None
        self.checked = 0
        self.signers: set[tuple[int, int]] = set()
        self.dnskey = dnskey
        self._known = known
        self.keys: dict[tuple[int, int], list[Any]] = {}
        for key in dnskey.rrset:
            if key.flags & ZONE_KEY and not key.flags & REVOKED and key.protocol == 3:
                self.keys.setdefault((dns.dnssec.key_id(key), int(key.algorithm)), []).append(key)
        self.algorithms = frozenset(algorithm for _tag, algorithm in self.keys) - UNSUPPORTED

    def check_keys(self) -> Iterator[Finding]:
        """What is wrong with the keys themselves."""
        for tag, algorithm in sorted(self.keys):
            if algorithm in UNSUPPORTED:
                yield Finding("algorithm_unsupported", f"{key_text(tag, algorithm)}: validators take the zone as unsigned")
            elif algorithm in WEAK:
                yield Finding("algorithm_weak", f"{key_text(tag, algorithm)} signs with SHA-1")
        if not self.keys:
            yield Finding("no_dnskey", "none of the DNSKEY records is a key for signing a zone")

    def check(self, signed: SignedSet) -> Iterator[Finding]:
        """What is wrong with the signatures over one record set: it needs a good one by each of the zone's algorithms (RFC 4035, section 2.2)."""
        if not signed.rrset:
            return
        self.checked += 1
        if not signed.signatures:
            yield Finding("signature_missing", signed.text)
            return
        good: dict[int, int] = {}
        bad: dict[int, Finding] = {}
        for signature in signed.signatures:
            algorithm = int(signature.algorithm)
            problem = self._problem(signed, signature)
            if problem is None:
                good[algorithm] = max(good.get(algorithm, 0), signature.expiration)
                self.signers.add((signature.key_tag, algorithm))
            else:
                bad.setdefault(algorithm, Finding(problem[0], f"{signed.text}: {problem[1]}"))
        for algorithm, finding in bad.items():
            if algorithm not in good and (algorithm in self.algorithms or not good):
                yield finding
        if good:
            for algorithm in sorted(self.algorithms - good.keys() - bad.keys()):
                yield Finding("algorithm_missing", f"{signed.text}: no signature by a key of algorithm {dns.dnssec.algorithm_to_text(algorithm)}")
            end = min(good.values())
            self.until = end if self.until is None else min(self.until, end)

    def _problem(self, signed: SignedSet, signature: Any) -> tuple[str, str] | None:
        """State and text, None for a good signature."""
        by = key_text(signature.key_tag, signature.algorithm)
        if signature.signer != self.zone:
            return "unknown_key", f"signed in the name of {signature.signer.to_text()}"
        keys = self.keys.get((signature.key_tag, int(signature.algorithm)))
        if not keys:
            return "unknown_key", f"signed by {by}, which is not among the DNSKEY records"
        if signature.expiration < self.now:
            return "signature_expired", f"the signature by {by} ended on {moment(signature.expiration)}"
        if signature.inception > self.now:
            return "signature_not_yet_valid", f"the signature by {by} begins on {moment(signature.inception)}"
        rrset = signed.rrset
        identity = (rrset.name, rrset.rdtype, tuple(sorted(rdata.to_digestable() for rdata in rrset)), signature.to_digestable(), tuple(map(_identity, keys)))
        if identity not in self._known:
            self._known[identity] = self._compute(rrset, signature, keys)
        return self._known[identity]

    def _compute(self, rrset: Any, signature: Any, keys: list[Any]) -> tuple[str, str] | None:
        by = key_text(signature.key_tag, signature.algorithm)
        ring = {self.zone: dns.rdataset.from_rdata_list(0, keys)}
        try:
            dns.dnssec.validate_rrsig(rrset, signature, ring, None, self.now, dns.dnssec.allow_all_policy)
        except dns.dnssec.UnsupportedAlgorithm:
            return "algorithm_unsupported", f"the signature by {by} cannot be checked here"
        except Exception as error:  # dnspython and cryptography let ValueError and others through on hostile keys and signatures
            if type(error).__name__ == "UnsupportedAlgorithm":  # cryptography's: forbidden by this host's policy
                return "algorithm_unsupported", f"the signature by {by} cannot be checked here"
            return "signature_bogus", f"the signature by {by} is not over these records"
        return None


def _identity(key: Any) -> bytes:
    return key.to_digestable()
