# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small Internet of real servers inside a private network: root, the zone test, example.test, and a resolver.

    found = in_internet(look, Example(glue={"ns1": ["192.0.2.99"]}))

A test changes one thing of an Example that is in order. Addresses are those for documentation (RFC 5737, RFC 3849).
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.authoritative.dns.tests.support.named import running_named
from ansible_collections.authoritative.dns.tests.support.private_network import in_private_network

ROOT = "198.51.100.1"
TEST = ("198.51.100.2", "198.51.100.3")
NS1 = ("192.0.2.53", "2001:db8:1::53")
NS2 = ("203.0.113.53", "2001:db8:2::53")
RESOLVER = "127.0.0.3"  # not where a server listens for its own host: two of them at one address get each other's questions
HINTS = f". 3600 NS a.root.test.\na.root.test. 3600 A {ROOT}\n"
TIMERS = "14400 3600 1209600 3600"
ONE_TCP_CLIENT = " tcp-clients 1; tcp-initial-timeout 1200;"  # for 120 s

ROOT_ZONE = f"""$TTL 3600
. SOA a.root.test. hostmaster.test. 1 {TIMERS}
. NS a.root.test.
a.root.test. A {ROOT}
test. NS a.nic.test.
test. NS b.nic.test.
a.nic.test. A {TEST[0]}
b.nic.test. A {TEST[1]}
"""

TEST_ZONE = f"""$TTL 3600
$ORIGIN test.
@ SOA a.nic hostmaster 1 {TIMERS}
@ NS a.nic
@ NS b.nic
a.nic A {TEST[0]}
b.nic A {TEST[1]}
a.root A {ROOT}
"""


@dataclass
class Example:
    """The zone example.test as its parent and its two servers have it.

    parent, child: names of name servers, as the parent has them and as the zone has them.
    glue: addresses by name server, as the parent has them. addresses, records: lines of the zone.
    soa, soa2: data of the SOA on the first and the second server. ds: data of DS records at the parent.
    above: further lines of the zone test. options: of the zone's servers. sign: from the zone's text to a signed one.
    runs2, tcp2: whether the second server runs, and answers over TCP. zones2: what it serves instead.
    child2, options2, arguments2: NS records, options and command line of the second server, when they are others.
    """

    parent: Sequence[str] = ("ns1", "ns2")
    child: Sequence[str] = ("ns1", "ns2")
    glue: Mapping[str, Sequence[str]] = field(default_factory=lambda: {"ns1": NS1, "ns2": NS2})
    records: str = ""
    addresses: str = "".join(f"ns{n} {kind} {address}\n" for n, pair in ((1, NS1), (2, NS2)) for kind, address in zip(("A", "AAAA"), pair))
    soa: str = f"ns1 hostmaster 1 {TIMERS}"
    soa2: str = ""
    ds: Sequence[str] = ()
    above: str = ""
    options: str = "allow-transfer { none; };"
    sign: Callable[[str], str] = str
    runs2: bool = True
    tcp2: bool = True
    zones2: Mapping[str, str] | None = None
    child2: Sequence[str] = ()
    options2: str = ""
    arguments2: Sequence[str] = ()

    def parent_lines(self) -> str:
        lines = [f"example NS {_relative(name)}\n" for name in self.parent]
        lines += [f"{name}.example {'AAAA' if ':' in address else 'A'} {address}\n" for name, found in self.glue.items() for address in found]
        lines += [f"example DS {data}\n" for data in self.ds]
        return "".join(lines) + self.above

    def zone(self, soa: str, child: Sequence[str]) -> str:
        name_servers = "".join(f"@ NS {name}\n" for name in child)
        return self.sign(f"$TTL 3600\n$ORIGIN example.test.\n@ SOA {soa}\n{name_servers}{self.addresses}{self.records}")


def _relative(name: str) -> str:
    return name if name.endswith(".") else f"{name}.example"


@contextlib.contextmanager
def running(example: Example) -> Iterator[None]:
    """Start all servers. For use inside a private network only."""
    with contextlib.ExitStack() as stack:

        def start(addresses: Sequence[str], zones: Mapping[str, str], options: str = "allow-transfer { none; };", **more: Any) -> None:
            first, *others = addresses
            listen = "".join(f"listen-on{'-v6' if ':' in address else ''} port 53 {{ {address}; }}; " for address in others)
            stack.enter_context(running_named(zones, address=first, port=53, options=listen + options, **more))

        start([ROOT], {".": ROOT_ZONE})
        start(TEST, {"test": TEST_ZONE + example.parent_lines()})
        hints = {"statements": 'zone "." { type hint; file "hints"; };', "files": {"hints": HINTS}}
        start(NS1, {"example.test": example.zone(example.soa, example.child)}, example.options, **hints)
        if example.runs2:
            zones = {"example.test": example.zone(example.soa2 or example.soa, example.child2 or example.child)}
            options = (example.options2 or example.options) + ("" if example.tcp2 else ONE_TCP_CLIENT)
            start(NS2, zones if example.zones2 is None else example.zones2, options, arguments=example.arguments2, **hints)
        if not example.tcp2:
            stack.enter_context(socket.create_connection((NS2[0], 53), 5))  # and nobody else
        start([RESOLVER], {}, "recursion yes;", **hints)
        yield


def in_internet(look: Callable[[], Any], example: Example | None = None, timeout: float = 120.0) -> Any:
    """What ``look`` returns while all servers run."""

    def inside() -> Any:
        with running(example or Example()):
            return look()

    files = {"/etc/resolv.conf": f"nameserver {RESOLVER}\n"}
    return in_private_network(inside, files=files, addresses=[RESOLVER, ROOT, *TEST, *NS1, *NS2], timeout=timeout)
