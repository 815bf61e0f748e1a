# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controllers at once, servers that hang and disks that fill up at any moment of a run: old or new, in time, and what is told is true.

    FAULTS=all python -m pytest --numprocesses auto tests/integration/test_faults_under_way.py

for each program does as many runs as convince (100 with several controllers, 50 with a hanging server, 20 with a full disk), else a few.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import subprocess
import time

import dns.exception
import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.serving.generations import Generations
from ansible_collections.authoritative.dns.tests.support.powerdns_host import PDNS_SERVER, PowerDNSHost, powerdns_host
from ansible_collections.authoritative.dns.tests.support.private_network import can_make_private_networks, in_private_network
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, lying_about, running_host

KINDS = [*INSTALLED, *([PowerDNSHost] if PDNS_SERVER else [])]

pytestmark = [
    pytest.mark.skipif(not KINDS, reason="no name server is installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="configuration files belong to root"),
    pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.daemon),
]

FEW, MANY = {"controllers": 4, "hanging": 2, "full": 4}, {"controllers": 100, "hanging": 50, "full": 20}
RUNS = MANY if os.environ.get("FAULTS") == "all" else FEW
AT_ONCE = 3  # controllers
COMMAND_LIMIT = 3.0  # seconds, instead of more than a minute
LIMIT = 60.0  # seconds for a run: some commands that do not end, and the way back
NOTHING, BACK, UNKNOWN = "Nothing was changed.", "What was there before is in place again", "What was there before could not be put back; the next run finishes"
TAKEN = "The new state is in place, and the server took it"
context = multiprocessing.get_context("fork")


class Declared:
    """What a host is brought to: each number's own content and configuration."""

    def __init__(self, host):
        self.host = host

    def __getattr__(self, name):
        return getattr(self.host, name)

    def numbered(self, number):
        zones = {"example.com": {"www": f"192.0.2.{number % 250}"}, "example.org": {"www": "192.0.2.255"}, f"n{number}.example": {"www": "192.0.2.254"}}
        return self.application(zones)

    def bring_it(self, number):
        with self.numbered(number) as application:
            application.apply(os.replace)

    def content_served(self):
        """What L(content) makes of the number whose content it serves."""
        return int(self.ask("www.example.com", "A")[0].rpartition(".")[2])


class DeclaredPowerDNS(Declared):
    """It serves what it transfers, so its numbers are in whom it transfers from; serials are its primaries' own."""

    def numbered(self, number):
        primary = {"address": "127.0.0.1", "port": 1000 + number % 250}
        return contextlib.nullcontext(self.application(dict.fromkeys(("example.com", f"n{number}.example"), primary)))

    def serial(self, _zone):
        return None

    def content_served(self):
        """From its database, once the server itself answers: that is where it looks at each question."""
        self.ask("example.com")
        [(primary,)] = self.select("SELECT master FROM domains WHERE name = 'example.com'")
        return int(primary.rpartition(":")[2]) - 1000


@contextlib.contextmanager
def declared(kind, root):
    if kind is PowerDNSHost:
        with powerdns_host(root) as host:
            found = DeclaredPowerDNS(host)
            found.bring_it(0)
            host.start()
            yield found
    else:
        with running_host(kind, root) as host:
            found = Declared(host)
            found.bring_it(0)
            yield found


def content(number):
    return number % 250


def manifest_is_sound(host):
    return Generations(str(host.root / "state"), "root").current().look() == (set(), set())


def attempt(host, number, go=None):
    """(number, serial that was written, None if it was refused, what was told, seconds)."""
    told, serial, application = "", None, None
    started = time.monotonic()
    try:
        with host.numbered(number) as application:
            if go is not None:
                go.wait()
            started = time.monotonic()
            serial = application.apply(os.replace)["zones_changed"].get("example.com")
    except (Refused, OSError) as error:
        told = f"{error}. {application.reached if application else NOTHING}"
    return number, serial, told, time.monotonic() - started


def test_of_controllers_at_once_one_wins_and_the_others_are_told(kind, tmp_path):
    with declared(kind, tmp_path / "host") as host:
        used = {host.serial("example.com")}
        for run in range(RUNS["controllers"]):
            go, (mine, theirs) = context.Barrier(AT_ONCE), context.Pipe(duplex=False)
            numbers = [1 + run * AT_ONCE + index for index in range(AT_ONCE)]

            def control(number, go=go, tell=theirs):
                tell.send(attempt(host, number, go))

            controllers = [context.Process(target=control, args=(number,)) for number in numbers]
            for controller in controllers:
                controller.start()
            found = []
            for _controller in controllers:
                assert mine.poll(2 * LIMIT)
                found.append(mine.recv())
            for controller in controllers:
                controller.join()
            winners = [(number, serial) for number, serial, told, _seconds in found if not told]
            assert len(winners) == 1, found
            refusals = [told for _number, _serial, told, _seconds in found if told]
            assert all("another run changed this host's name server after this one compared it" in told and told.endswith(NOTHING) for told in refusals), found
            assert max(seconds for *_rest, seconds in found) < LIMIT
            [(number, serial)] = winners
            assert serial is None or serial not in used, "two contents under one serial"
            used.add(serial)
            assert (host.content_served(), host.serial("example.com")) == (content(number), serial) and manifest_is_sound(host)
            assert not lying_about(host.root / "state")


def test_a_server_that_hangs_at_any_moment_is_told_and_has_old_or_new(kind, tmp_path):
    chance = random.Random(29)
    with declared(kind, tmp_path / "host") as host:
        host.host.limit = COMMAND_LIMIT
        started = time.monotonic()
        host.bring_it(1)
        usual, old, said = time.monotonic() - started, 1, set()
        for new in range(2, RUNS["hanging"] + 2):
            mine, theirs = context.Pipe(duplex=False)
            run = context.Process(target=lambda new=new, tell=theirs: tell.send(attempt(host, new)))
            run.start()
            time.sleep(chance.random() * usual)
            host.freeze()
            assert mine.poll(2 * LIMIT)
            _new, _serial, told, seconds = mine.recv()
            run.join()
            assert seconds < LIMIT
            host.thaw()
            said.add(told.rsplit(". ", 1)[-1][:40])
            if not told:
                assert soon(host, [new])
            elif NOTHING in told:
                assert soon(host, [old])
            else:
                pending = (host.root / "state/reload-pending").exists()
                assert BACK in told and pending != ("and the server serves it" in told) and soon(host, [old, new] if pending else [old])
            assert manifest_is_sound(host)
            host.bring_it(new)
            assert soon(host, [new])
            old = new
        print(f"{host.daemon}: {sorted(said)}")


def soon(host, numbers):
    """Whether the server gives one of these contents within some seconds, however long it takes to wake up."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with contextlib.suppress(dns.exception.Timeout, OSError):
            if host.content_served() in [content(number) for number in numbers]:
                return True
        time.sleep(0.05)
    return False


@pytest.mark.skipif(os.geteuid() != 0 or not can_make_private_networks(), reason="needs a mount namespace")
def test_a_disk_that_fills_up_at_any_moment_leaves_old_or_new(kind, tmp_path):
    """A file system of its own, with one page more each time."""
    place = tmp_path / "disk"
    place.mkdir()

    def look():
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)], check=True)
        with declared(kind, place / "host") as host:
            found, old = [], 0
            for new in range(1, RUNS["full"] + 1):
                ballast = fill(place, free=(new - 1) * 20 // RUNS["full"])
                _new, _serial, told, seconds = attempt(host, new)
                state = (host.root / "state/reload-pending").exists()
                # NSD's former process may answer once more
                served, sound = content(new) if not told and soon(host, [new]) else host.content_served(), manifest_is_sound(host)
                ballast.unlink()
                found.append((old, new, told, seconds, state, served, sound))
                host.bring_it(new)
                assert soon(host, [new])
                old = new
            return found

    said = set()
    for old, new, told, seconds, pending, served, sound in in_private_network(look, timeout=LIMIT * RUNS["full"]):
        where = f"{new}: {told}"
        said.add(told)
        assert seconds < LIMIT and sound, where
        if not told:
            assert served == content(new), where
        elif NOTHING in told or f"{BACK}, and the server serves it" in told:
            assert served == content(old) and not pending, where
        elif TAKEN in told:  # but what came after it was not remembered
            assert served == content(new) and pending, where
        else:
            assert (BACK in told or UNKNOWN in told) and pending and served in (content(old), content(new)), where
    print("\n".join(sorted(said)))
    assert any("No space left" in told for told in said) and "" in said


def fill(place, free):
    """A file that leaves so many pages, of the memory that the file system is, free."""
    path = place / "ballast"
    with open(path, "wb", buffering=0) as stream:
        try:
            while True:
                stream.write(b"\0" * 4096)
        except OSError:
            stream.truncate(max(stream.tell() - free * 4096, 0))
    return path
