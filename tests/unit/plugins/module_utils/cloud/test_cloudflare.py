# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the arguments of cloudflare_secondary_zone mean, and what counts as the same at Cloudflare. Servers: tests/integration."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.cloud.cloudflare import ZoneState, is_peer
from ansible_collections.authoritative.dns.plugins.module_utils.cloud.cloudflare_api import hint, kept_back, retry_after, told
from ansible_collections.authoritative.dns.plugins.module_utils.cloud.cloudflare_wanted import Key, Mistake, Primary, Zone, canonical, read_wanted

SECRET = "bm90IGEgc2VjcmV0IGF0IGFsbA=="


def params(**changes):
    usual = {
        "state": "present",
        "account_id": "0123",
        "api_token": "token",
        "zones": [{"name": "Example.COM.", "primaries": None, "serial": None}],
        "primaries": [{"name": "ns1", "address": "2001:DB8:0::1", "port": 53, "key": "Cloud.Key.", "ixfr": True}],
        "keys": [{"name": "cloud.key", "algorithm": "hmac-sha256", "secret": SECRET}],
        "notify_from": ["192.0.2.0/28", "192.0.2.0/28", "2001:db8::/64"],
        "refresh": 300,
    }
    return dict(usual, **changes)


def test_names_and_addresses_are_brought_into_one_form():
    wanted = read_wanted(params())
    assert wanted.zones == (Zone("example.com", ("ns1",)),)
    assert wanted.primaries == (Primary("ns1", "2001:db8::1", 53, "cloud.key", True),)
    assert wanted.primaries[0].peer_name == "ns1 2001:db8::1"
    assert wanted.networks == ("192.0.2.0/28", "2001:db8::/64") and canonical(None) == ""
    assert SECRET not in repr(wanted)


@pytest.mark.parametrize("name", ["bücher.example", "BÜCHER.Example.", "xn--bcher-kva.example"])
def test_a_name_in_unicode_is_its_a_labels(name):
    (zone,) = read_wanted(params(zones=[{"name": name, "primaries": None, "serial": None}])).zones
    assert zone.name == canonical(name) == "xn--bcher-kva.example"


def test_what_has_no_a_labels_is_no_name_of_a_zone():
    with pytest.raises(Mistake, match="zones: ü+.example is no domain name"):
        read_wanted(params(zones=[{"name": "ü" * 70 + ".example", "primaries": None, "serial": None}]))
    assert canonical("ü" * 70) == "ü" * 70  # somebody else's zone, in the account's list


def test_what_nothing_uses_is_left_out_unless_it_is_to_go():
    primaries = params()["primaries"] + [{"name": "ns2", "address": "192.0.2.2", "port": 53, "key": "other.key", "ixfr": True}]
    keys = [dict(params()["keys"][0], name=name) for name in ("cloud.key", "other.key", "third.key")]
    zones = [{"name": "example.com", "primaries": ["ns1"], "serial": None}]
    wanted = read_wanted(params(primaries=primaries, keys=keys, zones=zones))
    assert [primary.name for primary in wanted.primaries] == ["ns1"] and [key.name for key in wanted.keys] == ["cloud.key"]
    wanted = read_wanted(params(state="absent", primaries=primaries, keys=keys[2:], zones=zones))
    assert len(wanted.primaries) == 2 and wanted.key_names == ["third.key", "cloud.key", "other.key"]


def test_a_key_is_the_same_in_another_spelling():
    key = Key("cloud.key", "hmac-sha256", SECRET)
    there = {"name": "Cloud.Key", "algo": "HMAC-SHA256.", "secret": SECRET}
    assert key.is_as(there) and key.body() == {"name": "cloud.key.", "algo": "hmac-sha256.", "secret": SECRET}
    assert not key.is_as(dict(there, algo="hmac-sha512.")) and not key.is_as(dict(there, secret="AAAA")) and not key.is_as(dict(there, secret=None))


def test_a_peer_is_the_same_in_another_spelling():
    body = Primary("ns1", "2001:db8::1", 53, None, True).body(None)
    there = {"id": "1", "name": "ns1 2001:db8::1", "ip": "2001:db8:0:0::1", "port": 53.0, "ixfr_enable": True, "tsig_id": ""}
    assert is_peer(there, body)
    assert not is_peer(dict(there, tsig_id="2"), body)  # it has a key and should have none
    assert not is_peer(there, dict(body, tsig_id="2")) and not is_peer({"id": "1", "name": body["name"]}, body)
    assert kept_back({"peers": ["b", "a"], "auto_refresh_seconds": 600.0}, {"peers": ["a", "b"], "auto_refresh_seconds": 300}) == ["auto_refresh_seconds"]


@pytest.mark.parametrize(
    ("there", "wanted", "missing"),
    [
        (None, None, "no serial, Cloudflare has not transferred it"),
        (5.0, None, None),
        (5, 5, None),
        (6, 5, None),
        (5, 6, "serial 5, expected 6"),
        (5, 4294967295, None),
        (4294967295, 5, "serial 4294967295, expected 5"),
    ],
)
def test_what_is_missing_about_a_copy(there, wanted, missing):
    state = ZoneState("example.com", Zone("example.com", ("ns1",), wanted), incoming={"soa_serial": there})
    assert state.missing == missing


def test_retry_after_is_seconds_or_a_date():
    assert retry_after({"Retry-After": " 30 "}, 2.0) == 30
    moment = datetime.now(timezone.utc) + timedelta(seconds=90)
    assert 80 < retry_after({"Retry-After": format_datetime(moment, usegmt=True)}, 2.0) <= 90
    assert retry_after({"Retry-After": "Sat, 01 Jan 2000 00:00:00 GMT"}, 2.0) == 0
    for text in ("", "soon", "-5"):
        assert retry_after({"Retry-After": text}, 2.0) == 2
    assert retry_after(None, 2.0) == retry_after({}, 2.0) == 2


def test_an_error_says_what_cloudflare_said_and_what_would_help():
    assert told(400, {"errors": [{"code": 1, "message": "a"}, {"code": 2, "message": "b"}]}) == "HTTP 400, 1 a; 2 b"
    assert told(500, {"errors": None}) == "HTTP 500, without a reason"
    assert told(200, None) == "HTTP 200 with something other than Cloudflare's JSON"
    assert "Account Settings Write in this account; and secondary DNS is part" in hint(403, "PUT", "/accounts/1/secondary_dns/peers/2")
    assert "DNS Read for this zone" in hint(403, "GET", "/zones/1/secondary_dns/incoming")
    assert "Zone Write for all zones" in hint(403, "POST", "/zones") and "api_token" in hint(401, "GET", "/zones")
    assert hint(404, "GET", "/accounts/1/secondary_dns/tsigs") == ". Check account_id" and hint(400, "GET", "/zones") == ""
