# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import dns.serial
import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.proof.serials import distance, newest
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
