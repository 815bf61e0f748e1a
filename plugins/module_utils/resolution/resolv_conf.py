# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""resolv.conf(5). No I/O."""

from __future__ import annotations

RESOLV_CONF = "/etc/resolv.conf"
RESOLVED_STUBS = {"127.0.0.53", "127.0.0.54"}
GLIBC_MAXIMUM_SERVERS = 3  # MAXNS of resolv.h; the C library ignores the rest


def parse_resolv_conf(text: str) -> dict[str, list[str]]:
    """Servers, search domains and options of a resolv.conf(5); a later ``search`` or ``domain`` replaces an earlier one."""
    servers: list[str] = []
    search: list[str] = []
    options: list[str] = []
    for line in text.splitlines():
        words = line.split()
        if not words or words[0][0] in "#;":
            continue
        if words[0] == "nameserver" and len(words) > 1:
            servers.append(words[1])
        elif words[0] == "search":
            search = [name for name in words[1:] if name != "."]
        elif words[0] == "domain":
            search = words[1:2]
        elif words[0] == "options":
            options += words[1:]
    return {"servers": servers, "search": search, "options": options}
