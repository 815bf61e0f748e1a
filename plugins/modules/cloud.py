#!/usr/bin/python
# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: cloud
short_description: Have providers serve what is declared for them, and ask their name servers whether they do
version_added: 0.1.0
author:
  - The authoritative.dns maintainers (@authoritative-dns)
description:
  - Derives from the declaration which zones the host of the task takes to which provider, and from which primaries with which keys.
  - Runs M(authoritative.dns.cloudflare_secondary_zone) and M(authoritative.dns.route53_mirror) there, once each for all zones.
  - Then asks every name server that the provider has for these zones. Cloudflare's must have the primary's serial
    (M(authoritative.dns.verify_soa_serial)), Route 53's the primary's records (M(authoritative.dns.verify_records)), as its SOA is its own.
  - Never fails because of what the name servers answer. The role P(authoritative.dns.cloud#role) does.
options:
  state:
    description:
      - V(present) makes it so.
      - V(verified) changes nothing. What V(present) would change is a fault.
      - V(installed) puts O(program) and O(configuration) on the host, with which a timer can mirror zones to Route 53 without Ansible.
    type: str
    choices: [present, verified, installed]
    default: present
  cloudflare:
    description: Options of M(authoritative.dns.cloudflare_secondary_zone), such as the account and the token.
    type: dict
    default: {}
  cloudflare_options:
    description: Further ones. They win over O(cloudflare).
    type: dict
    default: {}
  route53:
    description: Options of M(authoritative.dns.route53_mirror), such as the credentials.
    type: dict
    default: {}
  route53_options:
    description: Further ones. They win over O(route53).
    type: dict
    default: {}
  absent:
    description:
      - Zones that a provider is to forget, by provider. They must not be declared to be there.
      - Each is a name, or for Route 53 C({name, hosted_zone_id}).
    type: dict
    default: {}
  families:
    description: The IP versions in which to ask the providers' name servers.
    type: list
    elements: int
    choices: [4, 6]
    default: [4, 6]
  wait_timeout:
    description: Seconds within which a provider must have taken a zone, and again within which its name servers must answer with it.
    type: float
    default: 60.0
  program:
    description: Where O(state=installed) puts the program, for C(python3). Its directory must be there.
    type: path
  configuration:
    description: Where O(state=installed) puts what the program is to do, with credentials and keys, a file of mode 0600. It is the program's argument.
    type: path
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    description: Providers are asked what would change; their name servers are not asked.
    support: full
  diff_mode:
    support: full
  platform:
    support: full
    platforms: posix
seealso:
  - module: authoritative.dns.cloudflare_secondary_zone
  - module: authoritative.dns.route53_mirror
"""

EXAMPLES = r"""
- name: Have Cloudflare serve what is declared for it
  authoritative.dns.cloud:
    cloudflare:
      account_id: 023e105f4ecef8ad9ca31a8372d0c353
      api_token: "{{ vault_cloudflare_token }}"
  register: provided

- name: Its name servers must have the primary's serial
  ansible.builtin.assert:
    that: not provided.faults
    fail_msg: "{{ provided.faults | join(' ') }}"
"""

RETURN = r"""
host:
  description: The host that talked to the providers.
  returned: success
  type: str
faults:
  description: What is not as declared, a text for each proof.
  returned: success
  type: list
  elements: str
providers:
  description: For each provider, what its module returned under C(present), and under C(absent).
  returned: success
  type: dict
soa:
  description: What M(authoritative.dns.verify_soa_serial) returned of Cloudflare's name servers.
  returned: when asked
  type: dict
records:
  description: What M(authoritative.dns.verify_records) returned of Route 53's name servers.
  returned: when asked
  type: dict
"""
