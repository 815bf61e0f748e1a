# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones that knotd is told of one by one, in one transaction (knotc(8): conf-begin, conf-set, conf-unset, conf-commit).

A knotd that was started with text files takes these commands too, and reads the files again with the next C(reload).
"""

from __future__ import annotations

import re

from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.one_by_one import OneByOne

_FEWEST = 1000  # zones
_ITEM = re.compile(r'^    ([a-z-]+): "([^"]*)"$', re.M)


class Items(OneByOne):
    """See L(OneByOne)."""

    def commands(self, known, changed):
        """None where a zone stays and changes: knotd would drop its data and load it again."""
        if known < _FEWEST or any(before and after for before, after in changed.values()):
            return None
        found = [["conf-unset", f"zone[{zone}]"] for zone, (_before, after) in changed.items() if after is None]
        for zone, (_before, after) in changed.items():
            if after:
                found += [["conf-set", "zone.domain", zone], *(["conf-set", f"zone[{zone}].{item}", value] for item, value in _ITEM.findall(after))]
        return found

    def give(self, commands):
        self.abort()
        try:
            for command in (["conf-begin"], *commands, ["conf-commit"]):
                self.software.command(*command)
        except Refused:
            self.abort()
            raise
        return set()

    def abort(self):
        """End what a run left that was killed: knotd would refuse to read its files during a transaction."""
        self.software.run([self.software.find("knotc"), *self.software.control_options(), "conf-abort"])
