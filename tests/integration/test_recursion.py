# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that look names up: caching only, forwarding, and with zones of their own, in an Internet that is this test's alone."""

from __future__ import annotations

import os
import pathlib
import subprocess

import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.software.common import Settings
from ansible_collections.authoritative.dns.tests.support.internet import HINTS, RESOLVER, Example, in_internet
from ansible_collections.authoritative.dns.tests.support.named import NAMED
from ansible_collections.authoritative.dns.tests.support.private_network import can_make_private_networks
from ansible_collections.authoritative.dns.tests.support.server_host import BindHost, running_host

pytestmark = [
    pytest.mark.skipif(not NAMED, reason="BIND is not installed"),
    pytest.mark.skipif(os.geteuid() != 0 or not can_make_private_networks(), reason="needs a network namespace"),
]

ADDRESS, FRIEND, STRANGER = "192.0.2.99", "127.0.0.8", "127.0.0.9"
NETWORKS = {"allow_query": ("any",), "recursion_networks": (f"{FRIEND}/32",), "dnssec_validation": "no"}
OWN = {"own.example": {"www": "192.0.2.1"}}


class Resolver(BindHost):
    """At port 53, because the option that lets named answer at another one also has it ask others there."""

    address, port = ADDRESS, 53
    addresses = {"ns1": (ADDRESS,), "ns2": ("127.0.0.2",)}

    def __setattr__(self, name, value):
        super().__setattr__(name, 53 if name == "port" else value)


def asked(host, name, rdtype="A", source=FRIEND):
    """(the answer's code, whether it is authoritative, its data)"""
    query = dns.message.make_query(name, rdtype)
    answer = dns.query.udp(query, host.address, port=host.port, source=source, timeout=8)
    data = sorted(item.to_text() for rrset in answer.answer for item in rrset)
    return dns.rcode.to_text(answer.rcode()), bool(answer.flags & dns.flags.AA), data


def recursing(root, zones, settings, local=""):
    """What a host answers that the collection configured like this, in the test's own Internet."""

    def look():
        subprocess.run(["ip", "address", "add", f"{ADDRESS}/32", "dev", "lo"], check=True)
        with running_host(Resolver, root) as host:
            host.local_config.write_text(host.local_config.read_text() + local)
            assert host.bring(zones, settings=Settings(listen_on=(host.address,), **settings))["reloaded"]
            assert not host.bring(zones, settings=Settings(listen_on=(host.address,), **settings))["changed"]
            found = {name: asked(host, name) for name in ("www.example.test", "no.example.test", "localhost", "www.own.example", "1.2.0.192.in-addr.arpa")}
            found["localhost6"] = asked(host, "host.localhost", "AAAA")
            found["stranger"] = asked(host, "www.example.test", source=STRANGER)
            found["own, stranger"] = asked(host, "www.own.example", source=STRANGER)
            return found

    return in_internet(look, Example(records="www A 192.0.2.80\n"))


@pytest.mark.parametrize("zones", [{}, OWN], ids=["caching-only", "mixed"])
@pytest.mark.parametrize("forwarders", [(), (RESOLVER,)], ids=["from-the-root", "forwarding"])
def test_names_are_looked_up_for_whom_that_is_allowed(tmp_path, zones, forwarders):
    hints = tmp_path / "hints"
    hints.write_text(HINTS)
    local = "" if forwarders else f'zone "." {{ type hint; file "{hints}"; }};\n'
    found = recursing(pathlib.Path(tmp_path) / "host", zones, {**NETWORKS, "forwarders": forwarders}, local)
    assert found["www.example.test"] == ("NOERROR", False, ["192.0.2.80"])
    assert found["no.example.test"] == ("NXDOMAIN", False, [])
    assert found["localhost"] == ("NOERROR", True, ["127.0.0.1"])
    assert found["localhost6"] == ("NOERROR", True, ["::1"])
    assert found["1.2.0.192.in-addr.arpa"] == ("NXDOMAIN", not forwarders, [])  # RFC 6303: nobody is asked but whom the administrator names
    assert found["www.own.example"][:2] == (("NOERROR", True) if zones else ("NXDOMAIN", False))
    assert found["stranger"] == ("REFUSED", False, [])
    assert found["own, stranger"][0] == ("NOERROR" if zones else "REFUSED")


def test_a_declared_localhost_is_the_administrators(tmp_path):
    hints = tmp_path / "hints"
    hints.write_text(HINTS)
    found = recursing(tmp_path / "host", {**OWN, "localhost": {"@": "192.0.2.7"}}, NETWORKS, f'zone "." {{ type hint; file "{hints}"; }};\n')
    assert found["localhost"] == ("NOERROR", True, ["192.0.2.7"])
