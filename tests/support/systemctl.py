# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A systemctl for which every unit runs, and that notes what it is told to do, or refuses it."""

from __future__ import annotations

import os
import pathlib

_SCRIPT = """#!/bin/sh
case $1 in
  show) printf 'Id=%s\\nLoadState=loaded\\nActiveState=active\\nSubState=running\\n' "$2" ;;
  is-*) ;;
  *) if grep -qx -e "$1" {refused}; then echo "refused: $1" >&2; exit 1; fi
     echo "$@" >> {notes} ;;
esac
"""


class Systemctl:
    """environment: for the programs that are to find it."""

    def __init__(self, directory: pathlib.Path) -> None:
        self._notes, self._refused = directory / "told", directory / "refused"
        directory.mkdir()
        self.refuse()
        program = directory / "systemctl"
        program.write_text(_SCRIPT.format(notes=self._notes, refused=self._refused))
        program.chmod(0o755)
        self.environment = {**os.environ, "PATH": f"{directory}{os.pathsep}{os.environ['PATH']}"}

    def refuse(self, *verbs: str) -> None:
        """From now on these, such as C(reload), and nothing else."""
        self._refused.write_text("".join(f"{verb}\n" for verb in verbs))

    def told(self) -> list[str]:
        """What it was told since it was asked this, such as C(reload named)."""
        lines = self._notes.read_text().splitlines() if self._notes.exists() else []
        self._notes.write_text("")
        return lines
