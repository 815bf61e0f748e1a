# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a zone's file is called, and by what its content is known: the same where it is written and where it is found."""

from __future__ import annotations

import hashlib

_MAXIMUM_FILE_NAME = 240  # leaves room for suffixes such as .jnl below the usual limit of 255 octets


def zone_file_name(zone):
    """A file name for a zone that is unique, legal, and readable where possible. NSD and Knot DNS replace what follows a ``%``."""
    if len(zone) > _MAXIMUM_FILE_NAME:
        return hashlib.sha256(zone.encode()).hexdigest()
    return zone.replace("/", "+") if zone != "." else "+"


def digest(soa, body):
    """Identifies a zone's content, the serial apart: 32 hexadecimal digits.

    soa: the SOA record with serial 0, as owner, TTL, type and data with one blank in between. body: all other records, as in the zone's file.
    """
    return hashlib.sha256(f"{soa}\n{body}".encode()).hexdigest()[:32]
