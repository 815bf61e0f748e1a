# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What zones are to be secondary at Cloudflare, from which primaries and with which keys: the module's options, read and checked. No I/O."""

from __future__ import annotations

import base64
import binascii
import contextlib
import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.cloud.cloudflare_api import CloudflareError

ALGORITHMS = ("hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512")
LEAST_REFRESH = 300  # seconds; the API's minimum for auto_refresh_seconds
MOST_ADDRESSES = {4: 24, 6: 64}  # the shortest prefix of an ACL, by IP version


class Mistake(CloudflareError):
    """Something in the arguments that cannot be; the text names it and says what would be right."""


@dataclass(frozen=True)
class Key:
    """A TSIG key (RFC 8945); ``secret`` is base64."""

    name: str
    algorithm: str
    secret: str = field(repr=False)

    def body(self) -> dict[str, Any]:
        return {"name": f"{canonical(self.name)}.", "algo": f"{self.algorithm}.", "secret": self.secret}

    def is_as(self, tsig: Mapping[str, Any]) -> bool:
        return canonical(tsig.get("algo")) == self.algorithm and decoded(tsig.get("secret")) == decoded(self.secret)


@dataclass(frozen=True)
class Primary:
    """A server to transfer from: a peer at Cloudflare, which has at most one key."""

    name: str
    address: str
    port: int
    key: str | None
    ixfr: bool

    @property
    def peer_name(self) -> str:
        """By which the peer is found again: nobody else's peer has the name and the address of this server."""
        return f"{self.name} {self.address}"

    def body(self, tsig_id: str | None) -> dict[str, Any]:
        body = {"name": self.peer_name, "ip": self.address, "port": self.port, "ixfr_enable": self.ixfr}
        return dict(body, tsig_id=tsig_id) if tsig_id else body


@dataclass(frozen=True)
class Zone:
    """A zone, the names of its primaries, and the serial that it should have at least."""

    name: str
    primaries: tuple[str, ...]
    serial: int | None = None


@dataclass(frozen=True)
class Wanted:
    """What the arguments ask for, after all of them were found to be possible."""

    zones: tuple[Zone, ...]
    primaries: tuple[Primary, ...]
    keys: tuple[Key, ...]
    networks: tuple[str, ...]
    refresh: int

    @property
    def key_names(self) -> list[str]:
        return list(dict.fromkeys([*[key.name for key in self.keys], *[primary.key for primary in self.primaries if primary.key]]))


def read_wanted(params: Mapping[str, Any]) -> Wanted:
    """The module's arguments, checked as a whole. Raises Mistake.

    With ``state=present``, primaries that no zone uses and keys that no such primary uses are left out.
    """
    present = params["state"] == "present"
    for option in ("account_id", "api_token"):
        if not re.fullmatch(r"[!-.0-~]+", params[option]):
            raise Mistake(f"{option}: empty, or has a blank, a slash or a line break in it; give it as Cloudflare shows it")
    keys = {canonical(entry["name"]): read_key(entry) for entry in unique(params["keys"], "keys", canonical)}
    primaries = {entry["name"]: read_primary(entry, keys if present else None) for entry in unique(params["primaries"], "primaries")}
    zones = [read_zone(entry, primaries, present) for entry in unique(params["zones"], "zones", canonical)]
    networks = [read_network(text) for text in params["notify_from"]]
    if params["refresh"] < LEAST_REFRESH:
        raise Mistake(f"refresh: {params['refresh']} s is too short; Cloudflare takes {LEAST_REFRESH} or more")
    if present:
        used = {name for zone in zones for name in zone.primaries}
        primaries = {name: primary for name, primary in primaries.items() if name in used}
        keys = {name: key for name, key in keys.items() if name in {canonical(primary.key) for primary in primaries.values()}}
    return Wanted(tuple(zones), tuple(primaries.values()), tuple(keys.values()), tuple(dict.fromkeys(networks)), params["refresh"])


def read_key(entry: Mapping[str, Any]) -> Key:
    if not decoded(entry["secret"]):
        raise Mistake(f"keys: the secret of {entry['name']} is not base64; give it as `tsig-keygen` prints it")
    return Key(canonical(entry["name"]), entry["algorithm"], entry["secret"])


def read_primary(entry: Mapping[str, Any], keys: Mapping[str, Key] | None) -> Primary:
    where = f"primaries: {entry['name']}"
    try:
        address = str(ipaddress.ip_address(entry["address"]))
    except ValueError:
        raise Mistake(f"{where} has the address {entry['address']!r}, which is neither an IPv4 nor an IPv6 address") from None
    if not 1 <= entry["port"] <= 65535:
        raise Mistake(f"{where} has the port {entry['port']}; a port is between 1 and 65535")
    key = canonical(entry["key"]) or None
    if keys is not None and key and key not in keys:
        raise Mistake(f"{where}: the key {entry['key']} is not in keys; known: {', '.join(keys) or 'none'}")
    return Primary(entry["name"], address, entry["port"], key, entry["ixfr"])


def read_zone(entry: Mapping[str, Any], primaries: Mapping[str, Primary], present: bool) -> Zone:
    where = f"zones: {entry['name']}"
    names = list(primaries) if entry["primaries"] is None else entry["primaries"]
    unknown = [name for name in names if name not in primaries]
    if present and unknown:
        raise Mistake(f"{where}: {', '.join(unknown)} not in primaries; known: {', '.join(primaries) or 'none'}")
    if present and not names:
        raise Mistake(f"{where} has no primaries; name at least one server to transfer from")
    if entry["serial"] is not None and not 0 <= entry["serial"] < 2**32:
        raise Mistake(f"{where} has the serial {entry['serial']}; a serial is between 0 and 4294967295")
    name = canonical(entry["name"])
    if not name.isascii():
        raise Mistake(f"{where} is no domain name; a label in Unicode must have a form in ASCII (RFC 5890)")
    return Zone(name, tuple(dict.fromkeys(names)), entry["serial"])


def read_network(text: str) -> str:
    try:
        network = ipaddress.ip_network(text)
    except ValueError as error:
        raise Mistake(f"notify_from: {text!r} is not a network: {error}") from None
    shortest = MOST_ADDRESSES[network.version]
    if network.prefixlen < shortest:
        raise Mistake(f"notify_from: {network} is too large; Cloudflare takes /{shortest} or longer prefixes of IPv{network.version}")
    return str(network)


def unique(entries: Iterable[Mapping[str, Any]], option: str, form: Callable[[str], str] = str) -> list[Mapping[str, Any]]:
    """The entries. Raises Mistake when one has no name, or the name of another."""
    entries = list(entries)
    seen = set()
    for entry in entries:
        name = form(entry["name"])
        if not name:
            raise Mistake(f"{option}: an entry has no name")
        if name in seen:
            raise Mistake(f"{option}: {name} is given twice; give each once")
        seen.add(name)
    return entries


def canonical(name: str | None) -> str:
    """A domain name as this module compares them: lower case, no final dot, A-labels (RFC 5890). What has none stays as it is."""
    text = (name or "").lower().rstrip(".")
    if not text.isascii():
        with contextlib.suppress(UnicodeError):
            return text.encode("idna").decode()
    return text


def decoded(secret: str | None) -> bytes:
    """What two spellings of one secret have in common; nothing when it is not base64."""
    try:
        return base64.b64decode(secret or "", validate=True)
    except (binascii.Error, ValueError):
        return b""
