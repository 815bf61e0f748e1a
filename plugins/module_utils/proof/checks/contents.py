# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether servers answer with the records that they should have: what the module C(verify_records) does."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.authoritative.dns.plugins.module_utils.proof import verification
from ansible_collections.authoritative.dns.plugins.module_utils.proof.record_sets import (
    RecordSetQuestion,
    Scope,
    Verdict,
    describe,
    judge,
    record_sets,
    serial_of,
)
from ansible_collections.authoritative.dns.plugins.module_utils.transfer.client import Limits, transferred_records
from ansible_collections.authoritative.dns.plugins.module_utils.transfer.protocol import TransferError
from ansible_collections.authoritative.dns.plugins.module_utils.transfer.records import read_zone_text
from ansible_collections.authoritative.dns.plugins.module_utils.wire.client import Patience, ask
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import (
    ASKING_SPEC,
    COMMON_SPEC,
    KEYS_SPEC,
    ROUNDS_SPEC,
    SERVERS_SPEC,
    Mistake,
    find_servers,
    read_keys,
    read_name,
    read_record_sets,
    read_servers,
    read_types,
    refuse_too_small,
)

# of one transfer, which bounds the memory that the module needs
MOST_RECORDS = 5000000
MOST_BYTES = 1 << 28
TRANSFERS_AT_A_TIME = 10

ARGUMENTS = dict(
    COMMON_SPEC,
    **ASKING_SPEC,
    **ROUNDS_SPEC,
    servers=SERVERS_SPEC,
    keys=KEYS_SPEC,
    zones={
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "reference": {"type": "str"},
            "content": {"type": "str"},
            "servers": {"type": "list", "elements": "str"},
            "ignore_types": {"type": "list", "elements": "str"},
            "ignore_record_sets": {"type": "list", "elements": "str", "default": []},
            "ignore_apex_ns": {"type": "bool"},
            "ignore_ttl": {"type": "bool"},
        },
    },
    ignore_types={"type": "list", "elements": "str", "default": ["SOA"]},
    ignore_apex_ns={"type": "bool", "default": False},
    ignore_ttl={"type": "bool", "default": False},
    also_ask={"type": "list", "elements": "str", "default": ["A", "AAAA", "MX", "TXT"]},
    sample={"type": "int", "default": 0},
)


class Zone:
    """One item of ``zones``, checked, and what has been found out about it."""

    def __init__(self, given, servers, params):
        self.name = given["name"]
        where = f"zones: {self.name}"
        self.qname = read_name(self.name, where)
        self.apex = self.qname.to_wire().lower()
        self.content = given["content"]
        if self.content is not None and given["reference"] is not None:
            raise Mistake(f"{where}: reference and content cannot both be what to compare with; give one of them")
        self.reference = None if self.content is not None else _find_reference(given["reference"], servers, where)
        if given["servers"] is None:
            self.servers = [server for server in servers.values() if server != self.reference]
        else:
            self.servers = find_servers(given["servers"], servers, where)
        if not self.servers:
            raise Mistake(f"{where}: no server to compare with {self.reference.name if self.reference else 'its content'}; name at least one more in servers")
        options = {name: params[name] if given[name] is None else given[name] for name in ("ignore_types", "ignore_apex_ns", "ignore_ttl")}
        self.ignore_ttl = options["ignore_ttl"]
        self.scope = Scope(
            read_types(options["ignore_types"], f"{where}: ignore_types"),
            read_record_sets(given["ignore_record_sets"], self.qname, f"{where}: ignore_record_sets"),
            options["ignore_apex_ns"],
            read_types(params["also_ask"], "also_ask"),
            params["sample"],
        )
        self.serial = None
        self.wanted = []
        self.verdicts = {}  # by name of the server

    @property
    def servers_at_fault(self):
        return [server for server in self.servers if not (server.name in self.verdicts and self.verdicts[server.name].ok)]

    def read_reference(self, limits):
        """What went wrong, or an empty text."""
        if self.content is not None:
            if not self.wanted:
                self._take(list(read_zone_text(self.content, self.qname, f"zones: {self.name}: content")))
            return ""
        self.wanted = []
        try:
            records = list(transferred_records(self.qname, self.reference, limits))
        except TransferError as error:
            self.serial = None
            return f"{self.reference.place} gave nothing to compare with: {error}"
        self._take(records)
        return ""

    def _take(self, records):
        self.serial = serial_of(records)
        self.wanted = record_sets(records, self.apex, self.scope)


def _find_reference(name, servers, where):
    if name is not None:
        return find_servers([name], servers, where)[0]
    for server in servers.values():
        if server.role == "primary":
            return server
    raise Mistake(f"{where}: no reference; name the server to compare with, or give a server the role primary")


class Survey:
    """All zones, asked about until they are as expected or time is over."""

    def __init__(self, zones, params):
        self.zones = zones
        self.started = time.monotonic()
        until = self.started + params["deadline"]
        self.limits = Limits(params["timeout"], until, MOST_RECORDS, MOST_BYTES)
        self.patience = Patience(params["timeout"], params["retries"], params["concurrency"], until)
        self.queries = self.retries = self.rounds = 0

    def ask(self, zones):
        """Transfer these zones from their references, and ask those of their servers that are not as expected so far."""
        with ThreadPoolExecutor(TRANSFERS_AT_A_TIME) as pool:
            problems = list(pool.map(lambda zone: zone.read_reference(self.limits), zones))
        jobs = {}  # by name: the server, and the zones to ask it about
        for zone, problem in zip(zones, problems):
            for server in zone.servers_at_fault:
                if problem:
                    zone.verdicts[server.name] = Verdict("no_reference", problem)
                else:
                    jobs.setdefault(server.name, (server, []))[1].append(zone)
        questions = [
            (server, [RecordSetQuestion(wanted, zone.apex, server.key) for zone in asked for wanted in zone.wanted]) for server, asked in jobs.values()
        ]
        for (server, asked), found in zip(jobs.values(), ask(questions, self.patience)):
            self.queries += sum(answer.tries for answer in found)
            self.retries += sum(max(0, answer.tries - 1) for answer in found)
            answers = iter(answer.answer for answer in found)
            for zone in asked:
                zone.verdicts[server.name] = judge(zone.wanted, [next(answers) for _set in zone.wanted], server.role, zone.ignore_ttl)
        self.rounds += 1

    def at_fault(self):
        return [zone for zone in self.zones if zone.servers_at_fault]


def _result(zone, server):
    verdict = zone.verdicts[server.name]
    differences = verdict.comparison
    return {
        "zone": zone.name,
        "server": server.name,
        "address": server.address,
        "port": server.port,
        "role": server.role,
        "reference": zone.reference.name if zone.reference else None,
        "reference_serial": zone.serial,
        "state": verdict.state,
        "ok": verdict.ok,
        "asked": verdict.asked,
        "hidden": verdict.hidden,
        "comparison": dict(differences._asdict(), ttl=verdict.ttl, ttl_count=verdict.ttl_count, equal=differences.equal and not verdict.ttl)
        if verdict.asked
        else None,
        "detail": verdict.detail,
    }


def verify(params):
    refuse_too_small(params)
    servers = read_servers(params["servers"], read_keys(params["keys"]))
    zones = [Zone(given, servers, params) for given in params["zones"]]
    survey = Survey(zones, params)

    def look(late):
        survey.ask(late)
        return survey.at_fault()

    verification.keep_looking(look, look(zones), params, survey.started)
    return {
        "what": "zones on servers",
        "describe": describe,
        "results": [_result(zone, server) for zone in zones for server in zone.servers],
        "summary": {
            "zones": len(zones),
            "servers": len(servers),
            "queries": survey.queries,
            "retries": survey.retries,
            "rounds": survey.rounds,
            "elapsed": round(time.monotonic() - survey.started, 3),
        },
    }
