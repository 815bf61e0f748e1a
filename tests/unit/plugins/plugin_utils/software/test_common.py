# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a version of a program can do, before anything is touched."""

from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.software import bind, knot, nsd, powerdns
from ansible_collections.authoritative.dns.plugins.plugin_utils.software.common import (
    Settings,
    beyond,
    needed_addresses,
    sends_differences,
    source_for,
    too_old,
    version_numbers,
)
from ansible_collections.authoritative.dns.tests.support.declarations import NS, planned

TLS = Settings(("any",), ("any",), tls_certificate="/c", tls_key="/k", tls_ca="/a")
ENCRYPTED = [{"name": "a.example", "records": NS, "tls": True}]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1:9.18.49-1~deb12u3", (9, 18, 49)),
        ("9.16.23", (9, 16, 23)),
        ("4.9.18-0+deb13u1", (4, 9, 18)),
        ("32:9.16.23-18.el9", (9, 16, 23)),
        ("3.4.6-2", (3, 4, 6)),
    ],
)
def test_a_packages_version_is_read_as_its_package_manager_writes_it(text, numbers):
    assert version_numbers(text) == numbers


@pytest.mark.parametrize("text", ["", "(none)", "package bind is not installed"])
def test_what_is_no_version_is_told(text):
    with pytest.raises(ValueError, match="is no version"):
        version_numbers(text)


@pytest.mark.parametrize(
    ("software", "version", "host", "told"),
    [
        (bind, "32:9.16.23-18.el9", "ns1", "BIND 9.16.23 cannot hand zones out over TLS and in no other way, which BIND 9.18 can"),
        (bind, "32:9.16.23-18.el9", "ns2", "BIND 9.16.23 cannot transfer over TLS from whom an authority's certificate proves to be the one that is meant"),
        (bind, "9.18.33", "ns1", None),
        (bind, "1:9.20.30-1~deb13u1", "ns2", None),
        (knot, "3.2.6-1", "ns1", "Knot DNS 3.2.6 cannot hand zones out over TLS and in no other way, which Knot DNS 3.4.1 can"),
        (knot, "3.4.0-1", "ns1", "Knot DNS 3.4.0 cannot"),
        (knot, "3.4.6-2", "ns1", None),
        (knot, "3.4.6-2", "ns2", "Knot DNS 3.4.6 cannot transfer over TLS"),
        (nsd, "4.12.0-1", "ns2", None),
    ],
)
def test_what_a_version_cannot_do_is_told_before_anything_is_touched(software, version, host, told):
    problems = [str(problem) for problem in beyond(software.CAPABILITIES.of(version), planned(ENCRYPTED, host), TLS)]
    assert (told in problems[0]) if told else not problems


@pytest.mark.parametrize(
    ("software", "version", "oldest"), [(bind, "9.11.36", "9.16"), (nsd, "4.3.9", "4.6"), (knot, "2.9.9", "3.2"), (powerdns, "4.1.14", "4.5")]
)
def test_a_version_that_would_not_understand_is_refused(software, version, oldest):
    (problem,) = too_old(software.CAPABILITIES, version, "ns1")
    assert f"{version}, or would get it, but needs {oldest} or newer" in str(problem)
    assert not too_old(software.CAPABILITIES, oldest, "ns1")


def test_of_several_addresses_the_one_most_like_the_peers_is_taken():
    own = ["192.0.2.1", "198.51.100.1", "198.51.100.200"]
    assert [source_for(own, peer) for peer in ("198.51.100.77", "198.51.100.201", "192.0.2.9", "203.0.113.0/24")] == [own[1], own[2], own[0], own[0]]
    assert source_for([], "192.0.2.1") is None


@pytest.mark.parametrize(
    ("hosts", "zone", "differences"),
    [(9999, {}, True), (9998, {}, False), (9999, {"secondaries": []}, False), (9999, {"dnssec": True}, False)],  # and an NS record; a signer has a journal
)
def test_secondaries_of_a_large_zone_get_what_changed(hosts, zone, differences):
    file = "$TTL 3600\n@ NS ns1.example.\n" + "".join(f"h{number} A 10.0.{number // 256}.{number % 256}\n" for number in range(hosts))
    (primary,) = planned([{"name": "a.example", "file": file, **zone}]).primary.values()
    assert sends_differences(primary) is differences


@pytest.mark.parametrize("software", [bind, nsd, knot, powerdns])
def test_where_nobody_else_may_listen(software):
    host = planned([{"name": "a.example", "records": NS}])
    taken = [needed_addresses(software.CAPABILITIES, host, Settings(listen_on=listen_on)) for listen_on in (("any",), ("127.0.0.9", "any"), ("127.0.0.9",))]
    everything = ["127.0.0.1", *host.addresses] if software is bind else ["0.0.0.0", "::"]
    assert taken == [everything, everything, ["127.0.0.9"]]
