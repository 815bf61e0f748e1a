# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs as a release of Debian has them, without installing them: packages by name, with apt, unpacked into a directory that is kept.

    release = Release("bullseye")
    release.run("named-checkconf", "-v")

Raises Unavailable where apt or the release's repository is not within reach.
"""

from __future__ import annotations

import atexit
import functools
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping

PROGRAMS = ("bind9-utils", "nsd", "knot", "pdns-server", "pdns-backend-sqlite3")
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "authoritative-dns" / "debian-packages"
_KINDS = ("recommends", "suggests", "conflicts", "breaks", "replaces", "enhances")
_INTERPRETER = re.compile(rb"/lib[a-z0-9]*/ld-linux[-.\w]*\.so\.\d\0")  # the name of the loader in a program, see elf(5)
_NEEDED = ("lib", "bind9-libs", *PROGRAMS)  # what else they depend on is for installing them


class Unavailable(Exception):
    pass


class Release:
    def __init__(self, name: str) -> None:
        self.root = CACHE / name
        if not self.root.exists():
            self._fetch(name)
        self.loader = next(path for path in sorted(self.root.rglob("ld-linux*.so.*")) if path.is_file())
        self.libraries = sorted({str(path.parent) for path in self.root.rglob("lib*.so*")})

    def _fetch(self, name: str) -> None:
        if not shutil.which("apt-get"):
            raise Unavailable("apt is not installed")
        place = CACHE / f"{name}.part"
        shutil.rmtree(place, ignore_errors=True)
        for directory in ("lists/partial", "cache/archives/partial", "root"):
            (place / directory).mkdir(parents=True)
        (place / "sources.list").write_text(f"deb http://deb.debian.org/debian {name} main\n")
        (place / "status").touch()
        options = {
            "Dir::Etc::sourcelist": place / "sources.list",
            "Dir::Etc::sourceparts": "-",
            "Dir::State::lists": place / "lists",
            "Dir::State::status": place / "status",
            "Dir::Cache": place / "cache",
            "APT::Sandbox::User": "root",
            "Acquire::Retries": 1,
            "Acquire::http::Timeout": 20,
        }
        given = [word for option, value in options.items() for word in ("-o", f"{option}={value}")]

        def apt(program: str, *arguments: str) -> str:
            done = subprocess.run([program, *given, *arguments], cwd=place, capture_output=True, text=True, timeout=300, check=False)
            if done.returncode:
                raise Unavailable(f"{program} {arguments[0]}: {done.stderr.strip()[-300:]}")
            return done.stdout

        apt("apt-get", "--error-on=any", "update")
        found = apt("apt-cache", "depends", "--recurse", *(f"--no-{kind}" for kind in _KINDS), *PROGRAMS)
        names = sorted({line for line in found.splitlines() if line.startswith(_NEEDED)})
        apt("apt-get", "download", *names)
        for package in place.glob("*.deb"):
            subprocess.run(["dpkg-deb", "--extract", package, place / "root"], check=True)
        os.rename(place / "root", self.root)
        shutil.rmtree(place)

    def run(self, program: str, *arguments: str) -> tuple[int, str]:
        """(exit code, output) of a program, with its own release's libraries."""
        path = next(path for directory in ("usr/bin", "usr/sbin", "sbin") for path in [self.root / directory / program] if path.exists())
        command = [self.loader, "--library-path", ":".join(self.libraries), path, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stdout + done.stderr

    def unpacked(self, programs: Iterable[str], place: pathlib.Path) -> dict[str, str]:
        """Programs with all that they load, in a directory whose path has 25 characters at most: {name: path}. Whoever may look there may run them.

        Each is the program itself as its process sees it, and not the loader with it as an argument.
        """
        libraries = place / "l"
        libraries.mkdir()
        loader = shutil.copy(self.loader, place / "x")
        found = {}
        for name in programs:
            path = next(path for directory in ("usr/bin", "usr/sbin", "sbin") for path in [self.root / directory / name] if path.exists())
            listed = subprocess.run(
                [self.loader, "--library-path", ":".join(self.libraries), "--list", path], capture_output=True, text=True, check=True
            ).stdout
            for library in re.findall(r" => (\S+) ", listed):
                shutil.copy(library, libraries)
            own = place / "own" / name
            own.parent.mkdir(exist_ok=True)
            own.write_bytes(_INTERPRETER.sub(lambda old: os.fsencode(loader).ljust(len(old.group()), b"\0"), path.read_bytes(), count=1))
            own.chmod(0o755)
            start = place / name
            start.write_text(f'#!/bin/sh\nLD_LIBRARY_PATH={libraries} exec {own} "$@"\n')
            start.chmod(0o755)
            found[name] = str(start)
        return found


@functools.cache
def runnable(release: str, programs: tuple[str, ...]) -> Mapping[str, str]:
    """Paths of a release's programs, by name, for as long as this process lives. Raises Unavailable."""
    found = Release(release)
    place = pathlib.Path(tempfile.mkdtemp(prefix="d-", dir="/tmp"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    place.chmod(0o755)
    return found.unpacked(programs, place)
