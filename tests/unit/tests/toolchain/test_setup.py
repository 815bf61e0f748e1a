# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""However the installation of packages ends: the machine starts the services that it started before, and no others."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import time

import pytest

SCRIPT = pathlib.Path(__file__).resolve().parents[4] / "tests/toolchain/setup.sh"
# Stands in for apt-get: enables a service as a package does, and takes a moment.
INSTALL = """
ln -s /dev/null "$1/wants/nsd.service"
[ -x "$1/policy-rc.d" ] && touch "$1/began"
sleep "$2"
touch "$1/done"
exit "$3"
"""


@pytest.fixture(name="machine")
def _machine(tmp_path):
    (tmp_path / "wants").mkdir()
    (tmp_path / "wants/named.service").symlink_to("/dev/null")  # the administrator's own
    (tmp_path / "install").write_text(INSTALL)
    return tmp_path


def begun(machine, *calls):
    """What the script has before its part about Python, with this machine's places, and then these calls."""
    text, python, _rest = SCRIPT.read_text(encoding="utf-8").partition("# --- Python ---")
    assert python
    places = {"/usr/sbin/policy-rc.d": "policy-rc.d", "/etc/systemd/system/multi-user.target.wants": "wants", "$checkout/build/setup.log": "log"}
    for place, here in places.items():
        assert place in text
        text = text.replace(place, f"{machine}/{here}")
    script = "\n".join((text, 'as_root() { "$@"; }', *calls))
    return subprocess.Popen(["bash", "-c", script, str(SCRIPT)], cwd=SCRIPT.parent, start_new_session=True, stderr=subprocess.DEVNULL)


def install(machine, seconds=0, status=0):
    return begun(machine, f"start_nothing as_root sh {machine}/install {machine} {seconds} {status}")


def wait_for(path):
    deadline = time.monotonic() + 10
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def assert_as_before(machine):
    assert not os.path.lexists(machine / "policy-rc.d")
    assert os.listdir(machine / "wants") == ["named.service"]


@pytest.mark.parametrize("status", [0, 1])
def test_an_installation_that_ends(machine, status):
    assert install(machine, status=status).wait() == status
    assert (machine / "done").exists()
    assert_as_before(machine)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("to_all", [True, False])
def test_an_installation_that_is_interrupted(machine, sent, to_all):
    """To all as by Ctrl-C; what is told to the script alone must not have it leave apt-get behind, which goes on."""
    with install(machine, seconds=1) as setup:
        wait_for(machine / "began")
        os.killpg(setup.pid, sent) if to_all else setup.send_signal(sent)
        assert setup.wait()
    assert (machine / "done").exists() or to_all
    assert_as_before(machine)


def test_an_installation_that_is_killed_is_tidied_by_the_next_one(machine):
    with install(machine, seconds=60) as setup:
        wait_for(machine / "began")
        os.killpg(setup.pid, signal.SIGKILL)
    assert len(os.listdir(machine / "wants")) == 2
    assert begun(machine, "left_behind", "start_as_before").wait() == 0
    assert_as_before(machine)
    assert begun(machine, "left_behind").wait()


def test_what_the_administrator_decided_stays(machine):
    policy = machine / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    assert install(machine).wait() == 0
    assert begun(machine, "left_behind").wait() and begun(machine, "start_as_before").wait() == 0
    assert policy.read_text() == "#!/bin/sh\nexit 101\n"
    assert os.listdir(machine / "wants") == ["named.service"]
