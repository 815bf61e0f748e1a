# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many delegations are investigated side by side."""

from __future__ import annotations

import time

from ansible_collections.authoritative.dns.plugins.module_utils.delegation import client
from ansible_collections.authoritative.dns.plugins.module_utils.delegation.facts import Request
from ansible_collections.authoritative.dns.plugins.module_utils.wire.client import Patience
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import Server, read_name
from ansible_collections.authoritative.dns.plugins.module_utils.wire.question import Question
from ansible_collections.authoritative.dns.tests.support.scripted import scripted_server, soa_answer


def investigation(address, zone):
    """Asks twice; returns what was wrong with the answers."""
    question, problems = Question(read_name(zone, "zones"), "SOA"), []
    for _round in range(2):
        (answer,) = yield [Request(address, question)]
        problems.append(answer.problem)
    return problems


def test_a_silent_server_of_one_zone_leaves_time_to_the_others(monkeypatch):
    with scripted_server(lambda query: [soa_answer(query)]) as first, scripted_server(address="127.0.0.2") as silent:
        ports = {server.address: server.port for server in (first, silent)}
        monkeypatch.setattr(client, "Server", lambda name, address, port: Server(name, address, ports[address]))
        patience = Patience(timeout=30, until=time.monotonic() + 1)
        found = client.run_side_by_side([investigation(silent.address, "a.test"), investigation(first.address, "b.test")], patience)
    assert found == [["timeout", "timeout"], [None, None]]
