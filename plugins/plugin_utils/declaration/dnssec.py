# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How zones are signed: policies in the words of BIND's C(dnssec-policy) and Knot DNS' C(policy), and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import Problem, did_you_mean
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.records import parse_ttl

VARIABLE = "dns_dnssec_policies"
HOUR, DAY = 3600, 86400
# By their number in DNSKEY and DS records. RFC 8624 and RFC 9905, section 2: signers use no other one, those with SHA-1 least of all.
ALGORITHMS = {8: "RSASHA256", 13: "ECDSAP256SHA256", 14: "ECDSAP384SHA384", 15: "ED25519", 16: "ED448"}
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}\Z")
_TAKEN = ("default", "none", "insecure")  # words of BIND's own, and of the option
_JITTER = 12 * HOUR  # by which BIND has signatures end earlier, so that not all are replaced at once


@dataclass(frozen=True)
class Policy:
    """One way to sign. Times in seconds; a lifetime of 0 is unlimited.

    single_type_signing: one key for everything, or else a key signing key and a zone signing key (RFC 6781 section 3.1).
    ksk_lifetime: of the key that the DS is for. signatures_validity, signatures_refresh: how long a signature is good, and how long before its
    end it is replaced. The rest are what RFC 7583 has rollovers wait for.
    """

    name: str
    algorithm: str = ALGORITHMS[13]
    single_type_signing: bool = True
    ksk_lifetime: int = 0
    zsk_lifetime: int = 0
    signatures_validity: int = 14 * DAY
    signatures_refresh: int = 5 * DAY
    nsec3: bool = False
    nsec3_opt_out: bool = False
    dnskey_ttl: int = HOUR
    max_zone_ttl: int = DAY
    zone_propagation_delay: int = 300
    parent_ds_ttl: int = DAY
    parent_propagation_delay: int = HOUR
    publish_safety: int = HOUR
    retire_safety: int = HOUR

    @property
    def signs(self) -> bool:
        """Whether the zone is to be signed, or on its way to be so no longer."""
        return self.name != INSECURE

    @property
    def publication(self) -> int:
        """How long a key is published before it is used (RFC 7583 section 3.2.1)."""
        return self.dnskey_ttl + self.publish_safety + self.zone_propagation_delay

    @property
    def ds_retirement(self) -> int:
        """How long the DS of a former key is known to resolvers (RFC 7583 section 3.3.1)."""
        return self.parent_ds_ttl + self.parent_propagation_delay + self.retire_safety

    @property
    def signature_retirement(self) -> int:
        """How long signatures by a former key are known to resolvers, once every signature is being replaced."""
        return self.signatures_validity - self.signatures_refresh + self.max_zone_ttl + self.zone_propagation_delay + self.retire_safety

    @property
    def signatures_left(self) -> tuple[int, int]:
        """With how little left a signature is late, and with how little its zone is in danger; of the standard policy, 3 days and 1 day.

        Both are shares of C(signatures_refresh), which is what a signer that works in time leaves. Never more than those of the standard policy,
        since signatures of a policy before may still be there.
        """
        refresh = min(self.signatures_refresh, Policy.signatures_refresh)
        return refresh * 3 // 5, refresh // 5


INSECURE = "insecure"
STANDARD = Policy("standard")
# NIST SP 800-81r3 wants ECDSA, short signatures and NSEC; the STIG for BIND wants NSEC3.
NAMED = {
    policy.name: policy
    for policy in (
        STANDARD,
        Policy("nist", signatures_validity=7 * DAY, signatures_refresh=2 * DAY),
        Policy("stig", signatures_validity=7 * DAY, signatures_refresh=2 * DAY, nsec3=True),
        Policy(INSECURE),
    )
}
_KINDS = {field.name: type(field.default) for field in fields(Policy) if field.default is not MISSING}


def read(given: Any) -> tuple[dict[str, Policy], list[Problem]]:
    """The policies that zones may name, those that come with the collection among them, and the mistakes in C(dns_dnssec_policies)."""
    problems: list[Problem] = []
    policies = dict(NAMED)
    if not isinstance(given or {}, Mapping):
        return policies, [Problem(VARIABLE, f"{given!r} is not a mapping", "write {NAME: {algorithm: ECDSAP256SHA256, …}}")]
    for name, options in (given or {}).items():
        where = f"{VARIABLE}, {name}"
        if name in NAMED:
            problems.append(Problem(where, "comes with the collection", "give yours another name"))
        elif not isinstance(name, str) or not _NAME.match(name) or name in _TAKEN:
            problems.append(Problem(where, "is no name of a policy", "write lower case letters, digits, - and _, a letter first; default and none are taken"))
        elif not isinstance(options, Mapping):
            problems.append(Problem(where, f"{options!r} is not a mapping", f"give a mapping with {', '.join(_KINDS)}"))
            policies[name] = Policy(name)  # so that its zones are not told as well
        else:
            policies[name], mistakes = _policy(where, name, options)
            problems += mistakes
    # Of a zone whose signing ends it is not declared any more how it was signed: it waits for the longest.
    longest = {word: max(getattr(policy, word) for policy in policies.values()) for word in ("parent_ds_ttl", "parent_propagation_delay", "retire_safety")}
    return {**policies, INSECURE: replace(policies[INSECURE], **longest)}, problems


def _policy(where: str, name: str, options: Mapping[str, Any]) -> tuple[Policy, list[Problem]]:
    problems, values = [], {}
    for key, value in options.items():
        if key not in _KINDS:
            problems.append(Problem(where, f"the key {key!r} is unknown{did_you_mean(key, _KINDS)}", f"known are {', '.join(_KINDS)}"))
            continue
        try:
            values[key] = _algorithm(value) if key == "algorithm" else _truth(value) if _KINDS[key] is bool else parse_ttl(value)
        except ValueError as error:
            rights = {bool: "write true or false", str: f"use one of {', '.join(ALGORITHMS.values())}"}
            right = rights.get(_KINDS[key], "write seconds, or units such as 1h or 1d")
            problems.append(Problem(where, f"{key}: {error}", right))
    policy = replace(Policy(name), **values)
    return policy, problems or [Problem(where, wrong, right) for wrong, right in _impossible(policy)]


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither true nor false")
    return value


def _algorithm(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and value in ALGORITHMS:
        return ALGORITHMS[value]
    name = str(value).upper()
    if name not in ALGORITHMS.values():
        raise ValueError(f"{value!r} is no algorithm to sign with today (RFC 8624, RFC 9905)")
    return name


def _impossible(policy: Policy) -> Iterator[tuple[str, str]]:
    """What is wrong with a policy that cannot work, and what would be right."""
    latest = min(policy.signatures_validity * 9 // 10, policy.signatures_validity - _JITTER)
    if latest <= 0:
        yield f"signatures_validity is {policy.signatures_validity} seconds", "let signatures be good for more than 12 hours, better for days"
    elif policy.signatures_refresh > latest:
        wrong = f"signatures_refresh is {policy.signatures_refresh} seconds of the {policy.signatures_validity} that a signature is good"
        yield wrong, f"let it be at most {latest}: nine tenths of signatures_validity and 12 hours less than it, or signatures would be replaced all the time"
    elif policy.signatures_refresh <= policy.max_zone_ttl:
        wrong = f"signatures_refresh is {policy.signatures_refresh} seconds, and records live for up to {policy.max_zone_ttl} in resolvers"
        yield wrong, "let it be longer than max_zone_ttl, or resolvers keep signatures beyond their end"
    if policy.nsec3_opt_out and not policy.nsec3:
        yield "nsec3_opt_out is true, but nsec3 is not", "set nsec3: true, or leave nsec3_opt_out out"
    if policy.single_type_signing and policy.zsk_lifetime:
        yield "has a zsk_lifetime, but one key for everything", "set single_type_signing: false, or give that key's ksk_lifetime"
    ksk = policy.publication + policy.ds_retirement
    least = {"ksk_lifetime": max(ksk, policy.publication + policy.signature_retirement) if policy.single_type_signing else ksk}
    least["zsk_lifetime"] = policy.publication + policy.signature_retirement
    for key, seconds in least.items():
        lifetime = getattr(policy, key)
        if 0 < lifetime <= seconds:
            yield f"{key} is {lifetime} seconds, and a rollover takes {seconds}", "let a key live longer than that, or 0 for as long as nobody rolls it"


def longest_ttl(body: str) -> int:
    """The longest TTL of records as L(records.body_text) writes them, 0 without any."""
    return max((int(line.split(" ", 2)[1]) for line in body.splitlines()), default=0)
