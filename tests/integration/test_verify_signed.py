# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The proof of a declared signed zone, from the declaration to the report, as a playbook has it made."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys

import pytest
from ansible_collections.authoritative.dns.tests.support.named import running_named, zone_text
from ansible_collections.authoritative.dns.tests.support.signed_zones import changed, drop, drop_all_signatures, make_key, sign

NAME = "signed.test"
KEY, OTHER = make_key(NAME), make_key(NAME)
PLAYBOOK = """
- hosts: looker
  gather_facts: false
  tasks:
    - authoritative.dns.declaration:
      register: declared
    - ansible.builtin.debug:
        msg: "to prove: {{ declared.to_prove }}"
    - authoritative.dns.verify:
        checks: [serials, dnssec]
        wait_timeout: 0
        parent_servers: "{{ parent_servers | default({}) }}"
      register: verified
    - authoritative.dns.verify_report:
        verified: ["{{ verified }}"]
        directory: "{{ playbook_dir }}/report"
    - ansible.builtin.assert:
        that: not verified.faults
        fail_msg: "{{ verified.faults | join(' ') }}"
"""


@pytest.fixture(scope="module")
def text():
    return sign(NAME, zone_text(NAME, 1, "www A 192.0.2.1\nsub NS ns.sub\nns.sub A 192.0.2.9"), [KEY])


def above(*keys):
    return zone_text("test", 1, f"{NAME}. NS ns1.{NAME}.\nns1.{NAME}. A 127.0.0.1\n" + "".join(f"{NAME}. DS {key.ds()}\n" for key in keys))


@contextlib.contextmanager
def proof(directory, text, secondary=None, parent=None, **variables):
    """Declare the zone and the one above, both at a primary, the first one at a secondary too; yields what the playbook said, and the report."""
    parent = parent or above(KEY)
    with running_named({NAME: text, "test": parent}) as first, running_named({NAME: secondary or text}, address="::1") as second:
        primary = {"address": first.address, "port": first.port}
        zones = [
            {"name": NAME, "file": f"{NAME}.zone", "primaries": [primary], "secondaries": [{"address": second.address, "port": second.port}]},
            {"name": "test", "file": "test.zone", "primaries": [primary], "secondaries": []},
        ]
        looker = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        inventory = {"all": {"vars": {"dns_zones": zones, **variables}, "hosts": {"looker": looker}}}
        (directory / f"{NAME}.zone").write_text(text)
        (directory / "test.zone").write_text(parent)
        (directory / "inventory.json").write_text(json.dumps(inventory))
        (directory / "play.yml").write_text(PLAYBOOK)
        command = ["ansible-playbook", "-i", "inventory.json", "play.yml"]
        done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=120, check=False)
        report = directory / "report/verify.json"
        yield done, json.loads(report.read_text()) if report.exists() else None


def states(report):
    return {(result["zone"], result["role"] or result["address"]): result["state"] for result in report["hosts"][0]["dnssec"]["results"]}


def test_a_zone_that_is_declared_with_its_signatures_is_proven(tmp_path, text):
    with proof(tmp_path, text) as (done, report):
        assert done.returncode == 0, done.stdout + done.stderr
        assert "to prove: 2" in done.stdout  # the zone above has its primary outside, and may be signed there
        assert states(report) == {
            (NAME, "127.0.0.1"): "signed",
            (NAME, "::1"): "signed",
            (NAME, "parent"): "secure",
            ("test", "127.0.0.1"): "unsigned",
        }
        assert [(row["zone"], row["state"], row["ok"]) for row in report["rows"]] == [(NAME, "in_sync", True)] * 2 + [("test", "in_sync", True)]


def test_a_copy_without_signatures_is_a_fault_of_its_server(tmp_path, text):
    bare = changed(text, NAME, lambda zone: (drop_all_signatures(zone), drop(zone, "@", "DNSKEY")))
    with proof(tmp_path, text, secondary=bare) as (done, report):
        assert done.returncode != 0 and "verify_dnssec: 1 of 4 signed zones on servers are not as expected (1 unsigned)" in done.stdout
        assert states(report)[NAME, "::1"] == "unsigned"
        rows = {row["server"].partition(" ")[0]: row for row in report["rows"] if row["zone"] == NAME}
        assert (rows["::1"]["state"], rows["::1"]["ok"], rows["127.0.0.1"]["ok"]) == ("unsigned", False, True)
        (fault,) = report["faults"]
        assert [fault[name] for name in ("proof", "address", "state", "expected", "zones")] == ["dnssec", "::1", "unsigned", ["signed"], [NAME]]
        directory = tmp_path / "report"
        assert "✗ unsigned" in (directory / "verify.html").read_text().replace("&nbsp;", " ")
        assert '<failure type="unsigned"' in (directory / "verify.xml").read_text()
        assert "unsigned !" in (directory / "verify.txt").read_text()


def test_a_wrong_ds_of_a_declared_zone_above(tmp_path, text):
    with proof(tmp_path, text, parent=above(OTHER)) as (done, report):
        assert done.returncode != 0 and f"the DS is for key {OTHER.tag}" in done.stdout
        assert states(report)[NAME, "parent"] == "ds_mismatch"
        assert report["faults"][0]["expected"] == ["secure"]


def test_servers_of_a_zone_above_outside_are_named(tmp_path, text):
    with proof(tmp_path, text, parent_servers={NAME: ["127.0.0.9"]}) as (done, report):
        assert done.returncode != 0
        assert states(report)[NAME, "parent"] in ("unreachable", "timeout")
    with proof(tmp_path, text, parent_servers={"singed.test": ["127.0.0.9"]}) as (done, _report):
        assert "parent_servers: singed.test is not declared, did you mean 'signed.test'?" in done.stdout + done.stderr, done.stdout
    with proof(tmp_path, text, parent_servers={NAME: ["a.gtld.example"]}) as (done, _report):
        assert "give addresses of servers of the zone above" in done.stdout + done.stderr
