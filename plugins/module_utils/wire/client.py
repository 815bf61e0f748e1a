# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask many servers many questions at once: one UDP socket a server, bounded in flight, TCP where UDP is not enough.

A question is any object with ``query(id) -> (wire, mac)`` and ``read(wire, mac) -> Answer``, such as soa.SoaQuestion.
"""

from __future__ import annotations

import itertools
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from random import getrandbits
from typing import Any, NamedTuple

from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import Server
from ansible_collections.authoritative.dns.plugins.module_utils.wire.soa_question import Answer, NotForUs, Truncated
from ansible_collections.authoritative.dns.plugins.module_utils.wire.stream import Stream

FIRST_WINDOW = 32  # of several hosts that begin at once; a server's buffer has room for some 270
SMALLEST_WINDOW = 16
# a server that leaves so many questions in a row without any answer is not asked the rest
SILENCE = 32
PAUSE_AFTER_REJECTION = 0.2  # s; a server that is just being restarted rejects for a moment
RECEIVE_BUFFER = 1 << 20
TCP_CONNECTIONS = 8  # per server; BIND's default tcp-clients is 150, NSD's 100


class Asked(NamedTuple):
    """An answer and how it came: round trip in ms (None without answer), tries, and udp or tcp."""

    answer: Answer
    rtt_ms: float | None
    tries: int
    transport: str


class Patience(NamedTuple):
    """How long and how hard to ask; times in seconds, ``until`` on the monotonic clock."""

    timeout: float = 2.0
    retries: int = 2
    concurrency: int = 100
    until: float = float("inf")

    def share(self, part: float) -> Patience:
        """For this part of the time that is left: for one of several rounds, so that a slow server leaves some to those that come after it."""
        now = time.monotonic()
        return self._replace(until=now + (self.until - now) * part)


NOT_ASKED = Answer(problem="not_asked", detail="the deadline came first")


def ask(
    jobs: Sequence[tuple[Server, Sequence[Any]]], patience: Patience, transport: str = "udp"
) -> list[list[Asked]]:
    """Put to each server its questions. The answers are in the order of jobs and questions; nothing is raised."""
    found: list[list[Any]]
    if transport == "tcp":
        found = [[None] * len(questions) for _server, questions in jobs]
        threads = [begin_over_tcp(*job, range(len(job[1])), answers, patience) for job, answers in zip(jobs, found)]
    else:
        talks = [Conversation(server, questions, patience) for server, questions in jobs]
        found = [talk.asked for talk in talks]
        threads = [begin_over_tcp(talk.server, talk.questions, talk.truncated, talk.asked, patience) for talk in converse(talks, patience.until)]
    for thread in itertools.chain.from_iterable(threads):
        thread.join()
    return found


def converse(conversations: Sequence[Conversation], until: float) -> Iterator[Conversation]:
    """Run all UDP conversations in one loop until each is over, which is when it comes out here."""
    selector = selectors.DefaultSelector()
    talking = set()
    try:
        for talk in conversations:
            if talk.open():
                selector.register(talk.socket, selectors.EVENT_READ, talk)
                talking.add(talk)
            else:
                yield talk
        while talking:
            now = time.monotonic()
            for talk in list(talking):
                if now >= until:
                    talk.give_up(NOT_ASKED)
                else:
                    talk.expire(now)
                    talk.send()
                if talk.over:
                    talking.discard(talk)
                    selector.unregister(talk.socket)
                    yield talk
            if not talking:
                break
            wake = min(until, *(talk.wake_at for talk in talking))
            for key, _events in selector.select(max(0.0, wake - time.monotonic())):
                key.data.receive()
    finally:
        selector.close()
        for talk in conversations:
            talk.close()


class Conversation:
    """One server's questions over one UDP socket."""

    def __init__(self, server: Server, questions: Sequence[Any], patience: Patience):
        self.server = server
        self.questions = questions
        self.patience = patience
        self.socket: Any = None
        self.asked: list[Any] = [None] * len(questions)
        self.truncated: list[int] = []
        self.retried = 0
        self._queue = deque(range(len(questions)))
        self._left = len(questions)
        self._in_flight: dict[int, tuple[int, float, bytes]] = {}  # message id → (question, sent at, MAC)
        self._ids: dict[int, list[int]] = {}  # open question → ids of all its tries, since a late answer counts
        self._again: set[int] = set()  # questions in the queue that have been asked before
        self._tries: deque[tuple[float, int, int]] = deque()  # (gives up at, question, number of the try)
        self._open_tries = 0
        self._window = float(min(FIRST_WINDOW, patience.concurrency))
        self._shrunk_at = 0.0
        self._paused_until = 0.0
        self._heard = False  # any answer at all
        self._silent = 0  # questions given up since the last answer
        self._rejection = ""
        self._rejections = 0  # since the last answer

    def open(self) -> bool:
        """Whether there is anything to wait for."""
        if not self.questions:
            return False
        family = socket.AF_INET6 if ":" in self.server.address else socket.AF_INET
        try:
            self.socket = socket.socket(family, socket.SOCK_DGRAM)
            self.socket.setblocking(False)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            # connected: the kernel drops packets from anybody else and reports ICMP errors
            self.socket.connect((self.server.address, self.server.port))
        except OSError as error:
            self.give_up(unreachable(error))
            return False
        return True

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()

    @property
    def over(self) -> bool:
        return not self._left

    @property
    def wake_at(self) -> float:
        soonest = self._tries[0][0] if self._tries else float("inf")
        can_send = self._queue and self._open_tries < self._window
        return min(soonest, self._paused_until) if can_send else soonest

    def send(self) -> None:
        if time.monotonic() < self._paused_until:
            return
        queue, in_flight, ids, again = self._queue, self._in_flight, self._ids, self._again
        send, clock, timeout = self.socket.send, time.monotonic, self.patience.timeout
        while queue and self._open_tries < self._window:
            index = queue[0]
            message_id = getrandbits(16)
            while message_id in in_flight:
                message_id = getrandbits(16)
            wire, mac = self.questions[index].query(message_id)
            now, rejection = clock(), None
            try:
                send(wire)
            except (BlockingIOError, InterruptedError):
                self._paused_until = now + 0.001
                return
            except OSError as error:
                rejection = error
            queue.popleft()
            again.discard(index)
            tries = ids.get(index)
            if tries is None:
                tries = ids[index] = []
            tries.append(message_id)
            in_flight[message_id] = (index, now, mac)
            self._tries.append((now + timeout, index, len(tries)))
            self._open_tries += 1
            if rejection is not None:
                self._reject(rejection)
                return

    def receive(self) -> None:
        """Read what is there, at most one window full."""
        in_flight, questions, receive = self._in_flight, self.questions, self.socket.recv
        for _packet in range(self.patience.concurrency):
            try:
                wire = receive(65535)
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                self._reject(error)
                return
            known = in_flight.get(int.from_bytes(wire[:2], "big"))
            if known is None:
                continue
            index, sent_at, mac = known
            try:
                answer = questions[index].read(wire, mac)
            except NotForUs:
                continue
            except Truncated:
                answer = None
                self.truncated.append(index)
            now = time.monotonic()
            self._heard, self._silent, self._rejection, self._rejections = True, 0, "", 0
            if self._window < self.patience.concurrency:
                self._window += 1 / self._window
            if index in self._again:
                self._again.discard(index)
                self._queue.remove(index)
            else:
                self._open_tries -= 1
            self._finish(index, answer, round((now - sent_at) * 1000, 3))

    def expire(self, now: float) -> None:
        """Ask again what has waited too long, or give it up."""
        tries = self._tries
        while tries and tries[0][0] <= now:
            _at, index, number = tries.popleft()
            if number != len(self._ids.get(index, ())):
                continue  # answered meanwhile
            self._open_tries -= 1
            if now - self._shrunk_at > self.patience.timeout:
                self._window, self._shrunk_at = max(min(SMALLEST_WINDOW, self.patience.concurrency), self._window / 2), now
            if number <= self.patience.retries:
                self.retried += 1
                self._again.add(index)
                self._queue.appendleft(index)
                continue
            self._silent += 1
            self._finish(index, self._no_answer(number), None)
            if self._silent >= SILENCE:
                problem = self._no_answer(number).problem
                self.give_up(Answer(problem=problem, detail=f"not asked: no answer to {SILENCE} questions before it"))

    def give_up(self, answer: Answer) -> None:
        """Close every open question with this answer. One that was sent keeps its silence as the reason, unless it might still have been answered."""
        truncated, early = set(self.truncated), answer is NOT_ASKED and self._heard
        for index, asked in enumerate(self.asked):
            if asked is None and index not in truncated:
                tries = len(self._ids.get(index, ()))
                self.asked[index] = Asked(self._no_answer(tries) if tries and not early else answer, None, tries, "udp")
        self._queue.clear()
        self._tries.clear()
        self._left = 0

    def _no_answer(self, tries: int) -> Answer:
        if self._rejection:
            return Answer(problem="unreachable", detail=self._rejection)
        return Answer(problem="timeout", detail=f"no answer in {tries} tries of {self.patience.timeout:g} s")

    def _finish(self, index: int, answer: Answer | None, rtt: float | None) -> None:
        """Close one question; without an answer it has been put on the list for TCP."""
        ids = self._ids.pop(index)
        for message_id in ids:
            del self._in_flight[message_id]
        self._left -= 1
        if answer is not None:
            self.asked[index] = Asked(answer, rtt, len(ids), "udp")

    def _reject(self, error: OSError) -> None:
        """The network or the host says that nobody listens: all open tries are over, the next ones wait a little."""
        self._rejection = str(error.strerror or error)
        self._rejections += 1
        if self._rejections > self.patience.retries:
            self.give_up(self._no_answer(0))
            return
        now = time.monotonic()
        self._paused_until = now + PAUSE_AFTER_REJECTION
        self._tries = deque((now, index, number) for _at, index, number in self._tries)


def unreachable(error: OSError) -> Answer:
    return Answer(problem="unreachable", detail=str(error.strerror or error))


def begin_over_tcp(server: Server, questions: Sequence[Any], waiting: Sequence[int], found: list[Any], patience: Patience) -> list[threading.Thread]:
    """Put those questions over TCP whose numbers are ``waiting``. The threads that do so write the answers into ``found``."""
    queue = deque(waiting)
    threads = [
        threading.Thread(target=_talk_tcp, args=(server, questions, queue, found, patience), daemon=True)
        for _connection in range(min(TCP_CONNECTIONS, len(queue)))
    ]
    for thread in threads:
        thread.start()
    return threads


def _talk_tcp(
    server: Server, questions: Sequence[Any], queue: deque[int], found: list[Any], patience: Patience
) -> None:
    line = Line(server, patience)
    silent, problem = 0, None
    try:
        while True:
            try:
                index = queue.popleft()
            except IndexError:
                return
            if silent >= SILENCE // TCP_CONNECTIONS:
                skipped = Answer(problem=problem, detail=f"not asked: no answer to {silent} questions before it")
                found[index] = Asked(skipped, None, 0, "tcp")
            elif time.monotonic() >= patience.until:
                found[index] = Asked(NOT_ASKED, None, 0, "tcp")
            else:
                found[index] = line.ask(questions[index])
                problem = found[index].answer.problem
                silent = silent + 1 if found[index].rtt_ms is None else 0
    finally:
        line.close()


class Line:
    """One TCP connection that is kept, and opened again when the server has closed it."""

    def __init__(self, server: Server, patience: Patience):
        self.server = server
        self.patience = patience
        self.stream: Stream | None = None

    def ask(self, question: Any) -> Asked:
        """One question and its answer within ``timeout``; over a new connection when the server closes this one."""
        started = time.monotonic()
        until = min(started + self.patience.timeout, self.patience.until)
        for number in range(1, self.patience.retries + 2):
            try:
                answer = self._ask_once(question, until)
                return Asked(answer, round((time.monotonic() - started) * 1000, 3), number, "tcp")
            except (EOFError, ConnectionResetError, BrokenPipeError):
                self.close()
                problem = Answer(problem="error", detail="the server closed the TCP connection without an answer")
            except socket.timeout:
                whole = until < self.patience.until
                problem = Answer(problem="timeout", detail=f"no answer over TCP in {self.patience.timeout:g} s") if whole else NOT_ASKED
                break
            except OSError as error:
                problem = unreachable(error)
                break
        self.close()
        return Asked(problem, None, number, "tcp")

    def _ask_once(self, question: Any, until: float) -> Answer:
        if self.stream is None:
            self.stream = Stream(self.server, until)
        message_id = getrandbits(16)
        wire, mac = question.query(message_id)
        self.stream.send(wire, until)
        while True:
            answer = self.stream.receive(until)
            if answer[:2] != wire[:2]:
                continue
            try:
                return question.read(answer, mac)
            except NotForUs:
                continue
            except Truncated:
                return Answer(problem="malformed", detail="truncated over TCP")

    def close(self) -> None:
        if self.stream is not None:
            self.stream.close()
            self.stream = None
