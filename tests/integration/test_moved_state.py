# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that an earlier version of this collection configured, with its state where the server's user could put another in its place."""

from __future__ import annotations

import gc
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.serving.generations import Generations
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, BindHost, lying_about, running_host

pytestmark = [
    pytest.mark.skipif(BindHost not in INSTALLED, reason="named is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="configuration files belong to root"),
]
ACCOUNT = "bind" if shutil.which("apt-get") else "named"
ZONES = {"example.com": {"www": "192.0.2.1"}, "example.org": {"www": "192.0.2.2"}}


@pytest.fixture
def place():
    path = pathlib.Path(tempfile.mkdtemp(prefix="moved-"))  # that the daemon's user can reach
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def host(place):
    """It serves, and knows from now on where its state should be."""
    with running_host(BindHost, place / "host", ACCOUNT) as running:
        running.previous = running.root / "lib/authoritative"
        running.previous.parent.mkdir()
        shutil.chown(running.previous.parent, "root", ACCOUNT)
        place_now, running.layout["state_directory"] = running.layout["state_directory"], str(running.previous)
        running.bring(ZONES, secondary=("transferred.example",))
        running.previous.parent.chmod(0o775)
        running.layout |= {"state_directory": place_now, "previous_state_directory": str(running.previous)}
        yield running


def bring(host, zones=None, **arguments):
    return host.bring(zones or ZONES, secondary=("transferred.example",), **arguments)


def assert_moved(host):
    assert not lying_about(host.root / "state") and not host.previous.exists()
    current = Generations(str(host.root / "state"), ACCOUNT).current()
    assert current.look() == (set(), set()) and current.notes["secondary"] == {"transferred.example": "transferred.example"}
    assert str(host.previous) not in host.config_file.read_text() + "".join(path.read_text() for path in host.current.glob("*.conf"))
    assert not bring(host)["changed"]


def test_it_moves_by_itself_at_once_and_under_the_same_serials(host):
    serials, pid = {zone: host.serial(zone) for zone in ZONES}, host.pid
    preview = host.preview(ZONES, secondary=("transferred.example",))
    assert {"prepared": f"{host.previous}: moves to {host.root}/state, where root alone can write\n"} in preview["diff"] and host.previous.exists()
    result = bring(host)
    assert result["changed"] and result["reloaded"] and not result["zones_changed"] and not result["edited"]
    assert {zone: host.serial(zone) for zone in ZONES} == serials and host.pid == pid
    assert_moved(host)
    host.stop()
    host.start()
    assert {zone: host.serial(zone) for zone in ZONES} == serials


def test_it_moves_from_another_file_system(host):
    aside = host.root / "aside"
    shutil.copytree(host.previous, aside, symlinks=True)
    for path in [aside, *aside.rglob("*")]:
        os.chown(path, 0, pwd.getpwnam(ACCOUNT).pw_gid, follow_symlinks=False)
    shutil.rmtree(host.previous)
    host.previous.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0750", "tmpfs", str(host.previous)], check=True)
    try:
        subprocess.run(["cp", "-a", f"{aside}/.", str(host.previous)], check=True)
        serial = host.serial("example.com")
        result = bring(host)
        assert not result["edited"] and host.serial("example.com") == serial
    finally:
        gc.collect()  # what still looks at the directory would keep it busy
        subprocess.run(["umount", str(host.previous)], check=True)
    host.previous.rmdir()
    assert_moved(host)


def test_a_run_about_one_zone_moves_all(host):
    both = {"example.com": {"www": "192.0.2.77"}, "example.org": {"www": "192.0.2.88"}}
    bring(host, both, select="[?name=='example.com']")
    assert (host.ask("www.example.com", "A"), host.ask("www.example.org", "A")) == (["192.0.2.77"], ["192.0.2.2"])
    assert not host.previous.exists()


def test_what_is_refused_stays_where_it_is_and_serials_that_were_out_are_remembered(host):
    serial, entry = host.serial("example.com"), host.config_file.read_text()
    host.ignore_reload("example.com")
    changed = {**ZONES, "example.com": {"www": "192.0.2.77"}}
    host.refused = {"reconfig"}
    with pytest.raises(Refused, match="refused for a test"):
        bring(host, changed)
    host.refused = set()
    assert host.config_file.read_text() == entry and (host.previous / "current").exists() and not os.path.lexists(host.current)
    assert host.serial("example.com") == serial and host.ask("www.example.com", "A") == ["192.0.2.1"]
    host.ignored = set()
    assert bring(host, {**ZONES, "example.com": {"www": "192.0.2.78"}})["zones_changed"] == {"example.com": serial + 2}
    assert not host.previous.exists()


@pytest.mark.parametrize("name", ["_stage", "_switch"])
def test_a_run_that_is_killed_on_the_way_is_followed_by_one_that_finishes(host, name):
    from ansible_collections.authoritative.dns.plugins.module_utils.serving.application import Application

    serial = host.serial("example.com")
    pid = os.fork()
    if not pid:
        original = getattr(Application, name)

        def killed(*arguments):
            original(*arguments)
            os.kill(os.getpid(), signal.SIGKILL)

        setattr(Application, name, killed)
        try:
            bring(host)
        finally:
            os._exit(1)
    assert os.waitpid(pid, 0)[1] == signal.SIGKILL and host.previous.exists()
    host.stop()
    host.start()
    assert host.serial("example.com") == serial
    bring(host)
    assert_moved(host)
    assert host.serial("example.com") == serial


@pytest.mark.parametrize("kind", ["directory", "link"])
def test_what_the_servers_user_put_in_its_place_is_refused(host, kind):
    serial = host.serial("example.com")
    commands = {
        "directory": f"cd {host.root}/lib && mv authoritative aside && cp -r aside authoritative",
        "link": f"cd {host.root}/lib && mv authoritative aside && ln -s aside authoritative",
    }
    subprocess.run(["/bin/sh", "-ec", commands[kind]], user=ACCOUNT, group=ACCOUNT, extra_groups=[], check=False, capture_output=True)
    with pytest.raises(Refused, match="lib/authoritative is no directory that root alone can change, .* the name server may be compromised, and remove it"):
        bring(host)
    assert host.serial("example.com") == serial and not os.path.lexists(host.current)


def test_what_the_servers_user_makes_there_later_is_no_concern_of_a_run(host):
    bring(host)
    subprocess.run(["/bin/sh", "-ec", f"mkdir {host.previous} && ln -s x {host.previous}/current"], user=ACCOUNT, group=ACCOUNT, extra_groups=[], check=True)
    assert not bring(host)["changed"]
    assert bring(host, {**ZONES, "example.com": {}})["changed"] and host.previous.exists()
