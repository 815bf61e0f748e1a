# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a running Knot DNS takes a new generation with the least disturbance (knotc(8))."""

from __future__ import annotations

import os
import re
import tempfile
import time

from ansible_collections.authoritative.dns.plugins.module_utils.common import serial_numbers
from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.common.zone_files import zone_file_name
from ansible_collections.authoritative.dns.plugins.module_utils.serving import blocks
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software import knot_items, knot_keys, knot_signing
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.common import ENTRY, Holding, Software, given, weight_of, zones_named

_RESTART = {"knot.conf", "local.conf", ENTRY}  # what knotd reads only when it starts, such as its addresses
_CONFIGURATION = ("knot.conf", "keys.conf", "zones.conf")
_AT_ONCE = 1000  # zones named in one command


class Knot(Software):
    """knotd, and knotc to command it."""

    name = "Knot DNS"
    checkers = ("knotc",)
    configured_twice = re.compile(r"file '([^']+)', line (\d+), item 'domain', value '([^']+?)\.?' \(duplicate identifier\)")
    daemon = "knotd"
    config_options = ("-c", "--config")
    status = ("knotc", "status")
    tells_keys = True
    always_commanded = False  # a configuration that is not this collection's is replaced by a restart

    def __init__(self, run, find, layout):
        super().__init__(run, find, layout)
        self._began_anew = False
        self.one_by_one = knot_items.Items(self)

    def elsewhere(self, words):
        database = next((value for _option, value in given(words, ["-C", "--confdb"])), None)
        return f"with its configuration in {database}" if database else super().elsewhere(words)

    def control_options(self):
        """By the socket, where it is as configured: to learn of it from the configuration knotc reads all of it, every zone, for each command."""
        socket = os.path.join(self.layout["run_directory"], "knot.sock")
        return ["--socket", socket] if os.path.exists(socket) else ["--config", self.layout["config_file"]]

    def unknown(self, zones):
        program = self.find("knotc")
        return [zone for zone in zones if self.run([program, *self.control_options(), "zone-status", zone])[0]]

    def held(self, zones, answered, lost=False, plain=False):
        """What "knotc zone-read" gives of zones that the configuration in place has, whoever may ask the server for them."""
        if lost:
            return {}
        configured = zones_named(self.layout["config_file"], "domain")
        return {zone: self._holding(zone) for zone in zones if zone in configured or zone in answered}

    def _holding(self, zone):
        code, out, err = self.run([self.find("knotc"), *self.control_options(), "zone-read", zone])
        words = " ".join((err or out).split())
        if code and "no such zone" not in words and "zone file" not in words and "not loaded" not in words:
            raise Refused(f"zone {zone} is served already, and what the server has of it cannot be told: knotc zone-read says {words}")
        rows = [line.partition("] ")[2].split(None, 3) for line in out.splitlines()]
        text = "\n".join(f"{row[0]} {row[1]} IN {row[2]} {row[3]}" for row in rows if len(row) == 4)
        serials = [int(row[3].split()[2]) for row in rows if len(row) == 4 and row[2] == "SOA"]
        signed = any(len(row) == 4 and row[2] == "DNSKEY" for row in rows) and not self._transfers(zone)
        return Holding("signed" if signed else None, serials, weight_of(text, zone) if serials else None, text or None)

    def _transfers(self, zone):
        return "role: slave" in self.run([self.find("knotc"), *self.control_options(), "zone-status", zone, "+role"])[1]

    def check(self, generation, current, changed_zones, entry):
        """Let Knot DNS itself read the configuration, as far as knotd reads it again, and the zones that changed. Raises Refused."""
        files = [*_CONFIGURATION, *(["local.conf"] if generation.read("local.conf") is not None else [])]
        if not (changed_zones and self.in_place(generation, current, files, entry)):
            zones = self.one_by_one.prepare(generation, current, files, entry, generation.read("zones.conf"))
            self._check(generation, current, {ENTRY: entry, "zones.conf": zones}, "conf-check")
        rendered = generation.read("zones.conf") if changed_zones else ""
        for zones in _parts(changed_zones):  # with no others' configuration: knotc reads all that it is given each time
            self._check(generation, current, {ENTRY: entry, "zones.conf": blocks.choose(rendered, set(zones))}, "zone-check", *zones)

    def _check(self, generation, current, texts, *command):
        with self.copies(generation, current, (ENTRY, *_CONFIGURATION), texts) as paths:
            code, out, err = self.run_checker([self.find("knotc"), "--config", paths[0], *command])
            if code:
                words = self.words(out + err, generation, current)
                if any("listen-tls" in word or "'protocol'" in word for word in words):
                    words.append("to hand zones out over TLS, and in no other way, takes Knot DNS 3.4.1 or newer: leave tls out of them, or use bind here")
                raise Refused("knotc {} refuses it: {}".format(command[0], "; ".join([word for word in words if "warning" not in word][:20])))

    def take(self, changed_files, changed_zones):
        """Make the running server read what is current now. Raises Refused."""
        self._began_anew = bool(_RESTART.intersection(changed_files))
        if self._began_anew:
            self.restart()
        elif not changed_files or self.one_by_one.tell(changed_files) is not None:
            for zones in _parts(changed_zones):
                self.command("zone-reload", *zones)
        else:
            self.one_by_one.abort()
            self.command("reload")  # zone files that changed as well

    def check_original(self, path, files):
        program = self.find("knotc")
        code, out, err = self.run_checker([program, "--config", path, "conf-check"])
        if code:
            raise Refused(f"knotc conf-check refuses {path}: " + "; ".join((err or out).splitlines()[:20]))

        def refused(zones):
            """Which of these it does not take: all in one go, since each time it reads all of the configuration, and halves of what it refuses."""
            if not zones or not self.run_checker([program, "--config", path, "zone-check", *zones])[0]:
                return []
            half = len(zones) // 2
            return [*refused(zones[:half]), *refused(zones[half:])] if half else zones

        return [zone for zones in _parts(files) for zone in refused(zones)]

    def refresh(self, zones):
        """Have knotd ask the primaries of these zones (knotc(8), zone-refresh)."""
        for names in _parts(zones):
            self.run([self.find("knotc"), *self.control_options(), "zone-refresh", *names])

    def consume(self, catalogs):
        """Have knotd take members that it ignored while the configuration had them too: it never looks at them again by itself."""
        for names in _parts(catalogs):
            self.command("zone-retransfer", *names)

    def leave(self, catalogs, served):
        """Forget the members of those that are gone: knotd would serve them, and ignore them in other catalogs from its next start on.

        If this was such a start already, it takes another one. So it does where a catalog is an ordinary zone now: until then knotd (3.4)
        answers no question about it, as a consumer does.
        """
        for names in _parts(sorted({*catalogs} - {*served})):
            self.run([self.find("knotc"), "--config", self.layout["config_file"], "--force", "zone-purge", *names, "+orphan", "+catalog"])
        if served or self._began_anew:
            self.restart()

    def command(self, *arguments):
        """Have the running server carry out a command of knotc(8). Raises Refused."""
        code, out, err = self.run([self.find("knotc"), *self.control_options(), *arguments])
        if code:
            raise Refused("knotc {} fails: {}".format(" ".join(arguments[:20]), (err or out).strip()))

    def listed(self):
        return zones_named(self.layout["config_file"], "domain")

    def left_out(self, config, declared):
        """What knot.conf names and the administrator's file does not."""
        database = os.path.join(self.layout["storage"], "confdb")
        if os.path.exists(database):  # which knotd then reads instead of any file, see knotd(8)
            raise Refused(f"knotd has its configuration in {database}, and would read no file; look at it (knotc conf-export), and move it away")
        zones = self.listed() - set(declared)
        if "local.conf" not in config:
            return zones - zones_named(self.layout["local_config"], "domain")
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", prefix="authoritative-dns-") as stream:
            stream.write(config["local.conf"])
            stream.flush()
            return zones - zones_named(stream.name, "domain")

    # -- signing ------------------------------------------------------------------------------------------------------

    def signed(self, config):
        return knot_signing.policies(config)

    def only_newer(self, config):
        return knot_signing.from_differences(config)

    def loaded(self, serials):
        """A text whose serial is not newer than the one that is served: it got one beyond that, and so did what is served when knotd read it."""
        found = {}
        for zones in _parts(serials):
            _code, out, _err = self.run([self.find("knotc"), *self.control_options(), "zone-status", *zones])
            found.update(knot_signing.served(out))
        behind = {zone for zone, serial in found.items() if serials[zone] is not None and serial_numbers.newer(serials[zone], serial)}
        return {zone: serial if zone in behind or serials[zone] is None else serials[zone] for zone, serial in found.items()}

    def without_keys(self, files):
        if not files or not os.path.isdir(self._keys):
            return list(files)
        having = {_plain(line) for line in self._keymgr("-l").splitlines()}
        return [zone for zone in files if zone not in having]

    def ended(self, files):
        """Those of which knotd was told for long enough that they have no DS any more."""
        said, delays, policies, now = self._said(), knot_signing.delays(self._in_place()), self.signed(self._in_place()), time.time()
        over = []
        for zone, name in files.items():
            tags = knot_keys.signing_keys(self._keymgr("--json", zone, "list"), now) if policies.get(zone) == "insecure" else []
            since = [said.get(f"{name}.{tag}.{knot_keys.WITHDRAWN}", now) for tag in tags]
            if since and max(since) + delays.get("insecure", 0) <= now:
                over.append(zone)
        return over

    def keys(self, files):
        if not os.path.isdir(self._keys):
            return {zone: [] for zone in files}
        said, config, now = self._said(), self._in_place(), time.time()
        delays, policies = knot_signing.delays(config), self.signed(config)
        found = {}
        for zone, name in files.items():
            printed = self._keymgr("--json", zone, "list")
            dnskeys = {key: self._keymgr(zone, "dnskey", key) for key in knot_keys.identifiers(printed, now)}
            ending = policies.get(zone) == "insecure"
            what, least = (knot_keys.WITHDRAWN, 0) if ending else (knot_keys.PUBLISHED, now - delays.get(policies.get(zone), 0))
            tags = knot_keys.signing_keys(printed, now)
            waiting = {tag: what for tag in tags if said.get(f"{name}.{tag}.{what}", -1) > least}
            known = knot_signing.introductions(config).get(policies.get(zone), 0)
            found[zone] = knot_keys.keys(printed, dnskeys, ending, waiting, now, known)
        return found

    def tell_ds(self, zone, key_tag, what):
        """Of a DS that is published knotd is told when resolvers have forgotten the former one, so by who says it then once more."""
        name = f"{zone_file_name(zone)}.{key_tag}.{what}"
        config = self._in_place()
        delay = knot_signing.delays(config).get(self.signed(config).get(zone), 0)
        since = self._said().get(name)
        if what == knot_keys.PUBLISHED and since is not None and since + delay <= time.time():
            self.command("zone-ksk-submitted", zone)
            self.call_as_server(knot_keys.forget, self._sayings, [name])
        else:
            self.call_as_server(knot_keys.say, self._sayings, name)

    def roll(self, zone, key_tag):
        kinds = {key["key_tag"]: "ksk" if key["signs_keys"] else "zsk" for key in self.keys({zone: zone_file_name(zone)})[zone]}
        if key_tag not in kinds:
            raise Refused(f"{zone} has no key {key_tag}")
        if len(kinds) > len(set(kinds.values())):  # knotd would take the word, and do nothing
            there = ", ".join(map(str, kinds))
            raise Refused(f"{zone}: Knot DNS replaces one key after the other, and there are {there} now; begin when the former one is gone")
        self.command("--blocking", "zone-key-rollover", zone, kinds[key_tag])

    def make_ready(self, generation, zones):
        """Forget journals from the last time that zones were signed: what was served meanwhile is not in them, and knotd would refuse to go on there."""
        before = self.signed(self._in_place())
        begins = [zone for zone in self.signed({"zones.conf": generation.read("zones.conf")}) if zone not in before]
        for names in _parts(begins if begins and self.running() else []):
            for orphans in ([], ["+orphan"]):  # those that are configured, and those that are not yet
                self.run([self.find("knotc"), *self.control_options(), "--blocking", "--force", "zone-purge", *names, *orphans, "+journal"])

    def tidy(self, generation):
        policies = self.signed({"zones.conf": generation.read("zones.conf")})
        wanted = {zone_file_name(zone): knot_keys.WITHDRAWN if policy == "insecure" else knot_keys.PUBLISHED for zone, policy in policies.items()}
        left = [name for name in self._said() if wanted.get(name.rsplit(".", 2)[0]) != name.rpartition(".")[2]]
        if left:
            self.call_as_server(knot_keys.forget, self._sayings, left)

    def _said(self):
        return self.call_as_server(knot_keys.said, self._sayings) if os.path.isdir(self._sayings) else {}

    def _in_place(self):
        """The part of the configuration in place that says how zones are signed, {file name: text}."""
        try:
            with open(os.path.join(self.layout["state_directory"], "current", "zones.conf"), encoding="utf-8") as stream:
                return {"zones.conf": stream.read()}
        except FileNotFoundError:
            return {}

    @property
    def _sayings(self):
        return os.path.join(self.layout["storage"], "told")

    @property
    def _keys(self):
        return os.path.join(self.layout["storage"], "keys")

    def _keymgr(self, *arguments):
        """What keymgr says of the keys that knotd has, which may run or not; nothing of a key that knotd removed meanwhile. Raises Refused."""
        code, out, err = self.run_checker([self.find("keymgr"), "-D", self._keys, *arguments])
        if code and "key not found" in err:
            return ""
        if code:
            raise Refused("which keys the server has cannot be told: keymgr {} says {}".format(" ".join(arguments), " ".join((err or out).split())))
        return out

    def forget_secondary(self, zones):
        """Remove what knotd kept of zones that this host no longer transfers: file, journal and timers."""
        self.remove_as_server(self.copies_directory, list(zones.values()))
        if zones and self.running():  # only knotd itself can open its databases, where what is left takes space and no more
            for names in _parts(zones):
                self.run([self.find("knotc"), *self.control_options(), "--force", "zone-purge", *names, "+orphan", "+journal", "+timers"])


def _plain(name):
    return name.strip().rstrip(".").lower() or "."


def _parts(zones):
    zones = list(zones)
    return [zones[start : start + _AT_ONCE] for start in range(0, len(zones), _AT_ONCE)]
