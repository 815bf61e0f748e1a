# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What belongs into the form of the registrar, and what is there now. No I/O."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterable, Sequence
from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnssec import dns
from ansible_collections.authoritative.dns.plugins.module_utils.delegation.facts import (
    Child,
    Facts,
    ds_text,
    is_authoritative,
    records,
)

ZONE_KEY = 0x0100
SECURE_ENTRY_POINT = 0x0001
REVOKED = 0x0080  # RFC 5011
SHA256 = 2  # the digest to use (RFC 8624, section 3.3)
DIGESTS = {1: hashlib.sha1, SHA256: hashlib.sha256, 4: hashlib.sha384}


def sep_keys(keys: Iterable[Any]) -> list[Any]:
    """The zone's keys that a DS is made for: those with the SEP flag, or all when none has it."""
    usable = [key for key in keys if key.flags & ZONE_KEY and not key.flags & REVOKED]
    return [key for key in usable if key.flags & SECURE_ENTRY_POINT] or usable


def signatures_of_keys(child: Child, zone: Any) -> list[Any]:
    """The RRSIG records over the zone's DNSKEY record set, as this server has them."""
    return [rdata for rdata in records(child.dnskey, zone, "RRSIG") if rdata.type_covered == dns.rdatatype.DNSKEY]


def signing_keys(child: Child, zone: Any) -> list[Any]:
    """The keys that a DS can be for and that sign the zone's keys, at whatever time."""
    tags = {rdata.key_tag for rdata in signatures_of_keys(child, zone)}
    return [key for key in sep_keys(records(child.dnskey, zone, "DNSKEY")) if dns.dnssec.key_id(key) in tags]


def ds_of(zone: Any, key: Any, digest_type: int = SHA256) -> str | None:
    """The DS of this key as delegation.ds_text has it (RFC 4034, section 5.1.4); None for an unknown digest type."""
    if digest_type not in DIGESTS:
        return None
    digest = DIGESTS[digest_type](zone.canonicalize().to_wire() + key.to_wire()).hexdigest()
    return f"{dns.dnssec.key_id(key)} {int(key.algorithm)} {digest_type} {digest}"


def registrar_form(facts: Facts) -> dict[str, Any]:
    """``enter``: what the parent should have. ``now``: what it has. ``steps``: how to get there. What nobody says is None.

    Names are without the last dot, as registrars show them.
    """
    wanted = _wanted_name_servers(facts)
    enter = {
        "name_servers": _names(wanted) if wanted else None,
        "glue": _wanted_glue(facts, wanted) if wanted else None,
        "ds": _wanted_ds(facts),
    }
    if not facts.parent_answers:
        unknown = dict.fromkeys(enter)
        return {"enter": enter, "now": unknown, "steps": ["find out what is there now: no server of the zone above answers"]}
    now = {
        "name_servers": _names(facts.parent_name_servers),
        "glue": {_text(name): _sorted(addresses) for name, addresses in sorted(facts.parent_glue.items()) if facts.needs_glue(name)},
        "ds": sorted(facts.parent_ds),
    }
    return {"enter": enter, "now": now, "steps": list(_steps(enter, now))}


def _wanted_name_servers(facts: Facts) -> frozenset[Any]:
    return frozenset(facts.declared) if facts.declared is not None else facts.child_name_servers


def _wanted_glue(facts: Facts, wanted: Iterable[Any]) -> dict[str, list[str]]:
    own = facts.child_addresses
    found = {}
    for name in sorted(wanted):
        if facts.needs_glue(name):
            declared = (facts.declared or {}).get(name)
            found[_text(name)] = _sorted(declared or own.get(name, ()))
    return found


def _wanted_ds(facts: Facts) -> list[str] | None:
    """What the zone's CDS records ask for (RFC 7344); without them, the DS of each SEP key that signs the keys.

    None when no server says which keys sign: to remove a DS on a guess would be to give up the protection.
    """
    children = [child for child in facts.newest if is_authoritative(child.dnskey)]
    cds = {ds_text(rdata) for child in children if is_authoritative(child.cds) for rdata in records(child.cds, facts.zone, "CDS")}
    if cds:
        return sorted(text for text in cds if not text.startswith("0 0 0 "))  # RFC 8078: remove the DS
    published = [key for child in children for key in records(child.dnskey, facts.zone, "DNSKEY")]
    signing = [key for child in children for key in signing_keys(child, facts.zone)]
    if not children or (published and not signing):
        return None
    return sorted({str(ds_of(facts.zone, key)) for key in signing})


def _steps(enter: dict[str, Any], now: dict[str, Any]) -> Iterable[str]:
    if enter["name_servers"] is None:
        yield "find out the name servers: neither the zone's servers nor name_servers of this module say which"
    if enter["ds"] is None and now["ds"]:
        yield "leave the DS as it is: no server says which keys sign the zone"
    for kind, words in (("name_servers", "name server"), ("ds", "DS")):
        if enter[kind] is not None:
            yield from (f"add the {words} {item}" for item in enter[kind] if item not in now[kind])
            yield from (f"remove the {words} {item}" for item in now[kind] if item not in enter[kind])
    if enter["glue"] is None:
        return
    for name in sorted({*enter["glue"], *now["glue"]}):
        wanted, have = enter["glue"].get(name, []), now["glue"].get(name, [])
        if name not in enter["glue"]:
            yield f"remove the glue of {name}: {', '.join(have)}"
        elif wanted and wanted != have:
            yield f"set the glue of {name} to {', '.join(wanted)}" + (f" instead of {', '.join(have)}" if have else "")
        elif not wanted:
            yield f"find out the addresses of {name}, which needs glue" + (f"; it is {', '.join(have)} now" if have else "")


def _names(names: Iterable[Any]) -> list[str]:
    return [_text(name) for name in sorted(names)]


def _text(name: Any) -> str:
    return name.canonicalize().to_text(omit_final_dot=True)


def _sorted(addresses: Iterable[str]) -> Sequence[str]:
    """Each once, IPv4 first, then by number."""
    return sorted(set(addresses), key=lambda text: (ipaddress.ip_address(text).version, int(ipaddress.ip_address(text))))
