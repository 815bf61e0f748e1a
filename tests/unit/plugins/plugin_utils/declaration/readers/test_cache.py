# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cache is right or empty, whatever happened to its file."""

from __future__ import annotations

import os
import pathlib
import sqlite3
import stat
import tempfile
import threading
import time

import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.readers.cache import Cache, settled, signature
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

# a connection that is left to the garbage collector
pytestmark = pytest.mark.filterwarnings("error::ResourceWarning", "error::pytest.PytestUnraisableExceptionWarning")

ENTRIES = [("a", ("summary", 1), "body a\n"), ("b", {"any": None}, "body b\n")]


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    return Cache("/somewhere/zones", "version 1")


def nothing():
    raise AssertionError("the body is there")


# -- entries ----------------------------------------------------------------------------------------------------------


def test_what_was_written_is_found_by_the_next_one(cache):
    assert cache.summaries() == {}
    cache.replace(ENTRIES, [])
    again = Cache("/somewhere/zones", "version 1")
    assert again.summaries() == {"a": ("summary", 1), "b": {"any": None}}
    assert [again.body(key, nothing)() for key in "ab"] == ["body a\n", "body b\n"]
    assert Cache("/somewhere/else", "version 1").summaries() == {}


def test_only_the_user_can_read_it(cache):
    cache.replace(ENTRIES, [])
    assert stat.S_IMODE(os.stat(cache.path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(os.path.dirname(cache.path)).st_mode) == 0o700


def test_another_version_finds_nothing_and_what_it_writes_replaces_all(cache):
    cache.replace(ENTRIES, [])
    newer = Cache("/somewhere/zones", "version 2")
    assert newer.summaries() == {} and newer.body("a", lambda: "read again")() == "read again"
    newer.replace([("c", 3, "body c")], [])
    assert (newer.summaries(), cache.summaries()) == ({"c": 3}, {})


def test_a_body_that_went_meanwhile_is_made_again(cache):
    cache.replace(ENTRIES, [])
    body = cache.body("a", lambda: "read again")
    Cache("/somewhere/zones", "version 1").replace([], ["a"])
    assert body() == "read again"


_CHANGES = st.lists(
    st.tuples(st.dictionaries(st.sampled_from("abcd"), st.text(max_size=5), max_size=3), st.sets(st.sampled_from("abcd"), max_size=2)), max_size=6
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_CHANGES)
def test_it_holds_what_was_written_last(monkeypatch, changes):
    with tempfile.TemporaryDirectory() as directory:
        monkeypatch.setenv("XDG_CACHE_HOME", directory)
        cache, expected = Cache("zones", "1"), {}
        for written, gone in changes:
            cache.replace([(key, (text,), text) for key, text in written.items()], gone)
            expected = {**{key: text for key, text in expected.items() if key not in gone}, **written}
            assert cache.summaries() == {key: (text,) for key, text in expected.items()}
            assert {key: Cache("zones", "1").body(key, nothing)() for key in expected} == expected


# -- a damaged file ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + bytes(2000)], ids=["empty", "text", "zeros"])
def test_a_file_that_is_no_cache_is_none_and_is_written_anew(cache, content):
    pathlib.Path(cache.path).write_bytes(content)
    assert cache.summaries() == {} and cache.body("a", lambda: "read again")() == "read again"
    cache.replace(ENTRIES, [])
    assert cache.summaries().keys() == {"a", "b"}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_file_gives_what_was_written_or_nothing(cache, data):
    """Whole pages, as a full disk or a lost machine leaves them; a checksum against flipped bits is the disk's work."""
    path = pathlib.Path(cache.path)
    path.unlink(missing_ok=True)
    cache.replace([(str(number), ("summary", number), "x" * 300) for number in range(40)], [])
    content = path.read_bytes()
    kept = data.draw(st.integers(0, len(content)))
    path.write_bytes(content[:kept] + bytes(len(content) - kept) * data.draw(st.booleans()))
    assert all(summary == ("summary", int(key)) for key, summary in Cache("/somewhere/zones", "version 1").summaries().items())


def test_a_summary_that_cannot_be_read_empties_the_cache(cache):
    for damaged in (b"", b"\x80\x05K", b"\x80\x05c", b"\x80\x05cno_such_module\nThing\n.", b"\x80\x05cdatetime\nNothing\n.", b"garbage"):
        cache.replace(ENTRIES, [])
        with sqlite3.connect(cache.path) as connection:
            connection.execute("UPDATE entries SET summary = ? WHERE key = 'b'", (damaged,))
        connection.close()
        assert cache.summaries() == {} and not os.path.exists(cache.path)


def test_a_cache_that_cannot_be_written_is_none(cache):
    os.mkdir(cache.path)
    cache.replace(ENTRIES, [])
    assert cache.summaries() == {} and cache.body("a", lambda: "read again")() == "read again"


# -- what it rests on -------------------------------------------------------------------------------------------------


def test_a_signature_changes_with_content_time_and_file(tmp_path):
    path = tmp_path / "a"
    path.write_text("same")
    seen = {signature([str(path)])}
    for change in (
        lambda: path.write_text("longer"),
        lambda: path.write_text("longeR"),
        lambda: os.utime(path, (1, 1)),
        lambda: (path.rename(tmp_path / "b"), path.write_text("longeR"), os.utime(path, (1, 1))),
        path.unlink,
        lambda: path.write_text("back"),
    ):
        change()
        seen.add(signature([str(path)]))
    assert len(seen) == 7
    assert signature([str(path)]) in seen and signature([str(path), str(path)]) not in seen


def test_a_file_is_trusted_when_it_was_left_alone_for_a_while(tmp_path):
    path = tmp_path / "a"
    path.write_text("x")
    now = time.time()
    assert not settled(signature([str(path)]), now) and settled(signature([str(path)]), now + 10)
    assert settled(signature([str(tmp_path / "missing")]), now)
    os.utime(path, (now - 60, now - 60))
    assert settled(signature([str(path)]))


def test_one_reads_while_the_other_waits(cache):
    events = []

    def second():
        with Cache("/somewhere/zones", "version 1").locked():
            events.append("second")

    thread = threading.Thread(target=second)
    with cache.locked():
        thread.start()
        thread.join(0.2)
        events.append("first")
    thread.join(5)
    assert events == ["first", "second"]
