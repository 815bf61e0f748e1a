# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What files and resolvectl say; its output is copied from systemd 249, 252 and 257."""

from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.resolution.resolver import (
    Lookup,
    plain_address,
    read_current_server,
    read_hosts_sources,
    read_resolv_conf,
    read_resolved_answer,
    read_resolved_servers,
)
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "resolvers", "rotate"),
    [
        ("", ["127.0.0.1"], False),
        ("# nameserver 192.0.2.9\n;x\nsearch a b\nnameserver 192.0.2.1\nnameserver\t2001:db8::1\n", ["192.0.2.1", "2001:db8::1"], False),
        ("nameserver 1.1.1.1\nnameserver 2.2.2.2\nnameserver 3.3.3.3\nnameserver 4.4.4.4", ["1.1.1.1", "2.2.2.2", "3.3.3.3"], False),
        ("options timeout:1 rotate\nnameserver 192.0.2.1\nnameserver", ["192.0.2.1"], True),
    ],
)
def test_resolv_conf(text, resolvers, rotate):
    assert read_resolv_conf(text) == (resolvers, rotate)


def test_nsswitch_conf():
    assert read_hosts_sources("passwd: files\nhosts:  files resolve [!UNAVAIL=return] dns # all\n") == "files resolve [!UNAVAIL=return] dns"
    assert read_hosts_sources("") == "files dns"


def test_resolvectl_dns():
    text = "Global:\nLink 2 (eth0): 192.168.29.100 fd00:29::101%2 192.168.29.102:5353#ns3.example.com\nLink 3 (tun0): [2001:db8::1]:53 192.168.29.100\n"
    assert read_resolved_servers(text) == ["192.168.29.100", "fd00:29::101", "192.168.29.102", "2001:db8::1"]


def test_resolvectl_status():
    text = """Global
           Protocols: +LLMNR -mDNS -DNSOverTLS DNSSEC=no/unsupported
    resolv.conf mode: stub
  Current DNS Server: 192.168.29.101
         DNS Servers: 192.168.29.100 192.168.29.101
"""
    assert read_current_server(text) == "192.168.29.101"
    assert read_current_server(text.replace("Current", "Link")) is None
    assert read_current_server(text + "Current DNS Server: 192.168.29.100\n") is None


ANSWER = """example.com IN MX 10 mail.example.com                       -- link: eth0
example.com IN MX 20 Mail2.Example.com

-- Information acquired via protocol DNS in 591us.
-- Data is authenticated: no; Data was acquired via local or encrypted transport: no
-- Data from: network
"""


def test_resolvectl_query():
    assert read_resolved_answer(ANSWER, "", "MX", 0.1) == Lookup("answered", ["10 mail.example.com.", "20 Mail2.Example.com."], 0.1)
    for error, state in (
        ("nix.example.com: resolve call failed: Name 'nix.example.com' not found", "not_found"),
        ("a.b: resolve call failed: Name 'a.b' does not have any RR of the requested type", "no_data"),
        ("a.b: resolve call failed: All attempts to contact name servers or networks failed", "failed"),
        ("", "failed"),
    ):
        assert read_resolved_answer("", error, "A", 0.1).state == state


@given(st.text())
def test_no_text_makes_the_readers_fail(text):
    read_resolv_conf(text)
    read_hosts_sources(text)
    read_resolved_servers(text)
    read_current_server(text)
    read_resolved_answer(text, text, "A", 0.0)
    plain_address(text)
