# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import pwd
import re

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.serving import trusted_paths

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="who owns a file is root's to say")
NOBODY = pwd.getpwnam("nobody")


@pytest.fixture
def path(tmp_path):
    """The state directory of a layout: etc, which is root's, and what is below."""
    (tmp_path / "etc/state").mkdir(parents=True)
    return tmp_path / "etc/state"


def test_what_is_roots_alone_is_trusted_there_or_not(path):
    trusted_paths.check(str(path))
    trusted_paths.check(str(path / "not/yet/there"))
    os.chown(path.parent, 0, NOBODY.pw_gid)
    path.parent.chmod(0o2755)  # as /etc/bind
    trusted_paths.check(str(path))


@pytest.mark.parametrize(
    ("owner", "group", "mode"),
    [(NOBODY.pw_uid, 0, 0o755), (0, NOBODY.pw_gid, 0o775), (0, 0, 0o757)],
    ids=["another owner, as /var/lib/powerdns", "a group that writes, as /var/lib/bind", "everybody writes"],
)
@pytest.mark.parametrize("level", [0, 1])
def test_what_another_can_change_is_refused_wherever_it_is(path, owner, group, mode, level):
    place = (path, path.parent)[level]
    os.chown(place, owner, group)
    place.chmod(mode)
    for looked_for in (path, path / "not/yet/there"):
        with pytest.raises(Refused, match=re.escape(f"{place} (mode {mode:04o}, user {owner}, group {group}) is no directory that root alone can change")):
            trusted_paths.check(str(looked_for))


def test_the_sticky_bit_keeps_what_is_roots_and_nothing_else(path):
    os.chown(path.parent, 0, NOBODY.pw_gid)
    path.parent.chmod(0o1770)  # as /var/named
    trusted_paths.check(str(path))
    os.chown(path, NOBODY.pw_uid, 0)
    with pytest.raises(Refused):
        trusted_paths.check(str(path))


def test_root_s_own_links_are_followed_and_nobody_else_s(path, tmp_path):
    link = tmp_path / "etc/link"
    link.symlink_to("state")
    trusted_paths.check(str(link))
    path.chmod(0o777)
    with pytest.raises(Refused, match=re.escape(str(path))):
        trusted_paths.check(str(link))
    path.chmod(0o755)
    os.chown(link, NOBODY.pw_uid, 0, follow_symlinks=False)
    with pytest.raises(Refused, match=re.escape(str(link))):
        trusted_paths.check(str(link))


def test_links_in_a_circle_come_to_an_end(tmp_path):
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("../" + tmp_path.name + "/one")
    with pytest.raises(Refused):
        trusted_paths.check(str(tmp_path / "one"))


def test_a_file_where_a_directory_should_be_is_refused(path):
    (path / "file").write_text("")
    with pytest.raises(Refused):
        trusted_paths.check(str(path / "file/state"))


@pytest.mark.parametrize(
    ("mode", "owner", "trusted"), [(0o755, 0, True), (0o755, 65534, True), (0o1777, 0, True), (0o1777, 65534, False), (0o1777, None, False)]
)
def test_of_a_directory_with_the_sticky_bit_only_what_is_root_s_stays_in_its_place(path, mode, owner, trusted):
    path.chmod(mode)
    if owner is not None:
        (path / "file").write_text("")
        os.chown(path / "file", owner, 0)
    if trusted:
        trusted_paths.check_file(str(path / "file"))
        return
    with pytest.raises(Refused, match=f"^{re.escape(str(path))}/file is no file of root's, and lies where others than root can put files, .*; give it to root"):
        trusted_paths.check_file(str(path / "file"))


def test_what_is_there_is_told_by_its_status(path, tmp_path):
    (tmp_path / "etc/link").symlink_to("state")
    assert os.path.samestat(trusted_paths.check(str(tmp_path / "etc/link")), path.stat())
    assert os.path.samestat(trusted_paths.check(str(path / "..")), path.parent.stat())
    assert trusted_paths.check(str(path / "none")) is None
