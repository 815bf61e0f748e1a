# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Do what a page says: follow.py PAGE.md DIRECTORY

Reads the page's fenced code blocks in their order. One that begins with a comment naming a file (``# group_vars/all/dns.yml``) is written
there; one of ``console`` is run, each line of it in DIRECTORY; one of ``text`` must be in what the console block before it printed: its lines
in their order, spaces as they come, … for whatever stands there. Stops at the first that fails, with what it printed, and with status 1.
"""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys
import time
from collections.abc import Iterator

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE_NAME = re.compile(r"# (\S+\.\w+)\n")
FORGOTTEN = ("ANSIBLE_", "MOLECULE_", "PYTHONPATH")  # what only this run of the tests has in its environment,
KEPT = ("ANSIBLE_COLLECTIONS_PATH", "ANSIBLE_PIPELINING", "ANSIBLE_TRANSPORT")  # but for where it says how it differs from a reader's
LONGEST = 300  # seconds that a command may take


def blocks(page: str) -> Iterator[tuple[str, str, str]]:
    """(kind, file name, text) of each block; the kind is file, console, text or other, and only a file has a name."""
    for language, text in BLOCK.findall(page):
        name = FILE_NAME.match(text)
        kind = "file" if name else language if language in ("console", "text") else "other"
        yield kind, name[1] if name else "", text


def missing(expected: str, printed: str) -> str | None:
    """The first line of a text block that is not in what was printed, after those before it; None when all are."""
    rest = iter(printed.splitlines())
    for line in filter(None, map(str.strip, expected.splitlines())):
        words = r"\s+".join(re.escape(word).replace("…", ".*?") for word in line.split())
        pattern = re.compile(rf"(?<!\w){words}(?!\w)")
        if not any(pattern.search(candidate) for candidate in rest):
            return line
    return None


def follow(page: str, directory: pathlib.Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name in KEPT or not name.startswith(FORGOTTEN)}
    environment |= {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_HOME": str(directory / ".ansible")}
    printed = ""
    for kind, name, text in blocks(page):
        if kind == "file":
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            (directory / name).write_text(text, encoding="utf-8")
            print(f"       wrote {name}")
        elif kind == "console":
            printed = ""
            for command in text.splitlines():
                started = time.monotonic()
                run = subprocess.run(
                    ["bash", "-c", command],
                    cwd=directory,
                    env=environment,
                    timeout=LONGEST,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    check=False,
                )
                printed += run.stdout
                print(f"{time.monotonic() - started:6.1f} s {command}", flush=True)
                if run.returncode:
                    sys.exit(f"{run.stdout}\nThis command of the page fails: {command}")
        elif kind == "text":
            line = missing(text, printed)
            if line is not None:
                sys.exit(f"{printed}\nThe page shows this line, which is not printed, or not after those before it: {line}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    follow(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"), pathlib.Path(sys.argv[2]))
