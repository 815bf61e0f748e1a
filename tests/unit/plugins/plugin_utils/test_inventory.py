# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: E501 -- a case a line
from __future__ import annotations

import gc

import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import DeclarationError
from ansible_collections.authoritative.dns.plugins.plugin_utils.inventory import declared, host_addresses

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
        ({}, ()),
    ],
)
def test_where_a_host_serves(variables, expected):
    assert host_addresses(variables) == expected


@pytest.mark.parametrize("wrong", [["192.0.2.256"], "ns1.example.com", 5, [None], [["192.0.2.1"]], {"address": 1}, ['fe80::1%x; }; zone "evil" {']])
def test_what_is_no_address_is_told_as_it_was_written(wrong):
    with pytest.raises(ValueError, match=r"^dns_addresses: .+ is not an address$"):
        host_addresses({"dns_addresses": wrong})


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


def test_who_cannot_be_promoted_is_told():
    with pytest.raises(DeclarationError, match="dns_promoted: 'ns9' is no such host; name one of the hosts of dns_primaries and dns_secondaries: ns1"):
        declared(task_vars(dns_zones=[{"name": "example.com", "records": RECORDS}], dns_promoted="ns9"), str)


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
