# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that are killed before each operation on files, each command, and each statement to a database: old or new, and the next one finishes."""

from __future__ import annotations

import os

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.serving.generations import Generations
from ansible_collections.authoritative.dns.tests.support.operations import killed_before
from ansible_collections.authoritative.dns.tests.support.powerdns_host import PDNS_SERVER, powerdns_host
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, running_host

pytestmark = [
    pytest.mark.skipif(not INSTALLED, reason="no name server is installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="configuration files belong to root"),
]

KEPT = {"example.org": {"www": "192.0.2.2"}}
TARGETS = [
    {**KEPT, "example.com": {"www": "192.0.2.1"}},
    {**KEPT, "example.com": {"www": "192.0.2.77"}, "example.net": {"www": "192.0.2.3"}},
]
MOST = 1000  # operations, that a run has


def brought(host, number):
    """Another content, a zone that comes or goes, and one to transfer that comes or goes."""
    return host.application(TARGETS[number % 2], secondary=("transferred.example",) * (number % 2))


def bring(host, number):
    with brought(host, number) as application:
        return application.apply(os.replace)


def edit(host):
    """Have the first file written, and the one that was there before kept."""
    text = host.config_file.read_text().replace("authoritative.dns", "somebody")
    host.config_file.write_text(f"{host.comment} by hand\n{text}")
    host.config_file.chmod(0o600)
    kept = host.root / f"etc/{host.main}.before-authoritative-dns"
    kept.unlink(missing_ok=True)
    return host.config_file.read_text(), kept


def serves(host, number):
    return all(host.ask(f"{owner}.{zone}", "A") == [value] for zone, records in TARGETS[number % 2].items() for owner, value in records.items())


def serves_each(host, number):
    """A running server may have been told of one zone, and not yet of the other; but none is lost."""
    old, new = TARGETS[(number - 1) % 2], TARGETS[number % 2]
    return all(host.ask(f"www.{zone}", "A") in ([old[zone]["www"]], [new[zone]["www"]]) for zone in TARGETS[0])


def found_by_a_start(host, number):
    """Identifies what a server that starts now reads; every such state is started from once."""
    lines = [path.read_text().splitlines() for path in sorted(host.current.rglob("*")) if path.is_file() and path.name != "manifest.json"]
    told = [line for text in lines for line in text if " SOA " not in line]
    return number % 2, host.config_file.read_text(), tuple(told)


@pytest.mark.parametrize("kind", INSTALLED, ids=lambda kind: kind.daemon)
def test_whatever_a_run_was_about_to_do_when_it_was_killed(kind, tmp_path):
    with running_host(kind, tmp_path / "host") as host:
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
                host.stop()
                host.start()
                assert serves(host, number) or serves(host, number - 1), where
                started_from.add(found)
            bring(host, number)
            assert serves(host, number) and kept.exists(), where
            assert sorted(os.listdir(host.root / "state")) == ["current", os.readlink(host.current), "lock"], where
            assert not [entry for entry in os.listdir(host.root / "etc") if entry.startswith(".")], where
            if not killed:
                break
        print(f"{host.daemon}: {number - 1} operations")
        assert 50 < number < MOST


@pytest.mark.skipif(PDNS_SERVER is None, reason="pdns_server or its SQLite backend is not installed")
def test_whatever_a_run_was_about_to_do_with_a_database(tmp_path):
    """Zones, their primaries and keys: all of the old or all of the new."""
    keys = [{"name": name, "secret": "c2VjcmV0IG9mIGEgdGVzdA=="} for name in ("first", "second")]
    told = "SELECT name, master, content FROM domains JOIN domainmetadata ON domain_id = domains.id AND kind = 'AXFR-MASTER-TSIG' ORDER BY name"

    def zones(number):
        primary = {"address": "127.0.0.1", "port": 9, "key": "second" if number % 2 else "first"}
        return dict.fromkeys(["example.com", "example.net"] if number % 2 else ["example.com", "example.org"], primary)

    def described(number):
        return [(name, "127.0.0.1:9", primary["key"]) for name, primary in sorted(zones(number).items())]

    with powerdns_host(tmp_path / "host") as host:
        host.bring(zones(0), keys)
        host.start()
        started_from = []
        for number in range(1, MOST):
            application = host.application(zones(number), keys)
            killed, name = killed_before(number, lambda application=application: application.apply(os.replace))
            where = f"operation {number}, {name}"
            current = Generations(str(host.root / "state"), "root").current()
            assert current.look() == (set(), set()), where
            found = host.select(told)
            assert found in (described(number - 1), described(number)), where
            if (number % 2, found) not in started_from:
                host.stop()
                host.start()
                started_from.append((number % 2, found))
            host.bring(zones(number), keys)
            assert host.select(told) == described(number), where
            assert host.select("SELECT name FROM tsigkeys") == [("second" if number % 2 else "first",)], where
            assert sorted(os.listdir(host.root / "state")) == ["current", os.readlink(host.current), "lock"], where
            if not killed:
                break
        print(f"PowerDNS: {number - 1} operations")
        assert 50 < number < MOST and host.restarts == 0
