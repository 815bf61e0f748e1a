# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that change all at once.

A state directory holds generations, complete sets of configuration and zone files, and a symbolic link C(current) to one of
them. A new generation is built beside the current one, shares its unchanged files by hard links, and becomes current by one
rename. The directory of the former one is kept as C(spare), with what both share, for the next. Whoever is killed in
between leaves a stray directory that the next run removes, never a half state; nor does a power loss, because everything is on
disk before the name that leads to it.

Root alone can change anything of it (L(trusted_paths)); the server's group can read it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import grp
import hashlib
import json
import os
import re
import shutil
import stat
import tempfile
import time
import weakref

from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.serving import trusted_paths
from ansible_collections.authoritative.dns.plugins.module_utils.serving.trusted_paths import settle

LOCK_LIMIT = 120.0  # seconds for which a run waits for another one
_FILE, _DIRECTORY = 0o640, 0o750
_MANIFEST, _PENDING, _LOCK = "manifest.json", "reload-pending", "lock"
_PREFIX = "generation-"
_GENERATION = re.compile(_PREFIX + r"\d+")
_NAME = re.compile(r"(?:[A-Za-z0-9_-]+/)?(?!\.{1,2}\Z)[^/\0]+")
_SETTLED_ONE_BY_ONE = 100  # files; above that many, everything in memory is written first, at the disk's own speed


def sha256(content):
    return hashlib.sha256(content).hexdigest()


class Generation:
    """One directory of files with a manifest: {name: [sha256, size, mtime_ns, facts]}; facts is the caller's own.

    group: number of the one that can read them. repaired: whether the manifest could not be read and was made again.
    """

    def __init__(self, path, group=None):
        self.path = path
        self.group = group
        self.files = {}
        self.notes = {}
        self.repaired = False
        self._loaded = None
        self._unsettled = []

    @classmethod
    def load(cls, path, group):
        """The generation at path. Raises OSError or ValueError if its manifest cannot be read."""
        generation = cls(path, group)
        with open(os.path.join(path, _MANIFEST), "rb", opener=_reader) as stream:
            manifest = stream.read()
        content = json.loads(manifest)
        generation._loaded = sha256(manifest)
        try:
            generation.files, generation.notes = content["files"], content["notes"]
            if not all(_NAME.fullmatch(name) and len(entry) == 4 for name, entry in generation.files.items()):
                raise ValueError("it names files that this collection does not write")
            generation.notes.items()
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError("it is no manifest") from error
        return generation

    def save(self):
        """Write the manifest, after all that it names."""
        if len(self._unsettled) > _SETTLED_ONE_BY_ONE:
            os.sync()
        for name in self._unsettled:  # each by itself, because only so a disk's error is told
            settle(os.path.join(self.path, name))
        self._unsettled = []
        temporary = _MANIFEST + ".new"
        if os.path.lexists(os.path.join(self.path, temporary)):
            os.unlink(os.path.join(self.path, temporary))
        self._write(temporary, json.dumps({"files": self.files, "notes": self.notes}, separators=(",", ":")).encode(), 0o600)  # dump() takes four times as long
        settle(os.path.join(self.path, temporary))
        os.rename(os.path.join(self.path, temporary), os.path.join(self.path, _MANIFEST))
        for directory in self._directories():
            settle(os.path.join(self.path, directory))

    def _directories(self):
        return sorted({name.rpartition("/")[0] for name in self.files} | {""}, reverse=True)

    def digest(self):
        """Identifies what the manifest said when it was loaded, or was found where it could not be."""
        return self._loaded or sha256(json.dumps([self.files, self.notes], sort_keys=True).encode())

    def facts(self, name):
        entry = self.files.get(name)
        return entry[3] if entry else None

    def read(self, name):
        """A file's text as it is on disk now, None if it is not there."""
        try:
            with open(os.path.join(self.path, name), encoding="utf-8", errors="surrogateescape", opener=_reader) as stream:
                return stream.read()
        except OSError:
            return None

    def look(self):
        """(files that are no longer as they were written, missing ones included; files and directories with another owner, group or mode).

        Content decides about the former; size and time spare reading it.
        """
        edited, exposed = set(), set()
        wanted = (stat.S_IFREG | _FILE, 0, self.group)
        for name, (written, size, mtime_ns, _facts) in self.files.items():
            path = f"{self.path}/{name}"  # not join(), which takes longer than the look, here and in share()
            try:
                status = os.lstat(path)
                if (status.st_mode, status.st_uid, status.st_gid) != wanted:
                    exposed.add(name)
                if (status.st_size, status.st_mtime_ns) == (size, mtime_ns):
                    continue
                with open(path, "rb", opener=_reader) as stream:
                    if sha256(stream.read()) == written:
                        continue
            except OSError:
                pass
            edited.add(name)
        exposed.update(name or "." for name in (self._directories() if self.files else ()) if not _is_directory_of(os.path.join(self.path, name), self.group))
        return edited, exposed

    def enter(self, name, facts):
        """Enter a file into the manifest as it is."""
        descriptor = _reader(os.path.join(self.path, name), os.O_RDONLY)
        with open(descriptor, "rb") as stream:
            content, status = stream.read(), os.fstat(descriptor)
        self.files[name] = [sha256(content), len(content), status.st_mtime_ns, facts]

    def write(self, name, text):
        """Write a new file that the server can read, without entering it into the manifest. Returns its path."""
        return self._write(name, text.encode("utf-8", "surrogateescape"), _FILE)

    def add(self, name, text, facts):
        """Write a new file that the server can read, and enter it into the manifest."""
        content = text.encode("utf-8", "surrogateescape")
        path = self._write(name, content, _FILE)
        self.files[name] = [sha256(content), len(content), os.stat(path).st_mtime_ns, facts]
        self._unsettled.append(name)

    def replace(self, name, text, facts):
        """Write a file anew, which other generations may share as it was."""
        os.unlink(os.path.join(self.path, name))
        self.add(name, text, facts)

    def _write(self, name, content, mode):
        path = os.path.join(self.path, name)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            os.fchown(stream.fileno(), 0, self.group)
            os.fchmod(stream.fileno(), mode)
        return path

    def share(self, other, names, restore=()):
        """Take over files of another generation unchanged. Such files that are here already stay, and all others here go.

        restore: those to be given the owner, group and mode that they should have.
        """
        wanted = {entry.name: set() for entry in os.scandir(self.path) if entry.is_dir(follow_symlinks=False)}
        for name in names:
            directory, _slash, file = name.rpartition("/")
            wanted.setdefault(directory, set()).add(file)
            self.files[name] = other.files[name]
        for directory, files in {"": set(), **wanted}.items():
            here = _inodes(f"{self.path}/{directory}")
            there = _inodes(f"{other.path}/{directory}") if files else {}
            same = {file for file in files if file in here and here[file] == there.get(file)}
            for file in here.keys() - same:
                os.unlink(f"{self.path}/{directory}/{file}")
            for file in files - same:
                self._share(other, f"{directory}/{file}" if directory else file)
        for name in restore:
            path = os.path.join(self.path, name)
            os.chown(path, 0, self.group, follow_symlinks=False)
            os.chmod(path, _FILE)

    def _share(self, other, name):
        path, source = f"{self.path}/{name}", f"{other.path}/{name}"
        try:
            os.link(source, path, follow_symlinks=False)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            with open(source, "rb", opener=_reader) as stream:
                self._write(name, stream.read(), _FILE)
            status = os.stat(source)
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
            self._unsettled.append(name)

    def keep_shared(self, other):
        """Remove what another generation does not share, such as keys that are no longer used, and the manifest."""
        shared = {name for name, entry in self.files.items() if other.files.get(name) == entry}
        for name in {*self.files, *_inodes(self.path)} - shared:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(os.path.join(self.path, name))

    def shares(self, path, names):
        """Whether these files are the very ones of the generation at path."""
        return all(os.path.exists(os.path.join(path, name)) and os.path.samefile(os.path.join(self.path, name), os.path.join(path, name)) for name in names)


class Generations:
    """The generations below one state directory. Use it as a context manager to hold its lock.

    group: name of the one that can read them. previous: where they were before this version of the collection; what is there moves when the
    next generation is made.
    """

    def __init__(self, directory, group, previous=None):
        self.directory = directory
        self.group_name = group
        self.link = os.path.join(directory, "current")
        self.spare = os.path.join(directory, "spare")
        self.previous = previous
        self._lock = None

    @property
    def group(self):
        try:
            return grp.getgrnam(self.group_name).gr_gid
        except KeyError:
            raise Refused(f"there is no group {self.group_name} on this host; install the name server first (the role nameserver does)") from None

    # -- one run at a time --------------------------------------------------------------------------------------------

    def __enter__(self):
        trusted_paths.check(self.directory)
        group = self.group
        os.makedirs(self.directory, 0o700, exist_ok=True)
        with trusted_paths.opened(self.directory) as descriptor:
            _give(descriptor, group)
        self._lock = open(os.path.join(self.directory, _LOCK), "r+", encoding="utf-8", opener=_locker)
        try:
            self._wait_for_lock(time.monotonic() + LOCK_LIMIT)
            self._lock.truncate()
            self._lock.write(f"{os.getpid()} since {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())}\n")
            self._lock.flush()
        except BaseException:
            self._lock.close()
            raise
        return self

    def _wait_for_lock(self, deadline):
        while True:
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > deadline:
                    holder = self._lock.read().strip() or "unknown"
                    raise Refused(f"another run has held {self._lock.name} for {LOCK_LIMIT:.0f} seconds: process {holder}; wait for it, or end it") from None
                time.sleep(0.05)

    def __exit__(self, *_exception):
        self._lock.close()

    # -- what there is ------------------------------------------------------------------------------------------------

    def current(self, repair=None):
        """The generation that the server has; an empty one before the first. Raises Refused if what is there cannot be trusted or read.

        repair: is given one whose manifest cannot be read, to fill it from its files.
        """
        trusted_paths.check(self.directory)
        place = self.directory if os.path.lexists(self.link) else self._former()
        if place is None:
            return Generation(os.path.join(self.directory, "none"))
        try:
            name = os.readlink(os.path.join(place, "current"))
            if not _GENERATION.fullmatch(name):
                raise ValueError("the link leads to no generation")
            path = os.path.join(place, name)
            try:
                return Generation.load(path, self.group)
            except (OSError, ValueError):
                if not repair or not os.path.isdir(path):
                    raise
            generation = Generation(path, self.group)
            repair(generation)
            generation.repaired = True
            return generation
        except (OSError, ValueError) as error:
            raise Refused(
                f"what {os.path.join(place, 'current')} leads to cannot be read ({error}), so what this host was given is not known; "
                "run once with nameserver_repair: true, which reads it again from the files that are there, or restore it from a backup, "
                "or remove this link while the server runs: the next run then writes everything anew, from the serials that the server gives"
            ) from error

    def _former(self):
        """Where the generations are that have yet to move, None if nothing has. Raises Refused if it is no longer what this collection made."""
        if not self._is_there():
            return None
        descriptor = self._open_previous()
        if descriptor is None:
            raise Refused(
                f"{self.previous} is no directory that root alone can change, so what is in it may be anybody's and does not move to {self.directory}; "
                "look who put it there, because the name server may be compromised, and remove it"
            )
        weakref.finalize(self, os.close, descriptor)
        return f"/proc/self/fd/{descriptor}"  # this very directory, whatever takes its name meanwhile

    def _is_there(self):
        return bool(self.previous) and os.path.lexists(os.path.join(self.previous, "current"))

    def _open_previous(self):
        try:
            descriptor = os.open(self.previous, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return None
        if trusted_paths.is_roots_alone(os.fstat(descriptor)):
            return descriptor
        os.close(descriptor)
        return None

    @property
    def left_behind(self):
        """Whether what moved, or is about to, is still where it was. What somebody else put there is none of ours."""
        descriptor = self._open_previous() if self._is_there() else None
        if descriptor is None:
            return False
        os.close(descriptor)
        return True

    def is_exposed(self):
        """Whether the state directory has another owner, group or mode than it should have. It may not be there yet."""
        return os.path.isdir(self.directory) and not _is_directory_of(self.directory, self.group)

    # -- what there will be -------------------------------------------------------------------------------------------

    def stage(self, subdirectories=(), former=None, names=(), restore=()):
        """A new generation, empty but for what it shares with a former one, as in L(Generation.share). Leftovers of interrupted runs are removed first."""
        keep = os.readlink(self.link) if os.path.lexists(self.link) else None
        numbers = [0]
        for entry in os.listdir(self.directory):
            path = os.path.join(self.directory, entry)
            if entry.startswith(_PREFIX):
                numbers.append(int(entry[len(_PREFIX) :]) if entry[len(_PREFIX) :].isdigit() else 0)
                if entry != keep:
                    shutil.rmtree(path)
            elif entry in ("current.new", ".lock"):  # the latter was readable by the server, and so held by whom it liked
                os.unlink(path)
        staged = Generation(os.path.join(self.directory, f"{_PREFIX}{max(numbers) + 1}"), self.group)
        if os.path.lexists(self.spare):
            os.rename(self.spare, staged.path)
        for path in (staged.path, *(os.path.join(staged.path, name) for name in subdirectories)):
            self._make_directory(path)
        try:
            staged.share(former or staged, names, restore)
        except OSError:
            self.discard(staged)
            raise
        return staged

    @contextlib.contextmanager
    def aside(self, subdirectories=()):
        """A new, empty generation in a place of its own, which is gone afterwards."""
        place = "/run" if os.path.isdir("/run") else None  # in memory, as far as there is such a place, because there are keys in it
        with tempfile.TemporaryDirectory(prefix="authoritative-dns-", dir=place) as path:
            for directory in (path, *(os.path.join(path, name) for name in subdirectories)):
                self._make_directory(directory)
            yield Generation(path, self.group)

    def _make_directory(self, path):
        """Only where root alone can make or rename anything."""
        group = self.group
        if not os.path.isdir(path):
            os.mkdir(path, 0o700)
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            _give(descriptor, group)
        finally:
            os.close(descriptor)

    def swap(self, generation):
        """Make a generation the current one: on disk first, then in one rename."""
        generation.save()
        temporary = self.link + ".new"
        if os.path.lexists(temporary):
            os.unlink(temporary)
        os.symlink(os.path.basename(generation.path), temporary)
        settle(self.directory)
        os.rename(temporary, self.link)
        settle(self.directory)

    def swap_back(self, generation):
        """Make current what L(current) returned before the swap: nothing, or what has yet to move."""
        if os.path.dirname(generation.path) == self.directory and generation.files:
            self.swap(generation)
            return
        if generation.files:
            generation.save()
        os.unlink(self.link)
        settle(self.directory)

    def finish(self, former, current):
        """Have nothing left of what came before the current generation, wherever that is, and remove the mark.

        Its directory, with those files that the current one shares, becomes that of the next one, which costs as much as changes, and not as much
        as is there.
        """
        if former.files and os.path.dirname(former.path) == self.directory:
            try:
                former.keep_shared(current)
                os.rename(former.path, self.spare)
            except OSError:
                self.discard(former)
        elif former.files:
            self.discard(former)
        if self.left_behind:
            shutil.rmtree(self.previous, ignore_errors=True)
        self.pending = False

    def forget(self):
        """Remove all generations, and the mark: what the server reads is none of them any more."""
        if os.path.lexists(self.link):
            os.unlink(self.link)  # first, so that whoever is killed leaves no half a generation as the current one
            settle(self.directory)
        for entry in os.listdir(self.directory):
            if entry.startswith(_PREFIX) or entry == os.path.basename(self.spare):
                shutil.rmtree(os.path.join(self.directory, entry))
        if self.left_behind:
            shutil.rmtree(self.previous, ignore_errors=True)
        self.pending = False

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
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
        elif os.path.exists(path):
            os.unlink(path)


def _inodes(directory):
    return {entry.name: entry.inode() for entry in os.scandir(directory) if not entry.is_dir(follow_symlinks=False)}


def _reader(path, _flags):
    """Neither a link nor a pipe is read in place of a file."""
    return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)


def _locker(path, _flags):
    """Readable by root alone, because whoever can read a file can lock it."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def _give(directory, group):
    if not _is_directory_of(directory, group):
        os.fchown(directory, 0, group)
        os.fchmod(directory, _DIRECTORY)


def _is_directory_of(directory, group):
    """directory: its path, or a descriptor of it."""
    status = os.stat(directory)
    return (status.st_mode, status.st_uid, status.st_gid) == (stat.S_IFDIR | _DIRECTORY, 0, group)
