#!/usr/bin/python
# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: verify_server
short_description: Verify how name servers behave towards whoever asks
version_added: 0.1.0
author:
  - The authoritative.dns maintainers (@authoritative-dns)
description:
  - Asks each server over UDP and TCP, with and without EDNS, for recursion and for its version.
  - Where the module runs matters, because servers treat networks differently.
extends_documentation_fragment:
  - authoritative.dns.proof
  - authoritative.dns.proof.servers
  - authoritative.dns.proof.keys
  - authoritative.dns.proof.asking
  - authoritative.dns.proof.outside
options:
  checks:
    description: What to expect of each server. With V(any) the check is left out.
    type: dict
    default: {}
    suboptions:
      udp:
        description:
          - An answer over UDP. With O(servers[].zone) it must be an authoritative one.
        type: str
        choices: [answered, any]
        default: answered
      tcp:
        description: The same over TCP.
        type: str
        choices: [answered, any]
        default: answered
      edns:
        description: An answer with EDNS to a question with EDNS (RFC 6891).
        type: str
        choices: [supported, any]
        default: supported
      recursion:
        description: Whether recursion is offered to this host. The question for O(outside_name) is not signed.
        type: str
        choices: [refused, offered, any]
        default: refused
      version:
        description: That C(version.bind) does not tell a version number.
        type: str
        choices: [hidden, any]
        default: hidden
seealso:
  - module: authoritative.dns.verify_zone_transfer
"""

EXAMPLES = r"""
- name: The servers answer for their zone, over UDP and TCP, and are no open resolvers
  authoritative.dns.verify_server:
    servers:
      - {name: ns1, address: 192.0.2.1, zone: example.com}
      - {name: ns2, address: "2001:db8::2", zone: example.com}
"""

RETURN = r"""
msg:
  description: The summary in a line, followed by the first few faults.
  returned: always
  type: str
  sample: all 10 checks are as expected
results:
  description: One entry for each server and check, as O(detail) says.
  returned: always
  type: list
  elements: dict
  contains:
    server:
      description: The server's name.
      type: str
    address:
      description: The server's address.
      type: str
    port:
      description: The port that was asked.
      type: int
    check:
      description: The name of the check, one of those in O(checks).
      type: str
    state:
      description:
        - What was found. V(answered) or V(not_authoritative) by C(udp) and C(tcp); V(supported) or V(unsupported) by C(edns);
          V(refused) or V(offered) by C(recursion); V(hidden) or V(disclosed) by C(version).
        - By any check V(timeout), V(unreachable), V(wrong_key), V(bad_time), V(malformed), V(error) or V(not_asked).
      type: str
    expected:
      description: What was expected.
      type: str
    ok:
      description: Whether this is as expected.
      type: bool
    rtt_ms:
      description: Round trip time in milliseconds.
      type: float
    detail:
      description: More about the state, such as the version that was disclosed.
      type: str
results_left_out:
  description: Number of faults beyond O(max_results).
  returned: always
  type: int
summary:
  description: The numbers of servers, of results not as expected (C(at_fault)), results by state, and the time that it took
    in seconds.
  returned: always
  type: dict
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.authoritative.dns.plugins.module_utils.proof import verification
from ansible_collections.authoritative.dns.plugins.module_utils.proof.server_behaviour import CHECKS, describe, judge, questions
from ansible_collections.authoritative.dns.plugins.module_utils.wire.client import Patience, ask
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import (
    ASKING_SPEC,
    COMMON_SPEC,
    KEYS_SPEC,
    OUTSIDE_SPEC,
    SERVERS_SPEC,
    read_keys,
    read_name,
    read_servers,
    refuse_too_small,
)


def verify(params):
    servers = list(read_servers(params["servers"], read_keys(params["keys"])).values())
    outside_name = read_name(params["outside_name"], "outside_name")
    refuse_too_small(params)
    expected = {check: (params["checks"] or {}).get(check) or words[0] for check, words in CHECKS.items()}
    started = time.monotonic()
    patience = Patience(params["timeout"], params["retries"], until=started + params["deadline"])
    asked = [
        questions(read_name(server.zone, f"servers: {server.name}") if server.zone else None, outside_name, server.key)
        for server in servers
    ]
    found = {}
    for transport in ("udp", "tcp"):
        wanted = [check for check, word in expected.items() if word != "any" and (check == "tcp") == (transport == "tcp")]
        jobs = [(server, [by_check[check] for check in wanted]) for server, by_check in zip(servers, asked)]
        for server, answers in zip(servers, ask(jobs, patience, transport)):
            found.update({(server.name, check): answer for check, answer in zip(wanted, answers)})
    if expected["version"] != "any":
        # BIND answers one network three such questions a second over UDP, and drops more (the limits of its built-in view _bind).
        silent = [server.name for server in servers if found[server.name, "version"].answer.problem == "timeout"]
        jobs = [(server, [by_check["version"]]) for server, by_check in zip(servers, asked) if server.name in silent]
        found.update({(name, "version"): answers[0] for name, answers in zip(silent, ask(jobs, patience, "tcp"))})
    results = []
    for server in servers:
        for check, word in expected.items():
            if word == "any":
                continue
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


def main():
    checks = {check: {"type": "str", "choices": list(words), "default": words[0]} for check, words in CHECKS.items()}
    module = AnsibleModule(
        argument_spec=dict(
            COMMON_SPEC,
            **ASKING_SPEC,
            **OUTSIDE_SPEC,
            servers=SERVERS_SPEC,
            keys=KEYS_SPEC,
            checks={"type": "dict", "default": {}, "options": checks},
        ),
        supports_check_mode=True,
    )
    verification.run(module, verify)


if __name__ == "__main__":
    main()
