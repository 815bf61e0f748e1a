# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A primary of catalogs and a secondary that learns from them, each on a host of its own.

with pair_with_users(BindHost, KnotHost) as pair:
    pair.bring(zones(1, 2))
    wait_for(lambda: answer(pair.consumer, "www.zone1.test"), ("NOERROR", ["192.0.2.1"]))
"""

from __future__ import annotations

import base64
import contextlib
import os
import pathlib
import shutil
import tempfile
import time

import dns.message
import dns.query
import dns.rcode
import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.proof import verification
from ansible_collections.authoritative.dns.plugins.module_utils.reading import bind, knot, nsd, powerdns
from ansible_collections.authoritative.dns.plugins.module_utils.reading import membership as proof_of_membership
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.loading import load
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Inventory
from ansible_collections.authoritative.dns.tests.support.debian_packages import Unavailable
from ansible_collections.authoritative.dns.tests.support.powerdns_host import PDNS_SERVER, PowerDNSHost, powerdns_host
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, Debian13NsdHost, NsdHost, running_host

CATALOG = "catalog.example"
ACCOUNTS = {"named": "bind" if shutil.which("apt-get") else "named", "nsd": "nsd", "knot": "knot", "pdns_server": "pdns"}


class PowerDNSConsumer(PowerDNSHost):
    """It starts with the first configuration that it is given."""

    find = staticmethod(shutil.which)

    @contextlib.contextmanager
    def applying(self, declaration):
        yield self.application_of(declaration)
        if self.process is None:
            self.start()

    def kept_of(self, _zone):
        """Files of a zone: it has all of them in one database."""
        return []

    def write(self):
        """It has written whatever it serves."""


CONSUMERS = [kind for kind in INSTALLED if kind.capabilities().catalogs]
if NsdHost not in CONSUMERS and shutil.which("apt-get"):
    CONSUMERS.append(Debian13NsdHost)
if PDNS_SERVER and PowerDNSConsumer.capabilities().catalogs:
    CONSUMERS.append(PowerDNSConsumer)
READERS = {"named": bind.Bind, "nsd": nsd.Nsd, "knot": knot.Knot, "pdns_server": powerdns.PowerDns}
KEY = {"name": "pair.example.", "secret": base64.b64encode(os.urandom(32)).decode()}


class Pair:
    """A primary and a secondary of all zones, each of which is outside of the other's inventory."""

    def __init__(self, primary, consumer):
        self.primary, self.consumer = primary, consumer

    def declaration(self, host, zones, catalogs=({"name": CATALOG},), select=None, key=None):
        key = key or KEY
        other = self.consumer if host is self.primary else self.primary
        outside = {"name": "other", "address": other.address, "port": other.port, "key": key["name"]}
        primaries, secondaries = ([host.name], [outside]) if host is self.primary else ([outside], [host.name])
        items = [
            {"name": name, "records": [{"type": "NS", "value": "ns1.elsewhere.test."}, {"name": "www", "type": "A", "value": address}], **more}
            for name, (address, more) in zones.items()
        ]
        inventory = Inventory({"all": [host.name]}, {host.name: (host.address,)}.__getitem__)
        defaults = {"primaries": primaries, "secondaries": secondaries, "catalog": CATALOG}
        return load(items, defaults, inventory, str, keys={"keys": [key]}, catalog_zones=list(catalogs), select=select)

    def application(self, host, zones, **more):
        return host.applying(self.declaration(host, zones, **more))

    def bring(self, zones, hosts=None, **more):
        """Both, or some of them, to what is declared; what each of them says."""
        found, moving = [], set()
        for host in hosts or (self.primary, self.consumer):
            with self.application(host, zones, **more) as application:
                application.payload["moving"] = sorted(moving & application.payload["members"].keys())
                application.state.look()
                moving.update(application.state.moving(application.payload["texts"]))
                found.append(application.apply(os.replace))
        return found


def start(kind, *arguments):
    """L(running_host); the test is skipped where the packages of a program that is not installed are not within reach."""
    if kind is PowerDNSConsumer:
        return powerdns_host(*arguments, kind=kind)
    try:
        kind.find(kind.program())
    except Unavailable as error:
        pytest.skip(f"{kind.__name__} is not within reach: {error}")
    return running_host(kind, *arguments)


@contextlib.contextmanager
def pair_with_users(primary, consumer):
    """Their programs run as users of their own, which may not remove what root wrote; only root can start them so."""
    place = pathlib.Path(tempfile.mkdtemp(prefix="catalogs-"))  # pytest's own are root's alone
    place.chmod(0o755)
    try:
        with contextlib.ExitStack() as stack:
            kinds = {"primary": primary, "consumer": consumer}
            yield Pair(*[stack.enter_context(start(kind, place / role, ACCOUNTS[kind.daemon])) for role, kind in kinds.items()])
    finally:
        shutil.rmtree(place)


def zones(*numbers, **more):
    return {f"zone{number}.test": (f"192.0.2.{number}", more) for number in numbers}


def configured(host):
    """What the host's current generation says of zones."""
    return next(path.read_text() for name in ("zones.conf", "zones.txt") for path in [host.current / name] if path.exists())


def answer(host, name):
    """Its code, and the addresses in it."""
    found = dns.query.udp(dns.message.make_query(name, "A"), host.address, port=host.port, timeout=5)
    return dns.rcode.to_text(found.rcode()), sorted(item.to_text() for rrset in found.answer for item in rrset)


def membership(host, members, wait_timeout=30.0):
    """What the proof of membership finds on a host, of which CATALOG is to list these zones."""
    reader = READERS[host.daemon](lambda command, _directory: host.run(command), type(host).find, host.layout["config_file"])
    reader.user = host.account
    params = {"server": "ns2/192.0.2.2", "address": "192.0.2.2", "catalogs": [{"name": CATALOG, "members": list(members)}], "wait_timeout": wait_timeout}
    common = {"deadline": 60.0, "detail": "faults", "max_results": 50}
    return verification.look(lambda given: proof_of_membership.verify(given, lambda: [reader]), {**params, **common})


def membership_faults(found):
    return {(result["zone"], result["state"]) for result in found["results"]}


def wait_for(look, expected, seconds=60.0):
    deadline = time.monotonic() + seconds
    while (found := look()) != expected and time.monotonic() < deadline:
        time.sleep(0.05)
    assert found == expected
