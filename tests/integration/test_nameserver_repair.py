# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host whose manifest cannot be read: a refusal, until a run is told to make it again from the files beside it."""

from __future__ import annotations

import json
import os

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.plugin_utils.serial_agreement import SerialGoesBack
from ansible_collections.authoritative.dns.tests.support.powerdns_host import PDNS_SERVER, powerdns_host
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, running_host

pytestmark = [
    pytest.mark.skipif(not INSTALLED, reason="no name server is installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="configuration files belong to root"),
]

MANIFESTS = {"gone": None, "empty": "", "zeros": "\0" * 4096, "half": '{"files": {"zones/exam', "others": '{"files": {}}'}
KEYS = [{"name": name, "secret": "c2VjcmV0IG9mIGEgdGVzdA=="} for name in ("first", "second")]


class Declared:
    """What the two kinds of hosts are brought to, in turn."""

    def __init__(self, host):
        self.host = host

    def __getattr__(self, name):
        return getattr(self.host, name)

    def items(self, number):
        servers, address = {"type": "NS", "value": "ns1.example."}, {"name": "www", "type": "A", "value": f"192.0.2.{number}"}
        kept = f"@ 3600 IN SOA ns1.example. hostmaster.example. 7 3600 600 1209600 300\n@ 3600 IN NS ns1.example.\nwww A 192.0.2.{number}\n"
        return [
            {"name": "example.com", "records": [servers, address], "secondaries": [{"address": "127.0.0.3", "key": "first", "answers": False}]},
            {"name": "0/25.2.0.192.in-addr.arpa", "records": [servers], "serial": "increment"},
            {"name": "kept.example", "file": kept, "serial": "keep"},
            {"name": "transferred.example", "primaries": ["ns2"], "secondaries": ["ns1"], "records": [servers]},
        ]

    def bring(self, number=1, repair=False, **arguments):
        self.host.repair = repair
        return self.host.bring_declared(self.items(number), keys=KEYS, **arguments)

    def compared(self, items, repair=False):
        self.host.repair = repair
        with self.host.declared(items, keys=KEYS) as application:
            return application.compare(0)


class DeclaredPowerDNS(Declared):
    def bring(self, number=1, repair=False):
        self.host.repair = repair
        primary = {"address": "127.0.0.1", "port": 9, "key": "first"}
        return self.host.bring({f"zone{index}.example": primary for index in range(number + 2)}, KEYS)


@pytest.fixture(params=[*INSTALLED, *(["pdns"] if PDNS_SERVER else [])], ids=lambda kind: kind if isinstance(kind, str) else kind.daemon)
def host(request, tmp_path):
    if request.param == "pdns":
        with powerdns_host(tmp_path / "host") as running:
            declared = DeclaredPowerDNS(running)
            declared.bring()
            running.start()
            yield declared
        return
    with running_host(request.param, tmp_path / "host") as running:
        declared = Declared(running)
        declared.bring()
        yield declared


def lose(host, content=None):
    path = host.current / "manifest.json"
    path.unlink()
    if content is not None:
        path.write_text(content)


def manifest(host):
    return json.loads((host.current / "manifest.json").read_text())


@pytest.mark.parametrize("content", MANIFESTS.values(), ids=MANIFESTS)
def test_it_is_a_refusal_and_one_run_makes_it_again(host, content):
    before, zones = manifest(host), [facts[3]["zone"] for facts in manifest(host)["files"].values() if facts[3]]
    serials = {zone: host.serial(zone) for zone in zones}
    lose(host, content)
    with pytest.raises(Refused, match="leads to cannot be read .*run once with nameserver_repair: true"):
        host.bring(2)
    result = host.bring(repair=True)
    assert result["changed"] and not (result["edited"] or result["zones_changed"] or result["zones_removed"])
    assert [entry["prepared"] for entry in result["diff"]] == [f"{host.current}/manifest.json: made again from the files beside it\n"]
    after = manifest(host)
    assert after["files"] == before["files"]
    assert {key: value for key, value in after["notes"].items() if key != "removed"} == {
        key: value for key, value in before["notes"].items() if key != "removed"
    }
    assert {zone: host.serial(zone) for zone in zones} == serials
    assert not host.bring(repair=True)["changed"] and not host.bring()["changed"]


@pytest.fixture(params=INSTALLED, ids=lambda kind: kind.daemon)
def primary(request, tmp_path):
    with running_host(request.param, tmp_path / "host") as running:
        declared = Declared(running)
        declared.bring()
        yield declared


def test_the_guards_against_losses_hold_and_serials_go_on(primary):
    less = primary.items(2)[:1]
    seen, serial = primary.compared(less), primary.serial("example.com")
    lose(primary)
    found = primary.compared(less, repair=True)
    assert (found["removed"], found["served"]) == (seen["removed"], seen["served"]) == (["0/25.2.0.192.in-addr.arpa", "kept.example", "transferred.example"], 4)
    assert found["differing"]["zones"] == seen["differing"]["zones"] and found["tsig_generations"] == seen["tsig_generations"]
    with pytest.raises(SerialGoesBack, match="its content changed but its own serial 7 did not"):
        primary.bring(2, repair=True)
    result = primary.host.bring_declared(primary.items(2)[:2] + primary.items(1)[2:], keys=KEYS)
    assert result["zones_changed"] == {"example.com": serial + 1} and primary.serial("example.com") == serial + 1
    assert primary.ask("www.example.com", "A") == ["192.0.2.2"]


def test_a_run_about_some_zones_repairs_nothing(primary):
    lose(primary)
    with pytest.raises(Refused, match="a run about all of its zones"):
        primary.bring(repair=True, select="[?name=='example.com']")


@pytest.mark.parametrize(("content", "wrong"), [(None, "is not there"), ("", "is not whole"), ("; example.com: managed by auth", "is not whole")])
def test_a_zones_file_that_is_not_whole_is_named_and_nothing_changes(primary, content, wrong):
    path = primary.current / "zones/example.com"
    lose(primary)
    path.unlink()
    if content is not None:
        path.write_text(content)
    before = primary.tree()
    with pytest.raises(Refused, match=f"zones/example.com {wrong}, so it cannot be told what this host was given"):
        primary.bring(repair=True)
    assert primary.tree() == before and primary.ask("www.example.com", "A") == ["192.0.2.1"]


def test_what_was_cut_off_within_a_zone_is_written_again_under_a_new_serial(primary):
    serial, path = primary.serial("example.com"), primary.current / "zones/example.com"
    lose(primary)
    lines = path.read_text().splitlines(keepends=True)
    path.unlink()
    path.write_text("".join(lines[:-1]))
    assert primary.bring(repair=True)["zones_changed"] == {"example.com": serial + 1}
    assert primary.ask("www.example.com", "A") == ["192.0.2.1"]
