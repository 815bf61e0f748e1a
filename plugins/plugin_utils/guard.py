# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change that loses much is more often a mistake than a wish, so it takes a word to make it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.tsig import Keyring
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.servers import Plan

PERCENT = 30
AT_LEAST = 10
ALL = 2  # zones after which nothing is left on a host, as where a file of variables was not found; a single one is somebody's test
VARIABLE = "nameserver_allow_loss"
BOGUS = "nameserver_allow_bogus"  # for what resolvers that validate would refuse, which is no loss that could be undone by another run


def losses(host: str, plan: Plan, found: Mapping[str, Any], allowed: Any) -> Iterator[str]:
    """What a host would lose beyond the limits: texts that name it, the percentage, the counts, and how to allow it.

    found: what the comparison on the host returned, its C(differing) as the module gives it. allowed: True, or names of zones and hosts.
    """
    if allowed is True:
        return
    names = set(allowed or ())
    removed, served = len(found["removed"]), found["served"]
    if host not in names:
        if _much(removed, served):
            yield f"host {host} would lose {_share(removed, served)} of its zones ({_examples(found['removed'])}); {_remedy(host)}"
        elif removed >= ALL and not _serves(plan):
            yield f"host {host} would lose all of its {removed} zones ({_examples(found['removed'])}) and serve none; {_remedy(host)}"
    differing = found["differing"]
    zones = (json.loads(differing) if isinstance(differing, str) else differing)["zones"]
    for name, (_digest, _serials, weight) in zones.items():
        primary = plan.primary.get(name)
        if weight is None or name in names or primary is None:
            continue
        content = primary.zone.content
        records, servers = weight[0] - 1, weight[1]
        if _much(records - content.count, records):
            yield f"zone {name} would lose {_share(records - content.count, records)} of its records; {_remedy(name)}"
        staying = {server.lower() for server in content.apex_servers}
        gone = sorted(server for server in servers if server.lower() not in staying)
        if gone:
            yield f"zone {name} would lose the name server{'s' * (len(gone) > 1)} {', '.join(gone)} of its {len(servers)} at the apex; {_remedy(name)}"


def left_out(host: str, found: Mapping[str, Any], allowed: Any, local_config: str) -> Iterator[str]:
    """Zones that a host serves by a configuration that is not this collection's, and would not serve with the one that takes its place.

    local_config: the administrator's file that goes on being read.
    """
    names = {host} if allowed is True else set(allowed or ())
    zones = [name for name in found.get("left_out") or () if name not in names]
    if zones and host not in names:
        yield (
            f"host {host}: its configuration serves {_examples(zones)} ({len(zones)} zone{'s' * (len(zones) > 1)}), which the declaration does not give it; "
            f"declare what is to stay, or move its statements to {local_config}; {_remedy(host)}"
        )


def lost_updates(found: Mapping[str, Any], host: str, allowed: Any) -> Iterator[str]:
    """Zones that a host serves already and whose content exists on it only: dynamic updates and signatures are in no declaration."""
    for name, how in ({} if allowed is True else found.get("own_content") or {}).items():
        if name not in set(allowed or ()):
            yield (
                f"zone {name} on {host} is {how}, and this run would put what is declared in the place of what the server holds; leave the zone to the "
                f"administrator's own configuration, or stop that and declare its content ({_remedy(name)})"
            )


def lost_signing_keys(host: str, found: Mapping[str, Any], allowed: Any) -> Iterator[str]:
    """Zones that would be bogus for everybody who validates: signed with other keys than the zone above says, or not at all.

    allowed: True, or names of zones, as C(nameserver_allow_bogus) says.
    """
    if allowed is True:
        return
    names = set(allowed or ())
    for zone, who in (found.get("keys_elsewhere") or {}).items():
        if zone not in names:
            yield (
                f"zone {zone}: {'; '.join(who[:5])}, and {host}, which is to sign it, lacks keys of it: with others, or none, every resolver that "
                f"validates would refuse the zone. Bring its keys back (playbook dnssec_keys with -e dnssec_keys_restore=true --limit {host}, and where they "
                f"were another host's with -e dnssec_keys_from=HOST); {_remedy(zone, BOGUS)}"
            )
    for zone, who in (found.get("ds_without_keys") or {}).items():
        if zone not in names:
            yield (
                f"zone {zone}: {'; '.join(who[:5])}, and {host} is to serve it without signatures: every resolver that validates "
                f"would refuse the zone. Write dnssec: true and bring its keys back (playbook dnssec_keys with -e dnssec_keys_restore=true), "
                f"or have the DS removed and wait until resolvers have forgotten it; {_remedy(zone, BOGUS)}"
            )
    for zone, who in (found.get("insecure_too_early") or {}).items():
        if zone not in names:
            yield (
                f"zone {zone} is to be signed no longer: {'; '.join(who[:5])}, and {host} would take its keys and signatures away at once. It keeps them as "
                f"long as they are needed where it knows of the DS: with dnssec: true, tell it (rndc dnssec -checkds published {zone}), and wait until its "
                f"state is omnipresent (rndc dnssec -status {zone}); {_remedy(zone, BOGUS)}"
            )
    for zone in found.get("still_signed") or ():
        if zone not in names:
            yield (
                f"zone {zone} is signed on {host}, and without signatures no resolver that validates would take it as long as the zone above has its DS; "
                f"write dnssec: insecure first, and false when resolvers have forgotten the DS (if it is insecure already, they have not yet), as the page "
                f"Signed zones says; {_remedy(zone, BOGUS)}"
            )


def lost_keys(host: str, keyring: Keyring, found: Mapping[str, Any], allowed: Any, selected: Collection[str] | None = None) -> Iterator[str]:
    """Why a host may not take its keys yet: its peers would refuse it until they have the new ones too.

    A key that the host does not accept yet is one that its peers need not know either. selected: the zones that the run is about, None for all.
    """
    has, wanted = found.get("tsig_generations") or [], list(keyring.generations)
    if keyring.secret is None or not has or allowed is True or host in set(allowed or ()):
        return
    if has[0] not in wanted or wanted[0] not in has:
        yield (
            f"host {host} uses generation {has[0]} of the TSIG keys{_accepted(has[1:])}, and dns_tsig_generations is {wanted}: transfers would fail until "
            f"every server has them; let the playbook rotate_tsig do it without a gap, or {_remedy(host).removeprefix('if that is meant, ')}"
        )
    elif selected is not None and (wanted[0] != has[0] or set(wanted) != set(has)):
        yield (
            f"host {host} has generations {has} of the TSIG keys, and dns_tsig_generations is {wanted}: other zones than those that this run is about would "
            f"keep the keys that they have; let the playbook rotate_tsig do it, without dns_zone_select, or {_remedy(host).removeprefix('if that is meant, ')}"
        )


def _accepted(generations: Sequence[int]) -> str:
    return f" and accepts {', '.join(map(str, generations))}" if generations else ""


def _remedy(name: str, variable: str = VARIABLE) -> str:
    return f"if that is meant, set {variable}: [{name}]"


def _examples(names: Sequence[str]) -> str:
    return ", ".join([*names[:5], *["…"] * (len(names) > 5)])


def _serves(plan: Plan) -> bool:
    """Whether a host is to answer for anything but catalogs that list nothing."""
    listed = [served.zone.members for served in (*plan.primary.values(), *plan.secondary.values())]
    return any(members is None or members for members in (*listed, *plan.consumed.values()))


def _much(lost: int, of: int) -> bool:
    return lost >= AT_LEAST and lost * 100 > of * PERCENT


def _share(lost: int, of: int) -> str:
    return f"{lost * 100 // of} % ({lost} of {of})"
