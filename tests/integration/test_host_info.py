# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What this machine has, as host_info tells it."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess

import pytest
import yaml
from ansible_collections.authoritative.dns.tests.support.modules import run_module
from ansible_collections.authoritative.dns.tests.support.private_network import can_make_private_networks, in_private_network

ASK = pathlib.Path(__file__).parents[2] / "roles/nameserver/tasks/ask.yml"


def host_info(**arguments):
    command = ["ansible", "localhost", "--module-name", "authoritative.dns.host_info", "--args", json.dumps(arguments)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return json.loads(run.stdout.partition("=>")[2])


@pytest.mark.skipif(not shutil.which("dpkg-query"), reason="there is no dpkg here")
def test_one_question_for_packages_services_files_and_firewall(tmp_path):
    (tmp_path / "there").touch()
    found = host_info(
        packages=["dpkg", "no-such-package", "bash"],
        services=["no-such-service"],
        files=[str(tmp_path / "there"), str(tmp_path / "not there")],
        firewall_services=["dns"],
    )
    assert found["missing_packages"] == ["no-such-package"]
    assert found["services"] == {"no-such-service": {"running": False, "enabled": False}}
    assert found["missing_files"] == [str(tmp_path / "not there")]
    assert found["firewall"]["state"] in ("absent", "stopped", "running")
    assert found["changed"] is False and found["complete"] is False


@pytest.mark.skipif(not shutil.which("dpkg-query"), reason="there is no dpkg here")
@pytest.mark.parametrize("lacking", [{}, {"packages": ["no-such-package"]}, {"files": ["/no such file"]}], ids=lambda lacking: next(iter(lacking), "nothing"))
def test_it_says_whether_anything_is_lacking(lacking):
    asked = {"packages": ["dpkg"], "files": ["/etc/passwd"], "services": ["no-such-service"]}
    assert run_module("host_info", **{**asked, **lacking})["complete"] is (not lacking)


def test_a_host_that_should_let_dns_pass_is_complete_only_where_a_firewall_runs():
    found = run_module("host_info", firewall_services=["dns"])
    assert found["complete"] is (found["firewall"] == {"state": "running", "zones": found["firewall"]["zones"], "closed": []})


def test_the_distribution_is_what_setup_finds():
    command = ["ansible", "localhost", "--module-name", "ansible.builtin.setup", "--args", json.dumps({"gather_subset": ["!all", "!min", "distribution"]})]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    found = {name.removeprefix("ansible_"): fact for name, fact in json.loads(run.stdout.partition("=>")[2])["ansible_facts"].items()}
    told = host_info(distribution=True)["ansible_facts"]
    assert told.items() <= found.items()
    assert {"os_family", "distribution", "distribution_version", "distribution_major_version"} <= told.keys()


def test_what_is_not_asked_is_not_looked_at():
    found = host_info(packages=[])
    assert found["missing_packages"] == found["missing_files"] == []
    assert found["services"] == {}
    assert "firewall" not in found and "ansible_facts" not in found


def test_the_role_asks_about_the_addresses_that_the_declaration_takes(tmp_path):
    (ask,) = yaml.safe_load(ASK.read_text())
    facts = {"ansible.builtin.set_fact": {"default_ipv4": {"address": "192.0.2.2"}, "cacheable": True}}  # which is how it becomes one of ansible_facts
    tell = {"ansible.builtin.debug": {"msg": "asks of {{ asked }}."}, "vars": {"asked": ask["authoritative.dns.host_info"]["firewall_addresses"]}}
    (tmp_path / "play.yml").write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": [facts, tell]}]))
    hosts = {"ns1": {}, "192.0.2.9": {}, "ns2": {"dns_addresses": ["2001:DB8:0:0::53"]}}
    (tmp_path / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts}}))
    command = ["ansible-playbook", "-i", "inventory.json", "play.yml"]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=180, check=True).stdout
    assert all(f"asks of ['{address}']." in told for address in ("192.0.2.2", "192.0.2.9", "2001:db8::53")), told


@pytest.mark.skipif(not can_make_private_networks(), reason="needs a mount namespace")
def test_what_apparmor_keeps_a_program_from_reading_is_told_where_it_is_in_force(tmp_path):
    """By a machine that has AppArmor, as far as the module can see."""
    asked = {"readable_files": ["/etc/bind/tls/key.pem", "/etc/letsencrypt/live/key.pem"], "apparmor_profile": "usr.sbin.nobody"}
    if not os.path.exists("/sys/module/apparmor"):
        assert host_info(**asked)["forbidden_files"] == []

    def look():
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/sys/module"], check=True)
        parameters = pathlib.Path("/sys/module/apparmor/parameters")
        parameters.mkdir(parents=True)
        (parameters / "enabled").write_text("Y\n")
        return run_module("host_info", **asked, apparmor_readable=["/etc/bind/**"])

    assert in_private_network(look)["forbidden_files"] == ["/etc/letsencrypt/live/key.pem"]
