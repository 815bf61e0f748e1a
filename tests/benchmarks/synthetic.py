# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones that nobody has, ten records each beside the SOA, in every form that something here reads."""

from __future__ import annotations

import ipaddress
import json
import pathlib
from collections.abc import Iterator

Record = tuple[str, str, str]  # owner relative to the zone, type, data


def names(number: int) -> list[str]:
    return [f"zone{index:05d}.example" for index in range(number)]


def records(zone: str, index: int) -> Iterator[Record]:
    yield "@", "NS", f"ns1.{zone}."
    yield "@", "NS", f"ns2.{zone}."
    yield "@", "MX", f"10 mail.{zone}."
    yield "@", "TXT", '"v=spf1 mx -all"'
    yield "ns1", "A", "192.0.2.1"
    yield "ns2", "A", "192.0.2.2"
    yield "mail", "A", f"203.0.113.{index % 250 + 1}"
    yield "www", "CNAME", f"mail.{zone}."
    yield "pc1", "A", f"198.51.100.{index % 250 + 1}"
    yield "pc1", "AAAA", str(ipaddress.IPv6Address("2001:db8::") + index)


def write_zone_files(directory: pathlib.Path, number: int) -> None:
    """``NAME.zone``: what this collection is given."""
    directory.mkdir()
    for index, zone in enumerate(names(number)):
        lines = [f"{owner} IN {rdtype} {data}\n" for owner, rdtype, data in records(zone, index)]
        (directory / f"{zone}.zone").write_text("$TTL 3600\n" + "".join(lines))


def write_octodns(directory: pathlib.Path, number: int) -> None:
    """``NAME.yaml``: octoDNS's own form (its documentation, section "Records")."""
    directory.mkdir()
    for index, zone in enumerate(names(number)):
        owners: dict[str, list[dict[str, object]]] = {}
        for owner, rdtype, data in records(zone, index):
            value: object = data.strip('"')
            if rdtype == "MX":
                preference, exchange = data.split()
                value = {"preference": int(preference), "exchange": exchange}
            of_owner = owners.setdefault("" if owner == "@" else owner, [])
            same = next((record for record in of_owner if record["type"] == rdtype), None)
            if same:
                same["values"].append(value)
            else:
                of_owner.append({"ttl": 3600, "type": rdtype, "values": [value]} if rdtype != "CNAME" else {"ttl": 3600, "type": rdtype, "value": value})
        # JSON is YAML; octoDNS wants its keys sorted.
        (directory / f"{zone}.yaml").write_text(json.dumps(owners, sort_keys=True, indent=1))


def write_variables(path: pathlib.Path, number: int) -> None:
    """A list in a variables file: what most roles are given."""
    zones = [
        {"name": zone, "records": [{"name": owner, "type": rdtype, "value": data} for owner, rdtype, data in records(zone, index)]}
        for index, zone in enumerate(names(number))
    ]
    path.write_text(json.dumps({"zones": zones}))
