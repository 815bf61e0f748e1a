# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a host comes to see a zone that is in a view: by its own address, or by a key that leads there."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Declaration, Server, Zone
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.tsig import Key
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.views import seen
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.servers import keys_between


@dataclass
class Sides:
    """What one host sees of which server.

    addresses: the host's own. signs: whether it has keys to ask with. unproven: (zone, server) of those that it cannot be sure to see.
    """

    declaration: Declaration
    host: str
    addresses: Collection[str] = ()
    signs: bool = True
    unproven: list[tuple[str, str]] = field(default_factory=list)

    def way(self, zone: Zone, server: Server, address: str) -> tuple[bool, Key | None]:
        """Whether a question to that address of a server leads to the zone, and the key that signs it, None for none."""
        if self.is_seen_unsigned(zone, address):
            return True, None
        key = next(self._keys(zone, server, address), None) if self.signs and server.managed else None
        if key is None and (zone.name, server.name) not in self.unproven:
            self.unproven.append((zone.name, server.name))
        return key is not None, key

    def is_seen_unsigned(self, zone: Zone, address: str) -> bool:
        """Whether a question without a key leads to the zone."""
        return zone.view is None or self._leads(zone, address, None)

    def _keys(self, zone: Zone, server: Server, address: str) -> Iterator[Key]:
        """Those of transfers between the host and the server, or through either with itself, which lead to the view from anywhere; then those of clients."""
        for secondary in zone.secondaries:
            for source in zone.upstream(secondary):
                if server in (source, secondary) and self.host in (source.name, secondary.name):
                    yield from keys_between(self.declaration, zone, source, secondary)[:1]
        for view in self.declaration.views:
            for client in view.match_clients if view.name == zone.view else ():
                if client.key and not client.excluded and self._leads(zone, address, client.key.name):
                    yield client.key

    def _leads(self, zone: Zone, address: str, key: str | None) -> bool:
        """Whether a question from the host, from whichever address, is answered in the zone's view."""
        own = [item for item in self.addresses if (":" in item) == (":" in address)]
        try:
            found = {seen(self.declaration.views, item, key) for item in own}
        except LookupError:
            return False  # the server's interfaces decide
        return [view.name if view else None for view in found] == [zone.view]
