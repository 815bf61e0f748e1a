# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors that a module turns into its failure message."""

from __future__ import annotations


class Refused(Exception):
    """A server's program, or its checker, does not accept what it was given. The text says which and why."""
