# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.reading.soa import serial_in, with_serial


@pytest.mark.parametrize(
    "text",
    [
        "@ IN SOA ns1 host 41 1 2 3 4\n",
        "$TTL 1h\n; @ SOA a b 5 (\nexample.com. 3600 IN SOA ns1.example. host.example. (\n\t41 ; serial 7\n\t1 2 3 4 )\n",
        "@ soa ( a. b. 41\n1 2 3 4)\n",
        "@\tIN\tSOA\ta.(b. ;x (\n;y )\n41\n1 2 3 4)",
        "soa SOA a b 41 1 2 3 4\n",
        " IN SOA a b\\.c 41 1 2 3 4\r\n",
        'a TXT "SOA x y 5"\n@ SOA a b 41 1 2 3 4\n',
        "a TXT ( one\n two ) \n@ SOA a b 41 1 2 3 4\n",
    ],
)
def test_the_serial_is_found_and_replaced_alone(text):
    serial, start, end = serial_in(text)
    assert serial == 41 and text[start:end] == "41"
    assert with_serial(text, 4294967295) == text[:start] + "4294967295" + text[end:]


@pytest.mark.parametrize("text", ["", "$INCLUDE soa\n@ NS a\n", "@ SOA a b\n41 1 2 3 4\n", "@ SOA a b x41 1 2 3 4\n", "; SOA a b 1\n", "SOA A 192.0.2.1\n"])
def test_what_has_no_serial_to_be_understood_is_told(text):
    assert serial_in(text) is None
    with pytest.raises(ValueError, match="its SOA record cannot be found"):
        with_serial(text, 1)
