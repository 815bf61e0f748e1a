# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody who asks a name server on loopback all the time, each question once, and notes every answer.

with steady_load(address, port, {"www.example.com": ["192.0.2.1", "192.0.2.2"]}) as load:
    ...  # what must disturb nobody
assert not load.faults() and load.seen["www.example.com"] == "192.0.2.2"
"""

from __future__ import annotations

import contextlib
import itertools
import select
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence

import dns.exception
import dns.flags
import dns.message
import dns.rcode

LONGEST = 120.0  # seconds; nobody asks for longer, whatever a test does
AT_ONCE = 100  # questions under way; a socket's usual buffer holds more than twice as many, so that no kernel drops one


class Load:
    """expected: for each name the values of its A record in the order in which they may come.

    asked: how many questions. seen: the newest value of each name. slowest: seconds that an answer took at most.
    """

    def __init__(self, address: str, port: int, expected: Mapping[str, Sequence[str]], rate: float, patience: float) -> None:
        self.expected = expected
        self.seen: dict[str, str] = {}
        self.asked = 0
        self.slowest = 0.0
        self.lost: list[str] = []
        self.wrong: list[str] = []
        self._questions = [(name, dns.message.make_query(name, "A", flags=0).to_wire()[2:]) for name in expected]
        self._rate, self._patience = rate, patience
        self._over = threading.Event()
        self._since: dict[str, list[float]] = {name: [] for name in expected}  # when each value was seen first
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect((address, port))

    def faults(self) -> list[str]:
        return [f"{len(self.lost)} of {self.asked} answers lost: {', '.join(self.lost[:5])}"] * bool(self.lost) + self.wrong[:20]

    def stop(self) -> None:
        self._over.set()

    def run(self) -> None:
        waiting: dict[int, tuple[str, float]] = {}
        started = time.monotonic()
        due = started
        questions = itertools.cycle(self._questions)
        with self._socket:
            while waiting or not self._over.is_set():
                now = time.monotonic()
                if now - started > LONGEST:
                    self._over.set()
                while due < now and not self._over.is_set() and len(waiting) < AT_ONCE:
                    self._ask(*next(questions), waiting)
                    due += 1 / self._rate
                due = max(due, now - 0.01)  # what could not be asked in time is not made up for in one burst
                self._listen(waiting)
                for number in [number for number, (_name, sent) in waiting.items() if now - sent > self._patience]:
                    self.lost.append(waiting.pop(number)[0])

    def _ask(self, name: str, question: bytes, waiting: dict[int, tuple[str, float]]) -> None:
        number = self.asked % 65536
        self.asked += 1
        waiting[number] = (name, time.monotonic())
        with contextlib.suppress(ConnectionRefusedError):  # nobody is there: the answer will be missing
            self._socket.send(number.to_bytes(2, "big") + question)

    def _listen(self, waiting: dict[int, tuple[str, float]]) -> None:
        while select.select([self._socket], [], [], 0.002)[0]:
            try:
                wire = self._socket.recv(4096)
            except ConnectionRefusedError:
                continue
            name, sent = waiting.pop(int.from_bytes(wire[:2], "big"), (None, 0.0))
            if name is not None:
                self.slowest = max(self.slowest, time.monotonic() - sent)
                self._judge(name, sent, wire)

    def _judge(self, name: str, sent: float, wire: bytes) -> None:
        try:
            answer = dns.message.from_wire(wire)
        except dns.exception.DNSException as error:
            self.wrong.append(f"{name}: {error}")
            return
        values = [item.to_text() for rrset in answer.answer for item in rrset]
        if answer.rcode() != dns.rcode.NOERROR or not answer.flags & dns.flags.AA or len(values) != 1 or values[0] not in self.expected[name]:
            self.wrong.append(f"{name}: {dns.rcode.to_text(answer.rcode())} {dns.flags.to_text(answer.flags)} {values}")
            return
        place, since = self.expected[name].index(values[0]), self._since[name]
        newest = sum(first < sent for first in since)  # values seen before this was asked
        if place + 1 < newest:
            self.wrong.append(f"{name}: {values[0]} after {self.expected[name][newest - 1]}")
        if place >= len(since):
            since += [time.monotonic()] * (place + 1 - len(since))
            self.seen[name] = values[0]


@contextlib.contextmanager
def steady_load(address: str, port: int, expected: Mapping[str, Sequence[str]], rate: float = 2000, patience: float = 5) -> Iterator[Load]:
    """rate: questions a second. patience: seconds after which an answer is lost. What is still waited for at the end is waited for."""
    load = Load(address, port, expected, rate, patience)
    thread = threading.Thread(target=load.run)
    thread.start()
    try:
        yield load
    finally:
        load.stop()
        thread.join(LONGEST + patience)
