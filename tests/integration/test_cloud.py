# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the declaration to two providers and their name servers, by Ansible itself, with a primary that is somebody else's."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import stat
import subprocess
import sys
import tempfile
import time

import boto3
import pytest
import yaml
from ansible_collections.authoritative.dns.plugins.action.cloud import _module_arguments
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.loading import load
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.providers import duties
from ansible_collections.authoritative.dns.tests.support.cloudflare_double import running_double
from ansible_collections.authoritative.dns.tests.support.modules import run_module
from ansible_collections.authoritative.dns.tests.support.named import running_named, zone_text
from ansible_collections.authoritative.dns.tests.support.private_network import can_make_private_networks, in_private_network
from ansible_collections.authoritative.dns.tests.support.route53_double import running_route53

pytestmark = pytest.mark.skipif(not can_make_private_networks(), reason="providers' name servers are asked at port 53 of addresses of their own: needs root")

SECRET = "bm90IGEgc2VjcmV0IGF0IGFsbCwgbm90IGF0IGFsbA=="
OTHER_SECRET = "YW5vdGhlciBzZWNyZXQgYXMgd2VsbCBhcyB0aGF0IG9uZQ=="
CLOUDFLARE, ROUTE53 = "127.0.0.77", "127.0.0.78"
NO_WAY_THERE = "2001:db8::78"
HOSTS = f"127.0.0.1 localhost\n{CLOUDFLARE} ns1.cloudflare.test\n{ROUTE53} ns1.route53.test\n{NO_WAY_THERE} ns1.route53.test\n"
RECORDS = "www A 192.0.2.80\n@ NS ns1.cloudflare.test.\n@ NS ns1.route53.test.\n"
ZONES = ("flare.example", "fifty-three.example")


class World:
    """A primary and two providers, in a network of their own."""

    def __init__(self, directory, primary, cloudflare, route53):
        self.directory, self.primary, self.cloudflare, self.route53 = directory, primary, cloudflare, route53

    def provide(self, *options, secret=SECRET, clouds=True, at_route53=(), **arguments):
        """The action's result on the host worker, which is this one. No secret is in what Ansible told."""
        endpoint = {"address": self.primary.address, "port": self.primary.port, "key": "agreed"}
        secondaries = (
            {"cloud": "cloudflare", "addresses": [CLOUDFLARE], "notify": [CLOUDFLARE], "key": "agreed"},
            {"cloud": "route53", "key": "agreed", **dict(at_route53)},
        )
        records = [{"type": "NS", "value": "ns.example."}]  # those that count are the primary's
        inventory = {
            "all": {
                "vars": {
                    "ansible_connection": "local",
                    "ansible_python_interpreter": "{{ ansible_playbook_python }}",
                    "dns_addresses": ["127.0.0.1"],
                    "dns_tsig_keys": [{"name": "agreed", "secret": secret}],
                    "dns_zones": [
                        {"name": name, "primaries": [endpoint], "secondaries": [secondary] if clouds else [], "records": records}
                        for name, secondary in zip(ZONES, secondaries)
                    ],
                },
                "children": {"dns_cloud": {"hosts": {"worker": {}}}},
            }
        }
        task = {
            "authoritative.dns.cloud": {
                "cloudflare": {"api_url": self.cloudflare.url, "api_token": self.cloudflare.token, "account_id": self.cloudflare.account},
                "route53": {"endpoint_url": self.route53.url, "access_key": self.route53.access_key, "secret_key": self.route53.secret_key},
                "families": [4],
                "wait_timeout": 3,
                **arguments,
            }
        }
        (self.directory / "inventory.yml").write_text(yaml.safe_dump(inventory))
        (self.directory / "play.yml").write_text(yaml.safe_dump([{"hosts": "worker", "gather_facts": False, "tasks": [task]}]))
        environment = {**os.environ, "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"}
        command = ["ansible-playbook", "-i", "inventory.yml", "play.yml", *options]
        outcome = subprocess.run(command, cwd=self.directory, env=environment, capture_output=True, text=True, timeout=120, check=False)
        told = outcome.stdout + outcome.stderr
        for hidden in (SECRET, OTHER_SECRET, self.cloudflare.token, self.route53.secret_key):
            assert hidden not in told
        return json.loads(outcome.stdout[outcome.stdout.index("{\n") :])["plays"][0]["tasks"][0]["hosts"]["worker"]


@contextlib.contextmanager
def world():
    options = f"allow-transfer {{ key agreed; }}; notify explicit; also-notify {{ {CLOUDFLARE}; }};"
    with contextlib.ExitStack() as stack:
        directory = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        zones = {name: zone_text(name, serial=7, records=RECORDS) for name in ZONES}
        primary = stack.enter_context(running_named(zones, keys={"agreed": SECRET}, options=options))
        cloudflare = stack.enter_context(running_double(CLOUDFLARE, dns_port=53, name_servers=("ns1.cloudflare.test",)))
        route53 = stack.enter_context(running_route53(ROUTE53, dns=f"{ROUTE53}:53", name_servers="ns1.route53.test"))
        yield World(directory, primary, cloudflare, route53)


@pytest.fixture
def in_the_world():
    """Runs a story there."""

    def run(story):
        def tell():
            with world() as there:
                story(there)

        in_private_network(tell, files={"/etc/hosts": HOSTS}, addresses=[CLOUDFLARE, ROUTE53], timeout=300)

    return run


def test_a_host_whose_ipv6_ends_at_its_link_asks_over_ipv4(in_the_world):
    """Its link-local address is enough for the C library to give it those of IPv6."""

    def story(there):
        subprocess.run("ip link add outside type veth peer name far && ip link set far up && ip link set outside up", shell=True, check=True)
        deadline = time.monotonic() + 10
        while (found := subprocess.run(["getent", "ahostsv6", "ns1.route53.test"], capture_output=True, text=True, check=False)).returncode:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert NO_WAY_THERE in found.stdout
        provided = there.provide(families=[4, 6])
        assert provided["faults"] == [] and ("records", ZONES[1], f"route53/{ROUTE53}") in states(provided)

    in_the_world(story)


def states(found):
    return {(part, result["zone"], result["server"]): result["state"] for part in ("soa", "records") for result in found.get(part, {}).get("results", [])}


def test_from_the_declaration_to_the_proof_and_away_again(in_the_world):
    in_the_world(there_and_away)


def there_and_away(there):
    provide, primary, cloudflare, route53 = there.provide, there.primary, there.cloudflare, there.route53
    source = f"{primary.address} port {primary.port}/{primary.address} port {primary.port} with agreed"
    everywhere = {
        ("soa", ZONES[0], source): "in_sync",
        ("soa", ZONES[0], f"cloudflare/{CLOUDFLARE}"): "in_sync",
        ("records", ZONES[1], f"route53/{ROUTE53}"): "same",
    }
    dry = provide("--check", "--diff")
    assert dry["changed"] and dry["faults"] == [] and states(dry) == {}
    assert "www.fifty-three.example." in json.dumps(dry["diff"])
    assert not [request for request in cloudflare.requests() + route53.requests() if request["method"] != "GET"]

    missing = provide(state="verified")
    assert not missing["changed"] and len([fault for fault in missing["faults"] if "is not there as declared" in fault]) == 2

    first = provide()
    assert first["changed"] and first["faults"] == [] and states(first) == everywhere, first
    again = provide()
    assert not again["changed"] and again["faults"] == [] and states(again) == everywhere
    verified = provide(state="verified")
    assert not verified["changed"] and verified["faults"] == [] and states(verified) == everywhere

    away = provide(clouds=False, absent={"cloudflare": [ZONES[0]], "route53": [ZONES[1]]})
    assert away["changed"] and {provider: list(found) for provider, found in away["providers"].items()} == {"cloudflare": ["absent"], "route53": ["absent"]}
    assert not provide(clouds=False, absent={"cloudflare": [ZONES[0]], "route53": [ZONES[1]]})["changed"]
    assert cloudflare.violations() == []


def test_what_a_timer_does_and_what_is_wrong_is_told_of_each_provider(in_the_world):
    in_the_world(wrong)


def wrong(there):
    timer(there)
    provide = there.provide
    assert provide()["providers"]["route53"]["present"]["changed"] is False
    found = provide(secret=OTHER_SECRET)
    assert found["failed"] and "route53: " in found["msg"] and "wrong_key" in found["msg"]
    assert "wrong_key" in states(found).values() and any("wrong_key" in fault for fault in found["faults"])
    foreseen = provide("--check", secret=OTHER_SECRET)  # as when the primary is yet to learn of a key
    assert not foreseen.get("failed") and "cannot be told yet" in " ".join(foreseen["warnings"])
    assert not provide()["faults"]
    refused = provide(absent={"cloudflare": [ZONES[0]]})
    assert refused["failed"] and f"{ZONES[0]} is declared to be served by cloudflare" in refused["msg"]


def test_the_declaration_says_which_hosted_zone_it_is(in_the_world):
    in_the_world(one_of_two)


def one_of_two(there):
    keys = {"aws_access_key_id": there.route53.access_key, "aws_secret_access_key": there.route53.secret_key}
    api = boto3.client("route53", endpoint_url=there.route53.url, region_name="us-east-1", **keys)
    ids = [api.create_hosted_zone(Name=ZONES[1], CallerReference=reference)["HostedZone"]["Id"].rpartition("/")[2] for reference in "12"]  # the first is served
    refused = there.provide()
    assert refused["failed"] and all(identifier in refused["msg"] for identifier in (*ids, "say which by hosted_zone_id"))
    found = there.provide(at_route53={"hosted_zone_id": ids[0]})
    assert found["faults"] == [] and found["providers"]["route53"]["present"]["zones"][0]["id"] == ids[0], found
    adopted = there.provide(clouds=False, absent={"route53": [{"name": ZONES[1], "hosted_zone_id": ids[0]}]})
    assert adopted["changed"] and not adopted.get("failed"), adopted
    assert [zone["Id"].rpartition("/")[2] for zone in api.list_hosted_zones()["HostedZones"]] == [ids[1]]


def test_what_route_53_goes_without_is_no_fault(in_the_world):
    in_the_world(stripped)


def stripped(there):
    key = "@ DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==\n"
    there.primary.write_zone(ZONES[1], zone_text(ZONES[1], serial=8, records=f"{RECORDS}{key}@ CDS 0 0 0 00\n@ NSEC3PARAM 1 0 0 -\n"))
    there.primary.reload()
    for state in ("present", "verified"):
        found = there.provide(state=state, route53_options={"signed": "strip"})
        assert found["faults"] == [] and states(found)["records", ZONES[1], f"route53/{ROUTE53}"] == "same", found
    long = " ".join(f'"{"y" * 250}"' for _string in range(17))
    there.primary.write_zone(ZONES[1], zone_text(ZONES[1], serial=9, records=f"{RECORDS}dkim TXT {long}\nh HINFO a b\nmail TXT x\n"))
    there.primary.reload()
    allowed = {"cloudflare_options": {"notify_from": ["127.0.0.0/28"]}}
    found = there.provide(route53_options={"unsupported": "skip"}, **allowed)
    assert found["faults"] == [] and len(found["providers"]["route53"]["present"]["zones"][0]["unsupported"]) == 2, found
    lists = f"/accounts/{there.cloudflare.account}/secondary_dns/acls"
    for entry in there.cloudflare.call("GET", lists):
        there.cloudflare.call("DELETE", f"{lists}/{entry['id']}")
    found = there.provide(state="verified", route53_options={"unsupported": "skip"}, **allowed)
    assert found["faults"] == ["cloudflare: what zones share in the account, such as access lists, is not there as declared"], found


def timer(there):
    provide, directory = there.provide, there.directory
    paths = {"program": str(directory / "route53.pyz"), "configuration": str(directory / "route53.json")}
    assert provide("--diff", state="installed", **paths)["changed"]
    assert not provide("--diff", state="installed", **paths)["changed"]
    assert stat.S_IMODE(os.stat(paths["configuration"]).st_mode) == 0o600
    command = [sys.executable, "-I", paths["program"], paths["configuration"]]
    outcome = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=60, check=False)
    assert (outcome.returncode, outcome.stderr) == (0, "") and f"{ZONES[1]} serial 7: " in outcome.stdout, outcome


@contextlib.contextmanager
def two_keys_at_cloudflare():
    """The double, a primary that gives each zone by a key of its own, and a function that takes those zones there that are selected."""
    secrets = {"a": SECRET, "b": OTHER_SECRET}
    keys = {f"key-{zone}": secret for zone, secret in secrets.items()}
    statements = "".join(f'zone "{zone}.example" {{ type primary; file "{zone}.zone"; allow-transfer {{ key key-{zone}; }}; }};\n' for zone in secrets)
    files = {f"{zone}.zone": zone_text(f"{zone}.example", serial=5) for zone in secrets}
    with running_double() as cloud, running_named({}, keys=keys, statements=statements, files=files) as primary:
        outside = {"address": primary.address, "port": primary.port, "name": "hidden"}
        records = [{"type": "NS", "value": "ns1.example.net."}]
        zones = [
            {"name": f"{zone}.example", "tsig": f"key-{zone}", "primaries": [outside], "secondaries": [{"cloud": "cloudflare"}], "records": records}
            for zone in secrets
        ]
        given = {"keys": [{"name": name, "secret": secret} for name, secret in keys.items()]}
        inventory = Inventory({"all": ["worker"], "dns_cloud": ["worker"]}, {"worker": ("127.0.0.9",)}.__getitem__)
        account = {"api_url": cloud.url, "api_token": cloud.token, "account_id": cloud.account, "wait_timeout": 8, "timeout": 3}

        def provide(select=None, arguments=None):
            declaration = load(zones, {}, inventory, str, keys=given, select=select)
            arguments = arguments or _module_arguments("cloudflare", duties(declaration, "worker", ("127.0.0.9",))["cloudflare"])
            outcome = run_module("cloudflare_secondary_zone", **account, **arguments)
            assert not outcome["failed"], outcome
            return outcome

        yield cloud, primary, provide


def follows(cloud, primary, zone, serial):
    """Whether Cloudflare gets a new serial of a zone."""
    primary.write_zone(zone, zone_text(f"{zone}.example", serial=serial))
    primary.reload()
    (identity,) = [found["id"] for found in cloud.call("GET", "/zones?per_page=50") if found["name"] == f"{zone}.example"]
    until = time.monotonic() + 4
    while time.monotonic() < until:
        cloud.call("POST", f"/zones/{identity}/secondary_dns/force_axfr", {})
        time.sleep(0.3)
        if cloud.call("GET", f"/zones/{identity}/secondary_dns/incoming").get("soa_serial") == serial:
            return True
    return False


def test_a_run_about_some_zones_leaves_the_transfers_of_others_alone():
    with two_keys_at_cloudflare() as (cloud, primary, provide):
        provide()
        assert not provide("[?name=='b.example']")["changed"]
        assert follows(cloud, primary, "a", 6) and follows(cloud, primary, "b", 6)
        assert not provide()["changed"]


def test_zones_move_to_peers_that_are_named_after_their_keys_and_others_keep_the_old_one():
    with two_keys_at_cloudflare() as (cloud, primary, provide):
        earlier = {"name": f"hidden/{primary.address}", "address": primary.address, "port": primary.port, "key": "key-a"}
        keys = [{"name": "key-a", "secret": SECRET}]
        provide(arguments={"zones": [{"name": "a.example"}], "primaries": [earlier], "keys": keys})
        provide("[?name=='b.example']")
        assert follows(cloud, primary, "a", 6)
        assert provide()["changed"] and follows(cloud, primary, "a", 7) and follows(cloud, primary, "b", 6)
        assert not provide()["changed"]
