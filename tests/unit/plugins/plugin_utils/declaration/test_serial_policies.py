# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import datetime

from ansible_collections.authoritative.dns.plugins.module_utils.common.serial_numbers import newer
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import serial_policies
from hypothesis import example, given
from hypothesis import strategies as st

SERIALS = st.one_of(st.integers(0, 2**32 - 1), st.sampled_from([0, 1, 2**31 - 1, 2**31, 2**31 + 1, 2**32 - 2, 2**32 - 1]))
TIMES = st.integers(1, 4102444800)  # up to the year 2100


@given(st.sampled_from(["date", "unix", "increment"]), SERIALS, TIMES, SERIALS)
@example("increment", 2**32 - 1, 0, 0)
@example("increment", 2**31 + 2, 0, 0)
@example("date", 2026112199, 1795219200, 0)
def test_the_next_serial_is_newer_whatever_the_policy(policy, current, now, own):
    result = serial_policies.next_serial(policy, current, now, own)
    assert 0 < result < 2**32
    assert newer(result, current)


@given(SERIALS)
def test_increment_goes_on_through_the_wrap(current):
    for _step in range(3):
        result = serial_policies.next_serial("increment", current, 0, 0)
        assert (result - current) % 2**32 in (1, 2)  # 0 is passed over
        current = result


def test_a_first_serial_shows_its_policy():
    now = int(datetime.datetime(2026, 11, 21, 23, 59, 59, tzinfo=datetime.timezone.utc).timestamp())
    assert [serial_policies.next_serial(policy, None, now, 7) for policy in serial_policies.POLICIES] == [2026112101, now, 7, 7]
    assert serial_policies.next_serial("increment", None, now, 0) == 1
