# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import shutil
import time

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.serving import processes
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.nsd import NSD

CHECKER = shutil.which("nsd-checkconf", path="/usr/sbin:/usr/bin")


@pytest.mark.skipif(CHECKER is None, reason="NSD is not installed")
@pytest.mark.parametrize("more", ["", "\tno-such-option: yes\n"])
def test_the_files_of_zones_have_their_names_where_the_checker_refuses_the_configuration_too(more, tmp_path):
    path = tmp_path / "nsd.conf"
    clauses = 'pattern:\n\tname: "P"\n\tzonefile: "%s.zone"\nzone:\n\tname: "A.Example."\n\tzonefile: "%z/%s"\nzone:\n\tzonefile: "%1"\n\tname: b.example\n'
    path.write_text(f"server:\n\thide-version: yes\n{more}{clauses}")
    nsd = NSD.__new__(NSD)
    nsd.layout, nsd.find = {"config_file": str(path)}, lambda program: CHECKER
    nsd.run_checker = processes.run
    assert bool(nsd.run_checker([CHECKER, str(path)])[0]) == bool(more)
    assert nsd._files() == ({"a.example": "example/A.Example.", "b.example": "b"}, {"p": "%s.zone"})


@pytest.mark.parametrize(
    ("waiting", "forced"),
    [
        ([[]], []),
        ([["a1", "a2"], ["a2"], []], []),  # it served them a moment later
        ([["a1", "a2"], ["a2", "a3"], ["a2", "a3"]], [["a2"]]),
        ([[f"a{number}" for number in range(60)]] * 2, [[]]),  # all at once, where to ask for each would take a second
    ],
)
def test_it_asks_again_for_what_it_goes_on_to_believe_to_have(monkeypatch, waiting, forced):
    """waiting: zones of which it notes another version than it serves, by look."""
    nsd = NSD.__new__(NSD)
    nsd.layout, nsd.find = {"config_file": "/nsd.conf"}, lambda program: program
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    looks, given = iter(waiting), []

    def run(command):
        command, *zone = command[3:]
        if command != "zonestatus":
            given.append((command, zone))
            return 0, "ok\n", ""
        return 0, "".join(f"zone:\t{name}\n\tcommit-serial: 2\n\tserved-serial: 1\n" for name in next(looks)), ""

    nsd.run = run
    nsd.refresh([f"a{number}" for number in range(60)])
    assert given == [("transfer", []), *(("force_transfer", zone) for zone in forced)]
