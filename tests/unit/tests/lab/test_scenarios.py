# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One scenario that fails hides none of the others, and each has a lab of its own."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import textwrap

import pytest

SCRIPT = pathlib.Path(__file__).resolve().parents[4] / "tests/lab/scenarios.py"
# Stands in for lab.sh: it tells where it was, takes a moment, and fails in the lab of the scenario bad.
LAB = """[ "$1" = run ] || { echo "$LAB goes" >> "$TRACE.removed"; exit 0; }
cat "$TRACE.removed" >> "$TRACE.before"
echo "$LAB begins" >> "$TRACE"
sleep 0.2
echo "$LAB ends" >> "$TRACE"
echo "this is what $LAB says of $5"
[ "$LAB" != bad ] || cat "$SAID"
[ "$LAB" != bad ]
"""
# What molecule shows of two playbooks: one that goes on after a task that may fail, until another fails, and one that cleans up.
SAID = """\
PLAY [Verify] ****

TASK [May fail] ****
\x1b[0;31mfatal: [one]: FAILED! => {"msg": "never mind"}\x1b[0m
...ignoring

TASK [All servers give one serial] ****
\x1b[0;31m[ERROR]: Task failed: Action failed: behind\x1b[0m
\x1b[0;31mfatal: [one]: FAILED! => {\x1b[0m
\x1b[0;31m    "msg": "two is behind"\x1b[0m
\x1b[0;31m}\x1b[0m

PLAY RECAP ****
one   : ok=1    changed=0    unreachable=0    failed=1    skipped=0    rescued=0    ignored=1

PLAY [Clean up] ****

TASK [Stop asking] ****
fatal: [one]: FAILED! => {"msg": "no such process"}

PLAY RECAP ****
one   : ok=0    changed=0    unreachable=0    failed=1    skipped=0    rescued=0    ignored=0

"""


@pytest.fixture(name="checkout")
def _checkout(tmp_path):
    for name in ("bad", "good", "long"):
        (tmp_path / "extensions/molecule" / name).mkdir(parents=True)
        (tmp_path / "extensions/molecule" / name / "molecule.yml").touch()
    lab = tmp_path / "tests/lab"
    lab.mkdir(parents=True)
    (lab / "lab.sh").write_text(LAB)
    (lab / "scenarios.py").write_bytes(SCRIPT.read_bytes())
    (tmp_path / "cache/authoritative-dns").mkdir(parents=True)
    (tmp_path / "said").write_text(textwrap.indent(SAID, "  │ "))
    return tmp_path


def run(checkout, *arguments):
    environment = os.environ | {"XDG_CACHE_HOME": str(checkout / "cache"), "TRACE": str(checkout / "trace"), "SAID": str(checkout / "said")}
    command = [sys.executable, str(checkout / "tests/lab/scenarios.py"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)


def test_a_scenario_that_fails_hides_no_other(checkout):
    done = run(checkout, "--jobs", "2")
    assert done.returncode == 1
    assert "    this is what bad says of bad" in done.stdout
    assert "this is what good says" not in done.stdout
    assert "this is what good says of good" in (checkout / "build/molecule/good.log").read_text()
    assert "2 passed, 1 failed" in done.stdout
    # Two at a time, not more: the third begins when one has ended.
    assert [line.split()[1] for line in (checkout / "trace").read_text().splitlines()][:3] == ["begins", "begins", "ends"]


def test_the_summary_says_what_stopped_a_scenario(checkout):
    summary = run(checkout).stdout.rsplit("\n\n", 1)[1]
    assert summary.splitlines()[1].strip() == 'All servers give one serial: fatal: [one]: FAILED! => { "msg": "two is behind" }'
    long = "x" * 2000
    inner = json.dumps(f"TASK [Look] ***\nfatal: [two]: FAILED! => {{'msg': 'a is behind'}}\n\nTASK [Report] ***\nfatal: [one]: FAILED! => {long}\n")
    said = SAID.replace('"two is behind"', f'"non-zero return code", "cmd": "{long}", "stdout": {inner}')
    (checkout / "said").write_text(textwrap.indent(said, "  │ "))
    within = run(checkout).stdout.rsplit("\n\n", 1)[1].splitlines()[2].strip()
    assert within == "within it: fatal: [two]: FAILED! => {'msg': 'a is behind'}"
    (checkout / "said").write_text("killed\n")
    assert "no task failed" in run(checkout).stdout


def test_what_took_longest_begins(checkout):
    memory = checkout / "cache/authoritative-dns/scenario-seconds.json"
    memory.write_text(json.dumps({"bad": 50, "good": 20, "long": 700}))
    done = run(checkout, "--jobs", "1")
    assert [line for line in (checkout / "trace").read_text().splitlines() if "begins" in line] == ["long begins", "bad begins", "good begins"]
    assert "3 scenarios, 1 at a time, about 13 minutes" in done.stdout
    assert json.loads(memory.read_text())["bad"] == 50  # how long it takes to fail says nothing


def test_what_is_largest_begins_where_nobody_knows(checkout):
    (checkout / "extensions/molecule/long/molecule.yml").write_text("much\n" * 100)
    (checkout / "cache/authoritative-dns/scenario-seconds.json").write_text(json.dumps({"bad": 50}))
    run(checkout, "--jobs", "1")
    assert [line.split()[0] for line in (checkout / "trace").read_text().splitlines() if "begins" in line] == ["long", "good", "bad"]


def test_one_alone(checkout):
    assert run(checkout, "good").returncode == 0
    assert run(checkout, "no-such").returncode == 2


def test_what_a_killed_run_left_goes_first(checkout):
    assert run(checkout, "good").returncode == 0
    assert (checkout / "trace.before").read_text() == "good goes\n"
    assert (checkout / "trace.removed").read_text() == "good goes\n" * 2
