# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the system's own resolver answers, and whom it asks. Reads the system's files and asks; never changes anything."""

from __future__ import annotations

import ipaddress
import json
import os
import re
import subprocess
import sys
import time
from typing import Any, NamedTuple

from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns
from ansible_collections.authoritative.dns.plugins.module_utils.resolution.resolv_conf import (
    GLIBC_MAXIMUM_SERVERS,
    RESOLV_CONF,
    RESOLVED_STUBS,
    parse_resolv_conf,
)
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import Mistake

NSSWITCH_CONF = "/etc/nsswitch.conf"
RESOLVED_SOCKET = "/run/systemd/resolve/io.systemd.Resolve"
NSCD_SOCKETS = ("/run/nscd/socket", "/var/run/nscd/socket")

# Runs in a Python of its own, so that nothing is kept from an earlier lookup and a lookup that hangs can be ended.
# __nss_configure_lookup with the sources that are configured anyway makes glibc look without nscd and its cache.
GLIBC_LOOKUP = r"""
import ctypes, json, socket, sys, time
task = json.load(sys.stdin)
libc = ctypes.CDLL(None)
if task["sources"]:
    libc.__nss_configure_lookup(b"hosts", task["sources"].encode())
found = {"answers": [], "error": None, "wire": None}
family = {"A": socket.AF_INET, "AAAA": socket.AF_INET6}.get(task["type"])
started = time.monotonic()
if family:
    try:
        infos = socket.getaddrinfo(task["name"], None, family, socket.SOCK_STREAM)
        found["answers"] = [info[4][0] for info in infos]
    except socket.gaierror as error:
        found["error"] = [error.errno, error.strerror]
    found["elapsed"] = time.monotonic() - started
else:
    try:
        res_query = libc.res_query
    except AttributeError:
        library = ctypes.CDLL("libresolv.so.2")
        res_query = getattr(library, "res_query", None) or library.__res_query
    libc.__h_errno_location.restype = ctypes.POINTER(ctypes.c_int)
    buffer = ctypes.create_string_buffer(65535)
    started = time.monotonic()
    size = res_query(task["name"].encode(), 1, task["number"], buffer, len(buffer))
    found["elapsed"] = time.monotonic() - started
    if size < 0:
        found["h_errno"] = libc.__h_errno_location()[0]
    else:
        found["wire"] = buffer.raw[:size].hex()
json.dump(found, sys.stdout)
"""
# getaddrinfo(3) and h_errno of <netdb.h>, as glibc numbers them
EAI_STATES = {-2: "not_found", -5: "no_data", -3: "failed", -4: "failed"}
H_ERRNO_STATES = {1: "not_found", 2: "failed", 3: "failed", 4: "no_data"}


class SystemResolver(NamedTuple):
    """method: glibc or systemd_resolved. resolvers: addresses in the order in which the system asks them."""

    method: str
    resolvers: list[str]
    source: str
    rotate: bool = False


class Lookup(NamedTuple):
    """state: answered, not_found, no_data, failed or timeout; elapsed in seconds."""

    state: str
    answers: list[str]
    elapsed: float
    detail: str = ""


def read_resolv_conf(text: str) -> tuple[list[str], bool]:
    """Addresses in order, as resolv.conf(5) says, and whether they are asked in turn (``rotate``)."""
    found = parse_resolv_conf(text)
    return found["servers"][:GLIBC_MAXIMUM_SERVERS] or ["127.0.0.1"], "rotate" in found["options"]


def configured_resolvers() -> list[str]:
    """Addresses in the host's resolv.conf, in order."""
    return read_resolv_conf(_read(RESOLV_CONF))[0]


def read_hosts_sources(text: str) -> str:
    """The sources of host names in nsswitch.conf(5); glibc's own default when there are none."""
    for line in text.splitlines():
        database, colon, sources = line.split("#")[0].partition(":")
        if colon and database.strip() == "hosts":
            return sources.strip()
    return "files dns"


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def find_system_resolver(method: str) -> SystemResolver:
    """How this host resolves. ``method``: auto, glibc or systemd_resolved."""
    configured, rotate = read_resolv_conf(_read(RESOLV_CONF))
    sources = read_hosts_sources(_read(NSSWITCH_CONF)).split()
    uses_resolved = os.path.exists(RESOLVED_SOCKET) and (
        "resolve" in sources or all(address in RESOLVED_STUBS for address in configured)
    )
    if method == "systemd_resolved" or (method == "auto" and uses_resolved):
        resolvers = read_resolved_servers(_settings("dns"))
        return SystemResolver("systemd_resolved", resolvers, "systemd_resolved")
    return SystemResolver("glibc", configured, "resolv_conf", rotate)


def _run(command: list[str], timeout: float, text: str = "") -> subprocess.CompletedProcess:
    """Run a program. Raises subprocess.TimeoutExpired, which run_command of Ansible's modules cannot."""
    return subprocess.run(  # pylint: disable=ansible-bad-function
        command, input=text, capture_output=True, text=True, timeout=timeout, check=False, env=dict(os.environ, LC_ALL="C.UTF-8")
    )


def _resolvectl(*arguments: str, timeout: float = 10.0) -> subprocess.CompletedProcess:
    try:
        return _run(["resolvectl", "--no-pager", *arguments], timeout)
    except FileNotFoundError:
        raise Mistake("method: systemd_resolved needs the program resolvectl, which this host does not have") from None


def _settings(command: str) -> str:
    """What resolvectl prints about its settings; nothing when systemd-resolved does not answer."""
    try:
        return _resolvectl(command).stdout
    except subprocess.TimeoutExpired:
        return ""


def read_resolved_servers(text: str) -> list[str]:
    """Addresses in the output of ``resolvectl dns``, in order: ``Link 2 (eth0): 192.0.2.1 2001:db8::1#name``."""
    found: list[str] = []
    for line in text.splitlines():
        _link, _colon, servers = line.partition(": ")
        for word in servers.split():
            address = plain_address(word)
            if address and address not in found:
                found.append(address)
    return found


def read_current_server(text: str) -> str | None:
    """The address in the line ``Current DNS Server:`` of ``resolvectl status``, when all such lines agree."""
    found = {plain_address(word) for word in re.findall(r"Current DNS Server:\s*(\S+)", text)}
    return found.pop() if len(found) == 1 else None


def plain_address(word: str) -> str | None:
    """The address in systemd's ``ADDRESS:PORT%INTERFACE#NAME`` (IPv6 with a port in brackets)."""
    word = word.split("#")[0].split("%")[0]
    bracketed = re.match(r"^\[(.+)\](?::\d+)?$", word)
    if bracketed:
        word = bracketed.group(1)
    elif word.count(":") == 1:
        word = word.split(":")[0]
    try:
        return str(ipaddress.ip_address(word))
    except ValueError:
        return None


def look_up(system: SystemResolver, name: str, rdtype: str, timeout: float) -> Lookup:
    """Ask the system's resolver as programs do, past its caches. ``timeout`` in seconds."""
    if system.method == "systemd_resolved":
        return _ask_resolved(name, rdtype, timeout)
    return _ask_glibc(name, rdtype, timeout)


def _ask_glibc(name: str, rdtype: str, timeout: float) -> Lookup:
    # only a running nscd needs to be gone around; without one, glibc keeps nothing
    sources = read_hosts_sources(_read(NSSWITCH_CONF)) if any(map(os.path.exists, NSCD_SOCKETS)) else ""
    task = {"name": name, "type": rdtype, "number": int(dns.rdatatype.from_text(rdtype)), "sources": sources}
    started = time.monotonic()
    try:
        process = _run([sys.executable, "-I", "-S", "-c", GLIBC_LOOKUP], timeout, json.dumps(task))
        found = json.loads(process.stdout)
    except subprocess.TimeoutExpired:
        return Lookup("timeout", [], time.monotonic() - started, f"no answer within {timeout:g} s")
    except ValueError:
        last = process.stderr.strip().splitlines()[-1:]
        return Lookup("failed", [], time.monotonic() - started, "the lookup broke off: " + "".join(last))
    return _read_glibc(found)


def _read_glibc(found: dict[str, Any]) -> Lookup:
    elapsed = found["elapsed"]
    if found["error"]:
        number, text = found["error"]
        return Lookup(EAI_STATES.get(number, "failed"), [], elapsed, text)
    if found.get("h_errno") is not None:
        state = H_ERRNO_STATES.get(found["h_errno"], "failed")
        return Lookup(state, [], elapsed, "" if state != "failed" else "no resolver gave an answer")
    if not found["wire"]:
        return Lookup("answered", sorted(set(found["answers"])), elapsed)
    try:
        message = dns.message.from_wire(bytes.fromhex(found["wire"]), ignore_trailing=True)
    except Exception as error:  # dnspython lets IndexError, struct.error and others through on hostile input
        return Lookup("failed", [], elapsed, f"unreadable answer ({type(error).__name__})")
    answers = answers_in(message, message.question[0].rdtype if message.question else None)
    return Lookup("answered" if answers else "no_data", answers, elapsed)


def normal_data(rdtype: str, text: str) -> str:
    """Record data in dnspython's own words, so that it can be compared: resolvectl leaves the last dot of names out.

    Raises dns.exception.DNSException and ValueError when it is not data of this type.
    """
    wire = dns.rdata.from_text("IN", rdtype, text, origin=dns.name.root, relativize=False).to_wire()
    # there and back: older versions of dnspython keep an address as it was written
    return dns.rdata.from_wire(dns.rdataclass.IN, dns.rdatatype.from_text(rdtype), wire, 0, len(wire)).to_text()


def answers_in(message: Any, rdtype: Any) -> list[str]:
    """The records of the type asked for, as text and sorted; an alias on the way is left out."""
    return sorted({rdata.to_text() for rrset in message.answer if rrset.rdtype == rdtype for rdata in rrset})


def _ask_resolved(name: str, rdtype: str, timeout: float) -> Lookup:
    started = time.monotonic()
    try:
        process = _resolvectl("--cache=no", f"--type={rdtype}", "query", name, timeout=timeout)
    except subprocess.TimeoutExpired:
        return Lookup("timeout", [], time.monotonic() - started, f"no answer within {timeout:g} s")
    return read_resolved_answer(process.stdout, process.stderr, rdtype, time.monotonic() - started)


def read_resolved_answer(output: str, error: str, rdtype: str, elapsed: float) -> Lookup:
    """The output of ``resolvectl --type=TYPE query NAME``: ``NAME IN TYPE RDATA    -- link: eth0``."""
    answers = set()
    for line in output.splitlines():
        words = line.split("  -- ")[0].split(None, 3)
        if len(words) == 4 and words[1] == "IN" and words[2] == rdtype:
            try:
                answers.add(normal_data(rdtype, words[3].strip()))
            except (dns.exception.DNSException, ValueError):
                answers.add(words[3].strip())
    if answers:
        return Lookup("answered", sorted(answers), elapsed)
    detail = " ".join(error.split())
    if "not found" in detail:
        return Lookup("not_found", [], elapsed, detail)
    if "does not have any RR of the requested type" in detail or "No appropriate" in detail:
        return Lookup("no_data", [], elapsed, detail)
    return Lookup("failed", [], elapsed, detail or "resolvectl gave no answer")


def current_server() -> str | None:
    """The server that systemd-resolved uses at this moment."""
    return read_current_server(_settings("status"))
