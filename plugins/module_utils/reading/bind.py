# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host's BIND is configured to serve, read with its own tools and changed in nothing."""

from __future__ import annotations

import hashlib
import os
import random
import re

from ansible_collections.authoritative.dns.plugins.module_utils.common import named_conf
from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.common.zone_names import domain_of, zone_name
from ansible_collections.authoritative.dns.plugins.module_utils.reading import apex
from ansible_collections.authoritative.dns.plugins.module_utils.reading.content import contents
from ansible_collections.authoritative.dns.plugins.module_utils.reading.running import Reading
from ansible_collections.authoritative.dns.plugins.module_utils.serving import kept_copies, processes, served_serials
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.common import given

_PRIMARY, _SECONDARY = ("primary", "master"), ("secondary", "slave", "mirror")
_HINT = "hint"
_SIGNING = ("dnssec-policy", "auto-dnssec", "inline-signing")
_SETS_UP = ("none", "off", "no", '"none"')


_MEMBER_FILE = "__catz__"  # begins the name of a file that named keeps of a catalog's member (lib/dns/catz.c of BIND)
_LOOKED_FOR = 20  # members
_LONGEST = 65  # octets in it that are not replaced by their digest


def _member_file(catalog, zone):
    """The name of that file."""
    text = f"_default_{catalog}_{zone}"
    plain = len(text) <= _LONGEST and not set(text) & set("\\/:")
    return f"{_MEMBER_FILE}{text if plain else hashlib.sha256(text.encode()).hexdigest()}.db"


class Bind(Reading):
    """named(8) on this host. run: executes a command list in a directory, returns (code, stdout, stderr); find: a program's path, or None.

    config_file, chroot: what named is started with; None for what the process that runs has, else for named's own default. user: see L(running.Reading).
    """

    software = "bind"
    included = re.compile(r'\binclude\s+"([^"]+)"')

    def __init__(self, run, find, config_file=None, chroot=None, user=None):
        super().__init__(run, find, "named", lambda words: dict(given(words, ["-c"])).get("-c") or self._default(), config_file, user)
        words = dict(given(self.witness.words, ["-t", "-u"])) if self.witness else {}
        self.root = chroot or words.get("-t", "")
        self.said = [words.get("-u")] if self.runs else []
        if not chroot and os.path.realpath(self.root or "/") != "/":
            self._told_by = self.witness

    @property
    def _first_file(self):
        return self.root + self.config_file

    def _include(self, _path, name):
        """A relative one begins in the directory that a statement before it names, wherever that stands."""
        return self.root + name if name.startswith("/") else None

    def _default(self):
        found = re.search(r"named configuration:\s*(\S+)", self._said("named", "-V"))
        return found.group(1) if found else "/etc/named.conf"

    def _said(self, program, *arguments):
        path = self.find(program)
        return self.run([path, *arguments], "/")[1] if path else ""

    def facts(self, secrets=False, content=False, copies=True):
        """Everything there is to tell, as the module returns it. Raises Refused where the configuration cannot be read.

        secrets: whether keys are told with their secrets. content: whether zones are told with their records. copies: whether all records of zones are
        told that it transfers, or those of the apex alone where that is quicker.
        """
        statements = self._configuration(secrets)
        options = {named_conf.label(item): item for statement in statements if statement[0] == "options" for item in named_conf.block(statement)}
        directory = named_conf.words(options["directory"])[1] if "directory" in options else "/"
        statements += self._added(statements, options, directory)
        places = self._of_configuration(named_conf.places, self.config_file, directory, self.root)
        zones = [self._zone(statement, view, directory, places) for statement, view in zones_of(statements)]
        served = self._serials(zones, options)
        for zone in zones:
            zone["serial"] = None if zone["view"] else served.get(zone["name"])  # a question leads to one view, and to which is the clients' affair
        version = re.search(r"BIND (\S+)", self._said("named", "-v"))
        return {
            "software": self.software,
            "version": version.group(1) if version else "",
            "config_file": self.config_file,
            "directory": directory,
            "running": self.runs,
            "tsig_keys": [_key(statement, secrets) for statement in statements if statement[0] == "key"],
            "zones": zones,
            "configuration": statements,
            "places": places,
            **({"contents": apex.completed(self._contents(zones, directory, copies), zones, *_address(options))} if content else {}),
        }

    def learned(self, listed):
        """See L(knot.Knot.learned): by the files that named keeps of members, outside of views. listed: {catalog: zones} that are likely.

        rndc tells of no zone that it is not asked for by its name.
        """
        options = next((item for item in self._configuration(False) if item[0] == "options"), None)
        blocks = {named_conf.label(item): item for item in named_conf.block(options)} if options else {}
        directory = named_conf.words(blocks["directory"])[1] if "directory" in blocks else "/"
        found = {}
        for catalog in named_conf.block(blocks["catalog-zones"]) if "catalog-zones" in blocks else ():
            words = [named_conf.value(item) for item in catalog if not isinstance(item, list)]
            name = words[1].rstrip(".").lower()
            place = self.root + os.path.join(directory, words[words.index("zone-directory") + 1] if "zone-directory" in words else "")
            likely = {_member_file(name, zone): zone for zone in listed.get(name, ())}
            files = processes.call_as(self.user, kept_copies.owners, place, _MEMBER_FILE, likely)
            others = {owner for file, owner in files.items() if file not in likely and file == _member_file(name, owner)}
            found[name] = self._known({zone for file, zone in likely.items() if file in files}) | {zone for zone in others if self._serves(zone)}
        return found

    def _known(self, zones):
        """Those of a catalog's members that named has not only files of: where it started with a catalog that it could not read, it has none of them."""
        chosen = random.sample(sorted(zones), min(_LOOKED_FOR, len(zones)))
        unknown = {zone for zone in chosen if "no matching zone" in "".join(self._status(zone)[1:])}
        return zones - unknown if len(unknown) < len(chosen) else set()

    def _serves(self, zone):
        return not self._status(zone)[0]

    def _status(self, zone):
        return self.run([self.find("rndc"), "zonestatus", zone], "/")

    def _configuration(self, secrets):
        """All that named reads, with what is included in its place, and secrets only when asked for."""
        program = self.find("named-checkconf")
        if not program:
            raise Refused("named-checkconf is not installed, and nothing else can say what named reads; BIND's package of tools has it")
        command = [program, *(["-t", self.root] if self.root else [])]
        warnings = self._run_on_configuration([*command, self.config_file])[1]  # which stand before what is printed
        code, out, err = self._run_on_configuration([*command, "-p" if secrets else "-px", self.config_file])
        if code:
            raise Refused(f"{self.config_file} cannot be read: " + "; ".join((out + err).splitlines()[:20]) + "; mend what named-checkconf tells")
        try:
            return named_conf.parse(out.removeprefix(warnings))
        except named_conf.NotReadable as error:
            raise Refused(f"{self.config_file} as named-checkconf prints it cannot be read: {error}") from error

    def _added(self, statements, options, directory):
        """Zones that C(rndc addzone) added, which are in a database, or a file of statements, and in no named.conf. Those in views are entered there."""
        place = os.path.join(directory, named_conf.words(options["new-zones-directory"])[1]) if "new-zones-directory" in options else directory
        views = {named_conf.words(statement)[1]: named_conf.block(statement) for statement in statements if statement[0] == "view"}
        result = []
        for name in views or ["_default"]:
            path = self.root + os.path.join(place, name)
            if os.path.exists(path + ".nzd"):
                program = self.find("named-nzd2nzf")
                if not program:
                    raise Refused(f"{path}.nzd has zones that rndc added, and named-nzd2nzf, which reads them, is not installed")
                code, out, err = processes.run([program, path + ".nzd"], self.user)
                if code:
                    raise Refused(f"{path}.nzd, which has zones that rndc added, cannot be read: {(err or out).strip()}")
            elif os.path.exists(path + ".nzf"):
                out = processes.call_as(self.user, _text, path + ".nzf")
            else:
                continue
            zones = [statement for statement in named_conf.parse(out) if statement[0] == "zone"]
            views.get(name, result).extend(zones)
        return result

    def _zone(self, statement, view, directory, places):
        options = {named_conf.label(item): named_conf.words(item) for item in named_conf.block(statement)}
        kind = (options.get("type") or ["type", "in-view" if "in-view" in options else ""])[1]
        name = named_conf.words(statement)[1].rstrip(".").lower() or "."
        where = places.get(f"view {view.lower()}, zone {name}" if view else f"zone {name}")
        file = os.path.join(directory, options["file"][1]) if "file" in options else None
        blocks = {named_conf.label(item): named_conf.block(item) for item in named_conf.block(statement)}
        updates = "update-policy" in options or any(item != ["none"] and item != ['"none"'] for item in blocks.get("allow-update", []))
        signs = any(option in options and options[option][1] not in _SETS_UP for option in _SIGNING)
        return {"name": name, "view": view, "type": kind, "file": file, "where": where, "added": where is None, "dynamic": updates, "signed": signs}

    def _serials(self, zones, options):
        if not self.runs:
            return {}
        address, port = _address(options)
        names = {zone["name"] for zone in zones if zone["type"] in (*_PRIMARY, *_SECONDARY)}
        try:
            return served_serials.serials(address, sorted(names), timeout=2.0 + len(names) / 1000, port=port)
        except (OSError, UnicodeError):
            return {}

    # -- content ------------------------------------------------------------------------------------------------------

    def _contents(self, zones, directory, copies):
        """{zone: {"text": its records, "as_it_is": whether that is the file} or {"wrong": why there are none}}, zone: see L(zone_names)."""
        own = {zone_name(zone["name"], zone["view"]): zone for zone in zones if zone["type"] in (*_PRIMARY, *_SECONDARY) and zone["file"]}
        hints = {zone_name(zone["name"], zone["view"]): self.root + zone["file"] for zone in zones if zone["type"] == _HINT and zone["file"]}
        brief = {name: zone["serial"] for name, zone in own.items() if not copies and zone["type"] in _SECONDARY and zone["serial"] is not None}
        found = contents({name: self.root + zone["file"] for name, zone in own.items()}, self.user, self._command(directory), brief, self.root + directory)
        return {**found, **(processes.call_as(self.user, _hints, hints) if hints else {})}

    def _command(self, directory):
        """How named-compilezone writes a zone as text, with its journal. It is as lenient as named itself may be told to be."""
        program = self.find("named-compilezone")
        lenient = [word for check in "iknmrSMW" for word in (f"-{check}", "none" if check == "i" else "ignore")]
        base = [program, "-q", "-j", "-w", self.root + directory, *lenient, "-F", "text", "-o", "-"]
        return lambda zone, path, raw: [*base, "-f", "raw" if raw else "text", domain_of(zone), path] if program else None


def zones_of(statements):
    """(statement, name of its view or None) of every zone of class IN."""
    for statement in statements:
        if statement[0] not in ("view", "zone") or not of_internet(statement):
            continue
        if statement[0] == "view":
            yield from ((item, named_conf.words(statement)[1]) for item in named_conf.block(statement) if item[0] == "zone")
        else:
            yield statement, None


def of_internet(statement):
    """Whether a view or a zone is of class IN, as it is without a word."""
    return [word.upper() for word in named_conf.words(statement)[2:3]] in ([], ["IN"])


def _key(statement, secrets):
    options = {item[0]: named_conf.value(item[1]) for item in named_conf.block(statement)}
    told = {"secret": options.get("secret")} if secrets else {}
    return {"name": named_conf.words(statement)[1].rstrip(".").lower(), "algorithm": options.get("algorithm"), **told}


def _text(path):
    with open(path, encoding="utf-8", errors="replace") as stream:
        return stream.read()


def _hints(paths):
    """As L(contents) of hints, which are no zone for named-compilezone: they have no SOA record. paths: {zone: its file}."""
    found = {}
    for zone, path in paths.items():
        try:
            found[zone] = {"text": _text(path), "as_it_is": False}
        except OSError as error:
            found[zone] = {"wrong": f"{path} cannot be read ({error.strerror})"}
    return found


def _address(options):
    """(address, port) at which it can be asked."""
    port = int(named_conf.words(options["port"])[1]) if "port" in options else 53
    return next(_addresses(options.get("listen-on", [])), "127.0.0.1"), port


def _addresses(statement):
    """The plain addresses of C(listen-on)."""
    for item in named_conf.block(statement):
        text = named_conf.value(item[0])
        if re.fullmatch(r"[0-9.]+(/32)?", text):
            yield text.removesuffix("/32")
