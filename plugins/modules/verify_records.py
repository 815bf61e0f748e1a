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
      ignore_record_sets:
        description: Record sets that are not compared, each an owner as in a master file and a type, such as V(www.example.com. A).
        type: list
        elements: str
        default: []
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

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.authoritative.dns.plugins.module_utils.proof import verification
from ansible_collections.authoritative.dns.plugins.module_utils.proof.checks import contents


def main():
    verification.run(AnsibleModule(argument_spec=contents.ARGUMENTS, supports_check_mode=True), contents.verify)


if __name__ == "__main__":
    main()
