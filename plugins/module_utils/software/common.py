# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all server software has in common on the managed host."""

from __future__ import annotations


class Software:
    """One server program on this host. run: executes a command list, returns (code, stdout, stderr); find: a program's path, or None."""

    def __init__(self, run, find, layout):
        self.run = run
        self.find = find
        self.layout = layout

    # Programs that are configured by files alone have nothing to do for the two that follow.

    def differing(self, generation):
        """Names of the generation's files that describe what the program keeps elsewhere, where that is not what they say."""
        return set()

    def store(self, generation):
        """Bring what the program keeps elsewhere to what the generation says, whether it runs or not. Raises Refused."""
