# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a failed TSIG check says about the key and the clocks (RFC 8945)."""

from __future__ import annotations

from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns


def read_message(wire: bytes, key: Any, mac: bytes) -> Any:
    """Parse an answer and verify its signature, when it has one; ``had_tsig`` of the message tells.

    Raises what dnspython raises, and on hostile input that is not always an exception of its own.
    """
    options = {"ignore_trailing": True, "one_rr_per_rrset": True}
    try:
        return dns.message.from_wire(wire, keyring=key, request_mac=mac, **options)
    except dns.exception.FormError as error:
        if not key:
            raise
        try:
            # newer versions refuse an answer without signature here, older ones leave it to the caller
            return dns.message.from_wire(wire, **options)
        except dns.message.UnknownTSIGKey:
            raise error from None


def tsig_problem(error: Exception) -> tuple[str, str] | None:
    """State and detail for an exception of dnspython's TSIG code; None when the error is not about TSIG."""
    if isinstance(error, dns.tsig.PeerBadTime):
        return "bad_time", "the server's clock and ours differ by more than 300 s (BADTIME)"
    if isinstance(error, dns.tsig.BadTime):
        return "bad_time", "the time in the answer's signature and our clock differ too much"
    if isinstance(error, dns.message.UnknownTSIGKey):
        return "wrong_key", "the answer is signed, and the question was not"
    if isinstance(error, dns.tsig.PeerBadKey):
        return "wrong_key", "the server does not know this key (BADKEY)"
    if isinstance(error, (dns.tsig.PeerBadSignature, dns.tsig.PeerBadTruncation)):
        return "wrong_key", "the server has another secret or algorithm for this key (BADSIG)"
    if isinstance(error, dns.tsig.PeerError):
        return "wrong_key", str(error)
    if isinstance(error, (dns.tsig.BadSignature, dns.tsig.BadKey, dns.tsig.BadAlgorithm)):
        return "wrong_key", "the answer is not signed with this key"
    return None
