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
        **{"ansible_become": True, "ansible_sudo_flags": "-H", "ansible_control_path_dir": "/run/c", "ansible_ssh_pkcs11_provider": "/p.so"},
        **{"ansible_shell_allow_world_readable_temp": True, "ansible_podman_extra_args": "--log-level=debug", "ansible_ssh_host_key_checking": False},
    }
    others = {"ansible_password": "hush", "ansible_become_pass": "hush", "ansible_distribution": "Debian", "ansible_su_pass": "hush"}
    others |= {"ansible_ssh_private_key": "hush", "ansible_ssh_host_key_rsa_public": "fact", "ansible_facts": {"ssh_host_key_rsa_public": "fact"}}
    others |= {"ansible_check_mode": False, "ansible_version": {}, "ansible_play_hosts": ["ns1"]}
    assert gather_inventory._connection({**said, **others}) == said


def test_a_password_that_is_not_written_is_told_by_the_name_of_its_variable():
    secrets = {"ansible_ssh_pass": "hush", "ansible_become_password": "hush", "ansible_private_key": "hush"}
    (finding,) = gather_inventory._gathered("ns1", {**GATHERED, **secrets}).findings
    assert finding.kind == "change" and "ns1: ansible_become_password, ansible_private_key, ansible_ssh_pass, with which Ansible reaches it, " in str(finding)
    assert "hush" not in str(finding) and not gather_inventory._gathered("ns1", GATHERED).findings
