# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the zone above should have for the keys with which a zone is signed, what it has, and what comes next. No I/O.

Times are the signer's: it says with the state of a key's DS when this may be entered (rumoured) and when it may go (unretentive), RFC 7583.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.delegation_signer import ds_of, ds_text, is_for
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.sets import of_section
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec.verdict import DNSKEY, read_ds
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import Server

SHA256 = 2  # the digest to use (RFC 8624, section 3.3)
_DEMANDED = ("rumoured", "omnipresent")

# States, and what is to do.
NEXT = {
    "ds_mismatch": "bogus for all who validate: bring back the keys that the DS is for (playbook dnssec_keys), or have the DS of the present ones entered",
    "no_keys": "provision the zone's primary, which makes its keys",
    "parents_unknown": "enter what is listed; name the servers of the zone above in dns_parent_servers, so that they are asked",
    "not_everywhere": "let the servers that lack keys transfer the zone; a DS now would make it bogus where they are asked",
    "parents_silent": "see why servers of the zone above do not answer; the signer is told of a DS when each of them shows it",
    "too_early": "wait; resolvers may still have answers from before the keys, and the signer says when that is over",
    "to_enter": "enter at the registrar what is to be added and removed; a declared zone above gets it from the next run of the playbook site",
    "spreading": "wait until each server of the zone above shows the same",
    "to_tell": "tell the signer, as the playbook dnssec does",
    "waiting": "wait; the signer knows of the DS, and goes on when resolvers have forgotten the former one",
    "secure": "nothing",
    "insecure": "nothing; the zone above says that the zone is unsigned, and the signer wants it so",
}


def assess(
    name: str, qname: Any, keys: Sequence[Mapping[str, Any]], served: Sequence[tuple[Server, Any]], above: Sequence[tuple[Server, Any]]
) -> dict[str, Any]:
    """What becomes of a zone's keys.

    keys: as the signer has them (serving L(Software.keys)). served: its servers with their answers about DNSKEY; above: those of the zone above
    with their answers about DS.
    """
    own = [(key, _rdata(key)) for key in keys]
    signing = [(key, rdata) for key, rdata in own if key["signs_keys"]]
    demanded = [(key, rdata) for key, rdata in signing if key["states"].get("ds") in _DEMANDED]
    coming = [(key, rdata) for key, rdata in signing if key["states"].get("ds") == "hidden" and key["goal"] == "omnipresent"]
    parents = [_Parent(server, *read_ds(qname, answer, server)) for server, answer in above]
    heard = [parent for parent in parents if parent.problem is None]
    lacking = _lacking(qname, demanded, served)
    ready = [(key, rdata) for key, rdata in demanded if key["key_tag"] not in lacking]

    add = [_entry(qname, rdata) for _key, rdata in ready if heard and not all(parent.has(qname, rdata) for parent in heard)]
    wanted = [rdata for _key, rdata in (*demanded, *coming)]
    # Nothing while there is a key whose DS is not to be added yet: without the former one there would be none.
    former = {ds_text(ds) for parent in heard for ds in parent.dses if not any(is_for(qname, ds, rdata) for rdata in wanted)}
    remove = [] if lacking else sorted(former)
    tell = list(_tell(name, qname, signing, parents))
    found = {
        "zone": name,
        "dnskeys": [dict(key) for key in keys],
        "enter": [_entry(qname, rdata) for _key, rdata in demanded],
        "add": add,
        "remove": remove,
        "lacking": lacking,
        "parents": [parent.told() for parent in parents],
        "tell": tell,
    }
    state = _state(found, qname, own, signing, coming, parents, heard)
    return {**found, "state": state, "next": NEXT[state]}


class _Parent:
    """A server of the zone above with the DS records that it has, or what is wrong with its answer."""

    def __init__(self, server: Server, dses: Sequence[Any], problem: tuple[str, str] | None):
        self.server, self.dses, self.problem = server, dses, problem

    def has(self, qname: Any, key: Any) -> bool:
        return any(is_for(qname, ds, key) for ds in self.dses)

    def told(self) -> dict[str, Any]:
        wrong = " ".join(filter(None, self.problem)) if self.problem else None
        return {"server": self.server.name, "address": self.server.address, "problem": wrong, "ds": sorted(map(ds_text, self.dses))}


def _rdata(key: Mapping[str, Any]) -> Any:
    return dns.rdata.from_text("IN", "DNSKEY", key["dnskey"])


def _lacking(qname: Any, demanded: Iterable[tuple[Mapping[str, Any], Any]], served: Sequence[tuple[Server, Any]]) -> dict[int, list[str]]:
    """{key tag: servers of the zone that do not show the key}."""
    shown = [(server, _published(qname, answer)) for server, answer in served]
    absent = {key["key_tag"]: [server.name for server, published in shown if rdata not in published] for key, rdata in demanded}
    return {tag: servers for tag, servers in absent.items() if servers}


def _published(qname: Any, answer: Any) -> Sequence[Any]:
    found = of_section(answer.message.answer).get((qname, DNSKEY)) if answer.problem is None and answer.rcode == 0 and answer.aa else None
    return found.rrset if found else ()


def _tell(name: str, qname: Any, signing: Iterable[tuple[Mapping[str, Any], Any]], parents: Sequence[_Parent]) -> Iterable[dict[str, Any]]:
    """What the signer waits for and every server of the zone above shows."""
    if not parents or any(parent.problem for parent in parents):
        return
    for key, rdata in signing:
        there = [parent.has(qname, rdata) for parent in parents]
        seen = {"rumoured": ("published", all(there)), "unretentive": ("withdrawn", not any(there))}
        what, is_so = seen.get(key["states"].get("ds"), ("", False))
        if is_so and key["told"] != what:
            yield {"zone": name, "key_tag": key["key_tag"], "ds": what}


def _state(found: Mapping[str, Any], qname: Any, own: Any, signing: Any, coming: Any, parents: Sequence[_Parent], heard: Sequence[_Parent]) -> str:
    there = [rdata for key, rdata in own if (key["goal"], key["states"].get("dnskey")) != ("hidden", "hidden")]  # or it has ended
    if any(parent.dses and not any(parent.has(qname, rdata) for rdata in there) for parent in heard):
        return "ds_mismatch"
    if not own:
        return "no_keys"
    if found["lacking"]:
        return "not_everywhere"
    if not parents:
        return "too_early" if coming and not found["enter"] else "parents_unknown"
    if len(heard) < len(parents):
        return "parents_silent"
    if found["tell"]:
        return "to_tell"
    if found["add"] or found["remove"]:
        differ = len({tuple(parent.told()["ds"]) for parent in parents}) > 1
        return "spreading" if differ else "to_enter"
    if any(key["told"] for key, _rdata in signing):
        return "waiting"
    return "too_early" if coming and not found["enter"] else "secure" if found["enter"] else "insecure"


def _entry(qname: Any, key: Any) -> dict[str, Any]:
    """A DS in the forms that registrars ask for: as a record, its fields, and the key that it is for."""
    ds = ds_of(qname, key, SHA256)
    flags, protocol, algorithm, public_key = key.to_text().split(" ", 3)
    public_key = "".join(public_key.split())
    owner = qname.to_text()
    return {
        "ds": ds_text(ds),
        "ds_record": f"{owner} IN DS {ds_text(ds)}",
        "key_tag": ds.key_tag,
        "algorithm": int(ds.algorithm),
        "digest_type": SHA256,
        "digest": ds.digest.hex(),
        "dnskey_record": f"{owner} IN DNSKEY {flags} {protocol} {algorithm} {public_key}",
        "flags": int(flags),
        "protocol": int(protocol),
        "public_key": public_key,
    }


def lines(found: Mapping[str, Any]) -> list[str]:
    """An assessment in words, for people."""
    said = [f"{found['zone']}: {found['state']}: {found['next']}"]
    for key in found["dnskeys"]:
        kind = "CSK" if key["signs_keys"] and key["signs_zone"] else "KSK" if key["signs_keys"] else "ZSK"
        states = ", ".join(f"{word} {state}" for word, state in key["states"].items())
        going = ", on its way out" if key["goal"] == "hidden" else ""
        said.append(f"  {kind} {key['key_tag']} (algorithm {key['algorithm']}){going}: {states}")
    said += [f"  {tag} is not shown by {', '.join(servers)}" for tag, servers in found["lacking"].items()]
    for parent in found["parents"]:
        said.append(f"  zone above, {parent['server']}: {parent['problem'] or '; '.join('DS ' + ds for ds in parent['ds']) or 'no DS'}")
    for entry in found["add"] if found["parents"] else found["enter"]:
        said += [
            f"  enter  {entry['ds_record']}",
            f"         key tag {entry['key_tag']}, algorithm {entry['algorithm']}, digest type {entry['digest_type']}, digest {entry['digest']}",
            f"         or, where the key is asked for: {entry['dnskey_record']}",
        ]
    said += [f"  remove DS {ds}" for ds in found["remove"]]
    return said
