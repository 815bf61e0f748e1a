# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an AppArmor profile keeps its program from reading: root and the checkers can read it, so nothing else would tell."""

from __future__ import annotations

import os
import re

_ENABLED = "sys/module/apparmor/parameters/enabled"
_PROFILES = "etc/apparmor.d"
_INCLUDE = re.compile(r'^\s*#?include\s+(?:if\s+exists\s+)?[<"]([^>"\n]+)[>"]', re.M)
_RULE = re.compile(r'^\s*((?:(?:deny|allow|audit|owner|file)\s+)*)"?(/[^\s"]*)"?\s+([a-zA-Z]+)\s*,', re.M)
_COMPLAINS = re.compile(r"^[^#\n]*\bflags=\([^)]*\b(?:complain|unconfined)\b", re.M)
_GLOB = re.compile(r"\*\*|\[[^\]]*\]|\\.|.", re.S)
_WORDS = {"**": ".*", "*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")"}


def forbidden(paths, profile, otherwise=(), root="/"):
    """Those of paths that no rule of a profile in force lets its program read.

    profile: its file's name in /etc/apparmor.d. otherwise: patterns that are allowed where it is not there yet, as its package brings them.
    """
    if not _text(root, _ENABLED).startswith("Y") or any(os.path.lexists(os.path.join(root, _PROFILES, how, profile)) for how in ("disable", "force-complain")):
        return []
    text = _with_includes(root, profile, set())
    if _COMPLAINS.search(text):
        return []
    rules = [(words.split(), path) for words, path, access in _RULE.findall(text) if "r" in access] or [([], path) for path in otherwise]
    allowed, denied = ([_pattern(path) for words, path in rules if ("deny" in words) == deny] for deny in (False, True))
    return [path for path in paths if not _matches(allowed, os.path.realpath(path)) or _matches(denied, os.path.realpath(path))]


def _matches(patterns, path):
    return any(pattern.fullmatch(path) for pattern in patterns)


def _with_includes(root, name, read):
    """The text of a file of rules, and of all that it includes; of a directory, those of its files."""
    if name in read:
        return ""
    read.add(name)
    path = os.path.join(root, _PROFILES, name)
    if os.path.isdir(path):
        return "".join(_with_includes(root, os.path.join(name, entry), read) for entry in sorted(os.listdir(path)))
    text = _text(root, os.path.join(_PROFILES, name))
    return "\n".join([text, *(_with_includes(root, included, read) for included in _INCLUDE.findall(text))])


def _text(root, path):
    try:
        with open(os.path.join(root, path), encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError:
        return ""


def _pattern(rule):
    """A rule's path as a regular expression: apparmor.d(5), section "Globbing"."""
    depth, parts = 0, []
    for token in _GLOB.findall(rule):
        depth += (token == "{") - (token == "}")
        parts.append("|" if token == "," and depth else _WORDS.get(token) or (token if token[0] in "[\\" else re.escape(token)))
    return re.compile("".join(parts))
