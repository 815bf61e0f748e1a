# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The administrator's own file is read with what is staged before anything is replaced: what is wrong there stops no server."""

from __future__ import annotations

import os
import re
import tempfile

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.plugin_utils.software.common import Settings
from ansible_collections.authoritative.dns.tests.support.powerdns_host import PDNS_SERVER, powerdns_host
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, running_host

pytestmark = [
    pytest.mark.skipif(not INSTALLED, reason="no name server is installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="configuration files belong to root"),
]

OLD = {"example.com": {"www": "192.0.2.1"}}
NEW = {**OLD, "example.net": {"www": "192.0.2.3"}}
NONSENSE = {"named": "nonsense;\n", "nsd": "server:\n\tnonsense: yes\n", "knot": "server:\n    nonsense: yes\n"}
# A change that NSD and Knot DNS cannot take without a restart: one more address, which is nobody's.
OTHER_ADDRESS = Settings(listen_on=("127.0.0.1", "192.0.2.53"), allow_query=("any",))


@pytest.fixture(params=INSTALLED, ids=lambda kind: kind.daemon)
def host(request, tmp_path):
    with running_host(request.param, tmp_path / "host") as running:
        running.bring(OLD)
        yield running


def assert_refuses(host, zones, **arguments):
    """A run and its dry run, before anything is replaced. Returns what they say."""
    before, pid = host.tree(), host.pid
    said = []
    for bring in (host.preview, host.bring):
        with pytest.raises(Refused) as refused:
            bring(zones, **arguments)
        said.append(str(refused.value))
        assert host.tree() == before and host.runs() and host.pid == pid
        assert host.ask("www.example.com", "A") == ["192.0.2.1"]
    assert said[0] == said[1]
    return said[1]


def with_nonsense(host):
    """The file with a mistake in its last line; the number of that line."""
    text = host.local_config.read_text() + NONSENSE[host.daemon]
    host.local_config.write_text(text)
    return text.count("\n")


@pytest.mark.parametrize("arguments", [{"settings": OTHER_ADDRESS}, {}], ids=["restart", "reload"])
def test_a_mistake_in_the_administrators_file_is_told_by_file_and_line_and_stops_no_server(host, arguments):
    line = with_nonsense(host)
    said = assert_refuses(host, NEW, **arguments)
    assert re.search(rf"{re.escape(str(host.local_config))}('?, line |:){line}\b", said) and "nonsense" in said
    assert "check-" not in said and "generation-" not in said


def test_a_zone_that_is_declared_and_in_one_of_several_files_is_told_in_a_dry_run_too(host):
    """nsd.conf(5) includes whatever a pattern matches, as the role has it do."""
    if host.daemon != "nsd":
        pytest.skip("the others have one file")
    own = host.local_config
    host.layout["local_config"] = str(own.with_name("*-of-several.conf"))
    own.rename(own.with_name("one-of-several.conf"))
    host.bring(OLD)
    zone_file, other = host.root / "own/zone", own.with_name("two-of-several.conf")
    zone_file.write_text("$TTL 60\n@ SOA ns1.example. a.example. 1 2 3 4 5\n NS ns1.example.\n")
    other.write_text(host.own_zone(zone_file, "example.net"))
    for bring in (host.preview, host.bring):
        with pytest.raises(Refused, match=f"zone example.net is declared, and {other}, line 2, has it as well"):
            bring(NEW)


def test_a_stopped_server_is_not_given_what_it_could_not_start_with(host):
    with_nonsense(host)
    host.stop()
    before = host.tree()
    with pytest.raises(Refused, match="nonsense"):
        host.bring(NEW)
    assert host.tree() == before


def test_a_zone_that_is_declared_and_in_the_administrators_file_is_told_by_name(host):
    text = host.local_config.read_text()
    zone_file = host.root / "own/zone"
    zone_file.write_text("$TTL 60\n@ SOA ns1.example. a.example. 1 2 3 4 5\n NS ns1.example.\n")
    host.local_config.write_text(text + host.own_zone(zone_file, "example.net"))
    said = assert_refuses(host, NEW)
    own_line = text.count("\n") + (1 if host.daemon == "named" else 2)
    where = f"{host.local_config}, line {own_line}"
    assert f"zone example.net is declared, and {where}, has it as well" in said
    assert "take it out of the one or the other" in said


def test_what_the_administrators_files_say_to_each_other_is_no_mistake(host):
    """Such as a list of networks that has a name in one of them."""
    if host.daemon != "named":
        pytest.skip("the others have one file")
    host.local_config.write_text(host.local_config.read_text() + 'acl "ours" { 127.0.0.0/8; };\n')
    options = host.root / "etc/options.conf"
    options.write_text(options.read_text() + "blackhole { !ours; 192.0.2.0/24; };\n")
    assert host.bring(NEW)["reloaded"]
    assert host.ask("www.example.net", "A") == ["192.0.2.3"]


def test_a_zone_of_the_administrator_that_does_not_load_is_his_own_affair(host):
    host.local_config.write_text(host.local_config.read_text() + host.own_zone(host.root / "own/none", "own.example"))
    assert host.bring(NEW)["reloaded"]
    assert host.ask("www.example.net", "A") == ["192.0.2.3"]


def test_a_mistake_in_a_zone_is_told_by_zone_and_file(host, monkeypatch):
    monkeypatch.setattr("ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.rdata.MAXIMUM_RDATA", 2**20)
    monkeypatch.setattr("ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.record_sets.SetSize._MOST", 2**20)
    said = assert_refuses(host, {"example.com": {"www": "192.0.2.1", "long": "x" * 70000}})
    assert "example.com" in said and ("zone-check" in said or f"{host.current}/zones/example.com" in said)


def test_a_dry_run_of_the_first_run_does_not_miss_what_that_makes(host):
    """The role makes the administrator's file where there is none, but not in a dry run; and does not ask for programs that are not there yet."""
    text = host.local_config.read_text()
    host.stop()
    host.local_config.unlink()
    if host.daemon == "nsd":
        host.local_config.write_text("")  # a pattern that may match nothing
    assert host.preview(NEW)["changed"]
    host.local_config.write_text(text)
    with host.application(NEW) as application:
        application.software.find = lambda _program: None
        assert application.preview()["changed"]
        with pytest.raises(Refused, match="nothing can be checked; install .* first"):
            application.apply(os.replace)


@pytest.mark.skipif(not PDNS_SERVER, reason="PowerDNS and its SQLite backend are not installed")
def test_a_mistake_in_the_administrators_file_stops_no_powerdns(tmp_path):
    zones = {"example.com": {"address": "127.0.0.3", "port": 5300}}
    with powerdns_host(tmp_path / "host") as host:
        host.bring(zones)
        host.start()
        local = host.root / "etc/pdns.local.conf"
        local.write_text(local.read_text() + "nonsense=yes\n")
        application, process = host.application({**zones, "example.net": zones["example.com"]}), host.process.pid
        for bring in (application.preview, lambda: application.apply(os.replace)):
            with pytest.raises(Refused, match="pdns_server refuses it: .*nonsense"):
                bring()
        assert host.process.poll() is None and host.process.pid == process
        assert host.restarts == 0


def test_a_dry_run_leaves_nothing_behind(host, monkeypatch):
    made, mkdtemp = [], tempfile.mkdtemp
    monkeypatch.setattr(tempfile, "mkdtemp", lambda *arguments, **more: (made.append(mkdtemp(*arguments, **more)), made[-1])[1])
    before = host.tree()
    result = host.preview(NEW)
    assert result["zones_changed"].keys() == {"example.net"}
    assert host.tree() == before
    assert made and not [path for path in made if os.path.exists(path)]
