# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a site takes that has nothing to do, on the lab's six hosts, against a play of bare pings to them.

    . build/env.sh && python tests/benchmarks/site.py [--runs 3] [--lab bench]

The lab is brought up first, unless it is there, and stays. There are as many pings as a server had tasks when this was measured first, so that the
figure tells the same from then on: 1 is the price of 26 round trips to six hosts at a time.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

from report import BUILD, Figure, save, table

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
PINGS = 26
LONGEST = 900  # seconds


def play(playbook: str, environment: dict[str, str]) -> tuple[float, str]:
    """Seconds and output. Ends the program where the play fails."""
    command = ["bash", "tests/lab/lab.sh", "run", "ansible-playbook", "--inventory", "inventories/lab/hosts.yml", "--forks", "8", playbook]
    started = time.monotonic()
    run = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=LONGEST, check=False)
    if run.returncode:
        sys.exit(f"{playbook} fails:\n{run.stdout[-4000:]}{run.stderr[-1000:]}")
    return time.monotonic() - started, run.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--lab", default="bench", help="its name (default: %(default)s)")
    arguments = parser.parse_args()
    environment = os.environ | {"LAB": arguments.lab, "ANSIBLE_NOCOLOR": "1"}
    subprocess.run(["make", "lab"], cwd=CHECKOUT, env=environment, check=True, stdout=subprocess.DEVNULL, timeout=LONGEST)
    site, pings, tasks = [], [], 0
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as bare:
        json.dump([{"hosts": "all", "gather_facts": False, "tasks": [{"ansible.builtin.ping": {}}] * PINGS}], bare)
        bare.flush()
        for _run in range(arguments.runs):
            seconds, output = play("authoritative.dns.site", environment)
            if re.search(r"changed=[1-9]", output):
                sys.exit(f"site changes something again:\n{output[-2000:]}")
            site.append(seconds)
            tasks = max(int(ok) for ok in re.findall(r"^(?:primary|secondary|debian) .*\bok=(\d+)", output, re.MULTILINE))
            pings.append(play(bare.name, environment)[0])
            print(f"{tasks} tasks on a server in {site[-1]:.1f} s, {PINGS} pings in {pings[-1]:.1f} s", flush=True)
    ours, peer = statistics.median(site), statistics.median(pings)
    figure = Figure("site-rerun-vs-pings", ours / peer, "x", ours, peer, 6, arguments.runs, "<= 0.3")
    save([figure])
    print(f"\n{table([figure])}\n{BUILD / 'bench.json'}")


if __name__ == "__main__":
    main()
