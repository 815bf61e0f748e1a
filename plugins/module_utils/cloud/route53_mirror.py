# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones as a primary transfers them, brought to Route 53: the module route53_mirror and the timer of the role cloud."""

from __future__ import annotations

import contextlib
import fcntl
import ipaddress
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.authoritative.dns.plugins.module_utils.cloud import route53
from ansible_collections.authoritative.dns.plugins.module_utils.cloud.route53_client import Client, HostedZone, ProviderError
from ansible_collections.authoritative.dns.plugins.module_utils.transfer.client import Limits, carry_out
from ansible_collections.authoritative.dns.plugins.module_utils.transfer.protocol import Transfer, TransferError
from ansible_collections.authoritative.dns.plugins.module_utils.transfer.records import canonical_records
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import (
    KEYS_SPEC,
    Mistake,
    Server,
    find_key,
    find_servers,
    read_keys,
    read_name,
)

LOCK = "~/.authoritative-dns-route53.lock"
PERCENT, AT_LEAST = 30, 10  # record sets that may go away without a word, as in a zone of our own servers
TRANSFER_TIMEOUT, TRANSFER_DEADLINE = 10.0, 300.0  # s between two messages, s for all of them
MAX_RECORDS, MAX_SIZE = 1_000_000, 256 * 2**20
POLL_FIRST, POLL_LAST = 0.5, 8.0  # s between two looks at a pending change: they double
SHOWN = 200  # lines of a zone's difference
NAMED = 5  # things in a message

SPEC: dict[str, Any] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "zones": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "primary": {"type": "raw"},
            "hosted_zone_id": {"type": "str"},
            "ns": {"type": "str", "choices": ["keep", "declared"]},
        },
    },
    "primaries": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str"},
            "address": {"type": "str", "required": True},
            "port": {"type": "int", "default": 53},
            "key": {"type": "str", "no_log": False},
        },
    },
    "keys": KEYS_SPEC,
    "access_key": {"type": "str", "no_log": False},
    "secret_key": {"type": "str", "no_log": True},
    "session_token": {"type": "str", "no_log": True},
    "profile": {"type": "str"},
    "region": {"type": "str"},
    "endpoint_url": {"type": "str"},
    "apex_ns": {"type": "str", "choices": ["declared", "keep"], "default": "declared"},
    "unsupported": {"type": "str", "choices": ["fail", "skip"], "default": "fail"},
    "signed": {"type": "str", "choices": ["refuse", "strip"], "default": "refuse"},
    "allow_loss": {"type": "bool", "default": False},
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "float", "default": 300.0},
    "lock": {"type": "path", "default": LOCK},
}


class Failure(Exception):
    """Why one zone cannot be what it ought to be; others can."""


class Zone(NamedTuple):
    """What is asked for. primaries: in the order in which to try them. ns: C(keep) or C(declared)."""

    text: str
    name: Any  # dns.name.Name
    apex: bytes
    primaries: Sequence[Server]
    hosted_zone_id: str | None
    ns: str

    @property
    def comment(self) -> str:
        """Of the hosted zone: by it we know later that we created it."""
        return f"{MARK}{self.primaries[0].name}"[:MAX_COMMENT] if self.primaries else MARK


MARK = "authoritative.dns: mirrored from "
MAX_COMMENT = 256  # characters, as the API has it


class Source(NamedTuple):
    """What a primary transferred."""

    serial: int
    records: Sequence[bytes]


# -- what is asked for -------------------------------------------------------------------------------------------------------


def read_zones(options: Mapping[str, Any]) -> list[Zone]:
    """The zones with their primaries. Raises Mistake."""
    primaries = read_primaries(options["primaries"], read_keys(options["keys"]))
    if options["state"] == "present" and not primaries:
        raise Mistake("primaries: the list is empty; name at least one server to transfer the zones from")
    zones: dict[bytes, Zone] = {}
    for entry in options["zones"]:
        name = read_name(entry["name"], "zones")
        apex = name.to_wire().lower()
        if apex in zones:
            raise Mistake(f"zones: {entry['name']} is given twice; give each zone once")
        wanted = entry["primary"] or list(primaries)[:1]
        servers = find_servers(wanted, primaries, f"zones: {entry['name']}: primary")
        zones[apex] = Zone(name.to_text(omit_final_dot=True), name, apex, servers, entry["hosted_zone_id"], entry["ns"] or options["apex_ns"])
    return list(zones.values())


def read_primaries(entries: Sequence[Mapping[str, Any]], keys: Mapping[str, Any]) -> dict[str, Server]:
    """{name: Server}. Raises Mistake."""
    found: dict[str, Server] = {}
    for entry in entries:
        address, name = entry["address"], entry["name"] or entry["address"]
        try:
            ipaddress.ip_address(address)
        except ValueError:
            raise Mistake(f"primaries: {name} has the address {address!r}, which is neither an IPv4 nor an IPv6 address") from None
        if name in found:
            raise Mistake(f"primaries: {name} is given twice; give each address of a server a name of its own")
        if not 1 <= entry["port"] <= 65535:
            raise Mistake(f"primaries: {name} has the port {entry['port']}; a port is between 1 and 65535")
        found[name] = Server(name, address, entry["port"], key=find_key(entry["key"], keys, f"primaries: {name}"))
    return found


@contextlib.contextmanager
def exclusive(path: str, seconds: float) -> Iterator[None]:
    """Wait until no other run on this host has the lock. Raises Mistake when it cannot be had."""
    path = os.path.expanduser(path)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise Mistake(f"lock: {path} cannot be opened ({error.strerror}); name a file that this user may write") from None
    with open(descriptor, "r+", encoding="ascii", errors="replace") as lock:
        until = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if time.monotonic() >= until:
                    holder = lock.read(20).strip() or "unknown"
                    raise Mistake(f"lock: another run (process {holder}) has held {path} for {seconds:g} s; wait for it to end, or stop it") from None
            time.sleep(min(0.2, max(0.01, seconds)))
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


# -- the run -----------------------------------------------------------------------------------------------------------------


class Run:
    """One call about many zones. A zone that fails does not keep the others from being done."""

    def __init__(self, options: Mapping[str, Any], check: bool = False, client: Any = None):
        self.options = options
        self.check = check
        self.zones = read_zones(options)
        self.client = client or Client(options)
        self.results: list[dict[str, Any]] = []
        self.result: dict[str, Any] = {}  # of the zone at hand
        self.errors: list[str] = []
        self.diff: list[dict[str, str]] = []
        self.pending: list[tuple[Zone, str]] = []

    def carry_out(self) -> dict[str, Any]:
        """What the module returns, C(errors) and all."""
        with contextlib.nullcontext() if self.check else exclusive(self.options["lock"], self.options["wait_timeout"]):
            return self.carry_out_alone()

    def carry_out_alone(self) -> dict[str, Any]:
        """The same, for who has the lock."""
        one = self.mirror if self.options["state"] == "present" else self.remove
        for number, zone in enumerate(self.zones):
            try:
                self._begin(zone)
                one(zone)
            except (Failure, ProviderError) as error:
                self.errors.append(f"{zone.text}: {error}")
                left = [other.text for other in self.zones[number + 1 :]]
                if getattr(error, "hopeless", False) and left:
                    self.errors.append(f"not tried after that: {', '.join(left)}")
                    break
        if self.options["wait"]:
            self._wait()
        return {
            "changed": any(result["changed"] for result in self.results),
            "diff": self.diff,
            "zones": self.results,
            "errors": self.errors,
            "api_calls": self.client.calls,
        }

    def _begin(self, zone: Zone) -> None:
        self.result = {
            "name": zone.text,
            "id": zone.hosted_zone_id,
            "created": False,
            "changed": False,
            "name_servers": [],
            "serial": None,
            "added": 0,
            "changed_sets": 0,
            "removed": 0,
            "unsupported": [],
            "left_alone": [],
            "change_ids": [],
        }
        self.results.append(self.result)

    # -- present ---------------------------------------------------------------------------------------------------------

    def mirror(self, zone: Zone) -> None:
        source = transferred(zone)
        self.result["serial"] = source.serial
        content = self._content(zone, source)
        hosted = self._find(zone)
        if hosted is None:
            self._note_difference(zone, self._compare(zone, route53.Listing({}, {}), content))
            if not self.check:
                hosted = self.client.create_zone(zone.apex, zone.comment)
            self.result["created"] = self.result["changed"] = True
        if hosted is None:
            return
        self._note(hosted)
        difference = self._look(zone, hosted, content)
        if not self.result["created"]:
            self._note_difference(zone, difference)
        if self.check:
            return
        try:
            self._apply(zone, hosted, difference)
        except ProviderError as error:
            if error.code != "InvalidChangeBatch":
                raise
            # somebody else changed the hosted zone since we looked, or the answer to a request was lost and boto repeated it
            left = self._look(zone, hosted, content)
            self.result["changed"] = self.result["changed"] or left.size < difference.size
            self._apply(zone, hosted, left)

    def _look(self, zone: Zone, hosted: HostedZone, content: route53.Content) -> route53.Difference:
        return self._compare(zone, route53.read_listing(self.client.record_sets(hosted.id)), content)

    def _content(self, zone: Zone, source: Source) -> route53.Content:
        if self.options["signed"] == "refuse" and route53.is_signed(source.records):
            raise Failure(
                "the zone is signed, and Route 53 cannot serve signatures made elsewhere: with a DS record at the parent, its answers would be refused by "
                "every resolver that validates; transfer the zone from a primary before it is signed, or set signed: strip if there is no DS record"
            )
        content = route53.read_content(source.records, zone.apex)
        self.result["unsupported"] = sorted(content.unsupported)
        if content.unsupported and self.options["unsupported"] == "fail":
            raise Failure(f"Route 53 cannot hold {_some(sorted(content.unsupported))}; remove these records, or set unsupported: skip to do without them there")
        return content

    def _compare(self, zone: Zone, listing: route53.Listing, content: route53.Content) -> route53.Difference:
        """What is to be done. Raises Failure when it must not or cannot be."""
        self.result["left_alone"] = sorted(listing.foreign.values())
        wanted, before = dict(content.record_sets), dict(listing.record_sets)
        before.pop((zone.apex, route53.SOA), None)
        if zone.ns == "keep":
            wanted.pop((zone.apex, route53.NS), None)
            before.pop((zone.apex, route53.NS), None)
        in_the_way = route53.conflicts(wanted, listing.foreign)
        if in_the_way:
            raise Failure(f"Route 53 has its own {_some(in_the_way)} where the zone has records too; remove one of the two")
        difference = route53.compare(before, wanted)
        lost, of = len(difference.removed), len(before)
        if lost >= AT_LEAST and lost * 100 > of * PERCENT and not self.options["allow_loss"]:
            share = f"{lost * 100 // of} % ({lost} of {of})"
            names = _some([str(record_set) for record_set in sorted(difference.removed, key=route53.order)])
            raise Failure(f"it would lose {share} of its record sets in Route 53 ({names}); if that is meant, set allow_loss: true")
        _batches(zone, difference)
        return difference

    def _note_difference(self, zone: Zone, difference: route53.Difference) -> None:
        self.result.update(added=len(difference.added), changed_sets=len(difference.changed), removed=len(difference.removed))
        if difference:
            self.result["changed"] = self.result["changed"] or self.check
            headers = {"before_header": zone.text, "after_header": zone.text}
            self.diff.append(dict(headers, before=_lines(difference.before()), after=_lines(difference.after())))

    def _apply(self, zone: Zone, hosted: HostedZone, difference: route53.Difference) -> None:
        comment = f"authoritative.dns: serial {self.result['serial']} of {zone.text}"[:MAX_COMMENT]
        for batch in _batches(zone, difference):
            change = self.client.change(hosted.id, batch, comment)
            self.result["changed"] = True
            self.result["change_ids"].append(change)
            self.pending.append((zone, change))

    # -- absent ----------------------------------------------------------------------------------------------------------

    def remove(self, zone: Zone) -> None:
        hosted = self._find(zone)
        if hosted is None:
            return
        self._note(hosted)
        if not zone.hosted_zone_id and not hosted.comment.startswith(MARK):
            raise Failure(
                f"hosted zone {hosted.id} was not created by this collection (its comment is {hosted.comment!r}); give its hosted_zone_id to delete it"
            )
        listing = route53.read_listing(self.client.record_sets(hosted.id))
        self.result["left_alone"] = sorted(listing.foreign.values())
        if listing.foreign:
            raise Failure(f"hosted zone {hosted.id} has records that did not come from a mirror, {_some(self.result['left_alone'])}; delete them first")
        apex = {(zone.apex, route53.SOA), (zone.apex, route53.NS)}  # go with the hosted zone
        before = {key: record_set for key, record_set in listing.record_sets.items() if key not in apex}
        difference = route53.compare(before, {})
        batches = _batches(zone, difference)
        self._note_difference(zone, difference)
        if self.check:
            self.result["changed"] = True
            return
        for batch in batches:
            comment = f"authoritative.dns: to be deleted: {zone.text}"[:MAX_COMMENT]
            self.result["change_ids"].append(self.client.change(hosted.id, batch, comment))
            self.result["changed"] = True
        self.client.delete_zone(hosted.id)
        self.result["changed"] = True

    # -- shared ----------------------------------------------------------------------------------------------------------

    def _find(self, zone: Zone) -> HostedZone | None:
        if zone.hosted_zone_id:
            try:
                hosted = self.client.zone(zone.hosted_zone_id)
            except ProviderError as error:
                if error.code == "NoSuchHostedZone" and self.options["state"] == "absent":
                    return None
                raise
            if hosted.name != zone.apex or hosted.private:
                kind = "private" if hosted.private else "public"
                raise Failure(f"hosted zone {hosted.id} is the {kind} zone {route53.name_text(hosted.name)}; give the id of a public zone {zone.text}")
            return hosted
        ids = self.client.public_zones(zone.apex)
        if len(ids) > 1:
            raise Failure(f"there are {len(ids)} public hosted zones of this name, {', '.join(ids)}; say which by hosted_zone_id")
        return self.client.zone(ids[0]) if ids else None

    def _note(self, hosted: HostedZone) -> None:
        self.result["id"] = hosted.id
        self.result["name_servers"] = list(hosted.name_servers)

    def _wait(self) -> None:
        """Until every change is at all of Route 53's servers; of all zones together, since each takes up to a minute."""
        until, pause = time.monotonic() + self.options["wait_timeout"], POLL_FIRST
        left = list(self.pending)
        while left:
            try:
                while left and self.client.is_in_sync(left[-1][1]):
                    left.pop()
            except ProviderError as error:
                self.errors.append(f"whether the changes are in sync is not known: {error}")
                return
            if left and time.monotonic() + pause > until:
                names = sorted({zone.text for zone, _change in left})
                self.errors.append(f"{', '.join(names)}: made, but not at all of Route 53's servers after {self.options['wait_timeout']:g} s (wait_timeout)")
                return
            if left:
                time.sleep(pause)
                pause = min(pause * 2, POLL_LAST)


def transferred(zone: Zone) -> Source:
    """The zone from the first of its primaries that gives it. Raises Failure."""
    problems = []
    for server in zone.primaries:
        limits = Limits(TRANSFER_TIMEOUT, time.monotonic() + TRANSFER_DEADLINE, MAX_RECORDS, MAX_SIZE)
        outcome = carry_out(Transfer(zone.name, key=server.key, max_records=MAX_RECORDS), server, limits)
        if outcome.state == "allowed" and outcome.transfer.serial is not None:
            try:
                return Source(outcome.transfer.serial, list(canonical_records(outcome.transfer.messages, zone.name)))
            except TransferError as error:
                problems.append(f"{server.place}: {error}")
                continue
        problems.append(f"{server.place}: {outcome.state}" + (f", {outcome.detail}" if outcome.detail else ""))
    raise Failure(f"no transfer from {'; '.join(problems)}")


def _batches(zone: Zone, difference: route53.Difference) -> list[list[route53.Change]]:
    """The requests that make the changes. Raises Failure."""
    try:
        return route53.batches(difference, zone.apex)
    except route53.TooLarge as error:
        raise Failure(str(error)) from None


def _some(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - NAMED} more" if len(texts) > NAMED else ""
    return ", ".join(texts[:NAMED]) + more


def _lines(record_sets: Sequence[route53.RecordSet]) -> str:
    lines = [line for record_set in record_sets for line in record_set.lines()]
    if len(lines) > SHOWN:
        lines[SHOWN:] = [f"; and {len(lines) - SHOWN} more"]
    return "".join(f"{line}\n" for line in lines)


def told(errors: Sequence[str]) -> str:
    """The message of a run that went wrong."""
    return "not everything could be done at Route 53\n" + "\n".join(f"- {error}" for error in errors)
