# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Worlds with one signed zone each, in order or with one fault, all served by the same three real servers on loopback.

A world is a zone at a primary and at a secondary, DS records at the zone above, and what each tool that looks at signed zones says of
it. Between the primary and who asks there may be somebody who changes answers.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import dns.flags
import dns.message
import dns.name
import dns.rdataset
import dns.rdatatype
from ansible_collections.authoritative.dns.tests.support.named import Named, running_named, zone_text
from ansible_collections.authoritative.dns.tests.support.scripted import scripted_server
from ansible_collections.authoritative.dns.tests.support.signed_zones import (
    DAY,
    HOUR,
    Key,
    add,
    changed,
    drop,
    drop_all_signatures,
    drop_signature,
    hash_again,
    make_key,
    owner,
    replace,
    sign,
    sign_again,
)

DIGEST = "49fd46e6c4b45c55d4ac69cbd3cd34ac1afe51de6f1a5cb3d4e9c0e6d2a6ee52"
RECORDS = f"""
www A 192.0.2.1
b.empty A 192.0.2.2
*.wild TXT wild
alias CNAME www
sub NS ns.sub
ns.sub A 192.0.2.9
safe NS ns.sub
safe DS 1 13 2 {DIGEST}
"""
Relay = Callable[[dns.message.Message], "dns.message.Message | None"]


@dataclass
class Made:
    """What the world's three places have. primary, secondary: the zone's text. ds: the data of DS records. relay: see L(World)."""

    primary: str
    ds: Sequence[str]
    keys: Sequence[Any]
    secondary: str | None = None


@dataclass
class World:
    """One world.

    make: from the zone's name to what there is. at: the server that has the fault, primary or secondary.
    states: what this collection says of the primary, the secondary and the zone above, where that is not that all is well.
    relay: changes an answer of the faulty server on its way, or drops it.
    """

    name: str
    make: Callable[[str], Made]
    states: Mapping[str, str] = field(default_factory=dict)
    ok: bool = True
    at: str = "primary"
    relay: Relay | None = None

    @property
    def zone(self) -> str:
        return self.name.replace(" ", "-").replace(",", "") + ".test"


def signed(change: Callable[..., object] | None = None, *, algorithms: Sequence[int] = (13,), ds: Callable[..., Sequence[str]] | None = None, **options: Any):
    """A maker: the usual zone, signed, then ``change`` (zone, *keys) is done to it. ds: from the keys to DS records."""

    def make(zone: str) -> Made:
        keys = [make_key(zone, algorithm) for algorithm in algorithms]
        text = sign(zone, zone_text(zone, 1, RECORDS), keys, **options)
        if change is not None:
            text = changed(text, zone, lambda content: change(content, *keys))
        return Made(text, ds(*keys) if ds else [key.ds() for key in keys], keys)

    return make


def on_secondary(change: Callable[..., object]):
    """A maker whose secondary has a changed copy."""

    def make(zone: str) -> Made:
        made = signed()(zone)
        made.secondary = changed(made.primary, zone, lambda content: change(content, *made.keys))
        return made

    return make


def other_signer(zone: str) -> Made:
    """Primary and secondary sign by themselves, each with its own key."""
    made, other = signed()(zone), signed()(zone)
    made.secondary = other.primary
    made.ds = [*made.ds, *other.ds]
    return made


def stale(zone: str) -> Made:
    """The secondary has a copy of last month, whose signatures have ended."""
    key = make_key(zone)
    old = sign(zone, zone_text(zone, 1, RECORDS), [key], begin=-40 * DAY, end=-2 * DAY, whole=False)
    return Made(sign(zone, zone_text(zone, 2, RECORDS), [key]), [key.ds()], [key], old)


def published_only(zone: str) -> Made:
    """The DS is for a key that is published and signs nothing."""
    key, coming = make_key(zone), make_key(zone)
    return Made(sign(zone, zone_text(zone, 1, RECORDS), [key], publish=[coming]), [coming.ds()], [key])


def rollover(zone: str) -> Made:
    """A key that is published beforehand, as in a rollover."""
    key, coming = make_key(zone), make_key(zone)
    return Made(sign(zone, zone_text(zone, 1, RECORDS), [key], publish=[coming]), [key.ds()], [key])


def revoked(zone: Any, key: Any) -> None:
    """Its only key has the flag that says not to use it any more."""
    replace(zone, "@", "DNSKEY", key.dnskey.replace(flags=257 | 0x80).to_text())


def cds(*asked: Callable[[Any], str], cdnskey: Sequence[Callable[[Any], str]] = ()):
    """CDS and CDNSKEY records, signed; each from the zone's key to its data."""

    def make(zone: str) -> Made:
        key = make_key(zone)
        records = "".join(f"@ CDS {one(key)}\n" for one in asked) + "".join(f"@ CDNSKEY {one(key)}\n" for one in cdnskey)
        return Made(sign(zone, zone_text(zone, 1, RECORDS + records), [key], whole=False), [key.ds()], [key])

    return make


def foreign(key: Any) -> Any:
    return make_key(key.zone.to_text())


def nsec(zone: Any, key: Any, name: str, data: str) -> None:
    replace(zone, name, "NSEC", data)
    sign_again(zone, name, "NSEC", key)


def without_nsec3(zone: Any, name: str) -> None:
    label = dns.dnssec.nsec3_hash(owner(zone, name), "", 0, 1)
    drop(zone, label, "NSEC3")
    drop_signature(zone, label, "NSEC3")


def no_opt_out(zone: Any, key: Any) -> None:
    for name, rdataset in list(zone.iterate_rdatasets("NSEC3")):
        zone.replace_rdataset(name, dns.rdataset.from_text("IN", "NSEC3", 300, rdataset[0].to_text().replace("1 1 ", "1 0 ", 1)))
        sign_again(zone, name.to_text(), "NSEC3", key)


def said_to_be(key: Key, algorithm: int) -> Key:
    return key._replace(dnskey=key.dnskey.replace(algorithm=dns.dnssec.Algorithm.make(algorithm)))


def of_algorithm(algorithm: int) -> Callable[[Any, Key], None]:
    """Keys and signatures are said to be of another algorithm."""

    def change(zone: Any, key: Key) -> None:
        other = said_to_be(key, algorithm)
        replace(zone, "@", "DNSKEY", other.dnskey.to_text())
        for name, rdataset in [(name, rdataset) for name, rdataset in zone.iterate_rdatasets() if rdataset.rdtype == dns.rdatatype.RRSIG]:
            signatures = [rdata.replace(algorithm=other.dnskey.algorithm, key_tag=other.tag) for rdata in rdataset]
            zone.replace_rdataset(name, dns.rdataset.from_rdata_list(rdataset.ttl, signatures))

    return change


def silent_about(rdtype: str) -> Relay:
    return lambda answer: None if answer.question[0].rdtype == dns.rdatatype.from_text(rdtype) else answer


def without(*types: str) -> Relay:
    """Removes records of these types on the way."""
    numbers = {dns.rdatatype.from_text(rdtype) for rdtype in types}

    def strip(answer: dns.message.Message) -> dns.message.Message:
        for section in (answer.answer, answer.authority):
            section[:] = [rrset for rrset in section if rrset.rdtype not in numbers]
        return answer

    return strip


def lying(answer: dns.message.Message) -> dns.message.Message:
    """Says that there is no such name, with the proof for another."""
    if answer.rcode() == dns.rcode.NXDOMAIN:
        kept = [rrset for rrset in answer.authority if rrset.rdtype == dns.rdatatype.SOA or rrset.covers == dns.rdatatype.SOA]
        answer.authority[:] = kept + [rrset for rrset in answer.authority if rrset.name.labels[0] == b"*"]
    return answer


def drop_one(zone: Any, name: Any, algorithm: int) -> None:
    """Drop the signatures by keys of one algorithm at a name, those over the keys apart."""
    for rdataset in list(zone.find_node(name)):
        if rdataset.rdtype == dns.rdatatype.RRSIG and rdataset.covers != dns.rdatatype.DNSKEY:
            kept = [rdata for rdata in rdataset if rdata.algorithm != algorithm]
            zone.replace_rdataset(name, dns.rdataset.from_rdata_list(rdataset.ttl, kept))


WORLDS = [
    # --- in order
    World("nsec", signed()),
    World("nsec3", signed(nsec3=True)),
    World("opt-out", signed(nsec3=True, opt_out=True)),
    World("ed25519", signed(algorithms=(15,))),
    World("p-384", signed(algorithms=(14,))),
    World("two algorithms", signed(algorithms=(13, 15))),
    World("key published beforehand", rollover),
    World("no ds", signed(ds=lambda key: []), {"parent": "insecure"}),
    World("asks for its ds", cds(lambda key: key.ds(), cdnskey=[lambda key: key.dnskey.to_text()])),
    World("asks to remove its ds", cds(lambda key: "0 0 0 00", cdnskey=[lambda key: "0 3 0 AA=="])),
    # --- signatures
    World("expired", signed(begin=-40 * DAY, end=-DAY, whole=False), {"primary": "signature_expired"}, False),
    World("not yet valid", signed(begin=DAY, end=40 * DAY, whole=False), {"primary": "signature_not_yet_valid"}, False),
    World("one expired", signed(lambda zone, key: sign_again(zone, "www", "A", key, begin=-9 * DAY, end=-HOUR)), {"primary": "signature_expired"}, False),
    World("ends in 12 hours", signed(end=12 * HOUR), {"primary": "signature_expiring"}, False),
    World("ends in two days", signed(end=2 * DAY), {"primary": "signature_expiring"}),
    World("one signature missing", signed(lambda zone, key: drop_signature(zone, "www", "A")), {"primary": "signature_missing"}, False),
    World("keys not signed", signed(lambda zone, key: drop_signature(zone, "@", "DNSKEY")), {"primary": "signature_missing"}, False),
    World("ds not signed", signed(lambda zone, key: drop_signature(zone, "safe", "DS")), {"primary": "signature_missing"}, False),
    World("record changed", signed(lambda zone, key: replace(zone, "www", "A", "192.0.2.99")), {"primary": "signature_bogus"}, False),
    World("foreign key", signed(lambda zone, key: sign_again(zone, "www", "A", foreign(key))), {"primary": "unknown_key"}, False),
    World("signed as the parent", signed(lambda zone, key: sign_again(zone, "www", "A", key, signer="test")), {"primary": "unknown_key"}, False),
    World("signed twice", signed(lambda zone, key: sign_again(zone, "www", "A", foreign(key), keep=True))),
    # --- keys and the zone above
    World("wrong ds", signed(ds=lambda key: [foreign(key).ds()]), {"parent": "ds_mismatch"}, False),
    World("ds too many", signed(ds=lambda key: [key.ds(), foreign(key).ds()]), {"parent": "ds_without_key"}),
    World("sha-1 ds", signed(ds=lambda key: [key.ds("SHA1")]), {"parent": "ds_weak"}),
    World("ds for a key that does not sign", published_only, {"parent": "ds_mismatch"}, False),
    World("revoked key", signed(revoked), {"primary": "no_dnskey", "parent": "ds_mismatch"}, False),
    World(
        "no keys",
        signed(lambda zone, key: (drop(zone, "@", "DNSKEY"), drop_signature(zone, "@", "DNSKEY"))),
        {"primary": "unsigned", "parent": "ds_mismatch"},
        False,
    ),
    World(
        "algorithm missing",
        signed(lambda zone, key, other: [drop_one(zone, name, 15) for name in list(zone)], algorithms=(13, 15)),
        {"primary": "algorithm_missing"},
        False,
    ),
    World(
        "unsupported algorithm",
        signed(of_algorithm(12), ds=lambda key: [said_to_be(key, 12).ds()]),
        {"primary": "algorithm_unsupported", "parent": "algorithm_unsupported"},
        False,
    ),
    World(
        "not signed",
        signed(lambda zone, key: (drop_all_signatures(zone), drop(zone, "@", "DNSKEY")), ds=lambda key: []),
        {"primary": "unsigned", "secondary": "unsigned", "parent": "insecure"},
    ),
    World(
        "not signed, ds",
        signed(lambda zone, key: (drop_all_signatures(zone), drop(zone, "@", "DNSKEY"))),
        {"primary": "unsigned", "secondary": "unsigned", "parent": "ds_mismatch"},
        False,
    ),
    World("foreign cds", cds(lambda key: foreign(key).ds()), {"primary": "cds_mismatch"}, False),
    World("cds and cdnskey disagree", cds(lambda key: key.ds(), cdnskey=[lambda key: foreign(key).dnskey.to_text()]), {"primary": "cds_mismatch"}, False),
    # --- what is not there
    World("nsec missing", signed(lambda zone, key: (drop(zone, "www", "NSEC"), drop_signature(zone, "www", "NSEC"))), {"primary": "chain_broken"}, False),
    World("nsec leads astray", signed(lambda zone, key: nsec(zone, key, "b.empty", "www A RRSIG NSEC")), {"primary": "chain_broken"}, False),
    World("nsec lies", signed(lambda zone, key: nsec(zone, key, "@", "alias NS SOA RRSIG NSEC DNSKEY TYPE65280")), {"primary": "denial_wrong"}, False),
    World("nsec3 missing", signed(lambda zone, key: without_nsec3(zone, "www"), nsec3=True), {"primary": "chain_broken"}, False),
    World("nsec3 of an empty name missing", signed(lambda zone, key: without_nsec3(zone, "empty"), nsec3=True), {"primary": "chain_broken"}, False),
    World("opt-out not said", signed(no_opt_out, nsec3=True, opt_out=True), {"primary": "chain_broken"}, False),
    World("iterations", signed(lambda zone, key: hash_again(zone, key, 100), nsec3=True), {"primary": "nsec3_iterations"}),
    # --- delegations
    World("more at a delegation", signed(lambda zone, key: add(zone, "sub", "TXT", "more"))),
    World(
        "more at a delegation, signed",
        signed(lambda zone, key: (add(zone, "sub", "TXT", "more"), sign_again(zone, "sub", "TXT", key))),
        {"primary": "signature_stray"},
    ),
    World("glue signed", signed(lambda zone, key: sign_again(zone, "ns.sub", "A", key)), {"primary": "signature_stray"}),
    World("delegation signed", signed(lambda zone, key: sign_again(zone, "sub", "NS", key)), {"primary": "signature_stray"}),
    # --- one server of several
    World("stripped copy", on_secondary(lambda zone, key: drop_all_signatures(zone)), {"secondary": "signature_missing"}, False, at="secondary"),
    World(
        "unsigned copy",
        on_secondary(lambda zone, key: (drop_all_signatures(zone), drop(zone, "@", "DNSKEY"))),
        {"secondary": "unsigned"},
        False,
        at="secondary",
    ),
    World("stale copy", stale, {"secondary": "signature_expired"}, False, at="secondary"),
    World("two signers", other_signer, {"primary": "keys_differ", "secondary": "keys_differ"}, False),
    # --- on the way
    World("keys lost on the way", signed(), {"primary": "no_dnskey"}, False, relay=without("DNSKEY")),
    World("keys unreachable", signed(), {"primary": "timeout"}, False, relay=silent_about("DNSKEY")),
    World("signatures lost on the way", signed(), {"primary": "signature_missing"}, False, relay=without("RRSIG")),
    World("proofs lost on the way", signed(), {"primary": "denial_wrong"}, False, relay=without("NSEC")),
    World("lying server", signed(), {"primary": "denial_wrong"}, False, relay=lying),
]

# What other tools say, where it is not what this collection says: world → (tool → ok or bad, and why)
TOOLS = ("dnssec-verify", "kzonecheck", "delv")
AHEAD = "It does look well now; only here is the time left looked at."
ASKED = "delv validates the answers that it asks for, and none of them needs what is missing; the chain is seen in a transfer."
CDS = "dnssec-verify and delv do not look at CDS; kzonecheck does, and wants CDNSKEY beside it."
CHOICE = "Whether a zone is signed is a choice here; `expect` makes it a fault."
FILE = "They look at the zone, which is in order, and not at what the server answers."
HARMLESS = "Such a signature harms nobody: a warning here, an error for kzonecheck."
ONE_PATH = "One good signature is enough for a validator (RFC 6840, section 5.11); a zone must have one by each algorithm (RFC 4035, section 2.2)."
ONE_SERVER = "Each server alone is in order; a resolver that asks both finds keys of one and signatures of the other."
OPT_OUT = "dnssec-verify does not ask whether delegations that the chain leaves out are covered by the opt-out flag; delv asks for none of them."
SEP = (
    "kzonecheck 3.2 takes keys with the SEP flag for signers of keys alone as soon as there are two keys; one key may sign everything (RFC 6781, section 3.1)."
)
SIGNER = "kzonecheck does not compare the signer's name with the zone; validators do (RFC 4035, section 5.3.1)."
ZONE = "They look at the zone alone, and not at the one above."
DIFFERENCES: Mapping[str, tuple[Mapping[str, str], str]] = {
    "two algorithms": ({"kzonecheck": "bad"}, SEP),
    "key published beforehand": ({"kzonecheck": "bad"}, SEP),
    "ends in 12 hours": ({"dnssec-verify": "ok", "kzonecheck": "ok", "delv": "ok"}, AHEAD),
    "signed as the parent": ({"kzonecheck": "ok"}, SIGNER),
    "wrong ds": ({"dnssec-verify": "ok", "kzonecheck": "ok"}, ZONE),
    "ds for a key that does not sign": ({"dnssec-verify": "ok"}, ZONE),
    "algorithm missing": ({"delv": "ok"}, ONE_PATH),
    "not signed": ({"dnssec-verify": "bad", "kzonecheck": "bad"}, CHOICE),
    "foreign cds": ({"dnssec-verify": "ok", "delv": "ok"}, CDS),
    "cds and cdnskey disagree": ({"dnssec-verify": "ok", "delv": "ok"}, CDS),
    "nsec missing": ({"delv": "ok"}, ASKED),
    "nsec leads astray": ({"delv": "ok"}, ASKED),
    "nsec3 missing": ({"delv": "ok"}, ASKED),
    "nsec3 of an empty name missing": ({"delv": "ok"}, ASKED),
    "opt-out not said": ({"dnssec-verify": "ok", "delv": "ok"}, OPT_OUT),
    "more at a delegation, signed": ({"kzonecheck": "bad"}, HARMLESS),
    "glue signed": ({"kzonecheck": "bad"}, HARMLESS),
    "delegation signed": ({"kzonecheck": "bad"}, HARMLESS),
    "two signers": ({"dnssec-verify": "ok", "kzonecheck": "ok", "delv": "ok"}, ONE_SERVER),
    "keys lost on the way": ({"dnssec-verify": "ok", "kzonecheck": "ok"}, FILE),
    "keys unreachable": ({"dnssec-verify": "ok", "kzonecheck": "ok"}, FILE),
    "signatures lost on the way": ({"dnssec-verify": "ok", "kzonecheck": "ok"}, FILE),
    "proofs lost on the way": ({"dnssec-verify": "ok", "kzonecheck": "ok"}, FILE),
    "lying server": ({"dnssec-verify": "ok", "kzonecheck": "ok"}, FILE),
}


def difference(world: World) -> str | None:
    """The line about a world in the table of docs/signed-zones.md; None where all say the same."""
    if world.name not in DIFFERENCES:
        return None
    said, why = DIFFERENCES[world.name]
    here = "ok" if world.ok else "bad"
    return f"| {world.name} | {here} | {' | '.join(said.get(tool, here) for tool in TOOLS)} | {why} |"


@dataclass
class Served:
    """Worlds whose servers run. relays: the port at which a world's primary is asked, where that is another."""

    made: Mapping[str, Made]
    primary: Named
    secondary: Named
    parent: Named
    relays: Mapping[str, int]

    def place(self, world: World, where: str) -> tuple[str, int]:
        server = getattr(self, where)
        return server.address, self.relays.get(world.name, server.port) if where == "primary" else server.port


@contextlib.contextmanager
def served(worlds: Sequence[World] = tuple(WORLDS)) -> Iterator[Served]:
    made = {world.name: world.make(world.zone) for world in worlds}
    delegations = "".join(
        f"{world.zone}. NS ns1.{world.zone}.\nns1.{world.zone}. A 127.0.0.1\n" + "".join(f"{world.zone}. DS {ds}\n" for ds in made[world.name].ds)
        for world in worlds
    )
    primaries = {world.zone: made[world.name].primary for world in worlds}
    secondaries = {world.zone: made[world.name].secondary or made[world.name].primary for world in worlds}
    options = "allow-transfer { any; };"
    with contextlib.ExitStack() as stack:
        primary = stack.enter_context(running_named(primaries, options=options))
        secondary = stack.enter_context(running_named(secondaries, options=options))
        parent = stack.enter_context(running_named({"test": zone_text("test", 1, delegations)}))
        relays = {world.name: stack.enter_context(_relay(primary, world.relay)) for world in worlds if world.relay}
        yield Served(made, primary, secondary, parent, relays)


@contextlib.contextmanager
def _relay(server: Named, change: Relay) -> Iterator[int]:
    """The port of somebody who answers what the server answers, changed. Refuses connections, and so transfers."""

    def pass_on(query: bytes) -> Iterator[bytes]:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.settimeout(5)
            line.connect((server.address, server.port))
            line.send(query)
            answer = change(dns.message.from_wire(line.recv(65535)))
        if answer is not None:
            yield answer.to_wire()

    def close(query: bytes) -> Iterator[bytes]:
        if query:
            raise EOFError
        yield b""

    with scripted_server(udp=pass_on, tcp=close) as relay:
        yield relay.port
