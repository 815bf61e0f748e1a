# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones that named signs, or compares with what they were, and the directory where it does so.

What named makes of a zone (C(.signed), C(.signed.jnl), C(.jbk), and C(.jnl) with differences of its text) lies beside the name under
which it opens the zone's text, a link (L(zone_links)). named was never seen to write through the link (BIND 9.18 and 9.20).
"""

from __future__ import annotations

import contextlib
import os
import re

from ansible_collections.authoritative.dns.plugins.module_utils.serving import blocks, zone_links
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software import bind_views
from ansible_collections.authoritative.dns.plugins.module_utils.serving.zone_links import ZONES

KEYS = "keys"
_MADE = (".signed", ".signed.jnl", ".jbk", ".jnl")
_SIGNED = re.compile(r' dnssec-policy "([^"]+)";')
_VERSION = re.compile(r"(?:BIND )?(\d+)\.(\d+)")
_LOOKS_FOR_DS = (9, 20)  # asks the parent's servers, found through the root, unless it is told not to
_KEY = re.compile(r"K.+\.private")
_DS_STATE = re.compile(r"^DSState: (\w+)", re.M)
_GOING = re.compile(r"^GoalState: hidden", re.M)


def version(software):
    """The first two numbers of the installed named's version, none if they cannot be told."""
    program = software.find("named-checkconf")
    found = _VERSION.search(software.run([program, "-v"])[1]) if program else None
    return tuple(map(int, found.groups())) if found else ()


def understood(config, software):
    """Without a word that older versions do not know and do not need; see L(Software.understood)."""
    about = {name: text for name, text in config.items() if bind_views.has_zones(name) and " checkds no;" in text}
    if not about or not () < version(software) < _LOOKS_FOR_DS:
        return config
    return {**config, **{name: text.replace(" checkds no;", "") for name, text in about.items()}}


def policies(config):
    """{zone: name of its policy} of the zones that a configuration, {file name: text}, has signed."""
    found = {}
    for text in _with_zones(config):
        if _SIGNED.search(text):  # or none is, as is usual, and quicker told than zone by zone
            matches = {name: _SIGNED.search(block) for (kind, name), block in blocks.split(text)[1].items() if kind == "zone"}
            found.update({name: match.group(1) for name, match in matches.items() if match})
    return found


def linked(config, directory):
    """{zone: name of its file} of the zones in a configuration, {file name: text}, that named opens through a link."""
    opened = re.compile(rf'\n// zone (\S+)\nzone "[^"]*" {{ type primary; file "{re.escape(directory)}/{ZONES}/([^"]*)";')
    some = [text for text in _with_zones(config) if f'"{directory}/{ZONES}/' in text]  # or none is, as is usual, and quicker told
    return {zone: name for text in some for zone, name in opened.findall("\n" + text)}


def _with_zones(config):
    return [text or "" for name, text in config.items() if bind_views.has_zones(name)]


def unlinked(text, directory, current):
    """The text of zones.conf with the zones' own files in the place of links to them, which are not there before the generation is current."""
    return text.replace(f' file "{directory}/{ZONES}/', f' file "{current}/{ZONES}/')


def make_ready(directory, current, names, signed, changed):
    """Directories and links of zones, of which these are signed and these have changed, before they become current.

    names, signed, changed: of their files. A journal of the former text would keep a server from starting that is stopped, or killed, before it has read
    the new one: "journal out of sync with zone".
    """
    for path in (directory, os.path.join(directory, KEYS)):
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, 0o750)
    for name in signed:
        with contextlib.suppress(FileExistsError):
            os.mkdir(os.path.join(directory, KEYS, name), 0o700)
    zone_links.link(os.path.join(directory, ZONES), os.path.join(current, ZONES), names)
    zone_links.remove(os.path.join(directory, ZONES), [name + ".jnl" for name in changed])


def tidy(directory, names):
    """Remove what named made of zones that it makes nothing of any more; names: the files of others. Keys stay: they cannot be made again."""
    zone_links.keep(os.path.join(directory, ZONES), names, _MADE)


def without_keys(directory, names):
    """Which of the zones with these files have no key there."""
    return [name for name in names if not any(map(_KEY.fullmatch, _listed(os.path.join(directory, KEYS, name))))]


def ds_states(directory, names):
    """{name: states} of the DS in the zone above, as named knows them of the keys of zones with these files: hidden, rumoured, omnipresent, unretentive.

    Without the hidden ones of former keys, which named keeps for months (C(purge-keys)).
    """
    found = {}
    for name in names:
        path = os.path.join(directory, KEYS, name)
        texts = [_read(os.path.join(path, file)) for file in _listed(path) if file.endswith(".state")]
        states = [(state.group(1), _GOING.search(text)) for text in texts for state in [_DS_STATE.search(text)] if state]
        found[name] = sorted({state for state, going in states if state != "hidden" or not going})
    return found


def _read(path):
    with open(path, encoding="utf-8", errors="replace") as stream:
        return stream.read()


def _listed(path):
    try:
        return os.listdir(path)
    except FileNotFoundError:
        return []
