# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How one name server behaves towards whoever asks: the questions, and what the replies say. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import place
from ansible_collections.authoritative.dns.plugins.module_utils.wire.question import Question, Reply
from ansible_collections.authoritative.dns.plugins.module_utils.wire.soa_question import Answer

# check → what may be expected, the default first; `any` leaves the check out
CHECKS = {
    "udp": ("answered", "any"),
    "tcp": ("answered", "any"),
    "edns": ("supported", "any"),
    "recursion": ("refused", "offered", "any"),
    "version": ("hidden", "any"),
}
# what passes every path without being fragmented (RFC 9715, section 3.2)
PAYLOAD = 1232


def questions(zone: Any, outside_name: Any, key: Any) -> dict[str, Question]:
    """The question of each check. ``zone`` is a zone that the server serves, or None when none is known."""
    about = zone if zone is not None else outside_name
    return {
        "udp": Question(about, "SOA", key=key),
        "tcp": Question(about, "SOA", key=key),
        "edns": Question(about, "SOA", key=key, payload=PAYLOAD),
        # as a stranger would ask: without the key
        "recursion": Question(outside_name, "A", recursive=True),
        "version": Question(dns.name.from_text("version.bind."), "TXT", "CH"),
    }


def judge(check: str, answer: Reply | Answer, serves: bool) -> tuple[str, str]:
    """State and detail. ``serves``: the question was about a zone that the server ought to serve."""
    if answer.problem:
        return answer.problem, answer.detail
    return JUDGES[check](answer, serves)


def _judge_answer(reply: Reply, serves: bool) -> tuple[str, str]:
    rcode = dns.rcode.to_text(reply.rcode)
    if serves and not (reply.aa and reply.rcode == 0):
        return "not_authoritative", f"{rcode}, {'with' if reply.aa else 'without'} authority"
    return "answered", rcode


def _judge_edns(reply: Reply, serves: bool) -> tuple[str, str]:
    if reply.message.edns < 0:
        return "unsupported", f"{dns.rcode.to_text(reply.rcode)} without EDNS to a question with it"
    return "supported", f"payload {reply.message.payload}"


def _judge_recursion(reply: Reply, serves: bool) -> tuple[str, str]:
    rcode = dns.rcode.to_text(reply.rcode)
    if reply.ra:
        return "offered", f"{rcode} with RA"
    if reply.message.answer:
        return "offered", f"{rcode} with an answer"
    if reply.rcode == 0 and reply.rrsets("NS", "authority"):
        return "refused", "refers to other servers instead of answering REFUSED"
    return "refused", rcode


def _judge_version(reply: Reply, serves: bool) -> tuple[str, str]:
    texts = [b"".join(rdata.strings).decode("ascii", "replace") for rrset in reply.rrsets("TXT") for rdata in rrset]
    telling = [text for text in texts if any(letter.isdigit() for letter in text)]
    if telling:
        return "disclosed", telling[0]
    return "hidden", texts[0] if texts else dns.rcode.to_text(reply.rcode)


JUDGES = {
    "udp": _judge_answer,
    "tcp": _judge_answer,
    "edns": _judge_edns,
    "recursion": _judge_recursion,
    "version": _judge_version,
}


def describe(result: Mapping[str, Any]) -> str:
    detail = f": {result['detail']}" if result["detail"] else ""
    return f"{place(result)}: {result['check']} {result['state']}, expected {result['expected']}{detail}"
