# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import grp
import os
import pwd

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.serving.entry_file import EntryFile
from ansible_collections.authoritative.dns.plugins.module_utils.serving.generations import Generations

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="files are given to root")
NOBODY = pwd.getpwnam("nobody")
STOCK, OURS = 'include "local";\n', "// Written by authoritative.dns.\n"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "named.conf"


@pytest.fixture
def entry(path, tmp_path):
    return EntryFile(str(path), Generations(str(tmp_path / "state"), grp.getgrgid(NOBODY.pw_gid).gr_name))


def access(path):
    status = path.stat()
    return status.st_mode & 0o7777, status.st_uid, status.st_gid


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644])
def test_what_is_put_back_is_what_was_found(entry, path, mode):
    path.write_text(STOCK)
    path.chmod(mode)
    os.chown(path, NOBODY.pw_uid, 0)
    found = entry.found()
    entry.write(OURS, os.replace)
    assert (path.read_text(), access(path)) == (OURS, (0o640, 0, NOBODY.pw_gid)) and not entry.is_exposed()
    entry.put_back(found, os.replace)
    assert (path.read_text(), access(path)) == (STOCK, (mode, NOBODY.pw_uid, 0))


def test_where_there_was_none_there_is_none_again(entry, path):
    assert entry.found() is None
    entry.write(OURS, os.replace)
    entry.put_back(None, os.replace)
    assert not path.exists()


@pytest.mark.parametrize("text", ["// authoritative.dns was here until May\n", "# Not Written by authoritative.dns.\n", "\n// Written by authoritative.dns.\n"])
def test_what_only_mentions_this_collection_is_not_its_own(entry, path, text):
    path.write_text(text)
    assert not entry.is_ours()
    entry.keep_original(entry.found())
    assert entry.original()[0] == text
    for ours in (OURS, OURS.replace("//", "#")):
        path.write_text(ours)
        assert entry.is_ours()


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_the_original_is_kept_once_for_whom_it_was(entry, path, mode):
    kept = path.with_name("named.conf.before-authoritative-dns")
    path.write_text(STOCK)
    path.chmod(mode)
    entry.keep_original(entry.found())
    assert (kept.read_text(), access(kept)) == (STOCK, (mode, 0, 0))
    path.write_text("another\n")
    entry.keep_original(entry.found())
    assert kept.read_text() == STOCK
    kept.unlink()
    path.write_text(OURS)
    entry.keep_original(entry.found())
    assert not kept.exists()


def test_what_a_killed_run_left_goes(entry, path, tmp_path):
    (tmp_path / ".authoritative-dns-a1b2c3").write_text("half")
    (tmp_path / "other").write_text("")
    entry.prepare()
    assert [name.name for name in tmp_path.iterdir()] == ["other"]


def test_a_directory_that_others_can_change_is_refused(entry, tmp_path):
    tmp_path.chmod(0o777)
    with pytest.raises(Refused, match="is no directory that root alone can change"):
        entry.prepare()


@pytest.mark.parametrize(("mode", "owner"), [(0o644, 0), (0o600, 0), (0o640, NOBODY.pw_uid)])
def test_another_owner_or_mode_is_seen(entry, path, mode, owner):
    entry.write(OURS, os.replace)
    path.chmod(mode)
    os.chown(path, owner, NOBODY.pw_gid)
    assert entry.is_exposed()


def test_no_more_than_permissions_of_a_mode_is_kept(entry, path):
    path.write_text(STOCK)
    path.chmod(0o6755)
    entry.keep_original(entry.found())
    assert entry.original() == (STOCK, 0o755, 0, 0) and access(path.with_name("named.conf.before-authoritative-dns"))[0] == 0o755


@pytest.mark.parametrize("name", ["named.conf", "named.conf.before-authoritative-dns"])
def test_what_another_can_replace_in_a_directory_with_the_sticky_bit_is_refused(entry, path, tmp_path, name):
    path.write_text(STOCK)
    tmp_path.chmod(0o1777)
    entry.prepare()
    path.with_name(name).write_text(STOCK)
    os.chown(path.with_name(name), NOBODY.pw_uid, 0)
    with pytest.raises(Refused, match=f"/{name} is no file of root's"):
        entry.prepare()
