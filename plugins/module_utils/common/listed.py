# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables that list names, or say yes to all."""

from __future__ import annotations


def listed(value):
    """True for all, False for none, or the list of names. What C(-e) gives is text: C(true), or names with commas or blanks between them."""
    if value is None or isinstance(value, bool):
        return bool(value)
    if isinstance(value, (list, tuple)):
        return list(value)
    words = str(value).replace(",", " ").split()
    if [word.lower() for word in words] in (["true"], ["yes"], ["1"]):
        return True
    return [] if [word.lower() for word in words] in (["false"], ["no"], ["0"]) else words
