# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DS records that follow from the keys of zones below: what a zone has of them, what is served below, and which ones a signer wants."""

from __future__ import annotations

import base64
import hashlib
import re
import struct
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.authoritative.dns.plugins.module_utils.serving import rereading, served_serials

_DS, _DNSKEY = 43, 48
_SHA256 = 2  # the digest to use (RFC 8624 section 3.3)
_DEMANDED = ("rumoured", "omnipresent")  # when a signer wants a DS to be there (RFC 7583)
_INSECURE = "insecure"  # the policy that ends signing
_ZONE_KEY, _REVOKED = 0x0100, 0x0080  # flags of a DNSKEY (RFC 4034 section 2.1.1, RFC 5011 section 2.1)
_RECORD = re.compile(r"^(\S+) (\d+) IN DS (.+)\n", re.M)  # as the collection writes it
_FIXED = 4  # octets before what is particular in a DS or DNSKEY record
_AT_ONCE = 32  # servers


def found(state):
    """{zone: {zone below: what there is}} of the zones whose DS records follow, see payload C(delegations).

    Of a zone below: C(ds), the DS records that the zone has; C(shown), those of the keys that each of its servers has; C(lacking), {server: how
    many of the others' keys it lacks, or None if it gave no answer}; C(other_ttl), whether the records have another TTL than they should.
    """
    delegations = state.payload["delegations"]
    keys = _asked([(*server, child) for wanted in delegations.values() for child, servers in wanted["below"].items() for server in servers], _DNSKEY)
    result = {}
    for zone, wanted in delegations.items():
        had, ttls = _had(state, zone, wanted)
        result[zone] = {}
        for child, servers in wanted["below"].items():
            answers = {who: keys.get((address, port), {}).get(child) for who, address, port in servers}
            shown = {who: {ds_of(child, key) for key in answer if _is_usable(key)} for who, answer in answers.items() if answer is not None}
            everywhere = set.intersection(*shown.values()) if shown else set()
            most = len(set().union(*shown.values()))
            lacking = {who: most - len(shown[who]) if who in shown else None for who in answers if who not in shown or len(shown[who]) < most}
            other_ttl = bool(ttls.get(child, set()) - {wanted["ttl"][child]})
            result[zone][child] = {"ds": had.get(child, []), "shown": sorted(everywhere), "lacking": lacking, "other_ttl": other_ttl}
    return result


def _had(state, zone, wanted):
    """{zone below: DS records} in the text of a zone, and {zone below: their TTLs}. Without a text here the former, as any of the zone's servers gives them."""
    text = state.current.read(state.zone_file(zone))
    if text is not None:
        there = _found(text, zone, wanted["below"])
        return (
            {child: sorted(data for _ttl, data in records) for child, records in there.items()},
            {child: {int(ttl) for ttl, _data in records} for child, records in there.items()},
        )
    served = _asked([(*server, child) for child in wanted["below"] for server in wanted["servers"]], _DS)
    had = {}
    for answers in served.values():
        for child, records in answers.items():
            had[child] = sorted({*had.get(child, ()), *map(_ds_text, records)})
    return had, {}


def signers(text, zone, below):
    """{zone below: DS records} of these zones in the text of a zone."""
    return {child: [data for _ttl, data in records] for child, records in _found(text, zone, below).items()}


def _found(text, zone, below):
    """{zone below: (TTL, data) of its DS records} of these zones in the text of a zone."""
    owners = {_owner(child, zone): child for child in below}
    records = {}
    for owner, ttl, data in _RECORD.findall(text):
        if owner.lower() in owners:
            records.setdefault(owners[owner.lower()], []).append((ttl, data))
    return records


def without_signers(text, zone, below):
    """The text of a zone without the DS records of these zones below it."""
    owners = {_owner(child, zone) for child in below}
    return _RECORD.sub(lambda record: "" if record.group(1).lower() in owners else record.group(0), text)


def declared_digest(state, zone, name, facts):
    """The digest of what a zone's file has beside the DS records that follow."""
    below = state.payload["delegations"].get(zone, {}).get("below")
    text = state.current.read(name) if below and facts["digest"] else None
    if text is None or not signers(text, zone, below):
        return facts["digest"]
    content = rereading.facts_of(without_signers(text, zone, below), name)["digest"]
    return "".join([content or "", *facts["digest"].partition("-")[1:]])


def demanded(state):
    """{zone: what its signer wants} of the zones that this host signs and whose DS follow, see payload C(followed).

    C(ds): the DS records that the zone above is to have. C(ending): whether the zone is to be signed no longer.
    """
    files = {zone: state.payload["zones"][zone][0] for zone in state.payload["followed"]}
    policies = state.software.signed(state.payload["config"])
    keys = state.software.keys(files) if files else {}
    return {
        zone: {
            "ds": sorted(ds_of(zone, _dnskey(key["dnskey"])) for key in known if key["signs_keys"] and key["states"].get("ds") in _DEMANDED),
            "ending": policies.get(zone) == _INSECURE,
        }
        for zone, known in keys.items()
    }


def _asked(places, rdtype):
    """{(address, port): {zone: records}} of (who, address, port, zone), all servers at once."""
    questions = {}
    for _who, address, port, zone in places:
        questions.setdefault((address, port), {})[zone] = None

    def ask(place):
        try:
            found = served_serials.records(place[0], questions[place], rdtype, served_serials.seconds_to_ask(questions[place]), place[1])
        except OSError:
            return {}  # a host without IPv6
        return {zone: [data for data in records if len(data) > _FIXED] for zone, records in found.items()}

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return dict(zip(questions, pool.map(ask, questions)))


def _owner(child, zone):
    return child if zone == "." else child[: -len(zone) - 1]


def _dnskey(text):
    """The data of a DNSKEY record as the wire has it (RFC 4034 section 2.1)."""
    flags, protocol, algorithm, key = text.split(" ", 3)
    return struct.pack("!HBB", int(flags), int(protocol), int(algorithm)) + base64.b64decode(key)


def _is_usable(key):
    flags = struct.unpack_from("!H", key)[0]
    return bool(flags & _ZONE_KEY) and not flags & _REVOKED


def ds_of(zone, key):
    """The DS of a key of a zone, as a master file has it (RFC 4034 section 5). key: DNSKEY data of the wire."""
    return f"{key_tag(key)} {key[3]} {_SHA256} {hashlib.sha256(served_serials.wire_name(zone) + key).hexdigest()}"


def key_tag(key):
    """RFC 4034 appendix B."""
    total = sum(octet << 8 if position % 2 == 0 else octet for position, octet in enumerate(key))
    return (total + (total >> 16)) & 0xFFFF


def _ds_text(data):
    tag, algorithm, digest_type = struct.unpack_from("!HBB", data)
    return f"{tag} {algorithm} {digest_type} {data[4:].hex()}"
