# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import dns.name
import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.proof.endpoints import Mistake, read_name, read_wire_name
from hypothesis import given
from hypothesis import strategies as st


@given(st.from_regex(r"[A-Za-z0-9_.*\\é-]{0,80}", fullmatch=True) | st.text(max_size=300) | st.text("a.", max_size=300))
def test_names_are_read_alike_with_and_without_dnspython(text):
    try:
        expected = read_name(text, "here").to_wire()
    except Mistake as mistake:
        with pytest.raises(Mistake) as caught:
            read_wire_name(text, "here")
        assert str(caught.value) == str(mistake)
        assert str(mistake).startswith("here: ")
    else:
        assert read_wire_name(text, "here") == expected


@pytest.mark.parametrize("length", [251, 252, 253, 254, 255, 256])
def test_the_longest_names(length):
    text = (("a" * 63 + ".") * 4)[: length - 1] + "b"
    try:
        expected = dns.name.from_text(text).to_wire()
    except (dns.name.NameTooLong, dns.name.LabelTooLong):
        with pytest.raises(Mistake):
            read_wire_name(text, "here")
    else:
        assert read_wire_name(text, "here") == expected


def test_the_root():
    assert read_wire_name(".", "here") == b"\0"
