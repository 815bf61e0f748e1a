# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server says that it learned from a catalog is what the proof of membership sees, with every program that learns."""

from __future__ import annotations

import os

import pytest
from ansible_collections.authoritative.dns.tests.support.catalog_pairs import (
    CATALOG,
    CONSUMERS,
    answer,
    membership,
    membership_faults,
    pair_with_users,
    wait_for,
    zones,
)
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="servers take users of their own where root starts them")
LONG = {"a-name-that-is-so-long-that-it-is-in-no-name-of-a-file.in-full.test": ("192.0.2.9", {})}


@pytest.fixture(scope="module", params=CONSUMERS, ids=lambda kind: kind.daemon)
def pair(request):
    with pair_with_users(INSTALLED[0], request.param) as found:
        yield found


def test_what_the_catalog_lists_is_learned_and_nothing_else(pair):
    listed = {**zones(1, 2), **LONG}
    pair.bring(listed)
    for name in listed:
        wait_for(lambda name=name: answer(pair.consumer, f"www.{name}")[0], "NOERROR")
    found = membership(pair.consumer, listed)
    assert found["summary"]["states"] == {"learned": 3, "not_learned": 0, "unlisted": 0} and not found["warnings"]
    # The primary was not provisioned when the declaration lost a zone, and got another one.
    found = membership(pair.consumer, zones(1, 2, 4), 0.0)
    assert membership_faults(found) == {(*LONG, "unlisted"), ("zone4.test", "not_learned")}
    assert f"zone4.test of the catalog {CATALOG} at ns2/192.0.2.2: not_learned: " in found["msg"]
    assert "What helps against unlisted: provision the catalog's primaries" in found["msg"]
    # What the remedies say.
    pair.bring(zones(1, 2, 4))
    assert not membership_faults(membership(pair.consumer, zones(1, 2, 4)))


def test_of_a_catalog_from_which_a_server_does_not_learn_nothing_is_proven(pair):
    pair.bring(zones(1, catalog=None), catalogs=())
    found = membership(pair.consumer, zones(1, 2))
    assert found["summary"]["states"] == {} and not found["results"]
