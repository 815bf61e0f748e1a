#!/usr/bin/python
# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: verify_soa_serial
short_description: Verify that all servers of many zones answer with the same SOA serial
version_added: 0.1.0
author:
  - The authoritative.dns maintainers (@authoritative-dns)
description:
  - Asks every server for the SOA record of every zone, and compares the serials as RFC 1982 says.
  - Finds what a resolver does not show, such as a secondary that keeps serving its last copy.
  - Thousands of zones are one call. Questions go over UDP, over TCP when an answer is truncated.
extends_documentation_fragment:
  - authoritative.dns.proof
  - authoritative.dns.proof.servers
  - authoritative.dns.proof.keys
  - authoritative.dns.proof.asking
  - authoritative.dns.proof.rounds
options:
  zones:
    description:
      - The zones, each a name or a dictionary.
      - A dictionary has C(name), and optionally C(servers) (names from O(servers) that serve this zone, by default all),
        C(reference) (names of the servers whose serial counts, by default those with O(servers[].role=primary)) and
        C(expected_serial).
      - The serial that counts is C(expected_serial); else the newest among the reference servers; without any reference
        server, the newest that any server gives.
    type: list
    elements: raw
    required: true
  max_lag:
    description: How many increments of the serial a server may be behind.
    type: int
    default: 0
  transport:
    description: With V(tcp), ask over TCP from the start.
    type: str
    choices: [udp, tcp]
    default: udp
seealso:
  - module: authoritative.dns.verify_zone_transfer
  - name: RFC 1982
    description: Serial Number Arithmetic.
    link: https://www.rfc-editor.org/rfc/rfc1982
"""

EXAMPLES = r"""
- name: Wait until every server has what the primary has
  authoritative.dns.verify_soa_serial:
    servers:
      - {name: ns1, address: 192.0.2.1, role: primary}
      - {name: ns2, address: 192.0.2.2, role: secondary}
      - {name: ns2 over IPv6, address: "2001:db8::2", role: secondary}
    zones: [example.com, example.org]
    wait_timeout: 30

- name: Show the serials of all zones, whether or not they agree
  authoritative.dns.verify_soa_serial:
    keys:
      - {name: check.example.com, secret: "{{ vault_check_key }}"}
    servers:
      - {name: hidden, address: 192.0.2.10, role: primary, key: check.example.com}
      - {name: ns2, address: 192.0.2.2, role: secondary}
    zones:
      - example.com
      - {name: example.net, servers: [ns2], expected_serial: 2026010101}
    detail: all
    report_only: true
  register: serials
"""

RETURN = r"""
msg:
  description: The summary in a line, followed by the first few faults.
  returned: always
  type: str
  sample: all 6 answers are as expected
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
    state:
      description:
        - V(in_sync) is the serial that counts; V(behind) and V(ahead) compare with it.
        - V(no_reference) is an answer while no reference server gave a serial.
        - V(not_authoritative) is an answer without authority, or that the zone is not here. V(refused) is the rcode.
        - V(expired) is SERVFAIL from a secondary (it has no valid copy of the zone), or an extended error that says so.
        - V(servfail) is SERVFAIL from another server, V(error) any other rcode.
        - V(timeout) is silence, V(unreachable) what the network says.
        - V(wrong_key) and V(bad_time) are about TSIG.
        - V(malformed) is an answer that cannot be read, V(not_asked) what came after the deadline.
      type: str
      sample: behind
    ok:
      description: Whether this is as expected.
      type: bool
    serial:
      description: The serial in the answer.
      type: int
    reference_serial:
      description: The serial that counts for this zone.
      type: int
    lag:
      description: Increments behind the serial that counts, negative when ahead.
      type: int
    aa:
      description: Whether the answer was authoritative.
      type: bool
    rcode:
      description: The response code.
      type: str
      sample: NOERROR
    rtt_ms:
      description: Round trip time in milliseconds.
      type: float
    tries:
      description: How often the question was put.
      type: int
    transport:
      description: V(udp) or V(tcp).
      type: str
    detail:
      description: More about the state.
      type: str
results_left_out:
  description: Number of faults beyond O(max_results).
  returned: always
  type: int
servers:
  description: For each server, how many zones are in each state, and its round trip times.
  returned: always
  type: list
  elements: dict
  sample:
    - {name: ns1, address: 192.0.2.1, port: 53, role: primary, states: {in_sync: 2}, rtt_ms: {median: 0.3, max: 1.2}}
summary:
  description: The numbers of zones, servers, results, results not as expected (C(at_fault)), results by state, questions
    put and put again, rounds of asking, and the time that it took in seconds.
  returned: always
  type: dict
  sample:
    zones: 2
    servers: 3
    results: 6
    at_fault: 0
    states: {in_sync: 6}
    queries: 6
    retries: 0
    rounds: 1
    elapsed: 0.004
    queries_per_second: 1500
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.authoritative.dns.plugins.module_utils.proof import verification
from ansible_collections.authoritative.dns.plugins.module_utils.proof.checks import serials


def main():
    verification.run(AnsibleModule(argument_spec=serials.ARGUMENTS, supports_check_mode=True), serials.verify)


if __name__ == "__main__":
    main()
