# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What C(nsd-control zonestatus) tells of zones (nsd-control(8)), and where their files are (nsd.conf(5))."""

from __future__ import annotations

import re

_LINE = re.compile(r'^[ \t]*([a-z][a-z-]*):[ \t]*"?([^\s"]+)', re.M)
_PRINTED = re.compile(r'^(?:([a-z-]+):|\t(name|zonefile): "?([^"\n]*)"?)$', re.M)


def status(told):
    """{zone, in lower case and without the dot at the end: {what is told: its first word}}: of C(pattern), C(state), C(served-serial), C(commit-serial)…

    C(catalog-member-id) of a zone that a catalog lists, and C(catalog) is C(consumer) of one from which nsd learns.
    """
    found, facts = {}, {}
    for key, value in (match.groups() for match in _LINE.finditer(told)):
        if key == "zone":
            facts = found[_plain(value)] = {}
        elif not key.endswith("-serial") or value.isdigit():  # it says "none" of one that it has not
            facts[key] = value
    return found


def waits_to_serve(facts):
    """Whether nsd notes to have another version of a zone than it serves: of one that it transferred a moment ago, or with which 4.6 was not started."""
    return facts.get("commit-serial", facts.get("served-serial")) != facts.get("served-serial")


def transferred(facts):
    """Whether nsd is a secondary for a zone, which is C(ok), C(expired) or C(refreshing) then."""
    return facts.get("state", "primary") not in ("primary", "master")


def consumed(facts):
    """Whether nsd learns of zones from this one."""
    return facts.get("catalog") == "consumer"


def _plain(name):
    return name.rstrip(".").lower() or "."


def files(printed):
    """What L(filled) tells of a configuration as "nsd-checkconf -v" prints it."""
    found = {"zone": [], "pattern": []}
    kind = name = None
    for clause, key, value in (match.groups() for match in _PRINTED.finditer(printed)):
        if clause:
            kind = clause
        elif key == "name":
            name = value
        elif kind in found:
            found[kind].append((name, value))
    return filled(found["zone"], found["pattern"])


def filled(zones, patterns):
    """({zone: its file}, {pattern: that of its zones, see L(file_name)}), names as those of L(status). zones, patterns: (name, zonefile) as written."""
    return {_plain(name): file_name(file, name) for name, file in zones}, {_plain(name): file for name, file in patterns}


def file_name(pattern, zone):
    """The name of a zone's file with what nsd.conf(5) puts for C(%s) and its like. zone: its name as the configuration has it, which C(%s) stands for."""
    labels = [label for label in zone.lower().split(".") if label][::-1]
    parts = {"s": zone, **{str(place): zone[place - 1 : place] or "." for place in (1, 2, 3)}}
    parts.update({letter: labels[place] if place < len(labels) else "." for place, letter in enumerate("zyx")})
    return re.sub(r"%([s123zyx])", lambda found: parts[found.group(1)], pattern)
