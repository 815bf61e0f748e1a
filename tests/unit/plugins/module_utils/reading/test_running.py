# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import pwd
import re
import types

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.reading import running
from ansible_collections.authoritative.dns.plugins.module_utils.reading.bind import Bind
from ansible_collections.authoritative.dns.plugins.module_utils.reading.powerdns import PowerDns

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="who is not root takes no other rights")
NOBODY = pwd.getpwnam("nobody")


def reading(monkeypatch, own=None, said=(), others=None, wanted=None):
    """own, others: accounts of the process that has the configuration, and of another one of the program."""
    process, witness = (types.SimpleNamespace(user=user, words=[]) if user else None for user in (own, own or others))
    monkeypatch.setattr(running, "Chosen", lambda *_arguments: types.SimpleNamespace(process=process, witness=witness, config_file="/nowhere", told=False))
    result = running.Reading(None, None, "named", None, None, wanted)
    result.said = list(said)
    return result


@pytest.mark.parametrize(
    ("known", "user"),
    [
        ({"own": "nobody", "said": ["daemon"], "wanted": "root"}, "nobody"),
        ({"own": "root", "said": [None, "", "nobody"]}, "nobody"),  # it watches the one that serves, or has only begun
        ({"own": "root", "wanted": "nobody"}, "root"),
        ({"said": ["nobody"], "wanted": "daemon"}, "nobody"),
        ({"said": [str(NOBODY.pw_uid)]}, "nobody"),
        ({"said": ["daemon"], "others": "nobody"}, "daemon"),
        ({"said": ["root", "0"], "wanted": "nobody"}, "nobody"),
        ({"said": ["no-such-account"], "wanted": "nobody"}, "nobody"),
        ({"others": "nobody", "wanted": "daemon"}, "daemon"),
        ({"others": "nobody", "wanted": "root"}, "root"),  # one of several that run here
        ({"others": "nobody"}, "nobody"),
        ({"wanted": "nobody"}, "nobody"),
        ({"wanted": "root"}, "root"),
    ],
)
def test_whose_rights_are_taken(monkeypatch, known, user):
    assert reading(monkeypatch, **known).user == user


@pytest.mark.parametrize("known", [{}, {"said": ["root"]}, {"said": ["no-such-account"]}, {"wanted": "no-such-account"}])
def test_root_reads_nothing_of_an_account_that_nobody_knows(monkeypatch, known):
    with pytest.raises(Refused, match=r"no account of this host is known to be its.*; say with user \(gather_user for the host\)"):
        assert reading(monkeypatch, **known).user


def test_what_the_command_line_and_the_settings_say_of_it(monkeypatch, tmp_path):
    (tmp_path / "pdns.conf").write_text("setuid=nobody\n")
    process = types.SimpleNamespace(user="root", words=["-u", "daemon", "-t", "/jail"])
    chosen = types.SimpleNamespace(process=process, witness=process, config_file=str(tmp_path / "pdns.conf"), told=False)
    monkeypatch.setattr(running, "Chosen", lambda *_arguments: chosen)
    assert Bind(None, None).user == "daemon"
    found = PowerDns(None, None)
    assert found._settings()[0] == {"setuid": "nobody"} and found.user == "nobody"


@pytest.mark.parametrize(("owner", "user", "believed"), [("root", "nobody", True), ("nobody", "nobody", False), ("nobody", "root", True)])
def test_a_root_directory_of_a_process_is_believed_like_its_configuration(monkeypatch, tmp_path, owner, user, believed):
    (tmp_path / "named.conf").write_text("")
    os.chown(tmp_path, pwd.getpwnam(owner).pw_uid, 0)
    process = types.SimpleNamespace(user=user, words=["-t", str(tmp_path)])
    monkeypatch.setattr(running, "Chosen", lambda *_arguments: types.SimpleNamespace(process=process, witness=process, config_file="/named.conf", told=False))
    found = Bind(None, None, user="nobody")
    if believed:
        assert found._for_configuration == (None if owner == "root" else user)
    else:
        with pytest.raises(Refused, match="which others than root may have written"):
            assert found._for_configuration
    assert Bind(None, None, chroot=str(tmp_path), user="nobody")._for_configuration == (None if owner == "root" else user)


@pytest.mark.parametrize("told", [True, False])
def test_a_process_is_believed_by_the_account_that_it_had_when_it_was_found(monkeypatch, tmp_path, told):
    """Another one may have its number when it has ended. It is the witness where the configuration that is wanted is not the one that it reads."""
    (tmp_path / "named.conf").write_text("")
    os.chown(tmp_path, NOBODY.pw_uid, 0)
    process = types.SimpleNamespace(user="nobody", words=[] if told else ["-t", str(tmp_path)])
    chosen = types.SimpleNamespace(
        process=process if told else None, witness=process, config_file=str(tmp_path / "named.conf") if told else "/named.conf", told=told
    )
    monkeypatch.setattr(running, "Chosen", lambda *_arguments: chosen)
    found = Bind(None, None, user="nobody")
    process.user = "root"
    with pytest.raises(Refused, match="which others than root may have written"):
        assert found._for_configuration


def link(root, name, target):
    (root / name).unlink()
    (root / name).symlink_to(root / target)


INCLUDE = re.compile(r"^include (.*)", re.M)


@pytest.mark.parametrize(
    ("spoil", "alone"),
    [
        (lambda root: None, True),
        (lambda root: (root / "etc/main").unlink(), True),
        (lambda root: os.chown(root / "etc/main", NOBODY.pw_uid, 0), False),
        (lambda root: (root / "etc/main").chmod(0o666), False),
        (lambda root: os.chown(root / "etc", NOBODY.pw_uid, 0), False),
        (lambda root: os.chown(root / "parts/b.part", NOBODY.pw_uid, 0), False),
        (lambda root: os.chown(root / "parts", NOBODY.pw_uid, 0), False),
        (lambda root: (root / "etc/main").write_text(f"include {root}/own/more\n"), False),
        (lambda root: link(root, "parts/b.part", "etc/other"), True),
        (lambda root: link(root, "etc/other", "own/more"), False),
        (lambda root: link(root, "etc/other", "etc/other"), False),
    ],
)
def test_a_configuration_that_others_than_root_can_have_written_is_known(monkeypatch, tmp_path, spoil, alone):
    """root/etc/main includes all of root/parts, of which one includes root/etc/other, which includes the first again."""
    for directory in ("etc", "parts", "own"):
        (tmp_path / directory).mkdir()
    (tmp_path / "etc/main").write_text(f"include {tmp_path}/parts/*.part\n")
    (tmp_path / "parts/a.part").write_text("include ../etc/other\n")
    (tmp_path / "parts/b.part").write_text("")
    (tmp_path / "etc/other").write_text("include main\n")
    os.chown(tmp_path / "own", NOBODY.pw_uid, NOBODY.pw_gid)
    spoil(tmp_path)
    found = reading(monkeypatch, wanted="nobody")
    found.config_file, found.included = str(tmp_path / "etc/main"), INCLUDE
    assert (found._for_configuration is None) == alone
