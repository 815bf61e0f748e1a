# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nameserver_info would tell of a named.conf, without a host."""

from __future__ import annotations

import pathlib
import tempfile
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.common import named_conf
from ansible_collections.authoritative.dns.plugins.module_utils.common.zone_names import zone_name
from ansible_collections.authoritative.dns.plugins.module_utils.reading.bind import Bind, zones_of
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering import bind
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.model import GatheredServer
from ansible_collections.authoritative.dns.tests.support.named import zone_text

SECRETS = MappingProxyType({"k1": "a" * 24, "k2": "b" * 24})


def gathered(
    host: str,
    address: str,
    text: str,
    layout: Mapping[str, Any] | None = None,
    secrets: Mapping[str, str] | None = None,
    version: str = "9.20.4",
    contents: Mapping[str, Mapping[str, Any]] | None = None,
) -> GatheredServer:
    """The server of a named.conf as named-checkconf prints it. Zones with a file have a serial of 1 and a content, of which contents has some."""
    statements = named_conf.parse(text)
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory) / "named.conf"
        path.write_text(text)
        places = {name: place.replace(str(path), "named.conf") for name, place in named_conf.places(str(path), directory).items()}
    reader = Bind(lambda *_command: (1, "", ""), lambda _program: None, "named.conf")
    zones = [{**reader._zone(statement, view, "/work", places), "serial": 1} for statement, view in zones_of(statements)]
    usual = {zone_name(zone["name"], zone["view"]): {"text": zone_text(zone["name"]), "as_it_is": True} for zone in zones if zone["file"]}
    found = {**usual, **(contents or {})}
    facts = {"configuration": statements, "places": places, "zones": zones, "contents": found, "directory": "/work", "running": True, "version": version}
    keys = [{"name": name, "algorithm": "hmac-sha256", "secret": secret} for name, secret in (secrets or SECRETS).items()]
    return bind.server(host, [address], facts, keys, layout or {})
