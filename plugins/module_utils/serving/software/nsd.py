# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a running NSD takes a new generation with the least disturbance (nsd-control(8))."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import time

from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.serving import blocks, zone_links
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software import nsd_zones
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.common import ENTRY, Holding, Software, settings, weight_of, zones_named

_RESTART = {"nsd.conf", "local.conf", ENTRY}  # what nsd reads only when it starts, such as its addresses
_CONFIGURATION = ("nsd.conf", "keys.conf", "zones.conf")
_STAMP = re.compile(r"^\[[^]]*\] \S+\[\d+\]: ")  # time and process before a line of nsd-checkzone
_BROKEN = re.compile(r" \(\n\s+(.*) \)$", re.MULTILINE)  # as nsd-checkzone prints the SOA record
_ADDED = re.compile(r"add (\S+) \S")  # a line of its zonelistfile
_CONSUMER = "catalog: consumer"
_WRITTEN = 5.0  # seconds for a zone to be written
_SERVED = 5.0  # seconds for a zone that was transferred to be served
_RELOADED = 2.0  # seconds; what it transferred it serves after one (xfrd-reload-timeout)
_SERVED_A_SECOND = 20000  # zones, of all that it has, with which it begins anew to serve what it transferred
_ROUNDS = 20
_ONE_BY_ONE = 50  # above this many zones one command about all of them, as a reload, which looks at every file's time, is cheaper


class NSD(Software):
    """nsd, and nsd-control to command it."""

    name = "NSD"
    checkers = ("nsd-checkconf", "nsd-checkzone")
    configured_twice = re.compile(r"^(\S+):(\d+): error: zone (\S+?)\.? cannot be created because implicit pattern")
    daemon = "nsd"
    status = ("nsd-control", "status")
    # Started, it waits for the timer that its notes (xfrd.state) have of a zone that it was asking for when it was stopped (4.6, 4.12).
    asks_for_what_it_lacks = False
    always_commanded = False  # a configuration that is not this collection's is replaced by a restart

    def control_options(self):
        return ["-c", self.layout["config_file"]]

    def unknown(self, zones):
        known = self._status(zones)
        return [zone for zone in zones if zone not in known]

    def _status(self, zones):
        """{zone: what it is told of it, see L(nsd_zones.status)}, of those of these zones that nsd knows, and of others where these are many."""
        asked = [[zone] for zone in zones] if len(zones) <= _ONE_BY_ONE else [[]]
        return nsd_zones.status("".join(self.run([self.find("nsd-control"), *self.control_options(), "zonestatus", *zone])[1] for zone in asked))

    def held(self, zones, answered, lost=False, plain=False):
        """What is in the files of zones that the configuration in place has, as "nsd-checkzone -p" reads them."""
        if lost or not zones:
            return {}
        files, patterns = self._files()
        patterns_of = {zone: facts.get("pattern", "").lower() for zone, facts in self._status([zone for zone in zones if zone not in files]).items()}
        directory, held = self._option("zonesdir"), {}
        for zone in zones:
            path = files.get(zone) or nsd_zones.file_name(patterns.get(patterns_of.get(zone), ""), zone)
            path = os.path.join(directory, path) if path else ""
            if path and zone in answered:
                self._write(zone, path)
            code, out, _err = self.run_checker([self.find("nsd-checkzone"), "-p", zone, path], directory or "/") if path else (1, "", "")
            if not code:
                rows = list(_rows(out))
                signed, text = any(row.split(" ", 4)[3] == "DNSKEY" for row in rows) and not self._transfers(zone), "\n".join(rows)
                held[zone] = Holding("signed" if signed else None, (), weight_of(text, zone), text)
            elif zone in answered:
                raise Refused(f"zone {zone} is served already, and what the server has of it cannot be told: its file {path or 'is not in the configuration'}")
        return held

    def _transfers(self, zone):
        return nsd_zones.transferred(self._status([zone]).get(zone, {}))

    def _files(self):
        """({zone: its file}, {pattern: that of its zones}) as nsd.conf has them, with what it includes and the patterns of zones filled in."""
        program = self.find("nsd-checkconf")
        code, out, _err = self.run_checker([program, "-v", self.layout["config_file"]]) if program else (1, "", "")
        if code:  # what can be read of one that nsd does not take any more
            return nsd_zones.filled(*(settings(self.layout["config_file"], clause, "name", "zonefile") for clause in ("zone", "pattern")))
        return nsd_zones.files(out)

    def _write(self, zone, path):
        """Have nsd write a zone now that it transferred a moment ago and would write in the next one."""
        if not os.path.exists(path) and not self.run([self.find("nsd-control"), *self.control_options(), "write", zone])[0]:
            deadline = time.monotonic() + _WRITTEN
            while not os.path.exists(path) and time.monotonic() < deadline:
                time.sleep(0.1)

    def check(self, generation, current, changed_zones, entry):
        """Let NSD's own checkers read the configuration, where it changed, and the zones that changed. Raises Refused."""
        changed_zones = set(changed_zones)
        configuration, zone = (self.find(name) for name in ("nsd-checkconf", "nsd-checkzone"))
        files = [*_CONFIGURATION, *(["local.conf"] if generation.read("local.conf") is not None else [])]
        if not (changed_zones and self.in_place(generation, current, files, entry)):
            with self.copies(generation, current, (ENTRY, *_CONFIGURATION), {ENTRY: entry}) as paths:
                self._check(configuration, [configuration, paths[0]], generation, current)
        if changed_zones:
            # nsd-checkzone takes one zone at a time, and there may be thousands.
            changed = {entry[3]["zone"]: os.path.join(generation.path, name) for name, entry in generation.files.items() if entry[3]}
            text = "".join(f'"{zone}" "{path}"\n' for zone, path in changed.items() if zone in changed_zones)
            listed = generation.write("check-list", text)
            command = [self.find("xargs"), "-a", listed, "-n", "2", "-P", str(os.cpu_count() or 1), zone]
            self._check(zone, command, generation, current)
            os.unlink(listed)

    def _check(self, program, command, generation, current):
        code, out, err = self.run_checker(command)
        if code:
            words = [_STAMP.sub("", line) for line in self.words(out + err, generation, current) if not line.endswith(" is ok")]
            raise Refused("{} refuses it: {}".format(os.path.basename(program), "; ".join(words[:20])))

    def take(self, changed_files, changed_zones):
        """Make the running server read what is current now. Raises Refused."""
        if _RESTART.intersection(changed_files):
            self._begin_anew()
            return
        if changed_files:
            self._control("reconfig")
            if self._listed_too():
                self._begin_anew()
        if len(changed_zones) > _ONE_BY_ONE:
            self._control("reload")
        else:
            for zone in changed_zones:
                self._control("reload", zone)

    def _begin_anew(self):
        """Restart it, until it takes commands, which may be a moment after systemd takes it for running."""
        self.restart()
        self.unheard()

    def _listed_too(self):
        """Whether a zone that has a clause is still one that a catalog lists, or was a moment ago: nsd ignored the clause then, and reads it when it starts."""
        path = os.path.join(self.layout["state_directory"], "current", "zones.conf")
        with open(path, encoding="utf-8") as stream:
            text = stream.read()
        if _CONSUMER not in text:
            return False
        declared = [zone for kind, zone in blocks.split(text)[1] if kind == "zone"]
        told = self._status(declared)
        return any(zone not in told or "catalog-member-id" in told[zone] for zone in declared)

    def check_original(self, path, files):
        code, out, err = self.run_checker([self.find("nsd-checkconf"), path])
        if code:
            raise Refused(f"nsd-checkconf refuses {path}: " + "; ".join((err or out).splitlines()[:20]))
        directory = self.run_checker([self.find("nsd-checkconf"), "-o", "zonesdir", path])[1].strip() or "/"
        program = self.find("nsd-checkzone")
        return [zone for zone, file in files.items() if file and self.run_checker([program, zone, file], directory)[0]]

    def take_original(self):
        """Without its notes, which it writes when it stops: into nothing, this time. It would wait for the timers of zones that it has in no file any more."""
        self.forget_notes(os.devnull)
        try:
            self.restart()
        finally:
            self.forget_notes()

    def forget_notes(self, instead=None):
        """See L(Software.forget_notes). instead: where a link in their place leads to."""
        path = self._option("xfrdfile")
        if path:
            self.call_as_server(_forget, os.path.join(self._option("zonesdir") or "/", path), instead)

    def refresh(self, zones):
        """Have nsd ask the primaries of these zones, or of all if these are many (nsd-control(8))."""
        before = self._believed(zones)
        for zone in [[zone] for zone in zones] if len(zones) <= _ONE_BY_ONE else [[]]:
            self.run([self.find("nsd-control"), *self.control_options(), "transfer", *zone])
        # That asked for what is newer than the note.
        believed = sorted(self._still_believed(zones, before)) if before else []
        for zone in [[zone] for zone in believed] if len(believed) <= _ONE_BY_ONE else [[]]:
            self.run([self.find("nsd-control"), *self.control_options(), "force_transfer", *zone])

    def _still_believed(self, zones, believed):
        """Those of believed that stay it, while what nsd transferred a moment ago comes to be served, in time that is in proportion to the number of zones."""
        for _round in range(_ROUNDS):
            time.sleep(_RELOADED + len(zones) / _SERVED_A_SECOND)
            still = believed & self._believed(zones)
            if not still or still == believed:
                return still
            believed = still
        return believed

    def _believed(self, zones):
        """Those that nsd notes to have in another version than it serves, as 4.6 does when it is started with an older file.

        Without catalogs, of whose members it adds none where it transfers them twice at once (4.12).
        """
        return {zone for zone, facts in self._status(zones).items() if nsd_zones.waits_to_serve(facts) and not nsd_zones.consumed(facts)}

    def consume(self, catalogs):
        """Have nsd read catalogs anew, for members that it ignored while the configuration had them too."""
        for catalog in catalogs:
            if self._serves_what_it_has(catalog):
                self._control("force_transfer", catalog)

    def _serves_what_it_has(self, catalog):
        """Whether nsd serves what it transferred of a catalog, now or soon. Until then it will read it, but not after a second transfer (4.12)."""
        deadline = time.monotonic() + _SERVED
        while True:
            facts = self._status([catalog]).get(catalog, {})
            if not nsd_zones.waits_to_serve(facts):
                return "served-serial" in facts
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)

    def _control(self, *arguments):
        code, out, err = self.run([self.find("nsd-control"), "-c", self.layout["config_file"], *arguments])
        if code:
            raise Refused("nsd-control {} fails: {}".format(" ".join(arguments), (err or out).strip()))

    def listed(self):
        return zones_named(self.layout["config_file"], "name")

    def left_out(self, config, declared):
        """What nsd.conf names, and what "nsd-control addzone" once added to it, without what stays in the administrator's files."""
        zones = self.listed()
        if "local.conf" in config:
            with tempfile.NamedTemporaryFile("w", encoding="utf-8", prefix="authoritative-dns-") as stream:
                stream.write(config["local.conf"])
                stream.flush()
                zones -= zones_named(stream.name, "name")
        else:
            zones -= zones_named(self.layout["local_config"], "name")
        return (zones | self._given()) - set(declared)

    def _given(self):
        """What "nsd-control addzone" added, in the file that nsd.conf names for that. Without nsd-checkconf NSD is not installed, and serves nothing."""
        program, path = self.find("nsd-checkconf"), self.layout["config_file"]
        if not program or not os.path.exists(path):
            return set()
        code, out, err = self.run_checker([program, "-o", "zonelistfile", path])
        if code:
            words = "; ".join((out + err).splitlines()[:20])
            raise Refused(f"which zones were added by command to {path}, and this run would no longer serve, cannot be told: {words}; mend it, or move it away")
        return set(self.call_as_server(_added, out.strip()))

    def _option(self, name):
        """What an option of the clause "server" says, or is without it; nothing where nsd-checkconf is not installed."""
        program = self.find("nsd-checkconf")
        return self.run_checker([program, "-o", name, self.layout["config_file"]])[1].strip() if program else ""

    def make_ready(self, generation, zones):
        names = self._linked(generation)
        if names:
            texts = os.path.join(self.layout["state_directory"], "current", zone_links.ZONES)
            self.call_as_server(zone_links.link, self.layout["differences_directory"], texts, names)

    def tidy(self, generation):
        directory = self.layout["differences_directory"]
        if os.path.isdir(directory):
            self.call_as_server(zone_links.keep, directory, self._linked(generation), [".ixfr"])

    def _linked(self, generation):
        """The files of zones of which nsd makes differences: those that are there are of no other text than the one that it has read."""
        directory = re.escape(self.layout["differences_directory"])
        return re.findall(rf'^\tzonefile: "{directory}/([^"]*)"$', generation.read("zones.conf") or "", re.M)

    def forget_secondary(self, zones):
        """Remove the files of zones that this host no longer transfers; nsd dropped its own notes about them with the zones."""
        self.remove_as_server(self.copies_directory, [name + suffix for name in zones.values() for suffix in ("", ".ixfr")])


def _forget(path, instead):
    with contextlib.suppress(OSError):  # what it does not let go stays its own affair
        if os.path.lexists(path):
            os.unlink(path)
        if instead:
            os.symlink(instead, path)


def _rows(text):
    """Records as "nsd-checkzone -p" prints them, each in full: it leaves out what is as in the line before, and breaks some in two."""
    origin = owner = ""
    for line in _BROKEN.sub(r" \1", text).splitlines():
        fields = line.split("\t", 4)
        if line.startswith("$ORIGIN "):
            origin = line.split()[1]
        elif len(fields) > 3 and fields[2] == "IN":
            owner = fields[0] or owner
            absolute = owner if owner.endswith(".") else f"{owner}.{origin}".replace("..", ".")
            yield " ".join([absolute, fields[1], "IN", *fields[3:]])


def _added(path):
    """Zones in nsd's zonelistfile, which is nsd's own; as a file of another kind it has none."""
    if not os.path.isfile(path):
        return []
    with open(path, encoding="utf-8", errors="replace") as stream:
        return [match.group(1).rstrip(".").lower() for match in map(_ADDED.match, stream) if match]
