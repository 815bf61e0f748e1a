# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom clients ask first and whom the drills stop, where dns_promoted says that another host is primary now. Nothing is stopped."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess

import pytest
import yaml

ROOT = pathlib.Path(__file__).parents[2]
SERVERS = ["ns1", "ns2", "ns3"]


def inventory(promoted):
    variables = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}", "nameserver_software": "nsd"}
    hosts = {name: {"ansible_host": f"127.0.0.2{number}"} for number, name in enumerate(SERVERS, 1)}
    groups = {
        "dns_primaries": {"hosts": {"ns1": hosts["ns1"]}},
        "dns_secondaries": {"hosts": {name: hosts[name] for name in SERVERS[1:]}},
        "dns_clients": {"hosts": {"pc1": {"__drill_zones": {}}}},
    }
    return {"all": {"vars": {**variables, **promoted}, "children": groups}}


def told(directory, promoted, plays, hosts, variables, *files):
    """{host: what a variable, or each of several, is there}, after plays."""
    task = {"name": "Tell", "ansible.builtin.debug": {"msg": "".join(f"<{{{{ {name} }}}}>" for name in variables)}}
    last = {"hosts": hosts, "gather_facts": False, "vars_files": list(files), "tasks": [task]}
    last["vars"] = {key: value for play in plays for key, value in play.get("vars", {}).items()}
    (directory / "inventory.yml").write_text(yaml.safe_dump(inventory(promoted)))
    (directory / "play.yml").write_text(yaml.safe_dump([*(play for play in plays if play["name"].startswith("Learn")), last]))
    environment = {**os.environ, "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default", "ANSIBLE_NOCOLOR": "true"}
    command = ["ansible-playbook", "-i", "inventory.yml", "play.yml"]
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return {host: re.findall("<(.*?)>", text) for host, text in re.findall(r'ok: \[(\w+)\] => \{\s+"msg": "(.*)"', done.stdout)}


@pytest.mark.parametrize(
    ("promoted", "first"),
    [({}, "['ns1', 'ns2', 'ns3']"), ({"dns_promoted": "ns3"}, "['ns3', 'ns1', 'ns2']"), ({"dns_promoted": ""}, "['ns1', 'ns2', 'ns3']")],
)
def test_clients_ask_the_primary_of_now_first(tmp_path, promoted, first):
    assert told(tmp_path, promoted, [], "dns_clients", ["client_resolvers"], str(ROOT / "roles/client/defaults/main.yml")) == {"pc1": [first]}


@pytest.mark.parametrize(("promoted", "primary"), [({}, "ns1"), ({"dns_promoted": "ns3"}, "ns3")])
def test_the_failover_drill_stops_the_program_of_the_primary_of_now(tmp_path, promoted, primary):
    plays = yaml.safe_load((ROOT / "playbooks/failover_drill.yml").read_text())
    assert told(tmp_path, promoted, plays, primary, ["__drill_primaries", "__drill_service"]) == {primary: [f"['{primary}']", "nsd"]}


def test_the_failover_drill_knows_every_address_of_what_it_stops(tmp_path):
    plays = yaml.safe_load((ROOT / "playbooks/failover_drill.yml").read_text())
    addresses = ["127.0.0.21", "127.0.0.31", "::1"]
    assert told(tmp_path, {"dns_addresses": addresses}, plays, "ns1", ["__drill_stopped"]) == {"ns1": [str(addresses)]}


@pytest.mark.parametrize("primaries", ["ns1,ns2", "ns1:ns2"])
def test_the_failover_drill_is_for_all_that_are_named_and_for_the_clients(tmp_path, primaries):
    (tmp_path / "inventory.yml").write_text(yaml.safe_dump(inventory({})))
    command = ["ansible-playbook", "-i", "inventory.yml", "authoritative.dns.failover_drill", "--list-hosts", "-e", f"failover_drill_primaries={primaries}"]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=True).stdout
    drill = re.search(r": Drill\s.*?hosts \(\d+\):(.*?)play #", said, re.DOTALL)
    assert set(drill.group(1).split()) == {"ns1", "ns2", "pc1"}


def test_the_failover_drill_stops_nothing_where_no_client_looks(tmp_path):
    (tmp_path / "inventory.yml").write_text(yaml.safe_dump(inventory({})).replace("__drill_zones:", "nothing:"))
    command = ["ansible-playbook", "-i", "inventory.yml", "authoritative.dns.failover_drill", "--limit", "ns1", "-e", "failover_drill_service=none"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode and "Nothing was stopped. A drill is what clients see" in " ".join(done.stdout.split()), done.stdout + done.stderr


@pytest.mark.parametrize(("promoted", "primary"), [({}, "ns1"), ({"dns_promoted": "ns3"}, "ns3"), ({"dns_promoted": ""}, "ns1")])
def test_the_disaster_drill_loses_the_primary_of_now(tmp_path, promoted, primary):
    plays = yaml.safe_load((ROOT / "playbooks/disaster_drill.yml").read_text())[:1]
    assert told(tmp_path, promoted, plays, primary, ["__drill_lost"]) == {primary: [primary]}


@pytest.mark.parametrize(("promoted", "primary"), [({}, "ns1"), ({"dns_promoted": "ns3"}, "ns3"), ({"dns_promoted": ""}, "ns1")])
def test_the_primary_of_now_sees_to_what_providers_are_to_forget(tmp_path, promoted, primary):
    declared = {**promoted, "cloud_absent": {"route53": ["example.org"]}}
    seen = told(tmp_path, declared, [], "dns_primaries:dns_secondaries", ["__cloud_absent"], str(ROOT / "roles/cloud/vars/main.yml"))
    assert {host: "example.org" in said for host, (said,) in seen.items()} == {host: host == primary for host in SERVERS}
