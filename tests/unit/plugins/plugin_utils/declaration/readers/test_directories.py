# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones from a directory: what its files say, and never what they said before."""

from __future__ import annotations

import json
import multiprocessing
import os
import pathlib
import shutil
import sqlite3
import tempfile
import time

import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.readers import directories
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.readers.directories import read_directory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

MASTER = "$TTL 300\n@ SOA ns1.example.net. hostmaster.example.net. 7 3600 600 1209600 300\n@ NS ns1.example.net.\n@ NS ns2.example.net.\nwww A 192.0.2.1\n"
ITEMS = [{"type": "NS", "value": ["ns1.example.net.", "ns2.example.net."]}, {"name": "www", "type": "A", "value": "192.0.2.2"}]


@pytest.fixture
def zones(tmp_path, monkeypatch):
    """An empty directory; its cache is in another."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    path = tmp_path / "zones"
    path.mkdir()
    return path


def write(path, content, age=60):
    """A file that was last changed ``age`` seconds ago."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    then = time.time() - age
    os.utime(path, (then, then))


def read(path, defaults=()):
    """All that is known of each zone, and the mistakes."""
    return [
        (draft.name, draft.where, draft.options, draft.content, draft.content and draft.content.body(), [str(problem) for problem in problems])
        for draft, problems in read_directory(str(path), dict(defaults))
    ]


def contents(path, defaults=()):
    drafts = read_directory(str(path), dict(defaults))
    assert not [problem for _draft, problems in drafts for problem in problems]
    return {draft.name: [str(record) for record in draft.content.records if record.type != "NS"] for draft, _problems in drafts}


def mistakes(path):
    return [str(problem) for _draft, problems in read_directory(str(path), {}) for problem in problems]


@pytest.fixture
def reads(monkeypatch):
    """The zones that were read from their files and not from the cache."""
    stems = []
    original = directories.read_zone

    def counted(stem, *arguments):
        stems.append(stem)
        return original(stem, *arguments)

    monkeypatch.setattr(directories, "read_zone", counted)
    return stems


# -- what the files say -----------------------------------------------------------------------------------------------


def test_a_zone_has_the_form_that_its_file_s_name_tells(zones):
    write(zones / "a.example.zone", MASTER)
    write(zones / "b.example.yaml", {"records": ITEMS})
    write(zones / "c.example.json", {"records": ITEMS, "ttl": 60})
    write(zones / "D.example.yml", "records: [{type: NS, value: [ns1.example.net., ns2.example.net.]}, {name: www, type: A, value: 192.0.2.4}]")
    write(zones / "e.example.yaml", {"": {"type": "NS", "values": ["ns1.example.net.", "ns2.example.net."]}, "www": {"type": "A", "value": "192.0.2.5"}})
    write(zones / "0%2F25.2.0.192.in-addr.arpa.zone", MASTER.replace("www A 192.0.2.1", "1 PTR www.a.example."))
    write(zones / "%2E.zone", MASTER.replace("www A 192.0.2.1", "ns1.example.net A 192.0.2.6\nns2.example.net A 192.0.2.7"))
    for ignored in (".hidden.zone", "_x.zone", "readme.md", "a.example.zone~", "b.example.zone.bak"):
        write(zones / ignored, "no zone")
    assert contents(zones) == {
        ".": ["ns1.example.net 300 A 192.0.2.6", "ns2.example.net 300 A 192.0.2.7"],
        "0/25.2.0.192.in-addr.arpa": ["1 300 PTR www.a.example."],
        "d.example": ["www 3600 A 192.0.2.4"],
        "a.example": ["www 300 A 192.0.2.1"],
        "b.example": ["www 3600 A 192.0.2.2"],
        "c.example": ["www 60 A 192.0.2.2"],
        "e.example": ["www 3600 A 192.0.2.5"],
    }


def test_options_stand_beside_a_master_file_and_records_add_to_it(zones):
    write(zones / "a.example.zone", MASTER)
    write(zones / "a.example.yaml", {"soa": {"refresh": 7200}, "serial": "unix", "records": ITEMS[1:]})
    [(draft, problems)] = read_directory(str(zones), {})
    assert (problems, draft.content.soa.refresh, draft.content.own_serial, draft.options["serial"]) == ([], 7200, 7, "unix")
    assert contents(zones)["a.example"] == ["www 300 A 192.0.2.1", "www 300 A 192.0.2.2"]


def test_a_zone_s_options_come_over_the_directory_s_and_these_over_all_others(zones):
    write(zones / "a.example.yaml", {"records": ITEMS, "soa": {"retry": 3}, "labels": {"own": 1}})
    write(zones / "_defaults.yaml", {"soa": {"retry": 2, "minimum": 20}, "ttl": 200, "labels": {"directory": 1}})
    [(draft, problems)] = read_directory(str(zones), {"soa": {"retry": 1, "minimum": 10, "expire": "2d"}, "ttl": 100, "labels": {"all": 1}})
    assert not problems and draft.options["labels"] == {"all": 1, "directory": 1, "own": 1}
    assert draft.content.soa[-3:] == (3, 172800, 20) and {record.ttl for record in draft.content.records} == {200}


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"a b.zone": MASTER}, "its file name has the label 'a b', which no zone name may have; name the file after the zone"),
        ({"a.example.yaml": {"records": ITEMS}, "a.example.json": {"records": ITEMS}}, "has a.example.json and a.example.yaml; keep one of them"),
        ({"a.example.yaml": {"ttl": 60}}, "has no records; add records, or a master file a.example.zone beside it"),
        ({"a.example.yaml": {"records": ITEMS, "tll": 60}}, "the key 'tll' is unknown, did you mean 'ttl'?"),
        ({"a.example.yaml": "records: ["}, "a.example.yaml cannot be read ("),
        ({"a.example.json": "{"}, "a.example.json cannot be read ("),
        ({"a.example.yaml": {"records": ITEMS, "ttl": "soon"}}, "ttl: 'soon' is not a time"),
        ({"a.example.zone": MASTER + "www A x\n"}, "a.example.zone), line 6: 'www A x' cannot be read ("),
        ({"a.example.zone": MASTER + "x CNAME y\nx CNAME z\n"}, "[cname-single]"),
        ({"_defaults.yaml": {"records": []}}, "the key 'records' is unknown"),
        (
            {"_defaults.json": {"secondaries": []}, "_defaults.yaml": "ttl: 1h", "_defaults.yml": "ttl: 2h"},
            "zones: has _defaults.json and _defaults.yaml and _defaults.yml; keep one of them",
        ),
        ({"_defaults.yaml": "ttl: 1h\nallow_query: [10.0.0.0/8]\nttl: 2h\n"}, "_defaults.yaml: the key 'ttl' is written twice, in line 1 and in line 3"),
        (
            {"a.example.yaml": "records:\n  - {name: www, type: A, value: 192.0.2.1}\nttl: 60\nrecords:\n  - {name: mail, type: A, value: 192.0.2.2}\n"},
            "a.example.yaml): the key 'records' is written twice, in line 1 and in line 4; write it once, with all that it shall hold",
        ),
        ({"a.example.yaml": "records:\n  - name: www\n    type: A\n    value: 192.0.2.1\n    value: 192.0.2.9\n"}, "'value' is written twice, in line 4 and"),
        ({"a.example.yaml": "www:\n  type: A\n  value: 192.0.2.1\n'www':\n  type: TXT\n  value: hello\n"}, "'www' is written twice, in line 1 and in line 4"),
        ({"a.example.yaml": "x: [{base: &b {<<: {ttl: 1}, ttl: 2, ttl: 3}}]\ny: {<<: *b}\n"}, "'ttl' is written twice, in line 1 and in line 1"),
        (
            {"a.example.json": '{"records": [{"name": "www", "type": "A", "value": "192.0.2.1", "value": "192.0.2.9"}]}'},
            "a.example.json): the key 'value' is written twice, with '192.0.2.1' and with '192.0.2.9'; write it once",
        ),
        ({"_defaults.yaml": {"validators": {"ns-cuont": "off"}}}, "did you mean 'ns-count'?"),
    ],
)
def test_mistakes_are_told_with_their_file_again_and_again(zones, files, told):
    for name, content in files.items():
        write(zones / name, content)
    first = mistakes(zones)
    assert len(first) == 1 and told in first[0]
    assert mistakes(zones) == first


def test_what_is_merged_may_be_written_again(zones):
    """Of an anchor that stands deeper than its merges too, so that these come into it before it is looked at."""
    text = """
records:
  - &servers {<<: &common {type: A, ttl: 60}, type: NS, value: [ns1.example.net., ns2.example.net.], ttl: 120}
  - {<<: *common, name: www, value: 192.0.2.1, ttl: 300}
  - {<<: *servers, name: sub}
soa: {<<: {retry: 300}, refresh: 7200}
labels:
  deep: [{deeper: &deepest {<<: *common, ttl: 1}}]
  above: {<<: *deepest, ttl: 2}
  both:
    <<: *common
    <<: *deepest
"""
    write(zones / "a.example.yaml", text)
    assert contents(zones) == {"a.example": ["www 300 A 192.0.2.1"]}


def test_octets_that_are_no_text_are_kept_as_a_name_server_keeps_them(zones):
    (zones / "a.example.zone").write_bytes(MASTER.encode() + b'x TXT \xff "\xfc" ; \xfc\n')
    assert contents(zones)["a.example"][-1] == 'x 300 TXT "\\255" "\\252"'
    assert contents(zones)["a.example"][-1] == 'x 300 TXT "\\255" "\\252"'  # from the cache too


def test_what_name_servers_load_is_a_warning_in_a_master_file_and_an_error_in_a_declaration(zones):
    write(zones / "a.example.zone", MASTER + "sub NS ns.sub\n")
    write(zones / "b.example.yaml", {"records": [*ITEMS, {"name": "sub", "type": "NS", "value": "ns.sub"}]})
    (first, none), (_second, told) = read_directory(str(zones), {})
    assert none == [] and [str(one).rpartition("[")[2] for one in first.content.warnings] == ["delegation-glue]"]
    assert [str(one).rpartition("[")[2] for one in told] == ["delegation-glue]"]


def test_a_directory_that_is_not_there_is_an_error(zones):
    with pytest.raises(OSError, match="No such file"):
        read_directory(str(zones / "missing"), {})


# -- what is kept of them ---------------------------------------------------------------------------------------------


def test_an_unchanged_file_is_read_once(zones, reads):
    for number in range(5):
        write(zones / f"{number}.example.zone", MASTER)
    first = read(zones)
    assert len(reads) == 5
    assert read(zones) == first and len(reads) == 5
    write(zones / "3.example.zone", MASTER.replace("192.0.2.1", "192.0.2.9"))
    assert contents(zones)["3.example"] == ["www 300 A 192.0.2.9"] and reads[5:] == ["3.example"]
    (zones / "4.example.zone").unlink()
    assert [name for name, *_rest in read(zones)] == [f"{number}.example" for number in range(4)] and len(reads) == 6
    with sqlite3.connect(caches(zones)[0]) as connection:
        assert connection.execute("SELECT count(*) FROM entries").fetchone() == (4,)
    connection.close()


def test_a_file_that_was_touched_is_read_again_and_is_the_same(zones, reads):
    write(zones / "a.example.zone", MASTER)
    first = read(zones)
    write(zones / "a.example.zone", MASTER, age=30)
    assert read(zones) == first == read(zones) and len(reads) == 2


def test_a_file_that_may_still_change_within_its_time_stamp_is_not_kept(zones, reads):
    write(zones / "a.example.zone", MASTER, age=0)
    assert read(zones) == read(zones) and len(reads) == 2


def test_other_defaults_are_other_zones(zones, reads):
    write(zones / "a.example.yaml", {"records": ITEMS})
    for ttl in (60, 70, 70):
        assert contents(zones, {"ttl": ttl})["a.example"] == [f"www {ttl} A 192.0.2.2"]
    write(zones / "_defaults.yaml", {"ttl": 80})
    assert contents(zones, {"ttl": 70})["a.example"] == ["www 80 A 192.0.2.2"] and len(reads) == 3


def test_other_code_reads_again(zones, reads, monkeypatch):
    write(zones / "a.example.zone", MASTER)
    read(zones)
    monkeypatch.setattr(directories, "_code", lambda: "another version of this collection")
    read(zones)
    assert len(reads) == 2


def test_an_included_file_counts(zones, reads):
    write(zones / "a.example.zone", MASTER + "$INCLUDE parts/hosts\n")
    assert "includes" in mistakes(zones)[0]
    for number in (5, 6):
        write(zones / "parts/hosts", f"host A 192.0.2.{number}\n")
        assert contents(zones)["a.example"] == [f"host 300 A 192.0.2.{number}", "www 300 A 192.0.2.1"]
    before = len(reads)
    contents(zones)
    assert len(reads) == before == 3
    (zones / "parts/hosts").unlink()
    assert "parts/hosts, which cannot be read (No such file or directory)" in mistakes(zones)[0]


def caches(zones):
    return list((zones.parent / "caches").rglob("*.sqlite"))


@pytest.mark.parametrize("damage", [lambda path: path.write_bytes(b"x" * 5000), lambda path: path.unlink(), lambda path: os.truncate(path, 4096)])
def test_a_damaged_cache_costs_time_and_nothing_else(zones, reads, damage):
    for number in range(50):
        write(zones / f"{number}.example.zone", MASTER)
    first = read(zones)
    [path] = caches(zones)
    damage(path)
    assert read(zones) == first and len(reads) == 100
    assert read(zones) == first and len(reads) == 100


def test_a_body_can_be_had_when_its_cache_is_gone(zones):
    write(zones / "a.example.zone", MASTER)
    read(zones)
    [(draft, _problems)] = read_directory(str(zones), {})
    caches(zones)[0].unlink()
    assert "www 300 IN A 192.0.2.1" in draft.content.body()


def _read_and_count(path, log, start):
    original = directories.read_zone

    def counted(stem, *arguments):
        with open(log, "a", encoding="utf-8") as stream:
            stream.write(f"{stem}\n")
        return original(stem, *arguments)

    directories.read_zone = counted
    start.wait(10)
    return [(name, body) for name, _where, _options, _content, body, _problems in read(path)]


def test_of_two_runs_at_once_one_reads(zones):
    for number in range(40):
        write(zones / f"{number}.example.zone", MASTER)
    context = multiprocessing.get_context("fork")
    with context.Manager() as manager, context.Pool(2) as pool:
        start, log = manager.Barrier(2), str(zones.parent / "log")
        one, other = (pool.apply_async(_read_and_count, (zones, log, start)) for _run in range(2))
        assert one.get(30) == other.get(30) == [(name, body) for name, _where, _options, _content, body, _problems in read(zones)]
    assert len(pathlib.Path(log).read_text().splitlines()) == 40


# -- any history ------------------------------------------------------------------------------------------------------

_NAMES = st.sampled_from(["a.example.zone", "b.example.zone", "b.example.yaml", "c.example.json", "_defaults.yaml", "part"])
_CONTENTS = {
    ".zone": [MASTER, MASTER.replace("192.0.2.1", "192.0.2.9"), MASTER.replace("300", "600"), MASTER + "$INCLUDE part\n", MASTER + "www A x\n"],
    ".yaml": ["{ttl: 60}", "{ttl: 70}", "{soa: {retry: 300}}", "{tll: 1}", "["],
    ".json": [json.dumps({"records": ITEMS}), json.dumps({"records": ITEMS[:1]}), "{}"],
    "": ["x A 192.0.2.7\n", "x A 192.0.2.8\n"],
}
_STEPS = st.one_of(
    _NAMES.flatmap(lambda name: st.tuples(st.just("write"), st.just(name), st.sampled_from(_CONTENTS[os.path.splitext(name)[1]]))),
    st.tuples(st.sampled_from(["remove", "touch", "replace"]), _NAMES),
    st.tuples(st.just("damage"), st.integers(0, 20000)),
)


def take(step, path, kept):
    action, subject, *more = step
    if action == "write":
        write(path / subject, *more)
    elif action == "damage":
        for cache in kept.rglob("*.sqlite"):
            os.truncate(cache, min(subject, cache.stat().st_size))
    elif (path / subject).exists():
        if action == "remove":
            (path / subject).unlink()
        elif action == "touch":
            os.utime(path / subject, (1000, 1000))
        else:  # by one of the same content, as an editor does
            shutil.copy2(path / subject, path / "new")
            (path / "new").rename(path / subject)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(_STEPS, st.sampled_from([{}, {"ttl": 50}])), max_size=12))
def test_the_cache_never_shows(monkeypatch, history):
    with tempfile.TemporaryDirectory() as root:
        path, kept = pathlib.Path(root, "zones"), pathlib.Path(root, "kept")
        for place in (path, kept, pathlib.Path(root, "none")):
            place.mkdir()
        for step, defaults in history:
            take(step, path, kept)
            monkeypatch.setenv("XDG_CACHE_HOME", str(kept))
            found = read(path, defaults)
            monkeypatch.setenv("XDG_CACHE_HOME", tempfile.mkdtemp(dir=root))
            assert found == read(path, defaults)


def test_many_files_are_read_by_several_processes_with_the_same_result(zones, monkeypatch):
    for number in range(40):
        write(zones / f"{number}.example.zone", MASTER if number % 10 else "@ broken")
    alone = read(zones)
    shutil.rmtree(directories.Cache(str(zones), "").path.rpartition("/")[0])
    readers, here = multiprocessing.Array("i", 2), os.getpid()  # what was read here, and by other processes
    original = directories.read_zone

    def counted(*arguments):
        with readers.get_lock():
            readers[os.getpid() != here] += 1
        return original(*arguments)

    monkeypatch.setattr(directories, "_MANY", 20)
    monkeypatch.setattr(directories, "read_zone", counted)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0, 1, 2})
    assert read(zones) == alone
    assert sum(readers) == 40 and readers[0] == 0


def test_the_cache_of_other_code_is_no_cache(tmp_path):
    """What reads a zone is all of the declaration's code, in whatever folder."""
    here = pathlib.Path(directories.__file__).parents[1]
    shutil.copytree(here, tmp_path / "code")
    assert directories.code_digest(str(tmp_path / "code")) == directories.code_digest(str(here))
    for name in ("records.py", "validators/soa.py", "readers/master_file.py"):
        before = directories.code_digest(str(tmp_path / "code"))
        (tmp_path / "code" / name).write_text("# another\n")
        assert directories.code_digest(str(tmp_path / "code")) != before, name


OCTODNS = """---
'':
  - {type: A, value: 192.0.2.1}
  - {type: TXT, values: ['v=spf1 -all']}
www: {type: CNAME, value: example.com}
010: {type: A, value: 192.0.2.10}
sip: {type: AAAA, value: 1:2:3:4:5:6:7:8}
"""


def test_a_directory_of_octodns_needs_its_name_servers_once(zones):
    write(zones / "example.com.yaml", OCTODNS)
    write(zones / "config.yaml", "providers: {config: {class: octodns.provider.yaml.YamlProvider}}\nzones: {example.com.: {sources: [config]}}\n")
    assert "config.yaml): is octoDNS' configuration, not a zone; move it to another directory, or call it _config.yaml" in mistakes(zones)[0]
    (zones / "config.yaml").rename(zones / "_config.yaml")
    (told,) = mistakes(zones)
    assert told.startswith("zone example.com: has no NS record at its apex; add ") and "or say name_servers once for many zones" in told
    write(zones / "_defaults.yaml", "name_servers: [ns1.example.net., ns2.example.net.]\nsoa: {mname: hidden.example.net.}\n")
    for _run in range(2):  # the second from the cache
        ((draft, problems),) = read_directory(str(zones), {})
        assert problems == [] and draft.content.soa.mname == "hidden.example.net."
        assert [str(record) for record in draft.content.records] == [
            "@ 3600 NS ns1.example.net.",
            "@ 3600 NS ns2.example.net.",
            "@ 3600 A 192.0.2.1",
            '@ 3600 TXT "v=spf1 -all"',
            "010 3600 A 192.0.2.10",
            "sip 3600 AAAA 1:2:3:4:5:6:7:8",
            "www 3600 CNAME example.com.",
        ]
        assert [warning.where for warning in draft.content.warnings] == ["zone example.com (%s), record www CNAME" % (zones / "example.com.yaml")]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("no", "record False A: name False was read by YAML as a truth value, False; put it in quotes"),
        ("10.20", "record 10.2 A: name 10.2 was read by YAML as a number, 10.2; put it in quotes"),
        ("~", "record None A: name None was read by YAML as nothing; put it in quotes"),
        ("2026-01-01", "name datetime.date(2026, 1, 1) was read by YAML as a date, 2026-01-01; put it in quotes"),
    ],
)
def test_what_yaml_made_of_a_name_is_told(zones, name, told):
    write(zones / "example.com.yaml", f"records: [{{type: NS, value: ns.example.net.}}, {{name: {name}, type: A, value: 192.0.2.1}}]")
    assert told in mistakes(zones)[0]


@pytest.mark.parametrize("name", ["010", "0x10", "1_0", "1:20", "+1", "1e3", "08", "50", "0"])
def test_what_only_yaml_takes_for_a_number_stays_text(zones, name):
    write(zones / "example.com.yaml", f"records: [{{type: NS, value: [ns.example.net., ns.example.org.]}}, {{name: {name}, type: TXT, value: {name}}}]")
    assert contents(zones) == {"example.com": [f'{name} 3600 TXT "{name}"']}


def test_what_is_read_already_waits_for_nobody(zones):
    write(zones / "example.com.zone", MASTER)
    assert contents(zones)
    with directories.Cache(str(zones), directories.version({"soa": {}, "labels": {}, "validators": {}})).locked():
        reader = multiprocessing.get_context("fork").Process(target=contents, args=(zones,))
        reader.start()
        reader.join(60)
        waits = reader.is_alive()
        reader.kill()
        reader.join()
    assert not waits and reader.exitcode == 0
