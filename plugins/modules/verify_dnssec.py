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
      warning_days:
        description: As O(warning_days), for this zone.
        type: float
      critical_days:
        description: As O(critical_days), for this zone.
        type: float
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

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.authoritative.dns.plugins.module_utils.proof import verification
from ansible_collections.authoritative.dns.plugins.module_utils.proof.checks import dnssec


def main():
    verification.run(AnsibleModule(argument_spec=dnssec.ARGUMENTS, supports_check_mode=True), dnssec.verify)


if __name__ == "__main__":
    main()
