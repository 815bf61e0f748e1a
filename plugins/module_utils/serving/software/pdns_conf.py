# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of pdns.conf, as https://doc.powerdns.com/authoritative/settings.html has them."""

from __future__ import annotations

import glob
import os
import re

_SETTING = re.compile(r"\s*([a-z0-9-]+)\s*(\+?)=\s*(.*)")


def statements(text):
    """(number of its last line, setting, whether the value is added to what was said before, value) of each line that sets something.

    A line that ends with a backslash goes on in the next one. What begins with the first # of a line is a comment where that has white space before it.
    """
    begun = ""
    for number, line in enumerate(text.splitlines(), 1):
        line = begun + line.rstrip()
        begun = line[:-1] if line.endswith("\\") else ""
        if begun:
            continue
        said, _mark, _comment = line.partition("#")
        found = _SETTING.match(said if not said or said[-1].isspace() else line)
        if found:
            yield number, found.group(1), bool(found.group(2)), found.group(3).rstrip()


def settings(path):
    """({setting: value}, {statement: where it stands}) of a file and of those that it includes; a later one comes over an earlier one."""
    found, where = {}, {}
    _add(path, found, where)
    return found, where


def _add(path, found, where):
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            text = stream.read()
    except OSError:
        return
    for number, name, added, value in statements(text):
        found[name] = f"{found[name]},{value}" if added and found.get(name) else value
        where[f"settings, {name}"] = f"{path}:{number}"
    directory = found.get("include-dir")
    if directory and not where.get("included"):
        where["included"] = directory
        for other in sorted(glob.glob(os.path.join(directory, "*.conf"))):
            _add(other, found, where)
