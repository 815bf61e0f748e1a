# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""verify_dnssec beside dnssec-verify, kzonecheck, delv and Zonemaster, in worlds with one fault each."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from ansible_collections.authoritative.dns.tests.support import zonemaster
from ansible_collections.authoritative.dns.tests.support.modules import run_module
from ansible_collections.authoritative.dns.tests.support.private_network import can_make_private_networks
from ansible_collections.authoritative.dns.tests.support.signed_worlds import DIFFERENCES, TOOLS, WORLDS, difference, served

PAGE = Path(__file__).parents[2] / "docs/signed-zones.md"
ASKED = (("", "SOA"), ("www.", "A"), ("nobody.", "A"), ("", "TYPE65280"), ("any.wild.", "TXT"), ("safe.", "DS"))
PATIENCE = 4.0  # s; delv alone would wait for ten seconds for a server that does not answer
NAMED = {"ids": lambda world: world.name}


def find(tool):
    return shutil.which(tool) or shutil.which(tool, path="/usr/sbin:/usr/local/sbin")


@pytest.fixture(scope="module")
def servers():
    with served() as running:
        yield running


def look(servers, world, **arguments):
    places = {where: servers.place(world, where) for where in ("primary", "secondary", "parent")}
    entries = [{"name": where, "address": address, "port": port, **({} if where == "parent" else {"role": where})} for where, (address, port) in places.items()]
    zone = {"name": world.zone, "parent_servers": ["parent"]}
    return run_module("verify_dnssec", servers=entries, zones=[zone], **{"detail": "all", "report_only": True, "timeout": 0.5, "retries": 1, **arguments})


@pytest.mark.parametrize("world", WORLDS, **NAMED)
def test_each_fault_is_seen_where_it_is(servers, world):
    outcome = look(servers, world)
    alike = servers.made[world.name].secondary is None and world.relay is None  # then the secondary has the primary's fault
    expected = {"primary": "signed", "secondary": world.states.get("primary", "signed") if alike else "signed", "parent": "secure"}
    states = {result["server"]: result["state"] for result in outcome["results"]}
    if "nsec3" in world.name and "missing" in world.name:  # the name that is asked for, which is drawn by lot, may be one that the missing record denies
        states = {server: "chain_broken" if state == "denial_wrong" else state for server, state in states.items()}
    assert states == {**expected, **world.states}, outcome["results"]
    assert all(result["ok"] for result in outcome["results"]) == world.ok


def dnssec_verify(_servers, world, file):
    return subprocess.run([find("dnssec-verify"), "-q", "-z", "-o", world.zone, file], capture_output=True, check=False).returncode == 0


def kzonecheck(_servers, world, file):
    return subprocess.run([find("kzonecheck"), "-d", "on", "-o", world.zone, file], capture_output=True, check=False).returncode == 0


def delv(servers, world, file):
    """Whether every answer is validated, with the DS of the zone above as the trust anchor. None without a DS."""
    records = [ds.split() for ds in servers.made[world.name].ds]
    if not records:
        return None
    anchors = file.with_name("anchors")
    lines = [f'"{world.zone}." static-ds {tag} {algorithm} {kind} "{"".join(digest)}";' for tag, algorithm, kind, *digest in records]
    anchors.write_text("trust-anchors {\n" + "\n".join(lines) + "\n};\n")
    address, port = servers.place(world, world.at)
    for name, rdtype in ASKED:
        command = [find("delv"), f"@{address}", "-p", str(port), "-a", str(anchors), f"+root={world.zone}", f"{name}{world.zone}", rdtype]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            return False
        # a name that opt-out may hide is not validated, and no fault (RFC 5155, section 9.2)
        if "fully validated" not in done.stdout and "unsigned answer" not in done.stdout:
            return False
    return True


# The page compares with these versions; what newer ones say otherwise, by program and world.
COMPARED_WITH = {"dnssec-verify": (9, 18), "kzonecheck": (3, 2), "delv": (9, 18)}
NEWER_SAY = {
    "dnssec-verify": {"opt-out not said": "bad", "iterations": "bad"},
    "kzonecheck": dict.fromkeys(("two algorithms", "key published beforehand", "ds for a key that does not sign", "algorithm missing"), "ok"),
}


@functools.cache
def is_newer(tool):
    said = subprocess.run([find(tool), "-v" if tool == "delv" else "-V"], capture_output=True, text=True, check=False, timeout=PATIENCE)
    return tuple(map(int, re.search(r"(\d+)\.(\d+)", said.stdout + said.stderr).groups())) > COMPARED_WITH[tool]


@pytest.mark.parametrize("world", WORLDS, **NAMED)
@pytest.mark.parametrize("tool", [pytest.param(tool, marks=pytest.mark.skipif(find(tool) is None, reason=f"{tool} is not installed")) for tool in TOOLS])
def test_others_say_the_same_or_the_page_says_why_not(servers, world, tool, tmp_path):
    made = servers.made[world.name]
    file = tmp_path / "zone"
    file.write_text(made.secondary if world.at == "secondary" else made.primary)
    said = {"dnssec-verify": dnssec_verify, "kzonecheck": kzonecheck, "delv": delv}[tool](servers, world, file)
    expected = DIFFERENCES.get(world.name, ({}, ""))[0].get(tool, "ok" if world.ok else "bad")
    if is_newer(tool):
        expected = NEWER_SAY.get(tool, {}).get(world.name, expected)
    assert said is None or said == (expected == "ok")


def test_the_page_has_every_difference():
    page = PAGE.read_text()
    assert [line for line in map(difference, WORLDS) if line and line not in page] == []
    assert len(WORLDS) == int(page.partition(" worlds")[0].rpartition(" ")[2])
    assert set(DIFFERENCES) <= {world.name for world in WORLDS}


@pytest.mark.skipif(zonemaster.engine() is None, reason="Zonemaster is not installed (Debian and Ubuntu have it as zonemaster-cli)")
@pytest.mark.skipif(zonemaster.engine() not in (None, "4.6"), reason=f"the differences are those to Zonemaster 4.6, this is {zonemaster.engine()}")
@pytest.mark.skipif(not can_make_private_networks(), reason="needs root, to have port 53 in a network of its own")
@pytest.mark.parametrize("world", zonemaster.LOOKED_AT, **NAMED)
def test_zonemaster_says_the_same_or_the_page_says_why_not(world):
    errors = zonemaster.judged()[world.name]
    assert (not errors) == (world.ok != (world.name in zonemaster.DIFFERENCES)), errors


def test_the_page_has_every_difference_to_zonemaster():
    rows = [line for line in map(zonemaster.difference, WORLDS) if line]
    table = PAGE.read_text().partition("Zonemaster-Engine 4.6")[2]
    assert [line for line in table.splitlines() if line.startswith("| ")][1:] == rows, "\n".join(rows)
    assert len(rows) == len(zonemaster.DIFFERENCES)
