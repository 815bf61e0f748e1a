# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way back of a host of the tests, as the module release goes it."""

from __future__ import annotations

from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.reading import bind, knot, nsd
from ansible_collections.authoritative.dns.plugins.module_utils.releasing.release import Release
from ansible_collections.authoritative.dns.tests.support.server_host import ServerHost, _find

READERS = {"named": bind.Bind, "nsd": nsd.Nsd, "knot": knot.Knot}


def release_of(host: ServerHost, **arguments: Any) -> Release:
    software = host.software(host.run, lambda program: "systemctl" if program == "systemctl" else _find(program), host.layout)

    def read(path: str, content: bool) -> dict[str, Any]:
        reading = READERS[host.daemon](lambda command, _directory: host.run(command), _find, path)
        reading.user = host.account
        return reading.facts(content=content)

    return Release(software, host.layout, read, port=host.port, **arguments)
