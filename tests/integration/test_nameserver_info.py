# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a real BIND is configured to serve, as the module nameserver_info tells it."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import time

import dns.query
import dns.update
import dns.zone
import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.local import content_of
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.nsd import _has_default_ttl
from ansible_collections.authoritative.dns.tests.support.modules import run_module
from ansible_collections.authoritative.dns.tests.support.named import zone_text
from ansible_collections.authoritative.dns.tests.support.private_network import can_make_private_networks, in_private_network
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, BindHost, running_host

COOKIE = "0123456789abcdef" * 2
SECRET = base64.b64encode(bytes(32)).decode()
TOOLS = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"])
STATEMENTS = """
include "{root}/own/keys.conf";
masters "upstream" {{ 127.0.0.2 key "Transfer.Key."; 127.0.0.3; }};
zone "Text.Example." {{ type master; file "{root}/own/text"; }};
zone "raw.example" {{ type primary; file "raw"; masterfile-format raw; }};
zone "including.example" {{ type primary; file "{root}/own/including"; }};
zone "latin.example" {{ type primary; file "{root}/own/latin"; }};
zone "dynamic.example" {{ type primary; file "{root}/own/dynamic"; allow-update {{ 127.0.0.1; }}; }};
zone "closed.example" {{ type primary; file "{root}/own/closed"; allow-update {{ none; }}; dnssec-policy none; }};
zone "signed.example" {{ type primary; file "{root}/own/signed"; dnssec-policy default; checkds no; inline-signing yes; }};
zone "broken.example" {{ type primary; file "{root}/own/broken"; }};
zone "gone.example" {{ type primary; file "{root}/own/gone"; }};
zone "fed.example" {{ type slave; file "fed"; masters {{ "upstream"; }}; }};
zone "forwarded.example" {{ type forward; forwarders {{ 127.0.0.9; }}; }};
"""


def run(*command, **arguments):
    return subprocess.run([shutil.which(command[0], path=TOOLS), *map(str, command[1:])], check=True, capture_output=True, text=True, **arguments).stdout


@pytest.fixture
def host(tmp_path):
    host = BindHost(tmp_path)
    own = tmp_path / "own"
    for name in ("text", "dynamic", "closed", "signed"):
        (own / name).write_text(zone_text(f"{name}.example", 7, "; a remark\nwww A 192.0.2.1"))
    (own / "binary").write_text(zone_text("raw.example", 8, "www A 192.0.2.8"))
    run("named-compilezone", "-F", "raw", "-o", tmp_path / "work/raw", "raw.example", own / "binary")
    (own / "part").write_text("www A 192.0.2.2\n")
    (own / "including").write_text(zone_text("including.example", 9, f"$INCLUDE {own}/part\n$GENERATE 1-3 h$ A 192.0.2.$"))
    (own / "latin").write_bytes(zone_text("latin.example", 10, "; gr\xfcn").encode("latin-1"))
    (own / "broken").write_text(zone_text("broken.example", 11, "www A 192.0.2.300"))
    (own / "keys.conf").write_text(f'key "Transfer.Key." {{ algorithm HMAC-SHA256; secret "{SECRET}"; }};\n')
    before_checkds = run("named", "-v").startswith(("BIND 9.16", "BIND 9.18"))
    statements = STATEMENTS.format(root=tmp_path).replace("checkds no; " if before_checkds else "", "")
    options = "notify no; allow-transfer { 127.0.0.1; }; allow-new-zones yes;"
    host.config_file.write_text(host.config_file.read_text().replace("notify no;", options) + statements)
    host.start()
    try:
        yield host
    finally:
        host.stop()
        shutil.rmtree(host.sockets, ignore_errors=True)


def told(host, **arguments):
    found = run_module("nameserver_info", config_file=str(host.config_file), **arguments)
    assert not found["failed"], found
    return found


def test_every_zone_is_told_with_its_kind_and_its_place(host):
    (host.root / "own/added").write_text(zone_text("added.example", 12))
    code, out, err = host.run([host.control, "addzone", "added.example", f'{{ type primary; file "{host.root}/own/added"; }};'])
    assert code == 0, out + err
    found = told(host)
    zones = {zone["name"]: zone for zone in found["zones"]}
    assert (found["software"], found["config_file"], found["directory"]) == ("bind", str(host.config_file), f"{host.root}/work")
    assert found["version"].startswith("9.") and found["running"] and not found["changed"]
    assert zones["text.example"] == {
        **{"name": "text.example", "view": None, "type": "master", "file": f"{host.root}/own/text", "where": f"{host.config_file}:6"},
        **{"added": False, "dynamic": False, "signed": False, "serial": 7},
    }
    assert {name for name, zone in zones.items() if zone["dynamic"]} == {"dynamic.example"}
    assert {name for name, zone in zones.items() if zone["signed"]} == {"signed.example"}
    assert {name for name, zone in zones.items() if zone["added"]} == {"added.example"}
    assert {zones[name]["type"] for name in ("fed.example", "forwarded.example")} == {"slave", "forward"}
    assert zones["raw.example"]["file"] == f"{host.root}/work/raw"
    assert {name for name, zone in zones.items() if zone["serial"] is None} == {"broken.example", "gone.example", "fed.example", "forwarded.example"}
    assert "contents" not in found


def test_secrets_are_told_only_when_asked_for(host):
    assert SECRET not in str(told(host, content=True))
    found = told(host, secrets=True)
    assert {"name": "transfer.key", "algorithm": "HMAC-SHA256", "secret": SECRET} in found["tsig_keys"]


def test_content_is_the_file_or_what_it_means(host):
    update = dns.update.UpdateMessage("dynamic.example")
    update.add("new", 300, "A", "192.0.2.10")
    assert dns.query.tcp(update, host.address, port=host.port, timeout=5).rcode() == 0
    contents = told(host, content=True)["contents"]
    assert contents["text.example"] == {"text": (host.root / "own/text").read_text(), "as_it_is": True}
    changed = {name for name, content in contents.items() if not content.get("as_it_is", True)}
    assert changed == {"raw.example", "including.example", "latin.example", "dynamic.example", *(["signed.example"] if "signed.example" in changed else [])}
    for name in ("text.example", "raw.example", "including.example", "latin.example", "dynamic.example"):
        served = dns.zone.from_xfr(dns.query.xfr(host.address, name, port=host.port, timeout=5))
        assert dns.zone.from_text(contents[name]["text"], name, relativize=True) == served, name
    assert "192.0.2.300" in contents["broken.example"]["text"]  # named does not serve it, and its reader is told where it is wrong
    assert contents["gone.example"]["wrong"] == f"{host.root}/own/gone cannot be read (No such file or directory)"


def test_what_the_checker_warns_of_is_no_part_of_the_configuration(host):
    """It stands before what is printed, without a semicolon, and would be the beginning of the first statement."""
    zone = 'zone "quiet.example" { type master; file "quiet"; notify no; also-notify { 127.0.0.9; }; };\n'
    host.config_file.write_text(host.config_file.read_text() + zone)
    assert "also-notify" in host.run([host.find("named-checkconf"), str(host.config_file)])[1]
    found = told(host)
    assert found["directory"] == f"{host.root}/work"
    assert {statement[0] for statement in found["configuration"]} <= {"options", "key", "controls", "zone", "acl", "logging", "view", "server", "masters"}


def test_hints_are_told_which_are_no_zone_to_its_tools(host):
    records = ". 3600000 NS A.ROOT-SERVERS.NET.\nA.ROOT-SERVERS.NET. 3600000 A 198.41.0.4\n"
    (host.root / "own/hints").write_bytes(b"; gr\xfcn\n" + records.encode())
    statements = host.config_file.read_text()
    for file, key, expected in (("hints", "text", records), ("nothing", "wrong", "cannot be read (No such file or directory)")):
        host.config_file.write_text(statements + f'zone "." {{ type hint; file "{host.root}/own/{file}"; }};\n')
        assert told(host, content=True)["contents"]["."][key].endswith(expected)


def test_a_configuration_that_named_would_not_read_is_refused_with_the_checkers_words(host):
    for text, words in (
        ("zone;\n", "wrong.conf:1: expected string"),
        ("shiny-new-option yes;\n", "unknown option 'shiny-new-option'"),
        ('\ninclude "/nowhere";\n', "wrong.conf:2: "),
    ):
        (host.root / "etc/wrong.conf").write_text(text)
        found = run_module("nameserver_info", config_file=str(host.root / "etc/wrong.conf"))
        assert found["failed"] and found["msg"].startswith(f"{host.root}/etc/wrong.conf cannot be read: ") and words in found["msg"], found


@pytest.mark.skipif(not can_make_private_networks(), reason="needs root for a private network")
def test_the_configuration_of_the_process_that_runs_is_the_one_that_is_read(tmp_path):
    def look():
        with running_host(BindHost, tmp_path) as host:
            (tmp_path / "own/z").write_text(zone_text("z.example", 3))
            host.config_file.write_text(host.config_file.read_text() + host.own_zone(tmp_path / "own/z", "z.example"))
            host.run([host.control, "reconfig"])
            deadline = time.monotonic() + 5
            while host.serial("z.example") is None and time.monotonic() < deadline:
                time.sleep(0.05)
            return run_module("nameserver_info")

    found = in_private_network(look)
    assert (found["config_file"], found["running"], found["addresses"]) == (str(tmp_path / "etc/named.conf"), True, [])
    assert [(zone["name"], zone["serial"]) for zone in found["zones"]] == [("z.example", 3)]


SOFTWARE = {"named": "bind", "nsd": "nsd", "knot": "knot"}


@pytest.mark.skipif(not can_make_private_networks(), reason="needs root for a private network")
@pytest.mark.parametrize("kind", INSTALLED, ids=lambda kind: kind.daemon)
def test_of_two_processes_the_one_that_is_meant_has_to_be_named(kind, tmp_path):
    software = SOFTWARE[kind.daemon]

    def look():
        with running_host(kind, tmp_path / "one") as one, running_host(kind, tmp_path / "two") as two:
            found = [run_module("nameserver_info", software=software)]
            found += [run_module("nameserver_info", software=software, config_file=str(host.config_file)) for host in (one, two)]
            text = one.config_file.read_text()
            (tmp_path / "third.conf").write_text(text)
            found += [run_module("nameserver_info", software=software, config_file=str(tmp_path / "third.conf"))]
        return found

    neither, first, second, third = in_private_network(look)
    assert neither["failed"] and neither["msg"].startswith("several run here, "), neither
    assert f"with {tmp_path}/one/etc/{kind.main} and " in neither["msg"] and neither["msg"].endswith("config_file (gather_config_file for the host)")
    assert [found["running"] for found in (first, second, third)] == [True, True, False]
    assert [found["config_file"] for found in (first, second)] == [f"{tmp_path}/{name}/etc/{kind.main}" for name in ("one", "two")]


NSD_CONF = """server:
    zonesdir: "{root}"
    username: "root"
    zonelistfile: "{root}/zone.list"
    server-count: 3
    cookie-secret: "{cookie}"
include: "{root}/more.conf"
"""
MORE_CONF = """key:
    name: "Transfer.Key."
    algorithm: hmac-sha256
    secret: "{secret}"
pattern:
    name: fed
    zonefile: "%s.copy"
    request-xfr: AXFR 127.0.0.9 Transfer.Key.
zone:
    name: Plain.Example
    zonefile: plain
    provide-xfr: 127.0.0.9 Transfer.Key.
zone:
    name: including.example
    zonefile: including
zone:
    name: fed.example
    include-pattern: fed
"""


@pytest.mark.skipif(not shutil.which("nsd-checkconf", path=TOOLS), reason="NSD is not installed")
def test_an_nsd_is_read_with_its_patterns_and_added_zones(tmp_path):
    (tmp_path / "nsd.conf").write_text(NSD_CONF.format(root=tmp_path, cookie=COOKIE))
    (tmp_path / "more.conf").write_text(MORE_CONF.format(root=tmp_path, secret=SECRET))
    (tmp_path / "zone.list").write_text("# NSD zone list\nadd added.example fed\n")
    (tmp_path / "plain").write_text(zone_text("plain.example", 4, "; a remark"))
    (tmp_path / "part").write_text("www A 192.0.2.2\n")
    (tmp_path / "including").write_text(zone_text("including.example", 5, f"$INCLUDE {tmp_path}/part"))
    found = run_module("nameserver_info", software="nsd", user="root", config_file=str(tmp_path / "nsd.conf"), content=True)
    assert not found["failed"] and SECRET not in str(found), found
    zones = {zone["name"]: zone for zone in found["zones"]}
    assert {name: (zone["type"], zone["file"], zone["where"]) for name, zone in zones.items()} == {
        "plain.example": ("primary", f"{tmp_path}/plain", f"{tmp_path}/more.conf:9"),
        "including.example": ("primary", f"{tmp_path}/including", f"{tmp_path}/more.conf:13"),
        "fed.example": ("secondary", f"{tmp_path}/fed.example.copy", f"{tmp_path}/more.conf:16"),
        "added.example": ("secondary", f"{tmp_path}/added.example.copy", None),
    }
    server = next(clause for clause in found["configuration"] if clause[0] == "server")
    assert ["cookie-secret", "????"] in server[1] and COOKIE not in str(found)
    assert ["server-count", "3"] in server[1] and not any(option[0] == "verbosity" for option in server[1])
    assert found["contents"]["plain.example"] == {"text": (tmp_path / "plain").read_text(), "as_it_is": True}
    assert "192.0.2.2" in found["contents"]["including.example"]["text"] and not found["contents"]["including.example"]["as_it_is"]
    assert found["contents"]["fed.example"]["wrong"].endswith("cannot be read (No such file or directory)")
    secret = run_module("nameserver_info", software="nsd", user="root", config_file=str(tmp_path / "nsd.conf"), secrets=True)["tsig_keys"]
    assert secret == [{"name": "transfer.key", "algorithm": "hmac-sha256", "secret": SECRET}]
    (tmp_path / "nsd.conf").write_text("server:\n\tno-such-thing: 1\n")
    assert "no-such-thing" in run_module("nameserver_info", software="nsd", user="root", config_file=str(tmp_path / "nsd.conf"))["msg"]


@pytest.mark.skipif(not shutil.which("nsd-checkzone", path=TOOLS), reason="NSD is not installed")
@pytest.mark.parametrize("later", ["", "$TTL 90\n"])
def test_what_is_adopted_of_a_file_without_ttls_is_what_nsd_serves(later, tmp_path):
    text = f"@ 300 SOA ns1 admin 1 2 3 4 5\n@ NS ns1\nns1 60 A 192.0.2.1\nmail A 192.0.2.2\n{later}www A 192.0.2.3\n"
    (tmp_path / "file").write_text(text)
    served = run("nsd-checkzone", "-p", "a.example", tmp_path / "file")
    version = re.search(r"NSD version (\S+)", subprocess.run([shutil.which("nsd", path=TOOLS), "-v"], capture_output=True, text=True, check=False).stderr)[1]
    adopted = content_of({"text": text, "as_it_is": True}, _has_default_ttl(version))[0]

    def ttls(records):
        return {(str(name), str(rdataset.rdtype)): rdataset.ttl for name, rdataset in dns.zone.from_text(records, "a.example").iterate_rdatasets()}

    assert ttls(adopted) == ttls(served)
