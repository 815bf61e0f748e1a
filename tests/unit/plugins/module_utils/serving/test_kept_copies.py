# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files in which no server's copy is, or half of one; those of real servers are in the integration tests."""

from __future__ import annotations

import os
import struct

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.serving.kept_copies import serial_in, serials
from hypothesis import example, given
from hypothesis import strategies as st

NAME = b"\x07example\x00"
DATA = b"\x03ns1\x00\x04host\x00" + struct.pack("!5I", 4294967295, 1, 2, 3, 4)


def rrset(rdtype, *rdata):
    """As named writes it."""
    body = struct.pack("!HHHII", 1, rdtype, 0, 300, len(rdata)) + struct.pack("!H", len(NAME)) + NAME
    body += b"".join(struct.pack("!H", len(data)) + data for data in rdata)
    return struct.pack("!I", len(body) + 4) + body


NEW, OLD = struct.pack("!6I", 2, 1, 0, 0, 0, 0), struct.pack("!3I", 2, 0, 0)
SOA_LAST = rrset(2, b"\x03ns1\x00", b"\x03ns2\x00") + rrset(6, DATA)
JOURNAL = b";BIND LOG V9.2\n\0" + struct.pack("!4I", 1, 64, 44, 900) + b"\0" * 32


@pytest.mark.parametrize(
    ("start", "serial"),
    [
        (NEW + rrset(6, DATA), 4294967295),
        (NEW + SOA_LAST, 4294967295),
        (OLD + SOA_LAST, 4294967295),
        (struct.pack("!2I", 2, 7) + SOA_LAST, None),  # a version that is not known
        (NEW + rrset(2, b"\x03ns1\x00"), None),
        (JOURNAL, 44),
        (b"$TTL 300\nexample. IN SOA ns1. host. (\n  ; the serial\n  7 ; serial\n 1 2 3 4 )\n", 7),
        (b"example.\t300\tSOA\tns1. host. 4294967297 1 2 3 4\n", 1),
        (b"", None),
        (b"; nothing\n", None),
    ],
)
def test_the_serial_in_a_file(start, serial):
    assert serial_in(start) == serial


@given(st.sampled_from([b"", NEW, OLD, b";BIND LOG V9"]), st.binary(max_size=200))
@example(NEW, b"\0" * 18)
def test_a_file_that_holds_anything_is_read_to_its_end(start, rest):
    assert serial_in(start + rest) is None or 0 <= serial_in(start + rest) < 2**32


@pytest.mark.parametrize("whole", [NEW + SOA_LAST, OLD + SOA_LAST, JOURNAL[:28]])
def test_a_file_that_ends_too_early_has_none(whole):
    assert serial_in(whole) is not None
    assert all(serial_in(whole[:length]) is None for length in range(len(whole) - 16 if whole != JOURNAL[:28] else 28))


def test_a_copy_is_as_new_as_the_newest_of_its_files(tmp_path):
    (tmp_path / "a").write_bytes(NEW + rrset(6, DATA))
    (tmp_path / "a.jnl").write_bytes(JOURNAL)  # 4294967295, 0, 1, …
    (tmp_path / "b.jnl").write_bytes(JOURNAL)
    (tmp_path / "c").symlink_to("a")
    os.mkfifo(tmp_path / "d")
    (tmp_path / "e").mkdir()
    assert serials(str(tmp_path), list("abcdef"), ("", ".jnl")) == {"a": 44, "b": 44}
