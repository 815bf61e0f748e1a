# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pathlib
import re
import shutil
import subprocess
import time

import dns.name
import pytest
import yaml
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import names
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.readers.master_file import parse_zone_file
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.records import SOA, Record, canonical, parse_records, parse_ttl
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.pointers import PointerAgreement
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.rules import (
    VALIDATORS,
    check_levels,
    documentation,
    validate,
    validate_pointers,
)
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.zone_view import Standing, ZoneView
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

ZONE = "example.com"
HASH = "2t7b4g4vsa5smi47k61mv5bv1a22bojr"  # an example of RFC 5155 appendix A
SERVERS = {"name": "@", "type": "NS", "value": ["ns1.example.net.", "ns2.example.org."]}
TIMERS = {"refresh": 3600, "retry": 600, "expire": 1209600, "minimum": 300}
CHECKZONE = shutil.which("named-checkzone") or shutil.which("named-checkzone", path="/usr/sbin:/usr/local/sbin")


def soa_of(origin, mname="ns1.example.net.", rname="hostmaster", ttl=3600, **timers):
    return SOA(parse_ttl(ttl), mname, names.absolute(rname, origin).to_text(), 1, **{**TIMERS, **timers})


def zone_of(items, zone=ZONE, **soa):
    """A zone from the records of a declaration, with two name servers unless they are given."""
    origin = dns.name.from_text(zone)
    records, problems = parse_records(items, origin, 3600, f"zone {zone}")
    assert not problems, problems
    return zone, soa_of(origin, **soa), records


def with_servers(*items, zone=ZONE, **soa):
    return zone_of([SERVERS, *items], zone, **soa)


def ids(problems):
    return [str(problem).rpartition("[")[2].rstrip("]") for problem in problems]


def found(zone, levels=()):
    errors, warnings = judged(zone, dict(levels))
    return ids(errors + warnings)


def judged(zone, levels=(), from_file=False):
    name, soa, records = zone
    return validate(name, soa, canonical(records), dict(levels), (lambda _records: {}) if from_file else None, records)


def record(name, rdtype, value, **more):
    return {"name": name, "type": rdtype, "value": value, **more}


def example_zone(validator):
    example = yaml.safe_load(validator.example)
    if isinstance(example, str):
        file = parse_zone_file(f"$TTL 3600\n{example}\n", dns.name.from_text(ZONE), "example")
        assert not file.problems
        zone, soa, servers = with_servers()
        return zone, soa, [*servers, *file.records]
    if isinstance(example, list):
        return with_servers(*example)
    return zone_of(example.get("records", [SERVERS]), **example.get("soa", {}))


# -- the registry -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("validator", [validator for validator in VALIDATORS.values() if validator.example], ids=lambda validator: validator.id)
def test_an_example_breaks_its_rule_and_no_other(validator):
    errors, warnings = judged(example_zone(validator))
    assert set(ids(errors + warnings)) == {validator.id}
    assert bool(errors) == (validator.level == "error")
    assert bool(judged(example_zone(validator), from_file=True)[0]) == (validator.level == "error" and not validator.loaded)
    assert bool(judged(example_zone(validator), {validator.id: "error"}, from_file=True)[0])
    for problem in errors + warnings:
        assert problem.where.startswith(f"zone {ZONE}")
        assert validator.source in problem.right
        assert problem.wrong


def test_a_zone_like_the_guides_has_nothing_to_find():
    zone = zone_of(
        [
            record("@", "NS", ["ns1", "ns2"]),
            record("@", "MX", "10 mail"),
            record("@", "TXT", "v=spf1 mx -all"),
            record("ns1", "A", "192.0.2.1"),
            record("ns2", "A", "198.51.100.1"),
            record("mail", "AAAA", "2001:db8::1"),
            record("www", "CNAME", "mail"),
            record("_sip._udp", "SRV", "0 5 5060 mail"),
            record("*.dev", "A", "192.0.2.9"),
            record("sub", "NS", ["ns.sub", "ns1"]),
            record("ns.sub", "A", "192.0.2.5"),
            record("sub", "DS", "1 13 2 " + "00" * 32),
            record("old", "DNAME", "example.net."),
        ],
        mname="ns1.example.com.",
    )
    assert found(zone) == []


def test_a_documentation_page_is_current():
    path = pathlib.Path(__file__).parents[6] / "docs" / "validators.md"
    assert path.read_text() == documentation(), "write it again as its introduction says"


@pytest.mark.parametrize("text", ["{ns-count: off, mx-alias: error}", '{ns-count: "off"}', "{}"])
def test_levels_may_be_written_as_people_write_yaml(text):
    assert list(check_levels(yaml.safe_load(text))) == []


def test_levels_are_checked_by_name():
    assert "did you mean 'ns-count'" in " ".join(check_levels({"ns-cuont": "off"}))
    assert "did you mean 'warning'" in " ".join(check_levels({"ns-count": "warn"}))
    assert "'loud'" in " ".join(check_levels({"ns-count": "loud"}))
    assert "True" in " ".join(check_levels({"ns-count": True}))
    assert "not a mapping" in " ".join(check_levels(["ns-count"]))


@pytest.mark.parametrize(("level", "expected"), [("error", (1, 0)), ("warning", (0, 1)), ("off", (0, 0)), (False, (0, 0))])
def test_a_zone_sets_a_rules_level(level, expected):
    zone = zone_of([record("@", "NS", "ns1.example.net.")])
    errors, warnings = judged(zone, {"ns-count": level})
    assert (len(errors), len(warnings)) == expected


def test_an_address_of_a_wildcard_is_none_of_a_name_server():
    """Whose final dot was forgotten more often than not."""
    own = [record("ns1", "A", "192.0.2.1"), record("*", "A", "198.51.100.1"), record("*.b", "A", "203.0.113.1")]
    _errors, warnings = judged(zone_of([record("@", "NS", ["NS1", "ns2.Example.net", "a.b.example.com."]), *own]), {})
    assert [str(problem) for problem in warnings] == [
        f"zone example.com, record @ NS: {name} lies inside the zone and has no address but that of a wildcard; add an A or AAAA record for {owner}, or"
        f" write {owner}. with its final dot (RFC 1034 section 4.2.1, RFC 1035 section 5.1) [ns-address]"
        for owner, name in (("a.b", "a.b.example.com."), ("ns2.Example.net", "ns2.Example.net.example.com."))
    ]
    assert found(zone_of([record("@", "NS", ["ns.sub", "ns2.example.net."]), record("sub", "NS", "ns.sub"), record("ns.sub", "A", "192.0.2.2"), *own])) == []


def test_messages_name_zone_record_fault_and_remedy():
    zone = zone_of([record("@", "NS", ["ns1", "ns2.example.net."]), record("www", "CNAME", "x.net."), record("www", "A", "192.0.2.1")])
    errors, _warnings = judged(zone, {})
    text = [str(problem) for problem in errors]
    assert text == [
        "zone example.com, record @ NS: ns1.example.com. lies inside the zone and has no address; add an A or AAAA record for ns1"
        " (RFC 1034 section 4.2.1) [ns-glue]",
        "zone example.com, record www CNAME: stands beside A; a name with a CNAME has nothing else (RFC 1034 section 3.6.2) [cname-alone]",
    ]


# -- the rules --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([record("sub", "NS", "ns1")], ["delegation-glue"]),
        ([record("sub", "NS", "sub")], ["delegation-glue"]),
        ([record("sub", "NS", "ns1.sub"), record("ns1.sub", "A", "192.0.2.1")], []),
        ([record("sub", "NS", "ns1.sister"), record("sister", "NS", "ns.example.net.")], []),  # glue that the sister can give
        ([record("sub", "NS", "ns1.sub"), record("*", "A", "192.0.2.1")], ["delegation-glue"]),  # no wildcard below a delegation
        ([record("sub", "NS", "ns1"), record("*", "A", "192.0.2.1")], []),
        ([record("sub", "NS", "ns1"), record("*", "CNAME", "www.example.net.")], ["delegation-alias"]),
        ([record("sub", "NS", "b.c"), record("a.b.c", "TXT", "x"), record("*.c", "A", "192.0.2.1")], ["delegation-glue"]),  # an empty non-terminal exists
        ([record("sub", "NS", "ns1.old"), record("old", "DNAME", "example.net.")], ["delegation-alias"]),
        ([record("a", "NS", "x.b.old"), record("old", "DNAME", "example.net."), record("b.old", "NS", "ns.example.net.")], ["delegation-alias", "occluded"]),
        ([record("sub", "NS", "x.dev"), record("*.dev", "A", "192.0.2.1"), record("*", "TXT", "x")], []),
        ([record("@", "DNAME", "example.net."), record("_sip._udp", "SRV", "0 0 1 a")], ["occluded", "srv-alias"]),
        ([record("sub", "NS", "a\\.example.com.")], ["host-name"]),  # one label, outside the zone: no glue
        ([record("@", "MX", "0 .")], []),
        ([record("sub", "NS", "ns.example.net."), record("sub", "TXT", "x")], ["occluded"]),
        ([record("sub", "NS", "ns.example.net."), record("sub", "A", "192.0.2.1")], ["occluded"]),
        ([record("sub", "NS", "ns.example.net."), record("a.sub", "NS", "ns.example.net.")], ["occluded"]),
        ([record("old", "DNAME", "example.net."), record("a.b.old", "TXT", "x")], ["occluded"]),
        ([record("old", "DNAME", "example.net."), record("old", "TXT", "x")], []),
        ([record("www", "CNAME", "a.net."), record("WWW", "TXT", "x")], ["cname-alone"]),
        ([record("www", "CNAME", "a.net."), record("www", "NSEC", "example.com. CNAME NSEC")], []),
        ([record("*._spf", "A", "192.0.2.1"), record("gc._msdcs", "A", "192.0.2.1"), record("_x", "TXT", "x")], []),
        ([record("*._spf", "AAAA", "2001:db8::1")], ["host-name"]),
        ([record("-a", "A", "192.0.2.1"), record("b.*", "MX", "1 x_y.example.net.")], ["host-name"] * 3),
        ([record("@", "TXT", ["v=spf1 -all", "v=spf10 x", "v=spf1"])], ["spf-single"]),
        ([record("www", "A", ["192.0.2.1", "192.0.2.2"], ttl="8d")], ["ttl-cap"]),
        ([record("@", "RRSIG", f"{of} 13 2 60 20330101000000 20260101000000 1 @ AAAA", ttl=ttl) for of, ttl in (("SOA", 60), ("NS", 50))], []),
        ([record("@", "RRSIG", f"{of} 13 2 60 20330101000000 20260101000000 1 @ AAAA", ttl=ttl) for of, ttl in (("NS", 9), ("NS", 8))], ["ttl-equal"]),
        ([record("@", "RRSIG", f"{of} 13 2 60 20330101000000 20260101000000 1 @ AAAA", ttl=ttl) for of, ttl in (("NS", 9), ("SOA", "8d"))], ["ttl-cap"]),
        ([record("@", "HTTPS", "0 _x.example.net."), record("a", "SVCB", "0 _x._y.example.net.")], []),
        ([record("a", "HTTPS", "1 _x.example.net.")], ["host-name"]),
        ([record("www", "CNAME", ["a.example.net.", "A.EXAMPLE.net."])], []),
        ([record("@", "CDS", "0 0 0 00"), record("@", "CDNSKEY", "0 3 0 AA==")], []),
        ([record("@", "CDS", ["0 0 0 00", "1 13 2 " + "00" * 32])], ["cds-dnskey"] * 2),
        ([record("@", "CDNSKEY", "257 3 13 AAAA"), record("@", "DNSKEY", "257 3 8 AwEAAQ==")], ["cds-dnskey"]),
        ([record(name, "NSEC3", f"1 1 0 - {HASH} A") for name in (HASH, f"{HASH.upper()}.sub")], []),
        ([record(name, "NSEC3", f"1 1 0 - {HASH} A") for name in ("@", "*", "abc", HASH[1:], f"*.{HASH}")], ["nsec3-owner"] * 5),
        ([record("@", "CDNSKEY", "257 3 13 AAAA"), record("@", "CDS", "1 13 2 " + "00" * 32), record("@", "DNSKEY", "257 3 13 AAAA")], []),
        ([record("sub", "CDS", "1 13 2 " + "00" * 32)], []),
        ([record("big", "TXT", [f"{number} " + "x" * 16000 for number in range(4)])], []),
        ([record("big", "TXT", [f"{number} " + "x" * 16000 for number in range(5)])], ["rrset-size"]),
        ([record("big", "HTTPS", [f"{number} . ipv6hint=" + ",".join(["::"] * 2100) for number in (1, 2)])], ["rrset-size"]),
        ([record("www", "CNAME", "www.example.org")], ["target-exists"]),
        ([record("www", "CNAME", "web"), record("a.web", "TXT", "x")], []),  # an empty non-terminal exists
        ([record("www", "CNAME", "web"), record("*", "TXT", "x")], []),
        ([record("www", "CNAME", "web.sub"), record("sub", "NS", "ns.example.net.")], []),
        ([record("_ipp._tcp", "PTR", "a._ipp._tcp"), record("www", "HTTPS", "0 pool"), record("old", "DNAME", "new")], ["target-exists"] * 3),
        ([record("www", "HTTPS", "1 ."), record("x", "CNAME", "y.example.net."), record("z", "CNAME", "@")], []),
        ([record("_sip._tls.@", "SRV", "0 0 443 sip.example.net.")], ["name-at-sign"]),
        ([record("a\\@b", "TXT", "x")], []),
        ([record("@", "TXT", ["v=DKIM1\\; p=x", 'a \\"b\\"'])], ["txt-escape"] * 2),
        ([record("@", "TXT", ['"v=DKIM1; p=\\"x\\""', "a\\b"])], []),
        ([record("@", "RRSIG", f"TYPE{of} 13 2 60 20330101000000 20260101000000 1 @ AAAA") for of in range(900, 1001)], []),
    ],
)
def test_what_is_found(items, expected):
    assert found(with_servers(*items)) == expected


@pytest.mark.parametrize(
    ("soa", "expected"),
    [
        ({"refresh": 3600, "retry": 600, "expire": 1209600, "minimum": 300}, []),
        ({"refresh": 86400, "retry": 7200, "expire": 3600000, "minimum": 3600}, []),  # RIPE-203
        ({"refresh": 600, "retry": 300, "expire": 604800, "minimum": 3600}, ["soa-timer-ranges"]),
        ({"refresh": 3600, "retry": 600, "expire": 4200}, ["soa-timers", "soa-timer-ranges"]),
        ({"retry": 0}, ["soa-timers"]),
        ({"minimum": 86401}, ["soa-timer-ranges"]),
        ({"mname": "hidden.example.org."}, []),
        ({"mname": "n_s.example.org."}, ["host-name"]),
        ({"rname": "john\\.doe.example.com."}, []),
        ({"rname": "."}, ["soa-rname"]),
        ({"rname": "hostmaster.2.0.192.in-addr.arpa."}, ["soa-rname"]),
        ({"rname": "host\\@example.com."}, ["soa-rname"]),
        ({"expire": 4294967295}, ["soa-timer-ranges"]),
        ({"rname": "a.b_c.example.com."}, ["host-name"]),
    ],
)
def test_what_is_found_in_a_soa(soa, expected):
    assert found(with_servers(**soa)) == expected


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("root@localhost", "root.localhost."),
        ("hostmaster@example.net.", "hostmaster.example.net."),
        ("hostmaster@example.com.", "hostmaster.example.com."),
        ("admin@example.com", "admin.example.com."),
        ("host\\@x", "host.x."),
        ("a\\.b@example.net.", "a\\.b.example.net."),
    ],
)
def test_what_an_rname_with_an_at_sign_surely_means_is_told(written, meant):
    file = parse_zone_file(f"@ 60 SOA ns1.example.net. {written} 1 3600 600 1209600 300\n", dns.name.from_text(ZONE), "zone")
    told = [str(problem) for problem in validate(ZONE, file.soa, (), {})[1]]
    assert len(told) == 1 and f"in a SOA the at sign is a dot: {meant} (" in told[0], told


def test_a_zone_without_soa_is_checked_as_far_as_it_goes():
    assert ids(validate(ZONE, None, (), {})[0]) == ["apex-ns"]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (["192.0.2.1"], ["192.0.2.200"], True),
        (["192.0.2.1"], ["192.0.3.1"], False),
        (["192.0.2.1", "2001:db8::1"], ["192.0.2.2", "2001:db8:1::1"], False),
        (["2001:db8::1"], ["2001:db8::2"], True),
        (["192.0.2.1"], [], False),
    ],
)
def test_networks_of_name_servers(first, second, expected):
    items = [record("@", "NS", ["ns1", "ns2"] if second else ["ns1", "ns2.example.net."])]
    items += [record(name, "AAAA" if ":" in address else "A", address) for name, addresses in (("ns1", first), ("ns2", second)) for address in addresses]
    assert ("ns-networks" in found(zone_of(items))) is expected


def test_the_root_zone_and_reverse_zones():
    servers = [record("@", "NS", ["a.root.", "b.root."]), record("a.root", "A", "192.0.2.1"), record("b.root", "AAAA", "2001:db8::1")]
    delegation = [record("com", "NS", ["a.gtld.com.", "c.gtld.com."]), record("a.gtld.com", "A", "192.0.2.1")]
    assert found(zone_of(servers + delegation[:1], ".", rname="hostmaster.example.com.")) == ["delegation-glue", "delegation-glue"]
    assert found(zone_of(servers + delegation, ".", rname="hostmaster.example.com.")) == ["delegation-glue"]
    reverse = with_servers(
        record("5", "PTR", "a_b.example.com."),
        record("b._dns-sd._udp", "PTR", "a_b.example.com."),
        zone="2.0.192.in-addr.arpa",
        rname="hostmaster.example.com.",
    )
    assert found(reverse) == ["host-name"]


@pytest.mark.parametrize(
    ("owner", "target", "finds"),
    [
        ("5", "pc5.example.com", "pc5.example.com.2.0.192.in-addr.arpa. is a name of the reverse zone itself; write pc5.example.com. with its final dot"),
        ("5", "pc5", "such as pc5.example.net."),
        ("5", "pc5.example.com.", ""),
        ("_ipp._tcp", "a._ipp._tcp", ""),
    ],
)
def test_targets_of_pointers(owner, target, finds):
    _errors, warnings = judged(with_servers(record(owner, "PTR", target), zone="2.0.192.in-addr.arpa", rname="hostmaster.example.com."))
    told = [str(warning) for warning in warnings]
    assert ids(warnings) == ["ptr-target"] * bool(finds) and finds in "".join(told), told


def test_what_to_write_for_a_target_that_is_not_there():
    (told,) = judged(with_servers(record("www", "CNAME", "www.example.org")))[1]
    assert "www.example.org.example.com. is not in the zone; add it, or write www.example.org. with its final dot" in str(told)


def test_standings():
    view = ZoneView(*with_servers(record("A.b", "A", "192.0.2.1"), record("c", "CNAME", "a.b"), record("d", "NS", "ns.d")))
    expected = {
        "a.B.example.COM.": Standing.ADDRESSED,
        "c.example.com.": Standing.ALIAS,
        "b.example.com.": Standing.BARE,
        "x.d.example.com.": Standing.ELSEWHERE,
        "notexample.com.": Standing.ELSEWHERE,
        "com.": Standing.ELSEWHERE,
    }
    assert {name: view.standing(name) for name in expected} == expected


# -- zones together ---------------------------------------------------------------------------------------------------


def pointers(forward, reverse, zone="2.0.192.in-addr.arpa", levels=()):
    forward = [(ZONE, one) for one in with_servers(*forward)[2]]
    reverse = [(zone, one) for one in with_servers(*reverse, zone=zone)[2]]
    return validate_pointers(forward, reverse, lambda _zone: dict(levels))


@pytest.mark.parametrize(
    ("zone", "owner", "target", "finds"),
    [
        ("2.0.192.in-addr.arpa", "5", "www.example.com.", False),
        ("2.0.192.in-addr.arpa", "5", "WWW.example.com.", False),
        ("0/25.2.0.192.in-addr.arpa", "5", "www.example.com.", False),
        ("0/25.2.0.192.in-addr.arpa", "6", "www.example.com.", True),
        ("2.0.192.in-addr.arpa", "6", "www.example.com.", True),
        ("2.0.192.in-addr.arpa", "5", "missing.example.com.", True),
        ("2.0.192.in-addr.arpa", "5", "www.example.net.", False),  # not declared here
        ("2.0.192.in-addr.arpa", "5", "www.sub.example.com.", False),  # delegated
        ("2.0.192.in-addr.arpa", "5", "any.dev.example.com.", True),
        ("2.0.192.in-addr.arpa", "9", "any.dev.example.com.", False),  # a wildcard's
        ("2.0.192.in-addr.arpa", "b._dns-sd._udp", "missing.example.com.", False),
        ("0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", "5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0", "www.example.com.", False),
        ("0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", "6.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0", "www.example.com.", True),
    ],
)
def test_pointers_agree_with_addresses(zone, owner, target, finds):
    forward = [record("www", "A", "192.0.2.5"), record("www", "AAAA", "2001:db8::5"), record("*.dev", "A", "192.0.2.9"), record("sub", "NS", "ns.example.net.")]
    errors, warnings = pointers(forward, [record(owner, "PTR", target)], zone)
    assert errors == []
    assert ids(warnings) == [PointerAgreement.id] * finds
    if finds:
        assert f"zone {zone}, record {owner} PTR: {target} has no" in str(warnings[0])


def test_pointers_obey_the_reverse_zones_levels():
    assert pointers([], [record("5", "PTR", "www.example.com.")], levels={"ptr-forward": False}) == ([], [])
    assert len(pointers([], [record("5", "PTR", "www.example.com.")], levels={"ptr-forward": "error"})[0]) == 1


# -- against BIND -----------------------------------------------------------------------------------------------------

_HOSTS = ["@", "a", "b", "a.b", "ns.a", "b.a", "*", "*.a"]
_TARGETS = ["@", "a", "b", "a.b", "ns.a", "b.a", "x.b", "ns.example.net.", "."]


def _records(owners, targets):
    target = st.sampled_from(targets)
    data = st.one_of(
        st.tuples(st.just("A"), st.sampled_from(["192.0.2.1", "192.0.2.2"])),
        st.tuples(st.just("TXT"), st.just("x")),
        st.tuples(st.sampled_from(["NS", "CNAME", "DNAME"]), target),
        st.tuples(st.just("MX"), target.map("10 {}".format)),
        st.tuples(st.just("SRV"), target.map("0 0 1 {}".format)),
        st.tuples(st.just("DS"), st.just("1 13 2 " + "00" * 32)),
    )
    return st.lists(st.tuples(st.sampled_from(owners), data).map(lambda drawn: record(drawn[0], *drawn[1])), max_size=5)


# named looks at delegations and addresses only where names and aliases are right: half of the zones have no bad name.
_zones = st.one_of(_records(_HOSTS, _TARGETS), _records([*_HOSTS, "a_b", "_x.a"], [*_TARGETS, "n_s.example.net."]))
_mnames = st.sampled_from(["a", "a", "a", "n_s"])
_rnames = st.sampled_from(["hostmaster", "a_b.c.net.", "c.d.net.", "a.b_c.net."])
_servers = st.sampled_from([[], [SERVERS], [record("@", "NS", "a")], [record("@", "NS", ["ns.a", "b"])]])


# What named says, and the rule that has to have said it before.
REASONS = {
    "has no NS records": {"apex-ns"},
    "IN: NS .* has no address": {"ns-glue"},
    "IN: NS .* (is a CNAME|is below a DNAME)": {"ns-alias"},
    "invalid NS owner name": {"wildcard-ns"},
    "DS record at top of zone": {"apex-ds", "ds-delegation"},
    "CNAME and other data": {"apex-cname", "cname-alone"},
    "multiple RRs of singleton type": {"cname-single", "dname-single"},
    "check-names": {"host-name"},
}


def named_refuses(zone, soa, records, directory):
    path = directory / "zone"
    path.write_text("".join(f"{one}\n" for one in (soa.record(1), *records)))
    # -k fail is what a primary's named does; -i local asks nobody.
    done = subprocess.run([CHECKZONE, "-k", "fail", "-i", "local", zone, path], capture_output=True, text=True, timeout=20, check=False)
    return done.stdout + done.stderr if done.returncode else ""


@pytest.mark.skipif(not CHECKZONE, reason="BIND's named-checkzone is not installed")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(items=_zones, servers=_servers, mname=_mnames, rname=_rnames)
def test_what_named_refuses_is_refused_before(tmp_path, items, servers, mname, rname):
    zone = zone_of([*servers, *items], mname=names.absolute(mname, dns.name.from_text(ZONE)).to_text(), rname=rname)
    told = named_refuses(*zone, tmp_path)
    rules = set(ids(judged(zone, {})[0]))
    # named takes a name server's own name for glue of the apex where it stands right behind that, and its DS for one of the apex, although the name is
    # delegated as it should be. No rule of DNS says so, and its checker does before anything is changed.
    serving = {name for item in servers for name in (item["value"] if isinstance(item["value"], list) else [item["value"]])}
    assume("DS record at top of zone" not in told or serving.isdisjoint(item["name"] for item in items if item["type"] == "DS"))
    assert rules or not told, told
    for reason, accepted in REASONS.items():
        assert rules & accepted or not re.search(reason, told), (reason, told)


@pytest.mark.skipif(not CHECKZONE, reason="BIND's named-checkzone is not installed")
@pytest.mark.parametrize("validator", [one for one in VALIDATORS.values() if one.example and one.level == "error"], ids=lambda validator: validator.id)
def test_named_refuses_what_is_an_error_in_master_files_too_and_loads_the_rest(tmp_path, validator):
    told = named_refuses(*example_zone(validator), tmp_path)
    if validator.id == "name-crowded":
        return  # the checker does not count, only named does: tests/integration/test_nameserver_apply.py
    if validator.id == "host-name":
        assert "check-names" in told  # which the configuration that this collection writes turns off
        return
    if validator.id == "ds-delegation" and told:
        assert "DS not at delegation point" in told  # since BIND 9.20
        return
    assert bool(told) != validator.loaded, told


# -- cost -------------------------------------------------------------------------------------------------------------


def test_a_thousand_zones_take_little_time():
    """53 ms where it was written: a fifth of a millisecond a zone leaves room for slower machines and none for a quadratic rule."""
    zone, soa, records = with_servers(*(record(f"host{number}", "A", f"192.0.2.{number}") for number in range(8)))
    start = time.process_time()
    for _turn in range(1000):
        validate(zone, soa, records, {})
    assert time.process_time() - start < 0.5


def test_a_large_zone_takes_time_in_proportion():
    def seconds(count):
        records = [Record(f"host{number}", 3600, "A", "192.0.2.1") for number in range(count)] + with_servers(
            record("@", "MX", "10 host1"), record("sub", "NS", "ns.example.net."), record("*.w", "CNAME", "host1")
        )[2]
        soa = with_servers()[1]
        start = time.process_time()
        validate(ZONE, soa, records, {})
        return time.process_time() - start

    # The best of three: a collection of garbage that falls into a run is no work of ours.
    few, many = (min(seconds(count) for _run in range(3)) for count in (2000, 20000))
    assert many < 40 * max(few, 0.001)
