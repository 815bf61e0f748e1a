# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""BIND configurations as people have them, a small one each: {its kind: the host, its address, its files and zones}."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import dns.query
import dns.tsigkeyring
import dns.update
from ansible_collections.authoritative.dns.tests.support.adoption_story import PARTNER, SECRET, zone
from ansible_collections.authoritative.dns.tests.support.server_host import BindHost, _find

UPSTREAM = "127.0.0.41"  # somebody else's primary
TOLD = "127.0.0.42"  # another secondary that nobody runs
QUIET = "listen-on { {address}; }; listen-on-v6 { none; }; pid-file none; session-keyfile none; notify-delay 0; "
QUIET += "transfer-source {address}; notify-source {address}; dnssec-validation no; "
START = 'options { directory "{work}"; ' + QUIET
CLOSED = START + "recursion no; empty-zones-enable no; allow-query { any; }; "


def key(name: str) -> str:
    return f'key "{name}" {{ algorithm hmac-sha256; secret "{SECRET}"; }};\n'


@dataclass(frozen=True)
class Tree:
    """files: as L(adoption.running_hosts) takes them. zones: that it serves. kept: those that stay its own. closed: those that have a key, at an
    address that nothing names. first: what its administrator does then."""

    address: str
    files: Mapping[str, str]
    zones: tuple[str, ...]
    kept: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    first: Callable[[BindHost], None] | None = None
    fates: Mapping[str, str] = field(default_factory=dict)  # of some statements


def raw_secondary() -> Tree:
    """Slaves of somebody else, with the raw files that named writes, and a zone that became its own once and stayed raw."""

    def compile_own(host: BindHost) -> None:
        work = host.root / "work"
        command = [_find("named-compilezone"), "-q", "-F", "raw", "-o", f"{work}/own.raw", "raw-own.test", f"{work}/own.txt"]
        assert host.run(command)[0] == 0 and host.run([_find("rndc"), "reload", "raw-own.test"])[0] == 0

    fed = 'zone "{}" {{ type slave; file "slaves/{}.raw"; masters {{ upstream; }}; allow-notify {{ ' + UPSTREAM + "; }}; }};\n"
    return Tree(
        "127.0.0.31",
        {
            "named.conf": CLOSED
            + f"allow-transfer {{ {PARTNER}; }}; notify no; }};\n"
            + key("raw-transfer")
            + f'masters upstream port 53 {{ {UPSTREAM} key "raw-transfer"; }};\n'
            + "".join(fed.format(name, name) for name in ("raw-one.test", "raw-two.test"))
            + f'zone "raw-text.test" {{ type slave; masterfile-format text; file "slaves/text"; masters {{ {UPSTREAM} key raw-transfer; }}; }};\n'
            + 'zone "raw-own.test" { type master; masterfile-format raw; file "own.raw"; };\n',
            "work/own.txt": zone("raw-own.test", 31, '"odd name" TXT "a;b" "c\\"d"\n'),
            "work/slaves/.keep": "",
        },
        ("raw-one.test", "raw-two.test", "raw-text.test", "raw-own.test"),
        first=compile_own,
    )


def upstream() -> Mapping[str, str]:
    """The primary of the secondaries, which is in no inventory."""
    names = ("raw-one.test", "raw-two.test", "raw-text.test", "policy.feed")
    stanzas = [f'zone "{name}" {{ type master; file "{name}"; allow-transfer {{ key raw-transfer; 127.0.0.38; }}; }};\n' for name in names]
    return {
        "named.conf": CLOSED + "};\n" + key("raw-transfer") + "".join(stanzas),
        **{f"work/{name}": zone(name, 70 + number, "long TXT " + " ".join(['"' + "x" * 250 + '"'] * 4) + "\n") for number, name in enumerate(names)},
    }


def lists_by_name() -> Tree:
    """Lists in lists: of networks, of servers with ports and keys, and a key that a clause for a server gives."""
    return Tree(
        "127.0.0.32",
        {
            "named.conf": "acl loop { 127/8; };\nacl office { 10.8.0.0/16; 2001:db8:8::/48; };\nacl customers { loop; office; };\n"
            "acl partners { key lists-one; "
            + PARTNER
            + "; };\n"
            + key("lists-one")
            + key("Lists-Two.")
            + f"masters near {{ {PARTNER}; }};\nmasters far port 5353 {{ {TOLD} key lists-one; }};\nmasters everybody {{ near; far; }};\n"
            + f"server {PARTNER} {{ transfer-format many-answers; }};\n"
            + START
            + "recursion no; empty-zones-enable no; allow-query { customers; }; allow-transfer { partners; }; also-notify { everybody; }; };\n"
            'zone "lists-inherit.test" in { type master; file "inherit"; };\n'
            'zone "Lists-Open.Test." { type master; file "open"; allow-query { any; }; allow-transfer { partners; }; notify explicit; };\n'
            'zone "lists-silent.test" { type master; file "silent"; notify no; check-names ignore; allow-transfer { ' + PARTNER + "; }; };\n",
            "work/inherit": zone("lists-inherit.test", 3, "$ORIGIN deep.lists-inherit.test.\n@ NS ns\nns A 192.0.2.8\n"),
            "work/open": zone("lists-open.test", 4, "* CNAME www\n*.sub MX 5 mail\n"),
            "work/silent": zone("lists-silent.test", 5, "under_score A 192.0.2.9\n"),
        },
        ("lists-inherit.test", "lists-open.test", "lists-silent.test"),
    )


def keys_in_includes() -> Tree:
    """A Debian tree: keys, options and zones in files of their own, one empty zone's file for many zones, an include in a zone's file."""
    empty = "".join(f'zone "{number}.172.in-addr.arpa" {{ type master; file "{{etc}}/db.empty"; {ALLOWED} }};\n' for number in (16, 17, 18))
    return Tree(
        "127.0.0.33",
        {
            "named.conf": '// as the package has it\ninclude "{etc}/options.conf";\ninclude "{etc}/rndc.key";\ninclude "{etc}/local.d/zones.conf";\n'
            'include "{etc}/local.d/empty.conf"; /* and no more */\n',
            "options.conf": CLOSED + "auth-nxdomain no; };\n",
            "rndc.key": key("rndc-of-old"),
            "local.d/zones.conf": 'include "{etc}/keys/partner.key"; # shared with them\n'
            'zone "includes.test" {\n\ttype master;\n\tfile "{etc}/local.d/db.includes";\n\tinclude "{etc}/local.d/partner.acl";\n};\n',
            "local.d/partner.acl": "allow-transfer { key includes-partner; };\n",
            "local.d/empty.conf": empty,
            "keys/partner.key": key("includes-partner"),
            "local.d/db.includes": zone("includes.test", 2026010101, "$INCLUDE {etc}/local.d/hosts\n$INCLUDE {etc}/local.d/hosts lab.includes.test.\n"),
            "local.d/hosts": "pc1 A 192.0.2.51\npc2 60 A 192.0.2.52\n",
            "db.empty": "$TTL 86400\n@ SOA localhost. root.localhost. (1 604800 86400 2419200 86400)\n@ NS localhost.\n",
        },
        ("includes.test", "16.172.in-addr.arpa", "17.172.in-addr.arpa", "18.172.in-addr.arpa"),
        closed=("includes.test",),
    )


ALLOWED = f"allow-transfer {{ {PARTNER}; }};"


def added_by_rndc() -> Tree:
    """Zones that C(rndc addzone) added to a running server, one of which it removed again."""

    def add(host: BindHost) -> None:
        for name in ("added-one.test", "added-two.test", "added-gone.test"):
            (host.root / f"work/{name}").write_text(zone(name, 61))
            assert host.run([_find("rndc"), "addzone", name, f'{{ type primary; file "{name}"; {ALLOWED} }};'])[0] == 0
        assert host.run([_find("rndc"), "delzone", "added-gone.test"])[0] == 0
        assert host.run([_find("rndc"), "modzone", "added-two.test", f'{{ type primary; file "added-one.test"; {ALLOWED} notify no; }};'])[0] == 0

    files = {"named.conf": CLOSED + 'allow-new-zones yes; };\nzone "added-by-hand.test" { type master; file "hand"; ' + ALLOWED + " };\n"}
    files["work/hand"] = zone("added-by-hand.test", 6)
    return Tree("127.0.0.34", files, ("added-by-hand.test", "added-one.test", "added-two.test"), first=add)


def reverse_zones() -> Tree:
    """Reverse zones of C($GENERATE) with steps, widths and bases, one without class (RFC 2317), one of IPv6."""
    names = {
        "3.0.10.in-addr.arpa": "$GENERATE 1-254 $ PTR host-${0,3,d}.pool.test.\n$ORIGIN 3.0.10.in-addr.arpa.\n0 PTR net.pool.test.\n",
        "4.0.10.in-addr.arpa": "$GENERATE 0-127 $ CNAME $.0/25\n0/25 NS ns.customer.test.\n$GENERATE 128-254/2 $ 60 IN PTR even-${-100,0,d}.pool.test.\n",
        "0/25.5.0.10.in-addr.arpa": "1 PTR gateway.customer.test.\n2 PTR mail.customer.test.\n",
        "0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa": "$GENERATE 0-255 ${0,3,n}.0.0.0.0.0.0.0.0.0.0.0.0.0.0 PTR six-${0,2,x}.pool.test.\n",
        "pool.test": "$GENERATE 1-254 host-${0,3,d} A 10.0.3.$\n$GENERATE 0-255 six-${0,2,x} AAAA 2001:db8::${0,2,x}\n",
    }
    files = {name.replace("/", "_"): zone(name, 80 + number, text) for number, (name, text) in enumerate(names.items())}
    return Tree(
        "127.0.0.35",
        {
            "named.conf": CLOSED
            + f"allow-transfer {{ {PARTNER}; }}; check-names master ignore; }};\n"
            + "".join(f'zone "{name}" {{ type primary; file "reverse/{name.replace("/", "_")}"; }};\n' for name in names),
            **{f"work/reverse/{name}": text for name, text in files.items()},
        },
        tuple(names),
    )


def dhcp() -> Tree:
    """Zones that a DHCP server updates, forward and reverse, beside the zone that delegates to them; the server's options say who may transfer."""

    def lease(host: BindHost) -> None:
        for name, owner, kind, value in (("leases.dhcp.test", "pc7", "A", "10.6.0.7"), ("6.10.in-addr.arpa", "7.0", "PTR", "pc7.leases.dhcp.test.")):
            update = dns.update.UpdateMessage(name, keyring=dns.tsigkeyring.from_text({"dhcp-updater": SECRET}), keyalgorithm="hmac-sha256")
            update.add(owner, 300, kind, value)
            assert dns.query.tcp(update, host.address, port=53, source=host.address, timeout=5).rcode() == 0

    return Tree(
        "127.0.0.36",
        {
            "named.conf": CLOSED
            + f"allow-transfer {{ {PARTNER}; }}; also-notify {{ {PARTNER}; }}; }};\n"
            + key("dhcp-updater")
            + 'zone "dhcp.test" { type master; file "static"; };\n'
            'zone "leases.dhcp.test" { type master; file "leases"; allow-update { key dhcp-updater; }; };\n'
            'zone "6.10.in-addr.arpa" { type master; file "reverse"; update-policy { grant dhcp-updater zonesub ANY; }; };\n',
            "work/static": zone("dhcp.test", 7, "leases NS ns1.provider.test.\n"),
            "work/leases": zone("leases.dhcp.test", 8),
            "work/reverse": zone("6.10.in-addr.arpa", 9),
        },
        ("dhcp.test", "leases.dhcp.test", "6.10.in-addr.arpa"),
        kept=("leases.dhcp.test", "6.10.in-addr.arpa"),
        first=lease,
    )


def limits_and_logging() -> Tree:
    """Rate limits with exceptions, a log file a category, statistics, and whatever else has an option."""
    return Tree(
        "127.0.0.37",
        {
            "named.conf": CLOSED + f"allow-transfer {{ {PARTNER}; }};\n"
            "\trate-limit { responses-per-second 20; window 5; slip 2; exempt-clients { 127.0.0.0/8; }; };\n"
            "\tblackhole { 192.0.2.66; }; max-udp-size 1232; edns-udp-size 1232; zone-statistics yes; tcp-clients 100; recursive-clients 10;\n"
            '\tversion "none of your business"; statistics-file "stats"; dump-file "dump"; max-journal-size 10m; rrset-order { order cyclic; };\n'
            "\tquerylog no; interface-interval 0; minimal-responses no; max-cache-size 20m; check-names master warn; prefetch 0; };\n"
            'logging {\n\tchannel queries { file "queries.log" versions 3 size 5m; print-time yes; severity info; };\n'
            '\tchannel "security log" { file "security.log"; severity dynamic; };\n'
            '\tcategory queries { queries; };\n\tcategory security { "security log"; default_debug; };\n\tcategory lame-servers { null; };\n};\n'
            "statistics-channels { inet 127.0.0.37 port 8053 allow { 127.0.0.1; }; };\n"
            'zone "limits.test" { type master; file "limits"; zone-statistics full; max-transfer-time-out 60; };\n',
            "work/limits": zone("limits.test", 11, "sub NS ns.sub\nns.sub A 192.0.2.53\nns.sub AAAA 2001:db8::53\n"),
        },
        ("limits.test",),
        kept=("limits.test",),
        fates={"logging": "kept", "statistics-channels": "kept", "options, version": "dropped", "options, blackhole": "kept", "options, rate-limit": "dropped"},
    )


def response_policy() -> Tree:
    """A resolver with policies of its own and of somebody else, an exception, and zones that are forwarded and static stubs."""
    policy = "$TTL 60\n@ SOA localhost. root.localhost. 1 3600 600 86400 60\n@ NS localhost.\nbad.policy.test CNAME .\nwww.policy.test A 192.0.2.200\n"
    return Tree(
        "127.0.0.38",
        {
            "named.conf": START + "allow-recursion { 127.0.0.0/8; }; allow-query { 127.0.0.0/8; }; recursion yes;\n"
            f"\tallow-transfer {{ {PARTNER}; }}; qname-minimization off; max-cache-ttl 3600; empty-zones-enable no;\n"
            '\tresponse-policy { zone "policy.own" policy given; zone "policy.feed" log no; } break-dnssec yes qname-wait-recurse no; };\n'
            'zone "policy.own" { type master; file "policy"; allow-query { none; }; };\n'
            f'zone "policy.feed" {{ type slave; file "feed"; masters {{ {UPSTREAM}; }}; }};\n'
            f'zone "forwarded.policy.test" {{ type forward; forwarders {{ {UPSTREAM}; }}; forward only; }};\n'
            f'zone "stubbed.test" {{ type static-stub; server-addresses {{ {UPSTREAM}; }}; }};\n'
            'zone "policy.test" { type master; file "own"; };\n',
            "work/policy": policy,
            "work/own": zone("policy.test", 12, "bad A 192.0.2.100\n"),
        },
        ("policy.test", "policy.feed"),
        kept=("policy.own", "policy.feed", "forwarded.policy.test", "stubbed.test"),
    )


TREES: Mapping[str, Callable[[], Tree]] = {
    tree.__name__.replace("_", "-"): tree
    for tree in (raw_secondary, lists_by_name, keys_in_includes, added_by_rndc, reverse_zones, dhcp, limits_and_logging, response_policy)
}
