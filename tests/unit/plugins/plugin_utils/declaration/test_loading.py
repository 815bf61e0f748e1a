# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an inventory may say, and what a person is told who says something else."""

from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.loading import load
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.names import address
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import DeclarationError
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.records import records_of

GROUPS = {"all": ["ns1", "ns2", "ns3"], "dns_primaries": ["ns1"], "dns_secondaries": ["ns2", "ns3"]}
ADDRESSES = {"ns1": ["192.0.2.1", "2001:db8::1"], "ns2": ["192.0.2.2"], "ns3": ["192.0.2.3"]}
NS = {"name": "@", "type": "NS", "value": "ns1.example.net."}
ZONE = {"name": "example.com", "records": [NS]}


def declared(*zones, defaults=None, groups=None, addresses=None, files=None):
    def addresses_of(host):
        return tuple(address(text) for text in (addresses or ADDRESSES).get(host, ()))

    def read_file(path):
        try:
            return (files or {})[path]
        except KeyError:
            raise FileNotFoundError(2, "No such file or directory") from None

    return load(list(zones), defaults, Inventory(groups or GROUPS, addresses_of), read_file).zones


def mistakes(*zones, **arguments):
    with pytest.raises(DeclarationError) as error:
        declared(*zones, **arguments)
    return [str(problem) for problem in error.value.problems]


def with_record(**record):
    return {"name": "example.com", "records": [NS, record]}


def test_a_zone_needs_little_and_gets_the_rest():
    zone = declared(ZONE)["example.com"]
    assert [server.name for server in zone.primaries] == ["ns1"]
    assert zone.primaries[0].addresses == ("192.0.2.1", "2001:db8::1")
    assert [server.name for server in zone.secondaries] == ["ns2", "ns3"]
    assert zone.content.soa == (3600, "ns1.example.net.", "hostmaster.example.com.", 0, 3600, 600, 1209600, 300)
    assert (zone.serial_policy, zone.allow_query) == ("date", None)


def test_a_zone_says_more_than_the_defaults_and_they_more_than_the_collection():
    zone = declared({**ZONE, "soa": {"retry": "15m"}, "secondaries": []}, defaults={"ttl": "1h", "serial": "unix", "soa": {"retry": 1, "expire": "2w"}})[
        "example.com"
    ]
    assert (zone.content.soa.retry, zone.content.soa.expire, zone.serial_policy, zone.secondaries, records_of(zone.content.body())[0].ttl) == (
        900,
        1209600,
        "unix",
        (),
        3600,
    )


def test_a_server_may_be_one_that_the_inventory_does_not_manage():
    zone = declared({**ZONE, "primaries": [{"address": "203.0.113.1", "port": 5353}], "secondaries": ["ns1", "2001:DB8::0:9"]})["example.com"]
    assert [(server.addresses, server.port, server.managed) for server in zone.primaries] == [(("203.0.113.1",), 5353, False)]
    assert [(server.name, server.managed) for server in zone.secondaries] == [("ns1", True), ("2001:db8::9", False)]


def test_a_server_outside_may_answer_and_transfer_at_several_addresses():
    both = ["203.0.113.1", "2001:DB8:7::0:1"]
    zone = declared(
        {
            **ZONE,
            "primaries": [{"address": both}],
            "secondaries": [
                {"address": "203.0.113.2", "addresses": ["203.0.113.64/26"], "notify": ["203.0.113.3"]},
                {"addresses": ["203.0.113.128/26", "203.0.113.4"], "answers": False},
            ],
        }
    )["example.com"]
    answering, hidden = zone.secondaries
    assert zone.primaries[0].addresses == ("203.0.113.1", "2001:db8:7::1")
    assert (answering.addresses, answering.origins, answering.notify) == (("203.0.113.2",), ("203.0.113.64/26",), ("203.0.113.3",))
    assert (hidden.addresses, hidden.origins, hidden.notify) == (("203.0.113.4",), ("203.0.113.128/26", "203.0.113.4"), None)
    assert zone.servers == (zone.primaries[0], answering)


@pytest.mark.parametrize("endpoint", ["192.0.2.2", {"address": "192.0.2.2"}, {"address": "2001:DB8:0::1", "name": "mine"}])
def test_a_host_is_named_and_not_given_by_its_address(endpoint):
    host, address = ("ns2", "192.0.2.2") if "192" in str(endpoint) else ("ns1", "2001:db8::1")
    told = mistakes({**ZONE, "primaries": ["ns3"], "secondaries": [endpoint]})
    assert told == [f"zone example.com: secondaries gives {address}, which is an address of the host {host}; name the host: {host}"]


def test_a_host_s_own_entry_says_more_than_one_for_its_group():
    own = {"host": "ns3", "from": "ns2"}
    for listed in (["dns_secondaries", own], [own, "dns_secondaries"], ["dns_secondaries", own, own]):
        served = {server.name: server.sources for server in declared({**ZONE, "secondaries": listed})["example.com"].secondaries}
        assert served == {"ns2": (), "ns3": ("ns2",)}
    assert [server.name for server in declared({**ZONE, "secondaries": ["dns_secondaries", own]})["example.com"].secondaries] == ["ns2", "ns3"]
    fed = [{"host": "dns_secondaries", "from": {"address": "203.0.113.1"}}, {"host": "ns2"}]
    served = declared({**ZONE, "primaries": ["203.0.113.1", "ns1"], "secondaries": fed})["example.com"].secondaries
    assert {server.name: server.sources for server in served} == {"ns2": (), "ns3": ("203.0.113.1",)}


PARTNER = {"address": "203.0.113.7", "name": "partner"}
TWICE = {
    "two servers of one name": ([PARTNER, {**PARTNER, "address": "203.0.113.8"}], "partner"),
    "two ports of one name": ([PARTNER, {**PARTNER, "port": 5353}], "partner"),
    "an address with two keys": ([{"address": "203.0.113.7", "key": False}, "203.0.113.7"], "203.0.113.7"),
    "one that is called as a host": (["ns2", {**PARTNER, "name": "ns2"}], "ns2"),
    "a host fed by two": (["ns2", {"host": "ns3", "from": "ns2"}, "ns3"], "ns3"),
    "groups fed by two": ([{"host": "dns_secondaries", "from": "ns1"}, {"host": "others", "from": PARTNER}, PARTNER], "ns3"),
    "a provider": ([{"cloud": "route53"}, {"cloud": "route53", "key": False}], "route53"),
}


@pytest.mark.parametrize(("secondaries", "name"), TWICE.values(), ids=TWICE)
def test_two_entries_that_say_different_things_of_one_server_are_a_mistake(secondaries, name):
    told = mistakes({**ZONE, "secondaries": secondaries}, groups={**GROUPS, "others": ["ns3"]})
    wrong = f"zone example.com: secondaries says two things of {name}"
    assert told == [f"{wrong}; say all of it in one entry, and give servers that differ names that differ"]


def test_entries_that_say_the_same_count_once():
    listed = ["dns_secondaries", "ns2", {"host": "ns2"}, "203.0.113.7", {"address": "203.0.113.7"}, PARTNER, {**PARTNER}]
    served = declared({**ZONE, "secondaries": listed})["example.com"].secondaries
    assert [server.name for server in served] == ["ns2", "ns3", "203.0.113.7", "partner"]


def test_another_program_on_a_host_is_given_by_address_and_port():
    zone = declared({**ZONE, "secondaries": [{"address": "192.0.2.2", "port": 5300}]})["example.com"]
    assert [(server.name, server.managed) for server in zone.secondaries] == [("192.0.2.2 port 5300", False)]


# What is said about one mistake. Each message names the thing, what is wrong and what would be right.
RECORD = "zone example.com, record"
MISTAKES = {
    "address of another family": (
        with_record(name="www", type="A", value="2001:db8::1"),
        f"{RECORD} www A: value '2001:db8::1' is not an A value",
        "write an IPv4 address such as 192.0.2.1",
    ),
    "address with too many octets": (
        with_record(name="www", type="A", value="192.0.2.256"),
        f"{RECORD} www A: value '192.0.2.256' is not an A value",
        "write an IPv4 address",
    ),
    "address of letters": (
        with_record(name="www", type="AAAA", value="2001:db8::g"),
        f"{RECORD} www AAAA: value '2001:db8::g' is not an AAAA value",
        "write an IPv6 address",
    ),
    "one bad value of several": (
        with_record(name="www", type="A", value=["192.0.2.1", "192.0.2"]),
        f"{RECORD} www A: value '192.0.2' is not",
        "write an IPv4 address",
    ),
    "unknown type": (
        with_record(name="www", type="AAA", value="192.0.2.1"),
        f"{RECORD} www AAA: type 'AAA' is unknown, did you mean 'AAAA'?",
        "write a record type such as A",
    ),
    "type for questions": (
        with_record(name="www", type="AXFR", value="1"),
        f"{RECORD} www AXFR: type 'AXFR' is for questions and messages",
        "write a record type",
    ),
    "no type": (with_record(name="www", value="192.0.2.1"), f"{RECORD} www: type None is missing", "write a record type"),
    "type that is no text": (with_record(name="www", type=["A"], value="192.0.2.1"), "type ['A'] is not a record type", "write a record type"),
    "mail exchange without preference": (
        with_record(name="@", type="MX", value="mail.example.net."),
        f"{RECORD} @ MX: value 'mail.example.net.' is not a MX value",
        "write a preference and a name such as '10 mail.example.com.'",
    ),
    "text after the value": (with_record(name="www", type="A", value="192.0.2.1 192.0.2.2"), "is not an A value", "write an IPv4 address"),
    "value of two lines": (with_record(name="www", type="A", value="192.0.2.1\nevil A 192.0.2.2"), "spans several lines", "write an IPv4 address"),
    "unclosed quote": (with_record(name="www", type="TXT", value='"a'), "is not a TXT value", "write the text itself"),
    "no value": (with_record(name="www", type="A"), f"{RECORD} www A: value is missing", "give one value or a list of values"),
    "empty list of values": (with_record(name="www", type="A", value=[]), f"{RECORD} www A: value is missing", "give one value"),
    "value that is a mapping": (with_record(name="www", type="A", value={"address": "192.0.2.1"}), "is not text", "write an IPv4 address"),
    "value that is true": (with_record(name="www", type="TXT", value=True), "value True was read by YAML as a truth value, True", "put it in quotes"),
    "empty value": (with_record(name="www", type="A", value=" "), "value ' ' is empty", "write an IPv4 address"),
    "key with a typing error": (
        with_record(name="www", type="A", valeu="192.0.2.1", value="192.0.2.1"),
        f"{RECORD} www A: the key 'valeu' is unknown, did you mean 'value'?",
        "a record has name, type, value, ttl",
    ),
    "forgotten final dot in the name": (
        with_record(name="www.example.com", type="A", value="192.0.2.1"),
        "name 'www.example.com' has no final dot and would become www.example.com.example.com.",
        "a full name with a final dot",
    ),
    "forgotten final dot in the value": (
        with_record(name="ftp", type="CNAME", value="WWW.example.com"),
        "value 'WWW.example.com' has no final dot and would become WWW.example.com.example.com.",
        "write a name with a final dot",
    ),
    "forgotten final dot after a preference": (
        with_record(name="@", type="MX", value="10 mail.example.com"),
        "has no final dot and would become",
        "write a preference and a name",
    ),
    "forgotten final dot before parameters": (
        with_record(name="www", type="HTTPS", value="1 web.example.com alpn=h2"),
        "has no final dot and would become web.example.com.example.com.",
        "whole names with a final dot",
    ),
    "forgotten final dot in a name server": (
        {"name": "example.com", "name_servers": ["ns1.example.net.", "ns2.example.com"], "records": []},
        "name_servers: 'ns2.example.com' has no final dot and would become ns2.example.com.example.com.",
        "write names with a final dot",
    ),
    "forgotten final dot in the primary's name": (
        {**ZONE, "soa": {"mname": "ns1.example.com"}},
        "zone example.com, soa: mname 'ns1.example.com' has no final dot and would become ns1.example.com.example.com.",
        "write names such as ns1.example.com. and hostmaster@example.com",
    ),
    "forgotten final dot in the mailbox": (
        {**ZONE, "soa": {"rname": "hostmaster.example.com"}},
        "zone example.com, soa: rname 'hostmaster.example.com' has no final dot and would become hostmaster.example.com.example.com.",
        "write names such as ns1.example.com. and hostmaster@example.com",
    ),
    "mailbox that is none": (
        {**ZONE, "soa": {"rname": "hostmaster@example..com"}},
        "zone example.com, soa: rname 'hostmaster@example..com' is not a mail address",
        "write names such as ns1.example.com. and hostmaster@example.com",
    ),
    "semicolon that is not in quotes": (
        with_record(name="@", type="CAA", value="0 issue ca.example.net; validationmethods=dns-01"),
        "value '0 issue ca.example.net; validationmethods=dns-01' has a semicolon outside of double quotes, which would cut off what follows",
        "write flags, tag and value such as '0 issue \"ca.example.net\"'",
    ),
    "name outside the zone": (
        with_record(name="www.example.org.", type="A", value="192.0.2.1"),
        "name 'www.example.org.' is outside the zone example.com.",
        "write '@', a name relative to the zone",
    ),
    "name with an empty label": (with_record(name="a..b", type="A", value="192.0.2.1"), "name 'a..b' is not a domain name", "write '@'"),
    "label too long": (with_record(name="a" * 64, type="A", value="192.0.2.1"), "is not a domain name", "write '@'"),
    "name that is a list": (with_record(name=["www"], type="A", value="192.0.2.1"), "name ['www'] is not a name", "write '@'"),
    "time of no unit": (
        with_record(name="www", type="A", value="192.0.2.1", ttl="1y"),
        f"{RECORD} www A: ttl: '1y' is not a time",
        "write seconds, or units such as 1h or 1d",
    ),
    "negative time": (with_record(name="www", type="A", value="192.0.2.1", ttl=-1), "ttl: -1 is not a time", "write seconds"),
    "fraction of a second": (with_record(name="www", type="A", value="192.0.2.1", ttl=0.5), "ttl: 0.5 is not a time", "write seconds"),
    "time that is true": (with_record(name="www", type="A", value="192.0.2.1", ttl=True), "ttl: True is not a time", "write seconds"),
    "time beyond 31 bits": (with_record(name="www", type="A", value="192.0.2.1", ttl=2**31), "is more than 2147483647 seconds", "write seconds"),
    "time of a zone": ({**ZONE, "ttl": "soon"}, "zone example.com: ttl: 'soon' is not a time", "write seconds"),
    "record that is text": (
        {**ZONE, "records": [NS, "www A 192.0.2.1"]},
        "zone example.com, record 2: 'www A 192.0.2.1' is not a record",
        "write {name: www, type: A, value: 192.0.2.1}",
    ),
    "records that are a mapping": (
        {**ZONE, "records": {"www": "192.0.2.1"}},
        "zone example.com: records is {'www': '192.0.2.1'}",
        "make it a list of {name, type, value}",
    ),
    "SOA among the records": (
        with_record(name="@", type="SOA", value="a. b. 1 2 3 4 5"),
        "zone example.com: a SOA stands among the records",
        "set its fields under soa",
    ),
    "SOA in small letters": (
        with_record(name="@", type="soa", value="a. b. 1 2 3 4 5"),
        "zone example.com: a SOA stands among the records",
        "set its fields under soa",
    ),
    "SOA by number": (
        with_record(name="@", type="TYPE6", value="a. b. 1 2 3 4 5"),
        "zone example.com: a SOA stands among the records",
        "set its fields under soa",
    ),
    "serial in the soa": (
        {**ZONE, "soa": {"serial": 7}},
        "zone example.com, soa: the key 'serial' is unknown",
        "known are mname, rname, ttl, refresh, retry, expire, minimum",
    ),
    "timer of the soa": ({**ZONE, "soa": {"refresh": "often"}}, "zone example.com, soa: refresh: 'often' is not a time", "write seconds"),
    "name in the soa": (
        {**ZONE, "soa": {"mname": "a..b"}},
        "zone example.com, soa: mname 'a..b' is not a domain name",
        "write names such as ns1.example.com. and hostmaster@example.com",
    ),
    "soa that is text": ({**ZONE, "soa": "ns1 hostmaster"}, "zone example.com, soa: 'ns1 hostmaster' is not a mapping", "give a mapping with mname"),
    "key of a zone with a typing error": (
        {**ZONE, "secondarys": ["ns2"]},
        "zone example.com: the key 'secondarys' is unknown, did you mean 'secondaries'?",
        "known are name",
    ),
    "neither records nor file": ({"name": "example.com"}, "zone example.com: has neither records nor a file", "give one of records, file and reverse_network"),
    "file that is not there": (
        {"name": "example.com", "file": "none.zone"},
        "zone example.com: file 'none.zone' cannot be read (No such file or directory)",
        "give a path",
    ),
    "no name server": (
        {"name": "example.com", "records": [{"name": "www", "type": "A", "value": "192.0.2.1"}]},
        "zone example.com: has no NS record at its apex",
        "add {name: '@', type: NS",
    ),
    "name server without address": (
        {"name": "example.com", "records": [{"name": "@", "type": "NS", "value": "NS1"}]},
        "zone example.com, record @ NS: NS1.example.com. lies inside the zone and has no address",
        "add an A or AAAA record for NS1",
    ),
    "name server that is an alias": (
        {"name": "example.com", "records": [{"type": "NS", "value": "ns1"}, {"name": "ns1", "type": "CNAME", "value": "a.example.net."}]},
        "ns1.example.com. is an alias",
        "name servers have addresses of their own",
    ),
    "CNAME beside an address": (
        {**ZONE, "records": [NS, {"name": "www", "type": "CNAME", "value": "a.example.net."}, {"name": "WWW", "type": "A", "value": "192.0.2.1"}]},
        "zone example.com, record www CNAME: stands beside A",
        "a name with a CNAME has nothing else",
    ),
    "CNAME at the apex": (
        with_record(name="@", type="CNAME", value="a.example.net."),
        "zone example.com: has a CNAME at its apex",
        "use A and AAAA records there",
    ),
    "CNAME with two values": (
        with_record(name="www", type="CNAME", value=["a.example.net.", "b.example.net."]),
        "zone example.com, record www CNAME: has several values",
        "a CNAME has one value",
    ),
    "serial policy": (
        {**ZONE, "serial": "dates"},
        "zone example.com: serial 'dates' is unknown, did you mean 'date'?",
        "use one of date, unix, increment, keep",
    ),
    "serial policy that is a list": ({**ZONE, "serial": ["date"]}, "zone example.com: serial ['date'] is unknown", "use one of date"),
    "serial to keep from nothing": (
        {**ZONE, "serial": "keep"},
        "serial is 'keep', but there is no SOA to keep it from",
        "use date, unix or increment, or a file",
    ),
    "network that may ask": (
        {**ZONE, "allow_query": ["192.0.2.1/24"]},
        "zone example.com: allow_query: 192.0.2.1/24 has host bits set",
        "list networks such as 192.0.2.0/24, or any, none, localhost, localnets",
    ),
    "word that may ask": (
        {**ZONE, "allow_query": ["everybody"]},
        "zone example.com: allow_query: 'everybody' does not appear to be an IPv4 or IPv6 network",
        "list networks",
    ),
    "text that may ask": ({**ZONE, "allow_query": "any"}, "zone example.com: allow_query: 'any' is not a list", "list networks"),
    "network with a scope": ({**ZONE, "allow_query": ["fe80::%x; }; evil {/64"]}, "zone example.com: allow_query:", "list networks"),
    "secondary that no longer exists": (
        {**ZONE, "secondaries": ["ns2", "ns4"]},
        "zone example.com: secondaries names 'ns4', which is no host, group or address, did you mean",
        "name a host or group of the inventory, or give an address",
    ),
    "group that does not exist": (
        {**ZONE, "primaries": "dns_primarys"},
        "zone example.com: primaries names 'dns_primarys', which is no host, group or address, did you mean 'dns_primaries'?",
        "name a host or group",
    ),
    "secondaries in a list too many": (
        {**ZONE, "secondaries": [["ns2"]]},
        "zone example.com: secondaries names ['ns2'], which is no host, group or address",
        "name a host or group",
    ),
    "secondaries that are a number": ({**ZONE, "secondaries": 2}, "zone example.com: secondaries is 2", "list inventory hosts, groups, or endpoints"),
    "no primaries": ({**ZONE, "primaries": []}, "zone example.com: primaries is []", "list inventory hosts, groups, or endpoints"),
    "transfers from nobody": (
        {**ZONE, "secondaries": [{"host": "ns2", "from": []}]},
        "zone example.com: secondaries: from is [], where no server is",
        "name those to transfer from, or leave from out for the primaries",
    ),
    "networks alone for an endpoint": (
        {**ZONE, "secondaries": [{"addresses": ["192.0.2.0/24"]}]},
        "zone example.com: secondaries: addresses has networks only, 192.0.2.0/24",
        "say with address where the server itself is",
    ),
    "network to notify": (
        {**ZONE, "secondaries": [{"address": "203.0.113.1", "notify": ["203.0.113.0/24"]}]},
        "notify has '203.0.113.0/24'",
        "list the server's",
    ),
    "word among the addresses of an endpoint": (
        {**ZONE, "secondaries": [{"address": "203.0.113.1", "addresses": ["any"]}]},
        "addresses has 'any'",
        "list the server's addresses or networks",
    ),
    "answers of an endpoint": (
        {**ZONE, "secondaries": [{"address": "203.0.113.1", "answers": "no"}]},
        "answers is 'no'",
        "write false for a server that nobody",
    ),
    "address of an endpoint": (
        {**ZONE, "primaries": [{"address": "192.0.2.1.1"}]},
        "zone example.com: primaries: address '192.0.2.1.1' is not an address",
        "write an IPv4 or IPv6 address",
    ),
    "address that many hosts have": (
        {**ZONE, "secondaries": [{"address": "224.0.0.1"}]},
        "zone example.com: secondaries: address '224.0.0.1' is not an address at which others reach one host",
        "write an IPv4 or IPv6 address of the server's own",
    ),
    "no address in particular": (
        {**ZONE, "primaries": ["0.0.0.0"]},
        "zone example.com: primaries: address '0.0.0.0' is not an address at which others reach one host",
        "write an IPv4 or IPv6 address of the server's own",
    ),
    "transfers from no address in particular": (
        {**ZONE, "secondaries": [{"address": "203.0.113.1", "addresses": ["::"]}]},
        "zone example.com: secondaries: addresses has '::'",
        "list the server's addresses or networks",
    ),
    "to be told at a link-local address": (
        {**ZONE, "secondaries": [{"address": "203.0.113.1", "notify": ["fe80::1"]}]},
        "zone example.com: secondaries: notify has 'fe80::1'",
        "list the server's addresses",
    ),
    "endpoint with a scope": ({**ZONE, "primaries": ["fe80::1%x; }; evil {"]}, "zone example.com: primaries names", "give an address"),
    "port of an endpoint": (
        {**ZONE, "primaries": [{"address": "192.0.2.1", "port": 65536}]},
        "zone example.com: primaries: port 65536 is not a port",
        "write a number from 1 to 65535",
    ),
    "key of an endpoint": (
        {**ZONE, "primaries": [{"address": "192.0.2.1", "adress": 1}]},
        "zone example.com, primaries: the key 'adress' is unknown, did you mean 'address'?",
        "known are address, addresses, notify, answers, port, name",
    ),
    "primary and secondary at once": (
        {**ZONE, "secondaries": ["ns1", "ns2"]},
        "zone example.com: ns1 is both its primary and its secondary",
        "name each server once per zone",
    ),
    "host bits in a reverse network": (
        {"reverse_network": "192.0.2.1/24"},
        "zone 1 of dns_zones: reverse_network '192.0.2.1/24': 192.0.2.1/24 has host bits set",
        "write a network such as 192.0.2.0/24 or 2001:db8::/64",
    ),
    "reverse network of an odd length": (
        {"reverse_network": "192.0.0.0/18"},
        "reverse_network '192.0.0.0/18': /18 is not /8, /16, /24 or longer",
        "write a network",
    ),
    "reverse network between nibbles": ({"reverse_network": "2001:db8::/47"}, "reverse_network '2001:db8::/47': /47 is not a multiple of 4", "write a network"),
    "reverse network that is none": ({"reverse_network": "office"}, "reverse_network 'office': 'office' does not appear to be", "write a network"),
    "reverse network of another name": (
        {"name": "example.com", "reverse_network": "192.0.2.0/24"},
        "zone example.com: is not the reverse zone of 192.0.2.0/24",
        "leave name out, or write 2.0.192.in-addr.arpa",
    ),
    "forward zones of a forward zone": (
        {**ZONE, "forward_zones": ["example.com"]},
        "zone example.com: has forward_zones but no reverse_network",
        "give the network whose reverse zone this is",
    ),
    "zone that is text": ("example.com", "zone 1 of dns_zones: 'example.com' is not a zone", "write {name: example.com"),
    "no zone name": ({"records": [NS]}, "zone 1 of dns_zones: name None is not a name", "write a domain name such as example.com"),
}


@pytest.mark.parametrize(("zone", "wrong", "right"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_what_would_be_right(zone, wrong, right):
    told = mistakes(zone)
    assert [line for line in told if wrong in line and right in line.split("; ", 1)[1]], told
    assert len(told) == len(set(told))


@pytest.mark.parametrize(
    "name",
    [
        'a".com',
        "a b.com",
        "a;.com",
        "a{}.com",
        "a\n.com",
        "com\n",
        "a\\.b.com",
        "a\\000.com",
        "a'.com",
        "a#.com",
        "../etc.com",
        "a$.com",
        "-a.com",
        "a..com",
        "a" * 64 + ".com",
        "*.com",
        ".com",
        5,
        ["a.com"],
        {"a": 1},
        "",
        " ",
    ],
)
def test_a_zone_name_that_could_be_configuration_or_a_path_is_refused(name):
    assert [
        f"zone 1 of dns_zones: name {name!r} " in line and line.endswith("write a domain name such as example.com")
        for line in mistakes({"name": name, "records": [NS]})
    ] == [True]


@pytest.mark.parametrize("other", ["example.com", "EXAMPLE.com", "example.com.", "Example.COM."])
def test_a_zone_is_declared_once_whatever_its_case_and_final_dot(other):
    assert mistakes(ZONE, {"name": other, "records": [NS]}) == [
        "zone example.com: is declared twice (also as zone example.com); declare each zone once; zone names ignore case and a final dot"
    ]


def test_a_group_that_is_almost_one_of_ours_is_told():
    assert mistakes(ZONE, groups={"all": ["ns1", "ns2"], "dns_primaries": ["ns1"], "dns_secondarys": ["ns2"]}) == [
        "group dns_secondarys: is not a group that this collection knows; call it dns_secondaries"
    ]
    for near, ours in (("dns_monitor", "dns_monitors"), ("dns_promethus", "dns_prometheus")):
        assert mistakes(ZONE, groups={"all": ["ns1"], "dns_primaries": ["ns1"], near: ["ns1"]}) == [
            f"group {near}: is not a group that this collection knows; call it {ours}"
        ]
    for other in ("webservers", "monitors", "prometheus", "k8s_prometheus", "vm_prometheus", "ns_monitors", "aws_monitors", "dns_monitoring"):
        assert declared(ZONE, groups={"all": ["ns1"], "dns_primaries": ["ns1"], other: ["ns1"]})


def test_a_zone_without_a_primary_is_told_which_group_is_empty():
    for groups in ({"all": ["ns2"], "dns_secondaries": ["ns2"]}, {"all": ["ns2"], "dns_primaries": []}):
        assert mistakes(ZONE, groups=groups) == [
            "zone example.com: has no primary: the inventory's group dns_primaries is missing or empty; "
            "put a host into dns_primaries, or give the zone primaries"
        ]


@pytest.mark.parametrize("written", ["berlin", ["dns_primaries", "berlin"], {"host": "berlin"}], ids=str)
def test_a_zone_whose_primaries_are_groups_without_hosts_is_refused_with_their_names(written):
    listed = written if isinstance(written, list) else [written]
    assert mistakes({**ZONE, "primaries": written}, groups={**GROUPS, "dns_primaries": [], "berlin": []}) == [
        f"zone example.com: primaries is {listed!r}, where no host is; put a host into the group, or name another primary"
    ]


def test_a_group_without_hosts_is_told_where_others_serve_the_zone():
    inventory = Inventory({**GROUPS, "berlin": []}, lambda host: tuple(ADDRESSES[host]))
    declaration = load([{**ZONE, "primaries": ["berlin", "ns1"], "secondaries": ["berlin"]}], None, inventory, str)
    assert [str(warning) for warning in declaration.warnings if "berlin" in str(warning)] == [
        f"zone example.com: {key} names the group berlin, where no host is; put a host into it, or leave it out" for key in ("primaries", "secondaries")
    ]
    assert [server.name for server in declaration.zones["example.com"].primaries] == ["ns1"]


def test_no_group_is_called_empty_whose_host_has_no_usable_address():
    for options in ({}, {"primaries": ["ns1"]}, {"primaries": ["dns_primaries"]}):
        zones = [{"name": f"{number}.example", "records": [NS], **options} for number in range(2)]
        assert len(mistakes(*zones, addresses={**ADDRESSES, "ns1": []})) == 1


def test_a_host_without_a_usable_address_is_told_once_however_many_zones_it_serves():
    zones = [{"name": f"{number}.example", "records": [NS]} for number in range(5)]
    assert mistakes(*zones, addresses={**ADDRESSES, "ns2": []}) == ["host ns2: has no known address; set dns_addresses for it, or make ansible_host an address"]
    assert len(mistakes(*zones, addresses={**ADDRESSES, "ns2": ["192.0.2"]})) == 1


def test_every_mistake_is_told_in_one_list():
    told = mistakes(
        {"name": "a b"},
        {**ZONE, "ttl": "soon", "secondaries": ["ns4"]},
        {
            "name": "example.org",
            "records": [NS, {"name": "www", "type": "A", "value": "x"}, {"name": "www", "type": "AAA", "value": "y"}, {"name": "mail", "type": "A"}],
        },
        defaults={"serials": "date"},
        groups={**GROUPS, "dns_client": []},
    )
    for part in ("dns_client", "'serials'", "'a b'", "'soon'", "'ns4'", "value 'x'", "'AAA'", "record mail A: value is missing"):
        assert sum(part in line for line in told) == 1, (part, told)
    assert len(told) == 8


def test_the_summary_counts_and_is_not_endless():
    with pytest.raises(DeclarationError) as error:
        declared(*[{"name": f"{number} x"} for number in range(60)])
    lines = str(error.value).splitlines()
    assert lines[0] == "The DNS declaration has 60 mistakes; no host was changed."
    assert len(lines) == 52 and lines[-1] == "- … and 10 more"


@pytest.mark.parametrize("zones", ["example.com", {"example.com": {}}, 5])
def test_zones_are_a_list(zones):
    with pytest.raises(DeclarationError, match="dns_zones: .* is not a list; declare a list of zones"):
        load(zones, None, Inventory(GROUPS, lambda host: ("192.0.2.1",)), lambda path: "")


def test_defaults_are_a_mapping():
    assert mistakes(ZONE, defaults=["ttl"])[0].startswith("dns_zone_defaults: ['ttl'] is not a mapping; give a mapping with primaries")


# -- zones from files -----------------------------------------------------------------------------------------------------

FILE = "@ 300 IN SOA ns1.example.net. hostmaster.example.net. 41 1800 600 1209600 300\n@ 300 NS ns1.example.net.\nwww 300 A 192.0.2.1\n"


def test_a_file_keeps_its_own_serial_and_timers():
    zone = declared({"name": "example.com", "file": "a.zone"}, files={"a.zone": FILE})["example.com"]
    assert (zone.serial_policy, zone.content.own_serial, zone.content.soa.refresh) == ("keep", 41, 1800)


def test_a_broken_file_is_named_with_its_zone():
    (told,) = mistakes({"name": "example.com", "file": "a.zone"}, files={"a.zone": FILE + "www 300 A 192.0.2.256\n"})[:1]
    assert told.startswith("zone example.com, file a.zone, line 4: 'www 300 A 192.0.2.256' cannot be read (")
    assert told.endswith("write an IPv4 address such as 192.0.2.1")
    (told,) = mistakes({"name": "example.com", "file": "a.zone"}, files={"a.zone": FILE + "www 300 CNAME a.example.net.\n"})[:1]
    assert told.startswith("zone example.com, file a.zone, line 4, record www CNAME: stands beside A")


def test_what_a_rule_finds_in_a_file_is_told_with_the_line_where_the_record_begins():
    zone = "@ 300 SOA ns1.example.net. . ( 1 1800\n 600 1209600 300 )\n$INCLUDE servers\n\n   ; mail\nm 300 ( MX\n 10\n old.x )\nM 60 MX 20 ( m )\n"
    files = {"a.zone": zone, "servers": "; two\n@ 300 NS ns1.example.net.\n@ 300 NS ns2.example.net.\nx 300 DNAME example.net.\n"}
    item = {"name": "example.com", "file": "a.zone", "records": [{"name": "y", "type": "MX", "value": "5 old.x"}]}
    warnings = [str(warning) for warning in declared(item, files=files)["example.com"].content.warnings]
    assert [warning.split(": ")[0] for warning in warnings if "TTL" not in warning] == [
        "zone example.com, file a.zone, line 1, soa",
        "zone example.com, file a.zone, line 6, record M MX",
        "zone example.com, record y MX",  # declared beside the file, in no line of it
        "zone example.com, file a.zone, line 9, record M MX",
    ]
    (told,) = mistakes(item, files={**files, "servers": files["servers"] + "x 300 DNAME example.org.\n"})
    assert told.startswith("zone example.com, file a.zone, servers, line 4, record x DNAME: has several values")


SIGNED = FILE + "".join(f"@ {ttl} RRSIG {of} 13 2 300 20330101000000 20260101000000 1 @ AAAA\n" for of, ttl in (("SOA", 300), ("NS", 60)))


@pytest.mark.parametrize(
    "options", [{}, {"serial": "keep"}, {"serial": "date"}, {"soa": {"refresh": 7200, "rname": "x.example.net."}}, {"serial": "unix", "soa": {"ttl": 5}}]
)
def test_a_signed_zone_keeps_its_soa_and_says_so(options):
    zone = declared({"name": "example.com", "file": "a.zone", **options}, files={"a.zone": SIGNED})["example.com"]
    assert zone.serial_policy == "keep"
    assert zone.content.soa.record(zone.content.own_serial).rdata == "ns1.example.net. hostmaster.example.net. 41 1800 600 1209600 300"
    told = [str(warning) for warning in zone.content.warnings if "signed" in str(warning)]
    assert len(told) == (options not in ({}, {"serial": "keep"}))
    for warning in told:
        assert all(word in warning for word in (*options, "means nothing here", "let who signs it change its SOA"))
    assert {record.ttl for record in zone.content.records if record.type == "RRSIG"} == {300, 60}


def test_what_no_signature_can_be_right_for_is_refused():
    item = {"name": "example.com", "file": "a.zone", "records": [{"name": "x", "type": "TXT", "value": "x"}]}
    (told,) = mistakes(item, files={"a.zone": SIGNED})
    assert told.startswith("zone example.com: is signed, but 1 records beside its file are not; have them signed")
    told, *_others = mistakes(with_record(name="@", type="RRSIG", value="SOA 13 2 300 20330101000000 20260101000000 1 @ AAAA"))
    assert "its SOA would be made here, so that the signature of it is wrong" in told


@pytest.mark.parametrize(("written", "read"), [("root@localhost", "root\\@localhost.example.com."), ("host\\@x", "host\\@x.example.com.")])
def test_an_rname_of_a_file_is_the_name_that_was_read(written, read):
    content = declared({"name": "example.com", "file": "a.zone"}, files={"a.zone": FILE.replace("hostmaster.example.net.", written)})["example.com"].content
    assert content.soa.rname == read and any("[soa-rname]" in str(warning) for warning in content.warnings)


def test_a_mail_address_of_a_declaration_is_a_mailbox_and_an_escaped_at_sign_is_none():
    rnames = [declared({**ZONE, "soa": {"rname": text}})["example.com"].content.soa.rname for text in ("j.d@example.net", "a\\@b.example.net.")]
    assert rnames == ["j\\.d.example.net.", "a\\@b.example.net."]


def test_a_file_s_times_may_be_what_servers_take_for_too_long():
    item = {"name": "example.com", "file": "a.zone"}
    assert declared(item, files={"a.zone": FILE.replace("1209600", "4294967295")})["example.com"].content.soa.expire == 4294967295


def test_one_target_in_other_letters_is_one_target():
    files = {"a.zone": FILE + "a 300 CNAME x.example.net.\nA 300 CNAME X.example.NET.\n"}
    content = declared({"name": "example.com", "file": "a.zone"}, files=files)["example.com"].content
    assert len([record for record in content.records if record.type == "CNAME"]) == 1


def test_name_servers_are_those_of_zones_that_have_none_themselves():
    defaults = {"name_servers": ["ns1.example.net.", "ns2"], "soa": {"mname": "hidden.example.net."}}
    own = {"name": "own.example", "records": [{"type": "NS", "value": "ns.example.org."}]}
    bare = {"name": "bare.example", "records": [{"name": "ns2", "type": "A", "value": "192.0.2.2"}], "ttl": 60}
    zones = declared(own, bare, {"reverse_network": "192.0.2.0/24", "name_servers": "ns1.example.net."}, defaults=defaults)
    assert zones["own.example"].content.apex_servers == ("ns.example.org.",)
    assert zones["bare.example"].content.apex_servers == ("ns1.example.net.", "ns2.bare.example.")
    assert zones["bare.example"].content.soa.mname == "hidden.example.net."
    assert [str(record) for record in zones["bare.example"].content.records][0] == "@ 60 NS ns1.example.net."
    assert zones["2.0.192.in-addr.arpa"].content.apex_servers[0] == "ns1.example.net."
    assert "name_servers is 5; give a list of names" in mistakes(bare, defaults={"name_servers": 5})[0]
    assert "name_servers: 'a..b' is not a domain name" in mistakes({**bare, "name_servers": ["a..b"]})[0]


def test_names_of_hosts_in_unicode_are_told_where_a_name_server_would_read_octets():
    lines = 'büro 300 A 192.0.2.1\nBüro._ipp._tcp 300 SRV 0 0 631 büro\n_ipp._tcp 300 PTR Büro._ipp._tcp\nbüro 300 TXT büro "büro"\n'
    content = declared({"name": "example.com", "file": "a.zone"}, files={"a.zone": FILE + lines})["example.com"].content
    assert [str(record) for record in content.records if record.owner not in ("@", "www")] == [
        "_ipp._tcp 300 PTR B\\195\\188ro._ipp._tcp.example.com.",
        "B\\195\\188ro._ipp._tcp 300 SRV 0 0 631 xn--bro-hoa.example.com.",
        "xn--bro-hoa 300 A 192.0.2.1",
        'xn--bro-hoa 300 TXT "b\\195\\188ro" "b\\195\\188ro"',
    ]
    warnings = [str(warning) for warning in content.warnings if "xn--" in str(warning)]
    assert [warning.split(": ")[0].rpartition(", ")[2] for warning in warnings] == ["line 4", "line 5", "line 7"]
    assert "büro becomes xn--bro-hoa, while name servers read the octets of UTF-8 as they stand; write xn--bro-hoa" in warnings[0]


def test_a_file_includes_others_beside_it_and_records_stand_beside_it():
    files = {"zones/a.zone": FILE + "$INCLUDE hosts/all\n", "zones/hosts/all": "ftp 300 A 192.0.2.2\n"}
    item = {"name": "example.com", "file": "zones/a.zone", "records": [{"name": "www", "type": "A", "value": "192.0.2.3", "ttl": 300}]}
    zone = declared(item, files=files)["example.com"]
    assert [record.rdata for record in records_of(zone.content.body()) if record.type == "A"] == ["192.0.2.2", "192.0.2.1", "192.0.2.3"]
    (told,) = mistakes(item, files={"zones/a.zone": files["zones/a.zone"]})
    assert told.startswith("zone example.com, file zones/a.zone, line 4: includes zones/hosts/all, which cannot be read (No such file or directory)")


def test_what_name_servers_load_of_a_file_is_no_error_unless_the_zone_says_so():
    files = {"a.zone": FILE + "sub 300 NS ns.sub\n"}
    zone = declared({"name": "example.com", "file": "a.zone"}, files=files)["example.com"]
    assert any(str(warning).endswith("[delegation-glue]") for warning in zone.content.warnings)
    (told,) = mistakes({"name": "example.com", "file": "a.zone", "validators": {"delegation-glue": "error"}}, files=files)
    assert told.endswith("[delegation-glue]")
    (told,) = mistakes(with_record(name="sub", type="NS", value="ns.sub"))
    assert told.endswith("[delegation-glue]")


# -- reverse zones --------------------------------------------------------------------------------------------------------


def test_a_reverse_zone_follows_the_forward_zones_and_a_declared_pointer_wins():
    hosts = [
        {"name": "a", "type": "AAAA", "value": "2001:db8::a"},
        {"name": "b", "type": "AAAA", "value": "2001:db8::b"},
        {"name": "c", "type": "AAAA", "value": "2001:db8:1::c"},
    ]
    owner = ".".join("A" + "0" * 15)  # capital letters are the same name
    zones = declared(
        {**ZONE, "records": [NS, *hosts]}, {"reverse_network": "2001:db8::/64", "records": [{"name": owner, "type": "PTR", "value": "chosen.example.com."}]}
    )
    reverse = zones["0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"]
    assert sorted(record.rdata for record in records_of(reverse.content.body()) if record.type == "PTR") == ["b.example.com.", "chosen.example.com."]
    assert [record.rdata for record in records_of(reverse.content.body()) if record.type == "NS"] == ["ns1.example.net."]
    assert reverse.content.soa.rname == "hostmaster.example.com."


def test_forward_zones_can_be_chosen_and_must_exist():
    host = {"name": "a", "type": "A", "value": "192.0.2.10"}
    forward = [{"name": name, "records": [NS, host]} for name in ("example.com", "example.org")]
    zones = declared(*forward, {"reverse_network": "192.0.2.0/24", "forward_zones": ["Example.ORG."]})
    assert [record.rdata for record in records_of(zones["2.0.192.in-addr.arpa"].content.body()) if record.type == "PTR"] == ["a.example.org."]
    (told,) = mistakes(*forward, {"reverse_network": "192.0.2.0/24", "forward_zones": ["example.net"], "records": [NS]})
    assert told.startswith("zone 2.0.192.in-addr.arpa: forward_zones names 'example.net', which is not declared, did you mean 'example.") and told.endswith(
        "name zones of dns_zones"
    )


def test_a_mistake_that_zones_have_in_common_is_told_of_each():
    names = [f"zone{number}.example" for number in range(3)]
    zones = [{**ZONE, "name": name} for name in names]
    told = mistakes(*zones, defaults={"secondaries": ["ns1"]})
    wrong = "ns1 is both its primary and its secondary; name each server once per zone"
    assert [message for message in told if "both" in message] == [f"zone {name}: {wrong}" for name in names]


def test_what_one_zone_says_of_its_servers_is_said_of_no_other():
    others = {"a.example": {"secondaries": ["ns3"]}, "b.example": {"serial": "unix"}, "c.example": {}}
    served = declared(ZONE, *({**ZONE, "name": name, **options} for name, options in others.items()))
    found = {name: ([server.name for server in zone.secondaries], zone.serial_policy) for name, zone in served.items()}
    both = ["ns2", "ns3"]
    assert found == {"example.com": (both, "date"), "a.example": (["ns3"], "date"), "b.example": (both, "unix"), "c.example": (both, "date")}
