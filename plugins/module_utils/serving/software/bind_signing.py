# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones that named signs, and the directory where it does so.

What named makes of a zone (C(.signed), C(.signed.jnl), C(.jbk), C(.jnl)) lies beside the name under which it opens the zone's text. That
name is a symbolic link in a directory of its own, which leads to the text in the current generation: so one rename still changes all
zones, and nothing that named writes gets into a generation. named was never seen to write through the link (BIND 9.18 and 9.20).

Everything there belongs to named, so that only its own user touches it (L(Software.call_as_server)).
"""

from __future__ import annotations

import contextlib
import os
import re

from ansible_collections.authoritative.dns.plugins.module_utils.serving import blocks

ZONES, KEYS = "zones", "keys"
_MADE = ("", ".signed", ".signed.jnl", ".jbk", ".jnl")
_SIGNED = re.compile(r' dnssec-policy "([^"]+)";')
_KEY = re.compile(r"K.+\.private")
_DS_STATE = re.compile(r"^DSState: (\w+)", re.M)


def policies(config):
    """{zone: name of its policy} of the zones that a configuration, {file name: text}, has signed."""
    zones = config.get("zones.conf") or ""
    if not _SIGNED.search(zones):
        return {}  # as is usual, and quicker told than zone by zone
    found = ((name, _SIGNED.search(text)) for (kind, name), text in blocks.split(zones)[1].items() if kind == "zone")
    return {name: match.group(1) for name, match in found if match}


def unlinked(text, directory, current):
    """The text of zones.conf with the zones' own files in the place of links to them, which are not there before the generation is current."""
    return text.replace(f' file "{directory}/{ZONES}/', f' file "{current}/{ZONES}/')


def make_ready(directory, current, names, changed):
    """Directories and links of zones, of which these have changed, before they become current.

    names, changed: of their files. A journal of the former text would keep a server from starting that is stopped, or killed, before it has read
    the new one: "journal out of sync with zone".
    """
    for path in (directory, os.path.join(directory, ZONES), os.path.join(directory, KEYS)):
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, 0o750)
    for name in names:
        with contextlib.suppress(FileExistsError):
            os.mkdir(os.path.join(directory, KEYS, name), 0o700)
        link, target = os.path.join(directory, ZONES, name), os.path.join(current, ZONES, name)
        if not (os.path.islink(link) and os.readlink(link) == target):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(link)
            os.symlink(target, link)
    for name in changed:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(directory, ZONES, name + ".jnl"))


def tidy(directory, names):
    """Remove what named made of zones that it signs no longer; names: the files of those that it does sign. Keys stay: they cannot be made again."""
    path = os.path.join(directory, ZONES)
    staying = {name + suffix for name in names for suffix in _MADE}
    for name in os.listdir(path) if os.path.isdir(path) else ():
        if name not in staying:
            with contextlib.suppress(OSError):
                os.unlink(os.path.join(path, name))


def without_keys(directory, names):
    """Which of the zones with these files have no key there."""
    return [name for name in names if not any(map(_KEY.fullmatch, _listed(os.path.join(directory, KEYS, name))))]


def ds_states(directory, names):
    """{name: states} of the DS in the zone above, as named knows them of the keys of zones with these files: hidden, rumoured, omnipresent, unretentive."""
    found = {}
    for name in names:
        path = os.path.join(directory, KEYS, name)
        texts = [_read(os.path.join(path, file)) for file in _listed(path) if file.endswith(".state")]
        found[name] = sorted({state.group(1) for state in map(_DS_STATE.search, texts) if state})
    return found


def _read(path):
    with open(path, encoding="utf-8", errors="replace") as stream:
        return stream.read()


def _listed(path):
    try:
        return os.listdir(path)
    except FileNotFoundError:
        return []
