# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones that BIND's dnssec-signzone signs, and what a test does to them afterwards.

key = make_key("signed.test")
text = sign("signed.test", zone_text("signed.test"), [key])
text = changed(text, "signed.test", lambda zone: drop_signature(zone, "www", "A"))
"""

from __future__ import annotations

import base64
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import dns.dnssec
import dns.name
import dns.rdataset
import dns.rdatatype
import dns.rrset
import dns.zone
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

DAY = 86400
HOUR = 3600
CURVES = {13: ec.SECP256R1, 14: ec.SECP384R1}
SIGNZONE = shutil.which("dnssec-signzone", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


class Key(NamedTuple):
    """A key of a zone. private: as cryptography has it. dnskey: the record's data."""

    zone: Any
    private: Any
    dnskey: Any

    @property
    def tag(self) -> int:
        return dns.dnssec.key_id(self.dnskey)

    @property
    def name(self) -> str:
        return f"K{self.zone.to_text()}+{int(self.dnskey.algorithm):03}+{self.tag:05}"

    def ds(self, digest: str = "SHA256") -> str:
        return dns.dnssec.make_ds(self.zone, self.dnskey, digest, policy=dns.dnssec.allow_all_policy).to_text()

    def write(self, directory: pathlib.Path) -> None:
        """The two files that BIND's tools read."""
        algorithm = int(self.dnskey.algorithm)
        if algorithm in CURVES:
            secret = self.private.private_numbers().private_value.to_bytes(CURVES[algorithm]().key_size // 8, "big")
        else:
            secret = self.private.private_bytes(serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption())
        (directory / f"{self.name}.key").write_text(f"{self.zone.to_text()} 300 IN DNSKEY {self.dnskey.to_text()}\n")
        (directory / f"{self.name}.private").write_text(
            f"Private-key-format: v1.3\nAlgorithm: {algorithm} ({dns.dnssec.algorithm_to_text(algorithm)})\nPrivateKey: {base64.b64encode(secret).decode()}\n"
        )


def make_key(zone: str, algorithm: int = 13, flags: int = 257) -> Key:
    private = ed25519.Ed25519PrivateKey.generate() if algorithm == 15 else ec.generate_private_key(CURVES[algorithm]())
    return Key(dns.name.from_text(zone), private, dns.dnssec.make_dnskey(private.public_key(), algorithm, flags=flags))


def sign(
    zone: str,
    text: str,
    keys: Sequence[Key],
    *,
    begin: float = -HOUR,
    end: float = 30 * DAY,
    nsec3: bool = False,
    opt_out: bool = False,
    publish: Sequence[Key] = (),
    whole: bool = True,
    separate: bool = False,
) -> str:
    """The signed zone as text, one record a line.

    text: a master file. begin, end: of the signatures, in seconds from now. publish: further keys that are published and do not sign.
    whole: whether dnssec-signzone is to look itself whether its work is complete. separate: whether keys with the SEP flag sign keys alone.
    """
    with tempfile.TemporaryDirectory(prefix="signed-zone-") as name:
        directory = pathlib.Path(name)
        for key in keys:
            key.write(directory)
        published = "".join(f"@ 300 IN DNSKEY {key.dnskey.to_text()}\n" for key in (*keys, *publish))
        (directory / "zone").write_text(f"{text}\n$ORIGIN {zone}.\n{published}")
        times = [time.strftime("%Y%m%d%H%M%S", time.gmtime(time.time() + moment)) for moment in (begin, end)]
        hashing = ["-3", "-", "-H", "0", *(["-A"] if opt_out else [])] if nsec3 else []
        duties = "-x" if separate else "-z"
        command = [SIGNZONE, "-q", duties, "-j", "0", "-O", "full", "-K", name, "-o", zone, "-f", f"{name}/signed", "-s", times[0], "-e", times[1], *hashing]
        command += [] if whole else ["-P"]
        subprocess.run([*command, f"{name}/zone", *(key.name for key in keys)], check=True, cwd=name, capture_output=True, text=True)
        return (directory / "signed").read_text()


def changed(text: str, zone: str, change: Callable[[Any], object]) -> str:
    """The zone's text after ``change`` did something to it as a dns.zone.Zone with absolute names."""
    read = dns.zone.from_text(text, zone, relativize=False, check_origin=False)
    change(read)
    return read.to_text(relativize=False, want_origin=False)


def owner(zone: Any, name: str) -> Any:
    return dns.name.from_text(name, zone.origin) if name != "@" else zone.origin


def _records(zone: Any, rdtype: str, ttl: int, data: Sequence[str]) -> Any:
    return dns.rdataset.from_text_list("IN", rdtype, ttl, data, origin=zone.origin, relativize=False)


def drop(zone: Any, name: str, rdtype: str, covers: str = "NONE") -> None:
    zone.delete_rdataset(owner(zone, name), rdtype, covers)


def drop_signature(zone: Any, name: str, rdtype: str) -> None:
    drop(zone, name, "RRSIG", rdtype)


def drop_all_signatures(zone: Any) -> None:
    for name, rdataset in list(zone.iterate_rdatasets()):
        if rdataset.rdtype in (dns.rdatatype.RRSIG, dns.rdatatype.NSEC, dns.rdatatype.NSEC3, dns.rdatatype.NSEC3PARAM):
            zone.delete_rdataset(name, rdataset.rdtype, rdataset.covers)


def add(zone: Any, name: str, rdtype: str, *data: str, ttl: int = 300) -> None:
    """Records that nobody signs."""
    zone.find_rdataset(owner(zone, name), rdtype, create=True).update(_records(zone, rdtype, ttl, data))


def sign_again(
    zone: Any, name: str, rdtype: str, key: Key, *, begin: float = -HOUR, end: float = 30 * DAY, keep: bool = False, signer: str | None = None
) -> None:
    """Sign one record set by this key, instead of (keep: beside) what signed it."""
    at = owner(zone, name)
    rdataset = zone.get_rdataset(at, rdtype)
    now = int(time.time())
    signature = dns.dnssec.sign(
        (at, rdataset), key.private, dns.name.from_text(signer) if signer else zone.origin, key.dnskey, inception=int(now + begin), expiration=int(now + end)
    )
    if not keep:
        zone.delete_rdataset(at, "RRSIG", rdtype)
    zone.find_rdataset(at, "RRSIG", rdtype, create=True).add(signature, rdataset.ttl)


def replace(zone: Any, name: str, rdtype: str, *data: str, ttl: int = 300) -> None:
    """Other records under the signature that is there."""
    zone.replace_rdataset(owner(zone, name), _records(zone, rdtype, ttl, data))


def hash_again(zone: Any, key: Key, iterations: int) -> None:
    """Let the hashes of all names have so many iterations, of which dnssec-signzone makes 50 at most. For a zone without opt-out."""

    def hashed(name: Any, times: int) -> Any:
        return dns.name.from_text(dns.dnssec.nsec3_hash(name, "", times, "SHA1"), zone.origin)

    names = {name for below in zone for name in _up_to(below, zone.origin)}
    chain = sorted((hashed(name, iterations), hashed(name, 0)) for name in names if zone.get_rdataset(hashed(name, 0), "NSEC3"))
    proofs = [(after, zone.get_rdataset(before, "NSEC3")) for after, before in chain]
    for _after, before in chain:
        zone.delete_node(before)
    for number, (name, proof) in enumerate(proofs):
        following = base64.b32hexdecode(proofs[(number + 1) % len(proofs)][0][0].upper())
        zone.find_rdataset(name, "NSEC3", create=True).add(proof[0].replace(iterations=iterations, next=following), proof.ttl)
        sign_again(zone, name.relativize(zone.origin).to_text(), "NSEC3", key)
    parameters = zone.get_rdataset(zone.origin, "NSEC3PARAM")
    zone.replace_rdataset(zone.origin, dns.rdataset.from_rdata(parameters.ttl, parameters[0].replace(iterations=iterations)))
    sign_again(zone, "@", "NSEC3PARAM", key)


def _up_to(name: Any, origin: Any) -> list[Any]:
    """The name, and those above it that are in the zone, with or without records."""
    return [name, *_up_to(name.parent(), origin)] if name != origin else [name]
