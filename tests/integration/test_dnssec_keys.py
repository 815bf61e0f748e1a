# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of signed zones on the controller and back, by the playbook, with a BIND that made them and signs with them again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest
from ansible_collections.authoritative.dns.tests.support.server_host import BindHost, running_host

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("named", path=os.environ["PATH"] + ":/usr/sbin") is None, reason="needs named, and rights to become another user"
)
NAME = "signed.example"
ZONE = {"name": NAME, "dnssec": True, "records": [{"type": "NS", "value": "ns1.example."}, {"name": "www", "type": "A", "value": "192.0.2.1"}]}
PASSWORD = "correct horse battery staple"


def play(host, *extra, password=PASSWORD):
    """Run the playbook on this machine, where the host's directories are; (exit code, what it said)."""
    inventory = {"dns_primaries": {"hosts": {"ns1": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}}}}
    place = host.root / "controller"
    place.mkdir(exist_ok=True)
    (place / "inventory.json").write_text(json.dumps(inventory))
    variables = {"__nameserver_layout": host.layout, **({"dnssec_keys_password": password} if password else {})}
    (place / "variables.json").write_text(json.dumps(variables))
    command = ["ansible-playbook", "-i", "inventory.json", "authoritative.dns.dnssec_keys", "-e", "@variables.json", *extra]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=180, check=False)
    assert "PrivateKey" not in done.stdout + done.stderr
    return done.returncode, done.stdout + done.stderr


def keys(host):
    return {str(path.relative_to(host.root)): path.read_text() for path in (host.root / "own/signing/keys").rglob("K*")}


def dnskeys(host):
    return sorted(line for name, text in keys(host).items() if name.endswith(".key") for line in text.splitlines() if " DNSKEY " in line)


def test_keys_are_kept_encrypted_and_come_back(tmp_path):
    with running_host(BindHost, tmp_path) as host:
        host.bring_declared([ZONE])
        before, known = dnskeys(host), host.ask(NAME, "DNSKEY")
        kept = host.root / "controller/dnssec_keys/ns1.vault"
        for short in (None, "short"):
            code, said = play(host, password=short)
            assert code and "in clear" in said and not kept.exists(), said
        code, said = play(host)
        assert code == 0 and "changed=2" in said, said
        assert kept.read_text().startswith("$ANSIBLE_VAULT;") and kept.stat().st_mode & 0o777 == 0o600
        code, said = play(host)
        assert code == 0 and "changed=0" in said, said
        # the host is lost, and what takes its place gets the keys before it signs
        host.stop()
        shutil.rmtree(host.root / "own/signing")
        shutil.rmtree(host.root / "state")
        code, said = play(host, "-e", "dnssec_keys_restore=true", password="not the right one")
        assert code and not dnskeys(host)
        code, said = play(host, "-e", "dnssec_keys_restore=true")
        assert code == 0 and "changed=1" in said, said
        assert dnskeys(host) == before and (host.root / "own/signing/keys" / NAME).stat().st_mode & 0o777 == 0o700
        code, said = play(host, "-e", "dnssec_keys_restore=true")
        assert code == 0 and "changed=0" in said, said
        shutil.copy(host.root / "etc/named.conf.before-authoritative-dns", host.config_file)
        host.start()
        host.bring_declared([ZONE])
        assert host.ask(NAME, "DNSKEY") == known and dnskeys(host) == before


def test_other_keys_stay_and_are_told(tmp_path):
    with running_host(BindHost, tmp_path) as host:
        host.bring_declared([ZONE])
        assert play(host)[0] == 0
        host.stop()
        shutil.rmtree(host.root / "own/signing")
        host.start()
        host.bring_declared([{**ZONE, "dnssec": "nist"}])
        host.stop()
        made = keys(host)
        assert made
        code, said = play(host, "-e", "dnssec_keys_restore=true")
        assert code and f"{NAME} on ns1 lack keys of ns1.vault and have others" in " ".join(said.split()), said
        assert keys(host) == made
        host.start()
