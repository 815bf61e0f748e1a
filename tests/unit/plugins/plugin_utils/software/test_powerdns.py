# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is described for PowerDNS is what was planned, and what it cannot do is said before anything is touched."""

from __future__ import annotations

import re

import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.loading import load
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.servers import consuming, plan
from ansible_collections.authoritative.dns.plugins.plugin_utils.software import knot, nsd, powerdns
from ansible_collections.authoritative.dns.plugins.plugin_utils.software.common import Settings, beyond

ADDRESSES = {"ns1": ("192.0.2.1", "2001:db8::1"), "ns2": ("192.0.2.2", "2001:db8::2"), "ns3": ("192.0.2.3",)}
SECRET = "a master secret of more than 32 characters"
PARTNER = {"name": "partner.example", "secret": "c2VjcmV0IHNlY3JldCBzZWNyZXQ="}
OPEN = Settings(listen_on=("192.0.2.2", "2001:db8::2"), allow_query=("any",))
LAYOUT = powerdns.Layout(
    config_file="/etc/powerdns/pdns.conf",
    local_config="/etc/powerdns/pdns.local.conf",
    state_directory="/etc/powerdns/authoritative",
    database="/var/lib/powerdns/zones/pdns.sqlite3",
    schema="/usr/share/schema.sql",
    user="pdns",
    group="pdns",
    service="pdns",
)


def planned(host="ns2", secret=SECRET, records=(), **options):
    item = {"name": "example.com", "primaries": ["ns1"], "secondaries": ["ns2"], "records": [{"type": "NS", "value": "ns1.example."}, *records], **options}
    keys = {"secret": secret, "keys": [PARTNER]}
    return plan(load([item], {}, Inventory({"all": list(ADDRESSES)}, ADDRESSES.__getitem__), str, keys=keys), host, ADDRESSES[host])


def rendered(settings=OPEN, **options):
    return powerdns.render(planned(**options), LAYOUT, settings)


def description(**options):
    return rendered(**options)["zones.txt"].splitlines()[1:]


def test_a_zone_is_described_by_its_primaries_and_metadata():
    assert description() == ["# zone example.com", "primaries 192.0.2.1 2001:db8::1", "AXFR-MASTER-TSIG ns2._from.ns1._g1"]
    assert description(secret=None) == ["# zone example.com", "primaries 192.0.2.1 2001:db8::1"]
    primaries = [{"address": "192.0.2.9", "port": 5300, "key": "partner.example"}, {"address": "2001:db8::9", "port": 5300, "key": "partner.example"}]
    assert description(primaries=primaries)[1:] == ["primaries 192.0.2.9:5300 [2001:db8::9]:5300", "AXFR-MASTER-TSIG partner.example"]


def test_of_members_it_learns_from_their_catalog_alone():
    servers = {"primaries": ["ns1"], "secondaries": ["ns2"]}
    zone = {"records": [{"type": "NS", "value": "ns1.example."}], **servers}
    zones = [{"name": "a.example", "catalog": "catalog.example", **zone}, {"name": "b.example", **zone}]
    inventory = Inventory({"all": ["ns1", "ns2"]}, {"ns1": ("192.0.2.1",), "ns2": ("192.0.2.2",)}.__getitem__)
    whole = plan(load(zones, {}, inventory, str, catalog_zones=[{"name": "catalog.example", **servers}]), "ns2", ("192.0.2.2",))
    text = powerdns.render(consuming(whole, lambda _catalog: True), LAYOUT, Settings())["zones.txt"]
    described = {block.split("\n")[0]: block for block in text.split("# zone ")[1:]}
    assert set(described) == {"b.example", "catalog.example"}
    assert "kind consumer\n" in described["catalog.example"] and "kind" not in described["b.example"]
    assert [powerdns.CAPABILITIES.of(version).catalogs for version in ("4.6.2-1", "4.7.3-2", "4.9.18")] == [False, True, True]


def test_whom_it_feeds_is_described_too():
    assert description(secondaries=["ns2", {"host": "ns3", "from": ["ns2"]}])[2:] == [
        "AXFR-MASTER-TSIG ns2._from.ns1._g1",
        "TSIG-ALLOW-AXFR ns3._from.ns2._g1",
        "ALSO-NOTIFY 192.0.2.3",
        "SLAVE-RENOTIFY 1",
    ]
    assert description(secret=None, secondaries=["ns2", {"host": "ns3", "from": ["ns2"]}])[2:] == [
        "ALLOW-AXFR-FROM 192.0.2.3",
        "ALSO-NOTIFY 192.0.2.3",
        "SLAVE-RENOTIFY 1",
    ]


def test_keys_stand_in_the_secret_file_alone():
    config = rendered(primaries=[{"address": "192.0.2.9", "key": "partner.example"}])
    assert [name for name, text in config.items() if PARTNER["secret"] in text] == ["keys.txt"]
    assert f"# shared partner.example\npartner.example hmac-sha256 {PARTNER['secret']}\n" in config["keys.txt"]


def settings_of(**options):
    return dict(line.split("=", 1) for line in rendered(**options)["pdns.conf"].splitlines() if not line.startswith("#"))


def test_it_has_no_way_out_and_no_way_in():
    settings = settings_of()
    assert settings["security-poll-suffix"] == settings["only-notify"] == settings["allow-axfr-ips"] == ""
    for name in ("api", "webserver", "autosecondary", "dnsupdate", "forward-dnsupdate", "enable-lua-records", "primary"):
        assert settings[name] == "no"
    assert settings["version-string"] == "anonymous" and settings["server-id"] == "disabled"
    assert settings["local-address"] == "127.0.0.1, ::1, 192.0.2.2, 2001:db8::2"
    assert settings_of(settings=Settings(listen_on=("any",), allow_query=("any",)))["local-address"] == "0.0.0.0, ::"


@pytest.mark.parametrize(("secret", "unsigned"), [(SECRET, "no"), (None, "yes")])
def test_notify_is_taken_unsigned_only_where_no_keys_are_agreed(secret, unsigned):
    assert settings_of(secret=secret)["allow-unsigned-notify"] == unsigned


def test_settings_do_not_change_with_zones_so_that_zones_take_no_restart():
    assert settings_of() == settings_of(name="another.example", secondaries=["ns2", {"host": "ns3", "from": ["ns2"]}])


def problems(software=powerdns, settings=OPEN, host="ns2", **options):
    return [str(problem) for problem in beyond(software.CAPABILITIES, planned(host, **options), settings)]


def test_what_powerdns_can_do_is_no_problem():
    assert problems() == problems(allow_query=["any"], settings=Settings()) == []


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"host": "ns1"}, "host ns1: PowerDNS is supported as a secondary only, but this host is the primary of example.com"),
        ({"settings": Settings()}, "host ns2: PowerDNS answers whoever asks, but allow_query limits who may ask for example.com"),
        ({"allow_query": ["192.0.2.0/24"]}, "host ns2: PowerDNS answers whoever asks, but allow_query limits who may ask for example.com"),
        ({"primaries": ["ns1", "ns3"]}, "zone example.com: PowerDNS on ns2 knows one key for all the servers from which it transfers it"),
        (
            {"secondaries": ["ns2", {"host": "ns3", "from": ["ns2"]}, {"address": "192.0.2.9", "key": "partner.example", "from": ["ns2"]}]},
            "zone example.com: PowerDNS on ns2 knows one key for all the servers that transfer it from there",
        ),
        (
            {"records": [{"name": "alias", "type": "TYPE65401", "value": r"\# 4 01020304"}]},
            "zone example.com: PowerDNS on ns2 cannot serve records of type TYPE65401",
        ),
    ],
)
def test_what_powerdns_cannot_do_is_said_by_name(options, expected):
    found = problems(**options)
    assert len(found) == 1 and re.match(re.escape(expected), found[0])


@pytest.mark.parametrize("software", [nsd, knot])
def test_types_that_a_program_does_not_know_by_name_are_no_problem(software):
    records = [{"name": "relay", "type": "AMTRELAY", "value": "10 0 1 192.0.2.20"}]
    assert problems(software, host="ns1", records=records) == problems(software, records=records) == []


@pytest.mark.parametrize("host", ["ns1", "ns2"])
def test_a_type_that_nsd_does_not_serve_is_said_by_name(host):
    (told,) = problems(nsd, host=host, records=[{"name": "pointer", "type": "NSAP-PTR", "value": "host"}])
    assert told.startswith(f"zone example.com: NSD on {host} cannot serve records of type NSAP-PTR")
