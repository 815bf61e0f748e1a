# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that is behind is so until it has followed, whatever single looks do not see."""

from __future__ import annotations

import json

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.proof.times_behind import LONGEST, TimesBehind

NOW = 1800000000.0
LAST = 2**32 - 1


def looks(*seen, before=()):
    """What is told at looks a minute apart. seen: of each the serial of the server and the one that counts."""
    told, remembered = [], dict(before)
    for number, (serial, reference) in enumerate(seen):
        times = TimesBehind(remembered)
        told.append(times.tell("zone server", serial, reference, NOW + 60 * number))
        remembered = json.loads(json.dumps(times.remembered))
    return told


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        ([(5, 5), (5, 6), (5, 6), (6, 6), (6, 7)], [None, 0, 60, None, 0]),
        ([(5, 6), (5, None), (None, 6), (None, None), (5, 6)], [0, 60, None, None, 240]),  # an answer that is missing ends nothing
        ([(5, None), (None, 6), (5, 6)], [None, None, 0]),
        ([(99, 100), (100, 101), (101, 102)], [0, 0, 0]),  # it takes every change, and is one behind at each look
        ([(98, 100), (99, 101), (100, 102), (100, 103)], [0, 60, 0, 60]),
        ([(5, 6), (6, None), (6, 7)], [0, None, 0]),  # it followed while nobody said what counts
        ([(5, 6), (7, 6), (5, 6)], [0, None, 0]),
        ([(LAST, 0), (LAST, 1), (0, 1), (1, 1)], [0, 60, 0, None]),
        ([(5, 100), (5, 7), (6, 8), (7, 9)], [0, 60, 120, 0]),  # serials were set back: what counts then is to be reached
        ([(0, 2**31), (0, 2**31)], [0, 60]),  # neither is newer (RFC 1982)
    ],
)
def test_time_counts_until_the_serial_is_there_that_was_missing(seen, told):
    assert looks(*seen) == told


@pytest.mark.parametrize(("since", "told"), [(NOW - 60, 60), (NOW - LONGEST, LONGEST), (NOW - LONGEST - 1, 0), (0, 0), (NOW + 1, 0)])
def test_a_time_from_another_clock_is_not_believed(since, told):
    assert looks((5, 6), before={"zone server": [since, 6]}) == [told]


@pytest.mark.parametrize("before", [NOW - 60, None, "ab", [NOW], ["x", 6], {"a": 1, "b": 2}])
def test_what_another_version_remembered_is_not_read(before):
    assert looks((5, 6), before={"zone server": before}) == [0]


def test_what_is_no_longer_looked_at_is_forgotten():
    times = TimesBehind({"zone server": [NOW, 6], "other server": [NOW, 6]})
    times.tell("zone server", None, 6, NOW)
    assert times.remembered == {"zone server": (NOW, 6)}
