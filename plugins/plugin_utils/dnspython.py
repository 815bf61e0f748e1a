# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""dnspython, which the declaration layer needs on the controller, imported in one place so that its absence is told in clear words."""

from __future__ import annotations

from ansible_collections.authoritative.dns.plugins.plugin_utils.problems import Problem

try:
    import dns
    import dns.exception
    import dns.name
    import dns.rdata
    import dns.rdataclass
    import dns.rdatatype
    import dns.reversename
    import dns.tokenizer
    import dns.version
    import dns.zonefile
except ImportError:
    dns = None

__all__ = ["MISSING", "dns"]

MISSING = Problem("the controller's Python", "has no dnspython, which reads the declaration", "install dnspython 2.6 or newer beside ansible-core")
