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
        description: That C(version.bind) does not tell a version number. It is asked over TCP, and over UDP where that brings no answer.
        type: str
        choices: [hidden, any]
        default: hidden
  recursive:
    description: Names of servers that may look names up for this host, so that the check C(recursion) is left out.
    type: list
    elements: str
    default: []
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

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.authoritative.dns.plugins.module_utils.proof import verification
from ansible_collections.authoritative.dns.plugins.module_utils.proof.checks import servers


def main():
    verification.run(AnsibleModule(argument_spec=servers.ARGUMENTS, supports_check_mode=True), servers.verify)


if __name__ == "__main__":
    main()
