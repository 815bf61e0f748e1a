# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the monitoring program sees from outside of members of catalogs, at real servers that learn from them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.host_programs import program
from ansible_collections.authoritative.dns.plugins.plugin_utils.proof.monitoring import expected
from ansible_collections.authoritative.dns.tests.support.catalog_pairs import CATALOG, CONSUMERS, answer, pair_with_users, wait_for, zones
from ansible_collections.authoritative.dns.tests.support.server_host import BindHost

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="servers take users of their own where root starts them"),
    pytest.mark.skipif(not BindHost.find("named"), reason="BIND is not installed, which serves the catalogs here"),
]


@pytest.fixture(params=CONSUMERS, ids=lambda kind: kind.daemon)
def pair(request):
    with pair_with_users(BindHost, request.param) as found:
        yield found


@pytest.fixture
def watch(pair, tmp_path):
    """A function that has the program look, which is to expect what is declared on the primary; (not served, unlisted) at the secondary."""

    def look(declared):
        content = json.loads(expected(pair.declaration(pair.primary, declared), "watcher", [4], 0))
        for server in content["servers"]:
            host = pair.primary if server["server"] == pair.primary.name else pair.consumer
            server.update(address=host.address, port=host.port)
        (tmp_path / "monitor.json").write_text(json.dumps(content))
        (tmp_path / "monitor.pyz").write_bytes(program("proof.monitor"))
        command = [sys.executable, "-I", "monitor.pyz", "--expectations", "monitor.json", "--directory", "."]
        outcome = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
        assert outcome.returncode == 0, outcome.stderr
        text = (tmp_path / "metrics.prom").read_text()
        names = ("members", "members_not_served", "zones_unlisted")
        found = [int(re.search(rf'^dns_catalog_{name}\{{catalog="{CATALOG}".*\}} (\d+)$', text, re.M).group(1)) for name in names]
        assert found[0] == len(declared)
        return tuple(found[1:])

    return look


def test_members_that_are_missing_and_zones_that_stay_are_counted(pair, watch):
    pair.bring(zones(1, 2, 3))
    for number in (1, 2, 3):
        wait_for(lambda number=number: answer(pair.consumer, f"www.zone{number}.test")[0], "NOERROR")
    assert watch(zones(1, 2, 3)) == (0, 0)
    # The declaration lost a zone and got another one, and no server was told.
    assert watch(zones(1, 2, 4)) == (1, 1)
    assert watch(zones(1, 2, 4)) == (1, 1), "it is remembered as long as it is served"
    pair.bring(zones(1, 2, 4))
    wait_for(lambda: answer(pair.consumer, "www.zone4.test")[0], "NOERROR")
    wait_for(lambda: answer(pair.consumer, "www.zone3.test")[0], "REFUSED")
    assert watch(zones(1, 2, 4)) == (0, 0)
    # What a server does not answer says nothing.
    pair.consumer.write()
    pair.consumer.stop()
    assert watch(zones(1, 4)) == (0, 0)
    pair.consumer.start()
    wait_for(lambda: answer(pair.consumer, "www.zone2.test")[0], "NOERROR")
    assert watch(zones(1, 4)) == (0, 1)
