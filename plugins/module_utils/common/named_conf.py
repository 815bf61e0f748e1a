# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The syntax of named.conf(5), without any of its meaning.

A statement is a list: words as they stand, quotes included, and blocks, which are lists of statements. C(zone "a" { type primary; };) is
C(["zone", '"a"', [["type", "primary"]]]).
"""

from __future__ import annotations

import glob
import os
import re

_TOKEN = re.compile(r'\s+|//[^\n]*|#[^\n]*|/\*.*?\*/|(?P<word>"(?:[^"\\]|\\.)*"|(?:[^\s{};"/]|/(?![/*]))+)|(?P<mark>[{};])', re.DOTALL)


class NotReadable(Exception):
    """A text that is no named.conf. The text names the line."""


def parse(text, lines=None):
    """The statements of a text. lines: a dictionary that gets the line of each statement, by the statement's C(id). Raises NotReadable."""
    found, position, line = [], 0, 1
    current, first = [], 1
    outer = []  # of every open block: the statement that it is in, that one's first line, and the statements beside it
    while position < len(text):
        token = _TOKEN.match(text, position)
        if not token:
            raise NotReadable(f"line {line}: {text[position : position + 30]!r} begins nothing that named.conf knows")
        mark, word = token["mark"], token["word"]
        if word is not None:
            first = first if current else line
            current.append(word)
        elif mark == "{":
            outer.append((current, first if current else line, found))
            current, found = [], []
        elif mark:
            if current:
                found.append(current)
                if lines is not None:
                    lines[id(current)] = first
                current = []
            if mark == "}":
                if not outer:
                    raise NotReadable(f"line {line}: a brace closes what none opened")
                block = found
                current, first, found = outer.pop()
                current.append(block)
        line += text.count("\n", position, token.end())
        position = token.end()
    if outer or current:
        raise NotReadable(f"line {outer[-1][1] if outer else first}: a statement has no end")
    return found


def value(word):
    """A word without its quotes."""
    return re.sub(r"\\(.)", r"\1", word[1:-1]) if isinstance(word, str) and word.startswith('"') else word


def words(statement):
    """The words of a statement before its first block, without quotes."""
    result = []
    for item in statement:
        if isinstance(item, list):
            break
        result.append(value(item))
    return result


def block(statement):
    """The statements in the first block of one, none if it has no block."""
    return next((item for item in statement if isinstance(item, list)), [])


_NAMING = ("zone", "view", "key", "acl", "primaries", "masters", "remote-servers", "parental-agents", "server", "tls", "http", "dnssec-policy", "dlz")


def label(statement):
    """What a statement is called: its first word, and the name that it gives to its block."""
    found = words(statement)
    has_name = found[:1] and found[0] in _NAMING and isinstance(statement[-1], list) and found[1:2] not in (["port"], ["dscp"], ["source"])
    name = " ".join(found[1:2]).lower() if has_name else ""
    name = re.sub(r"/(32|128)$", "", name.rstrip(".") or name) if found[:1] == ["server"] else name.rstrip(".") or name
    return f"{found[0]} {name}".strip() if found else ""


def places(path, directory, root=""):
    """Where statements stand, {their labels from the outside in, joined by commas: "file:line"}, with those in options, views and zones.

    Follows includes. directory: where relative paths begin. root: of the file system that named sees. What cannot be read is left out.
    """
    result = {}
    _places(path, directory, root, "", result, set())
    return result


def _places(path, directory, root, prefix, result, seen):
    for name in sorted(glob.glob(root + os.path.join(directory, path))):
        if name in seen:
            continue
        lines = {}
        try:
            with open(name, encoding="utf-8", errors="replace") as stream:
                statements = parse(stream.read(), lines)
        except (OSError, NotReadable):
            continue
        _place_all(statements, lines, name[len(root) :], directory, root, prefix, result, {*seen, name})


def _place_all(statements, lines, path, directory, root, prefix, result, seen):
    for statement in statements:
        found = label(statement)
        if found == "include":
            _places(words(statement)[1], directory, root, prefix, result, seen)
            continue
        result.setdefault(prefix + found, f"{path}:{lines[id(statement)]}")
        if statement[0] in ("options", "view", "zone"):
            _place_all(block(statement), lines, path, directory, root, f"{prefix}{found}, ", result, seen)
