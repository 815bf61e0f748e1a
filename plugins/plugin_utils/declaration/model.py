# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a declaration is once it is complete: frozen values, with nothing left to default."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.common.zone_names import domain_of, view_of
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import tsig
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.content import Content
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.dnssec import Policy
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import Problem
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.providers import CLOUD_GROUP, CLOUDS
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.views import View

TLS_PORT = 853  # RFC 9103 section 7.1
PRIMARIES_GROUP = "dns_primaries"
SECONDARIES_GROUP = "dns_secondaries"
GROUPS = (PRIMARIES_GROUP, SECONDARIES_GROUP, "dns_clients", "dns_strangers", CLOUD_GROUP)
WATCHING_GROUPS = ("dns_monitors", "dns_prometheus")  # near whose names there are others that people have for other ends


@dataclass(frozen=True)
class Inventory:
    """What the declaration needs to know of an inventory.

    groups: host names by group. addresses: the addresses on which a host serves DNS, for each host that is asked for;
    raises ValueError if one is not an address. promoted: the host that is primary in the place of all of PRIMARIES_GROUP, which groups
    has as the inventory does.
    """

    groups: Mapping[str, Sequence[str]]
    addresses: Callable[[str], tuple[str, ...]]
    promoted: str | None = None

    @property
    def hosts(self) -> set[str]:
        return {host for hosts in self.groups.values() for host in hosts}


@dataclass(frozen=True)
class Server:
    """One name server of a zone.

    managed: whether it is a host of the inventory, so that this collection configures it. addresses: where it serves, and where its
    transfers come from; of a provider the latter only, networks among them. origins: where its transfers and NOTIFY come from instead,
    networks among them. answers: whether it can be asked, from wherever. key: for one that is not managed, the name of the
    given key that is agreed with it, empty for none on purpose. sources: names of the zone's servers from which this one, a
    secondary, transfers; empty for the zone's primaries. tls: the name in its certificate, None if transfers with one that is not
    managed are not to be encrypted. tls_port: where it hands zones out over TLS (RFC 9103). cloud: the provider that it is, one of
    L(clouds.CLOUDS). carrier: the host that talks to the provider. hosted_zone_id: which of the provider's zones of this name it is. notify:
    the addresses that are told of changes, None for the first of its own.
    """

    name: str
    addresses: tuple[str, ...]
    managed: bool = True
    port: int = 53
    key: str | None = None
    sources: tuple[str, ...] = ()
    tls: str | None = None
    tls_port: int = TLS_PORT
    cloud: str | None = None
    carrier: str | None = None
    hosted_zone_id: str | None = None
    notify: tuple[str, ...] | None = None
    origins: tuple[str, ...] | None = None
    answers: bool = True

    @property
    def transferring_host(self) -> str | None:
        """The host of the inventory that does the server's transfers, if one does."""
        if self.cloud:
            return None if CLOUDS[self.cloud].pulls else self.carrier
        return self.name if self.managed else None


@dataclass(frozen=True)
class Zone:
    """A zone with nothing left to default. name: lower case, without final dot, with its view if it is in one, see L(zone_names).

    allow_query: networks that may ask, None for the server's own setting. tsig: whether derived keys sign its transfers, or the name
    of the given key that does. tls: whether it is handed out over TLS and in no other way. catalog: the catalog zone that lists it.
    members: of a catalog zone, the zones that it lists (RFC 9432). dnssec: how its primary signs it, None if it does not.
    signed_delegations: zones below it that the declaration signs, and whose DS records here follow from their keys.
    """

    name: str
    primaries: tuple[Server, ...]
    secondaries: tuple[Server, ...]
    content: Content
    serial_policy: str
    allow_query: tuple[str, ...] | None
    labels: Mapping[str, Any] = field(default_factory=dict, compare=False)
    tsig: bool | str = True
    tls: bool = False
    catalog: str | None = None
    members: tuple[str, ...] | None = None
    dnssec: Policy | None = None
    signed_delegations: tuple[str, ...] = ()

    @property
    def domain(self) -> str:
        """Its domain name, which it may share with zones in other views."""
        return domain_of(self.name)

    @property
    def view(self) -> str | None:
        """The view in which it is seen, None for all."""
        return view_of(self.name)

    def upstream(self, secondary: Server) -> tuple[Server, ...]:
        """The servers from which a secondary transfers this zone, in the order to try them."""
        if not secondary.sources:
            return self.primaries
        servers = {server.name: server for server in (*self.primaries, *self.secondaries)}
        return tuple(servers[name] for name in secondary.sources)

    @property
    def servers(self) -> tuple[Server, ...]:
        """Those that answer with the zone's own SOA, or should; of a catalog its primaries, since not every consumer answers about it."""
        secondaries = self.secondaries if self.members is None else ()
        return tuple(server for server in (*self.primaries, *secondaries) if server.answers)

    def downstream(self, server: Server) -> tuple[Server, ...]:
        """The secondaries that transfer this zone from a server."""
        return tuple(secondary for secondary in self.secondaries if any(source.name == server.name for source in self.upstream(secondary)))


@dataclass(frozen=True)
class Declaration:
    """Every declared zone by name, in the order of the declaration. selected: those that this run is about, None for all.

    keyring: the keys that sign transfers. warnings: what should be otherwise and is served all the same. views: all, in the order in which they are tried.
    """

    zones: Mapping[str, Zone]
    selected: frozenset[str] | None = None
    warnings: tuple[Problem, ...] = ()
    keyring: tsig.Keyring = field(default_factory=tsig.Keyring)
    views: tuple[View, ...] = ()

    @property
    def selected_zones(self) -> Mapping[str, Zone]:
        return self.zones if self.selected is None else {name: zone for name, zone in self.zones.items() if name in self.selected}
