# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.common.listed import listed, listed_names


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (True, True),
        ("true", True),
        ("Yes", True),
        ("1", True),
        (False, False),
        (None, False),
        ("", []),
        ("no", []),
        (["ns1"], ["ns1"]),
        (("ns1",), ["ns1"]),
        ("ns1", ["ns1"]),
        ("ns1, ns10", ["ns1", "ns10"]),
        ("true.example", ["true.example"]),
    ],
)
def test_a_list_is_one_however_it_was_given(said, meant):
    assert listed(said) == meant


def test_a_list_of_names_is_never_a_word_for_all():
    assert listed_names("true") == ["true"] and listed_names(None) == [] and listed_names(["ns1"]) == listed_names("ns1,") == ["ns1"]
