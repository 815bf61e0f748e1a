# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones of a server that one may only transfer from: files that declare the same records, or nothing at all."""

from __future__ import annotations

import json
import os
import subprocess

import dns.query
import dns.tsigkeyring
import dns.zone
import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils import inventory
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, BindHost, running_host

pytestmark = [
    pytest.mark.skipif(BindHost not in INSTALLED, reason="BIND is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="configuration files belong to root"),
]
SECRET = "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3JldCE="
KEY = {"name": "transfer.example", "secret": SECRET}
START = "$TTL 1h\n@ SOA ns1.provider.test. h.provider.test. 7 3600 600 1209600 300\n@ NS ns1.provider.test.\n"
ODD = (
    'txt TXT "a;b" "c\\"d" ( "'
    + "x" * 250
    + '" )\n*.wild 60 A 192.0.2.9\nsub NS ns.sub\nns.sub AAAA 2001:db8::53\n'
)
ZONES = {
    "one.test": START + ODD,
    "0/25.2.0.192.in-addr.arpa": START + "$GENERATE 1-9 $ PTR host-$.one.test.\n",
    "broken.test": START + "$GENERATE 1-101 many A 192.0.2.$\n",
    "signed.test": START + "@ DNSKEY 257 3 13 QZPUmhQtza55oN+yL14DafOit3M1PGyEFU6pVXM8oo/015t8HXPg9u5phqTkWo6Oq2Frb/85dykqYqnAcspVMA==\n",
    "catalog.test": "@ 0 SOA invalid. invalid. 1 3600 600 2147483646 0\n@ 0 NS invalid.\nversion 0 TXT 2\na.zones 0 PTR one.test.\n"
    "b.zones 0 PTR 0/25.2.0.192.in-addr.arpa.\ngroup.a.zones 0 TXT ours\n",
    "closed.test": START,
    "empty.test": "@ 0 SOA invalid. invalid. 1 3600 600 2147483646 0\n@ 0 NS invalid.\nversion 0 TXT 2\n",
}


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    with running_host(BindHost, tmp_path_factory.mktemp("host")) as server:
        text = f'key "transfer.example" {{ algorithm hmac-sha256; secret "{SECRET}"; }};\n'
        for number, (name, content) in enumerate(ZONES.items()):
            (server.root / f"own/{number}").write_text(content)
            allowed = "none;" if name == "closed.test" else 'key "transfer.example";'
            more = "max-records-per-type 0;" if name == "broken.test" else ""
            text += f'zone "{name}" {{ type primary; file "{server.root}/own/{number}"; allow-transfer {{ {allowed} }}; check-names ignore; {more} }};\n'
        server.config_file.write_text(server.config_file.read_text() + text)
        assert server.run([server.control, "reconfig"])[0] == 0
        server_serials = [server.serial(name) for name in ZONES]
        assert None not in server_serials
        yield server


def gathered(host, root, *options, **variables):
    key = variables.pop("key", KEY)  # None is none
    given = {"gather_directory": str(root / "zones"), "gather_server": host.address, "gather_port": host.port, **({"gather_key": key} if key else {})}
    (root / "variables.json").write_text(json.dumps({**given, **variables}))
    command = ["ansible-playbook", "authoritative.dns.gather_zones", "-e", f"@{root}/variables.json", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=200, check=False, cwd=root, env={**os.environ, "ANSIBLE_NOCOLOR": "1"})


def transferred(host, name):
    messages = dns.query.xfr(host.address, name, port=host.port, keyring=dns.tsigkeyring.from_text({"transfer.example": SECRET}), relativize=False)
    return dns.zone.from_xfr(messages, relativize=False)


def test_the_members_of_a_catalog_are_declared_as_they_are_served(host, tmp_path):
    outcome = gathered(host, tmp_path, gather_catalog="catalog.test", gather_zones=["One.Test."])
    assert outcome.returncode == 0, outcome.stdout
    files = {path.name: path.read_text() for path in (tmp_path / "zones").iterdir()}
    assert sorted(files) == ["0%2F25.2.0.192.in-addr.arpa.zone", "one.test.zone"] and SECRET not in outcome.stdout + "".join(files.values())
    for name, file in (("one.test", "one.test.zone"), ("0/25.2.0.192.in-addr.arpa", "0%2F25.2.0.192.in-addr.arpa.zone")):
        assert dns.zone.from_text(files[file], f"{name}.", relativize=False) == transferred(host, name)
    hosts = {"hostvars": {"ns1": {"dns_addresses": ["192.0.2.1"]}}, "groups": {"all": ["ns1"], "dns_primaries": ["ns1"]}, "inventory_dir": str(tmp_path)}
    declaration = inventory.declared({**hosts, "dns_zone_directories": ["zones"]}, str)
    assert sorted(declaration.zones) == ["0/25.2.0.192.in-addr.arpa", "one.test"]
    again = gathered(host, tmp_path, gather_zones=["one.test"])
    assert again.returncode and "is there already, and nothing is overwritten" in again.stdout


def test_all_that_goes_wrong_is_told_and_nothing_is_written(host, tmp_path):
    names = ["one.test", "closed.test", "signed.test", "nowhere.test"]
    outcome = gathered(host, tmp_path, gather_zones=names, gather_catalog="one.test")
    assert outcome.returncode
    for text in (
        f"- zone closed.test: {host.address} port {host.port} does not transfer it (refused",
        "- zone signed.test: is signed, and without its keys nobody else can sign it so",
        f"- zone nowhere.test: {host.address} port {host.port} does not transfer it (",
        "- zone one.test: is no catalog zone, for its version record does not say 1 or 2",
    ):
        assert text in outcome.stdout, outcome.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["variables.json"]
    for key, words in (
        (None, "zone one.test: "),
        ({**KEY, "secret": "d3Jvbmc="}, "give the key that the server has"),
        ({**KEY, "secret": "?"}, "is not base64"),
    ):
        outcome = gathered(host, tmp_path, key=key, gather_zones=["one.test"])
        assert outcome.returncode and words in outcome.stdout and "d3Jvbmc=" not in outcome.stdout, outcome.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["variables.json"]


def test_content_that_cannot_be_declared_is_told_by_server_and_zone(host, tmp_path):
    outcome = gathered(host, tmp_path, gather_zones=["broken.test", "one.test"])
    assert outcome.returncode and f"({host.address} port {host.port} broken.test.zone)" in outcome.stdout and "many" in outcome.stdout, outcome.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["variables.json"]


def test_an_empty_catalog_gives_no_directory(host, tmp_path):
    outcome = gathered(host, tmp_path, gather_catalog="empty.test")
    assert outcome.returncode and "no zone is named, and" in outcome.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["variables.json"]


def test_a_dry_run_leaves_nothing(host, tmp_path):
    outcome = gathered(host, tmp_path, "--check", gather_zones=["one.test"])
    assert outcome.returncode == 0 and "one.test" in outcome.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["variables.json"]
