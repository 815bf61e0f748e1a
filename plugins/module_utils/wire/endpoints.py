# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is asked, and with which key: the options that all verification modules share."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns
from ansible_collections.authoritative.dns.plugins.module_utils.common.zone_names import domain_of

ALGORITHMS = {
    "hmac-md5": "hmac-md5.sig-alg.reg.int",
    **{name: name for name in ("hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512")},
}

KEYS_SPEC = {
    "type": "list",
    "elements": "dict",
    "default": [],
    "no_log": False,  # the secrets in it are hidden one by one, the names are not secret
    "options": {
        "name": {"type": "str", "required": True},
        "algorithm": {"type": "str", "default": "hmac-sha256", "choices": list(ALGORITHMS)},
        "secret": {"type": "str", "required": True, "no_log": True},
    },
}

SERVERS_SPEC = {
    "type": "list",
    "elements": "dict",
    "required": True,
    "options": {
        "name": {"type": "str"},
        "address": {"type": "str", "required": True},
        "port": {"type": "int", "default": 53},
        "key": {"type": "str", "no_log": False},
        "role": {"type": "str", "choices": ["primary", "secondary"]},
        "zone": {"type": "str"},
        "tls": {"type": "bool", "default": False},
        "tls_port": {"type": "int", "default": 853},
        "tls_hostname": {"type": "str"},
        "tls_ca_file": {"type": "path"},
        "tls_ca": {"type": "str"},
    },
}

COMMON_SPEC = {
    "deadline": {"type": "float", "default": 300.0},
    "report_only": {"type": "bool", "default": False},
    "detail": {"type": "str", "default": "faults", "choices": ["faults", "all", "summary"]},
    "max_results": {"type": "int", "default": 50},
}

# what each doc fragment of the same name says
ASKING_SPEC = {
    "timeout": {"type": "float", "default": 2.0},
    "retries": {"type": "int", "default": 2},
}

ROUNDS_SPEC = {
    "concurrency": {"type": "int", "default": 100},
    "wait_timeout": {"type": "float", "default": 0.0},
    "wait_interval": {"type": "float", "default": 0.5},
}

OUTSIDE_SPEC = {"outside_name": {"type": "str", "default": "invalid."}}

# the least value of options, whichever module has them; times in seconds
LEAST = {
    "timeout": 0.001,
    "retries": 0,
    "concurrency": 1,
    "wait_interval": 0.01,
    "max_lag": 0,
    "max_records": 1,
    "max_size": 1,
    "sample": 0,
}


class Mistake(Exception):
    """Something in a module's arguments that cannot be; the text names it and says what would be right."""


class Server(NamedTuple):
    """One address on which a name server answers."""

    name: str
    address: str
    port: int
    role: str | None = None
    key: Any = None  # dns.tsig.Key
    zone: str | None = None
    tls: bool = False
    tls_port: int = 853
    tls_hostname: str | None = None
    tls_ca_file: str | None = None
    tls_ca: str | None = None

    @property
    def place(self) -> str:
        """Name and address, for messages."""
        port = "" if self.port == 53 else f" port {self.port}"
        return f"{self.name} ({self.address}{port})" if self.name != self.address else f"{self.address}{port}"


def read_keys(keys: Iterable[Mapping[str, str]]) -> dict[str, Any]:
    """{key name as given: dns.tsig.Key}. Raises Mistake for a name, algorithm or secret that cannot be."""
    ring = {}
    for key in keys:
        name = key["name"]
        if name in ring:
            raise Mistake(f"keys: {name} is given twice; give each key once")
        try:
            secret = base64.b64decode(key["secret"], validate=True)
        except (binascii.Error, ValueError):
            secret = b""
        if not secret:
            raise Mistake(f"keys: the secret of {name} is not base64; give it as `tsig-keygen` prints it")
        ring[name] = dns.tsig.Key(read_name(name, "keys"), secret, ALGORITHMS[key["algorithm"]])
    return ring


def read_servers(servers: Iterable[Mapping[str, Any]], keys: Mapping[str, Any]) -> dict[str, Server]:
    """{server name: Server} in the order given, from the option ``servers``. Raises Mistake for an address, port or key that cannot be."""
    found: dict[str, Server] = {}
    for entry in servers:
        address = entry["address"]
        name = entry["name"] or address
        try:
            ipaddress.ip_address(address)
        except ValueError:
            raise Mistake(
                f"servers: {name} has the address {address!r}, which is neither an IPv4 nor an IPv6 address"
            ) from None
        if name in found:
            raise Mistake(f"servers: {name} is given twice; give each address of a server a name of its own")
        for field in ("port", "tls_port"):
            if not 1 <= entry[field] <= 65535:
                raise Mistake(f"servers: {name} has the {field} {entry[field]}; a port is between 1 and 65535")
        key = find_key(entry["key"], keys, f"servers: {name}")
        found[name] = Server(**dict(entry, name=name, key=key))
    if not found:
        raise Mistake("servers: the list is empty; name at least one server to ask")
    return found


def find_key(name: str | None, keys: Mapping[str, Any], where: str) -> Any:
    if not name:
        return None
    if name not in keys:
        raise Mistake(f"{where}: the key {name} is not in keys; known: {', '.join(keys) or 'none'}")
    return keys[name]


def find_servers(names: Any, servers: Mapping[str, Server], where: str) -> list[Server]:
    """The servers of these names, all of them when no names are given. Raises Mistake."""
    if names is None:
        return list(servers.values())
    if isinstance(names, str):
        names = [names]
    if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) for name in names):
        raise Mistake(f"{where}: {names!r} is not the name of a server; give a name, or a list of names")
    unknown = [name for name in names if name not in servers]
    if unknown:
        known = ", ".join(list(servers)[:10]) + (", …" if len(servers) > 10 else "")
        raise Mistake(f"{where}: {', '.join(map(str, unknown))} not in servers; known: {known}")
    return [servers[name] for name in names]


def read_name(text: Any, where: str) -> Any:
    """An absolute dns.name.Name; of a zone in a view (L(zone_names)) its domain name. Raises Mistake when the text is not a domain name."""
    if not isinstance(text, str) or not text:
        raise Mistake(f"{where}: {text!r} is not a domain name")
    try:
        return dns.name.from_text(domain_of(text))
    except (dns.exception.DNSException, UnicodeError) as error:
        raise Mistake(f"{where}: {text!r} is not a domain name: {error}") from None


def read_types(names: Iterable[str], where: str) -> frozenset[int]:
    """The numbers of record types. Raises Mistake when a name is not one."""
    numbers = set()
    for name in names:
        try:
            numbers.add(int(dns.rdatatype.from_text(name)))
        except (dns.exception.DNSException, ValueError):
            raise Mistake(f"{where}: {name!r} is not a record type") from None
    return frozenset(numbers)


def read_record_sets(texts: Iterable[str], zone: Any, where: str) -> frozenset[tuple[bytes, int]]:
    """Owners, as bytes of the wire in lower case, and types, of texts such as C(www A). Raises Mistake. zone: the dns.name.Name that owners are relative to."""
    found = set()
    for text in texts:
        try:
            owner, rdtype = text.split()
            name = dns.name.from_text(owner, zone).to_wire().lower()
        except (dns.exception.DNSException, ValueError):
            raise Mistake(f"{where}: {text!r} is not an owner and a type; write them as in 'www.example.com. A'") from None
        found.update((name, number) for number in read_types([rdtype], where))
    return frozenset(found)


def refuse_too_small(params: Mapping[str, Any]) -> None:
    """Raise Mistake when an option of LEAST is less than that."""
    for option, least in LEAST.items():
        if option in params and params[option] < least:
            raise Mistake(f"{option}: {params[option]} is too small; give at least {least}")


def place(result: Mapping[str, Any]) -> str:
    """The server of a result, with its address when its name is another."""
    if result["server"] == result["address"]:
        return result["address"]
    return f"{result['server']} ({result['address']})"


USUAL_NAME = re.compile(r"(?:[A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?")


def read_wire_name(text: Any, where: str) -> bytes:
    """L(read_name) as the bytes of the wire; the usual names without dnspython, which matters for thousands."""
    if isinstance(text, str) and len(text) < 254 and USUAL_NAME.fullmatch(text):
        labels = text.rstrip(".").encode("ascii").split(b".")
        return b"".join([bytes([len(label)]) + label for label in labels]) + b"\0"
    return read_name(text, where).to_wire()


def refuse_unknown(entry: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    """Raise Mistake when a free-form entry has a field nobody reads: a typing error must not pass in silence."""
    unknown = sorted(set(entry) - set(known))
    if unknown:
        raise Mistake(f"{where}: unknown {', '.join(map(str, unknown))}; known: {', '.join(known)}")
