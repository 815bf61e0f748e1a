# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys are what anyone with the master secret can compute, and mistakes about them never tell a secret."""

from __future__ import annotations

import base64
import shutil
import subprocess

import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import tsig
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.names import zone_name
from hypothesis import given
from hypothesis import strategies as st

SECRET = "correct horse battery staple, twice"
GOOD = base64.b64encode(b"0123456789abcdef").decode()


def openssl(name: str, octets: int) -> str:
    """The documented way to compute a key by hand."""
    options = ["digest:SHA256", f"key:{SECRET}", "salt:authoritative.dns", f"info:{name}"]
    arguments = [part for option in options for part in ("-kdfopt", option)]
    command = [shutil.which("openssl") or "openssl", "kdf", "-binary", "-keylen", str(octets), *arguments, "HKDF"]
    return base64.b64encode(subprocess.run(command, capture_output=True, check=True, timeout=30).stdout).decode()


@pytest.mark.parametrize(("algorithm", "octets"), tsig.ALGORITHMS.items())
def test_openssl_derives_the_same_keys(algorithm, octets):
    ring, problems = tsig.read(SECRET, [2, 1], algorithm)
    assert not problems
    keys = ring.derived("NS1.example.com", "ns_2")
    assert [key.name for key in keys] == ["ns-2._from.ns1.example.com._g2", "ns-2._from.ns1.example.com._g1"]
    assert all(key.secret == openssl(key.name, octets) for key in keys)


@given(st.lists(st.text(min_size=1, max_size=40), min_size=2, max_size=2))
def test_every_pair_has_a_key_whose_name_every_program_can_read(servers):
    (key,) = tsig.Keyring(SECRET).derived(*servers)
    assert tsig.key_name(key.name) == key.name and zone_name(key.name)


def test_pairs_directions_generations_and_secrets_have_different_keys():
    keys = [
        key.secret
        for secret in (SECRET, SECRET + "!")
        for pair in (("ns1", "ns2"), ("ns2", "ns1"), ("ns1", "ns3"))
        for key in tsig.Keyring(secret, (1, 2)).derived(*pair)
    ]
    assert len(set(keys)) == len(keys) == 12


def test_nothing_is_derived_from_nothing():
    assert tsig.read()[0].derived("ns1", "ns2") == ()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"secret": "too-short-to-be-safe"}, "dns_tsig_secret: is no text of at least 32 characters"),
        ({"secret": ["hidden-in-a-list"]}, "dns_tsig_secret: is no text"),
        ({"generations": []}, "dns_tsig_generations: [] is not a list of numbers"),
        ({"generations": [True]}, "dns_tsig_generations: [True] is not"),
        ({"generations": "12"}, "dns_tsig_generations: '12' is not"),
        ({"algorithm": "hmac-md5"}, "dns_tsig_algorithm: the algorithm 'hmac-md5' is not safe any more"),
        ({"algorithm": "hmac-sha1"}, "dns_tsig_algorithm: the algorithm 'hmac-sha1' is not safe any more"),
        ({"algorithm": "hmac-sha265"}, "the algorithm 'hmac-sha265' is unknown, did you mean 'hmac-sha256'?"),
        ({"keys": "x"}, "dns_tsig_keys: is not a list"),
        ({"keys": [{"name": "a"}]}, "key 1 of dns_tsig_keys: is not a key"),
        ({"keys": [{"name": 'a"; }; zone "x', "secret": GOOD}]}, "key 1 of dns_tsig_keys: the name 'a\"; }; zone \"x' is not a domain name"),
        ({"keys": [{"name": "a", "secret": "not base64, and hidden"}]}, "key a of dns_tsig_keys: its secret is not base64 of at least 16 octets"),
        ({"keys": [{"name": "a", "secret": "c2hvcnQ="}]}, "key a of dns_tsig_keys: its secret is not base64"),
        ({"keys": [{"name": "a", "secret": GOOD, "algorithm": "hmac-sha1"}]}, "key a of dns_tsig_keys: the algorithm 'hmac-sha1' is not safe"),
        ({"keys": [{"name": "a", "secret": GOOD}, {"name": "A.", "secret": GOOD}]}, "dns_tsig_keys: has a twice"),
    ],
)
def test_a_mistake_is_told_without_the_secret(arguments, told):
    ring, problems = tsig.read(**arguments)
    text = "\n".join(map(str, problems))
    assert told in text and len(problems) == 1
    assert not any(secret in text + repr(ring) for secret in ("too-short", "hidden", "c2hvcnQ", GOOD, SECRET))


def test_a_keyring_does_not_show_its_secrets():
    ring, _problems = tsig.read(SECRET, keys=[{"name": "a", "secret": GOOD}])
    shown = repr(ring) + repr(ring.derived("ns1", "ns2"))
    assert SECRET not in shown and GOOD not in shown and ring.derived("ns1", "ns2")[0].secret not in shown


def test_the_derivation_is_rfc_5869s():
    # Appendix A.1.
    salt, info = bytes(range(13)), bytes(range(0xF0, 0xFA))
    assert tsig.hkdf(b"\x0b" * 22, salt, info, 42).hex() == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
