# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What belongs into the form of the registrar, and what is there now. No I/O."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterable, Sequence
from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.proof.delegation import (
    Facts,
    ds_text,
    is_authoritative,
    records,
)
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnspython import dns

ZONE_KEY = 0x0100
SECURE_ENTRY_POINT = 0x0001
REVOKED = 0x0080  # RFC 5011
SHA256 = 2  # the digest to use (RFC 8624, section 3.3)
DIGESTS = {1: hashlib.sha1, SHA256: hashlib.sha256, 4: hashlib.sha384}


def sep_keys(keys: Iterable[Any]) -> list[Any]:
    """The zone's keys that a DS is made for: those with the SEP flag, or all when none has it."""
    usable = [key for key in keys if key.flags & ZONE_KEY and not key.flags & REVOKED]
    return [key for key in usable if key.flags & SECURE_ENTRY_POINT] or usable


def ds_of(zone: Any, key: Any, digest_type: int = SHA256) -> str | None:
    """The DS of this key as delegation.ds_text has it (RFC 4034, section 5.1.4); None for an unknown digest type."""
    if digest_type not in DIGESTS:
        return None
    digest = DIGESTS[digest_type](zone.canonicalize().to_wire() + key.to_wire()).hexdigest()
    return f"{dns.dnssec.key_id(key)} {int(key.algorithm)} {digest_type} {digest}"


def registrar_form(facts: Facts) -> dict[str, Any]:
    """``enter``: what the parent should have. ``now``: what it has. ``steps``: how to get there, in words.

    Names are without the last dot, as registrars show them.
    """
    enter = {"name_servers": _names(_wanted_name_servers(facts)), "glue": _wanted_glue(facts), "ds": _wanted_ds(facts)}
    now = {
        "name_servers": _names(facts.parent_name_servers),
        "glue": {_text(name): _sorted(addresses) for name, addresses in sorted(facts.parent_glue.items()) if facts.needs_glue(name)},
        "ds": sorted(facts.parent_ds),
    }
    return {"enter": enter, "now": now, "steps": list(_steps(enter, now))}


def _wanted_name_servers(facts: Facts) -> Iterable[Any]:
    return facts.declared if facts.declared is not None else facts.child_name_servers


def _wanted_glue(facts: Facts) -> dict[str, list[str]]:
    own = facts.child_addresses
    found = {}
    for name in sorted(_wanted_name_servers(facts)):
        if facts.needs_glue(name):
            declared = (facts.declared or {}).get(name)
            found[_text(name)] = _sorted(declared or own.get(name, ()))
    return found


def _wanted_ds(facts: Facts) -> list[str]:
    """What the zone's CDS records ask for (RFC 7344); without them, the DS of each key with the SEP flag."""
    cds, keys = set(), set()
    for child in facts.children.values():
        if is_authoritative(child.cds):
            cds.update(ds_text(rdata) for rdata in records(child.cds, facts.zone, "CDS"))
        if is_authoritative(child.dnskey):
            keys.update(ds_of(facts.zone, key) for key in sep_keys(records(child.dnskey, facts.zone, "DNSKEY")))
    if cds:
        return sorted(text for text in cds if not text.startswith("0 0 0 "))  # RFC 8078: remove the DS
    return sorted(text for text in keys if text)


def _steps(enter: dict[str, Any], now: dict[str, Any]) -> Iterable[str]:
    for kind, words in (("name_servers", "name server"), ("ds", "DS")):
        yield from (f"add the {words} {item}" for item in enter[kind] if item not in now[kind])
        yield from (f"remove the {words} {item}" for item in now[kind] if item not in enter[kind])
    for name in sorted({*enter["glue"], *now["glue"]}):
        wanted, have = enter["glue"].get(name, []), now["glue"].get(name, [])
        if name not in enter["glue"]:
            yield f"remove the glue of {name}: {', '.join(have)}"
        elif wanted != have and wanted:
            yield f"set the glue of {name} to {', '.join(wanted)}" + (f" instead of {', '.join(have)}" if have else "")


def _names(names: Iterable[Any]) -> list[str]:
    return [_text(name) for name in sorted(names)]


def _text(name: Any) -> str:
    return name.canonicalize().to_text(omit_final_dot=True)


def _sorted(addresses: Iterable[str]) -> Sequence[str]:
    """IPv4 first, then by number."""
    return sorted(addresses, key=lambda text: (ipaddress.ip_address(text).version, int(ipaddress.ip_address(text))))
