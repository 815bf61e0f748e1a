# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast the proof is, against dig and dnsperf on the same servers on the same machine.

    . build/env.sh && python tests/benchmarks/verify.py [--zones 10000] [--many 100000] [--records 1000000] [--runs 3]

Three named on loopback, and two for many zones, each with one thread and all zones. Ours is the module in a process of its own, as Ansible runs it;
its time is from the first question to the last verdict. dnsperf asks the same questions once, all servers at a time or one
after the other, whichever is faster. Scripts start one dig per question: a sample of those is timed.
The transfer is timed alone; the memory is that of transferring twice and comparing. Figures go to build/bench.json.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import pathlib
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

from ansible_collections.authoritative.dns.plugins.module_utils.serving.served_serials import serials
from ansible_collections.authoritative.dns.tests.support.modules import run_module
from ansible_collections.authoritative.dns.tests.support.named import Named, running_named, zone_text
from report import Figure, save, table

SERVERS, SERVERS_OF_MANY = 3, 2
ZONES = 10000  # other sizes are for trying, and not kept
MANY = 100000
RECORDS = 1000000
DIGS = 100
LONGEST_RUN = 300.0  # s


def ours(module: str, **arguments: object) -> dict:
    """What the module returns, and ``memory_mb``: the most memory its process had."""
    task = json.dumps({"module": module, "arguments": arguments})
    run = subprocess.run([sys.executable, __file__, "--worker"], input=task, capture_output=True, text=True, check=True, timeout=LONGEST_RUN)
    return json.loads(run.stdout)


def work() -> None:
    task = json.load(sys.stdin)
    outcome = run_module(task["module"], **task["arguments"])
    outcome["memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    json.dump(outcome, sys.stdout)


def entries(servers: Sequence[Named]) -> list[dict]:
    return [{"name": f"ns{number}", "address": server.address, "port": server.port} for number, server in enumerate(servers, 1)]


def time_dnsperf(servers: Sequence[Named], questions: str) -> tuple[int, float]:
    """Questions answered, and seconds: the faster of all at a time and one after the other."""

    def start(server: Named) -> subprocess.Popen:
        command = ["dnsperf", "-s", server.address, "-p", str(server.port), "-d", questions, "-n", "1"]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def finish(process: subprocess.Popen) -> tuple[int, float]:
        output = process.communicate(timeout=LONGEST_RUN)[0]
        completed = int(re.search(r"Queries completed:\s+(\d+)", output).group(1))
        return completed, float(re.search(r"Run time \(s\):\s+([\d.]+)", output).group(1))

    together = [finish(process) for process in [start(server) for server in servers]]
    in_turn = [finish(start(server)) for server in servers]
    at_once = sum(completed for completed, _time in together), max(seconds for _completed, seconds in together)
    one_by_one = sum(completed for completed, _time in in_turn), sum(seconds for _completed, seconds in in_turn)
    return max(at_once, one_by_one, key=lambda pair: pair[0] / pair[1])


def wait_until_loaded(server: Named, names: Sequence[str]) -> None:
    deadline = time.monotonic() + 60 + len(names) / 200
    while len(serials(server.address, names, timeout=2 + len(names) / 2000, port=server.port)) < len(names):
        if time.monotonic() > deadline:
            raise RuntimeError(f"named does not load its zones:\n{server.log()[-3000:]}")
        time.sleep(0.5)


def time_digs(server: Named, zones: Sequence[str]) -> float:
    """Seconds for one dig."""
    started = time.monotonic()
    for zone in zones[:DIGS]:
        subprocess.run(["dig", f"@{server.address}", "-p", str(server.port), "+short", zone, "SOA"], capture_output=True, check=True)
    return (time.monotonic() - started) / DIGS


def verify_serials(count: int, number_of_servers: int, runs: int) -> list[Figure]:
    names = [f"zone{number:06}.test" for number in range(count)]
    with contextlib.ExitStack() as stack:
        texts = {name: zone_text(name, serial=7) for name in names}
        servers = [stack.enter_context(running_named(texts, ready_within=60 + count / 200)) for _server in range(number_of_servers)]
        for server in servers:
            wait_until_loaded(server, names)
        questions = stack.enter_context(tempfile.NamedTemporaryFile("w"))
        questions.writelines(f"{name} SOA\n" for name in names)
        questions.flush()
        rates, memories, limits, digs = [], [], [], []
        for _run in range(runs):
            outcome = ours("verify_soa_serial", servers=entries(servers), zones=names)
            if outcome["failed"]:
                raise AssertionError(outcome["msg"])
            summary = outcome["summary"]
            rates.append(summary["results"] / summary["elapsed"])
            memories.append(outcome["memory_mb"])
            answered, seconds = time_dnsperf(servers, questions.name)
            limits.append(answered / seconds)
            digs.append(1 / time_digs(servers[0], names))
            print(f"{rates[-1]:,.0f} answers/s, {summary['retries']} retries; dnsperf {limits[-1]:,.0f}, dig {digs[-1]:.0f}", flush=True)
    rate, limit, dig = map(statistics.median, (rates, limits, digs))
    of, most = ("", 200) if number_of_servers == SERVERS else (f"-{count}", 400)
    return [
        Figure(f"verify-soa{of}-vs-dnsperf", rate / limit, "x", rate, limit, count, runs, ">= 0.4"),
        Figure(f"verify-soa{of}-vs-dig", rate / dig, "x", rate, dig, count, runs, ">= 50"),
        Figure(f"verify-soa{of}-memory-mb", max(memories), "MB", max(memories), None, count, runs, f"<= {most}"),
    ]


def verify_transfer(records: int, runs: int) -> list[Figure]:
    hosts = "".join(f"h{n} A 10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}\n" for n in range(records))
    text = zone_text("big.test", serial=7, records=hosts)
    transfer = {"zone": "big.test", "servers": ["ns1"]}
    with running_named({"big.test": text}, ready_within=120) as first, running_named({"big.test": text}, ready_within=120) as second:
        servers = entries([first, second])
        limits = {"timeout": 60, "max_records": 2 * records}
        times, digs, memories = [], [], []
        for _run in range(runs):
            alone = ours("verify_zone_transfer", servers=servers, transfers=[transfer], detail="all", **limits)
            compared = ours("verify_zone_transfer", servers=servers, transfers=[dict(transfer, same_as="ns2")], detail="all", **limits)
            if alone["failed"] or compared["failed"]:
                raise AssertionError(alone["msg"] + compared["msg"])
            times.append(alone["results"][0]["duration"])
            memories.append(compared["memory_mb"])
            started = time.monotonic()
            command = ["dig", f"@{first.address}", "-p", str(first.port), "big.test", "AXFR"]
            subprocess.run(command, stdout=subprocess.DEVNULL, check=True, timeout=LONGEST_RUN)
            digs.append(time.monotonic() - started)
            print(f"transfer {times[-1]:.2f} s, dig {digs[-1]:.2f} s; compared {compared['summary']['elapsed']:.2f} s, {memories[-1]:.0f} MB", flush=True)
    mine, dig = statistics.median(times), statistics.median(digs)
    return [
        Figure("transfer-1m-vs-dig", dig / mine, "x", mine, dig, records, runs, ">= 0.5"),
        Figure("transfer-1m-memory-mb", max(memories), "MB", max(memories), None, records, runs, "<= 1024"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--zones", type=int, default=ZONES)
    parser.add_argument("--many", type=int, default=MANY)
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    figures = verify_serials(options.zones, SERVERS, options.runs) + verify_serials(options.many, SERVERS_OF_MANY, options.runs)
    figures += verify_transfer(options.records, options.runs)
    if (options.zones, options.many, options.records) == (ZONES, MANY, RECORDS):
        save(figures)
    print(table(figures))


if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).parent))
    work() if "--worker" in sys.argv else main()
