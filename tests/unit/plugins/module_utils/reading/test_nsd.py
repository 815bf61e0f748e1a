# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.reading.nsd import _filled


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("%s.zone", "www.example.com.zone"),
        ("%1/%2%3/%s", "w/ww/www.example.com"),
        ("%z/%y/%x/db", "com/example/www/db"),
        ("plain%", "plain%"),
    ],
)
def test_the_name_of_a_file_is_what_nsd_makes_of_it(file, expected):
    assert _filled(file, "www.example.com") == expected
