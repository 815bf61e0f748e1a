# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which serials servers have that the collection does not configure: providers' name servers, found by their names, and servers that say nothing."""

from __future__ import annotations

import functools
import os
import time

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.serving import other_servers, served_serials
from ansible_collections.authoritative.dns.tests.support.named import running_named, zone_text
from ansible_collections.authoritative.dns.tests.support.private_network import can_make_private_networks, in_private_network
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, BindHost, running_host

pytestmark = [
    pytest.mark.skipif(BindHost not in INSTALLED, reason="named is not installed"),
    pytest.mark.skipif(not can_make_private_networks(), reason="providers' name servers are asked at port 53 of addresses of their own: needs root"),
]

ZONE = "example.com"
PROVIDER, NOBODY = "127.0.0.77", "127.0.0.78"
HOSTS = f"127.0.0.1 localhost\n{PROVIDER} amy.ns.cloudflare.test\n{NOBODY} bob.ns.cloudflare.test\n"
network = functools.partial(in_private_network, files={"/etc/hosts": HOSTS, "/etc/resolv.conf": "nameserver 127.0.0.1\noptions timeout:1\n"})


def declared(address, **options):
    servers = [{"type": "NS", "value": f"{name}.ns.cloudflare.test."} for name in ("amy", "bob")]
    provider = {"cloud": "cloudflare", "addresses": [PROVIDER], "notify": [PROVIDER]}
    return [{"name": ZONE, "secondaries": [provider], "records": [*servers, {"name": "www", "type": "A", "value": address}], **options}]


def rebuilt_beside_a_provider(directory, policy, serial, zone):
    """What a new primary gives the zone of which the provider, who calls it so, has this serial, and what it does in a second run."""
    with running_named({zone: zone_text(zone, serial=serial)}, address=PROVIDER, port=53), running_host(BindHost, directory) as primary:
        items = declared("192.0.2.1", serial=policy)
        with primary.declared(items) as application:
            silent = application.compare(int(time.time()))["differing"]["silent"]
            served = application.apply(os.replace)["zones_changed"]
        return silent, served, primary.bring_declared(items)["changed"]


@pytest.mark.parametrize(
    ("policy", "serial", "following", "zone"),
    [("increment", 3000000000, 3000000001, ZONE), ("date", 4294967295, None, ZONE), ("increment", 600, 601, "EXAMPLE.com")],
)
def test_a_new_primary_goes_on_beyond_what_a_provider_has(tmp_path, policy, serial, following, zone):
    silent, served, changed = network(lambda: rebuilt_beside_a_provider(tmp_path / "primary", policy, serial, zone), addresses=[PROVIDER, NOBODY])
    assert silent == ["bob.ns.cloudflare.test"]
    assert served[ZONE] == following or (following is None and served[ZONE] < 2**31)
    assert not changed


def asked(servers):
    with running_named({ZONE: zone_text(ZONE, serial=7)}, address=PROVIDER, port=53) as hanging, running_named({ZONE: zone_text(ZONE, serial=8)}) as well:
        hanging.freeze()
        found = other_servers.ask([*servers, ["well", well.address, well.port, [ZONE]]])
        hanging.thaw()
    return found


def test_servers_that_say_nothing_are_named_and_keep_nobody_from_being_heard():
    lost = [
        ["hanging", PROVIDER, 53, [ZONE]],
        ["closed", NOBODY, 53, [ZONE]],
        ["no such name", "nobody.ns.cloudflare.test", 53, [ZONE]],
        ["no way there", "2001:db8::53", 53, [ZONE]],
        ["no name at all", "a..b", 53, [ZONE]],
    ]
    serials, silent = network(lambda: asked(lost), addresses=[PROVIDER, NOBODY])
    assert serials == {**{name: {} for name, *_place in lost}, "well": {ZONE: 8}}
    assert silent == {name for name, *_place in lost}


def test_many_servers_that_say_nothing_cost_no_more_than_one():
    """One after the other they would take minutes, which the network does not last."""
    silent = [[f"hanging {number}", PROVIDER, 53, [ZONE]] for number in range(100)]
    _serials, told = network(lambda: asked(silent), addresses=[PROVIDER])
    assert len(told) == 100


def test_a_server_to_which_no_way_leads_says_nothing():
    assert network(lambda: served_serials.answered("2001:db8::53", [ZONE])) == {}
