#!/usr/bin/python
# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: verify_records
short_description: Verify that servers answer with the record sets of a zone
version_added: 0.1.0
author:
  - The authoritative.dns maintainers (@authoritative-dns)
description:
  - Transfers each zone from a reference server, or reads it from O(zones[].content), asks every other server for every record set in it, and compares.
  - For servers whose SOA is their own and that nobody can transfer a zone from, such as Amazon Route 53, and for a zone that moves
    from one provider to another. Where serials tell enough, M(authoritative.dns.verify_soa_serial) asks one question a zone;
    where the server can be transferred from, M(authoritative.dns.verify_zone_transfer) compares everything.
  - A delegation is compared by its referral, without the addresses in it (glue), and by its DS. What is below a delegation or a DNAME
    record is not the zone's to answer and is left out, as are RRSIG and NSEC3 records, and anything beside a CNAME record.
  - A wildcard is asked for by its literal name.
  - A name that only the server has is not found, because it is never asked for. A wildcard of the server's that gives what the
    reference has as a record of its own is no difference.
  - Questions go over UDP, over TCP when an answer is truncated. O(timeout) is also how long to wait for each message of a transfer.
  - While there is time to wait, those that are not as expected are asked again, after a new transfer from the reference.
extends_documentation_fragment:
  - authoritative.dns.proof
  - authoritative.dns.proof.servers
  - authoritative.dns.proof.keys
  - authoritative.dns.proof.asking
  - authoritative.dns.proof.rounds
options:
  zones:
    description: The zones.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The zone.
        type: str
        required: true
      reference:
        description:
          - Name of the server in O(servers) from which the zone is transferred (AXFR), with that server's key.
          - By default the first with O(servers[].role=primary).
        type: str
      content:
        description:
          - What the zone should hold, as the text of a master file. Nothing is transferred then, and all of the zone's servers are compared with it.
          - It finds a server that serves other content under the right serial.
        type: str
      servers:
        description: Names from O(servers) to compare with it. All others than the reference when not given.
        type: list
        elements: str
      ignore_types:
        description: As O(ignore_types), for this zone.
        type: list
        elements: str
      ignore_apex_ns:
        description: As O(ignore_apex_ns), for this zone.
        type: bool
      ignore_ttl:
        description: As O(ignore_ttl), for this zone.
        type: bool
  ignore_types:
    description: Record types that are not compared.
    type: list
    elements: str
    default: [SOA]
  ignore_apex_ns:
    description: Leave out the NS records of the zone itself, which some providers replace by their own.
    type: bool
    default: false
  ignore_ttl:
    description: Compare without TTLs.
    type: bool
    default: false
  also_ask:
    description:
      - Types to ask for at every name that the reference has, even where the reference has no such record, to find records that only
        the server has. A CNAME or a delegation that only the server has is found with any type.
    type: list
    elements: str
    default: [A, AAAA, MX, TXT]
  sample:
    description: Ask for at most so many record sets of each zone, spread evenly over it. With V(0) ask for all.
    type: int
    default: 0
seealso:
  - module: authoritative.dns.verify_soa_serial
  - module: authoritative.dns.verify_zone_transfer
"""

EXAMPLES = r"""
- name: The provider answers with the primary's records, whatever its own SOA and name servers are
  authoritative.dns.verify_records:
    keys:
      - {name: transfer.example.com, secret: "{{ vault_transfer_key }}"}
    servers:
      - {name: ns1, address: 192.0.2.1, role: primary, key: transfer.example.com}
      - {name: provider 1, address: 198.51.100.1}
      - {name: provider 2, address: "2001:db8:1::1"}
    zones:
      - {name: example.com}
      - {name: example.org}
    ignore_apex_ns: true
    wait_timeout: 60

- name: Before the delegation moves, a look at what differs
  authoritative.dns.verify_records:
    servers:
      - {name: old, address: 192.0.2.1}
      - {name: new, address: 203.0.113.1}
    zones:
      - {name: example.com, reference: old}
    ignore_ttl: true
    report_only: true
"""

RETURN = r"""
msg:
  description: The summary in a line, followed by the first few faults.
  returned: always
  type: str
  sample: all 4 zones on servers are as expected
results:
  description: One entry for each zone and server, as O(detail) says.
  returned: always
  type: list
  elements: dict
  contains:
    zone:
      description: The zone as given.
      type: str
    server:
      description: The server's name.
      type: str
    address:
      description: The server's address.
      type: str
    port:
      description: The port that was asked.
      type: int
    role:
      description: The server's role as given.
      type: str
    reference:
      description: The name of the server with which this one was compared.
      type: str
    reference_serial:
      description: The serial of the zone that was compared with.
      type: int
    state:
      description:
        - V(same) is a good answer to every question, V(different) at least one that is not what the reference has.
        - V(no_reference) means that the reference gave nothing to compare with.
        - Without a difference, but with questions that got no good answer, the state is what most of them got.
        - V(not_authoritative) is an answer without authority, or from a zone above. V(refused) is the rcode.
        - V(expired) is SERVFAIL from a secondary (it has no valid copy of the zone), or an extended error that says so.
        - V(servfail) is SERVFAIL from another server, V(error) any other rcode.
        - V(timeout) is silence, V(unreachable) what the network says.
        - V(wrong_key) and V(bad_time) are about TSIG.
        - V(malformed) is an answer that cannot be read, V(not_asked) what came after the deadline, or a zone of which everything is ignored.
      type: str
      sample: different
    ok:
      description: Whether this is as expected.
      type: bool
    asked:
      description: Number of record sets asked for, those of O(also_ask) included.
      type: int
    hidden:
      description: Number of delegations that could not be seen, because the server has the zone below as well and answers from that.
      type: int
    comparison:
      description:
        - C(equal), the first records C(missing) and C(unexpected), the first record sets with another C(ttl), and C(missing_count),
          C(unexpected_count) and C(ttl_count).
        - None when nothing was asked.
      type: dict
      sample:
        equal: false
        missing: [www.example.com. 300 IN A 192.0.2.80]
        unexpected: []
        ttl: ["example.com. MX: 60, expected 300"]
        missing_count: 1
        unexpected_count: 0
        ttl_count: 1
    detail:
      description: More about the state.
      type: str
results_left_out:
  description: Number of faults beyond O(max_results).
  returned: always
  type: int
summary:
  description: The numbers of zones, servers, results not as expected (C(at_fault)), results by state, questions put and put again,
    rounds of asking, and the time that it took in seconds.
  returned: always
  type: dict
  sample:
    zones: 2
    servers: 3
    at_fault: 0
    states: {same: 4}
    queries: 128
    retries: 0
    rounds: 1
    elapsed: 0.04
"""

import time
from concurrent.futures import ThreadPoolExecutor

from ansible.module_utils.basic import AnsibleModule
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
    read_servers,
    read_types,
    refuse_too_small,
)

# of one transfer, which bounds the memory that the module needs
MOST_RECORDS = 5000000
MOST_BYTES = 1 << 28
TRANSFERS_AT_A_TIME = 10


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
            (server, [RecordSetQuestion(wanted, zone.apex, server.key) for zone in asked for wanted in zone.wanted])
            for server, asked in jobs.values()
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
    survey.ask(zones)
    wait_until = survey.started + min(params["wait_timeout"], params["deadline"])
    late = survey.at_fault()
    while late and time.monotonic() + params["wait_interval"] <= wait_until:
        time.sleep(params["wait_interval"])
        survey.ask(late)
        late = survey.at_fault()
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


def main():
    module = AnsibleModule(
        argument_spec=dict(
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
                    "ignore_apex_ns": {"type": "bool"},
                    "ignore_ttl": {"type": "bool"},
                },
            },
            ignore_types={"type": "list", "elements": "str", "default": ["SOA"]},
            ignore_apex_ns={"type": "bool", "default": False},
            ignore_ttl={"type": "bool", "default": False},
            also_ask={"type": "list", "elements": "str", "default": ["A", "AAAA", "MX", "TXT"]},
            sample={"type": "int", "default": 0},
        ),
        supports_check_mode=True,
    )
    verification.run(module, verify)


if __name__ == "__main__":
    main()
