#!/usr/bin/python
# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: verify_resolution
short_description: Verify what this host's own resolver answers, who answered, and how long it took
version_added: 0.1.0
author:
  - The authoritative.dns maintainers (@authoritative-dns)
description:
  - Looks names up as the programs of the host do, on the host where the module runs.
  - Caches are gone around. systemd-resolved is asked with C(resolvectl query --cache=no). The C library keeps nothing
    between lookups; each lookup runs in a process of its own, and when C(nscd) runs it is not asked.
  - Then each resolver of the host is asked the same question directly, to know which of them answer.
extends_documentation_fragment:
  - authoritative.dns.proof
options:
  names:
    description:
      - The names to look up, each a name or a dictionary.
      - A dictionary has C(name), and optionally C(type) (a record type, by default V(A)), C(expect) (a list of all records
        of the answer, in any order) and C(expect_state) (V(answered), the default, or V(not_found)).
    type: list
    elements: raw
    required: true
  method:
    description: Which resolver to ask. With V(auto), the one that the host uses.
    type: str
    choices: [auto, glibc, systemd_resolved]
    default: auto
  timeout:
    description: Seconds after which a lookup is given up. The host's own limits are usually reached before.
    type: float
    default: 10.0
  max_elapsed:
    description: Seconds that a lookup may take to be as expected.
    type: float
  expected_resolvers:
    description: The addresses that the host must ask, in this order.
    type: list
    elements: str
  ask_resolvers:
    description: Ask each resolver directly, too.
    type: bool
    default: true
  detail:
    description: Which results to return. V(faults) are those that are not as expected, at most O(max_results) of them.
    type: str
    choices: [faults, all, summary]
    default: all
seealso:
  - module: authoritative.dns.verify_soa_serial
"""

EXAMPLES = r"""
- name: The host resolves our names through our servers, and fast
  authoritative.dns.verify_resolution:
    names:
      - pc1.example.com
      - {name: pc1.example.com, expect: [192.168.29.50]}
      - {name: example.com, type: MX, expect: ["10 mail.example.com."]}
      - {name: no-such-name.example.com, expect_state: not_found}
    expected_resolvers: [192.168.29.100, 192.168.29.101]
    max_elapsed: 1
"""

RETURN = r"""
msg:
  description: The summary in a line, followed by the first few faults.
  returned: always
  type: str
  sample: all 4 lookups are as expected
results:
  description: One entry for each name, as O(detail) says. When the resolvers are not the expected ones, one more.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The name as given.
      type: str
    type:
      description: The record type.
      type: str
    state:
      description:
        - V(answered), V(not_found) and V(no_data) are what the name has. V(timeout) is a lookup that was given up,
          V(failed) one for which no resolver had an answer.
        - V(unexpected_answer) is an answer other than the one expected, V(slow) one that took longer than O(max_elapsed),
          V(unexpected_resolvers) that the host does not ask O(expected_resolvers), V(not_asked) what came after the deadline.
      type: str
    ok:
      description: Whether this is as expected.
      type: bool
    answers:
      description: The records as text, sorted.
      type: list
      elements: str
    elapsed:
      description: Seconds that the host's resolver took.
      type: float
    answered_by:
      description:
        - The resolver that answered. systemd-resolved says which server it uses. With the C library, or when it does not say, it is the
          first resolver in order that answers the same question asked directly right after.
        - None when that cannot be known.
      type: str
    method:
      description: V(glibc) or V(systemd_resolved).
      type: str
    resolvers:
      description: For each resolver, its C(address), C(state), C(rtt_ms) and C(answers) when asked directly.
      type: list
      elements: dict
    detail:
      description: More about the state.
      type: str
results_left_out:
  description: Number of faults beyond O(max_results).
  returned: always
  type: int
resolvers:
  description: The addresses that the host asks, in its order.
  returned: always
  type: list
  elements: str
resolver_source:
  description: Where they are configured, V(resolv_conf) or V(systemd_resolved).
  returned: always
  type: str
summary:
  description: The numbers of names, of results not as expected (C(at_fault)), results by state, and the longest lookup in
    seconds (C(slowest)).
  returned: always
  type: dict
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns
from ansible_collections.authoritative.dns.plugins.module_utils.proof import verification
from ansible_collections.authoritative.dns.plugins.module_utils.resolution.resolver import (
    answers_in,
    current_server,
    find_system_resolver,
    look_up,
    normal_data,
)
from ansible_collections.authoritative.dns.plugins.module_utils.wire.client import Patience, ask
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import (
    COMMON_SPEC,
    Mistake,
    Server,
    read_name,
    refuse_too_small,
    refuse_unknown,
)
from ansible_collections.authoritative.dns.plugins.module_utils.wire.question import Question

FIELDS = ("name", "type", "expect", "expect_state")
EXPECTED_STATES = {"answered": ("answered",), "not_found": ("not_found", "no_data")}
# rcodes after which glibc is content; with any other it asks the next resolver (resolv/res_send.c)
FINAL_RCODES = {0: "answered", 3: "not_found"}
DIRECT = Patience(timeout=1.0, retries=1)


class Wanted:
    """One item of ``names``, checked."""

    def __init__(self, given, number):
        where = f"names: entry {number}"
        if isinstance(given, str):
            given = {"name": given}
        if not isinstance(given, dict) or "name" not in given:
            raise Mistake(f"{where} is neither a name nor a dictionary with a name")
        where = f"names: {given['name']}"
        refuse_unknown(given, FIELDS, where)
        self.name = given["name"]
        self.qname = read_name(self.name, where)
        try:
            self.type = dns.rdatatype.to_text(dns.rdatatype.from_text(str(given.get("type", "A"))))
        except (dns.exception.DNSException, ValueError):
            raise Mistake(f"{where}: type {given['type']!r} is not a record type") from None
        self.state = given.get("expect_state", "answered")
        if self.state not in EXPECTED_STATES:
            raise Mistake(f"{where}: expect_state {self.state!r} is not one of {', '.join(EXPECTED_STATES)}")
        expect = given.get("expect")
        if isinstance(expect, str):
            expect = [expect]
        self.answers = None if expect is None else {self._normal(text, where) for text in expect}

    def _normal(self, text, where):
        try:
            return normal_data(self.type, str(text)).lower()
        except (dns.exception.DNSException, ValueError) as error:
            raise Mistake(f"{where}: expect {text!r} is not {self.type} data: {error}") from None

    def judge(self, lookup, max_elapsed):
        """State, whether that is as expected, and why."""
        if lookup.state not in EXPECTED_STATES[self.state]:
            return lookup.state, False, lookup.detail or f"expected {self.state}"
        if self.answers is not None and {answer.lower() for answer in lookup.answers} != self.answers:
            expected = ", ".join(sorted(self.answers)) or "nothing"
            return "unexpected_answer", False, f"{', '.join(lookup.answers) or 'nothing'}, expected {expected}"
        if max_elapsed is not None and lookup.elapsed > max_elapsed:
            return "slow", False, f"{lookup.elapsed:.2f} s, at most {max_elapsed:g} s expected"
        return lookup.state, True, lookup.detail


def ask_directly(wanted, addresses):
    """Put the question to each resolver as the system would."""
    servers = [Server(address, address, 53) for address in addresses]
    question = Question(wanted.qname, wanted.type, recursive=True)
    found = []
    for server, (asked,) in zip(servers, ask([(server, [question]) for server in servers], DIRECT)):
        reply = asked.answer
        if reply.problem:
            state, answers = reply.problem, []
        else:
            answers = answers_in(reply.message, question.rdtype)
            state = FINAL_RCODES.get(reply.rcode, dns.rcode.to_text(reply.rcode).lower())
            if state == "answered" and not answers:
                state = "no_data"
        found.append({"address": server.address, "state": state, "rtt_ms": asked.rtt_ms, "answers": answers})
    return found


def who_answered(system, resolvers):
    if system.method == "systemd_resolved":
        current = current_server()
        if current:
            return current
    if system.rotate:
        return None  # the C library asks in turn: there is no first one
    content = [*FINAL_RCODES.values(), "no_data"]
    return next((resolver["address"] for resolver in resolvers if resolver["state"] in content), None)


def examine(wanted, system, params, until):
    left = until - time.monotonic()
    if left <= 0:
        return _result(wanted, system, "not_asked", detail="the deadline came first")
    lookup = look_up(system, wanted.name, wanted.type, min(params["timeout"], left))
    state, ok, detail = wanted.judge(lookup, params["max_elapsed"])
    resolvers = ask_directly(wanted, system.resolvers) if params["ask_resolvers"] else []
    answered_by = None
    if lookup.state in ("answered", "not_found", "no_data"):
        answered_by = who_answered(system, resolvers)
    return _result(
        wanted,
        system,
        state,
        ok=ok,
        answers=lookup.answers,
        elapsed=round(lookup.elapsed, 4),
        answered_by=answered_by,
        resolvers=resolvers,
        detail=detail,
    )


def _result(wanted, system, state, **found):
    return dict(
        {
            "name": wanted.name,
            "type": wanted.type,
            "state": state,
            "ok": False,
            "answers": [],
            "elapsed": 0.0,
            "answered_by": None,
            "method": system.method,
            "resolvers": [],
            "detail": "",
        },
        **found,
    )


def describe(result):
    what = result["name"] + (f" {result['type']}" if result["type"] else "")
    detail = f": {result['detail']}" if result["detail"] else ""
    return f"{what}: {result['state']} after {result['elapsed']:.2f} s{detail}"


def verify(params):
    refuse_too_small(params)
    names = [Wanted(given, number) for number, given in enumerate(params["names"], 1)]
    until = time.monotonic() + params["deadline"]
    system = find_system_resolver(params["method"])
    results = [examine(wanted, system, params, until) for wanted in names]
    slowest = max((result["elapsed"] for result in results), default=0.0)
    expected = params["expected_resolvers"]
    if expected is not None and expected != system.resolvers:
        results.append(
            {
                "name": "resolvers",
                "type": None,
                "state": "unexpected_resolvers",
                "ok": False,
                "answers": system.resolvers,
                "elapsed": 0.0,
                "answered_by": None,
                "method": system.method,
                "resolvers": [],
                "detail": f"the host asks {', '.join(system.resolvers)}, expected {', '.join(expected)}",
            }
        )
    return {
        "what": "lookups",
        "describe": describe,
        "results": results,
        "resolvers": system.resolvers,
        "resolver_source": system.source,
        "summary": {"names": len(names), "slowest": slowest},
    }


def main():
    module = AnsibleModule(
        argument_spec=dict(
            COMMON_SPEC,
            detail=dict(COMMON_SPEC["detail"], default="all"),
            names={"type": "list", "elements": "raw", "required": True},
            method={"type": "str", "choices": ["auto", "glibc", "systemd_resolved"], "default": "auto"},
            timeout={"type": "float", "default": 10.0},
            max_elapsed={"type": "float"},
            expected_resolvers={"type": "list", "elements": "str"},
            ask_resolvers={"type": "bool", "default": True},
        ),
        supports_check_mode=True,
    )
    verification.run(module, verify)


if __name__ == "__main__":
    main()
