# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The apex NS records of copies that are in no file, as with NSD until it writes one, or with BIND where none is configured: from the server's answers."""

from __future__ import annotations

import struct

from ansible_collections.authoritative.dns.plugins.module_utils.reading import raw_file
from ansible_collections.authoritative.dns.plugins.module_utils.serving import served_serials
from ansible_collections.authoritative.dns.plugins.module_utils.wire import message

_NS, _IN = 2, 1


def completed(contents, zones, address, port):
    """contents, see L(content.contents), with the NS records of transferred zones that have no text there and are served. zones: see L(Bind.facts)."""
    asked = [zone["name"] for zone in zones if zone["type"] in ("secondary", "slave") and not zone["view"] and zone["serial"] is not None]
    asked = [zone for zone in asked if "text" not in contents.get(zone, ())]
    answers = served_serials.messages(address, asked, _NS, served_serials.seconds_to_ask(asked), port) if asked else {}
    texts = {zone: "".join(f"{zone.rstrip('.')}. {ttl} IN NS {name}\n" for ttl, name in _records(answer)) for zone, answer in answers.items()}
    return {**contents, **{zone: {"text": text, "as_it_is": False} for zone, text in texts.items() if text}}


def _records(answer):
    """(TTL, name) of each NS record in an answer's first section; none in one that cannot be read."""
    try:
        count = message.HEADER.unpack_from(answer)[3]
        at, found = message.skip_name(answer, message.HEADER.size) + 4, []
        for _number in range(count):
            start = message.skip_name(answer, at)
            rdtype, rdclass, ttl, length = message.RECORD.unpack_from(answer, start)
            data = start + message.RECORD.size
            if (rdtype, rdclass) == (_NS, _IN):
                found.append((ttl, raw_file.name_text(message.read_name(answer, data)[0], 0)[0]))
            at = data + length
        return found
    except (struct.error, IndexError, message.MalformedMessage):
        return []
