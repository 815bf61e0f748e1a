# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules that only a running name server shows to be right, because its checker lets more pass."""

from __future__ import annotations

import dns.flags
import dns.message
import dns.name
import dns.query
import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.readers.master_file import parse_zone_file
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.records import canonical
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.rules import validate
from ansible_collections.authoritative.dns.tests.support.named import NAMED, running_named, zone_text

pytestmark = pytest.mark.skipif(NAMED is None, reason="named is not installed")


@pytest.mark.parametrize("line", ["www A 192.0.2.{}", "www TYPE{} \\# 0"], ids=["records", "types"])
@pytest.mark.parametrize("count", [100, 101])
def test_named_does_not_load_a_crowded_name(line, count):
    first = 65280 if "TYPE" in line else 1
    text = zone_text("example.com", records="\n".join(line.format(number) for number in range(first, first + count)))
    file = parse_zone_file(text, dns.name.from_text("example.com"), "zone example.com")
    errors, _warnings = validate("example.com", file.soa, canonical(file.records), {})
    assert not file.problems and [str(error).rpartition("[")[2] for error in errors] == ["name-crowded]"] * (count > 100)
    with running_named({"example.com": text}) as server:
        answer = dns.query.udp(dns.message.make_query("example.com", "SOA"), server.address, port=server.port, timeout=5)
    assert bool(answer.answer) == (not errors)
