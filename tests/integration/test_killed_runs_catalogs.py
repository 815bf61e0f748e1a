# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that are killed while zones come to a catalog, change it or leave it: the next one finishes, and Knot DNS, which keeps members, loses none.

They are killed before each command; with FAULTS=all before each operation on files as well.
"""

from __future__ import annotations

import os

import pytest
from ansible_collections.authoritative.dns.tests.support.catalog_pairs import answer, pair_with_users, wait_for, zones
from ansible_collections.authoritative.dns.tests.support.killed_runs import MOST
from ansible_collections.authoritative.dns.tests.support.operations import COMMANDS, killed_before
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, KnotHost

pytestmark = [
    pytest.mark.skipif(KnotHost not in INSTALLED, reason="Knot DNS is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="servers take users of their own where root starts them"),
]

AMONG = () if os.environ.get("FAULTS") == "all" else COMMANDS


def forms(catalog, *numbers):
    return {"zones": zones(*numbers, catalog=catalog), "catalogs": [{"name": catalog}] if catalog else []}


OLD, NEW, ALONE = forms("old.example", 1, 2), forms("new.example", 1, 3), forms(None, 1, 2)


def wait_until_it_serves(host, form):
    expected = {f"www.zone{number}.test": ("REFUSED", []) for number in (1, 2, 3)}
    expected.update({f"www.{zone}": ("NOERROR", [address]) for zone, (address, _more) in form["zones"].items()})
    wait_for(lambda: {name: answer(host, name) for name in expected}, expected)


@pytest.mark.parametrize("before,after", [(OLD, NEW), (OLD, ALONE), (ALONE, NEW)], ids=["another catalog", "none any more", "one for the first time"])
def test_whatever_a_run_was_about_to_do_when_it_was_killed(before, after):
    with pair_with_users(INSTALLED[0], KnotHost) as pair:
        host, found = pair.consumer, 0
        pair.bring(**before)
        wait_until_it_serves(host, before)
        for number in range(1, MOST):
            pair.bring(**after, hosts=[pair.primary])
            generation = os.readlink(host.current)
            with pair.application(host, **after) as application:
                killed, name = killed_before(number, lambda application=application: application.apply(os.replace), AMONG)
            host.wait_for_restart()
            if os.readlink(host.current) == generation:  # nothing came to the server yet
                pair.bring(**before, hosts=[host])
                continue
            print(f"{number}, before {name}")
            found += 1
            pair.bring(**after)
            wait_until_it_serves(host, after)
            host.stop()
            host.start()
            wait_until_it_serves(host, after)
            assert not pair.bring(**after)[1]["changed"]
            if not killed:
                break
            pair.bring(**before)
            wait_until_it_serves(host, before)
        assert found > 1 and number < MOST
