# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that zones of C(dns_zones) name. What is made of one is kept for all tasks, hosts and runs, until it or its zone's declaration changes."""

from __future__ import annotations

import copy
import functools
import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.drafts import Draft
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import Problem
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.readers.cache import Cache, settled, signature
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.readers.directories import holds, packed, read_signed, read_text, unpacked, version

Making = Callable[[Draft, Callable[[str], str]], Sequence[Problem]]


class DeclaredFiles:
    """Reads files, and keeps what is made of them.

    find: where a declared path is. place: tells the caches of one inventory from those of others.
    """

    def __init__(self, find: Callable[[str], str], place: str) -> None:
        self._find = find
        self._cache = Cache(f"dns_zones of {place}", version({}))
        self._tidied = False

    @functools.cached_property
    def _kept(self) -> dict[str, Any]:
        return self._cache.summaries()

    def read(self, path: str) -> str:
        """The text of a declared file. Raises OSError."""
        return read_text(self._find(path))

    def fill(self, draft: Draft, make: Making) -> Sequence[Problem]:
        """Give a draft the content of its file, and return the mistakes in it.

        make: does so for a draft with what reads files, where nothing is kept; its result depends on the draft's options and the files alone.
        """
        declared = draft.options["file"]
        if not isinstance(declared, str):
            return make(draft, self.read)
        path = self._find(declared)
        key = hashlib.sha256(repr((draft.where, path, sorted(draft.options.items(), key=str))).encode()).hexdigest()
        entry = self._kept.get(key)
        if entry is None or not holds(entry[0], [path]):
            with self._cache.locked():
                entry = self._cache.summary(key)  # which another process may have written since
                if entry is None or not holds(entry[0], [path]):
                    return self._anew(key, path, draft, make)
        draft.content = unpacked(entry, self._cache.body(key, functools.partial(self._body_again, draft, make))).content
        return entry[-1]

    def _anew(self, key: str, path: str, draft: Draft, make: Making) -> Sequence[Problem]:
        signatures = [*signature([path])]
        problems = make(draft, lambda name: read_text(path) if self._find(name) == path else read_signed(signatures, self._find(name)))
        if settled(signatures):
            entry = (signatures, *packed(draft), problems)
            self._cache.replace([(key, entry, draft.content.body() if draft.content else "")], self._gone())
            self._kept[key] = entry
        return problems

    def _gone(self) -> Sequence[str]:
        """What was made of files that changed since, looked for once."""
        if self._tidied:
            return ()
        self._tidied = True
        return [key for key, (signatures, *_rest) in self._kept.items() if not holds(signatures, [signatures[0][0]])]

    def _body_again(self, draft: Draft, make: Making) -> str:
        again = copy.copy(draft)
        make(again, self.read)
        return again.content.body() if again.content else ""
