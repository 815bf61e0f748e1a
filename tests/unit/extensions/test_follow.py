# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The script that does what a page says notices when the page is wrong."""

from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest

SCRIPT = pathlib.Path(__file__).resolve().parents[3] / "extensions/molecule/quickstart/files/follow.py"
PAGE = """# A page

```yaml
# some/where/greeting.yml
hello: world
```

```console
cat some/where/greeting.yml
echo ns1 : ok=7 changed=0 failed=0 skipped=1
```

```text
hello:   world
ns1 : ok=… changed=0 failed=0 …
```
"""


def follow(directory, page):
    (directory / "page.md").write_text(page)
    return subprocess.run([sys.executable, SCRIPT, "page.md", "."], cwd=directory, capture_output=True, text=True, timeout=30, check=False)


def test_files_are_written_commands_run_and_what_they_print_is_compared(tmp_path):
    assert follow(tmp_path, PAGE).returncode == 0
    assert (tmp_path / "some/where/greeting.yml").read_text().endswith("hello: world\n")


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("changed=0 failed=0 …", "changed=1 failed=0 …", "The page shows this line"),
        ("changed=0 failed=0 …", "changed=0 failed=0 … ignored", "The page shows this line"),
        ("hello:   world\nns1 : ok=…", "ns1 : ok=… changed=0\nhello: world", "not after those before it: hello: world"),
        ("echo ns1", "false && echo ns1", "This command of the page fails: false && echo ns1"),
        ("cat some/", "cat else", "This command of the page fails: cat else"),
    ],
)
def test_what_is_wrong_on_the_page_is_told(tmp_path, right, wrong, told):
    outcome = follow(tmp_path, PAGE.replace(right, wrong))
    assert outcome.returncode == 1 and told in outcome.stderr
