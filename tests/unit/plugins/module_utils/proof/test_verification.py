# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.authoritative.dns.plugins.module_utils.proof.verification import choose, headline, spread


def result(number, ok=False, state="timeout"):
    return {"state": state, "ok": ok, "number": number}


def describe(fault):
    return f"number {fault['number']}"


def test_headline():
    assert headline(3, [], "answers", describe) == "all 3 answers are as expected"
    faults = [result(number) for number in range(11)] + [result(11, state="behind")]
    lines = headline(20, faults, "answers", describe).splitlines()
    assert lines[0] == "12 of 20 answers are not as expected (11 timeout, 1 behind)"
    assert lines[1:11] == [f"- number {number}" for number in range(10)]
    assert lines[11] == "- and 2 more"
    assert [line.split(":")[0] for line in lines[12:]] == ["What helps against timeout", "What helps against behind"]


def test_choose():
    results = [result(1), result(2, ok=True), result(3)]
    faults = [results[0], results[2]]
    assert choose(results, faults, "all", 1) == (results, 0)
    assert choose(results, faults, "faults", 1) == ([results[0]], 1)
    assert choose(results, faults, "summary", 9) == ([], 2)


def test_spread():
    assert spread([]) == {"median": None, "max": None}
    assert spread([3, 1, 2]) == {"median": 2, "max": 3}
