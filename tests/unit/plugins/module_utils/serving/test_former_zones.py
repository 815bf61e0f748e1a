# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records that others wrote beside those that this collection writes. What each program prints is looked at where it is adopted, see test_gather.py."""

from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.serving import former_zones


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("www 60 CNAME Mail.Example.COM.", "WWW 60 CNAME mail.example.com."),
        ("@ 60 MX 10  mail.example.com.", "@ 60 MX 10 mail.example.com."),
        ("a 60 AAAA 2001:DB8::1", "a 60 AAAA 2001:db8::1"),
        ("@ 60 DNSKEY 257 3 13 mdss wUyr", "@ 60 DNSKEY 257 3 13 mdsswUyr"),
        ("9UM6 60 NSEC3 1 0 0 AABB SFJIRECO A RRSIG", "9um6 60 NSEC3 1 0 0 aabb sfjireco A RRSIG"),
        ("sub 60 DS 1 13 2 0F0F 0F0F", "sub 60 DS 1 13 2 0f0f0f0f"),
        ("a 60 RP mail.example.com. .", "a 60 RP Mail.Example.com. ."),
        ("a 60 TYPE65280 \\# 3 AABBCC", "a 60 TYPE65280 \\# 3 aabbcc"),
        ("a 60 HTTPS 1 . alpn=h2 port=8443", 'a 60 HTTPS 1 . alpn="h2" port="8443"'),
    ],
)
def test_equal_records_are_equal(theirs, ours):
    assert former_zones.folded(theirs) == former_zones.folded(ours)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("www 60 A 192.0.2.1", "www 61 A 192.0.2.1"),
        ("www 60 A 192.0.2.1", "w 60 A 192.0.2.1"),
        ('a 60 TXT "Case"', 'a 60 TXT "case"'),
        ("a 60 CAA 0 issue a.example", "a 60 CAA 1 issue a.example"),
        ("@ 60 DNSKEY 257 3 13 mdsswUyr", "@ 60 DNSKEY 257 3 13 mdsswuyr"),
        ("@ 60 RRSIG A 13 2 60 1 1 1 example. mdsswUyr", "@ 60 RRSIG A 13 2 60 1 1 1 example. mdsswuyr"),
        ("a 60 HTTPS 1 . alpn=h2", "a 60 HTTPS 1 . alpn=H2"),
    ],
)
def test_different_records_are_not(one, other):
    assert former_zones.folded(one) != former_zones.folded(other)


def test_owners_are_relative_to_the_zone():
    rows = ["Example.com. 60 IN NS ns1.example.com.", "www.EXAMPLE.com.\t60 IN A\t192.0.2.1", "a.b.example.com. 60 IN A 192.0.2.2", "", "; no record"]
    lines = former_zones.lines("example.com", "\n".join(rows))
    assert lines == ["@ 60 NS ns1.example.com.", "www 60 A 192.0.2.1", "a.b 60 A 192.0.2.2"]
