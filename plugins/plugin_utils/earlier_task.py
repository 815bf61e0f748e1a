# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task leaves on the controller for a later one of the same run, which need not work it out again.

It lies in the run's own directory, which the run's user alone can read and which goes with the run. Where it is not there, nothing is lost but time.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import tempfile
from typing import Any

from ansible import constants

_NOT_KEPT = (OSError, pickle.PickleError, EOFError, AttributeError, ImportError, TypeError, ValueError)


def leave(name: str, about: str, what: Any) -> None:
    """name: of what is left, in the place of an earlier one. about: what it was worked out from, without which it is worth nothing."""
    with contextlib.suppress(*_NOT_KEPT):
        descriptor, path = tempfile.mkstemp(dir=constants.DEFAULT_LOCAL_TMP)
        with open(descriptor, "wb") as stream:
            pickle.dump((about, what), stream, protocol=5)
        os.replace(path, _path(name))


def left(name: str, about: str) -> Any:
    """None where nothing was left, or it was about something else."""
    with contextlib.suppress(*_NOT_KEPT), open(_path(name), "rb") as stream:
        found, what = pickle.load(stream)
        return what if found == about else None
    return None


def _path(name: str) -> str:
    return os.path.join(constants.DEFAULT_LOCAL_TMP, hashlib.sha256(name.encode()).hexdigest()[:32])
