# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones that named is told of one by one, where its configuration has so many that to read all of it takes seconds (rndc(8): addzone, modzone, delzone).

named notes what it is told by C(addzone) in a database of its own, and with a zone there and in its configuration it does not start any more. So the
database's file is removed before named is told anything: named goes on with it as it has it open, and what it notes there is gone when it ends or reads
its configuration (BIND 9.18 and 9.20).
"""

from __future__ import annotations

import os
import re

from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.serving import blocks, zone_links
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software import bind_signing
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.one_by_one import OneByOne

_NOTES = "_default.nzd"  # of the only view
_OLDEST = (9, 18)
_DIRECTORY = re.compile(r'^\tnew-zones-directory "(.*)";$', re.M)
_OURS = re.compile(r"^\t(?:allow-new-zones|new-zones-directory) .*;\n", re.M)
_STANZA = re.compile(r'zone "[^"]*" ({.*};)\n')
_TYPE = re.compile(r"\btype \S+;")
_NOTED = re.compile(r'^zone "?([^"\s]+?)\.?"? ', re.M)


class Stanzas(OneByOne):
    """See L(OneByOne)."""

    def __init__(self, software):
        super().__init__(software)
        self._directory = None

    def takes(self, generation, staged):
        """Not where somebody added other zones by a command, of which the notes have to stay. Refuses one that is declared as well."""
        found = _DIRECTORY.search(generation.read("named.conf") or "")
        self._directory = found.group(1) if found and bind_signing.version(self.software) >= _OLDEST else None
        noted = self._noted(self._directory) if self._directory else None
        twice = sorted(noted & {name for kind, name in blocks.split(staged)[1] if kind == "zone"}) if noted else ()
        if twice:
            raise Refused("rndc addzone added {}, which is declared: named would not start with both; take it out with rndc delzone".format(", ".join(twice)))
        return noted == set()

    def commands(self, known, changed):
        """Those that make room first. None where a zone gets another type: a secondary zone of which named has nothing stays one after C(modzone)."""
        if any(before and after and _TYPE.findall(before) != _TYPE.findall(after) for before, after in changed.values()):
            return None
        gone = [["delzone", zone] for zone, (_before, after) in changed.items() if after is None]
        return gone + [["modzone" if before else "addzone", zone, _STANZA.search(after).group(1)] for zone, (before, after) in changed.items() if after]

    def give(self, commands):
        self._forget()
        try:
            for command in commands:
                self.software.command(*command)
        finally:
            self._forget()
        return {zone for command, zone, *_stanza in commands if command != "modzone"}

    def may_have_others(self, printed):
        """Whether named may serve zones that are in no file, because somebody added them. printed: its configuration as the checker prints it."""
        if "allow-new-zones yes;" not in printed:
            return False
        found = _DIRECTORY.search(printed)
        return not found or self._noted(found.group(1)) != set()

    def _forget(self):
        self.software.call_as_server(zone_links.remove, self._directory, [_NOTES, _NOTES + "-lock"])

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
    own = config.get("options.conf", "")
    if not own and os.path.exists(options):
        with open(options, encoding="utf-8", errors="replace") as stream:
            own = stream.read()
    if "allow-new-zones" not in own:
        return config
    return dict(config, **{"named.conf": _OURS.sub("", config.get("named.conf", ""))})
