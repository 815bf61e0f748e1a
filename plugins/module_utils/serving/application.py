# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a payload to a serving name server, or back to what was there."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
import time

from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.serving import blocks, served_serials
from ansible_collections.authoritative.dns.plugins.module_utils.serving.generations import Generations
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.common import ENTRY

_ZONES = "zones"
_OURS = "authoritative.dns"  # is in the heading of every first file that this collection wrote
_SHOWN_RECORDS = 50  # a zone
_SHOWN_ZONES = 50
_SOA = re.compile(r"\sSOA\s+\S+\s+\S+\s*\(?\s*(?:;[^\n]*\n\s*)*(\d+)")


class Application:
    """What one host should serve, against what it has.

    payload:
      config: text by file name, the whole configuration of the program; what differs from zone to zone is made of blocks.
      secret: names of those of these files that nobody may see.
      entry: text of the program's first configuration file.
      zones: [file name, digest] by zone that this host is primary for.
      texts: [serial, text] by zone, for those whose content is to be written.
      shared: zones that have further primaries, whose serials must be told.
      secondary: file name by zone that this host transfers.
      selected: the zones that this run is about, None for all. Others stay as they are, whatever the rest says.
      tsig_generations: numbers of the derived keys in the configuration, the used one first. Kept for the next comparison.
      address: where the server answers questions of its own host.
    """

    def __init__(self, software, layout, payload):
        self.software = software
        self.layout = layout
        self.payload = payload
        self.generations = Generations(layout["state_directory"], layout["group"])
        self._look()
        self.wanted = {os.path.join(_ZONES, name): (zone, digest) for zone, (name, digest) in payload["zones"].items()}
        self.kept = {}
        if payload["selected"] is not None:
            self._keep_others(set(payload["selected"]))

    def _keep_others(self, selected):
        """A run that is about some zones leaves the configuration and the files of all others alone."""
        self.kept = {name: facts[3] for name, facts in self.current.files.items() if facts[3] and facts[3]["zone"] not in selected}
        transferred = {zone: name for zone, name in self.current.notes.get("secondary", {}).items() if zone not in selected}
        self.payload["secondary"] = dict(transferred, **self.payload["secondary"])
        config = self.payload["config"]
        self.payload["config"] = blocks.merge({name: self.current.read(name) or "" for name in config}, config, selected)

    # -- looking ------------------------------------------------------------------------------------------------------

    def _look(self):
        self.current = self.generations.current()
        self.edited = self.current.edited() | self.software.differing(self.current)

    def compare(self, now):
        """What differs from the payload, as the controller needs it to choose serials and to send no more than that."""
        differing, ask = {}, []
        served = {facts[3]["zone"] for facts in self.current.files.values() if facts[3]} | set(self.current.notes.get("secondary", {}))
        if self.payload["selected"] is not None:
            served &= set(self.payload["selected"])
        shared = set(self.payload["shared"])
        for name, (zone, digest) in self.wanted.items():
            facts = self.current.facts(name)
            if facts is None:
                differing[zone] = [None, [], None]
            elif facts["digest"] != digest or name in self.edited or zone in shared:
                written = facts["digest"] if name not in self.edited else None
                differing[zone] = [written, [facts["serial"], facts["issued"], *self._serial_on_disk(name)], self._weight(name)]
            else:
                continue
            ask.append(zone)
        own_content = {}
        if ask and self.software.running():
            # Somebody else may have moved the serial, or served the zone before this collection did.
            serials = served_serials.serials(self.payload["address"], ask)
            for zone, serial in serials.items():
                differing[zone][1].append(serial)
            own_content = self.software.own_content([zone for zone in serials if differing[zone][2] is None])
        return {
            "differing": {"zones": differing, "time": now},
            "agrees": not differing and not self._result(self._changes(), [], False)["changed"],
            "own_content": own_content,
            "left_out": sorted(self._left_out()),
            "served": len(served),
            "tsig_generations": self.current.notes.get("tsig_generations", []),
            "removed": sorted(served - self.payload["zones"].keys() - self.payload["secondary"].keys()),
            "edited": sorted(self.edited),
        }

    def _left_out(self):
        """Zones that the host would no longer serve because they were in the first file of somebody else, which is about to be replaced."""
        text = self._entry_text()
        if text is None or _OURS in text:
            return set()
        return self.software.left_out(self.payload["config"], [*self.payload["zones"], *self.payload["secondary"]])

    def _weight(self, name):
        """What a zone would lose, for the guard against losing much: its number of records and its apex name servers."""
        records = _records(self.current.read(name))
        return [len(records), sorted(line.split(" ", 3)[3] for line in records if line.startswith("@ ") and line.split(" ", 3)[2] == "NS")]

    def _serial_on_disk(self, name):
        if name not in self.edited:
            return []
        found = _SOA.search(self.current.read(name) or "")
        return [int(found.group(1)) % 2**32] if found else []

    def preview(self):
        """What L(apply) would return."""
        changes = self._changes()
        return self._result(changes, self._diff(changes), reloaded=False)

    def _changes(self):
        removed = [name for name in self.current.files if name.startswith(_ZONES + "/") and name not in self.wanted and name not in self.kept]
        config = [name for name, text in self.payload["config"].items() if name in self.edited or self.current.read(name) != text]
        known = self.current.notes.get("secondary", {})
        return {
            "zones": self.payload["texts"],
            "removed": removed,
            "config": config,
            "entry": self._entry_text() != self.payload["entry"],
            "secondary_removed": {zone: name for zone, name in known.items() if zone not in self.payload["secondary"]},
        }

    def _entry_text(self):
        try:
            with open(self.layout["config_file"], encoding="utf-8", errors="surrogateescape") as stream:
                return stream.read()
        except OSError:
            return None

    def _result(self, changes, diff, reloaded):
        removed = [self.current.facts(name)["zone"] for name in changes["removed"]]
        return {
            "changed": bool(changes["zones"] or removed or changes["config"] or changes["entry"] or self.generations.pending),
            "zones_changed": {zone: serial for zone, (serial, _text) in changes["zones"].items()},
            "zones_removed": sorted([*removed, *changes["secondary_removed"]]),
            "edited": sorted(self.edited),
            "reloaded": reloaded,
            "diff": diff,
        }

    # -- showing ------------------------------------------------------------------------------------------------------

    def _diff(self, changes):
        diff = [self._zone_diff(zone, text) for zone, (_serial, text) in sorted(changes["zones"].items())[:_SHOWN_ZONES]]
        diff += [{"prepared": "zone {}: removed with its file".format(self.current.facts(name)["zone"])} for name in changes["removed"][:_SHOWN_ZONES]]
        for kind in ("zones", "removed"):
            if len(changes[kind]) > _SHOWN_ZONES:
                diff.append({"prepared": f"… and {len(changes[kind]) - _SHOWN_ZONES} more zones {'changed' if kind == 'zones' else kind}"})
        for name in changes["config"]:
            if name in self.payload["secret"]:
                diff.append({"prepared": f"{os.path.join(self.generations.link, name)}: keys, which are not shown"})
                continue
            diff.append(_file_diff(os.path.join(self.generations.link, name), self.current.read(name), self.payload["config"][name]))
        if changes["entry"]:
            diff.append(_file_diff(self.layout["config_file"], self._entry_text(), self.payload["entry"]))
        return diff

    def _zone_diff(self, zone, text):
        name = os.path.join(_ZONES, self.payload["zones"][zone][0])
        before, after = _records(self.current.read(name)), _records(text)
        lines = ["- " + line for line in before if line not in after] + ["+ " + line for line in after if line not in before]
        left_out = len(lines) - _SHOWN_RECORDS
        if left_out > 0:
            lines = [*lines[:_SHOWN_RECORDS], f"… and {left_out} more records"]
        head = "zone {}{}".format(zone, ", which was edited by hand" if name in self.edited else "" if before else ", new")
        return {"prepared": "\n".join([head, *lines])}

    # -- changing -----------------------------------------------------------------------------------------------------

    def apply(self, move):
        """Stage, check, swap, let the server take it; all of it or nothing. move: the module's atomic_move. Raises Refused."""
        with self.generations:
            self._look_again()
            changes = self._changes()
            result = self._result(changes, self._diff(changes), reloaded=False)
            if not result["changed"]:
                return result
            staged = self._stage(changes)
            try:
                self.software.check(staged, self.generations.link, list(changes["zones"]))
            except Refused:
                self.generations.discard(staged)
                raise
            result["reloaded"] = self._switch(staged, changes, move)
            self.software.forget_secondary(staged.notes["forget"])
            if staged.notes.pop("forget"):
                staged.save()
            if self.current.files:
                self.generations.discard(self.current)
            self.generations.pending = False
            return result

    def _look_again(self):
        """Under the lock: what another run changed after this one looked is a reason to start anew, not to undo it."""
        seen = self.current.files
        self._look()
        if self.current.files != seen:
            raise Refused("another run changed this host's name server in between; run again")

    def _stage(self, changes):
        staged = self.generations.stage((_ZONES,))
        group = self.generations.group
        try:
            for name, (zone, digest) in self.wanted.items():
                if zone in changes["zones"]:
                    serial, text = changes["zones"][zone]
                    staged.add(name, text, {"zone": zone, "digest": digest, "serial": serial, "issued": serial}, group)
                elif self.current.facts(name) is not None:
                    staged.share(self.current, name)
                else:
                    raise Refused(f"zone {zone} is new on this host, but its text was not sent; pass what state: compared found on this host")
            for name in self.kept:
                staged.share(self.current, name)
            for name, text in self.payload["config"].items():
                if name in changes["config"]:
                    staged.add(name, text, None, group)
                else:
                    staged.share(self.current, name)
        except (OSError, Refused):
            self.generations.discard(staged)
            raise
        # What a run that is killed before the end left to forget is the next one's to do.
        forget = dict(self.current.notes.get("forget", {}), **changes["secondary_removed"])
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
        changed = list(zones_of(staged)) if interrupted else list(changes["zones"])
        files = {*(self.payload["config"] if interrupted else changes["config"]), *([ENTRY] if interrupted or changes["entry"] else [])}
        entry_before = self._entry_text()
        self.generations.pending = running
        self.generations.swap(staged)
        try:
            if changes["entry"]:
                self._keep_original(entry_before)
                self._write_entry(self.payload["entry"], move)
            self.software.store(staged)
            if running:
                self.software.take(files, changed)
                self.software.refresh(self._transferred_otherwise(staged, changes))
                self._wait_until_served(changes["zones"], self._gone(changes))
        except (Refused, OSError):
            self._roll_back(staged, changes, entry_before, files if running else None, move)
            raise
        return running

    def _transferred_otherwise(self, staged, changes):
        """Zones that this host goes on transferring, but with other settings: what it asked for with the old ones may have been refused."""
        found = set()
        for name in changes["config"]:
            before, after = (blocks.split(generation.read(name) or "")[1] for generation in (self.current, staged))
            found.update(block for (kind, block), text in after.items() if kind == "zone" and before.get((kind, block), text) != text)
        return sorted(found & set(self.payload["secondary"]))

    def _gone(self, changes):
        """Zones that this host serves in no role any more."""
        gone = [self.current.facts(name)["zone"] for name in changes["removed"]] + list(changes["secondary_removed"])
        return [zone for zone in gone if zone not in self.payload["secondary"] and zone not in self.payload["zones"]]

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
        while gone and time.monotonic() < deadline and served_serials.serials(self.payload["address"], gone[:_SHOWN_ZONES], timeout=2):
            time.sleep(0.05)

    def _roll_back(self, staged, changes, entry_before, files, move):
        """The old generation, the old first file, and the old data in the server. Serials that were out are never used again.

        files: what a running server has to read again, None if none runs.
        """
        if changes["entry"] and entry_before is not None:
            self._write_entry(entry_before, move)
        elif changes["entry"] and self._entry_text() is not None:
            os.unlink(self.layout["config_file"])
        if self.current.files:
            for zone, (serial, _text) in changes["zones"].items():
                facts = self.current.facts(os.path.join(_ZONES, self.payload["zones"][zone][0]))
                if facts:
                    facts["issued"] = serial
            self.generations.swap(self.current)
            for name in changes["zones"]:
                path = os.path.join(self.current.path, _ZONES, self.payload["zones"][name][0])
                if os.path.exists(path):
                    os.utime(path)  # or the server takes the older file for the one it has
        else:
            os.unlink(self.generations.link)
        with contextlib.suppress(Refused):  # the first refusal is the one to tell
            self.software.store(self.current)
            if files is not None:
                self.software.take(files, [zone for zone in zones_of(self.current) if zone in changes["zones"]])
        self.generations.discard(staged)
        self.generations.pending = False

    def _keep_original(self, text):
        """The configuration that was there before this collection, kept once beside it."""
        path = self.layout["config_file"] + ".before-authoritative-dns"
        if text is not None and _OURS not in text and not os.path.exists(path):
            shutil.copy2(self.layout["config_file"], path)
            os.chown(path, 0, self.generations.group)

    def _write_entry(self, text, move):
        target = self.layout["config_file"]
        descriptor, path = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".authoritative-dns-")
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape") as stream:
            stream.write(text)
            os.fchown(stream.fileno(), 0, self.generations.group)
            os.fchmod(stream.fileno(), 0o640)
        move(path, target)
        os.chown(target, 0, self.generations.group)
        os.chmod(target, 0o640)


def zones_of(generation):
    return [entry[3]["zone"] for entry in generation.files.values() if entry[3]]


def _records(text):
    """The records of a zone file as this collection writes it, one a line, without class; {line: None} keeps their order."""
    lines = (line for line in (text or "").splitlines() if line and not line.startswith((";", "$")))
    return {line.replace(" IN ", " ", 1): None for line in lines}


def _file_diff(path, before, after):
    return {"before_header": path, "after_header": path, "before": before or "", "after": after}
