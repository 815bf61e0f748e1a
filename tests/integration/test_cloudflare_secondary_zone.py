# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""cloudflare_secondary_zone against a double of Cloudflare's API that transfers from a real primary with a real BIND."""

from __future__ import annotations

import ast
import functools
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile

import pytest
import yaml
from ansible.module_utils import urls
from ansible_collections.authoritative.dns.tests.support import cloudflare_double
from ansible_collections.authoritative.dns.tests.support.cloudflare_double import BASE, CONTRACT, LOOPBACK, Secondary, running_double
from ansible_collections.authoritative.dns.tests.support.modules import run_module
from ansible_collections.authoritative.dns.tests.support.named import free_port, running_named, zone_text

SECRET = "bm90IGEgc2VjcmV0IGF0IGFsbA=="
OTHER_SECRET = "YW5vdGhlciBzZWNyZXQgYXMgd2VsbA=="
KEY = {"name": "cloud.key", "secret": SECRET}
MANY = [f"zone{number:02}.example" for number in range(12)]
WRITES = ("POST", "PUT", "DELETE")
SDK = "cloudflare==5.9.0"  # Cloudflare's own, on PyPI: 8 MB that are read, not installed


@pytest.fixture(scope="module", autouse=True)
def certificates_read_once():
    """Ansible reads those of the machine for each request, 30 ms of work that plain HTTP on loopback has no use for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(urls, "make_context", functools.cache(urls.make_context))
        yield


@pytest.fixture(scope="module")
def shared_cloud():
    with running_double() as double:
        yield double


@pytest.fixture(scope="module")
def primary(shared_cloud):
    """Transfers to the holder of the key, and sends NOTIFY to the double: for quiet.test never, for elsewhere.test from 127.0.0.2."""
    target = f"{shared_cloud.dns_address} port {shared_cloud.dns_port}"
    options = f"allow-transfer {{ key cloud.key; }}; notify explicit; notify-delay 0; also-notify {{ {target}; }};"
    special = {"quiet.test": "notify no;", "elsewhere.test": "notify-source 127.0.0.2;"}
    with running_named(
        {name: zone_text(name, serial=5) for name in ("example.com", "example.net", *MANY)},
        keys={"cloud.key": SECRET},
        options=options,
        statements="".join(f'zone "{name}" {{ type primary; file "{name}.zone"; {more} }};\n' for name, more in special.items()),
        files={f"{name}.zone": zone_text(name, serial=5) for name in special},
    ) as named:
        yield named


@pytest.fixture
def cloud(shared_cloud):
    shared_cloud.reset()
    yield shared_cloud
    assert shared_cloud.violations() == []


@pytest.fixture
def run(cloud, primary):
    """Run the module for example.com with one primary and key; arguments replace these."""

    def run_with(check=False, port=None, secret=SECRET, **arguments):
        usual = {
            "api_url": cloud.url,
            "api_token": cloud.token,
            "account_id": cloud.account,
            "zones": [{"name": "example.com", "serial": 5}],
            "primaries": [peer(primary, port=port or primary.port)],
            "keys": [dict(KEY, secret=secret)],
            "wait_timeout": 5,
            "timeout": 3,
        }
        given = {name: value for name, value in dict(usual, **arguments).items() if value is not None}
        return run_module("cloudflare_secondary_zone", check=check, **given)

    return run_with


def peer(server, name="ns1", **more):
    return {"name": name, "address": server.address, "port": server.port, "key": "cloud.key", **more}


def written(cloud):
    return [(request["method"], request["path"]) for request in cloud.requests() if request["method"] in WRITES]


def account(cloud, kind, identity=""):
    return f"/accounts/{cloud.account}/secondary_dns/{kind}{identity and '/'}{identity}"


def everything(cloud):
    """What the account has, by name."""
    found = {kind: {entry["name"]: entry for entry in cloud.call("GET", account(cloud, kind))} for kind in ("tsigs", "peers", "acls")}
    zones = {zone["name"]: zone for zone in cloud.call("GET", "/zones?per_page=50")}
    return dict(found, zones=zones)


def incoming(cloud, name="example.com"):
    return f"/zones/{everything(cloud)['zones'][name]['id']}/secondary_dns/incoming"


def only_entry(outcome):
    (zone,) = outcome["zones"]
    return zone


# -- the life of a zone -----------------------------------------------------------------------------------------------


def test_a_zone_comes_stays_and_goes(cloud, run):
    foretold = run(check=True)
    assert foretold["changed"] and not foretold["failed"] and written(cloud) == []

    first = run()
    assert not first["failed"] and first["changed"] and first["diff"] == foretold["diff"]
    zone = only_entry(first)
    assert (zone["name"], zone["serial"], zone["changed"], zone["forced"], zone["status"]) == ("example.com", 5, True, True, "pending")
    assert zone["name_servers"] == ["ns1.cloud.test", "ns2.cloud.test"]
    assert first["api_calls"] <= 12 and first["waited"] < 5
    assert cloud.secondary.serial("example.com") == 5
    assert list(everything(cloud)["peers"]) == ["ns1 127.0.0.1"] and list(everything(cloud)["tsigs"]) == ["cloud.key."]

    before = written(cloud)
    again = run()
    assert (again["changed"], again["failed"], again["waited"]) == (False, False, 0) and again["api_calls"] <= 5
    assert (only_entry(again)["changed"], only_entry(again)["forced"], only_entry(again)["id"]) == (False, False, zone["id"])
    assert again["diff"] == {"before": {}, "after": {}} and written(cloud) == before

    foretold = run(check=True, state="absent")
    assert foretold["changed"] and written(cloud) == before
    gone = run(state="absent")
    assert gone["changed"] and gone["diff"] == foretold["diff"] and not any(everything(cloud).values())
    assert cloud.secondary.serial("example.com") is None

    before = written(cloud)
    again = run(state="absent")
    assert not again["changed"] and not again["failed"] and again["api_calls"] <= 3 and written(cloud) == before


def test_the_difference_names_what_changes_and_no_secret(cloud, run, primary):
    difference = run(check=True)["diff"]
    assert difference["before"] == {"keys": {"cloud.key": None}, "peers": {"ns1 127.0.0.1": None}, "zones": {"example.com": None}}
    assert difference["after"] == {
        "keys": {"cloud.key": {"algorithm": "hmac-sha256", "secret": "as declared"}},
        "peers": {"ns1 127.0.0.1": {"address": "127.0.0.1", "port": primary.port, "key": "cloud.key", "ixfr": True}},
        "zones": {"example.com": {"type": "secondary", "peers": ["ns1 127.0.0.1"], "refresh": 86400}},
    }


def test_token_and_account_come_from_the_environment(cloud, run, monkeypatch):
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", cloud.token)
    monkeypatch.setenv("CLOUDFLARE_ACCOUNT_ID", cloud.account)
    assert run(check=True, api_token=None, account_id=None)["changed"]


DRIFTS = {
    "the address": ("peers", {"ip": "127.0.0.9"}),
    "the port": ("peers", {"port": 9}),
    "no key": ("peers", {"tsig_id": None}),
    "no IXFR": ("peers", {"ixfr_enable": False}),
    "the secret": ("tsigs", {"secret": OTHER_SECRET}),
    "the algorithm": ("tsigs", {"algo": "hmac-sha512."}),
    "the refresh": ("incoming", {"auto_refresh_seconds": 600}),
    "the peers": ("incoming", {"peers": "another"}),
}


def spoil(cloud, kind, change):
    """Somebody changes what there is, by the API itself."""
    if kind == "incoming":
        path = incoming(cloud)
        fields = ("name", "peers", "auto_refresh_seconds")
        if "peers" in change:
            change = {"peers": [cloud.call("POST", account(cloud, "peers"), {"name": "another"})["id"]]}
    else:
        (entry,) = everything(cloud)[kind].values()
        path = account(cloud, kind, entry["id"])
        fields = ("name", "ip", "port", "tsig_id", "ixfr_enable") if kind == "peers" else ("name", "algo", "secret")
    there = dict(cloud.call("GET", path), **change)
    cloud.call("PUT", path, {name: there[name] for name in fields if there[name] is not None})


@pytest.mark.parametrize("drift", DRIFTS)
def test_what_somebody_changed_is_repaired(cloud, run, drift):
    run()
    as_it_was = {kind: dict(entries) for kind, entries in everything(cloud).items() if kind in ("peers", "tsigs")}
    spoil(cloud, *DRIFTS[drift])
    before = written(cloud)
    foretold = run(check=True)
    assert foretold["changed"] and written(cloud) == before and OTHER_SECRET not in str(foretold)
    repaired = run()
    assert repaired["changed"] and repaired["diff"] == foretold["diff"] and not repaired["failed"]
    assert (only_entry(repaired)["changed"], only_entry(repaired)["forced"]) == (True, drift != "the refresh")
    assert OTHER_SECRET not in str(repaired)
    now = everything(cloud)
    assert {kind: {name: now[kind][name] for name in entries} for kind, entries in as_it_was.items()} == as_it_was
    assert not run()["changed"]


def test_many_zones_share_the_calls_for_the_account(cloud, run, primary):
    """With small pages, among objects of others."""
    cloud.settings(page_size=5)
    for number in range(7):
        cloud.call("POST", account(cloud, "peers"), {"name": f"somebody's {number}"})
    zones = [{"name": name, "serial": 5} for name in MANY]
    first = run(zones=zones)
    assert not first["failed"] and [(zone["name"], zone["serial"]) for zone in first["zones"]] == [(name, 5) for name in MANY]
    of_account = [request for request in cloud.requests() if request["path"].startswith("/accounts/")]
    assert len([request for request in of_account if request["method"] in WRITES]) == 7 + 3

    seen = len(cloud.requests())
    again = run(zones=zones)
    requests = cloud.requests()[seen:]
    assert not again["changed"] and again["api_calls"] == len(requests) == 1 + 2 + 3 + len(MANY)  # TSIGs, peers, zones by page, each zone
    assert sorted(request["query"].get("page", "1") for request in requests if request["path"] == "/zones") == ["1", "2", "3"]

    seen = len(cloud.requests())
    few = run(zones=zones[-1:] + [{"name": "example.com"}], check=True)
    requests = [request["query"] for request in cloud.requests()[seen:] if request["path"] == "/zones"]
    assert [zone["changed"] for zone in few["zones"]] == [False, True]
    assert ["name" in query for query in requests] == [False, True, True]  # two names are fewer calls than the other two pages


def test_zones_may_have_different_primaries(cloud, run, primary):
    primaries = [peer(primary), peer(primary, name="second", ixfr=False), peer(primary, name="nobody's", address="127.0.0.8")]
    zones = [{"name": "example.com"}, {"name": "example.net", "primaries": ["second"]}]
    outcome = run(primaries=primaries[:2], zones=zones)
    assert not outcome["failed"], outcome["msg"]
    assert outcome["diff"]["after"]["zones"]["example.com"]["peers"] == ["ns1 127.0.0.1", "second 127.0.0.1"]
    assert outcome["diff"]["after"]["zones"]["example.net"]["peers"] == ["second 127.0.0.1"]
    zones[0]["primaries"] = ["ns1", "second"]
    assert not run(primaries=primaries, zones=zones)["changed"]  # what no zone uses is left out


def test_a_zone_of_another_type_is_left_alone(cloud, run):
    cloud.call("POST", "/zones", {"name": "example.com", "account": {"id": cloud.account}, "type": "full"})
    before = written(cloud)
    for state in ("present", "absent"):
        outcome = run(state=state, zones=[{"name": "example.net"}, {"name": "example.com"}])
        assert outcome["failed"] and outcome["msg"].startswith("example.com is a zone of the type full in this account")
    assert written(cloud) == before


# -- what the API does not say: whether the transfer works ------------------------------------------------------------


def test_a_wrong_secret_fails_and_the_right_one_repairs(cloud, run):
    outcome = run(secret=OTHER_SECRET, wait_timeout=1)
    assert outcome["failed"] and outcome["changed"] and only_entry(outcome)["serial"] is None
    message = outcome["msg"]
    assert "example.com: no serial, Cloudflare has not transferred it; from ns1 (127.0.0.1 port" in message and "cloud.key" in message
    assert all(word in message for word in ("- the key:", "- the port:", "allow-transfer")) and "NOTIFY" not in message
    assert OTHER_SECRET not in str(outcome)
    repaired = run()
    assert not repaired["failed"] and repaired["changed"] and only_entry(repaired)["serial"] == 5


def test_what_failed_once_is_asked_for_again(cloud, run, primary):
    """The primary is repaired, not the account: the next run changes nothing and still has the zone transferred."""
    text = primary.zone_file("example.net").read_text()
    zones = [{"name": "late.test"}]
    assert run(zones=zones, wait_timeout=0.6)["failed"]
    configuration = (primary.directory / "named.conf").read_text()
    try:
        primary.write_zone("late.test", text.replace("example.net", "late.test"))
        (primary.directory / "named.conf").write_text(configuration + 'zone "late.test" { type primary; file "late.test.zone"; notify no; };\n')
        primary.reload()
        outcome = run(zones=zones)
        assert (outcome["failed"], outcome["changed"], only_entry(outcome)["forced"], only_entry(outcome)["serial"]) == (False, False, True, 5)
    finally:
        (primary.directory / "named.conf").write_text(configuration)
        primary.reload()


def test_a_closed_port_fails(cloud, run):
    outcome = run(port=free_port(), wait_timeout=1)
    assert outcome["failed"] and only_entry(outcome)["serial"] is None and "- the port:" in outcome["msg"]
    assert not run()["failed"]


def test_without_waiting_a_wrong_secret_passes(cloud, run):
    outcome = run(secret=OTHER_SECRET, wait_timeout=0)
    assert not outcome["failed"] and only_entry(outcome)["serial"] is None and outcome["waited"] == 0


def settle(cloud):
    """Wait until no transfer is under way that a NOTIFY could be confused with."""
    quiet = 0
    for _attempt in range(200):
        status = cloud.secondary.rndc("status").stdout
        quiet = quiet + 1 if "xfers running: 0" in status and "soa queries in progress: 0" in status else 0
        if quiet == 3:
            return
        time.sleep(0.03)
    raise AssertionError(f"the double's name server is busy for ever:\n{status}")


def rewrite(primary, name, serial):
    primary.write_zone(name, zone_text(name, serial=serial))
    primary.reload()


def test_notify_brings_the_new_serial_and_without_it_the_old_one_stays(cloud, run, primary):
    both = [{"name": "example.net", "serial": 5}, {"name": "quiet.test", "serial": 5}]
    assert not run(zones=both)["failed"]
    settle(cloud)
    rewrite(primary, "example.net", 6)
    rewrite(primary, "quiet.test", 6)
    try:
        outcome = run(zones=[{"name": "example.net", "serial": 6}])
        assert (outcome["failed"], outcome["changed"], only_entry(outcome)["serial"]) == (False, False, 6)
        outcome = run(zones=[{"name": "quiet.test", "serial": 6}], wait_timeout=1)
        assert outcome["failed"] and not outcome["changed"] and only_entry(outcome)["serial"] == 5
        assert "quiet.test: serial 5, expected 6" in outcome["msg"] and "- NOTIFY:" in outcome["msg"] and "- the key:" not in outcome["msg"]
    finally:
        rewrite(primary, "example.net", 5)
        rewrite(primary, "quiet.test", 5)


def test_serials_go_round(cloud, run):
    """RFC 1982: 5 is newer than 4294967290, and older than 2000000000."""
    assert not run(zones=[{"name": "example.com", "serial": 4294967290}])["failed"]
    assert run(zones=[{"name": "example.com", "serial": 2000000000}], wait_timeout=0.1)["failed"]


def test_notify_from_elsewhere_needs_to_be_allowed(cloud, run, primary):
    zones = [{"name": "elsewhere.test", "serial": 5}]
    assert not run(zones=zones)["failed"]
    settle(cloud)
    rewrite(primary, "elsewhere.test", 6)
    zones = [{"name": "elsewhere.test", "serial": 6}]
    try:
        assert run(zones=zones, wait_timeout=1)["failed"]
        outcome = run(zones=zones, notify_from=["127.0.0.2/32"], wait_timeout=0)
        assert outcome["changed"] and outcome["diff"]["after"] == {"notify_from": {"127.0.0.2/32": "127.0.0.2/32"}}
        rewrite(primary, "elsewhere.test", 7)
        outcome = run(zones=[{"name": "elsewhere.test", "serial": 7}], notify_from=["127.0.0.2/32"])
        assert (outcome["failed"], outcome["changed"], only_entry(outcome)["serial"]) == (False, False, 7)
    finally:
        rewrite(primary, "elsewhere.test", 5)
    assert not run(zones=zones, state="absent", notify_from=["127.0.0.2/32"], check=True)["failed"]
    run(zones=zones, state="absent", notify_from=["127.0.0.2/32"])
    assert not any(everything(cloud).values())


# -- what others use is left ------------------------------------------------------------------------------------------


def use_incoming(cloud):
    zone = cloud.call("POST", "/zones", {"name": "example.org", "account": {"id": cloud.account}, "type": "secondary"})
    body = {"name": "example.org.", "peers": [everything(cloud)["peers"]["ns1 127.0.0.1"]["id"]], "auto_refresh_seconds": 300}
    cloud.call("POST", f"/zones/{zone['id']}/secondary_dns/incoming", body)


def use_outgoing(cloud):
    zone = cloud.call("POST", "/zones", {"name": "example.org", "account": {"id": cloud.account}, "type": "full"})
    body = {"name": "example.org.", "peers": [everything(cloud)["peers"]["ns1 127.0.0.1"]["id"]]}
    cloud.call("POST", f"/zones/{zone['id']}/secondary_dns/outgoing", body)


def use_key(cloud):
    theirs = cloud.call("POST", account(cloud, "peers"), {"name": "theirs"})
    body = {"name": "theirs", "ip": "127.0.0.7", "tsig_id": everything(cloud)["tsigs"]["cloud.key."]["id"]}
    cloud.call("PUT", account(cloud, "peers", theirs["id"]), body)


def fail_to_tell(cloud):
    cloud.call("POST", "/zones", {"name": "example.org", "account": {"id": cloud.account}, "type": "secondary"})
    cloud.fail("GET", "/incoming$", status=403)


def look_like_ours(cloud):
    cloud.call("POST", account(cloud, "peers"), {"name": "ns1"})
    cloud.call("POST", account(cloud, "tsigs"), {"name": "other.key.", "algo": "hmac-sha256.", "secret": OTHER_SECRET})
    cloud.call("POST", account(cloud, "acls"), {"name": "their range", "ip_range": "127.0.0.3/32"})


@pytest.mark.parametrize(
    ("use", "peers", "tsigs", "warns"),
    [
        (use_incoming, {"ns1 127.0.0.1"}, {"cloud.key."}, False),
        (use_outgoing, {"ns1 127.0.0.1"}, {"cloud.key."}, False),
        (use_key, {"theirs"}, {"cloud.key."}, False),
        (fail_to_tell, {"ns1 127.0.0.1"}, {"cloud.key."}, True),
        (look_like_ours, {"ns1"}, {"other.key."}, False),
    ],
)
def test_what_is_in_use_or_not_ours_is_not_removed(cloud, run, use, peers, tsigs, warns):
    run()
    use(cloud)
    outcome = run(state="absent", notify_from=["127.0.0.3/32"])
    assert outcome["changed"] and not outcome["failed"] and bool(outcome["warnings"]) == warns
    left = everything(cloud)
    assert (set(left["peers"]), set(left["tsigs"]), set(left["zones"]) - {"example.org"}) == (peers, tsigs, set())
    assert set(left["acls"]) == ({"their range"} if use is look_like_ours else set())


def test_objects_that_nothing_uses_any_more_go_without_a_zone(cloud, run):
    run()
    cloud.call("DELETE", incoming(cloud).removesuffix("/secondary_dns/incoming"))
    outcome = run(state="absent", zones=[])
    assert outcome["changed"] and not any(everything(cloud).values())


# -- faults -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ({"status": 401, "code": 10000, "message": "Authentication error"}, "HTTP 401, 10000 Authentication error. The token is not known"),
        ({"status": 403, "code": 9109, "message": "Unauthorized"}, "HTTP 403, 9109 Unauthorized. The token needs the permission Account Settings Read"),
        ({"status": 409, "code": 1234, "message": "conflict"}, "HTTP 409, 1234 conflict"),
        ({"status": 503, "times": 9}, "HTTP 503, 10000 a fault on demand"),
        ({"hang": 5, "times": 9}, "no answer within 0.2 s"),
        ({"status": 429, "retry_after": 60}, "asks to wait 60 s, longer than retry_limit (2 s)"),
    ],
)
def test_a_call_that_fails_is_named(cloud, run, fault, text):
    cloud.fail("GET", "/peers$", **fault)
    outcome = run(timeout=0.2 if "hang" in fault else 3, retry_limit=2)
    assert outcome["failed"] and not outcome["changed"] and outcome["msg"].startswith(f"GET {account(cloud, 'peers')}: ") and text in outcome["msg"]
    assert written(cloud) == [] and outcome["api_calls"] == (4 if fault.get("times") else 2)  # reads are tried three times


@pytest.mark.parametrize(
    ("method", "path", "permission"),
    [("POST", "/peers$", "Account Settings Write"), ("POST", "^/zones$", "Zone Write"), ("POST", "/incoming$", "DNS Write")],
)
def test_a_missing_permission_is_named(cloud, run, method, path, permission):
    cloud.fail(method, path, status=403, code=9109, message="Unauthorized")
    outcome = run()
    assert outcome["failed"] and f"The token needs the permission {permission}" in outcome["msg"]
    assert not run()["failed"]


def test_a_wrong_token_and_a_server_that_is_not_there(cloud, run):
    outcome = run(api_token="not-the-token")
    assert outcome["failed"] and "HTTP 401" in outcome["msg"] and "not-the-token" not in str(outcome)
    outcome = run(api_url=f"http://127.0.0.1:{free_port()}")
    assert outcome["failed"] and "cannot be reached: [Errno 111] Connection refused" in outcome["msg"] and outcome["api_calls"] == 1


@pytest.mark.parametrize("fault", [{"status": 502}, {"drop": True}, {"hang": 5}])
def test_a_read_is_repeated(cloud, run, fault):
    cloud.fail("GET", "/tsigs$", **fault)
    outcome = run(timeout=0.5)
    assert not outcome["failed"] and outcome["api_calls"] <= 12


def test_too_many_requests_wait_as_long_as_asked(cloud, run):
    cloud.fail("POST", "/tsigs$", status=429, retry_after=1)
    outcome = run()
    assert not outcome["failed"] and [request["status"] for request in cloud.requests() if request["method"] == "POST"][:2] == [429, 200]
    times = [request["time"] for request in cloud.requests() if request["path"].endswith("/tsigs") and request["method"] == "POST"]
    assert 1 <= times[1] - times[0] < 1.5


POSTS = {"tsigs": "/tsigs$", "peers": "/peers$", "zones": "^/zones$", "incoming": "/incoming$"}


@pytest.mark.parametrize(("what", "lost"), [*[(what, {"drop": True}) for what in POSTS], ("zones", {"hang": 5}), ("tsigs", {"status": 504})])
def test_a_write_that_was_done_without_an_answer_is_not_repeated(cloud, run, what, lost):
    cloud.fail("POST", POSTS[what], done=True, **lost)
    outcome = run(timeout=0.5)
    assert not outcome["failed"] and only_entry(outcome)["serial"] == 5
    posts = [path for method, path in written(cloud) if method == "POST"]
    assert len(posts) == len(set(posts)) == 5
    assert [len(entries) for entries in everything(cloud).values()] == [1, 1, 0, 1]


@pytest.mark.parametrize("what", POSTS)
def test_a_write_that_was_not_done_fails_and_the_next_run_does_it(cloud, run, what):
    cloud.fail("POST", POSTS[what], drop=True)
    outcome = run()
    assert outcome["failed"] and "whether Cloudflare did it is not known" in outcome["msg"] and "run again" in outcome["msg"]
    assert outcome["msg"].startswith("POST /") and len([path for _method, path in written(cloud) if path.endswith(what)]) == 1
    assert not run()["failed"] and not run()["changed"]


@pytest.mark.parametrize("done", [True, False])
def test_a_lost_answer_to_a_replacement(cloud, run, done):
    cloud.fail("PUT", "/peers/", drop=True, done=done)
    outcome = run()
    assert outcome["failed"] is not done
    if not done:
        assert "It has not happened so far" in outcome["msg"]
        assert not run()["failed"]
    assert not run()["changed"]


@pytest.mark.parametrize("done", [True, False])
def test_a_lost_answer_to_a_removal(cloud, run, done):
    run()
    cloud.fail("DELETE", "^/zones/[0-9a-f]+$", drop=True, done=done)
    outcome = run(state="absent")
    assert outcome["failed"] is not done
    if not done:
        assert "It is still there" in outcome["msg"]
        run(state="absent")
    assert not any(everything(cloud).values())


def test_a_request_for_a_transfer_that_may_be_lost_is_a_warning(cloud, run):
    cloud.fail("POST", "/force_axfr$", drop=True)
    outcome = run()
    assert not outcome["failed"] and "whether it heard is not known" in outcome["warnings"][0]
    assert len([path for _method, path in written(cloud) if path.endswith("force_axfr")]) == 1


def test_two_objects_of_one_name_are_told(cloud, run):
    for _number in range(2):
        cloud.call("POST", account(cloud, "peers"), {"name": "ns1 127.0.0.1"})
    outcome = run()
    assert outcome["failed"] and "the account has 2 peers with the name 'ns1 127.0.0.1'" in outcome["msg"]


# -- arguments --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"keys": [dict(KEY, algorithm="hmac-sha1")]}, "value of algorithm must be one of: hmac-sha224, hmac-sha256"),
        ({"keys": [dict(KEY, algorithm="hmac-md5")]}, "value of algorithm must be one of"),
        ({"keys": []}, "primaries: ns1: the key cloud.key is not in keys; known: none"),
        ({"keys": [dict(KEY, secret="not base64!")]}, "keys: the secret of cloud.key is not base64"),
        ({"keys": [KEY, dict(KEY, name="CLOUD.key.")]}, "keys: cloud.key is given twice"),
        ({"primaries": []}, "zones: example.com has no primaries"),
        ({"zones": [{"name": "example.com", "primaries": ["ns9"]}]}, "zones: example.com: ns9 not in primaries; known: ns1"),
        ({"zones": [{"name": "example.com"}, {"name": "Example.COM."}]}, "zones: example.com is given twice"),
        ({"zones": [{"name": "example.com", "serial": 2**32}]}, "zones: example.com has the serial 4294967296"),
        ({"account_id": " "}, "account_id: empty, or has a blank"),
        ({"api_token": "two\nlines"}, "api_token: empty, or has a blank, a slash or a line break"),
        ({"refresh": 299}, "refresh: 299 s is too short; Cloudflare takes 300 or more"),
        ({"notify_from": ["10.0.0.0/8"]}, "notify_from: 10.0.0.0/8 is too large; Cloudflare takes /24 or longer prefixes of IPv4"),
        ({"primaries": [{"name": "ns1", "address": "ns1.example"}]}, "primaries: ns1 has the address 'ns1.example', which is neither"),
        ({"primaries": [{"name": "ns1", "address": "127.0.0.1", "port": 0}]}, "primaries: ns1 has the port 0; a port is between"),
    ],
)
def test_mistakes_are_told_before_anything_is_asked(cloud, run, arguments, text):
    outcome = run(**arguments)
    assert outcome["failed"] and text in outcome["msg"] and cloud.requests() == []
    assert SECRET not in str(outcome)


# -- secrets ----------------------------------------------------------------------------------------------------------


def test_no_secret_is_in_what_ansible_tells(cloud, run, primary, tmp_path):
    """At -vvv, with differences, when all is well, when somebody changed a secret, and when Cloudflare's error repeats one."""
    run()
    spoil(cloud, "tsigs", {"secret": OTHER_SECRET})
    cloud.call("POST", account(cloud, "tsigs"), {"name": "their.key.", "algo": "hmac-sha256.", "secret": "dGhlaXIgb3duIHNlY3JldA=="})
    arguments = {
        "api_url": cloud.url,
        "api_token": cloud.token,
        "account_id": cloud.account,
        "zones": [{"name": "example.com"}],
        "primaries": [peer(primary)],
        "keys": [KEY],
    }
    task = {"authoritative.dns.cloudflare_secondary_zone": arguments, "delegate_to": "localhost"}
    tasks = [dict(task, name="repair"), dict(task, name="fail", ignore_errors=True), dict(task, name="remove")]
    tasks[1]["authoritative.dns.cloudflare_secondary_zone"] = dict(arguments, zones=[{"name": "example.net"}])
    tasks[2]["authoritative.dns.cloudflare_secondary_zone"] = dict(arguments, state="absent")
    cloud.fail("POST", "^/zones$", status=400, code=1000, message=f"bad {SECRET} and {cloud.token} and dGhlaXIgb3duIHNlY3JldA==")
    (tmp_path / "play.yml").write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "connection": "local", "tasks": tasks}]))
    (tmp_path / "inventory").write_text(f"localhost ansible_python_interpreter={sys.executable}\n")
    told = subprocess.run(
        ["ansible-playbook", "-vvv", "--diff", "-i", str(tmp_path / "inventory"), str(tmp_path / "play.yml")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=dict(os.environ, ANSIBLE_NOCOLOR="1"),
    )
    output = told.stdout + told.stderr
    assert told.returncode == 0, output
    assert "another one" in output and "bad ********" in output and "changed=2" in output and "ignored=1" in output
    for secret in (SECRET, OTHER_SECRET, cloud.token, "dGhlaXIgb3duIHNlY3JldA=="):
        assert secret not in output


# -- the double -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "body", "text"),
    [
        ("GET", "/accounts/{account}/secondary_dns/primaries", None, "no such call"),
        ("PATCH", "/zones/1", {}, "no such call"),
        ("GET", "/zones?sort=name", None, "the query parameter sort is not documented here"),
        ("GET", "/zones?per_page=500", None, "per_page is 500, more than 50"),
        ("POST", "/zones", {"name": "example.com"}, "account is required"),
        ("POST", "/zones", {"name": "example.com", "account": {"id": "1"}, "jump_start": True}, "jump_start is not a field"),
        ("POST", "/zones", {"name": "example.com", "account": {"id": "1"}, "type": "slave"}, "type is 'slave'"),
        ("POST", "/accounts/{account}/secondary_dns/peers", {"name": "a", "ip": "127.0.0.1"}, "ip is not a field"),
        ("PUT", "/accounts/{account}/secondary_dns/peers/1", {"name": "a", "port": "53"}, "port must be number"),
        ("PUT", "/accounts/{account}/secondary_dns/peers/1", {"name": "a", "port": True}, "port must be number"),
        ("PUT", "/accounts/{account}/secondary_dns/peers/1", {"name": "a", "ip": "localhost"}, "ip is not in the form address"),
        ("POST", "/accounts/{account}/secondary_dns/tsigs", {"name": "a", "algo": "hmac-sha256", "secret": SECRET}, "algo is 'hmac-sha256'"),
        ("POST", "/accounts/{account}/secondary_dns/tsigs", {"name": "a", "algo": "hmac-sha256.", "secret": "?"}, "secret is not in the form base64"),
        ("POST", "/accounts/{account}/secondary_dns/acls", {"name": "a", "ip_range": "127.0.0.0/8"}, "larger than /24"),
        ("POST", "/zones/1/secondary_dns/incoming", {"name": "a.", "peers": [], "auto_refresh_seconds": 299}, "less than 300"),
        ("DELETE", "/zones/1", {"name": "a"}, "takes no body"),
        ("POST", "/zones", None, "a body must be application/json"),
        ("POST", "/zones/1/secondary_dns/force_axfr", {"now": True}, "now is not a field"),
    ],
)
def test_the_double_refuses_what_is_not_in_the_contract(shared_cloud, method, path, body, text):
    shared_cloud.reset()
    path = path.format(account=shared_cloud.account)
    headers = {"Authorization": f"Bearer {shared_cloud.token}"}
    if body is not None:
        headers["Content-Type"] = "application/json"
    request = urllib.request.Request(shared_cloud.url + path, None if body is None else json.dumps(body).encode(), headers, method=method)
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(request, timeout=5)
    with refusal.value as answer:
        envelope = json.load(answer)
    assert refusal.value.code == 400 and envelope["success"] is False and text in envelope["errors"][0]["message"]
    assert [violation["violation"] for violation in shared_cloud.violations()] == [envelope["errors"][0]["message"]]


def test_the_double_never_asks_an_address_outside(tmp_path):
    secondary = Secondary(tmp_path, "127.0.0.1", 5300, "127.0.0.1", [*LOOPBACK, "192.0.2.0/28"])
    zones = {f"{name}.test": {"peers": [name], "auto_refresh_seconds": 300} for name in ("outside", "inside", "both")}
    zones["both.test"]["peers"] = ["outside", "inside"]
    secondary.write({}, {"outside": {"ip": "192.0.2.16"}, "inside": {"ip": "192.0.2.15"}}, zones, [])
    configuration = (tmp_path / "named.conf").read_text()
    assert "192.0.2.15" in configuration and "192.0.2.16" not in configuration and "outside.test" not in configuration
    assert "recursion no; empty-zones-enable no;" in configuration and "notify no;" in configuration


def test_the_double_is_a_program(tmp_path):
    ports = free_port(), free_port()
    command = [sys.executable, cloudflare_double.__file__, "--directory", str(tmp_path), "--token", "T", "--account", "A"]
    command += ["--listen", f"127.0.0.1:{ports[0]}", "--dns", f"127.0.0.1:{ports[1]}", "--name-servers", "a.test,b.test"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        try:
            url = program.stdout.readline().split()[-1]
            assert url == f"http://127.0.0.1:{ports[0]}{BASE}"
            request = urllib.request.Request(f"{url}/zones", headers={"Authorization": "Bearer T"})
            with urllib.request.urlopen(request, timeout=5) as response:
                assert json.load(response)["result"] == []
        finally:
            program.send_signal(signal.SIGTERM)
            assert program.wait(10) == 0
    assert "exiting" in (tmp_path / "named.log").read_text()


# -- the contract, and what Cloudflare itself publishes ---------------------------------------------------------------


@functools.cache
def sdk():
    """The official SDK's wheel, without what it depends on; kept where `make setup` keeps things."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "authoritative-dns" / SDK.replace("==", "-")
    if not list(cache.glob("*.whl")):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", str(cache), SDK]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        if done.returncode:
            pytest.skip(f"{SDK} cannot be had: {done.stderr.strip().splitlines()[-1:]}")
    return zipfile.ZipFile(next(cache.glob("*.whl")))


def tree(path):
    return ast.parse(sdk().read(f"cloudflare/{path}"))


def classes(path):
    return {node.name: node for node in tree(path).body if isinstance(node, ast.ClassDef)}


def resource(name):
    if name == "zones":
        return "resources/zones/zones.py", "types/zones/"
    file = "outgoing/outgoing" if name == "outgoing" else name
    return f"resources/dns/zone_transfers/{file}.py", "types/dns/zone_transfers/"


KINDS = {
    "str": "string",
    "float": "number",
    "bool": "boolean",
    "List[str]": "strings",
    "SequenceNotStr[str]": "strings",
    "Account": "account",
    "Type": "string",
    "datetime": "string",
}


def fields(node):
    """{name, with * if required: kind} of a class of the SDK, leaving out what is part of the path."""
    found = {}
    for item in node.body:
        if isinstance(item, ast.AnnAssign) and item.target.id not in ("account_id", "zone_id"):
            text = ast.unparse(item.annotation)
            required = text.startswith("Required[")
            for wrapper in ("Required[", "Optional["):
                text = text[len(wrapper) : -1] if text.startswith(wrapper) else text
            found[item.target.id + "*" * required] = KINDS.get(text, text)
    return found


def sdk_call(name):
    """Method, path and the keys of the body of one of the SDK's methods."""
    where, method = name.split(".")
    resources = classes(resource(where)[0])
    node = next(node for class_name, node in resources.items() if class_name.endswith("Resource") and not class_name.startswith("Async"))
    function = next(item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == method)
    call = next(
        item
        for item in ast.walk(function)
        if isinstance(item, ast.Call) and isinstance(item.func, ast.Attribute) and item.func.attr.startswith(("_get", "_po", "_pu", "_del"))
    )
    path = call.args[0].args[0].value if isinstance(call.args[0], ast.Call) else call.args[0].value
    bodies = [keyword.value for keyword in call.keywords if keyword.arg == "body"]
    return call.func.attr.strip("_").partition("_")[0].upper(), path, bool(bodies)


@pytest.mark.parametrize("key", CONTRACT["operations"])
def test_the_contract_is_the_official_sdks(key):
    operation = CONTRACT["operations"][key]
    where, method = operation["sdk"].split(".")
    verb, path, has_body = sdk_call(operation["sdk"])
    assert verb == key.split()[0] and [part for part in path.split("/") if "{" not in part] == [part for part in key.split()[1].split("/") if "{" not in part]
    assert has_body == bool(operation.get("takes"))
    singular = {"tsigs": "tsig", "peers": "peer", "acls": "acl", "zones": "zone"}.get(where, where)
    if operation.get("takes"):
        params = classes(f"{resource(where)[1]}{singular}_{method}_params.py")
        takes = fields(next(node for name, node in params.items() if name.endswith("Params")))
        assert takes == operation["takes"]
    if operation["sdk"] == "zones.list":
        params = fields(classes("types/zones/zone_list_params.py")["ZoneListParams"])
        assert {name.partition(".")[0] for name in operation["query"]} <= set(params)
    given = operation.get("gives")
    if given and given not in ("zone", ["zone"]):
        name = given[0] if isinstance(given, list) else given
        file = f"{name}_{method}_response.py" if name in ("incoming", "outgoing") else f"{name}.py"
        (answer,) = classes(f"types/dns/zone_transfers/{file}").values()
        assert fields(answer) == CONTRACT["objects"][name]
