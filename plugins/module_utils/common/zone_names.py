# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a zone is called where a server may have it more than once: C(example.com), or C(example.com@internal) for what the view internal has of it.

No domain name of a zone has an at sign here. Whoever asks a server, or writes its configuration or a zone's text, needs the domain name alone.
"""

from __future__ import annotations


def zone_name(domain, view=None):
    """The name of a zone in a view; outside of views it is the domain name."""
    return f"{domain}@{view}" if view else domain


def domain_of(zone):
    """The domain name of a zone."""
    return zone.partition("@")[0]


def view_of(zone):
    """The name of the view that a zone is in, None if it is in no view of its own."""
    return zone.partition("@")[2] or None
