# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server says that it learned from a catalog is what the proof of membership sees, with every program that learns."""

from __future__ import annotations

import os

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.proof import verification
from ansible_collections.authoritative.dns.plugins.module_utils.reading import bind, knot, membership, nsd, powerdns
from ansible_collections.authoritative.dns.tests.support.catalog_pairs import CATALOG, CONSUMERS, answer, pair_with_users, wait_for, zones
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="servers take users of their own where root starts them")
READERS = {"named": bind.Bind, "nsd": nsd.Nsd, "knot": knot.Knot, "pdns_server": powerdns.PowerDns}
LONG = {"a-name-that-is-so-long-that-it-is-in-no-name-of-a-file.in-full.test": ("192.0.2.9", {})}


@pytest.fixture(scope="module", params=CONSUMERS, ids=lambda kind: kind.daemon)
def pair(request):
    with pair_with_users(INSTALLED[0], request.param) as found:
        yield found


def proof(host, members, wait_timeout=30.0):
    reader = READERS[host.daemon](lambda command, _directory: host.run(command), type(host).find, host.layout["config_file"])
    reader.user = host.account
    params = {"server": "ns2/192.0.2.2", "address": "192.0.2.2", "catalogs": [{"name": CATALOG, "members": list(members)}], "wait_timeout": wait_timeout}
    common = {"deadline": 60.0, "detail": "faults", "max_results": 50}
    return verification.look(lambda given: membership.verify(given, lambda: [reader]), {**params, **common})


def faults(found):
    return {(result["zone"], result["state"]) for result in found["results"]}


def test_what_the_catalog_lists_is_learned_and_nothing_else(pair):
    listed = {**zones(1, 2), **LONG}
    pair.bring(listed)
    for name in listed:
        wait_for(lambda name=name: answer(pair.consumer, f"www.{name}")[0], "NOERROR")
    found = proof(pair.consumer, listed)
    assert found["summary"]["states"] == {"learned": 3, "not_learned": 0, "unlisted": 0} and not found["warnings"]
    # The primary was not provisioned when the declaration lost a zone, and got another one.
    found = proof(pair.consumer, zones(1, 2, 4), 0.0)
    assert faults(found) == {(*LONG, "unlisted"), ("zone4.test", "not_learned")}
    assert f"zone4.test of the catalog {CATALOG} at ns2/192.0.2.2: not_learned: " in found["msg"]
    assert "What helps against unlisted: provision the catalog's primaries" in found["msg"]
    # What the remedies say.
    pair.bring(zones(1, 2, 4))
    assert not faults(proof(pair.consumer, zones(1, 2, 4)))


def test_of_a_catalog_from_which_a_server_does_not_learn_nothing_is_proven(pair):
    pair.bring(zones(1, catalog=None), catalogs=())
    found = proof(pair.consumer, zones(1, 2))
    assert found["summary"]["states"] == {} and not found["results"]
