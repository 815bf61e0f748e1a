# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which key is meant by a zone's name, with or without a tag."""

from __future__ import annotations

import pathlib
import re

import pytest
import yaml
from ansible_collections.authoritative.dns.plugins.modules.dnssec_signer import to_roll

PLAYBOOK = pathlib.Path(__file__).parents[4] / "playbooks/dnssec.yml"
KEY = {"signs_keys": True, "goal": "omnipresent", "states": {"dnskey": "omnipresent", "ds": "omnipresent"}}


class Software:
    @staticmethod
    def keys(files):
        return {zone: [{**KEY, "key_tag": 12345}] for zone in files}


@pytest.mark.parametrize("zone", ["example.com", "0/25.2.0.192.in-addr.arpa", "64/26.0/25.2.0.192.in-addr.arpa"])
@pytest.mark.parametrize("ending", ["", ".", "/12345", "./12345"])
def test_a_zone_may_have_a_slash(zone, ending):
    assert to_roll(Software, [zone + ending]) == [(zone, 12345)]
    rolled = next(play["vars"]["__dnssec_rolled"] for play in yaml.safe_load(PLAYBOOK.read_text()) if "__dnssec_rolled" in play.get("vars", {}))
    assert re.sub(re.search(r"'regex_replace', '(.*?)', ''", rolled).group(1), "", zone + ending) == zone
