# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stays a host's own, with the keys and lists that it names."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.common.hidden_secrets import without_secrets
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.model import DROPPED, KEPT, TAKEN, GatheredServer, Named

# What has passwords or PINs within a text of somebody else's syntax.
_OWN_SYNTAX = re.compile(r"^(dlz|dyndb|key-?store)\b", re.MULTILINE)
_SAYS_TTL = re.compile(r"\A(?:[ \t]*(?:;[^\n]*)?\r?\n|\$ORIGIN[^\n]*\n)*\$TTL\b", re.IGNORECASE)  # before the first record
_WORD = re.compile(r'"([^"]*)"|([^\s"{};!]+)')


def local_files(gathered: GatheredServer, rendered_keys: Container[str], said: Container[str] = ()) -> tuple[str, str, bool]:
    """(statements outside of options, statements inside, whether secrets are, or may be, in the former).

    rendered_keys: names of the keys that the collection writes for this host, which would be there twice; said: options of which this is
    true. Adds the fates of what has a name and of options.
    """
    options = []
    for item in gathered.local_options:
        fate, detail = (DROPPED, f"the collection says its own {item.name}") if item.name in said else (KEPT, "nameserver_local_options")
        gathered.end(item.label, fate, detail)
        options += [item.text] if fate == KEPT else []
    zones = [gathered.zone_texts[name] for name, zone in gathered.zones.items() if zone.kept]
    texts, secret = [*gathered.local_config, *zones], False
    used = _names_in([*texts, *options])
    added: list[Named] = []
    while more := [item for item in gathered.named if item.name in used and item not in added]:
        added += more
        used |= _names_in(item.text for item in more)
    lists = []
    for item in gathered.named:
        if item.is_key and item.name in rendered_keys:
            fate, detail = TAKEN, "dns_tsig_keys"
        elif item in added:
            fate, detail = KEPT, "nameserver_local_config"
            lists.append(item.text)
            secret = secret or item.is_key
        else:
            fate, detail = (DROPPED, "nothing that stays uses it") if item.is_key else (TAKEN, "what it lists is said where it was used")
        gathered.end(item.label, fate, detail)
    outside = "".join([*lists, *texts])
    return outside, "".join(options), secret or bool(_OWN_SYNTAX.search(outside)) or without_secrets(outside) != outside


def bound_by_includes(content: Mapping[str, Any], file: str, directory: str) -> str:
    """What is wrong with keeping a zone where the server will work in another directory; empty if nothing is. content: of its file, as facts have it."""
    included = ", ".join(content.get("included", ()))
    return included and f"{file} includes {included} below {directory}, where the server will not look any more; write whole paths there"


def content_of(content: Mapping[str, Any], default_ttl: bool) -> tuple[str | None, bool, str]:
    """Text, whether that is the server's own file, and what is wrong, of what facts have of a zone's content.

    default_ttl: whether a record without a TTL has 3600 s until $TTL says otherwise, as with Knot DNS and NSD before 4.10, and not that of the one before it.
    """
    text, as_it_is = content.get("text"), content.get("as_it_is", False)
    if as_it_is and default_ttl and not _SAYS_TTL.match(text):
        text, as_it_is = "$TTL 3600\n" + text.removeprefix("\ufeff"), False
    return text, as_it_is, content.get("wrong", "")


def _names_in(texts: Iterable[str]) -> set[str]:
    """Every word, each of which may be a name; what named knows by a name is called in lower case and without the final dot."""
    found = {quoted or plain for text in texts for quoted, plain in _WORD.findall(text)}
    return found | {name.rstrip(".").lower() for name in found}
