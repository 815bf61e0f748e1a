# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of pdns.conf, as https://doc.powerdns.com/authoritative/settings.html has them."""

from __future__ import annotations

import re

_SETTING = re.compile(r"\s*([a-z0-9-]+)\s*(\+?)=\s*(.*?)\s*(#.*)?\Z")


def setting(line):
    """(name, whether the value is added to what was said before, value) of a line, None of one that sets nothing."""
    found = _SETTING.match(line.rstrip("\n"))
    return found and (found.group(1), bool(found.group(2)), found.group(3))
