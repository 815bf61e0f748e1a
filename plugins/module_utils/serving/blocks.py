# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configuration files made of blocks, each under a comment that names it: C(// zone example.com) or C(// shared transfer-to-1f…).

The controller writes them (C(plugin_utils/software/common.py)); here they are taken apart, so that a run about some zones leaves the
blocks of all others as they are.
"""

from __future__ import annotations

import functools
import re

_HEADING = re.compile(r"\n(?://|#) (zone|shared) (\S+)(?=\n)")  # of "\n" and a text, in which it is where the block begins; found in a third of ^'s time
_COMMENTS = ("//", "#")
_BEGINNINGS = ("\n// zone ", "\n// shared ", "\n# zone ", "\n# shared ")
_FEW = 20  # zones, for each of which to look takes less time than to take a text apart
_WORD = re.compile(r'[^\s"{};]+')


@functools.lru_cache(maxsize=4)  # a run asks again and again for the same few texts, which may have a hundred thousand blocks
def split(text):
    """(what precedes the first block, {(kind, name): block with its heading}); kind is C(zone) or C(shared). Not to be changed."""
    found = list(_HEADING.finditer("\n" + text))
    ends = [match.start() for match in found[1:]] + [len(text)]
    head = text[: found[0].start()] if found else text
    return head, {(match.group(1), match.group(2)): text[match.start() : end] for match, end in zip(found, ends)}


def join(head, blocks):
    """The text of a file: shared blocks in the order given, then zones by name."""
    zones = sorted((name, text) for (kind, name), text in blocks.items() if kind == "zone")
    return "".join([head, *(text for (kind, _name), text in blocks.items() if kind == "shared"), *(text for _name, text in zones)])


def number_of_zones(text):
    """How many blocks of zones a text has."""
    return sum(("\n" + text).count(beginning) for beginning in _BEGINNINGS if " zone " in beginning)


def differing(before, after):
    """{zone: (its block before, and after), None where there is none} of what differs between two texts of a file.

    None where something else than zones came or changed.
    """
    (old_head, old), (new_head, new) = map(split, _without_common(before, after))
    if old_head != new_head or any(kind == "shared" and old.get((kind, name)) != text for (kind, name), text in new.items()):
        return None
    places = [place for place, text in new.items() if old.get(place) != text]
    return {name: (old.get((kind, name)), new.get((kind, name))) for kind, name in [*places, *(old.keys() - new.keys())] if kind == "zone"}


def _without_common(before, after):
    """Two texts of a file without the blocks with which both begin, and those with which both end: what is left is little where little changed."""
    start = _length_in_common(before, after)
    start = 1 + max(before.rfind(beginning, 0, start) for beginning in _BEGINNINGS)
    before, after = before[start:], after[start:]
    end = len(before) - _length_in_common(before[::-1], after[::-1])
    ends = [found for found in (before.find(beginning, end) for beginning in _BEGINNINGS) if found >= 0]
    common = len(before) - min(ends) - 1 if ends else 0
    return before[: len(before) - common], after[: len(after) - common]


def _length_in_common(one, other):
    """How long the beginning is that two texts share."""
    least, most = 0, min(len(one), len(other))
    while least < most:
        middle = (least + most + 1) // 2
        if one[least:middle] == other[least:middle]:
            least = middle
        else:
            most = middle - 1
    return least


def configured_otherwise(before, after):
    """Zones that were there, and whose block changed, or names a shared block that did, such as a key's, or one that leads to such a one.

    before, after: {file name: text}.
    """
    zones, changed = set(), set()
    for file_name, text in after.items():
        old, new = (split(part)[1] for part in _without_common(before[file_name], text))
        for (kind, name), block in new.items():
            if old.get((kind, name), block) != block:  # zones that name a new one changed
                (zones if kind == "zone" else changed).add(name)
    every = [block for text in after.values() for block in split(text)[1].items()] if changed else []
    shared = {name: set(_WORD.findall(block)) for (kind, name), block in every if kind == "shared"}
    found = changed
    while found:
        found = {name for name, words in shared.items() if not changed.isdisjoint(words)} - changed
        changed |= found
    return zones | {name for (kind, name), block in every if kind == "zone" and not changed.isdisjoint(_WORD.findall(block))}


def choose(text, zones):
    """The same file with no other zones' blocks than these."""
    found = _chosen_few(text, zones) if len(zones) <= _FEW else None
    if found is not None:
        return found
    head, blocks = split(text)
    return join(head, {key: block for key, block in blocks.items() if key[0] == "shared" or key[1] in zones})


def _chosen_few(text, zones):
    """See L(choose): by looking for each of the zones, instead of through all blocks. None where shared blocks come after zones'."""
    text = "\n" + text
    start = _next(text, 0, "zone")
    if _next(text, start, "shared") < len(text):
        return None
    places = [text.find(f"\n{comment} zone {zone}\n", start) for zone in sorted(zones) for comment in _COMMENTS]
    return text[1 : start + 1] + "".join(text[place + 1 : _next(text, place + 1, "zone") + 1] for place in places if place >= 0)


def _next(text, start, kind):
    """Where the next block of a kind begins at or after start, without a last one where the text ends."""
    return min((found for found in (text.find(f"\n{comment} {kind} ", start) for comment in _COMMENTS) if found >= 0), default=len(text))


def merge(current, rendered, zones):
    """The files of a run that is about some zones: rendered for these, and what current says for all others.

    current, rendered: {file name: text}. Shared blocks are those that the chosen zones' blocks name, or that one of these names.
    """
    heads, chosen, shared, named = {}, {name: {} for name in rendered}, {}, []
    for name, text in rendered.items():
        heads[name], new = split(text)
        named.append(heads[name])  # it may name shared ones too, as views do with keys
        old = split(current.get(name, ""))[1]
        for blocks, about in (new, True), (old, False):
            for (kind, block_name), block in blocks.items():
                if kind == "shared":
                    shared.setdefault((name, block_name), block)
                elif (block_name in zones) == about:
                    chosen[name][kind, block_name] = block
                    named.append(block)
    used = set()
    while named:
        words = set(_WORD.findall("".join(named)))
        found = {place for place in shared if place[1] in words} - used
        used |= found
        named = [shared[place] for place in found]
    for file_name, name in shared:  # in the order in which they are rendered, so that a run about all zones finds nothing to change
        if (file_name, name) in used:
            chosen[file_name]["shared", name] = shared[file_name, name]
    return {name: join(heads[name], chosen[name]) for name in rendered}
