# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unpack the collections named in collections.txt from the wheel of the PyPI package ``ansible``.

Usage: unpack_collections.py COLLECTIONS_TXT DESTINATION

DESTINATION receives ``ansible_collections/<namespace>/<name>/`` for each name. Unpacking the four that are needed
takes 17 MB where installing the whole package takes 283 MB.
"""

from __future__ import annotations

import pathlib
import subprocess
import sys
import tempfile
import zipfile


def main(listing: str, destination: str) -> None:
    lines = [line.strip() for line in pathlib.Path(listing).read_text(encoding="utf-8").splitlines()]
    package, *names = [line for line in lines if line and not line.startswith("#")]
    with tempfile.TemporaryDirectory() as scratch:
        # The collections do not care which Python runs pip, though the package says which one its ansible-core needs.
        download = ["download", "--quiet", "--no-deps", "--ignore-requires-python", "--only-binary=:all:", "--dest", scratch]
        subprocess.run([sys.executable, "-m", "pip", *download, package], check=True)
        with zipfile.ZipFile(next(pathlib.Path(scratch).glob("*.whl"))) as wheel:
            for name in names:
                prefix = f"ansible_collections/{name.replace('.', '/')}/"
                members = [member for member in wheel.namelist() if member.startswith(prefix)]
                if not members:
                    sys.exit(f"{listing}: {package} holds no collection {name!r}; give a name it holds, such as ansible.posix")
                wheel.extractall(destination, members)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
