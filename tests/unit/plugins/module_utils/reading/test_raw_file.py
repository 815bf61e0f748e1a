# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import shutil
import subprocess

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.reading import content, raw_file

COMPILER = shutil.which("named-compilezone", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"]))
ZONE = "0/25.2.0.192.in-addr.arpa"
TEXT = r"""$TTL 600
@ SOA ns1.Example. first\.last.example. 2026112801 3600 600 1209600 300
@ 3600 NS ns1.Example.
@ 3600 NS a\046b.example.
1 PTR www.example.
sub NS ns.other.example.
zz TXT "x"
"""
APEX = {
    f"{ZONE}. 600 IN SOA ns1.example. first\\046last.example. 2026112801 3600 600 1209600 300",
    f"{ZONE}. 3600 IN NS ns1.example.",
    f"{ZONE}. 3600 IN NS a\\046b.example.",
}


@pytest.fixture
def path(tmp_path):
    (tmp_path / "text").write_text(TEXT)
    arguments = ["-q", "-k", "ignore", "-F", "raw", "-o", str(tmp_path / "raw"), ZONE, str(tmp_path / "text")]
    subprocess.run([COMPILER, *arguments], check=True, capture_output=True)
    return tmp_path / "raw"


@pytest.mark.skipif(not COMPILER, reason="BIND is not installed")
def test_the_apex_of_a_raw_file_is_told_if_it_has_the_serial_that_is_served(path):
    def told(serial):
        return content.contents({ZONE: str(path)}, None, lambda *_arguments: ["echo", "compiled"], {ZONE: serial})[ZONE]

    found = told(2026112801)
    assert set(found["text"].splitlines()) == APEX and not found["as_it_is"] and " SOA " in found["text"].splitlines()[0]
    assert told(2026112802)["text"] == "compiled\n"  # a journal goes on from there
    assert content.contents({ZONE: str(path)}, None, lambda *_arguments: ["echo", "compiled"])[ZONE]["text"] == "compiled\n"


@pytest.mark.skipif(not COMPILER, reason="BIND is not installed")
def test_a_beginning_is_enough_and_nonsense_is_none(path):
    data = path.read_bytes()
    whole = list(raw_file.records(data))
    assert len(whole) == 6 and {record.owner for record in whole} >= {f"1.{ZONE}.", f"zz.{ZONE}."}
    for end in range(24, len(data)):
        assert list(raw_file.records(data[:end])) == whole[: len(list(raw_file.records(data[:end])))]
    for broken in (b"", TEXT.encode(), data[:7] + b"\2" + data[8:], data[:27] + b"\0" + data[28:]):
        with pytest.raises(raw_file.NotRaw):
            list(raw_file.records(broken))
