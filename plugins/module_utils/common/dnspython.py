# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one place that imports dnspython, so that everything else can be imported where it is absent. What it computes signatures with is in L(dnssec)."""

from __future__ import annotations

import traceback

MINIMUM = (2, 3)

try:
    import dns.edns
    import dns.exception
    import dns.flags
    import dns.message
    import dns.name
    import dns.rcode
    import dns.rdata
    import dns.rdataclass
    import dns.rdataset
    import dns.rdatatype
    import dns.reversename
    import dns.rrset
    import dns.tokenizer
    import dns.tsig
    import dns.version
    import dns.zonefile
except ImportError:
    dns = None
    IMPORT_ERROR = traceback.format_exc()
else:
    IMPORT_ERROR = None


def is_recent_enough() -> bool:
    return dns is not None and (dns.version.MAJOR, dns.version.MINOR) >= MINIMUM
