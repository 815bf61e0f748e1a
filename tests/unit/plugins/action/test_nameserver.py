# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens on the controller before and after a host is asked."""

from __future__ import annotations

import json
import zlib
from base64 import b64decode
from types import SimpleNamespace

import pytest
from ansible.errors import AnsibleActionFail
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible_collections.authoritative.dns.plugins.action import nameserver as module
from ansible_collections.authoritative.dns.plugins.action.nameserver import (
    ActionModule,
    brought,
    findings_of,
    moving,
    not_told,
    read_settings,
    texts,
    transferred,
)
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.loading import load
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import DeclarationError
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.servers import consuming, plan
from ansible_collections.authoritative.dns.plugins.plugin_utils.serial_agreement import PrimaryNotAsked, content_digest
from hypothesis import given
from hypothesis import strategies as st

HOSTS = {"a": ("192.0.2.1",), "b": ("192.0.2.2",), "c": ("192.0.2.3",)}
GROUPS = {"all": list(HOSTS), "dns_primaries": ["a", "b"], "dns_secondaries": ["c"]}
RECORDS = [{"type": "NS", "value": "ns1.example.net."}]
NOW = 1795219200
LAYOUT = dict.fromkeys(
    [f"{name}_directory" for name in ("working", "state", "secondary", "signing")]
    + ["config_file", "local_config", "local_options", "user", "group", "service"],
    "/x",
)


def plans(*records):
    declaration = load([{"name": "example.com", "records": [*RECORDS, *records]}], {}, Inventory(GROUPS, HOSTS.__getitem__), str)
    return {host: plan(declaration, host, addresses) for host, addresses in HOSTS.items()}


def comparison(host, zones, now=NOW, **found):
    nothing = {"serials": {}, "transferred": {}, "outside": {}, "silent": []}
    return {"host": host, "part": "primary", "differing": json.dumps({"zones": zones, "time": now, "seen": "as it was", **nothing, **found})}


DIGEST = content_digest(plans()["a"].primary["example.com"].zone)
FOUND = st.one_of(
    st.just([None, [], None]),
    st.tuples(st.sampled_from([None, DIGEST, "old"]), st.lists(st.integers(2026112099, 2026112103), min_size=1, max_size=3), st.none()).map(list),
)


def sent_to(hosts, host, comparisons, **arguments):
    return texts(hosts[host], host, findings_of(comparisons, host), **arguments)


@given(FOUND, FOUND, st.booleans())
def test_two_primaries_get_the_same_serial_or_have_it(one, other, swapped):
    hosts = plans()
    found = [comparison("a", {"example.com": one}), comparison("b", {"example.com": other})]
    sent = {host: sent_to(hosts, host, found[::-1] if swapped else found).get("example.com") for host in "ab"}
    serials = {serial_and_text[0] if serial_and_text else found_there[1][0] for serial_and_text, found_there in zip(sent.values(), (one, other))}
    (serial,) = serials
    assert all(serial > used if digest != DIGEST else serial >= used for digest, there, _weight in (one, other) for used in there)
    for sent_there in sent.values():
        assert sent_there is None or f" {sent_there[0]} " in sent_there[1].splitlines()[2]


def test_a_primary_that_agrees_is_sent_nothing():
    hosts = plans()
    found = [comparison("a", {"example.com": [DIGEST, [7, 7, 7], None]}), comparison("b", {"example.com": ["old", [6, 6], None]})]
    assert sent_to(hosts, "a", found) == {}
    assert sent_to(hosts, "b", found)["example.com"][0] == 7


def test_a_zone_does_not_move_while_one_of_its_primaries_was_not_asked():
    hosts = plans()
    found = [comparison("a", {"example.com": ["old", [7, 7, 7], None]}), comparison("c", {})]
    told = r"were not asked in this run: b \(example.com\)\. Two contents .* not parted by --limit, serial .* nameserver_without: \[b\]$"
    with pytest.raises(PrimaryNotAsked, match=told):
        sent_to(hosts, "a", found)
    assert sent_to(hosts, "a", found, without=["b"])["example.com"][0] == 2026112101
    assert sent_to(hosts, "a", [comparison("a", {"example.com": [DIGEST, [7, 7, 7], None]})]) == {}  # nothing moves
    with pytest.raises(PrimaryNotAsked):
        sent_to(hosts, "a", [comparison("a", {"example.com": [None, [], None]})])  # a primary that is new may be the second one


def test_the_time_of_a_host_that_is_no_primary_of_a_zone_moves_no_serial():
    declared = [{"name": "example.com", "records": RECORDS, "serial": "unix"}]
    declaration = load(declared, {}, Inventory(GROUPS, HOSTS.__getitem__), str)
    hosts = {host: plan(declaration, host, addresses) for host, addresses in HOSTS.items()}
    found = [comparison(host, {"example.com": ["old", [7, 7], None]}, NOW + ord(host)) for host in "ab"]
    # With the strategy free a host may not see yet what others found.
    late = [*found, comparison("c", {}, NOW + 500)]
    assert sent_to(hosts, "a", found)["example.com"][0] == sent_to(hosts, "b", late)["example.com"][0] == NOW + ord("b")


def test_a_zone_goes_on_beyond_the_newest_copy_that_any_server_has():
    hosts = plans()
    lost = [comparison(host, {"example.com": [None, [], None]}) for host in "ab"]
    behind = [comparison(host, {"example.com": [DIGEST, [7, 7, 7], None]}, serials={"example.com": 7}) for host in "ab"]
    for ahead in comparison("c", {}, transferred={"example.com": 2026112104}), comparison("c", {}, outside={"provider": {"example.com": 2026112104}}):
        for found in lost, behind:
            assert {sent_to(hosts, host, [*found, ahead])["example.com"][0] for host in "ab"} == {2026112105}
    level = comparison("c", {}, transferred={"example.com": 7}, outside={"provider": {"example.com": 6}})
    assert [sent_to(hosts, host, [*behind, level]) for host in "ab"] == [{}, {}]


def test_a_secondary_is_told_of_what_it_missed_by_a_run_that_changes_nothing():
    found = [comparison("a", {}, serials={"example.com": 7}), comparison("c", {}, transferred={"example.com": 6})]
    assert not_told(findings_of(found, "c"), "c") == {"example.com"}
    assert not_told(findings_of(found, "a"), "a") == set()
    level = [found[0], comparison("c", {}, transferred={"example.com": 7})]
    assert not_told(findings_of(level, "c"), "c") == set()


def test_members_of_catalogs_are_among_what_a_secondary_may_have_missed_and_follow_to_another_catalog():
    alone = {"all": list(HOSTS), "dns_primaries": ["a"], "dns_secondaries": ["c"]}
    zones = [{"name": name, "records": RECORDS} for name in ("example.com", "example.org")]
    catalogs = {"catalog_zones": [{"name": "catalog.example"}]}
    declaration = load(zones, {"catalog": "catalog.example"}, Inventory(alone, HOSTS.__getitem__), str, **catalogs)
    learning = consuming(plan(declaration, "c", HOSTS["c"]), lambda _served: True)
    assert transferred(learning, None) == {"example.com", "example.org", "catalog.example"}
    assert transferred(learning, {"example.com"}) == {"example.com", "catalog.example"}
    found = [comparison("a", {}, moving=["example.com", "example.net"]), comparison("c", {}, transferred={"example.com": 6, "example.org": 7})]
    found[0] = comparison("a", {"example.org": [None, [], None], "example.net": [None, [], None]}, moving=["example.com", "example.net"])
    assert brought(findings_of(found, "c"), "c", transferred(learning, None)) == {"example.org": 7}
    assert moving(findings_of(found, "c"), "c") == {"example.com"} and moving(findings_of(found, "a"), "a") == set()


def test_the_only_primary_of_a_zone_that_has_what_it_should_have_moves_it_where_a_secondary_is_ahead():
    alone = {"all": list(HOSTS), "dns_primaries": ["a"], "dns_secondaries": ["c"]}
    declaration = load([{"name": "example.com", "records": RECORDS}], {}, Inventory(alone, HOSTS.__getitem__), str)
    host_plan = plan(declaration, "a", HOSTS["a"])
    for serial, sent in (7, {}), (6, {}), (8, 2026112101), (2026112104, 2026112105), (4294967295, {}):
        found = findings_of([comparison("a", {}, serials={"example.com": 7}), comparison("c", {}, transferred={"example.com": serial})], "a")
        assert texts(host_plan, "a", found) == sent or texts(host_plan, "a", found)["example.com"][0] == sent


def test_a_host_that_agrees_is_asked_again_where_another_server_is_ahead_of_it():
    agreeing = {**comparison("a", {}, serials={"example.com": 7}), "agrees": True}
    for serial, asked in (7, False), (8, True):
        found = [agreeing, comparison("b", {"example.com": [DIGEST, [7, 7], None]}), comparison("c", {}, transferred={"example.com": serial})]
        result, payload = run({"comparisons": found}, {"dns_zones": zones(serial="unix")})
        assert (payload is not None) == asked
        assert not asked or payload["texts"]["example.com"][0] == NOW


@pytest.mark.parametrize(("brought", "asked"), [(["new.example"], False), (["new.example", "other.example"], False), ([], True), (["other.example"], True)])
def test_a_host_that_lacks_what_others_bring_is_not_asked_again(brought, asked):
    found = [comparison("a", {}, waiting=["new.example"]), comparison("b", {zone: [None, [], None] for zone in brought})]
    _result, payload = run({"comparisons": found}, {"dns_zones": zones()})
    assert (payload is not None) == asked


def test_who_follows_in_a_second_run_only_is_told():
    found = [comparison("a", {"example.com": [DIGEST, [7, 7], None]}, serials={"example.com": 7}, outside={"ns8": {"example.com": 7}})]
    found += [comparison("b", {"example.com": [DIGEST, [7, 7], None]}), comparison("c", {}, transferred={"example.com": 7 + 2**31})]
    result, payload = run({"comparisons": found}, {"dns_zones": zones()})
    serial = payload["texts"]["example.com"][0]
    (told,) = result["warnings"]
    assert f"It is served under {serial} now, which" in told and "run authoritative.dns.site once more" in told
    result, _payload = run({"comparisons": found}, {"dns_zones": zones()}, {"failed": True, "msg": "refused"})
    assert "warnings" not in result


def test_a_server_outside_that_says_nothing_is_named():
    answer = {"differing": json.dumps({"zones": {}, "time": NOW, "silent": ["192.0.2.9"]}), "removed": [], "served": 0}
    result, payload = run({"state": "compared"}, {"dns_zones": zones(secondaries=["c", {"address": "192.0.2.9", "port": 5353}])}, answer)
    assert payload["outside"] == [["192.0.2.9 port 5353", "192.0.2.9", 5353, ["example.com"]]]
    assert result["warnings"] == ["192.0.2.9 gave no answer: which serials they have of their zones was not taken into account"]


@pytest.mark.parametrize("reached", [["a", "b", "c"], ["a", "b"]])
def test_a_secondary_that_this_run_does_not_reach_is_asked_over_the_wire(reached):
    answer = {"differing": json.dumps({"zones": {}, "time": NOW, "silent": ["c"]}), "removed": [], "served": 0}
    result, payload = run({"state": "compared"}, {"dns_zones": zones(), "ansible_play_batch": reached}, answer)
    assert payload["outside"] == ([] if "c" in reached else [["c", "192.0.2.3", 53, ["example.com"]]])
    assert result["warnings"] == ["c gave no answer: which serials they have of their zones was not taken into account"]


PROVIDED = [{"type": "NS", "value": f"{name}."} for name in ("ns1.example.com", "ns2.example.net", "amy.ns.cloudflare.test", "ns9.example.com")]
ADDRESSES = [{"name": "ns1", "type": "A", "value": "192.0.2.1"}, {"name": "ns9", "type": "A", "value": "203.0.113.9"}]


@pytest.mark.parametrize(
    ("provider", "asked"),
    [
        ([{"cloud": "cloudflare"}], [("amy.ns.cloudflare.test", "amy.ns.cloudflare.test"), ("ns9.example.com", "203.0.113.9")]),
        ([{"cloud": "route53"}], []),  # it gives a SOA of its own
        ([], []),
    ],
    ids=["pulls", "is carried to", "none"],
)
def test_a_provider_is_asked_at_the_name_servers_that_are_nobody_elses(provider, asked):
    declared = [
        {"name": "example.com", "records": [*PROVIDED, *ADDRESSES], "secondaries": ["c", *provider]},
        {"name": "example.net", "records": [*RECORDS, *({"name": name, "type": "A", "value": "192.0.2.3"} for name in ("ns1", "ns2"))]},
    ]
    answer = {"differing": json.dumps({"zones": {}, "time": NOW, "silent": []}), "removed": [], "served": 0}
    _result, payload = run({"state": "compared"}, {"dns_zones": declared, "ansible_play_batch": ["a", "b", "c"]}, answer)
    assert payload["outside"] == [[name, place, 53, ["example.com"]] for name, place in asked]


def test_a_server_outside_that_never_answers_is_asked_for_nothing():
    outside = [{"name": "told", "address": "203.0.113.1"}, {"name": "mute", "address": "203.0.113.2", "answers": False}]
    answer = {"differing": json.dumps({"zones": {}, "time": NOW, "silent": []}), "removed": [], "served": 0}
    declared = zones(primaries=["a"], secondaries=["c", *outside], dnssec="stig")
    _result, payload = run({"state": "compared"}, {"dns_zones": declared, "ansible_play_batch": ["a", "b", "c"]}, answer)
    assert payload["outside"] == [["told", "203.0.113.1", 53, ["example.com"]]]
    assert payload["witnesses"] == {"example.com": [["c", "192.0.2.3", 53, "DNSKEY", False], ["told", "203.0.113.1", 53, "DNSKEY", False]]}


def test_secrets_among_the_settings_go_to_the_host_in_what_is_not_logged():
    answer = {"differing": json.dumps({"zones": {}, "time": NOW, "silent": []}), "removed": [], "served": 0}
    arguments = {"state": "compared", "settings": {"local_config": 'key "a" { secret "c2VjcmV0"; };'}}
    _result, payload = run(arguments, {"dns_zones": zones()}, answer)
    assert "c2VjcmV0" in payload["config"]["local.conf"]


@pytest.mark.parametrize("without", ["b", ["b"], "b,d", "d b"])
def test_what_the_command_line_lists_is_a_list(without):
    found = [comparison("a", {"example.com": ["old", [7, 7], None]}, serials={"example.com": 7})]
    _result, payload = run({"comparisons": found, "without": without}, {"dns_zones": zones()})
    assert payload["texts"]["example.com"]
    with pytest.raises(AnsibleActionFail, match="other primaries were not asked"):
        run({"comparisons": found, "without": "b10"}, {"dns_zones": zones()})


@pytest.mark.parametrize("allowed", ["true", "a", "b a", ["a"], True])
def test_what_may_be_lost_can_be_said_on_the_command_line(allowed):
    removed = [f"{number}.example" for number in range(20)]
    answer = {"differing": json.dumps({"zones": {}, "time": NOW, "silent": []}), "removed": removed, "served": 20}
    result, _payload = run({"state": "compared", "allow_loss": allowed}, {"dns_zones": zones()}, answer)
    assert result["host"] == "a"
    with pytest.raises(AnsibleActionFail, match=r"host a would lose 100 % \(20 of 20\) of its zones"):
        run({"state": "compared", "allow_loss": "false"}, {"dns_zones": zones()}, answer)


def test_a_host_that_was_not_compared_is_told_how():
    with pytest.raises(DeclarationError, match="comparisons: hold nothing about a; register a task with state: compared first"):
        findings_of([{"host": "b", "differing": comparison("b", {})["differing"]}, {"skipped": True}], "a")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (
            {"listen_on": ["192.0.2.256"]},
            ["nameserver_listen_on: '192.0.2.256' does not appear to be an IPv4 or IPv6 address; list the host's own addresses, or any"],
        ),
        ({"listen_on": ["192.0.2.0/24", "localnets"]}, ["nameserver_listen_on: '192.0.2.0/24'", "nameserver_listen_on: 'localnets'"]),
        ({"listen_on": "any"}, ["nameserver_listen_on: 'any' is not a list"]),
        (
            {"listen_on": ["0.0.0.0", "::0"]},
            [
                f"nameserver_listen_on: '{address}' stands for all addresses, beside which there can be no other; list the host's own addresses, or any"
                for address in ("0.0.0.0", "::0")
            ],
        ),
        ({"listen_on": ["fe80::1%x; }; evil {"]}, ["nameserver_listen_on: 'fe80::1%x; }; evil {' is not an address"]),
        (
            {"allow_query": ["192.0.2.1/24", "everybody"]},
            ["nameserver_allow_query: 192.0.2.1/24 has host bits set; list networks", "nameserver_allow_query: 'everybody' does not appear"],
        ),
        ({"forwarders": ["192.0.2.53"]}, ["nameserver_forwarders: are given, but nobody may recurse; name the networks in nameserver_recursion_networks"]),
        ({"forwarders": ["any"], "recursion_networks": ["any"]}, ["nameserver_forwarders: 'any' does not appear to be an IPv4 or IPv6 address"]),
        (
            {"tls_authority": "authority", "tls_key": "/key.pem"},
            ["nameserver_tls_key: is given without nameserver_tls_certificate; give both, which belong together, or neither, and nameserver_tls_authority"],
        ),
        ({"tls_authority": "authority", "tls_certificate": "/certificate.pem"}, ["nameserver_tls_certificate: is given without nameserver_tls_key; give both"]),
        ({"tls_authority": "authority", "tls_days": 2}, ["nameserver_tls_days: 2 is no number of days, or too few; write 3 or more, since certificates are"]),
        ({"tls_authority": "authority", "tls_days": "-5"}, ["nameserver_tls_days: '-5' is no number of days, or too few; write 3 or more"]),
        ({"tls_authority": "authority", "tls_days": "a week"}, ["nameserver_tls_days: 'a week' is no number of days, or too few; write 3 or more"]),
        ({"tls_authority": "authority", "tls_days": 0}, ["nameserver_tls_days: 0 is no number of days, or too few; write 3 or more"]),
        ({"local_config": ["x"], "tls_ca": ["x"]}, ["nameserver_local_config: ['x'] is no text", "nameserver_tls_ca: ['x'] is not an absolute path"]),
        ({"dnssec_validation": "maybe"}, ["nameserver_dnssec_validation: 'maybe' is no setting; write auto, yes or no"]),
        (
            {"recursion_networks": ["x"], "listen_on": ["y"], "dnssec_validation": "z"},
            ["nameserver_listen_on: 'y'", "nameserver_recursion_networks: 'x'", "nameserver_dnssec_validation: 'z'"],
        ),
    ],
)
def test_a_wrong_setting_is_told_by_the_roles_variable(settings, told):
    with pytest.raises(DeclarationError) as error:
        read_settings(settings, ("192.0.2.1",))
    assert len(error.value.problems) == len(told)
    for part in told:
        assert sum(str(problem).startswith(part) for problem in error.value.problems) == 1, error.value


def test_a_server_listens_on_the_hosts_addresses_unless_told():
    assert read_settings({"allow_query": []}, ("192.0.2.1",)).listen_on == ("192.0.2.1",)
    assert read_settings({"listen_on": ["any"]}, ("192.0.2.1",)).listen_on == ("any",)
    assert read_settings({}, ()).listen_on == ("any",)
    assert read_settings({"tls_key": "/key.pem"}, ()).tls_key == "/key.pem"  # nothing is issued, and so nothing is taken for the other
    assert read_settings({"tls_authority": "authority", "tls_key": "/a", "tls_certificate": "/b"}, ()).tls_certificate == "/b"
    assert read_settings({"tls_days": 0}, ()) == read_settings({"tls_authority": "authority", "tls_days": "3"}, ())  # by whom nothing is issued
    chosen = read_settings({"allow_query": ["192.0.2.0/255.255.255.0", "192.0.2.1"], "dnssec_validation": False}, ())
    assert (chosen.allow_query, chosen.dnssec_validation) == (("192.0.2.0/24", "192.0.2.1"), "no")


def run(arguments, variables, answer=None, strategy="linear"):
    """Run the action plugin on host a, the module itself apart; its result and the module's arguments."""
    sent = {}
    action = object.__new__(ActionModule)
    play = SimpleNamespace(strategy=strategy)
    action._task = SimpleNamespace(args={"layout": LAYOUT, **arguments}, async_val=0, check_mode=False, diff=False, get_play=lambda: play)
    action._connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir=None))
    action._play_context = None
    action._loader = DataLoader()
    action._templar = Templar(loader=action._loader, variables=variables)
    action._execute_module = lambda module_name, module_args, task_vars: sent.update(module_args) or dict(answer or {"changed": False})
    result = action.run(
        task_vars={
            "inventory_hostname": "a",
            "groups": GROUPS,
            "hostvars": {host: {"dns_addresses": list(addresses)} for host, addresses in HOSTS.items()},
            **variables,
        }
    )
    assert not sent.keys() & {"settings", "comparisons"}  # a module's arguments are in the log of its host
    return result, {**unpacked(sent["payload"]), **unpacked(sent.get("changes"))} if sent else None


def unpacked(text):
    return json.loads(zlib.decompress(b64decode(text))) if text else {}


def zones(**more):
    return [{"name": "example.com", "records": RECORDS, **more}]


def test_templates_in_the_declaration_are_filled_in_string_by_string():
    declared = [{"name": trust_as_template("{{ domain }}"), "records": [*RECORDS, {"name": "www", "type": "A", "value": trust_as_template("{{ web }}")}]}]
    found = [comparison(host, {"example.com": [None, [], None]}) for host in "ab"]
    _result, payload = run({"comparisons": found}, {"dns_zones": declared, "domain": "example.com", "web": ["192.0.2.8", "192.0.2.9"]})
    assert [line for line in payload["texts"]["example.com"][1].splitlines() if line.startswith("www")] == [
        "www 3600 IN A 192.0.2.8",
        "www 3600 IN A 192.0.2.9",
    ]


def test_what_a_comparison_needs_travels_and_no_texts():
    result, payload = run(
        {"state": "compared"},
        {"dns_zones": zones()},
        {"differing": json.dumps({"zones": {}, "time": NOW, "silent": []}), "removed": [], "served": 0, "invocation": {"module_args": 1}},
    )
    assert payload["texts"] == {} and payload["zones"] == {"example.com": ["example.com", DIGEST]} and payload["shared"] == ["example.com"]
    assert payload["address"] == "192.0.2.1" and payload["secondary"] == {}
    assert result["host"] == "a" and json.loads(result["differing"]) == {"zones": {}, "time": NOW, "silent": []} and "invocation" not in result


def test_a_mistake_stops_before_any_host_is_asked():
    with pytest.raises(AnsibleActionFail, match=r"(?s)2 mistakes; no host was changed.*ttl: 'y' is not a time.*serial 'x' is unknown"):
        run({"state": "compared"}, {"dns_zones": zones(serial="x", ttl="y")})


NOTHING_DIFFERS = {"differing": json.dumps({"zones": {}, "time": NOW, "silent": []}), "removed": [], "served": 0}


def test_a_comparison_tells_on_one_host_what_should_be_otherwise():
    lonely = [{"name": "example.com", "records": [{"name": "@", "type": "NS", "value": "ns1.example.net."}]}]
    told = {
        first: run({"state": "compared"}, {"dns_zones": lonely, "ansible_play_hosts": [first]}, NOTHING_DIFFERS)[0].get("warnings", []) for first in "ab"
    }
    assert len(told["a"]) == 1 and "ns-count" in told["a"][0] and told["b"] == []


def test_no_host_is_compared_where_none_waits_for_the_other():
    together = {"dns_zones": zones(), "ansible_play_hosts_all": ["a", "b"]}
    with pytest.raises(AnsibleActionFail, match="no host was changed.\n- strategy: with free servers change before others .* strategy linear"):
        run({"state": "compared"}, together, NOTHING_DIFFERS, strategy="free")
    assert run({"state": "compared"}, {**together, "ansible_play_hosts_all": ["a"]}, NOTHING_DIFFERS, strategy="free")[1]


def test_a_version_that_is_none_is_told():
    with pytest.raises(AnsibleActionFail, match="version: .*; leave it out, or give the package's"):
        run({"state": "compared", "version": "no version"}, {"dns_zones": zones()}, NOTHING_DIFFERS)


def test_what_a_host_s_own_addresses_have_wrong_is_not_taken_for_a_version():
    variables = {"dns_zones": zones(primaries=["b"], secondaries=[]), "hostvars": {"a": {"dns_addresses": ["x"]}, "b": {"dns_addresses": ["192.0.2.2"]}}}
    with pytest.raises(AnsibleActionFail, match="host a: dns_addresses: 'x' is not an address; list the host's own addresses"):
        run({"state": "compared"}, variables, NOTHING_DIFFERS)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [({"layout": {**LAYOUT, "much": 1}}, "layout: .*'much'; see the documentation"), ({"settings": {"much": 1}}, "settings: .*'much'; see the documentation")],
)
def test_what_a_role_does_not_give_is_told_where_it_is(wrong, told):
    with pytest.raises(AnsibleActionFail, match=f"^{told}"):
        run({"state": "compared", **wrong}, {"dns_zones": zones()}, NOTHING_DIFFERS)


def test_a_fault_of_this_collection_is_blamed_on_nothing_that_was_given(monkeypatch):
    monkeypatch.setattr(module, "witnesses", lambda *_arguments: None + 1)
    with pytest.raises(TypeError):
        run({"state": "compared"}, {"dns_zones": zones()}, NOTHING_DIFFERS)


def test_parents_that_are_no_mapping_are_told():
    with pytest.raises(AnsibleActionFail, match=r"^parent_servers: \['192.0.2.53'\] is not a mapping; write {example.com: \[192.0.2.53\]}"):
        run({"state": "compared", "parent_servers": ["192.0.2.53"]}, {"dns_zones": zones()}, NOTHING_DIFFERS)


def test_a_loss_is_refused_unless_it_is_allowed():
    answer = {"differing": json.dumps({"zones": {}, "time": NOW, "silent": []}), "removed": [], "served": 0, "left_out": ["old.example"]}
    with pytest.raises(AnsibleActionFail, match=r"Refused, and nothing was changed:\n- host a: its configuration serves old.example .* to /x;"):
        run({"state": "compared"}, {"dns_zones": zones()}, answer)
    assert run({"state": "compared", "allow_loss": ["a"]}, {"dns_zones": zones()}, answer)[0]["host"] == "a"


def test_a_part_that_the_host_is_not_is_skipped_without_asking_it():
    result, payload = run({"part": "secondary", "comparisons": [comparison("a", {})]}, {"dns_zones": zones()})
    assert result["skipped"] and result["skip_reason"] == "a is not the secondary part" and payload is None


def test_a_host_that_agrees_is_not_asked_again():
    result, payload = run({"comparisons": [{**comparison("a", {}), "agrees": True}]}, {"dns_zones": zones()})
    assert payload is None and result["changed"] is False


def test_where_all_agree_nobody_waits_for_the_part_of_others():
    result, payload = run({"part": "secondary", "comparisons": [{**comparison("a", {}), "agrees": True}]}, {"dns_zones": zones()})
    assert payload is None and "skipped" not in result and result["changed"] is False


DS = ["1 13 2 " + digit * 64 for digit in "abc"]


def delegating(there, wanted, lacking=(), shown=DS[:2], other_ttl=False, **found):
    """What host a was found to have of a zone and of the DS of one below it, both of which it holds, and what that has to become."""
    seen = {"example.com": {"sub.example.com": {"ds": there, "shown": shown, "lacking": dict(lacking), "other_ttl": other_ttl}}}
    entry = {"example.com": ["as it was", [7, 7], [5, ["ns1.example.net."]]]}
    demanded = {"sub.example.com": {"ds": wanted, "ending": False}}
    agreeing = {**comparison("a", {}, delegations=seen, delegating=entry, demanded=demanded, serials={"example.com": 7}, **found), "agrees": True}
    declared = [{"name": name, "records": RECORDS, "primaries": ["a"], "dnssec": name.startswith("sub")} for name in ("example.com", "sub.example.com")]
    return run({"comparisons": [agreeing, comparison("c", {})]}, {"dns_zones": declared})


def test_a_ds_that_its_signer_wants_moves_the_zone_above_although_the_host_agrees():
    _result, payload = delegating(DS[:1], DS[1:2])
    serial, text = payload["texts"]["example.com"]
    assert serial > 7 and [line for line in text.splitlines() if " DS " in line] == [f"sub 3600 IN DS {DS[1]}"]
    assert payload["zones"]["example.com"][1] != DIGEST and list(payload["texts"]) == ["example.com"]


def test_a_ds_with_another_ttl_than_it_should_have_moves_the_zone_above_as_well():
    _result, payload = delegating(DS[:1], DS[:1], other_ttl=True)
    serial, text = payload["texts"]["example.com"]
    assert serial > 7 and f"sub 3600 IN DS {DS[0]}\n" in text


def test_where_no_ds_moves_a_host_that_agrees_is_not_asked_again_and_what_is_in_the_way_is_told():
    assert delegating(DS[:1], DS[:1]) == ({"changed": False, "zones_changed": {}, "zones_removed": [], "edited": [], "reloaded": False}, None)
    result, payload = delegating(DS[:1], DS[1:2], lacking={"c": None})
    assert payload is None and result["changed"] is False
    (told,) = result["warnings"]
    assert told.startswith(f"zone example.com: the DS records of sub.example.com stay as they are ({DS[0]})") and "c gave no answer" in told


def test_who_holds_a_zone_is_told_whom_to_ask_about_zones_below_it_and_who_signs_one_that_its_keys_matter():
    declared = [{"name": name, "records": RECORDS, "primaries": ["a"], "dnssec": name.startswith("sub")} for name in ("example.com", "sub.example.com")]
    found = {"differing": json.dumps({"zones": {}, "time": NOW, "silent": []}), "removed": [], "served": 0}
    _result, payload = run({"state": "compared"}, {"dns_zones": declared}, found)
    places = [["a", "192.0.2.1", 53], ["c", "192.0.2.3", 53]]
    wanted = {"servers": places, "below": {"sub.example.com": places}, "ttl": {"sub.example.com": 3600}}
    assert payload["delegations"] == {"example.com": wanted} and payload["followed"] == ["sub.example.com"]


def compared_and_then(found, declared_later, others=(), **more):
    """What travels to host a once it was found to have something else, and the declaration is another one by then."""
    asked = {"example.com": [None, [], None]} if found else {}
    nothing = {"serials": {}, "transferred": {}, "outside": {}, "silent": []}
    differing = {"zones": asked, "time": NOW, "seen": "as it was", **nothing, "serials": {} if found else {"example.com": 5}}
    answer = {"differing": json.dumps(differing), "removed": [], "served": 0, "agrees": False}
    result, _payload = run({"state": "compared"}, {"dns_zones": zones()}, answer)
    found_there = [result, comparison("b", asked), *others]
    return run({"comparisons": found_there, **more}, {"dns_zones": declared_later})[1]


LATER = [{"name": "example.com", "records": [*RECORDS, {"name": "later", "type": "A", "value": "192.0.2.9"}]}]


def test_what_a_comparison_worked_out_is_not_worked_out_again():
    payload = compared_and_then(True, LATER)
    assert payload["zones"] == {"example.com": ["example.com", DIGEST]} and payload["seen"] == "as it was"
    assert "later" not in payload["texts"]["example.com"][1] and "NS ns1.example.net." in payload["texts"]["example.com"][1]


@pytest.mark.parametrize("how", [{"repair": True}, {"settings": {"allow_query": ["any"]}}, {"version": "9.20"}, {"layout": {**LAYOUT, "user": "/y"}}])
def test_with_other_arguments_it_is(how):
    assert "later" in compared_and_then(True, LATER, **how)["texts"]["example.com"][1]


def test_so_it_is_where_another_server_is_ahead_of_a_zone_that_does_not_differ():
    behind = compared_and_then(False, LATER, [comparison("c", {}, transferred={"example.com": 7})])
    assert "later" in behind["texts"]["example.com"][1]
    assert compared_and_then(False, LATER, [comparison("c", {}, transferred={"example.com": 5})])["texts"] == {}


def test_and_where_the_host_was_compared_once_more():
    compared_and_then(True, LATER)
    found = [comparison(host, {"example.com": [None, [], None]}, NOW + 1) for host in "ab"]
    assert "later" in run({"comparisons": found}, {"dns_zones": LATER})[1]["texts"]["example.com"][1]
