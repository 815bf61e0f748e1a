# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ip prints becomes addresses. Where another program has port 53: tests/integration/test_gather_listening.py."""

from __future__ import annotations

import json

from ansible_collections.authoritative.dns.plugins.modules.nameserver_info import interface_addresses

LINKS = [
    {"ifname": "lo", "addr_info": [{"local": "127.0.0.1", "scope": "host"}]},
    {
        "ifname": "eth0",
        "addr_info": [
            {"local": "192.0.2.1", "scope": "global"},
            {"local": "2001:db8::1", "scope": "global", "deprecated": True},
            {"local": "2001:db8::7d3a", "scope": "global", "temporary": True, "dynamic": True},
            {"local": "fe80::1", "scope": "link"},
        ],
    },
]


def test_addresses_of_a_day_and_of_the_host_or_link_alone_are_none_to_serve_at():
    """A deprecated one is none of these: some have services keep it, and the system begin no connections from it."""
    assert interface_addresses(lambda *_command: (0, json.dumps(LINKS), ""), lambda program: program, "named") == ["192.0.2.1", "2001:db8::1"]
    assert interface_addresses(lambda *_command: (1, "", "no such option"), lambda program: program, "named") == []
    assert interface_addresses(lambda *_command: (0, "", ""), lambda _program: None, "named") == []
