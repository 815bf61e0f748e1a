# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program's first configuration file, which its package brought and which names the files of a generation."""

from __future__ import annotations

import glob
import os
import re
import stat
import tempfile

from ansible_collections.authoritative.dns.plugins.module_utils.serving import trusted_paths

_OURS = re.compile(r"(?://|#) Written by authoritative\.dns\.")  # heads every first file that this collection wrote; others may mention it
_MODE, _PERMISSIONS = 0o640, 0o777
_UNFINISHED = ".authoritative-dns-"  # begins the name of a file that is about to get its own


class EntryFile:
    """path: where the program looks for it. generations: know the group that may read it."""

    def __init__(self, path, generations):
        self.path = path
        self.directory = os.path.dirname(path)
        self.generations = generations

    def read(self):
        """Its text, None if it cannot be read."""
        return _read(self.path)

    def found(self):
        """(text, mode, owner's number, group's number) for L(put_back), None if it cannot be read."""
        return _found(self.path)

    def is_ours(self):
        """Whether this collection wrote it, or nobody did."""
        text = self.read()
        return text is None or bool(_OURS.match(text))

    def is_exposed(self):
        """Whether it is there with another owner, group or mode than it should have."""
        return os.path.exists(self.path) and _access(self.path) != (_MODE, 0, self.generations.group)

    def prepare(self):
        """Remove what killed runs left. Raises Refused where somebody else than root could put another file in its place."""
        for path in (self.path, *([self.kept] if os.path.lexists(self.kept) else [])):
            trusted_paths.check_file(path)
        for path in glob.glob(os.path.join(glob.escape(self.directory), _UNFINISHED + "*")):
            os.unlink(path)

    def keep_original(self, found):
        """The configuration that was there before this collection, kept once beside it, for whom it was. found: what L(found) returned."""
        if found is not None and not _OURS.match(found[0]) and not os.path.lexists(self.kept):
            os.rename(self._unfinished(*found), self.kept)
            trusted_paths.settle(self.directory)

    @property
    def kept(self):
        """The path of that configuration."""
        return self.path + ".before-authoritative-dns"

    def original(self):
        """That configuration, as L(found) tells it, None if none was kept."""
        return _found(self.kept)

    def forget_original(self):
        """Once it is in its place again."""
        os.unlink(self.kept)
        trusted_paths.settle(self.directory)

    def write(self, text, move):
        """move: the module's atomic_move."""
        self._write((text, _MODE, 0, self.generations.group), move)

    def put_back(self, found, move):
        """found: what L(found) returned."""
        if found is not None:
            self._write(found, move)
        elif os.path.lexists(self.path):
            os.unlink(self.path)
            trusted_paths.settle(self.directory)

    def _write(self, found, move):
        _text, mode, owner, group = found
        move(self._unfinished(*found), self.path)
        if _access(self.path) != (mode, owner, group):  # move() gives a file what the one that it replaces has
            os.chown(self.path, owner, group)
            os.chmod(self.path, mode)
        trusted_paths.settle(self.directory)

    def _unfinished(self, text, mode, owner, group):
        """The path of a file that is on disk, and has yet to get its name."""
        descriptor, path = tempfile.mkstemp(dir=self.directory, prefix=_UNFINISHED)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape", newline="") as stream:
            stream.write(text)
            stream.flush()
            os.fchown(descriptor, owner, group)
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        return path


def _read(path):
    found = _found(path)
    return None if found is None else found[0]


def _found(path):
    """(text, permissions, owner, group) of one and the same file. Every character is as it is, line ends too; None if it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as stream:
            mode, owner, group = _access(stream.fileno())
            return stream.read(), mode & _PERMISSIONS, owner, group
    except OSError:
        return None


def _access(path):
    status = os.stat(path)
    return stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid
