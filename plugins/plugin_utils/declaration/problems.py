# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mistakes in a declaration, collected so that all of them are told at once."""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Problem:
    """One mistake.

    where: the thing, for example ``zone example.com, record www A``.
    wrong: what is wrong with it, the offending value included.
    right: what would be right.
    """

    where: str
    wrong: str
    right: str

    def __str__(self) -> str:
        return f"{self.where}: {self.wrong}; {self.right}"


@dataclass
class Findings:
    """What the checks of one declaration found so far. warnings: what should be otherwise and is served all the same."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def problem(self, where: str, wrong: str, right: str) -> None:
        self.problems.append(Problem(where, wrong, right))

    def warning(self, where: str, wrong: str, right: str) -> None:
        self.warnings.append(Problem(where, wrong, right))


class DeclarationError(Exception):
    """The declaration cannot be used. ``problems`` holds every mistake found, in the order of the declaration."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__(self.summary())

    def summary(self, most: int = 50) -> str:
        """Text for a person: the count first, then a line a mistake, cut after ``most`` lines."""
        count = len(self.problems)
        lines = [f"The DNS declaration has {count} mistake{'s' if count != 1 else ''}; no host was changed."]
        lines += [f"- {problem}" for problem in self.problems[:most]]
        if count > most:
            lines.append(f"- … and {count - most} more")
        return "\n".join(lines)


def shown(value: object, most: int = 100) -> str:
    """A value as a message quotes it, cut after ``most`` characters."""
    text = repr(value)
    return text if len(text) <= most else f"{text[:most]}…"


def made_by_yaml(value: object) -> str:
    """What a value is that YAML did not read as text although it should be, or empty: ``no``, ``1.10``, ``2026-01-01``, nothing at all."""
    kinds = ((bool, "a truth value"), (float, "a number"), (datetime.date, "a date"), (type(None), "nothing"))
    kind = next((kind for of, kind in kinds if isinstance(value, of)), "")
    return f"was read by YAML as {kind}" + (f", {value}" if value is not None else "") if kind else ""


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """``, did you mean 'x'?`` for the nearest of ``known``, or an empty string."""
    near = difflib.get_close_matches(str(word), [str(name) for name in known], n=1)
    return f", did you mean {near[0]!r}?" if near else ""
