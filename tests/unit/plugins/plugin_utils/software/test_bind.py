# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written for named is what was planned, and nothing that anybody declares can make it more."""

from __future__ import annotations

import ipaddress
import pathlib
import re
import shutil
import subprocess
from collections.abc import Iterator

import pytest
import yaml
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.servers import consuming
from ansible_collections.authoritative.dns.plugins.plugin_utils.software.bind import CAPABILITIES, Layout, entry, render, takes_catalog
from ansible_collections.authoritative.dns.plugins.plugin_utils.software.common import Settings
from ansible_collections.authoritative.dns.tests.support.declarations import NS, planned, with_any_declaration

CHECKER = shutil.which("named-checkconf", path="/usr/bin:/usr/sbin:/usr/local/sbin:/usr/local/bin")
ROLE = pathlib.Path(__file__).resolve().parents[5] / "roles/nameserver/vars/software"
_TOKEN = re.compile(r'\s+|//[^\n]*\n|(?P<string>"[a-zA-Z0-9_./+-]*")|(?P<word>[a-zA-Z0-9_.:/-]+)|(?P<mark>[{};])')


def statements(text):
    """The statements of a configuration, each a list of words and blocks. Strict: what is not surely harmless is an error."""

    def block(tokens: Iterator[str], inner: bool):
        result, current = [], []
        for token in tokens:
            if token == "{":
                current.append(block(tokens, True))
            elif token == ";":
                assert current, "an empty statement"
                result.append(current)
                current = []
            elif token == "}":
                assert inner and not current
                return result
            else:
                current.append(token)
        assert not inner and not current
        return result

    tokens, position = [], 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        assert match, f"{text[position : position + 40]!r} is no token"
        position = match.end()
        if match.lastgroup:
            tokens.append(match.group())
    return block(iter(tokens), False)


@pytest.fixture(scope="module")
def layout(tmp_path_factory):
    root = tmp_path_factory.mktemp("bind")
    for name in ("local.conf", "options.conf"):
        (root / name).write_text("")
    files = (str(root / name) for name in ("named.conf", "local.conf", "options.conf"))
    return Layout(*files, str(root), str(root), "slaves/", "root", "root", "named", f"{root}/signing")


def check(layout, files, own=""):
    """Let BIND itself read the configuration, as one file. own: what the administrator's own file says."""
    path = layout.working_directory + "/check.conf"
    with open(path, "w", encoding="utf-8") as stream:
        text = own + files["named.conf"]
        for name in ("keys.conf", "zones.conf"):
            text = text.replace(f'include "{layout.state_directory}/current/{name}";\n', files[name])
        stream.write(text)
    run = subprocess.run([CHECKER, path], capture_output=True, text=True, timeout=30, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def is_address(word):
    return word in ("localhost", "localnets", "any") or ipaddress.ip_network(word)


@pytest.mark.skipif(CHECKER is None, reason="named-checkconf is not installed")
@with_any_declaration
def test_nothing_declared_becomes_configuration_of_its_own(layout, whole):
    files = render(whole, layout, Settings())
    found = statements(files["zones.conf"])
    assert [(statement[1], statement[2][0]) for statement in found if statement[0] == "zone"] == [
        (f'"{zone}"', ["type", "primary" if zone in whole.primary else "secondary"]) for zone in sorted([*whole.primary, *whole.secondary])
    ]
    for statement in found:
        assert statement[0] in ("zone", "acl", "primaries") and len(statement) == 3
        if statement[0] == "zone":
            assert {part[0] for part in statement[2]} <= {"type", "file", "check-names", "allow-transfer", "also-notify", "allow-query", "primaries", "notify"}
        else:
            assert all(is_address(item[0]) and item[1:] in ([], ["port", "53"]) for item in statement[2])
    assert [statement[0] for statement in statements(files["named.conf"])] == ["options", "include", "include"]
    check(layout, files)


def zone_statements(files, name):
    return next({part[0]: part[1:] for part in statement[2]} for statement in statements(files["zones.conf"]) if statement[:2] == ["zone", f'"{name}"'])


def lists(files):
    return {statement[1]: [" ".join(item) for item in statement[2]] for statement in statements(files["zones.conf"]) if statement[0] != "zone"}


def test_transfers_are_for_the_zones_secondaries_and_nobody_else(layout):
    zones = [
        {"name": "a.example", "records": NS},
        {"name": "b.example", "records": NS, "secondaries": []},
        {"name": "c.example", "records": NS, "secondaries": [{"address": "203.0.113.9", "port": 5353}]},
    ]
    files = render(planned(zones), layout, Settings())
    named = lists(files)
    options = {part[0]: part[1:] for part in statements(files["named.conf"])[0][1]}
    assert (
        options["allow-transfer"] == [[["none"]]]
        and options["recursion"] == ["no"]
        and options["empty-zones-enable"] == ["no"]
        and options["notify"] == ["explicit"]
    )
    assert named[zone_statements(files, "a.example")["allow-transfer"][0][0][0]] == ["192.0.2.2", "2001:db8::2"]
    assert named[zone_statements(files, "a.example")["also-notify"][0][0][0]] == ["192.0.2.2"]
    assert "allow-transfer" not in zone_statements(files, "b.example")
    assert named[zone_statements(files, "c.example")["allow-transfer"][0][0][0]] == ["203.0.113.9"]
    assert named[zone_statements(files, "c.example")["also-notify"][0][0][0]] == ["203.0.113.9 port 5353"]
    secondary = render(planned(zones, "ns2"), layout, Settings())
    stanza = zone_statements(secondary, "a.example")
    assert "allow-transfer" not in stanza and stanza["notify"] == ["no"] and stanza["file"] == ['"slaves/a.example"']
    assert lists(secondary)[stanza["primaries"][0][0][0]] == ["192.0.2.1", "2001:db8::1"]


@pytest.mark.parametrize(
    ("server", "zone", "who"),
    [
        (["localnets"], None, ["localnets", "localhost", "192.0.2.2", "2001:db8::2"]),
        (["any"], None, None),
        (["any"], ["10.0.0.0/8"], ["10.0.0.0/8", "localhost", "192.0.2.2", "2001:db8::2"]),
        (["any"], ["none"], ["localhost", "192.0.2.2", "2001:db8::2"]),
        (["localnets"], ["any", "10.0.0.0/8"], "any"),
    ],
)
def test_a_zone_may_be_asked_by_whom_it_says_and_by_its_secondaries(layout, server, zone, who):
    declared = {"name": "a.example", "records": NS, **({"allow_query": zone} if zone else {})}
    files = render(planned([declared]), layout, Settings(allow_query=server))
    stanza = zone_statements(files, "a.example").get("allow-query")
    assert (stanza and (stanza[0][0][0] if who == "any" else lists(files)[stanza[0][0][0]])) == who


@pytest.mark.skipif(CHECKER is None, reason="named-checkconf is not installed")
@pytest.mark.parametrize(
    "chosen",
    [
        Settings(),
        Settings(listen_on=("192.0.2.1", "2001:db8::1"), allow_query=("any",)),
        Settings(recursion_networks=("192.0.2.0/24",), dnssec_validation="no"),
        Settings(recursion_networks=("any",), forwarders=("192.0.2.53", "2001:db8::53"), dnssec_validation="yes"),
    ],
    ids=["default", "addresses", "recursive", "forwarding"],
)
def test_every_setting_is_configuration_that_bind_takes(layout, chosen):
    files = render(
        planned([{"name": "a.example", "records": NS}, {"name": "b.example", "records": NS, "primaries": "ns2", "secondaries": "ns1"}]), layout, chosen
    )
    # BIND 9.20 asks who says yes for anchors of his own.
    own = f'trust-anchors {{ example.net. static-ds 1 13 2 "{"0F" * 32}"; }};\n' if chosen.dnssec_validation == "yes" else ""
    check(layout, files, own)
    options = {part[0]: part[1:] for part in statements(files["named.conf"])[0][1]}
    assert options["recursion"] == ["yes" if chosen.recursion_networks else "no"]
    assert ("forwarders" in options) == bool(chosen.forwarders)


def test_the_first_file_only_leads_to_the_current_generation_and_to_the_administrators(layout):
    assert statements(entry(layout)) == [["include", f'"{layout.state_directory}/current/named.conf"'], ["include", f'"{layout.local_config}"']]


def test_zones_with_the_same_servers_name_them_once(layout):
    files = render(planned([{"name": f"z{number}.example", "records": NS} for number in range(100)]), layout, Settings())
    assert len(lists(files)) == 3 and files["zones.conf"].count("192.0.2.2;") == 3


# -- keys, TLS, and secondaries that feed others ----------------------------------------------------------------------

KEYS = {"secret": "s" * 32, "generations": [2, 1]}
CERTIFICATES = {"tls_certificate": "/tls/certificate.pem", "tls_key": "/tls/key.pem", "tls_ca": "/tls/ca.pem"}


def rendered(host, layout, **zone):
    zone = {"name": "example.com", "records": NS, **zone}
    return render(planned([zone], host, keys=KEYS), layout, Settings(allow_query=("any",), **CERTIFICATES))


def test_a_pairs_keys_are_all_accepted_and_the_first_is_used(layout):
    primary, secondary = (rendered(host, layout) for host in ("ns1", "ns2"))
    assert primary["keys.conf"] == secondary["keys.conf"] and primary["keys.conf"].count("secret") == 2
    assert list(lists(primary).values()) == [
        ['key "ns2._from.ns1._g2"', 'key "ns2._from.ns1._g1"'],
        ['192.0.2.2 key "ns2._from.ns1._g2"'],
    ]
    assert ['192.0.2.1 key "ns2._from.ns1._g2"', '2001:db8::1 key "ns2._from.ns1._g2"'] in lists(secondary).values()
    for files in (primary, secondary):
        check(layout, files)
        assert "secret" not in files["named.conf"] + files["zones.conf"]


def test_an_encrypted_zone_is_handed_out_in_no_other_way(layout):
    primary, secondary = (rendered(host, layout, tls=True) for host in ("ns1", "ns2"))
    assert zone_statements(primary, "example.com")["allow-transfer"][:4] == ["port", "853", "transport", "tls"]
    assert 'listen-on port 853 tls "transfers" { any; };' in primary["named.conf"]
    assert 'remote-hostname "ns1"' in secondary["zones.conf"] and 'ca-file "/tls/ca.pem"' in secondary["zones.conf"]
    assert '192.0.2.1 port 853 key "ns2._from.ns1._g2" tls "tls-from-' in secondary["zones.conf"]
    assert "853" not in secondary["named.conf"]  # who only takes zones offers nothing
    assert "tls" not in "".join(rendered("ns1", layout).values())


def test_a_secondary_that_feeds_others_tells_them(layout):
    zone = zone_statements(rendered("ns2", layout, secondaries=["ns2", {"address": "203.0.113.1", "from": "ns2"}]), "example.com")
    assert {"allow-transfer", "also-notify"} <= zone.keys() and "notify" not in zone
    assert zone_statements(rendered("ns2", layout), "example.com")["notify"] == ["no"]


@pytest.mark.parametrize("family", ["Debian", "RedHat"])
def test_a_server_that_looks_names_up_needs_no_file_of_its_package(family):
    """Debian 13's bind9 has no named.conf.default-zones any more, and an upgrade takes it away from a server that runs."""
    text = (ROLE / f"bind-{family}.yml").read_text()
    layout = Layout(**yaml.safe_load(text)["__nameserver_layout"])
    files = render(planned([{"name": "a.example", "records": NS}]), layout, Settings(recursion_networks=("192.0.2.0/24",)))
    included = {path for name in ("named.conf", "zones.conf") for path in re.findall(r'include "([^"]+)"', files[name])}
    own = {layout.local_options, *(f"{layout.state_directory}/current/{name}" for name in files)}
    assert included - own <= {"/etc/crypto-policies/back-ends/bind.config"}
    assert f'file "{layout.state_directory}/current/localhost.zone"' in files["named.conf"]
    assert "localhost.zone" not in render(planned([{"name": "a.example", "records": NS}]), layout, Settings())


def test_members_of_a_catalog_have_no_stanza_where_named_learns_of_them(layout):
    zones = [{"name": "a.example", "records": NS, "catalog": "catalog.example"}, {"name": "b.example", "records": NS}]
    whole = planned(zones, "ns2", catalog_zones=[{"name": "catalog.example"}])
    files = render(consuming(whole, lambda _catalog: True), layout, Settings())
    assert {statement[1] for statement in statements(files["zones.conf"]) if statement[0] == "zone"} == {'"b.example"', '"catalog.example"'}
    assert '{ zone "catalog.example" default-primaries { "transfer-from-' in files["named.conf"]
    if CHECKER:
        check(layout, files)
    assert "catalog-zones" not in render(whole, layout, Settings())["named.conf"]


@pytest.mark.parametrize(("listen_on", "learns"), [(("any",), True), (("192.0.2.2",), True), (("192.0.2.2", "192.0.2.3"), False)])
def test_members_are_asked_for_from_the_only_address_or_get_a_stanza(listen_on, learns):
    whole = planned([], "ns2", {"ns1": ("192.0.2.1",), "ns2": ("192.0.2.2", "192.0.2.3")}, catalog_zones=[{"name": "catalog.example"}])
    assert takes_catalog(whole, whole.secondary["catalog.example"], Settings(listen_on=listen_on)) == learns


@pytest.mark.parametrize(
    ("server", "zone", "learns"),
    [(["any"], None, True), (["any"], ["any", "192.0.2.0/24"], True), (["localnets"], ["any"], False), (["localnets"], None, True)],
)
def test_members_are_for_whom_the_server_answers_or_get_a_stanza(server, zone, learns):
    whole = planned([], "ns2", catalog_zones=[{"name": "catalog.example", **({"allow_query": zone} if zone else {})}])
    assert takes_catalog(whole, whole.secondary["catalog.example"], Settings(allow_query=server)) == learns


def test_a_bind_that_knows_no_catalogs_of_this_kind_gets_stanzas():
    versions = ("32:9.16.23-14.el9", "1:9.18.2", "1:9.18.49-1~deb12u3", "1:9.20.5-1")
    assert [CAPABILITIES.of(version).catalogs for version in versions] == [False, False, True, True]
