# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import zlib
from base64 import b64encode

import pytest
from ansible_collections.authoritative.dns.tests.support.modules import run_module

NOBODY = 65534


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
@pytest.mark.parametrize("arguments", [{"state": "compared"}, {"state": "present"}, {"state": "present", "check": True}], ids=["compared", "present", "dry"])
def test_who_is_not_root_is_told_so_instead_of_finding_nothing(arguments):
    payload = b64encode(zlib.compress(json.dumps({}).encode())).decode()
    assert "not permitted" not in run_module("nameserver", layout={})["msg"]
    os.seteuid(NOBODY)
    try:
        result = run_module("nameserver", layout={}, payload=payload, **arguments)
    finally:
        os.seteuid(0)
    assert result["failed"] and result["msg"].startswith("not permitted: ") and result["msg"].endswith("run this task with become: true")
