# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import copy
import gc

import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import DeclarationError
from ansible_collections.authoritative.dns.plugins.plugin_utils.inventory import authority_problems, declared, host_addresses, own_addresses
from hypothesis import given, settings
from hypothesis import strategies as st

RECORDS = [{"type": "NS", "value": "ns1.example.net."}]


def task_vars(**variables):
    return {"groups": {"all": ["ns1"], "dns_primaries": ["ns1"]}, "hostvars": {"ns1": {"ansible_host": "192.0.2.1"}}, **variables}


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"dns_addresses": ["192.0.2.1", "2001:DB8::1", "192.0.2.1"], "ansible_host": "192.0.2.9"}, ("192.0.2.1", "2001:db8::1")),
        ({"dns_addresses": "192.0.2.1"}, ("192.0.2.1",)),
        ({"dns_addresses": []}, ()),
        ({"ansible_host": "192.0.2.9"}, ("192.0.2.9",)),
        ({"ansible_host": "ns1.example.com", "ansible_facts": {"default_ipv4": {"address": "192.0.2.7"}, "default_ipv6": {}}}, ("192.0.2.7",)),
        ({"ansible_host": "ns1.example.com"}, ()),
        ({"inventory_hostname": "192.0.2.9"}, ("192.0.2.9",)),
        ({"inventory_hostname": "2001:DB8::9", "ansible_facts": {"default_ipv4": {"address": "192.0.2.7"}}}, ("2001:db8::9",)),
        ({"inventory_hostname": "192.0.2.9", "ansible_host": "ns1.example.com"}, ()),
        ({"inventory_hostname": "ns1"}, ()),
        ({}, ()),
    ],
)
def test_where_a_host_serves(variables, expected):
    assert host_addresses(variables) == expected


@pytest.mark.parametrize("wrong", [["192.0.2.256"], "ns1.example.com", 5, [None], [["192.0.2.1"]], {"address": 1}, ['fe80::1%x; }; zone "evil" {']])
def test_what_is_no_address_is_told_as_it_was_written(wrong):
    with pytest.raises(ValueError, match=r"^dns_addresses: .+ is not an address$"):
        host_addresses({"dns_addresses": wrong})


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255", "fe80::1", "169.254.0.1"])
def test_what_is_no_address_of_one_host_is_none_where_it_serves(address):
    with pytest.raises(ValueError, match=r"^dns_addresses: .+ is not an address at which others reach one host$"):
        host_addresses({"dns_addresses": ["192.0.2.1", address]})
    facts = {"default_ipv4": {"address": "192.0.2.7"}, "default_ipv6": {"address": address}}
    assert host_addresses({"ansible_host": address, "ansible_facts": facts}) == ("192.0.2.7",)


def test_a_wrong_address_is_told_with_its_host():
    with pytest.raises(DeclarationError, match=r"host ns1: dns_addresses: 'x' is not an address; list the host's own addresses in its dns_addresses"):
        declared(task_vars(hostvars={"ns1": {"dns_addresses": ["x"]}}, dns_zones=[{"name": "example.com", "records": RECORDS}]), str)


def test_a_host_that_is_promoted_takes_the_place_of_all_primaries_and_these_become_secondaries():
    groups = {"all": ["ns1", "ns2", "ns3"], "dns_primaries": ["ns1"], "dns_secondaries": ["ns2", "ns3"]}
    hostvars = {f"ns{number}": {"ansible_host": f"192.0.2.{number}"} for number in (1, 2, 3)}
    zones = [{"name": "example.com", "records": RECORDS}, {"name": "example.org", "records": RECORDS, "primaries": ["ns1"], "secondaries": ["ns3"]}]
    found = declared(task_vars(groups=groups, hostvars=hostvars, dns_zones=zones, dns_promoted="{{ promote }}"), {"{{ promote }}": "ns2"}.__getitem__)
    assert [server.name for server in found.zones["example.com"].primaries] == ["ns2"]
    assert [server.name for server in found.zones["example.com"].secondaries] == ["ns1", "ns3"]
    assert [server.name for server in found.zones["example.org"].primaries] == ["ns1"]
    (told,) = [str(warning) for warning in found.warnings if "dns_promoted" in str(warning)]
    assert told.startswith("zone example.org: names its primaries itself")


def test_a_mistake_that_comes_of_the_promotion_alone_says_so():
    groups = {"all": ["ns1", "ns2"], "dns_primaries": ["ns1"], "dns_secondaries": ["ns2"]}
    hostvars = {f"ns{number}": {"ansible_host": f"192.0.2.{number}"} for number in (1, 2)}
    zones = [{"name": "example.com", "records": RECORDS, "catalog": "c.example"}, {"name": "example.org", "records": RECORDS, "serial": "never"}]
    variables = task_vars(groups=groups, hostvars=hostvars, dns_zones=zones, dns_catalogs=[{"name": "c.example", "primaries": ["ns1"]}], dns_promoted="ns2")
    with pytest.raises(DeclarationError) as error:
        declared(variables, str)
    told = [str(problem) for problem in error.value.problems]
    assert [said.partition(";")[0] for said in told if "dns_promoted" in said] == [
        "zone example.com: with dns_promoted: ns2, has other primaries than its catalog c.example: ns2, not ns1",
        "zone example.com: with dns_promoted: ns2, has other secondaries than its catalog c.example: ns1, not ns2",
    ]
    assert [said for said in told if said.startswith("zone example.org: serial 'never' is unknown")] and len(told) == 3


def test_who_cannot_be_promoted_is_told():
    with pytest.raises(DeclarationError, match="dns_promoted: 'ns9' is no such host; name one of the hosts of dns_primaries and dns_secondaries: ns1"):
        declared(task_vars(dns_zones=[{"name": "example.com", "records": RECORDS}], dns_promoted="ns9"), str)


@pytest.mark.parametrize(
    ("path", "places", "told"),
    [
        ("authority", {"ns1": "/a", "ns2": "/a", "pc1": "/b"}, ""),
        ("/authority", {"ns1": "/a", "ns2": "/b"}, ""),
        ("authority", {"ns1": "/a", "ns2": "/b"}, "those of the name servers are in several directories: it would be /a/authority and /b/authority; give an"),
        ("authority", {"ns1": "/a", "ns2": "/a", "ns3": "/b"}, ""),
        ("authority", {"ns1": "None", "ns2": "None"}, "'authority' is relative to the inventory, which is in no directory; give an absolute path"),
        ("authority", {"ns1": "/a", "ns2": None}, "'authority' is relative to the inventory, which is in no directory; give an absolute path"),
    ],
)
def test_an_authority_is_one_for_all_name_servers(path, places, told):
    groups = {"dns_primaries": ["ns1"], "dns_secondaries": [host for host in ("ns2", "ns3") if host in places], "dns_clients": ["pc1"]}
    hostvars = {host: {"inventory_dir": place, "nameserver_tls_authority": "" if host == "ns3" else path} for host, place in places.items()}
    problems = authority_problems(path, {"groups": groups, "hostvars": hostvars, "inventory_hostname": "ns1"})
    assert len(problems) == bool(told)
    assert all(str(problem).startswith("nameserver_tls_authority: ") and told in str(problem) for problem in problems)


def test_only_strings_with_templates_are_templated():
    seen = []

    def template(text):
        seen.append(text)
        return {"{{ zone }}": "example.com", "{% if true %}192.0.2.5{% endif %}": "192.0.2.5", "{{ ttl }}": 60}[text]

    zones = [
        {
            "name": "{{ zone }}",
            "ttl": "{{ ttl }}",
            "records": [*RECORDS, {"name": "www", "type": "A", "value": ["{% if true %}192.0.2.5{% endif %}"]}, {"name": "t", "type": "TXT", "value": "a { b"}],
        }
    ]
    zone = declared(task_vars(dns_zones=zones), template).zones["example.com"]
    assert sorted(seen) == ["{% if true %}192.0.2.5{% endif %}", "{{ ttl }}", "{{ zone }}"]
    assert ("www", 60, "A", "192.0.2.5") in zone.content.records


def test_a_file_is_looked_for_beside_the_inventory_and_then_beside_the_playbook(tmp_path):
    for place in ("inventory", "playbook"):
        (tmp_path / place).mkdir()
    text = "@ 300 SOA a.example. b.example. 41 3600 600 1209600 300\n@ 300 NS ns1.example.net.\n"
    (tmp_path / "playbook" / "a.zone").write_text(text)
    variables = task_vars(
        dns_zones=[{"name": "example.com", "file": "a.zone"}], inventory_dir=str(tmp_path / "inventory"), playbook_dir=str(tmp_path / "playbook")
    )
    assert declared(variables, str).zones["example.com"].content.own_serial == 41
    (tmp_path / "inventory" / "a.zone").write_text(text.replace("41", "42"))
    assert declared(variables, str).zones["example.com"].content.own_serial == 42


@pytest.mark.parametrize("enabled", [True, False])
def test_no_cycles_are_searched_for_while_a_declaration_is_read_and_then_as_before(enabled):
    seen = []
    before = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        with pytest.raises(ZeroDivisionError):
            declared(task_vars(dns_zones="{{ zones }}"), lambda _text: seen.append(gc.isenabled()) or 1 / 0)
        assert seen == [False] and gc.isenabled() == enabled
    finally:
        (gc.enable if before else gc.disable)()


ZONE = {"name": "example.com", "records": RECORDS, "primaries": ["ns1"]}


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"dns_zone_directories": None}, "dns_zone_directories: None is not a list; give a directory, or a list of them, relative to the inventory"),
        ({"dns_zone_directories": 5}, "dns_zone_directories: 5 is not a list; give a directory"),
        ({"dns_zone_directories": [5]}, "dns_zone_directories: 5 is not a path; give a directory"),
        ({"dns_zone_select": "[].primaries"}, "dns_zone_select: '[].primaries' gives something else than zones; write a JMESPath expression"),
        ({"dns_zone_select": "[].[name]"}, "dns_zone_select: '[].[name]' gives something else than zones"),
        (
            {"dns_zones": [{**ZONE, "secondaries": [{"cloud": ["cloudflare"]}]}]},
            "zone example.com: secondaries: the cloud ['cloudflare'] is unknown, did you mean 'cloudflare'?",
        ),
        (
            {"dns_zones": [{**ZONE, "secondaries": [{"cloud": "cloudflare", "host": ["ns1"]}]}]},
            "zone example.com: secondaries: ['ns1'], which is to talk to cloudflare, is no host of the inventory",
        ),
        (
            {"dns_zones": [{**ZONE, "validators": {"ns-count": ["off"]}}]},
            "zone example.com, validators: the level ['off'] of ns-count is unknown, did you mean 'off'?",
        ),
        ({"dns_tsig_algorithm": ["hmac-sha256"]}, "dns_tsig_algorithm: the algorithm ['hmac-sha256'] is unknown, did you mean 'hmac-sha256'?; use one of"),
    ],
)
def test_a_value_of_another_kind_is_a_mistake_like_all_others(variables, told):
    with pytest.raises(DeclarationError) as error:
        declared(task_vars(**{"dns_zones": [ZONE], **variables}), str)
    assert any(str(problem).startswith(told) for problem in error.value.problems), error.value


def test_a_wrong_address_of_a_host_is_told_with_it_where_it_serves_no_zone_too():
    with pytest.raises(DeclarationError, match="host ns9: dns_addresses: 'x' is not an address; list the host's own addresses"):
        own_addresses({"inventory_hostname": "ns9", "hostvars": {"ns9": {"dns_addresses": ["x"]}}})


ENDPOINT = {"address": "192.0.2.9", "port": 53, "name": "x", "key": "partner", "tls": "x.example", "addresses": ["192.0.2.0/24"]}
ENDPOINT |= {"notify": ["192.0.2.9"], "answers": False}
CLOUD = {"cloud": "cloudflare", "host": "ns1", "key": "partner", "addresses": ["192.0.2.0/24"], "notify": ["192.0.2.77"]}
SERVERS = {"primaries": ["ns1"], "secondaries": ["ns2"]}
EVERYTHING = {
    "hostvars": {"ns1": {"dns_addresses": ["192.0.2.1"]}, "ns2": {"dns_addresses": ["192.0.2.2"]}},
    "dns_zones": [
        {
            **{"name": "a.example", "ttl": 300, "soa": {"mname": "ns1.example.net.", "refresh": 3600}, "name_servers": ["ns1.example.net."]},
            **{"primaries": ["ns1"], "secondaries": ["ns2", {"host": "ns2", "from": ["ns1"]}, ENDPOINT, CLOUD], "serial": "date", "tsig": True, "tls": False},
            **{"allow_query": ["any"], "validators": {"ns-count": "off"}, "dnssec": "p", "delegated": True, "labels": {"site": "b"}},
            "records": [{"name": "a", "type": "A", "value": "192.0.2.1", "ttl": 60}, {"name": "m", "type": "MX", "value": ["10 a"]}],
        },
        {"name": "file.example", "file": "a.zone"},
        {"reverse_network": "192.0.2.0/24", "forward_zones": ["a.example"]},
        {"name": "view.example", "view": "in", "records": RECORDS, **SERVERS},
        {"name": "member.example", "records": RECORDS, "catalog": "catalog.example", "catalog_group": "g", **SERVERS},
    ],
    "dns_zone_defaults": {"ttl": 300, "secondaries": ["dns_secondaries"], "soa": {"rname": "h.example.net."}, "validators": {"ns-count": "off"}},
    "dns_zone_directories": ["none"],
    "dns_zone_select": "[?name=='a.example']",
    "dns_promoted": "ns1",
    "dns_catalogs": [{"name": "catalog.example", **SERVERS}],
    "dns_dnssec_policies": {"p": {"algorithm": "ecdsap256sha256", "nsec3": True}},
    "dns_views": [{"name": "in", "match_clients": ["any"]}],
    "dns_tsig_secret": "a secret of more than 32 characters",
    "dns_tsig_generations": [1],
    "dns_tsig_algorithm": "hmac-sha256",
    "dns_tsig_keys": [{"name": "partner", "algorithm": "hmac-sha256", "secret": "MDEyMzQ1Njc4OWFiY2RlZg=="}],
}
OPTIONAL = sorted(EVERYTHING.keys() - {"hostvars", "dns_zones"})
WORDS = ["", "@", ".", "\0", "\ud800", "²", "9" * 5000, "any", "ns1", "a.example", "192.0.2.1", "[].primaries", "[].[name]"]
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.sampled_from(WORDS), st.text(max_size=5))


def places(value, place=()):
    """Where anything is in a value of lists and mappings."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place, *(found for key, item in items for found in places(item, (*place, key)))]


PLACES = [place for place in places(EVERYTHING) if len(place) > 2 or place and place[0] != "hostvars"]
WORDS = st.sampled_from([str(place[-1]) for place in PLACES])
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=2), max_leaves=4)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    path = tmp_path_factory.mktemp("site")
    (path / "a.zone").write_text("@ 300 SOA a.example. b.example. 41 3600 600 1209600 300\n@ 300 NS ns1.example.net.\n")
    return str(path)


@settings(max_examples=400)
@given(st.sampled_from(PLACES), VALUES, st.sets(st.sampled_from(OPTIONAL)))
def test_whatever_is_declared_is_taken_or_told_as_a_mistake(site, place, value, without):
    """Whatever stands where, with and without all that is around it; nothing else ever comes out."""
    variables = copy.deepcopy({key: item for key, item in EVERYTHING.items() if key not in without or key == place[0]})
    if place[0] != "dns_zone_directories":
        variables.pop("dns_zone_directories", None)  # which is not there, and nothing after that is read
    *above, last = place
    target = variables
    for key in above:
        target = target[key]
    target[last] = value
    groups = {"all": ["ns1", "ns2"], "dns_primaries": ["ns1"], "dns_secondaries": ["ns2"]}
    try:
        declared({"groups": groups, "inventory_dir": site, **variables}, str)
    except DeclarationError as error:
        assert all(problem.where and problem.wrong and problem.right for problem in error.problems)
