# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The README's table of server software is the one that the kept results of the scenario vendors give."""

from __future__ import annotations

import importlib.util
import json
import pathlib

ROOT = pathlib.Path(__file__).parents[3]


def module():
    spec = importlib.util.spec_from_file_location("vendors_table", ROOT / "extensions/molecule/vendors/table.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def test_the_readme_has_the_table():
    table = module()
    assert table.table(json.loads(table.RESULTS.read_text())) in table.README.read_text()


def test_the_table_says_what_the_results_say_and_no_more():
    table = module()
    refused = {case: "NOTAUTH" for cases in table.WORDS.values() for case in cases}
    results = {
        "software": {"ns1": "BIND", "ns2": "BIND", "ns3": "NSD"},
        "versions": {"ns1": "9.18.1", "ns2": "9.20.2", "ns3": "4.6.1"},
        "tested_on": {"ns1": "debian", "ns2": "el9", "ns3": "debian"},
        "served_by": {"every.test": ["ns1", "ns2"], "b.test": ["ns1", "ns2", "ns3"], "c.test": ["ns1", "ns3", "ns2"]},
        "sources": {"c.test": {"ns2": "ns3"}},
        "followed_after": {"b.test": {"ns1": 0, "ns2": 0.21, "ns3": 1.01}, "c.test": {"ns1": 0, "ns3": 0.5, "ns2": 7}},
        "types": ["A", "SOA"],
        "removed": {"ns1": "refused", "ns2": "refused", "ns3": "in_sync"},
        "transfers": {"ns1": {**refused, "right key": 5}, "ns3": {**refused, "unknown key": 5}},
    }
    assert table.table(results).splitlines()[2:] == [
        "| BIND | 9.18.1 (Debian 13), 9.20.2 (RHEL layout) | BIND, NSD | BIND, NSD | 0.2 s | 2 | a removed zone | no key, wrong key, wrong clock |",
        "| NSD | 4.6.1 (Debian 13) | BIND | BIND | 1.0 s | — | — | no key, wrong clock |",
    ]
