# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Since when servers have been behind, remembered from one look to the next. Pure."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.common.serial_numbers import HALF, distance

LONGEST = 366 * 86400  # s; what is older was rather noted before somebody set the clock


class TimesBehind:
    """before: what the look before remembered, {what: [since when, the serial that was missing then]}; Unix time. remembered: for the next one."""

    def __init__(self, before: Mapping[str, Any]):
        self._before = before
        self.remembered: dict[str, tuple[float, int]] = {}

    def tell(self, what: str, serial: int | None, reference: int | None, now: float) -> float | None:
        """For how many seconds the server has not reached a serial; None where it has reached all, or does not say.

        what: a zone at a server. serial: the server's, reference: the one that counts; None where it is unknown, which ends nothing.
        """
        known = self._known(what, now)
        if serial is not None and reference is not None and -HALF < distance(reference, serial) <= 0:
            return None
        if known is not None and reference is not None and distance(reference, known[1]) < 0:
            known = known[0], reference  # serials were set back
        if serial is not None and (known is None or distance(serial, known[1]) >= 0):
            known = None if reference is None else (now, reference)  # it followed meanwhile, and lacks what came later
        if known is None:
            return None
        self.remembered[what] = known
        return None if serial is None else now - known[0]

    def _known(self, what: str, now: float) -> tuple[float, int] | None:
        with contextlib.suppress(TypeError, ValueError):  # another version may have remembered something else
            since, missing = self._before.get(what, ())
            if 0 <= now - since <= LONGEST:
                return since, int(missing)
        return None
