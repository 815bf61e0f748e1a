# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long provisioning takes, against a template task in a loop and against octodns-sync.

    . build/env.sh && python tests/benchmarks/provision.py [--quick] [--only rerun,record] [--sizes 10,1000] [--runs 3] [--software knot]

The role C(nameserver) runs as it is, all of its tasks, on one primary and one secondary made by hosts.py; the packages are
there before, as on any run but the first. Everybody's files lie in memory. Each run tells one whole story on fresh hosts:

provision  from named without zones until the secondary has the serial of the primary for every zone; nothing cached
rerun      the same again, once the servers rest: nothing to do, and it has to say so
record     one record added to one zone, until the run is over and the secondary answers with it
removal    1 % of the zones gone from the declaration, until the run is over and neither server answers for them
catalog    provision and rerun where the secondary learns of its zones from a catalog, and one zone more, until it answers for that
gather     the two servers as they are then, read and declared in an inventory by the playbook gather; nothing cached
signed     provision, rerun and record for 1,000 zones that the primary signs, until every one of them is signed there and on the secondary
loop       the usual shape of a role at 10 and 100 zones, until the play is over: one zone's cost, and from there 1,000
octodns    octodns-sync from its own YAML to zone files, from nothing and again: no server, nothing transferred

C(--sizes 10000,100000 --only rerun,catalog) has the figures of 100,000 zones, which are not among the usual sizes. Other name servers than BIND
have all but the last three parts, with ids that end with the program's name; an NSD older than 4.9 gets stanzas where others have a catalog.

Times in seconds, medians. Figures go to build/bench.json, all times to build/bench-provision.json, a chart beside them.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

import dns.message
import dns.query
from ansible_collections.authoritative.dns.plugins.module_utils.serving.served_serials import have, serials
from hosts import Host, bridge, configuration, hosts, user
from report import BUILD, Figure, save, table
from synthetic import names, write_octodns, write_variables, write_zone_files

HERE = pathlib.Path(__file__).resolve().parent
STORIES = ("provision", "rerun", "record", "removal", "catalog", "gather", "signed", "loop", "octodns")
SIZES = (10, 100, 1000, 10000)
SIGNED = 1000  # zones of the story about signed ones
LOOP_SIZES = (10, 100)
CATALOG = "catalog.example"
ADDRESSES = {"primary": "192.0.2.1", "secondary": "192.0.2.2"}
LONGEST_RUN = 1200.0  # s
SAMPLE = 100  # zones
SETTLED = 2.5  # s: files younger than that are read again by every task, which is not what a run usually finds
INSIDE = "AUTHORITATIVE_DNS_BENCH_DIRECTORY"


class Times:
    """Seconds (or megabytes, or tasks) by what was measured and number of zones."""

    def __init__(self) -> None:
        self.found: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))

    def add(self, what: str, number: int, value: float) -> None:
        self.found[what][number].append(value)
        print(f"{what:>20}  {number:>6,} zones  {value:9.2f}", flush=True)

    def median(self, what: str, number: int) -> float | None:
        values = self.values(what, number)
        return statistics.median(values) if values else None

    def values(self, what: str, number: int) -> list[float]:
        return self.found.get(what, {}).get(number, [])


# --- running ---------------------------------------------------------------------------------------------------------


class Playbook:
    """One playbook, one inventory, one cache of its own: a controller. Memory and tasks are of the last run."""

    def __init__(self, playbook: str, servers: dict[str, Host], variables: dict[str, object], directory: pathlib.Path):
        """playbook: a file beside this one, or one of a collection."""
        place = str(HERE / playbook) if playbook.endswith(".yml") else playbook
        self.command = ["ansible-playbook", "--inventory", str(directory / "inventory.json"), place]
        self.environment = {
            **os.environ,
            "XDG_CACHE_HOME": str(directory / "cache"),
            "ANSIBLE_HOME": str(directory / "ansible"),
            "ANSIBLE_PIPELINING": "1",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_LOCALHOST_WARNING": "0",
        }
        groups = {
            f"dns_{host.name.replace('primary', 'primaries').replace('secondary', 'secondaries')}": {
                "hosts": {host.name: {"dns_addresses": [host.address], "ansible_connection": "local", "ansible_python_interpreter": str(host.python)}}
            }
            for host in servers.values()
        }
        (directory / "inventory.json").write_text(json.dumps({"all": {"vars": variables, "children": groups}}))
        self.tasks = 0
        self.memory = 0.0
        self.changed = 0

    def run(self) -> float:
        """Seconds. Raises RuntimeError with the end of the output if the run fails."""
        started = time.monotonic()
        with subprocess.Popen(self.command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
            timer = threading.Timer(LONGEST_RUN, process.kill)
            timer.start()
            with peak_memory(process.pid) as peak:
                output = process.stdout.read()
                process.wait()
            timer.cancel()
        seconds = time.monotonic() - started
        if process.returncode:
            raise RuntimeError(f"{' '.join(self.command)} fails:\n{output[-4000:]}")
        self.tasks = len(re.findall(r"^(?:TASK|RUNNING HANDLER) \[", output, re.MULTILINE))
        self.changed = sum(map(int, re.findall(r"\bchanged=(\d+)", output)))
        self.memory = peak[0] / 1024
        return seconds


@contextlib.contextmanager
def peak_memory(root: int, every: float = 0.25) -> Iterator[list[int]]:
    """The most memory (kB, a list of one) that a process and its descendants had at once: the sum of their proportional
    set sizes, so that what a fork shares with its parent counts once. Those on a host, known by its mount namespace, are
    no part of the controller."""
    peak, over = [0], threading.Event()

    def watch() -> None:
        while not over.wait(every):
            peak[0] = max(peak[0], sum(map(_memory, _family(root))))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        over.set()
        watcher.join()


def _family(root: int) -> Iterable[int]:
    children = defaultdict(list)
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            children[int(path.read_text().rpartition(")")[2].split()[1])].append(int(path.parent.name))
    waiting = [root]
    while waiting:
        process = waiting.pop()
        yield process
        waiting += children[process]


def _memory(process: int) -> int:
    with contextlib.suppress(OSError):
        if os.readlink(f"/proc/{process}/ns/mnt") == os.readlink("/proc/self/ns/mnt"):
            return int(re.search(r"^Pss:\s+(\d+)", pathlib.Path(f"/proc/{process}/smaps_rollup").read_text(), re.MULTILINE)[1])
    return 0


def until(condition: Callable[[], bool], seconds: float, otherwise: Callable[[], str]) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(otherwise())
        time.sleep(0.1)


def _unserved(missing: Sequence[str], servers: dict[str, Host]) -> str:
    """Why a benchmark ends: zones that do not come, and how the servers' logs end."""
    logs = "".join(f"\n{name}:\n{host.log.read_text(errors='replace')[-3000:]}" for name, host in servers.items())
    return f"the secondary is not in sync for {len(missing)} zones such as {missing[0]}{logs}"


def wait_for_sync(zones: Iterable[str], servers: dict[str, Host]) -> None:
    """Until the secondary gives the primary's serial for every zone. Some are asked for until these are there, so that to look costs the servers little."""
    missing = list(zones)
    patience = max(2.0, len(missing) / 2000)

    def lacking(asked: Sequence[str]) -> list[str]:
        ours, theirs = (serials(servers[name].address, asked, timeout=patience) for name in ("secondary", "primary"))
        return [zone for zone in asked if zone not in theirs or ours.get(zone) != theirs[zone]]

    def in_sync() -> bool:
        nonlocal missing
        if not lacking(random.sample(missing, min(SAMPLE, len(missing)))):
            missing = lacking(missing)
        return not missing

    until(in_sync, 60 + len(missing) / 20, lambda: _unserved(missing, servers))


def rest(servers: dict[str, Host], busy: float = 0.25, most: float = 60.0) -> None:
    """Until the servers have next to nothing to do: what they make of what they have got is no part of the next run. busy: of one processor."""

    def used() -> float:
        return sum(host.processor_time() for host in servers.values())

    before, ends = used(), time.monotonic() + most
    while time.monotonic() < ends:
        time.sleep(2.0)
        now = used()
        if now - before < busy * 2.0:
            return
        before = now


def answers(host: Host, name: str, rdtype: str) -> list[str]:
    with contextlib.suppress(dns.exception.Timeout):
        return [rdata.to_text() for rrset in dns.query.udp(dns.message.make_query(name, rdtype, flags=0), host.address, timeout=1).answer for rdata in rrset]
    return []


# --- the stories -----------------------------------------------------------------------------------------------------


def wait_for_signatures(zones: Iterable[str], servers: dict[str, Host]) -> None:
    """Until both servers have keys of every zone."""
    missing = {(zone, name) for zone in zones for name in servers}

    def signed() -> bool:
        for name, host in servers.items():
            asked = [zone for zone, server in missing if server == name]
            there = have(host.address, asked, 48, timeout=max(2.0, len(asked) / 2000)) if asked else {}
            missing.difference_update((zone, name) for zone, has_keys in there.items() if has_keys)
        return not missing

    until(signed, 60 + len(missing) / 20, lambda: f"{len(missing)} zones are not signed, such as {min(missing)}")


def catalog(number: int, software: str, times: Times, directory: pathlib.Path) -> None:
    variables = {"dns_catalogs": [{"name": CATALOG}], "dns_zone_defaults": {"catalog": CATALOG}}
    ours(number, software, {"rerun", "added"}, times, directory, "catalog-", variables)


def signed(number: int, wanted: set[str], times: Times, directory: pathlib.Path) -> None:
    ours(number, "bind", wanted | {"rerun", "record"}, times, directory, "signed-", {"dns_zone_defaults": {"dnssec": True}})


def ours(
    number: int, software: str, wanted: set[str], times: Times, directory: pathlib.Path, prefix: str = "", variables: dict[str, object] | None = None
) -> None:
    """prefix: of what the times are of. variables: further ones of the inventory."""
    variables = {"nameserver_software": software, "dns_zone_directories": [str(directory / "zones")], **(variables or {})}
    zones, files = names(number), directory / "zones"
    write_zone_files(files, number)
    generated = time.monotonic()
    with hosts(ADDRESSES, directory, software) as servers:
        playbook = Playbook("provision.yml", servers, variables, directory)
        time.sleep(max(0.0, generated + SETTLED - time.monotonic()))
        started = time.monotonic()
        playbook.run()
        if prefix == "signed-":
            wait_for_signatures(zones, servers)
        wait_for_sync(zones, servers)
        times.add(prefix + "provision", number, time.monotonic() - started)
        times.add(prefix + "tasks", number, playbook.tasks)
        times.add(prefix + "memory", number, playbook.memory)
        if playbook.changed == 0:
            raise RuntimeError("the first run says that it changed nothing")
        if "gather" in wanted:
            times.add("gather", number, gather(number, software, servers, directory / "gathering"))
        if "rerun" in wanted:
            rest(servers)
            times.add(prefix + "rerun", number, playbook.run())
            if playbook.changed:
                raise RuntimeError(f"the rerun says changed={playbook.changed}")
        if "record" in wanted:
            times.add(prefix + "record", number, one_record(zones[number // 2], files, playbook, servers))
        if "added" in wanted:
            times.add(prefix + "added", number, one_zone(files, playbook, servers))
        if "removal" in wanted:
            times.add("removal", number, removal(zones[-max(1, number // 100):], files, playbook, servers))


def gather(number: int, software: str, servers: dict[str, Host], directory: pathlib.Path) -> float:
    directory.mkdir()
    variables = {"nameserver_software": software, "gather_directory": str(directory / "adopted"), "gather_clear_text": True}
    playbook = Playbook("authoritative.dns.gather", servers, variables, directory)
    seconds = playbook.run()
    declared = len(list((directory / "adopted/zones").glob("*.zone")))
    if declared != number:
        raise RuntimeError(f"gather declares {declared} zones instead of {number}")
    return seconds


def one_record(zone: str, files: pathlib.Path, playbook: Playbook, servers: dict[str, Host]) -> float:
    with (files / f"{zone}.zone").open("a") as file:
        file.write("new IN A 198.51.100.254\n")
    started = time.monotonic()
    playbook.run()
    until(lambda: answers(servers["secondary"], f"new.{zone}", "A") == ["198.51.100.254"], 60, lambda: f"the secondary does not serve the new record of {zone}")
    return time.monotonic() - started


def one_zone(files: pathlib.Path, playbook: Playbook, servers: dict[str, Host]) -> float:
    (files / "added.example.zone").write_text("$TTL 3600\n@ NS ns1.added.example.\nns1 A 192.0.2.1\nnew A 198.51.100.254\n")
    started = time.monotonic()
    playbook.run()
    for host in servers.values():
        until(lambda host=host: answers(host, "new.added.example", "A") == ["198.51.100.254"], 120, lambda: "the zone that was added is not served")
    return time.monotonic() - started


def removal(gone: list[str], files: pathlib.Path, playbook: Playbook, servers: dict[str, Host]) -> float:
    for zone in gone:
        (files / f"{zone}.zone").unlink()
    started = time.monotonic()
    playbook.run()
    until(lambda: not any(serials(host.address, gone) for host in servers.values()), 60, lambda: "the servers still serve what is declared no more")
    return time.monotonic() - started


def loop(number: int, times: Times, directory: pathlib.Path) -> None:
    write_variables(directory / "zones.json", number)
    account = user()
    with hosts(ADDRESSES, directory) as servers:
        variables = {
            "bench_zones": str(directory / "zones.json"),
            "bench_directory": account.pw_dir,
            "bench_config": configuration(),
            "bench_group": account.pw_name,
            "bench_package": "bind9" if account.pw_name == "bind" else "bind",
        }
        playbook = Playbook("provision_loop.yml", servers, variables, directory)
        times.add("loop", number, playbook.run())
        wait_for_sync(names(number), servers)


OCTODNS = """providers:
  declared: {{class: octodns.provider.yaml.YamlProvider, directory: {directory}/declared, default_ttl: 3600}}
  files: {{class: octodns_bind.ZoneFileProvider, directory: {directory}/files, file_extension: .zone}}
zones:
  '*': {{sources: [declared], targets: [files]}}
"""


def octodns(number: int, times: Times, directory: pathlib.Path) -> None:
    write_octodns(directory / "declared", number)
    (directory / "files").mkdir()
    config = directory / "octodns.yaml"
    config.write_text(OCTODNS.format(directory=directory))
    for what in ("octodns", "octodns-rerun"):
        started = time.monotonic()
        command = [str(peers() / "bin" / "octodns-sync"), "--config-file", str(config), "--doit", "--quiet"]
        subprocess.run(command, check=True, capture_output=True, timeout=LONGEST_RUN)
        times.add(what, number, time.monotonic() - started)
        written = len(list((directory / "files").iterdir()))
        if written != number:
            raise RuntimeError(f"octodns-sync wrote {written} zone files instead of {number}")


# --- figures ---------------------------------------------------------------------------------------------------------


def figures(times: Times, software: str) -> list[Figure]:
    """Every figure for which enough was measured."""
    found, whose = [], "" if software == "bind" else f"-{software}"

    def add(id: str, unit: str, mine: tuple[str, int], other: tuple[str, int] | float | None, value: Callable[..., float], target: str) -> None:
        first = times.median(*mine)
        second = times.median(*other) if isinstance(other, tuple) else other
        if first is not None and (second is not None or id.startswith("controller-memory")):
            found.append(Figure(id + whose, value(first, second), unit, first, second, mine[1], len(times.values(*mine)), target))

    def ratio(first: float, second: float) -> float:
        return first / second

    def difference(first: float, second: float) -> float:
        return first - second

    largest = max((size for size in times.found.get("provision", ()) if size <= 10000), default=0)
    add("provision-1000-vs-loop", "x faster", ("provision", 1000), loop_at(times, 1000), lambda mine, peer: peer / mine, ">= 50")
    add("provision-10000-vs-octodns", "x", ("provision", 10000), ("octodns", 10000), ratio, "<= 0.5")
    add("rerun-10000-vs-10", "x", ("rerun", 10000), ("rerun", 10), ratio, "<= 3")
    add("rerun-10000-vs-octodns", "x", ("rerun", 10000), ("octodns-rerun", 10000), ratio, "<= 0.1")
    add("one-record-minus-rerun-s", "s", ("record", largest), ("rerun", largest), difference, "<= 2")
    add("growth-10000-vs-1000", "x", ("provision", 10000), ("provision", 1000), ratio, "<= 12")
    add("controller-memory-10000-mb", "MB", ("memory", 10000), None, lambda mine, _none: mine, "<= 600")
    add("rerun-100000-vs-10000", "x", ("rerun", 100000), ("rerun", 10000), ratio, "<= 6")
    for what in ("provision", "rerun", "record"):
        add(f"signed-{what}-{SIGNED}-vs-unsigned", "x", (f"signed-{what}", SIGNED), (what, SIGNED), ratio, "")
    add("growth-100000-vs-10000", "x", ("provision", 100000), ("provision", 10000), ratio, "<= 12")
    add("controller-memory-100000-mb", "MB", ("memory", 100000), None, lambda mine, _none: mine, "<= 1200")
    add("catalog-growth-100000-vs-10000", "x", ("catalog-provision", 100000), ("catalog-provision", 10000), ratio, "<= 12")
    of_catalog = max(times.found.get("catalog-added", ()), default=0)
    add(f"one-zone-of-{of_catalog}-minus-rerun-s", "s", ("catalog-added", of_catalog), ("catalog-rerun", of_catalog), difference, "<= 5")
    add("gather-10000-vs-provision", "x", ("gather", 10000), ("provision", 10000), ratio, "<= 1.0")
    add("tasks-10000-minus-10", "tasks", ("tasks", 10000), ("tasks", 10), difference, "= 0")
    return found


def loop_at(times: Times, number: int) -> float | None:
    """What the loop would take: its time grows by the same for every zone, and nobody would wait for the whole."""
    low, high = (times.median("loop", size) for size in LOOP_SIZES)
    return None if low is None or high is None else low + (high - low) / (LOOP_SIZES[1] - LOOP_SIZES[0]) * (number - LOOP_SIZES[0])


# --- around it -------------------------------------------------------------------------------------------------------


def peers() -> pathlib.Path:
    """The environment with what is compared with and drawn with; made when it is wanted."""
    requirements = HERE / "requirements.txt"
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "authoritative-dns"
    key = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()[:12]
    path = cache / f"bench-{key}"
    if not (path / ".complete").exists():
        print(f"==> bench: building the Python environment {path}", flush=True)
        shutil.rmtree(path, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(path)], check=True)
        subprocess.run([str(path / "bin" / "pip"), "install", "--quiet", "--quiet", "--requirement", str(requirements)], check=True)
        (path / ".complete").touch()
    return path


def in_own_namespaces() -> int:
    """This program again, where it may do as it likes and from where nothing leads out. Returns its exit code."""
    if os.geteuid():
        sys.exit("provision.py makes hosts of Linux namespaces and needs root for it; run it with sudo -E env PATH=\"$PATH\"")
    peers()
    directory = tempfile.mkdtemp(prefix="bench-")
    try:
        isolated = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private"]
        return subprocess.run([*isolated, sys.executable, *sys.argv], env={**os.environ, INSIDE: directory}, check=False).returncode
    finally:
        os.rmdir(directory)


def stories(text: str) -> set[str]:
    chosen = set(text.split(","))
    if chosen - set(STORIES):
        raise argparse.ArgumentTypeError(f"{', '.join(sorted(chosen - set(STORIES)))}: no such part; there are {', '.join(STORIES)}")
    return chosen


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", type=stories, default=set(STORIES), metavar="PART,…", help="rerun, record and removal bring provision with them")
    sizes = {"type": lambda text: [int(size) for size in text.split(",")], "default": list(SIZES)}
    parser.add_argument("--sizes", **sizes, metavar="N,…", help="numbers of zones (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="how often (default: %(default)s)")
    parser.add_argument("--software", choices=("bind", "knot", "nsd"), default="bind", help="the name server (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="once, and at most 1,000 zones: in less than five minutes")
    arguments = parser.parse_args()
    if INSIDE not in os.environ:
        return in_own_namespaces()
    if arguments.quick:
        arguments.runs, arguments.sizes = 1, [size for size in arguments.sizes if size <= 1000]

    root = pathlib.Path(os.environ[INSIDE])
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(root)], check=True)
    bridge()
    times = Times()
    started = time.monotonic()

    def story(tell: Callable[..., None], *details: object) -> None:
        directory = pathlib.Path(tempfile.mkdtemp(dir=root))
        directory.chmod(0o755)
        tell(*details, times, directory)
        subprocess.run(["rm", "-rf", "--one-file-system", str(directory)], check=True)

    if arguments.software != "bind":
        arguments.only -= {"signed", "loop", "octodns"}
    for _run in range(arguments.runs):
        if "loop" in arguments.only:
            for size in LOOP_SIZES:
                story(loop, size)
        for size in arguments.sizes:
            if "signed" in arguments.only and size == SIGNED:
                story(signed, size, set())
            if "catalog" in arguments.only:
                story(catalog, size, arguments.software)
            if arguments.only - {"loop", "octodns", "catalog"}:
                story(ours, size, arguments.software, arguments.only)
            if "octodns" in arguments.only:
                story(octodns, size)

    found = figures(times, arguments.software)
    save(found)
    raw = BUILD / f"bench-provision{'' if arguments.software == 'bind' else '-' + arguments.software}.json"
    raw.write_text(json.dumps(times.found, indent=1) + "\n")
    subprocess.run([str(peers() / "bin" / "python"), str(HERE / "chart.py"), str(raw), str(raw.with_suffix(".png"))], check=True)
    print(f"\n{table(found)}\n\n{(time.monotonic() - started) / 60:.1f} min; {BUILD / 'bench.json'}, {raw.with_suffix('.png')}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
