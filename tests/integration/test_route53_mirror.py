# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""route53_mirror between a real primary and a double of Route 53 whose zones a real name server serves."""

from __future__ import annotations

import concurrent.futures
import fcntl
import json
import os
import re
import subprocess
import sys
import threading
import time

import boto3
import botocore.exceptions
import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest
import yaml
from ansible_collections.authoritative.dns.tests.support.modules import run_module
from ansible_collections.authoritative.dns.tests.support.named import free_port, running_named, zone_text
from ansible_collections.authoritative.dns.tests.support.route53_double import NAME_SERVERS, running_route53

SECRET = "bm90IGEgc2VjcmV0IGF0IGFsbA=="
OTHER_SECRET = "YW5vdGhlciBzZWNyZXQgYXMgd2VsbA=="
ZONE = "example.com"
OPTIONS = 'allow-transfer { key "transfer"; }; check-names primary ignore;'


@pytest.fixture(scope="module")
def double():
    with running_route53() as aws:
        yield aws


@pytest.fixture
def aws(double):
    double.reset()
    return double


@pytest.fixture(scope="module")
def server():
    names = (ZONE, "other.test", "third.test")
    with running_named({name: zone_text(name) for name in names}, keys={"transfer": SECRET}, options=OPTIONS) as named:
        yield named


class Primary:
    """The primary; ``serve`` gives a zone other content and returns when it answers with it."""

    def __init__(self, named):
        self.named = named
        self.serial = 1

    def serve(self, records="", name=ZONE):
        self.serial += 1
        self.named.write_zone(name, zone_text(name, self.serial, records))
        self.named.reload()
        deadline = time.monotonic() + 10
        while ask(self.named.address, self.named.port, name, "SOA").answer[0][0].serial != self.serial:
            assert time.monotonic() < deadline, self.named.log()[-3000:]
            time.sleep(0.01)
        return self.serial


@pytest.fixture(scope="module")
def primary(server):
    return Primary(server)


@pytest.fixture
def mirror(aws, server, tmp_path, monkeypatch):
    """Calls the module with what all tests share."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "3")
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL_ROUTE_53"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))

    def call(**options):
        given = dict(settings(aws, server, tmp_path), **options)
        return run_module("route53_mirror", **{name: value for name, value in given.items() if value is not None})

    return call


def settings(aws, server, directory):
    return {
        "zones": [{"name": ZONE}],
        "primaries": [{"name": "ns1", "address": server.address, "port": server.port, "key": "transfer"}],
        "keys": [{"name": "transfer", "secret": SECRET}],
        "endpoint_url": aws.url,
        "access_key": aws.access_key,
        "secret_key": aws.secret_key,
        "lock": str(directory / "lock"),
    }


def done(outcome, changed=True):
    assert not outcome["failed"], outcome["msg"]
    assert outcome["changed"] is changed
    return outcome["zones"][0]


def ask(address, port, name, rdtype):
    query = dns.message.make_query(name, rdtype, flags=0, use_edns=True, payload=4096)
    return dns.query.tcp(query, address, 5, port)


def answers(aws, name, rdtype):
    """What Route 53's own server says, as sorted text."""
    answer = ask(aws.dns_address, aws.dns_port, name, rdtype)
    assert answer.flags & dns.flags.AA
    return sorted(f"{rrset.ttl} {rdata}" for rrset in answer.answer for rdata in rrset)


def batches(aws):
    """The bodies of the requests that change something."""
    return [entry["body"] for entry in aws.requests("POST", "/rrset/?$")]


def record_of(body):
    return re.findall(r"<Action>(\w+)</Action><ResourceRecordSet><Name>([^<]+)</Name><Type>(\w+)</Type>", body)


def api(aws):
    return boto3.client(
        "route53", endpoint_url=aws.url, region_name="us-east-1", aws_access_key_id=aws.access_key, aws_secret_access_key=aws.secret_key
    )


def put(aws, zone_id, action="CREATE", **record_set):
    changes = [{"Action": action, "ResourceRecordSet": record_set}]
    api(aws).change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch={"Changes": changes})


# -- what is mirrored ------------------------------------------------------------------------------------------------------


def test_first_again_and_one_record_changed(aws, mirror, primary):
    serial = primary.serve("www A 192.0.2.1\nmail A 192.0.2.2\n@ MX 10 mail")
    found = done(mirror())
    assert (found["created"], found["added"], found["changed_sets"], found["removed"], found["serial"]) == (True, 5, 0, 0, serial)
    assert found["name_servers"][0] == "ns-2048.awsdns-64.com"
    assert answers(aws, f"www.{ZONE}", "A") == ["300 192.0.2.1"]
    assert answers(aws, ZONE, "MX") == ["300 10 mail.example.com."]
    assert answers(aws, ZONE, "NS") == ["300 ns1.example.com."]
    assert answers(aws, ZONE, "SOA")[0].startswith("900 ns-2048.awsdns-64.com. ")
    before = len(batches(aws))
    assert not done(mirror(), changed=False)["created"]
    primary.serve("www A 192.0.2.9\nmail A 192.0.2.2\n@ MX 10 mail")
    assert done(mirror())["changed_sets"] == 1
    (sent,) = batches(aws)[before:]
    assert record_of(sent) == [("UPSERT", "www.example.com.", "A")]
    assert answers(aws, f"www.{ZONE}", "A") == ["300 192.0.2.9"]


def test_a_changed_ttl_and_a_removed_value_are_changes(aws, mirror, primary):
    primary.serve("www 300 A 192.0.2.1\nwww 300 A 192.0.2.2\nmail 300 A 192.0.2.3")
    done(mirror())
    primary.serve("www 300 A 192.0.2.2\nmail 600 A 192.0.2.3")
    assert done(mirror())["changed_sets"] == 2
    assert answers(aws, f"www.{ZONE}", "A") == ["300 192.0.2.2"]
    assert answers(aws, f"mail.{ZONE}", "A") == ["600 192.0.2.3"]


def test_an_alias_takes_the_place_of_an_address_and_gives_it_back(aws, mirror, primary):
    for records, rdtype, value in (
        ("www A 192.0.2.1\nwww AAAA 2001:db8::1", "A", "300 192.0.2.1"),
        ("www CNAME ns1", "CNAME", "300 ns1.example.com."),
        ("www A 192.0.2.1", "A", "300 192.0.2.1"),
    ):
        primary.serve(records)
        done(mirror())
        assert answers(aws, f"www.{ZONE}", rdtype)[:1] == [value]
    assert len(batches(aws)) == 3


ODDITIES = r"""
quotes TXT "say \"yes\"" "back\\slash" "semi;colon" "tab\009bell\007"
umlaut TXT "\195\164" "\\101" "\\\101"
empty TXT ""
case TXT "Aa" "aA"
long TXT ( "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
    "ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc" )
*.wild A 192.0.2.7
*.wild TXT "anything"
a/b.c PTR host
Upper.CASE CNAME Mixed.Case.Example.ORG.
sp\032ace TXT "x"
in\.one A 192.0.2.8
sub NS ns.elsewhere.test.
sub DS 12345 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
_443._tcp TLSA 3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
svc HTTPS 1 Svc.Example.NET. alpn="h2,h3" port=8443 ipv4hint=192.0.2.1
_dns SVCB 1 dot.example.net. alpn=dot
key SSHFP 4 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
@ CAA 0 issue "ca.example.net; account=\"1\""
tel NAPTR 100 50 "u" "E2U+sip" "!^(\\+441632960083)$!sip:\\1@example.com!" .
_sip._udp SRV 0 5 5060 Sip.Example.NET.
old SPF "v=spf1 -all"
six AAAA 2001:DB8:0:0::0:1
"""
ASKED = (
    ("quotes", "TXT"),
    ("umlaut", "TXT"),
    ("empty", "TXT"),
    ("case", "TXT"),
    ("long", "TXT"),
    ("any.thing.wild", "A"),
    ("a/b.c", "PTR"),
    ("sp\\032ace", "TXT"),
    ("in\\.one", "A"),
    ("_443._tcp", "TLSA"),
    ("svc", "HTTPS"),
    ("_dns", "SVCB"),
    ("key", "SSHFP"),
    ("tel", "NAPTR"),
    ("_sip._udp", "SRV"),
    ("old", "SPF"),
    ("six", "AAAA"),
)


def test_odd_names_and_values_arrive_as_they_are_and_only_once(aws, mirror, primary):
    primary.serve(ODDITIES)
    done(mirror())
    for name, rdtype in ASKED:
        full = f"{name}.{ZONE}"
        there = [str(rdata).lower() for rrset in ask(primary.named.address, primary.named.port, full, rdtype).answer for rdata in rrset]
        assert there, full
        assert [line.partition(" ")[2].lower() for line in answers(aws, full, rdtype)] == sorted(there), full
    assert [str(rdata) for rrset in ask(aws.dns_address, aws.dns_port, f"case.{ZONE}", "TXT").answer for rdata in rrset] == ['"Aa" "aA"']
    done(mirror(), changed=False)


def test_a_thousand_records_take_few_requests(aws, mirror, primary):
    primary.serve("\n".join(f"h{number} A 192.0.2.{number % 250}" for number in range(1000)))
    first = mirror()
    done(first)
    again = mirror()
    done(again, changed=False)
    assert first["api_calls"] <= 8 and again["api_calls"] <= 6
    assert first["api_calls"] + again["api_calls"] == len(aws.requests())
    assert answers(aws, f"h999.{ZONE}", "A") == ["300 192.0.2.249"]


def test_many_records_and_many_characters_are_sent_in_parts(aws, mirror, primary):
    long = " ".join(f'"{"x" * 250}"' for _string in range(4))
    primary.serve("\n".join([f"h{number} A 192.0.2.{number % 250}" for number in range(2500)] + [f"t{number} TXT {long}" for number in range(50)]))
    found = done(mirror())
    assert found["added"] == 2552 and 4 <= len(batches(aws)) <= 6
    # what comes last is the apex, or the zone would name servers that are not there yet
    assert ("UPSERT", "example.com.", "NS") in record_of(batches(aws)[-1])
    assert len(answers(aws, f"t49.{ZONE}", "TXT")[0]) > 1000
    # all of it differs and an update counts twice
    primary.serve("\n".join([f"h{number} 60 A 192.0.2.{number % 250}" for number in range(2500)] + [f"t{number} 60 TXT {long}" for number in range(50)]))
    assert done(mirror())["changed_sets"] == 2550
    done(mirror(), changed=False)


def test_too_much_under_one_name_is_told_before_anything_is_made(aws, mirror, primary):
    long = " ".join(f'"{"x" * 250}"' for _string in range(12))
    primary.serve("\n".join(f't TXT "{number}" {long}' for number in range(12)))
    outcome = mirror()
    assert "t.example.com. changes 12 values of" in outcome["msg"] and "Route 53 takes 1000 values of 32000 characters" in outcome["msg"]
    assert not aws.requests("POST")


def test_much_of_several_types_under_one_name_comes_and_goes(aws, mirror, primary):
    strings, tags = [f't TXT "{number:03}{"x" * 245}"' for number in range(80)], [f't CAA 0 issue "{number:03}{"x" * 240}"' for number in range(60)]
    primary.serve("\n".join(strings + tags))
    assert done(mirror())["added"] == 4
    done(mirror(), changed=False)
    assert done(mirror(state="absent"))["removed"] == 3


def test_pages_are_followed(aws, mirror, primary):
    primary.serve("\n".join(f"h{number} A 192.0.2.{number}\nh{number} TXT x" for number in range(20)))
    done(mirror())
    aws.set(page_size=7)
    outcome = mirror()
    done(outcome, changed=False)
    assert len([entry for entry in aws.requests("GET", "/rrset$") if "name=" in entry["query"]]) == 6


def test_apex_name_servers_of_the_zone_or_of_route_53(aws, mirror, primary):
    primary.serve()
    done(mirror(apex_ns="keep"))
    assert len(answers(aws, ZONE, "NS")) == 4
    done(mirror(apex_ns="keep"), changed=False)
    done(mirror())
    assert answers(aws, ZONE, "NS") == ["300 ns1.example.com."]
    done(mirror(zones=[{"name": ZONE, "ns": "keep"}]), changed=False)


# -- the double itself ------------------------------------------------------------------------------------------------------


def test_the_double_refuses_what_route_53_refuses(aws):
    zone_id = api(aws).create_hosted_zone(Name=ZONE, CallerReference="1")["HostedZone"]["Id"].rpartition("/")[2]

    def address(name, *values, ttl=60, rdtype="A"):
        return {"Name": f"{name}.{ZONE}", "Type": rdtype, "TTL": ttl, "ResourceRecords": [{"Value": value} for value in values or ("192.0.2.1",)]}

    put(aws, zone_id, **address("www"))
    for message, action, record_set in (
        ("but it already exists", "CREATE", address("www", "192.0.2.2")),
        ("but it was not found", "DELETE", address("none")),
        ("do not match the current values", "DELETE", address("www", "192.0.2.2")),
        ("do not match the current values", "DELETE", address("www", ttl=61)),
        ("conflicts with other records", "CREATE", address("www", "ns1.test.", rdtype="CNAME")),
        ("conflicts with other records", "CREATE", dict(address("x", "ns1.test.", rdtype="CNAME"), Name=ZONE)),
        ("is not permitted in zone", "CREATE", dict(address("www"), Name="www.other.test")),
        ("Duplicate Resource Record", "CREATE", address("two", "192.0.2.1", "192.0.2.1")),
        ("enclosed in quotation marks", "CREATE", address("text", "bare", rdtype="TXT")),
        ("InvalidEscape", "CREATE", address("text", '"\\195"', rdtype="TXT")),
        ("must contain", "DELETE", dict(address("x", *(f"{server}." for server in NAME_SERVERS), ttl=172800, rdtype="NS"), Name=ZONE)),
        ("limit of 1000 exceeded", "UPSERT", address("many", *[f"10.0.{number >> 8}.{number & 255}" for number in range(501)])),
        ("limit of 32000 exceeded", "UPSERT", address("long", *[f'"{number}{"x" * 240}"' for number in range(70)], rdtype="TXT")),
    ):
        with pytest.raises(botocore.exceptions.ClientError, match=message):
            put(aws, zone_id, action, **record_set)
    assert answers(aws, f"www.{ZONE}", "A") == ["60 192.0.2.1"]


# -- what is refused --------------------------------------------------------------------------------------------------------


def test_records_that_route_53_does_not_have_are_named(aws, mirror, primary):
    primary.serve('www A 192.0.2.1\nhost HINFO "a" "b"\nwww RP . .')
    unsupported = ["host.example.com. HINFO", "www.example.com. RP"]
    outcome = mirror()
    assert outcome["failed"] and outcome["zones"][0]["unsupported"] == unsupported
    assert all(name in outcome["msg"] for name in unsupported) and "unsupported: skip" in outcome["msg"]
    assert not aws.requests("POST")
    skipped = mirror(unsupported="skip")
    assert done(skipped)["unsupported"] == unsupported
    assert "host.example.com. HINFO" in str(skipped["warnings"])
    assert answers(aws, f"www.{ZONE}", "A") == ["300 192.0.2.1"]


def test_a_signed_zone_is_refused_unless_told(aws, mirror, primary):
    signed = f"""
        www A 192.0.2.1
        @ DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==
        www RRSIG A 13 3 300 20360101000000 20260101000000 12345 {ZONE}. {"A" * 86}==
        @ NSEC www.{ZONE}. NS SOA RRSIG NSEC DNSKEY
    """
    primary.serve(signed)
    outcome = mirror()
    assert outcome["failed"] and "the zone is signed" in outcome["msg"] and "signed: strip" in outcome["msg"]
    assert not aws.requests()
    assert done(mirror(signed="strip"))["added"] == 3
    assert answers(aws, f"www.{ZONE}", "A") == ["300 192.0.2.1"]


def test_foreign_records_are_left_alone_and_a_conflict_is_named(aws, mirror, primary):
    primary.serve("www A 192.0.2.1")
    zone_id = done(mirror())["id"]
    target = {"HostedZoneId": "Z2FDTNDATAQYW2", "DNSName": "d111111abcdef8.cloudfront.net.", "EvaluateTargetHealth": False}
    put(aws, zone_id, Name=f"shop.{ZONE}", Type="A", AliasTarget=target)
    for identifier, weight in (("one", 1), ("two", 2)):
        put(aws, zone_id, Name=f"near.{ZONE}", Type="TXT", TTL=60, SetIdentifier=identifier, Weight=weight, ResourceRecords=[{"Value": '"x"'}])
    alone = ["near.example.com. TXT (weighted)"] * 2 + ["shop.example.com. A (alias)"]
    assert done(mirror(), changed=False)["left_alone"] == alone
    before = len(batches(aws))
    primary.serve("www A 192.0.2.1\nshop CNAME www")
    outcome = mirror()
    assert outcome["failed"] and "shop.example.com. A (alias) where the zone has records too" in outcome["msg"]
    absent = mirror(state="absent")
    assert absent["failed"] and "shop.example.com. A (alias)" in absent["msg"]
    assert len(batches(aws)) == before


def test_losing_much_takes_a_word(aws, mirror, primary):
    primary.serve("\n".join(f"h{number} A 192.0.2.{number}" for number in range(30)))
    done(mirror())
    before = len(batches(aws))
    primary.serve("h0 A 192.0.2.0")
    outcome = mirror()
    assert outcome["failed"] and "it would lose 90 % (29 of 32)" in outcome["msg"] and "allow_loss" in outcome["msg"]
    assert mirror(check=True)["failed"]
    assert len(batches(aws)) == before
    assert done(mirror(allow_loss=True))["removed"] == 29


def test_hosted_zones_are_adopted_or_asked_about(aws, mirror, primary):
    primary.serve("www A 192.0.2.1")
    made = [api(aws).create_hosted_zone(Name=ZONE, CallerReference=reference)["HostedZone"]["Id"].rpartition("/")[2] for reference in ("1", "2")]
    private = {"Comment": "", "PrivateZone": True}
    seen_inside = api(aws).create_hosted_zone(Name=ZONE, CallerReference="3", HostedZoneConfig=private, VPC={"VPCRegion": "us-east-1", "VPCId": "vpc-1"})
    outcome = mirror()
    assert outcome["failed"] and "there are 2 public hosted zones" in outcome["msg"] and all(identifier in outcome["msg"] for identifier in made)
    assert done(mirror(zones=[{"name": ZONE, "hosted_zone_id": made[1]}]))["id"] == made[1]
    assert seen_inside["HostedZone"]["Id"].rpartition("/")[2] not in outcome["msg"]
    wrong = mirror(zones=[{"name": "other.test", "hosted_zone_id": made[0]}])
    assert wrong["failed"] and "give the id of a public zone other.test" in wrong["msg"]
    api(aws).delete_hosted_zone(Id=made[0])
    adopted = done(mirror(), changed=False)
    assert (adopted["id"], adopted["created"]) == (made[1], False)
    refused = mirror(state="absent")
    assert refused["failed"] and "was not created by this collection" in refused["msg"]
    assert done(mirror(state="absent", zones=[{"name": ZONE, "hosted_zone_id": made[1]}]))["removed"] == 2
    done(mirror(state="absent", zones=[{"name": ZONE, "hosted_zone_id": made[1]}]), changed=False)


def test_absent_deletes_what_it_created(aws, mirror, primary):
    primary.serve("www A 192.0.2.1")
    done(mirror())
    foreseen = done(mirror(state="absent", check=True))
    assert answers(aws, f"www.{ZONE}", "A")
    removed = done(mirror(state="absent", primaries=[], keys=[]))
    assert removed["removed"] == foreseen["removed"] == 2
    assert ask(aws.dns_address, aws.dns_port, ZONE, "SOA").rcode() == dns.rcode.REFUSED
    done(mirror(state="absent"), changed=False)


# -- check mode, many zones, failures -----------------------------------------------------------------------------------------


def test_check_mode_says_what_a_run_does_and_does_nothing(aws, mirror, primary, tmp_path):
    for records in ("www A 192.0.2.1\ngone A 192.0.2.2", "www A 192.0.2.3\nnew TXT \"x\""):
        primary.serve(records)
        sent = len(aws.requests("POST"))
        foreseen = mirror(check=True)
        assert len(aws.requests("POST")) == sent
        made = mirror()
        for field in ("changed", "diff"):
            assert foreseen[field] == made[field] and made[field]
        for field in ("created", "added", "changed_sets", "removed", "serial"):
            assert foreseen["zones"][0][field] == made["zones"][0][field], field
    assert made["diff"][0]["before"] == "gone.example.com. 300 IN A 192.0.2.2\nwww.example.com. 300 IN A 192.0.2.1\n"
    assert made["diff"][0]["after"] == 'new.example.com. 300 IN TXT "x"\nwww.example.com. 300 IN A 192.0.2.3\n'
    nothing = mirror(check=True)
    assert (nothing["changed"], nothing["diff"]) == (False, [])


def test_a_zone_that_fails_does_not_keep_the_others_from_being_done(aws, mirror, primary, server):
    primary.serve("www A 192.0.2.1", "other.test")
    silent = {"name": "silent", "address": "127.0.0.1", "port": free_port()}
    primaries = [silent, {"name": "ns1", "address": server.address, "port": server.port, "key": "transfer"}]
    zones = [{"name": "absent.test", "primary": "ns1"}, {"name": ZONE, "primary": "silent"}, {"name": "other.test", "primary": ["silent", "ns1"]}]
    outcome = mirror(zones=zones, primaries=primaries)
    assert outcome["failed"] and len(outcome["errors"]) == 2
    assert "absent.test: no transfer from ns1 (127.0.0.1 port" in outcome["msg"] and "not_authoritative" in outcome["msg"]
    assert f"{ZONE}: no transfer from silent" in outcome["msg"] and "unreachable" in outcome["msg"]
    assert answers(aws, "www.other.test", "A") == ["300 192.0.2.1"]
    assert [zone["changed"] for zone in outcome["zones"]] == [False, False, True]


def test_a_wrong_key_transfers_nothing(aws, mirror, primary):
    primary.serve()
    outcome = mirror(keys=[{"name": "transfer", "secret": OTHER_SECRET}])
    assert outcome["failed"] and "wrong_key" in outcome["msg"] and "BADSIG" in outcome["msg"]
    unsigned = mirror(primaries=[{"address": primary.named.address, "port": primary.named.port}])
    assert unsigned["failed"] and "refused" in unsigned["msg"]
    assert not aws.requests()


def test_wrong_credentials_are_told_once(aws, mirror, primary):
    primary.serve()
    primary.serve(name="other.test")
    zones = [{"name": ZONE}, {"name": "other.test"}]
    unknown = mirror(zones=zones, access_key="AKIAUNKNOWN")
    assert unknown["failed"] and "InvalidClientTokenId" in unknown["msg"] and "not tried after that: other.test" in unknown["msg"]
    wrong = mirror(zones=zones, secret_key="wrong-secret-access-key")
    assert "SignatureDoesNotMatch" in wrong["msg"] and "Canonical" not in wrong["msg"]
    assert len(aws.requests()) == 2


def test_throttling_is_waited_out(aws, mirror, primary, monkeypatch):
    primary.serve("www A 192.0.2.1")
    aws.fail(status=400, code="Throttling", message="Rate exceeded", times=1)
    aws.fail(status=400, code="PriorRequestNotComplete", path="/rrset/?$", method="POST", times=1)
    outcome = mirror()
    done(outcome)
    assert outcome["api_calls"] == len(aws.requests()) == 7
    aws.fail(status=400, code="Throttling", message="Rate exceeded", times=9)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    primary.serve("www A 192.0.2.2")
    given_up = mirror()
    assert given_up["failed"] and "Throttling: Rate exceeded" in given_up["msg"]


def test_a_request_whose_answer_is_lost_is_not_made_twice(aws, mirror, primary):
    primary.serve("www A 192.0.2.1")
    done(mirror())
    primary.serve("www A 192.0.2.1\nnew A 192.0.2.2")
    aws.fail(method="POST", path="/rrset/?$", drop=True, done=True)
    assert done(mirror())["added"] == 1
    assert [entry["code"] for entry in aws.requests("POST", "/rrset/?$")] == ["", "", "InvalidChangeBatch"]
    assert answers(aws, f"new.{ZONE}", "A") == ["300 192.0.2.2"]
    done(mirror(), changed=False)


def test_a_provider_that_is_down_gets_it_later(aws, mirror, primary):
    primary.serve("www A 192.0.2.1")
    down = mirror(endpoint_url=f"http://127.0.0.1:{free_port()}")
    assert down["failed"] and "Route 53 cannot be asked" in down["msg"] and not down["changed"]
    aws.fail(status=503, code="ServiceUnavailable", method="POST", path="/rrset/?$", times=3)
    broken = mirror()
    assert broken["failed"] and "ServiceUnavailable" in broken["msg"] and broken["zones"][0]["created"] and broken["changed"]
    assert not done(mirror())["created"]
    assert answers(aws, f"www.{ZONE}", "A") == ["300 192.0.2.1"]
    done(mirror(), changed=False)


def test_it_waits_until_the_changes_are_everywhere(aws, mirror, primary):
    primary.serve("www A 192.0.2.1")
    aws.set(pending=0.4)
    done(mirror())
    polls = aws.requests("GET", "/change/")
    assert len(polls) == 2
    primary.serve("www A 192.0.2.2")
    done(mirror(wait=False))
    assert len(aws.requests("GET", "/change/")) == len(polls)
    aws.set(pending=60)
    primary.serve("www A 192.0.2.3")
    late = mirror(wait_timeout=0.3)
    assert late["failed"] and late["changed"] and f"{ZONE}: made, but not at all of Route 53's servers after 0.3 s" in late["msg"]


def test_two_runs_do_not_overlap(aws, mirror, primary, tmp_path):
    primary.serve("www A 192.0.2.1")
    with open(tmp_path / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("4711\n")
        lock.flush()
        blocked = mirror(wait_timeout=0.3)
        assert blocked["failed"] and f"another run (process 4711) has held {tmp_path}/lock for 0.3 s" in blocked["msg"]
        done(mirror(check=True))
        assert not aws.requests("POST")
        timer = threading.Timer(0.5, fcntl.flock, (lock, fcntl.LOCK_UN))
        timer.start()
        started = time.monotonic()
        done(mirror())
        assert time.monotonic() - started > 0.4
        timer.join()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"zones": [{"name": ZONE}, {"name": "EXAMPLE.com."}]}, "zones: EXAMPLE.com. is given twice"),
        ({"zones": [{"name": ZONE, "primary": "ns9"}]}, "zones: example.com: primary: ns9 not in servers; known: ns1"),
        *(
            ({"zones": [{"name": ZONE, "primary": wrong}]}, f"zones: example.com: primary: {wrong!r} is not the name of a server")
            for wrong in (5, {"ns1": 1}, ["ns1", None], [["ns1"]])
        ),
        ({"primaries": []}, "primaries: the list is empty"),
        ({"endpoint_url": "nonsense"}, "endpoint_url: Invalid endpoint: nonsense; give a URL such as"),
        ({"region": "no region"}, "Route 53 cannot be asked: Provided region_name 'no region'"),
        ({"primaries": [{"address": "ns1.example.com"}]}, "neither an IPv4 nor an IPv6 address"),
        ({"keys": [{"name": "transfer", "secret": "no base64!"}]}, "keys: the secret of transfer is not base64"),
        ({"primaries": [{"address": "127.0.0.1", "key": "none"}]}, "the key none is not in keys; known: transfer"),
        ({"lock": "/nonexistent/lock"}, "lock: /nonexistent/lock cannot be opened"),
        ({"secret_key": None}, "parameters are required together: access_key, secret_key"),
    ],
)
def test_mistakes_are_named(aws, mirror, options, message):
    outcome = mirror(**options)
    assert outcome["failed"] and message in outcome["msg"]
    assert not aws.requests()


# -- as users run it -----------------------------------------------------------------------------------------------------------


def test_no_secret_is_in_what_ansible_tells(aws, server, primary, tmp_path):
    primary.serve("www A 192.0.2.1")
    options = dict(settings(aws, server, tmp_path), session_token="not-a-token-for-anybody")
    wrong = dict(options, secret_key="wrong-secret-access-key")
    tasks = [{"authoritative.dns.route53_mirror": options}, {"authoritative.dns.route53_mirror": wrong, "ignore_errors": True}]
    (tmp_path / "play.yml").write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    command = ["ansible-playbook", "-i", "localhost,", "-c", "local", "-e", f"ansible_python_interpreter={sys.executable}", "-vvv", "--diff", "play.yml"]
    environment = dict(os.environ, AWS_MAX_ATTEMPTS="1", ANSIBLE_INJECT_INVOCATION="1")  # or newer versions do not tell the arguments
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False, env=environment)
    told = run.stdout + run.stderr
    assert run.returncode == 0, told
    assert "www.example.com. 300 IN A 192.0.2.1" in told and "SignatureDoesNotMatch" in told and "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER" in told
    for secret in (SECRET, aws.secret_key, "wrong-secret-access-key", "not-a-token-for-anybody"):
        assert secret not in told


def timer(directory, configuration):
    (directory / "mirror.json").write_text(configuration)
    program = "from ansible_collections.authoritative.dns.plugins.module_utils.cloud.route53_timer import main; main()"
    return subprocess.run([sys.executable, "-c", program, "mirror.json"], cwd=directory, capture_output=True, text=True, timeout=60, check=False)


def test_the_timer_does_the_same(aws, server, primary, tmp_path):
    serial = primary.serve("www A 192.0.2.1")
    options = settings(aws, server, tmp_path)
    first = timer(tmp_path, json.dumps(options))
    assert (first.returncode, first.stdout, first.stderr) == (0, f"{ZONE} serial {serial}: 3 added, 0 changed, 0 removed\n", "")
    assert answers(aws, f"www.{ZONE}", "A") == ["300 192.0.2.1"]
    again = timer(tmp_path, json.dumps(options))
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    wrong = timer(tmp_path, json.dumps(dict(options, secret_key="wrong-secret-access-key")))
    assert wrong.returncode == 1 and wrong.stdout == "" and f"{ZONE}: ListHostedZonesByName: SignatureDoesNotMatch" in wrong.stderr
    assert "wrong-secret" not in wrong.stderr and "Traceback" not in wrong.stderr


def test_the_timer_does_what_it_is_to_do_when_it_has_the_lock(aws, server, primary, tmp_path):
    """A zone that is taken away while it waits does not come back."""
    primary.serve("www A 192.0.2.1")
    options = settings(aws, server, tmp_path)
    with open(tmp_path / "lock", "w", encoding="ascii") as lock, concurrent.futures.ThreadPoolExecutor(1) as pool:
        fcntl.flock(lock, fcntl.LOCK_EX)
        waiting = pool.submit(timer, tmp_path, json.dumps(dict(options, lock=str(tmp_path / "lock"))))
        time.sleep(2)
        assert not waiting.done()
        (tmp_path / "mirror.json").write_text(json.dumps(dict(options, lock=str(tmp_path / "lock"), zones=[])))
        fcntl.flock(lock, fcntl.LOCK_UN)
        outcome = waiting.result()
    assert (outcome.returncode, outcome.stdout, outcome.stderr) == (0, "", "")
    assert not aws.requests("POST")
