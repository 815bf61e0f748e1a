# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The second layer: what one host serves, in which role, from and to whom. A pure function of the declaration."""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field, replace

from ansible_collections.authoritative.dns.plugins.module_utils.common.zone_names import view_of
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import TLS_PORT, Declaration, Server, Zone
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.tsig import Key
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.views import View


@dataclass(frozen=True)
class Peer:
    """One address of another server of the zone, or the network from which a provider's transfers come.

    keys: those that are accepted from it, the first one is used; none to go unsigned. tls: the name in its certificate if transfers go
    over TLS; questions and NOTIFY use port all the same.
    """

    server: str
    address: str
    port: int = 53
    keys: tuple[Key, ...] = ()
    tls: str | None = None
    tls_port: int = TLS_PORT


@dataclass(frozen=True)
class PrimaryZone:
    """A zone whose content this host holds. transfer_to: who may transfer it. notify: who is told of changes, once each."""

    zone: Zone
    transfer_to: tuple[Peer, ...]
    notify: tuple[Peer, ...]


@dataclass(frozen=True)
class SecondaryZone:
    """A zone that this host transfers. transfer_from: addresses in the order to try them. transfer_to, notify: as a primary's.

    notified_by: from where NOTIFY comes.
    """

    zone: Zone
    transfer_from: tuple[Peer, ...]
    transfer_to: tuple[Peer, ...] = ()
    notify: tuple[Peer, ...] = ()
    notified_by: tuple[Peer, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What one host serves. addresses: its own, on which it serves. Zones by name.

    consumed: the zones that it learns of from catalogs, by the catalog's name. They are not among secondary.
    views: all declared ones, in their order, if it has a zone in one; else it has none.
    """

    host: str
    addresses: tuple[str, ...]
    primary: Mapping[str, PrimaryZone]
    secondary: Mapping[str, SecondaryZone]
    consumed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    views: tuple[View, ...] = ()

    @property
    def offers_tls(self) -> bool:
        """Whether other servers transfer from this host over TLS."""
        return any(peer.tls for zone in (*self.primary.values(), *self.secondary.values()) for peer in zone.transfer_to)

    @property
    def takes_tls(self) -> bool:
        """Whether this host transfers over TLS."""
        return any(peer.tls for zone in self.secondary.values() for peer in zone.transfer_from)

    @property
    def keys(self) -> tuple[Key, ...]:
        """Every key that the host needs, each once, in the order of their names."""
        zones = (*self.primary.values(), *self.secondary.values())
        peers = {peers for zone in zones for peers in (zone.transfer_to, getattr(zone, "transfer_from", ()))}
        seen_with = {client.key for view in self.views for client in view.match_clients if client.key}
        return tuple(sorted({key for group in peers for peer in group for key in peer.keys} | seen_with, key=lambda key: key.name))


def plan(declaration: Declaration, host: str, addresses: tuple[str, ...]) -> Plan:
    """What ``host``, which serves on ``addresses``, does for each declared zone."""
    primary: dict[str, PrimaryZone] = {}
    secondary: dict[str, SecondaryZone] = {}
    # Zones with the same servers have the same peers, so these are worked out once.
    known: dict[tuple[object, ...], tuple[tuple[Peer, ...], ...]] = {}
    for zone in declaration.zones.values():
        own = _own(host, zone.primaries)
        transferring = None if own else _own(host, zone.secondaries)
        server = own or transferring
        if server is None:
            continue
        alike = (zone.primaries, zone.secondaries, zone.tsig, zone.tls, zone.view)
        if alike not in known:
            known[alike] = _peers(declaration, zone, server, addresses)
        transfer_from, transfer_to, notify, notified_by = known[alike]
        if own:
            primary[zone.name] = PrimaryZone(zone, transfer_to, notify)
        else:
            secondary[zone.name] = SecondaryZone(zone, transfer_from, transfer_to, notify, notified_by)
    in_view = any(view_of(name) for name in (*primary, *secondary))
    return Plan(host, addresses, primary, secondary, views=declaration.views if in_view else ())


def _peers(declaration: Declaration, zone: Zone, server: Server, addresses: tuple[str, ...]) -> tuple[tuple[Peer, ...], ...]:
    """From whom a server transfers a zone, who transfers it from there, who of these is told of changes, and who tells the server."""
    sources = zone.upstream(server) if server in zone.secondaries else ()
    transfer_from = [
        peer for source in sources for peer in reachable(source, addresses, keys_between(declaration, zone, source, server), zone.tls or not source.managed)
    ]
    transfer_to = [
        replace(peer, tls=secondary.name) if zone.tls else peer
        for secondary in zone.downstream(server)
        for peer in _origins(secondary, addresses, keys_between(declaration, zone, server, secondary))
    ]
    notify = [peer for secondary in zone.downstream(server) for peer in _told(declaration, zone, server, secondary, addresses)]
    notified_by = [peer for source in sources for peer in _origins(source, addresses, keys_between(declaration, zone, source, server))]
    return tuple(transfer_from), tuple(transfer_to), tuple(notify), tuple(notified_by)


def _origins(server: Server, addresses: tuple[str, ...], keys: tuple[Key, ...]) -> list[Peer]:
    """From where the server's transfers and NOTIFY come."""
    return reachable(server if server.origins is None else replace(server, addresses=server.origins), addresses, keys)


def _told(declaration: Declaration, zone: Zone, source: Server, secondary: Server, addresses: tuple[str, ...]) -> list[Peer]:
    """Where a secondary is told of changes: at its first address, or at all those that it has for this."""
    keys = keys_between(declaration, zone, source, secondary)
    if secondary.notify is None:
        return reachable(secondary, addresses, keys)[:1]
    return reachable(replace(secondary, addresses=secondary.notify), addresses, keys)


def keys_between(declaration: Declaration, zone: Zone, source: Server, secondary: Server) -> tuple[Key, ...]:
    """The keys that sign a zone's transfers from one server to another, the one to use first."""
    given = declaration.keyring.given
    agreed = next((server.key for server in (source, secondary) if server.key is not None), zone.tsig if isinstance(zone.tsig, str) else None)
    if agreed is not None:
        return (given[agreed],) if agreed else ()
    derives = zone.tsig and source.managed and (secondary.managed or secondary.cloud)
    return declaration.keyring.derived(source.name, secondary.name, zone.view) if derives else ()


def only(whole: Plan, zones: Container[str] | None) -> Plan:
    """The part of a plan that is about some zones; all of it for None."""
    if zones is None:
        return whole
    return replace(
        whole,
        primary={name: zone for name, zone in whole.primary.items() if name in zones},
        secondary={name: zone for name, zone in whole.secondary.items() if name in zones},
    )


def consuming(whole: Plan, takes: Callable[[SecondaryZone], bool], most: int | None = None) -> Plan:
    """The plan of a host that learns of zones from their catalogs. takes: whether it can, from this catalog's zone. most: of the first ones, None for all."""
    found = ((name, served.zone.members) for name, served in whole.secondary.items() if served.zone.members is not None and takes(served))
    catalogs = dict(itertools.islice(found, most))
    members = {member for listed in catalogs.values() for member in listed}
    return replace(whole, secondary={name: served for name, served in whole.secondary.items() if name not in members}, consumed=catalogs)


def _own(host: str, servers: tuple[Server, ...]) -> Server | None:
    return next((server for server in servers if server.managed and server.name == host), None)


def reachable(server: Server, addresses: tuple[str, ...], keys: tuple[Key, ...] = (), tls: bool = False) -> list[Peer]:
    """The server's addresses of the families that ``addresses`` have; all of them if no family is shared (there may be a router)."""
    families = {ipaddress.ip_address(address).version for address in addresses}
    shared = [address for address in server.addresses if ipaddress.ip_interface(address).version in families]
    name = server.tls if tls else None
    return [Peer(server.name, address, server.port, keys, name, server.tls_port) for address in shared or server.addresses]
