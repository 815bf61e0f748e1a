# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts of this collection as one file that a host runs without Ansible."""

from __future__ import annotations

import importlib
import io
import os
import zipfile
from collections.abc import Sequence

MODULE_UTILS = "ansible_collections.authoritative.dns.plugins.module_utils"


def program(main: str, packages: Sequence[str]) -> bytes:
    """Packages of module_utils as one file for Python to run, the same bytes wherever it is made.

    main: the module with the function C(main), such as C(proof.monitoring). packages: those that it needs, its own among them.
    """
    files = {"__main__.py": f"from {MODULE_UTILS}.{main} import main\n\nmain()\n".encode()}
    for package in packages:
        parts = f"{MODULE_UTILS}.{package}".split(".")
        for depth in range(1, len(parts) + 1):
            files["/".join([*parts[:depth], "__init__.py"])] = b""  # or another ansible_collections on the host would come first
        (directory,) = importlib.import_module(".".join(parts)).__path__
        for name in sorted(os.listdir(directory)):
            if name.endswith(".py"):
                with open(os.path.join(directory, name), "rb") as stream:
                    files["/".join([*parts, name])] = stream.read()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as target:  # stored: what compression makes depends on the version of zlib
        for name, content in files.items():
            target.writestr(zipfile.ZipInfo(name), content)
    return archive.getvalue()
