# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of signed zones on the controller and back, by the playbook, with a server that made them and one that signs with them again."""

from __future__ import annotations

import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest
import yaml
from ansible_collections.authoritative.dns.tests.integration.test_nameserver_signing import served
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, BindHost, KnotHost, running_host

SIGNERS = [kind for kind in (BindHost, KnotHost) if kind in INSTALLED]
pytestmark = pytest.mark.skipif(os.geteuid() != 0 or not SIGNERS, reason="needs a program that signs, and rights to become another user")
each_signer = pytest.mark.parametrize("kind", SIGNERS, ids=lambda kind: kind.daemon)
WHERE = {BindHost: "own/signing", KnotHost: "own/keys"}
ROLE = pathlib.Path(__file__).parents[2] / "roles/nameserver"
NAME = "signed.example"
ZONE = {"name": NAME, "dnssec": True, "records": [{"type": "NS", "value": "ns1.example."}, {"name": "www", "type": "A", "value": "192.0.2.1"}]}
PASSWORD = "correct horse battery staple"


HERE = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "dns_addresses": ["127.0.0.91"]}
AWAY = {"ansible_connection": "ssh", "ansible_host": "127.0.0.92", "ansible_port": 1, "ansible_timeout": 5}  # where nobody listens
FORMER = {"dns_primaries": {"hosts": {"ns1": AWAY}}, "dns_secondaries": {"hosts": {"ns2": HERE, "ns3": {**AWAY, "ansible_host": "127.0.0.93"}}}}


def play(host, *extra, password=PASSWORD, playbook="dnssec_keys", inventory=None, **declared):
    """Run the playbook on this machine, where the host's directories are; (exit code, what it said)."""
    inventory = inventory or {"dns_primaries": {"hosts": {"ns1": HERE}}}
    place = host.root / "controller"
    place.mkdir(exist_ok=True)
    (place / "inventory.json").write_text(json.dumps(inventory))
    software = host.controller.__name__.rpartition(".")[2]
    variables = {"__nameserver_layout": host.layout, "nameserver_software": software, "dns_zones": [ZONE], **declared}
    variables |= {"dnssec_keys_password": password} if password else {}
    (place / "variables.json").write_text(json.dumps(variables))
    command = ["ansible-playbook", "-i", "inventory.json", f"authoritative.dns.{playbook}", "-e", "@variables.json", *extra]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=180, check=False)
    assert "PrivateKey" not in done.stdout + done.stderr and "PRIVATE KEY" not in done.stdout + done.stderr
    return done.returncode, done.stdout + done.stderr


def lose(host):
    """The host is lost, and what takes its place has nothing yet."""
    if host.runs():
        host.stop()
    shutil.rmtree(host.root / WHERE[type(host)])
    for directory in ("state", "own/journal", "own/timers"):
        shutil.rmtree(host.root / directory, ignore_errors=True)
    shutil.copy(next((host.root / "etc").glob("*.before-authoritative-dns")), host.config_file)


@each_signer
def test_keys_are_kept_encrypted_and_come_back(tmp_path, kind):
    with running_host(kind, tmp_path) as host:
        host.bring_declared([ZONE])
        before, known = host.signing_keys(NAME), host.ask(NAME, "DNSKEY")
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
        lose(host)
        code, said = play(host, "-e", "dnssec_keys_restore=true", password="not the right one")
        assert code and not list((host.root / WHERE[kind]).rglob("*"))
        code, said = play(host, "-e", "dnssec_keys_restore=true")
        assert code == 0 and "changed=1" in said, said
        assert host.signing_keys(NAME) == before
        private = [path for path in (host.root / WHERE[kind]).rglob("*") if path.suffix in (".private", ".pem")]
        assert private and not [path for path in private if path.stat().st_mode & 0o007]
        code, said = play(host, "-e", "dnssec_keys_restore=true")
        assert code == 0 and "changed=0" in said, said
        host.start()
        host.bring_declared([ZONE])
        assert host.ask(NAME, "DNSKEY") == known and host.signing_keys(NAME) == before


def test_a_directory_that_is_given_is_relative_to_the_inventory(tmp_path):
    with running_host(SIGNERS[0], tmp_path) as host:
        host.bring_declared([ZONE])
        code, said = play(host, dnssec_keys_directory="kept/keys")
        assert code == 0 and "changed=2" in said and (host.root / "controller/kept/keys/ns1.vault").exists(), said
        had = host.signing_keys(NAME)
        lose(host)
        code, said = play(host, "-e", "dnssec_keys_restore=true", dnssec_keys_directory="kept/keys")
        assert code == 0 and host.signing_keys(NAME) == had, said


OWN = {"dns_zones": [{**ZONE, "primaries": ["ns2"], "secondaries": ["ns3"]}]}
BY_NS2 = pytest.mark.parametrize("declared", [{"dns_promoted": "ns2"}, OWN], ids=["promoted", "own primaries"])


@BY_NS2
def test_keys_are_kept_of_the_host_that_signs_in_whichever_group_it_is(tmp_path, declared):
    with running_host(SIGNERS[0], tmp_path) as host:
        host.bring_declared([ZONE])
        code, said = play(host, inventory=FORMER, **declared)
        assert code == 0 and "changed=2" in said and "unreachable=1" not in said, said
        assert [path.name for path in (host.root / "controller/dnssec_keys").iterdir()] == ["ns2.vault"]
        # it is lost, and gets the keys before anybody declares it
        had = host.signing_keys(NAME)
        lose(host)
        code, said = play(host, "-e", "dnssec_keys_restore=true", inventory=FORMER, dns_zones=[])
        assert code and "No host of this run signs a zone" in said and "--limit" in said, said
        for named in (["--limit", "ns2"], ["-e", "dnssec_keys_hosts=ns2"]):
            code, said = play(host, "-e", "dnssec_keys_restore=true", *named, inventory=FORMER, dns_zones=[])
            assert code == 0 and "failed=0" in said and host.signing_keys(NAME) == had, said


@BY_NS2
def test_keys_are_looked_at_on_the_host_that_signs_in_whichever_group_it_is(tmp_path, declared):
    with running_host(SIGNERS[0], tmp_path) as host:
        host.bring_declared([ZONE])
        code, said = play(host, playbook="dnssec", inventory=FORMER, **declared)
        assert code == 0 and f"{NAME}: " in said and "unreachable=1" not in said, said


def test_keys_are_replaced_where_a_host_of_the_run_signs_and_nowhere_else(tmp_path):
    with running_host(SIGNERS[0], tmp_path) as host:
        host.bring_declared([ZONE])
        code, said = play(host, "-e", "dnssec_rollover=sined.example", playbook="dnssec", inventory=FORMER, **OWN)
        assert code and f"no host of this run signs; it signs {NAME}" in " ".join(said.split()), said
        code, said = play(host, "-e", f"dnssec_rollover={NAME}", "--limit", "ns3", playbook="dnssec", inventory=FORMER, **OWN)
        assert code and f"dnssec_rollover names {NAME}, which no host of this run signs" in " ".join(said.split()), said


def test_where_nobody_signs_no_host_is_reached(tmp_path):
    with running_host(SIGNERS[0], tmp_path) as host:
        for playbook in ("dnssec_keys", "dnssec"):
            code, said = play(host, playbook=playbook, inventory=FORMER, dns_zones=[{**ZONE, "dnssec": False}])
            assert code == 0 and "unreachable=1" not in said and "changed=0" in said, said


@each_signer
def test_other_keys_stay_and_are_told(tmp_path, kind):
    with running_host(kind, tmp_path) as host:
        host.bring_declared([ZONE])
        assert play(host)[0] == 0
        lose(host)
        host.start()
        host.bring_declared([{**ZONE, "dnssec": "nist"}])
        made = host.signing_keys(NAME)
        host.stop()
        assert made
        code, said = play(host, "-e", "dnssec_keys_restore=true")
        assert code and f"{NAME} on ns1 lack keys of ns1.vault and have others" in " ".join(said.split()), said
        assert host.signing_keys(NAME) == made
        host.start()


def forget_keys(host, *zones):
    """The host has these zones' keys no longer, and nothing else is other than before."""
    for zone in zones:
        if isinstance(host, BindHost):
            shutil.rmtree(host.root / WHERE[BindHost] / "keys" / zone)
        for key in host.signing_keys(zone) if isinstance(host, KnotHost) else ():
            command = [host.find("keymgr"), "--dir", str(host.root / WHERE[KnotHost]), zone, "delete", key]
            subprocess.run(command, capture_output=True, check=True)


@each_signer
def test_what_was_kept_outlives_what_the_host_loses(tmp_path, kind):
    lost, other = {**ZONE, "name": "lost.example"}, {**ZONE, "name": "other.example"}
    with running_host(kind, tmp_path) as host:
        host.bring_declared([lost, other])
        had = host.signing_keys("lost.example")
        host.stop()
        code, said = play(host, "-e", "dnssec_keys_from=ns2")  # which is about bringing back
        assert code == 0 and "changed=2" in said, said
        place = host.root / "controller/dnssec_keys"
        kept = place / "ns1.vault"
        assert list(place.iterdir()) == [kept]
        first = kept.read_bytes()
        forget_keys(host, "lost.example")
        code, said = play(host, "--check")
        assert code == 0 and list(place.iterdir()) == [kept] and kept.read_bytes() == first, said
        code, said = play(host)
        assert code == 0 and "changed=2" in said and kept.read_bytes() != first, said
        [former] = set(place.iterdir()) - {kept}
        assert former.read_bytes() == first and former.stat().st_mode & 0o777 == 0o600
        told = " ".join(said.split())
        assert "Keys that ns1 has no longer: lost.example (tag " in told and "other.example (" not in told and f"dnssec_keys_from={former.stem}" in told, said
        code, said = play(host)
        assert code == 0 and "changed=0" in said and len(list(place.iterdir())) == 2, said
        # with no key at all it is not replaced, whatever else is in the directory
        second = kept.read_bytes()
        forget_keys(host, "other.example")
        code, said = play(host)
        assert code and kept.read_bytes() == second and "other.example (tag " in said and "dnssec_keys_restore=true" in said, said
        shutil.rmtree(host.root / WHERE[kind])
        code, said = play(host)
        assert code and kept.read_bytes() == second and "other.example (tag " in said, said
        code, said = play(host, password="not the right one")
        assert code and kept.read_bytes() == second and "Decryption failed" in said, said
        code, said = play(host, "-e", "dnssec_keys_restore=true", "-e", f"dnssec_keys_from={former.stem}")
        assert code == 0 and "changed=1" in said and host.signing_keys("lost.example") == had, said


def test_what_was_kept_and_cannot_be_read_is_not_replaced(tmp_path):
    with running_host(SIGNERS[0], tmp_path) as host:
        host.bring_declared([ZONE])
        kept = host.root / "controller/dnssec_keys/ns1.vault"
        kept.parent.mkdir(parents=True)
        kept.symlink_to(kept.name)  # as little to be read, by root too, as another user's file
        code, said = play(host)
        assert code and kept.is_symlink() and "Read what was kept before" in said, said


@pytest.mark.skipif(BindHost not in SIGNERS, reason="BIND is not installed")
def test_keys_that_have_ended_do_not_count_as_those_that_are_to_come_back(tmp_path):
    script = yaml.safe_load((ROLE / "vars/software/bind.yml").read_text())["__nameserver_keys"]["restore"]
    kept, here = (tmp_path / part / "keys" / NAME for part in ("kept", "here"))
    for place, goal in (kept, "omnipresent"), (here, "hidden"):
        place.mkdir(parents=True)
        (place / "Ksigned.example.+013+12345.private").write_text("key\n")
        (place / "Ksigned.example.+013+12345.state").write_text(f"Algorithm: 13\nGoalState: {goal}\nDNSKEYState: {goal}\n")
    given = {}
    for part in "kept", "here":
        made = subprocess.run(["tar", "--create", "--directory", str(tmp_path / part), "keys"], capture_output=True, check=True)
        given[part] = base64.b64encode(made.stdout)
    bring = ["bash", "-c", script, "bash", str(tmp_path / "here")]
    said = {part: subprocess.run(bring, input=text, capture_output=True, check=True).stdout.decode() for part, text in given.items()}
    assert said == {"kept": f"other {NAME}\n", "here": ""}
    state = here / "Ksigned.example.+013+12345.state"
    state.write_text(state.read_text().replace("DNSKEYState: hidden", "DNSKEYState: omnipresent"))  # the zone is on its way to be signed no longer
    assert subprocess.run(bring, input=given["kept"], capture_output=True, check=True).stdout == b""


def pair(tmp_path, first, second):
    """Two hosts, one after the other, with the files of one controller."""
    (tmp_path / "controller").mkdir()
    for number, kind in enumerate((first, second)):
        (tmp_path / str(number)).mkdir()
        with running_host(kind, tmp_path / str(number)) as host:
            (host.root / "controller").symlink_to(tmp_path / "controller")
            yield host


@pytest.mark.skipif(len(SIGNERS) < 2, reason="needs BIND and Knot DNS")
@pytest.mark.parametrize("policy", ["standard", "two"])
def test_a_lost_bind_is_replaced_by_knot_with_the_same_keys(tmp_path, policy):
    policies, item = {"two": {"single_type_signing": False, "algorithm": "ED25519", "nsec3": True}}, {**ZONE, "dnssec": policy, "secondaries": ["ns2"]}
    hosts = pair(tmp_path, BindHost, KnotHost)
    lost = next(hosts)
    lost.bring_declared([item], policies=policies)
    known = lost.ask(NAME, "DNSKEY")
    assert play(lost)[0] == 0
    host = next(hosts)
    code, said = play(host, "-e", "dnssec_keys_restore=true")
    assert code == 0 and "changed=1" in said, said
    had = host.signing_keys(NAME)
    host.bring_declared([item], policies=policies)
    assert host.ask(NAME, "DNSKEY") == known and host.signing_keys(NAME) == had and len(known) == (1 if policy == "standard" else 2)
    assert served(host)
    code, said = play(host, "-e", "dnssec_keys_restore=true")
    assert code == 0 and "changed=0" in said, said
    host.sign(NAME)  # knotd goes on with them, and makes no others
    assert host.ask(NAME, "DNSKEY") == known
    hosts.close()


@pytest.mark.skipif(len(SIGNERS) < 2, reason="needs BIND and Knot DNS")
def test_keys_of_knot_are_told_to_be_no_keys_for_bind(tmp_path):
    hosts = pair(tmp_path, KnotHost, BindHost)
    lost = next(hosts)
    lost.bring_declared([ZONE])
    assert play(lost)[0] == 0
    host = next(hosts)
    code, said = play(host, "-e", "dnssec_keys_restore=true")
    assert code and f"The keys of {NAME} in ns1.vault are Knot DNS'" in " ".join(said.split()), said
    assert not list((host.root / "own/signing/keys").iterdir())
    hosts.close()


@pytest.mark.skipif(len(SIGNERS) < 2, reason="needs BIND and Knot DNS")
def test_keys_that_are_there_already_are_known_by_any_tag(tmp_path):
    script = yaml.safe_load((ROLE / "vars/software/knot.yml").read_text())["__nameserver_keys"]["restore"]
    place = tmp_path / "keys" / NAME
    place.mkdir(parents=True)
    make = [shutil.which("dnssec-keygen", path=f"{os.environ['PATH']}:/usr/sbin"), "-q", "-K", str(place), "-a", "13", "-f", "KSK", NAME]
    names = (subprocess.run(make, capture_output=True, text=True, check=True).stdout.strip() for _try in range(1000))
    name = next(name for name in names if int(name.rpartition("+")[2]) < 10000)  # which the programs write with zeros before it, or without
    for path in place.iterdir():
        if not path.name.startswith(name):
            path.unlink()
    given = base64.b64encode(subprocess.run(["tar", "--create", "--directory", str(tmp_path), "keys"], capture_output=True, check=True).stdout)
    bring = ["bash", "-c", script, "bash", str(tmp_path / "own")]
    (tmp_path / "own").mkdir()
    said = [subprocess.run(bring, input=given, capture_output=True, check=True).stdout.decode() for _time in range(2)]
    assert said == [f"restored {NAME}\n", ""]
