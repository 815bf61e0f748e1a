# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a payload to a serving name server, or back to what was there."""

from __future__ import annotations

import contextlib
import os
import time

from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.serving import blocks, comparison, served_serials
from ansible_collections.authoritative.dns.plugins.module_utils.serving.difference import difference
from ansible_collections.authoritative.dns.plugins.module_utils.serving.host_state import ZONES, HostState, zones_of
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.common import ENTRY

_WATCHED = 50  # zones that are to disappear


class Application:
    """What one host should serve, brought to it. payload: see L(HostState)."""

    def __init__(self, software, layout, payload):
        self.software = software
        self.state = HostState(software, layout, payload)
        self.payload = self.state.payload
        self.generations = self.state.generations

    def compare(self, now):
        """See L(comparison.compare)."""
        return comparison.compare(self.state, now)

    def preview(self):
        """What L(apply) would return."""
        changes = self.state.changes()
        return self.state.result(changes, difference(self.state, changes), reloaded=False)

    def apply(self, move):
        """Stage, check, swap, let the server take it; all of it or nothing. move: the module's atomic_move. Raises Refused."""
        with self.generations:
            self._look_again()
            changes = self.state.changes()
            result = self.state.result(changes, difference(self.state, changes), reloaded=False)
            if not result["changed"]:
                return result
            staged = self._stage(changes)
            try:
                self.state.entry.prepare()
                self.software.check(staged, self.generations.link, list(changes["zones"]))
            except Refused:
                self.generations.discard(staged)
                raise
            result["reloaded"] = self._switch(staged, changes, move)
            self.software.forget_secondary(staged.notes["forget"])
            if staged.notes.pop("forget"):
                staged.save()
            self.generations.finish(self.state.current)
            return result

    def _look_again(self):
        """Under the lock: what another run changed after this one's comparison is a reason to start anew, not to undo it."""
        seen = {self.payload["seen"], self.state.digest()}
        self.state.look()
        if seen != {self.state.digest()}:
            raise Refused("another run changed this host's name server after this one compared it; run again")

    def _stage(self, changes):
        staged = self.generations.stage((ZONES,))

        def share(name):
            staged.share(self.state.current, name, name in self.state.exposed)

        try:
            for name, (zone, digest) in self.state.wanted.items():
                if zone in changes["zones"]:
                    serial, text = changes["zones"][zone]
                    staged.add(name, text, {"zone": zone, "digest": digest, "serial": serial, "issued": serial})
                elif self.state.current.facts(name) is not None:
                    share(name)
                else:
                    raise Refused(f"zone {zone} is new on this host, but its text was not sent; pass what state: compared found on this host")
            for name in self.state.kept:
                share(name)
            for name, text in self.payload["config"].items():
                if name in changes["config"]:
                    staged.add(name, text, None)
                else:
                    share(name)
        except (OSError, Refused):
            self.generations.discard(staged)
            raise
        # What a run that is killed before the end left to forget is the next one's to do.
        forget = dict(self.state.current.notes.get("forget", {}), **changes["secondary_removed"])
        staged.notes = {
            "secondary": self.payload["secondary"],
            "forget": {zone: name for zone, name in forget.items() if zone not in self.payload["secondary"]},
            "tsig_generations": self.payload["tsig_generations"],
        }
        return staged

    def _switch(self, staged, changes, move):
        """Make staged current and have a running server take it. Returns whether one runs. Puts the old state back if it refuses."""
        running = self.software.running()
        interrupted = self.generations.pending
        # What the server could not read is read again as well.
        restored = {name: self.state.current.facts(name) for name in self.state.exposed}
        changed = list(zones_of(staged)) if interrupted else [*changes["zones"], *(facts["zone"] for facts in restored.values() if facts)]
        files = {*(self.payload["config"] if interrupted else changes["config"]), *([ENTRY] if interrupted or changes["entry"] else [])}
        files |= restored.keys() & self.payload["config"].keys()
        entry_before = self.state.entry.found()
        self.generations.pending = running
        self.generations.swap(staged)
        try:
            if changes["entry"]:
                self.state.entry.keep_original(entry_before)
                self.state.entry.write(self.payload["entry"], move)
            self.software.store(staged)
            if running:
                self.software.take(files, changed)
                self.software.refresh(self._transferred_otherwise(staged, changes))
                self._wait_until_served(changes["zones"], self.state.gone(changes))
        except (Refused, OSError):
            self._roll_back(staged, changes, entry_before, files if running else None, move)
            raise
        return running

    def _transferred_otherwise(self, staged, changes):
        """Zones that this host goes on transferring, but with other settings: what it asked for with the old ones may have been refused."""
        found = set()
        for name in changes["config"]:
            before, after = (blocks.split(generation.read(name) or "")[1] for generation in (self.state.current, staged))
            found.update(block for (kind, block), text in after.items() if kind == "zone" and before.get((kind, block), text) != text)
        return sorted(found & set(self.payload["secondary"]))

    def _wait_until_served(self, zones, gone):
        """Until the server itself gives the new serials. Raises Refused naming the zones for which it does not.

        Zones that are gone get a moment to disappear. They may also stay, if the administrator's own configuration has them.
        """
        missing = {zone: serial for zone, (serial, _text) in zones.items()}
        deadline = time.monotonic() + 10 + len(zones) / 200.0
        while missing and time.monotonic() < deadline:
            served = served_serials.serials(self.payload["address"], missing, timeout=2)
            missing = {zone: serial for zone, serial in missing.items() if served.get(zone) != serial}
            if missing:
                time.sleep(0.05)
        if missing:
            raise Refused("the server does not serve {} with the new serial; its log says why".format(", ".join(sorted(missing)[:10])))
        deadline = time.monotonic() + 5
        while gone and time.monotonic() < deadline and served_serials.serials(self.payload["address"], gone[:_WATCHED], timeout=2):
            time.sleep(0.05)

    def _roll_back(self, staged, changes, entry_before, files, move):
        """The old generation, the old first file, and the old data in the server. Serials that were out are never used again.

        files: what a running server has to read again, None if none runs.
        """
        if changes["entry"]:
            self.state.entry.put_back(entry_before, move)
        if self.state.current.files:
            for zone, (serial, _text) in changes["zones"].items():
                facts = self.state.current.facts(self.state.zone_file(zone))
                if facts:
                    facts["issued"] = serial
        self.generations.swap_back(self.state.current)
        if self.state.current.files:
            for name in changes["zones"]:
                path = os.path.join(self.state.current.path, self.state.zone_file(name))
                if os.path.exists(path):
                    os.utime(path)  # or the server takes the older file for the one it has
        with contextlib.suppress(Refused):  # the first refusal is the one to tell
            self.software.store(self.state.current)
            if files is not None:
                self.software.take(files, [zone for zone in zones_of(self.state.current) if zone in changes["zones"]])
        self.generations.discard(staged)
        self.generations.pending = False
