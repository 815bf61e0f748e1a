# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the scenario signed takes for wrong of all that its client was answered."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys

import pytest

SCRIPT = pathlib.Path(__file__).parents[3] / "extensions/molecule/signed/files/judge_answers.py"
KINDS = {"address": "192.0.2.1", "wildcard": '"star"', "nothing": "NXDOMAIN"}
BEGUN = [f"1.00 {zone} {kind} {said} ad" for zone in ("a.test", "b.test") for kind, said in KINDS.items()]
FORGED = [f"2.00 a.test {kind} SERVFAIL -" for kind in KINDS]


def judge(directory, lines, answered=100, **given):
    """What it says, and whether it is content."""
    file = directory / "answers"
    file.write_text("".join(line + "\n" for line in lines))
    (directory / "answers.count").write_text(str(answered))
    both = ["a.test", "b.test"]
    asked = {"zones": both, "addresses": dict.fromkeys(both, ["192.0.2.1", "192.0.2.2"]), "validated": both, "secure": both}
    asked.update({"either": [], "failing": [], "before": [], **given})
    command = [sys.executable, str(SCRIPT), str(file)]
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, timeout=60, check=False)
    assert not done.stderr
    return done.stdout.splitlines(), done.returncode == 0


@pytest.mark.parametrize(
    ("lines", "given"),
    [
        ([], {}),
        (["2.00 a.test address 192.0.2.2 ad"], {}),  # the record changed
        (FORGED, {"secure": ["b.test"], "failing": ["a.test"]}),
        ([f"2.00 a.test {kind} {said} -" for kind, said in KINDS.items()], {"validated": ["b.test"], "secure": ["b.test"]}),
        (["2.00 a.test address 192.0.2.2 -"], {"validated": ["b.test"], "secure": ["b.test"], "either": ["a.test"]}),
        (["2.00 a.test address lost -", BEGUN[0]], {"before": [99, 8]}),  # was told the last time
    ],
)
def test_what_is_right(tmp_path, lines, given):
    assert judge(tmp_path, BEGUN + lines, **given) == ([json.dumps([100, 6 + len(lines)])], True)


@pytest.mark.parametrize(
    ("line", "given"),
    [
        ("2.00 a.test address lost -", {}),
        ("2.00 a.test address SERVFAIL -", {}),
        ("2.00 a.test address 192.0.2.3 ad", {}),
        ("2.00 a.test address NXDOMAIN ad", {}),
        ("2.00 a.test nothing 192.0.2.1 ad", {}),
        ('2.00 a.test wildcard "star" -', {}),  # for a moment
        ("2.00 a.test wildcard SERVFAIL -", {"secure": ["b.test"], "validated": ["b.test"]}),
    ],
)
def test_what_is_wrong_for_a_moment(tmp_path, line, given):
    again = next(begun for begun in BEGUN if begun.split()[1:3] == line.split()[1:3])
    said, content = judge(tmp_path, [*BEGUN, line, again], **given)
    assert line in said and not content


@pytest.mark.parametrize(
    ("lines", "given", "wrong"),
    [
        (BEGUN[1:], {}, "a.test address is lost, and not secure: lost -"),
        ([line.replace(" ad", " -") for line in BEGUN[1:]], {"validated": [], "secure": []}, "a.test address is lost, and not insecure: lost -"),
        (BEGUN, {"answered": 99, "before": [99, 6]}, "no question was answered since"),
        (BEGUN, {"failing": ["a.test"]}, "a.test nothing is secure, and not failing: NXDOMAIN ad"),
        (BEGUN + FORGED, {"secure": ["b.test"], "either": ["a.test"]}, "a.test nothing is failing, and not insecure: SERVFAIL -"),
        (BEGUN, {"secure": ["b.test"]}, "a.test nothing is secure, and not insecure: NXDOMAIN ad"),
    ],
)
def test_what_is_wrong_in_the_end(tmp_path, lines, given, wrong):
    said, content = judge(tmp_path, lines, **given)
    assert wrong in said and not content
