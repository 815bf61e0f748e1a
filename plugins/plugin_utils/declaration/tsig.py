# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys that sign zone transfers and NOTIFY (TSIG, RFC 8945): derived for each pair of servers, or given.

A derived key can be computed by anyone who has the master secret, with no program of ours: HKDF (RFC 5869) with SHA-256, the
master secret's octets as input keying material, the salt C(authoritative.dns) and the key's name as info. For example::

    openssl kdf -binary -keylen 32 -kdfopt digest:SHA256 -kdfopt key:"$SECRET" -kdfopt salt:authoritative.dns \
        -kdfopt info:ns2._from.ns1._g1 HKDF | base64
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import Problem, did_you_mean

# Octets of a derived secret: as long as the hash, as RFC 2104 section 3 advises. HMAC-MD5 and HMAC-SHA-1 are left out on
# purpose: RFC 8945 section 6 recommends against them, and RHEL 9's policy forbids them.
ALGORITHMS = {"hmac-sha256": 32, "hmac-sha384": 48, "hmac-sha512": 64}
DEFAULT_ALGORITHM = "hmac-sha256"
BROKEN_ALGORITHMS = ("hmac-md5", "hmac-md5.sig-alg.reg.int", "hmac-sha1")
SALT = b"authoritative.dns"
_LEAST_SECRET = 32  # characters
_LEAST_KEY = 16  # octets
_KEY_NAME = re.compile(r"(?=.{1,200}\Z)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*\Z")


@dataclass(frozen=True)
class Key:
    """One TSIG key. name: lower case, without final dot. secret: base64."""

    name: str
    algorithm: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Keyring:
    """All that a declaration says about keys.

    secret: the master secret, None to derive nothing. generations: numbers that go into derived keys; the first one's keys are
    used, all are accepted. given: keys by name.
    """

    secret: str | None = field(default=None, repr=False)
    generations: tuple[int, ...] = (1,)
    algorithm: str = DEFAULT_ALGORITHM
    given: Mapping[str, Key] = field(default_factory=dict)

    def derived(self, primary: str, secondary: str, view: str | None = None) -> tuple[Key, ...]:
        """The pair's keys, the one to use first. Empty without a master secret. Names are those of the inventory. view: of which they transfer zones."""
        if self.secret is None:
            return ()
        pair = f"{label(secondary)}._from.{label(primary)}" + (f"._view.{label(view)}" if view else "")
        return tuple(self._derive(f"{pair}._g{generation}") for generation in self.generations)

    def _derive(self, name: str) -> Key:
        octets = hkdf(self.secret.encode(), SALT, name.encode(), ALGORITHMS[self.algorithm])
        return Key(name, self.algorithm, base64.b64encode(octets).decode())


def hkdf(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869 with SHA-256: first extract, then expand. Short enough to need no library that a controller may lack."""
    key = hmac.digest(salt, secret, "sha256")
    block = result = b""
    for number in range(1, -(-length // 32) + 1):
        block = hmac.digest(key, block + info + bytes([number]), "sha256")
        result += block
    return result[:length]


def label(server: str) -> str:
    """A server's name as part of a key's name: lower case, with a hyphen for every character that a host name may not have."""
    labels = (part[:63].strip("-") for part in re.sub(r"[^a-z0-9.]", "-", server.lower()).split("."))
    return ".".join(part for part in labels if part)[:90].rstrip("-.") or "server"


def read(secret: Any = None, generations: Any = None, algorithm: Any = None, keys: Any = None) -> tuple[Keyring, list[Problem]]:
    """The keyring that the variables C(dns_tsig_*) declare, and what is wrong with them. No problem tells a secret."""
    problems: list[Problem] = []

    def wrong(where: str, what: str, right: str) -> None:
        problems.append(Problem(where, what, right))

    if secret in (None, ""):
        secret = None
    elif not isinstance(secret, str) or len(secret) < _LEAST_SECRET:
        wrong("dns_tsig_secret", f"is no text of at least {_LEAST_SECRET} characters", "make one with `openssl rand -base64 32` and keep it in a vault")
        secret = None
    generations = [1] if generations is None else generations
    if not isinstance(generations, Sequence) or isinstance(generations, str) or not generations or not all(_is_generation(item) for item in generations):
        wrong("dns_tsig_generations", f"{generations!r} is not a list of numbers", "write [1]; the playbook rotate_tsig changes it")
        generations = [1]
    algorithm = _algorithm("dns_tsig_algorithm", DEFAULT_ALGORITHM if algorithm is None else algorithm, problems)
    given: dict[str, Key] = {}
    if not isinstance(keys or [], Sequence) or isinstance(keys, str):
        wrong("dns_tsig_keys", "is not a list", "write [{name: partner.example, secret: …}]")
        keys = []
    for number, item in enumerate(keys or [], 1):
        key = _given(f"key {number} of dns_tsig_keys", item, problems)
        if key is not None and key.name in given:
            wrong("dns_tsig_keys", f"has {key.name} twice", "give each key a name of its own")
        elif key is not None:
            given[key.name] = key
    return Keyring(secret, tuple(dict.fromkeys(generations)), algorithm, given), problems


def _is_generation(item: Any) -> bool:
    return isinstance(item, int) and not isinstance(item, bool) and item > 0


def _algorithm(where: str, value: Any, problems: list[Problem]) -> str:
    if isinstance(value, str) and value in ALGORITHMS:
        return value
    wrong = "is not safe any more" if value in BROKEN_ALGORITHMS else f"is unknown{did_you_mean(value, ALGORITHMS)}"
    problems.append(Problem(where, f"the algorithm {value!r} {wrong}", f"use one of {', '.join(ALGORITHMS)}"))
    return DEFAULT_ALGORITHM


def _given(where: str, item: Any, problems: list[Problem]) -> Key | None:
    known = ("name", "algorithm", "secret")
    if not isinstance(item, Mapping) or set(item) - set(known) or "name" not in item or "secret" not in item:
        problems.append(Problem(where, "is not a key", f"write a mapping with name and secret, and algorithm if it is not {DEFAULT_ALGORITHM}"))
        return None
    name = key_name(item["name"])
    if name is None:
        problems.append(Problem(where, f"the name {item['name']!r} is not a domain name", "write a name such as ns1-ns2.example.com"))
        return None
    algorithm = _algorithm(f"key {name} of dns_tsig_keys", item.get("algorithm", DEFAULT_ALGORITHM), problems)
    try:
        octets = base64.b64decode(item["secret"], validate=True)
    except (binascii.Error, ValueError, TypeError):
        octets = b""
    if len(octets) < _LEAST_KEY:
        problems.append(Problem(f"key {name} of dns_tsig_keys", f"its secret is not base64 of at least {_LEAST_KEY} octets", "make one with `tsig-keygen`"))
        return None
    return Key(name, algorithm, base64.b64encode(octets).decode())


def key_name(value: Any) -> str | None:
    """The name of a key in the one spelling that is used, None if it cannot be one."""
    text = value.lower().rstrip(".") if isinstance(value, str) else ""
    return text if _KEY_NAME.match(text) else None
