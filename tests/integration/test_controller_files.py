# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that action plugins make, through Ansible itself: the report on the controller, the monitoring program on a host."""

from __future__ import annotations

import json
import os
import stat
import subprocess

import pytest
import yaml

HOSTS = {"ns1": {"ansible_host": "192.0.2.1"}, "ns2": {"ansible_host": "192.0.2.2"}, "watcher": {"ansible_host": "192.0.2.9"}}


@pytest.fixture
def play(tmp_path):
    """Runs one task on the host watcher, which is this one, and returns its result or the text of its failure."""

    def run(task, *options, zones=("example.com",)):
        inventory = {
            "all": {
                "hosts": HOSTS,
                "vars": {
                    "ansible_connection": "local",
                    "ansible_python_interpreter": "{{ ansible_playbook_python }}",
                    "dns_zones": [{"name": name, "records": [{"type": "NS", "value": ["ns1.example.net.", "ns2.example.net."]}]} for name in zones],
                },
                "children": {"dns_primaries": {"hosts": {"ns1": {}}}, "dns_secondaries": {"hosts": {"ns2": {}}}},
            }
        }
        (tmp_path / "inventory.yml").write_text(yaml.safe_dump(inventory))
        (tmp_path / "play.yml").write_text(yaml.safe_dump([{"hosts": "watcher", "gather_facts": False, "tasks": [task]}]))
        command = ["ansible-playbook", "-i", "inventory.yml", "play.yml", *options]
        environment = {**os.environ, "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"}
        outcome = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False)
        return json.loads(outcome.stdout[outcome.stdout.index("{") :])["plays"][0]["tasks"][0]["hosts"]["watcher"]

    return run


def test_the_report_is_written_in_four_forms(play, tmp_path):
    found = play({"authoritative.dns.verify_report": {"verified": [], "directory": str(tmp_path / "made" / "report")}})
    assert found["at_fault"] == 0 and not found["changed"] and "example.com" in found["table"][2]
    files = {path.name: path.read_text() for path in (tmp_path / "made" / "report").iterdir()}
    assert set(files) == {"verify.txt", "verify.json", "verify.xml", "verify.html"}
    assert [row["state"] for row in json.loads(files["verify.json"])["rows"]] == ["not_asked"] * 2
    assert files["verify.txt"].splitlines() == found["table"]
    assert files["verify.html"].startswith("<!doctype html>") and "Nobody looked." in files["verify.html"]


def test_a_directory_that_cannot_be_written_to_is_named(play, tmp_path):
    (tmp_path / "file").write_text("")
    found = play({"authoritative.dns.verify_report": {"verified": [], "directory": str(tmp_path / "file")}})
    assert found["failed"] and str(tmp_path / "file") in found["msg"] and "name a directory on the controller" in found["msg"]


def test_the_monitoring_program_is_put_in_place_once(play, tmp_path):
    task = {"authoritative.dns.monitor": {"program": str(tmp_path / "monitor.pyz"), "expectations": str(tmp_path / "monitor.json")}}
    assert play(task, "--check")["changed"] and not (tmp_path / "monitor.pyz").exists()
    assert play(task)["changed"]
    assert stat.S_IMODE((tmp_path / "monitor.json").stat().st_mode) == 0o640 and stat.S_IMODE((tmp_path / "monitor.pyz").stat().st_mode) == 0o644
    assert not play(task)["changed"]
    before = (tmp_path / "monitor.json").read_text()
    dry = play(task, "--check", "--diff", zones=("example.com", "example.org"))
    assert dry["changed"] and (tmp_path / "monitor.json").read_text() == before
    (difference,) = [item for item in dry["diff"] if "example.org" in item["after"]]
    assert difference["before"] == before and str(tmp_path / "monitor.json") in difference["after_header"] + difference["before_header"]


def test_a_place_that_is_not_there_is_named(play, tmp_path):
    task = {"authoritative.dns.monitor": {"program": str(tmp_path / "none" / "monitor.pyz"), "expectations": str(tmp_path / "monitor.json")}}
    found = play(task)
    assert found["failed"] and str(tmp_path / "none") in found["msg"] and not (tmp_path / "monitor.json").exists()
