# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one record of a large zone costs its secondary: the octets that reach it, against those of the whole zone.

    . build/env.sh && python tests/benchmarks/large_zone.py [--records 1000000] [--runs 3]

The role C(nameserver) on one primary and one secondary made by hosts.py. Octets are what the kernel counts on the secondary's
interface, everything that anybody sends to it among them. Figures go to build/bench.json.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from hosts import Host, bridge, hosts
from provision import ADDRESSES, INSIDE, Playbook, answers, in_own_namespaces, until, wait_for_sync
from report import Figure, save, table

ZONE = "large.example"
RECORDS = 1000000  # other sizes are for trying, and not kept
LONGEST_TRANSFER = 300.0  # s


def received(host: Host) -> int:
    """Octets that have reached a host."""
    found = subprocess.run(["ip", "-s", "-json", "link", "show", f"to-{host.name}"], check=True, capture_output=True, text=True).stdout
    return json.loads(found)[0]["stats64"]["tx"]["bytes"]


def story(records: int, runs: int, directory: pathlib.Path) -> list[Figure]:
    files = directory / "zones"
    files.mkdir()
    text = f"$TTL 3600\n@ NS ns1\nns1 A {ADDRESSES['primary']}\n" + "".join(f"h{n} A 10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}\n" for n in range(records))
    (files / f"{ZONE}.zone").write_text(text)
    with hosts(ADDRESSES, directory) as servers:
        playbook = Playbook("provision.yml", servers, {"dns_zone_directories": [str(files)]}, directory)
        secondary = servers["secondary"]
        playbook.run()
        wait_for_sync([ZONE], servers)
        whole = received(secondary)
        print(f"whole zone: {whole:,} octets", flush=True)
        found = []
        for run in range(runs):
            with (files / f"{ZONE}.zone").open("a") as file:
                file.write(f"new{run} A 198.51.100.254\n")
            before, started = received(secondary), time.monotonic()
            playbook.run()
            name = f"new{run}.{ZONE}"
            until(lambda name=name: answers(secondary, name, "A") == ["198.51.100.254"], LONGEST_TRANSFER, lambda: "the secondary does not follow")
            found.append(received(secondary) - before)
            print(f"one record: {found[-1]:,} octets, {time.monotonic() - started:.1f} s", flush=True)
    changed = statistics.median(found)
    return [Figure(f"one-record-of-{records}-vs-axfr", changed / whole, "x", changed, whole, records, runs, "<= 0.01")]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    if INSIDE not in os.environ:
        return in_own_namespaces()
    root = pathlib.Path(os.environ[INSIDE])
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(root)], check=True)
    bridge()
    directory = pathlib.Path(tempfile.mkdtemp(dir=root))
    directory.chmod(0o755)
    figures = story(arguments.records, arguments.runs, directory)
    if arguments.records == RECORDS:
        save(figures)
    print(table(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
