# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.common.named_conf import label, parse
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.bind_options import Options
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.named_lists import NamedLists

STOCK = 'directory "/var/cache/bind"; dnssec-validation auto; listen-on-v6 { any; };'


LISTS = 'acl "ours" { !192.0.2.3/32; 192.0.2.0/24; };'


def options(text, layout=None, more=()):
    return Options(parse(text), NamedLists(parse(LISTS)), ["192.0.2.1", "2001:db8::1", *more], layout or {})


@pytest.mark.parametrize(
    ("text", "networks"),
    [
        (STOCK, ["localnets"]),  # named recurses for its neighbours unless it is told not to
        (STOCK + "recursion no;", None),
        ("allow-recursion { none; };", None),
        ("allow-recursion { any; };", ["any"]),
        ("allow-query-cache { 10.0.0.0/8; };", ["10.0.0.0/8"]),
        ("allow-query { 10.0.0.0/8; localhost; };", ["10.0.0.0/8"]),
        ("allow-recursion { localhost; };", ["localhost"]),
    ],
)
def test_who_recurses_is_what_named_would_say(text, networks):
    assert options(text).variables.get("nameserver_recursion_networks") == networks


@pytest.mark.parametrize("entry", ["!10.0.0.1/32", 'key "k1"', '"unknown"'])
def test_recursion_that_cannot_be_declared_is_told(entry):
    assert len(options(f"allow-recursion {{ {entry}; 10.0.0.0/8; }};").lost) == 1
    assert not options(f"recursion no; allow-recursion {{ {entry}; }};").lost


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("", ["any"]),
        ("listen-on { any; }; listen-on-v6 { any; };", ["any"]),
        ("listen-on { any; }; listen-on-v6 { none; };", ["192.0.2.1"]),
        ("listen-on-v6 { any; }; listen-on { 127.0.0.1/32; };", ["2001:db8::1"]),
        ("listen-on { 127.0.0.1/32; }; listen-on-v6 { none; };", ["127.0.0.1"]),
        ("listen-on port 53 { 192.0.2.7/32; }; listen-on port 5353 { 192.0.2.8/32; }; listen-on-v6 { none; };", ["192.0.2.7"]),
        ("listen-on { localhost; }; listen-on-v6 { localnets; };", ["any"]),
        ("listen-on { 192.0.2.0/24; };", ["192.0.2.1", "2001:db8::1"]),
        ("listen-on { 10.0.0.0/8; }; listen-on-v6 { none; };", ["127.0.0.1"]),
        ("listen-on { key k; }; listen-on-v6 { none; };", ["127.0.0.1"]),
    ],
)
def test_where_named_listens(text, addresses):
    assert options(text).variables["nameserver_listen_on"] == addresses


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("listen-on { any; }; listen-on-v6 { none; };", ["192.0.2.1", "192.0.2.3", "10.0.0.3"]),
        ("listen-on { !192.0.2.3/32; any; };", ["192.0.2.1", "10.0.0.3", "2001:db8::1"]),
        ('listen-on { "ours"; }; listen-on-v6 { none; };', ["192.0.2.1"]),
        ('listen-on { !"ours"; 192.0.2.1/32; any; }; listen-on-v6 { none; };', ["192.0.2.3", "10.0.0.3"]),
        ("listen-on { ! { 192.0.2.3/32; 10.0.0.0/8; }; any; }; listen-on-v6 { none; };", ["192.0.2.1"]),
        ("listen-on { none; 192.0.2.0/24; }; listen-on { 10.0.0.0/8; }; listen-on-v6 { none; };", ["10.0.0.3"]),
    ],
)
def test_of_a_list_that_means_some_of_the_hosts_addresses_these_are_declared(text, addresses):
    assert options(text, more=["192.0.2.3", "10.0.0.3"]).variables["nameserver_listen_on"] == addresses


def test_forwarders_are_declared_only_where_they_mean_the_same():
    for text, declared, fate in [
        ("forward only; forwarders { 192.0.2.53; };", ["192.0.2.53"], "taken"),
        ("forwarders { 192.0.2.53; };", None, "kept"),
        ("forward only; forwarders { 192.0.2.53 port 54; };", None, "kept"),
        ("recursion no; forward only; forwarders { 192.0.2.53; };", None, "dropped"),
    ]:
        found = options(text)
        assert found.variables.get("nameserver_forwarders") == declared
        assert {outcome[0] for statement, outcome in found.outcomes() if label(statement) in ("forwarders", "forward")} == {fate}


@pytest.mark.parametrize(
    ("statement", "fate"),
    [
        ("version none", "default"),
        ('version "mine"', "dropped"),
        ("minimal-responses no-auth", "dropped"),
        ("tcp-clients 500", "dropped"),
        ("also-notify { 192.0.2.1; }", "taken"),
        ("auth-nxdomain no", "default"),
        ("auth-nxdomain yes", "kept"),
        ("blackhole { 192.0.2.0/24; }", "kept"),
        ("listen-on port 54 { any; }", "kept"),
        ("rate-limit { slip 2; }", "dropped"),
        ("allow-new-zones yes", "dropped"),
        ('pid-file "/run/named/named.pid"', "default"),
        ('pid-file "/run/other.pid"', "dropped"),
    ],
)
def test_every_option_ends_in_one_of_four(statement, fate):
    found = options(f"recursion no; {statement};", {"options": ['pid-file "/run/named/named.pid"']})
    (outcome,) = [outcome for item, outcome in found.outcomes() if item[0] != "recursion"]
    assert outcome[0] == fate and outcome[1]
