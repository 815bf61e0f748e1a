# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The states of signed zones, how bad each is, and findings gathered into one of them. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

LEVELS = ("notice", "warning", "error")
TEXTS_KEPT = 5

# State → level; of findings of one level the first here names the result
STATES = {
    "no_dnskey": "error",
    "unsigned": "error",  # where the zone is signed elsewhere, or ought to be
    "ds_missing": "error",
    "ds_mismatch": "error",
    "signature_expired": "error",
    "signature_not_yet_valid": "error",
    "unknown_key": "error",
    "signature_missing": "error",
    "signature_bogus": "error",
    "algorithm_missing": "error",
    "algorithm_unsupported": "error",
    "denial_wrong": "error",
    "chain_broken": "error",
    "keys_differ": "error",
    "cds_mismatch": "error",
    "signature_expiring": "warning",  # or an error, see Wanted
    "ds_without_key": "warning",
    "ds_weak": "warning",
    "algorithm_weak": "warning",
    "nsec3_iterations": "warning",
    "signature_stray": "warning",
    "not_transferred": "warning",  # where a transfer was asked for by name
}


class Finding(NamedTuple):
    """One thing that is not as it should be. level: None for the state's own."""

    state: str
    text: str
    level: str | None = None


class Findings:
    """Findings by state and level: all are counted, the first few texts kept."""

    def __init__(self, levels: Mapping[str, str]):
        self._levels = {**STATES, **levels}
        self._found: dict[tuple[str, str], list[str]] = {}
        self._counts: dict[tuple[str, str], int] = {}

    def add(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            level = finding.level or self._levels.get(finding.state, "error")
            if level == "ignore":
                continue
            key = (finding.state, level)
            texts = self._found.setdefault(key, [])
            self._counts[key] = self._counts.get(key, 0) + 1
            if len(texts) < TEXTS_KEPT and finding.text not in texts:
                texts.append(finding.text)

    @property
    def told(self) -> list[dict[str, Any]]:
        """``state``, ``level``, ``count`` and the first ``texts`` of each kind, the worst first."""
        order = list(STATES)
        kinds = sorted(self._found, key=lambda kind: (-LEVELS.index(kind[1]), order.index(kind[0]) if kind[0] in order else -1))
        return [{"state": state, "level": level, "count": self._counts[state, level], "texts": self._found[state, level]} for state, level in kinds]

    @property
    def ok(self) -> bool:
        return all(level != "error" for _state, level in self._found)
