# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import pathlib
import shutil

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.serving.apparmor import forbidden

NAME = "usr.sbin.server"
PROFILE = """
# a comment: /etc/comment/** r,
profile server /usr/sbin/server flags=(attach_disconnected) {
  #include <abstractions/base>
  include if exists <local/usr.sbin.server>
  capability setuid,
  /etc/server/** r,
  owner /var/lib/server/*.pem rw,
  /{,var/}run/server/server.pid w,
  "/etc/quoted/a?.pem" r,
  /etc/one/[ab].pem r,
  @{PROC}/net/if_inet6 r,
  deny /etc/server/secret/** r,
}
"""
READABLE = {
    "/etc/server/tls/key.pem": True,
    "/etc/server/secret/key.pem": False,
    "/var/lib/server/key.pem": True,
    "/var/lib/server/below/key.pem": False,
    "/var/run/server/server.pid": False,  # may only be written
    "/etc/quoted/ab.pem": True,
    "/etc/quoted/abc.pem": False,
    "/etc/one/b.pem": True,
    "/etc/one/c.pem": False,
    "/etc/comment/key.pem": False,
    "/etc/shared/key.pem": True,
    "/etc/server": False,
    "/etc/letsencrypt/live/key.pem": False,
}
REAL = pathlib.Path("/etc/apparmor.d/usr.sbin.named")


@pytest.fixture
def root(tmp_path):
    for path, text in {
        "sys/module/apparmor/parameters/enabled": "Y\n",
        f"etc/apparmor.d/{NAME}": PROFILE,
        "etc/apparmor.d/abstractions/base": "  /etc/shared/** mr,\n  include <abstractions/base>\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def test_what_no_rule_allows_is_told(root):
    assert {path: path not in forbidden(READABLE, NAME, root=root) for path in READABLE} == READABLE


def test_what_the_administrator_allows_beside_the_profile_is_allowed(root):
    (root / "etc/apparmor.d/local").mkdir()
    (root / f"etc/apparmor.d/local/{NAME}").write_text("/etc/{letsencrypt,other}/** r,\n")
    assert not forbidden(["/etc/letsencrypt/live/key.pem", "/etc/other/key.pem"], NAME, root=root)
    assert forbidden(["/etc/another/key.pem"], NAME, root=root)


def test_before_the_package_is_there_its_rules_are_those_that_are_known(root):
    (root / f"etc/apparmor.d/{NAME}").unlink()
    assert forbidden(["/etc/server/key.pem", "/srv/key.pem"], NAME, ["/etc/server/**"], root) == ["/srv/key.pem"]


@pytest.mark.parametrize("how", ["enabled", "disable", "force-complain", "complain", "absent"])
def test_a_profile_that_is_not_in_force_forbids_nothing(root, how):
    if how == "enabled":
        (root / "sys/module/apparmor/parameters/enabled").write_text("N\n")
    elif how == "absent":
        shutil.rmtree(root / "sys")
    elif how == "complain":
        (root / f"etc/apparmor.d/{NAME}").write_text(PROFILE.replace("attach_disconnected", "attach_disconnected, complain"))
    else:
        (root / "etc/apparmor.d" / how).mkdir()
        os.symlink("anywhere", root / "etc/apparmor.d" / how / NAME)
    assert not forbidden(["/srv/key.pem"], NAME, root=root)


@pytest.mark.skipif(not REAL.exists(), reason="the package's profile is not installed")
def test_the_profile_of_debians_bind_allows_what_the_role_uses(root):
    shutil.copytree(REAL.parent, root / "etc/apparmor.d", dirs_exist_ok=True)
    tls = [f"/etc/bind/tls/{name}.pem" for name in ("certificate", "key", "authority")]
    assert forbidden([*tls, "/var/cache/bind/key.pem", "/etc/letsencrypt/live/key.pem"], REAL.name, root=root) == ["/etc/letsencrypt/live/key.pem"]
