# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every rule is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import NamedTuple

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import Problem
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.zone_view import Place, ZoneView

ERROR, WARNING, OFF = LEVELS = ("error", "warning", "off")


class Finding(NamedTuple):
    """One thing that a rule does not like."""

    where: Place
    wrong: str
    right: str


class Validator(ABC):
    """One rule.

    id: what ``validators`` calls it. level: error or warning, unless a zone says otherwise. loaded: whether name servers load and serve
    a zone that breaks it, so that it is a warning in zones from master files. source: where the rule comes from.
    summary: what a zone must or should be. example: what breaks this rule and no other, in YAML: a list of records or, without records
    of its own, a zone's options, either with two name servers outside the zone beside it; or all of a zone; or a line of a master file.
    """

    id: str
    level: str = ERROR
    loaded: bool = False
    source: str
    summary: str
    example: str

    @abstractmethod
    def check(self, zone: ZoneView) -> Iterable[Finding]:
        """What is wrong in this zone."""

    def problem(self, zone: str, finding: Finding, where: str = "") -> Problem:
        """where: in which line of a master file the record stands, empty if in none."""
        what = f", {finding.where}" if finding.where.owner else ""
        return Problem(f"{where or f'zone {zone}'}{what}", finding.wrong, f"{finding.right} ({self.source}) [{self.id}]")
