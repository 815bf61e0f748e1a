# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first layer: what an inventory declares, merged with defaults and checked as a whole.

Nothing here knows Ansible or a server's syntax; files and host variables come in through the arguments.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.common.zone_names import zone_name
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import catalogs, delegations, dnssec, names, reverse, tsig
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import views as declared_views
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.content import DEFAULT_TTL, build
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.drafts import (
    SHARED_KEYS,
    ZONE_KEYS,
    Draft,
    as_mapping,
    check_mapping,
    check_nested,
    merged_options,
    name_in_view,
)
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.endpoints import Endpoints
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import GROUPS, WATCHING_GROUPS, Declaration, Inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import DeclarationError, Findings, Problem, did_you_mean
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.readers.declared_files import Making
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.readers.master_file import parse_zone_file
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.records import Record, parse_records, parse_ttl
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.selection import selected
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.topology import Topology
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.rules import validate_pointers
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.zone_view import ancestors


def load(
    zones: Any,
    defaults: Any,
    inventory: Inventory,
    read_file: Callable[[str], str],
    files: Iterable[tuple[Draft, list[Problem]]] = (),
    select: str | None = None,
    keys: Mapping[str, Any] | None = None,
    keep: Callable[[Draft, Making], Sequence[Problem]] | None = None,
    catalog_zones: Any = (),
    policies: Any = None,
    views: Any = None,
) -> Declaration:
    """Read, complete and check a declaration.

    zones: the list C(dns_zones). defaults: the mapping C(dns_zone_defaults), SHARED_KEYS for every zone.
    read_file: returns the text of a declared C(file), raises OSError. files: zones that were read from directories already.
    select: the JMESPath expression C(dns_zone_select). keys: the arguments of L(tsig.read), from the variables C(dns_tsig_*).
    keep: gives zones the content of their C(file), kept from an earlier time or made and kept (L(DeclaredFiles.fill)); None makes it each time.
    catalog_zones: the list C(dns_catalogs). policies: the mapping C(dns_dnssec_policies).
    views: the list C(dns_views).
    Raises DeclarationError with every mistake in it.
    """
    return _Loader(inventory, read_file, keys or {}, keep, policies, views).load(zones, defaults, files, select, catalog_zones)


class _Loader:
    def __init__(
        self,
        inventory: Inventory,
        read_file: Callable[[str], str],
        keys: Mapping[str, Any],
        keep: Callable[[Draft, Making], Sequence[Problem]] | None,
        policies: Any,
        views: Any,
    ) -> None:
        self.inventory = inventory
        self.read_file = read_file
        self.keep = keep
        self.keyring, problems = tsig.read(**keys)
        known, mistakes = dnssec.read(policies)
        self.findings = Findings([*problems, *mistakes])
        self.problem = self.findings.problem
        self.views = declared_views.read(views, self.keyring, self.findings)
        self.topology = Topology(Endpoints(inventory, self.keyring, self.findings), known, self.findings)

    def load(self, zones: Any, defaults: Any, files: Iterable[tuple[Draft, list[Problem]]], select: str | None, listed: Any = ()) -> Declaration:
        self._check_groups()
        defaults = self._checked("dns_zone_defaults", defaults or {}, SHARED_KEYS)
        drafts: dict[str, Draft] = {}
        if not isinstance(zones, Sequence) or isinstance(zones, str):
            self.problem("dns_zones", f"{zones!r} is not a list", "declare a list of zones, each with a name")
            zones = []
        for number, item in enumerate(zones, 1):
            draft = self._draft(number, item, defaults)
            if draft is not None and self._enter(draft, drafts):
                self._read_content(draft)
        for draft, mistakes in files:
            self.findings.problems += mistakes
            self._enter(draft, drafts)
        below = delegations.of_declared(drafts, self.findings)
        pointer_warnings = self._connect(drafts, below)
        catalog_drafts = catalogs.drafts_of(listed, defaults, drafts, self.findings)
        for draft in catalog_drafts:
            self._enter(draft, drafts)
        result = {name: self.topology.complete(draft) for name, draft in drafts.items()}
        self.topology.check_hosts()
        zones_by_name = {name: zone for name, zone in result.items() if zone is not None}
        if catalog_drafts:
            zones_by_name = catalogs.complete(zones_by_name, [draft.name for draft in catalog_drafts], self.findings)
        if self.findings.problems:
            raise DeclarationError(self.findings.problems)
        zones_by_name = delegations.complete(zones_by_name, below, self.findings)
        warnings = [warning for zone in zones_by_name.values() for warning in zone.content.warnings]
        warnings = list(dict.fromkeys([*warnings, *pointer_warnings, *self.findings.warnings]))
        declaration = Declaration(zones_by_name, warnings=tuple(warnings), keyring=self.keyring, views=tuple(self.views.values()))
        return replace(declaration, selected=selected(declaration, select)) if select else declaration

    def _enter(self, draft: Draft, drafts: dict[str, Draft]) -> bool:
        if draft.view is not None and draft.view not in self.views:
            near = did_you_mean(draft.view, self.views)
            self.problem(draft.where, f"view {draft.view!r} is not one of {declared_views.VARIABLE}{near}", "declare it there, with who sees it")
        elif draft.view is not None and draft.domain in drafts or draft.view is None and self.views and self._in_a_view(draft.name, drafts):
            wrong = "is declared in a view, and in none as well, which means in all of them"
            self.problem(draft.where, wrong, "give each zone of this name a view of its own, or declare it once without one")
        if draft.name in drafts:
            self.problem(
                draft.where, f"is declared twice (also as {drafts[draft.name].where})", "declare each zone once; zone names ignore case and a final dot"
            )
            return False
        drafts[draft.name] = draft
        return True

    def _in_a_view(self, domain: str, drafts: Mapping[str, Draft]) -> bool:
        return any(zone_name(domain, view) in drafts for view in self.views)

    def _checked(self, where: str, value: Any, known: Sequence[str]) -> Mapping[str, Any]:
        self.findings.problems += check_mapping(where, value, known)
        if not isinstance(value, Mapping):
            return {}
        self.findings.problems += check_nested(where, value)
        return value

    def _check_groups(self) -> None:
        """A group whose name is almost one of ours is a typing error that would silently mean nothing."""
        for group in self.inventory.groups:
            near = difflib.get_close_matches(group, GROUPS, n=1, cutoff=0.8)
            if group.startswith("dns"):
                near += difflib.get_close_matches(group, WATCHING_GROUPS, n=1, cutoff=0.9)
            if near and group not in (*GROUPS, *WATCHING_GROUPS) and near[0] not in self.inventory.groups:
                self.problem(f"group {group}", "is not a group that this collection knows", f"call it {near[0]}")

    # -- one zone at a time -------------------------------------------------------------------------------------------

    def _draft(self, number: int, item: Any, defaults: Mapping[str, Any]) -> Draft | None:
        where = f"zone {number} of dns_zones"
        if not isinstance(item, Mapping):
            self.problem(where, f"{item!r} is not a zone", "write {name: example.com, records: […]}")
            return None
        network = None
        name = item.get("name")
        if "reverse_network" in item:
            try:
                network = names.network(item["reverse_network"])
                name = name if name is not None else reverse.zone_of(network)
            except ValueError as error:
                self.problem(where, f"reverse_network {item['reverse_network']!r}: {error}", "write a network such as 192.0.2.0/24 or 2001:db8::/64")
                return None
        try:
            origin = names.zone_name(name)
        except ValueError as error:
            self.problem(where, f"name {name!r} {error}", "write a domain name such as example.com")
            return None
        text = names.to_text(origin)
        options = merged_options(defaults, item)
        name = name_in_view(text, options)
        where = f"zone {name}"
        self._checked(where, item, ZONE_KEYS)
        if network is not None and text != reverse.zone_of(network):
            self.problem(where, f"is not the reverse zone of {network}", f"leave name out, or write {reverse.zone_of(network)}")
        return Draft(where, name, options, origin, self._ttl(where, "ttl", options.get("ttl", DEFAULT_TTL)), network)

    def _ttl(self, where: str, key: str, value: Any) -> int:
        try:
            return parse_ttl(value)
        except ValueError as error:
            self.problem(where, f"{key}: {error}", "write seconds, or units such as 1h or 1d")
            return DEFAULT_TTL

    def _read_content(self, draft: Draft) -> None:
        kept = "file" in draft.options and draft.network is None and self.keep is not None
        self.findings.problems += self.keep(draft, self._make_content) if kept else self._make_content(draft, self.read_file)

    def _make_content(self, draft: Draft, read_file: Callable[[str], str]) -> Sequence[Problem]:
        """Read what a zone declares, and return the mistakes in it."""
        findings = Findings()
        if "file" in draft.options:
            path = draft.options["file"]
            try:
                text = read_file(path)
            except (OSError, TypeError) as error:
                findings.problem(
                    draft.where,
                    f"file {path!r} cannot be read ({getattr(error, 'strerror', None) or error})",
                    "give a path relative to the inventory or the playbook, or an absolute one",
                )
            else:
                draft.file = parse_zone_file(text, draft.origin, f"{draft.where}, file {path}", path, read_file)
                draft.records = [*draft.file.records]
                findings.problems.extend(draft.file.problems)
        items = draft.options.get("records", [])
        soa_items = [item for item in items if str(as_mapping(item).get("type")).upper() in ("SOA", "TYPE6")] if isinstance(items, list) else []
        if soa_items:
            findings.problem(draft.where, "a SOA stands among the records", "set its fields under soa; the serial is the collection's work")
            items = [item for item in items if item not in soa_items]
        records, mistakes = parse_records(items, draft.origin, draft.ttl, draft.where)
        draft.records.extend(records)
        findings.problems.extend(mistakes)
        if draft.network is not None:
            return findings.problems  # it is complete when the forward zones are
        if "records" not in draft.options and "file" not in draft.options:
            findings.problem(draft.where, "has neither records nor a file", "give one of records, file and reverse_network")
        elif draft.records or not findings.problems:
            findings.problems.extend(self._build(draft))
        return findings.problems

    @staticmethod
    def _build(draft: Draft) -> Sequence[Problem]:
        draft.content, mistakes = build(draft.where, draft.origin, draft.ttl, draft.options, draft.records, draft.file)
        return mistakes

    # -- zones together -----------------------------------------------------------------------------------------------

    def _connect(self, drafts: Mapping[str, Draft], below: Mapping[str, Sequence[str]]) -> list[Problem]:
        """Reverse zones with the forward zones that are seen where they are: in their view, and in all. Returns warnings.

        below: zones that others delegate, see L(delegations.of_declared); what is in them is theirs.
        """
        warnings: list[Problem] = []
        for view in dict.fromkeys(draft.view for draft in drafts.values()):
            together = {draft.domain: draft for draft in drafts.values() if draft.view in (None, view)}
            warnings += self._check_pointers(together, self._derive_reverse(together, view, below))
        return warnings

    def _derive_reverse(self, drafts: Mapping[str, Draft], view: str | None, below: Mapping[str, Sequence[str]]) -> list[tuple[str, Record]]:
        """PTR records from forward zones; a declared PTR wins over a derived one. Returns the declared ones, each with its zone's name.

        drafts: by domain name, of which those of the view itself are worked out here.
        """
        own = [draft for draft in drafts.values() if draft.view == view]
        for draft in own:
            if draft.network is None and "forward_zones" in draft.options:
                self.problem(draft.where, "has forward_zones but no reverse_network", "give the network whose reverse zone this is")
        reverse_drafts = [draft for draft in own if draft.network is not None]
        if not reverse_drafts:
            return []
        result = []
        addresses = reverse.Addresses((draft.domain, record) for draft in drafts.values() if draft.content for record in draft.content.addresses)
        for draft in reverse_drafts:
            sources = [source for source in self._forward_zones(draft, drafts) if source.content is not None]
            declared = [record for record in draft.records if record.type == "PTR"]
            result += [(draft.domain, record) for record in declared]
            taken = {record.owner.lower() for record in declared}
            found = reverse.pointers(draft.network, addresses, {source.domain for source in sources}, draft.ttl)
            cuts = {child[: -len(draft.name) - 1] for child in below.get(draft.name, ())}
            derived = [(source, record) for source, record in found if record.owner not in taken and cuts.isdisjoint((record.owner, *ancestors(record.owner)))]
            if sources and not draft.options.get("name_servers") and not any(record.owner == "@" and record.type == "NS" for record in draft.records):
                feeding = {source for source, _record in derived}
                nearest = next((source for source in sources if source.domain in feeding), sources[0])
                draft.records += [Record("@", draft.ttl, "NS", server) for server in nearest.content.apex_servers]
                draft.options = {**draft.options, "soa": {"rname": f"hostmaster.{nearest.domain}.", **draft.options["soa"]}}
            draft.records += [record for _source, record in derived]
            self.findings.problems += self._build(draft)
        return result

    def _check_pointers(self, drafts: Mapping[str, Draft], pointers: Sequence[tuple[str, Record]]) -> list[Problem]:
        """Declared PTR records against the addresses of the same declaration; derived ones agree by themselves."""
        if not pointers:
            return []
        forward = ((draft.domain, record) for draft in drafts.values() if draft.content for record in draft.content.addresses)
        errors, warnings = validate_pointers(forward, pointers, lambda name: drafts[name].options["validators"])
        self.findings.problems += errors
        return warnings

    def _forward_zones(self, draft: Draft, drafts: Mapping[str, Draft]) -> list[Draft]:
        chosen = draft.options.get("forward_zones")
        if chosen is None:
            return [other for other in drafts.values() if other.network is None]
        result = []
        for name in chosen if isinstance(chosen, list) else [chosen]:
            other = drafts.get(str(name).rstrip(".").lower())
            if other is None:
                self.problem(draft.where, f"forward_zones names {name!r}, which is not declared{did_you_mean(name, drafts)}", "name zones of dns_zones")
            else:
                result.append(other)
        return result
