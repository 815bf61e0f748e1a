# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that are killed before each operation on files and each command, and hosts that lose their power there.

Each program's test is in a file of its own, so that they run side by side.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.serving.application import Application
from ansible_collections.authoritative.dns.plugins.module_utils.serving.generations import Generations
from ansible_collections.authoritative.dns.tests.support.operations import killed_before
from ansible_collections.authoritative.dns.tests.support.server_host import ServerHost, lying_about, running_host

KEPT = {"example.org": {"www": "192.0.2.2"}}
TARGETS = [
    {**KEPT, "example.com": {"www": "192.0.2.1"}},
    {**KEPT, "example.com": {"www": "192.0.2.77"}, "example.net": {"www": "192.0.2.3"}},
]
MOST = 1000  # operations, that a run has


def brought(host: ServerHost, number: int) -> contextlib.AbstractContextManager[Application]:
    """Another content, a zone that comes or goes, and one to transfer that comes or goes."""
    return host.application(TARGETS[number % 2], secondary=("transferred.example",) * (number % 2))


def bring(host: ServerHost, number: int) -> dict[str, Any]:
    with brought(host, number) as application:
        return application.apply(os.replace)


def edit(host: ServerHost) -> tuple[str, pathlib.Path]:
    """Have the first file written, and the one that was there before kept."""
    text = host.config_file.read_text().replace("authoritative.dns", "somebody")
    host.config_file.write_text(f"{host.comment} by hand\n{text}")
    host.config_file.chmod(0o600)
    kept = host.root / f"etc/{host.main}.before-authoritative-dns"
    kept.unlink(missing_ok=True)
    return host.config_file.read_text(), kept


def serves(host: ServerHost, number: int) -> bool:
    return all(host.ask(f"{owner}.{zone}", "A") == [value] for zone, records in TARGETS[number % 2].items() for owner, value in records.items())


def serves_each(host: ServerHost, number: int) -> bool:
    """A running server may have been told of one zone, and not yet of the other; but none is lost."""
    old, new = TARGETS[(number - 1) % 2], TARGETS[number % 2]
    return all(host.ask(f"www.{zone}", "A") in ([old[zone]["www"]], [new[zone]["www"]]) for zone in TARGETS[0])


def found_by_a_start(host: ServerHost, number: int) -> tuple[Any, ...]:
    """Identifies what a server that starts now reads; every such state is started from once."""
    lines = [path.read_text().splitlines() for path in sorted(host.current.rglob("*")) if path.is_file() and path.name != "manifest.json"]
    told = [line for text in lines for line in text if " SOA " not in line]
    return number % 2, host.config_file.read_text(), tuple(told)


def kill_before_each_operation(kind: type[ServerHost], root: pathlib.Path) -> None:
    """Old or new, whatever a run was about to do when it was killed; and the next one finishes. Raises AssertionError."""
    with running_host(kind, root) as host:
        bring(host, 0)
        started_from = set()
        for number in range(1, MOST):
            text, kept = edit(host)
            with brought(host, number) as application:
                killed, name = killed_before(number, lambda application=application: application.apply(os.replace))
            host.wait_for_restart()
            where = f"operation {number}, {name}"
            current = Generations(str(host.root / "state"), "root").current()
            assert current.look() == (set(), set()), where
            assert serves_each(host, number), where
            if kept.exists():
                assert (kept.read_text(), kept.stat().st_mode & 0o777) == (text, 0o600), where
            found = found_by_a_start(host, number)
            if found not in started_from:
                host.lose_power()
                host.start()
                assert serves(host, number) or serves(host, number - 1), where
                started_from.add(found)
            bring(host, number)
            assert serves(host, number) and kept.exists(), where
            assert not lying_about(host.root / "state"), where
            assert not [entry for entry in os.listdir(host.root / "etc") if entry.startswith(".")], where
            if not killed:
                break
        print(f"{host.daemon}: {number - 1} operations")
        assert 50 < number < MOST
