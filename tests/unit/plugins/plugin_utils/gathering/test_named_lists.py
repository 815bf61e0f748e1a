# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.common.named_conf import block, parse
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.model import Remote
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.named_lists import NamedLists, written

LISTS = NamedLists(
    parse("""
acl "inner" { 10.0.0.0/8; "deep"; };
acl "deep" { 192.0.2.1/32; key "K1."; };
acl "loop" { "loop"; 10.0.0.1/32; };
masters "Up" port 5300 { 192.0.2.1 key "K1"; "MORE"; };
primaries "more" { 192.0.2.2; 192.0.2.3 port 54; };
server 192.0.2.2/32 { keys "k2."; };
""")
)


@pytest.mark.parametrize(
    ("text", "networks", "beyond"),
    [
        ("any;", ["any"], []),
        ("none; 10.0.0.0/8;", ["none"], []),
        ("{ none; 10.0.0.0/8; }; 10.9.0.0/16;", ["none", "10.9.0.0/16"], []),
        ('"inner"; "localhost";', ["10.0.0.0/8", "192.0.2.1", "key k1", "localhost"], []),
        ("!10.0.0.1/32; 10.0.0.0/8;", ["10.0.0.0/8"], ["!10.0.0.1/32"]),
        ('{ 10.0.0.0/8; }; "unknown"; geoip country DE;', ["10.0.0.0/8"], ["unknown", "geoip country DE"]),
        ('"loop";', ["10.0.0.1"], ["loop"]),
        ('INNER; "Deep"; ANY;', ["10.0.0.0/8", "192.0.2.1", "key k1", "any"], []),
        ("2001:db8::/32; 2001:db8::1/128;", ["2001:db8::/32", "2001:db8::1"], []),
    ],
)
def test_lists_of_networks_are_resolved(text, networks, beyond):
    assert LISTS.networks(block(parse(f"a {{ {text} }};")[0])) == (networks, beyond)


def test_lists_of_servers_are_resolved_with_their_ports_and_keys():
    statement = parse('primaries { "uP"; 192.0.2.9; 192.0.2.8 tls "t"; "unknown"; };')[0]
    remotes = [Remote("192.0.2.1", 5300, "k1"), Remote("192.0.2.2", 53, "k2"), Remote("192.0.2.3", 54), Remote("192.0.2.9")]
    assert LISTS.remotes(statement) == (remotes, ["192.0.2.8 tls t", "unknown"])
    assert LISTS.remotes(parse("also-notify port 54 { 192.0.2.9; };")[0])[0] == [Remote("192.0.2.9", 54)]


@pytest.mark.parametrize(
    "text", ["recursion no;", 'zone "a b" IN { type primary; };', "inet * allow { any; } keys { k; };", 'p { zone "r" { a; }; } break-dnssec yes;']
)
def test_what_is_written_is_what_was_read(text):
    assert parse(written(parse(text)[0])) == parse(text)
