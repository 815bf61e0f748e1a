# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates that the role issues are read by the server that runs, whatever becomes of the run after that; those that are given are left alone.

Ansible itself, with the role's own tasks; systemctl is played.
"""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest
import yaml
from ansible_collections.authoritative.dns.tests.support.systemctl import Systemctl

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="certificates belong to root")
ROLE = "authoritative.dns.nameserver"
FOLDER = pathlib.Path(__file__).parents[2] / "roles/nameserver"
TOLD = {"bind": ("named", ["reload named"]), "nsd": ("nsd", ["restart nsd"]), "knot": ("knot", ["reload knot"]), "powerdns": ("pdns", [])}


class Host:
    """This machine as a name server with all that is no certificate, which is refused as soon as it is to be compared."""

    def __init__(self, root, software, name="ns1"):
        self.root, self.software = root, software
        self.service, self.told = TOLD[software]
        self.systemctl = Systemctl(root / "bin")
        self.authority = root / "inventory/authority"
        for directory in ("etc", "work", "inventory"):
            (root / directory).mkdir()
        host = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "dns_addresses": ["127.0.0.1"]}
        (root / "inventory/hosts.json").write_text(json.dumps({"dns_secondaries": {"hosts": {name: host}}}))
        include = [{"name": part, "ansible.builtin.include_role": {"name": ROLE, "tasks_from": part}} for part in ("distribution", "certificates")]
        refused = {"name": "Refuse", "ansible.builtin.fail": {"msg": "it would lose much"}, "when": "refused"}
        (root / "play.yml").write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": [*include, refused]}]))

    @property
    def certificate(self):
        path = self.root / "etc/tls/certificate.pem"
        return path.read_text() if path.exists() else None

    def expire(self):
        """Has the certificate be one that ends tomorrow."""
        key, certificate = self.root / "etc/tls/key.pem", self.root / "etc/tls/certificate.pem"
        command = ["openssl", "req", "-x509", "-key", str(key), "-out", str(certificate), "-days", "1", "-subj", "/CN=ns1"]
        subprocess.run(command, capture_output=True, check=True)
        return self.certificate

    def _command(self, *options, refused=False, running=True, given=None):
        shipped = yaml.safe_load((FOLDER / f"vars/software/{self.software}-Debian.yml").read_text())
        places = {"local_config": "etc/local.conf", "config_file": "etc/main.conf", "state_directory": "state", "run_directory": "work", "storage": "work"}
        own = {word: str(self.root / place) for word, place in places.items() if word in shipped["__nameserver_layout"]}
        variables = {
            "__nameserver_layout": {**shipped["__nameserver_layout"], **own, "user": "root", "group": "root"},
            "__nameserver_host": {"version": "", "services": {self.service: {"running": running, "enabled": True}}},
            "nameserver_software": self.software,
            "nameserver_allow_query": ["any"],
            "nameserver_tls_authority": "authority",
            "dns_zones": [{"name": "example.com", "primaries": ["192.0.2.1"], "tsig": False, "records": [{"type": "NS", "value": "ns1.example.net."}]}],
            "refused": refused,
            **(given or {}),
        }
        (self.root / "variables.json").write_text(json.dumps(variables))
        command = ["ansible-playbook", "-i", "inventory/hosts.json", "play.yml", "-e", "@variables.json", *options]
        return {"args": command, "cwd": self.root, "env": {**self.systemctl.environment, "ANSIBLE_NOCOLOR": "1"}}

    def run_until(self, there):
        """By a run that is killed as soon as there is what it is to be killed for."""
        ends = time.monotonic() + 120
        with subprocess.Popen(**self._command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True) as process:
            while not there() and process.poll() is None and time.monotonic() < ends:
                time.sleep(0.002)
            os.killpg(process.pid, signal.SIGKILL)

    def run(self, *options, refused=False, running=True, given=None):
        """What systemd was told to do, by a run that ends as it should. given: the role's variables that name files."""
        command = self._command(*options, refused=refused, running=running, given=given)
        done = subprocess.run(**command, capture_output=True, text=True, timeout=180, check=False)
        said = done.stdout + done.stderr
        assert (done.returncode != 0) == refused and ("it would lose much" in said) == refused and "PRIVATE KEY" not in said, said
        # which this host has nothing for
        assert ("its copies may stay behind until it asks its primaries" in said) == (refused and self.software == "nsd"), said
        return self.systemctl.told()


@pytest.mark.parametrize("software", TOLD)
def test_a_renewed_certificate_is_read_where_the_run_is_refused_after_that(tmp_path, software):
    host = Host(tmp_path, software)
    assert host.run() == [] and host.certificate, "the server has somebody else's configuration"
    (tmp_path / "state").mkdir()
    (tmp_path / "state/current").symlink_to("a")
    (tmp_path / "state/a").mkdir()
    before = host.expire()
    assert host.run(refused=True) == host.told
    renewed = host.certificate
    assert before and renewed and before != renewed
    if software == "bind":
        ending = host.expire()
        assert host.run("--check") == [] and host.certificate == ending
        assert host.run(running=False) == [] and host.certificate != ending


def test_a_renewed_certificate_is_read_by_the_next_run_where_one_is_killed_before_it_was(tmp_path):
    host = Host(tmp_path, "bind")
    host.run()
    (tmp_path / "state").mkdir()
    (tmp_path / "state/current").symlink_to("a")
    before = host.expire()
    host.run_until(lambda: host.certificate != before)
    renewed = host.certificate
    assert before != renewed and host.systemctl.told() == []
    assert host.run() == host.told and host.certificate == renewed
    assert [path for path in (tmp_path / "etc/tls").iterdir() if path.suffix != ".pem"] == []
    (tmp_path / "etc/tls/certificate.pem").write_bytes(b"\0\xff\xfe" * 70)
    assert host.run() == host.told, "what is damaged is issued anew"
    subprocess.run(["openssl", "x509", "-noout"], input=host.certificate, text=True, check=True)
    assert host.run() == []


def test_a_certificate_is_renewed_before_it_ends_and_not_by_each_run(tmp_path):
    host, given = Host(tmp_path, "bind"), {"nameserver_tls_days": 3}
    host.run(given=given)
    issued = host.certificate
    host.run(given=given)
    assert host.certificate == issued
    host.run()  # by the default of 365 days, of which the last 30 count
    assert host.certificate != issued
    assert sorted(path.name for path in host.authority.iterdir()) == ["authority.key", "authority.pem"]
    assert not (tmp_path / "authority").exists(), "beside the play, which may be in a collection"


@pytest.mark.parametrize("name", ["127.0.0.1", "2001:db8::1"])
def test_a_host_that_is_named_by_its_address_proves_it_as_an_address_and_as_a_name(tmp_path, name):
    host = Host(tmp_path, "bind", name)
    host.run()
    for proof in ("-verify_ip", "-verify_hostname"):
        command = ["openssl", "verify", "-CAfile", str(host.authority / "authority.pem"), proof, name, str(tmp_path / "etc/tls/certificate.pem")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_a_name_that_is_no_common_name_is_proven_all_the_same(tmp_path):
    name = "ns1.a-rather-long-name-of-a-department.some-subsidiary.region-3.example.com"
    host = Host(tmp_path, "bind", name)
    host.run("-vvv")  # where nothing shows the key either
    command = ["openssl", "x509", "-noout", "-ext", "subjectAltName", "-in", str(tmp_path / "etc/tls/certificate.pem")]
    assert f"DNS:{name}\n" in subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_key_that_cannot_be_read_is_not_taken_for_none(tmp_path):
    host = Host(tmp_path, "bind")
    key = tmp_path / "etc/tls/key.pem"
    key.mkdir(parents=True)
    with pytest.raises(AssertionError, match=rf"(?i)source is a directory and must be a file: {key}\. No certificate was issued for ns1: let root"):
        host.run()
    assert [path.name for path in key.parent.iterdir()] == ["key.pem"]


FILES = {"nameserver_tls_certificate": "fullchain.pem", "nameserver_tls_key": "privkey.pem", "nameserver_tls_ca": "ca.pem"}


@pytest.mark.parametrize(
    ("given", "issued"),
    [
        (["certificate", "key", "ca"], []),
        (["certificate", "key"], ["authority.pem"]),
        (["ca"], ["certificate.pem", "key.pem"]),
    ],
    ids=["all", "all but the CA", "the CA"],
)
def test_files_that_are_given_are_left_alone_and_what_is_missing_is_issued(tmp_path, given, issued):
    host, live = Host(tmp_path, "bind"), tmp_path / "live"
    live.mkdir()
    live.chmod(0o755)
    for name in FILES.values():
        (live / name).write_text(f"{name} of an administrator\n")
        (live / name).chmod(0o644)
    variables = {f"nameserver_tls_{word}": str(live / FILES[f"nameserver_tls_{word}"]) for word in given}
    before = tree(live)
    host.run(given=variables)
    assert tree(live) == before
    assert sorted(path.name for path in (tmp_path / "etc").glob("tls/*")) == issued
    assert all("BEGIN" in (tmp_path / "etc/tls" / name).read_text() for name in issued)
    assert (host.authority / "authority.pem").exists(), "other hosts may need it"


def tree(directory):
    found = {path: path.stat() for path in [directory, *sorted(directory.iterdir())]}
    return {path: (status.st_mode, status.st_uid, status.st_gid, path.read_text() if path.is_file() else None) for path, status in found.items()}


@pytest.mark.parametrize(("given", "missing"), [("certificate", "key"), ("key", "certificate")])
def test_one_of_certificate_and_key_is_refused_before_anything_is_touched(tmp_path, given, missing):
    host = Host(tmp_path, "bind")
    (check,) = [task for task in yaml.safe_load((FOLDER / "tasks/main.yml").read_text()) if task["name"].startswith("Check the declaration")]
    (tmp_path / "tasks.yml").write_text(yaml.safe_dump([check]))
    play = yaml.safe_load((tmp_path / "play.yml").read_text())
    play[0]["tasks"][0]["ansible.builtin.include_role"]["public"] = True
    play[0]["tasks"].insert(1, {"ansible.builtin.include_tasks": "tasks.yml"})
    (tmp_path / "play.yml").write_text(yaml.safe_dump(play))
    told = f"nameserver_tls_{given}: is given without nameserver_tls_{missing}; give both, which belong together, or neither"
    with pytest.raises(AssertionError, match=told):
        host.run(given={f"nameserver_tls_{given}": "/etc/ssl/mine.pem"})
    assert not list((tmp_path / "etc").iterdir()) and not host.authority.exists()
