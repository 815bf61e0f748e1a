# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloudflare's API, one call at a time: https://developers.cloudflare.com/fundamentals/api/."""

from __future__ import annotations

import ipaddress
import json
import re
import socket
import ssl
import time
import urllib.error
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode

from ansible.module_utils.urls import ConnectionError as AnsibleConnectionError
from ansible.module_utils.urls import open_url

READ_TRIES = 3  # how often a GET is sent when the answer is lost or 5xx
RATE_TRIES = 5  # how often a call is sent when the answer is 429


class CloudflareError(Exception):
    """What the user is told when something cannot be done; never with a secret in it."""


class ApiError(CloudflareError):
    """A call that was not done. ``status`` is the HTTP status, None when there was no answer."""

    def __init__(self, text: str, status: int | None = None):
        super().__init__(text)
        self.status = status


class UnknownFate(ApiError):
    """A call that writes and may or may not have been done: no answer came, or a 5xx."""


class Api:
    """Speaks HTTP with Cloudflare, and counts all requests (``calls``) and those that wrote or may have (``writes``).

    A GET is sent again when its answer is lost or 5xx. A call that writes is sent once: whoever gets UnknownFate looks
    whether it was done. HTTP 429 says that nothing was done; such a call waits as Retry-After asks, if that is not
    longer than ``retry_limit`` seconds, and is sent again. ``timeout`` (seconds) is for one request.
    The list of TSIGs carries their secrets; no message repeats one that was seen, be it Cloudflare's own.
    """

    def __init__(self, url: str, token: str, timeout: float, retry_limit: float):
        self.url = url.rstrip("/")
        self.token = token
        self.timeout = timeout
        self.retry_limit = retry_limit
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

    def _call(self, method: str, path: str, query: Mapping[str, Any] | None = None, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The envelope of an answer that says success. Raises ApiError for all others, UnknownFate where it applies."""
        what = f"{method} {path}"
        tries = 0
        while True:
            tries += 1
            status, headers, answer, trouble = self._request(method, path, query, body)
            if status == 429 and tries < RATE_TRIES:
                pause = retry_after(headers, default=min(2.0**tries, self.retry_limit))
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
            return error.code, error.headers, parsed(body_of(error)), ""
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


def body_of(error: urllib.error.HTTPError) -> bytes:
    try:
        with error:
            return error.read()
    except (OSError, HTTPException):  # the status says enough
        return b""


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
