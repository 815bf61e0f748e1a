# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole story of an adoption: servers are gathered, taken over under load, gathered again and given back, and everything is compared.

    proofs = story(root, {"ns1": ("127.0.0.11", files)}, {"ns1": ["example.test"]}, [("www.example.test", "A")])
    proofs["ns1"].hold()

Needs a private network, since servers of this collection serve at port 53.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.authoritative.dns.tests.support import what_is_served
from ansible_collections.authoritative.dns.tests.support.adoption import Adopted, gather, running_hosts
from ansible_collections.authoritative.dns.tests.support.releases import release_of
from ansible_collections.authoritative.dns.tests.support.server_host import ServerHost
from ansible_collections.authoritative.dns.tests.support.steady_load import steady_load
from ansible_collections.authoritative.dns.tests.support.what_is_served import Question, differing, questions_about

PARTNER = "127.0.0.22"  # a secondary that nobody runs, which may transfer
SECRET = "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3JldCE="  # of every key, whatever its name
QUESTIONS = 1000  # to each host
RATE = 500  # questions a second while a host is taken over


def zone(name: str, serial: int, more: str = "") -> str:
    """A zone as an administrator writes it, with a remark, relative names and no $ORIGIN."""
    return (
        f"; {name}\n$TTL 1h\n@\tIN\tSOA\tns1.provider.test. hostmaster.provider.test. (\n\t\t{serial} ; serial\n\t\t3600 600 1209600 300 )\n"
        f"\tIN\tNS\tns1.provider.test.\n\tIN\tNS\tns2.provider.test.\n@ MX 10 mail\nmail A 192.0.2.25\nwww\tA\t192.0.2.80\n{more}"
    )


@dataclass
class Proof:
    """What became of one host. answers, transfers: {question or zone: (before, after)} where these differ, after the way back in released.

    closed: zones that somebody could transfer and nobody can any more. lost, wrong: of the load.
    records: what the takeover said of those that come or go. report: what gather said of all hosts, output: its words.
    """

    answers: dict[Question, tuple[Any, Any]] = field(default_factory=dict)
    transfers: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    serials: tuple[Any, ...] = ()
    asked: int = 0
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    records: list[str] = field(default_factory=lambda: ["+ not looked at"])
    changed: tuple[bool, bool] = (False, True)
    moved: list[Any] = field(default_factory=list)
    released: dict[Question, tuple[Any, Any]] = field(default_factory=dict)
    files: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    written_by_gather: bool = True
    questions: int = 0

    def hold(self, closed: Collection[str] = ()) -> None:
        """Whatever a takeover promises. closed: zones of which strangers could have the whole, and nobody else had."""
        assert not self.written_by_gather
        assert self.questions >= QUESTIONS and not self.answers, list(self.answers.items())[:5]
        assert not self.transfers and self.closed == set(closed), (self.transfers, self.closed)
        assert self.serials and all(serials == self.serials[0] for serials in self.serials)
        # named reads a zone anew whose file has another name, and answers SERVFAIL until it has: 500 questions are a second.
        assert not self.lost and all("SERVFAIL" in wrong for wrong in self.wrong) and len(self.wrong) < RATE // 2, self.wrong[:5]
        assert self.changed == (True, False) and not self.records, self.records[:5]
        assert not self.moved, self.moved[:5]
        assert not self.files and not self.released, (self.files, list(self.released.items())[:5])


@dataclass
class Story:
    """Everything that was seen. report: what gather said of all hosts; output: its words."""

    proofs: dict[str, Proof]
    report: dict[str, Any]
    output: str

    def hold(self) -> None:
        for proof in self.proofs.values():
            proof.hold()


def until(waiting: Callable[[], Any], seconds: float = 90) -> None:
    """Until there is nothing more to wait for. waiting: returns what there is."""
    deadline = time.monotonic() + seconds
    while rest := waiting():
        assert time.monotonic() < deadline, rest
        time.sleep(0.1)


def answers(host: ServerHost, questions: Iterable[Question]) -> dict[Question, Any]:
    """What a host answers to itself; see L(what_is_served)."""
    return what_is_served.answers(host.address, questions, host.address)


def transferred(host: ServerHost, name: str, keys: Collection[str]) -> list[str] | None:
    """A zone as it is handed out to a partner, to the host itself, to who has a key; None if to nobody."""
    return what_is_served.transferred(host.address, name, (PARTNER, host.address), dict.fromkeys(keys, SECRET))


def configured(host: ServerHost) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted((host.root / "etc").rglob("*")) if path.is_file()}


def moved(first: Adopted, second: Adopted) -> dict[str, list[Any]]:
    """By host what is not the same in two inventories."""
    one, two = first.declaration(), second.declaration()
    result: dict[str, list[Any]] = {host: [] if one.keyring == two.keyring else ["keys"] for host in first.host_variables}
    for host in result:
        ours, theirs = (replace(found.settings(host), local_config="", local_options="") for found in (first, second))
        result[host] += [] if ours == theirs else [(ours, theirs)]
    for name in {**one.zones, **two.zones}:
        if name not in one.zones or name not in two.zones:
            places = [item.name for zones in (one, two) if name in zones.zones for item in (*zones.zones[name].primaries, *zones.zones[name].secondaries)]
            pairs = ["in one of the two only"]
        else:
            ours, theirs = one.zones[name], two.zones[name]
            places = [item.name for item in (*ours.primaries, *ours.secondaries)]
            pairs = [key for key in ("primaries", "secondaries", "allow_query", "tsig") if getattr(ours, key) != getattr(theirs, key)]
            pairs += [] if ours.content.digest == theirs.content.digest else ["content"]
        for place in {*places} & {*result}:
            result[place] += [(name, pair) for pair in pairs]
    return result


def story(
    root: pathlib.Path,
    configuration: Mapping[str, tuple[str, Mapping[str, str]]],
    zones: Mapping[str, Sequence[str]],
    questions: Sequence[Question] = (),
    options: Sequence[str] = (),
    loaded: Collection[str] = ("ns1",),
    keys: Collection[str] = ("hoster-transfer", "mixed"),
    first: Mapping[str, Callable[[ServerHost], None]] | None = None,
) -> Story:
    """Gathers, takes over under load, gathers again, goes back.

    zones: that each host serves. questions: to all hosts, besides those that follow from the zones. loaded: hosts that are asked all the time, which
    those that restart are not. first: what administrators do to a running host before all this.
    """
    with running_hosts(root, configuration) as hosts:
        own = {name: host for name, host in hosts.items() if not name.startswith("_")}
        proofs = {name: Proof() for name in own}

        def wait() -> None:
            until(lambda: [(name, zone) for name in zones for zone in zones[name] if own[name].serial(zone) is None])

        def contents(name: str) -> dict[str, list[str] | None]:
            return {zone: transferred(own[name], zone, keys) for zone in zones[name]}

        def serials(name: str) -> list[int | None]:
            return [own[name].serial(zone) for zone in zones[name]]

        for name, action in (first or {}).items():
            action(own[name])
        wait()
        content = {name: contents(name) for name in own}
        asked = {name: list(dict.fromkeys([*questions, *questions_about(content[name], QUESTIONS)])) for name in own}
        before = {name: answers(host, asked[name]) for name, host in own.items()}
        numbers, trees = {name: serials(name) for name in own}, {name: configured(host) for name, host in own.items()}
        outcome = gather(root, hosts, "adopted", *options)
        assert outcome.returncode == 0, outcome.stdout + outcome.stderr
        adopted = Adopted(root / "adopted")
        for name, host in own.items():
            proof = proofs[name]
            proof.questions, proof.written_by_gather = len(asked[name]), trees[name] != configured(host)
            with contextlib.ExitStack() as stack:
                if name in loaded:
                    watched = {f"www.{zone}": ["192.0.2.80"] for zone in zones[name] if "arpa" not in zone}  # many, for a rate limit counts each name
                    load = stack.enter_context(steady_load(host.address, 53, watched, rate=RATE))
                    proof.lost, proof.wrong = load.lost, load.wrong
                taken = adopted.take_over(host)
                until(lambda name=name: None in serials(name))
            proof.asked = load.asked if name in loaded else 0
            proof.records = [line for part in taken["diff"] for line in part.get("prepared", "").splitlines() if line.startswith(("+ ", "- "))]
            proof.changed = (taken["changed"], adopted.take_over(host)["changed"])
        wait()
        for name, host in own.items():
            proof, after = proofs[name], contents(name)
            proof.answers = differing(before[name], answers(host, asked[name]))
            proof.transfers = differing(content[name], after)
            proof.closed = {zone for zone in proof.transfers if after[zone] is None}
            proof.transfers = {zone: pair for zone, pair in proof.transfers.items() if zone not in proof.closed}
            proof.serials = (numbers[name], serials(name))
        again = gather(root, hosts, "again", *options)
        assert again.returncode == 0, again.stdout + again.stderr
        for name, found in moved(adopted, Adopted(root / "again")).items():
            proofs[name].moved = found
        for name, host in own.items():
            release_of(host).apply(os.replace)
            until(lambda name=name: differing(dict(zip(zones[name], numbers[name])), dict(zip(zones[name], serials(name)))))
        for name, host in own.items():
            proofs[name].serials += (serials(name),)
            proofs[name].files = differing(trees[name], configured(host))
            proofs[name].released = differing(before[name], answers(host, asked[name]))
    return Story(proofs, json.loads((root / "adopted/report.json").read_text()), outcome.stdout)
