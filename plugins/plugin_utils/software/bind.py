# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The third layer for BIND 9.16 and newer: a plan as named's configuration (BIND 9 Administrator Reference Manual).

Zone names, addresses and networks were checked by the declaration layer: nothing that reaches this text can end a string or a clause.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.common.zone_files import zone_file_name
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.dnssec import Policy
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import TLS_PORT
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.tsig import Key
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.servers import Peer, Plan, PrimaryZone, SecondaryZone
from ansible_collections.authoritative.dns.plugins.plugin_utils.software.bind_syntax import block, stanza
from ansible_collections.authoritative.dns.plugins.plugin_utils.software.bind_views import by_view, clauses, file_of
from ansible_collections.authoritative.dns.plugins.plugin_utils.software.common import (
    Blocks,
    Capabilities,
    Settings,
    content_name,
    key_blocks,
    sends_differences,
    source_for,
    sources,
    used_key,
    version,
)

_MANY_ZONES = 1000
_OWN = frozenset(["local_config", "local_options"])
CAPABILITIES = Capabilities(
    "BIND",
    oldest=(9, 16),
    signs=True,
    recursion=True,
    query_networks=True,
    offers_tls=True,
    takes_tls=True,
    localnets=True,
    local_text=_OWN,
    catalogs=True,
    views=True,
    listens_by_address=True,
    since={"offers_tls": (9, 18), "takes_tls": (9, 18), "catalogs": (9, 18, 3)},  # the statement "tls"; version 2 of catalogs
)
_DEFAULT = Settings()
SECRET_FILES = ("keys.conf", "local.conf", "options.conf")
HEADER = "// Written by authoritative.dns. What is edited here is shown and replaced at the next run; {local} is yours.\n"
# What a server that looks names up answers by itself (RFC 6761 section 6.3), whatever files its package brings. The networks of RFC 6303, and
# who the root servers are, named knows.
LOCALHOST_FILE = "localhost.zone"
LOCALHOST = """$TTL 86400
@ SOA localhost. root.localhost. 1 86400 86400 86400 86400
@ NS localhost.
@ A 127.0.0.1
@ AAAA ::1
* A 127.0.0.1
* AAAA ::1
"""


@dataclass(frozen=True)
class Layout:
    """Where a distribution expects BIND's files; the role's vars files fill it.

    config_file: what named reads first. local_config, local_options: the administrator's own, included outside and inside ``options``.
    working_directory: ``directory``. state_directory: the generations of zones and configuration, below directories that root alone may write.
    previous_state_directory: where an earlier version of this collection had them.
    secondary_directory: for transferred zones, relative to working_directory. user, group: named's.
    signing_directory: where named keeps what it makes of zones, signatures and differences, and the keys of each in a directory of its own; named makes it.
    new_zones_directory: for named's notes about zones that it is told of; working_directory where named may write there.
    options: further ``options`` statements as the distribution ships them, without the semicolon.
    service: systemd's unit.
    """

    config_file: str
    local_config: str
    local_options: str
    working_directory: str
    state_directory: str
    secondary_directory: str
    user: str
    group: str
    service: str
    signing_directory: str
    options: Sequence[str] = ()
    previous_state_directory: str = ""
    new_zones_directory: str = ""


@dataclass(frozen=True)
class Consumed:
    """What the members of a catalog share: the names of lists, of those that have them and of those whose NOTIFY counts."""

    primaries: str
    told_by: str | None


def entry(layout: Layout, settings: Settings = _DEFAULT) -> str:
    """The file that named reads first: nothing but the way to the current generation, so that one symbolic link changes everything."""
    local = "" if settings.local_config else f'include "{layout.local_config}";\n'
    return HEADER.format(local=_yours(layout, settings)[0]) + f'include "{layout.state_directory}/current/named.conf";\n' + local


def _yours(layout: Layout, settings: Settings) -> tuple[str, str]:
    """Where the administrator's own statements are, outside and inside of options."""
    return (
        "nameserver_local_config of the inventory" if settings.local_config else layout.local_config,
        "nameserver_local_options of the inventory" if settings.local_options else layout.local_options,
    )


def render(plan: Plan, layout: Layout, settings: Settings) -> dict[str, str]:
    """Configuration files of one generation by name."""
    current = f"{layout.state_directory}/current"
    zones, catalogs = _zones(plan, layout, settings)
    outside, inside = _yours(layout, settings)
    own = {name: text.rstrip("\n") + "\n" for name, text in (("local.conf", settings.local_config), ("options.conf", settings.local_options)) if text}
    views = by_view(plan, zones) if plan.views else {}
    shared = replace(zones, zones={}) if views else zones
    included = ["keys.conf", "zones.conf", *(["local.conf"] if "local.conf" in own else [])]
    answers_localhost = bool(settings.recursion_networks) and "localhost" not in (*plan.primary, *plan.secondary, *itertools.chain(*plan.consumed.values()))
    localhost = [stanza("localhost", ["type primary", f'file "{current}/{LOCALHOST_FILE}"'])] if answers_localhost else []
    return {
        "named.conf": HEADER.format(local=f"{inside} (options) and {outside}")
        + _options(plan, layout, settings, catalogs)
        + ("".join(localhost) if not views else "")
        + "".join(f'include "{current}/{name}";\n' for name in included)
        + clauses(plan, current, localhost),
        "keys.conf": HEADER.format(local=outside) + key_blocks(plan, _key, "//").text(),
        "zones.conf": HEADER.format(local=outside) + shared.text(),
        **{file_of(name): HEADER.format(local=outside) + blocks.text() for name, blocks in views.items()},
        **({LOCALHOST_FILE: LOCALHOST} if answers_localhost else {}),
        **own,
    }


def _key(key: Key) -> str:
    return f'key "{key.name}" {{ algorithm {key.algorithm}; secret "{key.secret}"; }};\n'


def takes_catalog(plan: Plan, catalog: SecondaryZone, settings: Settings) -> bool:
    """Whether named can learn from a catalog: its members are asked for from the address that the system chooses, and by whom the options say."""
    may_ask = settings.allow_query if catalog.zone.allow_query is None else catalog.zone.allow_query
    as_options = set(may_ask) == set(settings.allow_query) or "any" in may_ask and "any" in settings.allow_query
    return not plan.views and as_options and not any(_sources(sources(plan, settings), catalog.transfer_from, ()))


def _catalogs(plan: Plan, layout: Layout, found: Mapping[str, Consumed]) -> Iterable[str]:
    """The catalogs that say which zones to transfer. Members take NOTIFY as the options say; see also BIND 9 ARM, "Catalog Zones"."""
    if not found:
        return
    told_by = sorted({consumed.told_by for consumed in found.values() if consumed.told_by})
    if told_by:
        yield "allow-notify { " + "".join(f'"{name}"; ' for name in told_by) + "}"
    directory = layout.secondary_directory.rstrip("/") or "."
    catalogs = (
        f'zone "{name}" default-primaries {{ "{consumed.primaries}"; }} zone-directory "{directory}" in-memory no min-update-interval 1'
        for name, consumed in sorted(found.items())
    )
    yield f"catalog-zones {block(catalogs)}"


def _options(plan: Plan, layout: Layout, settings: Settings, catalogs: Mapping[str, Consumed]) -> str:
    recursive = bool(settings.recursion_networks)
    statements = [
        f'directory "{layout.working_directory}"',
        *layout.options,
        *_listen(settings.listen_on),
        f"allow-query {_match_list([*settings.allow_query, 'localhost'])}",
        "allow-transfer { none; }",
        "allow-update { none; }",
        "notify explicit",
        "version none",
        "hostname none",
        "server-id none",
        "minimal-responses yes",
        "minimal-any yes",
        # Or named (9.18) asks a primary that was silent over TCP, and takes nothing from it for ten minutes where that fails, back or not.
        "try-tcp-refresh no",
        *_rates(len(plan.primary), len(plan.secondary) + sum(map(len, plan.consumed.values()))),
        *_by_command(plan, layout),
        *_catalogs(plan, layout, catalogs),
        *(f"{option} {found[0]}" for found in sources(plan, settings).values() if len(found) == 1 for option in _source_options(found[0])),
    ]
    if recursive:
        statements += [
            "recursion yes",
            f"allow-recursion {_match_list([*settings.recursion_networks, 'localhost'])}",
            f"allow-query-cache {_match_list([*settings.recursion_networks, 'localhost'])}",
            f"dnssec-validation {settings.dnssec_validation}",
        ]
        if settings.forwarders:
            statements += ["forward only", f"forwarders {block(settings.forwarders)}"]
    else:
        # Nothing to look up, so no root servers to ask and no trust anchors to keep fresh.
        statements += ["recursion no", "allow-recursion { none; }", "dnssec-validation no", "empty-zones-enable no"]
        # The same answer more often than this in a second, to one network over UDP, is sent to TCP, where addresses are not forged.
        statements += ["rate-limit { responses-per-second 200; slip 1; exempt-clients { localhost; }; }"]
    if plan.offers_tls:
        statements += [listen.replace(" {", f' port {TLS_PORT} tls "transfers" {{', 1) for listen in _listen(settings.listen_on)]
    options_file = f"{layout.state_directory}/current/options.conf" if settings.local_options else layout.local_options
    lines = [f"\t{statement};" for statement in statements] + [f'\tinclude "{options_file}";']
    text = _certificate(settings) if plan.offers_tls else ""
    text += "options {\n" + "\n".join(lines) + "\n};\n"
    return text


def _source_options(address: str) -> tuple[str, str]:
    return ("transfer-source-v6", "notify-source-v6") if version(address) == 6 else ("transfer-source", "notify-source")


def _sources(candidates: Mapping[int, Sequence[str]], transfer_from: Sequence[Peer], notify: Sequence[Peer]) -> Iterable[str]:
    """From which of several own addresses a zone is asked for and told of; a zone takes one of each version, so the first peer decides."""
    for family, addresses in candidates.items():
        for number, peers in enumerate((transfer_from, notify) if len(addresses) > 1 else ()):
            first = next((peer for peer in peers if version(peer.address) == family), None)
            if first is not None:
                chosen = source_for(addresses, first.address)
                yield f"{_source_options(addresses[0])[number]} {chosen}"


def _certificate(settings: Settings) -> str:
    return f'tls "transfers" {{ cert-file "{settings.tls_certificate}"; key-file "{settings.tls_key}"; protocols {{ TLSv1.3; }}; }};\n'


def _rates(primary: int, secondary: int) -> list[str]:
    """Limits in proportion to the number of zones, where named's defaults, made for a few, would take minutes to hours.

    Default rates are 20 a second and 10 transfers at once, 2 from one server (BIND 9 ARM, section "Zone Transfers"). Here all
    zones of a server can be asked for, notified or transferred within about a minute, most within seconds.

    More is not faster, as measured with 10,000 zones and BIND 9.18: a server that is asked for 2,000 serials a second, or told of
    1,000 changes, loses some of these packets, and their sender waits 15 seconds before it tries again; and connections beyond
    the listen queue, 10 unless tcp-listen-queue says otherwise, wait at least one. New zones are notified of at the startup
    rate, for which those of a primary that was made anew wait. It is lower: where secondaries are new as well they ask by themselves,
    and a NOTIFY meanwhile makes them ask twice; and of 10,000 zones a busy secondary lost a hundred when it was told of 500 a second.
    """
    rates = {
        "serial-query-rate": (20, secondary, 1000),
        "transfers-in": (10, secondary // 100, 100),
        "transfers-per-ns": (2, secondary // 100, 100),
        "notify-rate": (20, primary // 20, 500),
        "startup-notify-rate": (20, max(min(primary // 20, 100), primary // 60), 500),
        "transfers-out": (10, primary // 20, 500),
        "tcp-clients": (150, primary // 15, 1000),
    }
    return [f"{option} {min(wanted, most)}" for option, (default, wanted, most) in rates.items() if wanted > default]


def _by_command(plan: Plan, layout: Layout) -> list[str]:
    """Where there are so many zones that to read the configuration takes a while, named is told of the one that comes or goes (L(bind_stanzas))."""
    if plan.views or len(plan.primary) + len(plan.secondary) < _MANY_ZONES:
        return []
    return ["allow-new-zones yes", f'new-zones-directory "{layout.new_zones_directory or layout.working_directory}"']


def _listen(addresses: Sequence[str]) -> list[str]:
    if "any" in addresses:
        return ["listen-on { any; }", "listen-on-v6 { any; }"]
    version4 = ["127.0.0.1", *(address for address in addresses if ":" not in address)]
    version6 = ["::1", *(address for address in addresses if ":" in address)]
    return [f"listen-on {block(dict.fromkeys(version4))}", f"listen-on-v6 {block(dict.fromkeys(version6))}"]


def _match_list(networks: Iterable[str]) -> str:
    chosen = list(dict.fromkeys(networks))
    if "any" in chosen:
        return "{ any; }"
    return block(network for network in chosen if network != "none")


class _Lists:
    """Named lists of servers, so that ten thousand zones with the same servers name them once."""

    def __init__(self, blocks: Blocks, statement: str, prefix: str) -> None:
        self.blocks = blocks
        self.statement = statement
        self.prefix = prefix
        self.names: dict[tuple[object, ...], str] = {}

    def name(self, items: Iterable[str]) -> str:
        items = tuple(dict.fromkeys(items))
        name = self.names.get(items)
        if name is None:
            name = self.names[items] = content_name(self.prefix, items)
            self.blocks.share(name, f'{self.statement} "{name}" {block(items)};\n')
        return name


def _endpoint(peer: Peer) -> str:
    """Whom to ask or tell, and with which key."""
    key = used_key(peer)
    return peer.address + (f" port {peer.port}" if peer.port != 53 else "") + (f' key "{key}"' if key else "")


def _source(peer: Peer, blocks: Blocks, settings: Settings) -> str:
    """From where to transfer: over TLS only from whom proves to be the one that is meant (strict TLS, RFC 9103 section 9.3.1)."""
    if not peer.tls:
        return _endpoint(peer)
    name = content_name("tls-from", (peer.tls, settings.tls_ca))
    blocks.share(name, f'tls "{name}" {{ ca-file "{settings.tls_ca}"; remote-hostname "{peer.tls}"; protocols {{ TLSv1.3; }}; }};\n')
    return f'{_endpoint(replace(peer, port=peer.tls_port))} tls "{name}"'


def _identities(peers: Iterable[Peer]) -> Iterable[str]:
    """By what a server recognises others: their keys, or their addresses where no keys are agreed."""
    for peer in peers:
        yield from (f'key "{key.name}"' for key in peer.keys) if peer.keys else (peer.address,)


def _zones(plan: Plan, layout: Layout, settings: Settings) -> tuple[Blocks, dict[str, Consumed]]:
    """A stanza for each zone, and what the members of each consumed catalog share."""
    blocks = Blocks("//")
    consumed: dict[str, Consumed] = {}
    ask = _Lists(blocks, "acl", "may-ask")
    transfer = _Lists(blocks, "acl", "transfer-to")
    notify = _Lists(blocks, "primaries", "notify")
    primaries = _Lists(blocks, "primaries", "transfer-from")
    told_by = _Lists(blocks, "acl", "told-by")
    own = sources(plan, settings)

    def outgoing(zone: PrimaryZone | SecondaryZone) -> list[str]:
        if not zone.transfer_to:
            return []
        over_tls = f"port {TLS_PORT} transport tls " if any(peer.tls for peer in zone.transfer_to) else ""
        return [
            f'allow-transfer {over_tls}{{ "{transfer.name(_identities(zone.transfer_to))}"; }}',
            f'also-notify {{ "{notify.name(_endpoint(peer) for peer in zone.notify)}"; }}',
        ]

    def of_primary(primary: PrimaryZone) -> list[str]:
        # The rule host-name looks at names, and a zone may say what it means there.
        said = ["check-names ignore", *outgoing(primary), *_sources(own, (), primary.notify)]
        # A secondary asks for the SOA before it transfers, wherever it is.
        return said + _allow_query(ask, primary.zone.allow_query, settings, [peer.address for peer in primary.transfer_to])

    def of_secondary(secondary: SecondaryZone) -> tuple[Consumed, list[str]]:
        had_by, told = primaries.name(_source(peer, blocks, settings) for peer in secondary.transfer_from), None
        said = [
            f'primaries {{ "{had_by}"; }}',
            *(outgoing(secondary) or ["notify no"]),
            *_sources(own, secondary.transfer_from, secondary.notify),
        ]
        known = {peer.address for peer in secondary.transfer_from}
        if any(peer.keys or peer.address not in known for peer in secondary.notified_by):
            # Beside its primaries' addresses, from which it takes NOTIFY in any case.
            told = told_by.name(_identities(secondary.notified_by))
            said.append(f'allow-notify {{ "{told}"; }}')
        return Consumed(had_by, told), said + _allow_query(ask, secondary.zone.allow_query, settings, [peer.address for peer in secondary.transfer_to])

    # Zones with the same servers share their peers (L(plan)), and say the same of them.
    said_by_primaries = _ByPeers(of_primary)
    said_by_secondaries = _ByPeers(of_secondary)
    for name, primary in plan.primary.items():
        blocks.zones[name] = stanza(name, ["type primary", *_text(blocks, layout, name, primary), *said_by_primaries(primary)])
    for name, secondary in plan.secondary.items():
        shared, said = said_by_secondaries(secondary)
        blocks.zones[name] = stanza(name, ["type secondary", f'file "{layout.secondary_directory}{zone_file_name(name)}"', *said])
        if name in plan.consumed:
            consumed[name] = shared
    return blocks, consumed


class _ByPeers:
    """A function of a served zone's peers and of who may ask for it, called once for those that have the same ones. Of nothing else of the zone."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function
        self.known: dict[tuple[object, ...], Any] = {}

    def __call__(self, served: PrimaryZone | SecondaryZone) -> Any:
        peers = (served.transfer_to, served.notify, *((served.transfer_from, served.notified_by) if isinstance(served, SecondaryZone) else ()))
        key = (*map(id, peers), served.zone.allow_query)
        if key not in self.known:
            self.known[key] = self.function(served)
        return self.known[key]


def _text(blocks: Blocks, layout: Layout, name: str, primary: PrimaryZone) -> list[str]:
    """Where a zone's text is, and what named makes of it. That lies beside the name that it opens: in a directory of its own, with a link to the text."""
    file_name = zone_file_name(name)
    if primary.zone.dnssec:
        return _signing(blocks, layout, file_name, primary.zone.dnssec)
    if sends_differences(primary):
        return [f'file "{layout.signing_directory}/zones/{file_name}"', "ixfr-from-differences yes"]
    return [f'file "{layout.state_directory}/current/zones/{file_name}"']


def _signing(blocks: Blocks, layout: Layout, file_name: str, policy: Policy) -> list[str]:
    """How named signs a zone.

    One directory for the keys of each zone: named reads all of it whenever it looks for them. That it does not look for the DS by itself
    is a word that BIND 9.18 does not know, and that the host takes out there.
    """
    if policy.signs:
        blocks.share(policy.name, _policy(policy))
    return [
        f'file "{layout.signing_directory}/zones/{file_name}"',
        f'dnssec-policy "{policy.name}"',
        "inline-signing yes",
        f'key-directory "{layout.signing_directory}/keys/{file_name}"',
        "checkds no",
    ]


def _policy(policy: Policy) -> str:
    roles = [("csk", policy.ksk_lifetime)] if policy.single_type_signing else [("ksk", policy.ksk_lifetime), ("zsk", policy.zsk_lifetime)]
    keys = " ".join(f"{role} lifetime {f'PT{lifetime}S' if lifetime else 'unlimited'} algorithm {policy.algorithm.lower()};" for role, lifetime in roles)
    times = {
        "signatures-validity": policy.signatures_validity,
        "signatures-validity-dnskey": policy.signatures_validity,
        "signatures-refresh": policy.signatures_refresh,
        "dnskey-ttl": policy.dnskey_ttl,
        "max-zone-ttl": policy.max_zone_ttl,
        "zone-propagation-delay": policy.zone_propagation_delay,
        "parent-ds-ttl": policy.parent_ds_ttl,
        "parent-propagation-delay": policy.parent_propagation_delay,
        "publish-safety": policy.publish_safety,
        "retire-safety": policy.retire_safety,
    }
    statements = [f"keys {{ {keys} }}", *(f"{name} PT{seconds}S" for name, seconds in times.items())]
    if policy.nsec3:
        statements.append(f"nsec3param iterations 0 optout {'yes' if policy.nsec3_opt_out else 'no'} salt-length 0")  # RFC 9276 section 3.1
    return f'dnssec-policy "{policy.name}" {{ ' + " ".join(f"{statement};" for statement in statements) + " };\n"


def _allow_query(lists: _Lists, networks: Sequence[str] | None, settings: Settings, peers: Sequence[str]) -> list[str]:
    """The statement for a zone that is asked by others than the server's own setting says; none if that says it all."""
    chosen = dict.fromkeys([*(settings.allow_query if networks is None else networks), "localhost", *peers])
    if "any" in chosen:
        return ["allow-query { any; }"] if networks is not None else []
    if networks is None and not peers:
        return []
    return ['allow-query {{ "{}"; }}'.format(lists.name(network for network in chosen if network != "none"))]
