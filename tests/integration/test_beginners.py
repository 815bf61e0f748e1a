# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a beginner's first mistakes lead to: one message that says where it is, what is wrong and what to do.

Those in the declaration are told by the playbook ``site`` before a host is touched; those on the hosts by the proof, here against one server.
The scenario ``quickstart`` makes the latter on hosts.
"""

from __future__ import annotations

import os
import subprocess

import pytest
import yaml
from ansible_collections.authoritative.dns.tests.support.modules import run_module
from ansible_collections.authoritative.dns.tests.support.named import running_named, zone_text

NAMES = {"type": "NS", "value": ["ns1", "ns2"]}
ADDRESSES = [{"name": "ns1", "type": "A", "value": "192.0.2.1"}, {"name": "ns2", "type": "A", "value": "192.0.2.2"}]
TOUCHED = "/nonexistent/ssh"
SECRET, OTHER = "b25lIHNlY3JldCBvZiB0aGlydHktdHdvIGJ5dGVz", "YW5vdGhlciBzZWNyZXQgb2YgdGhpcnR5LXR3byBi"
GROUPS = ("dns_primaries", "dns_secondaries", "dns_clients")


def site(directory, groups=GROUPS, records=(NAMES, *ADDRESSES), playbook="site", **variables):
    """What the playbook prints, and its status. No host can be touched: whoever tries runs a program that is not there."""
    hosts = {name: {"ansible_host": f"192.0.2.{number}"} for number, name in enumerate(("ns1", "ns2", "pc1"), 1)}
    inventory = {
        "all": {
            "vars": {"ansible_ssh_executable": TOUCHED, "dns_zones": [{"name": "example.com", "records": list(records)}]},
            "children": {group: {"hosts": {name: hosts[name]}} for group, name in zip(groups, hosts)},
        }
    }
    inventory["all"]["vars"].update(variables)
    (directory / "inventory.yml").write_text(yaml.safe_dump(inventory))
    command = ["ansible-playbook", "-i", "inventory.yml", f"authoritative.dns.{playbook}"]
    environment = {**os.environ, "ANSIBLE_NOCOLOR": "1"}
    run = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, timeout=60, check=False)
    return run.stdout + run.stderr, run.returncode


def test_without_a_mistake_the_hosts_are_contacted(tmp_path):
    printed, status = site(tmp_path)
    assert status != 0 and TOUCHED in printed and "mistakes" not in printed


@pytest.mark.parametrize(
    ("groups", "right"),
    [
        (("dns_primary", *GROUPS[1:]), ["group dns_primary: is not a group that this collection knows; call it dns_primaries"]),
        (("dns-primaries", "dns-secondaries", "dns-clients"), ["call it dns_primaries", "call it dns_secondaries", "call it dns_clients"]),
        (("dns_primaries", "dns_secondary", "dns_clients"), ["group dns_secondary: is not a group that this collection knows; call it dns_secondaries"]),
        (
            ("primaries", "secondaries", "clients"),
            ["group primaries: is not a group that this collection knows; call it dns_primaries", "call it dns_secondaries", "put a host into dns_primaries"],
        ),
    ],
)
def test_a_group_with_a_wrong_name(tmp_path, groups, right):
    printed, status = site(tmp_path, groups)
    assert status != 0 and all(text in printed for text in right) and "Provision" not in printed, printed
    assert "no host was changed" in printed and TOUCHED not in printed


@pytest.mark.parametrize(("wrong", "right"), [("dns_monitor", "dns_monitors"), ("dns_promethus", "dns_prometheus")])
def test_a_group_of_monitoring_with_a_wrong_name(tmp_path, wrong, right):
    for groups in (("dns_primaries", "dns_secondaries", wrong), ("dns_primaries", "dns_monitors" if "prom" in wrong else "dns_prometheus", wrong)):
        printed, status = site(tmp_path, groups, playbook="monitor")
        assert status != 0 and f"group {wrong}: is not a group that this collection knows; call it {right}" in printed, printed
        assert TOUCHED not in printed


def test_neither_group_of_monitoring_needs_to_be_there(tmp_path):
    printed, status = site(tmp_path, playbook="monitor")
    assert status == 0 and TOUCHED not in printed, printed
    printed, _status = site(tmp_path, ("dns_primaries", "dns_secondaries", "dns_monitors"), playbook="monitor")
    assert TOUCHED in printed


@pytest.mark.parametrize("promote", [{}, {"promote": "ns9"}, {"promote": "pc1"}])
def test_who_is_to_be_promoted_has_to_be_said(tmp_path, promote):
    printed, status = site(tmp_path, playbook="promote", **promote)
    assert status != 0 and TOUCHED not in printed
    assert "Say which host of dns_primaries or dns_secondaries is to be the primary, for example -e promote=ns2." in " ".join(printed.split())


def test_who_is_to_be_promoted_is_contacted_first(tmp_path):
    printed, status = site(tmp_path, playbook="promote", promote="ns2")
    assert status != 0 and TOUCHED in printed and "192.0.2.1" not in printed


def test_keys_are_not_replaced_while_a_server_in_another_group_would_keep_the_old_ones(tmp_path):
    zone = {"name": "example.com", "records": [NAMES, *ADDRESSES], "secondaries": ["ns2", "pc1"]}
    keys = {"dns_zones": [zone], "dns_tsig_secret": "x" * 32, "dns_tsig_generations": [2]}
    printed, status = site(tmp_path, ("dns_primaries", "dns_secondaries", "berlin"), playbook="rotate_tsig", **keys)
    assert status != 0 and "pc1 would be left out and keep the old keys, and peers would refuse" in " ".join(printed.split()), printed
    assert TOUCHED not in printed
    printed, _status = site(tmp_path, playbook="rotate_tsig", **{**keys, "dns_zones": [{**zone, "secondaries": ["ns2"]}]})
    assert TOUCHED in printed


def test_the_proof_alone_tells_it_too_before_it_installs_anything(tmp_path):
    printed, status = site(tmp_path, ("primaries", "secondaries", "clients"), playbook="verify")
    assert status != 0 and "call it dns_primaries" in printed and TOUCHED not in printed


@pytest.mark.parametrize(
    ("record", "where", "becomes"),
    [
        ({"type": "NS", "value": "ns1.example.com"}, "record @ NS: value", "ns1.example.com.example.com."),
        ({"type": "MX", "value": "10 ns1.example.com"}, "record @ MX: value", "ns1.example.com.example.com."),
        ({"name": "www.example.com", "type": "A", "value": "192.0.2.7"}, "name 'www.example.com'", "www.example.com.example.com."),
    ],
)
def test_a_forgotten_final_dot(tmp_path, record, where, becomes):
    printed, status = site(tmp_path, records=[NAMES, *ADDRESSES, record])
    assert status != 0 and where in printed, printed
    advice = printed.split(f"has no final dot and would become {becomes}; ")[1].splitlines()[0]
    assert "with a final dot" in advice or "'10 mail.example.com.'" in advice
    assert "no host was changed" in printed and TOUCHED not in printed


def test_thousands_of_zones_print_no_wall_of_text(tmp_path):
    wrong = [{"name": f"z{number}.test", "records": [NAMES, *ADDRESSES, {"name": "www", "type": "A", "value": "nowhere"}]} for number in range(1000)]
    warned = [{"name": f"z{number}.test", "records": [NAMES, *ADDRESSES]} for number in range(1000)]
    printed, status = site(tmp_path, dns_zones=wrong)
    assert status != 0 and "1000 mistakes; no host was changed" in printed and "and 950 more" in printed and "z999.test" not in printed
    assert len(printed.splitlines()) < 100
    printed, _status = site(tmp_path, dns_zones=warned)
    assert TOUCHED in printed and "and 980 more warnings about the DNS declaration" in printed
    assert len(printed.splitlines()) < 100


def told_about(server, module="verify_soa_serial", **arguments):
    entry = {"name": "ns2", "address": server.address, "port": server.port, "role": "secondary", "key": "transfer"}
    secret = arguments.pop("secret", SECRET)
    outcome = run_module(module, servers=[entry], keys=[{"name": "transfer", "secret": secret}], timeout=0.3, **arguments)
    assert outcome["failed"]
    return outcome["msg"]


@pytest.fixture(scope="module")
def secondary():
    with running_named({"example.com": zone_text("example.com")}, keys={"transfer": SECRET}, options='allow-transfer { key "transfer"; };') as server:
        yield server


def test_a_name_server_that_is_not_started():
    with running_named({"example.com": zone_text("example.com")}) as server:
        server.stop()
        told = told_about(server, zones=["example.com"], retries=0)
    assert "example.com at ns2 (127.0.0.1): unreachable: Connection refused" in told
    assert "What helps against unreachable: see that the host is up and its name server is started" in told


def test_a_host_of_which_nothing_is_heard(secondary):
    secondary.freeze()
    try:
        told = told_about(secondary, zones=["example.com"], retries=0)
    finally:
        secondary.thaw()
    assert "example.com at ns2 (127.0.0.1): timeout" in told
    assert "What helps against timeout: see that the host is up, and let port 53 pass its firewall over UDP and TCP." in told


def test_two_hosts_with_different_secrets(secondary):
    told = told_about(secondary, "verify_zone_transfer", transfers=[{"zone": "example.com"}], secret=OTHER)
    assert "example.com at ns2 (127.0.0.1): AXFR wrong_key, expected allowed" in told
    assert "What helps against wrong_key: give both sides the same key: provision all servers in one run" in told
    assert SECRET not in told and OTHER not in told
