# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a name server that was taken over can make root do at the next run: nothing. The attacks run as the daemon's own user."""

from __future__ import annotations

import json
import os
import pathlib
import pwd
import shutil
import stat
import subprocess
import tempfile
import time

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.tests.support.powerdns_host import PDNS_SERVER, powerdns_host
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, running_host

pytestmark = [
    pytest.mark.skipif(not INSTALLED, reason="no name server is installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="the attacks are on root"),
]

ACCOUNTS = {"named": "bind" if shutil.which("apt-get") else "named", "nsd": "nsd", "knot": "knot"}
PYTHON = "/usr/bin/python3"  # the tests have one that only root reaches
ATTACK = pathlib.Path(__file__).parents[1] / "support/attack.py"
KINDS_OF_ATTACK = ("file", "directory", "nowhere", "pipe", "state")
OLD, NEW = ({"example.com": {"www": address}, "example.org": {"www": "192.0.2.2"}} for address in ("192.0.2.1", "192.0.2.77"))


class Declared:
    """What the two kinds of hosts are brought to, in turn."""

    def __init__(self, host):
        self.host = host

    def __getattr__(self, name):
        return getattr(self.host, name)

    def change(self, number, **arguments):
        """A change that touches all kinds of files: content, configuration, and a transferred zone that goes."""
        zones = {"example.com": {"www": f"192.0.2.{number % 200 + 1}"}, "example.org": {"www": "192.0.2.2"}}
        return self.host.bring(zones, secondary=("transferred.example",) if number % 2 else (), **arguments)


class DeclaredPowerDNS(Declared):
    def change(self, number, **arguments):
        primary = {"address": "127.0.0.1", "port": 9 + number}
        return self.host.bring({"example.com": primary, **({"transferred.example": primary} if number % 2 else {})}, **arguments)


KINDS = [*INSTALLED, *(["pdns"] if PDNS_SERVER else [])]


@pytest.fixture
def place():
    """A directory that the daemon's users can reach; pytest's own are root's alone."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="compromised-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(params=KINDS, ids=lambda kind: kind if isinstance(kind, str) else kind.daemon)
def host(request, place):
    if request.param == "pdns":
        with powerdns_host(place / "host", "pdns") as running:
            declared = DeclaredPowerDNS(running)
            declared.change(0)
            running.start()
            yield declared
        return
    with running_host(request.param, place / "host", ACCOUNTS[request.param.daemon]) as running:
        declared = Declared(running)
        declared.change(1)
        for path in running.kept_of("transferred.example"):
            if path.parent != running.root / "work":
                path.parent.mkdir(exist_ok=True)
                shutil.chown(path.parent, running.account, running.account)
            path.touch()
            shutil.chown(path, running.account, running.account)
        yield declared


@pytest.fixture
def trap(place):
    """What belongs to root and is nobody else's business."""
    path = place / "roots"
    path.mkdir(mode=0o755)
    (path / "file").write_text("root's own\n")
    (path / "file").chmod(0o644)
    return path


def tree(path):
    """Type, mode, owner, content and time of everything below path."""
    result = {}
    for entry in [path, *sorted(path.rglob("*"))]:
        status = entry.lstat()
        content = os.readlink(entry) if entry.is_symlink() else entry.read_bytes() if stat.S_ISREG(status.st_mode) else None
        result[str(entry)] = (status.st_mode, status.st_uid, status.st_gid, content, None if stat.S_ISDIR(status.st_mode) else status.st_mtime_ns)
    return result


def attack(host, *arguments):
    """Run the attack as the daemon's user; what it says."""
    user = pwd.getpwnam(host.account)
    rights = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    source = ATTACK.read_text()
    done = subprocess.run([PYTHON, "-", *map(str, arguments)], input=source, capture_output=True, text=True, timeout=60, cwd="/", check=True, **rights)
    return json.loads(done.stdout)


def run(host, number):
    """A run, that may be refused, and does not hang."""
    started = time.monotonic()
    try:
        host.change(number)
    except (Refused, OSError) as error:
        print(f"refused: {error}")
    assert time.monotonic() - started < 60


def test_no_name_that_it_can_put_another_in_the_place_of_leads_root_elsewhere(host, trap):
    """Each in turn, with links to a file and a directory of root's, one that leads nowhere, a pipe, and state that names what is root's."""
    before, attacks = tree(trap), attack(host, "list", host.root)
    assert attacks, "it can write nowhere"
    for name in attacks:
        for kind in KINDS_OF_ATTACK:
            if attack(host, "replace", name, kind, trap):
                for number in (0, 1):
                    run(host, number)
                    assert tree(trap) == before, (name, kind)
                attack(host, "restore", name)
    host.change(2)


def test_no_name_that_it_expects_root_to_use_leads_root_elsewhere(host, trap):
    before = tree(trap)
    for kind in KINDS_OF_ATTACK:
        assert attack(host, "plant", host.root, kind, trap)
        for number in (0, 1):
            run(host, number)
            assert tree(trap) == before, kind
        attack(host, "unplant", host.root)
    host.change(2)


def test_no_lock_that_it_takes_holds_a_run_up(host):
    with subprocess.Popen(
        [PYTHON, "-c", ATTACK.read_text(), "lock", host.root], stdout=subprocess.PIPE, text=True, user=host.account, group=host.account, extra_groups=[]
    ) as attacker:
        assert attacker.stdout.readline() == "locked\n"
        started = time.monotonic()
        host.change(2)
        assert time.monotonic() - started < 60
        attacker.kill()


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_what_the_server_cannot_read_or_others_can_is_told_and_restored_without_a_new_serial(host, mode):
    first = host.change(2)
    names = sorted(
        str(path.relative_to(host.current)) for path in host.current.rglob("*") if path.is_file() and not path.is_symlink() and path.name != "manifest.json"
    )
    for name in names:
        (host.current / name).chmod(mode)
    result = host.change(2)
    assert result["changed"] and not result["edited"] and not result["zones_changed"] and not result["zones_removed"]
    assert [entry["prepared"] for entry in result["diff"]] == [
        f"{host.current / name}: owner, group and mode, so that root alone writes it and {host.account} alone reads it\n" for name in names
    ]
    assert {(host.current / name).stat().st_mode & 0o777 for name in names} == {0o640}
    assert not host.change(2)["changed"]
    if "zones_changed" in first and first["zones_changed"]:
        assert host.serial("example.com") == first["zones_changed"]["example.com"]
