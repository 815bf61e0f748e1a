# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether name servers behave as authoritative servers should: what the module C(verify_server) does."""

from __future__ import annotations

import time

from ansible_collections.authoritative.dns.plugins.module_utils.proof.server_behaviour import CHECKS, describe, judge, questions
from ansible_collections.authoritative.dns.plugins.module_utils.wire.client import Patience, ask
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import (
    ASKING_SPEC,
    COMMON_SPEC,
    KEYS_SPEC,
    OUTSIDE_SPEC,
    SERVERS_SPEC,
    Mistake,
    read_keys,
    read_name,
    read_servers,
    refuse_too_small,
)

ARGUMENTS = dict(
    COMMON_SPEC,
    **ASKING_SPEC,
    **OUTSIDE_SPEC,
    servers=SERVERS_SPEC,
    keys=KEYS_SPEC,
    recursive={"type": "list", "elements": "str", "default": []},
    checks={"type": "dict", "default": {}, "options": {check: {"type": "str", "choices": list(words), "default": words[0]} for check, words in CHECKS.items()}},
)

# Over UDP, BIND answers one network three questions a second for its version and drops more (the limits of its built-in view _bind), and those who
# verify are many. It is asked over UDP where TCP brings no answer.
OVER_TCP = ("tcp", "version")


def verify(params):
    servers = list(read_servers(params["servers"], read_keys(params["keys"])).values())
    outside_name = read_name(params["outside_name"], "outside_name")
    refuse_too_small(params)
    expected = {check: (params["checks"] or {}).get(check) or words[0] for check, words in CHECKS.items()}
    recursive = set(params["recursive"] or ())
    unknown = sorted(recursive - {server.name for server in servers})
    if unknown:
        raise Mistake(f"recursive: {', '.join(unknown)} is not among the servers; give names of these")
    left_out = {("recursion", name) for name in recursive}
    started = time.monotonic()
    patience = Patience(params["timeout"], params["retries"], until=started + params["deadline"])
    asked = [questions(read_name(server.zone, f"servers: {server.name}") if server.zone else None, outside_name, server.key) for server in servers]
    wanted = [check for check, word in expected.items() if word != "any"]
    first = [check for check in wanted if check in OVER_TCP]
    found = {}

    def put(transport, checks):
        """Ask each server for its ``checks``."""
        jobs = [(server, [by_check[check] for check in names]) for server, by_check, names in zip(servers, asked, checks)]
        for server, names, answers in zip(servers, checks, ask(jobs, patience, transport)):
            found.update({(server.name, check): answer for check, answer in zip(names, answers)})

    put("tcp", [first for _server in servers])
    left = [check for check in wanted if check not in first]
    again = {server.name: [check for check in first if check != "tcp" and found[server.name, check].rtt_ms is None] for server in servers}
    put("udp", [[check for check in left if (check, server.name) not in left_out] + again[server.name] for server in servers])
    results = []
    for server in servers:
        for check in [check for check in wanted if (check, server.name) not in left_out]:
            word = expected[check]
            answer, rtt_ms, _tries, _transport = found[server.name, check]
            state, detail = judge(check, answer, bool(server.zone))
            results.append(
                {
                    "server": server.name,
                    "address": server.address,
                    "port": server.port,
                    "check": check,
                    "state": state,
                    "expected": word,
                    "ok": state == word,
                    "rtt_ms": rtt_ms,
                    "detail": detail,
                }
            )
    return {
        "what": "checks",
        "describe": describe,
        "results": results,
        "summary": {"servers": len(servers), "elapsed": round(time.monotonic() - started, 3)},
    }
