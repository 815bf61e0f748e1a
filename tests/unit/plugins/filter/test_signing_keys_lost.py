# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which keys of an archive a later one lacks, and which of these nobody misses."""

from __future__ import annotations

import base64
import io
import tarfile

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.authoritative.dns.plugins.filter.signing_keys_lost import signing_keys_lost

NOW = 1796008310  # 2026-11-30
PUBLISHED = "DNSKEYState: omnipresent\nGoalState: omnipresent\n"
STATE = "Removed: {} (so it is)\nDNSKEYState: hidden\nGoalState: hidden\n"


def archive(files):
    """As the playbook reads it from a host: ``{"zone/file": text}``, with directories of zones that have none."""
    with io.BytesIO() as target:
        with tarfile.open(fileobj=target, mode="w") as tar:
            for name, text in {"": None, **files}.items():
                member = tarfile.TarInfo(f"keys/{name}")
                if text is None:
                    member.type = tarfile.DIRTYPE
                    tar.addfile(member)
                else:
                    member.size = len(text.encode())
                    tar.addfile(member, io.BytesIO(text.encode()))
        return base64.b64encode(target.getvalue()).decode()


def bind(zone, tag, state=PUBLISHED, private="c2VjcmV0", times="Activate: 20261130031148\n"):
    stem = f"{zone}/K{zone}.+013+{tag:05}"
    key = f"Private-key-format: v1.3\nAlgorithm: 13 (ECDSAP256SHA256)\nPrivateKey: {private}{tag}=\n{times}"
    return {f"{stem}.private": key, f"{stem}.key": "; public\n", **({f"{stem}.state": state} if state else {})}


def knot(zone, *keys):
    lines = {f"{zone}/keys": "".join(f"{number:040x} ksk=yes zsk=no tag={number} algorithm=13{times}\n" for number, times in keys)}
    return {**lines, **{f"{zone}/{number:040x}.pem": f"-----BEGIN PRIVATE KEY-----\n{number}\n-----END PRIVATE KEY-----\n" for number, _times in keys}}


TWO = {**bind("a.example", 7), **bind("b.example", 25508)}


@pytest.mark.parametrize(
    ("former", "found", "count", "lost"),
    [
        (None, TWO, 2, ""),
        (None, {}, 0, ""),
        (None, None, 0, ""),
        (TWO, TWO, 2, ""),
        (TWO, bind("a.example", 7), 1, "b.example (tag 25508)"),
        (TWO, {"a.example": None, "b.example": None}, 0, "a.example (tag 7), b.example (tag 25508)"),
        (TWO, None, 0, "a.example (tag 7), b.example (tag 25508)"),
        (TWO, {**TWO, **bind("a.example", 7, times="Activate: 20261130031148\nInactive: 20261230031148\nSuccessor: 8\n")}, 2, ""),
        (TWO, {**TWO, **bind("a.example", 7, private="b3RoZXI")}, 2, "a.example (tag 7)"),  # another key of the same name
        (TWO, {**TWO, "a.example/Ka.example.+013+00007.private": ""}, 1, "a.example (tag 7)"),  # as a full disk leaves it
        (bind("a.example", 7), bind("a.example", 8), 1, "a.example (tag 7)"),
        ({**bind("a.example", 7, STATE.format("20261129000000")), **bind("a.example", 8)}, bind("a.example", 8), 1, ""),
        ({**bind("a.example", 7, STATE.format("20261201000000")), **bind("a.example", 8)}, bind("a.example", 8), 1, "a.example (tag 7)"),
        ({**bind("a.example", 7, None), **bind("a.example", 8)}, bind("a.example", 8), 1, "a.example (tag 7)"),
        # made in advance, and never published
        ({**bind("a.example", 7, "DNSKEYState: hidden\nGoalState: hidden\n"), **bind("a.example", 8)}, bind("a.example", 8), 1, "a.example (tag 7)"),
        # its time is over, but the zone above was not seen to have the next one's DS
        ({**bind("a.example", 7, "Removed: 20261129000000\n" + PUBLISHED), **bind("a.example", 8)}, bind("a.example", 8), 1, "a.example (tag 7)"),
        (knot("a.example", (7, " publish=1796000000"), (8, "")), knot("a.example", (8, "")), 1, "a.example (tag 7)"),
        (knot("a.example", (7, f" retire={NOW - 1}"), (8, "")), knot("a.example", (8, "")), 1, ""),
        (knot("a.example", (7, f" retire={NOW + 1}"), (8, "")), knot("a.example", (8, "")), 1, "a.example (tag 7)"),
        (knot("a.example", (7, f" retire_active={NOW - 1}"), (8, "")), knot("a.example", (8, "")), 1, "a.example (tag 7)"),
        (knot("a.example", (7, f" retire={NOW - 1}"), (8, "")), {"a.example/keys": ""}, 0, "a.example (tag 7, 8)"),
        (bind("a.example", 7), knot("a.example", (7, "")), 1, "a.example (tag 7)"),  # which BIND could not read
    ],
)
def test_a_key_is_lost_that_nothing_took_the_place_of(former, found, count, lost):
    archives = ["" if files is None else archive(files) for files in (former, found)]
    assert signing_keys_lost(*archives, now=NOW) == {"found": count, "lost": lost}


def test_ten_zones_are_named_at_most():
    former = {name: text for number in range(12) for name, text in bind(f"z{number:02}.example", 7).items()}
    assert signing_keys_lost(archive(former), "")["lost"].endswith("z09.example (tag 7), and 2 more zones")


@pytest.mark.parametrize("damaged", ["AAAA", "no base64", archive(TWO)[:2000]])
def test_what_is_no_archive_is_told(damaged):
    for arguments, which in (((damaged, archive(TWO)), "what was kept"), ((archive(TWO), damaged), "what was read from the host")):
        with pytest.raises(AnsibleFilterError, match=f"{which} is no archive of keys"):
            signing_keys_lost(*arguments)
