# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import time

import dns.name
import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.chain import check_zone
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.nsec3 import Parameters
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.sets import of_transfer
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.signatures import Signatures
from ansible_collections.authoritative.dns.plugins.module_utils.transfer.records import read_zone_text
from ansible_collections.authoritative.dns.tests.support.named import zone_text
from ansible_collections.authoritative.dns.tests.support.signed_zones import (
    add,
    changed,
    drop,
    drop_signature,
    hash_again,
    make_key,
    owner,
    replace,
    sign,
    sign_again,
)

NAME = "signed.test"
APEX = dns.name.from_text(NAME)
DIGEST = "49fd46e6c4b45c55d4ac69cbd3cd34ac1afe51de6f1a5cb3d4e9c0e6d2a6ee52"
RECORDS = f"""
www A 192.0.2.1
b.empty A 192.0.2.2
*.wild TXT wild
alias CNAME www
sub NS ns.sub
ns.sub A 192.0.2.9
x.only NS ns.sub
safe NS ns.sub
safe DS 1 13 2 {DIGEST}
gone DNAME example.org.
"""
SECURE = ("www", "empty", "@", "safe")  # in the chain with opt-out too
KEY = make_key(NAME)


@pytest.fixture(scope="module")
def zones():
    text = zone_text(NAME, 1, RECORDS)
    return {
        "nsec": sign(NAME, text, [KEY]),
        "nsec3": sign(NAME, text, [KEY], nsec3=True),
        "opt-out": sign(NAME, text, [KEY], nsec3=True, opt_out=True),
        "iterations": changed(sign(NAME, text, [KEY], nsec3=True), NAME, lambda zone: hash_again(zone, KEY, 60)),
    }


def found(text, change=None):
    """{(state, text)} of what is wrong with a zone after a change."""
    text = changed(text, NAME, change) if change else text
    sets = of_transfer(read_zone_text(text, APEX, "the zone"))
    signatures = Signatures(APEX, sets[APEX, 48], int(time.time()), {})
    return {tuple(finding[:2]) for finding in check_zone(APEX, sets, signatures)}


@pytest.mark.parametrize("kind", ["nsec", "nsec3", "opt-out"])
def test_what_a_signer_made_is_in_order(zones, kind):
    assert found(zones[kind]) == set()


def bits(zone, name, *types):
    rdata = zone.get_rdataset(owner(zone, name), "NSEC")[0]
    replace(zone, name, "NSEC", f"{rdata.next} {' '.join(types)}")
    sign_again(zone, name, "NSEC", KEY)


def lead(zone, name, following):
    replace(zone, name, "NSEC", f"{following} A RRSIG NSEC")
    sign_again(zone, name, "NSEC", KEY)


def extra(zone):
    add(zone, "ns.sub", "NSEC", "safe A RRSIG NSEC")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda zone: drop_signature(zone, "www", "A"), {("signature_missing", "www.signed.test. A")}),
        (lambda zone: drop_signature(zone, "safe", "DS"), {("signature_missing", "safe.signed.test. DS")}),
        (lambda zone: drop_signature(zone, "*.wild", "TXT"), {("signature_missing", "*.wild.signed.test. TXT")}),
        (lambda zone: drop_signature(zone, "www", "NSEC"), {("signature_missing", "www.signed.test. NSEC")}),
        (
            lambda zone: (drop(zone, "www", "NSEC"), drop_signature(zone, "www", "NSEC")),
            {("chain_broken", "www.signed.test. has no NSEC record")},
        ),
        (
            lambda zone: lead(zone, "b.empty", "www.signed.test."),
            {("chain_broken", "the NSEC record of b.empty.signed.test. leads to www.signed.test. instead of gone.signed.test.")},
        ),
        (
            lambda zone: bits(zone, "www", "A", "MX", "RRSIG"),
            {("chain_broken", "the NSEC record of www.signed.test. denies NSEC and lists MX, which is not there")},
        ),
        (extra, {("chain_broken", "ns.sub.signed.test. has an NSEC record below a delegation")}),
        (
            lambda zone: sign_again(zone, "ns.sub", "A", KEY),
            {("signature_stray", "ns.sub.signed.test. A: signed below a delegation, where it is not the zone's own")},
        ),
        (
            lambda zone: sign_again(zone, "sub", "NS", KEY),
            {("signature_stray", "sub.signed.test. NS: signed at a delegation, where it is not the zone's own")},
        ),
        (
            lambda zone: drop(zone, "www", "A"),
            {
                ("signature_stray", "www.signed.test. A: signed, and not there"),
                ("chain_broken", "the NSEC record of www.signed.test. lists A, which is not there"),
            },
        ),
    ],
)
def test_faults_of_a_zone_with_nsec(zones, change, expected):
    assert found(zones["nsec"], change) == expected


def hashed(zone, name):
    return Parameters(1, 0, b"").hash(owner(zone, name))


def without(zone, name):
    label = hashed(zone, name)
    drop(zone, label, "NSEC3")
    drop_signature(zone, label, "NSEC3")


@pytest.mark.parametrize(("kind", "name"), [*(("nsec3", name) for name in (*SECURE, "only", "sub")), *(("opt-out", name) for name in SECURE)])
def test_every_name_is_in_a_chain_of_hashes(zones, kind, name):
    shown = owner(dns.zone.from_text(zones[kind], NAME, relativize=False), name)
    told = found(zones[kind], lambda zone: without(zone, name))
    assert ("chain_broken", f"{shown} has no NSEC3 record") in told
    assert any("leads to" in text for _state, text in told)


def test_an_opt_out_must_be_said(zones):
    """A chain that skips insecure delegations without the flag denies that they are there."""

    def no_flag(zone):
        for name, rdataset in list(zone.iterate_rdatasets("NSEC3")):
            zone.replace_rdataset(name, dns.rdataset.from_text("IN", "NSEC3", 300, rdataset[0].to_text().replace("1 1 ", "1 0 ", 1)))
            sign_again(zone, name.to_text(), "NSEC3", KEY)

    assert found(zones["opt-out"], no_flag) == {("chain_broken", f"{name}.signed.test. has no NSEC3 record") for name in ("sub", "only", "x.only")}


def test_a_hash_for_no_name_and_a_chain_that_is_only_announced(zones):
    told = found(zones["nsec3"], lambda zone: (drop(zone, "www", "A"), drop(zone, "www", "RRSIG", "A")))
    assert {state for state, _text in told} == {"chain_broken"} and any("is for no name of the zone" in text for _state, text in told)
    told = found(zones["nsec"], lambda zone: (add(zone, "@", "NSEC3PARAM", "1 0 0 -"), sign_again(zone, "@", "NSEC3PARAM", KEY)))
    assert ("chain_broken", "the NSEC3PARAM record announces a chain of which there is no NSEC3 record") in told
    told = found(zones["nsec3"], lambda zone: (drop(zone, "@", "NSEC3PARAM"), drop_signature(zone, "@", "NSEC3PARAM")))
    assert told == {("chain_broken", "there are NSEC3 records and no NSEC3PARAM record")}


def test_iterations_are_told(zones):
    assert found(zones["iterations"]) == {("nsec3_iterations", "60 NSEC3 iterations, with which resolvers take the zone as unsigned")}
