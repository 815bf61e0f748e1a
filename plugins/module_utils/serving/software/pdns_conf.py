# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of pdns.conf, as https://doc.powerdns.com/authoritative/settings.html has them."""

from __future__ import annotations

import glob
import os
import re

_SETTING = re.compile(r"\s*([a-z0-9-]+)\s*(\+?)=\s*(.*?)\s*(#.*)?\Z")


def setting(line):
    """(name, whether the value is added to what was said before, value) of a line, None of one that sets nothing."""
    found = _SETTING.match(line.rstrip("\n"))
    return found and (found.group(1), bool(found.group(2)), found.group(3))


def settings(path):
    """({setting: value}, {statement: where it stands}) of a file and of those that it includes; a later one comes over an earlier one."""
    found, where = {}, {}
    _add(path, found, where)
    return found, where


def _add(path, found, where):
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            lines = stream.read().splitlines()
    except OSError:
        return
    for number, line in enumerate(lines, 1):
        said = setting(line)
        if not said:
            continue
        name, added, value = said
        found[name] = f"{found[name]},{value}" if added and found.get(name) else value
        where[f"settings, {name}"] = f"{path}:{number}"
    directory = found.get("include-dir")
    if directory and not where.get("included"):
        where["included"] = directory
        for other in sorted(glob.glob(os.path.join(directory, "*.conf"))):
            _add(other, found, where)
