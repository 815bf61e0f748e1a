# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import dns.name
import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.wire.message import MalformedMessage, read_name, skip_name
from hypothesis import given
from hypothesis import strategies as st


@given(st.lists(st.binary(min_size=1, max_size=20), max_size=8), st.binary(max_size=20))
def test_names_are_read_as_dnspython_reads_them(labels, before):
    name = dns.name.Name([*labels, b""])
    wire = before + name.to_wire()
    assert read_name(wire, len(before)) == (name.canonicalize().to_wire(), len(wire))
    assert skip_name(wire, len(before)) == len(wire)


@pytest.mark.parametrize("wire", [b"\xc0\0", b"\1a\xc0\0", b"\x3f", b"\x40a\0", b"\1", (b"\x3f" + b"a" * 63) * 4 + b"\0"])
def test_names_that_are_none(wire):
    with pytest.raises((MalformedMessage, IndexError)):
        read_name(wire, 0)
