# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The third layer for PowerDNS Authoritative Server 4.5 and newer, as a secondary with the SQLite backend (PowerDNS' documentation).

PowerDNS has its zones and keys in a database. A generation describes them in C(zones.txt) and C(keys.txt); the managed host makes
the database say the same, in one transaction (C(plugins/module_utils/serving/software/powerdns.py)).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.tsig import Key
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.servers import Peer, Plan, SecondaryZone
from ansible_collections.authoritative.dns.plugins.plugin_utils.software.common import (
    Blocks,
    Capabilities,
    Settings,
    key_blocks,
    own_addresses,
    sources,
    used_key,
)

# TYPE65401 and TYPE65402 are private use (RFC 6895), but mean ALIAS and LUA to PowerDNS.
CAPABILITIES = Capabilities(
    "PowerDNS",
    oldest=(4, 5),
    primary=False,
    one_key=True,
    local_text=frozenset(["local_config"]),
    without_types=frozenset({"TYPE65401", "TYPE65402"}),
    catalogs=True,
    since={"catalogs": (4, 7)},
)
LOCAL = "pdns.local.conf"  # is read after pdns.conf
SECRET_FILES = ("keys.txt", LOCAL)
HEADER = "# Written by authoritative.dns. What is edited here is shown and replaced at the next run{local}.\n"


@dataclass(frozen=True)
class Layout:
    """Where a distribution expects PowerDNS' files; the role's vars files fill it.

    config_file: what pdns_server reads first. local_config: the administrator's own, read after everything else.
    state_directory: the generations of configuration, below directories that root alone may write. previous_state_directory: where an earlier
    version of this collection had them. database: the SQLite file, which is this collection's alone.
    schema: the backend's schema as the package brings it. user, group: pdns_server's. service: systemd's unit.
    """

    config_file: str
    local_config: str
    state_directory: str
    database: str
    schema: str
    user: str
    group: str
    service: str
    previous_state_directory: str = ""


_DEFAULT = Settings()


def takes_catalog(_plan: Plan, _catalog: SecondaryZone, _settings: Settings) -> bool:
    return True


def entry(layout: Layout, settings: Settings = _DEFAULT) -> str:
    """The file that pdns_server reads first: nothing but the way to the current generation."""
    return HEADER.format(local=_yours(layout, settings)) + f"include-dir={layout.state_directory}/current\n"


def _yours(layout: Layout, settings: Settings) -> str:
    return f"; {'nameserver_local_config of the inventory' if settings.local_config else layout.local_config} is yours"


def render(plan: Plan, layout: Layout, settings: Settings) -> dict[str, str]:
    """Configuration files of one generation by name."""
    zones = Blocks()
    for name, zone in plan.secondary.items():
        description = [*_description(zone), ("kind", ["consumer"] if name in plan.consumed else [])]
        zones.zones[name] = "".join(f"{kind} {' '.join(values)}\n" for kind, values in description if values)
    return {
        "pdns.conf": HEADER.format(local=_yours(layout, settings)) + _settings(plan, layout, settings),
        "zones.txt": HEADER.format(local=", and in the database too") + zones.text(),
        "keys.txt": HEADER.format(local=", and in the database too") + key_blocks(plan, _key).text(),
        **({LOCAL: settings.local_config.rstrip("\n") + "\n"} if settings.local_config else {}),
    }


def _key(key: Key) -> str:
    return f"{key.name} {key.algorithm} {key.secret}\n"


def _settings(plan: Plan, layout: Layout, settings: Settings) -> str:
    """What belongs to the server. Nothing in it depends on single zones, because a change here takes a restart."""
    every_zone_is_signed = all(used_key(peer) for zone in plan.secondary.values() for peer in zone.transfer_from)
    lines = [
        "launch=gsqlite3",
        f"gsqlite3-database={layout.database}",
        "gsqlite3-dnssec=yes",
        # What a power failure may take from the write-ahead log is transferred again (SQLite's PRAGMA synchronous, NORMAL).
        "gsqlite3-pragma-synchronous=1",
        f"local-address={', '.join(own_addresses(settings))}",
        # From where it asks and tells others, which know it by these addresses.
        "query-local-address=" + ", ".join(next(iter(found), anywhere) for found, anywhere in zip(sources(plan, settings).values(), ("0.0.0.0", "::"))),
        # Or pdns_server would not start before every address is there.
        "local-address-nonexist-fail=no",
        "non-local-bind=yes",
        "secondary=yes",
        "primary=no",
        "autosecondary=no",
        # The list of zones would be up to this old: 0 asks the database, so that a new zone is answered for at once.
        "zone-cache-refresh-interval=0",
        # What is remembered is dropped after a transfer, but an answer worked out during one may be remembered just then: for at most
        # this long. Seconds; by default a new zone may so be missing for a minute.
        "negquery-cache-ttl=2",
        "query-cache-ttl=2",
        "cache-ttl=2",
        # How soon zones are looked for that were never transferred, are due, or got another primary or key. Seconds.
        "xfr-cycle-interval=10",
        "retrieval-threads=8",
        # NOTIFY is taken from a zone's own primaries only, whatever allow-notify-from says, and signed if they have keys.
        f"allow-unsigned-notify={'no' if every_zone_is_signed and plan.secondary else 'yes'}",
        # Whom to tell, and who may transfer, stands with each zone; nobody else, above all not whom the zone's NS records name.
        "only-notify=",
        "allow-axfr-ips=",
        # Hands out a zone's own DNSKEY, CDS and CDNSKEY records like all others.
        "direct-dnskey=yes",
        "dname-processing=yes",
        "dnsupdate=no",
        "forward-dnsupdate=no",
        "enable-lua-records=no",
        "expand-alias=no",
        "any-to-tcp=yes",
        "version-string=anonymous",
        "server-id=disabled",
        "api=no",
        "webserver=no",
        # Or it would ask its makers' servers whether there is a newer version.
        "security-poll-suffix=",
    ]
    return "".join(f"{line}\n" for line in lines)


def _description(zone: SecondaryZone) -> Iterable[tuple[str, list[str]]]:
    """A zone's primaries, and its metadata under PowerDNS' own names."""
    yield "primaries", [_endpoint(peer) for peer in zone.transfer_from]
    yield "AXFR-MASTER-TSIG", _distinct(used_key(peer) for peer in zone.transfer_from)
    # The first one signs NOTIFY.
    yield "TSIG-ALLOW-AXFR", _distinct(key.name for peer in zone.transfer_to for key in peer.keys)
    yield "ALLOW-AXFR-FROM", _distinct(peer.address for peer in zone.transfer_to if not peer.keys)
    yield "ALSO-NOTIFY", [_endpoint(peer) for peer in zone.notify]
    yield "SLAVE-RENOTIFY", ["1"] if zone.notify else []


def _distinct(items: Iterable[str | None]) -> list[str]:
    return [item for item in dict.fromkeys(items) if item]


def _endpoint(peer: Peer) -> str:
    if peer.port == 53:
        return peer.address
    return f"[{peer.address}]:{peer.port}" if ":" in peer.address else f"{peer.address}:{peer.port}"
