# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/architecture.md says which folder may import which. Here its tables are held against the imports."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PLUGINS = ROOT / "plugins"
PACKAGE = "ansible_collections.authoritative.dns.plugins."
RIM = {"inventory.py", "host_files.py", "host_programs.py", "earlier_task.py", "large_arguments.py"}
# What reaches out of the process. Readers of the declaration may open files, in as many processes as there are cores.
NETWORK = {"socket", "socketserver", "ssl", "http", "urllib", "select", "selectors", "asyncio"}
CONVERSIONS = {"socket." + name for name in ("AF_INET", "AF_INET6", "inet_aton", "inet_pton", "inet_ntop")}  # that open nothing
OUTSIDE = NETWORK | {"subprocess", "multiprocessing", "concurrent", "sqlite3", "ansible"}


def tables():
    """{(side, folder or file): what it may import} as the page has it."""
    allowed, side = {}, None
    for line in (ROOT / "docs/architecture.md").read_text().splitlines():
        heading = re.match(r"## .*`plugins/(\w+)/`", line)
        side = heading.group(1) if heading else None if line.startswith("## ") else side
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if side and len(cells) == 3 and cells[0].startswith("`"):
            for place in re.findall(r"`([\w./]+)`", cells[0]):
                allowed[side, place.strip("/")] = set(re.findall(r"`(\w+)`", cells[2]))
    return allowed


ALLOWED = tables()
NAMES = {"ids": lambda path: str(path.relative_to(PLUGINS))}
FILES = sorted(path for side in ("plugin_utils", "module_utils") for path in (PLUGINS / side).rglob("*.py"))
SHARED = {"common", "wire", "transfer", "proof", "reading"}  # of module_utils, what plugin_utils may import besides


def imported(path):
    """(module, line) of everything that a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            below = [f"{node.module}.{alias.name}" for alias in node.names]
            modules = [name for name in below if (PLUGINS / name.removeprefix(PACKAGE).replace(".", "/")).with_suffix(".py").exists()]
            yield from ((name, node.lineno) for name in modules or (below if node.module == "socket" else [node.module]))


def room(path):
    """(side, folder or file) where a file lives, as the page names it: the deepest folder that it has a row for."""
    side, *parts = path.relative_to(PLUGINS).parts
    for depth in range(len(parts), 0, -1):
        if (side, "/".join(parts[:depth])) in ALLOWED:
            return side, "/".join(parts[:depth])
    raise AssertionError(f"{path.relative_to(ROOT)} is in no row of docs/architecture.md")


@pytest.mark.parametrize("path", FILES, **NAMES)
def test_imports_go_downwards(path):
    side, place = room(path)
    own = place.split("/", maxsplit=1)[0]
    for name, line in imported(path):
        if not name.startswith(PACKAGE):
            continue
        target_side, target = name.removeprefix(PACKAGE).split(".")[:2]
        if (side, own) == (target_side, target):
            continue
        where = f"{path.relative_to(ROOT)}:{line} imports {name}"
        if side == target_side:
            assert target in ALLOWED[side, place], where
        else:
            assert (side, target_side) == ("plugin_utils", "module_utils") and target in SHARED, where


@pytest.mark.parametrize("path", [path for path in FILES if path.name not in RIM and "plugin_utils" in path.parts], **NAMES)
def test_the_core_is_pure(path):
    refused = NETWORK | {"ansible"} if "readers" in path.parts else OUTSIDE
    wrong = [f"{path.relative_to(ROOT)}:{line} imports {name}" for name, line in imported(path) if name.split(".")[0] in refused and name not in CONVERSIONS]
    assert not wrong


@pytest.mark.parametrize("path", [path for path in FILES if {"serving", "reading"} & set(path.relative_to(ROOT).parts)], **NAMES)
def test_a_managed_host_needs_the_standard_library_alone(path):
    wrong = [name for name, _line in imported(path) if not name.startswith(PACKAGE) and name.split(".")[0] not in sys.stdlib_module_names]
    assert not wrong


def test_modules_import_no_circle():
    graph = {
        path: {PLUGINS / (name.removeprefix(PACKAGE).replace(".", "/") + ".py") for name, _line in imported(path) if name.startswith(PACKAGE)}
        for path in FILES
    }
    done, ahead = set(), []

    def visit(path):
        assert path not in ahead, " → ".join(str(step.relative_to(PLUGINS)) for step in [*ahead[ahead.index(path) :], path])
        if path not in done:
            ahead.append(path)
            for target in sorted(graph.get(path, ())):
                visit(target)
            done.add(ahead.pop())

    for path in FILES:
        visit(path)


def test_every_row_of_the_page_is_there():
    for side, place in ALLOWED:
        assert (PLUGINS / side / place).exists(), f"docs/architecture.md names plugins/{side}/{place}"


@pytest.mark.parametrize("test", sorted(Path(__file__).parent.rglob("test_*.py")), ids=lambda path: path.stem)
def test_tests_mirror_paths(test):
    if test != Path(__file__):
        tested = PLUGINS / test.relative_to(Path(__file__).parent).with_name(test.name.removeprefix("test_"))
        assert tested.exists() or tested.with_suffix("").is_dir(), f"{test.relative_to(ROOT)} tests {tested.relative_to(ROOT)}, which is not there"
