# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carry out investigations: many delegations side by side, their questions put together."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.delegation.facts import AXFR, TCP, UDP, Facts, Request
from ansible_collections.authoritative.dns.plugins.module_utils.transfer.client import Limits, carry_out
from ansible_collections.authoritative.dns.plugins.module_utils.transfer.protocol import Transfer
from ansible_collections.authoritative.dns.plugins.module_utils.wire.client import Patience, ask
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import Server

TRANSFERS_AT_A_TIME = 20


def run_side_by_side(
    investigations: Sequence[Generator[list[Request], list[Any], Facts]], patience: Patience
) -> list[Facts]:
    """Run generators that yield requests to their ends, in lockstep; what they return, in their order. No round takes more than half of what time is left."""
    results: list[Any] = [None] * len(investigations)
    waiting: dict[int, list[Request]] = {}

    def advance(number: int, answers: list[Any] | None) -> None:
        try:
            waiting[number] = investigations[number].send(answers)
        except StopIteration as stop:
            results[number] = stop.value
            waiting.pop(number, None)

    for number in range(len(investigations)):
        advance(number, None)
    while waiting:
        requests = [request for asked in waiting.values() for request in asked]
        answers = iter(_put(requests, patience))
        for number, asked in list(waiting.items()):
            advance(number, [next(answers) for _request in asked])
    return results


def _put(requests: Sequence[Request], patience: Patience) -> list[Any]:
    """The answers in the order of the requests; the same question to the same address is put once."""
    found: dict[Request, Any] = {}
    unique: dict[Any, Request] = {}
    for request in requests:
        unique.setdefault(_identity(request), request)
    for transport in (UDP, TCP):
        by_address: dict[str, list[Request]] = {}
        for request in unique.values():
            if request.transport == transport:
                by_address.setdefault(request.address, []).append(request)
        jobs = [
            (Server(address, address, 53), [request.question for request in asked])
            for address, asked in by_address.items()
        ]
        for asked, answers in zip(by_address.values(), ask(jobs, patience.share(0.5), transport)):
            found.update({_identity(request): answer.answer for request, answer in zip(asked, answers)})
    transfers = [request for request in unique.values() if request.transport == AXFR]
    with ThreadPoolExecutor(max(1, min(TRANSFERS_AT_A_TIME, len(transfers)))) as pool:
        words = pool.map(lambda request: _try_transfer(request, patience), transfers)
        found.update({_identity(request): word for request, word in zip(transfers, words)})
    return [found[_identity(request)] for request in requests]


def _identity(request: Request) -> Any:
    if request.transport == AXFR:
        return request
    question = request.question
    return (request.address, request.transport, question.name, question.rdtype, question.flags, question.payload)


def _try_transfer(request: Request, patience: Patience) -> str:
    """Whether a transfer begins: a few records are enough to know."""
    limits = Limits(patience.timeout, min(patience.until, time.monotonic() + 3 * patience.timeout), 1, 1 << 17)
    transfer = Transfer(request.question, max_records=1, keep=False)
    state = carry_out(transfer, Server(request.address, request.address, 53), limits).state
    return "allowed" if state in ("allowed", "too_large") or transfer.records else state
