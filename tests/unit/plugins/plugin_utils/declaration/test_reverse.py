# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import ipaddress

import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import reverse
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.records import Record
from hypothesis import given
from hypothesis import strategies as st

LENGTHS = [(4, length) for length in (8, 16, *range(24, 33))] + [(6, length) for length in range(4, 129, 4)]


@st.composite
def networks(draw):
    version, length = draw(st.sampled_from(LENGTHS))
    return ipaddress.ip_network((draw(st.ip_addresses(v=version)), length), strict=False)


def record(owner, address):
    return Record(owner, 60, "A" if address.version == 4 else "AAAA", str(address))


def pointers(network, forward, ttl):
    return [pointer for _zone, pointer in reverse.pointers(network, reverse.Addresses(forward), {zone for zone, _record in forward}, ttl)]


@given(networks(), st.data())
def test_every_address_inside_is_pointed_back_once_and_none_outside(network, data):
    last = network.num_addresses - 1
    inside = data.draw(st.lists(st.integers(0, last).map(lambda number: network[number]), unique=True, max_size=5))
    outside = [address for address in data.draw(st.lists(st.ip_addresses(), max_size=5)) if address not in network]
    forward = [("example.com", record(f"h{number}", address)) for number, address in enumerate([*inside, *outside])]
    found = pointers(network, forward, 300)
    assert sorted(pointer.rdata for pointer in found) == sorted(f"h{number}.example.com." for number in range(len(inside)))
    for pointer, address in zip(found, sorted(inside)):
        assert (pointer.ttl, pointer.type) == (300, "PTR")
        if network.version == 4 and network.prefixlen > 24:
            assert pointer.owner == str(address).rsplit(".", 1)[1]
        else:
            labels = list(address.packed.hex()) if network.version == 6 else [str(octet) for octet in address.packed]
            owner = "" if pointer.owner == "@" else pointer.owner + "."
            assert owner + reverse.zone_of(network) == ".".join(reversed(labels)) + (".ip6.arpa" if network.version == 6 else ".in-addr.arpa")


@pytest.mark.parametrize(("version", "length"), LENGTHS)
def test_a_zone_has_a_label_for_each_octet_or_nibble(version, length):
    zone = reverse.zone_of(ipaddress.ip_network(("192.0.2.128" if version == 4 else "2001:db8::", length), strict=False))
    expected = length // 4 + 2 if version == 6 else min(-(-length // 8), 4) + 2
    assert len(zone.split(".")) == expected


@pytest.mark.parametrize(
    ("network", "zone"),
    [
        ("192.168.29.0/24", "29.168.192.in-addr.arpa"),
        ("10.0.0.0/8", "10.in-addr.arpa"),
        ("192.0.2.0/25", "0/25.2.0.192.in-addr.arpa"),  # the example of RFC 2317 section 4
        ("192.0.2.192/26", "192/26.2.0.192.in-addr.arpa"),
        ("192.0.2.1/32", "1/32.2.0.192.in-addr.arpa"),
        ("2001:db8::/32", "8.b.d.0.1.0.0.2.ip6.arpa"),
        ("fd00::/8", "d.f.ip6.arpa"),
    ],
)
def test_reverse_zones_have_their_names(network, zone):
    assert reverse.zone_of(ipaddress.ip_network(network)) == zone


@pytest.mark.parametrize("network", ["0.0.0.0/0", "192.0.0.0/9", "192.0.0.0/23", "::/0", "2001:db8::/33"])
def test_other_lengths_have_no_zone(network):
    with pytest.raises(ValueError, match="is not"):
        reverse.zone_of(ipaddress.ip_network(network))


def test_only_the_wanted_zones_point_and_each_says_that_it_does():
    network = ipaddress.ip_network("192.0.2.0/24")
    addresses = reverse.Addresses((zone, record("h", network[5])) for zone in ("a.example", "b.example", "c.example"))
    found = reverse.pointers(network, addresses, {"a.example", "c.example"}, 1)
    assert [(zone, pointer.rdata) for zone, pointer in found] == [("a.example", "h.a.example."), ("c.example", "h.c.example.")]


def test_addresses_of_the_root_zone_point_to_full_names():
    network = ipaddress.ip_network("192.0.2.0/24")
    forward = [(".", record(owner, network[number])) for number, owner in enumerate(["@", "a.b"], 1)]
    assert [(pointer.owner, pointer.rdata) for pointer in pointers(network, forward, 1)] == [("1", "."), ("2", "a.b.")]


def test_the_apex_and_names_with_dots_are_pointed_to_and_wildcards_are_not():
    network = ipaddress.ip_network("192.0.2.0/24")
    forward = [("example.com", record(owner, network[number])) for number, owner in enumerate(["@", "a.b", "*", "*.c"], 1)]
    assert [(pointer.owner, pointer.rdata) for pointer in pointers(network, forward, 1)] == [("1", "example.com."), ("2", "a.b.example.com.")]
