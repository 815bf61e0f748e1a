# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Views as named reads them, checked by its own checker where that is installed."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.serving import blocks
from ansible_collections.authoritative.dns.plugins.plugin_utils.software.bind import Layout, render, takes_catalog
from ansible_collections.authoritative.dns.plugins.plugin_utils.software.common import Settings
from ansible_collections.authoritative.dns.tests.support.declarations import NS, planned

CHECKER = shutil.which("named-checkconf") or shutil.which("named-checkconf", path="/usr/sbin:/usr/local/sbin")
KEYS = [{"name": "inside", "secret": base64.b64encode(b"s" * 32).decode()}]
VIEWS = [
    {"name": "internal", "match_clients": ["!192.0.2.66", "192.0.2.0/24", "!key inside", "localnets"]},
    {"name": "Guests", "match_clients": ["2001:db8:7::/48"]},
    {"name": "external"},
]
ZONES = [
    *({"name": "example.com", "view": view, "records": NS} for view in ("internal", "external")),
    {"name": "example.org", "records": NS},
]
OWN = {"internal": "ns2._from.ns1._view.internal._g1", "external": "ns2._from.ns1._view.external._g1", None: "ns2._from.ns1._g1"}


def rendered(host, tmp_path, settings=None, zones=ZONES, **arguments):
    (tmp_path / "options.conf").write_text("")
    files = (str(tmp_path / name) for name in ("named.conf", "local.conf", "options.conf"))
    layout = Layout(*files, str(tmp_path), str(tmp_path), "slaves/", "root", "root", "named", f"{tmp_path}/signing")
    whole = planned(zones, host, keys={"secret": "x" * 32, "keys": KEYS}, views=VIEWS, **arguments)
    files = render(whole, layout, settings or Settings())
    (tmp_path / "current").mkdir(exist_ok=True)
    for name, text in files.items():
        (tmp_path / "current" / name).write_text(text)
    return files


def clauses(files):
    """{view: its clause}, in the order in which named tries them."""
    return dict(re.findall(r'^view "([^"]+)" {\n(.*?)^};$', files["named.conf"], re.M | re.S))


def clients(clause):
    return re.search(r"match-clients { (.*); };", clause).group(1).split("; ")


def zones_of(text):
    return dict(re.findall(r'^zone "([^"]+)" { (.*) };$', text, re.M))


@pytest.mark.parametrize("host", ["ns1", "ns2"])
@pytest.mark.parametrize("recursion", [(), ("192.0.2.0/24",)], ids=["authoritative", "recursive"])
def test_every_zone_is_in_a_view_and_named_takes_it(host, recursion, tmp_path):
    files = rendered(host, tmp_path, Settings(recursion_networks=recursion))
    assert list(clauses(files)) == ["internal", "Guests", "external"]
    assert zones_of(files["zones.conf"]) == {} and "\nzone " not in files["named.conf"]
    for name in ("Guests", "external"):
        assert zones_of(files[f"view-{name}.conf"])["example.org"] == 'in-view "internal";'
    assert "in-view" not in files["view-internal.conf"] and list(zones_of(files["view-Guests.conf"])) == ["example.org"]
    assert all(('zone "localhost"' in clause) == bool(recursion) for clause in clauses(files).values())
    if CHECKER:
        run = subprocess.run([CHECKER, tmp_path / "current/named.conf"], capture_output=True, text=True, timeout=30, check=False)
        assert run.returncode == 0, run.stdout + run.stderr


def test_each_view_takes_the_keys_of_its_zones_first_and_none_of_the_others(tmp_path):
    found = {name: clients(clause) for name, clause in clauses(rendered("ns1", tmp_path)).items()}
    assert found == {
        "internal": [
            f'!key "{OWN["external"]}"',
            f'key "{OWN["internal"]}"',
            f'key "{OWN[None]}"',
            *["!192.0.2.66", "192.0.2.0/24", '!key "inside"', "localnets"],
        ],
        "Guests": [f'!key "{OWN["external"]}"', "2001:db8:7::/48"],
        "external": [f'key "{OWN["external"]}"', "any", "localhost"],
    }


def test_each_zone_has_a_file_of_its_own_and_is_transferred_with_the_key_of_its_view(tmp_path):
    primary, secondary = rendered("ns1", tmp_path), rendered("ns2", tmp_path)
    for view in ("internal", "external"):
        (name,) = re.findall(r'allow-transfer { "([^"]+)"', zones_of(primary[f"view-{view}.conf"])["example.com"])
        assert f'acl "{name}" {{ key "{OWN[view]}"; }};' in primary["zones.conf"]
        assert f"/zones/example.com@{view}\"" in primary[f"view-{view}.conf"]
        (name,) = re.findall(r'primaries { "([^"]+)"', zones_of(secondary[f"view-{view}.conf"])["example.com"])
        assert f'primaries "{name}" {{ 192.0.2.1 key "{OWN[view]}"; 2001:db8::1 key "{OWN[view]}"; }};' in secondary["zones.conf"]
        assert f'file "slaves/example.com@{view}"' in secondary[f"view-{view}.conf"]
    assert 'key "inside" {' in primary["keys.conf"] and 'key "inside" {' in secondary["keys.conf"]


def test_a_host_with_no_zone_in_a_view_is_configured_as_without_them(tmp_path):
    files = rendered("ns1", tmp_path, zones=ZONES[2:])
    assert not clauses(files) and list(zones_of(files["zones.conf"])) == ["example.org"]
    assert sorted(files) == ["keys.conf", "named.conf", "zones.conf"]


def test_a_server_with_views_gets_a_stanza_for_each_member_of_a_catalog():
    catalog = {"name": "catalog.example"}
    zones = [*ZONES[:2], {**ZONES[2], "catalog": "catalog.example"}]
    with_views = planned(zones, "ns2", catalog_zones=[catalog], keys={"secret": "x" * 32, "keys": KEYS}, views=VIEWS)
    without = planned(zones[2:], "ns2", catalog_zones=[catalog])
    assert takes_catalog(without, without.secondary["catalog.example"], Settings())
    assert not takes_catalog(with_views, with_views.secondary["catalog.example"], Settings())


def test_a_run_about_some_zones_keeps_the_keys_that_views_name(tmp_path):
    files = rendered("ns1", tmp_path)
    merged = blocks.merge(files, files, {"example.com@internal"})
    assert merged == files
