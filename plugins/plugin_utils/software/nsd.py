# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The third layer for NSD 4.6 and newer: a plan as nsd.conf(5).

Zone names, addresses and networks were checked by the declaration layer: nothing that reaches this text can end a string or a clause.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ansible_collections.authoritative.dns.plugins.module_utils.common.zone_files import zone_file_name
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.tsig import Key
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.servers import Peer, Plan, PrimaryZone, SecondaryZone
from ansible_collections.authoritative.dns.plugins.plugin_utils.software.common import (
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

# NSD 4.12 takes no transfer of a zone that has an NSAP-PTR record, and says so to nobody.
CAPABILITIES = Capabilities(
    "NSD",
    oldest=(4, 6),
    query_networks=True,
    takes_tls=True,
    local_text=frozenset(["local_config"]),
    without_types=frozenset(["TYPE23"]),  # NSAP-PTR
    catalogs=True,
    one_catalog=True,
    since={"catalogs": (4, 9)},
)
SECRET_FILES = ("keys.conf", "local.conf")
_DEFAULT = Settings()
HEADER = "# Written by authoritative.dns. What is edited here is shown and replaced at the next run; {local} is yours.\n"
# What nsd notes of changes lies beside the name that it opens, in a directory of its own with a link to the zone's text.
_DIFFERENCES = ("create-ixfr: yes", "store-ixfr: yes")
ANYWHERE = ("0.0.0.0/0", "::/0")
_MEMBER = "member-%s"  # the file of a zone that a catalog lists; none of a zone that has a clause, which is removed when the zone comes to a catalog


@dataclass(frozen=True)
class Layout:
    """Where a distribution expects NSD's files; the role's vars files fill it.

    config_file: what nsd reads first. local_config: the administrator's own, read after everything else; a pattern for many files.
    state_directory: the generations of zones and configuration. secondary_directory: for transferred zones; nsd makes it.
    differences_directory: for what nsd notes of changes in large zones that it transfers to others; nsd makes it.
    transfers_file: for what nsd notes of the zones that it transfers. Not that of a configuration of before, which would believe it after the way back.
    control_socket: where nsd takes commands, of root and its own group. user, group: nsd's. service: systemd's unit.
    options: further lines of the clause ``server`` as the distribution ships them.
    """

    config_file: str
    local_config: str
    state_directory: str
    secondary_directory: str
    differences_directory: str
    transfers_file: str
    control_socket: str
    user: str
    group: str
    service: str
    options: Sequence[str] = ()


def takes_catalog(_plan: Plan, _catalog: SecondaryZone, _settings: Settings) -> bool:
    return True


def entry(layout: Layout, settings: Settings = _DEFAULT) -> str:
    """The file that nsd reads first: nothing but the way to the current generation, so that one symbolic link changes everything."""
    own = f"{layout.state_directory}/current/local.conf" if settings.local_config else layout.local_config
    return HEADER.format(local=_yours(layout, settings)) + f'include: "{layout.state_directory}/current/nsd.conf"\n' + f'include: "{own}"\n'


def _yours(layout: Layout, settings: Settings) -> str:
    return "nameserver_local_config of the inventory" if settings.local_config else layout.local_config


def render(plan: Plan, layout: Layout, settings: Settings) -> dict[str, str]:
    """Configuration files of one generation by name. A change of nsd.conf takes a restart: nothing in it depends on zones."""
    header, current = HEADER.format(local=_yours(layout, settings)), f"{layout.state_directory}/current"
    return {
        "nsd.conf": header + _server(layout, settings) + f'include: "{current}/keys.conf"\ninclude: "{current}/zones.conf"\n',
        "keys.conf": header + key_blocks(plan, _key).text(),
        "zones.conf": header + _zones(plan, layout, settings).text(),
        **({"local.conf": settings.local_config.rstrip("\n") + "\n"} if settings.local_config else {}),
    }


def _server(layout: Layout, settings: Settings) -> str:
    server = [
        *(f"ip-address: {address}" for address in (() if "any" in settings.listen_on else own_addresses(settings))),
        # Or nsd would not start before every address is there.
        "ip-freebind: yes",
        "hide-version: yes",
        "hide-identity: yes",
        "minimal-responses: yes",
        "refuse-any: yes",
        # Answers a second for one name and network; beyond that it is sent to TCP, where addresses are not forged.
        "rrl-ratelimit: 200",
        "rrl-slip: 1",
        # Transferred zones are in their zone files alone, soon after each transfer (seconds), for the next start. 4.7 knows nothing else.
        'database: ""',
        "zonefiles-write: 10",
        f'xfrdfile: "{layout.transfers_file}"',
        *([f'tls-cert-bundle: "{settings.tls_ca}"'] if settings.tls_ca else []),
        *layout.options,
    ]
    control = ["control-enable: yes", f'control-interface: "{layout.control_socket}"']
    return _clause("server", server) + _clause("remote-control", control)


def _clause(name: str, lines: Iterable[str]) -> str:
    return f"{name}:\n" + "".join(f"\t{line}\n" for line in lines)


def _key(key: Key) -> str:
    return _clause("key", [f'name: "{key.name}"', f"algorithm: {key.algorithm}", f'secret: "{key.secret}"'])


def _zones(plan: Plan, layout: Layout, settings: Settings) -> Blocks:
    """Zones with the same servers share a pattern that names them."""
    blocks = Blocks()
    patterns: dict[tuple[object, ...], str] = {}
    own = sources(plan, settings)

    def add(name: str, zone: PrimaryZone | SecondaryZone, path: str, options: Sequence[str] = ()) -> None:
        networks = askers(plan, zone, settings)
        alike = (getattr(zone, "transfer_from", ()), getattr(zone, "notified_by", ()), zone.transfer_to, zone.notify, networks)
        if alike not in patterns:
            lines = [*_pattern(blocks, *alike), *_outgoing(own, (*alike[0], *zone.notify))]
            patterns[alike] = content_name("served", lines)
            blocks.share(patterns[alike], _clause("pattern", [f'name: "{patterns[alike]}"', *lines]))
        lines = [f'name: "{name}"', f'zonefile: "{path}/{zone_file_name(name)}"', f'include-pattern: "{patterns[alike]}"', *options]
        if name in plan.consumed:
            members = [f'zonefile: "{path}/{_MEMBER}"', f'include-pattern: "{patterns[alike]}"']
            pattern = content_name("member", members)
            blocks.share(pattern, _clause("pattern", [f'name: "{pattern}"', *members]))
            lines += ["catalog: consumer", f'catalog-member-pattern: "{pattern}"']
        blocks.zones[name] = _clause("zone", lines)

    for name, primary in plan.primary.items():
        if sends_differences(primary):
            add(name, primary, layout.differences_directory, _DIFFERENCES)
        else:
            add(name, primary, f"{layout.state_directory}/current/zones")
    for name, secondary in plan.secondary.items():
        add(name, secondary, layout.secondary_directory)
    return blocks


def _pattern(
    blocks: Blocks,
    transfer_from: Sequence[Peer],
    notified_by: Sequence[Peer],
    transfer_to: Sequence[Peer],
    notify: Sequence[Peer],
    networks: Sequence[str] | None,
) -> Iterable[str]:
    for peer in transfer_from:
        yield f"request-xfr: {_source(blocks, peer)}"
    yield from _identities("allow-notify", (*transfer_from, *notified_by))
    yield from _identities("provide-xfr", transfer_to)
    for peer in notify:
        yield f"notify: {_endpoint(peer)}"
    if networks is not None:
        yield from (f"allow-query: {network} NOKEY" for network in networks)
        # NOKEY lets unsigned questions pass and no others, but secondaries sign theirs for the SOA.
        yield from _identities("allow-query", [peer for peer in transfer_to if peer.keys])


def _outgoing(own: Mapping[int, Sequence[str]], peers: Sequence[Peer]) -> Iterable[str]:
    """From which of the own addresses they are asked and told: one of each version for a zone, so the first peer decides."""
    for family, addresses in own.items():
        first = next((peer for peer in peers if version(peer.address) == family), None)
        if first is not None and addresses:
            yield f"outgoing-interface: {source_for(addresses, first.address)}"


def _endpoint(peer: Peer) -> str:
    """Whom to ask or tell, and with which key."""
    key = used_key(peer)
    return peer.address + (f"@{peer.port}" if peer.port != 53 else "") + (f' "{key}"' if key else " NOKEY")


def _source(blocks: Blocks, peer: Peer) -> str:
    """From where to transfer: over TLS only from whom proves to be the one that is meant (strict TLS, RFC 9103 section 9.3.1)."""
    if not peer.tls:
        return _endpoint(peer)
    name = content_name("tls-from", [peer.tls])
    blocks.share(name, _clause("tls-auth", [f'name: "{name}"', f'auth-domain-name: "{peer.tls}"']))
    return f'{_endpoint(replace(peer, port=peer.tls_port))} "{name}"'


def _identities(option: str, peers: Iterable[Peer]) -> Iterable[str]:
    """By what a server recognises others: their keys, from wherever, or their addresses where no keys are agreed."""
    found = (
        line
        for peer in peers
        for line in ((f'{option}: {network} "{key.name}"' for key in peer.keys for network in ANYWHERE) if peer.keys else (f"{option}: {peer.address} NOKEY",))
    )
    return dict.fromkeys(found)
