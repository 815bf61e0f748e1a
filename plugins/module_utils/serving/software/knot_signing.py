# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones that knotd signs: it reads their text where it is, and what it makes of it is in databases of its own (journal, keys)."""

from __future__ import annotations

import re

from ansible_collections.authoritative.dns.plugins.module_utils.serving import blocks

_SIGNED = re.compile(r'^    dnssec-policy: "([^"]+)"$', re.M)
_TEMPLATE = re.compile(r'^    template: "([^"]+)"$', re.M)
_DIFFERENCE = '    zonefile-load: "difference"\n'
_DELAY = re.compile(r"^    parent-delay: (\d+)$", re.M)
_INTRODUCTION = re.compile(r"^    (?:zone-max-ttl|propagation-delay): (\d+)$", re.M)
_STATUS = re.compile(r"^\[(\S+?)\.?\] .*\bserial: (\d+)", re.M)


def policies(config):
    """{zone: name of its policy} of the zones that a configuration, {file name: text}, has signed."""
    zones = config.get("zones.conf") or ""
    if not _SIGNED.search(zones):
        return {}  # as is usual, and quicker told than zone by zone
    found = ((name, _SIGNED.search(text)) for (kind, name), text in blocks.split(zones)[1].items() if kind == "zone")
    return {name: match.group(1) for name, match in found if match}


def from_differences(config):
    """The zones of which the differences between their texts are what changes, signed or not."""
    zones = config.get("zones.conf") or ""
    if _DIFFERENCE not in zones:
        return set()
    found = blocks.split(zones)[1]
    templates = {name for (kind, name), text in found.items() if kind == "shared" and _DIFFERENCE in text}
    chosen = ((name, _TEMPLATE.search(text)) for (kind, name), text in found.items() if kind == "zone")
    return {name for name, match in chosen if match and match.group(1) in templates}


def delays(config):
    """{name of a policy: seconds} for which resolvers remember a DS that has gone, as a configuration says."""
    shared = ((name, _DELAY.search(text)) for (kind, name), text in blocks.split(config.get("zones.conf") or "")[1].items() if kind == "shared")
    return {name: int(match.group(1)) for name, match in shared if match}


def introductions(config):
    """{name of a policy: seconds} for which resolvers may have answers from before a zone was signed, as a configuration says."""
    shared = [(name, text) for (kind, name), text in blocks.split(config.get("zones.conf") or "")[1].items() if kind == "shared"]
    return {name: sum(map(int, _INTRODUCTION.findall(text))) for name, text in shared}


def served(status):
    """{zone: serial} as "knotc zone-status" prints it."""
    return {name.lower() or ".": int(serial) for name, serial in _STATUS.findall(status)}
