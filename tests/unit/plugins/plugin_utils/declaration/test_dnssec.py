# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How zones are declared to be signed: policies, and what cannot be."""

from __future__ import annotations

from dataclasses import fields

import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.dnssec import ALGORITHMS, DAY, HOUR, NAMED, Policy, longest_ttl, read
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.loading import load
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import DeclarationError
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.servers import plan
from ansible_collections.authoritative.dns.plugins.plugin_utils.serial_agreement import content_digest
from ansible_collections.authoritative.dns.plugins.plugin_utils.software import bind, knot, nsd, powerdns
from ansible_collections.authoritative.dns.plugins.plugin_utils.software.common import Settings, beyond
from hypothesis import given
from hypothesis import strategies as st

HOSTS = {"ns1": ("192.0.2.1",), "ns2": ("192.0.2.2",)}
RECORDS = [{"type": "NS", "value": "ns1.example.net."}]
FILE = "@ 3600 SOA ns1.example.net. hostmaster 7 3600 600 1209600 300\n@ 3600 NS ns1.example.net.\n"


def declared(policies=None, primaries=("ns1",), defaults=None, **options):
    zone = {"name": "example.com", "primaries": list(primaries), **({} if "file" in options else {"records": RECORDS}), **options}
    inventory = Inventory({"all": list(HOSTS)}, HOSTS.__getitem__)
    return load([zone], defaults or {}, inventory, lambda _path: FILE, policies=policies)


def mistakes(*arguments, **options):
    with pytest.raises(DeclarationError) as error:
        declared(*arguments, **options)
    return [str(problem) for problem in error.value.problems]


@pytest.mark.parametrize(
    ("value", "policy"), [(False, None), (True, NAMED["standard"]), ("standard", NAMED["standard"]), ("nist", NAMED["nist"]), ("stig", NAMED["stig"])]
)
def test_a_zone_is_signed_by_a_policy(value, policy):
    assert declared(dnssec=value).zones["example.com"].dnssec == policy
    assert declared(defaults={"dnssec": value}).zones["example.com"].dnssec == policy


def test_a_zone_says_otherwise_than_the_defaults():
    assert declared(defaults={"dnssec": True}, dnssec=False).zones["example.com"].dnssec is None


def test_a_declared_policy_says_what_differs_from_the_standard():
    given_policy = {"algorithm": 15, "single_type_signing": False, "zsk_lifetime": "90d", "nsec3": True}
    policy = declared({"mine": given_policy}, dnssec="mine").zones["example.com"].dnssec
    assert policy == Policy("mine", algorithm="ED25519", single_type_signing=False, zsk_lifetime=90 * DAY, nsec3=True)


def test_named_policies_differ_as_their_sources_do():
    nist, stig = NAMED["nist"], NAMED["stig"]
    assert (nist.nsec3, stig.nsec3) == (False, True)
    for policy in (nist, stig):
        assert policy.algorithm == "ECDSAP256SHA256" and policy.signatures_validity - 12 * HOUR >= 5 * DAY and policy.signatures_validity <= 7 * DAY


@pytest.mark.parametrize("policy", [policy for name, policy in NAMED.items() if name != "insecure"], ids=lambda policy: policy.name)
def test_those_that_come_with_the_collection_work(policy):
    options = {field.name: getattr(policy, field.name) for field in fields(policy) if field.name != "name"}
    assert read({"copy": options})[1] == []


@pytest.mark.parametrize(
    ("options", "wrong", "right"),
    [
        ({"algorithm": "RSASHA1"}, "'RSASHA1' is no algorithm", "use one of RSASHA256, ECDSAP256SHA256"),
        ({"algorithm": 5}, "5 is no algorithm", "use one of"),
        ({"algorithm": True}, "True is no algorithm", "use one of"),
        ({"nsec3": "yes"}, "'yes' is neither true nor false", "write true or false"),
        ({"nsec3_opt_out": True}, "nsec3 is not", "set nsec3: true"),
        ({"signatures_validity": "12h"}, "is 43200 seconds", "more than 12 hours"),
        ({"signatures_validity": "1w", "signatures_refresh": "160h"}, "is 576000 seconds of the 604800", "at most 544320"),
        ({"signatures_refresh": "1d"}, "records live for up to 86400", "longer than max_zone_ttl"),
        ({"max_zone_ttl": "1w"}, "records live for up to 604800", "longer than max_zone_ttl"),
        ({"ksk_lifetime": "1d"}, "ksk_lifetime is 86400 seconds, and a rollover takes", "longer than that"),
        ({"zsk_lifetime": "1d", "single_type_signing": False}, "zsk_lifetime is 86400 seconds", "longer than that"),
        ({"zsk_lifetime": "90d"}, "has a zsk_lifetime, but one key", "single_type_signing: false"),
        ({"dnskey_ttl": "soon"}, "'soon' is not a time", "write seconds"),
        ({"keys": "csk"}, "the key 'keys' is unknown", "known are algorithm"),
        ({"name": "x"}, "the key 'name' is unknown", "known are algorithm"),
        ("nist", "'nist' is not a mapping", "give a mapping"),
    ],
)
def test_a_policy_that_cannot_work_is_told(options, wrong, right):
    (told,) = mistakes({"mine": options}, dnssec="mine")
    assert told.startswith("dns_dnssec_policies, mine: ") and wrong in told and right in told


@pytest.mark.parametrize("name", ["nist", "standard", "insecure", "default", "none", "My", 'x"; };', "x y", 5, ""])
def test_a_policy_needs_a_name_of_its_own(name):
    (told,) = mistakes({name: {}})
    assert "another name" in told or "is no name of a policy" in told


@pytest.mark.parametrize("given_policies", ["nist", [{"name": "mine"}], 5])
def test_policies_are_a_mapping(given_policies):
    assert "is not a mapping" in mistakes(given_policies)[0]


times = st.integers(0, 400 * DAY)


@given(st.fixed_dictionaries({}, optional={field.name: st.booleans() if isinstance(field.default, bool) else times for field in fields(Policy)[2:]}))
def test_a_policy_that_is_taken_leaves_time_for_everything(options):
    policies, problems = read({"mine": options})
    policy = policies["mine"]
    if problems:
        assert all(str(problem).startswith("dns_dnssec_policies, mine: ") for problem in problems)
        return
    assert policy.signatures_validity - 12 * HOUR >= policy.signatures_refresh > policy.max_zone_ttl
    assert not policy.ksk_lifetime or policy.ksk_lifetime > policy.dnskey_ttl + policy.parent_ds_ttl
    assert not policy.zsk_lifetime or policy.zsk_lifetime > policy.dnskey_ttl + policy.max_zone_ttl
    assert policy.algorithm in ALGORITHMS.values()


@pytest.mark.parametrize(
    ("options", "wrong", "right"),
    [
        ({"dnssec": "nits"}, "dnssec 'nits' is no policy, did you mean 'nist'?", "declare it in dns_dnssec_policies"),
        ({"dnssec": "yes"}, "dnssec 'yes' is no policy", "write true, false"),
        ({"dnssec": 1}, "dnssec 1 is no policy", "write true, false"),
        ({"dnssec": None}, "dnssec None is no policy", "write true, false"),
        ({"primaries": ["ns1", "ns2"]}, "has the primaries ns1, ns2, and each would sign it with keys of its own", "let one of them be the primary"),
        ({"primaries": [{"address": "192.0.2.9"}]}, "is not of this inventory", "write dnssec: false"),
        ({"serial": "keep", "file": "x"}, "serial is 'keep', but the zone is signed", "use date, unix or increment"),
        ({"ttl": "2d"}, "has a TTL of 172800 seconds, and the longest that its policy standard waits for is 86400", "larger max_zone_ttl"),
    ],
)
def test_what_cannot_be_signed_is_told(options, wrong, right):
    told = mistakes(**{"dnssec": True, **options})
    assert len(told) == 1 and told[0].startswith("zone example.com: ") and wrong in told[0] and right in told[0]


def test_the_serial_of_a_file_is_where_a_signed_zone_begins():
    assert declared(file="x").zones["example.com"].serial_policy == "keep"
    assert declared(file="x", dnssec=True).zones["example.com"].serial_policy == "increment"


def test_to_begin_and_to_end_signing_changes_what_is_served():
    plain, signed, ending = (declared(dnssec=value).zones["example.com"] for value in (False, True, "insecure"))
    assert content_digest(plain) != content_digest(signed) == content_digest(ending)


@pytest.mark.parametrize("software", [bind, nsd, knot, powerdns])
def test_a_program_that_does_not_sign_is_refused_with_a_way_out(software):
    problems = beyond(software.CAPABILITIES, plan(declared(dnssec=True), "ns1", HOSTS["ns1"]), Settings(allow_query=("any",)))
    if software in (bind, knot):
        assert problems == []
    elif software is powerdns:
        assert "as a secondary only" in str(problems[0])
    else:
        (problem,) = problems
        assert "is the primary of example.com, which dnssec has signed" in problem.wrong and "with bind or knot be the primary, hidden" in problem.right


@pytest.mark.parametrize("software", [nsd, knot, powerdns])
def test_secondaries_serve_signed_zones_whatever_their_program(software):
    planned = plan(declared(dnssec=True, secondaries=["ns2"]), "ns2", HOSTS["ns2"])
    assert beyond(software.CAPABILITIES, planned, Settings(allow_query=("any",))) == []


def test_the_longest_ttl():
    assert longest_ttl("") == 0
    assert longest_ttl("@ 300 IN NS ns1.\nwww 86401 IN A 192.0.2.1\n") == 86401


def test_signing_ends_when_the_longest_lived_ds_is_forgotten():
    assert read({})[0]["insecure"].ds_retirement == 26 * 3600
    policies, problems = read({"long": {"parent_ds_ttl": "2d"}, "slow": {"parent_propagation_delay": "3h"}})
    assert not problems and policies["insecure"].ds_retirement == (48 + 3 + 1) * 3600
