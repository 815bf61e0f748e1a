# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab has a place of its user's, or says what is missing."""

from __future__ import annotations

import os
import pathlib
import subprocess

import pytest

SCRIPT = pathlib.Path(__file__).resolve().parents[4] / "tests/lab/lab.sh"


@pytest.mark.parametrize("given", [True, False])
def test_a_user_without_a_runtime_directory_is_told_so(tmp_path, given):
    """As one has none after su, or in a job of cron."""
    for program, said in (("id", "1000"), ("podman", "")):
        (tmp_path / program).write_text(f"#!/bin/sh\necho {said}\n")
        (tmp_path / program).chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path), "LAB": "of-a-test"}
    if given:
        environment["XDG_RUNTIME_DIR"] = str(tmp_path)
    done = subprocess.run(["bash", SCRIPT, "run", "echo", "there"], env=environment, capture_output=True, text=True, timeout=30, check=False)
    if given:
        assert (done.returncode, done.stdout) == (0, "there\n"), done.stderr
    else:
        assert done.returncode == 2 and done.stdout == "" and done.stderr.startswith("lab.sh: XDG_RUNTIME_DIR is not set"), done.stderr
        assert not (tmp_path / ".cache").exists()
