# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The third layer for Knot DNS 3.2 and newer: a plan as knot.conf(5).

Knot DNS can also keep its configuration in a database that C(knotc) changes in transactions. Here it reads text files: then one
mechanism, the symbolic link C(current), commits a change for every program, zones and configuration together, and what is
configured can be read, compared and put back in the same way everywhere.

Zone names, addresses and networks were checked by the declaration layer: nothing that reaches this text can end a string or an item.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.authoritative.dns.plugins.module_utils.common.zone_files import zone_file_name
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.dnssec import Policy
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import TLS_PORT
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.tsig import Key
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.servers import Peer, Plan, PrimaryZone, SecondaryZone
from ansible_collections.authoritative.dns.plugins.plugin_utils.software.common import (
    LOOPBACK,
    Blocks,
    Capabilities,
    Settings,
    askers,
    content_name,
    key_blocks,
    own_addresses,
    sends_differences,
    source_for,
    sources,
    used_key,
    version,
)

CAPABILITIES = Capabilities(
    "Knot DNS",
    oldest=(3, 2),
    signs=True,
    query_networks=True,
    offers_tls=True,
    catalogs=True,
    local_text=frozenset(["local_config"]),
    since={"offers_tls": (3, 4, 1)},
)
SECRET_FILES = ("keys.conf", "local.conf")
_DEFAULT = Settings()
HEADER = "# Written by authoritative.dns. What is edited here is shown and replaced at the next run; {local} is yours.\n"


# Of a zone that knotd signs, or hands on as differences: what differs in the text is what changes, under its serial where that is newer than the
# one that is served, and nothing is written there. Without regard to the text's serial ("difference-no-serial") it would go back where the journal is lost.
_FROM_TEXT = {"zonefile-load": "difference", "zonefile-sync": -1}


@dataclass(frozen=True)
class Layout:
    """Where a distribution expects Knot DNS' files; the role's vars files fill it.

    config_file: what knotd reads first. local_config: the administrator's own, read after everything else.
    state_directory: the generations of zones and configuration. storage: knotd's own databases, such as journals, timers and the keys of zones that it signs.
    secondary_directory: for transferred zones; knotd makes it. run_directory: for the control socket. user, group: knotd's.
    service: systemd's unit.
    """

    config_file: str
    local_config: str
    state_directory: str
    storage: str
    secondary_directory: str
    run_directory: str
    user: str
    group: str
    service: str


def takes_catalog(_plan: Plan, _catalog: SecondaryZone, _settings: Settings) -> bool:
    return True


def entry(layout: Layout, settings: Settings = _DEFAULT) -> str:
    """The file that knotd reads first: nothing but the way to the current generation, so that one symbolic link changes everything."""
    own = f"{layout.state_directory}/current/local.conf" if settings.local_config else layout.local_config
    return HEADER.format(local=_yours(layout, settings)) + f'include: "{layout.state_directory}/current/knot.conf"\n' + f'include: "{own}"\n'


def _yours(layout: Layout, settings: Settings) -> str:
    return "nameserver_local_config of the inventory" if settings.local_config else layout.local_config


def render(plan: Plan, layout: Layout, settings: Settings) -> dict[str, str]:
    """Configuration files of one generation by name. A change of knot.conf takes a restart: of zones only TLS changes it."""
    header, current = HEADER.format(local=_yours(layout, settings)), f"{layout.state_directory}/current"
    return {
        "knot.conf": header + _server(plan, layout, settings) + f'include: "{current}/keys.conf"\ninclude: "{current}/zones.conf"\n',
        "keys.conf": header + key_blocks(plan, _key).text(),
        "zones.conf": header + _rates(plan, settings) + _zones(plan, layout, settings).text(),
        **({"local.conf": settings.local_config.rstrip("\n") + "\n"} if settings.local_config else {}),
    }


def _server(plan: Plan, layout: Layout, settings: Settings) -> str:
    addresses = own_addresses(settings)
    over_tls = f"    listen-tls: {_list(f'{address}@{TLS_PORT}' for address in addresses)}\n"
    over_tls += f'    cert-file: "{settings.tls_certificate}"\n    key-file: "{settings.tls_key}"\n'
    return (
        "server:\n"
        + f"    listen: {_list(f'{address}@53' for address in addresses)}\n"
        + (over_tls if plan.offers_tls else "")
        + f'    rundir: "{layout.run_directory}"\n    user: "{layout.user}:{layout.group}"\n'
        + '    version: ""\n    identity: ""\n    nsid: ""\n'
        + _item("log", {"target": "syslog", "any": "info"})
        + f'database:\n    storage: "{layout.storage}"\n'
    )


def _rates(plan: Plan, settings: Settings) -> str:
    """How many answers a second one network may get over UDP; beyond that it is sent to TCP, where addresses are not forged.

    Not limited are the servers of the zones: they ask for many at once.
    """
    zones = (*plan.primary.values(), *plan.secondary.values())
    groups = {group for zone in zones for group in (zone.transfer_to, getattr(zone, "transfer_from", ()))}
    servers = sorted({peer.address for group in groups for peer in group})
    exempt = dict.fromkeys([*LOOPBACK, *plan.addresses, *servers])
    limits = _item("mod-rrl", {"id": "answers", "rate-limit": 200, "slip": 1, "whitelist": exempt})
    return limits + _item("template", {"id": "default", "global-module": ["mod-rrl/answers"]})


def _key(key: Key) -> str:
    return _item("key", {"id": key.name, "algorithm": key.algorithm, "secret": key.secret})


def _zones(plan: Plan, layout: Layout, settings: Settings) -> Blocks:
    """Zones with the same servers share a template that names them."""
    blocks = Blocks()
    templates: dict[tuple[object, ...], str] = {}
    own = sources(plan, settings)

    def add(name: str, zone: PrimaryZone | SecondaryZone, path: str) -> None:
        networks = askers(plan, zone, settings)
        catalog: dict[str, object] = {}
        policy = zone.zone.dnssec if isinstance(zone, PrimaryZone) else None
        journal = None if not isinstance(zone, PrimaryZone) else "all" if policy else "changes" if sends_differences(zone) else "none"
        alike = (getattr(zone, "transfer_from", None), getattr(zone, "notified_by", ()), zone.transfer_to, zone.notify, networks, journal)
        if alike not in templates:
            templates[alike] = _share(blocks, "template", "served", _template(blocks, own, *alike))
        if name in plan.consumed:
            members = {**_template(blocks, own, *alike), "storage": layout.secondary_directory}
            catalog = {"catalog-role": "interpret", "catalog-template": _share(blocks, "template", "member", members)}
        known = {"domain": name, "template": templates[alike], "file": f"{path}/{zone_file_name(name)}"}
        blocks.zones[name] = _item("zone", {**known, **catalog, **_signing(blocks, policy)})

    for name, primary in plan.primary.items():
        add(name, primary, f"{layout.state_directory}/current/zones")
    for name, secondary in plan.secondary.items():
        add(name, secondary, layout.secondary_directory)
    return blocks


def _template(
    blocks: Blocks,
    own: Mapping[int, Sequence[str]],
    transfer_from: Sequence[Peer] | None,
    notified_by: Sequence[Peer],
    transfer_to: Sequence[Peer],
    notify: Sequence[Peer],
    networks: Sequence[str] | None,
    journal: str | None,
) -> dict[str, object]:
    """journal: what a primary keeps in it."""
    options = {
        "master": _remotes(blocks, own, transfer_from or ()),
        "notify": _remotes(blocks, own, notify),
        "acl": [
            *_rules(blocks, "notify", (*(transfer_from or ()), *notified_by)),
            *_rules(blocks, "transfer", transfer_to),
            # Over TLS alone is for transfers: knotd would refuse other questions too that are signed and come without.
            *_rules(blocks, "query", [peer for peer in transfer_to if peer.tls and peer.keys]),
        ],
        "module": [] if networks is None else ["mod-queryacl/" + _share(blocks, "mod-queryacl", "askers", {"address": networks}, "mod-queryacl/")],
        # A primary's zone is in its file alone, which may go back to an older one, where it needs no differences.
        "journal-content": journal or "changes",
        **(_FROM_TEXT if journal in ("all", "changes") else {}),
    }
    return {name: value for name, value in options.items() if value}


def _signing(blocks: Blocks, policy: Policy | None) -> dict[str, object]:
    """How knotd signs a zone; what it reads is the zone's text, and what it makes of it is in its journal."""
    if policy is None:
        return {}
    # A policy is shared by its name: the zones of another run keep theirs.
    # For how long resolvers remember a DS that has gone: the zone above, which knotd could ask, is the playbook's to look at.
    forgotten = _item("submission", {"id": policy.name, "parent-delay": policy.ds_retirement})
    options = {"id": policy.name, "ksk-submission": policy.name, **(_policy(policy) if policy.signs else _INSECURE)}
    blocks.share(policy.name, forgotten + _item("policy", options))
    return {"dnssec-signing": "on", "dnssec-policy": policy.name}


# The keys stay as they are, whatever the former policy made, and the zone above is asked to take its DS away (RFC 8078 section 4).
_INSECURE = {"manual": "on", "cds-cdnskey-publish": "delete-dnssec"}


def _policy(policy: Policy) -> dict[str, object]:
    """knot.conf(5), section "policy". Each step of a rollover waits for a TTL and C(propagation-delay)."""
    nsec3 = {"nsec3-iterations": 0, "nsec3-salt-length": 0, "nsec3-opt-out": _switch(policy.nsec3_opt_out)}  # RFC 9276 section 3.1
    return {
        "algorithm": policy.algorithm.lower(),
        "single-type-signing": _switch(policy.single_type_signing),
        "ksk-lifetime": policy.ksk_lifetime,
        "zsk-lifetime": policy.zsk_lifetime,
        "dnskey-ttl": policy.dnskey_ttl,
        "zone-max-ttl": policy.max_zone_ttl,
        "propagation-delay": policy.zone_propagation_delay + max(policy.publish_safety, policy.retire_safety),
        "rrsig-lifetime": policy.signatures_validity,
        "rrsig-refresh": policy.signatures_refresh,
        "nsec3": _switch(policy.nsec3),
        **(nsec3 if policy.nsec3 else {}),
        "cds-cdnskey-publish": "always",
    }


def _switch(value: bool) -> str:
    return "on" if value else "off"


def _remotes(blocks: Blocks, own: Mapping[int, Sequence[str]], peers: Iterable[Peer]) -> list[str]:
    """Whom to ask or tell, from which address and with which key."""
    result = []
    for peer in peers:
        options = {"address": f"{peer.address}@{peer.port}", "via": source_for(own[version(peer.address)], peer.address), "key": used_key(peer)}
        result.append(_share(blocks, "remote", "server", {name: value for name, value in options.items() if value}))
    return result


def _rules(blocks: Blocks, action: str, peers: Sequence[Peer]) -> list[str]:
    """By what a server recognises others: their keys, from wherever, or their addresses where no keys are agreed."""
    keys = dict.fromkeys(key.name for peer in peers for key in peer.keys)
    addresses = dict.fromkeys(peer.address for peer in peers if not peer.keys)
    how = {"action": [action], **({"protocol": ["tls"]} if action == "transfer" and any(peer.tls for peer in peers) else {})}
    return [_share(blocks, "acl", action, {kind: items, **how}) for kind, items in (("key", keys), ("address", addresses)) if items]


def _share(blocks: Blocks, section: str, prefix: str, options: Mapping[str, object], referred: str = "") -> str:
    """Enter an item under a name that says what is in it. referred: what precedes the name where it is used."""
    name = content_name(prefix, [_item(section, options)])
    blocks.share(referred + name, _item(section, {"id": name, **options}))
    return name


def _item(section: str, options: Mapping[str, object]) -> str:
    lines = [f"{name}: {_value(value)}" for name, value in options.items()]
    return f"{section}:\n  - " + "\n    ".join(lines) + "\n"


def _value(value: object) -> str:
    if isinstance(value, int):
        return str(value)
    return f'"{value}"' if isinstance(value, str) else _list(value)


def _list(items: Iterable[str]) -> str:
    return "[" + ", ".join(f'"{item}"' for item in items) + "]"
