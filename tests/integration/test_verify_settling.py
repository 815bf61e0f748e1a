# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The proof of a server that gives the right serial before it gives the right content, as one does that goes over from one process to the next."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time

import pytest
from ansible_collections.authoritative.dns.tests.support.named import running_named, zone_text
from ansible_collections.authoritative.dns.tests.support.private_network import can_make_private_networks, in_private_network

pytestmark = pytest.mark.skipif(not can_make_private_networks(), reason="declared servers are asked at port 53: needs root")

ZONE = "settling.test"
PLAYBOOK = """
- hosts: ns1
  gather_facts: false
  tasks:
    - authoritative.dns.declaration:
    - authoritative.dns.verify:
        checks: [serials, contents]
        families: [4]
        wait_timeout: "{{ wait_timeout }}"
      register: verified
    - ansible.builtin.assert:
        that: not verified.faults
        fail_msg: "{{ verified.faults | join(' ') }}"
"""


def text(address):
    return zone_text(ZONE, 7, f"www A {address}")


def proof(directory, wait_timeout):
    """What a playbook says of a server whose content becomes right as soon as somebody was answered wrongly, and whether it passed."""
    zone = {"name": ZONE, "file": "zone", "serial": "keep", "primaries": ["ns1"], "secondaries": []}
    ns1 = {"ansible_host": "127.0.0.1", "ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    inventory = {"all": {"vars": {"dns_zones": [zone], "wait_timeout": wait_timeout}, "children": {"dns_primaries": {"hosts": {"ns1": ns1}}}}}
    (directory / "zone").write_text(text("192.0.2.1"))
    (directory / "inventory.json").write_text(json.dumps(inventory))
    (directory / "play.yml").write_text(PLAYBOOK)
    with running_named({ZONE: text("192.0.2.9")}, port=53, options="querylog yes;") as server:

        def settle():
            deadline = time.monotonic() + 60
            while f"query: www.{ZONE}" not in server.log() and time.monotonic() < deadline:
                time.sleep(0.02)
            server.write_zone(ZONE, text("192.0.2.1"))
            server.reload()

        settling = threading.Thread(target=settle)
        settling.start()
        command = ["ansible-playbook", "-i", "inventory.json", "play.yml"]
        done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=100, check=False)
        settling.join()
    return done.stdout + done.stderr, done.returncode == 0


@pytest.mark.parametrize(("wait_timeout", "passes"), [(30, True), (0, False)])
def test_content_is_looked_at_again_while_there_is_time(tmp_path, wait_timeout, passes):
    said, passed = in_private_network(lambda: proof(tmp_path, wait_timeout), timeout=120)
    assert passed == passes, said
    assert passes or "1 different" in said
