#!/usr/bin/python
# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: gather_zones
short_description: Transfer zones from a server that one may only ask, and write them as master files
version_added: 0.1.0
author:
  - The authoritative.dns maintainers (@authoritative-dns)
description:
  - Transfers zones (AXFR, RFC 5936) to the controller and writes each as C(NAME.zone) into one directory, which C(dns_zone_directories) of an
    inventory can name. Their serials stay. The playbook C(authoritative.dns.gather_zones) does this.
  - Nothing is written if a zone cannot be transferred or declared, or is signed; the message lists all of them. A directory that is there already is
    never touched.
options:
  directory:
    description: Where to write the zones, a directory on the controller that is not there yet.
    type: path
    required: true
  address:
    description: An address of the server.
    type: str
    required: true
  port:
    description: Its port.
    type: int
    default: 53
  zones:
    description: Names of zones.
    type: list
    elements: str
    default: []
  catalog:
    description: A catalog zone (RFC 9432) of the server; its members are transferred too.
    type: str
  key:
    description: The TSIG key that signs the transfers. Without it they are not signed.
    type: dict
    suboptions:
      name:
        description: Its name.
        type: str
        required: true
      algorithm:
        description: Its algorithm.
        type: str
        choices: [hmac-md5, hmac-sha1, hmac-sha224, hmac-sha256, hmac-sha384, hmac-sha512]
        default: hmac-sha256
      secret:
        description: Its secret in base64.
        type: str
        required: true
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
    details: Does everything but leave the files there.
  diff_mode:
    support: none
  platform:
    support: full
    platforms: all
notes:
  - Runs on the controller and needs dnspython there.
"""

EXAMPLES = r"""
- name: Get what the provider serves for us
  authoritative.dns.gather_zones:
    directory: zones
    address: 192.0.2.1
    zones: [example.com, example.net]
    key: {name: transfer.example, secret: "{{ vault_transfer_secret }}"}
"""

RETURN = r"""
directory:
  description: Where the zones are.
  returned: success
  type: str
zones:
  description: The serial of every zone that was written.
  returned: success
  type: dict
  sample: {example.com: 2026112801}
"""
