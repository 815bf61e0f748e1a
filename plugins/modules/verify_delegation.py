#!/usr/bin/python
# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: verify_delegation
short_description: Verify that the zone above delegates to the right name servers, and what to tell the registrar
version_added: 0.1.0
author:
  - The authoritative.dns maintainers (@authoritative-dns)
description:
  - Asks the servers of the zone above and the zone's own servers, and checks that they agree.
  - Says for each zone what must be entered at the registrar, and what is there now.
  - Checks have the ids of Zonemaster's test cases.
extends_documentation_fragment:
  - authoritative.dns.proof
  - authoritative.dns.proof.asking
  - authoritative.dns.proof.outside
options:
  zones:
    description:
      - The zones, each a name or a dictionary.
      - A dictionary has C(name), and optionally C(name_servers), the name servers that the zone ought to have, as a list of
        names or a dictionary of names with a list of addresses; and C(parent_servers), a list of addresses of the servers of
        the zone above.
      - With C(name_servers), parent and zone must both have these, with these addresses where some are given. Without, what the
        zone's own servers say counts.
    type: list
    elements: raw
    required: true
  resolvers:
    description:
      - Addresses of the resolvers with which to find the zone above and name servers outside of the zone.
      - Those of C(/etc/resolv.conf) when not given.
    type: list
    elements: str
  checks:
    description:
      - The ids of the checks to make. All when not given. These are the ids, their default levels, and what must be true.
      - V(BASIC01) (error), the zone above answers, and delegates the zone.
      - V(BASIC02) (error), at least one name server answers for the zone.
      - V(DELEGATION01) (error), there are at least two name servers.
      - V(DELEGATION02) (error), name servers have addresses of their own.
      - V(DELEGATION03) (warning), a referral fits into 512 bytes.
      - V(DELEGATION04) (error), every name server answers with authority, so none is lame.
      - V(DELEGATION05) (error), the name of a name server is no alias.
      - V(DELEGATION06) (error), every name server that answers has the SOA.
      - V(DELEGATION07) (error), parent and zone name the same name servers, and the declared ones.
      - V(CONSISTENCY01) (warning), all name servers have the same serial.
      - V(CONSISTENCY02) (notice), all name servers have the same RNAME.
      - V(CONSISTENCY03) (notice), all name servers have the same SOA timers.
      - V(CONSISTENCY04) (notice), all name servers have the same NS records.
      - V(CONSISTENCY05) (error), the parent's glue is what the zone itself has.
      - V(CONSISTENCY06) (notice), all name servers have the same MNAME.
      - V(CONNECTIVITY01) (error), every name server answers over UDP.
      - V(CONNECTIVITY02) (error), every name server answers over TCP.
      - V(CONNECTIVITY04) (notice), name servers are in more than one network.
      - V(NAMESERVER01) (error), no name server offers recursion.
      - V(NAMESERVER02) (warning), every name server supports EDNS.
      - V(NAMESERVER03) (warning), strangers cannot transfer the zone.
      - V(NAMESERVER06) (error), the names of all name servers have addresses.
      - V(ZONE02) (notice), refresh is at least 14400 s.
      - V(ZONE03) (warning), retry is shorter than refresh.
      - V(ZONE04) (notice), retry is at least 3600 s.
      - V(ZONE05) (warning), expire is at least 604800 s and longer than refresh.
      - V(ZONE06) (notice), the SOA minimum is between 300 and 86400 s.
      - V(ZONE07) (notice), MNAME is no alias.
      - V(ZONE08) (warning), an MX does not point to an alias.
      - V(ZONE10) (error), there is exactly one SOA.
      - V(ADDRESS01) (error), name servers have public addresses.
      - V(DNSSEC02) (error), a DS of the parent leads to a key that signs the zone's keys now.
      - V(DNSSEC07) (warning), a signed zone has a DS at the parent.
      - V(DNSSEC11) (error), a zone with a DS at the parent is signed.
    type: list
    elements: str
  levels:
    description: Level of a check, by its id, instead of the default. One of V(error), V(warning), V(notice) and V(ignore).
    type: dict
    default: {}
  fail_level:
    description: The least level of a finding that is not as expected.
    type: str
    choices: [notice, warning, error]
    default: error
  families:
    description:
      - The IP versions that the host can use. Servers are asked at their addresses of these versions only; addresses of the
        other are still compared.
    type: list
    elements: int
    choices: [4, 6]
    default: [4, 6]
  detail:
    description: Which results to return. V(faults) are those that are not as expected, at most O(max_results) of them.
    type: str
    choices: [faults, all, summary]
    default: all
notes:
  - All servers are asked on port 53.
  - Where the module runs matters for V(NAMESERVER01) and V(NAMESERVER03). Run it on a host that may neither have names looked up
    nor transfer zones.
  - Signatures are looked at (who signs, and until when) and not computed. A validating resolver does that.
seealso:
  - module: authoritative.dns.verify_soa_serial
  - name: Zonemaster's test cases
    description: What each id stands for.
    link: https://doc.zonemaster.net/latest/specifications/tests/
"""

EXAMPLES = r"""
- name: What must be entered at the registrar?
  authoritative.dns.verify_delegation:
    zones:
      - name: example.com
        name_servers:
          ns1.example.com: [192.0.2.1, "2001:db8::1"]
          ns2.example.net: []
    report_only: true
  register: delegation

- name: The delegation is right, and warnings count
  authoritative.dns.verify_delegation:
    zones: [example.com, example.org]
    fail_level: warning
    levels:
      CONNECTIVITY04: ignore
"""

RETURN = r"""
msg:
  description: The summary in a line, followed by the first few faults.
  returned: always
  type: str
  sample: all 2 zones are as expected
results:
  description: One entry for each zone, as O(detail) says.
  returned: always
  type: list
  elements: dict
  contains:
    zone:
      description: The zone as given.
      type: str
    state:
      description: The highest level of its findings, or V(in_order) when there are none.
      type: str
    ok:
      description: Whether there is no finding of O(fail_level) or higher.
      type: bool
    parent:
      description: The zone above. None when it was not looked for.
      type: str
    findings:
      description: For each finding, C(check), C(level), C(text), C(rule) (what must be true) and C(source) (where it is written).
      type: list
      elements: dict
    registrar:
      description:
        - C(enter) is what the zone above must have, C(now) what it has. Both have C(name_servers), C(glue) (addresses by
          name, for name servers inside the zone) and C(ds) (key tag, algorithm, digest type and digest).
        - In C(enter), the DS records are those that the zone's CDS records ask for (RFC 7344); without these, the SHA-256
          digests of its keys that have the SEP flag and sign.
        - What nobody says is V(null), in both, and no step is about changing it.
        - C(steps) says in words what to change, and is empty when there is nothing to do. There can be steps without any finding,
          such as while a key is replaced.
      type: dict
      sample:
        enter: {name_servers: [ns1.example.com, ns2.example.net], glue: {ns1.example.com: [192.0.2.1]}, ds: []}
        now: {name_servers: [ns1.example.com], glue: {ns1.example.com: [192.0.2.9]}, ds: []}
        steps: [add the name server ns2.example.net, set the glue of ns1.example.com to 192.0.2.1 instead of 192.0.2.9]
results_left_out:
  description: Number of faults beyond O(max_results).
  returned: always
  type: int
summary:
  description: The numbers of zones, of zones not as expected (C(at_fault)), zones by state, findings by level, and the time
    that it took in seconds.
  returned: always
  type: dict
"""

import ipaddress
import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.authoritative.dns.plugins.module_utils.delegation.checks import CHECKS, LEVELS, find_all
from ansible_collections.authoritative.dns.plugins.module_utils.delegation.client import run_side_by_side
from ansible_collections.authoritative.dns.plugins.module_utils.delegation.facts import Delegation, investigate
from ansible_collections.authoritative.dns.plugins.module_utils.delegation.registrar import registrar_form
from ansible_collections.authoritative.dns.plugins.module_utils.proof import verification
from ansible_collections.authoritative.dns.plugins.module_utils.resolution.resolver import configured_resolvers
from ansible_collections.authoritative.dns.plugins.module_utils.wire.client import Patience
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import (
    ASKING_SPEC,
    COMMON_SPEC,
    OUTSIDE_SPEC,
    Mistake,
    read_name,
    refuse_too_small,
    refuse_unknown,
)

FIELDS = ("name", "name_servers", "parent_servers")


def read_delegation(given, number, families):
    """One item of ``zones``, checked."""
    if isinstance(given, str):
        given = {"name": given}
    if not isinstance(given, dict) or "name" not in given:
        raise Mistake(f"zones: entry {number} is neither a name nor a dictionary with a name")
    where = f"zones: {given['name']}"
    refuse_unknown(given, FIELDS, where)
    declared = given.get("name_servers")
    if declared is not None:
        if not isinstance(declared, (list, tuple, dict)):
            raise Mistake(f"{where}: name_servers is neither a list of names nor a dictionary")
        if not declared:
            raise Mistake(f"{where}: name_servers is empty; name the zone's name servers, or leave it out")
        pairs = declared.items() if isinstance(declared, dict) else [(name, None) for name in declared]
        declared = {read_name(name, f"{where}: name_servers"): read_addresses(addresses, f"{where}: name_servers: {name}") for name, addresses in pairs}
    parents = read_addresses(given.get("parent_servers"), f"{where}: parent_servers")
    return Delegation(read_name(given["name"], where), declared, parents, families)


def read_addresses(addresses, where):
    """The addresses as answers have them, whatever way of writing an IPv6 address was chosen."""
    if addresses is None:
        addresses = []
    elif not isinstance(addresses, (list, tuple)):
        addresses = [addresses]
    found = []
    for address in addresses:
        try:
            found.append(str(ipaddress.ip_address(str(address))))
        except ValueError:
            raise Mistake(f"{where}: {address!r} is neither an IPv4 nor an IPv6 address") from None
    return found


def read_levels(checks, levels):
    """{id: level} of all checks."""
    for option, named in (("checks", checks or ()), ("levels", levels)):
        unknown = sorted(set(named) - set(CHECKS))
        if unknown:
            raise Mistake(f"{option}: unknown {', '.join(unknown)}; known: {', '.join(CHECKS)}")
    for identity, level in levels.items():
        if level not in LEVELS:
            raise Mistake(f"levels: {identity} has {level!r}, which is not one of {', '.join(LEVELS)}")
    return {identity: levels.get(identity, check.level) if checks is None or identity in checks else "ignore" for identity, check in CHECKS.items()}


def examine(name, facts, levels, fail_level):
    findings = find_all(facts, levels)
    worst = max((LEVELS.index(finding.level) for finding in findings), default=0)
    return {
        "zone": name,
        "state": LEVELS[worst] if findings else "in_order",
        "ok": worst < LEVELS.index(fail_level),
        "parent": facts.parent and facts.parent.to_text(),
        "findings": [dict(finding._asdict(), rule=CHECKS[finding.check].rule, source=CHECKS[finding.check].source) for finding in findings],
        "registrar": registrar_form(facts),
    }


def describe(result):
    worst = [finding for finding in result["findings"] if finding["level"] == result["state"]]
    more = f" (and {len(worst) - 1} more)" if len(worst) > 1 else ""
    return f"{result['zone']}: {worst[0]['check']} {worst[0]['level']}: {worst[0]['text']}{more}"


def verify(params):
    delegations = [read_delegation(given, number, params["families"]) for number, given in enumerate(params["zones"], 1)]
    levels = read_levels(params["checks"], params["levels"])
    outside_name = read_name(params["outside_name"], "outside_name")
    refuse_too_small(params)
    resolvers = read_addresses(params["resolvers"], "resolvers") or configured_resolvers()
    started = time.monotonic()
    patience = Patience(params["timeout"], params["retries"], until=started + params["deadline"])
    now = time.time()
    investigations = [investigate(delegation, resolvers, outside_name, now) for delegation in delegations]
    names = [given if isinstance(given, str) else given["name"] for given in params["zones"]]
    results = [examine(name, facts, levels, params["fail_level"]) for name, facts in zip(names, run_side_by_side(investigations, patience))]
    counts = {level: 0 for level in LEVELS[1:]}
    for result in results:
        for finding in result["findings"]:
            counts[finding["level"]] += 1
    return {
        "what": "zones",
        "describe": describe,
        "results": results,
        "summary": {"zones": len(results), "findings": counts, "elapsed": round(time.monotonic() - started, 3)},
    }


def main():
    module = AnsibleModule(
        argument_spec=dict(
            COMMON_SPEC,
            **ASKING_SPEC,
            **OUTSIDE_SPEC,
            detail=dict(COMMON_SPEC["detail"], default="all"),
            zones={"type": "list", "elements": "raw", "required": True},
            resolvers={"type": "list", "elements": "str"},
            checks={"type": "list", "elements": "str"},
            levels={"type": "dict", "default": {}},
            fail_level={"type": "str", "choices": ["notice", "warning", "error"], "default": "error"},
            families={"type": "list", "elements": "int", "choices": [4, 6], "default": [4, 6]},
        ),
        supports_check_mode=True,
    )
    verification.run(module, verify)


if __name__ == "__main__":
    main()
