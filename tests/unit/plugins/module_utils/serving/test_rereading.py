# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.serving.generations import Generation
from ansible_collections.authoritative.dns.plugins.module_utils.serving.rereading import facts_of, reread
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.records import SOA, digest, zone_text
from hypothesis import given
from hypothesis import strategies as st

BODY = "@ 3600 IN NS ns1.example.\nwww 300 IN A 192.0.2.1\n"
NUMBERS = st.integers(0, 2**32 - 1)
TEXT = zone_text("example.com", SOA(3600, "ns1.example.", "hostmaster.example.", 0, 1, 2, 3, 4), BODY, 7)


@given(st.sampled_from(["example.com", ".", "0/25.2.0.192.in-addr.arpa", "xn--bcher-kva.example"]), NUMBERS, st.tuples(*[st.integers(0, 2**31 - 1)] * 4))
def test_what_is_written_is_known_again(zone, serial, times):
    soa = SOA(3600, "ns1.example.", "host\\.master.example.", 1, *times)
    found = facts_of(zone_text(zone, soa, BODY, serial), "path")
    assert found == {"zone": zone, "digest": digest(soa, BODY), "serial": serial, "issued": serial}


@given(NUMBERS)
def test_of_a_soa_record_that_is_written_without_words_the_serial_is_known(serial):
    soa = SOA(3600, "ns1.example.", "hostmaster.example.", 1, 2**32 - 1, 600, 1209600, 300)
    assert facts_of(zone_text("example.com", soa, BODY, serial), "path") == {"zone": "example.com", "digest": None, "serial": serial, "issued": serial}


@pytest.mark.parametrize("text", ["", None, "\0" * 500, TEXT[:-1], TEXT[:60], TEXT + "\0\n", TEXT.replace("managed", "written"), TEXT.replace(" 7 ", " x ")])
def test_what_is_not_whole_is_named(text):
    with pytest.raises(Refused, match=r"^/a/zones/b (is not whole|has no SOA record that can be read), so it cannot be told what this host was given; put it"):
        facts_of(text, "/a/zones/b")


@pytest.mark.parametrize(("used", "accepted"), [(1, 2), (2, 1)])
def test_the_generations_of_keys_are_told_the_used_one_first(tmp_path, used, accepted):
    (tmp_path / "zones").mkdir()
    (tmp_path / "keys.conf").write_text("".join(f'// shared b._from.a._g{number}\nkey "b._from.a._g{number}" {{ }};\n' for number in (1, 2)))
    zone = f'allow-transfer {{ key "b._from.a._g{used}"; key "b._from.a._g{accepted}"; }}; also-notify {{ 192.0.2.1 key "b._from.a._g{used}"; }};'
    (tmp_path / "zones.conf").write_text(f'// zone example.com\nzone "example.com" {{ file "example.com"; {zone} }};\n')
    generation = Generation(str(tmp_path), 0)
    reread(generation, "zones")
    assert generation.notes == {"secondary": {"example.com": "example.com"}, "tsig_generations": [used, accepted]}
    assert sorted(generation.files) == ["keys.conf", "zones.conf"]
