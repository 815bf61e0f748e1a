# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a running BIND is asked, and how it takes a new generation with the least disturbance."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile

from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.common.zone_names import domain_of, view_of, zone_name
from ansible_collections.authoritative.dns.plugins.module_utils.serving import blocks
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software import bind_control, bind_keys, bind_signing, bind_stanzas, bind_views
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.common import ENTRY, Holding, Software, given, weight_of

_CONFIGURATION = ("named.conf", "keys.conf", "zones.conf")
_OWN = ("local.conf", "options.conf")  # where the administrator's own statements come from the inventory
# What "named-checkconf -l" prints of a zone: name, class, view and type. Warnings are between them.
_LISTED = re.compile(r"(?P<name>\S*[^\s:]) (?:IN|CH|HS) (?P<view>\S.*) (?P<type>\S+)", re.IGNORECASE)
# What "rndc zonestatus" says of zones whose content is in a journal, and not in a file that could be declared.
_SIGNED = (("inline signing", "yes", "signed by the server"), ("secure", "yes", "signed"))
_UPDATED = (("dynamic", "yes", "updated dynamically"),)
_ASKED_ONE_BY_ONE = 200  # above this many zones only those are asked for that the configuration has, or that are answered
_LEARNED_FROM = re.compile(r'\bzone "([^"]+)" default-primaries ')  # a catalog in named.conf
# What "named-checkconf -z" says of a zone that does not load.
_NOT_LOADED = re.compile(r"zone ([^/\s]+)/IN: .*\bnot loaded due to errors")
# Zones that the distributions' packages bring to every server (RFC 1912 section 4.1, RFC 6303).
_BROUGHT = {
    *("localhost", "localhost.localdomain", "0.in-addr.arpa", "127.in-addr.arpa", "255.in-addr.arpa", "0.0.127.in-addr.arpa", "1.0.0.127.in-addr.arpa"),
    *("0." * 32 + "ip6.arpa", "1." + "0." * 31 + "ip6.arpa"),
}
_REFRESH_AT_MOST = 1000
_DONE = re.compile(r"Marked DS|scheduled")  # what "rndc dnssec" says when it did what it was asked for
_RELOAD_ONE_BY_ONE = 50  # above this many zones one "rndc reload", which looks at every file's time, is cheaper


class Bind(Software):
    """named, and rndc to command it."""

    name = "BIND"
    checkers = ("named-checkconf",)
    configured_twice = re.compile(r"^(\S+):(\d+): zone '([^']+?)\.?': already exists")
    brought = frozenset(_BROUGHT)
    daemon = "named"
    status = ("rndc", "status")
    tells_keys = True
    remembers_unreachable = True
    copy_suffixes = ("", ".jnl")

    def __init__(self, run, find, layout):
        super().__init__(run, find, layout)
        self.one_by_one = bind_stanzas.Stanzas(self)

    @property
    def copies_directory(self):
        return os.path.join(self.layout["working_directory"], self.layout["secondary_directory"])

    def elsewhere(self, words):
        root = next((value for _option, value in given(words, ["-t"])), "/")
        if os.path.realpath(root) != "/":
            return f"in {root} as its root directory, where it does not see what is replaced outside"
        return super().elsewhere(words)

    def unknown(self, zones):
        # It also fails for a zone that was not transferred yet.
        statuses = bind_control.statuses(self, map(self._named, zones))
        return [zone for zone, (_place, there, said) in zip(zones, statuses) if not there and "no matching zone" in said]

    def check(self, generation, current, changed_zones, entry):
        """Let named's own checker load what is staged: the configuration, where it changed, and the zones that changed. Raises Refused."""
        views = bind_views.files(generation)
        texts = {name: generation.read(name) for name in ("zones.conf", *views)}
        every_zone = {name: bind_signing.unlinked(text, self.layout["signing_directory"], current) for name, text in texts.items()}
        files = [*_CONFIGURATION, *views, *(name for name in _OWN if generation.read(name) is not None)]
        if self._reads_configuration(changed_zones) or not self.in_place(generation, current, files, entry):
            # Of views named has notes in a file for each, and it reads all of them anew.
            zones = every_zone if views else {"zones.conf": self.one_by_one.prepare(generation, current, files, entry, every_zone["zones.conf"])}
            code, words = self._checked(generation, current, ENTRY, {**zones, ENTRY: entry})
            if code:
                raise Refused("named-checkconf refuses it: " + "; ".join(words[:20]))
        if changed_zones:
            # Unchanged zones were loaded by an earlier check.
            chosen = {name: blocks.choose(text, {*changed_zones, *self.always_read(generation)}) for name, text in every_zone.items()}
            self._load(generation, current, {domain_of(zone) for zone in changed_zones}, {**chosen, ENTRY: entry})

    def check_others(self, generation, current, entry):
        """named goes on serving, until it starts again, what it has of a zone that it would not load any more."""
        names = ("zones.conf", *bind_views.files(generation))
        none = {name: blocks.choose(generation.read(name), self.always_read(generation)) or "\n" for name in names}
        words = self._checked(generation, current, ENTRY, {**none, ENTRY: entry}, "-z")[1]
        lost = _not_loaded(words)
        lost = lost and lost.difference(self.check_original(self.layout["config_file"], {}))
        if lost:
            names, about = ", ".join(sorted(lost)[:10]), [line for line in words if any(f"zone {zone}/" in line for zone in lost)]
            raise Refused(f"named would not load {names} any more, which stays in the administrator's own files: " + "; ".join(about[:20]))

    @staticmethod
    def always_read(generation):
        """Zones without whose stanzas the checker takes no configuration: the catalogs that named.conf learns from."""
        return set(_LEARNED_FROM.findall(generation.read("named.conf") or ""))

    @staticmethod
    def _reads_configuration(changed_zones):
        """Whether named reads its configuration again, and the administrator's, where zones alone changed; see L(take)."""
        return not changed_zones or len(changed_zones) > _RELOAD_ONE_BY_ONE

    def _load(self, generation, current, zones, texts):
        """Without the administrator's zones, which may be large, unless the configuration needs what he says beside them, such as a list of networks.

        zones: domain names of those that changed; the checker tells no views.
        """
        for start in ("named.conf", ENTRY):
            code, words = self._checked(generation, current, start, texts, "-z")
            if not code:
                return
            failed = _not_loaded(words)
            if failed & zones or start == ENTRY and not failed:
                raise Refused("named-checkconf refuses it: " + "; ".join(words[:20]))

    def _checked(self, generation, current, start, texts, *options):
        """The checker's exit code and the lines that it says of a configuration that begins with the file start."""
        with self.copies(generation, current, ["named.conf", *texts], texts) as (main, *_zones, entry):
            code, out, err = self.run_checker([self.find("named-checkconf"), *options, entry if start == ENTRY else main])
        return code, [line for line in self.words(out + err, generation, current) if "loaded serial" not in line] if code else []

    def take(self, changed_files, changed_zones):
        """Make the running server read what is current now: reload and reconfig, never a restart. Raises Refused."""
        if len(changed_zones) > _RELOAD_ONE_BY_ONE:
            self.command("reload")
            return
        told = self.one_by_one.tell(changed_files)
        if changed_files and told is None:
            self.command("reconfig")
        for zone in changed_zones:
            if zone not in (told or ()):
                self.command("reload", *self._named(zone))

    def refresh(self, zones):
        """Have named ask the primaries of these zones; where a process of rndc has to tell it each, of a thousand, and the others have their timers."""
        first = next(iter(bind_views.in_place(self.layout["state_directory"])), None)  # once, and not for each, as L(_named) looks
        views = {zone: view_of(zone) or first for zone in zones}
        commands = [("refresh", domain_of(zone), *(("IN", view) if view else ())) for zone, view in views.items()]
        given = bind_control.carried_out(self, commands)
        for command in [command for command in commands if command not in given][:_REFRESH_AT_MOST]:
            self.run([self.find("rndc"), *command])

    def consume(self, catalogs):
        """Read the configuration once more: then named looks at every entry of its catalogs."""
        if catalogs:
            self.command("reconfig")

    def leave(self, catalogs, served):
        """Read the configuration once more: where a catalog went, named (9.18) adds no members of others that come, until it did."""
        self.command("reconfig")

    def check_original(self, path, files):
        code, out, err = self.run_checker([self.find("named-checkconf"), "-z", path])
        words = [line for line in (out + err).splitlines() if "loaded serial" not in line]
        failed = _not_loaded(words)
        if code and not failed:
            raise Refused(f"named-checkconf refuses {path}: " + "; ".join(words[:20]))
        return sorted(failed)

    def take_original(self):
        self.command("reconfig")

    def _named(self, zone):
        return bind_views.place(self.layout["state_directory"], zone)

    def serials_in_views(self, zones):
        return {**dict.fromkeys(zones), **self.loaded(zones)}

    def command(self, *arguments):
        """Have the running server carry out a command of rndc(8). Raises Refused."""
        code, out, err = self.run([self.find("rndc"), *arguments])
        if code:
            raise Refused("rndc {} fails: {}".format(" ".join(arguments), (err or out).strip()))

    def held(self, zones, answered, lost=False, plain=False):
        """What "rndc zonestatus" says of these zones, in whichever view: whoever may ask the server for them, and however long that takes."""
        if not zones:
            return {}
        few, plain = len(zones) <= _ASKED_ONE_BY_ONE, plain and not bind_views.in_place(self.layout["state_directory"])
        printed = "" if few and plain else self._printed()  # which takes a while where there are many zones
        views = {}
        for match in [] if lost or few and plain else self._own(self.layout["config_file"]):
            views.setdefault(_plain(match["name"]), []).append(match["view"])
        every = few or self.one_by_one.may_have_others(printed)
        directory = next(iter(re.findall(r'^\tdirectory "(.*)";$', printed, re.M)), self.layout["working_directory"])
        among = {}
        for zone in zones:
            domain, own = domain_of(zone), view_of(zone)
            if every or domain in views or zone in answered:
                among[zone] = [own] if own and own in views.get(domain, ()) else views.get(domain, [None])
        statuses = self._statuses((domain_of(zone), *(("IN", view) if view else ())) for zone, those in among.items() for view in those)
        found = {}
        for zone, those in among.items():
            has = [status for status in (statuses[(domain_of(zone), *(("IN", view) if view else ()))] for view in those) if status]
            if has:
                kinds = _UPDATED if lost else (*_SIGNED, *_UPDATED)  # it is this collection that has had it signed
                found[zone] = self._holding(domain_of(zone), has, _own_content(has, those, kinds), directory)
        return found

    def _statuses(self, places):
        """What the server says of zones as {key: value}, None if it has none of this name, by place: see L(bind_control.statuses). Raises Refused."""
        found = {}
        for place, there, said in bind_control.statuses(self, places):
            words = " ".join(said.split())
            if not there and "not loaded" not in words and "no matching" not in words:
                raise Refused(f"zone {place[0]} may be served already, and what the server has of it cannot be told: rndc zonestatus says {words}")
            found[place] = dict(line.split(": ", 1) for line in said.splitlines() if ": " in line) if there else None
        return found

    def _holding(self, zone, statuses, how, directory):
        serials = [int(status["serial"]) for status in statuses if status.get("serial", "").isdigit()]
        path = os.path.join(directory, statuses[0].get("files", "").split(", ")[0])
        text = self._text(zone, path, directory)
        weight = [int(statuses[0].get("nodes", 0)), []] if text is None else weight_of(text, zone)
        return Holding(how, serials, weight, text)

    def _text(self, zone, path, directory):
        """The records in a zone's file, as text or as named wrote it, with what its journal adds. None if it cannot be read."""
        for kind in ("text", "raw"):
            command = [self.find("named-checkzone"), "-q", "-j", "-i", "none", "-D", "-o", "-", "-s", "full", "-f", kind, zone, path]
            code, out, _err = self.run_checker(command, directory)
            if not code:
                return out
        return None

    def _printed(self):
        """The configuration in place, as its checker writes it."""
        return self.run_checker([self.find("named-checkconf"), "-p", self.layout["config_file"]])[1]

    def listed(self):
        """Without named-checkconf BIND is not installed, and serves nothing."""
        return self._listed(self.layout["config_file"]) if self.find("named-checkconf") else set()

    def left_out(self, config, declared):
        """What named-checkconf lists in named.conf and not in the administrator's files."""
        known = {*_BROUGHT, *declared}
        zones = {zone for zone in self.listed() if zone not in known and domain_of(zone) not in known}
        return zones - self._listed_in_local(config) if zones else zones

    def _listed_in_local(self, config):
        """Zones in what is the administrator's, by itself, or with this run's keys, which a statement C(server) may name."""
        with contextlib.ExitStack() as stack:
            path = name = self.layout["local_config"]
            if "local.conf" in config:
                path, name = stack.enter_context(self._readable(config["local.conf"])), "nameserver_local_config"
            try:
                return self._listed(path)
            except Refused:
                with_keys = stack.enter_context(self._readable(config["keys.conf"] + f'include "{path}";\n'))
                try:
                    return self._listed(with_keys)
                except Refused as error:
                    raise Refused(str(error).replace(with_keys, name).replace(path, name)) from error

    @contextlib.contextmanager
    def _readable(self, text):
        """The path of a file with a text, which the checker can read, and which goes afterwards."""
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", prefix="authoritative-dns-") as stream:
            shutil.chown(stream.name, group=self.layout["group"])  # the checker has the server's rights
            os.chmod(stream.name, 0o640)
            stream.write(text)
            stream.flush()
            yield stream.name

    def _listed(self, path):
        return {zone_name(_plain(match["name"]), bind_views.listed(match["view"])) for match in self._own(path) if match["type"] != "hint"}

    def _own(self, path):
        """What is listed of zones, each where it is; not where a view shares it with another."""
        return [match for match in map(_LISTED.fullmatch, self._list(path)) if match and not bind_views.is_shared(match["view"])]

    def _list(self, path):
        if not os.path.exists(path):
            return []  # somebody moved it away
        code, out, err = self.run_checker([self.find("named-checkconf"), "-l", path])
        if code:
            words = "; ".join((out + err).splitlines()[:20])
            raise Refused(f"which zones {path} has, and this run would no longer serve, cannot be told: {words}; mend the file, or move it away")
        return out.splitlines()

    # -- signing ------------------------------------------------------------------------------------------------------

    def understood(self, config):
        return bind_signing.understood(bind_stanzas.understood(config, self.layout["local_options"]), self)

    def signed(self, config):
        return bind_signing.policies(config)

    def loaded(self, serials):
        places = {zone: tuple(self._named(zone)) for zone in serials}
        told = self._statuses(places.values())
        statuses = {zone: told[place] or {} for zone, place in places.items()}
        ready = {zone: status for zone, status in statuses.items() if "signed serial" in status or status.get("inline signing") != "yes"}
        return {zone: int(status["serial"]) for zone, status in ready.items() if status.get("serial", "").isdigit()}

    def without_keys(self, files):
        if not os.path.isdir(self.layout["signing_directory"]):
            return list(files)
        keyless = set(self.call_as_server(bind_signing.without_keys, self.layout["signing_directory"], list(files.values()))) if files else ()
        return [zone for zone, name in files.items() if name in keyless]

    def ds_states(self, files):
        found = self.call_as_server(bind_signing.ds_states, self.layout["signing_directory"], list(files.values())) if files else {}
        return {zone: found[name] for zone, name in files.items()}

    def keys(self, files):
        path = os.path.join(self.layout["signing_directory"], bind_signing.KEYS)
        found = self.call_as_server(bind_keys.keys, path, list(files.values())) if files and os.path.isdir(path) else {}
        return {zone: found.get(name, []) for zone, name in files.items()}

    def tell_ds(self, zone, key_tag, what):
        self._dnssec("-checkds", "-key", str(key_tag), what, zone)

    def roll(self, zone, key_tag):
        self._dnssec("-rollover", "-key", str(key_tag), zone)

    def _dnssec(self, *arguments):
        """rndc says what went wrong, and succeeds all the same."""
        code, out, err = self.run([self.find("rndc"), "dnssec", *arguments])
        if code or not _DONE.search(out):
            raise Refused("rndc dnssec {} says: {}".format(" ".join(arguments), " ".join((err or out).split())))

    def make_ready(self, generation, zones):
        linked = self._linked_files(generation)
        if linked:
            current = os.path.join(self.layout["state_directory"], "current")
            signed = [linked[zone] for zone in self.signed(bind_views.zone_files(generation))]
            changed = [linked[zone] for zone in zones if zone in linked]
            self.call_as_server(bind_signing.make_ready, self.layout["signing_directory"], current, list(linked.values()), signed, changed)

    def tidy(self, generation):
        directory = self.layout["signing_directory"]
        if os.path.isdir(directory):
            self.call_as_server(bind_signing.tidy, directory, list(self._linked_files(generation).values()))

    def _linked_files(self, generation):
        """{zone: name of its file} of zones that named opens through a link."""
        return bind_signing.linked(bind_views.zone_files(generation), self.layout["signing_directory"])

    def only_newer(self, config):
        return set(bind_signing.linked(config, self.layout["signing_directory"]))

    def forget_secondary(self, zones):
        """Remove what named kept of zones ({name: file name}) that this host no longer transfers: the file and its journal."""
        self.remove_as_server(self.copies_directory, [name + suffix for name in zones.values() for suffix in self.copy_suffixes])


def _not_loaded(words):
    """Zones of which lines of the checker say so."""
    return {found.group(1).lower() for found in map(_NOT_LOADED.match, words) if found}


def _own_content(statuses, views, kinds):
    """Why what the server has of a zone cannot be declared, None if it can."""
    if len(statuses) > 1:
        return "in the views {}".format(", ".join(views))
    return next((how for key, value, how in kinds for status in statuses if status.get("type") == "primary" and status.get(key) == value), None)


def _plain(name):
    return name.rstrip(".").lower() or "."
