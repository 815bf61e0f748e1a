# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that change all at once.

A state directory holds generations, complete sets of configuration and zone files, and a symbolic link C(current) to one of
them. A new generation is built beside the current one, shares its unchanged files by hard links, and becomes current by one
rename. Whoever is killed in between leaves a stray directory that the next run removes, never a half state.
"""

from __future__ import annotations

import fcntl
import grp
import hashlib
import json
import os
import shutil

_MANIFEST = "manifest.json"
_PENDING = "reload-pending"
_PREFIX = "generation-"


def sha256(content):
    return hashlib.sha256(content).hexdigest()


class Generation:
    """One directory of files with a manifest: {name: [sha256, size, mtime_ns, facts]}; facts is the caller's own."""

    def __init__(self, path):
        self.path = path
        self.files = {}
        self.notes = {}

    @classmethod
    def load(cls, path):
        """The generation at path; empty if there is none or its manifest cannot be read."""
        generation = cls(path)
        try:
            with open(os.path.join(path, _MANIFEST), encoding="utf-8") as stream:
                content = json.load(stream)
            generation.files, generation.notes = content["files"], content["notes"]
        except (OSError, ValueError, KeyError):
            pass
        return generation

    def save(self):
        path = os.path.join(self.path, _MANIFEST)
        with open(path + ".new", "w", encoding="utf-8") as stream:
            stream.write(json.dumps({"files": self.files, "notes": self.notes}, separators=(",", ":")))  # dump() is four times as slow
        os.rename(path + ".new", path)

    def facts(self, name):
        entry = self.files.get(name)
        return entry[3] if entry else None

    def read(self, name):
        """A file's text as it is on disk now, None if it is not there."""
        try:
            with open(os.path.join(self.path, name), encoding="utf-8", errors="surrogateescape") as stream:
                return stream.read()
        except OSError:
            return None

    def edited(self):
        """Names of files that are no longer as they were written, missing ones included. Content decides; size and time spare reading it."""
        result = set()
        for name, (written, size, mtime_ns, _facts) in self.files.items():
            path = os.path.join(self.path, name)
            try:
                status = os.stat(path)
                if (status.st_size, status.st_mtime_ns) == (size, mtime_ns):
                    continue
                with open(path, "rb") as stream:
                    if sha256(stream.read()) == written:
                        continue
            except OSError:
                pass
            result.add(name)
        return result

    def add(self, name, text, facts, group):
        """Write a new file, readable by group only, and enter it into the manifest."""
        path = os.path.join(self.path, name)
        content = text.encode("utf-8", "surrogateescape")
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            os.fchown(stream.fileno(), 0, group)
            os.fchmod(stream.fileno(), 0o640)
        self.files[name] = [sha256(content), len(content), os.stat(path).st_mtime_ns, facts]

    def share(self, other, name):
        """Take over a file of another generation unchanged."""
        os.link(os.path.join(other.path, name), os.path.join(self.path, name))
        self.files[name] = other.files[name]

    def shares(self, path, names):
        """Whether these files are the very ones of the generation at path."""
        return all(os.path.exists(os.path.join(path, name)) and os.path.samefile(os.path.join(self.path, name), os.path.join(path, name)) for name in names)


class Generations:
    """The generations below one state directory. Use it as a context manager to hold its lock."""

    def __init__(self, directory, group):
        self.directory = directory
        self.group_name = group
        self.link = os.path.join(directory, "current")
        self._lock = None

    @property
    def group(self):
        return grp.getgrnam(self.group_name).gr_gid

    def __enter__(self):
        self._make_directory(self.directory)
        self._lock = open(os.path.join(self.directory, ".lock"), "a", encoding="utf-8")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        return self

    def __exit__(self, *_exception):
        self._lock.close()

    def current(self):
        return Generation.load(os.path.realpath(self.link))

    def stage(self, subdirectories=()):
        """A new, empty generation. Leftovers of interrupted runs are removed first."""
        keep = os.path.basename(os.path.realpath(self.link))  # the directory itself may be reached by a link
        numbers = [0]
        for entry in os.listdir(self.directory):
            path = os.path.join(self.directory, entry)
            if entry.startswith(_PREFIX):
                numbers.append(int(entry[len(_PREFIX) :]) if entry[len(_PREFIX) :].isdigit() else 0)
                if entry != keep:
                    shutil.rmtree(path)
        staged = Generation(os.path.join(self.directory, f"{_PREFIX}{max(numbers) + 1}"))
        for path in (staged.path, *(os.path.join(staged.path, name) for name in subdirectories)):
            self._make_directory(path)
        return staged

    def _make_directory(self, path):
        if not os.path.isdir(path):
            os.makedirs(path, 0o750)
            os.chown(path, 0, self.group)
            os.chmod(path, 0o750)

    def swap(self, generation):
        """Make a generation the current one: on disk first, then in one rename."""
        generation.save()
        os.sync()
        temporary = self.link + ".new"
        if os.path.lexists(temporary):
            os.unlink(temporary)
        os.symlink(os.path.basename(generation.path), temporary)
        os.rename(temporary, self.link)

    @staticmethod
    def discard(generation):
        shutil.rmtree(generation.path, ignore_errors=True)

    # Between the swap and the server's word that it took it, a mark on disk tells an interrupted run's successor to reload.

    @property
    def pending(self):
        return os.path.exists(os.path.join(self.directory, _PENDING))

    @pending.setter
    def pending(self, value):
        path = os.path.join(self.directory, _PENDING)
        if value:
            with open(path, "w", encoding="utf-8"):
                pass
        elif os.path.exists(path):
            os.unlink(path)
