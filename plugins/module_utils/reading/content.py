# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The content of zones from their files: the text as it is where it needs nothing, else what the program's own tool makes of it."""

from __future__ import annotations

import contextlib
import os
import re

from ansible_collections.authoritative.dns.plugins.module_utils.common.zone_names import domain_of
from ansible_collections.authoritative.dns.plugins.module_utils.reading import raw_file
from ansible_collections.authoritative.dns.plugins.module_utils.serving import processes

_INCLUDE = re.compile(rb"\$INCLUDE", re.IGNORECASE)  # wherever: what is one to some reader need not begin a line
_INCLUDED = re.compile(rb'^[^;"\n]*\$INCLUDE[ \t]+"?([^";\s)]+)', re.IGNORECASE | re.MULTILINE)
_BEGINNING = 65536  # octets, where a raw file has the apex
_RAW = (b"\0\0\0\2", b"\0\0\0\3")  # how a file of BIND begins that is raw, or a map


def contents(paths, user, command, copies=(), directory=None):
    """By zone C({"text": …, "as_it_is": …}), or C({"wrong": why there is none}), with C("included"), the relative paths that it includes, if there are any.

    paths: {zone: its file}. user: whose rights the server has, since what it may write could be a link to what it may not read; None for one's
    own. command: given a zone, its file and whether that is raw, the command that writes it as text, None if the program for it is not installed.
    copies: {zone: its serial} of zones of which the apex is enough, and is told where their raw files have that serial. directory: the server's own, in
    which the command works too, where relative paths begin that files include; None where they begin elsewhere.
    """
    found = processes.call_as(user, _read_all, paths, dict(copies), directory, seconds=processes.CHECK_LIMIT)
    for zone, result in found.items():
        if "raw" in result:
            raw = result.pop("raw")
            result.update(_compiled(paths[zone], user, command(zone, paths[zone], raw), directory or "/"))
    return found


def _read_all(paths, copies, directory):
    return {zone: zone in copies and _apex(path, domain_of(zone), copies[zone]) or _read(path, directory) for zone, path in paths.items()}


def _apex(path, zone, serial):
    """The SOA and NS records at the apex in a raw file, None if it does not have them at its beginning, or another serial, as where a journal goes on."""
    try:
        with open(path, "rb") as stream:
            found = list(raw_file.records(stream.read(_BEGINNING)))
    except (OSError, raw_file.NotRaw):
        return None
    apex = [record for record in found if record.owner == zone.rstrip(".") + "." and record.text]
    soa = [record for record in apex if record.type == "SOA" and record.text.split()[2] == str(serial)]
    servers = [record for record in apex if record.type == "NS"]
    lines = [f"{record.owner} {record.ttl} IN {record.type} {record.text}\n" for record in (*soa[:1], *servers)]
    return {"text": "".join(lines), "as_it_is": False} if soa and servers else None


def _read(path, directory):
    try:
        with open(path, "rb") as stream:
            data = stream.read()
    except OSError as error:
        return {"wrong": f"{path} cannot be read ({error.strerror})"}
    raw = data[:4] in _RAW
    if not raw and not os.path.exists(path + ".jnl") and not _INCLUDE.search(data):
        try:
            return {"text": data.decode("utf-8"), "as_it_is": True}
        except UnicodeDecodeError:
            pass  # comments in another encoding, which servers do not mind
    included = _included(data, directory, {path}) if directory and not raw else []
    return {"raw": raw, **({"included": list(dict.fromkeys(included))} if included else {})}


def _included(data, directory, seen):
    """The relative paths in a file's directives, and in those of the files that it includes."""
    found = []
    for name in map(os.fsdecode, _INCLUDED.findall(data)):
        path = os.path.join(directory, name)
        found += [] if os.path.isabs(name) else [name]
        if path not in seen and os.path.isfile(path):
            seen.add(path)
            with contextlib.suppress(OSError), open(path, "rb") as stream:
                found += _included(stream.read(), directory, seen)
    return found


def _compiled(path, user, command, directory):
    if command is None:
        return {"wrong": f"{path} is no plain text, and the program that reads it is not installed"}
    code, out, err = processes.run(command, user, processes.CHECK_LIMIT, directory)
    if code:
        return {"wrong": f"{path} cannot be read: {'; '.join((err or out).splitlines()[:5])}"}
    return {"text": out, "as_it_is": False}
