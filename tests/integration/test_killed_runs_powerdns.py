# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PowerDNS: runs that are killed before each operation on files, each command, and each statement to the database."""

from __future__ import annotations

import os

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.serving.generations import Generations
from ansible_collections.authoritative.dns.tests.support.killed_runs import MOST
from ansible_collections.authoritative.dns.tests.support.operations import killed_before
from ansible_collections.authoritative.dns.tests.support.powerdns_host import PDNS_SERVER, powerdns_host
from ansible_collections.authoritative.dns.tests.support.server_host import lying_about

pytestmark = [
    pytest.mark.skipif(PDNS_SERVER is None, reason="pdns_server or its SQLite backend is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="configuration files belong to root"),
]


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
            assert not lying_about(host.root / "state"), where
            if not killed:
                break
        print(f"PowerDNS: {number - 1} operations")
        assert 50 < number < MOST and host.restarts == 0
