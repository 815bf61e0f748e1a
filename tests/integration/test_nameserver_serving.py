# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many zones asked of one server at once: a real one, a silent one, one that lies first."""

from __future__ import annotations

import time

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.serving.served_serials import question, seconds_to_ask, serials
from ansible_collections.authoritative.dns.tests.support.named import NAMED, free_port, running_named, zone_text
from ansible_collections.authoritative.dns.tests.support.scripted import scripted_server, soa_answer

ZONES = {f"z{number}.example": zone_text(f"z{number}.example", serial=number + 1) for number in range(500)}


@pytest.mark.skipif(NAMED is None, reason="named is not installed")
def test_a_real_server_tells_the_serials_of_its_zones_and_of_no_others():
    with running_named(ZONES, options="allow-query { any; };") as server:
        found = serials(server.address, [*ZONES, "not.here.example", "example"], port=server.port)
        assert found == {name: number + 1 for number, name in enumerate(ZONES)}
        server.freeze()
        started = time.monotonic()
        assert serials(server.address, ["z1.example"], timeout=0.3, port=server.port) == {}
        assert 0.2 < time.monotonic() - started < 2
        server.thaw()


def test_nobody_there_is_nobody_asked_for_longer_than_told():
    started = time.monotonic()
    assert serials("127.0.0.1", ["example.com"], timeout=0.3, port=free_port()) == {}
    assert time.monotonic() - started < 2


def test_lies_and_garbage_before_the_answer_change_nothing():
    def liar(query):
        yield b""
        yield b"\0" * 11
        yield query  # an echo
        yield soa_answer(question("other.example", int.from_bytes(query[:2], "big")), serial=666)
        yield soa_answer(bytes([query[0] ^ 1]) + query[1:], serial=667)
        yield soa_answer(query, serial=7)

    with scripted_server(udp=liar) as server:
        zones = [f"z{number}.example" for number in range(20)]
        assert serials(server.address, zones, port=server.port) == dict.fromkeys(zones, 7)


def test_lost_questions_are_asked_again_and_others_do_not_wait_for_them():
    asked: dict[bytes, int] = {}

    def forgetful(query):
        name = query[12:-4]
        asked[name] = asked.get(name, 0) + 1
        if asked[name] > 1 or not name.startswith(b"\2z1"):
            yield soa_answer(query, serial=7)

    with scripted_server(udp=forgetful) as server:
        zones = [f"z{number}.example" for number in range(5)]
        assert serials(server.address, zones, port=server.port) == dict.fromkeys(zones, 7)
    assert sorted(asked.values()) == [1, 1, 1, 1, 2]


def test_a_server_is_given_time_in_proportion_to_the_number_of_zones():
    """One that is busy first, as with its start, and then answers: two seconds would be over."""
    zones = [f"z{number}.example" for number in range(5000)]
    begins = time.monotonic() + 2.5

    def busy(query):
        if time.monotonic() > begins:
            yield soa_answer(query, serial=7)

    with scripted_server(udp=busy) as server:
        assert set(serials(server.address, zones, seconds_to_ask(zones), server.port).values()) == {7}
