# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands for a secret in a configuration that is told without any; whoever writes one from that leaves these options out."""

from __future__ import annotations

_HIDDEN = "????"


def hide(clauses, names):
    """Put a mark in the place of secrets. clauses: as L(clauses) has them; names: a pattern of the options that are secrets."""
    for clause in clauses:
        clause[1] = [[item[0], _HIDDEN] if names.search(item[0]) and any(item[1:]) else item for item in clause[1]]


def is_hidden(item):
    """Whether an option, a list of its name and its values, is one of which the value is not told."""
    return _HIDDEN in item[1:]
