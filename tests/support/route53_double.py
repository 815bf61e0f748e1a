# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A double of Amazon Route 53 whose hosted zones are served by a real BIND.

    with running_route53() as aws:
        run_module("route53_mirror", endpoint_url=aws.url, access_key=aws.access_key, secret_key=aws.secret_key, …)
        assert len(aws.requests("POST", "/rrset")) == 1

moto keeps the hosted zones and speaks AWS's XML. What moto lets pass and AWS does not is refused here, in AWS's words: a wrong key or
signature, more than 1,000 values or 32,000 characters in a request, records that exist already or do not match, a CNAME beside
others, values that cannot be. Changes are PENDING first, lists have pages, names come back with octal escapes. All zones are written
to master files after each change, and a ``named`` answers from them before the change is.

As a program it runs in the foreground until SIGTERM:

    python tests/support/route53_double.py --listen 127.0.0.1:8081 --dns 127.0.0.1:5301 --directory DIRECTORY \\
        --access-key KEY --secret-key SECRET [--name-servers ns1.example.org,ns2.example.org]

Beside the API it has, under /_double/ and without a signature:

    GET /_double/requests       the requests so far: method, path, query, body, status, code of an error
    POST /_double/faults        the next requests that match fail: {method, path (a regular expression), times, and status, code and message,
                                or drop (no answer at all), hang (seconds before that), and done (do it all the same)}; with {} none fail any more
    POST /_double/settings      {page_size: the most entries of a list on one page; pending: seconds until a change is INSYNC}
    POST /_double/reset         forget everything
"""

from __future__ import annotations

import argparse
import contextlib
import hmac
import ipaddress
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree
from xml.sax.saxutils import escape as in_xml

import dns.exception
import dns.name
import dns.rdata
from ansible_collections.authoritative.dns.tests.support.named import NAMED, free_port

os.environ.setdefault("AWS_ACCESS_KEY_ID", "unused")  # moto looks for some at times, and must find none that matter
os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "unused")

NAMESPACE = "https://route53.amazonaws.com/doc/2013-04-01/"
TYPES = ["SOA", "A", "TXT", "NS", "CNAME", "MX", "NAPTR", "PTR", "SRV", "SPF", "AAAA", "CAA", "DS", "TLSA", "SSHFP", "SVCB", "HTTPS"]
NAME_SERVERS = ("ns-2048.awsdns-64.com", "ns-2049.awsdns-65.net", "ns-2050.awsdns-66.org", "ns-2051.awsdns-67.co.uk")
SOA = "{}. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"
MAX_ITEMS = 300
AUTHORIZATION = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/]+)/\d+/([^/]+)/route53/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]+)")
OCTAL = re.compile(r"\\([0-3][0-7]{2})")
ESCAPE = re.compile(r"\\(\d{3}|.)")


class Refusal(Exception):
    """An error as AWS answers it."""

    def __init__(self, code: str, message: str, status: int = 400):
        super().__init__(message)
        self.code = code
        self.status = status


class Drop(Exception):
    """No answer at all."""


# -- what AWS checks and moto does not -------------------------------------------------------------------------------------


def check_signature(method: str, path: str, query: str, headers: Mapping[str, str], body: bytes, access_key: str, secret_key: str) -> None:
    """Signature Version 4, made again with the secret that we know."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    found = AUTHORIZATION.fullmatch(headers.get("Authorization", ""))
    if not found:
        raise Refusal("MissingAuthenticationToken", "Missing Authentication Token", 403)
    key, region, signed, signature = found.groups()
    if key != access_key:
        raise Refusal("InvalidClientTokenId", "The security token included in the request is invalid.", 403)
    url = f"http://{headers['Host']}{path}" + (f"?{query}" if query else "")
    request = AWSRequest(method, url, {name: headers[name] for name in signed.split(";")}, body)
    request.context["timestamp"] = headers["X-Amz-Date"]
    auth = SigV4Auth(Credentials(access_key, secret_key), "route53", region)
    canonical = auth.canonical_request(request)
    if not hmac.compare_digest(auth.signature(auth.string_to_sign(request, canonical), request), signature):
        raise Refusal(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. "
            f"Consult the service documentation for details.\n\nThe Canonical String for this request should have been\n'{canonical}'",
            403,
        )


def stored_name(text: str) -> str:
    """A name as AWS keeps and lists it: in lower case, with octal escapes of all but letters, digits, hyphen and underscore."""
    name = dns.name.from_text(decimal(text))
    return ".".join(re.sub(rb"[^a-z0-9_-]", lambda octet: b"\\%03o" % octet[0][0], label.lower()).decode() for label in name.labels[:-1]) + "."


def decimal(text: str) -> str:
    """Octal escapes as the decimal ones of a master file."""
    return ESCAPE.sub(lambda found: f"\\{int(found[1], 8):03d}" if OCTAL.fullmatch(found[0]) else found[0], text)


def check_value(rdtype: str, value: str) -> None:
    """That AWS takes this value, and that BIND will."""
    if len(value) > 4000:
        raise Refusal("InvalidInput", "1 validation error detected: Member must have length less than or equal to 4000")
    if not value.isascii() or not value.isprintable():
        raise fatal("UnsupportedCharacter (Value contains unsupported characters)", value)
    if rdtype in ("TXT", "SPF") and not re.fullmatch(r'\s*("(\\.|[^"\\])*"\s*)+', value):
        raise fatal("InvalidCharacterString (Value should be enclosed in quotation marks)", value)
    if any(len(found[1]) == 3 and not OCTAL.fullmatch(found[0]) for found in ESCAPE.finditer(value)):
        raise fatal("InvalidEscape (an escape is three octal digits)", value)
    try:
        dns.rdata.from_text("IN", rdtype, decimal(value), dns.name.root, False)
    except (dns.exception.DNSException, ValueError) as error:
        raise fatal(str(error), value) from None


def fatal(problem: str, value: str) -> Refusal:
    return batch_error(f"Invalid Resource Record: 'FATAL problem: {problem} encountered with '{value}''")


def batch_error(message: str) -> Refusal:
    return Refusal("InvalidChangeBatch", f"[{message}]")


def read_changes(body: bytes) -> list[tuple[str, dict[str, Any]]]:
    """(action, record set as moto keeps it) of a ChangeResourceRecordSetsRequest, within the limits of a request."""
    found = []
    values = characters = 0
    for change in ElementTree.fromstring(body).iter(f"{{{NAMESPACE}}}Change"):
        action, record_set = change[0].text or "", {}
        for element in change[1]:
            record_set[element.tag.rpartition("}")[2]] = list(element) if len(element) else element.text
        entry: dict[str, Any] = {"Name": stored_name(record_set["Name"]), "Type": record_set["Type"]}
        if entry["Type"] not in TYPES:
            raise Refusal("InvalidInput", f"Invalid XML ; Value '{entry['Type']}' is not facet-valid with respect to enumeration '[{', '.join(TYPES)}]'")
        if "ResourceRecords" in record_set:
            entry["TTL"] = int(record_set["TTL"])
            entry["ResourceRecords"] = [record[0].text or "" for record in record_set["ResourceRecords"]]
            weight = 2 if action == "UPSERT" else 1
            values += weight * len(entry["ResourceRecords"])
            characters += weight * sum(map(len, entry["ResourceRecords"]))
        if "AliasTarget" in record_set:
            entry["AliasTarget"] = {item.tag.rpartition("}")[2]: item.text for item in record_set["AliasTarget"]}
            entry["AliasTarget"]["EvaluateTargetHealth"] = entry["AliasTarget"].get("EvaluateTargetHealth") == "true"
        for field in ("SetIdentifier", "Region", "Failover", "HealthCheckId"):
            if field in record_set:
                entry[field] = record_set[field]
        if "Weight" in record_set:
            entry["Weight"] = int(record_set["Weight"])
        found.append((action, entry))
    if values > 1000:
        raise Refusal("InvalidChangeBatch", "Number of records limit of 1000 exceeded.")
    if characters > 32000:
        raise Refusal("InvalidChangeBatch", "RDATA character limit of 32000 exceeded.")
    return found


def changed(zone_name: str, current: Sequence[Mapping[str, Any]], changes: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Mapping[str, Any]]:
    """The record sets after all changes, or AWS's refusal of the whole request."""
    state = {(entry["Name"], entry["Type"], entry.get("SetIdentifier")): entry for entry in current}
    seen = set()
    for action, entry in changes:
        key = (entry["Name"], entry["Type"], entry.get("SetIdentifier"))
        described = f"[name='{entry['Name']}', type='{entry['Type']}'" + (f", set-identifier='{key[2]}'" if key[2] else "") + "]"
        if not (entry["Name"] == zone_name or entry["Name"].endswith("." + zone_name)):
            raise batch_error(f"RRSet with DNS name {entry['Name']} is not permitted in zone {zone_name}")
        if action == "DELETE" and (key, action) in seen:
            raise batch_error(f"The request contains an invalid set of changes for a resource record set {described}")
        seen.add((key, action))
        for value in entry.get("ResourceRecords", ()):
            check_value(entry["Type"], value)
        duplicates = [value for value, number in Counter(entry.get("ResourceRecords", ())).items() if number > 1]
        if duplicates:
            raise batch_error(f"Duplicate Resource Record: '{duplicates[0]}'")
        if action == "CREATE" and key in state:
            raise batch_error(f"Tried to create resource record set {described} but it already exists")
        if action == "DELETE":
            there = state.pop(key, None)
            if there is None:
                raise batch_error(f"Tried to delete resource record set {described} but it was not found")
            if there.get("TTL") != entry.get("TTL") or set(there.get("ResourceRecords", ())) != set(entry.get("ResourceRecords", ())):
                raise batch_error(f"Tried to delete resource record set {described} but the values provided do not match the current values")
        else:
            state[key] = entry
    for name, rdtype, _identifier in state:
        others = {other for owner, other, _one in state if owner == name} - {"CNAME"} if rdtype == "CNAME" else None
        if others or (rdtype == "CNAME" and name == zone_name):
            raise batch_error(
                f"RRSet of type CNAME with DNS name {name} is not permitted as it conflicts with other records with the same DNS name in zone {zone_name}"
            )
    for rdtype in ("SOA", "NS"):
        if (zone_name, rdtype, None) not in state:
            raise batch_error(f"A HostedZone must contain exactly one SOA record and at least one NS record for the zone itself; {rdtype} would be missing")
    return list(state.values())


# -- the name server ---------------------------------------------------------------------------------------------------------


class NameServer:
    """A named that serves the hosted zones, and nothing else, at one address."""

    def __init__(self, directory: pathlib.Path, address: str, port: int):
        if NAMED is None:
            raise FileNotFoundError("named is not installed: install the package bind9 (Debian) or bind (Fedora family)")
        self.directory, self.address, self.port = directory, address, port
        self.written: dict[str, str] = {}
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        self._configure()
        command = [NAMED, "-f", "-n", "1", "-c", str(self.directory / "named.conf"), "-L", str(self.directory / "named.log")]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._wait_for(lambda: " running\n" in self._log(), "it does not start")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()

    def serve(self, zones: Mapping[str, str]) -> None:
        """Make it serve these zones, {name: master file}, and return when it does."""
        changed_zones = [name for name, text in zones.items() if self.written.get(name) != text]
        if not changed_zones and zones.keys() == self.written.keys():
            return
        loaded = {name: self._loaded(name) for name in changed_zones}
        reloads = self._log().count("reloading configuration succeeded")
        for name in changed_zones:
            part = self._file(name).with_suffix(".part")
            part.write_text(zones[name], encoding="ascii")
            part.replace(self._file(name))
        self.written = dict(zones)
        self._configure()
        self.process.send_signal(signal.SIGHUP)
        for name, before in loaded.items():
            self._wait_for(lambda name=name, before=before: self._loaded(name) > before, f"it does not load {name}")
        if not loaded:
            self._wait_for(lambda: self._log().count("reloading configuration succeeded") > reloads, "it does not reload")

    def _file(self, name: str) -> pathlib.Path:
        return self.directory / (re.sub("[^a-z0-9.-]", "_", name) + "zone")

    def _log(self) -> str:
        with contextlib.suppress(OSError):
            return (self.directory / "named.log").read_text(errors="replace")
        return ""

    def _loaded(self, name: str) -> int:
        return self._log().count(f"zone {name.rstrip('.')}/IN: loaded serial ")

    def _configure(self) -> None:
        version = ipaddress.ip_address(self.address).version
        listen, deaf, v6 = ("listen-on", "listen-on-v6", "") if version == 4 else ("listen-on-v6", "listen-on", "-v6")
        text = f"""options {{
    directory "{self.directory}";
    pid-file none;
    {listen} port {self.port} {{ {self.address}; }};
    {deaf} {{ none; }};
    query-source{v6} address {self.address};
    recursion no;
    empty-zones-enable no;
    dnssec-validation no;
    notify no;
    allow-transfer {{ none; }};
}};
controls {{ }};
"""
        for name in self.written:
            text += f'zone "{name}" {{ type primary; file "{self._file(name).name}"; check-names ignore; check-integrity no; }};\n'
        (self.directory / "named.conf").write_text(text, encoding="ascii")

    def _wait_for(self, happened: Any, otherwise: str) -> None:
        deadline = time.monotonic() + 10
        while not happened():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError(f"named: {otherwise}\n{self._log()[-3000:]}")
            time.sleep(0.01)


def master_file(zone_name: str, record_sets: Sequence[Mapping[str, Any]], own_servers: Sequence[str]) -> str:
    """What BIND is to serve. It does not load a zone while a name server inside of it has no address, as AWS does; that one is left out."""
    addressed = {entry["Name"] for entry in record_sets if entry["Type"] in ("A", "AAAA")}
    lines = []
    for entry in sorted(record_sets, key=lambda entry: entry["Type"] != "SOA"):
        values = [decimal(value) for value in entry.get("ResourceRecords", ())]
        if entry["Type"] == "NS" and entry["Name"] == zone_name:
            values = [value for value in values if not value.endswith(f".{zone_name}") or value in addressed] or [f"{server}." for server in own_servers]
        lines += [f"{decimal(entry['Name'])} {entry['TTL']} IN {entry['Type']} {value}" for value in values]
    return "\n".join(lines) + "\n"


# -- the API -----------------------------------------------------------------------------------------------------------------


class Double:
    """A WSGI application. One request at a time: it is a double, not a service."""

    def __init__(self, access_key: str, secret_key: str, name_server: NameServer, name_servers: Sequence[str] = NAME_SERVERS):
        # imported late: it takes a second, and who only wants to start the program has no need of it
        import moto.core.request
        import moto.route53.models
        import moto.route53.responses

        class Request(moto.core.request.Request):
            from_wsgi_server = True

        delegation_set = moto.route53.models.DelegationSet
        made = delegation_set.__init__
        delegation_set.__init__ = lambda self, reference, own, its_id: made(self, reference, own or list(name_servers), its_id)
        self.request_class = Request
        self.moto = moto.route53.responses.Route53
        self.backend = moto.route53.models.route53_backends["123456789012"]["aws"]
        self.record_set_class = moto.route53.models.RecordSet
        self.access_key, self.secret_key, self.name_server = access_key, secret_key, name_server
        self.lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.faults: list[dict[str, Any]] = []
        self.settings: dict[str, float] = {"page_size": MAX_ITEMS, "pending": 0}
        self.made: dict[str, float] = {}
        self.backend.zones.clear()
        self.publish()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        request = self.request_class(environ)
        body = request.get_data()
        with self.lock:
            if request.path.startswith("/_double/"):
                status, content = self.control(request.path.removeprefix("/_double/"), body)
                start_response(f"{status} -", [("Content-Type", "application/json")])
                return [content]
            path, _mark, query = request.environ["RAW_URI"].partition("?")
            noted = {"method": request.method, "path": path, "query": query, "body": body.decode(), "status": None, "code": ""}
            self.requests.append(noted)
            try:
                fault = self._fault(request.method, path)
                if fault and not fault.get("done"):
                    self._fail(fault)
                status, content = self.answer(request, path, query, body)
                if fault:
                    self._fail(fault)
            except Refusal as refusal:
                noted["code"] = refusal.code
                status = refusal.status
                content = (
                    f'<?xml version="1.0"?>\n<ErrorResponse xmlns="{NAMESPACE}"><Error><Type>Sender</Type><Code>{refusal.code}</Code>'
                    f"<Message>{in_xml(str(refusal))}</Message></Error><RequestId>{secrets.token_hex(8)}</RequestId></ErrorResponse>"
                ).encode()
            except Drop:
                environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
                raise ConnectionAbortedError from None
            noted["status"] = status
        start_response(f"{status} -", [("Content-Type", "text/xml"), ("Content-Length", str(len(content)))])
        return [content]

    def _fault(self, method: str, path: str) -> dict[str, Any] | None:
        for fault in self.faults:
            if fault["times"] > 0 and fault.get("method", method) == method and re.search(fault.get("path", ""), path):
                fault["times"] -= 1
                return fault
        return None

    @staticmethod
    def _fail(fault: Mapping[str, Any]) -> None:
        time.sleep(fault.get("hang", 0))
        if fault.get("drop"):
            raise Drop
        if "status" in fault:
            raise Refusal(fault["code"], fault.get("message", "on demand"), fault["status"])

    def control(self, what: str, body: bytes) -> tuple[int, bytes]:
        given = json.loads(body) if body else None
        if what == "requests":
            return 200, json.dumps(self.requests).encode()
        if what == "faults":
            self.faults = [*self.faults, dict({"times": 1}, **given)] if given else []
        elif what == "settings":
            self.settings.update(given)
        elif what == "reset":
            self.reset()
        else:
            return 404, b"{}"
        return 200, b"{}"

    def answer(self, request: Any, path: str, query: str, body: bytes) -> tuple[int, bytes]:
        check_signature(request.method, path, query, request.headers, body, self.access_key, self.secret_key)
        changing = re.fullmatch(r"/2013-04-01/hostedzone/([^/]+)/rrset/?", path) if request.method == "POST" else None
        if changing:
            return self.change(changing[1], body)
        asked = re.fullmatch(r"/2013-04-01/change/([^/]+)", path)
        if asked:
            if asked[1] not in self.made:
                raise Refusal("NoSuchChange", f"Could not find resource with ID: {asked[1]}", 404)
            return 200, self.change_info("GetChangeResponse", asked[1])
        before = set(self.backend.zones)
        parameters = dict(parse_qsl(query))
        if path.endswith("/rrset"):
            size = min(int(parameters.get("maxitems", MAX_ITEMS)), int(self.settings["page_size"]), MAX_ITEMS)
            request.environ["QUERY_STRING"] = "&".join([part for part in query.split("&") if part and not part.startswith("maxitems=")] + [f"maxitems={size}"])
            request = self.request_class(request.environ)
        status, _headers, content = self.moto.dispatch(request)
        for zone_id in set(self.backend.zones) - before:
            self._as_aws_makes_it(self.backend.zones[zone_id])
        if set(self.backend.zones) != before:
            self.publish()
        return int(status), content if isinstance(content, bytes) else content.encode()

    @staticmethod
    def _as_aws_makes_it(zone: Any) -> None:
        zone.name = stored_name(zone.name)
        for record_set in zone.rrsets:
            record_set.name, record_set.ttl = zone.name, int(record_set.ttl)
            servers = zone.delegation_set.name_servers
            record_set.records = [f"{server}." for server in servers] if record_set.type == "NS" else [SOA.format(servers[0])]

    def change(self, zone_id: str, body: bytes) -> tuple[int, bytes]:
        zone = self.backend.zones.get(zone_id)
        if zone is None:
            raise Refusal("NoSuchHostedZone", f"No hosted zone found with ID: {zone_id}", 404)
        after = changed(zone.name, [entry_of(record_set) for record_set in zone.rrsets], read_changes(body))
        zone.rrsets = [self.record_set_class(dict(entry)) for entry in after]
        self.publish()
        change_id = "C" + secrets.token_hex(8).upper()
        self.made[change_id] = time.monotonic()
        return 200, self.change_info("ChangeResourceRecordSetsResponse", change_id)

    def change_info(self, root: str, change_id: str) -> bytes:
        status = "INSYNC" if time.monotonic() >= self.made[change_id] + self.settings["pending"] else "PENDING"
        return (
            f'<?xml version="1.0"?>\n<{root} xmlns="{NAMESPACE}"><ChangeInfo><Id>/change/{change_id}</Id><Status>{status}</Status>'
            f"<SubmittedAt>2026-11-21T00:00:00.000Z</SubmittedAt></ChangeInfo></{root}>"
        ).encode()

    def publish(self) -> None:
        """Have the name server answer what the hosted zones hold; the first of several of one name."""
        zones: dict[str, str] = {}
        for zone in self.backend.zones.values():
            if not zone.private_zone:
                entries = [entry_of(record_set) for record_set in zone.rrsets]
                zones.setdefault(zone.name, master_file(zone.name, entries, zone.delegation_set.name_servers))
        self.name_server.serve(zones)


def entry_of(record_set: Any) -> dict[str, Any]:
    """moto's record set as a dictionary with AWS's field names."""
    fields = {
        "Name": record_set.name,
        "Type": record_set.type,
        "TTL": record_set.ttl,
        "ResourceRecords": record_set.records,
        "SetIdentifier": record_set.set_identifier,
        "Weight": record_set.weight,
        "Region": record_set.region,
        "Failover": record_set.failover,
        "HealthCheckId": record_set.health_check_id,
        "AliasTarget": record_set.alias_target,
    }
    return {name: value for name, value in fields.items() if value not in (None, [])}


# -- starting it ----------------------------------------------------------------------------------------------------------------


class Route53:
    """The double as a test sees it."""

    def __init__(self, url: str, dns_address: str, dns_port: int, access_key: str, secret_key: str):
        self.url, self.dns_address, self.dns_port = url, dns_address, dns_port
        self.access_key, self.secret_key = access_key, secret_key

    def requests(self, method: str | None = None, path: str = "") -> list[dict[str, Any]]:
        """The requests so far of this method and path (a regular expression)."""
        return [entry for entry in self._control("requests") if method in (None, entry["method"]) and re.search(path, entry["path"])]

    def fail(self, **fault: Any) -> None:
        self._control("faults", fault)

    def set(self, **settings: float) -> None:
        self._control("settings", settings)

    def reset(self) -> None:
        self._control("reset", {})

    def _control(self, what: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}/_double/{what}", data), timeout=15) as answer:
            return json.load(answer)


@contextlib.contextmanager
def running_route53(address: str = "127.0.0.1", **options: str) -> Iterator[Route53]:
    """The program on free ports of a loopback address. options: further ones of its command line."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="route53-double-"))
    further = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", value)]
    try:
        for _attempt in range(3):  # another process may take a free port first
            port, dns_port = free_port(address), free_port(address)
            access_key, secret_key = "AKIA" + secrets.token_hex(8).upper(), secrets.token_urlsafe(30)
            command = [sys.executable, __file__, "--listen", f"{address}:{port}", "--dns", f"{address}:{dns_port}", "--directory", str(directory)]
            with open(directory / "double.log", "wb") as log:
                process = subprocess.Popen([*command, "--access-key", access_key, "--secret-key", secret_key, *further], stdout=log, stderr=log)
            double = Route53(f"http://{address}:{port}", address, dns_port, access_key, secret_key)
            if _is_up(double, process):
                break
            _end(process)
        else:
            raise RuntimeError(f"the double of Route 53 does not start:\n{(directory / 'double.log').read_text()}")
        yield double
    finally:
        _end(process)
        shutil.rmtree(directory, ignore_errors=True)


def _is_up(double: Route53, process: subprocess.Popen) -> bool:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):
            double.requests()
            return True
        time.sleep(0.05)
    return False


def _end(process: subprocess.Popen) -> None:
    """Ask it to end, which ends its name server too."""
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()


def place(text: str) -> tuple[str, int]:
    address, _colon, port = text.rpartition(":")
    return address.strip("[]"), int(port)


def main() -> None:
    parser = argparse.ArgumentParser(description="A double of Amazon Route 53 with a real name server.")
    parser.add_argument("--listen", type=place, required=True, help="ADDRESS:PORT of the API")
    parser.add_argument("--dns", type=place, required=True, help="ADDRESS:PORT of the name server")
    parser.add_argument("--directory", type=pathlib.Path, required=True, help="where to keep the name server's files")
    parser.add_argument("--access-key", required=True)
    parser.add_argument("--secret-key", required=True)
    parser.add_argument("--name-servers", default=",".join(NAME_SERVERS), help="the names of a hosted zone's name servers (default: %(default)s)")
    given = parser.parse_args()

    def leave(_signal: int, _frame: Any) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, leave)
    given.directory.mkdir(parents=True, exist_ok=True)
    name_server = NameServer(given.directory.resolve(), *given.dns)
    try:
        name_server.start()
        double = Double(given.access_key, given.secret_key, name_server, given.name_servers.split(","))
        from werkzeug.serving import make_server

        make_server(*given.listen, double, threaded=True).serve_forever()
    finally:
        name_server.stop()


if __name__ == "__main__":
    main()
