# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configurations to be shown, whoever wrote them, without what nobody may see: as text, or as clauses of options."""

from __future__ import annotations

import re

# How words end that a secret stands behind in the configuration of each program: TSIG keys, passwords of databases and web servers, of a token.
SECRETS = r"(?:secret|password|passwd|passphrase|api-key|key-pw|connection-string|pin-value)"
_SPACE = r"(?:\s|/\*.*?\*/|//[^\n]*\n)"  # BIND takes comments between two words
_SECRET = re.compile(
    rf"""(?P<name>\b{SECRETS}\b["']?)(?:
        (?P<equals>[ \t]*\+?=[ \t]*)[^\n]+          # pdns.conf: the rest of the line, whatever it has
        | (?P<between>{_SPACE}+|[ \t]*:\s*)(?:"(?:\\.|[^"\\])*"|'[^']*'|[^\s;:={{}}"'][^\s;{{}}"']*)
    )""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_HIDDEN = "????"


def without_secrets(text: str) -> str:
    """A configuration with … in the place of each secret. What only looks like one is left out as well."""
    return _SECRET.sub(lambda found: "{}{}…".format(found["name"], found["equals"] or found["between"] or ""), text)


def hide(clauses, names):
    """Put a mark in the place of secrets. clauses: as L(clauses) has them; names: a pattern of the options that are secrets."""
    for clause in clauses:
        clause[1] = [[item[0], _HIDDEN] if names.search(item[0]) and any(item[1:]) else item for item in clause[1]]


def is_hidden(item):
    """Whether an option, a list of its name and its values, is one of which the value is not told. Who writes a configuration leaves it out."""
    return _HIDDEN in item[1:]
