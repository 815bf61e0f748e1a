# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the serial of a zone moves when its content does."""

from __future__ import annotations

import datetime

from ansible_collections.authoritative.dns.plugins.module_utils.common.serial_numbers import MODULUS, following, newer

POLICIES = ("date", "unix", "increment", "keep")


def next_serial(policy: str, current: int | None, now: int, own: int) -> int:
    """The serial for changed content.

    policy: one of POLICIES. current: the newest serial that any server has for the zone, None if no one has it.
    now: seconds since the epoch. own: the serial the declaration itself carries, 0 if none (policy ``keep`` takes it).
    The result is always newer than ``current``, except that ``keep`` is never second-guessed here.
    """
    if policy == "keep":
        return own
    if policy == "date":
        wanted = int(datetime.datetime.fromtimestamp(now, datetime.timezone.utc).strftime("%Y%m%d")) * 100 + 1
    elif policy == "unix":
        wanted = now % MODULUS
    else:
        wanted = own or current or 1  # what is current already is not newer, so one is added below
    if current is None or newer(wanted, current):
        return wanted
    return following(current)
