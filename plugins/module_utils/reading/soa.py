# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the serial stands in a master file that somebody wrote (RFC 1035 section 5.1)."""

from __future__ import annotations

import re

_TOKEN = re.compile(r';[^\n]*|"(?:\\.|[^"\\])*"|(?:\\.|[^\s;()"\\])+|[()\n]')
_BEFORE_SERIAL = 2  # MNAME and RNAME


def serial_in(text):
    """(serial, where its digits begin, where they end) of the first SOA record of a text, None if it has none or is not to be understood."""
    words, depth, line_begins = None, 0, True
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token == "\n" and not depth:
            if words is not None:
                return None  # the record ended before its serial
            line_begins = True
            continue
        if token in "()\n":
            depth += {"(": 1, ")": -1}.get(token, 0)
        elif not token.startswith(";"):
            at_owner = line_begins and (match.start() == 0 or text[match.start() - 1] == "\n")
            line_begins = False
            if words is not None:
                words += 1
                if words > _BEFORE_SERIAL:
                    return (int(token), match.start(), match.end()) if re.fullmatch(r"[0-9]+", token) else None
            elif token.upper() == "SOA" and not at_owner:
                words = 0
    return None


def with_serial(text, serial):
    """The text with another serial, and not a character else. Raises ValueError where it has none to be replaced."""
    found = serial_in(text)
    if found is None:
        raise ValueError("its SOA record cannot be found")
    _serial, start, end = found
    return f"{text[:start]}{serial}{text[end:]}"
