# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A double of Cloudflare's API whose secondary zones are those of a real BIND.

    with running_double() as cloud:
        run_module("cloudflare_secondary_zone", api_url=cloud.url, api_token=cloud.token, account_id=cloud.account, …)
        assert cloud.violations() == []

It takes what cloudflare_contract.yml says and nothing else; all other requests get HTTP 400 and are remembered as
violations. What is configured through it becomes the configuration of a ``named`` that transfers the zones from the peers
with their keys, so that a wrong secret, a closed port or a NOTIFY from nowhere have the effect that they have in the world.
``soa_serial`` is what this named answers.

As a program it runs in the foreground until SIGTERM:

    python tests/support/cloudflare_double.py --listen 127.0.0.1:8080 --dns 127.0.0.1:5300 --directory DIRECTORY

Beside the API it has, under /_double/ and without a token:

    GET /_double/requests       the requests so far: method, path, query, body (secrets hidden), status, violation
    GET /_double/violations     those that are not in the contract
    POST /_double/faults        the next requests that match fail: {method, path (a regular expression), times, and one or more of
                                status, code, message, retry_after, hang (seconds before the answer), drop (no answer at all),
                                done (do it all the same)}; with {} none fail any more
    POST /_double/settings      {page_size: the most entries of any list on one page}
    POST /_double/reset         forget everything

It never sends a packet to a peer outside of loopback and the networks in --allow: such a peer has no transfers.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import contextlib
import ipaddress
import json
import math
import pathlib
import re
import secrets
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import dns.exception
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import yaml
from ansible_collections.authoritative.dns.tests.support.named import NAMED, free_port

CONTRACT = yaml.safe_load(pathlib.Path(__file__).with_name("cloudflare_contract.yml").read_text(encoding="utf-8"))
BASE = "/client/v4"
RNDC = shutil.which("rndc") or shutil.which("rndc", path="/usr/sbin:/usr/local/sbin")
LOOPBACK = ("127.0.0.0/8", "::1/128")
TYPES = {"string": str, "number": (int, float), "boolean": bool}


class Answer(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, code: int, message: str):
        super().__init__(message)
        self.status = status
        self.code = code


class Violation(Answer):
    """A request that the contract does not have."""

    def __init__(self, message: str):
        super().__init__(400, 1004, message)


# -- the contract -----------------------------------------------------------------------------------------------------


def find_operation(method: str, path: str) -> tuple[Mapping[str, Any], str, dict[str, str]]:
    """The operation, its path's template, and the ids in the path."""
    for key, operation in CONTRACT["operations"].items():
        its_method, template = key.split(" ", 1)
        found = re.fullmatch(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(template)), path)
        if its_method == method and found:
            return operation, template, found.groupdict()
    raise Violation(f"no such call: {method} {path}")


def check_request(operation: Mapping[str, Any], query: Mapping[str, str], body: Any, headers: Mapping[str, str]) -> None:
    allowed = operation.get("query", {})
    for name, text in query.items():
        if name not in allowed:
            raise Violation(f"the query parameter {name} is not documented here")
        if allowed[name] == "number" and not re.fullmatch("[0-9]+", text):
            raise Violation(f"the query parameter {name} is not a number")
        check_value(name, int(text) if allowed[name] == "number" else text)
    if "takes" not in operation or (body is None and not operation["takes"]):
        if body is not None:
            raise Violation("this call takes no body")
        return
    if headers.get("Content-Type", "").partition(";")[0] != "application/json":
        raise Violation("a body must be application/json")
    if not isinstance(body, dict):
        raise Violation("the body is not an object")
    fields = {name.rstrip("*"): (kind, name.endswith("*")) for name, kind in operation["takes"].items()}
    for name, (_kind, required) in fields.items():
        if required and name not in body:
            raise Violation(f"{name} is required")
    for name, value in body.items():
        if name not in fields:
            raise Violation(f"{name} is not a field of this call")
        check_type(name, fields[name][0], value)
        check_value(name, value)


def check_type(name: str, kind: str, value: Any) -> None:
    if kind == "strings":
        right = isinstance(value, list) and all(isinstance(item, str) for item in value)
    elif kind == "account":
        right = isinstance(value, dict) and set(value) <= {"id"} and all(isinstance(item, str) for item in value.values())
    else:
        right = isinstance(value, TYPES[kind]) and isinstance(value, bool) == (kind == "boolean")
    if not right:
        raise Violation(f"{name} must be {kind}")


def check_value(name: str, value: Any) -> None:
    """Raise Violation for a value outside of what the contract's part ``also`` says."""
    rule = CONTRACT["also"].get(name, {})
    if "pattern" in rule and not re.fullmatch(rule["pattern"], value):
        raise Violation(f"{name} is {value!r}, which is none of {rule['pattern']}")
    if "minimum" in rule and value < rule["minimum"]:
        raise Violation(f"{name} is {value}, less than {rule['minimum']}")
    if "maximum" in rule and value > rule["maximum"]:
        raise Violation(f"{name} is {value}, more than {rule['maximum']}")
    try:
        if rule.get("format") == "base64":
            base64.b64decode(value, validate=True)
        elif rule.get("format") == "address":
            ipaddress.ip_address(value)
        elif rule.get("format") == "network":
            network = ipaddress.ip_network(value)
            if network.prefixlen < rule["longest"][network.version]:
                raise Violation(f"{name} is {value}, larger than /{rule['longest'][network.version]}")
    except (ValueError, binascii.Error):
        raise Violation(f"{name} is not in the form {rule['format']}") from None


# -- the name server --------------------------------------------------------------------------------------------------


class Secondary:
    """A named that is secondary for whatever it is told, with no way out: recursion and NOTIFY are off."""

    def __init__(self, directory: pathlib.Path, address: str, port: int, transfer_source: str, allowed: Sequence[str]):
        if NAMED is None or RNDC is None:
            raise FileNotFoundError("named and rndc are not installed: install the package bind9 (Debian) or bind (Fedora family)")
        self.directory = directory
        self.address = address
        self.port = port
        self.transfer_source = transfer_source
        self.allowed = [ipaddress.ip_network(network) for network in allowed]
        self.control = free_port()
        self.process: subprocess.Popen | None = None
        directory.mkdir(parents=True, exist_ok=True)
        secret = base64.b64encode(secrets.token_bytes(32)).decode()
        (directory / "rndc.key").write_text(f'key "rndc" {{ algorithm hmac-sha256; secret "{secret}"; }};\n')
        (directory / "rndc.key").chmod(0o600)
        self.write({}, {}, {}, [])

    def may_ask(self, address: str | None) -> bool:
        if not address:
            return False
        parsed = ipaddress.ip_address(address)
        return any(parsed in network for network in self.allowed)

    def write(self, tsigs: Mapping[str, Any], peers: Mapping[str, Any], zones: Mapping[str, Any], ranges: Sequence[str]) -> None:
        """The configuration; ``zones`` are {name: incoming configuration}."""
        version = ipaddress.ip_address(self.address).version
        listen, deaf = ("listen-on", "listen-on-v6") if version == 4 else ("listen-on-v6", "listen-on")
        v6 = "-v6" if ipaddress.ip_address(self.transfer_source).version == 6 else ""
        lines = [
            f'include "{self.directory}/rndc.key";',
            f'controls {{ inet 127.0.0.1 port {self.control} allow {{ 127.0.0.1; }} keys {{ "rndc"; }}; }};',
            "options {",
            f'  directory "{self.directory}"; pid-file none; session-keyfile none;',
            f"  {listen} port {self.port} {{ {self.address}; }}; {deaf} {{ none; }};",
            f"  query-source{v6} address {self.transfer_source}; transfer-source{v6} {self.transfer_source};",
            "  recursion no; empty-zones-enable no; dnssec-validation no; notify no;",
            "  allow-query { any; }; allow-transfer { none; };",
            f"  allow-notify {{ {' '.join(f'{network};' for network in ranges) or 'none;'} }};",
            "  masterfile-format text; serial-query-rate 100; transfers-in 100; transfers-per-ns 100;",
            "};",
        ]
        for name, tsig in {tsig["name"].rstrip(".").lower(): tsig for tsig in tsigs.values()}.items():
            lines.append(f'key "{name}" {{ algorithm {tsig["algo"].split(".")[0]}; secret "{tsig["secret"]}"; }};')
        for name, incoming in zones.items():
            servers = []
            for peer in (peers[identity] for identity in incoming["peers"] if identity in peers):
                tsig = tsigs.get(peer.get("tsig_id"))
                if self.may_ask(peer.get("ip")):
                    key = f' key "{tsig["name"].rstrip(".").lower()}"' if tsig else ""
                    servers.append((f"{peer['ip']} port {int(peer.get('port') or 53)}{key};", bool(peer.get("ixfr_enable"))))
            if servers:
                refresh = int(incoming["auto_refresh_seconds"])  # Cloudflare does not use the SOA's
                lines.append(
                    f'zone "{name}" {{ type secondary; file "{name}.zone"; primaries {{ {" ".join(line for line, _ixfr in servers)} }};'
                    f" request-ixfr {'yes' if all(ixfr for _line, ixfr in servers) else 'no'};"
                    f" min-refresh-time {refresh}; max-refresh-time {refresh}; }};"
                )
        (self.directory / "named.conf").write_text("\n".join(lines) + "\n")
        (self.directory / "named.conf").chmod(0o600)

    def start(self) -> None:
        self.process = subprocess.Popen(
            [NAMED, "-f", "-n", "1", "-c", str(self.directory / "named.conf"), "-L", str(self.directory / "named.log")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + 10
        while self.rndc("status").returncode:
            if self.process.poll() is not None or time.monotonic() > until:
                self.stop()
                raise RuntimeError(f"named does not run at {self.address} port {self.port}:\n{self.log()[-3000:]}")
            time.sleep(0.02)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)

    def log(self) -> str:
        with contextlib.suppress(OSError):
            return (self.directory / "named.log").read_text(errors="replace")
        return ""

    def rndc(self, *command: str) -> subprocess.CompletedProcess:
        where = ["-s", "127.0.0.1", "-p", str(self.control), "-k", str(self.directory / "rndc.key")]
        return subprocess.run([RNDC, *where, *command], capture_output=True, text=True, timeout=10, check=False)

    def serial(self, zone: str) -> int | None:
        """The serial that it answers with, None while it has no copy."""
        question = dns.message.make_query(zone, "SOA")
        with contextlib.suppress(dns.exception.DNSException, OSError):
            reply = dns.query.udp(question, self.address, timeout=1, port=self.port)
            for rrset in reply.answer:
                if reply.rcode() == dns.rcode.NOERROR and rrset.rdtype == dns.rdatatype.SOA:
                    return rrset[0].serial
        return None


# -- the account ------------------------------------------------------------------------------------------------------


class Cloud:
    """What an account has, the faults to come and the requests so far. All calls but ``serial`` are made under ``lock``."""

    def __init__(self, secondary: Secondary, token: str, account: str, name_servers: Sequence[str]):
        self.secondary = secondary
        self.token = token
        self.account = account
        self.name_servers = list(name_servers)
        self.lock = threading.RLock()
        self.ended = threading.Event()
        self.configured: set[str] = set()  # zones that the name server has been told of
        self.forget()

    def forget(self) -> None:
        self.objects: dict[str, dict[str, dict[str, Any]]] = {"tsigs": {}, "peers": {}, "acls": {}}
        self.zones: dict[str, dict[str, Any]] = {}
        self.incoming: dict[str, dict[str, Any]] = {}
        self.outgoing: dict[str, dict[str, Any]] = {}
        self.requests: list[dict[str, Any]] = []
        self.faults: list[dict[str, Any]] = []
        self.page_size = 50

    def configure(self) -> None:
        """Have the name server do what is now configured. Keys and peers alone are nothing to it."""
        zones = {self.zones[identity]["name"]: incoming for identity, incoming in self.incoming.items() if identity in self.zones}
        if not zones and not self.configured:
            return
        self.configured = set(zones)
        self.secondary.write(self.objects["tsigs"], self.objects["peers"], zones, [acl["ip_range"] for acl in self.objects["acls"].values()])
        for file in self.secondary.directory.glob("*.zone"):
            if file.stem not in zones:
                file.unlink()
        outcome = self.secondary.rndc("reconfig")
        if outcome.returncode:
            raise RuntimeError(f"rndc reconfig: {outcome.stderr}\n{self.secondary.log()[-2000:]}")

    def fault_for(self, method: str, path: str) -> dict[str, Any] | None:
        for fault in self.faults:
            if fault["times"] > 0 and fault.get("method", method) == method and re.search(fault.get("path", ""), path):
                fault["times"] -= 1
                return fault
        return None

    def do(self, method: str, template: str, ids: Mapping[str, str], query: Mapping[str, str], body: Any) -> tuple[Any, dict[str, Any] | None]:
        """Result and result_info of a request that is in the contract."""
        if ids.get("account_id", self.account) != self.account:
            raise Answer(403, 9109, "Unauthorized to access requested resource")
        kind = template.split("/")[4] if template.startswith("/accounts") else None
        if kind:
            return self.account_object(kind, method, ids.get("id"), query, body)
        if template == "/zones":
            return self.list_zones(query) if method == "GET" else (self.new_zone(body), None)
        zone = self.zones.get(ids["zone_id"])
        if not zone:
            raise Answer(404, 7003, "Could not route to the zone, perhaps your object identifier is invalid?")
        if template == "/zones/{zone_id}":
            return (zone if method == "GET" else self.delete_zone(zone)), None
        return self.transfer(template.rpartition("/")[2], method, zone, body), None

    def account_object(self, kind: str, method: str, identity: str | None, query: Mapping[str, str], body: Any) -> tuple[Any, dict[str, Any] | None]:
        objects = self.objects[kind]
        if identity is None and method == "GET":
            return self.page(list(objects.values()), query, totals=False)
        if identity is None:
            identity = secrets.token_hex(16)
        elif identity not in objects:
            raise Answer(404, 1404, "object not found")
        if method == "DELETE":
            del objects[identity]  # in use or not: who removes what others need breaks them
            self.configure()
            return {"id": identity}, None
        if body is not None:
            if body.get("tsig_id", None) not in (None, *self.objects["tsigs"]):
                raise Answer(400, 1404, "no such TSIG")
            defaults = {"ip": None, "port": 53, "ixfr_enable": False, "tsig_id": None} if kind == "peers" else {}
            objects[identity] = {"id": identity, **defaults, **body}  # PUT replaces, it does not merge
            self.configure()
        return objects[identity], None

    def page(self, entries: list[Any], query: Mapping[str, str], totals: bool) -> tuple[list[Any], dict[str, Any]]:
        size = min(int(query.get("per_page", 20 if totals else self.page_size)), self.page_size)
        number = int(query.get("page", 1))
        shown = entries[(number - 1) * size : number * size]
        info = {"page": number, "per_page": size, "count": len(shown), "total_count": len(entries)}
        return shown, dict(info, total_pages=math.ceil(len(entries) / size)) if totals else info

    def list_zones(self, query: Mapping[str, str]) -> tuple[list[Any], dict[str, Any]]:
        zones = list(self.zones.values())
        if query.get("account.id", self.account) != self.account:
            zones = []
        for name in ("name", "status"):
            zones = [zone for zone in zones if zone[name] == query.get(name, zone[name])]
        types = query.get("type", "full,partial,secondary").split(",")
        return self.page([zone for zone in zones if zone["type"] in types], query, totals=True)

    def new_zone(self, body: Mapping[str, Any]) -> dict[str, Any]:
        name = body["name"].lower()
        if not re.fullmatch(r"([a-z0-9_-]{1,63}\.)+[a-z0-9-]{2,63}", name):
            raise Answer(400, 1049, f"{name} is not a registered domain")
        if body["account"].get("id") != self.account:
            raise Answer(403, 9109, "Unauthorized to access requested resource")
        if any(zone["name"] == name for zone in self.zones.values()):
            raise Answer(400, 1061, f"{name} already exists.")
        moment = now()
        zone = {
            "id": secrets.token_hex(16),
            "name": name,
            "type": body.get("type", "full"),
            "status": "pending",
            "paused": False,
            "development_mode": 0,
            "name_servers": self.name_servers,
            "original_name_servers": [],
            "account": {"id": self.account, "name": "The double's account"},
            "owner": {"id": None, "type": "user", "email": None},
            "meta": {"step": 4},
            "plan": {"legacy_id": "enterprise"},
            "created_on": moment,
            "modified_on": moment,
        }
        self.zones[zone["id"]] = zone
        return zone

    def delete_zone(self, zone: Mapping[str, Any]) -> dict[str, Any]:
        del self.zones[zone["id"]]
        self.outgoing.pop(zone["id"], None)
        if self.incoming.pop(zone["id"], None):
            self.configure()
        return {"id": zone["id"]}

    def transfer(self, what: str, method: str, zone: Mapping[str, Any], body: Any) -> Any:
        identity = zone["id"]
        if what != "outgoing" and zone["type"] != "secondary":
            raise Answer(400, 1001, "the zone is not a secondary zone")
        configured = self.outgoing if what == "outgoing" else self.incoming
        if what == "force_axfr":
            if identity not in configured:
                raise Answer(400, 1002, "the zone has no secondary zone configuration")
            self.secondary.rndc("retransfer", zone["name"])
            return "OK"
        if method == "POST" and identity in configured:
            raise Answer(409, 1003, "the zone has a configuration already")
        if method != "POST" and identity not in configured:
            raise Answer(404, 1404, "the zone has no such configuration")
        if method == "DELETE":
            del configured[identity]
            self.configure()
            return {"id": identity}
        if body is not None:
            if body["name"].rstrip(".").lower() != zone["name"]:
                raise Answer(400, 1005, "the name is not the zone's")
            unknown = set(body["peers"]) - set(self.objects["peers"])
            if unknown or not body["peers"]:
                raise Answer(400, 1006, f"no such peers: {', '.join(sorted(unknown)) or 'none given'}")
            moment = now()
            configured[identity] = {"id": identity, "created_time": moment, **configured.get(identity, {}), **body, "modified_time": moment}
            self.configure()
        return dict(configured[identity])


def now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="microseconds")


# -- HTTP -------------------------------------------------------------------------------------------------------------


class Handler(BaseHTTPRequestHandler):
    """One request. ``server.cloud`` is the Cloud."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or each answer, written in two parts, takes 40 ms

    def log_message(self, *_arguments: Any) -> None:
        """Nothing on standard error: the requests are kept."""

    def handle_any(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if parts.path.startswith("/_double/"):
            self.control(parts.path[len("/_double/") :], body)
        else:
            self.api(parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)), body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

    def control(self, what: str, data: bytes) -> None:
        cloud: Cloud = self.server.cloud
        with cloud.lock:
            if (self.command, what) == ("GET", "requests"):
                return self.send(200, cloud.requests)
            if (self.command, what) == ("GET", "violations"):
                return self.send(200, [request for request in cloud.requests if request["violation"]])
            body = json.loads(data or b"{}")
            if (self.command, what) == ("POST", "faults"):
                cloud.faults = [*cloud.faults, dict({"times": 1}, **body)] if body else []
            elif (self.command, what) == ("POST", "settings"):
                cloud.page_size = body["page_size"]
            elif (self.command, what) == ("POST", "reset"):
                cloud.forget()
                cloud.configure()
            else:
                return self.send(404, f"no such thing; see {__file__}")
        return self.send(200, "OK")

    def api(self, path: str, query: dict[str, str], data: bytes) -> None:
        cloud: Cloud = self.server.cloud
        path = path[len(BASE) :] if path.startswith(f"{BASE}/") else path
        body = None
        if data:
            with contextlib.suppress(ValueError):
                body = json.loads(data)
        shown = {name: "********" if name == "secret" else value for name, value in body.items()} if isinstance(body, dict) else body
        record = {"method": self.command, "path": path, "query": query, "body": shown, "status": None, "violation": None, "time": time.time()}
        with cloud.lock:
            cloud.requests.append(record)
            fault = cloud.fault_for(self.command, path)
        if fault and fault.get("hang") and not fault.get("done"):
            cloud.ended.wait(fault["hang"])
        if fault and not fault.get("done"):
            status, answer = fault.get("status", 500), envelope(errors=[(fault.get("code", 10000), fault.get("message", "a fault on demand"))])
        else:
            status, answer = self.answer(path, query, body, bool(data), record)
        if fault and fault.get("done"):
            if fault.get("hang"):
                cloud.ended.wait(fault["hang"])
            if "status" in fault:
                status, answer = fault["status"], envelope(errors=[(fault.get("code", 10000), fault.get("message", "a fault on demand"))])
        record["status"] = status
        if fault and (fault.get("drop") or fault.get("hang")):
            record["status"] = None
            # Reset the connection, rather than end it in peace.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            return
        self.send(status, answer, {"Retry-After": str(fault["retry_after"])} if fault and "retry_after" in fault else {})

    def answer(self, path: str, query: dict[str, str], body: Any, has_body: bool, record: dict[str, Any]) -> tuple[int, Any]:
        cloud: Cloud = self.server.cloud
        try:
            operation, template, ids = find_operation(self.command, path)
            check_request(operation, query, {} if has_body and body is None else body, self.headers)
            if not re.fullmatch(r"Bearer \S+", self.headers.get("Authorization", "")):
                raise Violation("Authorization must be: Bearer TOKEN")
            if self.headers["Authorization"] != f"Bearer {cloud.token}":
                raise Answer(401, 10000, "Authentication error")
            with cloud.lock:
                result, info = cloud.do(self.command, template, ids, query, body)
            if operation.get("gives") == "incoming":
                serial = cloud.secondary.serial(cloud.zones[ids["zone_id"]]["name"])
                result = dict(result, checked_time=now(), **({} if serial is None else {"soa_serial": serial}))
            return 200, envelope(result, info)
        except Answer as error:
            if isinstance(error, Violation):
                record["violation"] = str(error)
            return error.status, envelope(errors=[(error.code, str(error))])

    def send(self, status: int, answer: Any, headers: Mapping[str, str] | None = None) -> None:
        data = json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(data)


def envelope(result: Any = None, info: Any = None, errors: Sequence[tuple[int, str]] = ()) -> dict[str, Any]:
    answer = {"success": not errors, "errors": [{"code": code, "message": message} for code, message in errors], "messages": [], "result": result}
    return dict(answer, result_info=info) if info else answer


class Server(ThreadingHTTPServer):
    daemon_threads = True
    cloud: Cloud

    def __init__(self, where: tuple[str, int], cloud: Cloud):
        self.address_family = socket.AF_INET6 if ":" in where[0] else socket.AF_INET
        self.cloud = cloud
        super().__init__(where, Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what some tests are about; everything else is worth a word."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


# -- for tests --------------------------------------------------------------------------------------------------------


class Double:
    """A running double, from within the same process or not: everything goes through HTTP."""

    def __init__(self, origin: str, token: str, account: str, dns: tuple[str, int], secondary: Secondary):
        self.origin = origin
        self.url = origin + BASE
        self.token = token
        self.account = account
        self.dns_address, self.dns_port = dns
        self.secondary = secondary

    def _control(self, what: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(f"{self.origin}/_double/{what}", data, timeout=10) as response:
            return json.load(response)

    def fail(self, method: str, path: str, **fault: Any) -> None:
        """The next request (or ``times``) of this method, whose path matches the regular expression, fails as the module's text says."""
        self._control("faults", dict(fault, method=method, path=path))

    def requests(self) -> list[dict[str, Any]]:
        return self._control("requests")

    def violations(self) -> list[dict[str, Any]]:
        return self._control("violations")

    def settings(self, **settings: Any) -> None:
        self._control("settings", settings)

    def reset(self) -> None:
        self._control("reset", {})

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """What somebody else does with the account: the result of a call of the API."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, None if body is None else json.dumps(body).encode(), headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)["result"]


def origin(address: str, port: int) -> str:
    return f"http://[{address}]:{port}" if ":" in address else f"http://{address}:{port}"


@contextlib.contextmanager
def serving(
    listen: tuple[str, int],
    dns_at: tuple[str, int],
    directory: pathlib.Path,
    token: str,
    account: str,
    name_servers: Sequence[str],
    transfer_source: str | None = None,
    allow: Sequence[str] = (),
) -> Iterator[Server]:
    """The double, answering in a thread of its own for the length of a ``with`` block."""
    secondary = Secondary(directory, *dns_at, transfer_source or dns_at[0], [*LOOPBACK, *allow])
    cloud = Cloud(secondary, token, account, name_servers)
    server = Server(listen, cloud)
    try:
        secondary.start()
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            cloud.ended.set()
            server.shutdown()
            thread.join(10)
    finally:
        server.server_close()
        secondary.stop()


@contextlib.contextmanager
def running_double(
    address: str = "127.0.0.1", dns_port: int | None = None, name_servers: Sequence[str] = ("ns1.cloud.test", "ns2.cloud.test"), **more: Any
) -> Iterator[Double]:
    """A double at a loopback address, on free ports if it is not told which."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="cloudflare-double-"))
    token, account = secrets.token_urlsafe(30), secrets.token_hex(16)
    dns_at = (address, dns_port or free_port(address))
    try:
        with serving((address, 0), dns_at, directory, token, account, name_servers, **more) as server:
            yield Double(origin(address, server.server_port), token, account, dns_at, server.cloud.secondary)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


# -- as a program -----------------------------------------------------------------------------------------------------


def place(text: str) -> tuple[str, int]:
    """ADDRESS:PORT or [ADDRESS]:PORT."""
    address, _colon, port = text.rpartition(":")
    return str(ipaddress.ip_address(address.strip("[]"))), int(port)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], epilog="Runs until SIGTERM. See the beginning of this file.")
    parser.add_argument("--listen", type=place, required=True, metavar="ADDRESS:PORT", help="where the API is")
    parser.add_argument("--dns", type=place, required=True, metavar="ADDRESS:PORT", help="where the name server is")
    parser.add_argument("--directory", type=pathlib.Path, required=True, help="for the name server's files; made if need be")
    parser.add_argument("--token", default="the-token-of-the-double")
    parser.add_argument("--account", default="0123456789abcdef0123456789abcdef")
    parser.add_argument("--name-servers", default="ns1.cloud.test,ns2.cloud.test", metavar="NAME,NAME")
    parser.add_argument("--transfer-source", metavar="ADDRESS", help="from where it transfers; default: the address of --dns")
    parser.add_argument("--allow", action="append", default=[], metavar="NETWORK", help="where peers may be, besides loopback; may be repeated")
    options = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_arguments: ended.set())
    names = options.name_servers.split(",")
    directory = options.directory.absolute()
    with serving(options.listen, options.dns, directory, options.token, options.account, names, options.transfer_source, options.allow):
        print(f"Cloudflare's double: {origin(*options.listen)}{BASE}", flush=True)
        ended.wait()


if __name__ == "__main__":
    main()
