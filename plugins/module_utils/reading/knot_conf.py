# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The syntax of knot.conf(5), as C(knotc conf-export) writes it and as people do, without any of its meaning.

A clause is a list of its section and its options, as L(clauses) has them: C(["zone", [["domain", "example.com."], ["master", "a", "b"]]]).
"""

from __future__ import annotations

import glob
import os
import re

_OPTION = re.compile(r"(\s*)(- )?([a-z][a-z0-9-]*)\s*:\s*(.*)")
_ITEM = re.compile(r"\s*- (?![a-z][a-z0-9-]*\s*:)(.*)")  # a value in a line of its own
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"\s*(#.*)?\Z')
_ESCAPE = re.compile(rb"\\(?:(12[89]|1[3-9]\d|2[0-4]\d|25[0-5])|.)")  # in a name (RFC 1035 section 5.1), with the octet if that is beyond ASCII
_IDENTIFIERS = ("id", "domain", "target")
_STORAGE = "/var/lib/knot"  # where Knot DNS keeps files, unless it is told or was built otherwise


def parse(text, lines=None):
    """The clauses of a text; of a section of several items one for each. lines: a dictionary that gets the line of each, by its C(id)."""
    result, options, section = [], None, None
    for number, line in enumerate(text.splitlines(), 1):
        found = _OPTION.match(line)
        if found and not found.group(1) and not found.group(2):
            section, options = found.group(3), None
            if section == "include":
                result.append([section, [[section, *_values(found.group(4))]]])
        elif found:
            if options is None or found.group(2):
                options = []
                result.append([section, options])
                _note(lines, result[-1], number)
            options.append([found.group(3), *_values(found.group(4))])
            _note(lines, options[-1], number)
        elif options and _ITEM.match(line):
            options[-1] += _values(_ITEM.match(line).group(1))
    return result


def _note(lines, item, number):
    if lines is not None:
        lines[id(item)] = number


def _values(text):
    """The values of an option: one, or a list in brackets. The exporter writes quotes in a value as they are, and a list with blanks."""
    text = text.strip()
    if text.startswith("["):
        inside = text[1 : text.rindex("]")] if "]" in text else text[1:]
        return [value for part in re.split(r'(?<=")\s*,\s*|,\s*(?=[^"]*(?:"[^"]*"[^"]*)*\Z)', inside) for value in [_value(part)] if value]
    value = _value(text)
    return [value] if value or text.startswith('""') else []


def _value(text):
    text = text.strip().rstrip(",")
    quoted = _QUOTED.match(text)
    if quoted:
        return quoted.group(1).replace('\\"', '"')  # nothing else is escaped but in names, which have their own escapes (RFC 1035 section 5.1)
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1]
    return re.sub(r"(^|\s)#.*", "", text).strip()


def option(clause, name, default=None):
    """The first value of an option, or a default."""
    return next((item[1] for item in clause[1] if item[0] == name and len(item) > 1), default)


def label(clause):
    """What a clause is called: its section, and the identifier in it."""
    name = next((option(clause, key) for key in _IDENTIFIERS if option(clause, key) is not None), None)
    return f"{clause[0]} {plain(name)}" if name is not None else clause[0]


def plain(name):
    """A name in lower case without the final dot. Octets beyond ASCII, which the exporter writes as C(\\195), are as in a file; other escapes stay."""
    lower = _lower(name)
    return _ESCAPE.sub(_unescaped, lower.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape") if "\\" in lower else lower


def _unescaped(found):
    return bytes([int(found.group(1))]) if found.group(1) else found.group()


def _lower(name):
    return name.rstrip(".").lower() or "."


def whole(clauses):
    """The zones' clauses with what their template says and they do not, each option told once; all others as they are.

    The modules for all queries stand in the default template, and are for zones of other templates too.
    """
    templates = {option(clause, "id"): clause[1] for clause in clauses if clause[0] == "template"}
    everywhere = [item for item in templates.get("default", []) if item[0] == "global-module"]
    result = []
    for clause in clauses:
        if clause[0] == "zone":
            own = {item[0] for item in clause[1]}
            template = templates.get(option(clause, "template", "default"), [])
            more = [item for item in template if item[0] not in own and item[0] not in ("id", "global-module")]
            clause = ["zone", [*clause[1], *more, *everywhere]]
        result.append(clause)
    return result


def zone_file(clause):
    """The absolute path of a zone's file, with what knot.conf(5) puts for C(%s) and its like. clause: one of L(whole)."""
    name = _lower(option(clause, "domain"))  # with its escapes, as knotd fills it in
    labels = name.split(".")

    def part(found):
        letter, first, last = found.groups()
        if letter == "s":
            return name.replace("/", "_")
        if letter == "l":
            return labels[-1 - int(first or 0)] if int(first or 0) < len(labels) else ""
        return name[int(first or 0) : int(last or first or 0) + 1]

    file = re.sub(r"%([scl])(?:\[(\d+)(?:-(\d+))?\])?", part, option(clause, "file") or "%s.zone")
    return os.path.join(option(clause, "storage") or _STORAGE, file)


def places(pattern, seen=()):
    """Where clauses and their options stand, as L(named_conf.places) tells it. Follows includes; what cannot be read is left out."""
    result = {}
    for path in sorted(glob.glob(os.path.join(pattern, "*.conf") if os.path.isdir(pattern) else pattern)):
        if path in seen:
            continue
        try:
            with open(path, encoding="utf-8", errors="replace") as stream:
                text = stream.read()
        except OSError:
            continue
        lines = {}
        for clause in parse(text, lines):
            if clause[0] == "include":
                for name, place in places(os.path.join(os.path.dirname(path), clause[1][0][1]), (*seen, path)).items():
                    result.setdefault(name, place)
                continue
            name = label(clause)
            result.setdefault(name, f"{path}:{lines[id(clause)]}")
            for item in clause[1]:
                result.setdefault(f"{name}, {item[0]}", f"{path}:{lines[id(item)]}")
    return result
