# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host's NSD is configured to serve, read with its own checkers and changed in nothing."""

from __future__ import annotations

import os
import re

from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.common.hidden_secrets import hide
from ansible_collections.authoritative.dns.plugins.module_utils.reading import apex, clauses
from ansible_collections.authoritative.dns.plugins.module_utils.reading.content import contents
from ansible_collections.authoritative.dns.plugins.module_utils.reading.running import Reading
from ansible_collections.authoritative.dns.plugins.module_utils.serving import processes, served_serials
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software import nsd_zones
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.common import given

_SECRETS = re.compile(r"\A(secret|client-key-pw|cookie-secret|cookie-staging-secret)\Z")
_ADDED = re.compile(r"add (\S+) (\S+)")  # a line of its zonelistfile


class Nsd(Reading):
    """nsd(8) on this host, as L(bind.Bind) is named."""

    software = "nsd"
    included = re.compile(r'^\s*include:\s*"?([^"#\n]+?)"?\s*(?:#.*)?$', re.M)

    def __init__(self, run, find, config_file=None, chroot=None, user=None):
        super().__init__(run, find, "nsd", lambda words: dict(given(words, ["-c"])).get("-c") or "/etc/nsd/nsd.conf", config_file, user)

    def learned(self, _listed):
        """See L(knot.Knot.learned)."""
        code, out, err = self._run_on_configuration([self.find("nsd-control"), "-c", self.config_file, "zonestatus"])
        if code:
            raise Refused(f"nsd-control zonestatus fails: {(err or out).strip()}")
        told = nsd_zones.status(out)
        found = {zone: set() for zone, facts in told.items() if nsd_zones.consumed(facts)}
        for zone, facts in told.items():
            if "catalog-member-id" in facts:
                found.setdefault(facts["catalog-member-id"].partition(".zones.")[2].rstrip("."), set()).add(zone)
        return found

    def facts(self, secrets=False, content=False, copies=True):
        """See L(bind.Bind.facts). Options that say what nsd would do anyway are left out, since its printer tells them all."""
        whole = self._printed(self.config_file)
        server = next((clause for clause in whole if clause[0] == "server"), ["server", []])
        self.said = [(clauses.option(server, "username") or "").split(".")[0]]
        usual = {(clause[0], *item) for clause in self._printed(os.devnull) for item in clause[1]}
        directory = clauses.option(server, "zonesdir") or "/"
        where = self._of_configuration(clauses.places, self.config_file)
        configuration = [[clause[0], [item for item in clause[1] if (clause[0], *item) not in usual]] for clause in whole]
        configuration += self._added(server, configuration)
        if not secrets:
            hide(configuration, _SECRETS)
        zones = [_zone(clause, directory, where) for clause in configuration if clause[0] == "zone"]
        served = self._serials(zones, server)
        for zone in zones:
            zone["serial"] = served.get(zone["name"])
        program = self.find("nsd")
        version = re.search(r"NSD version (\S+)", "".join(self.run([program, "-v"], "/")[1:])) if program else None
        return {
            "software": self.software,
            "version": version.group(1) if version else "",
            "config_file": self.config_file,
            "directory": directory,
            "running": self.runs,
            "tsig_keys": [_key(clause, secrets) for clause in configuration if clause[0] == "key"],
            "zones": zones,
            "configuration": [clause for clause in configuration if clause[1]],
            "places": where,
            **({"contents": apex.completed(self._contents(zones, directory), zones, *_address(server))} if content else {}),
        }

    def _printed(self, path):
        """The clauses of a configuration, with what it includes and its patterns filled in."""
        program = self.find("nsd-checkconf")
        if not program:
            raise Refused("nsd-checkconf is not installed, and nothing else can say what nsd reads; NSD's package has it")
        code, out, err = self._run_on_configuration([program, "-v", path])
        if code:
            raise Refused(f"{path} cannot be read: " + "; ".join((err or out).splitlines()[:20]) + "; mend what nsd-checkconf tells")
        return clauses.parse(out)

    def _added(self, server, configuration):
        """Zones that C(nsd-control addzone) added: a list of names and patterns, which is nsd's own."""
        path = clauses.option(server, "zonelistfile") or ""
        patterns = {clauses.option(clause, "name"): clause[1] for clause in configuration if clause[0] == "pattern"}
        result = []
        for name, pattern in processes.call_as(self.user, _listed, path):
            options = [item for item in patterns.get(pattern, []) if item[0] != "name"]
            result.append(["zone", [["name", name], *options]])
        return result

    def _serials(self, zones, server):
        if not self.runs:
            return {}
        names = sorted(zone["name"] for zone in zones)
        try:
            address, port = _address(server)
            return served_serials.serials(address, names, timeout=2.0 + len(names) / 1000, port=port)
        except (OSError, UnicodeError, ValueError):
            return {}

    def _contents(self, zones, directory):
        program = self.find("nsd-checkzone")

        def command(zone, path, raw):
            return [program, "-p", zone, path] if program and not raw else None

        return contents({zone["name"]: zone["file"] for zone in zones if zone["file"]}, self.user, command, directory=directory)


def _address(server):
    """(address, port) at which it can be asked."""
    address, _at, port = (clauses.option(server, "ip-address") or "127.0.0.1").partition("@")
    return address, int(port or clauses.option(server, "port") or 53)


def _listed(path):
    """(zone, pattern) in a zonelistfile; as a file of another kind it has none."""
    if not os.path.isfile(path):
        return []
    with open(path, encoding="utf-8", errors="replace") as stream:
        return [match.groups() for match in map(_ADDED.match, stream) if match]


def _zone(clause, directory, where):
    written = clauses.option(clause, "name") or "."
    name = written.rstrip(".").lower() or "."
    file = clauses.option(clause, "zonefile")
    kind = "secondary" if any(item[0] == "request-xfr" for item in clause[1]) else "primary"
    place = where.get(f"zone {name}")
    path = os.path.join(directory, nsd_zones.file_name(file, written)) if file else None
    return {"name": name, "view": None, "type": kind, "file": path, "where": place, "added": place is None, "dynamic": False, "signed": False}


def _key(clause, secrets):
    told = {"secret": clauses.option(clause, "secret")} if secrets else {}
    return {"name": clauses.option(clause, "name").rstrip(".").lower(), "algorithm": clauses.option(clause, "algorithm"), **told}
