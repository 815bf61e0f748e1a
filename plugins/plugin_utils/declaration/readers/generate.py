# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""C($GENERATE): numbers put into a template, as BIND does it (BIND 9 Administrator Reference Manual, the directive $GENERATE)."""

from __future__ import annotations

import re

_RANGE = re.compile(r"(\d+)-(\d+)(?:/(\d+))?\Z")
_PLACE = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<offset>-?\d+)(?:,(?P<width>\d+)(?:,(?P<base>[doxXnN]))?)?\})?|\\.|\$\{", re.DOTALL)
_MOST_NUMBERS = 2**20  # of one range: more than any network that somebody numbers like this, and not yet more than a computer can take
_MOST_WIDTH = 255  # characters, of the longest name


def numbers(text: str) -> range:
    """``START-STOP`` or ``START-STOP/STEP``, both ends included. Raises ValueError."""
    match = _RANGE.match(text)
    if match is None:
        raise ValueError(f"the range {text!r} is not START-STOP or START-STOP/STEP")
    start, stop, step = int(match[1]), int(match[2]), int(match[3] or 1)
    if start > stop or not step or stop >= 2**31:
        raise ValueError(f"the range {text!r} is empty or has no end")
    found = range(start, stop + 1, step)
    if len(found) > _MOST_NUMBERS:
        raise ValueError(f"the range {text!r} has {len(found)} numbers, and no more than {_MOST_NUMBERS} can be")
    return found


def fill(template: str, number: int) -> str:
    """The template with the number for every ``$`` and ``${offset,width,base}``; ``$$`` and ``\\$`` are a dollar. Raises ValueError."""

    def replace(match: re.Match[str]) -> str:
        if match[0].startswith("\\"):
            return match[0]
        if match["dollar"]:
            return "$"
        if template.startswith("${", match.start()) and match["offset"] is None:
            raise ValueError(f"{template!r} has a ${{ that is not ${{offset,width,base}}")
        value, width, base = number + int(match["offset"] or 0), int(match["width"] or 0), match["base"] or "d"
        if width > _MOST_WIDTH:
            raise ValueError(f"{template!r} has a width above {_MOST_WIDTH}")
        if base in "nN":
            return _nibbles(value, width, base)
        if value < 0 and base != "d":
            value %= 2**32
        return format(value, f"0{width}{base}" if width else base)

    return _PLACE.sub(replace, template)


def _nibbles(value: int, width: int, base: str) -> str:
    """Hexadecimal digits from the lowest on, with dots between them, as reverse zones of IPv6 have them. width: characters, the dots included."""
    value %= 2**32
    text = ""
    while True:
        text += format(value & 15, "x" if base == "n" else "X")
        value >>= 4
        if not value and len(text) >= width:
            return text
        text += "."
        if not value and len(text) >= width:
            return text
