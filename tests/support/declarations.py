# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declarations for the tests of all server software: a pair of servers, and everything that people may write about its zones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.loading import load
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import DeclarationError
from ansible_collections.authoritative.dns.plugins.plugin_utils.inventory import host_addresses
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.servers import Plan, plan
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

GROUPS = {"all": ["ns1", "ns2"], "dns_primaries": ["ns1"], "dns_secondaries": ["ns2"]}
ADDRESSES = {"ns1": ("192.0.2.1", "2001:db8::1"), "ns2": ("192.0.2.2", "2001:db8::2")}
NS = [{"type": "NS", "value": "ns1.example."}]

NAMES = st.from_regex(r"[a-z0-9_/-]{1,20}(\.[a-z0-9_-]{1,20}){0,3}\.?", fullmatch=True)
TEXTS = st.one_of(NAMES, st.text(), st.text("ab01_-/.\\\"'{};:[],\n\t %*@#&", max_size=60))
INJECTIONS = [
    'x"; }; zone "evil" { type primary',
    "a;b",
    "a{b",
    "a//b",
    "a/*b",
    "a\\034b",
    "a\n\tallow-query: 0.0.0.0/0 NOKEY",
    'a"]\nacl:\n  - id: "evil',
    "fe80::1%x; }; evil {",
    "fe80::1%x NOKEY",
    "::1; any",
    "any; }; evil { x",
    "0.0.0.0/0; x",
]
IPS = st.ip_addresses().map(str)
NETWORKS = st.one_of(IPS, st.sampled_from(["any", "none", "10.0.0.0/8", "2001:db8::/32"]))
ADDRESS_TEXTS = st.one_of(TEXTS, st.ip_addresses().map(str), st.ip_addresses().map("{}%x; }}; evil {{".format), st.sampled_from(INJECTIONS))
NETWORK_TEXTS = st.one_of(ADDRESS_TEXTS, st.sampled_from(["any", "none", "192.0.2.0/255.255.255.0", "192.0.2.0/0.0.0.255", "fe80::%x/64", "10.0.0.0/8"]))


def planned(zones: list[dict[str, Any]], host: str = "ns1", addresses: dict[str, tuple[str, ...]] | None = None, **arguments: Any) -> Plan:
    addresses = addresses or ADDRESSES
    return plan(load(zones, {}, Inventory(GROUPS, addresses.__getitem__), str, **arguments), host, addresses[host])


def with_any_declaration(test: Callable[..., None]) -> Callable[..., None]:
    """Give a test the argument ``whole``: the plan of ns1 for whatever was declared, if the declaration is taken at all."""

    # Half of each is right, so that one wrong text meets three right ones often enough.
    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much])
    @given(
        name=st.one_of(NAMES, NAMES, TEXTS, st.sampled_from(INJECTIONS)),
        network=NETWORKS | NETWORK_TEXTS,
        endpoint=IPS | ADDRESS_TEXTS,
        own=IPS | ADDRESS_TEXTS,
    )
    @example(name="a;b", network="any", endpoint="192.0.2.9", own="192.0.2.2")
    @example(name='x"{};evil', network="any", endpoint="192.0.2.9", own="192.0.2.2")
    @example(name="example.com", network="192.0.2.0/255.255.255.0", endpoint="192.0.2.9", own="192.0.2.2")
    @example(name="example.com", network="fe80::%x; }; evil {/64", endpoint="192.0.2.9", own="192.0.2.2")
    @example(name="example.com", network="any", endpoint="fe80::1%x; }; evil {", own="192.0.2.2")
    @example(name="example.com", network="any", endpoint="192.0.2.9", own="fe80::1%x; }; evil {")
    @example(name="0/25.2.0.192.in-addr.arpa", network="none", endpoint="192.0.2.9", own="192.0.2.2")
    @example(name=".", network="none", endpoint="192.0.2.9", own="192.0.2.2")
    def run(layout: Any, name: str, network: str, endpoint: str, own: str) -> None:
        zones = [
            {"name": name, "records": NS, "soa": {"rname": "hostmaster.example."}, "allow_query": [network], "secondaries": ["ns2", endpoint]},
            {"name": "second.example", "records": NS, "primaries": [endpoint], "secondaries": ["ns1"]},
        ]
        try:
            addresses = {**ADDRESSES, "ns2": host_addresses({"dns_addresses": [own]})}
            whole = planned(zones, addresses=addresses)
        except (DeclarationError, ValueError):
            return
        test(layout, whole)

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run
