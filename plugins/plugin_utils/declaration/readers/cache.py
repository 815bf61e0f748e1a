# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was read from zone files once need not be read again by the next task, host or run.

One SQLite file for each directory of zones. An entry holds as long as the file's signature does; what is dropped or damaged
is made again, so losing the cache costs time and nothing else. Only what a public zone file says goes in, never a key.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import pickle
import sqlite3
import time
import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import Any

_RACY = 2.0  # seconds: a file changed so shortly before it was read may change again within its time stamp

_UNREADABLE = (sqlite3.Error, OSError, pickle.UnpicklingError, EOFError, AttributeError, ImportError, TypeError, ValueError)


def signature(paths: Iterable[str]) -> tuple[tuple[Any, ...], ...]:
    """Changes whenever one of the files does: path, size, times and inode of each, as git's index has it; the path alone if it is not there."""
    result = []
    for path in paths:
        try:
            status = os.stat(path)
        except OSError:
            result.append((path,))
        else:
            result.append((path, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino))
    return tuple(result)


def directory() -> str:
    """Where caches live; private to the user."""
    root = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    path = os.path.join(root, "ansible-authoritative-dns")
    os.makedirs(path, mode=0o700, exist_ok=True)
    return path


class Cache:
    """Entries by key, each with a small summary and a body that is read only when it is wanted."""

    def __init__(self, name: str, version: str) -> None:
        self.path = os.path.join(directory(), hashlib.sha256(name.encode()).hexdigest()[:24] + ".sqlite")
        self.version = version
        self._reader: sqlite3.Connection | None = None

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """One process reads the zones, the others of the same run wait and find them read."""
        with open(self.path + ".lock", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=60)
        try:
            os.chmod(self.path, 0o600)
            connection.execute("CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, version TEXT, summary BLOB, body TEXT)")
        except (sqlite3.Error, OSError):
            connection.close()
            raise
        return connection

    def summaries(self, smaller: Callable[[Any], Any] = lambda summary: summary) -> dict[str, Any]:
        """Every summary of this version by key, as smaller makes it at once; nothing if the cache cannot be read."""
        try:
            with contextlib.closing(self._connect()) as connection:
                return {
                    key: smaller(pickle.loads(summary))
                    for key, summary in connection.execute("SELECT key, summary FROM entries WHERE version = ?", (self.version,))
                }
        except _UNREADABLE:
            with contextlib.suppress(OSError):
                os.unlink(self.path)
            return {}

    def summary(self, key: str) -> Any:
        """One summary of this version; None if it is not there, or if the cache cannot be read."""
        with contextlib.suppress(*_UNREADABLE), contextlib.closing(self._connect()) as connection:
            row = connection.execute("SELECT summary FROM entries WHERE key = ? AND version = ?", (key, self.version)).fetchone()
            return pickle.loads(row[0]) if row else None
        return None

    def replace(self, entries: Iterable[tuple[str, Any, str]], gone: Iterable[str]) -> None:
        """Write (key, summary, body) entries and drop those that are gone. A cache that cannot be written is none."""
        with contextlib.suppress(sqlite3.Error, OSError), contextlib.closing(self._connect()) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            connection.executemany("DELETE FROM entries WHERE key = ?", [(key,) for key in gone])
            connection.execute("DELETE FROM entries WHERE version <> ?", (self.version,))
            connection.executemany(
                "INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)",
                ((key, self.version, pickle.dumps(summary, protocol=5), body) for key, summary, body in entries),
            )
            connection.commit()

    def body(self, key: str, otherwise: Callable[[], str]) -> Callable[[], str]:
        """A reader of one entry's body; what ``otherwise`` gives if it is there no more."""

        def read() -> str:
            with contextlib.suppress(sqlite3.Error, OSError):
                row = self._read_connection().execute("SELECT body FROM entries WHERE key = ? AND version = ?", (key, self.version)).fetchone()
                if row:
                    return row[0]
            return otherwise()

        return read

    def _read_connection(self) -> sqlite3.Connection:
        """One for all bodies, closed when nobody is left who could read one."""
        if self._reader is None:
            self._reader = self._connect()
            weakref.finalize(self, self._reader.close)
        return self._reader


def settled(signatures: Iterable[tuple[Any, ...]], now: float | None = None) -> bool:
    """Whether the files were last changed long enough ago for their L(signature) to be trusted. now: seconds since the epoch."""
    moment = time.time() if now is None else now
    return all(moment - status[1] / 1e9 > _RACY for _path, *status in signatures if status)
