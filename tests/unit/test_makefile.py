# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Makefile calls, in a checkout whose path has a blank, with stand-ins for everything that it calls."""

from __future__ import annotations

import json
import os
import pathlib
import shlex
import stat
import subprocess
import sys

import pytest

MAKEFILE = pathlib.Path(__file__).resolve().parents[2] / "Makefile"
# Writes down its name, its arguments and what the environment says of other paths; as lab.sh it is asked for a host that is not there.
TRACED = f"""#!{sys.executable}
import json, os, sys
paths = {{name: os.environ[name] for name in ("COVERAGE_FILE", "ANSIBLE_EXECUTABLE") if name in os.environ}}
with open(os.environ["TRACE"], "a") as trace:
    print(json.dumps([os.path.basename(sys.argv[0]), sys.argv[1:], paths]), file=trace)
sys.exit("exists" in sys.argv)
"""
SCRIPTS = ("tests/toolchain/setup.sh", "tests/lab/images/build.sh", "tests/lab/lab.sh", "tests/lab/minutes.sh")


@pytest.fixture(name="checkout")
def _checkout(tmp_path):
    checkout = tmp_path / "a checkout"
    for name in ("build", "programs", *(os.path.dirname(script) for script in SCRIPTS), "extensions/molecule/default", "extensions/molecule/signed"):
        (checkout / name).mkdir(parents=True, exist_ok=True)
    for name in ("default", "signed"):
        (checkout / "extensions/molecule" / name / "molecule.yml").touch()
    for name in ("bash", "python", "coverage"):
        (checkout / "programs" / name).write_text(TRACED)
        (checkout / "programs" / name).chmod(stat.S_IRWXU)
    (checkout / "build/env.sh").write_text("")
    (checkout / "Makefile").write_bytes(MAKEFILE.read_bytes())
    return checkout


def make(checkout, *arguments):
    """(exit code, all that it says, what it called: [program, arguments, paths in the environment])."""
    trace = checkout / "trace"
    trace.write_text("")
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "LAB", "COVERAGE_FILE", "ANSIBLE_EXECUTABLE")}
    environment.update(PATH=f"{checkout}/programs:{environment['PATH']}", TRACE=str(trace))
    done = subprocess.run(["make", *arguments], cwd=checkout, env=environment, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr, [json.loads(line) for line in trace.read_text().splitlines()]


@pytest.mark.parametrize("name", ["", "nonsens", "../lab", "default signed"])
def test_a_scenario_that_is_not_there_is_told_before_anything_is_done_for_it(checkout, name):
    code, said, called = make(checkout, "scenario", f"NAME={name}")
    assert code == 2 and not called
    assert f"make scenario NAME={name}: " in said and "one of: default signed\n" in said


def test_a_scenario_takes_the_place_of_the_lab_that_is_up(checkout):
    code, _said, called = make(checkout, "scenario", "NAME=signed")
    commands = [arguments[2:] for program, arguments, _paths in called if arguments[:2] == ["tests/lab/lab.sh", "run"]]
    assert code == 0 and ["molecule", "test", "--scenario-name", "signed"] in commands


def test_what_the_lab_is_to_write_is_written_in_the_checkout(checkout):
    code, _said, called = make(checkout, "lab")
    given = [json.loads(after) for _program, arguments, _paths in called for before, after in zip(arguments, arguments[1:]) if before == "-e" and "{" in after]
    assert code == 0
    assert {name: value for variables in given for name, value in variables.items()} == {
        "verify_report_directory": f"{checkout}/build/lab",
        "failover_drill_name": "pc1.example.com",
        "failover_drill_report": f"{checkout}/build/lab/failover.json",
    }


@pytest.mark.parametrize("target", ["unit", "integration"])
def test_lines_that_run_are_noted_in_the_checkout(checkout, target):
    code, _said, called = make(checkout, target, "MEASURE=yes")
    ((arguments, paths),) = [(arguments, paths) for program, arguments, paths in called if program == "coverage"]
    assert code == 0 and arguments[0] == "run" and paths["COVERAGE_FILE"] == f"{checkout}/build/coverage-{target}"
    assert paths.get("ANSIBLE_EXECUTABLE") == (f"{checkout}/tests/support/unmeasured.sh" if target == "integration" else None)


def test_a_shell_can_read_what_it_is_told(checkout):
    code, said, _called = make(checkout, "shell-env")
    assert code == 0 and shlex.split(said) == [".", f"{checkout}/build/env.sh"]
