# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declaration, plan and rendering on the controller; one module call with one compact payload to the host."""

from __future__ import annotations

import functools
import hashlib
import json
import re
import zlib
from base64 import b64encode
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.authoritative.dns.plugins.action.verify import read_parents
from ansible_collections.authoritative.dns.plugins.module_utils.common.collector import uncollected
from ansible_collections.authoritative.dns.plugins.module_utils.common.listed import listed, listed_names
from ansible_collections.authoritative.dns.plugins.module_utils.common.zone_files import zone_file_name
from ansible_collections.authoritative.dns.plugins.plugin_utils import delegation_signers, earlier_task, guard, inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import names
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Declaration, Server, Zone
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.networks import network_text
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import DeclarationError, Problem
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.providers import CLOUDS
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.records import zone_text
from ansible_collections.authoritative.dns.plugins.plugin_utils.large_arguments import LargeArguments
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.servers import Plan, PrimaryZone, consuming, only, plan
from ansible_collections.authoritative.dns.plugins.plugin_utils.proof.signed_zones import zone_above
from ansible_collections.authoritative.dns.plugins.plugin_utils.serial_agreement import (
    Finding,
    NoAgreement,
    PrimaryNotAsked,
    agreed_serial,
    ahead,
    content_digest,
    missed,
    second_step,
)
from ansible_collections.authoritative.dns.plugins.plugin_utils.software import bind, knot, nsd, powerdns
from ansible_collections.authoritative.dns.plugins.plugin_utils.software.common import Capabilities, Settings, beyond, needed_addresses, too_old

SOFTWARE = {"bind": bind, "nsd": nsd, "knot": knot, "powerdns": powerdns}

_PATH = re.compile(r"/[\w./@+-]*\Z", re.ASCII)
_LEAST_TLS_DAYS = 3  # whose last third is a day, in which a daily run renews
_LEFT_AT_MOST = 1000  # zones that differ; where there are more, to read the declaration again is a small part of the run


def _own_address(item: Any) -> str:
    """An entry of the list C(listen_on). Raises ValueError for what is none."""
    found = item if item == "any" else names.address(item)
    if found in ("0.0.0.0", "::"):
        raise ValueError(f"{item!r} stands for all addresses, beside which there can be no other")
    return found


# How each list of a server's settings is read, and what would be right if that fails.
READERS = {
    "listen_on": (_own_address, "list the host's own addresses, or any"),
    "allow_query": (network_text, "list networks such as 192.0.2.0/24, or any, none, localhost, localnets"),
    "recursion_networks": (network_text, "list networks such as 192.0.2.0/24, or any, none, localhost, localnets"),
    "forwarders": (names.address, "list the addresses of resolvers"),
}


@dataclass(frozen=True)
class Duties:
    """What a host is to have. payload: for its module. held: what it is primary for. transferred, members: zones, see L(transferred) and L(HostState)."""

    payload: str
    held: Plan
    transferred: Collection[str]
    members: Mapping[str, str]

    def about(self, zones: Collection[str]) -> Duties:
        """With no more of what the host is primary for than these zones, all that is in them included."""
        held = {name: primary for name, primary in self.held.primary.items() if name in zones}
        return replace(self, held=replace(self.held, primary={name: _whole(primary) for name, primary in held.items()}, secondary={}, consumed={}))


def _whole(primary: PrimaryZone) -> PrimaryZone:
    content = primary.zone.content
    return replace(primary, zone=replace(primary.zone, content=replace(content, body=functools.partial(str, content.body()))))


class ActionModule(LargeArguments):
    _requires_connection = True
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        task_vars = task_vars or {}
        arguments = dict(self._task.args)
        comparing = arguments.get("state") == "compared"
        comparisons = arguments.pop("comparisons", None) or []
        host = task_vars["inventory_hostname"]
        if refused := arguments.pop("refused", None):
            raise AnsibleActionFail(f"Nothing was changed on {host}, because {', '.join(refused)} was refused.")
        found = next((item for item in comparisons if item.get("host") == host), {})
        findings = findings_of(comparisons, host) if "differing" in found else {}
        signers, moved, steps = delegation_signers.agreed(findings, host) if findings else ({}, set(), [])
        others = (left_behind, not_told, moving) if findings else ()
        if (found.get("agrees") or brought_by_others(findings, host)) and not moved and not any(look(findings, host) for look in others):
            nothing = {"changed": False, "zones_changed": {}, "zones_removed": [], "edited": [], "reloaded": False}
            return {**nothing, "warnings": steps} if steps else nothing
        part = arguments.get("part", "any")
        if found and part not in ("any", found["part"]):
            return {"skipped": True, "changed": False, "skip_reason": f"{host} is not the {part} part"}
        said = {word: arguments.get(word) for word in ("software", "version", "layout", "settings", "repair")}
        try:
            duties = earlier_task.left(host, worked_out_from(found["differing"], said)) if findings and not signers else None
            if duties is None or not left_behind(findings, host) <= duties.held.primary.keys():
                declaration = inventory.declared(task_vars, self._templar.template)
                if comparing:
                    inventory.check_strategy(self._task.get_play().strategy, task_vars)
                duties, host_plan, layout = self._duties(declaration, arguments, task_vars, signers)
            for word in ("version", "parent_servers", "settings"):  # the module has no use for them, and the host's log none for what they say
                arguments.pop(word, None)
            if arguments.get("state", "present") == "present":
                findings = findings or findings_of(comparisons, host)
                changing = texts(duties.held, host, findings, listed_names(arguments.get("without")), moved)
                steps += second_steps(duties.held, findings, changing)
                arguments["changes"] = packed(
                    {
                        "texts": changing,
                        "seen": findings[host]["seen"],
                        "missed": sorted(not_told(findings, host) & duties.transferred),
                        "brought": brought(findings, host, duties.members),
                        "moving": sorted(moving(findings, host) & duties.members.keys()),
                    }
                )
        except (DeclarationError, NoAgreement) as error:
            raise AnsibleActionFail(str(error)) from error
        except ValueError as error:
            raise AnsibleActionFail(f"version: {error}; leave it out, or give the package's") from error
        arguments["payload"] = duties.payload
        allowed, bogus = (listed(arguments.pop(word, False)) for word in ("allow_loss", "allow_bogus"))
        result = self._execute_module(module_name="authoritative.dns.nameserver", module_args=arguments, task_vars=task_vars)
        result.pop("invocation", None)  # the payload is nothing to read
        if steps and not result.get("failed"):
            result["warnings"] = [*result.get("warnings", []), *steps]
        if "differing" in result:
            # In check mode a step of rotate_tsig finds what was there before the steps that come before it.
            foreseen = self._task.check_mode and task_vars.get("__dns_tsig_generations") is not None
            losses = [
                *guard.losses(host, host_plan, result, allowed),
                *guard.left_out(host, result, allowed, layout.local_config),
                *guard.lost_updates(result, host, allowed),
                *guard.lost_signing_keys(host, result, bogus),
                *(() if foreseen else guard.lost_keys(host, declaration.keyring, result, allowed, declaration.selected)),
            ]
            if losses:
                raise AnsibleActionFail("Refused, and nothing was changed:\n" + "\n".join(f"- {loss}" for loss in losses))
            told = inventory.told_once(declaration.warnings, task_vars)
            differing = json.loads(result["differing"])
            silent = differing["silent"]
            if silent:
                told.append(f"{', '.join(silent)} gave no answer: which serials they have of their zones was not taken into account")
            if told:
                result["warnings"] = [*result.get("warnings", []), *told]
            result["host"] = host
            result["part"] = "primary" if host_plan.primary else "secondary"
            if not result.get("agrees") and len(differing["zones"]) <= _LEFT_AT_MOST:
                earlier_task.leave(host, worked_out_from(result["differing"], said), duties.about(differing["zones"]))
        return result

    @uncollected()
    def _duties(
        self, declaration: Declaration, arguments: Mapping[str, Any], task_vars: Mapping[str, Any], signers: delegation_signers.Signers
    ) -> tuple[Duties, Plan, Any]:
        """With the whole plan of the host, and where its distribution expects the program's files."""
        software = SOFTWARE[arguments.get("software", "bind")]
        host_plan, settings = host_duties(declaration, task_vars, software, arguments.get("settings") or {}, arguments.get("version", ""))
        host_plan = replace(host_plan, primary=signing(host_plan.primary, signers, declaration))
        layout = _of_role(software.Layout, "layout", arguments["layout"])
        derived = any(key.name not in declaration.keyring.given for key in host_plan.keys)
        generations = declaration.keyring.generations if derived else ()
        payload = self._payload(host_plan, declaration.selected, software, layout, settings, generations)
        mine = only(host_plan, declaration.selected)
        payload["outside"] = outside(mine, task_vars.get("ansible_play_batch"))
        payload["repair"] = boolean(arguments.get("repair", False))
        payload["witnesses"] = witnesses(declaration, mine, read_parents(arguments.get("parent_servers") or {}, declaration))
        payload["delegations"], payload["followed"] = delegations(declaration, mine)
        return Duties(packed(payload), mine, transferred(mine, declaration.selected), payload["members"]), host_plan, layout

    @staticmethod
    def _payload(
        host_plan: Plan, selected: frozenset[str] | None, software: Any, layout: Any, settings: Settings, generations: Sequence[int] = ()
    ) -> dict[str, Any]:
        config = software.render(host_plan, layout, settings)
        listed = {name: primary.zone.members for name, primary in host_plan.primary.items() if primary.zone.members is not None}
        listed = listed if selected is not None or len(listed) > 1 else {}
        host_plan = only(host_plan, selected)
        return {
            "selected": None if selected is None else sorted(selected),
            "config": config,
            "secret": software.SECRET_FILES,
            "tsig_generations": generations,
            "entry": software.entry(layout, settings),
            "beside": [
                path
                for path in (layout.local_config, getattr(layout, "local_options", ""), settings.tls_certificate, settings.tls_key, settings.tls_ca)
                if path
            ],
            "zones": {name: [zone_file_name(name), content_digest(primary.zone)] for name, primary in host_plan.primary.items()},
            "texts": {},
            "seen": None,
            "missed": [],
            "brought": {},
            "moving": [],
            "repair": False,
            "outside": outside(host_plan),
            "shared": [name for name, primary in host_plan.primary.items() if len(primary.zone.primaries) > 1],
            "witnesses": {},
            "signed": [name for name, primary in host_plan.primary.items() if primary.zone.content.signed],
            "delegations": {},
            "followed": [],
            "secondary": {name: zone_file_name(name) for name in host_plan.secondary},
            "catalogs": sorted(host_plan.consumed),
            "members": {member: catalog for catalog, listed in host_plan.consumed.items() for member in listed},
            "listed": {name: [zone_file_name(name), members] for name, members in listed.items()},
            "address": "127.0.0.1" if "any" in settings.listen_on else settings.listen_on[0],
            "addresses": needed_addresses(software.CAPABILITIES, host_plan, settings),
            "port": 53,
        }


def packed(said: Mapping[str, Any]) -> str:
    """As text that a module's argument can be."""
    return b64encode(zlib.compress(json.dumps(said, separators=(",", ":")).encode(), 6)).decode()


def worked_out_from(differing: str, said: Mapping[str, Any]) -> str:
    """Identifies what a host was found to have, and the arguments that its duties follow from."""
    return hashlib.sha256((differing + json.dumps(said, sort_keys=True, default=str)).encode()).hexdigest()


def host_duties(
    declaration: Declaration, task_vars: Mapping[str, Any], software: Any, arguments: Mapping[str, Any], version: str = ""
) -> tuple[Plan, Settings]:
    """What the host of these variables is to do. Raises DeclarationError naming what is wrong with it, or more than its program can do.

    version: of the program, as its package manager writes it. Without one it is taken for a new one.
    """
    host = task_vars["inventory_hostname"]
    addresses = inventory.own_addresses(task_vars)
    settings = read_settings(arguments, addresses)
    host_plan = plan(declaration, host, addresses)
    authority = arguments.get("tls_authority")
    capabilities, problems = software.CAPABILITIES, inventory.authority_problems(authority, task_vars) if authority else []
    if version:
        problems += too_old(capabilities, version, host)
        capabilities = capabilities.of(version)
    problems += beyond(capabilities, only(host_plan, declaration.selected), settings)
    if problems:
        raise DeclarationError(problems)
    return as_consumer(host_plan, software, capabilities, settings), settings


def as_consumer(host_plan: Plan, software: Any, capabilities: Capabilities, settings: Settings) -> Plan:
    """The plan of a host whose program learns from catalogs what to transfer, as far as it can; of others what it is."""
    if not capabilities.catalogs:
        return host_plan
    most = 1 if capabilities.one_catalog else None
    return consuming(host_plan, lambda served: not served.transfer_to and software.takes_catalog(host_plan, served, settings), most)


def read_settings(arguments: Mapping[str, Any], addresses: Sequence[str]) -> Settings:
    """The server's settings from a module's arguments. Raises DeclarationError naming every mistake."""
    problems = []
    chosen = {key: value for key, value in arguments.items() if value not in (None, [], "")}
    authority, days = chosen.pop("tls_authority", None), chosen.pop("tls_days", None)
    for key, (read, right) in READERS.items():
        items = chosen.get(key, [])
        if not isinstance(items, (list, tuple)):
            problems.append(Problem(f"nameserver_{key}", f"{items!r} is not a list", right))
            continue
        read_items = []
        for item in items:
            try:
                read_items.append(read(item))
            except ValueError as error:
                problems.append(Problem(f"nameserver_{key}", str(error), right))
        if read_items:
            chosen[key] = tuple(read_items)
    if chosen.get("forwarders") and not chosen.get("recursion_networks"):
        problems.append(
            Problem(
                "nameserver_forwarders", "are given, but nobody may recurse", "name the networks in nameserver_recursion_networks, or leave the forwarders out"
            )
        )
    if chosen.get("dnssec_validation", "auto") not in ("auto", "yes", "no", True, False):
        problems.append(Problem("nameserver_dnssec_validation", f"{chosen['dnssec_validation']!r} is no setting", "write auto, yes or no"))
    for key in ("local_config", "local_options"):
        if not isinstance(chosen.get(key, ""), str):
            problems.append(Problem(f"nameserver_{key}", f"{chosen[key]!r} is no text", "write statements in the program's own syntax"))
    for key in ("tls_certificate", "tls_key", "tls_ca"):
        if not _PATH.match(str(chosen.get(key, "/"))):
            problems.append(Problem(f"nameserver_{key}", f"{chosen[key]!r} is not an absolute path", "write the path of a file on the host, without blanks"))
    for key, other in (("tls_certificate", "tls_key"), ("tls_key", "tls_certificate")):
        if authority and key in chosen and other not in chosen:
            right = "give both, which belong together, or neither, and nameserver_tls_authority issues them"
            problems.append(Problem(f"nameserver_{key}", f"is given without nameserver_{other}", right))
    if authority and days is not None and not (str(days).isdecimal() and int(days) >= _LEAST_TLS_DAYS):
        right = f"write {_LEAST_TLS_DAYS} or more, since certificates are renewed by a run in the last third of their days"
        problems.append(Problem("nameserver_tls_days", f"{days!r} is no number of days, or too few", right))
    if problems:
        raise DeclarationError(problems)
    if isinstance(chosen.get("dnssec_validation"), bool):
        chosen["dnssec_validation"] = "yes" if chosen["dnssec_validation"] else "no"
    chosen.setdefault("listen_on", tuple(addresses) or ("any",))
    return _of_role(Settings, "settings", chosen)


def _of_role(kind: Callable[..., Any], argument: str, given: Mapping[str, Any]) -> Any:
    """What the role gives a module as a mapping. Raises AnsibleActionFail for keys that are missing, or too many."""
    try:
        return kind(**given)
    except TypeError as error:
        raise AnsibleActionFail(f"{argument}: {error}; see the documentation of this module and the role's vars/software") from error


def findings_of(comparisons: Sequence[Mapping[str, Any]], host: str) -> dict[str, dict[str, Any]]:
    """What each host of the play was found to have, that of host among it. Raises DeclarationError."""
    found = {item["host"]: json.loads(item["differing"]) for item in comparisons if "differing" in item}
    if host not in found:
        raise DeclarationError(
            [Problem("comparisons", f"hold nothing about {host}", "register a task with state: compared first and pass what it returned on every host")]
        )
    return found


def brought_by_others(found: Mapping[str, Mapping[str, Any]], host: str) -> bool:
    """Whether a host lacks nothing but zones that their primaries bring in this run, and of which it is told then, as a catalog's new members."""
    lacking = set(found[host].get("waiting", ())) if host in found else set()
    return bool(lacking) and lacking <= {zone for other, item in found.items() if other != host for zone in item["zones"]}


def left_behind(found: Mapping[str, Mapping[str, Any]], host: str) -> set[str]:
    """Zones that a host is primary for and of which another server has a newer copy than it. found: see L(findings_of)."""
    return ahead(found[host]["serials"], [served for item in found.values() for served in (item["transferred"], *item["outside"].values())])


def not_told(found: Mapping[str, Mapping[str, Any]], host: str) -> set[str]:
    """Zones that a host transfers and of which a primary had a newer copy before this run: it was away when it was told of it. found: see L(findings_of)."""
    return missed(found[host]["transferred"], [item["serials"] for item in found.values()])


def moving(found: Mapping[str, Mapping[str, Any]], host: str) -> set[str]:
    """Zones that go from one catalog to another in this run, of those that a host transfers. found: see L(findings_of)."""
    return {zone for item in found.values() for zone in item.get("moving", ())} & found[host]["transferred"].keys()


def brought(found: Mapping[str, Mapping[str, Any]], host: str, zones: Collection[str]) -> dict[str, int]:
    """The serials that a host has of those of zones to which their primaries bring something else in this run. found: see L(findings_of)."""
    changing = {zone for other, item in found.items() if other != host for zone in item["zones"]}
    return {zone: serial for zone, serial in found[host]["transferred"].items() if zone in changing and zone in zones}


def transferred(host_plan: Plan, selected: Collection[str] | None) -> set[str]:
    """What a host transfers, configured to or learned from catalogs. selected: the zones that a run is about, None for all."""
    members = {member for listed in host_plan.consumed.values() for member in listed if selected is None or member in selected}
    return members | host_plan.secondary.keys()


def outside(host_plan: Plan, reached: Sequence[str] | None = None) -> list[tuple[str, str, int, list[str]]]:
    """(name, address or name to look up, port, zones) of secondaries that answer questions, and that nobody else asks for what they have.

    A provider is asked at the name servers that the zone says it has there. reached: hosts that this run asks themselves, None for all of
    the inventory. One that --limit leaves out, or that takes no connection, may answer questions about its zones nevertheless.
    """
    found: dict[tuple[str, str, int], list[str]] = {}
    provided_by = of_others(host_plan)
    for name, primary in host_plan.primary.items():
        for server in primary.zone.secondaries if primary.zone.view is None else ():  # a question would lead to whichever view sees this host
            if server.answers and not (server.managed and (reached is None or server.name in reached)):
                found.setdefault((server.name, server.addresses[0], server.port), []).append(name)
            elif server.cloud and CLOUDS[server.cloud].pulls:
                for provider, place in provided_by(primary.zone):
                    found.setdefault((provider, place, 53), []).append(name)
    return [(*server, zones) for server, zones in found.items()]


def of_others(host_plan: Plan) -> Callable[[Zone], list[tuple[str, str]]]:
    """A function that gives (name, address, or the name once more) of a zone's own NS records that lead to none of its declared servers.

    Those are its provider's, as far as the addresses of the names are declared here.
    """

    @functools.cache
    def declared(name: str) -> tuple[str, ...]:
        above = next((zone for zone in names.above(name) if zone in host_plan.primary), None)
        records = host_plan.primary[above].zone.content.addresses if above else ()
        return tuple(record.rdata for record in records if f"{record.owner}.{above}" == name)

    def found(zone: Zone) -> list[tuple[str, str]]:
        own = {address for server in (*zone.primaries, *zone.secondaries) if not server.cloud for address in server.addresses}
        names_there = [name.rstrip(".").lower() for name in zone.content.apex_servers]
        return [(name, next(iter(declared(name)), name)) for name in names_there if own.isdisjoint(declared(name))]

    return found


def witnesses(declaration: Declaration, host_plan: Plan, parents: Mapping[str, Sequence[str]]) -> dict[str, list[tuple[str, str, int, str, bool]]]:
    """(who, address, port, type, whether it has to answer) by zone.

    Servers of a zone that the host signs could have its DNSKEY, and those of the zone above could have a DS. parents: addresses of the latter where
    the zone above is not declared, by zone; these were there before this run, whose silence says nothing good, and of each zone one has to answer.
    """
    found: dict[str, list[tuple[str, str, int, str, bool]]] = {}
    for name, primary in host_plan.primary.items():
        zone, above = primary.zone, zone_above(declaration, name)
        known = [(server, "DNSKEY", False) for server in zone.secondaries if zone.dnssec and server.answers]
        if not zone.content.signed:
            known += [(server, "DS", False) for server in (above.servers if above else ())]
            known += [(Server(address, (address,), managed=False), "DS", True) for address in parents.get(name, ())]
        if known:
            found[name] = [(server.name, address, server.port, *asked) for server, *asked in known for address in server.addresses[:1]]
    return found


def delegations(declaration: Declaration, host_plan: Plan) -> tuple[dict[str, Any], list[str]]:
    """Whom to ask about the keys of zones whose DS follow in zones that a host holds, and which zones it signs whose DS follow."""

    def places(zone: Zone) -> list[tuple[str, str, int]]:
        return [(server.name, server.addresses[0], server.port) for server in zone.servers if server.addresses]

    held = {name: primary.zone for name, primary in host_plan.primary.items() if primary.zone.signed_delegations}
    followed = {child for zone in declaration.zones.values() for child in zone.signed_delegations}
    return {
        name: {
            "servers": places(zone),
            "below": {child: places(declaration.zones[child]) for child in zone.signed_delegations},
            "ttl": {child: delegation_signers.ttl(zone, child, declaration) for child in zone.signed_delegations},
        }
        for name, zone in held.items()
    }, [name for name, primary in host_plan.primary.items() if name in followed and primary.zone.dnssec]


def signing(primary: Mapping[str, PrimaryZone], signers: delegation_signers.Signers, declaration: Declaration) -> dict[str, PrimaryZone]:
    """What a host holds, with the DS records that follow."""
    return {
        name: replace(held, zone=delegation_signers.with_signers(held.zone, signers[name], declaration)) if name in signers else held
        for name, held in primary.items()
    }


def served_by_others(primary: PrimaryZone, found: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    """The serials of a zone that servers have that transfer it, by their names."""
    name = primary.zone.name
    serials = {server.name: found[server.name]["transferred"].get(name) for server in primary.zone.secondaries if server.name in found}
    serials.update((server, served.get(name)) for item in found.values() for server, served in item["outside"].items())
    return {server: serial for server, serial in serials.items() if serial is not None}


def second_steps(host_plan: Plan, found: Mapping[str, Mapping[str, Any]], sent: Mapping[str, tuple[int, str]]) -> list[str]:
    """What is still to be done about zones that get these texts, where no serial is newer for all of their servers at once."""
    told = (second_step(host_plan.primary[name].zone, serial, served_by_others(host_plan.primary[name], found)) for name, (serial, _text) in sent.items())
    return [step for step in told if step]


def texts(
    host_plan: Plan, host: str, found: Mapping[str, Mapping[str, Any]], without: Sequence[str] = (), moved: Collection[str] = ()
) -> dict[str, tuple[int, str]]:
    """Serial and text of every zone that this host has to be sent. found: see L(findings_of). without: hosts that need not be in it.

    moved: zones whose DS records change, whatever else does.

    Every primary of a zone comes to the same serial, since each looks at the same findings. Raises NoAgreement.
    """
    result = {}
    not_asked: dict[str, list[str]] = {}
    serials = found[host]["serials"]
    for name, primary in host_plan.primary.items():
        own = found[host]["zones"].get(name) or (found[host]["delegating"][name] if name in moved else None)
        others = served_by_others(primary, found)
        if own is None:
            if not ahead(serials, [{name: serial} for serial in others.values()]):
                continue
            own = [content_digest(primary.zone), [serials[name]], None]
        zone = primary.zone
        primaries = [server.name for server in zone.primaries if server.managed]
        missing = [server for server in primaries if server not in found and server not in without]
        if missing and own[0] == content_digest(zone):
            continue  # it has what it should have; whether the others do is for a run that asks them
        for server in missing:
            not_asked.setdefault(server, []).append(name)
        asked = [found[server] for server in primaries if server in found]
        had = [own if item is found[host] else item["zones"].get(name, (None, [])) for item in asked]
        findings = [Finding(digest, tuple(numbers)) for digest, numbers, *_weight in had]
        serial = agreed_serial(zone, findings, max(item["time"] for item in asked), others)
        if own[0] == content_digest(zone) and own[1][:1] == [serial]:
            continue
        result[name] = (serial, zone_text(name, zone.content.soa, zone.content.body(), serial))
    if not_asked:
        raise PrimaryNotAsked(not_asked)
    return result
