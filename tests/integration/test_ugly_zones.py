# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ugly master files mean here what they mean to BIND, or are refused by both, or differ for a reason that docs/declaration.md gives.

    UGLY_ZONES=10000 python -m pytest --numprocesses auto tests/integration/test_ugly_zones.py

What this collection writes is read by named-compilezone again, which writes both in one form: only names and data count, not how they look.
"""

from __future__ import annotations

import collections
import os
import pathlib
import re
import shutil
import subprocess

import dns.name
import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.content import build
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.readers.directories import read_text
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.readers.master_file import parse_zone_file
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.records import zone_text
from ansible_collections.authoritative.dns.tests.support.ugly_zones import ZONE, signed_zone, ugly_zone

COMPILER = shutil.which("named-compilezone", path="/usr/bin:/usr/sbin:/usr/local/bin:/usr/local/sbin")
pytestmark = pytest.mark.skipif(COMPILER is None, reason="named-compilezone is not installed")

COUNT = int(os.environ.get("UGLY_ZONES", "300"))
TOGETHER = 50  # zones of one test
SIGNED = 12
OPTIONS = {"soa": {}, "labels": {}, "validators": {"host-name": "off"}}  # named-compilezone is told to ignore names too

# The page's reasons, by what named or we say of the line that makes the difference.
REFUSED_HERE = (
    r"(?i)unknown type '(?:ATMA|DOA|RKEY|SINK|TALINK)'",
    r"generic rdata does not start with",
    r"service/proto not found",
    r"invalid ECHConfigList",
    r"URI target cannot be empty",
    r"\[nsec3-owner\]",
)
REFUSED_THERE = (
    r"near '.*': syntax error",  # words without quotation marks in a URI, see _has_bare_uri
    r"extra input text",  # a directive at the end of a file without a line feed
)


def compiled(directory: pathlib.Path, name: str) -> tuple[set[tuple[str, int, str]] | None, str]:
    """The records that named-compilezone finds in a file, None if it refuses the file; and what it says."""
    command = [COMPILER, "-i", "none", "-k", "ignore", "-m", "ignore", "-s", "full", "-o", "-", ZONE, name]
    run = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=30, check=False, cwd=directory)
    if run.returncode:
        return None, run.stdout + run.stderr
    lines = (line.split(None, 3) for line in run.stdout.splitlines() if line and not line.startswith(";"))
    return {(owner.lower(), int(ttl), " ".join(data.split())) for owner, ttl, _rdclass, data in lines}, run.stderr


def read_here(directory: pathlib.Path) -> tuple[set[tuple[str, int, str]] | None, str]:
    """The same for what this collection reads in the file and writes."""
    origin = dns.name.from_text(ZONE)

    def read_file(path: str) -> str:
        return read_text(str(directory / path))

    file = parse_zone_file(read_file("zone"), origin, "zone", "zone", read_file)
    content, problems = build("zone", origin, 3600, OPTIONS, file.records, file) if not file.problems else (None, file.problems)
    if problems:
        return None, "\n".join(map(str, problems))
    (directory / "written").write_text(zone_text(ZONE, content.soa, content.body(), content.soa.serial))
    found, said = compiled(directory, "written")
    assert found is not None, f"BIND refuses what is written here\n{said}\n{_files(directory)}"
    return found, said


def _files(directory: pathlib.Path) -> str:
    return "\n".join(f"--- {path.name}\n{path.read_bytes().decode(errors='backslashreplace')}" for path in sorted(directory.iterdir()))


def _has_bare_uri(directory: pathlib.Path) -> bool:
    return any(re.search(rb"(?i)\suri\s", path.read_bytes()) for path in directory.iterdir() if path.name != "written")


def _ends_with_directive(directory: pathlib.Path) -> bool:
    last = (path.read_bytes().rpartition(b"\n")[2] for path in directory.iterdir() if path.name != "written")
    return any(line.startswith(b"$") for line in last)


def _without_times(records: set[tuple[str, int, str]]) -> set[tuple[str, str]]:
    return {(owner, re.sub(r'^(ISDN "(?:[^"\\]|\\.)*") ""$', r"\1", data)) for owner, _ttl, data in records}


def outcome(directory: pathlib.Path) -> str:
    """``equal``, ``refused``, or the reason why not; AssertionError if there is none."""
    theirs, they_say = compiled(directory, "zone")
    ours, we_say = read_here(directory)
    said = f"named: {they_say}\nhere: {we_say}\n{_files(directory)}"
    if theirs is None and ours is None:
        return "refused"
    if ours is None:
        assert any(re.search(reason, we_say) for reason in REFUSED_HERE), f"only we refuse it\n{said}"
        return "refused here"
    if theirs is None:
        bare = re.search(REFUSED_THERE[0], they_say) and _has_bare_uri(directory)
        assert bare or (REFUSED_THERE[1] in they_say and _ends_with_directive(directory)), f"only named refuses it\n{said}"
        return "refused there"
    if ours == theirs:
        return "equal"
    if "does not end with newline" in they_say and _ends_with_directive(directory):
        assert {data for _owner, _ttl, data in ours} == {data for _owner, _ttl, data in theirs}, f"not the owner alone\n{said}"
        return "owner"
    assert _without_times(ours) == _without_times(theirs), f"named: {sorted(theirs - ours)}\nhere: {sorted(ours - theirs)}\n{said}"
    return "times"


@pytest.mark.parametrize("first", range(0, COUNT, TOGETHER))
def test_ugly_zones_mean_what_they_mean_to_bind(tmp_path, first):
    outcomes = collections.Counter()
    for seed in range(first, min(first + TOGETHER, COUNT)):
        directory = tmp_path / str(seed)
        directory.mkdir()
        for name, octets in ugly_zone(seed).items():
            (directory / name).write_bytes(octets)
        outcomes[outcome(directory)] += 1
        shutil.rmtree(directory)
    print(dict(outcomes))
    # Most are equal, and what differs is rare: a generator that makes nothing but refused files would show nothing.
    assert outcomes["equal"] >= TOGETHER * 0.4 and outcomes["times"] <= TOGETHER * 0.1, outcomes


@pytest.mark.parametrize("seed", range(SIGNED))
def test_signed_zones_mean_what_they_mean_to_bind(tmp_path, seed):
    keys = tmp_path / "keys"
    keys.mkdir()
    (tmp_path / "zone").write_bytes(signed_zone(seed, keys))
    shutil.rmtree(keys)
    assert outcome(tmp_path) == "equal"
