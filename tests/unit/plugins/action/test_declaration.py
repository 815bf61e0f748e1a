# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible.errors import AnsibleActionFail
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible_collections.authoritative.dns.plugins.action.declaration import ActionModule

RECORDS = [{"type": "NS", "value": "ns1.example.net."}, {"name": "www", "type": "A", "value": ["192.0.2.8", "192.0.2.9"]}]


def run(zones, arguments=None, strategy="linear", **variables):
    action = object.__new__(ActionModule)
    action._task = SimpleNamespace(args=arguments or {}, async_val=0, check_mode=False, diff=False, get_play=lambda: SimpleNamespace(strategy=strategy))
    action._connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir=None))
    action._templar = Templar(loader=DataLoader(), variables=variables)
    hosts = {"ns1": {"ansible_host": "192.0.2.1"}, "ns2": {"ansible_host": "192.0.2.2"}}
    groups = {"all": list(hosts), "dns_primaries": ["ns1"], "dns_secondaries": ["ns2"]}
    return action.run(
        task_vars={"dns_zones": zones, "groups": groups, "hostvars": hosts, "inventory_hostname": "ns1", "ansible_play_hosts": ["ns1"], **variables}
    )


def test_a_declaration_without_mistakes_is_counted():
    result = run([{"name": trust_as_template("{{ domain }}"), "records": RECORDS}], domain="example.com")
    assert result["hosts"] == run([{"name": "a.example", "records": RECORDS, "secondaries": ["ns2", "203.0.113.7"]}])["hosts"] == ["ns1", "ns2"]
    assert {key: result[key] for key in ("changed", "zones", "records", "servers")} == {"changed": False, "zones": 1, "records": 3, "servers": ["ns1", "ns2"]}


def test_who_takes_zones_to_providers_is_told_for_every_host():
    def zone(name, **more):
        return {"name": name, "records": RECORDS, "secondaries": [more], "tsig": False}

    listed = [zone("a.example", cloud="cloudflare"), zone("b.example", cloud="route53"), zone("c.example", cloud="route53", host="ns2")]
    result = run(listed)
    assert result["carriers"] == {"ns1": ["cloudflare", "route53"], "ns2": ["route53"]} and result["clouds"] == ["cloudflare", "route53"]
    assert run(listed, inventory_hostname="ns3")["clouds"] == [] == run([{"name": "a.example", "records": RECORDS}])["clouds"]


def test_who_signs_is_told_for_every_host():
    listed = [{"name": f"{name}.example", "records": RECORDS, **more} for name, more in (("a", {}), ("b", {"dnssec": True}))]
    assert run(listed)["signers"] == ["ns1"] and run(listed[:1])["signers"] == []
    assert run(listed, dns_promoted="ns2")["signers"] == ["ns2"]
    ns2 = {"primaries": ["ns2"], "secondaries": []}
    assert run([listed[0], {**listed[1], "dnssec": "insecure", **ns2}], dns_zone_select="[?name=='a.example']")["signers"] == ["ns2"]


def test_what_a_hosts_program_cannot_do_is_a_mistake():
    zones = [{"name": "example.com", "records": RECORDS}]
    nsd = {"software": "nsd", "settings": {"allow_query": ["any"]}}
    assert run(zones, nsd)["zones"] == 1
    for settings, wrong in ({"allow_query": ["localnets"]}, "localnets"), ({"allow_query": ["any"], "recursion_networks": ["any"]}, "does not recurse"):
        with pytest.raises(AnsibleActionFail, match=f"no host was changed.\n- host ns1: NSD .*{wrong}"):
            run(zones, {**nsd, "settings": settings})
    with pytest.raises(AnsibleActionFail, match="value of software must be one of"):
        run(zones, {"software": "nds"})


def test_an_authority_that_would_be_in_several_places_is_a_mistake():
    given = {"software": "bind", "settings": {"tls_authority": "authority"}}
    with pytest.raises(AnsibleActionFail, match="no host was changed.\n- nameserver_tls_authority: 'authority' is relative to the inventory, .*absolute path"):
        run([{"name": "example.com", "records": RECORDS}], given)


def test_servers_are_not_provisioned_where_none_waits_for_the_other():
    declared, software = [{"name": "example.com", "records": RECORDS}], {"software": "nsd", "settings": {"allow_query": ["any"]}}
    for strategy in ("free", "ansible.builtin.free", "host_pinned"):
        assert run(declared, software, strategy, ansible_play_hosts_all=["ns1"])["zones"] == 1
        assert run(declared, None, strategy, ansible_play_hosts_all=["ns1", "ns2"])["zones"] == 1  # nothing is provisioned
        with pytest.raises(AnsibleActionFail, match=f"no host was changed.\n- strategy: with {strategy} servers change before others .* strategy linear"):
            run(declared, software, strategy, ansible_play_hosts_all=["ns1", "ns2"])
    assert run(declared, software, "ansible.builtin.linear", ansible_play_hosts_all=["ns1", "ns2"])["zones"] == 1


def test_every_mistake_is_in_the_message():
    with pytest.raises(AnsibleActionFail) as error:
        run([{"name": "a b"}, {"name": "example.com", "records": [*RECORDS, {"name": "x", "type": "A", "value": "y"}], "secondaries": ["ns3"]}])
    message = str(error.value)
    assert message.startswith("The DNS declaration has 3 mistakes; no host was changed.") and message.count("\n- ") == 3
    assert "'a b'" in message and "value 'y' is not an A value" in message and "secondaries names 'ns3'" in message
