#!/usr/bin/python
# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: verify_report
short_description: One report from what several hosts verified
version_added: 0.1.0
author:
  - The authoritative.dns maintainers (@authoritative-dns)
description:
  - Brings together what M(authoritative.dns.verify) returned on several hosts, as a table of zones and servers, and in files.
  - Runs on the controller and connects to no host. Writes nothing but the report that is asked for.
options:
  verified:
    description: What M(authoritative.dns.verify) returned on each host.
    type: list
    elements: dict
    required: true
  directory:
    description:
      - A directory on the controller for the report, made if it is missing. None writes no files.
      - C(verify.txt) is the table, C(verify.html) a page for a browser, without anything from elsewhere.
      - C(verify.xml) is JUnit XML for continuous integration, with a testsuite for each proof and a testcase for each server and
        zone; what is well is one testcase a server where there are thousands of zones.
      - C(verify.json) holds it all. C(rows), C(faults) and C(servers) bring together what is in C(hosts), the list O(verified).
    type: path
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
    details: The report is written in check mode too; it is no state of any host.
  diff_mode:
    support: none
  platform:
    support: full
    platforms: all
"""

EXAMPLES = r"""
- name: Make a report of what all hosts saw
  authoritative.dns.verify_report:
    verified: "{{ ansible_play_hosts | map('extract', hostvars, 'verified') }}"
    directory: /tmp/dns-report
  run_once: true
"""

RETURN = r"""
table:
  description: Zone by server with role, serial, state and transfers, faults first.
  returned: success
  type: list
  elements: str
at_fault:
  description: How many zones on servers are not as declared, with those that were counted and not listed.
  returned: success
  type: int
"""
