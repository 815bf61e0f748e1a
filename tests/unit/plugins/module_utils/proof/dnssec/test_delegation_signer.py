# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import dns.dnssec
import dns.name
import dns.rdata
import dns.rrset
import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.delegation_signer import check_cds, check_ds
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.sets import SignedSet
from ansible_collections.authoritative.dns.tests.support.signed_zones import make_key

NAME = "signed.test"
APEX = dns.name.from_text(NAME)
KEY, OTHER = make_key(NAME), make_key(NAME)


def keys(*published, signer=None):
    """A DNSKEY set; signer: the key whose signature is over it."""
    rrset = dns.rrset.from_rdata_list(APEX, 300, [key.dnskey for key in published])
    made = [dns.dnssec.sign(rrset, signer.private, APEX, signer.dnskey, lifetime=60)] if signer else []
    return SignedSet(rrset, made)


def ds(text):
    return dns.rdata.from_text("IN", "DS", text)


def states(findings):
    return [finding.state for finding in findings]


@pytest.mark.parametrize(
    ("dses", "expected"),
    [
        ([KEY.ds()], []),
        ([KEY.ds("SHA384")], []),
        ([KEY.ds(), KEY.ds("SHA1")], []),
        ([KEY.ds("SHA1")], ["ds_weak"]),
        ([OTHER.ds()], ["ds_mismatch"]),
        ([KEY.ds(), OTHER.ds()], ["ds_without_key"]),
        ([KEY.ds()[:-2] + ("00" if KEY.ds()[-2:] != "00" else "11")], ["ds_mismatch"]),
        ([KEY.ds().replace(" 2 ", " 9 ", 1)], ["ds_mismatch"]),
        ([KEY.ds().replace(" 13 2 ", " 1 2 ", 1)], ["algorithm_unsupported"]),
    ],
    ids=["SHA-256", "SHA-384", "two digests", "SHA-1 alone", "another key", "one too many", "a digit", "unknown digest", "RSAMD5"],
)
def test_ds_against_keys(dses, expected):
    assert states(check_ds(APEX, map(ds, dses), {"ns1": keys(KEY, signer=KEY)})) == expected


def test_every_server_of_the_zone_must_have_the_key_and_sign_by_it():
    servers = {"ns1": keys(KEY, signer=KEY), "ns2": keys(OTHER, signer=OTHER), "ns3": keys(KEY, OTHER, signer=OTHER), "ns4": keys(KEY)}
    found = list(check_ds(APEX, [ds(KEY.ds())], servers))
    assert states(found) == ["ds_mismatch"] * 2
    assert f"ns2 has key {OTHER.tag}" in found[0].text and "does not sign the keys at ns3" in found[1].text
    (found,) = check_ds(APEX, [ds(KEY.ds())], {})
    assert found.state == "ds_mismatch" and "has no DNSKEY record" in found.text


def cds(*texts):
    return [dns.rdata.from_text("IN", "CDS", text) for text in texts]


def cdnskey(*keys):
    return [dns.rdata.from_text("IN", "CDNSKEY", key if isinstance(key, str) else key.dnskey.to_text()) for key in keys]


@pytest.mark.parametrize(
    ("asked", "keys", "expected"),
    [
        (cds(), cdnskey(), []),
        (cds(KEY.ds()), cdnskey(KEY), []),
        (cds(KEY.ds(), KEY.ds("SHA384")), cdnskey(KEY), []),
        (cds("0 0 0 00"), cdnskey("0 3 0 AA=="), []),
        (cds(OTHER.ds()), cdnskey(), ["cds_mismatch"]),
        (cds(), cdnskey(OTHER), ["cds_mismatch"]),
        (cds(KEY.ds()), cdnskey(OTHER), ["cds_mismatch"] * 3),
        (cds(KEY.ds(), "0 0 0 00"), cdnskey(), ["cds_mismatch"]),
        (cds("0 0 0 00"), cdnskey(KEY), ["cds_mismatch"]),
    ],
    ids=["none", "both", "two digests", "removal", "foreign CDS", "foreign CDNSKEY", "disagreeing", "removal and more", "removal and a key"],
)
def test_what_the_zone_asks_for(asked, keys, expected):
    assert states(check_cds(APEX, asked, keys, [KEY.dnskey])) == expected
