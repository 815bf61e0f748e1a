# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must be known before a zone is signed with new keys, or signed no longer: who relies on its keys."""

from __future__ import annotations

import base64
import hashlib
import struct

from ansible_collections.authoritative.dns.plugins.module_utils.common import serial_numbers
from ansible_collections.authoritative.dns.plugins.module_utils.common.zone_names import view_of
from ansible_collections.authoritative.dns.plugins.module_utils.serving import served_serials

_TYPES = {"DS": 43, "DNSKEY": 48}
_DIGESTS = {1: hashlib.sha1, 2: hashlib.sha256, 4: hashlib.sha384}  # RFC 3658, RFC 4509, RFC 6605
_INSECURE = "insecure"  # the policy that ends signing
_OWN = "this host's own copy"


def keys_elsewhere(state):
    """{zone: [who and what]} of zones that this host is to begin to sign, and of which others have keys that it lacks, or a DS for none that it signs with.

    As well of those whose signing is to end: as long as somebody relies on their keys, it takes these to do so in order. And of those that it signs
    already where somebody has a newer copy: it was put back to an earlier time, and its keys as well.

    Who is asked: payload C(witnesses), and the host's own server, which may serve a copy: it was a secondary, or its keys are lost.
    """
    wanted, signed = state.software.signed(state.payload["config"]), state.signed()
    ended = {zone for zone, policy in wanted.items() if policy == signed.get(zone) == _INSECURE}  # their keys may be gone
    files = _files(state, [zone for zone in wanted if zone not in ended])
    keyless = state.software.without_keys(files)
    itself = _itself(state, files)
    found = _relied_on(state, keyless, _TYPES, itself)
    with_keys = {zone: file for zone, file in files.items() if zone not in keyless} if state.software.tells_keys else {}
    behind = _behind(state, [zone for zone in with_keys if zone in signed])
    having = {zone: file for zone, file in with_keys.items() if zone not in signed or zone in behind}
    known = state.software.keys(having) if having else {}
    others = {zone: has_to_say for zone, has_to_say in itself.items() if zone not in behind}  # what it signs itself it may serve by keys that are to go
    for zone, who, rdtype, there, _has_to_say in _witnessed(state, having, _TYPES, others, served_serials.records):
        if there and not _goes_on(zone, rdtype, there, known[zone]):
            found.setdefault(zone, []).append(f"{who} has its {rdtype}")
    return found


def _behind(state, zones):
    """Those of zones that this host signs of which a witness has a newer serial than it."""
    asked = zones if state.running else []
    own = served_serials.serials(state.payload["address"], asked, served_serials.seconds_to_ask(asked), state.payload["port"]) if asked else {}
    theirs = _witnessed(state, zones, ["DNSKEY"], None, lambda address, asked, _type, seconds, port: served_serials.serials(address, asked, seconds, port))
    return {zone for zone, _who, _rdtype, serial, _has in theirs if serial is not None and (zone not in own or serial_numbers.newer(serial, own[zone]))}


def _goes_on(zone, rdtype, there, keys):
    """Whether a host with these keys signs such that who relies on records goes on doing so: on a DS, or on keys, each of which may have made signatures
    that resolvers have.
    """
    every = [_dnskey(key["dnskey"]) for key in keys]
    usable = [_dnskey(key["dnskey"]) for key in keys if _may_sign(key)]
    known = rdtype != "DNSKEY" or all(data in every for data in there)
    return known and any(_is_for(zone, data, rdtype, key) for data in there for key in usable)


def _may_sign(key):
    """Whether its program would sign with a key. BIND takes none that has ended, of whose time it has notes, for a new one."""
    return key["goal"] != "hidden" or key["states"].get("dnskey") in ("rumoured", "omnipresent")


def _dnskey(text):
    """The data of a DNSKEY record as the wire has it (RFC 4034 section 2.1)."""
    flags, protocol, algorithm, key = text.split(" ", 3)
    return struct.pack("!HBB", int(flags), int(protocol), int(algorithm)) + base64.b64decode(key)


def _is_for(zone, data, rdtype, key):
    """Whether a DNSKEY record is a key, or a DS record is for it (RFC 4034 section 5.1.4)."""
    if rdtype == "DNSKEY":
        return data == key
    digest = _DIGESTS.get(data[3])
    return digest is not None and digest(served_serials.wire_name(zone) + key).digest() == data[4:]


def ds_without_keys(state, served):
    """{zone: [who has its DS, or keys]} of zones that this host is to begin to write, and not to sign: somebody else did until now, or it before a loss.

    served: zones that it answers for, as a secondary or from before a loss, and which have no keys there, unless they are declared with signatures.
    """
    wanted = state.software.signed(state.payload["config"])
    beginning = [zone for name, (zone, _digest) in state.wanted.items() if zone not in wanted and not state.current.facts(name)]
    asked = {*beginning}.intersection(served).difference(state.payload["signed"])
    return _relied_on(state, beginning, _TYPES, {zone: False for zone in asked if not view_of(zone)})


def _relied_on(state, zones, types, itself):
    """{zone: [who and what]} of zones of which somebody has records, or of which somebody has to say so and nobody says whether there are any.

    itself: as of L(_itself).
    """
    found, silent, told = {}, {}, set()
    for zone, who, rdtype, there, has_to_say in _witnessed(state, zones, types, itself):
        if there:
            found.setdefault(zone, []).append(f"{who} has its {rdtype}")
        if there is not None:
            told.add((zone, rdtype))
        elif has_to_say:
            silent.setdefault((zone, rdtype), []).append(f"{who} does not say whether it has its {rdtype}")
    lacking = {}
    for (zone, rdtype), said in silent.items():
        if (zone, rdtype) not in told:
            lacking.setdefault(zone, []).extend(said)
    return {**lacking, **found}


def insecure_too_early(state):
    """{zone: what is known} of zones whose signing is to end, while the zone above, or a resolver's memory, may have a DS.

    Where the server knows that the DS is everywhere, it keeps keys and signatures until it is told that the DS is gone, and for as long as resolvers
    remember it. Otherwise it takes them away at once (BIND 9.18, also where it was told of the DS a moment ago).
    """
    wanted, signed = state.software.signed(state.payload["config"]), state.signed()
    files = _files(state, [zone for zone, policy in wanted.items() if policy == _INSECURE and signed.get(zone) != _INSECURE])
    for zone in state.software.without_keys({zone: file for zone, file in files.items() if zone not in signed}):
        del files[zone]  # there is nothing to take away, see L(keys_elsewhere)
    known = {zone: [["omnipresent"], *([] if zone in signed else [["unretentive"]])] for zone in files}  # the latter was brought here on its way
    states = {zone: found for zone, found in state.software.ds_states(files).items() if found not in known[zone]}
    early = {zone: ["its server says that the DS is {}".format(" and ".join(found))] for zone, found in states.items() if set(found) - {"hidden"}}
    hidden = [zone for zone in states if zone not in early]
    asked = set()
    for zone, who, _rdtype, there, _has_to_say in _witnessed(state, hidden, ["DS"]):
        asked.add(zone)
        if there is not False:
            early.setdefault(zone, []).append(f"{who} has its DS" if there else f"{who} does not say whether it has its DS")
    early.update((zone, ["nobody is known who could tell whether the zone above has its DS"]) for zone in hidden if zone not in asked)
    return early


def _files(state, zones):
    return {zone: state.payload["zones"][zone][0] for zone in zones if zone in state.payload["zones"]}


def _itself(state, zones):
    """{zone: whether it has to answer} of those of zones about which the host's own server is asked: where a copy is on its disk, it is stopped, or the
    copy has expired, if it says nothing.
    """
    known = state.current.notes.get("secondary", {})
    copies = state.software.kept({zone: known[zone] for zone in zones if zone in known})
    return {zone: zone in copies for zone in zones if state.running or zone in copies}


def _witnessed(state, zones, types, itself=None, ask=served_serials.have):
    """(zone, who, type, what ask says of the records there, None where that is not said, whether it has to be said) of the witnesses of zones.

    itself: {zone: whether it has to be said} of those about which the host's own server is asked as well.
    """
    own = (_OWN, state.payload["address"], state.payload["port"], "DNSKEY")
    questions = {}
    for zone in zones:
        witnesses = state.payload["witnesses"].get(zone, ())
        for who, address, port, rdtype, has_to_say in [*witnesses, (*own, itself[zone])] if itself and zone in itself else witnesses:
            if rdtype in types:
                questions.setdefault((who, address, port, rdtype, has_to_say), []).append(zone)
    for (who, address, port, rdtype, has_to_say), asked in questions.items():
        there = ask(address, asked, _TYPES[rdtype], served_serials.seconds_to_ask(asked), port)
        yield from ((zone, who, rdtype, there.get(zone), has_to_say) for zone in asked)


def still_signed(state):
    """Zones that this host signs, is to serve unsigned, and serves with keys so far, or does not say whether; unless nobody relies on these any more."""
    wanted = state.software.signed(state.payload["config"])
    ending = [zone for zone in state.signed() if zone not in wanted and zone in state.payload["zones"]]
    keys = _asked(state.payload["address"], ending, "DNSKEY", state.payload["port"]) if ending and state.running else {}
    still = [zone for zone in ending if keys.get(zone) is not False]
    ended = state.software.ended(_files(state, still))
    return [zone for zone in still if zone not in ended]


def _asked(address, zones, rdtype, port):
    """Whether a server has records of a type at the names of zones, for those of which it says so."""
    return served_serials.have(address, zones, _TYPES[rdtype], served_serials.seconds_to_ask(zones), port)
