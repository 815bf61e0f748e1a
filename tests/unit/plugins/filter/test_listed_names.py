# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.filter.listed_names import listed_names


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (["b.example", "a.example."], ["b.example", "a.example."]),
        ("b.example", ["b.example"]),
        ("b.example, a.example", ["b.example", "a.example"]),
        ("", []),
        (None, []),
        ([], []),
        (["Bücher.example."], ["xn--bcher-kva.example."]),
        ("bücher.example,a.example", ["xn--bcher-kva.example", "a.example"]),
        (["a b", "", 7, "ü..example"], ["a b", "", 7, "\\195\\188..example"]),
    ],
)
def test_domain_names(value, found):
    assert listed_names(value, domains=True) == found


def test_other_names_are_left_alone():
    assert listed_names("ndots:2,bücher") == ["ndots:2", "bücher"]
