# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Links to the texts of zones, in a directory where a server may write beside the name that it opens.

A link leads to the text in the current generation: so one rename still changes all zones, and nothing that a server writes gets into a
generation. Everything there belongs to the server, so that only its own user touches it (L(Software.call_as_server)).
"""

from __future__ import annotations

import contextlib
import os

ZONES = "zones"  # the directory of a generation that has the texts


def link(directory, texts, names):
    """Have the names lead to files of the same names in the directory texts, which need not be there yet."""
    os.makedirs(directory, 0o750, exist_ok=True)
    for name in names:
        path, target = os.path.join(directory, name), os.path.join(texts, name)
        if not (os.path.islink(path) and os.readlink(path) == target):
            remove(directory, [name])
            os.symlink(target, path)


def keep(directory, names, suffixes):
    """Remove what is there of other zones than those whose files have these names. suffixes: of what the server makes beside a link."""
    staying = {name + suffix for name in names for suffix in ("", *suffixes)}
    remove(directory, [name for name in os.listdir(directory) if name not in staying] if os.path.isdir(directory) else [])


def remove(directory, names):
    """Those of the files that are there and can be removed."""
    for name in names:
        with contextlib.suppress(OSError):
            os.unlink(os.path.join(directory, name))
