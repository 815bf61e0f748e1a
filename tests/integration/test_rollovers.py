# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys and algorithms of a signed zone are replaced, and at every look the whole zone is in order for a validator, with the DS that the zone above has."""

from __future__ import annotations

import time

import dns.dnssec
import dns.rdata
import pytest
from ansible_collections.authoritative.dns.tests.integration import test_dnssec
from ansible_collections.authoritative.dns.tests.integration.test_dnssec import parent, until
from ansible_collections.authoritative.dns.tests.integration.test_nameserver_signing import NAME, QUICK, SIGNERS, VERIFY, served, software, zone
from ansible_collections.authoritative.dns.tests.support.modules import run_module
from ansible_collections.authoritative.dns.tests.support.server_host import BindHost, KnotHost, running_host

KINDS = [kind for kind in SIGNERS if kind is KnotHost]
pytestmark = pytest.mark.skipif(VERIFY is None or not KINDS, reason="dnssec-verify is not installed, or no program that signs")
FILES = {NAME: NAME}
PAIR = {name: {**policy, "single_type_signing": False} for name, policy in QUICK.items()}


@pytest.fixture(params=KINDS, ids=lambda kind: kind.daemon)
def host(tmp_path, request):
    with running_host(request.param, tmp_path) as host:
        yield host


bind = test_dnssec.host


class ZoneAbove:
    """A zone above that does at once what the signer wants, and the word of it that the playbook dnssec gives to the signer."""

    def __init__(self, host):
        self.host, self.dses = host, set()

    def follow(self):
        """The keys that there are. Fails where a resolver would find the zone forged."""
        copy = served(self.host)
        signer = software(self.host)
        keys = signer.keys(FILES)[NAME]
        for key in (key for key in keys if key["signs_keys"]):
            what = {"rumoured": "published", "unretentive": "withdrawn"}.get(key["states"]["ds"])
            if what:
                (self.dses.add if what == "published" else self.dses.discard)(key["dnskey"])
            if what and key["told"] is None:
                signer.tell_ds(NAME, key["key_tag"], what)
        if any(key["states"].get("ds") == "omnipresent" for key in keys):  # of the DS of a key that is gone since the last look nobody knows any more
            self.dses &= {key["dnskey"] for key in keys}
        signatures = {(signature.key_tag, signature.algorithm) for signature in copy.get_rdataset(f"{NAME}.", "RRSIG", "DNSKEY")}
        for key in (dns.rdata.from_text("IN", "DNSKEY", text) for text in self.dses):  # whichever of them a resolver remembers
            assert (dns.dnssec.key_id(key), key.algorithm) in signatures, (key, keys)
        return signer.keys(FILES)[NAME]

    def until(self, right):
        deadline = time.monotonic() + 240
        while not right(keys := self.follow()):
            assert time.monotonic() < deadline, keys
            time.sleep(0.2)
        return keys


def tags(keys, *, signs_keys):
    return {key["key_tag"] for key in keys if key["signs_keys"] == signs_keys}


def settled(keys):
    """One key of each kind, and the zone above knows. BIND tells of keys that are gone for months."""
    keys = [key for key in keys if (key["goal"], key["states"]["dnskey"]) != ("hidden", "hidden")]
    return all(len(tags(keys, signs_keys=kind)) == 1 for kind in (True, False)) and all(key["states"].get("ds", "omnipresent") == "omnipresent" for key in keys)


def test_keys_and_algorithm_are_replaced_without_a_moment_in_which_the_zone_is_bogus(host):
    item, above = zone(ttl=1, dnssec="quick"), ZoneAbove(host)
    host.bring_declared([item], policies=PAIR)
    first = above.until(settled)
    for signs_keys in (False, True):
        (before,) = tags(first, signs_keys=signs_keys)
        software(host).roll(NAME, before)
        second = above.until(lambda keys, kind=signs_keys, before=before: settled(keys) and before not in tags(keys, signs_keys=kind))
        assert tags(second, signs_keys=not signs_keys) == tags(first, signs_keys=not signs_keys)
        first = second
    ed25519 = {name: {**policy, "algorithm": "ED25519"} for name, policy in PAIR.items()}
    host.bring_declared([item], policies=ed25519)
    above.until(lambda keys: settled(keys) and {key["algorithm"] for key in keys} == {15})
    assert not host.bring_declared([item], policies=ed25519)["changed"]


@pytest.mark.skipif(BindHost not in SIGNERS, reason="named is not installed")
def test_bind_replaces_a_key_again_and_again(bind):
    above = ZoneAbove(bind)
    bind.bring_declared([zone(ttl=1, dnssec="quick")], policies=PAIR)
    above.until(settled)
    for _rollover in range(2):
        had = set(above.dses)
        done = run_module("dnssec_signer", layout=bind.layout, rollover=[NAME])
        assert done["changed"], done
        above.until(lambda keys, had=had: settled(keys) and above.dses.isdisjoint(had))


def test_a_second_rollover_is_begun_or_refused_and_never_forgotten(host):
    def roll(*wanted):
        return run_module("dnssec_signer", software="knot", layout=host.layout, rollover=list(wanted))

    above = ZoneAbove(host)
    host.bring_declared([zone(ttl=1, dnssec="quick")], policies=PAIR)
    first = above.until(settled)
    (zsk,) = tags(first, signs_keys=False)
    refused = roll(NAME, f"{NAME}/{zsk}")
    assert refused["failed"] and refused["changed"] and "one key after the other" in refused["msg"], refused
    assert len(tags(software(host).keys(FILES)[NAME], signs_keys=True)) == 2
    assert not roll(NAME)["changed"]  # it is under way
    above.until(lambda keys: settled(keys) and tags(keys, signs_keys=True) != tags(first, signs_keys=True))
    assert roll(f"{NAME}/{zsk}")["changed"]
    above.until(lambda keys: settled(keys) and tags(keys, signs_keys=False) != {zsk})


def test_knot_is_told_of_a_ds_when_resolvers_have_forgotten_what_was_before(host):
    def look(above):
        asked = [("ns1", host), *((f"above{number}", one) for number, one in enumerate(above))]
        servers = [{"name": name, "address": one.address, "port": one.port} for name, one in asked]
        names = [name for name, _one in asked]
        zones = [{"name": NAME, "servers": names[:1], "parent_servers": names[1:]}]
        result = run_module("dnssec_info", software="knot", layout=host.layout, servers=servers, zones=zones, timeout=5.0)
        assert not result["failed"], result
        return result["zones"][0]

    def bring(**options):
        host.bring_declared([zone(ttl=1, dnssec="quick")], policies={name: {**policy, **options} for name, policy in PAIR.items()})

    def tell(found):
        assert found["state"] == "to_tell"
        assert run_module("dnssec_signer", software="knot", layout=host.layout, tell=found["tell"])["changed"]

    bring(max_zone_ttl=3600)
    with parent() as above:
        assert look([above])["state"] == "too_early" and host.ask(NAME, "CDS")
        bring(parent_ds_ttl=3600)
        found = until(lambda: look([above]), lambda found: found["state"] == "to_enter")
        (entry,) = found["add"]
        assert host.ask(NAME, "CDS") == [entry["ds"]]
    with parent(entry["ds"]) as above:
        tell(look([above]))
        assert look([above])["state"] == "waiting"
        bring()
        tell(until(lambda: look([above]), lambda found: found["tell"]))
        assert look([above])["state"] == "secure"
