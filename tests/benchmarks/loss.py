# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long it takes from a loss until all servers have every zone under one serial again.

    . build/env.sh && python tests/benchmarks/loss.py [--zones 10 10000]

Two named on loopback, a primary and a secondary, configured by the code that the modules run on hosts; Ansible's own time, which does not depend on
the number of zones, comes on top. The seconds begin with the run that repairs, and end when both servers give one serial for each zone.
"""

from __future__ import annotations

import argparse
import pathlib
import shutil
import tempfile
import time
from collections.abc import Callable

from ansible_collections.authoritative.dns.plugins.module_utils.serving import served_serials
from ansible_collections.authoritative.dns.tests.support.server_host import BindHost, running_host
from report import Figure, save, table
from synthetic import names, records

LONGEST = 600.0  # s


def feed(primary: BindHost, secondary: BindHost, zones: int) -> None:
    to = [{"address": secondary.address, "port": secondary.port}]
    primary.bring_declared(
        [
            {"name": name, "secondaries": to, "records": [dict(zip(("name", "type", "value"), record)) for record in records(name, index)]}
            for index, name in enumerate(names(zones))
        ]
    )


def follow(secondary: BindHost, primary: BindHost, zones: int) -> None:
    source = [{"address": primary.address, "port": primary.port}]
    servers = [{"type": "NS", "value": "ns1.example."}]
    secondary.bring_declared([{"name": name, "primaries": source, "secondaries": ["ns1"], "records": servers} for name in names(zones)])


def wait_until_in_sync(primary: BindHost, secondary: BindHost, zones: int) -> None:
    deadline = time.monotonic() + LONGEST
    while time.monotonic() < deadline:
        one, other = (served_serials.serials(host.address, names(zones), 5 + zones / 1000, host.port) for host in (primary, secondary))
        if len(one) == zones and one == other:
            return
        time.sleep(0.1)
    raise SystemExit(f"not in sync after {LONGEST:.0f} s")


def lose(host: BindHost) -> None:
    host.stop()
    for place in ("etc", "state", "work", "own"):
        shutil.rmtree(host.root / place, ignore_errors=True)
        (host.root / place).mkdir()
    host.prepare()
    host.start()


def seconds(work: Callable[[], None]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


def measure(zones: int) -> list[tuple[str, float]]:
    """(what was lost, seconds), also for nothing: servers that are made for the first time."""
    found = []
    with tempfile.TemporaryDirectory() as directory:
        place = pathlib.Path(directory)
        with running_host(BindHost, place / "primary") as primary, running_host(BindHost, place / "secondary") as secondary:

            def repair(primary_lost: bool, secondary_lost: bool) -> None:
                if primary_lost:
                    feed(primary, secondary, zones)
                if secondary_lost:
                    follow(secondary, primary, zones)
                wait_until_in_sync(primary, secondary, zones)

            found.append(("nothing", seconds(lambda: repair(True, True))))
            for what, lost in (("primary", (True, False)), ("secondary", (False, True)), ("both", (True, True))):
                for host in [host for host, is_lost in zip((primary, secondary), lost) if is_lost]:
                    lose(host)
                found.append((what, seconds(lambda lost=lost: repair(*lost))))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zones", type=int, nargs="+", default=[10, 10000])
    figures = []
    for zones in parser.parse_args().zones:
        figures += [Figure(f"loss-{what}-{zones}", elapsed, "s", elapsed, None, zones, 1) for what, elapsed in measure(zones)]
    save(figures)
    print(table(figures))


if __name__ == "__main__":
    main()
