#!/usr/bin/python
# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: verify_zone_transfer
short_description: Verify who may transfer a zone, and that the transferred content is right
version_added: 0.1.0
author:
  - The authoritative.dns maintainers (@authoritative-dns)
description:
  - Transfers zones with AXFR or IXFR over TCP or TLS, with or without a TSIG key, and compares the outcome with what is
    expected. Many zones and servers are one call.
  - Where the module runs matters. On a host that is nobody's secondary, O(expect=refused) shows that strangers are refused.
  - The content can be compared with another server's or with a master file. Record sets are compared in canonical form
    and without order. A ZONEMD record (RFC 8976) is checked when the zone has one.
extends_documentation_fragment:
  - authoritative.dns.proof
  - authoritative.dns.proof.servers
  - authoritative.dns.proof.keys
options:
  transfers:
    description: What to transfer from whom, and what to expect.
    type: list
    elements: dict
    required: true
    suboptions:
      zone:
        description: The zone.
        type: str
        required: true
      servers:
        description: Names from O(servers). All of them when not given.
        type: list
        elements: str
      expect:
        description: As O(expect), for this entry.
        type: str
        choices: [allowed, refused]
      key:
        description: Name of the key in O(keys) to use instead of the server's. An empty string for none.
        type: str
      type:
        description: Kind of transfer.
        type: str
        choices: [AXFR, IXFR]
        default: AXFR
      serial:
        description: The serial to transfer from, with O(transfers[].type=IXFR).
        type: int
      same_as:
        description: Name of the server in O(servers) whose content this must be. It is asked with its own key.
        type: str
      content:
        description: Text of a master file (RFC 1035) that this must be.
        type: str
      content_file:
        description: Path of such a file on the host that runs the module.
        type: path
      ignore_types:
        description:
          - Record types that are not compared, such as V(RRSIG), V(NSEC), V(NSEC3), V(NSEC3PARAM), V(DNSKEY), V(CDS), V(CDNSKEY)
            of a zone that its primary signs.
        type: list
        elements: str
        default: []
      ignore_ttl:
        description: Compare without TTLs.
        type: bool
        default: false
      ignore_serial:
        description: Compare without the SOA serial.
        type: bool
        default: false
  expect:
    description:
      - What must happen. V(refused) is only met when the server answers so, not by silence.
    type: str
    choices: [allowed, refused]
    default: allowed
  timeout:
    description: Seconds to wait for the connection, and for each message.
    type: float
    default: 5.0
  wait_timeout:
    description:
      - Keep trying what is not as expected for this many seconds, once more at least. With V(0) try once.
      - A server that has as many transfers under way as it may, 10 with BIND, refuses more of them.
    type: float
    default: 0.0
  wait_interval:
    description: Seconds between two rounds.
    type: float
    default: 0.5
  concurrency:
    description: How many transfers may run at a time.
    type: int
    default: 10
  max_records:
    description: A transfer of more records is ended.
    type: int
    default: 5000000
  max_size:
    description: A transfer of more bytes is ended. This bounds the memory that the module needs.
    type: int
    default: 268435456
seealso:
  - module: authoritative.dns.verify_soa_serial
  - name: RFC 5936
    description: DNS Zone Transfer Protocol (AXFR).
    link: https://www.rfc-editor.org/rfc/rfc5936
  - name: RFC 9103
    description: DNS Zone Transfer over TLS.
    link: https://www.rfc-editor.org/rfc/rfc9103
"""

EXAMPLES = r"""
- name: Nobody but the secondaries may transfer our zones
  authoritative.dns.verify_zone_transfer:
    servers:
      - {name: ns1, address: 192.0.2.1}
      - {name: ns1 over IPv6, address: "2001:db8::1"}
      - {name: ns2, address: 192.0.2.2}
    transfers:
      - {zone: example.com}
      - {zone: example.org}
    expect: refused
  delegate_to: a-host-outside

- name: The secondary has the primary's content
  authoritative.dns.verify_zone_transfer:
    keys:
      - {name: transfer.example.com, secret: "{{ vault_transfer_key }}"}
    servers:
      - {name: ns1, address: 192.0.2.1, key: transfer.example.com}
      - {name: ns2, address: 192.0.2.2, key: transfer.example.com}
    transfers:
      - {zone: example.com, servers: [ns2], same_as: ns1}
"""

RETURN = r"""
msg:
  description: The summary in a line, followed by the first few faults.
  returned: always
  type: str
  sample: all 6 transfers are as expected
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
    type:
      description: V(AXFR) or V(IXFR).
      type: str
    key:
      description: Name of the key that was used.
      type: str
    tls:
      description: Whether TLS was used.
      type: bool
    expect:
      description: What was expected.
      type: str
    state:
      description:
        - V(allowed) is a complete transfer, V(refused) a server that serves the zone and denies the transfer.
        - V(not_authoritative) is a server that says it does not have the zone.
        - V(different) is a complete transfer whose content is not as expected, V(zonemd_mismatch) one with a wrong digest, and
          V(no_reference) one that could not be compared because the other server gave nothing.
        - V(timeout) is silence, V(unreachable) what the network says, V(truncated) a connection closed too early.
        - V(wrong_key) and V(bad_time) are about TSIG, V(tls_failed) about TLS.
        - V(malformed) is an answer that cannot be read, V(too_large) one beyond O(max_records) or O(max_size).
        - V(servfail) and V(error) are other rcodes, V(not_asked) what came after the deadline.
      type: str
      sample: refused
    ok:
      description: Whether this is as expected.
      type: bool
    rcode:
      description: The response code.
      type: str
      sample: REFUSED
    records:
      description: Number of records, without the SOA that closes the transfer.
      type: int
    size:
      description: Bytes of all messages.
      type: int
    messages:
      description: Number of messages.
      type: int
    serial:
      description: The zone's SOA serial.
      type: int
    duration:
      description: Seconds from the connection to the last message.
      type: float
    serves_zone:
      description: Whether the server answers for the zone with authority. None when it does not say.
      type: bool
    up_to_date:
      description: With IXFR, whether the server has nothing newer.
      type: bool
    incremental:
      description: With IXFR, whether differences came, and not the whole zone.
      type: bool
    zonemd:
      description: V(absent), V(verified), V(mismatch), or V(unsupported). None when the content was not transferred.
      type: str
    comparison:
      description: C(equal), the first records C(missing) and C(unexpected), and C(missing_count) and C(unexpected_count).
        None when there was nothing to compare with.
      type: dict
    detail:
      description: More about the state.
      type: str
results_left_out:
  description: Number of faults beyond O(max_results).
  returned: always
  type: int
summary:
  description: The numbers of transfers, of those not as expected (C(at_fault)), transfers by state, records and bytes
    transferred, and the time that it took in seconds.
  returned: always
  type: dict
  sample:
    transfers: 6
    at_fault: 0
    states: {refused: 6}
    records: 0
    size: 180
    elapsed: 0.02
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.authoritative.dns.plugins.module_utils.proof import verification
from ansible_collections.authoritative.dns.plugins.module_utils.proof.checks import transfers


def main():
    verification.run(AnsibleModule(argument_spec=transfers.ARGUMENTS, supports_check_mode=True), transfers.verify)


if __name__ == "__main__":
    main()
