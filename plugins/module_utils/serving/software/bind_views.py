# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Views of named: the files of a generation with their zones, and which one a command is about."""

from __future__ import annotations

import os
import re

from ansible_collections.authoritative.dns.plugins.module_utils.common.zone_names import domain_of, view_of

_FILE = re.compile(r"view-[^/]+\.conf\Z")
_CLAUSE = re.compile(r'^view "([^"]+)" {$', re.M)
_DEFAULT = "_default"  # what named calls the one that it has where none is configured


def files(generation):
    """Names of the files that have the views' zones."""
    return sorted(name for name in generation.files if name.startswith("view-") and _FILE.match(name))  # of a hundred thousand


def has_zones(name):
    """Whether a file of a generation has zones' stanzas."""
    return name == "zones.conf" or _FILE.match(name) is not None


def zone_files(generation):
    """{file name: text} of those that have zones' stanzas."""
    return {name: generation.read(name) or "" for name in ("zones.conf", *files(generation))}


def place(state_directory, zone):
    """What tells rndc which zone is meant. Where there are views, the first one has the zones that all share, and a domain name alone is none of them."""
    view = view_of(zone) or next(iter(in_place(state_directory)), None)
    return [domain_of(zone), *(["IN", view] if view else [])]


def in_place(state_directory):
    """Names of the views of the generation in place, in their order."""
    try:
        with open(os.path.join(state_directory, "current", "named.conf"), encoding="utf-8") as stream:
            return _CLAUSE.findall(stream.read())
    except OSError:
        return []


def listed(name):
    """The view of a zone as named-checkconf -l tells it, None where there are none."""
    return None if name == _DEFAULT else name


def is_shared(name):
    """Whether it tells of a zone that another view has."""
    return " " in name
