# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import dns.name
import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import Mistake, find_key, read_keys, read_name, read_servers, read_wire_name
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


@pytest.mark.parametrize(
    ("given_keys", "text"),
    [
        ([{"name": "a", "secret": "c2VjcmV0"}, {"name": "a", "secret": "c2VjcmV0"}], "keys: a is given twice"),
        ([{"name": "a", "secret": "no base64!"}], "keys: the secret of a is not base64"),
        ([{"name": "a", "secret": ""}], "keys: the secret of a is not base64"),
        ([{"name": "a..b", "secret": "c2VjcmV0"}], "'a..b' is not a domain name"),
    ],
)
def test_mistakes_in_keys_are_named_and_no_secret_is(given_keys, text):
    with pytest.raises(Mistake) as caught:
        read_keys([dict(key, algorithm="hmac-sha256") for key in given_keys])
    assert text in str(caught.value)
    assert "c2VjcmV0" not in str(caught.value) and "no base64!" not in str(caught.value)


def test_a_key_that_is_not_there_and_no_servers():
    with pytest.raises(Mistake, match="servers: x: the key other is not in keys; known: none"):
        find_key("other", {}, "servers: x")
    with pytest.raises(Mistake, match="name at least one server"):
        read_servers([], {})
