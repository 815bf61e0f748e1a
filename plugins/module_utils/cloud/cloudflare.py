# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloudflare's API for DNS zone transfers, and what must be there for a zone to be secondary at Cloudflare.

Calls, fields and permissions are those of https://developers.cloudflare.com/api/resources/dns/subresources/zone_transfers/
and https://developers.cloudflare.com/api/resources/zones/; limits those of
https://developers.cloudflare.com/fundamentals/api/reference/limits/.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import json
import re
import socket
import ssl
import time
import urllib.error
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode

from ansible.module_utils.urls import ConnectionError as AnsibleConnectionError
from ansible.module_utils.urls import open_url
from ansible_collections.authoritative.dns.plugins.module_utils.proof.serials import distance

ALGORITHMS = ("hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512")
LEAST_REFRESH = 300  # seconds; the API's minimum for auto_refresh_seconds
MOST_ADDRESSES = {4: 24, 6: 64}  # the shortest prefix of an ACL, by IP version
ZONES_PER_PAGE = 50  # the API's maximum
READ_TRIES = 3  # how often a GET is sent when the answer is lost or 5xx
RATE_TRIES = 5  # how often a call is sent when the answer is 429
USERS_LOOKED_AT = 200  # other zones that are asked whether they use a peer, before it is left where it is
LONGEST_INTERVAL = 10.0  # seconds between two looks at the serials


class CloudflareError(Exception):
    """What the user is told when something cannot be done; never with a secret in it."""


class Mistake(CloudflareError):
    """Something in the arguments that cannot be; the text names it and says what would be right."""


class ApiError(CloudflareError):
    """A call that was not done. ``status`` is the HTTP status, None when there was no answer."""

    def __init__(self, text: str, status: int | None = None):
        super().__init__(text)
        self.status = status


class UnknownFate(ApiError):
    """A call that writes and may or may not have been done: no answer came, or a 5xx."""


# -- what is wanted ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Key:
    """A TSIG key (RFC 8945); ``secret`` is base64."""

    name: str
    algorithm: str
    secret: str = field(repr=False)

    def body(self) -> dict[str, Any]:
        return {"name": f"{canonical(self.name)}.", "algo": f"{self.algorithm}.", "secret": self.secret}

    def is_as(self, tsig: Mapping[str, Any]) -> bool:
        return canonical(tsig.get("algo")) == self.algorithm and decoded(tsig.get("secret")) == decoded(self.secret)


@dataclass(frozen=True)
class Primary:
    """A server to transfer from: a peer at Cloudflare, which has at most one key."""

    name: str
    address: str
    port: int
    key: str | None
    ixfr: bool

    @property
    def peer_name(self) -> str:
        """By which the peer is found again: nobody else's peer has the name and the address of this server."""
        return f"{self.name} {self.address}"

    def body(self, tsig_id: str | None) -> dict[str, Any]:
        body = {"name": self.peer_name, "ip": self.address, "port": self.port, "ixfr_enable": self.ixfr}
        return dict(body, tsig_id=tsig_id) if tsig_id else body


@dataclass(frozen=True)
class Zone:
    """A zone, the names of its primaries, and the serial that it should have at least."""

    name: str
    primaries: tuple[str, ...]
    serial: int | None = None


@dataclass(frozen=True)
class Wanted:
    """What the arguments ask for, after all of them were found to be possible."""

    zones: tuple[Zone, ...]
    primaries: tuple[Primary, ...]
    keys: tuple[Key, ...]
    networks: tuple[str, ...]
    refresh: int

    @property
    def key_names(self) -> list[str]:
        return list(dict.fromkeys([*[key.name for key in self.keys], *[primary.key for primary in self.primaries if primary.key]]))


def read_wanted(params: Mapping[str, Any]) -> Wanted:
    """The module's arguments, checked as a whole. Raises Mistake.

    With ``state=present``, primaries that no zone uses and keys that no such primary uses are left out.
    """
    present = params["state"] == "present"
    for option in ("account_id", "api_token"):
        if not re.fullmatch(r"[!-.0-~]+", params[option]):
            raise Mistake(f"{option}: empty, or has a blank, a slash or a line break in it; give it as Cloudflare shows it")
    keys = {canonical(entry["name"]): read_key(entry) for entry in unique(params["keys"], "keys", canonical)}
    primaries = {entry["name"]: read_primary(entry, keys if present else None) for entry in unique(params["primaries"], "primaries")}
    same_peer = first_repeated(primary.peer_name for primary in primaries.values())
    if same_peer:
        raise Mistake(f"primaries: two of them would be the peer {same_peer!r}; give each address once")
    zones = [read_zone(entry, primaries, present) for entry in unique(params["zones"], "zones", canonical)]
    networks = [read_network(text) for text in params["notify_from"]]
    if params["refresh"] < LEAST_REFRESH:
        raise Mistake(f"refresh: {params['refresh']} s is too short; Cloudflare takes {LEAST_REFRESH} or more")
    if present:
        used = {name for zone in zones for name in zone.primaries}
        primaries = {name: primary for name, primary in primaries.items() if name in used}
        keys = {name: key for name, key in keys.items() if name in {canonical(primary.key) for primary in primaries.values()}}
    return Wanted(tuple(zones), tuple(primaries.values()), tuple(keys.values()), tuple(dict.fromkeys(networks)), params["refresh"])


def read_key(entry: Mapping[str, Any]) -> Key:
    if not decoded(entry["secret"]):
        raise Mistake(f"keys: the secret of {entry['name']} is not base64; give it as `tsig-keygen` prints it")
    return Key(canonical(entry["name"]), entry["algorithm"], entry["secret"])


def read_primary(entry: Mapping[str, Any], keys: Mapping[str, Key] | None) -> Primary:
    where = f"primaries: {entry['name']}"
    try:
        address = str(ipaddress.ip_address(entry["address"]))
    except ValueError:
        raise Mistake(f"{where} has the address {entry['address']!r}, which is neither an IPv4 nor an IPv6 address") from None
    if not 1 <= entry["port"] <= 65535:
        raise Mistake(f"{where} has the port {entry['port']}; a port is between 1 and 65535")
    key = canonical(entry["key"]) or None
    if keys is not None and key and key not in keys:
        raise Mistake(f"{where}: the key {entry['key']} is not in keys; known: {', '.join(keys) or 'none'}")
    return Primary(entry["name"], address, entry["port"], key, entry["ixfr"])


def read_zone(entry: Mapping[str, Any], primaries: Mapping[str, Primary], present: bool) -> Zone:
    where = f"zones: {entry['name']}"
    names = list(primaries) if entry["primaries"] is None else entry["primaries"]
    unknown = [name for name in names if name not in primaries]
    if present and unknown:
        raise Mistake(f"{where}: {', '.join(unknown)} not in primaries; known: {', '.join(primaries) or 'none'}")
    if present and not names:
        raise Mistake(f"{where} has no primaries; name at least one server to transfer from")
    if entry["serial"] is not None and not 0 <= entry["serial"] < 2**32:
        raise Mistake(f"{where} has the serial {entry['serial']}; a serial is between 0 and 4294967295")
    return Zone(canonical(entry["name"]), tuple(dict.fromkeys(names)), entry["serial"])


def read_network(text: str) -> str:
    try:
        network = ipaddress.ip_network(text)
    except ValueError as error:
        raise Mistake(f"notify_from: {text!r} is not a network: {error}") from None
    shortest = MOST_ADDRESSES[network.version]
    if network.prefixlen < shortest:
        raise Mistake(f"notify_from: {network} is too large; Cloudflare takes /{shortest} or longer prefixes of IPv{network.version}")
    return str(network)


def unique(entries: Iterable[Mapping[str, Any]], option: str, form: Callable[[str], str] = str) -> list[Mapping[str, Any]]:
    entries = list(entries)
    for entry in entries:
        if not form(entry["name"]):
            raise Mistake(f"{option}: an entry has no name")
    twice = first_repeated(form(entry["name"]) for entry in entries)
    if twice:
        raise Mistake(f"{option}: {twice} is given twice; give each once")
    return entries


def first_repeated(names: Iterable[str]) -> str | None:
    seen = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def canonical(name: str | None) -> str:
    """A domain name as this module compares them: lower case, no final dot."""
    return (name or "").lower().rstrip(".")


def decoded(secret: str | None) -> bytes:
    """What two spellings of one secret have in common; nothing when it is not base64."""
    try:
        return base64.b64decode(secret or "", validate=True)
    except (binascii.Error, ValueError):
        return b""


# -- one call at a time -----------------------------------------------------------------------------------------------


class Api:
    """Speaks HTTP with Cloudflare, and counts all requests (``calls``) and those that wrote or may have (``writes``).

    A GET is sent again when its answer is lost or 5xx. A call that writes is sent once: whoever gets UnknownFate looks
    whether it was done. HTTP 429 says that nothing was done; such a call waits as Retry-After asks, if that is not
    longer than ``retry_limit`` seconds, and is sent again. ``timeout`` (seconds) is for one request.
    ``secret_seen`` is told the secrets that answers carry.
    """

    def __init__(self, url: str, token: str, timeout: float, retry_limit: float, secret_seen: Callable[[str], None] = lambda secret: None):
        self.url = url.rstrip("/")
        self.token = token
        self.timeout = timeout
        self.retry_limit = retry_limit
        self.secret_seen = secret_seen
        self.secrets = {token}
        self.calls = 0
        self.writes = 0

    def get(self, path: str) -> Any:
        """The result; None when there is no such thing."""
        try:
            result = self._call("GET", path).get("result") or None
        except ApiError as error:
            if error.status == 404:
                return None
            raise
        self._keep_secret(result or {})
        return result

    def pages(self, path: str, query: Mapping[str, Any] | None = None) -> Iterator[tuple[list[dict[str, Any]], int]]:
        """Page by page: its entries, and how many pages are left."""
        known = set()
        page = 1
        while True:
            answer = self._call("GET", path, dict(query or {}, **({"page": page} if page > 1 else {})))
            fresh = [entry for entry in answer.get("result") or [] if entry["id"] not in known]
            known.update(entry["id"] for entry in fresh)
            for entry in fresh:
                self._keep_secret(entry)
            # The lists of an account have no total_pages. A page with nothing new ends it, whatever the totals say.
            info = answer.get("result_info") or {}
            total = info.get("total_pages")
            left = total - page if total is not None else -(-(int(info.get("total_count") or 0) - len(known)) // max(len(fresh), 1))
            left = max(left, 0) if fresh else 0
            yield fresh, left
            if not left:
                return
            page += 1

    def list(self, path: str, query: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        return [entry for entries, _left in self.pages(path, query) for entry in entries]

    def create(self, path: str, body: Mapping[str, Any], find: Callable[[], Any]) -> dict[str, Any]:
        """POST. When its fate is unknown, ``find()`` returns what is there now, or None."""
        try:
            return self._write("POST", path, body)
        except UnknownFate as error:
            found = find()
            if found and not kept_back(found, body):
                return found
            raise ApiError(f"{error}. It is not there now and was not sent again; run again to see and go on") from None

    def replace(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """PUT, which replaces all fields."""
        try:
            result = self._write("PUT", path, body)
        except UnknownFate as error:
            result = self.get(path)
            if not result or kept_back(result, body):
                raise ApiError(f"{error}. It has not happened so far and was not sent again; run again to see and go on") from None
        return result

    def remove(self, path: str) -> None:
        """DELETE; what is gone already is fine."""
        try:
            self._write("DELETE", path)
        except UnknownFate as error:
            if self.get(path):
                raise ApiError(f"{error}. It is still there and was not sent again; run again to see and go on") from None
        except ApiError as error:
            if error.status != 404:
                raise

    def ask(self, path: str) -> bool:
        """POST something that leaves nothing to look for; whether it is known to be done."""
        try:
            self._write("POST", path, {})
        except UnknownFate:
            return False
        return True

    def _write(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        self._keep_secret(body or {})
        try:
            result = self._call(method, path, body=body).get("result") or {}
        except UnknownFate:
            self.writes += 1
            raise
        self.writes += 1
        return result

    def _keep_secret(self, entry: Mapping[str, Any]) -> None:
        if entry.get("secret"):
            self.secrets.add(entry["secret"])
            self.secret_seen(entry["secret"])

    def _call(self, method: str, path: str, query: Mapping[str, Any] | None = None, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The envelope of an answer that says success. Raises ApiError for all others, UnknownFate where it applies."""
        what = f"{method} {path}"
        tries = 0
        while True:
            tries += 1
            status, headers, answer, trouble = self._request(method, path, query, body)
            if status == 429 and tries < RATE_TRIES:
                pause = retry_after(headers, default=2.0**tries)
                if pause > self.retry_limit:
                    raise ApiError(
                        f"{what}: HTTP 429, too many requests; Cloudflare asks to wait {pause:.0f} s, longer than retry_limit"
                        f" ({self.retry_limit:.0f} s). Raise retry_limit, or run again later",
                        status,
                    )
                time.sleep(pause)
                continue
            lost = status is None or status >= 500 or (200 <= status < 300 and not isinstance(answer, dict))
            if lost and method == "GET" and tries < READ_TRIES:
                time.sleep(min(retry_after(headers, default=0.25 * 2**tries), self.retry_limit))
                continue
            if not lost and status < 300 and answer and answer.get("success"):
                return answer
            if lost and method != "GET":
                raise UnknownFate(f"{what}: {self._clean(trouble or told(status, answer))}; whether Cloudflare did it is not known", status)
            raise ApiError(f"{what}: {self._clean(trouble or told(status, answer))}{hint(status, method, path)}", status)

    def _request(self, method: str, path: str, query: Mapping[str, Any] | None, body: Mapping[str, Any] | None) -> tuple[int | None, Any, Any, str]:
        """Status, headers, the JSON of the answer (None if it is none), and what went wrong when there was no answer."""
        self.calls += 1
        url = self.url + path + (f"?{urlencode(query)}" if query else "")
        try:
            with open_url(
                url,
                method=method,
                data=None if body is None else json.dumps(body),
                headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", "Accept": "application/json"},
                timeout=self.timeout,
                follow_redirects="none",  # the token is for this server alone
                use_netrc=False,  # an entry there would replace the token
            ) as response:
                return response.status, response.headers, parsed(response.read()), ""
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, parsed(error.read()), ""
        except (AnsibleConnectionError, ValueError) as error:
            raise ApiError(f"{method} {path}: {self.url} cannot be reached: {self._clean(str(error))}") from None
        except urllib.error.URLError as error:
            if isinstance(error.reason, (ConnectionRefusedError, socket.gaierror, ssl.SSLError)):  # before anything was sent
                raise ApiError(f"{method} {path}: {self.url} cannot be reached: {error.reason}") from None
            return None, {}, None, no_answer(error.reason, self.timeout)
        except (OSError, HTTPException) as error:
            return None, {}, None, no_answer(error, self.timeout)

    def _clean(self, text: str) -> str:
        for secret in self.secrets:
            text = text.replace(secret, "********")
        return text


def kept_back(found: Mapping[str, Any], body: Mapping[str, Any]) -> list[str]:
    """The fields in which what is there differs from what was sent; names are what it was found by."""
    return [name for name, value in body.items() if name not in ("name", "account") and comparable(found.get(name)) != comparable(value)]


def comparable(value: Any) -> Any:
    """A field's value without what does not matter: the order of peers, the spelling of an address."""
    if isinstance(value, list):
        return sorted(value)
    try:
        return ipaddress.ip_address(value) if isinstance(value, str) else value
    except ValueError:
        return value


def parsed(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return None


def no_answer(reason: Any, timeout: float) -> str:
    return f"no answer within {timeout:g} s" if isinstance(reason, TimeoutError) else f"no answer ({reason or type(reason).__name__})"


def told(status: int | None, answer: Any) -> str:
    """Status, and Cloudflare's codes and messages."""
    errors = answer.get("errors") if isinstance(answer, dict) else None
    if not isinstance(answer, dict):
        return f"HTTP {status} with something other than Cloudflare's JSON"
    return f"HTTP {status}, " + ("; ".join(f"{error.get('code')} {error.get('message')}" for error in errors or []) or "without a reason")


def hint(status: int | None, method: str, path: str) -> str:
    """What would help, beginning with a full stop."""
    if status == 401:
        return ". The token is not known: check api_token, and that it has not expired"
    if status == 403:
        right = "Read" if method == "GET" else "Write"
        if path.startswith("/accounts/"):
            need = f"Account Settings {right} in this account"
        elif "/secondary_dns/" in path:
            need = f"DNS {right} for this zone"
        else:
            need = f"Zone {right} for all zones of this account"
        return f". The token needs the permission {need}; and secondary DNS is part of Cloudflare's Enterprise plan"
    if status == 404 and path.startswith("/accounts/"):
        return ". Check account_id"
    if status == 429:
        return ". Cloudflare takes 1,200 calls in five minutes from one user; run again later"
    return ""


def retry_after(headers: Any, default: float) -> float:
    """Seconds to wait: Retry-After as a number or a date (RFC 9110, section 10.2.3)."""
    text = (headers.get("Retry-After") or "").strip() if headers else ""
    if re.fullmatch(r"[0-9]+", text):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
        return max((moment - datetime.now(timezone.utc)).total_seconds(), 0.0)
    except (TypeError, ValueError, IndexError):
        return default


# -- what is there, and what has to change ----------------------------------------------------------------------------


@dataclass
class ZoneState:
    """One zone of the call, as it is at Cloudflare and as this run left it."""

    name: str
    wanted: Zone
    zone: dict[str, Any] | None = None
    incoming: dict[str, Any] | None = None
    changed: bool = False
    forced: bool = False

    @property
    def path(self) -> str:
        return f"/zones/{self.zone['id']}"

    @property
    def serial(self) -> int | None:
        serial = (self.incoming or {}).get("soa_serial")
        return None if serial is None else int(serial)

    @property
    def missing(self) -> str | None:
        """What is not yet as wanted about the copy at Cloudflare."""
        if self.serial is None:
            return "no serial, Cloudflare has not transferred it"
        if self.wanted.serial is not None and distance(self.serial, self.wanted.serial) < 0:
            return f"serial {self.serial}, expected {self.wanted.serial}"
        return None

    def told(self) -> dict[str, Any]:
        zone = self.zone or {}
        return {
            "name": self.name,
            "id": zone.get("id"),
            "name_servers": zone.get("name_servers") or [],
            "status": zone.get("status"),
            "serial": self.serial,
            "changed": self.changed,
            "forced": self.forced,
        }


class Account:
    """Brings an account to what is wanted, or with ``check`` finds out what that would change.

    Objects are found again by name: TSIGs by the key's, peers by the primary's name and address, ACLs by their network.
    All others are left alone. ``before`` and ``after`` hold what changes, without secrets.
    """

    def __init__(self, api: Api, account_id: str, wanted: Wanted, check: bool):
        self.api = api
        self.account_id = account_id
        self.path = f"/accounts/{account_id}/secondary_dns"
        self.wanted = wanted
        self.check = check
        self.states = {zone.name: ZoneState(zone.name, zone) for zone in wanted.zones}
        self.tsigs: list[dict[str, Any]] = []
        self.peers: list[dict[str, Any]] = []
        self.acls: list[dict[str, Any]] = []
        self.before: dict[str, dict[str, Any]] = {}
        self.after: dict[str, dict[str, Any]] = {}
        self.warnings: list[str] = []

    @property
    def changed(self) -> bool:
        return bool(self.before)

    def _change(self, kind: str, name: str, before: Any, after: Any) -> bool:
        """Remember a change for the difference; whether it is to be made."""
        self.before.setdefault(kind, {})[name] = before
        self.after.setdefault(kind, {})[name] = after
        return not self.check

    # -- reading, which is over before anything is written

    def _list(self, kind: str) -> list[dict[str, Any]]:
        return self.api.list(f"{self.path}/{kind}")

    def _key_of(self, peer: Mapping[str, Any]) -> str | None:
        """The name of the peer's key, for the difference; the id of its TSIG where TSIGs were not listed."""
        identity = peer.get("tsig_id") or None
        return next((canonical(entry["name"]) for entry in self.tsigs if entry["id"] == identity), identity)

    def _read_zones(self) -> None:
        """Find the zones by name or in the account's list, whichever takes fewer calls."""
        missing = set(self.states)
        if len(missing) > 1:
            for entries, left in self.api.pages("/zones", {"account.id": self.account_id, "per_page": ZONES_PER_PAGE}):
                for entry in entries:
                    name = canonical(entry["name"])
                    if name in missing:
                        self.states[name].zone = entry
                        missing.discard(name)
                if not left:
                    missing.clear()
                if left >= len(missing):
                    break
        for name in sorted(missing):
            self.states[name].zone = self._zone_by_name(name)
        for state in self.states.values():
            kind = state.zone["type"] if state.zone else "secondary"
            if kind != "secondary":
                raise CloudflareError(
                    f"{state.name} is a zone of the type {kind} in this account; this module neither converts nor removes such a zone."
                    " Remove it there first if it is to become a secondary zone, or leave it out of zones"
                )

    def _zone_by_name(self, name: str) -> dict[str, Any] | None:
        found = self.api.list("/zones", {"account.id": self.account_id, "name": name, "per_page": ZONES_PER_PAGE})
        return next((entry for entry in found if canonical(entry["name"]) == name), None)

    # -- state=present

    def bring(self) -> None:
        """TSIGs, peers, ACLs, zones, where these transfer from, and a transfer where that changed."""
        if self.wanted.keys:
            self.tsigs = self._list("tsigs")
        if self.wanted.primaries:
            self.peers = self._list("peers")
        if self.wanted.networks:
            self.acls = self._list("acls")
        self._read_zones()
        for state in self.states.values():
            if state.zone:
                state.incoming = self.api.get(f"{state.path}/secondary_dns/incoming")
        tsig_ids, new_keys = self._bring_keys()
        peer_ids, new_peers = self._bring_peers(tsig_ids, new_keys)
        self._bring_acls()
        for state in self.states.values():
            self._bring_zone(state, peer_ids, new_peers)

    def _bring_keys(self) -> tuple[dict[str, str], set[str]]:
        """{key's name: id of its TSIG}, and the names of those that changed."""
        path = f"{self.path}/tsigs"
        ids, changed = {}, set()
        for key in self.wanted.keys:
            found = only(self.tsigs, key.name, "TSIGs")
            ids[key.name] = found["id"] if found else f"(new) {key.name}"
            if found and key.is_as(found):
                continue
            changed.add(key.name)
            after = {"algorithm": key.algorithm, "secret": "as declared"}
            if self._change("keys", key.name, found and told_tsig(found, key), after):
                if found:
                    self.api.replace(f"{path}/{found['id']}", key.body())
                else:
                    made = self.api.create(path, key.body(), lambda name=key.name: only(self._list("tsigs"), name, "TSIGs"))
                    ids[key.name] = made["id"]
        return ids, changed

    def _bring_peers(self, tsig_ids: Mapping[str, str], new_keys: set[str]) -> tuple[dict[str, str], set[str]]:
        """{primary's name: id of its peer}, and the names of those that changed, or whose key did."""
        path = f"{self.path}/peers"
        ids, changed = {}, set()
        for primary in self.wanted.primaries:
            name = primary.peer_name
            found = only(self.peers, name, "peers")
            body = primary.body(tsig_ids[primary.key] if primary.key else None)
            ids[primary.name] = found["id"] if found else f"(new) {name}"
            if primary.key in new_keys:
                changed.add(primary.name)
            if found and is_peer(found, body):
                continue
            changed.add(primary.name)
            before = found and told_peer(found, self._key_of(found))
            if self._change("peers", name, before, told_peer(body, primary.key)):
                if not found:  # POST takes nothing but the name
                    found = self.api.create(path, {"name": name}, lambda name=name: only(self._list("peers"), name, "peers"))
                    ids[primary.name] = found["id"]
                if not is_peer(self.api.replace(f"{path}/{found['id']}", body), body):
                    raise CloudflareError(f"PUT {path}/{found['id']}: Cloudflare took it, but the peer {name!r} is not as it was sent")
        return ids, changed

    def _bring_acls(self) -> None:
        path = f"{self.path}/acls"
        there = {entry["ip_range"] for entry in self.acls}
        for network in self.wanted.networks:
            if network in there:  # whoever made it: an ACL is for the whole account
                continue
            body = {"name": acl_name(network), "ip_range": network}
            found = only(self.acls, body["name"], "ACLs")
            if self._change("notify_from", network, found and found["ip_range"], network):
                if found:
                    self.api.replace(f"{path}/{found['id']}", body)
                else:
                    self.api.create(path, body, lambda name=body["name"]: only(self._list("acls"), name, "ACLs"))

    def _bring_zone(self, state: ZoneState, peer_ids: Mapping[str, str], new_peers: set[str]) -> None:
        ids = [peer_ids[name] for name in state.wanted.primaries]
        there = state.incoming or {}
        other_source = sorted(there.get("peers") or []) != sorted(ids) or not state.incoming
        if other_source or there.get("auto_refresh_seconds") != self.wanted.refresh:
            state.changed = True
            before = state.zone and self._told_zone(there, peer_ids)
            after = self._told_zone(incoming_body(state.name, ids, self.wanted.refresh), peer_ids)
            if self._change("zones", state.name, before, after):
                self._write_zone(state, ids)
        other_source = other_source or bool(new_peers.intersection(state.wanted.primaries))
        state.changed = state.changed or other_source
        # A zone that was refused or found a closed port last time would otherwise wait for its next refresh.
        state.forced = other_source or state.serial is None
        if state.forced and not self.check and not self.api.ask(f"{state.path}/secondary_dns/force_axfr"):
            self.warnings.append(
                f"{state.name}: no answer came when Cloudflare was asked for a transfer, so whether it heard is not known."
                f" It looks by itself every {self.wanted.refresh} s"
            )

    def _write_zone(self, state: ZoneState, peer_ids: list[str]) -> None:
        if not state.zone:
            body = {"name": state.name, "account": {"id": self.account_id}, "type": "secondary"}
            state.zone = self.api.create("/zones", body, lambda: self._zone_by_name(state.name))
        path = f"{state.path}/secondary_dns/incoming"
        body = incoming_body(state.name, peer_ids, self.wanted.refresh)
        if state.incoming:
            state.incoming = dict(state.incoming, **self.api.replace(path, body))
        else:
            state.incoming = self.api.create(path, body, lambda: self.api.get(path))

    def _told_zone(self, incoming: Mapping[str, Any], peer_ids: Mapping[str, str]) -> dict[str, Any]:
        names = {entry["id"]: entry["name"] for entry in self.peers}
        names.update((peer_ids[primary.name], primary.peer_name) for primary in self.wanted.primaries)
        return {
            "type": "secondary",
            "peers": sorted(names.get(peer, peer) for peer in incoming.get("peers") or []),
            "refresh": incoming.get("auto_refresh_seconds"),
        }

    def wait(self, seconds: float) -> tuple[float, list[ZoneState]]:
        """Look at the serials until all are there, for at most this long; how long it took, and what is still missing."""
        started = time.monotonic()
        interval = 0.25
        late = [state for state in self.states.values() if state.missing]
        while late:
            left = started + seconds - time.monotonic()
            if left <= 0:
                break
            time.sleep(min(interval, left))
            interval = min(2 * interval, LONGEST_INTERVAL)
            for state in late:
                state.incoming = self.api.get(f"{state.path}/secondary_dns/incoming") or state.incoming
            late = [state for state in late if state.missing]
        return round(time.monotonic() - started, 3), late

    # -- state=absent

    def remove(self) -> None:
        """The zones, then the peers, TSIGs and ACLs of these names that nothing else in the account uses."""
        if self.wanted.key_names:
            self.tsigs = self._list("tsigs")
        if self.wanted.primaries or self.tsigs:
            self.peers = self._list("peers")
        if self.wanted.networks:
            self.acls = self._list("acls")
        self._read_zones()
        for state in self.states.values():
            if state.zone:
                state.changed = True
                if self._change("zones", state.name, {"type": "secondary"}, None):
                    self.api.remove(f"{state.path}/secondary_dns/incoming")
                    self.api.remove(state.path)
        names = {primary.peer_name for primary in self.wanted.primaries}
        networks = {acl_name(network) for network in self.wanted.networks}
        peers = [entry for entry in self.peers if entry["name"] in names]
        acls = [entry for entry in self.acls if entry["name"] in networks]
        others = self._other_zones() if peers or acls else []
        used = self._used_by(others, {entry["id"] for entry in peers})
        gone = [entry for entry in peers if entry["id"] not in used]
        for entry in gone:
            if self._change("peers", entry["name"], told_peer(entry, self._key_of(entry)), None):
                self.api.remove(f"{self.path}/peers/{entry['id']}")
        keys_in_use = {entry.get("tsig_id") for entry in self.peers if entry not in gone}
        for entry in self.tsigs:
            name = canonical(entry["name"])
            unused = name in self.wanted.key_names and entry["id"] not in keys_in_use
            if unused and self._change("keys", name, {"algorithm": canonical(entry["algo"])}, None):
                self.api.remove(f"{self.path}/tsigs/{entry['id']}")
        last = not any(zone["type"] == "secondary" for zone in others)
        for entry in acls:
            if last and self._change("notify_from", entry["ip_range"], entry["ip_range"], None):
                self.api.remove(f"{self.path}/acls/{entry['id']}")

    def _other_zones(self) -> list[dict[str, Any]]:
        """The account's zones that this call is not about, those first that are likely to use a primary."""
        zones = self.api.list("/zones", {"account.id": self.account_id, "per_page": ZONES_PER_PAGE})
        return sorted((zone for zone in zones if canonical(zone["name"]) not in self.states), key=lambda zone: zone["type"] != "secondary")

    def _used_by(self, zones: list[dict[str, Any]], peers: set[str]) -> set[str]:
        """Which of these peers the zones transfer from or to. The API tells it zone by zone; in doubt all are in use."""
        used: set[str] = set()
        for number, zone in enumerate(zones):
            if peers <= used:
                break
            if number == USERS_LOOKED_AT:
                self.warnings.append(f"peers and keys are left at Cloudflare: they may be in use, the account has {len(zones)} other zones")
                return peers
            direction = "incoming" if zone["type"] == "secondary" else "outgoing"
            try:
                used.update((self.api.get(f"/zones/{zone['id']}/secondary_dns/{direction}") or {}).get("peers") or [])
            except ApiError as error:
                self.warnings.append(f"peers and keys are left at Cloudflare: whether {zone['name']} uses them is not known. {error}")
                return peers
        return used & peers


def only(entries: Iterable[dict[str, Any]], name: str, kind: str) -> dict[str, Any] | None:
    """The entry of this name; names of keys in any spelling."""
    form = canonical if kind == "TSIGs" else str
    found = [entry for entry in entries if form(entry["name"]) == name]
    if len(found) > 1:
        raise CloudflareError(f"the account has {len(found)} {kind} with the name {name!r}; remove those that are not in use")
    return found[0] if found else None


def is_peer(found: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    """Whether the peer is as this body says; one without tsig_id wants none."""
    return not kept_back(dict(found, tsig_id=found.get("tsig_id") or None), dict({"tsig_id": None}, **body))


def told_peer(peer: Mapping[str, Any], key: str | None) -> dict[str, Any]:
    return {"address": peer.get("ip"), "port": peer.get("port"), "key": key, "ixfr": bool(peer.get("ixfr_enable"))}


def told_tsig(tsig: Mapping[str, Any], key: Key) -> dict[str, Any]:
    same = decoded(tsig["secret"]) == decoded(key.secret)
    return {"algorithm": canonical(tsig["algo"]), "secret": "as declared" if same else "another one"}


def incoming_body(zone: str, peer_ids: list[str], refresh: int) -> dict[str, Any]:
    return {"name": f"{zone}.", "peers": peer_ids, "auto_refresh_seconds": refresh}


def acl_name(network: str) -> str:
    return f"notify from {network}"
