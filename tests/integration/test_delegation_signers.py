# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The DS of a declared zone follows in the declared zone above, through everything that becomes of its keys, and nobody writes one."""

from __future__ import annotations

import shutil
import time

import dns.dnssec
import dns.rdata
import pytest
from ansible_collections.authoritative.dns.tests.integration.test_nameserver_signing import NAME, QUICK, SIGNERS, VERIFY, served, software, zone
from ansible_collections.authoritative.dns.tests.support.server_host import BindHost, running_host

pytestmark = pytest.mark.skipif(VERIFY is None or not SIGNERS, reason="dnssec-verify is not installed, or no program that signs")
FILES = {NAME: NAME}
ABOVE = {"name": "example", "records": [{"type": "NS", "value": "ns1"}, {"name": "ns1", "type": "A", "value": "192.0.2.53"}]}


@pytest.fixture(params=SIGNERS, ids=lambda kind: kind.daemon)
def host(tmp_path, request):
    with running_host(request.param, tmp_path) as host:
        yield host


class Story:
    """What an administrator does: the playbooks site and dnssec, again and again."""

    def __init__(self, host):
        self.host, self.remembered = host, set()
        self.bring()

    def bring(self, dnssec="quick", policies=None, **options):
        return self.host.bring_declared([ABOVE, zone(ttl=1, dnssec=dnssec, **options)], policies=policies or QUICK)

    def run(self, **options):
        """DS records in the zone above after a run, and the keys. Fails where a resolver would find the zone forged that remembers former ones."""
        self.bring(**options)
        there = set(self.host.ask(NAME, "DS"))
        signer = software(self.host)
        keys = [key for key in signer.keys(FILES)[NAME] if key["signs_keys"]]
        assert not there & {_ds(key) for key in keys if key["states"]["ds"] == "hidden"}, "too early"
        for key in keys:
            is_there = _ds(key) in there
            what = {"rumoured": "published" if is_there else None, "unretentive": None if is_there else "withdrawn"}.get(key["states"]["ds"])
            if what and key["told"] is None:
                signer.tell_ds(NAME, key["key_tag"], what)
        signatures = {(signature.key_tag, signature.algorithm) for signature in served(self.host).get_rdataset(f"{NAME}.", "RRSIG", "DNSKEY")}
        for dses in filter(None, (there, self.remembered)):  # one of them is enough (RFC 4035 section 5.2)
            assert any((int(ds.split()[0]), int(ds.split()[1])) in signatures for ds in dses), (dses, signatures)
        self.remembered = there
        return there, signer.keys(FILES)[NAME]

    def until(self, right, **options):
        deadline = time.monotonic() + 240
        while not right(*(seen := self.run(**options))):
            assert time.monotonic() < deadline, (seen, self.host.kept)
            time.sleep(0.2)
        return seen


def _ds(key):
    return dns.dnssec.make_ds(f"{NAME}.", dns.rdata.from_text("IN", "DNSKEY", key["dnskey"]), "SHA256").to_text()


def settled(there, keys):
    """The zone above has the DS of each key, and the signer knows."""
    mine = [key for key in keys if key["signs_keys"] and key["goal"] != "hidden"]
    return there == {_ds(key) for key in mine} and all(key["states"]["ds"] == "omnipresent" for key in mine)


def test_a_ds_comes_follows_a_rollover_and_goes(host):
    story = Story(host)
    assert host.ask(NAME, "DS") == [] and "signed 3600 IN NS ns1.example." in (host.root / "state/current/zones/example").read_text()
    first, keys = story.until(settled)
    before = host.serial("example"), (host.root / "state/current/zones/example").read_text()
    again = story.bring()
    assert (again["changed"], again["zones_changed"], host.kept) == (False, {}, [])
    assert (host.serial("example"), (host.root / "state/current/zones/example").read_text()) == before
    assert host.agrees
    (tag,) = {key["key_tag"] for key in keys if key["signs_keys"]}
    software(host).roll(NAME, tag)
    second, _keys = story.until(lambda there, keys: settled(there, keys) and there != first)
    assert len(first) == len(second) == 1 and first.isdisjoint(second)
    story.until(lambda there, _keys: not there, dnssec="insecure")
    assert not story.bring(dnssec="insecure")["zones_changed"]


@pytest.mark.parametrize("host", [kind for kind in SIGNERS if kind is BindHost], indirect=True, ids=lambda kind: kind.daemon)
def test_a_ds_gets_the_ttl_that_its_policy_has_now(host):
    story = Story(host)
    first, _keys = story.until(settled)

    def lines():
        return [line.split(" IN DS ") for line in (host.root / "state/current/zones/example").read_text().splitlines() if " IN DS " in line]

    ((before, data),) = lines()
    longer = {"quick": {**QUICK["quick"], "parent_ds_ttl": 600}}
    host.silent = ("127.0.0.2",)  # whoever is in the way of other records is in nobody's way here
    assert story.bring(policies=longer)["zones_changed"].keys() == {"example"} and before == "signed 1"
    assert lines() == [["signed 600", data]] and set(host.ask(NAME, "DS")) == first
    assert not story.bring(policies=longer)["changed"] and host.agrees


def test_what_is_not_proven_changes_nothing_and_is_told_by_name(host):
    story = Story(host)
    host.silent = ("127.0.0.2",)  # where a server of the zone should be
    deadline = time.monotonic() + 60
    while not host.kept:
        assert time.monotonic() < deadline
        story.bring()
    assert host.ask(NAME, "DS") == []
    assert f"zone example: the DS records of {NAME} stay as they are (none)" in host.kept[0] and "ns2 gave no answer about its keys" in host.kept[0]
    host.silent = ()
    first, keys = story.until(settled)
    software(host).roll(NAME, next(key["key_tag"] for key in keys if key["signs_keys"]))
    host.silent = ("127.0.0.2",)
    deadline = time.monotonic() + 60
    while not host.kept:
        assert time.monotonic() < deadline and set(host.ask(NAME, "DS")) == first
        assert not story.bring()["zones_changed"]
    assert set(host.ask(NAME, "DS")) == first
    story.bring(records=[*zone()["records"], {"name": "new", "type": "A", "value": "192.0.2.2"}])
    assert set(host.ask(NAME, "DS")) == first


@pytest.mark.parametrize("host", [kind for kind in SIGNERS if kind is BindHost], indirect=True, ids=lambda kind: kind.daemon)
def test_other_changes_above_keep_the_ds_and_so_does_the_loss_of_its_text(host):
    story = Story(host)
    first, _keys = story.until(settled)
    host.silent = ("127.0.0.2",)
    more = {**ABOVE, "records": [*ABOVE["records"], {"name": "www", "type": "A", "value": "192.0.2.80"}]}
    assert host.bring_declared([more, zone(ttl=1, dnssec="quick")], policies=QUICK)["zones_changed"].keys() == {"example"}
    assert set(host.ask(NAME, "DS")) == first and host.ask("www.example", "A") == ["192.0.2.80"]
    shutil.rmtree(host.root / "state")  # the server has what it read, and nobody else knows of the DS
    host.bring_declared([more, zone(ttl=1, dnssec="quick")], policies=QUICK)
    assert set(host.ask(NAME, "DS")) == first
    by_hand = {
        **more,
        "records": [*more["records"], *({"name": "signed", "type": kind, "value": value} for kind, value in (("NS", "ns1"), ("DS", "1 13 2 " + "ab" * 32)))],
    }
    host.bring_declared([by_hand, zone(ttl=1, dnssec="quick")], policies=QUICK)
    assert host.ask(NAME, "DS") == ["1 13 2 " + "ab" * 32]
