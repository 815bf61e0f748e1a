# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who hands out zones to this host, and who refuses it: what the module C(verify_zone_transfer) does."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns
from ansible_collections.authoritative.dns.plugins.module_utils.proof import verification
from ansible_collections.authoritative.dns.plugins.module_utils.transfer.client import Limits, carry_out, transferred_records
from ansible_collections.authoritative.dns.plugins.module_utils.transfer.protocol import Transfer, TransferError
from ansible_collections.authoritative.dns.plugins.module_utils.transfer.records import (
    Selection,
    canonical_records,
    check_zonemd,
    compare,
    read_zone_text,
)
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import (
    COMMON_SPEC,
    KEYS_SPEC,
    ROUNDS_SPEC,
    SERVERS_SPEC,
    Mistake,
    find_key,
    find_servers,
    place,
    read_keys,
    read_name,
    read_servers,
    read_types,
    refuse_too_small,
)

COMPARISONS = ("same_as", "content", "content_file")

ARGUMENTS = dict(
    COMMON_SPEC,
    servers=SERVERS_SPEC,
    keys=KEYS_SPEC,
    transfers={
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "zone": {"type": "str", "required": True},
            "servers": {"type": "list", "elements": "str"},
            "expect": {"type": "str", "choices": ["allowed", "refused"]},
            "key": {"type": "str", "no_log": False},
            "type": {"type": "str", "choices": ["AXFR", "IXFR"], "default": "AXFR"},
            "serial": {"type": "int"},
            "same_as": {"type": "str"},
            "content": {"type": "str"},
            "content_file": {"type": "path"},
            "ignore_types": {"type": "list", "elements": "str", "default": []},
            "ignore_ttl": {"type": "bool", "default": False},
            "ignore_serial": {"type": "bool", "default": False},
        },
    },
    expect={"type": "str", "choices": ["allowed", "refused"], "default": "allowed"},
    timeout={"type": "float", "default": 5.0},
    wait_timeout=ROUNDS_SPEC["wait_timeout"],
    wait_interval=ROUNDS_SPEC["wait_interval"],
    concurrency={"type": "int", "default": 10},
    max_records={"type": "int", "default": 5000000},
    max_size={"type": "int", "default": 268435456},
)


class Entry:
    """One item of ``transfers``, checked."""

    def __init__(self, given, number, servers, keys, expect):
        where = f"transfers: entry {number} ({given['zone']})"
        self.zone = given["zone"]
        self.qname = read_name(self.zone, where)
        self.servers = find_servers(given["servers"], servers, where)
        self.expect = given["expect"] or expect
        self.type = given["type"]
        self.serial = given["serial"]
        if (self.type == "IXFR") != (self.serial is not None):
            raise Mistake(f"{where}: serial and type IXFR belong together; give both or neither")
        if self.serial is not None and not 0 <= self.serial < 2**32:
            raise Mistake(f"{where}: serial {self.serial} is not a serial; a serial is between 0 and 4294967295")
        if given["key"] is not None:
            key = find_key(given["key"], keys, where)
            self.servers = [server._replace(key=key) for server in self.servers]
        wanted = [name for name in COMPARISONS if given[name] is not None]
        if len(wanted) > 1 or (wanted and (self.type == "IXFR" or self.expect == "refused")):
            raise Mistake(f"{where}: {', '.join(wanted)}: compare with one thing, and only an AXFR that is allowed")
        self.same_as = find_servers([given["same_as"]], servers, where)[0] if given["same_as"] else None
        self.given = given
        self.where = where
        self.selection = Selection(read_types(given["ignore_types"], f"{where}: ignore_types"), given["ignore_ttl"], given["ignore_serial"])
        self.compares = bool(wanted)

    def expected_records(self):
        """The records of ``content`` or ``content_file``."""
        if self.given["content"] is not None:
            return read_zone_text(self.given["content"], self.qname, f"{self.where}: content")
        path = self.given["content_file"]
        try:
            with open(path, encoding="utf-8") as text:
                return read_zone_text(text, self.qname, f"{self.where}: {path}")
        except (OSError, UnicodeError) as error:
            raise Mistake(f"{self.where}: content_file {path} cannot be read: {error}") from None


class Inspector:
    """Carries out all entries, some at a time."""

    def __init__(self, entries, params):
        self.entries = entries
        self.params = params
        self.started = time.monotonic()
        self.limits = Limits(params["timeout"], self.started + params["deadline"], params["max_records"], params["max_size"])

    def results(self):
        tasks = [(entry, server) for entry in self.entries for server in entry.servers]
        results = [None] * len(tasks)

        def look(numbers):
            for number, result in zip(numbers, self.carry_out([tasks[number] for number in numbers])):
                results[number] = result
            return [number for number in numbers if not results[number]["ok"]]

        verification.keep_looking(look, look(range(len(tasks))), self.params, self.started)
        return results

    def carry_out(self, tasks):
        expected = {entry: self.expect_content(entry) for entry in dict.fromkeys(entry for entry, _server in tasks) if entry.compares}
        with ThreadPoolExecutor(max(1, min(self.params["concurrency"], len(tasks)))) as pool:
            return list(pool.map(lambda task: self.inspect(*task, expected.get(task[0])), tasks))

    def expect_content(self, entry):
        """The set of records to compare with, or the text of what went wrong in getting them."""
        if not entry.same_as:
            return set(entry.selection.apply(entry.expected_records()))
        try:
            return set(entry.selection.apply(transferred_records(entry.qname, entry.same_as, self.limits)))
        except TransferError as error:
            return f"{entry.same_as.place} gave nothing to compare with: {error}"

    def transfer(self, entry, server):
        return Transfer(entry.qname, entry.serial, server.key, self.limits.max_records)

    def inspect(self, entry, server, expected):
        """One transfer as a result."""
        transfer = self.transfer(entry, server)
        if time.monotonic() >= self.limits.until:
            return _result(entry, server, transfer, state="not_asked", detail="the deadline came first")
        outcome = carry_out(transfer, server, self.limits)
        state, detail = outcome.state, outcome.detail
        zonemd = comparison = None
        if state == "allowed" and entry.type == "AXFR":
            try:
                zonemd, comparison = self.read_content(entry, transfer, expected)
            except TransferError as error:
                state, detail = error.state, error.detail
            else:
                if zonemd == "mismatch":
                    state, detail = "zonemd_mismatch", "the zone's content is not what its ZONEMD record says"
                if isinstance(expected, str):
                    state, detail = "no_reference", expected
                elif comparison is not None and not comparison.equal:
                    state, detail = "different", comparison.text
        transfer.messages.clear()
        return _result(
            entry,
            server,
            transfer,
            state=state,
            detail=detail,
            rcode=None if outcome.rcode is None else dns.rcode.to_text(outcome.rcode),
            duration=round(outcome.duration, 4),
            serves_zone=outcome.serves_zone,
            zonemd=zonemd,
            comparison=comparison and dict(comparison._asdict(), equal=comparison.equal),
        )

    @staticmethod
    def read_content(entry, transfer, expected):
        """What the content itself says: the state of its ZONEMD, and the comparison."""
        zonemd, comparison = "absent", None
        if transfer.has_zonemd:
            zonemd = check_zonemd(list(canonical_records(transfer.messages, entry.qname)), entry.qname)
        if isinstance(expected, set):
            comparison = compare(expected, entry.selection.apply(canonical_records(transfer.messages, entry.qname)))
        return zonemd, comparison


def _result(entry, server, transfer, state, **found):
    result = {
        "zone": entry.zone,
        "server": server.name,
        "address": server.address,
        "port": server.tls_port if server.tls else server.port,
        "type": entry.type,
        "key": server.key.name.to_text() if server.key else None,
        "tls": server.tls,
        "expect": entry.expect,
        "state": state,
        "ok": state == entry.expect,
        "records": transfer.records,
        "size": transfer.size,
        "messages": transfer.message_count,
        "serial": transfer.serial,
        "up_to_date": transfer.up_to_date,
        "incremental": transfer.incremental,
        "rcode": None,
        "duration": 0.0,
        "serves_zone": None,
        "zonemd": None,
        "comparison": None,
    }
    result.update(found)
    return result


def describe(result):
    detail = f": {result['detail']}" if result["detail"] else ""
    return f"{result['zone']} at {place(result)}: {result['type']} {result['state']}, expected {result['expect']}{detail}"


def verify(params):
    keys = read_keys(params["keys"])
    servers = read_servers(params["servers"], keys)
    refuse_too_small(params)
    entries = [Entry(given, number, servers, keys, params["expect"]) for number, given in enumerate(params["transfers"], 1)]
    inspector = Inspector(entries, params)
    results = inspector.results()
    return {
        "what": "transfers",
        "describe": describe,
        "results": results,
        "summary": {
            "transfers": len(results),
            "records": sum(result["records"] for result in results),
            "size": sum(result["size"] for result in results),
            "elapsed": round(time.monotonic() - inspector.started, 3),
        },
    }
