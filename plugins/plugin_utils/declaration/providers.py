# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Providers that can be secondaries of a zone: what a primary has to know about each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import Problem

# Hosts of this group talk to the providers. Without it, or for a zone that names another host, see L(declaration.Zone).
CLOUD_GROUP = "dns_cloud"


@dataclass(frozen=True)
class Cloud:
    """One provider, as of a date: an inventory may say otherwise, should it move.

    pulls: whether it transfers zones by itself. If not, a host of the inventory transfers them and carries them over. addresses: where
    its transfers come from, networks among them. notify: which addresses are to be told of changes. has_ids: whether it may have a zone more
    than once, so that an entry can say which by its id.
    """

    pulls: bool
    addresses: tuple[str, ...] = ()
    notify: tuple[str, ...] = ()
    has_ids: bool = False


CLOUDS: Mapping[str, Cloud] = {
    # Page "Cloudflare IP addresses" of its documentation on zone transfers, as of 2026-11-21. In force since 2026-04-15; what was
    # there before ends on 2026-12-01.
    "cloudflare": Cloud(
        pulls=True,
        addresses=("104.30.167.163", "104.30.167.173", "2a09:bac0:1000:c47::/64"),
        notify=("172.65.30.82", "172.65.50.145", "2606:4700:60:0:317:26ee:3bdf:5774", "2606:4700:60:0:35a:4be3:4144:c5ee"),
    ),
    # Its API knows no zone transfer.
    "route53": Cloud(pulls=False, has_ids=True),
}


def check_id(where: str, value: Any) -> list[Problem]:
    """What is wrong with the id of a zone at a provider, None for none."""
    if value is None or (isinstance(value, str) and value.strip()):
        return []
    return [Problem(where, f"hosted_zone_id is {value!r}", "write the id as the provider shows it, such as Z0123456789EXAMPLE")]
