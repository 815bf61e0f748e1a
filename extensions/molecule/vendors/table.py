# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the table of server software in README.md from what the scenario showed: table.py [build/lab/vendors.json].

The results are kept as docs/vendors.json, so that the table can be told from them at any time.
"""

from __future__ import annotations

import json
import pathlib
import re
import shutil
import sys
from collections.abc import Mapping
from typing import Any

ROOT = pathlib.Path(__file__).parents[3]
RESULTS = ROOT / "docs/vendors.json"
README = ROOT / "README.md"
PLACES = {"debian": "Debian 13", "debian12": "Debian 12", "el9": "RHEL layout"}
# The cases of files/signed_transfers.py in a word each. A word is told only if all its cases were refused.
WORDS = {
    "no key": ("no key",),
    "wrong key": ("wrong secret", "unknown key", "key under another name", "other algorithm"),
    "wrong clock": ("clock an hour fast", "clock an hour slow"),
}
_MARKED = re.compile(r"(?<=<!-- what the scenario vendors showed -->\n).*?(?=<!-- end -->)", re.S)


def table(results: Mapping[str, Any]) -> str:
    """One line for each program. Nothing in it is said that the scenario did not see."""
    lines = [
        "| software | tested on | feeds | is fed by | follows NOTIFY within | record types | refuses at once | refuses transfers with |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [f"| {' | '.join(_cells(results, name))} |" for name in sorted(set(results["software"].values()))]
    return "\n".join(lines) + "\n"


def _cells(results: Mapping[str, Any], name: str) -> list[str]:
    hosts = [host for host, software in results["software"].items() if software == name]
    versions = dict.fromkeys(f"{results['versions'][host]} ({PLACES[results['tested_on'][host]]})" for host in hosts)
    feeds, fed_by, seconds = set(), set(), []
    for zone, (first, *others) in results["served_by"].items():
        for host in others:
            source = results["sources"].get(zone, {}).get(host, first)
            if source in hosts:
                feeds.add(results["software"][host])
            if host in hosts:
                fed_by.add(results["software"][source])
                if source == first and zone in results["followed_after"]:
                    seconds.append(results["followed_after"][zone][host])
    tried = [results["transfers"][host] for host in hosts if host in results["transfers"]]
    refused = [word for word, cases in WORDS.items() if tried and not any(isinstance(found[case], int) for found in tried for case in cases)]
    return [
        name,
        ", ".join(versions),
        ", ".join(sorted(feeds)) or "—",
        ", ".join(sorted(fed_by)) or "—",
        f"{max(seconds):.1f} s" if seconds else "—",
        str(len(results["types"])) if set(hosts) <= set(results["served_by"]["every.test"]) else "—",
        "a removed zone" if all(results["removed"].get(host) == "refused" for host in hosts) else "—",
        ", ".join(refused) or "—",
    ]


def main() -> None:
    if len(sys.argv) > 1:
        shutil.copyfile(sys.argv[1], RESULTS)
    README.write_text(_MARKED.sub(table(json.loads(RESULTS.read_text())), README.read_text()))


if __name__ == "__main__":
    main()
