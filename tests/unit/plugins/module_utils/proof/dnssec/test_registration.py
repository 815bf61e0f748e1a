# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes next for a zone's keys, whatever the signer, the zone's servers and those of the zone above say."""

from __future__ import annotations

import dns.flags
import dns.message
import dns.name
import dns.rrset
import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.registration import NEXT, assess, lines
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import Server
from ansible_collections.authoritative.dns.plugins.module_utils.wire.question import Reply
from ansible_collections.authoritative.dns.plugins.module_utils.wire.soa_question import Answer
from ansible_collections.authoritative.dns.tests.support.signed_zones import make_key

NAME = dns.name.from_text("signed.test")
NEW, OLD, OTHER = (make_key("signed.test") for _key in range(3))


def key(made, ds, goal="omnipresent", told=None, signs_keys=True, dnskey="omnipresent"):
    states = {"dnskey": dnskey, **({"ds": ds} if signs_keys else {})}
    facts = {"key_tag": made.tag, "algorithm": 13, "signs_keys": signs_keys, "signs_zone": True, "dnskey": made.dnskey.to_text()}
    return {**facts, "goal": goal, "states": states, "told": told}


def reply(rdtype, *data, authoritative=True):
    message = dns.message.make_response(dns.message.make_query(NAME, rdtype))
    message.flags |= dns.flags.AA if authoritative else 0
    if data:
        message.answer.append(dns.rrset.from_text(NAME, 60, "IN", rdtype, *data))
    return Reply(message, 0)


def answers(kind, listed):
    """(server, answer) of servers, each with the keys that it shows, or None for silence."""
    text = {"DNSKEY": lambda made: made.dnskey.to_text(), "DS": lambda made: made.ds()}[kind]
    silence = Answer(None, None, None, "timeout", "")
    return [(Server(f"{kind}{n}", "192.0.2.1", 53), silence if keys is None else reply(kind, *map(text, keys))) for n, keys in enumerate(listed)]


CASES = {
    "nothing is there": ([], [[]], [[]], "no_keys", [], [], []),
    "keys are lost": ([], [[]], [[OLD]], "ds_mismatch", [], [OLD], []),
    "keys are new": ([key(NEW, "hidden")], [[NEW]], [[]], "too_early", [], [], []),
    "and the DS was entered too early": ([key(NEW, "hidden")], [[NEW]], [[NEW]], "too_early", [], [], []),
    "a DS may be entered": ([key(NEW, "rumoured")], [[NEW], [NEW]], [[], []], "to_enter", [NEW], [], []),
    "nobody is known above": ([key(NEW, "rumoured")], [[NEW]], [], "parents_unknown", [], [], []),
    "a server lacks the key": ([key(NEW, "rumoured")], [[NEW], []], [[], []], "not_everywhere", [], [], []),
    "a server is silent": ([key(NEW, "rumoured")], [[NEW], None], [[], []], "not_everywhere", [], [], []),
    "a server lacks the next key": (
        *([key(NEW, "rumoured"), key(OLD, "unretentive", "hidden")], [[NEW, OLD], [OLD]], [[OLD]], "not_everywhere", [], [], []),
    ),
    "one above is silent": ([key(NEW, "rumoured")], [[NEW]], [[NEW], None], "parents_silent", [], [], []),
    "one above has it": ([key(NEW, "rumoured")], [[NEW]], [[NEW], []], "spreading", [NEW], [], []),
    "all above have it": ([key(NEW, "rumoured")], [[NEW]], [[NEW], [NEW]], "to_tell", [], [], [(NEW, "published")]),
    "the signer knows": ([key(NEW, "rumoured", told="published")], [[NEW]], [[NEW]], "waiting", [], [], []),
    "it is over": ([key(NEW, "omnipresent")], [[NEW]], [[NEW]], "secure", [], [], []),
    "a rollover": ([key(NEW, "rumoured"), key(OLD, "unretentive", "hidden")], [[NEW, OLD]], [[OLD]], "to_enter", [NEW], [OLD], []),
    "both are above": ([key(NEW, "rumoured"), key(OLD, "unretentive", "hidden")], [[NEW, OLD]], [[OLD, NEW]], "to_tell", [], [OLD], [(NEW, "published")]),
    "it was followed": (
        *([key(NEW, "rumoured"), key(OLD, "unretentive", "hidden")], [[NEW, OLD]], [[NEW]], "to_tell", [], []),
        [(NEW, "published"), (OLD, "withdrawn")],
    ),
    "a rollover just began": ([key(NEW, "hidden"), key(OLD, "omnipresent", "hidden")], [[NEW, OLD]], [[OLD]], "secure", [], [], []),
    "a DS of nobody beside it": ([key(NEW, "omnipresent")], [[NEW]], [[NEW, OTHER]], "to_enter", [], [OTHER], []),
    "a DS of nobody alone": ([key(NEW, "omnipresent")], [[NEW]], [[OTHER]], "ds_mismatch", [NEW], [OTHER], []),
    "a DS of a key that has ended": (
        *([key(NEW, "hidden"), key(OLD, "hidden", "hidden", dnskey="hidden")], [[NEW]], [[OLD]], "ds_mismatch", [], [OLD], []),
    ),
    "unsigned soon": ([key(OLD, "unretentive", "hidden")], [[OLD]], [[OLD]], "to_enter", [], [OLD], []),
    "and told so": ([key(OLD, "unretentive", "hidden", "withdrawn")], [[OLD]], [[]], "waiting", [], [], []),
    "and over": ([key(OLD, "hidden", "hidden")], [[OLD]], [[]], "insecure", [], [], []),
    "a key of the zone alone": ([key(NEW, "omnipresent"), key(OTHER, "", signs_keys=False)], [[NEW, OTHER]], [[NEW]], "secure", [], [], []),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_comes_next(case):
    keys, served, above, state, add, remove, tell = case
    found = assess("signed.test", NAME, keys, answers("DNSKEY", served), answers("DS", above))
    assert (found["state"], found["next"]) == (state, NEXT[state])
    assert [entry["ds"] for entry in found["add"]] == [one.ds().lower() for one in add]
    assert sorted(found["remove"]) == sorted(one.ds().lower() for one in remove)
    assert [(told["key_tag"], told["ds"]) for told in found["tell"]] == [(one.tag, what) for one, what in tell]
    said = "\n".join(lines(found))
    assert said.startswith(f"signed.test: {state}: ") and all(f"enter  signed.test. IN DS {one.ds().lower()}" in said for one in add)


def test_who_answers_without_authority_or_has_the_zone_itself_is_none_above():
    server = Server("above", "192.0.2.1", 53)
    below = reply("DS")
    below.message.authority.append(dns.rrset.from_text(NAME, 60, "IN", "SOA", "a. b. 1 1 1 1 1"))
    for answer in (reply("DS", authoritative=False), below):
        found = assess("signed.test", NAME, [key(OLD, "unretentive", "hidden")], answers("DNSKEY", [[OLD]]), [(server, answer)])
        assert found["state"] == "parents_silent" and found["tell"] == []
