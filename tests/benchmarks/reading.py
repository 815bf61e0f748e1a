# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the first reading of zone files costs, against what BIND's own programs need to read and check the same files.

    . build/env.sh && python tests/benchmarks/reading.py [--zones 20000] [--records 1000000] [--runs 3]

Times are seconds of user CPU of whole processes and their children. Ours reads a directory with an empty cache: every record is parsed, checked by
every rule, made canonical and kept in the cache. BIND's are named-compilezone for one large zone, and named-checkconf -z for many small ones.
Figures go to build/bench.json.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence

import synthetic
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.readers.directories import read_directory
from report import Figure, save, table

ZONES = 20000  # other sizes are for trying, and not kept
RECORDS = 1000000
SOA = "@ SOA ns1 hostmaster 7 3600 600 1209600 300\n"
LONGEST_RUN = 600.0  # s
_BIND = "/usr/bin:/usr/sbin:/usr/local/bin:/usr/local/sbin"


def user_cpu(command: Sequence[str], **environment: str) -> tuple[float, str]:
    """Seconds of user CPU, and what the command says."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=LONGEST_RUN, env={**os.environ, **environment})
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before, run.stdout


def work(directory: str) -> None:
    found = read_directory(directory, {})
    mistakes = [str(problem) for _draft, problems in found for problem in problems]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    json.dump({"zones": len(found), "records": sum(draft.content.count for draft, _problems in found), "mistakes": mistakes, "memory_mb": memory}, sys.stdout)


def first_reading(directory: pathlib.Path, zones: int, records: int) -> tuple[float, float]:
    """User CPU in s, and the most memory in MB, of reading a directory with this many zones and records that nobody read before."""
    with tempfile.TemporaryDirectory() as caches:
        seconds, said = user_cpu([sys.executable, __file__, "--worker", str(directory)], XDG_CACHE_HOME=caches)
    outcome = json.loads(said)
    memory = outcome.pop("memory_mb")
    assert outcome == {"zones": zones, "records": records, "mistakes": []}, outcome
    return seconds, memory


def program(name: str) -> str:
    found = shutil.which(name, path=_BIND)
    assert found, f"{name} is not installed"
    return found


def large_zone(records: int) -> Iterator[str]:
    """The types of most records, in the proportions of a hoster's zone, each with an owner of its own."""
    yield f"$TTL 3600\n{SOA}@ NS ns1\n@ NS ns2\nns1 A 192.0.2.1\nns2 A 198.51.100.1\n"
    for number in range(records - 4):
        kind, host = number % 20, number - number % 20
        address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        if kind < 8:
            yield f"h{number} IN A {address}\n"
        elif kind < 11:
            yield f"h{number} 600 IN AAAA 2001:db8:{number >> 16:x}::{number & 65535:x}\n"
        elif kind < 14:
            yield f"h{number} CNAME h{host}\n"
        elif kind < 16:
            yield f"h{number} MX 10 h{host}\n"
        elif kind < 17:
            yield f"h{number} NS ns{number}.example.net.\n"
        elif kind < 19:
            yield f'h{number} TXT "v=spf1 a:h{number}.example.net -all" ; who may send\n'
        else:
            yield f"h{number} PTR host{number}.example.net.\n"


def read_large(records: int, runs: int) -> list[Figure]:
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory, "zones", "large.test.zone")
        path.parent.mkdir()
        with path.open("w") as stream:
            stream.writelines(large_zone(records))
        ours, peers, memories = [], [], []
        for _run in range(runs):
            peers.append(user_cpu([program("named-compilezone"), "-o", "/dev/null", "large.test", str(path)])[0])
            seconds, memory = first_reading(path.parent, 1, records)
            ours.append(seconds)
            memories.append(memory)
            print(f"{records:,} records: {ours[-1]:.2f} s, {memory:.0f} MB; named-compilezone {peers[-1]:.2f} s", flush=True)
    mine, peer = statistics.median(ours), statistics.median(peers)
    return [
        Figure("read-1m-records-vs-compilezone", mine / peer, "x", mine, peer, records, runs, "<= 8"),
        Figure("read-1m-memory-mb", max(memories), "MB", max(memories), None, records, runs, "<= 500"),
    ]


def read_many(count: int, runs: int) -> list[Figure]:
    with tempfile.TemporaryDirectory() as directory:
        zones = pathlib.Path(directory, "zones")
        synthetic.write_zone_files(zones, count)
        statements = []
        for name in synthetic.names(count):
            path = zones / f"{name}.zone"
            path.write_text(path.read_text().replace("\n", f"\n{SOA}", 1))  # BIND reads no zone without one
            statements.append(f'zone "{name}" {{ type primary; file "{path}"; }};\n')
        configuration = pathlib.Path(directory, "named.conf")
        configuration.write_text("".join(statements))
        ours, peers = [], []
        for _run in range(runs):
            peers.append(user_cpu([program("named-checkconf"), "-z", str(configuration)])[0])
            ours.append(first_reading(zones, count, 10 * count)[0])
            print(f"{count:,} zones: {ours[-1]:.2f} s; named-checkconf -z {peers[-1]:.2f} s", flush=True)
    mine, peer = statistics.median(ours), statistics.median(peers)
    return [Figure("read-20000-zones-vs-checkconf", mine / peer, "x", mine, peer, count, runs, "<= 8")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--zones", type=int, default=ZONES)
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    figures = read_large(options.records, options.runs) + read_many(options.zones, options.runs)
    if options.zones == ZONES and options.records == RECORDS:
        save(figures)
    print(table(figures))


if __name__ == "__main__":
    work(sys.argv[2]) if sys.argv[1:2] == ["--worker"] else main()
