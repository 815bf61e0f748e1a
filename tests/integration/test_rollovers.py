# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys and algorithms of a signed zone are replaced, and at every look the whole zone is in order for a validator, with the DS that the zone above has."""

from __future__ import annotations

import time

import dns.dnssec
import dns.rdata
import pytest
from ansible_collections.authoritative.dns.tests.integration.test_nameserver_signing import NAME, QUICK, SIGNERS, VERIFY, served, software, zone
from ansible_collections.authoritative.dns.tests.support.server_host import KnotHost, running_host

KINDS = [kind for kind in SIGNERS if kind is KnotHost]
pytestmark = pytest.mark.skipif(VERIFY is None or not KINDS, reason="dnssec-verify is not installed, or no program that signs")
FILES = {NAME: NAME}
PAIR = {name: {**policy, "single_type_signing": False} for name, policy in QUICK.items()}


@pytest.fixture(params=KINDS, ids=lambda kind: kind.daemon)
def host(tmp_path, request):
    with running_host(request.param, tmp_path) as host:
        yield host


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
    """One key of each kind, and the zone above knows."""
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
