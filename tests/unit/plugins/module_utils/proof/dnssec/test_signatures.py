# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import time

import dns.name
import dns.rdata
import dns.rrset
import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.sets import SignedSet, of_transfer
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.signatures import Signatures
from ansible_collections.authoritative.dns.plugins.module_utils.transfer.records import read_zone_text
from ansible_collections.authoritative.dns.tests.support.named import zone_text
from ansible_collections.authoritative.dns.tests.support.signed_zones import DAY, changed, make_key, owner, replace, sign, sign_again

NAME = "signed.test"
APEX = dns.name.from_text(NAME)
WWW = dns.name.from_text("www.signed.test.")
KEY, OTHER, ED = make_key(NAME), make_key(NAME), make_key(NAME, 15)
NOW = int(time.time())


@pytest.fixture(scope="module")
def text():
    return sign(NAME, zone_text(NAME, 1, "www A 192.0.2.1\n*.wild A 192.0.2.2"), [KEY])


def look(text, change=None, now=NOW, known=None):
    """What is wrong with the signature over www, and the Signatures that found it."""
    sets = of_transfer(read_zone_text(changed(text, NAME, change) if change else text, APEX, "the zone"))
    signatures = Signatures(APEX, sets[APEX, 48], now, {} if known is None else known)
    return [tuple(finding[:2]) for finding in signatures.check(sets[WWW, 1])], signatures


def test_a_good_signature(text):
    found, signatures = look(text)
    assert found == [] and signatures.signers == {(KEY.tag, 13)} and signatures.checked == 1
    assert abs(signatures.until - (NOW + 30 * DAY)) < 3600  # the tests before this one may have taken a while


@pytest.mark.parametrize(
    ("change", "state", "words"),
    [
        (lambda zone: sign_again(zone, "www", "A", KEY, begin=-9 * DAY, end=-DAY), "signature_expired", "ended on"),
        (lambda zone: sign_again(zone, "www", "A", KEY, begin=DAY, end=9 * DAY), "signature_not_yet_valid", "begins on"),
        (lambda zone: sign_again(zone, "www", "A", OTHER), "unknown_key", f"key {OTHER.tag} (ECDSAP256SHA256), which is not among the DNSKEY records"),
        (lambda zone: sign_again(zone, "www", "A", KEY, signer="test"), "unknown_key", "signed in the name of test."),
        (lambda zone: replace(zone, "www", "A", "192.0.2.99"), "signature_bogus", "is not over these records"),
        (lambda zone: zone.delete_rdataset(owner(zone, "www"), "RRSIG", "A"), "signature_missing", "www.signed.test. A"),
    ],
)
def test_bad_signatures(text, change, state, words):
    found, signatures = look(text, change)
    assert [entry[0] for entry in found] == [state] and words in found[0][1]
    assert signatures.until is None and signatures.signers == set()


def test_a_bad_signature_beside_a_good_one_harms_nobody(text):
    found, signatures = look(text, lambda zone: sign_again(zone, "www", "A", OTHER, keep=True))
    assert found == [] and signatures.signers == {(KEY.tag, 13)}


def test_a_signature_by_each_algorithm_is_needed():
    text = sign(NAME, zone_text(NAME, 1, "www A 192.0.2.1"), [KEY, ED])
    assert look(text)[0] == []
    found, _signatures = look(text, lambda zone: sign_again(zone, "www", "A", KEY))
    assert found == [("algorithm_missing", "www.signed.test. A: no signature by a key of algorithm ED25519")]
    found, _signatures = look(text, lambda zone: (sign_again(zone, "www", "A", KEY), sign_again(zone, "www", "A", ED, begin=-2 * DAY, end=-DAY, keep=True)))
    assert [state for state, _words in found] == ["signature_expired"]


def test_the_end_is_that_of_the_best_signature(text):
    _found, signatures = look(text, lambda zone: sign_again(zone, "www", "A", KEY, end=90 * DAY, keep=True))
    assert signatures.until > NOW + 89 * DAY
    assert look(text, now=NOW + 31 * DAY)[0][0][0] == "signature_expired"


def test_a_wildcard_gives_its_signature_to_other_names(text):
    sets = of_transfer(read_zone_text(text, APEX, "the zone"))
    signatures = Signatures(APEX, sets[APEX, 48], NOW, {})
    wild = sets[dns.name.from_text("*.wild.signed.test."), 1]
    grown = SignedSet(dns.rrset.from_rdata_list(dns.name.from_text("any.wild.signed.test."), 300, list(wild.rrset)), wild.signatures)
    elsewhere = SignedSet(dns.rrset.from_rdata_list(dns.name.from_text("any.tame.signed.test."), 300, list(wild.rrset)), wild.signatures)
    assert list(signatures.check(grown)) == []
    assert [finding.state for finding in signatures.check(elsewhere)] == ["signature_bogus"]


def test_what_is_known_is_not_computed_again_and_not_mixed_up(text):
    known = {}
    look(text, known=known)
    identity = next(iter(known))
    known[identity] = ("signature_bogus", "remembered")
    assert look(text, known=known)[0] == [("signature_bogus", "www.signed.test. A: remembered")]
    assert look(text, lambda zone: replace(zone, "www", "A", "192.0.2.99"), known=known)[0][0][1].endswith("is not over these records")


@pytest.mark.parametrize(
    ("data", "states"),
    [
        ("257 3 5 AwEAAcE=", ["algorithm_weak"]),
        ("257 3 1 AwEAAcE=", ["algorithm_unsupported"]),
        ("0 3 13 AwEAAcE=", ["no_dnskey"]),
        ("385 3 13 AwEAAcE=", ["no_dnskey"]),
        ("257 2 13 AwEAAcE=", ["no_dnskey"]),
    ],
    ids=["SHA-1", "MD5", "no zone key", "revoked", "another protocol"],
)
def test_keys_that_do_not_serve(data, states):
    keys = SignedSet(dns.rrset.from_text(APEX, 300, "IN", "DNSKEY", data), [])
    assert [finding.state for finding in Signatures(APEX, keys, NOW, {}).check_keys()] == states


def test_hostile_keys_and_signatures_are_bad_and_raise_nothing(text):
    def short(zone):
        rdataset = zone.get_rdataset(owner(zone, "www"), "RRSIG", "A")
        text = rdataset[0].to_text().rsplit(" ", 1)[0]
        zone.replace_rdataset(owner(zone, "www"), dns.rdataset.from_text("IN", "RRSIG", 300, f"{text} AAAA"))

    assert look(text, short)[0][0][0] == "signature_bogus"
    broken = dns.rdata.from_text("IN", "DNSKEY", f"257 3 13 {'A' * 86}==")
    sets = of_transfer(read_zone_text(text, APEX, "the zone"))
    signatures = Signatures(APEX, SignedSet(dns.rrset.from_rdata(APEX, 300, broken), []), NOW, {})
    signed = sets[WWW, 1]
    forged = signed.signatures[0].replace(key_tag=dns.dnssec.key_id(broken))
    assert [finding.state for finding in signatures.check(SignedSet(signed.rrset, [forged]))] == ["signature_bogus"]
