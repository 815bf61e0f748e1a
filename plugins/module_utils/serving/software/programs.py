# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs that this collection runs, by the names that nameserver_software has for them."""

from __future__ import annotations

from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.bind import Bind
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.knot import Knot
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.nsd import NSD
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.powerdns import PowerDNS

SOFTWARE = {"bind": Bind, "nsd": NSD, "knot": Knot, "powerdns": PowerDNS}
