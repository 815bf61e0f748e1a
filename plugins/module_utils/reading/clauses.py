# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The syntax of nsd.conf(5), a line an option, without any of its meaning.

A clause is a list of its name and its options, which are lists of words: C(["zone", [["name", "example.com"], ["notify", "192.0.2.2", "NOKEY"]]]).
"""

from __future__ import annotations

import glob
import os
import re

_LINE = re.compile(r"\s*([a-z][a-z0-9_-]*):\s*(.*)")
_WORD = re.compile(r'"([^"]*)"|([^\s"#]+)')


def parse(text, lines=None):
    """The clauses of a text. lines: a dictionary that gets the line of each clause and option, by its C(id)."""
    result = []
    for number, line in enumerate(text.splitlines(), 1):
        found = _LINE.match(line)
        if not found:
            continue
        values = [quoted or plain for quoted, plain in _WORD.findall(_before_comment(found.group(2)))]
        # The printer of one version writes allow_query, which its own reader does not know.
        item = [found.group(1).replace("_", "-"), *values]
        if values or '""' in line:
            if result:
                result[-1][1].append(item if values else [*item, ""])
                item = result[-1][1][-1]
        else:
            item = [item[0], []]
            result.append(item)
        if lines is not None:
            lines[id(item)] = number
    return result


def _before_comment(text):
    return re.sub(r'#[^"]*\Z', "", text)


def option(clause, name, default=None):
    """The first value of an option, or a default."""
    return next((item[1] for item in clause[1] if item[0] == name), default)


def label(clause):
    """What a clause is called: its kind, and the name in it."""
    name = option(clause, "name")
    return f"{clause[0]} {name.rstrip('.').lower() or '.'}" if name is not None else clause[0]


def places(pattern, seen=()):
    """Where clauses and their options stand, as L(named_conf.places) tells it. Follows includes; what cannot be read is left out."""
    result = {}
    for path in sorted(glob.glob(pattern)):
        if path in seen:
            continue
        try:
            with open(path, encoding="utf-8", errors="replace") as stream:
                text = stream.read()
        except OSError:
            continue
        lines = {}
        for line in text.splitlines():
            found = re.match(r'\s*include:\s*"?([^"#]+?)"?\s*(#.*)?\Z', line)
            if found:
                for name, place in places(os.path.join(os.path.dirname(path), found.group(1)), (*seen, path)).items():
                    result.setdefault(name, place)
        for clause in parse(text, lines):
            name = label(clause)
            result.setdefault(name, f"{path}:{lines[id(clause)]}")
            for item in clause[1]:
                result.setdefault(f"{name}, {item[0]}", f"{path}:{lines[id(item)]}")
    return result
