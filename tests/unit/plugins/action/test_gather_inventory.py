# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
import json
import zlib

from ansible_collections.authoritative.dns.plugins.action import gather_inventory

FACTS = {"software": "nsd", "configuration": [], "places": {}, "zones": [], "directory": "/", "running": True, "addresses": ["192.0.2.1"]}
GATHERED = {
    "__gather_configuration": {"packed": base64.b64encode(zlib.compress(json.dumps(FACTS).encode())).decode()},
    "__gather_keys": {"tsig_keys": []},
}


def test_how_ansible_reaches_a_host_is_written():
    said = {
        **{"ansible_host": "192.0.2.1", "ansible_ssh_private_key_file": "/key", "ansible_ssh_extra_args": "-J relay", "ansible_ssh_user": "admin"},
        **{"ansible_become_exe": "/usr/local/bin/sudo", "ansible_ssh_port": 2222, "ansible_ssh_host": "192.0.2.9"},
    }
    others = {"ansible_password": "hush", "ansible_become_pass": "hush", "ansible_distribution": "Debian"}
    assert gather_inventory._connection({**said, **others}) == said


def test_a_password_that_is_not_written_is_told_by_the_name_of_its_variable():
    (finding,) = gather_inventory._gathered("ns1", {**GATHERED, "ansible_ssh_pass": "hush", "ansible_become_password": "hush"}).findings
    assert finding.kind == "change" and "ns1: ansible_become_password, ansible_ssh_pass, with which Ansible reaches it, is not written: " in str(finding)
    assert "hush" not in str(finding) and not gather_inventory._gathered("ns1", GATHERED).findings
