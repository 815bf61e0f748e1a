# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which zones a run is about."""

from __future__ import annotations

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Declaration
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import DeclarationError, Problem


def selected(declaration: Declaration, expression: str) -> frozenset[str]:
    """Names of the zones that a JMESPath expression selects from the list of all zones.

    Each is C({name, primaries, secondaries, labels, records, serial}) with host names and the number of records. The
    expression returns zones or their names. Raises DeclarationError.
    """
    where = "dns_zone_select"
    example = "write a JMESPath expression such as [?labels.site=='berlin'] or [?ends_with(name, '.example.com')]"
    try:
        import jmespath
        import jmespath.exceptions
    except ImportError as error:
        raise DeclarationError([Problem(where, "needs the Python library jmespath on the controller", "install jmespath")]) from error
    facts = [
        {
            "name": zone.name,
            "domain": zone.domain,
            "view": zone.view,
            "primaries": [server.name for server in zone.primaries],
            "secondaries": [server.name for server in zone.secondaries],
            "labels": dict(zone.labels),
            "records": zone.content.count,
            "serial": zone.serial_policy,
        }
        for zone in declaration.zones.values()
    ]
    try:
        found = jmespath.search(expression, facts)
    except (jmespath.exceptions.JMESPathError, TypeError) as error:
        raise DeclarationError([Problem(where, f"{expression!r} is not an expression ({str(error).splitlines()[0]})", example)]) from error
    listed = [item.get("name") if isinstance(item, dict) else item for item in found] if isinstance(found, list) else [None]
    if not all(isinstance(name, str) and name in declaration.zones for name in listed):
        raise DeclarationError([Problem(where, f"{expression!r} gives something else than zones", example)])
    if not listed:
        raise DeclarationError([Problem(where, f"{expression!r} selects none of the {len(facts)} zones", example)])
    chosen = set(listed)
    # A catalog follows its members, or the secondaries would not learn of them.
    return frozenset(chosen | {zone.catalog for zone in map(declaration.zones.__getitem__, chosen) if zone.catalog})
