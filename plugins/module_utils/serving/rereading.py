# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the manifest of a generation said, from the files that are beside it.

Each zone's file tells its zone, its serial and, by the digest of its content, whether it is what is declared; the configuration tells the
zones that are transferred and the generations of keys. What nothing but the manifest knew is gone: the serials of zones that were removed.
"""

from __future__ import annotations

import collections
import os
import re
import stat

from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.common.zone_files import digest, zone_file_name
from ansible_collections.authoritative.dns.plugins.module_utils.common.zone_names import view_of, zone_name
from ansible_collections.authoritative.dns.plugins.module_utils.serving import blocks

_HEAD = re.compile(r"; ([^\n]*): managed by authoritative\.dns; [^\n]*\n\$ORIGIN (\S+)\n@ (\d+) IN SOA ([^\n]+)\n")
_SOA = re.compile(r"(\S+ \S+) (\d+) (\d+ \d+ \d+ \d+)")
_OPAQUE_SOA = re.compile(r"\\# \d+ [0-9a-f]*([0-9a-f]{8})[0-9a-f]{32}")  # as RFC 3597 writes it, where NSD would read a number wrongly
_ITS_FILE = re.compile(r'/current/zones/([^"\s]+)"')
_GENERATION_OF_A_KEY = re.compile(r"\._g(\d+)\b")


def reread(generation, zones, kept=()):
    """Enter what is in a generation's directory into it. zones: the directory of the zone files in it. kept: names of those whose serial is declared.

    Raises Refused for a zone's file that is not there, or not whole.
    """
    config = {}
    for name in sorted(os.listdir(generation.path)):
        if not name.startswith("manifest.json") and _is_file(os.path.join(generation.path, name)):
            generation.enter(name, None)
            config[name] = generation.read(name)
    for name in sorted(os.listdir(os.path.join(generation.path, zones))):
        path = os.path.join(zones, name)
        facts = facts_of(generation.read(path), os.path.join(generation.path, path))
        if path in kept:  # then it is a part of the content
            facts["digest"] = f"{facts['digest']}-{facts['serial']}"
        generation.enter(path, facts)
    transferred = {}
    for text in config.values():
        for (kind, zone), block in blocks.split(text)[1].items():
            own = _ITS_FILE.search(block)
            if own and os.path.join(zones, own.group(1)) not in generation.files:
                raise Refused(_not_whole(os.path.join(generation.path, zones, own.group(1)), "is not there"))
            if kind == "zone" and not own:
                transferred[zone] = zone_file_name(zone)
    generation.notes = {"secondary": transferred, "tsig_generations": generations_of_keys(config.values())}


def facts_of(text, path):
    """What the manifest said of a zone's file with this text. Raises Refused."""
    head = _HEAD.match(text or "")
    if not head or not text.endswith("\n") or "\0" in text:
        raise Refused(_not_whole(path, "is not whole"))
    name, origin, ttl, data = head.groups()
    soa, opaque = _SOA.fullmatch(data), _OPAQUE_SOA.fullmatch(data)
    if soa:
        names, serial, times = soa.groups()
        serial, content = int(serial), digest(f"@ {ttl} SOA {names} 0 {times}", text[head.end() :])
    elif opaque:
        serial, content = int(opaque.group(1), 16), None
    else:
        raise Refused(_not_whole(path, "has no SOA record that can be read"))
    return {"zone": zone_name(origin.rstrip(".") or ".", view_of(name)), "digest": content, "serial": serial, "issued": serial}


def generations_of_keys(texts):
    """Those of derived keys in configuration files, the one that is used first: where others are only accepted, it is also named to ask and to tell with."""
    named = collections.Counter(int(number) for text in texts for number in _GENERATION_OF_A_KEY.findall(text))
    return sorted(named, key=lambda number: (-named[number], number))


def _is_file(path):
    return stat.S_ISREG(os.lstat(path).st_mode)


def _not_whole(path, wrong):
    return (
        f"{path} {wrong}, so it cannot be told what this host was given; put it back from a backup, or, while the server still serves its zone, remove "
        "the link current: the next run then writes everything anew, from the serials that the server gives"
    )
