# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Zonemaster's DNSSEC test cases say of worlds with one signed zone each, all of them in one process and one private network.

errors = judged()["wrong ds"]
"""

from __future__ import annotations

import contextlib
import functools
import json
import shutil
import subprocess
from collections.abc import Mapping

from ansible_collections.authoritative.dns.tests.support.named import running_named
from ansible_collections.authoritative.dns.tests.support.private_network import in_private_network
from ansible_collections.authoritative.dns.tests.support.signed_worlds import ONE_SERVER, WORLDS, World

# Delegation and DS are given to the engine, which then asks neither a zone above nor a root (its "undelegated test").
_PROGRAM = r"""
use strict; use warnings; use JSON::PP; use Zonemaster::Engine;
my $worlds = decode_json(do { local $/; <STDIN> });
my $profile = Zonemaster::Engine::Profile->effective;
$profile->set("resolver.defaults.$_", 3) for qw(timeout retry retrans);
$profile->set("net.ipv6", JSON::PP::false);
my %errors;
for my $world (@$worlds) {
    my $zone = $world->{zone};
    Zonemaster::Engine->add_fake_delegation($zone => $world->{servers}, fill_in_empty_oob_glue => 0);
    Zonemaster::Engine->add_fake_ds($zone => $world->{ds}) if @{$world->{ds}};
    $errors{$zone} = [sort map { $_->tag } grep { $_->level =~ /ERROR|CRITICAL/ } Zonemaster::Engine->test_module("DNSSEC", $zone)];
}
print encode_json(\%errors);
"""
PRIMARY, SECONDARY = "127.0.0.1", "127.0.0.2"
APEX = "Zonemaster looks at the records of the apex, and at no others."
CHAIN = "Zonemaster asks for a name and a few types that are not there; the chain is seen in a transfer."
WARNED = "A warning for Zonemaster."
# where Zonemaster-Engine 4.6 says something else than this collection, and why
DIFFERENCES: Mapping[str, str] = {
    "ends in 12 hours": WARNED,
    "one expired": APEX,
    "one signature missing": APEX,
    "ds not signed": APEX,
    "record changed": APEX,
    "foreign key": APEX,
    "signed as the parent": APEX,
    "sha-1 ds": "An error for Zonemaster; validators still take it, so that it is a warning here.",
    "algorithm missing": WARNED,
    "foreign cds": WARNED,
    "nsec leads astray": CHAIN,
    "nsec lies": CHAIN,
    "nsec3 missing": CHAIN,
    "nsec3 of an empty name missing": CHAIN,
    "opt-out not said": CHAIN,
    "two signers": ONE_SERVER,
}
LOOKED_AT = [world for world in WORLDS if world.relay is None]  # nobody stands between Zonemaster and a server at port 53


@functools.cache
def engine() -> str | None:
    """Its version, such as 4.6; None where it is not installed."""
    if shutil.which("perl") is None:
        return None
    command = ["perl", "-MZonemaster::Engine", "-e", "print Zonemaster::Engine->VERSION"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return ".".join(done.stdout.lstrip("v").split(".")[:2]) if done.returncode == 0 else None


@functools.cache
def judged() -> Mapping[str, list[str]]:
    """Tags of messages of level ERROR and above by world's name."""
    return in_private_network(_look, addresses=[SECONDARY], timeout=600.0)


def _look() -> Mapping[str, list[str]]:
    made = {world.name: world.make(world.zone) for world in LOOKED_AT}
    primaries = {world.zone: made[world.name].primary for world in LOOKED_AT}
    secondaries = {world.zone: made[world.name].secondary for world in LOOKED_AT if made[world.name].secondary}
    with contextlib.ExitStack() as stack:
        for address, zones in (PRIMARY, primaries), (SECONDARY, secondaries):
            stack.enter_context(running_named(zones, address=address, port=53))
        given = json.dumps([_entry(world, made[world.name].ds, world.zone in secondaries) for world in LOOKED_AT])
        done = subprocess.run(["perl", "-e", _PROGRAM], input=given, capture_output=True, text=True, timeout=540, check=True)
    errors = json.loads(done.stdout)
    return {world.name: errors[world.zone] for world in LOOKED_AT}


def _entry(world: World, dses: list[str], is_at_secondary: bool) -> dict[str, object]:
    servers = {f"ns1.{world.zone}": [PRIMARY], **({f"ns2.{world.zone}": [SECONDARY]} if is_at_secondary else {})}
    fields = [ds.split(" ", 3) for ds in dses]
    ds = [{"keytag": int(tag), "algorithm": int(algorithm), "type": int(kind), "digest": digest.replace(" ", "")} for tag, algorithm, kind, digest in fields]
    return {"zone": world.zone, "servers": servers, "ds": ds}


def difference(world: World) -> str | None:
    """The line about a world in the table of docs/signed-zones.md; None where both say the same."""
    if world.name not in DIFFERENCES:
        return None
    here, there = ("ok", "bad") if world.ok else ("bad", "ok")
    return f"| {world.name} | {here} | {there} | {DIFFERENCES[world.name]} |"
