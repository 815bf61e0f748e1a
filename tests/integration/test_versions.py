# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each release's own checker takes a configuration with every feature that its version is said to have, and refuses those that it is said to lack."""

from __future__ import annotations

import base64
import functools

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.bind import Bind
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.servers import consuming
from ansible_collections.authoritative.dns.plugins.plugin_utils.software import bind, knot, nsd, powerdns
from ansible_collections.authoritative.dns.plugins.plugin_utils.software.common import Settings, beyond
from ansible_collections.authoritative.dns.tests.support.debian_packages import Release, Unavailable
from ansible_collections.authoritative.dns.tests.support.declarations import NS, planned

# 9.16 is what EL9 has, 9.18 EL10.
VERSIONS = {
    "bullseye": {bind: "9.16.50"},
    "bookworm": {bind: "9.18.49", nsd: "4.6.1", knot: "3.2.6", powerdns: "4.7.3"},
    "trixie": {bind: "9.20.30", nsd: "4.12.0", knot: "3.4.6", powerdns: "4.9.18"},
}
CASES = [(release, software, version) for release, found in VERSIONS.items() for software, version in found.items()]
IDS = [f"{software.__name__.rpartition('.')[2]}-{version}" for _release, software, version in CASES]
KEY = {"name": "partner.example", "secret": base64.b64encode(b"0" * 32).decode()}
ADDRESSES = {"ns1": ("192.0.2.1", "192.0.2.129", "2001:db8::1"), "ns2": ("192.0.2.2", "2001:db8::2")}
OUTSIDE = {"address": ["203.0.113.1", "2001:db8:7::1"], "addresses": ["203.0.113.0/24"], "notify": ["203.0.113.3"], "key": "partner.example"}


@functools.cache
def release(name):
    try:
        return Release(name)
    except Unavailable as error:
        return str(error)


@pytest.fixture
def checker(request, tmp_path):
    """Whether the release's own checker takes a plan, and what it says. Arguments: the plan and the server's settings."""
    name, software = request.param
    found = release(name)
    if isinstance(found, str):
        pytest.skip(f"the packages of {name} are not within reach: {found}")
    for path in ("current", "own"):
        (tmp_path / path).mkdir()
    for path in ("local.conf", "options.conf"):
        (tmp_path / path).write_text("")
    shared = {"config_file": "", "local_config": f"{tmp_path}/local.conf", "state_directory": str(tmp_path), "user": "root", "group": "root", "service": "s"}
    layout = software.Layout(
        **shared,
        **{
            bind: {
                "local_options": f"{tmp_path}/options.conf",
                "working_directory": f"{tmp_path}/own",
                "secondary_directory": "",
                "signing_directory": f"{tmp_path}/own",
            },
            nsd: {
                "secondary_directory": f"{tmp_path}/own",
                "differences_directory": f"{tmp_path}/own",
                "transfers_file": f"{tmp_path}/own/state",
                "control_socket": f"{tmp_path}/own/ctl",
            },
            knot: {"storage": f"{tmp_path}/own", "secondary_directory": f"{tmp_path}/own", "run_directory": f"{tmp_path}/own"},
            powerdns: {"database": f"{tmp_path}/own/db", "schema": ""},
        }[software],
    )
    command = {
        bind: ["named-checkconf", f"{tmp_path}/entry"],
        nsd: ["nsd-checkconf", f"{tmp_path}/entry"],
        knot: ["knotc", "--config", f"{tmp_path}/entry", "conf-check"],
        powerdns: ["pdns_server", f"--config-dir={tmp_path}/current", "--config=check", f"--module-dir={next(iter(found.root.rglob('pdns/*.so'))).parent}"],
    }[software]

    def check(whole, settings):
        own = {"local_options": f"{tmp_path}/options.conf"}
        program = Bind(lambda words: (*found.run("named-checkconf", *words[1:]), ""), lambda name: name, own)  # takes out what the version does not know
        for file, text in program.understood(software.render(whole, layout, settings)).items():
            (tmp_path / "current" / file).write_text(text)
        (tmp_path / "entry").write_text(software.entry(layout, settings))
        code, said = found.run(*command)
        return code == 0, said

    return check


def settings(tmp_path, software, tls=True):
    for name in ("certificate", "key", "authority"):
        (tmp_path / name).write_text("")
    files = {"tls_certificate": f"{tmp_path}/certificate", "tls_key": f"{tmp_path}/key", "tls_ca": f"{tmp_path}/authority"} if tls else {}
    looks_up = {"recursion_networks": ("192.0.2.0/24",), "forwarders": ("192.0.2.53",)} if software.CAPABILITIES.recursion else {}
    return Settings(ADDRESSES["ns1"], ("any",), **looks_up, **files)


def declared(software, *, offers=False, takes=False, catalogs=False):
    """Zones with every feature that the program has in whatever version, TLS and what it learns from a catalog on request."""
    limited = {"allow_query": ["192.0.2.0/24", "2001:db8::/64"]} if software.CAPABILITIES.query_networks else {}
    zones = [
        {"name": "fed.example", "primaries": ["ns2"], "secondaries": ["ns1"], "tls": takes},
        {"name": "outside.example", "primaries": [{**OUTSIDE, "port": 5353}], "secondaries": ["ns1"], "tsig": "partner.example", **limited},
    ]
    if software.CAPABILITIES.primary:
        zones += [
            {"name": "own.example", "primaries": ["ns1"], "secondaries": ["ns2"], "tls": offers},
            {"name": "signed.example", "primaries": ["ns1"], "secondaries": ["ns2"], "dnssec": "stig" if software.CAPABILITIES.signs else False},
            {"name": "no-longer-signed.example", "primaries": ["ns1"], "secondaries": ["ns2"], "dnssec": "insecure" if software.CAPABILITIES.signs else False},
            {"name": "partner.example", "primaries": ["ns1"], "secondaries": [OUTSIDE], "tls": offers, **limited},
        ]
    zones = [{"records": NS, **zone} for zone in zones]
    servers = {"primaries": ["ns2"], "secondaries": ["ns1"]}
    zones.append({"name": "listed.example", "records": NS, "catalog": "catalog.example", **servers})
    whole = planned(zones, "ns1", ADDRESSES, keys={"secret": "s" * 32, "keys": [KEY]}, catalog_zones=[{"name": "catalog.example", **servers}])
    return consuming(whole, lambda _catalog: catalogs)


@pytest.mark.parametrize(("checker", "version"), [((name, software), version) for name, software, version in CASES], ids=IDS, indirect=["checker"])
def test_a_configuration_with_everything_that_a_version_has_is_taken(checker, version, request, tmp_path):
    software = request.node.callspec.params["checker"][1]
    has = software.CAPABILITIES.of(version)
    whole, chosen = declared(software, offers=has.offers_tls, takes=has.takes_tls, catalogs=has.catalogs), settings(tmp_path, software)
    assert not beyond(has, whole, chosen)
    taken, said = checker(whole, chosen)
    assert taken, said


# BIND 9.16 takes the words about catalogs, and knows another version of catalogs only.
REFUSED = {"offers_tls": "tls", "takes_tls": "tls", "catalogs": "catalog"}  # and of which word their checkers complain
LACKING = [
    (case, feature)
    for case in CASES
    for feature in REFUSED
    if feature in case[1].CAPABILITIES.since and not getattr(case[1].CAPABILITIES.of(case[2]), feature) and (case[1], feature) != (bind, "catalogs")
]


@pytest.mark.parametrize(
    ("checker", "feature"),
    [((name, software), feature) for (name, software, _version), feature in LACKING],
    ids=[f"{IDS[CASES.index(case)]}-{feature}" for case, feature in LACKING],
    indirect=["checker"],
)
def test_what_a_version_lacks_its_checker_refuses(checker, feature, request, tmp_path):
    software = request.node.callspec.params["checker"][1]
    taken, said = checker(declared(software, **{feature.partition("_")[0]: True}), settings(tmp_path, software))
    assert not taken and REFUSED[feature] in said.lower()
