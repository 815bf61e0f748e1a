# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones that named is told of one by one, where its configuration has so many that to read all of it takes seconds (rndc(8): addzone, modzone, delzone).

What the configuration says is the truth, for the next start and the next C(rndc reconfig). But named notes what it is told by C(addzone) in a
database of its own, and with a zone in both it does not start any more. So the database's file is removed before named is told anything:
named goes on with it as it has it open, and what it notes there is gone when it ends or reads its configuration (BIND 9.18 and 9.20).
"""

from __future__ import annotations

import os
import re

from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.serving import blocks, zone_links
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software import bind_signing

_ZONES = "zones.conf"
_NOTES = "_default.nzd"  # of the only view
_OLDEST = (9, 18)
_DIRECTORY = re.compile(r'^\tnew-zones-directory "(.*)";$', re.M)
_OURS = re.compile(r"^\t(?:allow-new-zones|new-zones-directory) .*;\n", re.M)
_STANZA = re.compile(r'zone "[^"]*" ({.*};)\n')
_NOTED = re.compile(r'^zone "?([^"\s]+?)\.?"? ', re.M)
_MOST, _ONE_OF = 50, 300  # as measured with 100,000 zones: a command takes 0.03 s, to read the configuration 0.11 s for 1,000 zones


class OneByOne:
    """What a running named is told instead of reading its configuration. software: see L(Software)."""

    def __init__(self, software):
        self.software = software
        self.directory = None
        self.commands = None

    def prepare(self, generation, current, others, entry):
        """The zones, {name: stanza, None where it goes}, of which named is to be told of what is staged; None where it reads all of it.

        others: the names of the rest of the configuration. Raises Refused where somebody added a zone by a command that is declared.
        """
        staged, before = generation.read(_ZONES), _read(os.path.join(current, _ZONES))
        directory = self._directory(generation)
        noted = self._noted(directory) if directory else None
        twice = sorted(noted & {name for kind, name in blocks.split(staged)[1] if kind == "zone"}) if noted else ()
        if twice:
            raise Refused("rndc addzone added {}, which is declared: named would not start with both; take it out with rndc delzone".format(", ".join(twice)))
        if noted or noted is None or before in (None, staged) or not self.software.in_place(generation, current, others, entry):
            return None
        changed = differing(before, staged)
        if changed is not None:
            self.directory, self.commands = directory, commands(before, changed)
        return changed

    def tell(self, files):
        """Have named take what was prepared, if that is all that changed. Returns the zones that it has read by that, None where it has to read all.

        Raises Refused.
        """
        told, self.commands = self.commands, None
        if told is None or set(files) != {_ZONES}:
            return None
        self._forget()
        try:
            for command in told:
                self.software.command(*command)
        finally:
            self._forget()
        return {zone for command, zone, *_stanza in told if command != "modzone"}

    def may_have_others(self, printed):
        """Whether named may serve zones that are in no file, because somebody added them. printed: its configuration as the checker prints it."""
        if "allow-new-zones yes;" not in printed:
            return False
        found = _DIRECTORY.search(printed)
        return not found or self._noted(found.group(1)) != set()

    def _forget(self):
        self.software.call_as_server(zone_links.remove, self.directory, [_NOTES, _NOTES + "-lock"])

    def _directory(self, generation):
        """Where named has its notes about zones that it is told of, None if it takes none."""
        found = _DIRECTORY.search(generation.read("named.conf") or "")
        return found.group(1) if found and bind_signing.version(self.software) >= _OLDEST else None

    def _noted(self, directory):
        """The zones of which named has notes on disk, None if that cannot be told."""
        path, program = os.path.join(directory, _NOTES), self.software.find("named-nzd2nzf")
        if not program:
            return None
        if not os.path.exists(path):
            return set()
        code, out, _err = self.software.run_checker([program, path])
        return None if code else {name.lower() for name in _NOTED.findall(out)}


def understood(config, options):
    """The configuration without our word that zones may be added, where the administrator's options, in a file or among it, say something of that."""
    own = config.get("options.conf") or _read(options) or ""
    if "allow-new-zones" not in own:
        return config
    return dict(config, **{"named.conf": _OURS.sub("", config.get("named.conf", ""))})


def differing(before, after):
    """{zone: stanza, or None where it goes} of what differs between two texts of zones.conf; None where named had better read all of it."""
    (old_head, old), (new_head, new) = blocks.split(before), blocks.split(after)
    if old_head != new_head or any(kind == "shared" and old.get((kind, name)) != text for (kind, name), text in new.items()):
        return None
    changed = {name: text for (kind, name), text in new.items() if kind == "zone" and old.get((kind, name)) != text}
    changed.update((name, None) for kind, name in old.keys() - new.keys() if kind == "zone")
    if len(changed) > min(_MOST, len(new) // _ONE_OF):
        return None
    stanzas = [stanza for name, text in changed.items() for stanza in (text, old.get(("zone", name))) if stanza]
    return None if any(" dnssec-policy " in stanza for stanza in stanzas) else changed


def commands(before, changed):
    """The commands for what L(differing) found. before: the text of zones.conf that named has read."""
    known = {name for kind, name in blocks.split(before)[1] if kind == "zone"}
    gone = [["delzone", zone] for zone, stanza in changed.items() if stanza is None]
    return gone + [["modzone" if zone in known else "addzone", zone, _STANZA.search(stanza).group(1)] for zone, stanza in changed.items() if stanza]


def _read(path):
    try:
        with open(path, encoding="utf-8") as stream:
            return stream.read()
    except OSError:
        return None
