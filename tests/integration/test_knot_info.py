# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a real Knot DNS is configured to serve, from a file and from a configuration database."""

from __future__ import annotations

import os
import subprocess

import dns.zone
import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.reading.knot import Knot
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering import knot
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.local import content_of, local_files
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.topology import Topology
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, KnotHost, _find, running_host

pytestmark = [
    pytest.mark.skipif(KnotHost not in INSTALLED, reason="Knot DNS is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="configuration files belong to root"),
]
ZONE = "$TTL 300\n@ SOA ns1.example. h.example. {serial} 3600 600 86400 300\n  NS ns1.example.\n"
SECRET = "c2VjcmV0IHNlY3JldA=="
STATEMENTS = """\
key:
  - id: Feeds.
    algorithm: hmac-sha256
    secret: {secret}
remote:
  - id: up
    address: 127.0.0.9
    key: Feeds.
template:
  - id: default
    storage: {work}
zone:
  - domain: Text.example
  - domain: parts.example
    file: parts
  - domain: journal.example
    file: journal
    zonefile-sync: -1
    zonefile-load: difference
  - domain: fed.example
    master: up
  - domain: gone.example
"""


def facts(host, path, **arguments):
    reading = Knot(lambda command, _directory: host.run(command), _find, str(path))
    reading.user = host.account  # or that of another test's server
    return reading.facts(**arguments)


@pytest.fixture
def host(tmp_path):
    with running_host(KnotHost, tmp_path / "host") as host:
        work = host.root / "work"
        (work / "text.example.zone").write_text("; mine\n" + ZONE.format(serial=7))
        (work / "journal").write_text(ZONE.format(serial=8))
        (work / "part").write_text("www A 192.0.2.1\n")
        (work / "parts").write_text(ZONE.format(serial=9) + f"$INCLUDE {work}/part\n")
        included = host.root / "etc/zones.conf"
        included.write_text(STATEMENTS.format(secret=SECRET, work=work))
        host.config_file.write_text(host.config_file.read_text() + "include: zones.conf\n")
        assert host.run([_find("knotc"), "--config", str(host.config_file), "reload"])[0] == 0
        yield host


def test_a_file_is_told_with_what_it_includes(host):
    for change in (["zone-begin", "journal.example"], ["zone-set", "journal.example", "new", "60", "A", "192.0.2.7"], ["zone-commit", "journal.example"]):
        assert host.run([_find("knotc"), "--config", str(host.config_file), *change])[0] == 0
    found = facts(host, host.config_file, content=True)
    assert {zone["name"]: zone["type"] for zone in found["zones"]} == {
        **dict.fromkeys(["text.example", "parts.example", "journal.example", "gone.example"], "primary"),
        "fed.example": "secondary",
    }
    assert found["running"] and found["tsig_keys"] == [{"name": "feeds", "algorithm": "hmac-sha256"}] and SECRET not in str(found)
    assert facts(host, host.config_file, secrets=True)["tsig_keys"] == [{"name": "feeds", "algorithm": "hmac-sha256", "secret": SECRET}]
    zones = {zone["name"]: zone for zone in found["zones"]}
    assert zones["parts.example"]["where"] == f"{host.root}/etc/zones.conf:14" and zones["text.example"]["file"] == f"{host.root}/work/text.example.zone"
    contents = found["contents"]
    assert contents["text.example"] == {"text": "; mine\n" + ZONE.format(serial=7), "as_it_is": True}
    assert "192.0.2.1" in contents["parts.example"]["text"] and not contents["parts.example"]["as_it_is"]
    assert "cannot be read (No such file" in contents["gone.example"]["wrong"]


def test_what_is_in_the_journal_alone_is_told(host):
    for change in (["zone-begin", "journal.example"], ["zone-set", "journal.example", "new", "60", "A", "192.0.2.7"], ["zone-commit", "journal.example"]):
        assert host.run([_find("knotc"), "--config", str(host.config_file), *change])[0] == 0
    reader = Knot(lambda command, _directory: host.run(command), _find, str(host.config_file))
    zones = [{"name": "journal.example", "file": str(host.root / "work/journal"), "serial": host.serial("journal.example")}]
    assert zones[0]["serial"] == 9 and "192.0.2.7" in reader._contents(zones)["journal.example"]["text"]
    assert "192.0.2.7" not in (host.root / "work/journal").read_text()


def test_what_is_adopted_of_a_file_without_ttls_is_what_knot_serves(host):
    text = "@ 300 SOA ns1 admin 7 2 3 4 5\n@ NS ns1\nns1 60 A 192.0.2.1\nmail A 192.0.2.2\n$TTL 90\nwww A 192.0.2.3\n"
    (host.root / "work/text.example.zone").write_text(text)
    code, out, _err = host.run([_find("knotc"), "--config", str(host.config_file), "-b", "zone-reload", "text.example"])
    assert code == 0, out
    adopted, as_it_is, _wrong = content_of(facts(host, host.config_file, content=True)["contents"]["text.example"], default_ttl=True)
    served = host.run([_find("knotc"), "--config", str(host.config_file), "zone-read", "text.example"])[1]

    def ttls(records):
        return {(str(name), str(rdataset.rdtype)): rdataset.ttl for name, rdataset in dns.zone.from_text(records, "text.example").iterate_rdatasets()}

    assert not as_it_is and ttls(adopted) == ttls("".join(line.partition("] ")[2] + "\n" for line in served.splitlines()))


def test_a_configuration_database_says_the_same_as_the_file_that_it_was_made_of(host, tmp_path):
    database = tmp_path / "confdb"
    subprocess.run([_find("knotc"), "-C", database, "conf-import", host.config_file], check=True, capture_output=True)
    first, second = facts(host, host.config_file, content=True), facts(host, database, content=True)
    assert first["configuration"] == second["configuration"]
    assert [zone["name"] for zone in second["zones"] if zone["where"] is not None] == []
    assert first["contents"]["text.example"] == second["contents"]["text.example"] and first["version"] == second["version"]
    assert first["running"] and not second["running"] and "wrong" in second["contents"]["parts.example"]  # which only the server itself can tell


QUERIES = """\
mod-queryacl:
  - id: near
    address: 10.0.0.0/8
template:
  - id: default
    global-module: mod-queryacl/near
  - id: other
    semantic-checks: on
zone:
  - domain: a.example
    template: other
  - domain: b.example
    dnssec-signing: on
"""


def test_modules_for_all_queries_are_told_of_each_zone_and_what_stays_is_read_by_knot(host, tmp_path):
    path = tmp_path / "queries.conf"
    path.write_text(QUERIES)
    found = knot.server("ns1", ["192.0.2.1"], facts(host, path), [], {})
    assert [(zone.allow_query, zone.kept) for zone in found.zones.values()] == [(("10.0.0.0/8",), ""), (("10.0.0.0/8",), "the server signs it")]
    (tmp_path / "local.conf").write_text(local_files(found, [])[0])
    code, out, err = host.run([_find("knotc"), "--config", str(tmp_path / "local.conf"), "conf-check"])
    assert code == 0 and "mod-queryacl/near" in (tmp_path / "local.conf").read_text(), out + err


def test_a_name_with_octets_beyond_ascii_is_the_one_of_the_server(host, tmp_path):
    (host.root / "work/b\\195\\188cher.example.zone").write_text(ZONE.format(serial=3))
    with host.config_file.open("a", encoding="utf-8") as stream:
        stream.write("zone:\n  - domain: bücher.example\n")
    assert host.run([_find("knotc"), "--config", str(host.config_file), "reload"])[0] == 0
    told = facts(host, host.config_file, content=True)
    (zone,) = [zone for zone in told["zones"] if zone["name"] == "bücher.example"]
    assert zone["where"] and zone["file"] == f"{host.root}/work/b\\195\\188cher.example.zone" and told["contents"]["bücher.example"]["as_it_is"]
    server = knot.server("ns1", ["192.0.2.1"], told, facts(host, host.config_file, secrets=True)["tsig_keys"], {})
    Topology({"ns1": server}, [name for name in server.zones if name.isascii()])
    path = tmp_path / "local.conf"
    path.write_text(local_files(server, [])[0], encoding="utf-8")
    again = {zone["name"]: zone["file"] for zone in facts(host, path)["zones"]}
    assert again == {zone["name"]: zone["file"] for zone in told["zones"]}


def test_what_cannot_be_read_is_told(host):
    host.config_file.write_text("nonsense:\n")
    with pytest.raises(Refused, match="knot.conf cannot be read: .*; mend what knotc tells"):
        facts(host, host.config_file)
    with pytest.raises(Refused, match="is not there"):
        facts(host, host.root / "gone")
    with pytest.raises(Refused, match="knotc is not installed"):
        Knot(host.run, lambda _program: None, str(host.config_file)).facts()
