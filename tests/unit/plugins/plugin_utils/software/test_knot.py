# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written for knotd is what was planned, and nothing that anybody declares can make it more."""

from __future__ import annotations

import ipaddress
import re
import shutil
import subprocess

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.serving import blocks
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software import knot_signing
from ansible_collections.authoritative.dns.plugins.plugin_utils.software.common import Settings, beyond
from ansible_collections.authoritative.dns.plugins.plugin_utils.software.knot import CAPABILITIES, Layout, entry, render
from ansible_collections.authoritative.dns.tests.support.declarations import NS, planned, with_any_declaration

CHECKER = shutil.which("knotc", path="/usr/bin:/usr/sbin:/usr/local/sbin:/usr/local/bin")
KEYS = {"secret": "s" * 32, "generations": [2, 1]}
_TEXT = r'"([a-zA-Z0-9_.:/@+=-]*)"'
_LINE = re.compile(rf"#[^\n]*|(?P<section>[a-z-]+):|(?P<start>  - |    |)(?P<option>[a-z0-9-]+): (?P<value>-?\d+|{_TEXT}|\[{_TEXT}(, {_TEXT})*\])")


def sections(text):
    """The items of a configuration in order, [section, {option: value}]. Strict: what is not surely harmless is an error."""
    result, section = [], None
    for line in text.splitlines():
        match = _LINE.fullmatch(line)
        assert match, line
        if match["section"]:
            section = match["section"]
        elif match["option"]:
            texts = re.findall(_TEXT, match["value"])
            value = texts if match["value"].startswith("[") else texts[0] if texts else int(match["value"])
            if match["start"] == "":
                result.append((match["option"], value))
                continue
            if match["start"] == "  - " or not result or result[-1][0] != section:
                result.append((section, {}))
            assert match["option"] not in result[-1][1]
            result[-1][1][match["option"]] = value
    return result


def items(files, section):
    return {item.get("id", item.get("domain")): item for name, item in sections(files["zones.conf"]) if name == section}


@pytest.fixture(scope="module")
def layout(tmp_path_factory):
    root = tmp_path_factory.mktemp("knot")
    return Layout(f"{root}/knot.conf", f"{root}/local.conf", str(root), str(root), f"{root}/secondary", str(root), "root", "root", "knot")


def check(layout, files):
    """Let Knot DNS itself read the configuration, as one file."""
    if CHECKER is None:
        return
    text = files["knot.conf"]
    for name in ("keys.conf", "zones.conf"):
        text = text.replace(f'include: "{layout.state_directory}/current/{name}"\n', files[name])
    path = f"{layout.state_directory}/check.conf"
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(text)
    run = subprocess.run([CHECKER, "--config", path, "conf-check"], capture_output=True, text=True, timeout=30, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


@with_any_declaration
def test_nothing_declared_becomes_configuration_of_its_own(layout, whole):
    files = render(whole, layout, Settings(allow_query=("none",)))
    found = sections(files["zones.conf"])
    assert [item["domain"] for name, item in found if name == "zone"] == sorted([*whole.primary, *whole.secondary])
    known = {
        "mod-rrl": {"id", "rate-limit", "slip", "whitelist"},
        "mod-queryacl": {"id", "address"},
        "remote": {"id", "address"},
        "acl": {"id", "address", "action"},
        "template": {"id", "global-module", "master", "notify", "acl", "module", "journal-content"},
        "zone": {"domain", "template", "file"},
    }
    for name, item in found:
        assert set(item) <= known[name]
        if name in ("mod-queryacl", "acl"):
            assert all(ipaddress.ip_network(address) for address in item["address"])
    assert [name for name, _item in sections(files["knot.conf"])] == ["server", "log", "database", "include", "include"]
    check(layout, files)


def served(files, zone):
    """What a zone has from its template, with what that refers to: {option: [texts]}."""
    template = items(files, "template")[items(files, "zone")[zone]["template"]]
    remotes, rules, modules = (items(files, section) for section in ("remote", "acl", "mod-queryacl"))
    result = {
        option: [" ".join(filter(None, (remotes[name]["address"], remotes[name].get("key")))) for name in template.get(option, ())]
        for option in ("master", "notify")
    }
    for rule in (rules[name] for name in template.get("acl", ())):
        result.setdefault(rule["action"][0] + " allowed", []).extend(rule.get("key", rule.get("address")))
    for name in template.get("module", ()):
        result["askers"] = modules[name.removeprefix("mod-queryacl/")]["address"]
    return {option: values for option, values in result.items() if values} | {"journal": template["journal-content"]}


def test_transfers_are_for_the_zones_secondaries_and_nobody_else(layout):
    zones = [
        {"name": "a.example", "records": NS},
        {"name": "b.example", "records": NS, "secondaries": []},
        {"name": "c.example", "records": NS, "secondaries": [{"address": "203.0.113.9", "port": 5353}]},
    ]
    files = render(planned(zones), layout, Settings(allow_query=("any",)))
    assert served(files, "a.example") == {"transfer allowed": ["192.0.2.2", "2001:db8::2"], "notify": ["192.0.2.2@53"], "journal": "none"}
    assert served(files, "b.example") == {"journal": "none"}
    assert served(files, "c.example") == {"transfer allowed": ["203.0.113.9"], "notify": ["203.0.113.9@5353"], "journal": "none"}
    check(layout, files)
    files = render(planned(zones, "ns2"), layout, Settings(allow_query=("any",)))
    addresses = ["192.0.2.1", "2001:db8::1"]
    assert served(files, "a.example") == {"master": [f"{address}@53" for address in addresses], "notify allowed": addresses, "journal": "changes"}
    assert items(files, "zone")["a.example"]["file"] == f"{layout.secondary_directory}/a.example"
    check(layout, files)


def test_a_pairs_keys_are_all_accepted_and_the_first_is_used(layout):
    zones = [{"name": "a.example", "records": NS}]
    new, old = ("ns2._from.ns1._g2", "ns2._from.ns1._g1")
    files = render(planned(zones, keys=KEYS), layout, Settings(allow_query=("any",)))
    assert served(files, "a.example") == {"transfer allowed": [new, old], "notify": [f"192.0.2.2@53 {new}"], "journal": "none"}
    assert [item["id"] for _section, item in sections(files["keys.conf"])] == [old, new]
    check(layout, files)
    files = render(planned(zones, "ns2", keys=KEYS), layout, Settings(allow_query=("any",)))
    found = served(files, "a.example")
    assert found["master"] == [f"192.0.2.1@53 {new}", f"2001:db8::1@53 {new}"] and found["notify allowed"] == [new, old]
    check(layout, files)


@pytest.mark.parametrize(
    ("server", "zone", "who"),
    [
        (["203.0.113.0/24"], None, ["203.0.113.0/24"]),
        (["any"], None, None),
        (["any"], ["10.0.0.0/8"], ["10.0.0.0/8"]),
        (["any"], ["none", "localhost"], []),
        (["10.0.0.0/8"], ["any", "10.0.0.0/8"], None),
    ],
)
def test_a_zone_may_be_asked_by_whom_it_says_by_its_host_and_by_its_secondaries(layout, server, zone, who):
    declared = {"name": "a.example", "records": NS, **({"allow_query": zone} if zone else {})}
    files = render(planned([declared]), layout, Settings(allow_query=server))
    always = ["127.0.0.1", "::1", "192.0.2.1", "2001:db8::1", "192.0.2.2", "2001:db8::2"]
    assert served(files, "a.example").get("askers") == (None if who is None else [*who, *always])
    check(layout, files)


def test_what_knot_cannot_do_is_said_before_a_host_is_touched():
    plan = planned([{"name": "a.example", "records": NS}])
    assert not beyond(CAPABILITIES, plan, Settings(allow_query=("192.0.2.0/24", "localhost")))
    found = beyond(CAPABILITIES, plan, Settings(recursion_networks=("any",)))
    assert "does not recurse" in str(found[0]) and "localnets" in str(found[1]) and "a.example" in str(found[1])


def test_answers_are_limited_but_not_for_the_servers_of_the_zones(layout):
    zones = [{"name": "a.example", "records": NS}, {"name": "b.example", "records": NS, "primaries": ["198.51.100.7"], "secondaries": ["ns1"]}]
    files = render(planned(zones), layout, Settings())
    limits = items(files, "mod-rrl")["answers"]
    assert set(limits["whitelist"]) == {"127.0.0.1", "::1", "192.0.2.1", "2001:db8::1", "192.0.2.2", "2001:db8::2", "198.51.100.7"}
    assert items(files, "template")["default"]["global-module"] == ["mod-rrl/answers"]


@pytest.mark.parametrize(
    ("listen_on", "addresses"),
    [
        (("any",), ["0.0.0.0@53", "::@53"]),
        (("192.0.2.1",), ["127.0.0.1@53", "192.0.2.1@53"]),
        (("2001:db8::1",), ["127.0.0.1@53", "::1@53", "2001:db8::1@53"]),
    ],
)
def test_the_host_itself_is_always_answered_and_nothing_is_told_about_the_server(layout, listen_on, addresses):
    server = sections(render(planned([]), layout, Settings(listen_on=listen_on))["knot.conf"])[0][1]
    assert server["listen"] == addresses and [server[option] for option in ("version", "identity", "nsid")] == [""] * 3


def test_the_first_file_only_leads_to_the_current_generation_and_to_the_administrators(layout):
    assert sections(entry(layout)) == [("include", f"{layout.state_directory}/current/knot.conf"), ("include", layout.local_config)]


def test_zones_with_the_same_servers_name_them_once_and_zones_move_nothing_that_takes_a_restart(layout):
    many = render(planned([{"name": f"z{number}.example", "records": NS} for number in range(100)]), layout, Settings())
    assert len(items(many, "template")) == 2 and len(items(many, "remote")) == 1
    assert many["knot.conf"] == render(planned([]), layout, Settings())["knot.conf"]


def test_a_run_about_one_zone_leaves_the_others_as_they_are(layout):
    names = ("a.example", "b.example")
    old = planned([{"name": name, "records": NS, "allow_query": ["10.0.0.0/8"]} for name in names], keys=KEYS)
    new = planned([{"name": name, "records": NS, "secondaries": ["192.0.2.99"], "allow_query": ["none"]} for name in names], keys=KEYS)
    before, after = (render(plan, layout, Settings()) for plan in (old, new))
    merged = blocks.merge(before, after, {"a.example"})
    assert served(merged, "a.example") == served(after, "a.example") != served(before, "a.example")
    assert served(merged, "b.example") == served(before, "b.example")
    check(layout, merged)
    assert blocks.merge(merged, after, set(names)) == after


def protocols(files, zone):
    """Over what each rule of a zone lets others do something."""
    rules = [items(files, "acl")[rule] for rule in items(files, "template")[items(files, "zone")[zone]["template"]]["acl"]]
    return {rule["action"][0]: rule.get("protocol") for rule in rules}


def test_encrypted_zones_are_handed_out_over_tls_alone(layout):
    zones = [{"name": "example.com", "records": NS, "tls": True}, {"name": "plain.example", "records": NS}]
    settings = Settings(listen_on=("192.0.2.1",), allow_query=("any",), tls_certificate="/tls/certificate.pem", tls_key="/tls/key.pem")
    files = render(planned(zones, keys=KEYS), layout, settings)
    server = sections(files["knot.conf"])[0][1]
    assert server["listen-tls"] == ["127.0.0.1@853", "192.0.2.1@853"]
    assert (server["cert-file"], server["key-file"]) == ("/tls/certificate.pem", "/tls/key.pem")
    assert protocols(files, "example.com") == {"transfer": ["tls"], "query": None} and protocols(files, "plain.example") == {"transfer": None}
    assert "tls" not in "".join(render(planned(zones[1:], keys=KEYS), layout, settings).values())


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("ns1", "hands zones out over TLS, but has no certificate"),
        ("ns2", "Knot DNS cannot transfer over TLS from whom an authority's certificate proves to be the one that is meant"),
    ],
)
def test_what_cannot_be_encrypted_is_told_before(host, told):
    whole = planned([{"name": "example.com", "records": NS, "tls": True}], host)
    assert [problem.wrong for problem in beyond(CAPABILITIES, whole, Settings(allow_query=("any",)))] == [told]


def test_zones_are_signed_by_their_policy_from_a_text_that_stays_as_it_is(layout):
    policies = {"two-keys": {"algorithm": "ED25519", "single_type_signing": False, "zsk_lifetime": "90d", "nsec3": True, "publish_safety": "2h"}}
    zones = [{"name": name, "dnssec": dnssec, "records": NS} for name, dnssec in (("a.example", "two-keys"), ("b.example", "insecure"), ("c.example", False))]
    files = render(planned(zones, "ns1", policies=policies), layout, Settings(allow_query=("any",)))
    check(layout, files)
    found, templates, zone = items(files, "policy"), items(files, "template"), items(files, "zone")
    assert found["two-keys"] == {
        **{"id": "two-keys", "ksk-submission": "two-keys"},
        **{"algorithm": "ed25519", "single-type-signing": "off", "ksk-lifetime": 0, "zsk-lifetime": 7776000, "dnskey-ttl": 3600},
        **{"zone-max-ttl": 86400, "propagation-delay": 7500, "rrsig-lifetime": 1209600, "rrsig-refresh": 432000, "cds-cdnskey-publish": "always"},
        **{"nsec3": "on", "nsec3-iterations": 0, "nsec3-salt-length": 0, "nsec3-opt-out": "off"},
    }
    # whatever keys the zone has
    assert found["insecure"] == {"id": "insecure", "ksk-submission": "insecure", "manual": "on", "cds-cdnskey-publish": "delete-dnssec"}
    assert knot_signing.delays(files) == {"two-keys": 93600, "insecure": 93600}
    signed, ending, plain = (zone[name] for name in sorted(zone))
    assert [(item["dnssec-signing"], item["dnssec-policy"]) for item in (signed, ending)] == [("on", "two-keys"), ("on", "insecure")]
    assert templates[signed["template"]]["journal-content"] == "all" and templates[signed["template"]]["zonefile-sync"] == -1
    assert "dnssec-signing" not in plain and templates[plain["template"]]["journal-content"] == "none" and signed["template"] != plain["template"]
    assert knot_signing.policies(files) == {"a.example": "two-keys", "b.example": "insecure"}
