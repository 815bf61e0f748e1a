# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks at every name server once and writes what it saw for Prometheus: the program of the role monitor.

    python3 -I monitor.pyz --expectations monitor.json --directory /var/lib/authoritative-dns-monitor

The expectations are what the action plugin C(monitor) makes of the declaration: ``servers`` (name, server, address, port), ``zones``
(name, servers, reference; signed, where it is to be; of a member of a catalog zone its catalog, of a catalog the number of its members), ``signed``
(name, servers, parent_servers), ``signatures`` (zone, least) and ``refusals`` (zone, servers). The directory gets ``metrics.prom`` and what the next
run has to remember.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from ansible_collections.authoritative.dns.plugins.module_utils.common import dnspython
from ansible_collections.authoritative.dns.plugins.module_utils.common.dnssec import dns
from ansible_collections.authoritative.dns.plugins.module_utils.common.serial_numbers import distance
from ansible_collections.authoritative.dns.plugins.module_utils.proof import catalog_members
from ansible_collections.authoritative.dns.plugins.module_utils.proof.dnssec import chain_of_trust
from ansible_collections.authoritative.dns.plugins.module_utils.proof.soa_serials import judge_zone, read_zones
from ansible_collections.authoritative.dns.plugins.module_utils.proof.times_behind import TimesBehind
from ansible_collections.authoritative.dns.plugins.module_utils.transfer.client import Limits, carry_out
from ansible_collections.authoritative.dns.plugins.module_utils.transfer.protocol import Transfer
from ansible_collections.authoritative.dns.plugins.module_utils.wire.client import Patience, ask
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import Mistake, Server, read_name
from ansible_collections.authoritative.dns.plugins.module_utils.wire.expire_question import CopyQuestion
from ansible_collections.authoritative.dns.plugins.module_utils.wire.question import Question
from ansible_collections.authoritative.dns.plugins.module_utils.wire.soa_question import SoaQuestion

TRANSFERS_AT_A_TIME = 4  # from one server
COPIES = 0.8  # of the time, for what is asked of every zone at every server
TRANSFER_TIMEOUT = 5.0  # s
PAYLOAD = 1232  # bytes; passes every path without being fragmented (RFC 9715)


class Metric(NamedTuple):
    """One metric with its samples, each labels and value. All are gauges."""

    name: str
    text: str
    samples: list[tuple[Mapping[str, str], float]]


# name → help text, in the order of the output; docs/monitoring.md tells more
METRICS = {
    "dns_zone_in_sync": "Whether the server has the serial that counts for the zone.",
    "dns_zone_fault": "1 for the state of a server that is not in sync for the zone.",
    "dns_soa_serial": "Serial of the zone's SOA record at the server.",
    "dns_zone_behind_serials": "Increments of the serial by which a server is behind that answers with an older one.",
    "dns_zone_behind_seconds": "Time since the server was first seen without a serial that it has not reached so far.",
    "dns_soa_expire_seconds": "The SOA record's field expire.",
    "dns_zone_expiry_remaining_seconds": "Time until the secondary gives up its copy of the zone unless it can refresh it, as it says itself (RFC 7314).",
    "dns_rrsig_expiry_timestamp_seconds": "Earliest end of a signature over the apex records of this type.",
    "dns_rrsig_least_seconds": "Time that signatures are good for at least while the zone's signer replaces them in time, by its policy.",
    "dns_zone_key": "1 for a key that the server has in the zone; what it signs there.",
    "dns_zone_ds_matches": "Whether the DS records at this server of the zone above lead to a key at each server of the zone.",
    "dns_zone_ds_as_asked": "Whether this server of the zone above has DS records for the keys that the zone asks for (CDS).",
    "dns_catalog_members": "Number of zones that the catalog zone is to list.",
    "dns_catalog_members_not_served": "Number of the catalog's members of which the secondary answers that it has nothing.",
    "dns_catalog_zones_unlisted": "Number of zones that left the catalog and that the secondary still serves.",
    "dns_zone_transfer_refused": "Whether the server denies this host a transfer of the zone, as it ought to.",
    "dns_server_reachable": "Whether the server answers at all.",
    "dns_server_round_trip_seconds": "Median time until the server's answer over UDP.",
    "dns_monitor_zones": "Number of zones that were looked at.",
    "dns_monitor_questions_not_asked": "Number of questions to the server for which the run had no time; of what they were about there are no samples.",
    "dns_monitor_run_duration_seconds": "Time that the run took.",
    "dns_monitor_last_run_timestamp_seconds": "When the run ended.",
}


class Run:
    """One look at everything. ``expected``: see the module. ``before``, ``members``: what the run before remembered. Times: Unix time."""

    def __init__(self, expected: Mapping[str, Any], before: Mapping[str, Any], members: Mapping[str, Sequence[Any]], deadline: float):
        self.servers = {entry["name"]: Server(entry["name"], entry["address"], entry["port"]) for entry in expected["servers"]}
        self.labels = {entry["name"]: {"server": entry["server"], "address": entry["address"]} for entry in expected["servers"]}
        self.to_be_signed = {zone["name"] for zone in expected["zones"] if zone.get("signed")}
        more = ("signed", *catalog_members.ZONE_FIELDS)
        bare = [{key: value for key, value in zone.items() if key not in more} for zone in expected["zones"]]
        self.zones = read_zones(bare, self.servers)
        self.catalogs = catalog_members.CatalogMembers(expected["zones"], members)
        self.signed = expected.get("signed", [])
        self.policies = expected.get("signatures", [])
        self.refusals = expected["refusals"]
        self.behind = TimesBehind(before)
        self.states: Counter[str] = Counter()
        self.not_asked = Counter(dict.fromkeys(self.servers, 0))
        self.mute: set[str] = set()  # servers that do not answer over TCP
        self.samples: dict[str, list[tuple[Mapping[str, str], float]]] = {name: [] for name in METRICS}
        self.patience = Patience(until=time.monotonic() + deadline)

    def look(self) -> list[Metric]:
        started = time.monotonic()
        self.look_at_copies()
        self.look_at_catalogs()
        self.look_at_zones_above()
        self.look_at_transfers()
        for name, number in self.not_asked.items():
            self.add("dns_monitor_questions_not_asked", self.labels[name], number)
        now = time.time()
        self.add("dns_monitor_zones", {}, len(self.zones))
        self.add("dns_monitor_run_duration_seconds", {}, round(time.monotonic() - started, 3))
        self.add("dns_monitor_last_run_timestamp_seconds", {}, round(now, 3))
        return [Metric(name, text, self.samples[name]) for name, text in METRICS.items()]

    def add(self, name: str, labels: Mapping[str, str], value: float) -> None:
        self.samples[name].append((labels, value))

    def ask(self, jobs: Sequence[tuple[Server, Sequence[Any]]], transport: str = "udp", part: float = 0.5) -> list[list[Any]]:
        """As the client's, in a part of the time that is left, so that a slow server leaves some for what comes later. Counts what it had no time for."""
        found = ask(jobs, self.patience.share(part), transport)
        for (server, _questions), asked in zip(jobs, found):
            self.not_asked[server.name] += sum(is_not_asked(one) for one in asked)
        return found

    def look_at_copies(self) -> None:
        """Serials, what a copy says about itself, and whether servers answer."""
        questions = [CopyQuestion(zone.wire_name) for zone in self.zones]
        wanted: dict[str, list[int]] = {}
        for number, zone in enumerate(self.zones):
            for name in zone.servers:
                wanted.setdefault(name, []).append(number)
        # the few over TCP first, which take no longer than their timeout
        over_tcp = self.ask([(self.servers[name], [SoaQuestion(self.zones[numbers[0]].wire_name)]) for name, numbers in wanted.items()], "tcp")
        jobs = [(self.servers[name], [questions[number] for number in numbers]) for name, numbers in wanted.items()]
        found = self.ask(jobs, part=COPIES)
        answers: list[dict[str, Any]] = [{} for _zone in self.zones]
        for (name, numbers), asked, (tcp,) in zip(wanted.items(), found, over_tcp):
            times = [one.rtt_ms for one in asked if one.rtt_ms is not None]
            for transport, answered in (("udp", asked), ("tcp", [tcp])):
                if not all(map(is_not_asked, answered)):
                    self.add("dns_server_reachable", {**self.labels[name], "transport": transport}, int(any(one.rtt_ms is not None for one in answered)))
            if tcp.rtt_ms is None and not is_not_asked(tcp):
                self.mute.add(name)
            if times:
                self.add("dns_server_round_trip_seconds", self.labels[name], round(statistics.median(times) / 1000, 6))
            for number, one in zip(numbers, asked):
                answers[number][name] = one.answer
        for zone, by_server in zip(self.zones, answers):
            self.tell_zone(zone, by_server)
        for entry in self.policies:
            self.add("dns_rrsig_least_seconds", {"zone": entry["zone"]}, entry["least"])
        self.look_at_keys(answers)

    def tell_zone(self, zone: Any, answers: Mapping[str, Any]) -> None:
        now = time.time()
        # where no primary answers, a secondary's copy has it too, and that is when it counts
        expires = [answers[name].expire for name in (*zone.reference, *zone.servers) if getattr(answers[name], "expire", None) is not None]
        if expires:
            self.add("dns_soa_expire_seconds", {"zone": zone.name}, expires[0])
        for server, verdict in judge_zone(zone, self.servers, answers):
            answer, labels = answers[server.name], {"zone": zone.name, **self.labels[server.name]}
            self.catalogs.tell(zone.name, server.name, verdict.state)
            if verdict.state == "in_sync" and zone.name in self.to_be_signed and answer.signed_until is None:
                verdict = verdict._replace(state="unsigned", ok=False)
            self.states[verdict.state] += 1
            serial = answer.serial if answer.problem is None else None
            behind = self.behind.tell(f"{zone.name} {server.name}", serial, verdict.reference_serial, now)
            if verdict.state == "not_asked":
                continue
            self.add("dns_zone_in_sync", labels, int(verdict.state == "in_sync"))
            if answer.serial is not None:
                self.add("dns_soa_serial", labels, answer.serial)
            if verdict.state != "in_sync":
                self.add("dns_zone_fault", {**labels, "state": verdict.state}, 1)
            if verdict.state == "behind":
                self.add("dns_zone_behind_serials", labels, verdict.lag)
            if behind is not None:
                self.add("dns_zone_behind_seconds", labels, round(behind, 3))
            if getattr(answer, "remaining", None) is not None and server.name not in zone.reference:
                self.add("dns_zone_expiry_remaining_seconds", labels, answer.remaining)
            if getattr(answer, "signed_until", None) is not None:
                self.add("dns_rrsig_expiry_timestamp_seconds", {**labels, "covered": "SOA"}, timestamp(answer.signed_until, now))

    def look_at_keys(self, answers: Sequence[Mapping[str, Any]]) -> None:
        """The keys of signed zones, what each of them signs, and the signatures over them, which may end at another time than those of the zone."""
        wanted: dict[str, list[Any]] = {}
        signing: dict[tuple[str, str], tuple[int, ...]] = {}  # by server and zone, the tags of keys that sign the zone
        for zone, by_server in zip(self.zones, answers):
            for name, answer in by_server.items():
                if getattr(answer, "signed_until", None) is not None:
                    wanted.setdefault(name, []).append(zone)
                    signing[name, zone.name] = answer.signed_by
        jobs = [
            (self.servers[name], [Question(read_name(zone.name, "zones"), "DNSKEY", payload=PAYLOAD, dnssec=True) for zone in zones])
            for name, zones in wanted.items()
        ]
        for (name, zones), asked in zip(wanted.items(), self.ask(jobs)):
            for zone, one in zip(zones, asked):
                if one.answer.problem is not None:
                    continue
                labels = {"zone": zone.name, **self.labels[name]}
                signatures = [rdata for rrset in one.answer.rrsets("RRSIG") for rdata in rrset if rdata.type_covered == dns.rdatatype.DNSKEY]
                if signatures:
                    now = time.time()
                    until = min(timestamp(rdata.expiration % 2**32, now) for rdata in signatures)
                    self.add("dns_rrsig_expiry_timestamp_seconds", {**labels, "covered": "DNSKEY"}, until)
                by_what = {"keys": {rdata.key_tag for rdata in signatures}, "zone": set(signing[name, zone.name])}
                keys = {(dns.dnssec.key_id(key), int(key.algorithm)) for rrset in one.answer.rrsets("DNSKEY") for key in rrset}
                for tag, algorithm in sorted(keys):
                    signs = "_and_".join(what for what, tags in by_what.items() if tag in tags) or "nothing"
                    self.add("dns_zone_key", {**labels, "key_tag": str(tag), "algorithm": str(algorithm), "signs": signs}, 1)

    def look_at_catalogs(self) -> None:
        """What secondaries serve of catalogs' members, and of zones that were some in an earlier run."""
        for catalog, number in self.catalogs.members.items():
            self.add("dns_catalog_members", {"catalog": catalog}, number)
        found = {"dns_catalog_members_not_served": self.catalogs.not_served, "dns_catalog_zones_unlisted": self.catalogs.unlisted(self.servers, self.ask)}
        for metric, numbers in found.items():
            for (catalog, name), number in numbers.items():
                self.add(metric, {"catalog": catalog, **self.labels[name]}, number)

    def look_at_zones_above(self) -> None:
        """Whether they lead to the keys of signed zones, and follow a rollover."""
        for zone, server, leads, as_asked in chain_of_trust.look(self.signed, self.servers, self.ask):
            for metric, value in (("dns_zone_ds_matches", leads), ("dns_zone_ds_as_asked", as_asked)):
                if value is not None:
                    self.add(metric, {"zone": zone, **self.labels[server]}, int(value))

    def look_at_transfers(self) -> None:
        """Whether this host is refused. Of a transfer that begins, no more than the first message is taken. No server waits for another one."""
        wanted = [(entry["zone"], name) for entry in self.refusals for name in entry["servers"] if name not in self.mute]
        limits = Limits(TRANSFER_TIMEOUT, self.patience.until, max_records=0, max_size=0)

        def state(zone: str, name: str) -> str:
            if time.monotonic() >= self.patience.until:
                return "not_asked"
            return carry_out(Transfer(read_name(zone, "refusals"), keep=False), self.servers[name], limits).state

        with contextlib.ExitStack() as stack:
            pools = {name: stack.enter_context(ThreadPoolExecutor(TRANSFERS_AT_A_TIME)) for name in {name for _zone, name in wanted}}
            for zone, name, task in [(zone, name, pools[name].submit(state, zone, name)) for zone, name in wanted]:
                found = task.result()
                self.not_asked[name] += found == "not_asked"
                if found in ("allowed", "too_large", "refused"):  # anything else says nothing about who may transfer
                    self.add("dns_zone_transfer_refused", {"zone": zone, **self.labels[name]}, int(found == "refused"))


def is_not_asked(one: Any) -> bool:
    """Whether the deadline came before this question, or before its answer could."""
    return one.answer.problem == "not_asked"


def timestamp(moment: int, now: float) -> int:
    """Unix time of a moment that is given modulo 2**32: the one within 68 years of now."""
    return int(now) + distance(moment, int(now) % 2**32)


def exposition(metrics: Iterable[Metric]) -> str:
    """The metrics in Prometheus' text format, version 0.0.4."""
    lines = []
    for metric in metrics:
        if metric.samples:
            lines += [f"# HELP {metric.name} {metric.text}", f"# TYPE {metric.name} gauge"]
        for labels, value in metric.samples:
            told = ",".join(f'{name}="{escape(text)}"' for name, text in labels.items())
            lines.append(f"{metric.name}{{{told}}} {value}" if told else f"{metric.name} {value}")
    return "\n".join(lines) + "\n"


def escape(text: str) -> str:
    """A label's value as the text format wants it."""
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def write(path: str, text: str) -> None:
    """Put a file in place in one step, so that nobody reads half of it."""
    descriptor, part = tempfile.mkstemp(dir=os.path.dirname(path) or ".")
    try:
        with open(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            os.fchmod(stream.fileno(), 0o644)
        os.replace(part, path)
    except BaseException:
        os.unlink(part)
        raise


def remembered(path: str) -> dict[str, Any]:
    """What the run before wrote there; nothing where there is none, or it cannot be read."""
    with contextlib.suppress(OSError, ValueError), open(path, encoding="utf-8") as stream:
        return json.load(stream)
    return {}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Look at every name server once and write what was seen for Prometheus.")
    parser.add_argument("--expectations", required=True, help="JSON file with what to expect")
    parser.add_argument("--directory", required=True, help="where to write metrics.prom")
    parser.add_argument("--deadline", type=float, default=120, help="seconds after which the run ends, whatever is still open (default: %(default)s)")
    given = parser.parse_args(arguments)
    if not dnspython.is_recent_enough():
        wanted = ".".join(map(str, dnspython.MINIMUM))
        raise SystemExit(f"dnspython {wanted} or newer is missing: install python3-dnspython (Debian) or python3-dns (Fedora family)")
    memories = [os.path.join(given.directory, name) for name in ("behind.json", "members.json")]
    before, members = map(remembered, memories)
    try:
        with open(given.expectations, encoding="utf-8") as stream:
            run = Run(json.load(stream), before, members, given.deadline)
    except (Mistake, OSError, ValueError, KeyError, TypeError) as error:
        raise SystemExit(f"{given.expectations} does not hold what the action plugin monitor writes: {type(error).__name__}: {error}") from error
    metrics = run.look()
    try:
        write(memories[0], json.dumps(run.behind.remembered))
        if run.catalogs.remembered != members:
            write(memories[1], json.dumps(run.catalogs.remembered))
        write(os.path.join(given.directory, "metrics.prom"), exposition(metrics))
    except OSError as error:
        raise SystemExit(f"--directory {given.directory} cannot be written to: {error}") from error
    seen = ", ".join(f"{count} {state}" for state, count in run.states.most_common()) or "nothing to look at"
    sys.stdout.write(f"{len(run.zones)} zones on {len(run.servers)} servers: {seen}\n")
