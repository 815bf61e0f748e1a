# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import dns.exception
import dns.message
import dns.tsig
import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.wire.tsig import tsig_problem


@pytest.mark.parametrize(
    ("error", "state", "text"),
    [
        (dns.tsig.PeerBadTime(), "bad_time", "BADTIME"),
        (dns.tsig.BadTime(), "bad_time", "our clock"),
        (dns.message.UnknownTSIGKey(), "wrong_key", "the question was not"),
        (dns.tsig.PeerBadKey(), "wrong_key", "BADKEY"),
        (dns.tsig.PeerBadSignature(), "wrong_key", "BADSIG"),
        (dns.tsig.PeerBadTruncation(), "wrong_key", "BADSIG"),
        (dns.tsig.BadSignature(), "wrong_key", "not signed with this key"),
        (dns.tsig.BadAlgorithm(), "wrong_key", "not signed with this key"),
    ],
)
def test_each_error_is_about_the_clocks_or_the_key(error, state, text):
    found, detail = tsig_problem(error)
    assert found == state and text in detail


def test_other_errors_are_not_about_signatures():
    assert tsig_problem(dns.exception.FormError()) is None
    assert tsig_problem(IndexError()) is None
