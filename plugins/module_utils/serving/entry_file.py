# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program's first configuration file, which its package brought and which names the files of a generation."""

from __future__ import annotations

import os
import shutil
import tempfile

_OURS = "authoritative.dns"  # is in the heading of every first file that this collection wrote


class EntryFile:
    """path: where the program looks for it. generations: know the group that may read it."""

    def __init__(self, path, generations):
        self.path = path
        self.generations = generations

    def read(self):
        """Its text, None if it cannot be read."""
        try:
            with open(self.path, encoding="utf-8", errors="surrogateescape") as stream:
                return stream.read()
        except OSError:
            return None

    def is_ours(self):
        """Whether this collection wrote it, or nobody did."""
        text = self.read()
        return text is None or _OURS in text

    def keep_original(self, text):
        """The configuration that was there before this collection, kept once beside it."""
        path = self.path + ".before-authoritative-dns"
        if text is not None and _OURS not in text and not os.path.exists(path):
            shutil.copy2(self.path, path)
            os.chown(path, 0, self.generations.group)

    def write(self, text, move):
        """move: the module's atomic_move."""
        descriptor, path = tempfile.mkstemp(dir=os.path.dirname(self.path), prefix=".authoritative-dns-")
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape") as stream:
            stream.write(text)
            os.fchown(stream.fileno(), 0, self.generations.group)
            os.fchmod(stream.fileno(), 0o640)
        move(path, self.path)
        os.chown(self.path, 0, self.generations.group)
        os.chmod(self.path, 0o640)

    def put_back(self, text, move):
        """What L(read) once returned."""
        if text is not None:
            self.write(text, move)
        elif self.read() is not None:
            os.unlink(self.path)
