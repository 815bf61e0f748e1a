# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The proof at the end of a dry run: a server that would change cannot have yet what it would get."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from ansible_collections.authoritative.dns.tests.support.named import running_named, zone_text

PLAYBOOK = """
- hosts: looker
  gather_facts: false
  tasks:
    - ansible.builtin.set_fact:
        __nameserver_comparison: {agrees: "{{ agrees }}"}
    - ansible.builtin.include_role:
        name: authoritative.dns.verify
"""


@pytest.mark.parametrize(("agrees", "options", "fails"), [(False, ["--check"], False), (True, ["--check"], True), (False, [], True)])
def test_what_a_server_has_not_yet_is_told_and_no_fault_of_a_dry_run_that_would_bring_it(tmp_path, agrees, options, fails):
    with running_named({"old.test": zone_text("old.test")}) as server:
        zone = {"name": "new.test", "records": [{"name": "@", "type": "NS", "value": ["ns1.old.test."]}], "secondaries": []}
        variables = {"dns_zones": [{**zone, "primaries": [{"address": server.address, "port": server.port}]}], "agrees": agrees, "verify_wait_timeout": 1}
        looker = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        (tmp_path / "inventory.json").write_text(json.dumps({"all": {"vars": variables, "hosts": {"looker": looker}}}))
        (tmp_path / "play.yml").write_text(PLAYBOOK)
        command = ["ansible-playbook", "-i", "inventory.json", "play.yml", *options]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert "1 of 1 answers are not as expected (1 refused)" in done.stdout, done.stdout + done.stderr
    assert (done.returncode != 0) == fails, done.stdout
