# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a catalog zone lists, and what its members may not say."""

from __future__ import annotations

import dns.zone
import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.catalogs import label_of
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.loading import load
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import DeclarationError
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.records import zone_text
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.servers import consuming, plan

ADDRESSES = {"ns1": ("192.0.2.1",), "ns2": ("192.0.2.2",), "ns3": ("192.0.2.3",)}
GROUPS = {"all": list(ADDRESSES), "dns_primaries": ["ns1"], "dns_secondaries": ["ns2", "ns3"]}
CATALOG = {"name": "Catalog.Example."}


NS = {"type": "NS", "value": "ns1.example.net."}


def zone(name, **more):
    return {"name": name, "records": [NS], **more}


def declared(*zones, catalogs=(CATALOG,), defaults=None, **more):
    keys = {"keys": [{"name": name, "secret": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"} for name in ("partner.example.", "other.example")]}
    return load(list(zones), defaults, Inventory(GROUPS, ADDRESSES.__getitem__), str, keys=keys, catalog_zones=list(catalogs), **more)


def mistakes(*zones, **arguments):
    with pytest.raises(DeclarationError) as error:
        declared(*zones, **arguments)
    return [str(problem) for problem in error.value.problems]


def test_a_catalog_is_a_zone_that_lists_its_members():
    found = declared(zone("b.example", catalog="catalog.example"), zone("a.example"), defaults={"catalog": "catalog.example."})
    catalog = found.zones["catalog.example"]
    assert catalog.members == ("b.example", "a.example") and [server.name for server in catalog.secondaries] == ["ns2", "ns3"]
    text = zone_text(catalog.name, catalog.content.soa, catalog.content.body(), 7)
    served = dns.zone.from_text(text, origin="catalog.example.", relativize=False)
    assert served.get_rdataset("version.catalog.example.", "TXT").to_text().endswith('"2"')
    listed = {str(data.target) for _name, _ttl, data in served.iterate_rdatas("PTR")}
    assert listed == {"a.example.", "b.example."}
    assert served.get_rdataset(f"{label_of('a.example')}.zones.catalog.example.", "PTR") is not None
    assert {ttl for _name, ttl, _data in served.iterate_rdatas()} == {0}
    assert not any("catalog" in str(warning) for warning in found.warnings)


def test_a_catalog_whose_primaries_are_a_group_without_hosts_is_refused():
    with pytest.raises(DeclarationError, match=r"catalog catalog\.example: primaries is \['empty'\], where no host is; put a host into the group"):
        load([zone("a.example")], None, Inventory({**GROUPS, "empty": []}, ADDRESSES.__getitem__), str, catalog_zones=[{**CATALOG, "primaries": ["empty"]}])


def test_a_catalog_may_have_a_name_in_unicode():
    found = declared(zone("a.example", catalog="Kätalog.example."), catalogs=[{"name": "kätalog.Example"}])
    assert found.zones["a.example"].catalog == "xn--ktalog-bua.example" and found.zones["xn--ktalog-bua.example"].members == ("a.example",)


def test_a_member_may_be_in_a_group():
    found = declared(zone("a.example", catalog_group="signed"), zone("b.example", catalog_group=None), defaults={"catalog": "catalog.example"})
    records = {(record.owner, record.rdata) for record in found.zones["catalog.example"].content.records if record.type == "TXT"}
    assert records == {("version", '"2"'), (f"group.{label_of('a.example')}.zones", '"signed"')}


def test_a_group_without_a_catalog_is_told_unless_it_is_everybodys():
    told = "zone a.example: catalog_group 'signed' says nothing of a zone without a catalog; name its catalog, or leave catalog_group out"
    assert [str(warning) for warning in declared(zone("a.example", catalog_group="signed")).warnings if "catalog_group" in str(warning)] == [told]
    everybodys = {"catalog_group": "signed"}
    for found in (declared(zone("a.example"), defaults=everybodys), declared(zone("a.example", catalog=None, catalog_group="other"), defaults=everybodys)):
        assert not [warning for warning in found.warnings if "catalog_group" in str(warning)]


def test_labels_stay_whatever_else_is_listed():
    listed = [
        declared(*map(zone, names), defaults={"catalog": "catalog.example"}).zones["catalog.example"] for names in (["a.example"], ["b.example", "a.example"])
    ]
    alone, both = ({record.owner for record in catalog.content.records if record.type == "PTR"} for catalog in listed)
    assert len(alone) == 1 and len(both) == 2 and alone < both


def test_a_zone_may_be_in_no_catalog_and_a_catalog_may_be_empty():
    found = declared(zone("a.example", catalog=None), defaults={"catalog": "catalog.example"})
    assert found.zones["catalog.example"].members == () and found.zones["a.example"].catalog is None


@pytest.mark.parametrize(
    ("zones", "arguments", "words"),
    [
        ([zone("a.example", catalog="catalogue.example")], {}, "catalog 'catalogue.example' is not one of dns_catalogs, did you mean 'catalog.example'?"),
        ([zone("a.example", catalog="catalog.example", secondaries=["ns2"])], {}, "other secondaries than its catalog catalog.example: ns2, not ns2, ns3"),
        ([zone("a.example", catalog="catalog.example", primaries=["ns2"], secondaries=["ns3"])], {}, "other primaries than its catalog"),
        (
            [zone("a.example", catalog="catalog.example", tsig="partner.example")],
            {},
            "has other tsig than its catalog catalog.example: partner.example, not true",
        ),
        ([zone("a.example", catalog="catalog.example", allow_query=["any"])], {}, "other allow_query than its catalog catalog.example: any, not nothing said"),
        ([zone("catalog.example")], {}, "is declared twice"),
        ([zone("a.example", catalog="catalog.example", catalog_group='a"b')], {}, "catalog_group 'a\"b' is no group's name; write up to 255"),
        ([zone("a.example", catalog="catalog.example", catalog_group=["a"])], {}, "catalog_group ['a'] is no group's name"),
        ([zone("a.example", catalog_group=5)], {}, "catalog_group 5 is no group's name"),
        ([zone("a.example")], {"defaults": {"catalog_group": 5}, "catalogs": ()}, "catalog_group 5 is no group's name"),
        ([], {"catalogs": [CATALOG, CATALOG]}, "is declared twice"),
        ([zone("a.example", records=[NS, {"name": "x.c", "type": "A", "value": "192.0.2.1"}])], {"catalogs": [{"name": "c.a.example"}]}, "would hide x.c of"),
        ([], {"catalogs": [{"name": "."}]}, "would hide every name"),
        ([], {"catalogs": [{"name": "a..b"}]}, "catalog 1 of dns_catalogs: name 'a..b'"),
        ([], {"catalogs": [{"name": "a.b", "records": []}]}, "the key 'records' is unknown"),
        ([], {"catalogs": ["a.b"]}, "'a.b' is not a mapping"),
    ],
)
def test_what_is_wrong_is_told(zones, arguments, words):
    assert any(words in mistake for mistake in mistakes(*zones, **arguments))


def partner(**more):
    return {"address": "203.0.113.53", "name": "partner", "key": "partner.example", **more}


@pytest.mark.parametrize(
    ("member", "catalog", "words"),
    [
        (["ns2", {"host": "ns3", "from": "ns2"}], ["ns2", "ns3"], "ns2, ns3 (from ns2), not ns2, ns3 (from none)"),
        (["ns2", "ns3"], ["ns2", {"host": "ns3", "from": "ns2"}], "ns2, ns3 (from none), not ns2, ns3 (from ns2)"),
        ([partner()], [partner(key="other.example")], "partner (key partner.example), not partner (key other.example)"),
        ([partner(key=False)], [partner()], "partner (key false), not partner (key partner.example)"),
        ([partner()], [partner(key=None)], "partner (key partner.example), not partner (key nothing said)"),
        ([partner(port=5353)], [partner()], "partner (port 5353), not partner (port 53)"),
        (
            [partner(address="203.0.113.54")],
            [partner()],
            "partner (address 203.0.113.54, addresses 203.0.113.54), not partner (address 203.0.113.53, addresses 203.0.113.53)",
        ),
        ([partner(addresses=["203.0.113.0/24"])], [partner()], "partner (addresses 203.0.113.0/24), not partner (addresses 203.0.113.53)"),
        ([partner(), "ns2"], [partner(key=False)], "partner (key partner.example), ns2, not partner (key false)"),
    ],
)
def test_a_server_of_the_same_name_is_no_other_one_than_its_catalogs(member, catalog, words):
    (told,) = mistakes(zone("a.example", catalog="catalog.example", secondaries=member), catalogs=[{"name": "catalog.example", "secondaries": catalog}])
    assert f"zone a.example: has other secondaries than its catalog catalog.example: {words}; say the same in both" in told


def test_a_primary_of_the_same_name_is_no_other_one_than_its_catalogs():
    (told,) = mistakes(zone("a.example", catalog="catalog.example", primaries=[partner(tls_port=8853)]), catalogs=[{**CATALOG, "primaries": [partner()]}])
    assert "has other primaries than its catalog catalog.example: partner (tls_port 8853), not partner (tls_port 853);" in told


@pytest.mark.parametrize("more", [{"notify": []}, {"answers": False}, {"addresses": ["203.0.113.53"]}])
def test_whom_a_primary_tells_of_changes_and_whom_a_proof_asks_is_said_with_each_zone(more):
    """A partner that is not told of a member still asks for it by the member's timers."""
    found = declared(zone("a.example", catalog="catalog.example", secondaries=[partner(**more)]), catalogs=[{**CATALOG, "secondaries": [partner()]}])
    assert found.zones["catalog.example"].members == ("a.example",)


def test_a_run_about_a_member_is_about_its_catalog():
    found = declared(zone("a.example", catalog="catalog.example"), zone("b.example"), select="[?name=='a.example']")
    assert found.selected == {"a.example", "catalog.example"}


def test_hosts_that_can_learn_from_it_have_no_stanza_for_members():
    found = declared(zone("a.example", catalog="catalog.example"), zone("b.example"))
    whole = plan(found, "ns2", ADDRESSES["ns2"])
    assert set(whole.secondary) == {"a.example", "b.example", "catalog.example"} and not whole.consumed
    assert consuming(whole, lambda _catalog: False) == whole
    learns = consuming(whole, lambda _catalog: True)
    assert set(learns.secondary) == {"b.example", "catalog.example"} and learns.consumed == {"catalog.example": ("a.example",)}
    primary = plan(found, "ns1", ADDRESSES["ns1"])
    assert consuming(primary, lambda _catalog: True) == primary and set(primary.primary) == {"a.example", "b.example", "catalog.example"}
