# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.listening import listen_on, own_addresses

OWN = ["192.0.2.1", "10.0.0.1", "2001:db8::1"]


@pytest.mark.parametrize(
    ("listened", "declared"),
    [
        (["0.0.0.0", "::"], ["any"]),
        (["0.0.0.0"], ["192.0.2.1", "10.0.0.1"]),
        (["192.0.2.1", "::", "127.0.0.1"], ["192.0.2.1", "2001:db8::1"]),
        (["192.0.2.7", "::1"], ["192.0.2.7"]),
        (["127.0.0.1"], ["127.0.0.1"]),
        ([], ["127.0.0.1"]),
    ],
)
def test_any_is_said_where_a_server_listens_at_every_address_of_both_versions(listened, declared):
    assert listen_on(listened, OWN) == declared


def test_the_hosts_own_addresses_are_those_of_its_interfaces():
    """The address that others know may be one that a router translates, at which nobody can listen."""
    assert own_addresses(["203.0.113.1", "2001:db8::1"], {"addresses": ["10.0.0.1", "10.0.0.2"]}) == ["10.0.0.1", "10.0.0.2", "2001:db8::1"]
    assert own_addresses(["203.0.113.1"], {}) == ["203.0.113.1"]
