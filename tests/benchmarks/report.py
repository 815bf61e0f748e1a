# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every benchmark says in the end: a table to read, and build/bench.json, where each keeps what the others found."""

from __future__ import annotations

import json
import operator
import pathlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass

BUILD = pathlib.Path(__file__).resolve().parents[2] / "build"
_MEETS = {"<=": operator.le, ">=": operator.ge, "=": operator.eq}


@dataclass(frozen=True)
class Figure:
    """One figure. value: in unit, from ours and peer (None: nothing to compare with). n: zones. runs: the medians are of so many.

    target: such as ``<= 3``, for the table alone.
    """

    id: str
    value: float
    unit: str
    ours: float
    peer: float | None
    n: int
    runs: int
    target: str = ""

    @property
    def met(self) -> bool:
        sign, _space, bound = self.target.partition(" ")
        return not bound or _MEETS[sign](self.value, float(bound))


def table(figures: Sequence[Figure]) -> str:
    rows = [("figure", "value", "target", "ours", "peer", "n", "runs", "")]
    for figure in figures:
        peer = "" if figure.peer is None else f"{figure.peer:.2f}"
        verdict = "" if not figure.target else "met" if figure.met else "MISSED"
        rows.append((figure.id, f"{figure.value:.2f} {figure.unit}", figure.target, f"{figure.ours:.2f}", peer, f"{figure.n:,}", str(figure.runs), verdict))
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)


def save(figures: Sequence[Figure], path: pathlib.Path = BUILD / "bench.json") -> None:
    """Put the figures into the file, in place of those of the same id."""
    path.parent.mkdir(exist_ok=True)
    kept = {figure["id"]: figure for figure in json.loads(path.read_text())} if path.exists() else {}
    for figure in figures:
        entry = asdict(figure)
        del entry["target"]
        kept[figure.id] = {key: round(item, 3) if isinstance(item, float) else item for key, item in entry.items()}
    path.write_text(json.dumps(list(kept.values()), indent=1) + "\n")
