# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers are put together from a zone that dnssec-signzone signed: each says something, with the records that prove it or with others."""

from __future__ import annotations

import time

import dns.flags
import dns.message
import dns.name
import dns.rrset
import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.denial import check_answer
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.nsec3 import Parameters
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.sets import of_transfer
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.signatures import Signatures
from ansible_collections.authoritative.dns.plugins.module_utils.transfer.records import read_zone_text
from ansible_collections.authoritative.dns.plugins.module_utils.wire.question import Reply
from ansible_collections.authoritative.dns.tests.support.named import zone_text
from ansible_collections.authoritative.dns.tests.support.signed_zones import make_key, sign

NAME = "signed.test"
APEX = dns.name.from_text(NAME)
RECORDS = """
www A 192.0.2.1
b.empty A 192.0.2.2
*.wild TXT wild
sub NS ns.sub
ns.sub A 192.0.2.9
safe NS ns.sub
safe DS 1 13 2 49fd46e6c4b45c55d4ac69cbd3cd34ac1afe51de6f1a5cb3d4e9c0e6d2a6ee52
gone DNAME example.org.
"""
KEY = make_key(NAME)
KINDS = {"nsec": {}, "nsec3": {"nsec3": True}, "opt-out": {"nsec3": True, "opt_out": True}}
NSEC, NSEC3 = 47, 50


def named(name):
    return dns.name.from_text(name, APEX) if name != "@" else APEX


class Zone:
    """A signed zone from which answers are made."""

    def __init__(self, kind):
        self.hashed = kind != "nsec"
        text = sign(NAME, zone_text(NAME, 1, RECORDS), [KEY], **KINDS[kind])
        self.sets = of_transfer(read_zone_text(text, APEX, "the zone"))

    def proof(self, name):
        """The set that is about a name: its own NSEC or NSEC3 record, or else the one that covers it."""
        if self.hashed:
            wanted = Parameters(1, 0, b"").hash(named(name))
            chain = sorted((owner.labels[0].decode().upper(), one) for (owner, rdtype), one in self.sets.items() if rdtype == NSEC3)
        else:
            wanted = named(name)
            chain = sorted(((owner, one) for (owner, rdtype), one in self.sets.items() if rdtype == NSEC), key=lambda pair: pair[0])
        before = [one for owner, one in chain if owner <= wanted]
        return before[-1] if before else chain[-1][1]

    def ask(self, name, rdtype, rcode=0, answer=(), authority=(), aa=True):
        """What is wrong with an answer that is made of these sets."""
        message = dns.message.make_response(dns.message.make_query(named(name), rdtype))
        message.set_rcode(rcode)
        message.flags |= dns.flags.AA if aa else 0
        for section, sets in ((message.answer, answer), (message.authority, authority)):
            for one in sets:
                section.append(one.rrset)
                if one.signatures:
                    section.append(dns.rrset.from_rdata_list(one.rrset.name, 300, one.signatures))
        signatures = Signatures(APEX, self.sets[APEX, 48], int(time.time()), {})
        return [tuple(finding[:2]) for finding in check_answer(named(name), dns.rdatatype.from_text(rdtype), Reply(message, rcode), signatures)]

    def proofs(self, *names):
        return list({id(one): one for one in map(self.proof, names)}.values())


@pytest.fixture(scope="module")
def zones():
    return {kind: Zone(kind) for kind in KINDS}


HASHED = ["nsec3", "opt-out"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_that_is_not_there(zones, kind):
    zone = zones[kind]
    complete = zone.proofs("nobody", "*", "@")  # what covers the name, what covers the wildcard, and the closest name there is
    assert zone.ask("nobody", "A", 3, authority=complete) == []
    assert zone.ask("nobody", "A", 3) == [("denial_wrong", "nobody.signed.test. A is said not to exist: no NSEC or NSEC3 record proves it")]
    for one in complete:
        assert [state for state, _text in zone.ask("nobody", "A", 3, authority=[other for other in complete if other is not one])] == ["denial_wrong"]
    assert [state for state, _text in zone.ask("www", "A", 3, authority=zone.proofs("www", "*", "@"))] == ["denial_wrong"]  # it is there


@pytest.mark.parametrize("kind", KINDS)
def test_a_type_that_is_not_there(zones, kind):
    zone = zones[kind]
    assert zone.ask("www", "MX", authority=zone.proofs("www")) == []
    assert zone.ask("www", "A", authority=zone.proofs("www"))[0][1].endswith("record lists A")
    assert zone.ask("www", "MX", authority=zone.proofs("ns1"))[0][0] == "denial_wrong"
    assert zone.ask("www", "MX")[0][0] == "denial_wrong"
    assert zone.ask("safe", "TXT", authority=zone.proofs("safe"), aa=False) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_without_records_is_there_because_of_one_below(zones, kind):
    assert zones[kind].ask("empty", "A", authority=zones[kind].proofs("empty")) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_wildcard(zones, kind):
    zone = zones[kind]
    wild = zone.sets[named("*.wild"), 16]
    grown = wild._replace(rrset=dns.rrset.from_rdata_list(named("any.wild"), 300, list(wild.rrset)))
    assert zone.ask("any.wild", "TXT", answer=[grown], authority=zone.proofs("any.wild")) == []
    assert zone.ask("any.wild", "TXT", answer=[grown]) == [
        ("denial_wrong", "any.wild.signed.test. TXT comes from a wildcard: no NSEC or NSEC3 record denies the name itself")
    ]
    assert zone.ask("*.wild", "TXT", answer=[wild]) == []
    assert zone.ask("any.wild", "A", authority=zone.proofs("any.wild", "*.wild", "wild")) == []
    assert zone.ask("any.wild", "TXT", authority=zone.proofs("any.wild", "*.wild", "wild"))[0][1].endswith("record lists TXT")


def test_a_chain_of_the_zone_above_denies_nothing_below_a_delegation(zones):
    """The NSEC record of a delegation covers the names below it, of which it knows nothing."""
    zone = zones["nsec"]
    assert zone.ask("x.sub", "A", 3, authority=zone.proofs("sub", "*", "@"))[0][0] == "denial_wrong"
    assert zone.ask("x.gone", "A", 3, authority=zone.proofs("gone", "*", "@"))[0][0] == "denial_wrong"


@pytest.mark.parametrize("kind", KINDS)
def test_delegations(zones, kind):
    zone = zones[kind]
    ns, safe, ds = (zone.sets[named(name), rdtype] for name, rdtype in (("sub", 2), ("safe", 2), ("safe", 43)))
    # with opt-out nothing is about the delegation itself: the closest name and what covers the next one have to do
    denied = zone.proofs("sub", "@")
    assert zone.ask("x.sub", "A", authority=[ns, *denied], aa=False) == []
    assert zone.ask("sub", "DS", authority=denied) == []
    assert zone.ask("x.safe", "A", authority=[safe, ds], aa=False) == []
    assert zone.ask("x.safe", "A", authority=[safe, ds._replace(signatures=[])], aa=False) == [("signature_missing", "safe.signed.test. DS")]
    assert zone.ask("x.safe", "A", authority=[safe, *zone.proofs("safe")], aa=False)[0][1].endswith("record lists DS")
    assert zone.ask("x.sub", "A", authority=[ns], aa=False)[0][0] == "denial_wrong"


def test_the_opt_out_counts_only_where_it_is_said(zones):
    """Without the flag the same records do not prove that a delegation has no DS."""
    zone = zones["nsec3"]
    missing = zone.proofs("nobody", "@")
    assert zone.ask("nobody", "DS", authority=missing)[0][0] == "denial_wrong"


def test_what_follows_from_a_dname_is_not_signed(zones):
    zone = zones["nsec"]
    alias = dns.rrset.from_text(named("x.gone"), 300, "IN", "CNAME", "x.example.org.")
    dname = zone.sets[named("gone"), 39]
    made = dname._replace(rrset=alias, signatures=[])
    assert zone.ask("x.gone", "A", answer=[dname, made]) == []
    assert zone.ask("x.gone", "A", answer=[made]) == [("signature_missing", "x.gone.signed.test. CNAME")]


def test_a_proof_has_to_be_signed_too(zones):
    zone = zones["nsec"]
    bare = [one._replace(signatures=[]) for one in zone.proofs("www")]
    assert zone.ask("www", "MX", authority=bare) == [("signature_missing", "www.signed.test. NSEC")]
    assert zone.ask("www", "A", answer=[zone.sets[named("www"), 1]._replace(signatures=[])]) == [("signature_missing", "www.signed.test. A")]
