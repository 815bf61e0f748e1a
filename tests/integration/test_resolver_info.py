# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The question that resolver_info asks, answered by a real name server, by nobody, and by a liar."""
from __future__ import annotations

import socket
import threading
import time

import pytest
from ansible_collections.authoritative.dns.plugins.modules.resolver_info import Questions
from ansible_collections.authoritative.dns.tests.support.named import free_port, running_named, zone_text


def ask(port: int, tries: int = 1) -> dict:
    questions = Questions(["127.0.0.1"], timeout=0.4, tries=tries)
    questions.port = port
    return questions.ask()[0]


@pytest.fixture(scope="module")
def server():
    with running_named({"example.com": zone_text("example.com")}) as named:
        yield named


def test_a_refusal_is_an_answer(server):
    assert ask(server.port) == {"address": "127.0.0.1", "answered": True, "detail": "REFUSED"}


def test_a_server_that_hangs_is_silent_until_it_goes_on(server):
    server.freeze()
    time.sleep(0.1)  # until the signal has reached every thread
    try:
        assert ask(server.port) == {"address": "127.0.0.1", "answered": False, "detail": "no answer"}
    finally:
        server.thaw()
    assert ask(server.port)["answered"]


def test_a_closed_port_is_told_and_takes_no_longer_than_the_tries():
    started = time.monotonic()
    assert ask(free_port(), tries=2) == {"address": "127.0.0.1", "answered": False, "detail": "port closed"}
    assert time.monotonic() - started < 1.5


@pytest.mark.parametrize(
    "forge",
    [
        lambda question: bytes([question[0] ^ 1]) + question[1:2] + b"\x80\0" + bytes(8),  # another question's answer
        lambda question: question,  # an echo is no answer
        lambda question: question[:2] + b"\x80",  # cut short
        lambda question: b"",
    ],
)
def test_what_is_no_answer_does_not_count(forge):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as liar:
        liar.bind(("127.0.0.1", 0))
        liar.settimeout(5)

        def lie():
            question, asker = liar.recvfrom(512)
            liar.sendto(forge(question), asker)

        lying = threading.Thread(target=lie)
        lying.start()
        assert not ask(liar.getsockname()[1])["answered"]
        lying.join()
