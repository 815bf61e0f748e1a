# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way back: the configuration that a host had before this collection's, in its place again and served."""

from __future__ import annotations

import contextlib
import os
import time

from ansible_collections.authoritative.dns.plugins.module_utils.common import serial_numbers
from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.common.hidden_secrets import without_secrets
from ansible_collections.authoritative.dns.plugins.module_utils.common.zone_names import domain_of, view_of, zone_name
from ansible_collections.authoritative.dns.plugins.module_utils.reading import soa
from ansible_collections.authoritative.dns.plugins.module_utils.releasing import zone_files
from ansible_collections.authoritative.dns.plugins.module_utils.serving import copies, listeners, served_serials
from ansible_collections.authoritative.dns.plugins.module_utils.serving.difference import file_difference, told
from ansible_collections.authoritative.dns.plugins.module_utils.serving.entry_file import EntryFile
from ansible_collections.authoritative.dns.plugins.module_utils.serving.generations import Generations
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.common import ENTRY

_PRIMARY = ("primary", "master")
_SERVED = (*_PRIMARY, "secondary", "slave", "mirror")
_TOLD = 20  # faults of a kind
_AT_ONCE, _OCTETS_A_SECOND = 15.0, 200000.0  # seconds for a server to serve, and what a slow one loads in each one beyond them


class Release:
    """software: see L(Software); layout: where its files are; read: given a configuration's path, what the program would do with it, see L(reading).

    allow_loss: zones that may be lost, True for all. serials: C(refuse), C(raise) or C(keep) those of the old files that are behind.
    reached: a sentence about what a failure left, from what was seen.
    """

    reached = "Nothing was changed."

    def __init__(self, software, layout, read, allow_loss=(), serials="refuse", port=53):
        self.software = software
        self.layout = layout
        self.read = read
        self.allow_loss = allow_loss
        self.serials = serials
        self.port = port
        self.generations = Generations(layout["state_directory"], layout["group"], layout.get("previous_state_directory"))
        self.entry = EntryFile(layout["config_file"], self.generations)
        self.original = self.running = None

    # -- what there is, and what there would be -----------------------------------------------------------------------

    def needed(self):
        """Whether there is anything to go back to. Raises Refused where that cannot be."""
        self.original, text = self.entry.original(), self.entry.read()
        ours = text is not None and self.entry.is_ours()
        if self.original is None and ours:
            told = f"{self.entry.kept} is not there: no configuration of before was kept, because there was none, or somebody took it away"
            raise Refused(f"{told}; put one there, or stop {self.layout['service']}")
        if self.original is not None and text is not None and not ours and text != self.original[0]:
            told = f"{self.entry.path} is neither what this collection wrote nor {self.entry.kept}"
            raise Refused(f"{told}; somebody went another way already: remove the latter, which is then of no use")
        return self.original is not None

    def preview(self):
        """What L(apply) would return, once the program's own checker took it. Raises Refused."""
        return self._result(self._examined()) if self.needed() else self._result(None)

    def _examined(self):
        """What there was before, what there is now, and which zones are behind, as {zone: [serial in its file, newest that was given out]}. Raises Refused."""
        self.running = self.software.running()
        lacking = self.software.without()
        if lacking:
            raise Refused("without {} nothing can be checked; install it first".format(" and ".join(lacking)))
        current = self.generations.current()
        given = _given_out(current)
        signed = self.software.signed({name: current.read(name) for name in current.files if not current.facts(name)})
        if self.running:
            for zone, serial in self._answered(given).items():
                given[zone] = serial_numbers.newest([*filter(None, [given[zone]]), serial])
        now = {*(zone for zone in given if zone not in current.notes.get("removed", {})), *current.notes.get("secondary", {})}
        configured = _served(self.read(self.layout["config_file"], False)["zones"]) if current.files else ()
        now |= {zone for zone in configured if domain_of(zone) not in now}  # what all views share is in one of them
        now = {zone for zone in now if domain_of(zone) not in self.software.brought}
        with self._readable(self.entry.kept) as path:
            facts = self.read(path, True)
            before = _served(facts["zones"])
            unreadable = self.software.check_original(path, {zone: told["file"] for zone, told in before.items() if told["type"] in _PRIMARY})
        unreadable = [zone for zone in before if zone in unreadable or domain_of(zone) in unreadable]
        behind = self._behind(before, facts["contents"], given)
        own = [zone for zone, told in before.items() if told["type"] in _PRIMARY]  # a copy that is not there is transferred again
        self._refuse_losses(now, before, [*unreadable, *(zone for zone in own if "wrong" in facts["contents"].get(zone, ()))], signed)
        self._refuse_serials(behind, before, facts["contents"])
        transferred = [zone for zone in now if zone in before and before[zone]["type"] not in _PRIMARY]
        return {
            "before": before,
            "now": now,
            "contents": facts["contents"],
            "behind": behind,
            "copies": list(self._answered(transferred)) if self.running else [],
        }

    @contextlib.contextmanager
    def _readable(self, path):
        """A path under which the program's tools take the configuration, for those that are told a directory and not a file."""
        if not self.software.told_a_directory:
            yield path
            return
        with self.generations.aside() as place:
            link = os.path.join(place.path, os.path.basename(self.layout["config_file"]))
            os.symlink(path, link)
            yield link

    @staticmethod
    def _behind(before, contents, given):
        """An old copy's primary may itself be behind, which is its own host's affair; so these are of zones that the host is primary for."""
        found, related = {}, {}
        for zone in given:
            related.setdefault(domain_of(zone), []).append(zone)
        for zone, facts in before.items():
            serial = soa.serial_in(contents.get(zone, {}).get("text", ""))
            known = serial_numbers.newest([given[other] for other in related.get(domain_of(zone), ()) if _same(zone, other)])
            if facts["type"] in _PRIMARY and serial and known is not None and serial_numbers.newer(known, serial[0]):
                found[zone] = [serial[0], known]
        return found

    def _refuse_losses(self, now, before, unreadable, signed):
        known = {name for zone in before for name in (zone, domain_of(zone))}
        found = {zone: f"is served now, and is not in {self.entry.kept}" for zone in now if zone not in known and domain_of(zone) not in before}
        found.update({zone: "is served now, and its content of before cannot be read by the server" for zone in unreadable if zone in now and zone in before})
        bare = "is signed now, and would not be: take its DS out of the zone above, and wait for its TTL, first"
        found.update({zone: bare for zone in signed if zone in before and not before[zone]["signed"]})
        said = sorted(f"zone {zone} {why}" for zone, why in found.items() if not self._may_be_lost(zone))
        if said:
            raise Refused(_first(said) + "; name in release_allow_loss what may be lost")

    def _may_be_lost(self, zone):
        return self.allow_loss is True or zone in self.allow_loss

    def _refuse_serials(self, behind, before, contents):
        if self.serials == "keep" or not behind:
            return
        if self.serials == "raise":
            said = [
                f"zone {zone}: no serial can be written into {before[zone]['file']}, because it is a link, is raw, has a journal, or includes its SOA record"
                for zone in behind
                if before[zone]["file"]
                and not (contents[zone]["as_it_is"] and soa.serial_in(contents[zone]["text"]) and not os.path.islink(before[zone]["file"]))
            ]
            hint = "raise it by hand, or say release_serials: keep"
        else:
            said = [f"zone {zone} had serial {old} before, and {new} was given out since" for zone, (old, new) in sorted(behind.items())]
            hint = (
                "its secondaries would keep what they have; say release_serials: raise, which writes the serial that follows into the old file and leaves "
                "the rest of it alone, or keep, and have each secondary forget its copy"
            )
        if said:
            raise Refused(f"{_first(said)}; {hint}")

    def _result(self, found, reloaded=False):
        raised = {zone: serial_numbers.following(new) for zone, (_old, new) in found["behind"].items()} if found and self.serials == "raise" else {}
        diff = []
        if found:
            diff = [file_difference(self.entry.path, self.entry.read(), without_secrets(self.original[0]))]
            diff += [
                told(f"zone {zone}: serial {old} in {found['before'][zone]['file'] or 'the database'}, {new} given out: {raised.get(zone, 'kept')}")
                for zone, (old, new) in sorted(found["behind"].items())[:50]
            ]
        return {
            "changed": bool(found),
            "serials_raised": raised,
            "zones_behind": sorted(zone for zone in found["behind"] if zone not in raised) if found else [],
            "zones_lost": sorted(found["now"] - {*found["before"]}) if found else [],
            "zones_awaited": [],
            "reloaded": reloaded,
            "diff": diff,
        }

    # -- going back ---------------------------------------------------------------------------------------------------

    def apply(self, move):
        """Check, put back, let the server take it; all of it or nothing. move: the module's atomic_move. Raises Refused."""
        if not self.needed():
            return self._result(None)
        with self.generations:
            if not self.needed():
                return self._result(None)  # another run did it meanwhile
            found = self._examined()
            self.entry.prepare()
            result = self._result(found, bool(self.running))
            self._switch(found, result["serials_raised"], move)
            self.reached = "The configuration of before is in its place{}.".format(", and the server took it" if self.running else "")
            self.generations.forget()
            self.entry.forget_original()
            if self.running:
                result["zones_awaited"] = sorted(copies.bring_back(self.software, self._answered, found["copies"]))
            return result

    def _switch(self, found, raised, move):
        entry_before, written = self.entry.found(), []
        self.generations.pending = bool(self.running)
        try:
            self.entry.put_back(self.original, move)
            for zone, serial in raised.items():
                self._write_serial(found, zone, serial)
                written.append(zone)
            if self.running:
                self.software.take_original()
                self._wait_until_served(found, raised)
            else:
                self.software.forget_notes()
        except (Refused, OSError):
            self.reached = "What was there could not be put back; run again, or run authoritative.dns.site."
            for zone in written:
                self._write_serial(found, zone, found["behind"][zone][0])
            self.entry.put_back(entry_before, move)
            if self.running:
                self.software.take_again({ENTRY}, [])
                if self.software.restarted:
                    self.software.refresh(list(found["copies"]))
            self.generations.pending = False
            self.reached = "What this collection wrote is in its place again{}.".format(", and the server took it" if self.running else "")
            raise

    def _write_serial(self, found, zone, serial):
        path = found["before"][zone]["file"]
        if path is None:
            self.software.write_serial(zone, found["contents"][zone]["text"], serial)
        else:
            zone_files.replace(path, soa.with_serial(found["contents"][zone]["text"], serial), self.software)

    def _wait_until_served(self, found, raised):
        """Until the server answers for zones that it served until now, with the serials of their files. Raises Refused."""
        expected = {}
        for zone in found["now"] & {*found["before"]}:
            facts, serial = found["before"][zone], soa.serial_in(found["contents"].get(zone, {}).get("text", ""))
            if facts["type"] in _PRIMARY and serial and not self._may_be_lost(zone):
                expected[zone] = None if facts["dynamic"] or facts["signed"] else raised.get(zone, serial[0])
        answered, octets = {}, sum(len(found["contents"][zone]["text"]) for zone in expected)
        deadline = time.monotonic() + _AT_ONCE + octets / _OCTETS_A_SECOND
        while expected and time.monotonic() < deadline:
            answered = self._answered(expected)
            expected = {zone: serial for zone, serial in expected.items() if zone not in answered or serial not in (None, answered[zone])}
            if expected:
                time.sleep(0.1)
        other = [f"{zone} under the serial {answered[zone]}, and not {expected[zone]}" for zone in sorted(expected) if zone in answered]
        if other:
            raise Refused("with its configuration of before the server serves {}; its log says why".format(", ".join(other[:10])))
        # Of what this host may not ask for, the server says whether it has it.
        missing = self.software.unknown(sorted(expected)) if expected else []
        if missing:
            raise Refused("with its configuration of before the server does not serve {}; its log says why".format(", ".join(missing[:10])))

    def _answered(self, zones):
        """{zone: serial} from wherever this host takes questions, and of those in views what the server says."""
        found = self.software.serials_in_views([zone for zone in zones if view_of(zone)])
        found = {zone: serial for zone, serial in found.items() if serial is not None}
        for address in listeners.taking(self.port):
            waiting = [zone for zone in zones if zone not in found]
            if waiting:
                found.update(served_serials.serials(address, waiting, served_serials.seconds_to_ask(waiting), self.port))
        return found


def _served(zones):
    """Those that a server has as a primary or a secondary, by name and view."""
    return {zone_name(zone["name"], zone["view"]): zone for zone in zones if zone["type"] in _SERVED}


def _same(zone, other):
    """Whether both names of a domain are of one zone, which may be in all views for the one, and for the other in each of them."""
    return zone == other or None in (view_of(zone), view_of(other))


def _first(said):
    return "; ".join([*said[:_TOLD], *([f"and {len(said) - _TOLD} more"] if said[_TOLD:] else [])])


def _given_out(generation):
    """{zone: newest serial} of what this host is, or was, primary for."""
    given = dict(generation.notes.get("removed", {}))
    for _sum, _size, _time, facts in generation.files.values():
        if facts:
            given[facts["zone"]] = serial_numbers.newest([facts["serial"], facts["issued"]])
    return given
