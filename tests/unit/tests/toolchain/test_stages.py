# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a stage of the tests does to the others: it hides none of them, and those that are light run beside them."""

from __future__ import annotations

import pathlib
import signal
import subprocess
import time

import pytest

SCRIPT = pathlib.Path(__file__).resolve().parents[4] / "tests/toolchain/stages.sh"
# Those that wait do so for what another one says, and fail without it.
MAKEFILE = """
.PHONY: good bad waits light priority long
good:; @echo good is made >> made; echo this is what good says
bad:; @echo bad is made >> made; exit 3
waits:; @for _ in $$(seq 100); do ! [ -e light ] || { touch seen; exit 0; }; sleep 0.1; done; exit 1
light:; @echo this is what light says; echo something passed in 3 s; touch light; for _ in $$(seq 100); do ! [ -e seen ] || exit 0; sleep 0.1; done; exit 1
priority:; @nice
long:; @echo $$$$ >> long; exec sleep 60
"""


@pytest.fixture(name="checkout")
def _checkout(tmp_path):
    (tmp_path / "tests/toolchain").mkdir(parents=True)
    (tmp_path / "tests/toolchain/stages.sh").write_bytes(SCRIPT.read_bytes())
    (tmp_path / "Makefile").write_text(MAKEFILE)
    return tmp_path


def stages(checkout, *targets):
    command = ["bash", str(checkout / "tests/toolchain/stages.sh"), *targets]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    *_said, summary, counts = done.stdout.rstrip().split("\n\n")
    return done.returncode, done.stdout, [line.split()[:2] for line in summary.splitlines()], counts


def test_a_stage_that_fails_hides_no_other(checkout):
    code, said, summary, counts = stages(checkout, "bad", "good")
    assert code == 1 and counts == "1 passed, 1 failed"
    assert summary == [["bad", "FAILED"], ["good", "passed"]]
    assert "==> good\nthis is what good says\n" in said
    assert (checkout / "made").read_text() == "bad is made\ngood is made\n"


def test_what_a_stage_says_of_others_counts_for_nothing(checkout):
    code, _said, summary, counts = stages(checkout, "waits", "bad", "--", "light")
    assert (code, counts) == (1, "2 passed, 1 failed") and summary == [["waits", "passed"], ["bad", "FAILED"], ["light", "passed"]]


def test_all_pass(checkout):
    assert stages(checkout, "good")[0] == 0


def test_what_is_light_is_made_beside_the_others_and_shown_as_a_whole(checkout):
    code, said, summary, counts = stages(checkout, "waits", "good", "--", "light", "bad", "priority")
    assert summary == [["waits", "passed"], ["good", "passed"], ["light", "passed"], ["bad", "FAILED"], ["priority", "passed"]]
    assert code == 1 and counts == "4 passed, 1 failed"
    assert "==> light\nthis is what light says\nsomething passed in 3 s\n" in said
    assert "==> priority\n19\n" in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_stops_it_stops_both(checkout, number):
    command = ["bash", str(checkout / "tests/toolchain/stages.sh"), "long", "--", "long"]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 20
    while not (checkout / "long").exists() or len((checkout / "long").read_text().split()) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    running.send_signal(number)
    assert running.wait(20) == 130
    left = []
    while time.monotonic() < deadline:
        left = [pid for pid in (checkout / "long").read_text().split() if alive(pid)]
        if not left:
            return
        time.sleep(0.05)
    raise AssertionError(left)


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
