# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hashed names of NSEC3 (RFC 5155). dnspython computes the hash. No I/O."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnssec import dns
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.findings import Finding
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.sets import SignedSet

SHA1 = 1  # the only hash algorithm that is defined
OPT_OUT = 1
MOST_ITERATIONS = 50  # beyond it resolvers give up the proof (BIND 9.20, PowerDNS Recursor, Knot Resolver since CVE-2023-50868)
BASE32_TO_HEX = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789ABCDEFGHIJKLMNOPQRSTUV")


class Parameters(NamedTuple):
    """How names are hashed."""

    algorithm: int
    iterations: int
    salt: bytes

    def hash(self, name: Any) -> str:
        return _hash(name.canonicalize(), self.salt, self.iterations)


@lru_cache(maxsize=100000)
def _hash(name: Any, salt: bytes, iterations: int) -> str:
    return dns.dnssec.nsec3_hash(name, salt, iterations, SHA1)


def parameters_of(rdata: Any) -> Parameters:
    """Those of an NSEC3 or NSEC3PARAM record."""
    return Parameters(int(rdata.algorithm), rdata.iterations, rdata.salt)


def hashed_label(name: Any) -> str:
    """The hash in the name of an NSEC3 record."""
    return name.labels[0].decode("ascii", "replace").upper()


def next_hash(rdata: Any) -> str:
    return base64.b32encode(rdata.next).translate(BASE32_TO_HEX).decode().rstrip("=")


def covers(owner: str, following: str, hashed: str) -> bool:
    """Whether this hash lies between the two, which stand at the ends of the chain where the second is not greater."""
    return owner < hashed < following if owner < following else hashed > owner or hashed < following


def check_iterations(sets: Iterable[SignedSet]) -> list[Finding]:
    """RFC 9276, section 3.1: no iterations."""
    found = sorted({rdata.iterations for one in sets for rdata in one.rrset if rdata.iterations})
    return [
        Finding("nsec3_iterations", f"{most} NSEC3 iterations" + (", with which resolvers take the zone as unsigned" if most > MOST_ITERATIONS else ""))
        for most in found[-1:]
    ]
