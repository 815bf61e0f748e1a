# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serial number arithmetic (RFC 1982) for SOA serials."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

HALF = 2**31
MODULUS = 2**32


def distance(newer: int, older: int) -> int:
    """How many increments lead from ``older`` to ``newer``: negative when it is the other way round.

    Of two serials exactly 2**31 apart neither is newer (RFC 1982, section 3.2); the result is then -2**31.
    """
    return (newer - older + HALF) % MODULUS - HALF


def newer(serial: int, than: int) -> bool:
    """Whether ``serial`` comes after ``than``; of two exactly 2**31 apart neither does."""
    return distance(serial, than) > 0


def following(serial: int) -> int:
    """The next one, without 0, which is legal but confuses people and some software."""
    return (serial + 1) % MODULUS or 1


def first_of_two(serial: int) -> int:
    """Where servers go first for which ``serial`` is not newer, to follow to that afterwards (RFC 1982, section 3.2).

    It is the oldest one than which ``serial`` is newer, and newer than all that ``serial`` is not newer than, but the one right after it.
    """
    return (serial + HALF + 1) % MODULUS


def newest(serials: Iterable[int]) -> int | None:
    """The newest of these serials; None when there are none."""
    found = set(serials)
    if len(found) < 2:
        return found.pop() if found else None
    return reduce(lambda best, serial: serial if newer(serial, best) else best, sorted(found))
