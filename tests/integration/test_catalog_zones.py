# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secondaries that learn of zones from a catalog (RFC 9432), with every program that can as its primary and as its consumer."""

from __future__ import annotations

import base64
import concurrent.futures
import contextlib
import os
import time

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.serving import catalog_members, served_serials
from ansible_collections.authoritative.dns.plugins.module_utils.serving.host_state import HostState
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software import knot_items, one_by_one
from ansible_collections.authoritative.dns.tests.support.catalog_pairs import (
    CATALOG,
    CONSUMERS,
    KEY,
    Pair,
    answer,
    configured,
    pair_with_users,
    start,
    wait_for,
    zones,
)
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED

pytestmark = pytest.mark.skipif(not CONSUMERS, reason="no program is installed that learns from catalogs")


@pytest.fixture(params=[(primary, consumer) for consumer in CONSUMERS for primary in INSTALLED], ids=lambda pair: f"{pair[0].daemon}-to-{pair[1].daemon}")
def pair(request, tmp_path):
    with contextlib.ExitStack() as stack:
        hosts = [stack.enter_context(start(kind, tmp_path / role)) for kind, role in zip(request.param, ("primary", "consumer"))]
        yield Pair(*hosts)


@pytest.fixture(params=CONSUMERS, ids=lambda kind: kind.daemon)
def consuming(request):
    """A pair whose programs run as users of their own, which may not remove what root wrote."""
    if os.geteuid():
        pytest.skip("servers take users of their own where root starts them")
    with pair_with_users(INSTALLED[0], request.param) as found:
        yield found


@pytest.fixture
def consuming_several(consuming):
    """Such a pair, whose consumer learns from several catalogs."""
    if consuming.consumer.capabilities().one_catalog:
        pytest.skip("it learns from one catalog, and gets stanzas for the members of others")
    return consuming


def test_a_consumer_may_be_the_primary_of_zones_of_its_own(consuming, monkeypatch):
    if not consuming.consumer.capabilities().primary:
        pytest.skip("it is supported as a secondary only")
    consuming.bring(zones(1, 2))
    wait_until_served(consuming.consumer, 1, 2)

    def own(address, *numbers):
        more = {"primaries": [consuming.consumer.name], "secondaries": [], "catalog": None}
        return {**zones(1, 2), **{f"own{number}.test": (address, more) for number in numbers}}

    for address, numbers in ("192.0.2.7", [1]), ("192.0.2.8", [1]), ("192.0.2.8", [1, 2]):
        (found,) = consuming.bring(own(address, *numbers), hosts=[consuming.consumer])
        assert found["changed"]
        wait_for(lambda numbers=numbers, address=address: answer(consuming.consumer, f"www.own{numbers[-1]}.test"), ("NOERROR", [address]))
    monkeypatch.setattr(one_by_one, "_ONE_OF", 1)  # as where there are hundreds
    monkeypatch.setattr(knot_items, "_FEWEST", 1)
    (found,) = consuming.bring(own("192.0.2.8", 1, 2, 3), hosts=[consuming.consumer])
    assert found["changed"]
    wait_for(lambda: answer(consuming.consumer, "www.own3.test"), ("NOERROR", ["192.0.2.8"]))
    wait_until_served(consuming.consumer, 1, 2)


def wait_until_served(host, *numbers):
    """Zones as L(zones) makes them."""
    for number in numbers:
        wait_for(lambda number=number: answer(host, f"www.zone{number}.test"), ("NOERROR", [f"192.0.2.{number}"]))


def test_secondaries_learn_of_zones_and_forget_them(pair):
    pair.bring(zones(1, 2))
    wait_until_served(pair.consumer, 1, 2)
    assert "zone1.test" not in configured(pair.consumer)
    # Nothing is left to do, and a further zone is none of the consumer's host's business.
    assert [found["changed"] for found in pair.bring(zones(1, 2))] == [False, False]
    assert [found["changed"] for found in pair.bring(zones(1, 2, 3))] == [True, False]
    wait_for(lambda: answer(pair.consumer, "www.zone3.test"), ("NOERROR", ["192.0.2.3"]))
    # Content follows as that of any other zone.
    pair.bring({**zones(1, 3), "zone2.test": ("192.0.2.22", {})})
    wait_for(lambda: answer(pair.consumer, "www.zone2.test"), ("NOERROR", ["192.0.2.22"]))
    removed = pair.bring(zones(2, 3))
    assert removed[0]["zones_removed"] == ["zone1.test"]
    wait_for(lambda: answer(pair.consumer, "www.zone1.test")[0], "REFUSED")
    assert answer(pair.consumer, "www.zone3.test")[0] == "NOERROR"
    pair.bring(zones(1, 2, 3))
    wait_for(lambda: answer(pair.consumer, "www.zone1.test"), ("NOERROR", ["192.0.2.1"]))


def test_members_are_served_after_a_restart_without_their_primary(pair):
    pair.bring(zones(1, 2))
    wait_until_served(pair.consumer, 1, 2)
    pair.primary.stop()
    pair.consumer.write()
    pair.consumer.stop()
    pair.consumer.start()
    wait_until_served(pair.consumer, 1, 2)


def test_zones_with_a_stanza_move_into_a_catalog_and_back(pair):
    alone = zones(1, 2, catalog=None)
    pair.bring(alone)
    wait_for(lambda: answer(pair.consumer, "www.zone1.test")[0], "NOERROR")
    moved = pair.bring(zones(1, 2))
    assert moved[1]["changed"] and moved[1]["zones_removed"] == []
    wait_until_served(pair.consumer, 1, 2)
    assert not any(path.exists() for path in pair.consumer.kept_of("zone1.test") if path.name == "zone1.test")
    pair.bring(alone, catalogs=())
    wait_until_served(pair.consumer, 1, 2)
    assert "zone1.test" in configured(pair.consumer)


def test_a_run_about_some_zones_takes_their_catalog_along(pair):
    pair.bring(zones(1))
    pair.bring({**zones(1), **zones(2)}, select="[?name=='zone2.test']")
    wait_for(lambda: answer(pair.consumer, "www.zone2.test"), ("NOERROR", ["192.0.2.2"]))
    assert answer(pair.consumer, "www.zone1.test")[0] == "NOERROR"


def test_members_are_transferred_with_their_catalogs_new_key(pair):
    pair.bring(zones(1, 2))
    wait_for(lambda: answer(pair.consumer, "www.zone1.test")[0], "NOERROR")
    changed = {**zones(2, 3), "zone1.test": ("192.0.2.11", {})}
    key = {"name": "new.example.", "secret": KEY["secret"]}
    serials = served_serials.serials(pair.consumer.address, ["zone1.test"], port=pair.consumer.port)
    pair.bring(changed, hosts=[pair.primary], key=key)
    with pair.application(pair.consumer, changed, key=key) as application:
        # It is told of this change when it does not know yet from its catalog with which key to ask for it.
        application.payload["brought"] = serials
        application.apply(os.replace)
    for number, address in ((1, "192.0.2.11"), (2, "192.0.2.2"), (3, "192.0.2.3")):
        wait_for(lambda number=number: answer(pair.consumer, f"www.zone{number}.test")[1], [address])


@pytest.mark.parametrize("catalog", [CATALOG, None], ids=["listed", "configured"])
def test_what_changes_together_with_a_keys_secret_is_transferred_with_the_new_one(consuming, catalog):
    before, after = ({**zones(2, catalog=catalog), "zone1.test": (address, {"catalog": catalog})} for address in ("192.0.2.1", "192.0.2.11"))
    consuming.bring(before)
    wait_until_served(consuming.consumer, 1, 2)
    key = {"name": KEY["name"], "secret": base64.b64encode(os.urandom(32)).decode()}
    serials = served_serials.serials(consuming.consumer.address, ["zone1.test"], port=consuming.consumer.port)
    consuming.bring(after, hosts=[consuming.primary], key=key)
    time.sleep(1)  # NOTIFY comes, and what the consumer asks for is refused
    with consuming.application(consuming.consumer, after, key=key) as application:
        application.payload["brought"] = serials
        application.apply(os.replace)
    wait_for(lambda: answer(consuming.consumer, "www.zone1.test"), ("NOERROR", ["192.0.2.11"]), 20)


def test_a_consumer_asks_for_members_of_which_a_comparison_found_that_it_was_not_told(consuming):
    consuming.bring(zones(1, 2))
    wait_until_served(consuming.consumer, 1, 2)
    consuming.consumer.write()
    consuming.consumer.stop()
    changed = {**zones(2), "zone1.test": ("192.0.2.11", {})}
    consuming.bring(changed, hosts=[consuming.primary])
    time.sleep(1)  # its NOTIFY reaches nobody
    consuming.consumer.start()
    wait_for(lambda: answer(consuming.consumer, "www.zone1.test")[0], "NOERROR")
    with consuming.application(consuming.consumer, changed) as application:
        application.payload["missed"] = ["zone1.test"]
        assert not application.apply(os.replace)["changed"]
    wait_for(lambda: answer(consuming.consumer, "www.zone1.test"), ("NOERROR", ["192.0.2.11"]))


def test_a_consumer_that_lost_its_catalog_while_it_asked_for_it_gets_all_members_again(consuming):
    consuming.bring(zones(1, 2))
    wait_until_served(consuming.consumer, 1, 2)
    with consuming.application(consuming.consumer, zones(1, 2)) as application:
        application.software.refresh([CATALOG])
    consuming.consumer.stop()  # and started, by its package for instance
    for zone in (CATALOG, "zone1.test", "zone2.test"):
        for path in consuming.consumer.kept_of(zone):
            path.unlink(missing_ok=True)
    consuming.consumer.start()
    assert not consuming.bring(zones(1, 2), hosts=[consuming.consumer])[0]["changed"]
    wait_until_served(consuming.consumer, 1, 2)


def test_a_group_changes_nothing_where_no_consumer_has_one(consuming):
    for group in ("gold", "silver", None):
        address = f"192.0.2.{len(group or '')}"
        consuming.bring({"zone1.test": (address, {"catalog_group": group}), **zones(2)})
        wait_for(lambda address=address: answer(consuming.consumer, "www.zone1.test"), ("NOERROR", [address]))
    assert answer(consuming.consumer, "www.zone2.test")[0] == "NOERROR"


def test_another_catalog_takes_the_place_of_one(consuming):
    consuming.bring(zones(1, 2, catalog="old.example"), catalogs=[{"name": "old.example"}])
    wait_until_served(consuming.consumer, 1, 2)
    consuming.bring(zones(1, 3, catalog="new.example"), catalogs=[{"name": "new.example"}])
    wait_for(lambda: answer(consuming.consumer, "www.zone3.test"), ("NOERROR", ["192.0.2.3"]))
    wait_for(lambda: answer(consuming.consumer, "www.zone1.test"), ("NOERROR", ["192.0.2.1"]))
    wait_for(lambda: answer(consuming.consumer, "www.zone2.test")[0], "REFUSED")
    consuming.consumer.write()
    consuming.consumer.stop()
    consuming.consumer.start()
    wait_for(lambda: answer(consuming.consumer, "www.zone1.test"), ("NOERROR", ["192.0.2.1"]))
    assert answer(consuming.consumer, "www.zone2.test")[0] == "REFUSED"


def test_a_stopped_server_leaves_a_catalog_once_it_runs_again(consuming):
    consuming.bring(zones(1, 2, catalog="old.example"), catalogs=[{"name": "old.example"}])
    wait_until_served(consuming.consumer, 1, 2)
    consuming.consumer.stop()
    moved = {"zones": zones(1, 3, catalog="new.example"), "catalogs": [{"name": "new.example"}]}
    consuming.bring(**moved)
    consuming.consumer.start()
    assert [found["changed"] for found in consuming.bring(**moved)] == [False, True]
    for number, expected in ((1, ("NOERROR", ["192.0.2.1"])), (2, ("REFUSED", [])), (3, ("NOERROR", ["192.0.2.3"]))):
        wait_for(lambda number=number: answer(consuming.consumer, f"www.zone{number}.test"), expected)
    assert [found["changed"] for found in consuming.bring(**moved)] == [False, False]


def test_a_zone_that_leaves_its_catalog_is_served_throughout_if_secondaries_go_first(consuming):
    if consuming.consumer.daemon == "named":
        pytest.skip("named refuses a stanza now and then while its catalog lists the zone: 'already exists'")
    consuming.bring(zones(1, 2))
    wait_until_served(consuming.consumer, 1, 2)
    left = {**zones(1, catalog=None), **zones(2)}
    with consuming.application(consuming.consumer, zones(1, 2)) as application:
        application.refresh()  # a question that is not answered yet is no reason to have nothing
    consuming.bring(left, hosts=[consuming.consumer])
    wait_for(lambda: answer(consuming.consumer, "www.zone1.test"), ("NOERROR", ["192.0.2.1"]))
    consuming.bring({**left, **zones(3)}, hosts=[consuming.primary])
    wait_for(lambda: answer(consuming.consumer, "www.zone3.test"), ("NOERROR", ["192.0.2.3"]))  # it read the catalog that lists it no longer
    for number in (1, 2):
        assert answer(consuming.consumer, f"www.zone{number}.test") == ("NOERROR", [f"192.0.2.{number}"])


def test_members_of_a_catalog_with_a_former_name_are_served_until_secondaries_follow(consuming):
    consuming.bring(zones(1, 2, catalog="old.example"), catalogs=[{"name": "old.example"}])
    wait_until_served(consuming.consumer, 1, 2)
    renamed = {"zone1.test": ("192.0.2.11", {"catalog": "new.example"}), **zones(2, catalog="new.example")}
    consuming.bring(renamed, catalogs=[{"name": "new.example"}], hosts=[consuming.primary])
    wait_for(lambda: answer(consuming.consumer, "www.zone1.test"), ("NOERROR", ["192.0.2.11"]))  # content follows
    consuming.bring(renamed, catalogs=[{"name": "new.example"}], hosts=[consuming.consumer])
    for name, address in (("www.zone1.test", "192.0.2.11"), ("www.zone2.test", "192.0.2.2")):
        wait_for(lambda name=name: answer(consuming.consumer, name)[1], [address])


def test_a_consumer_becomes_the_primary_and_the_primary_a_consumer(consuming):
    if not consuming.consumer.capabilities().primary:
        pytest.skip("it is supported as a secondary only")
    consuming.bring(zones(1, 2))
    wait_until_served(consuming.consumer, 1, 2)
    promoted = Pair(consuming.consumer, consuming.primary)
    promoted.bring(zones(1, 2))
    promoted.bring({**zones(1, 3), "zone2.test": ("192.0.2.22", {})})
    for host in (promoted.primary, promoted.consumer):
        for number, address in ((1, "192.0.2.1"), (2, "192.0.2.22"), (3, "192.0.2.3")):
            wait_for(lambda host=host, number=number: answer(host, f"www.zone{number}.test")[1], [address])
    assert [found["changed"] for found in promoted.bring({**zones(1, 3), "zone2.test": ("192.0.2.22", {})})] == [False, False]


def test_a_run_about_a_member_takes_no_other_from_secondaries(consuming):
    consuming.bring(zones(1, 2))
    wait_for(lambda: answer(consuming.consumer, "www.zone1.test")[0], "NOERROR")
    for others in ({}, zones(1, catalog=None)):
        with pytest.raises(Refused, match=f"catalog {CATALOG} lists zone1.test no longer, which this run is not about .* run once without dns_zone_select"):
            consuming.bring({**zones(2), **others}, select="[?name=='zone2.test']")
    consuming.bring(zones(1, 2, 3), select="[?name=='zone3.test']")
    wait_for(lambda: answer(consuming.consumer, "www.zone3.test"), ("NOERROR", ["192.0.2.3"]))
    assert answer(consuming.consumer, "www.zone1.test") == ("NOERROR", ["192.0.2.1"])


def test_a_run_about_other_zones_takes_none_from_a_host_that_learns_of_it(consuming):
    others = zones(2, catalog=None)
    consuming.bring({**zones(1), **others})
    wait_for(lambda: answer(consuming.consumer, "www.zone1.test")[0], "NOERROR")
    with pytest.raises(Refused, match=f"learns of zones from {CATALOG}, which is declared otherwise now, .* run once without dns_zone_select"):
        consuming.bring({**zones(1, catalog=None), **others}, catalogs=(), select="[?name=='zone2.test']")
    assert answer(consuming.consumer, "www.zone1.test") == ("NOERROR", ["192.0.2.1"])


def test_a_zone_that_goes_to_another_catalog_is_served_again_by_the_same_run(consuming_several):
    catalogs = [{"name": "old.example"}, {"name": "new.example"}]
    stays = {**zones(2, catalog="old.example"), **zones(3, catalog="new.example")}
    for catalog in ("old.example", "new.example", "old.example", "new.example"):
        consuming_several.bring({**zones(1, catalog=catalog), **stays}, catalogs=catalogs)
        wait_until_served(consuming_several.consumer, 1, 2, 3)


def about_to_move(consuming_several):
    """Zones 1 to 3 are served from two catalogs; the first is to go to the other one. Returns what shall be declared then, and how both are."""
    catalogs = [{"name": "old.example"}, {"name": "new.example"}]
    consuming_several.bring({**zones(1, 2, catalog="old.example"), **zones(3, catalog="new.example")}, catalogs=catalogs)
    wait_until_served(consuming_several.consumer, 1, 2, 3)
    return {**zones(1, 3, 4, catalog="new.example"), **zones(2, catalog="old.example")}, catalogs


def test_a_zone_whose_former_catalog_is_heard_of_last_is_served_again_by_the_same_run(consuming_several, monkeypatch):
    moved, catalogs = about_to_move(consuming_several)
    monkeypatch.setattr(HostState, "_keep_listed", lambda _state, _selected: None)
    consuming_several.bring(moved, catalogs=catalogs, hosts=[consuming_several.primary], select="[?name=='zone1.test' || name=='zone4.test']")
    wait_for(lambda: answer(consuming_several.consumer, "www.zone4.test")[0], "NOERROR")
    assert answer(consuming_several.consumer, "www.zone1.test") == ("NOERROR", ["192.0.2.1"])
    monkeypatch.setattr(catalog_members, "_BEGUN", 60.0)
    with consuming_several.application(consuming_several.consumer, moved, catalogs=catalogs) as application:
        application.payload["moving"] = ["zone1.test"]
        with concurrent.futures.ThreadPoolExecutor() as pool:
            pool.submit(consuming_several.bring, moved, catalogs=catalogs, hosts=[consuming_several.primary])
            application.apply(os.replace)
    wait_until_served(consuming_several.consumer, 1, 2, 3, 4)


def test_a_zone_that_two_catalogs_listed_for_a_while_is_served_after_the_next_run(consuming_several, monkeypatch):
    moved, catalogs = about_to_move(consuming_several)
    # The new catalog is there before the old one that lists the zone no longer, as may happen; here by a run that would have been refused.
    chosen = {"hosts": [consuming_several.primary], "select": "[?name=='zone1.test' || name=='zone4.test']"}
    with pytest.raises(
        Refused, match=r"catalog old\.example lists zone1\.test until a run about all zones, and secondaries would lose it then; run once without"
    ):
        consuming_several.bring(moved, catalogs=catalogs, **chosen)
    monkeypatch.setattr(HostState, "_keep_listed", lambda _state, _selected: None)
    consuming_several.bring(moved, catalogs=catalogs, **chosen)
    wait_for(lambda: answer(consuming_several.consumer, "www.zone4.test")[0], "NOERROR")
    assert answer(consuming_several.consumer, "www.zone1.test") == ("NOERROR", ["192.0.2.1"])
    consuming_several.bring({**moved, **zones(5, catalog="old.example")}, catalogs=catalogs, hosts=[consuming_several.primary])
    wait_for(lambda: answer(consuming_several.consumer, "www.zone5.test")[0], "NOERROR")
    for _run in range(10):
        if answer(consuming_several.consumer, "www.zone1.test")[0] == "NOERROR":
            break
        consuming_several.bring({**moved, **zones(5, catalog="old.example")}, catalogs=catalogs, hosts=[consuming_several.consumer])
        time.sleep(1)
    wait_until_served(consuming_several.consumer, 1, 2, 3, 4, 5)
    consuming_several.consumer.write()
    consuming_several.consumer.stop()
    consuming_several.consumer.start()
    wait_until_served(consuming_several.consumer, 1, 2, 3, 4, 5)
