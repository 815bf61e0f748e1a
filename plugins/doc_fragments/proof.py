# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """What the verification modules have in common."""

    DOCUMENTATION = r"""
requirements:
  - dnspython >= 2.3 on the host that runs the module (C(python3-dnspython) in Debian, C(python3-dns) in the Fedora family)
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: none
options:
  deadline:
    description: Seconds after which the whole call ends, whatever is still open.
    type: float
    default: 300.0
  report_only:
    description: Return what was found, and do not fail when it is not as expected.
    type: bool
    default: false
  detail:
    description:
      - Which results to return. V(faults) are those that are not as expected, at most O(max_results) of them.
      - V(all) is what a table needs, V(summary) returns none.
    type: str
    choices: [faults, all, summary]
    default: faults
  max_results:
    description: How many faults to return with O(detail=faults). Ansible prints all that a failed task returns.
    type: int
    default: 50
"""

    SERVERS = r"""
options:
  servers:
    description:
      - The servers to ask, one entry for each address.
      - All verification modules take the same list, and each reads what it needs.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: A name of your choice for this address, unique in the list. The address when not given.
        type: str
      address:
        description: IPv4 or IPv6 address.
        type: str
        required: true
      port:
        description: Port for UDP and TCP.
        type: int
        default: 53
      key:
        description: Name of the key in O(keys) with which to sign questions to this server.
        type: str
      role:
        description: The server's role for the zones asked for.
        type: str
        choices: [primary, secondary]
      zone:
        description: A zone that the server serves, about which M(authoritative.dns.verify_server) asks.
        type: str
      tls:
        description: Whether M(authoritative.dns.verify_zone_transfer) uses TLS (RFC 9103).
        type: bool
        default: false
      tls_port:
        description: Port for TLS.
        type: int
        default: 853
      tls_hostname:
        description: The name that the server's certificate must be for. Without it the server is not authenticated.
        type: str
      tls_ca_file:
        description: File with the certificates to trust, on the host that runs the module. The system's when not given.
        type: path
      tls_ca:
        description: Text of such certificates (PEM), instead of a file.
        type: str
"""

    KEYS = r"""
options:
  keys:
    description: TSIG keys (RFC 8945) that entries refer to by name.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The key's name, the same on both sides.
        type: str
        required: true
      algorithm:
        description: The key's algorithm.
        type: str
        choices: [hmac-md5, hmac-sha1, hmac-sha224, hmac-sha256, hmac-sha384, hmac-sha512]
        default: hmac-sha256
      secret:
        description: The secret in base64, as C(tsig-keygen) prints it.
        type: str
        required: true
"""

    ASKING = r"""
options:
  timeout:
    description: Seconds to wait for one answer.
    type: float
    default: 2.0
  retries:
    description: How often to ask again over UDP when no answer comes.
    type: int
    default: 2
"""

    ROUNDS = r"""
options:
  concurrency:
    description: How many questions to one server may be open at a time. The module uses fewer when answers get lost.
    type: int
    default: 100
  wait_timeout:
    description: Keep asking for this many seconds until everything is as expected, once more at least. With V(0) ask once.
    type: float
    default: 0.0
  wait_interval:
    description: Seconds between two rounds of asking.
    type: float
    default: 0.5
"""

    OUTSIDE = r"""
options:
  outside_name:
    description:
      - A name outside of all zones, to ask for with recursion. A server that offers recursion looks it up; no resolver should ask
        others for the default (RFC 6761).
    type: str
    default: invalid.
"""
