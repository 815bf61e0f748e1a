# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only secondary of a signed zone becomes its primary, once the one that signed is dead: with its keys, or not at all."""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import time

import pytest
import yaml
from ansible_collections.authoritative.dns.tests.integration.test_nameserver_signing import (
    NAME,
    SIGNERS,
    VERIFY,
    bind_alone,
    compared,
    losses,
    served,
    software,
    text,
    wait_until,
    zone,
)
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, BindHost, running_host

pytestmark = pytest.mark.skipif(VERIFY is None or not SIGNERS, reason="dnssec-verify is not installed, or no program that signs")
ROLE = pathlib.Path(__file__).parents[2] / "roles/nameserver"


class Pair:
    """A primary and its only secondary, which has a copy."""

    def __init__(self, primary, secondary):
        self.primary, self.secondary = primary, secondary

    def serve(self, dnssec, **arguments):
        """Until the primary dies. Returns the keys in the copy."""
        items = [zone(dnssec=dnssec, secondaries=[{"address": self.secondary.address, "port": self.secondary.port}, "ns2"])]
        self.primary.bring_declared(items, **arguments)
        wait_until(lambda: bool(self.primary.ask(NAME, "DNSKEY")) == bool(dnssec))
        source = {"address": self.primary.address, "port": self.primary.port}
        self.secondary.bring_declared([{"name": NAME, "records": zone()["records"], "primaries": [source], "secondaries": ["ns1"]}])
        wait_until(lambda: self.secondary.serial(NAME) == self.primary.serial(NAME))
        self.copy = served(self.primary) if dnssec else None
        self.primary.stop()
        return self.secondary.ask(NAME, "DNSKEY")

    def forget_key(self, tag):
        """As if the secondary had another one in its place."""
        if isinstance(self.secondary, BindHost):
            for path in (self.secondary.root / "own/signing/keys" / NAME).glob(f"*+{tag:05}.*"):
                path.unlink()
        else:
            keymgr = self.secondary.find("keymgr")
            subprocess.run([keymgr, "--config", str(self.secondary.config_file), NAME, "delete", str(tag)], capture_output=True, check=True)

    def bring_keys(self):
        """As the playbook dnssec_keys does."""
        software = self.primary.controller.__name__.rpartition(".")[2]
        scripts = yaml.safe_load((ROLE / f"vars/software/{software}.yml").read_text())["__nameserver_keys"]
        place = "own/signing" if isinstance(self.primary, BindHost) else "own"
        read = subprocess.run(["bash", "-c", scripts["read"], "bash", str(self.primary.root / place)], capture_output=True, check=True)
        (self.secondary.root / place).mkdir(exist_ok=True)
        done = subprocess.run(["bash", "-c", scripts["restore"], "bash", str(self.secondary.root / place)], input=read.stdout, capture_output=True, check=True)
        assert done.stdout.decode().split() == ["restored", NAME]


@pytest.fixture(params=SIGNERS, ids=lambda kind: kind.daemon)
def pair(tmp_path, request):
    with running_host(request.param, tmp_path / "primary") as primary, running_host(request.param, tmp_path / "secondary") as secondary:
        yield Pair(primary, secondary)


@pytest.fixture(params=SIGNERS, ids=lambda kind: kind.daemon)
def host(tmp_path, request):
    with running_host(request.param, tmp_path) as host:
        yield host


def test_its_own_copy_tells_that_others_rely_on_keys_that_it_does_not_have(pair):
    before = pair.serve(dnssec=True)
    found = compared(pair.secondary, [zone()])
    assert found["own_content"] == {}  # it is a copy, and nothing that it alone has
    assert before and found["keys_elsewhere"] == {NAME: ["this host's own copy has its DNSKEY"]}
    (told,) = losses(found)
    assert all(word in told for word in (f"zone {NAME}", "-e dnssec_keys_restore=true", "--limit ns1", "nameserver_allow_bogus"))
    pair.secondary.stop()
    found = compared(pair.secondary, [zone()])
    assert found["keys_elsewhere"] == {NAME: ["this host's own copy does not say whether it has its DNSKEY"]}
    pair.secondary.start()
    # with its keys it goes on
    pair.bring_keys()
    assert losses(compared(pair.secondary, [zone()])) == []
    pair.secondary.bring_declared([zone()])
    assert served(pair.secondary) and pair.secondary.ask(NAME, "DNSKEY") == before


TWO_KEYS = {"two": {"single_type_signing": False}}


def test_a_host_that_lacks_one_of_the_keys_with_which_a_zone_is_signed_does_not_sign_it(pair):
    """As one that signed it before: resolvers have signatures by the key that it lacks, and keys without the one that it has instead."""
    pair.serve("two", policies=TWO_KEYS)
    pair.bring_keys()
    assert losses(compared(pair.secondary, [zone(dnssec="two")], policies=TWO_KEYS)) == []
    keys = software(pair.secondary).keys({NAME: NAME})[NAME]
    assert len(keys) == 2
    (former,) = [key["key_tag"] for key in keys if not key["signs_keys"]]
    pair.forget_key(former)
    found = compared(pair.secondary, [zone(dnssec="two")], policies=TWO_KEYS)
    assert found["keys_elsewhere"] == {NAME: ["this host's own copy has its DNSKEY"]} and "lacks keys of it" in losses(found)[0]


@bind_alone
def test_a_signer_that_was_put_back_with_former_keys_is_told_by_a_newer_copy(host, tmp_path_factory):
    with running_host(BindHost, tmp_path_factory.mktemp("secondary")) as secondary:
        items = [zone(secondaries=[{"address": secondary.address, "port": secondary.port}, "ns2"])]

        def told():
            with host.declared(items) as application:
                application.payload["witnesses"] = {NAME: [("ns9", secondary.address, secondary.port, "DNSKEY", False)]}
                return application.compare(int(time.time()))

        host.bring_declared(items)
        assert served(host)
        host.stop()
        kept = tmp_path_factory.mktemp("snapshot")
        for part in ("state", "own"):
            shutil.copytree(host.root / part, kept / part, symlinks=True)
        former = host.signing_keys(NAME)
        for path in (host.root / "own/signing/keys" / NAME).iterdir():
            path.unlink()  # so that others take their place, as after a rollover
        for path in (host.root / "own/signing/zones").glob(f"{NAME}.*"):
            path.unlink()  # signatures by them, which 9.20 keeps
        host.start()
        wait_until(lambda: any(name.endswith(".private") for name in host.signing_keys(NAME)) and served(host))
        assert not {*former} & {*host.signing_keys(NAME)}
        for _time in range(3):  # days later
            serial = host.serial(NAME)
            host.sign(NAME)
            wait_until(lambda serial=serial: host.serial(NAME) > serial)
        source = {"address": host.address, "port": host.port}
        secondary.bring_declared([{"name": NAME, "records": zone()["records"], "primaries": [source], "secondaries": ["ns1"]}])
        wait_until(lambda: secondary.serial(NAME) == host.serial(NAME))
        assert losses(told()) == []
        host.stop()
        shutil.copytree(host.root / "own/signing/keys" / NAME, kept / "newer")
        newer = list((kept / "newer").iterdir())
        for part in ("state", "own"):
            shutil.rmtree(host.root / part)
            shutil.copytree(kept / part, host.root / part, symlinks=True)
        host.start()
        wait_until(lambda: host.serial(NAME))
        assert told()["keys_elsewhere"] == {NAME: ["ns9 has its DNSKEY"]}
        # its keys are brought back, and the server has yet to read them
        for path in newer:
            shutil.copy(path, host.root / "own/signing/keys" / NAME)
        assert losses(told()) == []


def test_an_unsigned_copy_is_in_nobodys_way(pair):
    assert pair.serve(dnssec=False) == []
    assert losses(compared(pair.secondary, [zone()])) == []
    pair.secondary.bring_declared([zone()])
    assert served(pair.secondary)


@pytest.mark.parametrize("kind", INSTALLED, ids=lambda kind: kind.daemon)
def test_a_signed_copy_is_served_with_its_signatures_if_these_are_declared(tmp_path, kind):
    with running_host(SIGNERS[0], tmp_path / "primary") as primary, running_host(kind, tmp_path / "secondary") as secondary:
        pair = Pair(primary, secondary)
        pair.serve(dnssec=True)
        found = compared(secondary, [{"name": NAME, "file": pair.copy.to_text(relativize=False), "secondaries": ["ns2"]}])
        assert (found["own_content"], found["ds_without_keys"]) == ({}, {})
        found = compared(secondary, [zone(dnssec=False)])
        assert (found["own_content"], found["ds_without_keys"]) == ({}, {NAME: ["this host's own copy has its DNSKEY"]})
        assert "without signatures" in losses(found)[0]


def test_a_signer_that_lost_its_state_goes_on_with_its_keys(host):
    host.bring_declared([zone()])
    assert served(host)
    had = host.signing_keys(NAME)
    shutil.rmtree(host.root / "state")
    found = compared(host, [zone()])
    assert (found["own_content"], losses(found)) == ({}, [])
    found = compared(host, [zone(dnssec=False)])
    assert (found["own_content"], found["ds_without_keys"]) == ({}, {NAME: ["this host's own copy has its DNSKEY"]})
    host.bring_declared([zone("192.0.2.2")])
    assert text(served(host), f"www.{NAME}.", "A") == ["192.0.2.2"] and host.signing_keys(NAME) == had


@bind_alone
def test_a_primary_that_lost_its_keys_makes_no_others(host):
    host.bring_declared([zone()])
    assert served(host) and compared(host, [zone()])["keys_elsewhere"] == {}
    shutil.rmtree(host.root / "own/signing/keys" / NAME)
    assert compared(host, [zone("192.0.2.2")])["keys_elsewhere"] == {NAME: ["this host's own copy has its DNSKEY"]}
