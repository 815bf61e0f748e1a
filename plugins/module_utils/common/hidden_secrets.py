# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configurations to be shown, whoever wrote them, without what nobody may see."""

from __future__ import annotations

import re

# How words end that a secret stands behind in named.conf, nsd.conf, knot.conf and pdns.conf: TSIG keys, passwords of databases and web servers, of a token.
_NAME = r"(?:secret|password|passwd|passphrase|api-key|key-pw|connection-string|pin-value)"
_SPACE = r"(?:\s|/\*.*?\*/|//[^\n]*\n)"  # BIND takes comments between two words
_SECRET = re.compile(
    rf"""(?P<name>\b{_NAME}\b["']?)(?:
        (?P<equals>[ \t]*\+?=[ \t]*)[^\n]+          # pdns.conf: the rest of the line, whatever it has
        | (?P<between>{_SPACE}+|[ \t]*:\s*)(?:"(?:\\.|[^"\\])*"|'[^']*'|[^\s;:={{}}"'][^\s;{{}}"']*)
    )""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)


def without_secrets(text: str) -> str:
    """A configuration with … in the place of each secret. What only looks like one is left out as well."""
    return _SECRET.sub(lambda found: "{}{}…".format(found["name"], found["equals"] or found["between"] or ""), text)
