# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server is asked to transfer what it has not, as long as that may help, and nothing else."""

from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.serving import copies


class Primary:
    """Gives one zone for each request, once that is so late, and tells the time."""

    def __init__(self, answers_from):
        self.now, self.there, self.asked, self._answers_from = 0.0, {}, [], answers_from

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now = round(self.now + seconds, 3)

    def refresh(self, zones):
        self.asked.append((self.now, list(zones)))
        if self.now >= self._answers_from:
            self.there[zones[0]] = 1

    def serials(self, zones):
        return {zone: serial for zone, serial in self.there.items() if zone in zones}


@pytest.fixture(name="primary")
def _primary(monkeypatch):
    def made(answers_from):
        primary = Primary(answers_from)
        monkeypatch.setattr(copies, "time", primary)
        return primary

    return made


def test_it_is_asked_again_until_all_have_come(primary):
    busy = primary(answers_from=2)
    assert copies.bring_back(busy, busy.serials, ["a.test", "b.test"]) == []
    both = ["a.test", "b.test"]
    assert busy.asked == [(0.0, both), (1.0, both), (2.0, both), (3.0, ["b.test"])]


def test_what_does_not_come_is_told(primary):
    silent = primary(answers_from=3600)
    silent.there["there.test"] = 1
    assert copies.bring_back(silent, silent.serials, ["there.test", "never.test"]) == ["never.test"]
    assert 15 <= silent.now < 17
    assert {tuple(zones) for _time, zones in silent.asked} == {("never.test",)}


def test_nothing_is_asked_for_what_is_there(primary):
    assert copies.bring_back(primary(0), lambda zones: dict.fromkeys(zones, 1), ["there.test"]) == []
    assert copies.bring_back(primary(0), None, []) == []
