# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import grp
import json
import multiprocessing
import os
import pwd
import shutil
import time

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.serving import generations as module
from ansible_collections.authoritative.dns.plugins.module_utils.serving import trusted_paths
from ansible_collections.authoritative.dns.plugins.module_utils.serving.generations import Generation, Generations

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="files are given to root")
ROOT_GROUP = grp.getgrgid(0).gr_name
NOBODY = pwd.getpwnam("nobody")
NOBODY_GROUP = grp.getgrgid(NOBODY.pw_gid).gr_name


@pytest.fixture
def generations(tmp_path):
    return Generations(str(tmp_path / "state"), ROOT_GROUP)


def build(generations, files, notes=None):
    with generations:
        staged = generations.stage(("zones",))
        for name, text in files.items():
            staged.add(name, text, {"zone": name})
        staged.notes = notes or {}
        generations.swap(staged)
    return staged


def test_what_was_written_is_read_again(generations):
    build(generations, {"zones/a": "a\udcff\n"}, {"secondary": {"b": "b"}})
    current = generations.current()
    assert current.read("zones/a") == "a\udcff\n"  # octets that are no UTF-8 survive
    assert current.facts("zones/a") == {"zone": "zones/a"} and current.notes == {"secondary": {"b": "b"}}
    assert current.facts("zones/b") is None and current.read("zones/b") is None
    assert current.look() == (set(), set())


def test_before_the_first_there_is_an_empty_one(generations):
    assert generations.current().files == {} and not os.path.exists(generations.directory)


@pytest.mark.parametrize(
    "manifest",
    ["", "{", "{}", "[]", '{"files": {}}', '{"files": {"../a": [1, 2, 3, null]}, "notes": {}}', '{"files": {"a": 1}, "notes": {}}', None],
)
def test_a_generation_without_a_readable_manifest_is_a_refusal(generations, manifest):
    path = build(generations, {"a": "a"}).path + "/manifest.json"
    os.unlink(path)
    if manifest is not None:
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(manifest)
    with pytest.raises(Refused, match="what .*/current leads to cannot be read .*, so what this host was given is not known; .* or remove this link"):
        generations.current()


def test_only_content_counts_as_edited(generations):
    staged = build(generations, {"same": "one", "other": "one", "gone": "one", "touched": "one", "shorter": "one"})
    for name, text in {"other": "two", "shorter": "on"}.items():
        with open(os.path.join(staged.path, name), "w", encoding="utf-8") as stream:
            stream.write(text)
    os.unlink(os.path.join(staged.path, "gone"))
    os.utime(os.path.join(staged.path, "touched"), (1, 1))
    assert generations.current().look()[0] == {"other", "gone", "shorter"}


def test_a_file_is_never_written_over(generations):
    with generations:
        staged = generations.stage()
        staged.add("a", "old", None)
        with pytest.raises(FileExistsError):
            staged.add("a", "new", None)


def test_a_shared_file_is_the_same_file(generations):
    first = build(generations, {"a": "a", "b": "b"})
    with generations:
        second = generations.stage((), first, ["a"])
        second.add("b", "c", None)
        generations.swap(second)
    assert os.path.samefile(os.path.join(first.path, "a"), os.path.join(second.path, "a"))
    assert (first.read("b"), generations.current().read("b")) == ("b", "c")


def change(generations, files, removed=()):
    """A run that writes these files and leaves others as they are but for those that it removes; how many links it made."""
    linked = []
    link = os.link
    with generations, pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "link", lambda *arguments, **options: (linked.append(arguments), link(*arguments, **options)))
        former = generations.current()
        staged = generations.stage(("zones",), former, former.files.keys() - files.keys() - set(removed))
        for name, text in files.items():
            staged.add(name, text, {"zone": name})
        generations.swap(staged)
        generations.finish(former, staged)
    return len(linked)


def content(path):
    found = {}
    for directory, _directories, files in os.walk(path):
        for name in files:
            with open(os.path.join(directory, name), encoding="utf-8") as stream:
                found[os.path.relpath(os.path.join(directory, name), path)] = stream.read()
    return found


def test_the_next_generation_costs_what_changes(generations):
    files = {f"zones/{number}": "one" for number in range(20)}
    assert change(generations, {**files, "keys": "old secret"}) == 0
    assert change(generations, {"keys": "secret"}, ["zones/3"]) == 19  # there is no spare yet
    assert change(generations, {"zones/5": "two", "zones/new": "two"}) == 1  # the key that the spare had none of
    assert change(generations, {"zones/7": "two"}, ["zones/new"]) == 1
    assert change(generations, {"zones/5": "three"}) == 1
    expected = {**files, "keys": "secret", "zones/7": "two", "zones/5": "three"}
    del expected["zones/3"]
    current = generations.current()
    assert current.look() == (set(), set()) and current.files.keys() == expected.keys()
    there = content(current.path)
    del there["manifest.json"]
    assert there == expected
    del expected["zones/5"]
    assert content(generations.spare) == expected  # no former key, and no zone that is gone
    assert sorted(os.listdir(generations.directory)) == ["current", os.path.basename(current.path), "lock", "spare"]


@pytest.mark.parametrize("put", ["edited", "replaced", "stray", "missing", "directory", "gone", "pipe"])
def test_nothing_that_became_of_the_spare_gets_into_a_generation(generations, put):
    build(generations, {"zones/a": "a", "zones/b": "b"})
    change(generations, {"zones/a": "c"})
    place = os.path.join(generations.spare, "zones")
    if put in ("replaced", "missing", "pipe"):
        os.unlink(f"{place}/b")
    if put in ("replaced", "stray"):
        with open(f"{place}/{'b' if put == 'replaced' else 'stray'}", "w", encoding="utf-8") as stream:
            stream.write("x")
    elif put == "pipe":
        os.mkfifo(f"{place}/b")
    elif put == "directory":
        os.mkdir(f"{place}/of somebody")
    elif put == "gone":
        shutil.rmtree(place)
    elif put == "edited":
        os.chmod(place, 0o777)
    change(generations, {"zones/a": "d"})
    current = generations.current()
    assert current.look() == (set(), set())
    there = content(current.path)
    del there["manifest.json"]
    assert there == {"zones/a": "d", "zones/b": "b"}


def test_a_spare_that_cannot_be_made_is_none(generations):
    build(generations, {"a": "a"})
    change(generations, {"a": "b"})
    first = generations.current().path

    def refuse(*_arguments):
        raise OSError

    with generations, pytest.MonkeyPatch.context() as patch:
        former = generations.current()
        staged = generations.stage((), former, [])
        staged.add("a", "c", None)
        generations.swap(staged)
        patch.setattr(os, "rename", refuse)
        generations.finish(former, staged)
    assert not os.path.exists(first) and not os.path.exists(generations.spare) and generations.current().read("a") == "c"


def test_whoever_forgets_forgets_the_spare(generations):
    build(generations, {"a": "a"})
    change(generations, {"a": "b"})
    assert os.path.exists(generations.spare)
    with generations:
        generations.forget()
    assert os.listdir(generations.directory) == ["lock"]


def test_staging_removes_leftovers_and_keeps_the_current_one(generations):
    build(generations, {"a": "a"})
    with generations:
        abandoned = generations.stage(("zones",))
        abandoned.add("zones/a", "x", None)
        os.makedirs(os.path.join(generations.directory, "generation-strange"))
        staged = generations.stage()
        assert staged.path.endswith("generation-3")
        assert sorted(name for name in os.listdir(generations.directory) if name.startswith("generation-")) == ["generation-1", "generation-3"]
    assert generations.current().read("a") == "a"


def test_a_swap_is_one_rename(generations, monkeypatch):
    """At every moment the link leads to a generation with its manifest, the old one or the new one."""
    build(generations, {"a": "old"})
    seen = []
    for name in ("symlink", "rename", "unlink"):
        original = getattr(os, name)

        def spy(*arguments, _original=original):
            _original(*arguments)
            seen.append(generations.current().read("a"))

        monkeypatch.setattr(os, name, spy)
    os.symlink("nowhere", generations.link + ".new")  # an interrupted run left it
    build(generations, {"a": "new"})
    assert set(seen) == {"old", "new"} and seen == sorted(seen, reverse=True)


def test_the_mark_of_an_unfinished_reload_lasts(generations):
    build(generations, {"a": "a"})
    assert not generations.pending
    generations.pending = True
    generations.pending = True
    assert Generations(generations.directory, ROOT_GROUP).pending
    generations.pending = False
    generations.pending = False
    assert not generations.pending


def _hold(directory, held, seconds):
    with Generations(directory, ROOT_GROUP):
        held.set()
        time.sleep(seconds)


def test_the_lock_makes_runs_wait_for_each_other(generations):
    context = multiprocessing.get_context("fork")
    held = context.Event()
    other = context.Process(target=_hold, args=(generations.directory, held, 0.5))
    other.start()
    assert held.wait(30)
    started = time.monotonic()
    with generations:
        waited = time.monotonic() - started
    other.join()
    assert waited > 0.3


def test_a_directory_is_for_its_group_only(generations):
    staged = build(generations, {"zones/a": "a"})
    assert [os.stat(path).st_mode & 0o777 for path in (generations.directory, staged.path, staged.path + "/zones", staged.path + "/zones/a")] == [
        0o750,
        0o750,
        0o750,
        0o640,
    ]
    with open(staged.path + "/manifest.json", encoding="utf-8") as stream:
        assert json.load(stream)["files"].keys() == {"zones/a"}
    assert Generation.load(staged.path, 0).files == generations.current().files


def test_a_run_waits_for_another_one_for_so_long_and_says_for_which(generations, monkeypatch):
    monkeypatch.setattr(module, "LOCK_LIMIT", 0.3)
    context = multiprocessing.get_context("fork")
    held = context.Event()
    other = context.Process(target=_hold, args=(generations.directory, held, 30))
    other.start()
    try:
        assert held.wait(30)
        with (
            pytest.raises(Refused, match=f"another run has held .*/state/lock for 0 seconds: process {other.pid} since 20.*; wait for it, or end it"),
            generations,
        ):
            pass
    finally:
        other.kill()
        other.join()
    with generations:  # what a killed run held is free
        pass


def test_nobody_else_can_open_and_so_take_the_lock(generations):
    build(generations, {"a": "a"})
    assert os.stat(os.path.join(generations.directory, "lock")).st_mode & 0o777 == 0o600


def test_a_group_that_is_missing_is_named_and_leaves_nothing(tmp_path):
    with (
        pytest.raises(Refused, match="there is no group nobody-at-all on this host; install the name server first"),
        Generations(str(tmp_path / "state"), "nobody-at-all"),
    ):
        pass
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("name", [".", "zones", "zones/a", "b"])
@pytest.mark.parametrize("change", ["mode", "owner", "group"])
def test_owner_group_and_mode_are_looked_at_and_restored(generations, name, change):
    first = build(generations, {"zones/a": "a", "b": "b"})
    path = os.path.join(first.path, name)
    before = os.lstat(path)
    if change == "mode":
        os.chmod(path, 0o600)
    else:
        os.chown(path, *((65534, 0) if change == "owner" else (0, 65534)))
    assert generations.current().look() == (set(), {name})
    with generations:
        current = generations.current()
        second = generations.stage(("zones",), current, current.files, {name} & current.files.keys())
        generations.swap(second)
    assert generations.current().look() == (set(), set())
    after = os.lstat(os.path.join(second.path, name))
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)


def test_a_state_directory_that_a_killed_run_left_half_made_is_mended(generations):
    os.mkdir(generations.directory, 0o700)
    os.chown(generations.directory, 0, 65534)
    assert generations.is_exposed()
    build(generations, {"a": "a"})
    assert not generations.is_exposed()


def test_everything_is_on_disk_before_the_name_that_leads_to_it(generations, monkeypatch):
    """In this order: files, the manifest, its name, the generation's name, the link, the link's name."""
    build(generations, {"zones/a": "a"})
    done = []
    for name in ("fsync", "rename"):
        original = getattr(os, name)

        def watched(first, *others, _name=name, _original=original):
            place = os.readlink(f"/proc/self/fd/{first}") if _name == "fsync" else others[0]
            done.append((_name, os.path.relpath(place, generations.directory)))
            return _original(first, *others)

        monkeypatch.setattr(os, name, watched)
    build(generations, {"zones/a": "b", "c": "c"})
    new = "generation-2"
    assert done == [
        ("fsync", f"{new}/zones/a"),
        ("fsync", f"{new}/c"),
        ("fsync", f"{new}/manifest.json.new"),
        ("rename", f"{new}/manifest.json"),
        ("fsync", f"{new}/zones"),
        ("fsync", new),
        ("fsync", "."),
        ("rename", "current"),
        ("fsync", "."),
    ]


def test_a_link_or_a_pipe_is_read_in_no_file_s_place(generations, tmp_path):
    staged = build(generations, {"a": "a", "b": "b"})
    (tmp_path / "elsewhere").write_text("a")
    for name, put in (("a", lambda path: os.symlink(tmp_path / "elsewhere", path)), ("b", os.mkfifo)):
        os.unlink(os.path.join(staged.path, name))
        put(os.path.join(staged.path, name))
    current = generations.current()
    assert current.look()[0] == {"a", "b"} and current.read("a") is None


@pytest.mark.parametrize("moment", ["makedirs", "open"])
def test_a_link_in_the_place_of_the_state_directory_gives_nothing_of_root_s_away(tmp_path, monkeypatch, moment):
    """As named could put one below /var/named of Enterprise Linux, a directory with the sticky bit, at any moment of a first run."""
    named, precious = tmp_path / "named", tmp_path / "precious"
    precious.mkdir(mode=0o700)
    named.mkdir()
    named.chmod(0o1777)
    link, function, raced = named / "authoritative", getattr(os, moment), []

    def race(path, *arguments, **options):
        if not raced and str(path).startswith(str(named)):
            raced.append(path)
            shutil.rmtree(link, ignore_errors=True)  # as it could what it made itself
            link.symlink_to(precious)
            os.chown(link, NOBODY.pw_uid, 0, follow_symlinks=False)
        return function(path, *arguments, **options)

    monkeypatch.setattr(module.os, moment, race)
    with pytest.raises(Refused), Generations(str(link), NOBODY_GROUP):
        pass
    assert raced and (precious.stat().st_mode & 0o7777, precious.stat().st_gid) == (0o700, 0) and not os.listdir(precious)


def test_a_state_directory_that_is_another_when_it_was_looked_at_is_refused(tmp_path, monkeypatch):
    state, check = tmp_path / "state", trusted_paths.check

    def raced(path):
        if state.exists():
            state.rename(tmp_path / "other")
            state.mkdir()
        return check(path)

    monkeypatch.setattr(trusted_paths, "check", raced)
    with pytest.raises(Refused, match="/state was replaced while it was opened; look who"), Generations(str(state), NOBODY_GROUP):
        pass
    assert (tmp_path / "other").stat().st_gid == state.stat().st_gid == 0


def test_a_link_of_root_s_to_the_state_directory_is_followed(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "state").symlink_to("there")
    with Generations(str(tmp_path / "state"), NOBODY_GROUP):
        assert (tmp_path / "there").stat().st_gid == NOBODY.pw_gid
