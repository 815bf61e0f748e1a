# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts of this collection as one file that a host runs without Ansible."""

from __future__ import annotations

import ast
import io
import os
import zipfile
from collections.abc import Iterator

MODULE_UTILS = "ansible_collections.authoritative.dns.plugins.module_utils"
_DIRECTORY = os.path.join(os.path.dirname(os.path.dirname(__file__)), "module_utils")


def program(main: str) -> bytes:
    """A module of module_utils and what it imports of them, as one file for Python to run; the same bytes wherever it is made.

    main: the module with the function C(main), such as C(proof.monitor).
    """
    files = {"__main__.py": f"from {MODULE_UTILS}.{main} import main\n\nmain()\n".encode()}
    for module, source in sorted(_with_imports(f"{MODULE_UTILS}.{main}").items()):
        *parents, name = module.split(".")
        for depth in range(1, len(parents) + 1):
            files["/".join([*parents[:depth], "__init__.py"])] = b""  # or another ansible_collections on the host would come first
        files["/".join([*parents, name + ".py"])] = source
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as target:  # stored: what compression makes depends on the version of zlib
        for name, content in files.items():
            target.writestr(zipfile.ZipInfo(name), content)
    return archive.getvalue()


def _with_imports(main: str) -> dict[str, bytes]:
    """Source by name of a module and of those of module_utils that it imports, directly or not."""
    sources: dict[str, bytes] = {}
    ahead = [main]
    while ahead:
        module = ahead.pop()
        path = os.path.join(_DIRECTORY, *module[len(MODULE_UTILS) + 1 :].split(".")) + ".py"
        if module not in sources and os.path.isfile(path):  # else it is a package, or what is imported from a module
            with open(path, "rb") as stream:
                sources[module] = stream.read()
            ahead += _imported(sources[module])
    return sources


def _imported(source: bytes) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(MODULE_UTILS + "."):
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)
