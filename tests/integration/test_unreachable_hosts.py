# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that go away, or are refused, where all are compared: who goes on. The tasks are the role's, but for what the first asks of a host."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest
import yaml

ROLE = pathlib.Path(__file__).resolve().parents[2] / "roles/nameserver"
HOSTS = {
    "primary": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable},
    "secondary": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable},
    "away": {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1, "ansible_timeout": 5},  # where nobody listens
}
REFUSED = {"ansible.builtin.fail": {"msg": "Refused for a test"}}


def went_on(tmp_path, *, hosts, refused=""):
    """The hosts that go on after the comparison, which fails for one that is refused."""
    compare, serve = (yaml.safe_load((ROLE / "tasks" / name).read_text())[0] for name in ("compare.yml", "serve.yml"))
    nothing_to_do = "{{ [{'host': inventory_hostname, 'agrees': true}] }}"
    serve["authoritative.dns.nameserver"] = {"refused": serve["authoritative.dns.nameserver"]["refused"], "comparisons": nothing_to_do}
    del compare["authoritative.dns.nameserver"]
    if refused:
        compare = {**compare, **REFUSED, "when": f"inventory_hostname == {refused!r}"}
    else:
        compare["ansible.builtin.ping"] = {}
    here = {"name": "Go on", "ansible.builtin.debug": {"msg": "{{ inventory_hostname }} goes on"}}
    play = {"name": "Compare", "hosts": "all", "gather_facts": False, "tasks": [compare, serve, here]}
    play["vars_files"] = [str(ROLE / "vars/main.yml")]
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play], sort_keys=False))
    (tmp_path / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": {host: HOSTS[host] for host in hosts}}}))
    environment = {**os.environ, "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default", "ANSIBLE_NOCOLOR": "true", "ANSIBLE_LOCALHOST_WARNING": "false"}
    command = ["ansible-playbook", "-i", str(tmp_path / "hosts.yml"), str(tmp_path / "play.yml")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    return {host for host in hosts if json.dumps(f"{host} goes on") in done.stdout}, done.stdout + done.stderr


@pytest.mark.parametrize("away", [[], ["away"]])
def test_a_host_that_is_away_holds_up_no_other(tmp_path, away):
    found, output = went_on(tmp_path, hosts=["primary", "secondary", *away])
    assert found == {"primary", "secondary"}, output
    assert ("unreachable=1" in output) == bool(away), output


def test_nobody_goes_on_where_one_is_refused(tmp_path):
    found, output = went_on(tmp_path, hosts=["primary", "secondary"], refused="primary")
    assert not found, output
    assert "Nothing was changed on secondary, because primary was refused." in output
