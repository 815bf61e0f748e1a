# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import sys

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.reading.content import contents


def command(zone, path, raw):
    return [sys.executable, "-c", f"import sys; sys.exit('no ' + {zone!r}) if {zone!r} == 'bad' else print({zone!r}, {raw})"]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("; gr\u00fcn\n@ A 192.0.2.1\n".encode(), {"text": "; gr\u00fcn\n@ A 192.0.2.1\n", "as_it_is": True}),
        (b"; gr\xfcn\n", {"text": "a False\n", "as_it_is": False}),
        (b"@ A 192.0.2.1\n$include part\n", {"text": "a False\n", "as_it_is": False}),
        (b"@ A 192.0.2.1\n( $INCLUDE part )\n", {"text": "a False\n", "as_it_is": False}),
        (b"\xef\xbb\xbf$INCLUDE part\n", {"text": "a False\n", "as_it_is": False}),
        (b"\0\0\0\2\0\0", {"text": "a True\n", "as_it_is": False}),
    ],
)
def test_a_file_is_taken_as_it_is_where_it_needs_nothing(tmp_path, data, expected):
    (tmp_path / "a").write_bytes(data)
    assert contents({"a": str(tmp_path / "a")}, None, command) == {"a": expected}


def test_relative_paths_that_a_file_includes_are_told_and_where_they_begin(tmp_path):
    zone, inner = tmp_path / "a", tmp_path / "parts"
    inner.mkdir()
    zone.write_text('$INCLUDE parts/b ; $INCLUDE no\n$include "/whole"\n@ TXT "$INCLUDE no"\n$INCLUDE parts/b sub.example.\n$INCLUDE gone\n')
    (inner / "b").write_text("$INCLUDE c\n")
    (tmp_path / "c").write_text("$INCLUDE parts/b\n")
    here = [sys.executable, "-c", "import os; print(os.getcwd())"]
    found = contents({"a": str(zone)}, None, lambda *_arguments: here, directory=str(tmp_path))["a"]
    assert found == {"text": f"{tmp_path}\n", "as_it_is": False, "included": ["parts/b", "c", "gone"]}
    assert contents({"a": str(zone)}, None, lambda *_arguments: here)["a"] == {"text": "/\n", "as_it_is": False}
    assert contents({"a": str(zone)}, None, lambda *_arguments: here, directory="/nowhere")["a"]["text"] == "/\n"


def test_what_cannot_be_read_is_told(tmp_path):
    (tmp_path / "raw").write_bytes(b"\0\0\0\2")
    paths = {"gone": str(tmp_path / "gone"), "bad": str(tmp_path / "raw")}
    assert {zone: found["wrong"] for zone, found in contents(paths, None, command).items()} == {
        "gone": f"{tmp_path}/gone cannot be read (No such file or directory)",
        "bad": f"{tmp_path}/raw cannot be read: no bad",
    }
    found = contents({"bad": str(tmp_path / "raw")}, None, lambda *_arguments: None)
    assert found["bad"]["wrong"] == f"{tmp_path}/raw is no plain text, and the program that reads it is not installed"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to have the rights of another user")
def test_a_link_of_the_server_leads_to_nothing_that_the_server_may_not_read(tmp_path):
    for directory in (tmp_path, *list(tmp_path.parents)[:2]):
        directory.chmod(0o755)
    secret = tmp_path / "secret"
    secret.write_text("secret")
    secret.chmod(0o600)
    (tmp_path / "zone").symlink_to(secret)
    assert contents({"a": str(tmp_path / "zone")}, "nobody", command) == {"a": {"wrong": f"{tmp_path}/zone cannot be read (Permission denied)"}}
    assert contents({"a": str(tmp_path / "zone")}, None, command)["a"]["text"] == "secret"
