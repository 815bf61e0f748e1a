# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Split horizon: one zone with two contents in one BIND, asked from both sides."""

from __future__ import annotations

import base64
import os
import time

import dns.message
import dns.query
import dns.tsig
import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.loading import load
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.proof.expectations import expectations
from ansible_collections.authoritative.dns.tests.support.modules import run_module
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, BindHost, running_host

pytestmark = [
    pytest.mark.skipif(BindHost not in INSTALLED, reason="BIND is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="configuration files belong to root"),
]
SECRET = base64.b64encode(b"s" * 32).decode()
KEYS = [{"name": "inside", "secret": SECRET}, *({"name": f"pair-{view}", "secret": SECRET} for view in ("internal", "external"))]
VIEWS = [{"name": "internal", "match_clients": ["!127.0.0.1", "127.0.0.2", "key inside"]}, {"name": "external"}]
NS = {"type": "NS", "value": "ns1.example."}
BOTH = ("internal", "external")
PATIENCE = 30.0  # seconds for a transfer


def zone(name, address, view=None, **options):
    records = [NS, {"name": "www", "type": "A", "value": address}]
    return {"name": name, "records": records, **({"view": view} if view else {}), **options}


SPLIT = [zone("example.com", "10.0.0.1", "internal"), zone("example.com", "192.0.2.1", "external"), zone("example.org", "192.0.2.2")]


@pytest.fixture
def host(tmp_path):
    with running_host(BindHost, tmp_path / "host") as running:
        yield running


def bring(host, items=None, **arguments):
    return host.bring_declared(SPLIT if items is None else items, **{"keys": KEYS, "views": VIEWS, **arguments})


def asked(host, name, rdtype="A", inside=False, source=None):
    query = dns.message.make_query(name, rdtype)
    if inside:
        query.use_tsig(dns.tsig.Key("inside", SECRET, "hmac-sha256"))
    answer = dns.query.udp(query, host.address, port=host.port, source=source, timeout=5)
    return sorted(item.to_text() for rrset in answer.answer for item in rrset)


def serials(host, name="example.com"):
    """As each side sees it."""
    return [int(asked(host, name, "SOA", **side)[0].split()[2]) for side in ({"source": "127.0.0.2"}, {"source": "127.0.0.3"})]


def test_each_side_sees_its_own_content_and_both_see_what_is_in_no_view(host):
    result = bring(host)
    assert result["reloaded"] and result["zones_changed"].keys() == {"example.com@internal", "example.com@external", "example.org"}
    assert asked(host, "www.example.com", source="127.0.0.2") == ["10.0.0.1"]
    assert asked(host, "www.example.com", source="127.0.0.3") == asked(host, "www.example.com") == ["192.0.2.1"]
    assert asked(host, "www.example.com", source="127.0.0.3", inside=True) == ["10.0.0.1"]
    for side in ({"source": "127.0.0.2"}, {"source": "127.0.0.3"}):
        assert asked(host, "www.example.org", **side) == ["192.0.2.2"]
    before = host.tree()
    assert not bring(host)["changed"]
    assert host.tree() == before


def test_a_change_of_one_side_moves_its_serial_alone(host):
    bring(host)
    internal, external = serials(host)
    result = bring(host, [zone("example.com", "10.0.0.9", "internal"), *SPLIT[1:]])
    assert list(result["zones_changed"]) == ["example.com@internal"]
    assert asked(host, "www.example.com", source="127.0.0.2") == ["10.0.0.9"]
    assert asked(host, "www.example.com", source="127.0.0.3") == ["192.0.2.1"]
    assert serials(host) == [result["zones_changed"]["example.com@internal"], external]
    assert serials(host)[0] > internal
    result = bring(host, [zone("example.com", "10.0.0.9", "internal"), SPLIT[1], zone("example.org", "192.0.2.77")])
    assert list(result["zones_changed"]) == ["example.org"] and asked(host, "www.example.org", source="127.0.0.2") == ["192.0.2.77"]


def test_a_side_that_ends_is_answered_no_more(host):
    bring(host)
    result = bring(host, SPLIT[1:])
    assert result["zones_removed"] == ["example.com@internal"]
    assert asked(host, "www.example.com", source="127.0.0.2") == []
    assert asked(host, "www.example.com", source="127.0.0.3") == ["192.0.2.1"]
    assert bring(host)["changed"]
    assert asked(host, "www.example.com", source="127.0.0.2") == ["10.0.0.1"]


@pytest.mark.parametrize("first", ["views", "none"])
def test_views_come_and_go(host, first):
    plain = [zone("example.com", "192.0.2.5"), SPLIT[2]]
    steps = [SPLIT, plain, SPLIT]
    for items in steps if first == "views" else steps[1:]:
        bring(host, items)
    assert asked(host, "www.example.com", source="127.0.0.2") == ["10.0.0.1"]
    assert 'view "internal"' in (host.current / "named.conf").read_text()
    bring(host, plain)
    assert asked(host, "www.example.com", source="127.0.0.2") == ["192.0.2.5"]
    assert 'view "internal"' not in (host.current / "named.conf").read_text()
    assert not [name for name in os.listdir(host.current) if name.startswith("view-")]


@pytest.mark.parametrize("view", BOTH)
def test_a_zone_that_named_does_not_load_is_refused_in_either_view(host, view):
    bring(host)
    before = host.tree()
    changed = [zone("example.com", "10.0.0.9", "internal"), zone("example.com", "192.0.2.9", "external"), SPLIT[2]]
    with host.declared(changed, keys=KEYS, views=VIEWS) as application:
        application.payload["texts"][f"example.com@{view}"][1] += "www no.record here\n"
        with pytest.raises(Refused, match="named-checkconf refuses"):
            application.apply(os.replace)
    assert host.tree() == before


def test_a_run_about_one_side_leaves_the_other_alone(host):
    bring(host)
    changed = [zone("example.com", "10.0.0.9", "internal"), zone("example.com", "192.0.2.9", "external"), SPLIT[2]]
    result = bring(host, changed, select="[?name=='example.com@external']")
    assert list(result["zones_changed"]) == ["example.com@external"]
    assert asked(host, "www.example.com", source="127.0.0.2") == ["10.0.0.1"]
    assert asked(host, "www.example.com", source="127.0.0.3") == ["192.0.2.9"]


def test_what_was_edited_by_hand_in_one_view_is_put_back(host):
    bring(host)
    path = host.current / "zones/example.com@internal"
    path.write_text(path.read_text().replace("10.0.0.1", "10.6.6.6"))
    assert bring(host)["edited"] == ["zones/example.com@internal"]
    assert asked(host, "www.example.com", source="127.0.0.2") == ["10.0.0.1"]


def test_a_lost_manifest_is_read_again_from_the_files(host):
    bring(host)
    (host.current / "manifest.json").write_text("{")
    host.repair = True
    assert bring(host)["zones_changed"] == {}
    assert asked(host, "www.example.com", source="127.0.0.2") == ["10.0.0.1"]
    host.repair = False
    assert bring(host, SPLIT[1:])["zones_removed"] == ["example.com@internal"]


def test_a_server_that_has_views_already_is_taken_over_under_serials_that_go_on(host):
    (host.root / "one").write_text("$TTL 60\n@ SOA ns1.example. h.example. 5 1 1 1 1\n@ NS ns1.example.\nwww A 10.0.0.1\n")
    (host.root / "two").write_text("$TTL 60\n@ SOA ns1.example. h.example. 4000000000 1 1 1 1\n@ NS ns1.example.\nwww A 192.0.2.1\n")
    views = "".join(
        f'view "{name}" {{ match-clients {{ {who}; }}; zone "example.com" {{ type primary; file "{host.root}/{file}"; }}; }};\n'
        for name, who, file in (("internal", "127.0.0.2", "one"), ("external", "any", "two"))
    )
    host.config_file.write_text(host.config_file.read_text() + views)
    host.stop()
    host.start()
    assert serials(host) == [5, 4000000000]
    items = [{**item, "serial": "increment"} for item in SPLIT[:2]]
    assert bring(host, items)["changed"]
    assert serials(host) == [6, 4000000001]


def wait_for(look, wanted):
    deadline = time.monotonic() + PATIENCE
    while (found := look()) != wanted and time.monotonic() < deadline:
        time.sleep(0.05)
    assert found == wanted


def test_a_secondary_has_both_sides_and_follows_each(host, tmp_path):
    """All are at one address, so that nothing but the keys can tell which view is meant: of questions, of transfers, and of NOTIFY."""
    views = [{"name": "internal", "match_clients": ["127.0.0.1", "127.0.0.2"]}, {"name": "external"}]
    with running_host(BindHost, tmp_path / "secondary") as secondary:

        def elsewhere(other, view):
            return {"name": "other", "address": other.address, "port": other.port, "key": f"pair-{view}" if view else "pair-external"}

        def bring_both(items):
            bring(host, [{**item, "secondaries": [elsewhere(secondary, item.get("view"))]} for item in items], views=views)
            bring(secondary, [{**item, "primaries": [elsewhere(host, item.get("view"))], "secondaries": ["ns1"]} for item in items], views=views)

        def answers():
            sides = [asked(secondary, "www.example.com", source="127.0.0.2"), asked(secondary, "www.example.com", source="127.0.0.3")]
            return [*sides, asked(secondary, "www.example.org", source="127.0.0.2")]

        bring_both(SPLIT)
        wait_for(answers, [["10.0.0.1"], ["192.0.2.1"], ["192.0.2.2"]])
        assert serials(secondary) == serials(host)
        changed = [zone("example.com", "10.0.0.9", "internal"), SPLIT[1], zone("example.org", "192.0.2.77")]
        bring(host, [{**item, "secondaries": [elsewhere(secondary, item.get("view"))]} for item in changed], views=views)
        wait_for(answers, [["10.0.0.9"], ["192.0.2.1"], ["192.0.2.77"]])
        before = secondary.tree()
        bring_both(changed)
        assert {name: found for name, found in secondary.tree().items() if name.startswith("state")} == {
            name: found for name, found in before.items() if name.startswith("state")
        }
        kept = sorted(name for name in os.listdir(secondary.root / "work") if name.startswith("example.com"))
        assert kept == ["example.com@external", "example.com@internal"]


def test_both_sides_are_proven_from_one_host_by_its_address_and_a_clients_key(host):
    views = [{"name": "internal", "match_clients": ["127.0.0.2", "key inside"]}, {"name": "external"}]
    inventory = Inventory({"all": ["ns1"], "dns_primaries": ["ns1"]}, host.addresses.__getitem__)

    def proven(items):
        expected = expectations(load(items, {}, inventory, str, keys={"keys": KEYS}, views=views), "elsewhere", [4], 0, 9, ["127.0.0.1"])
        assert not expected.unproven and [key["name"] for key in expected.keys] == ["inside"]
        common = {"servers": [{**server, "port": host.port} for server in expected.servers], "keys": expected.keys, "detail": "all", "report_only": True}
        asked = {"verify_soa_serial": expected.zones, "verify_records": expected.contents}
        found = {name: run_module(name, zones=zones, **common) for name, zones in asked.items()}
        assert all(len(result["results"]) == 3 for result in found.values()), found
        return {(name, result["zone"], result["state"]) for name, part in found.items() for result in part["results"]}

    names = ["example.com@internal", "example.com@external", "example.org"]
    bring(host, views=views)
    everything = {("verify_soa_serial", name, "in_sync") for name in names} | {("verify_records", name, "same") for name in names}
    assert proven(SPLIT) == everything
    assert proven([zone("example.com", "10.0.0.9", "internal"), *SPLIT[1:]]) == everything - {("verify_records", names[0], "same")} | {
        ("verify_records", names[0], "different")
    }


def test_a_dry_run_has_both_views_checked_and_writes_nothing(host):
    before = host.tree()
    with host.declared(SPLIT, keys=KEYS, views=VIEWS) as application:
        assert application.preview()["changed"] and host.tree() == before
        application.payload["texts"]["example.com@external"][1] += "www no.record here\n"
        with pytest.raises(Refused, match="named-checkconf refuses"):
            application.preview()
    bring(host)
    with host.declared(SPLIT, keys=KEYS, views=VIEWS) as application:
        assert not application.preview()["changed"]


def test_a_server_that_did_not_read_one_side_gets_back_what_it_had(host):
    bring(host)
    before, host.ignored = serials(host), {("reload", "example.com", "IN", "internal")}
    changed = [zone("example.com", "10.0.0.9", "internal"), *SPLIT[1:]]
    with pytest.raises(Refused, match="does not serve example.com@internal with the new serial"):
        bring(host, changed)
    assert serials(host) == before and asked(host, "www.example.com", source="127.0.0.2") == ["10.0.0.1"]
    host.ignored = set()
    issued = before[0] + 1  # it was out, perhaps, and is not used for anything else
    assert bring(host, [zone("example.com", "10.0.0.77", "internal"), *SPLIT[1:]])["zones_changed"]["example.com@internal"] > issued
    assert asked(host, "www.example.com", source="127.0.0.2") == ["10.0.0.77"]
