# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host's PowerDNS is configured to serve, read with pdnsutil, which knows all its databases, and changed in nothing."""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3

from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.common.hidden_secrets import SECRETS, hide
from ansible_collections.authoritative.dns.plugins.module_utils.reading.running import Reading
from ansible_collections.authoritative.dns.plugins.module_utils.serving import processes, served_serials
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software import pdns_conf
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.common import given

_KINDS = {"master": "primary", "slave": "secondary"}  # what pdnsutil still shows
_SECRETS = re.compile(SECRETS)


class PowerDns(Reading):
    """pdns_server(1) on this host, as L(bind.Bind) is named. config_file: C(pdns.conf), whose directory says where to look."""

    software = "powerdns"
    included = re.compile(r"^\s*include-dir\s*\+?=\s*([^#\n]+?)\s*(?:#.*)?$", re.M)

    def __init__(self, run, find, config_file=None, chroot=None, user=None):
        super().__init__(run, find, "pdns_server", _configuration, config_file, user)

    def facts(self, secrets=False, content=False, copies=True):
        """See L(bind.Bind.facts). A zone's metadata are options of its clause."""
        settings, where = self._settings()
        if not settings:
            raise Refused(f"{self.config_file} cannot be read, or says nothing; say with config_file what pdns_server reads")
        keys = self._keys()
        zones, configuration = [], [["settings", [[name, value] for name, value in settings.items()]]]
        for name in self._listed():
            clause = ["zone", [["name", name], *self._described(name)]]
            configuration.append(clause)
            zones.append(self._zone(clause))
        configuration += [["key", [["name", name], ["algorithm", algorithm], ["secret", secret]]] for name, algorithm, secret in keys]
        if not secrets:
            hide(configuration, _SECRETS)
        served = self._serials(zones, settings)
        for zone in zones:
            zone["serial"] = served.get(zone["name"])
        program = self.find("pdns_server")
        version = re.search(r"Authoritative Server (\S+)", "".join(self.run([program, "--version"], "/")[1:])) if program else None
        return {
            "software": self.software,
            "version": version.group(1) if version else "",
            "config_file": self.config_file,
            "directory": os.path.dirname(self.config_file),
            "running": self.runs,
            "tsig_keys": [{"name": name, "algorithm": algorithm, **({"secret": secret} if secrets else {})} for name, algorithm, secret in keys],
            "zones": zones,
            "configuration": configuration,
            "places": where,
            **({"contents": {zone["name"]: self._content(zone["name"]) for zone in zones}} if content else {}),
        }

    def learned(self, _listed):
        """See L(knot.Knot.learned). As far as the database is SQLite's: pdnsutil (4.7) tells no members."""
        settings, _where = self._settings()
        path = settings.get("gsqlite3-database")
        rows = processes.call_as(self.user, _catalogs, path) if path else []
        found = {name: set() for name, kind, _catalog in rows if kind == "CONSUMER"}
        for name, _kind, catalog in rows:
            if catalog in found:
                found[catalog].add(name)
        return found

    def _include(self, _path, name):
        return os.path.join(name, "*.conf")

    def _settings(self):
        """({setting: value}, {statement: where it stands})."""
        settings, where = self._of_configuration(pdns_conf.settings, self.config_file)
        words = dict(given(self.witness.words, ["--setuid"])) if self.runs else {}
        self.said = [words.get("--setuid"), settings.get("setuid")]
        return settings, where

    def _util(self, *arguments):
        """What pdnsutil says, with the server's own rights. Raises Refused."""
        program = self.find("pdnsutil")
        if not program:
            raise Refused("pdnsutil is not installed, and nothing else knows all of PowerDNS' databases; PowerDNS's package has it")
        directory, name = os.path.split(self.config_file)
        instance = name.removeprefix("pdns-").removesuffix(".conf")
        command = [program, "--config-dir=" + directory, *(["--config-name=" + instance] if name.startswith("pdns-") else []), *arguments]
        code, out, err = processes.run(command, self.user, processes.CHECK_LIMIT)
        if code:
            raise Refused("pdnsutil {} fails: {}".format(" ".join(arguments), "; ".join((err or out).splitlines()[:5])))
        return out

    def _listed(self):
        """All zones; without C(--verbose) pdnsutil tells none that was never transferred."""
        lines = (line.strip() for line in self._util("--verbose", "list-all-zones").splitlines())
        return sorted(line.rstrip(".").lower() for line in lines if line and " " not in line)

    def _described(self, zone):
        """Options of a zone: its kind, its primaries, whether it is signed, and its metadata, a value a word."""
        shown = self._util("show-zone", zone)
        kind = re.search(r"^This is an? (\w+) zone", shown, re.M)
        if not kind:
            raise Refused(f"pdnsutil show-zone {zone} does not say of which kind it is, but: {shown.strip()[:200]}")
        kind = kind.group(1).lower()
        result = [["kind", _KINDS.get(kind, kind)]]
        for line in shown.splitlines():
            found = re.match(r"(?:Primar|Master)[^:]*: (.*)", line)  # "Primaries" where there are several
            if found:
                result.append(["primaries", *(re.sub(r":53\Z", "", word) for word in re.split(r"[\s,]+", found.group(1).strip()) if word)])
            elif re.match(r"Zone has .*NSEC3? semantics|Zone is presigned", line) and ["signed", "yes"] not in result:
                result.append(["signed", "yes"])
        for line in self._util("get-meta", zone).splitlines():
            name, equals, value = line.partition(" = ")
            if equals:
                result.append([name, *(word for word in re.split(r",\s*|\s+", value) if word)])
        return result

    def _keys(self):
        lines = (line.split() for line in self._util("list-tsig-keys").splitlines())
        return [(name.rstrip(".").lower(), algorithm.rstrip("."), secret) for name, algorithm, secret in (line for line in lines if len(line) == 3)]

    @staticmethod
    def _zone(clause):
        options = {item[0]: item[1:] for item in clause[1]}
        kind = options["kind"][0]
        return {
            "name": options["name"][0],
            "view": None,
            "type": {"native": "primary"}.get(kind, kind),
            "file": None,
            "where": None,
            "added": False,
            "dynamic": "ALLOW-DNSUPDATE-FROM" in options or "TSIG-ALLOW-DNSUPDATE" in options,
            "signed": "signed" in options,
        }

    def _serials(self, zones, settings):
        if not self.runs:
            return {}
        address = re.split(r"[\s,]+", settings.get("local-address") or "127.0.0.1")[0]
        address = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)
        names = sorted(zone["name"] for zone in zones)
        try:
            return served_serials.serials(address, names, timeout=served_serials.seconds_to_ask(names), port=int(settings.get("local-port") or 53))
        except (OSError, UnicodeError, ValueError):
            return {}

    def _content(self, zone):
        """Records in full, since pdnsutil writes names without the final dot, below C($ORIGIN .)."""
        try:
            lines = [line for line in self._util("list-zone", zone).splitlines() if line and not line.startswith(("$", ";"))]
        except Refused as error:
            return {"wrong": str(error)}
        soa = [line for line in lines if re.match(r"\S+\s+\d+\s+IN\s+SOA\s", line)]
        return {"text": "".join(f"{line}\n" for line in ["$ORIGIN .", *soa, *(line for line in lines if line not in soa)]), "as_it_is": False}


def _configuration(words):
    """What a pdns_server with this command line reads. One of several on a host has a name of its own (C(--config-name))."""
    said = dict(given(words, ["--config-dir", "--config-name"]))
    directory = said.get("--config-dir") or next((path for path in ("/etc/powerdns", "/etc/pdns") if os.path.isdir(path)), "/etc/powerdns")
    return os.path.join(directory, f"pdns-{said['--config-name']}.conf" if said.get("--config-name") else "pdns.conf")


def _catalogs(path):
    """[name, kind, catalog] of all zones in a database; none of one as it was before PowerDNS 4.7. Raises Refused."""
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=30)) as database:
            if "catalog" not in [column[1] for column in database.execute("PRAGMA table_info(domains)")]:
                return []
            return [list(row) for row in database.execute("SELECT name, type, catalog FROM domains")]
    except sqlite3.Error as error:
        raise Refused(f"the database {path} cannot be read: {error}") from error
