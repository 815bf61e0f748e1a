# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Do the DS records of the zone above, and the CDS and CDNSKEY records that ask for them, fit a zone's keys? No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnssec import dns
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.findings import Finding
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.sets import SignedSet
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.signatures import UNSUPPORTED, key_text

SHA1 = 1
REMOVE = 0  # the algorithm in a CDS or CDNSKEY record that asks for no DS at all (RFC 8078, section 4)


def ds_of(zone: Any, key: Any, digest_type: int) -> Any:
    """The DS of a DNSKEY or CDNSKEY; None for a digest type that dnspython does not know."""
    try:
        return dns.dnssec.make_ds(zone, key, digest_type, policy=dns.dnssec.allow_all_policy)
    except (dns.dnssec.UnsupportedAlgorithm, ValueError):
        return None


def _digest(rdata: Any) -> tuple[int, int, int, bytes]:
    return rdata.key_tag, int(rdata.algorithm), int(rdata.digest_type), rdata.digest


def ds_text(rdata: Any) -> str:
    return f"{rdata.key_tag} {int(rdata.algorithm)} {int(rdata.digest_type)} {rdata.digest.hex()}"


def is_for(zone: Any, ds: Any, key: Any) -> bool:
    """Whether a DS or CDS record is that of a key."""
    made = ds_of(zone, key, int(ds.digest_type))
    return made is not None and _digest(made) == _digest(ds)


def check_ds(zone: Any, dses: Iterable[Any], servers: Mapping[str, SignedSet]) -> Iterator[Finding]:
    """Whether these DS records lead to a key that signs the zone's keys, at each of its servers.

    servers: the DNSKEY set that each has. Whether its signatures are good is the zone's own matter, and not that of the DS.
    """
    dses = list(dses)
    usable = [ds for ds in dses if int(ds.algorithm) not in UNSUPPORTED]
    if not usable:
        yield Finding("algorithm_unsupported", f"DS {', '.join(map(ds_text, dses))}: validators take the zone as unsigned")
        return
    if all(int(ds.digest_type) == SHA1 for ds in usable):
        yield Finding("ds_weak", "all DS records are SHA-1 digests")
    tags = ", ".join(sorted({key_text(ds.key_tag, ds.algorithm) for ds in usable}))
    if not servers:
        yield Finding("ds_mismatch", f"the DS is for {tags}, and the zone has no DNSKEY record")
    unused = set(map(ds_text, usable))
    for server, keys in servers.items():
        signing = {(one.key_tag, int(one.algorithm)) for one in keys.signatures}
        matching = {ds_text(ds): _identity(key) for ds in usable for key in keys.rrset if is_for(zone, ds, key)}
        unused -= matching.keys()
        if not matching:
            have = ", ".join(key_text(*_identity(key)) for key in keys.rrset)
            yield Finding("ds_mismatch", f"the DS is for {tags}; {server} has {have}")
        elif signing and not signing & set(matching.values()):
            yield Finding("ds_mismatch", f"the DS is for {tags}, which does not sign the keys at {server}")
    if len(unused) < len({ds_text(ds) for ds in usable}):
        for text in sorted(unused):
            yield Finding("ds_without_key", f"DS {text} is for no key of the zone")


def _identity(key: Any) -> tuple[int, int]:
    return dns.dnssec.key_id(key), int(key.algorithm)


def check_cds(zone: Any, cdses: Iterable[Any], cdnskeys: Iterable[Any], keys: Iterable[Any]) -> Iterator[Finding]:
    """Whether what the zone asks its parent for fits its own keys, and itself (RFC 7344, section 4; RFC 8078, section 4)."""
    cdses, cdnskeys, keys = list(cdses), list(cdnskeys), list(keys)
    for name, asked in (("CDS", cdses), ("CDNSKEY", cdnskeys)):
        removing = [rdata for rdata in asked if int(rdata.algorithm) == REMOVE]
        if removing and len(asked) > 1:
            yield Finding("cds_mismatch", f"the {name} records ask to remove the DS, and for others")
    wanted = [rdata for rdata in cdses if int(rdata.algorithm) != REMOVE]
    wanted_keys = [rdata for rdata in cdnskeys if int(rdata.algorithm) != REMOVE]
    for cds in wanted:
        if not any(is_for(zone, cds, key) for key in keys):
            yield Finding("cds_mismatch", f"CDS {ds_text(cds)} is for no key of the zone")
    published = {key.to_digestable() for key in keys}
    for key in wanted_keys:
        if key.to_digestable() not in published:
            yield Finding("cds_mismatch", f"CDNSKEY {key_text(dns.dnssec.key_id(key), key.algorithm)} is no key of the zone")
    if cdses and cdnskeys:
        if bool(wanted) != bool(wanted_keys):
            yield Finding("cds_mismatch", "CDS and CDNSKEY do not ask for the same: one asks to remove the DS")
            return
        for cds in wanted:
            if not any(is_for(zone, cds, key) for key in wanted_keys):
                yield Finding("cds_mismatch", f"CDS {ds_text(cds)} is for none of the CDNSKEY records")
        for key in wanted_keys:
            if not any(is_for(zone, cds, key) for cds in wanted):
                yield Finding("cds_mismatch", f"CDNSKEY {key_text(dns.dnssec.key_id(key), key.algorithm)} has no CDS record")
