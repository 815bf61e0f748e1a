# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What helps against each state that a verification module tells: the state is brought about, its remedy carried out, and the state gone."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import threading
import time

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.proof.verification import REMEDIES
from ansible_collections.authoritative.dns.tests.support.modules import run_module
from ansible_collections.authoritative.dns.tests.support.named import configuration, free_port, running_named, zone_text
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, BindHost, running_host
from ansible_collections.authoritative.dns.tests.support.signed_worlds import RECORDS, WORLDS, served
from ansible_collections.authoritative.dns.tests.support.signed_zones import make_key, sign

pytestmark = [
    pytest.mark.skipif(BindHost not in INSTALLED, reason="named is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="configuration files belong to root"),
]

ZONE = "example.com"
SECRETS = ["bm90IGEgc2VjcmV0IGF0IGFsbA==", "YW5vdGhlciBzZWNyZXQgYXMgd2VsbA=="]
PATIENCE = 90.0  # seconds for servers to take what they are given; BIND 9.20 asks again for a zone of which it has nothing after most of a minute

# States that cannot be brought about here with real servers, and why.
NOT_HERE = {
    "bad_time": "all servers of a machine have one clock, and a test does not set it",
    **dict.fromkeys(("not_learned", "unlisted"), "a server that learns from a catalog asks itself: test_catalog_membership.py"),
}


def entry(server, name, **more):
    return {"name": name, "address": server.address, "port": server.port, **more}


def serials(servers, **options):
    arguments = {"zones": [ZONE], "timeout": 0.5, "retries": 0, "detail": "all", "report_only": True, **options}
    return run_module("verify_soa_serial", servers=servers, **arguments)


def primary_and(secondary, primary, role="secondary"):
    return [entry(primary, "primary", role="primary"), entry(secondary, "secondary", role=role)]


def states(outcome):
    return {result["state"] for result in outcome["results"]}


# -- servers that this collection configures ------------------------------------------------------------------------------


def item(**options):
    return {"name": ZONE, "records": [{"type": "NS", "value": "ns1.example."}, {"name": "www", "type": "A", "value": "192.0.2.1"}], **options}


def provision(primary, *secondaries):
    """As authoritative.dns.site does."""
    primary.bring_declared([item(secondaries=[{"address": host.address, "port": host.port} for host in secondaries])])
    for secondary in secondaries:
        secondary.bring_declared([item(primaries=[{"address": primary.address, "port": primary.port}], secondaries=["ns1"])])


def edit(host, before, after):
    """By hand, in the files that the host's server reads."""
    for path in (path for path in host.current.rglob("*") if path.is_file() and path.name != "manifest.json"):
        text = path.read_text()
        if re.search(before, text):
            path.write_text(re.sub(before, after, text))
    host.run(["rndc", "reload"])


@contextlib.contextmanager
def pair(tmp_path):
    with running_host(BindHost, tmp_path / "primary") as primary, running_host(BindHost, tmp_path / "secondary") as secondary:
        provision(primary, secondary)
        until(lambda: states(serials(primary_and(secondary, primary))) == {"in_sync"})
        yield primary, secondary


@contextlib.contextmanager
def ahead(tmp_path):
    with pair(tmp_path) as (primary, secondary):
        edit(primary, r"( SOA \S+ \S+ )\d+", r"\g<1>7")
        yield lambda: serials(primary_and(secondary, primary)), lambda: provision(primary, secondary)


@contextlib.contextmanager
def allowed(tmp_path):
    with pair(tmp_path) as (primary, _secondary):
        edit(primary, r"allow-transfer \{[^}]*\}", "allow-transfer { any; }")

        def look():
            transfers = [{"zone": ZONE, "expect": "refused"}]
            return run_module("verify_zone_transfer", servers=[entry(primary, "primary")], transfers=transfers, detail="all", report_only=True)

        yield look, lambda: primary.bring_declared([item(secondaries=[])])


@contextlib.contextmanager
def different(tmp_path):
    with pair(tmp_path) as (primary, secondary):
        edit(primary, r"192\.0\.2\.1", "192.0.2.99")

        def look():
            arguments = {"zones": [{"name": ZONE}], "timeout": 1, "detail": "all", "report_only": True}
            return run_module("verify_records", servers=primary_and(secondary, primary), **arguments)

        def carry_out():
            provision(primary, secondary)
            secondary.run(["rndc", "retransfer", ZONE])

        yield look, carry_out


@contextlib.contextmanager
def without_the_zone(tmp_path, others):
    """others: what the server has instead."""
    with running_host(BindHost, tmp_path / "primary") as primary:
        primary.bring_declared(others)
        yield lambda: serials([entry(primary, "primary")]), lambda: primary.bring_declared([*others, item()])


def refused(tmp_path):
    return without_the_zone(tmp_path, [{**item(), "name": "example.net"}])


def not_authoritative(tmp_path):
    """It has the zone above, and knows no more than who has this one."""
    return without_the_zone(tmp_path, [{"name": "com", "records": [item()["records"][0], {"name": "example", "type": "NS", "value": "ns.example.net."}]}])


@contextlib.contextmanager
def timeout(tmp_path):
    with running_host(BindHost, tmp_path / "primary") as primary:
        primary.bring_declared([item()])
        primary.freeze()
        yield lambda: serials([entry(primary, "primary")]), primary.thaw


@contextlib.contextmanager
def unreachable(tmp_path):
    with running_host(BindHost, tmp_path / "primary") as primary:
        primary.bring_declared([item()])
        primary.stop()
        yield lambda: serials([entry(primary, "primary")]), primary.start


# -- a way between a primary and its secondary ------------------------------------------------------------------------------


class Way:
    """From a port on loopback to a server; shut until it is opened."""

    def __init__(self, server):
        self.server, self.address, self.port = server, "127.0.0.1", free_port()
        self.stop = threading.Event()
        self.threads = []

    def open(self):
        self.threads = [threading.Thread(target=work, daemon=True) for work in (self._datagrams, self._streams)]
        for thread in self.threads:
            thread.start()

    def close(self):
        self.stop.set()
        for thread in self.threads:
            thread.join(5)

    def _datagrams(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here:
            here.bind((self.address, self.port))
            here.settimeout(0.2)
            while not self.stop.is_set():
                with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there:
                    message, client = here.recvfrom(65535)
                    there.settimeout(2)
                    there.sendto(message, (self.server.address, self.server.port))
                    here.sendto(there.recv(65535), client)

    def _streams(self):
        with socket.create_server((self.address, self.port)) as listener:
            listener.settimeout(0.2)
            while not self.stop.is_set():
                with contextlib.suppress(OSError):
                    here, _client = listener.accept()
                    there = socket.create_connection((self.server.address, self.server.port), 2)
                    for ends in ((here, there), (there, here)):
                        threading.Thread(target=_pass_on, args=ends, daemon=True).start()


def _pass_on(source, target):
    with contextlib.suppress(OSError):
        while octets := source.recv(65535):
            target.sendall(octets)
        target.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def cut_off(copy):
    """A secondary that cannot reach its primary. copy: of the zone, that it has from before."""
    with running_named({ZONE: zone_text(ZONE, 9)}, options="allow-transfer { any; };") as primary:
        way = Way(primary)
        zone = f'zone "{ZONE}" {{ type secondary; file "copy"; masterfile-format text; primaries {{ {way.address} port {way.port}; }}; max-retry-time 1; }};\n'
        try:
            with running_named(statements=zone, files={"copy": copy} if copy else {}, options="min-retry-time 1; min-refresh-time 1;") as secondary:
                yield lambda: serials(primary_and(secondary, primary)), way.open
        finally:
            way.close()


def behind(_tmp_path):
    return cut_off(zone_text(ZONE, 7, timers="1 1 86400 300"))


def expired(_tmp_path):
    return cut_off(None)


@contextlib.contextmanager
def wrong_key(_tmp_path):
    with running_named({ZONE: zone_text(ZONE)}, keys={"check": SECRETS[0]}) as server:

        def carry_out():
            text = configuration(server.directory, server.address, server.port, [ZONE], keys={"check": SECRETS[1]})
            (server.directory / "named.conf").write_text(text)
            server.reload()

        keys = [{"name": "check", "secret": SECRETS[1]}]
        yield lambda: serials([entry(server, "server", key="check")], keys=keys), carry_out


# -- signed zones -----------------------------------------------------------------------------------------------------------


def sign_anew(servers, world, made):
    """The whole zone, by its keys; and let the secondary have it."""
    for server in servers.primary, servers.secondary:
        server.write_zone(world.zone, made)
        server.reload()


def transfer_anew(servers, world, _made):
    servers.secondary.write_zone(world.zone, servers.made[world.name].primary)
    servers.secondary.reload()


def enter_ds(servers, world, _made):
    (key, *_others) = servers.made[world.name].keys
    delegation = f"{world.zone}. NS ns1.{world.zone}.\nns1.{world.zone}. A 127.0.0.1\n{world.zone}. DS {key.ds()}\n"
    servers.parent.write_zone("test", zone_text("test", 2, delegation))
    servers.parent.reload()


def another_algorithm(servers, world, _made):
    """The old DS goes once the new one is everywhere, which is at once where nobody keeps anything."""
    key = make_key(world.zone)
    servers.made[world.name].keys = [key]
    sign_anew(servers, world, sign(world.zone, zone_text(world.zone, 3, RECORDS), [key]))
    enter_ds(servers, world, None)


# state → (the world in which it is seen, what its remedy says is to be done)
SIGNED = {
    "algorithm_missing": ("algorithm missing", sign_anew),
    "algorithm_unsupported": ("unsupported algorithm", another_algorithm),
    "cds_mismatch": ("foreign cds", sign_anew),
    "chain_broken": ("nsec missing", sign_anew),
    "denial_wrong": ("nsec lies", sign_anew),
    "ds_mismatch": ("wrong ds", enter_ds),
    "ds_missing": ("no ds", enter_ds),
    "keys_differ": ("two signers", transfer_anew),
    "no_dnskey": ("revoked key", sign_anew),
    "signature_bogus": ("record changed", sign_anew),
    "signature_expired": ("expired", sign_anew),
    "signature_expiring": ("ends in 12 hours", sign_anew),
    "signature_missing": ("one signature missing", sign_anew),
    "signature_not_yet_valid": ("not yet valid", sign_anew),
    "unknown_key": ("foreign key", sign_anew),
    "unsigned": ("unsigned copy", transfer_anew),
}


@contextlib.contextmanager
def signed(state):
    name, work = SIGNED[state]
    (world,) = (world for world in WORLDS if world.name == name)
    with served([world]) as servers:
        made = sign(world.zone, zone_text(world.zone, 2, RECORDS), servers.made[name].keys)

        def look():
            entries = [entry(servers.primary, "primary", role="primary"), entry(servers.secondary, "secondary", role="secondary")]
            zone = {"name": world.zone, "servers": ["primary", "secondary"], "parent_servers": ["parent"], "expect": "secure"}
            return run_module("verify_dnssec", servers=[*entries, entry(servers.parent, "parent")], zones=[zone], detail="all", report_only=True)

        yield look, lambda: work(servers, world, made)


# ---------------------------------------------------------------------------------------------------------------------------

STORIES = {
    "ahead": ahead,
    "allowed": allowed,
    "behind": behind,
    "different": different,
    "expired": expired,
    "not_authoritative": not_authoritative,
    "refused": refused,
    "timeout": timeout,
    "unreachable": unreachable,
    "wrong_key": wrong_key,
}


def until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def story(state, tmp_path):
    return signed(state) if state in SIGNED else STORIES[state](tmp_path)


def all_is_well(outcome):
    return all(result["ok"] for result in outcome["results"])


@pytest.mark.parametrize("state", sorted(REMEDIES.keys() - NOT_HERE.keys()))
def test_what_helps_against_a_state_was_carried_out_and_made_it_go_away(tmp_path, state):
    with story(state, tmp_path) as (look, carry_out):
        assert until(lambda: state in states(look())), look()
        assert f"What helps against {state}: {REMEDIES[state]}." in look()["msg"]
        carry_out()
        assert until(lambda: all_is_well(look())), look()


def test_what_is_told_to_be_not_here_is_a_state_with_a_remedy():
    assert NOT_HERE.keys() <= REMEDIES.keys() and not NOT_HERE.keys() & {*STORIES, *SIGNED}
