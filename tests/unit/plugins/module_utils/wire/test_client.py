# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many servers are asked at once, and none of them waits for another one."""

from __future__ import annotations

import time

import dns.flags
from ansible_collections.authoritative.dns.plugins.module_utils.wire.client import Patience, ask
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import Server
from ansible_collections.authoritative.dns.plugins.module_utils.wire.soa_question import SoaQuestion
from ansible_collections.authoritative.dns.tests.support.scripted import reply_to, scripted_server, soa_answer

QUESTIONS = [SoaQuestion(f"\x02z{number}\x04test\x00".encode()) for number in range(8)]


def truncated(query):
    reply = reply_to(query)
    reply.flags |= dns.flags.TC
    yield reply.to_wire()


def answering(query):
    yield soa_answer(query)


def problems(*servers, timeout=2.0, patience=1.0, transport="udp"):
    """What is wrong with the answers of each of these."""
    jobs = [(Server(f"ns{number}", server.address, server.port), QUESTIONS) for number, server in enumerate(servers)]
    return [[one.answer.problem for one in asked] for asked in ask(jobs, Patience(timeout, until=time.monotonic() + patience), transport)]


def test_a_server_that_truncates_is_asked_over_tcp_while_another_one_is_silent():
    with scripted_server(truncated, answering) as first, scripted_server() as silent:
        assert problems(first, silent) == [[None] * 8, ["timeout"] * 8]


def test_what_could_still_be_answered_is_not_asked_where_a_server_is_heard():
    def some(query):
        if query[14] % 2:
            yield soa_answer(query)

    with scripted_server(some) as lossy:
        assert problems(lossy) == [["not_asked", None] * 4]
        assert problems(lossy, timeout=0.1, patience=3.0) == [["timeout", None] * 4]
        assert problems(lossy, patience=0.2, transport="tcp") == [["not_asked"] * 8], "nobody waited for whole two seconds"
        assert problems(lossy, timeout=0.2, transport="tcp") == [["timeout"] * 8]


def test_a_round_has_a_share_of_the_time_that_is_left():
    patience = Patience(until=time.monotonic() + 100)
    assert 79 < patience.share(0.8).until - time.monotonic() <= 80
    assert 24 < patience.share(0.5).share(0.5).until - time.monotonic() <= 25
    assert Patience().share(0.5) == Patience()
