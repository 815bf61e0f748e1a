# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import pathlib
import pwd
import re
import shutil
import stat
import tempfile

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.releasing import zone_files
from ansible_collections.authoritative.dns.plugins.module_utils.serving import processes

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="who owns a file is root's to say")
NOBODY = pwd.getpwnam("nobody")


class Server:
    @staticmethod
    def call_as_server(work, *arguments):
        return processes.call_as("nobody", work, *arguments)


@pytest.fixture
def zone():
    """A zone's file of root's in a directory of root's; pytest's own are reached by root alone."""
    place = pathlib.Path(tempfile.mkdtemp(prefix="zone-files-"))
    place.chmod(0o755)
    (place / "named").mkdir()
    path = place / "named/example.com"
    path.write_text("old\n")
    yield path
    shutil.rmtree(place)


def sticky(path):
    """As /var/named of Enterprise Linux."""
    os.chown(path.parent, 0, NOBODY.pw_gid)
    path.parent.chmod(0o1770)


def access(path):
    status = path.lstat()
    return status.st_mode, status.st_uid, status.st_gid


@pytest.mark.parametrize("owner", [0, NOBODY.pw_uid])
@pytest.mark.parametrize("mode", [0o604, 0o640])
@pytest.mark.parametrize("place", [sticky, lambda _path: None], ids=["sticky", "root's alone"])
def test_another_text_has_the_owner_and_the_permissions_of_the_one_before(zone, place, owner, mode):
    place(zone)
    os.chown(zone, owner, NOBODY.pw_gid)
    zone.chmod(mode)
    zone_files.replace(str(zone), "new\n", Server)
    assert (zone.read_text(), access(zone)) == ("new\n", (stat.S_IFREG | mode, owner, NOBODY.pw_gid))
    assert os.listdir(zone.parent) == [zone.name]


@pytest.mark.parametrize("owner", [0, NOBODY.pw_uid])
@pytest.mark.parametrize("place", [sticky, lambda _path: None], ids=["sticky", "root's alone"])
def test_no_more_than_permissions_of_a_mode_is_kept(zone, place, owner):
    place(zone)
    os.chown(zone, owner, NOBODY.pw_gid)
    zone.chmod(0o6755)
    zone_files.replace(str(zone), "new\n", Server)
    assert access(zone) == (stat.S_IFREG | 0o755, owner, NOBODY.pw_gid)


@pytest.mark.parametrize("owner", [0, NOBODY.pw_uid])
@pytest.mark.parametrize("place", [sticky, lambda _path: None], ids=["sticky", "root's alone"])
def test_a_link_is_refused_by_name_whoever_made_it(zone, place, owner):
    program = zone.parent.with_name("program")
    program.write_text("")
    program.chmod(0o4755)
    zone.unlink()
    zone.symlink_to(program)
    os.chown(zone, owner, NOBODY.pw_gid, follow_symlinks=False)
    place(zone)
    with pytest.raises(Refused, match=f"^{re.escape(str(zone))} is a link, or no file at all, .* raise the serial by hand .* release_serials: keep$"):
        zone_files.replace(str(zone), "new\n", Server)
    assert zone.is_symlink() and program.read_text() == "" and os.listdir(zone.parent) == [zone.name]


def test_what_the_server_may_replace_is_written_with_its_own_rights(zone, monkeypatch):
    """Even where it puts a link there at the last moment."""
    sticky(zone)
    os.chown(zone, NOBODY.pw_uid, NOBODY.pw_gid)
    called = []
    monkeypatch.setattr(Server, "call_as_server", staticmethod(lambda work, *_arguments: called.append(work)))
    zone_files.replace(str(zone), "new\n", Server)
    assert called and zone.read_text() == "old\n"


def test_what_only_others_than_the_server_may_replace_is_refused_by_name(zone):
    os.chown(zone.parent, 1, 0)
    zone.parent.chmod(0o755)
    with pytest.raises(Refused, match=f"^{re.escape(str(zone))} is where others than root can change files, and the server's user cannot write it"):
        zone_files.replace(str(zone), "new\n", Server)
    assert zone.read_text() == "old\n"
