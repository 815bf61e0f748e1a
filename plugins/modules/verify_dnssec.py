#!/usr/bin/python
# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: verify_dnssec
short_description: Verify that every server of a signed zone proves what it says, and that the zone above leads to its keys
version_added: 0.1.0
author:
  - The authoritative.dns maintainers (@authoritative-dns)
description:
  - Asks every server of each zone, primaries and secondaries alike, for its keys, and checks the signatures over every record set
    with them, how long they are still good, what the server says about names and types that are not there, and the CDS and
    CDNSKEY records.
  - Where the server lets itself be transferred from, the signatures of the whole zone and its chain of NSEC or NSEC3 records are checked.
    Elsewhere the record sets are asked for one by one, those of O(zones[].record_sets) and those that a transfer from another server shows.
  - Asks the servers of the zone above, where some are given, whether a DS leads to the keys at every server of the zone.
  - Nobody but O(servers) is asked. A zone that is not signed is told as such, and is a fault only where it is expected to be signed, or is
    signed elsewhere.
  - Many zones are one call; they are looked at a few hundred at a time. dnspython does the cryptography.
extends_documentation_fragment:
  - authoritative.dns.proof
  - authoritative.dns.proof.servers
  - authoritative.dns.proof.keys
  - authoritative.dns.proof.asking
  - authoritative.dns.proof.rounds
requirements:
  - cryptography for Python on the host that runs the module (C(python3-cryptography))
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
      servers:
        description: Names from O(servers) of those that serve it. All others than O(zones[].parent_servers) when not given.
        type: list
        elements: str
      parent_servers:
        description: Names from O(servers) of those that serve the zone above.
        type: list
        elements: str
        default: []
      transfers:
        description:
          - From whom to try a transfer. When not given, a transfer from each server is tried with its own key, and it is no fault when it is
            refused. An empty list tries none.
        type: list
        elements: dict
        suboptions:
          server:
            description: Name of the server in O(servers).
            type: str
            required: true
          key:
            description: Name of the key in O(keys). The server's own when not given.
            type: str
      record_sets:
        description: Record sets to ask for where no transfer comes, a dictionary of names (relative to the zone, V(@) for itself) with lists of types.
        type: dict
        default: {}
      expect:
        description: As O(expect), for this zone.
        type: str
        choices: [any, signed, secure]
  expect:
    description:
      - With V(any) a zone may be signed or not. With V(signed) it must be signed at each of its servers.
      - With V(secure) each of O(zones[].parent_servers) must have a DS as well, so that there is a chain of trust.
    type: str
    choices: [any, signed, secure]
    default: any
  warning_days:
    description: When the first signature ends in fewer days than this, the state is V(signature_expiring), which is still as expected.
    type: float
    default: 3.0
  critical_days:
    description: When the first signature ends in fewer days than this, it is a fault.
    type: float
    default: 1.0
  levels:
    description:
      - Level of a finding, by its state, instead of the default. One of V(error), which is not as expected, V(warning), V(notice) and V(ignore).
    type: dict
    default: {}
  sample:
    description: Ask for at most so many record sets of each zone where no transfer comes, spread evenly over it. With V(0) ask for all.
    type: int
    default: 0
seealso:
  - module: authoritative.dns.verify_delegation
  - module: authoritative.dns.verify_zone_transfer
  - name: RFC 4035
    description: Protocol Modifications for the DNS Security Extensions.
    link: https://www.rfc-editor.org/rfc/rfc4035
"""

EXAMPLES = r"""
- name: The zone is signed everywhere, for three days at least, and the zone above leads to its keys
  authoritative.dns.verify_dnssec:
    servers:
      - {name: ns1, address: 192.0.2.1, role: primary}
      - {name: ns2, address: 198.51.100.1, role: secondary}
      - {name: parent 1, address: 203.0.113.1}
      - {name: parent 2, address: "2001:db8:3::1"}
    zones:
      - name: example.com
        parent_servers: [parent 1, parent 2]
        record_sets: {"@": [NS, MX], www: [A, AAAA]}
    expect: secure
    critical_days: 3

- name: How long are the signatures of these zones still good?
  authoritative.dns.verify_dnssec:
    servers:
      - {name: ns1, address: 192.0.2.1}
    zones: [{name: example.com}, {name: example.org}]
    detail: all
    report_only: true
  register: signed
"""

RETURN = r"""
msg:
  description: The summary in a line, followed by the first few faults.
  returned: always
  type: str
  sample: all 4 signed zones on servers are as expected
results:
  description: One entry for each zone and server, and one for each server of the zone above, as O(detail) says.
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
      description: The server's role as given, V(parent) for a server of the zone above.
      type: str
    state:
      description:
        - V(signed) is a server that proves all it says, V(unsigned) one that has the zone without keys and signatures.
        - V(secure) is a server of the zone above with a DS that leads to a key that signs the zone's keys at each of its servers,
          V(insecure) one without a DS.
        - V(signature_missing), V(signature_expired), V(signature_not_yet_valid) and V(signature_bogus) are about signatures, V(unknown_key) is
          a signature by a key that the server does not have, V(no_dnskey) a zone with signatures and without keys.
        - V(signature_expiring) is less than O(warning_days) or O(critical_days).
        - V(algorithm_missing) is an algorithm of the keys without a signature (RFC 4035, section 2.2), V(algorithm_unsupported) one that
          validators do not check, V(algorithm_weak) SHA-1.
        - V(denial_wrong) is an answer that does not prove that a name or type is not there, V(chain_broken) a hole or a lie in the chain of
          NSEC or NSEC3 records, V(nsec3_iterations) more than none of them (RFC 9276).
        - V(keys_differ) is a server that does not have a key by which another one signs.
        - V(cds_mismatch) is a CDS or CDNSKEY record for no key of the zone, or two that disagree.
        - V(ds_mismatch) is no DS that leads to a key at some server, V(ds_missing) no DS where one is expected, V(ds_without_key) one
          too many, V(ds_weak) SHA-1 alone.
        - V(signature_stray) is a signature over what is not the zone's own, V(not_transferred) a transfer of O(zones[].transfers) that failed.
        - V(no_reference) is a DS that cannot be compared, since no server of the zone gives its keys.
        - V(not_authoritative) is an answer without authority, or one of a server that does not have the zone above. V(refused) is the rcode.
        - V(expired) is SERVFAIL from a secondary (it has no valid copy of the zone), V(servfail) from another server, V(error) any other rcode.
        - V(timeout) is silence, V(unreachable) what the network says, V(wrong_key) and V(bad_time) are about TSIG.
        - V(malformed) is an answer that cannot be read, V(not_asked) what came after the deadline.
        - Of several findings the state is that of the worst.
      type: str
      sample: signed
    ok:
      description: Whether this is as expected, that is, without a finding of level V(error).
      type: bool
    detail:
      description: More about the state.
      type: str
    findings:
      description: For each kind of finding, C(state), C(level), C(count) and the first C(texts).
      type: list
      elements: dict
    dnskeys:
      description: The DNSKEY records, each C(key_tag), C(algorithm), C(sep) (flag of keys that a DS is for) and C(signs) (whether it made a signature).
      type: list
      elements: dict
      sample: [{key_tag: 34505, algorithm: 13, sep: true, signs: true}]
    ds:
      description: The DS records of a server of the zone above.
      type: list
      elements: str
    signed_until:
      description: When the first record set will have no good signature any more, in UTC.
      type: str
      sample: "2026-12-24T10:00:00Z"
    days_left:
      description: The same as days from now.
      type: float
    record_sets:
      description: Number of record sets whose signatures were checked.
      type: int
    source:
      description: Where the record sets came from, V(transfer) or V(questions). None for a zone that is not signed.
      type: str
results_left_out:
  description: Number of faults beyond O(max_results).
  returned: always
  type: int
summary:
  description: The numbers of zones, servers, results not as expected (C(at_fault)), results by state, questions put, transfers tried, record
    sets checked, rounds of asking, the end of the first signature of all (C(signed_until)), and the time that it took in seconds.
  returned: always
  type: dict
"""

import time

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.authoritative.dns.plugins.module_utils.common import dnspython
from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns
from ansible_collections.authoritative.dns.plugins.module_utils.proof import verification
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.findings import LEVELS, STATES
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.survey import Survey, Zone
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.verdict import DAY, Wanted, describe
from ansible_collections.authoritative.dns.plugins.module_utils.wire.client import Patience
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import (
    ASKING_SPEC,
    COMMON_SPEC,
    KEYS_SPEC,
    ROUNDS_SPEC,
    SERVERS_SPEC,
    Mistake,
    find_key,
    find_servers,
    read_keys,
    read_name,
    read_servers,
    read_types,
    refuse_too_small,
)

TRANSFER_TIMEOUT = 5.0  # s


def read_zone(given, servers, keys, wanted, params):
    """One item of ``zones``, checked."""
    where = f"zones: {given['name']}"
    qname = read_name(given["name"], where)
    parents = find_servers(given["parent_servers"], servers, f"{where}: parent_servers")
    if given["servers"] is None:
        own = [server for server in servers.values() if server not in parents]
    else:
        own = find_servers(given["servers"], servers, f"{where}: servers")
    if not own:
        raise Mistake(f"{where}: no server to ask; name at least one that serves the zone")
    expect = given["expect"] or params["expect"]
    if expect == "secure" and not parents:
        raise Mistake(f"{where}: expect is secure, and no server of the zone above is known; name some in parent_servers")
    return Zone(
        given["name"],
        qname,
        own,
        parents,
        own if given["transfers"] is None else [read_transfer(entry, own, keys, where) for entry in given["transfers"]],
        given["transfers"] is not None,
        list(read_record_sets(given["record_sets"], qname, f"{where}: record_sets")),
        wanted._replace(expect=expect),
    )


def read_transfer(given, servers, keys, where):
    """The server of an item of ``transfers`` with the key to use."""
    (server,) = find_servers([given["server"]], {server.name: server for server in servers}, f"{where}: transfers")
    return server if given["key"] is None else server._replace(key=find_key(given["key"], keys, f"{where}: transfers"))


def read_record_sets(given, qname, where):
    """(name, type) of each."""
    for owner, types in given.items():
        owner = str(owner)
        try:
            name = qname if owner == "@" else dns.name.from_text(owner, qname)
        except (dns.exception.DNSException, UnicodeError) as error:
            raise Mistake(f"{where}: {owner!r} is not a domain name: {error}") from None
        if not name.is_subdomain(qname):
            raise Mistake(f"{where}: {owner} is not in the zone; write names relative to it, or with it and a final dot")
        for rdtype in sorted(read_types([types] if isinstance(types, str) else types, where)):
            yield name, rdtype


def read_wanted(params):
    for state, level in params["levels"].items():
        if state not in STATES:
            raise Mistake(f"levels: unknown {state}; known: {', '.join(STATES)}")
        if level not in (*LEVELS, "ignore"):
            raise Mistake(f"levels: {state} has {level!r}, which is not one of ignore, {', '.join(LEVELS)}")
    return Wanted(params["expect"], params["warning_days"], params["critical_days"], params["levels"])


def utc(seconds):
    return None if seconds is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def make_result(zone, verdict):
    server = verdict.server
    return {
        "zone": zone.name,
        "server": server.name,
        "address": server.address,
        "port": server.port,
        "role": verdict.role,
        "state": verdict.state,
        "ok": verdict.ok,
        "detail": verdict.detail,
        "findings": verdict.findings,
        "dnskeys": verdict.keys,
        "ds": verdict.ds,
        "signed_until": utc(verdict.until),
        "days_left": None if verdict.until is None else round((verdict.until - time.time()) / DAY, 2),
        "record_sets": verdict.checked,
        "source": verdict.source,
    }


def verify(params):
    refuse_too_small(params)
    keys = read_keys(params["keys"])
    servers = read_servers(params["servers"], keys)
    wanted = read_wanted(params)
    zones = [read_zone(given, servers, keys, wanted, params) for given in params["zones"]]
    started = time.monotonic()
    patience = Patience(params["timeout"], params["retries"], params["concurrency"], started + params["deadline"])
    survey = Survey(patience, params["sample"], max(params["timeout"], TRANSFER_TIMEOUT))
    verdicts = survey.look(zones)
    rounds = 1
    wait_until = started + min(params["wait_timeout"], params["deadline"])
    while True:
        late = [number for number, found in enumerate(verdicts) if not all(verdict.ok for verdict in found)]
        if not late or time.monotonic() + params["wait_interval"] > wait_until:
            break
        time.sleep(params["wait_interval"])
        for number, found in zip(late, survey.look([zones[number] for number in late])):
            verdicts[number] = found
        rounds += 1
    ends = [verdict.until for found in verdicts for verdict in found if verdict.until is not None]
    results = [make_result(zone, verdict) for zone, found in zip(zones, verdicts) for verdict in found]
    return {
        "what": "signed zones on servers",
        "describe": describe,
        "results": results,
        "warnings": [describe(result) for result in results if result["ok"] and any(kind["level"] == "warning" for kind in result["findings"])][
            : verification.FAULTS_IN_MESSAGE
        ],
        "summary": {
            "zones": len(zones),
            "servers": len(servers),
            "queries": survey.queries,
            "transfers": survey.transfers,
            "record_sets": sum(verdict.checked for found in verdicts for verdict in found),
            "rounds": rounds,
            "signed_until": utc(min(ends, default=None)),
            "elapsed": round(time.monotonic() - started, 3),
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
                    "servers": {"type": "list", "elements": "str"},
                    "parent_servers": {"type": "list", "elements": "str", "default": []},
                    "transfers": {
                        "type": "list",
                        "elements": "dict",
                        "options": {"server": {"type": "str", "required": True}, "key": {"type": "str", "no_log": False}},
                    },
                    "record_sets": {"type": "dict", "default": {}},
                    "expect": {"type": "str", "choices": ["any", "signed", "secure"]},
                },
            },
            expect={"type": "str", "choices": ["any", "signed", "secure"], "default": "any"},
            warning_days={"type": "float", "default": 3.0},
            critical_days={"type": "float", "default": 1.0},
            levels={"type": "dict", "default": {}},
            sample={"type": "int", "default": 0},
        ),
        supports_check_mode=True,
    )
    if dnspython.is_recent_enough() and not dnspython.can_validate():
        module.fail_json(
            msg=missing_required_lib("cryptography", reason="to check signatures; install python3-cryptography on this host"),
            exception=dnspython.CRYPTOGRAPHY_ERROR,
        )
    verification.run(module, verify)


if __name__ == "__main__":
    main()
