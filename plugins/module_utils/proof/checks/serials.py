# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether all servers have the same serial of many zones: what the module C(verify_soa_serial) does."""

from __future__ import annotations

import time
from collections import Counter

from ansible_collections.authoritative.dns.plugins.module_utils.proof import verification
from ansible_collections.authoritative.dns.plugins.module_utils.proof.soa_serials import (
    describe,
    judge_zone,
    rcode_text,
    read_zones,
)
from ansible_collections.authoritative.dns.plugins.module_utils.wire.client import Patience, ask
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import (
    ASKING_SPEC,
    COMMON_SPEC,
    KEYS_SPEC,
    ROUNDS_SPEC,
    SERVERS_SPEC,
    read_keys,
    read_servers,
    refuse_too_small,
)
from ansible_collections.authoritative.dns.plugins.module_utils.wire.soa_question import SignedSoaQuestion, SoaQuestion

ARGUMENTS = dict(
    COMMON_SPEC,
    **ASKING_SPEC,
    **ROUNDS_SPEC,
    servers=SERVERS_SPEC,
    keys=KEYS_SPEC,
    zones={"type": "list", "elements": "raw", "required": True},
    max_lag={"type": "int", "default": 0},
    transport={"type": "str", "choices": ["udp", "tcp"], "default": "udp"},
)


class Survey:
    """What has been asked and answered so far, zone by zone."""

    def __init__(self, zones, servers, params):
        self.zones = zones
        self.servers = servers
        self.params = params
        self.started = time.monotonic()
        self.until = self.started + params["deadline"]
        self.asked = [{} for _zone in zones]  # per zone: {server name: Asked}
        self.verdicts = [[] for _zone in zones]
        self.questions = [SoaQuestion(zone.wire_name) for zone in zones]
        self.queries = self.retries = self.rounds = 0

    def ask(self, numbers):
        """Ask all servers of these zones, and judge them."""
        params = self.params
        patience = Patience(params["timeout"], params["retries"], params["concurrency"], self.until)
        wanted = {}
        for number in numbers:
            for name in self.zones[number].servers:
                wanted.setdefault(name, []).append(number)
        jobs = []
        for name, asked_numbers in wanted.items():
            server = self.servers[name]
            if server.key:
                questions = [SignedSoaQuestion(self.zones[number].wire_name, server.key) for number in asked_numbers]
            else:
                questions = [self.questions[number] for number in asked_numbers]
            jobs.append((server, questions))
        answers = ask(jobs, patience, params["transport"])
        for (name, asked_numbers), found in zip(wanted.items(), answers):
            for number, asked in zip(asked_numbers, found):
                self.asked[number][name] = asked
                self.queries += asked.tries
                self.retries += max(0, asked.tries - 1)
        for number in numbers:
            zone = self.zones[number]
            self.verdicts[number] = judge_zone(
                zone,
                self.servers,
                {name: asked.answer for name, asked in self.asked[number].items()},
                params["max_lag"],
            )
        self.rounds += 1

    def at_fault(self):
        """The numbers of the zones where not every server is as expected."""
        return [number for number, verdicts in enumerate(self.verdicts) if not all(verdict.ok for _server, verdict in verdicts)]

    def tell(self):
        """Results, all or those at fault as ``detail`` says, and the number of all by state, as a whole and by server."""
        results = []
        states = {name: Counter() for name in self.servers}
        times = {name: [] for name in self.servers}
        everything = self.params["detail"] == "all"
        for zone, asked, verdicts in zip(self.zones, self.asked, self.verdicts):
            for server, verdict in verdicts:
                name = server.name
                states[name][verdict.state] += 1
                rtt_ms = asked[name].rtt_ms
                if rtt_ms is not None:
                    times[name].append(rtt_ms)
                if everything or not verdict.ok:
                    results.append(_result(zone, server, asked[name], verdict))
        servers = [
            {
                "name": server.name,
                "address": server.address,
                "port": server.port,
                "role": server.role,
                "states": dict(states[server.name]),
                "rtt_ms": verification.spread(times[server.name]),
            }
            for server in self.servers.values()
        ]
        return {"results": results, "servers": servers, "states": sum(states.values(), Counter())}


def _result(zone, server, asked, verdict):
    return {
        "zone": zone.name,
        "server": server.name,
        "address": server.address,
        "port": server.port,
        "role": server.role,
        "state": verdict.state,
        "ok": verdict.ok,
        "serial": asked.answer.serial,
        "reference_serial": verdict.reference_serial,
        "lag": verdict.lag,
        "aa": asked.answer.aa,
        "rcode": rcode_text(asked.answer.rcode),
        "rtt_ms": asked.rtt_ms,
        "tries": asked.tries,
        "transport": asked.transport,
        "detail": verdict.detail,
    }


def verify(params):
    servers = read_servers(params["servers"], read_keys(params["keys"]))
    zones = read_zones(params["zones"], servers)
    refuse_too_small(params)
    survey = Survey(zones, servers, params)
    survey.ask(range(len(zones)))
    asking = time.monotonic() - survey.started

    def look(late):
        survey.ask(late)
        return survey.at_fault()

    verification.keep_looking(look, survey.at_fault(), params, survey.started)
    told = survey.tell()
    asked = sum(told["states"].values())
    return {
        "what": "answers",
        "describe": describe,
        **told,
        "summary": {
            "zones": len(zones),
            "servers": len(servers),
            "results": asked,
            "queries": survey.queries,
            "retries": survey.retries,
            "rounds": survey.rounds,
            "elapsed": round(time.monotonic() - survey.started, 3),
            "queries_per_second": round(asked / max(asking, 1e-6)),
        },
    }
