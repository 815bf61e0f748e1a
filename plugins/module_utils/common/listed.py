# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables that list names, or say yes to all, also where the command line gives them (C(-e)) as text."""

from __future__ import annotations

_ALL, _NONE = ("true", "yes", "1"), ("false", "no", "0")


def listed_names(value):
    """The names that a list has, or a text with commas or blanks between them."""
    return list(value) if isinstance(value, (list, tuple)) else str(value or "").replace(",", " ").split()


def listed(value):
    """True for all, False for none, or the list of names. A text may also be C(true), or C(false)."""
    if value is None or isinstance(value, bool):
        return bool(value)
    found = listed_names(value)
    if not isinstance(value, (list, tuple)) and len(found) == 1 and found[0].lower() in _ALL + _NONE:
        return True if found[0].lower() in _ALL else []
    return found
