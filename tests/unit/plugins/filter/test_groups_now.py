# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.authoritative.dns.plugins.filter.groups_now import groups_now

GROUPS = {"dns_primaries": ["ns1", "ns2"], "dns_secondaries": ["ns3", "ns4"], "dns_clients": ["pc1"]}


@pytest.mark.parametrize(
    ("groups", "promoted", "primaries", "secondaries"),
    [
        (GROUPS, None, ["ns1", "ns2"], ["ns3", "ns4"]),
        (GROUPS, "", ["ns1", "ns2"], ["ns3", "ns4"]),
        (GROUPS, "ns3", ["ns3"], ["ns1", "ns2", "ns4"]),
        (GROUPS, "ns2", ["ns2"], ["ns1", "ns3", "ns4"]),
        ({"dns_secondaries": ["ns3"]}, "ns3", ["ns3"], []),
        ({}, None, [], []),
    ],
)
def test_the_promoted_host_takes_the_place_of_all_primaries(groups, promoted, primaries, secondaries):
    assert groups_now(groups, promoted) == {"dns_primaries": primaries, "dns_secondaries": secondaries}


def test_a_host_that_is_no_server_is_told():
    with pytest.raises(AnsibleFilterError, match="dns_promoted: 'pc1' is no such host; name one of the hosts of dns_primaries and dns_secondaries: ns1, ns2"):
        groups_now(GROUPS, "pc1")
