# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host's Knot DNS is configured to serve, read with its own tools and changed in nothing."""

from __future__ import annotations

import os
import re

from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.common.hidden_secrets import hide
from ansible_collections.authoritative.dns.plugins.module_utils.reading import knot_conf, soa
from ansible_collections.authoritative.dns.plugins.module_utils.reading.content import contents
from ansible_collections.authoritative.dns.plugins.module_utils.reading.running import Reading
from ansible_collections.authoritative.dns.plugins.module_utils.serving import served_serials
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.common import given

_SECRETS = re.compile(r"\Asecret\Z")  # of keys, and of the module of cookies
_DATABASE = "/var/lib/knot/confdb"  # which knotd reads before any file, if it is there


class Knot(Reading):
    """knotd(8) on this host, as L(bind.Bind) is named. config_file: a file, or the directory of a configuration database."""

    software = "knot"
    included = re.compile(r'^include:\s*"?([^"#\n]+?)"?\s*(?:#.*)?$', re.M)

    def __init__(self, run, find, config_file=None, chroot=None, user=None):
        super().__init__(run, find, "knotd", _configuration, config_file, user)

    @property
    def _is_database(self):
        return os.path.isdir(self.config_file)

    def facts(self, secrets=False, content=False, copies=True):
        """See L(bind.Bind.facts)."""
        configuration = knot_conf.whole(self._exported())
        if not secrets:
            hide(configuration, _SECRETS)
        where = {} if self._is_database else self._of_configuration(knot_conf.places, self.config_file)
        zones = [_zone(clause, where) for clause in configuration if clause[0] == "zone"]
        server = next((clause for clause in configuration if clause[0] == "server"), ["server", []])
        self.said = [(knot_conf.option(server, "user") or "").split(":")[0]]
        served = self._serials(zones, server)
        for zone in zones:
            zone["serial"] = served.get(zone["name"])
        program = self.find("knotd")
        version = re.search(r"version (\S+)", self.run([program, "--version"], "/")[1]) if program else None
        return {
            "software": self.software,
            "version": version.group(1) if version else "",
            "config_file": self.config_file,
            "directory": os.path.dirname(self.config_file),
            "running": self.runs,
            "tsig_keys": [_key(clause, secrets) for clause in configuration if clause[0] == "key"],
            "zones": zones,
            "configuration": configuration,
            "places": where,
            **({"contents": self._contents(zones)} if content else {}),
        }

    @property
    def _for_configuration(self):
        """A database is the server's own, which writes what it is told by commands into it."""
        return self.user if self._is_database else super()._for_configuration

    def _include(self, path, name):
        found = super()._include(path, name)
        return os.path.join(found, "*") if os.path.isdir(found) else found

    def _command(self, *arguments):
        """What knotc does with the configuration."""
        return self._run_on_configuration([self.find("knotc"), "-C" if self._is_database else "-c", self.config_file, *arguments])

    def _exported(self):
        """The clauses of a configuration, with what it includes in its place."""
        if not self.find("knotc"):
            raise Refused("knotc is not installed, and nothing else can say what knotd reads; Knot DNS's package has it")
        if not os.path.exists(self.config_file):
            raise Refused(f"{self.config_file} is not there; say with config_file what knotd reads")
        code, out, err = self._command("conf-export")
        if code:
            raise Refused(f"{self.config_file} cannot be read: " + "; ".join((err or out).splitlines()[:20]) + "; mend what knotc tells")
        return knot_conf.parse(out)

    def learned(self, _listed):
        """{catalog: zones} of the catalogs from which the running server learns. Raises Refused."""
        found = {}
        for zone, catalog in re.findall(r"^\[(\S+?)\.?\] .*\| catalog: ([^\s#]+)", self._control("zone-status"), re.M):
            name, member = (zone, None) if catalog == "interpret" else (catalog.rstrip("."), zone)
            found.setdefault(name, set()).update([member] if member else [])
        return found

    def _control(self, *arguments):
        code, out, err = self._command(*arguments)
        if code:
            raise Refused("knotc {} fails: {}".format(" ".join(arguments), (err or out).strip()))
        return out

    def _serials(self, zones, server):
        if not self.runs:
            return {}
        address, _at, port = (knot_conf.option(server, "listen") or "127.0.0.1").partition("@")
        address = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)
        names = sorted(zone["name"] for zone in zones)
        try:
            return served_serials.serials(address, names, timeout=served_serials.seconds_to_ask(names), port=int(port or 53))
        except (OSError, UnicodeError, ValueError):
            return {}

    def _contents(self, zones):
        """The files, and what the running server has where that is something else: it may keep changes in its journal alone."""
        found = contents({zone["name"]: zone["file"] for zone in zones}, self.user, lambda zone, path, raw: None)
        for zone in zones if self.runs else ():
            content = found[zone["name"]]
            serial = soa.serial_in(content.get("text", ""))
            if serial is None or zone["serial"] not in (None, serial[0]):
                found[zone["name"]] = self._served(zone["name"]) or content
        return found

    def _served(self, zone):
        code, out, _err = self._command("zone-read", zone)
        rows = [line.partition("] ")[2] for line in out.splitlines() if line.startswith("[")]
        return {"text": "".join(f"{row}\n" for row in rows), "as_it_is": False} if rows and not code else None


def _configuration(words):
    """What a knotd with this command line reads, without links in its path."""
    said = dict(given(words, ["-c", "--config", "-C", "--confdb"]))
    told = [said[word] for word in ("-C", "--confdb", "-c", "--config") if word in said]
    return os.path.realpath(next(iter(told), _DATABASE if os.path.exists(_DATABASE) else "/etc/knot/knot.conf"))


def _zone(clause, where):
    name = knot_conf.plain(knot_conf.option(clause, "domain"))
    place = where.get(f"zone {name}")
    options = {item[0]: item[1:] for item in clause[1]}
    signed = options.get("dnssec-signing", ["off"])[0] == "on" or "dnssec-validation" in options
    return {
        "name": name,
        "view": None,
        "type": "secondary" if options.get("master") else "primary",
        "file": knot_conf.zone_file(clause),
        "where": place,
        "added": False,
        "dynamic": False,
        "signed": signed,
    }


def _key(clause, secrets):
    told = {"secret": knot_conf.option(clause, "secret")} if secrets else {}
    return {"name": knot_conf.plain(knot_conf.option(clause, "id")), "algorithm": knot_conf.option(clause, "algorithm"), **told}
