# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The few zones of many that come, change or go: a running program is told of each, and need not read its configuration of all others again.

What the configuration says is the truth, for the next start and the next time that it is read.
"""

from __future__ import annotations

import os

from ansible_collections.authoritative.dns.plugins.module_utils.serving import blocks

ZONES = "zones.conf"
_MOST, _ONE_OF = 50, 300  # as measured with BIND and 100,000 zones: a command takes 0.03 s, to read the configuration 0.11 s for 1,000 zones


class OneByOne:
    """software: see L(Software). A program says which commands there are (L(commands)), how they are given (L(give)), and when it takes any (L(takes))."""

    def __init__(self, software):
        self.software = software
        self._told = None  # what was prepared

    def prepare(self, generation, current, files, entry, text):
        """What a checker has to read of the zones: those of which the program is to be told, or the whole text, where it reads all of it.

        files: the names of the staged configuration. Raises Refused.
        """
        changed = self._changed(generation, current, [name for name in files if name != ZONES], entry)
        return text if changed is None else blocks.choose(text, {*changed, *self.software.always_read(generation)})

    def _changed(self, generation, current, others, entry):
        """See L(blocks.differing); None where the program reads all."""
        self._told = None
        staged, before = generation.read(ZONES), _read(os.path.join(current, ZONES))
        if not self.takes(generation, staged) or before in (None, staged) or not self.software.in_place(generation, current, others, entry):
            return None
        changed, known = blocks.differing(before, staged), blocks.number_of_zones(before)
        if changed is None or len(changed) > min(_MOST, known // _ONE_OF):
            return None
        if any("dnssec-policy" in block for both in changed.values() for block in both if block):
            return None
        self._told = self.commands(known, changed)
        return None if self._told is None else changed

    def tell(self, files):
        """Have the program take what was prepared, if that is all that changed. Returns the zones that it has read by that, None where it has to read all.

        files: the names of those that changed. Raises Refused.
        """
        told, self._told = self._told, None
        if told is None or set(files) != {ZONES}:
            return None
        return self.give(told)

    def takes(self, generation, staged):
        """Whether it takes such commands. staged: the text of the zones. Raises Refused."""
        return True

    def commands(self, known, changed):
        """What L(give) is given, None where the program cannot be told. known: how many zones it has; changed: see L(blocks.differing)."""
        raise NotImplementedError

    def give(self, commands):
        """Returns the zones that the program has read by that. Raises Refused."""
        raise NotImplementedError


def _read(path):
    try:
        with open(path, encoding="utf-8") as stream:
            return stream.read()
    except OSError:
        return None
