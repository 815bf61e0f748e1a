# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import dns.serial
import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.common.serial_numbers import distance, first_of_two, newer, newest
from hypothesis import given
from hypothesis import strategies as st

SERIALS = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize(
    ("newer", "older", "steps"),
    [(5, 5, 0), (6, 5, 1), (5, 6, -1), (0, 2**32 - 1, 1), (2**31 - 1, 0, 2**31 - 1), (2**31, 0, -(2**31)), (0, 2**31, -(2**31))],
)
def test_distance(newer, older, steps):
    assert distance(newer, older) == steps


@given(SERIALS, SERIALS)
def test_distance_orders_as_dnspython_does(a, b):
    steps = distance(a, b)
    assert (b + steps) % 2**32 == a
    if abs(steps) != 2**31:
        assert (steps > 0) == (dns.serial.Serial(a) > dns.serial.Serial(b))


def test_newest():
    assert newest([]) is None
    assert newest([3, 9, 4]) == 9
    assert newest([2**32 - 1, 1, 2**32 - 5]) == 1


def newer_by_the_book(one, two):
    """RFC 1982 section 3.2, word by word."""
    return one != two and ((one < two and two - one > 2**31) or (one > two and one - two < 2**31))


@given(SERIALS, SERIALS)
def test_newer_is_what_rfc_1982_says(one, two):
    assert newer(one, two) == newer_by_the_book(one, two)


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 2**31 - 1), min_size=1))
def test_the_newest_is_newer_than_all_others_in_any_order(start, steps):
    serials = [(start + step) % 2**32 for step in steps]
    assert newest(serials) == newest(reversed(serials)) == (start + max(steps)) % 2**32
    assert newest([]) is None


@given(SERIALS, SERIALS)
def test_whoever_cannot_follow_in_one_step_can_in_two(serial, served):
    first = first_of_two(serial)
    assert newer(serial, first)
    if served != serial and not newer(serial, served) and served != (serial + 1) % 2**32:
        assert newer(first, served)
