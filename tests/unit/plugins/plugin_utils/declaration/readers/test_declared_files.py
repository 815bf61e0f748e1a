# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of dns_zones are read once, and what is kept of them never shows."""

from __future__ import annotations

import multiprocessing
import os
import pathlib
import time

import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import loading
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import DeclarationError
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.readers.declared_files import DeclaredFiles

MASTER = "$TTL 300\n@ SOA ns1.example.net. hostmaster.example.net. 7 3600 600 1209600 300\n@ NS ns1.example.net.\n@ NS ns2.example.net.\nwww A 192.0.2.1\n"


class Place:
    """A directory of files, as an inventory has it, and how often a master file was parsed."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path
        self.parsed: list[str] = []

    def write(self, name: str, text: str, age: float = 60) -> None:
        (self.path / name).write_text(text)
        then = time.time() - age
        os.utime(self.path / name, (then, then))

    def load(self, *zones, **arguments):
        files = DeclaredFiles(lambda path: os.path.join(self.path, path), str(self.path))
        inventory = Inventory({"dns_primaries": ["ns1"]}, lambda _host: ("192.0.2.53",))
        return loading.load(list(zones), {}, inventory, files.read, keep=files.fill, **arguments).zones

    def records(self, **options):
        content = self.load({"name": "example.com", "file": "a.zone", **options})["example.com"].content
        assert content.addresses == [record for record in content.records if record.type == "A"]
        return [str(record) for record in content.records if record.type != "NS"]


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    (tmp_path / "inventory").mkdir()
    place = Place(tmp_path / "inventory")
    original = loading.parse_zone_file

    def counted(text, origin, *arguments):
        place.parsed.append(str(origin))
        return original(text, origin, *arguments)

    monkeypatch.setattr(loading, "parse_zone_file", counted)
    place.write("a.zone", MASTER)
    return place


def test_an_unchanged_file_is_read_once(place):
    assert place.records() == place.records() == place.records() == ["www 300 A 192.0.2.1"]
    assert place.parsed == ["example.com."]


def test_a_changed_file_is_read_again_and_what_was_kept_of_it_goes(place):
    place.records()
    place.write("a.zone", MASTER.replace("192.0.2.1", "192.0.2.2"), age=30)
    assert place.records() == place.records() == ["www 300 A 192.0.2.2"] and len(place.parsed) == 2
    place.write("b.zone", MASTER)
    place.load({"name": "example.org", "file": "b.zone"})
    (place.path / "b.zone").unlink()
    place.write("a.zone", MASTER, age=20)
    place.records()
    files = DeclaredFiles(str, str(place.path))
    assert [entry[2] for entry in files._kept.values()] == ["example.com"]


def test_a_file_that_may_still_change_within_its_time_stamp_is_not_kept(place):
    place.write("a.zone", MASTER, age=0)
    assert place.records() == place.records() and len(place.parsed) == 2


def test_an_included_file_counts(place):
    place.write("a.zone", MASTER + "$INCLUDE b\n")
    place.write("b", "ftp A 192.0.2.7\n")
    assert place.records() == place.records() == ["ftp 300 A 192.0.2.7", "www 300 A 192.0.2.1"] and len(place.parsed) == 1
    place.write("b", "ftp A 192.0.2.8\n", age=30)
    assert place.records()[0] == "ftp 300 A 192.0.2.8"


def test_other_options_are_another_zone_and_both_are_kept(place):
    for _time in range(2):
        assert place.records() == ["www 300 A 192.0.2.1"]
        assert place.records(records=[{"name": "x", "type": "A", "value": "192.0.2.9"}], ttl=5) == ["www 300 A 192.0.2.1", "x 5 A 192.0.2.9"]
        assert place.load({"name": "example.com", "file": "a.zone", "soa": {"refresh": 7200}})["example.com"].content.soa.refresh == 7200
    assert len(place.parsed) == 3


def test_mistakes_are_told_again_and_again(place):
    place.write("a.zone", MASTER + "x A 192.0.2.256\n")
    said = []
    for _time in range(2):
        with pytest.raises(DeclarationError) as error:
            place.records()
        said.append(str(error.value))
    assert said[0] == said[1] and "a.zone, line 6" in said[0] and len(place.parsed) == 1
    with pytest.raises(DeclarationError, match="file 'none' cannot be read"):
        place.load({"name": "example.com", "file": "none"})
    with pytest.raises(DeclarationError, match="file 5 cannot be read"):
        place.load({"name": "example.com", "file": 5})


def test_warnings_are_the_same_when_they_are_kept(place):
    place.write("a.zone", MASTER.replace("@ NS ns2.example.net.\n", ""))
    first, second = (place.load({"name": "example.com", "file": "a.zone"})["example.com"] for _time in range(2))
    assert first == second and "[ns-count]" in str(first.content.warnings[0])


def test_a_reverse_zone_that_takes_records_from_others_is_made_each_time(place):
    place.write("b.zone", MASTER.replace("www A 192.0.2.1", "1 PTR www.example.com."))
    zones = [{"name": "example.com", "file": "a.zone"}, {"reverse_network": "192.0.2.0/24", "file": "b.zone"}]
    for _time in range(2):
        assert "1 300 PTR www.example.com." in map(str, place.load(*zones)["2.0.192.in-addr.arpa"].content.records)
    assert place.parsed.count("example.com.") == 1


def test_a_body_can_be_had_when_its_cache_is_gone(place):
    place.records()
    content = place.load({"name": "example.com", "file": "a.zone"})["example.com"].content
    for path in (place.path.parent / "caches").rglob("*.sqlite"):
        path.unlink()
    assert [str(record) for record in content.records][-1] == "www 300 A 192.0.2.1" and len(place.parsed) == 2


def test_of_several_processes_at_once_one_reads(place, monkeypatch):
    fork = multiprocessing.get_context("fork")
    times = fork.Value("i", 0)
    original = loading.parse_zone_file

    def counted(*arguments):
        with times:
            times.value += 1
        time.sleep(0.2)  # so that the others come meanwhile
        return original(*arguments)

    monkeypatch.setattr(loading, "parse_zone_file", counted)
    processes = [fork.Process(target=place.records) for _number in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
    assert [process.exitcode for process in processes] == [0] * 4 and times.value == 1
