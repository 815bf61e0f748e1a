# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a payload to a serving name server, or back to what was there."""

from __future__ import annotations

import glob
import os
import random
import re
import time

from ansible_collections.authoritative.dns.plugins.module_utils.common import serial_numbers
from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.serving import (
    blocks,
    catalog_members,
    comparison,
    condition,
    copies,
    former_zones,
    served_serials,
)
from ansible_collections.authoritative.dns.plugins.module_utils.serving.acceptance import Acceptance
from ansible_collections.authoritative.dns.plugins.module_utils.serving.difference import difference
from ansible_collections.authoritative.dns.plugins.module_utils.serving.host_state import ZONES, HostState, zones_of
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.common import ENTRY

_LOOKED_FOR = 100  # zones that catalogs list and that the server does not serve
_ASKED_AGAIN = 3.0  # seconds until a zone that a primary was asked for again has come, or one of several
_SOA_SERIAL = re.compile(r"( SOA \S+ \S+ )\d+")  # as the zone's text has it


class Application:
    """What one host should serve, brought to it. payload: see L(HostState).

    diff: whether somebody looks at the difference, which asks the server for all zones that it is about to take over.
    reached: a sentence about what a failure left, from what was seen.
    """

    reached = "Nothing was changed."

    def __init__(self, software, layout, payload, diff=True):
        self.software = software
        self.diff = diff
        self.state = HostState(software, layout, payload)
        self.payload = self.state.payload
        self.generations = self.state.generations
        self.acceptance = Acceptance(software, self.payload)
        self._with_other_settings = []  # zones that it goes on transferring
        self._had = []  # copies that it had before it was taken over

    def compare(self, now):
        """See L(comparison.compare)."""
        self.state.look()
        return comparison.compare(self.state, now)

    def preview(self):
        """What L(apply) would return, once the program's own checker took it. Raises Refused."""
        self.state.look()
        self.state.ask()
        changes = self.state.changes()
        result = self._result(changes)
        if result["changed"] and not self.software.without():
            with self.generations.aside((ZONES,)) as rehearsal:
                self._rehearse(rehearsal, changes)
        return result

    def _result(self, changes):
        return self.state.result(changes, difference(self.state, changes) if self.diff else [], reloaded=False)

    def _rehearse(self, rehearsal, changes):
        """Have what would be staged checked. A file of the administrator that a real run makes, or brings, first is an empty one."""
        nothing = rehearsal.write("nothing", "")
        texts = {**self.payload["config"], ENTRY: self.payload["entry"]}
        for path in self.payload["beside"]:
            if not glob.glob(path):  # nsd.conf(5) includes by a pattern
                texts = {name: text.replace(f'"{path}"', f'"{nothing}"') for name, text in texts.items()}
        entry = texts.pop(ENTRY)
        for name, text in texts.items():
            rehearsal.add(name, text, None)
        for zone, (_serial, text) in changes["zones"].items():
            rehearsal.add(self.state.zone_file(zone), text, {"zone": zone})
        self.software.check(rehearsal, self.generations.link, list(changes["zones"]), entry)
        if changes["entry"] and former_zones.staying(self.state):
            self.software.check_others(rehearsal, self.generations.link, entry)

    def apply(self, move):
        """Stage, check, swap, let the server take it; all of it or nothing. move: the module's atomic_move. Raises Refused."""
        with self.generations:
            self._look_under_lock()
            self.state.ask()
            changes = self.state.changes()
            result = self._result(changes)
            if not result["changed"]:
                if self.state.running:
                    self._ask_primaries_again()
                    catalog_members.follow(self.state)
                return result
            lacking = self.software.without()
            if lacking:
                programs = " and ".join(lacking)
                raise Refused(f"without {programs} nothing can be checked; install {self.software.name} first (the role nameserver does)")
            staged = self._stage(changes)
            try:
                self.state.entry.prepare()
                self.software.check(staged, self.generations.link, list(changes["zones"]), self.payload["entry"])
                staying = former_zones.staying(self.state) if changes["entry"] else []
                if staying:
                    self.software.check_others(staged, self.generations.link, self.payload["entry"])
            except Refused:
                self.generations.discard(staged)
                raise
            self._switch(staged, changes, staying, move)
            result["reloaded"] = self.state.running
            self.reached = "The new state is in place, and the server took it." if self.state.running else "The new state is in place."
            self.software.tidy(staged)
            self.software.forget_secondary(staged.notes["forget"])
            done = [staged.notes.pop(name) for name in ("forget", *(["leaving"] if self.state.running else []))]
            if any(done):
                staged.save()
            self.generations.finish(self.state.current, staged)
            if self.state.running:
                if self.software.restarted:
                    copies.bring_back(self.software, self._serials, self._had)
                catalog_members.catch_up(self.state, self._with_other_settings)
                catalog_members.follow(self.state)
            return result

    def _serials(self, zones):
        return condition.serials(self.software, self.payload, zones, served_serials.seconds_to_ask(zones))

    def refresh(self):
        """Have a server that was just started ask for everything that it transfers, without what it asks for by itself. Raises Refused."""
        self.state.look()
        self.state.ask()
        self._ask_for_copies()

    def _ask_for_copies(self):
        """Nobody tells a server again of what changed while it did not run."""
        found = condition.transferred(self.state) if self.software.asks_for_what_it_lacks else {}
        by_itself = {zone for zone, serial in found.items() if serial is None}
        self.software.refresh([zone for zone in [*self.payload["secondary"], *self.payload["members"]] if zone not in by_itself])

    def _ask_primaries_again(self):
        """Where nothing else is to do: for zones that this host transfers and has nothing of, as after their primary was down, or only old copies.

        Nobody misses a server while it is restarted that has nothing at all.
        """
        waiting = condition.waiting(self.state, condition.transferred(self.state))
        members = [zone for zone in waiting if zone in self.payload["members"]]
        catalogs = {self.payload["members"][zone] for zone in members}  # or it may not know them, because it lacks their catalog
        self.software.refresh([*sorted(catalogs), *waiting, *self.payload["missed"]])
        # Some it may not even know: it ignored them while another catalog, or its configuration, had them, and looks at them never again.
        unknown = self.software.unknown(random.sample(members, min(_LOOKED_FOR, len(members))))
        self.software.consume(sorted({self.payload["members"][zone] for zone in unknown}))
        if waiting and self.software.remembers_unreachable and not self.payload["zones"]:
            deadline = time.monotonic() + _ASKED_AGAIN
            while not condition.has_something(self.state):
                if time.monotonic() > deadline:
                    self.software.restart()
                    return
                time.sleep(0.1)

    def _look_under_lock(self):
        """What another run changed after this one's comparison is a reason to start anew, not to undo it."""
        self.state.look()
        if self.state.digest() != self.payload["seen"]:
            raise Refused("another run changed this host's name server after this one compared it; run again")

    def _stage(self, changes):
        shared = [*self.state.kept, *(name for name in self.payload["config"] if name not in changes["config"])]
        for name, (zone, _digest) in self.state.wanted.items():
            if zone not in changes["zones"]:
                if self.state.current.facts(name) is None:
                    raise Refused(f"zone {zone} is new on this host, but its text was not sent; pass what state: compared found on this host")
                shared.append(name)
        staged = self.generations.stage((ZONES,), self.state.current, shared, self.state.exposed.intersection(shared))
        try:
            for name, (zone, digest) in self.state.wanted.items():
                if zone in changes["zones"]:
                    serial, text = changes["zones"][zone]
                    staged.add(name, text, {"zone": zone, "digest": digest, "serial": serial, "issued": serial})
            for name in changes["config"]:
                staged.add(name, self.payload["config"][name], None)
        except OSError:
            self.generations.discard(staged)
            raise
        # What a run that is killed before the end left to forget is the next one's to do.
        forget = dict(self.state.current.notes.get("forget", {}), **changes["secondary_removed"])
        staged.notes = {
            "secondary": self.payload["secondary"],
            "forget": {zone: name for zone, name in forget.items() if zone not in self.payload["secondary"]},
            "catalogs": self.payload["catalogs"],
            "leaving": self.state.catalogs_left(),
            "tsig_generations": self.payload["tsig_generations"],
            "removed": self._removed(changes),
        }
        return staged

    def _removed(self, changes):
        """The last serials of zones that this host had once, for the day on which it has them again: somebody may still have a copy."""
        gone = {facts["zone"]: facts["issued"] for facts in map(self.state.current.facts, changes["removed"])}
        signed = [zone for zone in self.state.signed() if zone in gone]
        for zone, serial in self.acceptance.answered(signed if self.state.running else []).items():
            gone[zone] = serial_numbers.newest([gone[zone], serial])
        removed = dict(self.state.current.notes.get("removed", {}), **gone)
        return {zone: serial for zone, serial in removed.items() if zone not in self.payload["zones"]}

    def _switch(self, staged, changes, staying, move):
        """Make staged current and have a running server take it. Puts the old state back if it refuses. staying: see L(former_zones.staying)."""
        running, stale = self.state.running, self.state.stale
        interrupted = self.generations.pending
        # What the server could not read, or missed, is read again as well.
        restored = {name: self.state.current.facts(name) for name in self.state.exposed}
        again = [*changes["zones"], *(facts["zone"] for facts in restored.values() if facts), *stale]
        changed = list(zones_of(staged)) if interrupted else list(dict.fromkeys(again))
        files = {*(self.payload["config"] if interrupted or stale else changes["config"]), *([ENTRY] if interrupted or changes["entry"] else [])}
        files |= restored.keys() & self.payload["config"].keys()
        entry_before = self.state.entry.found()
        self.acceptance.signed = {*self.state.signed(), *self.software.signed({name: staged.read(name) for name in self.payload["config"]})}
        self.software.make_ready(staged, changed)
        self.generations.pending = running
        answered = self._serials(staying) if running else ()
        if running and changes["entry"]:
            self._had = [zone for zone, serial in condition.transferred(self.state).items() if serial is not None]
        self.generations.swap(staged)
        try:
            if changes["entry"]:
                self.state.entry.keep_original(entry_before)
                self.state.entry.write(self.payload["entry"], move)
            self.software.store(staged)
            if running:
                self.software.take(files, changed)
                left = staged.notes["leaving"]
                self._leave_catalogs(left, {*self.payload["zones"], *self.payload["secondary"]})  # which may restart it
                self._with_other_settings = self._transferred_otherwise(staged, changes)
                if self.software.restarted:
                    self._ask_for_copies()
                else:
                    self.software.refresh(sorted({*self._with_other_settings, *self.payload["missed"]}))
                members = self.payload["members"]
                moved = {members[zone] for zone in changes["secondary_removed"] if zone in members}
                self.software.consume(self.payload["catalogs"] if left or interrupted else sorted(moved))
                self.acceptance.wait_until_served(staged, changed, self.state.gone(changes))
                self.acceptance.wait_until_known({*self.payload["secondary"], *zones_of(staged)} if files else ())
                self.acceptance.wait_until_answered(list(answered))
        except (Refused, OSError):
            self.reached = "What was there before could not be put back; the next run finishes one or the other."
            self._roll_back(staged, changes, entry_before, files if running else None, move)
            raise

    def _leave_catalogs(self, left, served):
        if left:
            self.software.leave(left, [name for name in left if name in served])

    def _transferred_otherwise(self, staged, changes):
        """Zones that this host goes on transferring, but with other settings: what it asked for with the old ones may have been refused."""
        if not changes["config"] or not self.payload["secondary"]:  # as where records change
            return []
        before, after = ({name: generation.read(name) or "" for name in self.payload["config"]} for generation in (self.state.current, staged))
        return sorted(blocks.configured_otherwise(before, after) & set(self.payload["secondary"]))

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
            in_place = self.software.only_newer({name: self.state.current.read(name) for name in self.payload["config"]})
            _renumber(self.state, [zone for zone in changes["zones"] if zone in self.acceptance.signed or zone in in_place])
        notes = self.state.current.notes
        learned = self.payload["catalogs"] if files is not None else []
        left = notes["leaving"] = sorted({*learned, *notes.get("leaving", [])} - {*notes.get("catalogs", [])})
        self.software.make_ready(self.state.current, list(changes["zones"]))
        self.generations.swap_back(self.state.current)
        if self.state.current.files:
            for name in changes["zones"]:
                path = os.path.join(self.state.current.path, self.state.zone_file(name))
                if os.path.exists(path):
                    os.utime(path)  # or the server takes the older file for the one it has
        not_taken = None
        try:
            self.software.store(self.state.current)
            if files is not None:
                self._take_back(files, [zone for zone in zones_of(self.state.current) if zone in changes["zones"]], left)
        except Refused as error:  # the first refusal is the one to raise
            not_taken = str(error)
        self.generations.discard(staged)
        wrong = self._not_as_before(files is not None, not_taken)
        self.generations.pending = bool(wrong)
        right = "; no server runs" if files is None else ", and the server {} it".format("serves" if zones_of(self.state.current) else "took")
        self.reached = f"What was there before is in place again{wrong or right}."

    def _not_as_before(self, running, not_taken):
        """Why the server is not known to have what is in place again, as the end of a sentence, empty if it has. not_taken: why it did not take it, or None."""
        otherwise = self.acceptance.otherwise(self.state.current) if running else []
        asked_for_all = zones_of(self.state.current) and not self.state.current.notes.get("secondary")
        if not_taken and (otherwise or not asked_for_all):
            return f", but the server did not take it: {not_taken}"
        return ", but the server does not serve {} as before; its log says why".format(", ".join(otherwise[:10])) if otherwise else ""

    def _take_back(self, files, zones, left):
        """Have a running server take the state that is in place again. Raises Refused."""
        notes = self.state.current.notes
        secondary = notes.get("secondary", {})
        self.software.take_again(files, zones)
        self._leave_catalogs(left, {*zones_of(self.state.current), *secondary})
        if self.software.restarted:
            self.software.refresh([*secondary, *self.payload["members"]])
        self.acceptance.wait_until_known(secondary)
        notes["leaving"] = []
        if left and self.state.current.files:
            self.state.current.save()


def _renumber(state, zones):
    """Give texts of the current generation serials beyond those that were out: a signer takes no older one, whatever its file's time."""
    found = {zone: state.current.facts(state.zone_file(zone)) for zone in zones}
    issued = {zone: facts["issued"] for zone, facts in found.items() if facts}
    loaded = state.software.loaded(issued) if state.running else {}
    for zone in issued:
        name, facts = state.zone_file(zone), found[zone]
        text = state.current.read(name)
        former = zone in loaded and serial_numbers.newer(issued[zone], loaded[zone])  # it never read the one that was out
        if text and not former:
            serial = serial_numbers.following(facts["issued"])
            state.current.replace(name, _SOA_SERIAL.sub(rf"\g<1>{serial}", text, count=1), dict(facts, serial=serial, issued=serial))
