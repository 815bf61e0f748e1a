# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of docs/ and the blocks of code in them, read as the site's builder reads them."""

from __future__ import annotations

import pathlib
import re
from dataclasses import dataclass
from typing import Any

import pytest
import yaml
from markdown_it import MarkdownIt

ROOT = pathlib.Path(__file__).resolve().parents[3]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_VARIABLE = re.compile(r"(?:dns|nameserver|client|monitor|verify|cloud)_\w+\Z")
_FILE_NAME = re.compile(r"[#;] ([\w./-]+\.[a-z]+)\n")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page. line: of the page, where it begins. info: the words behind the fence."""

    page: pathlib.Path
    line: int
    info: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"

    @property
    def file(self) -> str | None:
        """The file that the block is, if its first line names one in a comment."""
        found = _FILE_NAME.match(self.text)
        return found[1] if found else None

    @property
    def is_yaml(self) -> bool:
        return self.info[:1] == ("yaml",)

    @property
    def is_fragment(self) -> bool:
        """Whether the page says that the block cannot stand alone."""
        return "fragment" in self.info

    @property
    def data(self) -> Any:
        return yaml.safe_load(self.text)

    @property
    def kind(self) -> str:
        """What a block of YAML is, by its content and its file."""
        data = self.data
        if self.is_fragment:
            return "fragment"
        if isinstance(data, dict) and "all" in data:
            return "inventory"
        if isinstance(data, dict) and all(_VARIABLE.match(key) for key in data):
            return "variables"
        if isinstance(data, dict) and (self.file or "").startswith("zones/"):
            return "zone file"
        if isinstance(data, list) and all("hosts" in item or "import_playbook" in item for item in data):
            return "playbook"
        if isinstance(data, list) and all(any("." in key for key in item) for item in data):
            return "tasks"
        return "unknown"


def blocks_of(page: pathlib.Path) -> list[Block]:
    tokens = MarkdownIt("commonmark").parse(page.read_text())
    return [Block(page, token.map[0] + 1, tuple(token.info.split()), token.content) for token in tokens if token.type == "fence" and token.map]


BLOCKS = [block for page in PAGES for block in blocks_of(page)]


@pytest.fixture(scope="session")
def pages():
    return {page.name: page.read_text() for page in PAGES}


def pytest_generate_tests(metafunc):
    """Give a test the argument C(yaml_block), each in turn, or C(declaring_block), each inventory and each block of variables."""
    found = [block for block in BLOCKS if block.is_yaml]
    if "yaml_block" in metafunc.fixturenames:
        metafunc.parametrize("yaml_block", found, ids=str)
    if "declaring_block" in metafunc.fixturenames:
        metafunc.parametrize("declaring_block", [block for block in found if block.kind in ("inventory", "variables")], ids=str)


@pytest.fixture(scope="session")
def blocks():
    return BLOCKS
