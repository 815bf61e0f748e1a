# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import pwd
import time

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.serving.processes import call_as, run

OTHER = "nobody"
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give its rights away")


def test_a_command_gives_its_code_and_what_it_says():
    assert run(["/bin/sh", "-c", "echo out; echo err >&2; exit 3"]) == (3, "out\n", "err\n")
    assert run(["/bin/sh", "-c", "printf '\\377'"])[1] == "\udcff"


def test_a_command_that_hangs_is_killed_with_its_children():
    started = time.monotonic()
    code, out, err = run(["/bin/sh", "-c", "echo begun; sleep 60 & wait"], seconds=0.3)
    assert (code, out, err) == (124, "begun\n", "it did not end within 0 seconds, and was killed")
    assert time.monotonic() - started < 10


def test_a_program_or_a_user_that_is_not_there_is_named():
    with pytest.raises(Refused, match="/nowhere/named cannot be run: No such file"):
        run(["/nowhere/named"])
    with pytest.raises(Refused, match="there is no user nobody-at-all on this host; install the name server first"):
        run(["/bin/true"], user="nobody-at-all")


@needs_root
def test_a_command_has_the_rights_of_the_user_alone():
    account = pwd.getpwnam(OTHER)
    code, out, _err = run(["/bin/sh", "-c", "id -u; id -g; id -G; cat /etc/shadow"], user=OTHER)
    assert code and out == f"{account.pw_uid}\n{account.pw_gid}\n{' '.join(map(str, os.getgrouplist(OTHER, account.pw_gid)))}\n"


@needs_root
def test_work_is_done_with_the_rights_of_the_user_and_none_of_the_files(tmp_path):
    def look(word):
        opened = [name for name in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{name}") and int(name) > 2]
        return [word, os.getuid(), os.geteuid(), os.getgid(), os.getgroups(), [os.readlink(f"/proc/self/fd/{name}") for name in opened]]

    account = pwd.getpwnam(OTHER)
    with open(tmp_path / "roots", "w", encoding="utf-8"):
        word, *identity, opened = call_as(OTHER, look, "word")
    assert (word, identity) == ("word", [account.pw_uid, account.pw_uid, account.pw_gid, os.getgrouplist(OTHER, account.pw_gid)])
    assert not [path for path in opened if not path.startswith("pipe:")]


@needs_root
def test_it_does_not_matter_how_many_files_a_process_may_have(monkeypatch):
    """In a container of Docker it is 2**30, and Python 3.9 closes number after number, for minutes."""

    def closerange(first, end):
        assert end - first < 10000

    monkeypatch.setattr(os, "sysconf", lambda _name: 1073741816)
    monkeypatch.setattr(os, "closerange", closerange)
    assert call_as(OTHER, os.getuid) == pwd.getpwnam(OTHER).pw_uid


@needs_root
def test_what_goes_wrong_with_it_is_told():
    def refuse():
        raise Refused("refused for a test")

    with pytest.raises(Refused, match="refused for a test"):
        call_as(OTHER, refuse)
    with pytest.raises(PermissionError, match="/etc/shadow"):
        call_as(OTHER, os.open, "/etc/shadow", os.O_RDONLY)
    with pytest.raises(Refused, match="the process that did it ended without an answer"):
        call_as(OTHER, os._exit, 3)
    started = time.monotonic()
    with pytest.raises(Refused, match="what the user nobody has was not read within 0 seconds"):
        call_as(OTHER, time.sleep, 60, seconds=0.3)
    assert time.monotonic() - started < 10


def test_one_s_own_rights_need_no_other_process():
    assert call_as(pwd.getpwuid(os.geteuid()).pw_name, os.getpid) == os.getpid()
