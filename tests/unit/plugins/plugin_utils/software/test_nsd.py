# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written for nsd is what was planned, and nothing that anybody declares can make it more."""

from __future__ import annotations

import ipaddress
import re
import shutil
import subprocess

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.serving import blocks
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.servers import consuming, only
from ansible_collections.authoritative.dns.plugins.plugin_utils.software.common import Settings, beyond
from ansible_collections.authoritative.dns.plugins.plugin_utils.software.nsd import CAPABILITIES, Layout, entry, render
from ansible_collections.authoritative.dns.tests.support.declarations import NS, planned, with_any_declaration

CHECKER = shutil.which("nsd-checkconf", path="/usr/bin:/usr/sbin:/usr/local/sbin:/usr/local/bin")
KEYS = {"secret": "s" * 32, "generations": [2, 1]}
_LINE = re.compile(r'#[^\n]*|(?P<clause>[a-z-]+):|\t?(?P<option>[a-z-]+):(?P<values>( ("[a-zA-Z0-9_./*+%-]*"|[a-zA-Z0-9:./@-]+))+)')


def clauses(text):
    """The clauses of a configuration, each [name, [(option, [values])]]. Strict: what is not surely harmless is an error."""
    result = []
    for line in text.splitlines():
        match = _LINE.fullmatch(line)
        assert match, line
        if match["clause"]:
            result.append((match["clause"], []))
        elif match["option"]:
            values = [value.strip('"') for value in match["values"].split()]
            if line.startswith("\t"):
                result[-1][1].append((match["option"], values))
            else:
                result.append((match["option"], values))
    return result


@pytest.fixture(scope="module")
def layout(tmp_path_factory):
    root = tmp_path_factory.mktemp("nsd")
    (root / "local.conf").write_text("")
    directories = (f"{root}/secondary", f"{root}/differences")
    return Layout(f"{root}/nsd.conf", f"{root}/local.conf", str(root), *directories, f"{root}/nsd.ctl", "root", "root", "nsd", ['logfile: ""'])


def check(layout, files):
    """Let NSD itself read the configuration, as one file."""
    if CHECKER is None:
        return
    text = files["nsd.conf"]
    for name in ("keys.conf", "zones.conf"):
        text = text.replace(f'include: "{layout.state_directory}/current/{name}"\n', files[name])
    path = f"{layout.state_directory}/check.conf"
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(text)
    run = subprocess.run([CHECKER, path], capture_output=True, text=True, timeout=30, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


@with_any_declaration
def test_nothing_declared_becomes_configuration_of_its_own(layout, whole):
    files = render(whole, layout, Settings(allow_query=("none",)))
    found = clauses(files["zones.conf"])
    assert [options[0] for name, options in found if name == "zone"] == [("name", [zone]) for zone in sorted([*whole.primary, *whole.secondary])]
    for name, options in found:
        kinds = [option for option, _values in options]
        if name == "zone":
            assert kinds == ["name", "zonefile", "include-pattern"]
        else:
            assert name == "pattern" and set(kinds) <= {"name", "request-xfr", "allow-notify", "provide-xfr", "notify", "allow-query"}
            assert all(ipaddress.ip_network(values[0]) and values[1:] == ["NOKEY"] for option, values in options if option != "name")
    assert [name for name, _options in clauses(files["nsd.conf"])] == ["server", "remote-control", "include", "include"]
    check(layout, files)


def patterns(files):
    return {options[0][1][0]: options[1:] for name, options in clauses(files["zones.conf"]) if name == "pattern"}


def pattern(files, zone):
    """The options that a zone has from its pattern, {option: [values as text]}."""
    options = next(dict(options) for name, options in clauses(files["zones.conf"]) if name == "zone" and options[0] == ("name", [zone]))
    result = {}
    for option, values in patterns(files)[options["include-pattern"][0]]:
        result.setdefault(option, []).append(" ".join(values))
    return result


def test_transfers_are_for_the_zones_secondaries_and_nobody_else(layout):
    zones = [
        {"name": "a.example", "records": NS},
        {"name": "b.example", "records": NS, "secondaries": []},
        {"name": "c.example", "records": NS, "secondaries": [{"address": "203.0.113.9", "port": 5353}]},
    ]
    files = render(planned(zones), layout, Settings(allow_query=("any",)))
    assert pattern(files, "a.example") == {"provide-xfr": ["192.0.2.2 NOKEY", "2001:db8::2 NOKEY"], "notify": ["192.0.2.2 NOKEY"]}
    assert pattern(files, "b.example") == {}
    assert pattern(files, "c.example") == {"provide-xfr": ["203.0.113.9 NOKEY"], "notify": ["203.0.113.9@5353 NOKEY"]}
    check(layout, files)
    files = render(planned(zones, "ns2"), layout, Settings(allow_query=("any",)))
    servers = ["192.0.2.1 NOKEY", "2001:db8::1 NOKEY"]
    assert pattern(files, "a.example") == {"request-xfr": servers, "allow-notify": servers}
    assert f'zonefile: "{layout.secondary_directory}/a.example"' in files["zones.conf"]
    check(layout, files)


def test_a_pairs_keys_are_all_accepted_and_the_first_is_used(layout):
    zones = [{"name": "a.example", "records": NS, "allow_query": ["none"]}]
    new, old = ("ns2._from.ns1._g2", "ns2._from.ns1._g1")
    everywhere = [f"{network} {key}" for key in (new, old) for network in ("0.0.0.0/0", "::/0")]
    files = render(planned(zones, keys=KEYS), layout, Settings())
    found = pattern(files, "a.example")
    assert found["provide-xfr"] == everywhere and found["notify"] == [f"192.0.2.2 {new}"]
    # Who transfers asks for the SOA first, and signs that.
    assert found["allow-query"][-4:] == everywhere and "203.0.113.0/24 NOKEY" not in found["allow-query"]
    assert [options[0][1][0] for _key, options in clauses(re.sub("secret: .*", 'secret: "x"', files["keys.conf"]))] == [old, new]
    check(layout, files)
    files = render(planned(zones, "ns2", keys=KEYS), layout, Settings())
    assert pattern(files, "a.example")["request-xfr"] == [f"192.0.2.1 {new}", f"2001:db8::1 {new}"]
    assert pattern(files, "a.example")["allow-notify"] == everywhere
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
    expected = None if who is None else [f"{network} NOKEY" for network in [*who, *always]]
    assert pattern(files, "a.example").get("allow-query") == expected


def test_what_nsd_cannot_do_is_said_before_a_host_is_touched():
    plan = planned([{"name": "a.example", "records": NS}])
    assert not beyond(CAPABILITIES, plan, Settings(allow_query=("192.0.2.0/24", "localhost")))
    found = beyond(CAPABILITIES, plan, Settings(recursion_networks=("any",)))
    assert [problem.where for problem in found] == ["host ns1"] * 2
    assert "does not recurse" in str(found[0]) and "localnets" in str(found[1]) and "a.example" in str(found[1])


@pytest.mark.parametrize(
    ("listen_on", "addresses"),
    [(("any",), []), (("192.0.2.1",), ["127.0.0.1", "192.0.2.1"]), (("192.0.2.1", "2001:db8::1"), ["127.0.0.1", "::1", "192.0.2.1", "2001:db8::1"])],
)
def test_the_host_itself_is_always_answered(layout, listen_on, addresses):
    files = render(planned([]), layout, Settings(listen_on=listen_on))
    server, control = clauses(files["nsd.conf"])[:2]
    assert [values[0] for option, values in server[1] if option == "ip-address"] == addresses
    assert control[1] == [("control-enable", ["yes"]), ("control-interface", [layout.control_socket])]
    check(layout, files)


def test_the_first_file_only_leads_to_the_current_generation_and_to_the_administrators(layout):
    assert clauses(entry(layout)) == [("include", [f"{layout.state_directory}/current/nsd.conf"]), ("include", [layout.local_config])]


def test_zones_with_the_same_servers_name_them_once_and_zones_move_nothing_that_takes_a_restart(layout):
    many = render(planned([{"name": f"z{number}.example", "records": NS} for number in range(100)]), layout, Settings())
    assert len(patterns(many)) == 1
    assert many["nsd.conf"] == render(planned([]), layout, Settings())["nsd.conf"]


def test_a_run_about_one_zone_leaves_the_others_as_they_are(layout):
    old = planned([{"name": "a.example", "records": NS}, {"name": "b.example", "records": NS}], keys=KEYS)
    new = planned([{"name": name, "records": NS, "secondaries": ["192.0.2.99"]} for name in ("a.example", "b.example")], keys=KEYS)
    before, after = (render(plan, layout, Settings()) for plan in (old, new))
    merged = blocks.merge(before, after, {"a.example"})
    assert pattern(merged, "a.example") == pattern(after, "a.example") != pattern(before, "a.example")
    assert pattern(merged, "b.example") == pattern(before, "b.example")
    assert merged["keys.conf"] == before["keys.conf"]
    check(layout, merged)
    assert blocks.merge(merged, after, set(only(new, None).primary)) == after


def test_an_encrypted_zone_is_taken_from_who_has_the_right_name(layout):
    zone = {"name": "example.com", "records": NS, "tls": True}
    settings = Settings(allow_query=("any",), tls_ca="/etc/ssl/certs/ca-certificates.crt")
    files = render(planned([zone], "ns2", keys=KEYS), layout, settings)
    found = clauses(files["zones.conf"])
    names = {dict(options)["name"][0]: dict(options)["auth-domain-name"] for name, options in found if name == "tls-auth"}
    asked = [values for name, options in found if name == "pattern" for option, values in options if option == "request-xfr"]
    assert asked and all(values[0].endswith("@853") and names[values[2]] == ["ns1"] for values in asked)
    check(layout, files)


@pytest.mark.parametrize(
    ("host", "settings", "told"),
    [
        ("ns2", {}, "transfers over TLS, but does not know whose certificates to trust"),
        ("ns1", {"tls_certificate": "/a", "tls_key": "/b"}, "NSD cannot hand zones out over TLS and in no other way"),
    ],
)
def test_what_cannot_be_encrypted_is_told_before(host, settings, told):
    whole = planned([{"name": "example.com", "records": NS, "tls": True}], host)
    assert [problem.wrong for problem in beyond(CAPABILITIES, whole, Settings(allow_query=("any",), **settings))] == [told]


def test_members_of_the_first_catalog_have_no_clause_where_nsd_learns_of_them(layout):
    zones = [{"name": name, "records": NS, "catalog": f"{name[0]}.catalog.example"} for name in ("a.example", "b.example")]
    whole = planned(zones, "ns2", catalog_zones=[{"name": "a.catalog.example"}, {"name": "b.catalog.example"}])
    written = clauses(render(consuming(whole, lambda _catalog: True, 1), layout, Settings(allow_query=["any"]))["zones.conf"])
    named = {dict(options)["name"][0]: dict(options) for _clause, options in written}
    assert {name for name in named if name.endswith(".example")} == {"a.catalog.example", "b.catalog.example", "b.example"}
    catalog = named["a.catalog.example"]
    assert catalog["catalog"] == ["consumer"] and "catalog" not in named["b.catalog.example"]
    member = named[catalog["catalog-member-pattern"][0]]
    assert member["zonefile"] == [f"{layout.secondary_directory}/member-%s"] and member["include-pattern"] == catalog["include-pattern"]


def test_an_nsd_that_knows_no_catalogs_gets_clauses():
    assert [CAPABILITIES.of(version).catalogs for version in ("4.6.1-1", "4.8.0", "4.9.0", "4.12.0-1")] == [False, False, True, True]
