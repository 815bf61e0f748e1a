# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The monitoring program as a host gets it, one file run by a Python without our modules, against real servers."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import stat
import subprocess
import sys
import time

import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.loading import load
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.host_programs import program
from ansible_collections.authoritative.dns.plugins.plugin_utils.proof.monitoring import expected
from ansible_collections.authoritative.dns.tests.support.named import running_named, zone_text
from ansible_collections.authoritative.dns.tests.support.signed_zones import make_key, sign

SECRET = "bm90IGEgc2VjcmV0IGF0IGFsbA=="
ZONE = "example.com"
REFUSING = 'allow-transfer { key "transfer"; };'
SAMPLE = re.compile(r'(?P<name>[a-z_]+)(?:\{(?P<labels>.*)\})? (?P<value>\S+)')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Monitor:
    """The program on its host. ``ports``: {server: port}, since a declaration's own servers are asked at addresses of their own and port 53."""

    def __init__(self, directory, ports):
        self.directory = directory
        inventory = Inventory({"all": ["ns1", "ns2"], "dns_primaries": ["ns1"], "dns_secondaries": ["ns2"]}, lambda host: (f"127.0.0.{host[-1]}",))
        declaration = load([{"name": ZONE, "records": [{"type": "NS", "value": "ns1.example.net."}]}], {}, inventory, str)
        content = json.loads(expected(declaration, "watcher", [4, 6], 20))
        for server in content["servers"]:
            server.update(address="127.0.0.1", port=ports[server["server"]])
        (directory / "monitor.json").write_text(json.dumps(content))
        (directory / "monitor.pyz").write_bytes(program("proof.monitor"))

    def run(self, *more):
        command = [sys.executable, "-I", "monitor.pyz", "--expectations", "monitor.json", "--directory", ".", *more]
        return subprocess.run(command, cwd=self.directory, capture_output=True, text=True, timeout=60, check=False)

    def metrics(self):
        """{(metric, server or None, further label or None): value} after a run that went well."""
        outcome = self.run()
        assert outcome.returncode == 0, outcome.stderr
        found = {}
        for line in self.text().splitlines():
            if not line.startswith("#"):
                sample = SAMPLE.fullmatch(line)
                labels = dict(LABEL.findall(sample["labels"] or ""))
                further = [labels[name] for name in ("state", "transport", "covered") if name in labels]
                found[(sample["name"], labels.get("server"), *further)] = float(sample["value"])
        return found

    def text(self):
        return (self.directory / "metrics.prom").read_text()


@contextlib.contextmanager
def primary_and_secondary(serial=10, options=REFUSING):
    """A primary and a secondary that has transferred the zone from it; they do not notify."""
    with contextlib.ExitStack() as stack:
        keys = {"transfer": SECRET}
        primary = stack.enter_context(running_named({ZONE: zone_text(ZONE, serial=serial)}, options=options, keys=keys))
        statements = f'zone "{ZONE}" {{ type secondary; primaries {{ 127.0.0.1 port {primary.port} key transfer; }}; file "copy"; }};'
        secondary = stack.enter_context(running_named(options="allow-transfer { none; };", keys=keys, statements=statements))
        deadline = time.monotonic() + 10
        while not (secondary.directory / "copy").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        yield primary, secondary


def test_what_is_well_is_told_so(tmp_path):
    with primary_and_secondary() as (primary, secondary):
        monitor = Monitor(tmp_path, {"ns1": primary.port, "ns2": secondary.port})
        started = time.time()
        found = monitor.metrics()
    for server in ("ns1", "ns2"):
        assert found["dns_zone_in_sync", server] == 1
        assert found["dns_soa_serial", server] == 10
        assert found["dns_server_reachable", server, "udp"] == found["dns_server_reachable", server, "tcp"] == 1
        assert found["dns_zone_transfer_refused", server] == 1
        assert 0 < found["dns_server_round_trip_seconds", server] < 2
    assert found["dns_soa_expire_seconds", None] == 1209600
    assert 1209500 < found["dns_zone_expiry_remaining_seconds", "ns2"] <= 1209600, "BIND tells what RFC 7314 says"
    assert ("dns_zone_expiry_remaining_seconds", "ns1") not in found, "a primary's copy does not expire"
    assert found["dns_monitor_zones", None] == 1 and found["dns_monitor_run_duration_seconds", None] < 10
    assert started - 1 < found["dns_monitor_last_run_timestamp_seconds", None] <= time.time()
    assert not [name for name, *_labels in found if "behind" in name or "fault" in name or "rrsig" in name]
    assert stat.S_IMODE((tmp_path / "metrics.prom").stat().st_mode) == 0o644
    assert sorted(path.name for path in tmp_path.iterdir()) == ["behind.json", "metrics.prom", "monitor.json", "monitor.pyz"]


def test_how_long_a_secondary_is_behind_is_remembered(tmp_path):
    with primary_and_secondary() as (primary, secondary):
        monitor = Monitor(tmp_path, {"ns1": primary.port, "ns2": secondary.port})
        primary.write_zone(ZONE, zone_text(ZONE, serial=15))
        primary.reload()
        deadline = time.monotonic() + 10
        while (found := monitor.metrics())["dns_soa_serial", "ns1"] != 15 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert found["dns_zone_in_sync", "ns2"] == 0 and found["dns_zone_in_sync", "ns1"] == 1
        assert found["dns_zone_fault", "ns2", "behind"] == 1
        assert found["dns_zone_behind_serials", "ns2"] == 5
        assert found["dns_zone_behind_seconds", "ns2"] == 0
        time.sleep(0.5)
        assert 0.5 <= monitor.metrics()["dns_zone_behind_seconds", "ns2"] < 30
        primary.write_zone(ZONE, zone_text(ZONE, serial=10))  # as if the secondary had followed
        primary.reload()
        while (found := monitor.metrics())["dns_soa_serial", "ns1"] != 10 and time.monotonic() < deadline + 10:
            time.sleep(0.1)
    assert found["dns_zone_in_sync", "ns2"] == 1 and ("dns_zone_behind_seconds", "ns2") not in found
    assert json.loads((tmp_path / "behind.json").read_text()) == {}


def test_a_server_that_is_down_is_unreachable(tmp_path):
    with primary_and_secondary() as (primary, secondary):
        monitor = Monitor(tmp_path, {"ns1": primary.port, "ns2": secondary.port})
        secondary.stop()
        found = monitor.metrics()
    assert found["dns_server_reachable", "ns2", "udp"] == found["dns_server_reachable", "ns2", "tcp"] == 0
    assert found["dns_zone_in_sync", "ns2"] == 0 and found["dns_zone_fault", "ns2", "unreachable"] == 1
    assert found["dns_zone_in_sync", "ns1"] == 1
    for name in ("dns_soa_serial", "dns_zone_transfer_refused", "dns_server_round_trip_seconds"):
        assert (name, "ns1") in found and (name, "ns2") not in found


def test_how_long_a_copy_is_good_is_told_while_the_primary_is_down(tmp_path):
    with primary_and_secondary() as (primary, secondary):
        monitor = Monitor(tmp_path, {"ns1": primary.port, "ns2": secondary.port})
        primary.stop()
        found = monitor.metrics()
    assert found["dns_zone_fault", "ns2", "no_reference"] == 1
    assert found["dns_soa_expire_seconds", None] == 1209600
    assert 1209500 < found["dns_zone_expiry_remaining_seconds", "ns2"] <= 1209600


def test_a_transfer_that_is_not_refused_is_told_and_not_finished(tmp_path):
    records = "".join(f"host{number} A 192.0.2.1\n" for number in range(20000))
    with running_named({ZONE: zone_text(ZONE, records=records)}, options="allow-transfer { any; };") as server:
        found = Monitor(tmp_path, {"ns1": server.port, "ns2": server.port}).metrics()
        log = server.log()
    assert found["dns_zone_transfer_refused", "ns1"] == 0
    assert "AXFR ended" not in log, "the whole zone went over the wire"


def test_when_signatures_end(tmp_path):
    statements = f'zone "{ZONE}" {{ type primary; file "unsigned"; dnssec-policy default; inline-signing yes; }};'
    with running_named(statements=statements, files={"unsigned": zone_text(ZONE)}, options="allow-transfer { none; };") as server:
        monitor = Monitor(tmp_path, {"ns1": server.port, "ns2": server.port})
        deadline = time.monotonic() + 15
        while ("dns_rrsig_expiry_timestamp_seconds", "ns1", "SOA") not in (found := monitor.metrics()) and time.monotonic() < deadline:
            time.sleep(0.2)
    assert found["dns_zone_in_sync", "ns1"] == 1
    for covered in ("SOA", "DNSKEY"):  # BIND's default policy signs for 14 days
        assert 10 < (found["dns_rrsig_expiry_timestamp_seconds", "ns1", covered] - time.time()) / 86400 < 15


def test_a_zone_that_is_to_be_signed_and_is_not_is_a_fault(tmp_path):
    signed = sign(ZONE, zone_text(ZONE), [make_key(ZONE)])
    with running_named({ZONE: signed}) as first, running_named({ZONE: zone_text(ZONE)}) as second:
        monitor = Monitor(tmp_path, {"ns1": first.port, "ns2": second.port})
        assert (metrics := monitor.metrics())["dns_zone_in_sync", "ns2"] == 1
        content = json.loads((tmp_path / "monitor.json").read_text())
        content["zones"][0]["signed"] = True
        (tmp_path / "monitor.json").write_text(json.dumps(content))
        metrics = monitor.metrics()
    assert metrics["dns_zone_in_sync", "ns1"] == 1 and metrics["dns_zone_in_sync", "ns2"] == 0
    assert metrics["dns_zone_fault", "ns2", "unsigned"] == 1 and ("dns_zone_fault", "ns1", "unsigned") not in metrics


def test_what_each_key_signs(tmp_path):
    key_signing, zone_signing, coming = make_key(ZONE), make_key(ZONE, flags=256), make_key(ZONE, 15)
    text = sign(ZONE, zone_text(ZONE), [key_signing, zone_signing], publish=[coming], separate=True)
    alone = sign(ZONE, zone_text(ZONE), [key_signing])
    with running_named({ZONE: text}, options="allow-transfer { none; };") as first, running_named({ZONE: alone}, options="allow-transfer { none; };") as second:
        monitor = Monitor(tmp_path, {"ns1": first.port, "ns2": second.port})
        monitor.metrics()
    found = set(re.findall(r'^dns_zone_key\{.*server="(ns\d)",.*key_tag="(\d+)",algorithm="(\d+)",signs="(\w+)"\} 1$', monitor.text(), re.MULTILINE))
    assert found == {
        ("ns1", str(key_signing.tag), "13", "keys"),
        ("ns1", str(zone_signing.tag), "13", "zone"),
        ("ns1", str(coming.tag), "15", "nothing"),
        ("ns2", str(key_signing.tag), "13", "keys_and_zone"),
    }


def test_whether_zones_above_lead_to_the_keys_and_follow_a_rollover(tmp_path):
    key, other = make_key("signed.test"), make_key("signed.test")
    text = sign("signed.test", zone_text("signed.test", 1, f"@ CDS {key.ds()}\n"), [key])

    def above(*keys):
        return zone_text("test", 1, "signed NS ns1.signed\nns1.signed A 127.0.0.1\n" + "".join(f"signed DS {one.ds('SHA384')}\n" for one in keys))

    zone_signing, unsigned = make_key("signed.test", flags=256), zone_text("signed.test")
    apart = sign("signed.test", unsigned, [key, zone_signing], separate=True)
    cases = [(text, (), None, 0.0), (text, (key,), 1.0, 1.0), (text, (other,), 0.0, 0.0), (text, (key, other), 1.0, 0.0)]
    # with a key that does not sign the zone's keys nobody validates
    cases += [(apart, (key,), 1.0, None), (apart, (zone_signing,), 0.0, None), (unsigned, (key,), 0.0, None), (unsigned, (), None, None)]
    for number, (content_of_zone, keys, matches, as_asked) in enumerate(cases):
        directory = tmp_path / str(number)
        directory.mkdir()
        with running_named({"signed.test": content_of_zone}) as child, running_named({"test": above(*keys)}) as parent:
            inventory = Inventory({"all": ["ns1"], "dns_primaries": ["ns1"]}, lambda host: ("127.0.0.1",))
            zones = [{"name": "signed.test", "dnssec": True, "secondaries": [], "records": [{"type": "NS", "value": "ns1.example.net."}]}]
            content = json.loads(expected(load(zones, {}, inventory, str), "watcher", [4, 6], 20, {"signed.test": ["127.0.0.9"]}))
            assert content["signed"] == [{"name": "signed.test", "servers": ["ns1/127.0.0.1"], "parent_servers": ["127.0.0.9/127.0.0.9"]}]
            for server in content["servers"]:
                server.update(address="127.0.0.1", port=(parent if server["server"] == "127.0.0.9" else child).port)
            monitor = Monitor(directory, {"ns1": 1, "ns2": 1})
            (directory / "monitor.json").write_text(json.dumps(content))
            metrics = monitor.metrics()
        assert (metrics.get(("dns_zone_ds_matches", "127.0.0.9")), metrics.get(("dns_zone_ds_as_asked", "127.0.0.9"))) == (matches, as_asked), keys


def test_mistakes_are_told_and_leave_the_metrics_of_the_last_run(tmp_path):
    monitor = Monitor(tmp_path, {"ns1": 53, "ns2": 53})
    (tmp_path / "metrics.prom").write_text("of the last run")
    (tmp_path / "monitor.json").write_text("{")
    outcome = monitor.run()
    assert outcome.returncode == 1 and "monitor.json" in outcome.stderr and "Traceback" not in outcome.stderr
    assert monitor.text() == "of the last run"


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed: `make setup` brings it")
def test_prometheus_finds_nothing_to_say_about_the_metrics(tmp_path):
    with primary_and_secondary() as (primary, secondary):
        monitor = Monitor(tmp_path, {"ns1": primary.port, "ns2": secondary.port})
        primary.stop()
        monitor.metrics()
    outcome = subprocess.run(["promtool", "check", "metrics"], input=monitor.text(), capture_output=True, text=True, timeout=30, check=False)
    assert outcome.returncode == 0 and not outcome.stdout + outcome.stderr
