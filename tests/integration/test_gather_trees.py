# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""BIND configurations of all kinds, gathered and taken over: nothing that they serve changes, and all of it goes back as it was."""

from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.tests.support.adoption_story import PARTNER, story
from ansible_collections.authoritative.dns.tests.support.adoption_trees import TOLD, TREES, UPSTREAM, upstream
from ansible_collections.authoritative.dns.tests.support.private_network import can_make_private_networks, in_private_network
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, BindHost

pytestmark = [
    pytest.mark.skipif(not can_make_private_networks(), reason="needs root for a private network"),
    pytest.mark.skipif(BindHost not in INSTALLED, reason="BIND is not installed"),
]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """All of them at once, each on a host of its own: an inventory of many servers is gathered in one run."""
    trees = {name: tree() for name, tree in TREES.items()}
    configuration = {"_upstream": (UPSTREAM, upstream()), **{name: (tree.address, tree.files) for name, tree in trees.items()}}
    zones = {name: tree.zones for name, tree in trees.items()}
    first = {name: tree.first for name, tree in trees.items() if tree.first}
    keys = ("raw-transfer", "lists-one", "includes-partner")
    addresses = [*(tree.address for tree in trees.values()), UPSTREAM, PARTNER, TOLD]

    def look():
        return story(tmp_path_factory.mktemp("trees"), configuration, zones, loaded=list(trees), keys=keys, first=first)

    return in_private_network(look, addresses=addresses, timeout=300)


@pytest.mark.parametrize("name", TREES)
def test_it_is_taken_over_and_given_back_as_it_was(told, name):
    proof, tree = told.proofs[name], TREES[name]()
    proof.hold(tree.closed)
    assert proof.asked > 50
    kept = {item["statement"].removeprefix("zone ") for item in told.report["statements"] if item["host"] == name and item["fate"] == "kept"}
    assert set(tree.kept) <= kept and not {*tree.zones} - {*tree.kept} & kept
    fates = {item["statement"]: item["fate"] for item in told.report["statements"] if item["host"] == name}
    assert tree.fates.items() <= fates.items()
    changes = {item["about"] for item in told.report["findings"] if "nothing says at which address" in item["text"]}
    assert {f"zone {zone}" for zone in tree.closed} == changes & {f"zone {zone}" for zone in tree.zones}
