# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DS records that follow, as a managed host finds them: computed without dnspython, and in the text of a zone."""

from __future__ import annotations

import dns.dnssec
import dns.name
import dns.rdata
import dns.rdatatype
import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.serving import delegations
from ansible_collections.authoritative.dns.tests.support.signed_zones import make_key

HEAD = "; example: managed by authoritative.dns; here\n$ORIGIN example.\n@ 3600 IN SOA ns1.example. hostmaster.example. 7 1 1 1 1\n"
DS = "1 13 2 " + "ab" * 32
TEXT = f'{HEAD}@ 3600 IN NS ns1.example.\nhand 3600 IN DS {DS}\nSub 60 IN DS {DS}\nsub 3600 IN NS ns1.example.\nx.sub 60 IN TXT "sub 60 IN DS 1"\n'


@pytest.mark.parametrize(("algorithm", "flags"), [(13, 257), (14, 257), (15, 256)])
@pytest.mark.parametrize("zone", ["sub.example", "example", "."])
def test_a_ds_is_the_one_that_dnspython_computes(zone, algorithm, flags):
    key = make_key(zone, algorithm, flags).dnskey
    name = dns.name.from_text(zone)
    assert delegations.ds_of(zone, key.to_wire()) == dns.dnssec.make_ds(name, key, "SHA256").to_text()
    assert delegations.key_tag(key.to_wire()) == dns.dnssec.key_id(key)
    assert delegations.ds_of("sub.example", key.to_wire()) != delegations.ds_of("Sub.example.org", key.to_wire())


def test_only_the_ds_that_follow_are_told_and_taken_out():
    assert delegations.signers(TEXT, "example", ["sub.example", "none.example"]) == {"sub.example": [DS]}
    assert delegations.without_signers(TEXT, "example", ["sub.example"]) == TEXT.replace(f"Sub 60 IN DS {DS}\n", "")
    assert delegations.without_signers(TEXT, "example", []) == TEXT
    assert delegations.signers("example 60 IN DS 1 13 2 ab\n", ".", ["example"]) == {"example": ["1 13 2 ab"]}


def test_a_ds_of_the_wire_is_as_a_master_file_has_it():
    rdata = dns.rdata.from_text("IN", "DS", DS)
    assert delegations._ds_text(rdata.to_wire()) == rdata.to_text()
