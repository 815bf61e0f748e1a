# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one host should serve, against what it has."""

from __future__ import annotations

import json
import os
import re

from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.serving import blocks, condition, rereading
from ansible_collections.authoritative.dns.plugins.module_utils.serving.entry_file import EntryFile
from ansible_collections.authoritative.dns.plugins.module_utils.serving.generations import Generations, sha256
from ansible_collections.authoritative.dns.plugins.module_utils.serving.zone_links import ZONES

_MEMBER = re.compile(r"\.zones(?:\.\S+)? .*\bPTR (\S+)\.$", re.M)  # in a catalog as the collection writes it


class HostState:
    """What one host should serve, against what it has, which L(look) reads.

    payload:
      config: text by file name, the whole configuration of the program; what differs from zone to zone is made of blocks.
      secret: names of those of these files that nobody may see.
      entry: text of the program's first configuration file.
      beside: paths that the configuration names, of files that are not the collection's, or come to the host before it.
      zones: [file name, digest] by zone that this host is primary for.
      texts: [serial, text] by zone, for those whose content is to be written.
      shared: zones that have further primaries, whose serials must be told.
      outside: [name, address, port, zones] of servers that transfer from this host and that nobody else asks for what they have.
      witnesses: [[who, address, port, type, whether one such has to answer]] by zone that this host signs, or that may have a DS: who could have
        a DNSKEY or a DS of it.
      signed: zones that this host is primary for and that are declared with their signatures.
      delegations: by zone that this host is primary for and in which DS records follow: C(below), [[who, address, port]] of the servers of each zone
        below it, C(ttl), that of the DS records of each, and C(servers), as in C(below) of its own ones.
      followed: zones that this host signs and whose DS follow in a zone above.
      secondary: file name by zone that this host transfers.
      catalogs: those from which this host learns what to transfer.
      members: the catalog's name by zone that this host learns of from one, and transfers without being configured to.
      listed: [file name, members] of each catalog that this host is primary for, members chosen or not: where it has several, and in a run that is
        about some zones.
      brought: the serial by zone that this host learns of from a catalog and to which this run brings another one.
      moving: zones that go to another catalog in this run, of those that this host transfers.
      selected: the zones that this run is about, None for all. Others stay as they are, whatever the rest says.
      tsig_generations: numbers of the derived keys in the configuration, the used one first. Kept for the next comparison.
      repair: whether a manifest that cannot be read is made again from the files that are there.
      seen: the digest of what the comparison saw, on which the texts rest; see L(digest).
      address: where the server answers questions of its own host, at port.
      addresses: all on which it listens.
    """

    def __init__(self, software, layout, payload):
        self.software = software
        self.layout = layout
        self.payload = payload
        payload["config"] = software.understood(payload["config"])
        self.generations = Generations(layout["state_directory"], layout["group"], layout.get("previous_state_directory"))
        self.entry = EntryFile(layout["config_file"], self.generations)
        self.running = False
        self.stale = []
        self.wanted = {f"{ZONES}/{name}": (zone, digest) for zone, (name, digest) in payload["zones"].items()}
        self.kept = {}

    def _keep_others(self, selected):
        """A run that is about some zones leaves the configuration and the files of all others alone. Raises Refused where it cannot."""
        if self.lost:
            raise Refused("what this host was given is away, and all zones with it that this run is not about; run once without dns_zone_select")
        otherwise = sorted((self._catalogs_known() ^ set(self.payload["catalogs"])) - selected)
        if otherwise:
            told = "learns of zones from {}, which is declared otherwise now, and this run is about other zones".format(", ".join(otherwise))
            raise Refused(f"this host {told}; run once without dns_zone_select")
        self.kept = {name: facts[3] for name, facts in self.current.files.items() if facts[3] and facts[3]["zone"] not in selected}
        self._keep_listed(selected)
        transferred = {zone: name for zone, name in self.current.notes.get("secondary", {}).items() if zone not in selected}
        self.payload["secondary"] = dict(transferred, **self.payload["secondary"])
        config, current = self.payload["config"], {name: self.current.read(name) or "" for name in self.payload["config"]}
        changed = self._policies_changed(current, config, selected)
        if changed:
            told = "{}, by which other zones are signed, is declared otherwise now, and this run is not about these".format(", ".join(changed))
            raise Refused(f"policy {told}; run once without dns_zone_select, or give a policy of yours another name")
        self.payload["config"] = blocks.merge(current, config, selected)
        written = rereading.generations_of_keys(self.payload["config"].values())
        known = [number for number in self.current.notes.get("tsig_generations", []) if number in written]
        self.payload["tsig_generations"] = list(dict.fromkeys([*known, *written]))  # other zones go on with the keys that they have

    def _policies_changed(self, current, rendered, selected):
        """Names of policies of which there is one text for all zones, and that other zones than the chosen ones are signed by.

        current, rendered: {file name: text}.
        """
        used = {policy for zone, policy in self.software.signed(current).items() if zone not in selected}
        before, now = (_shared(current), _shared(rendered)) if used else ({}, {})
        return sorted(policy for policy in used if policy in now and now[policy] != before.get(policy))

    def _keep_listed(self, selected):
        """Raises Refused where secondaries would lose a zone, because one of its catalogs is among the chosen zones, or it is, and the other is not."""
        kept = {facts["zone"] for facts in self.kept.values()}
        for catalog, (name, members) in self.payload["listed"].items():
            listed = set(self._listed_in(name))
            chosen = catalog in selected
            gone = ", ".join(sorted((listed & (kept if chosen else selected)) - set(members))[:10])
            if gone:
                lost = f"{gone} no longer, which this run is not about and secondaries would lose"
                later = f"{gone} until a run about all zones, and secondaries would lose it then"
                told = f"catalog {catalog} lists {lost if chosen else later}"
                raise Refused(f"{told}; run once without dns_zone_select")

    def look(self):
        """Read what the host has now. Raises Refused."""
        self.current = self.generations.current(self._reread if self.payload["repair"] else None)
        edited, self.exposed = self.current.look()
        self.edited = edited | self.software.differing(self.current)
        if self.payload["selected"] is not None:
            self._keep_others(set(self.payload["selected"]))

    def _reread(self, generation):
        if self.payload["selected"] is not None:
            raise Refused("a host is repaired by a run about all of its zones; leave dns_zone_select out")
        rereading.reread(generation, ZONES, kept={name for name, (_zone, digest) in self.wanted.items() if "-" in digest})

    def ask(self):
        """Look at the running server as well. Raises Refused where it cannot take what changes, or is not the one that is meant."""
        self.running = condition.runs(self)
        self.stale = condition.stale(self) if self.running else []

    @property
    def lost(self):
        """Whether what this collection wrote is away but for the first file; a server that runs has what it read of it."""
        return self.entry.read() is not None and self.entry.is_ours() and not self.current.files

    def signed(self):
        """{zone: policy} of the zones that the server signs by what the host has now."""
        return self.software.signed({name: self.current.read(name) for name in self.payload["config"]})

    def digest(self):
        """Identifies what the host has now: a plan is for the state that it was made from, and for no other."""
        seen = [self.current.digest(), sorted(self.edited), self.entry.read(), self.generations.pending]
        return sha256(json.dumps(seen, sort_keys=True).encode())

    def changes(self):
        """What is to be written and removed: {kind: names or texts}."""
        removed = [name for name in self.current.files if name.startswith(ZONES + "/") and name not in self.wanted and name not in self.kept]
        config = [name for name, text in self.payload["config"].items() if name in self.edited or self.current.read(name) != text]
        known = self.current.notes.get("secondary", {})
        return {
            "zones": self.payload["texts"],
            "removed": removed,
            "config": config,
            "entry": self.entry.read() != self.payload["entry"] or self.entry.is_exposed(),
            "access": sorted(self.exposed) + [""] * self.generations.is_exposed(),
            "moved": self.generations.left_behind,
            "repaired": self.current.repaired,
            "secondary_removed": {zone: name for zone, name in known.items() if zone not in self.payload["secondary"]},
        }

    def moving(self, differing):
        """Zones that go from one catalog to another one, both of this host, once it has what is declared. differing: zones that are not as declared."""
        listed = self.payload["listed"]
        if len(differing.keys() & listed.keys()) < 2:
            return []
        before = {member: catalog for catalog, (name, _members) in listed.items() for member in self._listed_in(name)}
        return sorted(member for catalog, (_name, members) in listed.items() for member in members if before.get(member, catalog) != catalog)

    def _listed_in(self, name):
        return _MEMBER.findall(self.current.read(os.path.join(ZONES, name)) or "")

    def zone_file(self, zone):
        """The name of a primary zone's file in a generation."""
        return os.path.join(ZONES, self.payload["zones"][zone][0])

    def zone_removed(self, name):
        return self.current.facts(name)["zone"]

    def gone(self, changes):
        """Zones that this host serves in no role any more."""
        gone = [self.zone_removed(name) for name in changes["removed"]] + list(changes["secondary_removed"])
        return self.not_served(gone)

    def not_served(self, zones):
        """Those of zones that this host is to serve in no way."""
        served = {*self.payload["secondary"], *self.payload["zones"], *self.payload["members"]}
        return [zone for zone in zones if zone not in served]

    def _catalogs_known(self):
        return set(self.current.notes.get("catalogs", []))

    def catalogs_left(self):
        """Catalogs from which this host learned of zones until now, or until a run that was killed, and no longer does."""
        return sorted(self._catalogs_known().union(self.current.notes.get("leaving", [])) - set(self.payload["catalogs"]))

    def result(self, changes, diff, reloaded):
        """What the module returns of them."""
        removed = [self.zone_removed(name) for name in changes["removed"]]
        kinds = ("zones", "config", "entry", "access", "moved", "repaired")
        leaving = self.running and self.current.notes.get("leaving")
        return {
            "changed": any((removed, self.generations.pending, self.stale, leaving, *(changes[kind] for kind in kinds))),
            "zones_changed": {zone: serial for zone, (serial, _text) in changes["zones"].items()},
            "zones_removed": sorted([*removed, *(zone for zone in changes["secondary_removed"] if zone not in self.payload["members"])]),
            "edited": sorted(self.edited),
            "reloaded": reloaded,
            "diff": diff,
        }


def _shared(config):
    """{name: text} of the shared blocks of files."""
    return {name: part for text in config.values() for (kind, name), part in blocks.split(text)[1].items() if kind == "shared"}


def zones_of(generation):
    return [entry[3]["zone"] for entry in generation.files.values() if entry[3]]
