# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the account of a name server that was taken over puts before gather: it is refused, and nothing is written anywhere."""

from __future__ import annotations

import shutil
import subprocess
import types

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.reading.bind import Bind
from ansible_collections.authoritative.dns.plugins.module_utils.serving import processes
from ansible_collections.authoritative.dns.tests.support.adoption import gather
from ansible_collections.authoritative.dns.tests.support.adoption_story import zone
from ansible_collections.authoritative.dns.tests.support.private_network import can_make_private_networks, in_private_network
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, BindHost

pytestmark = [
    pytest.mark.skipif(not can_make_private_networks(), reason="needs root for a private network"),
    pytest.mark.skipif(BindHost not in INSTALLED, reason="BIND is not installed"),
]
ACCOUNT = "nobody"
GENUINE = "; another inventory's\n"


@pytest.fixture
def place(tmp_path):
    """A host's files, of which the account may write those in cache, a file of the controller's own, and another inventory."""
    for directory in (tmp_path, *list(tmp_path.parents)[:-2]):  # below that of all
        directory.chmod(0o755)
    for name in ("etc", "cache", "controller", "victim/zones"):
        (tmp_path / name).mkdir(parents=True)
    shutil.chown(tmp_path / "cache", ACCOUNT)
    options = f'options {{ directory "{tmp_path}/cache"; recursion no; listen-on {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; }};\n'
    (tmp_path / "etc/named.conf").write_text(options + f'zone "good.example" {{ type primary; file "{tmp_path}/etc/good"; }};\n')
    (tmp_path / "etc/good").write_text(zone("good.example", 1))
    (tmp_path / "controller/internal.zone").write_text("payroll A 10.1.2.3\n")
    (tmp_path / "controller").chmod(0o700)
    (tmp_path / "victim/zones/bank.example.zone").write_text(GENUINE)
    return tmp_path


def written_by_the_account(path, text):
    subprocess.run(["runuser", "-u", ACCOUNT, "--", "tee", str(path)], input=text.encode(), stdout=subprocess.DEVNULL, check=True)


def adopt(place):
    """(whether it went well, what was said, what was written) of an adoption of one host."""
    own = place / "run"
    own.mkdir()
    host = types.SimpleNamespace(address="192.0.2.1", config_file=place / "etc/named.conf", daemon="named")
    outcome = in_private_network(lambda: _said(gather(own, {"ns1": host}, variables={"ns1": {"gather_user": ACCOUNT}})), timeout=100)
    written = {str(path.relative_to(own)): path.read_text() for path in own.rglob("*") if path.is_file() and path.name not in ("inventory.yml", "password")}
    assert (place / "victim/zones/bank.example.zone").read_text() == GENUINE and len(list((place / "victim/zones").iterdir())) == 1
    return (*outcome, written)


def _said(outcome):
    return outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_a_zone_whose_name_leads_out_of_the_inventory_is_refused(place):
    written_by_the_account(place / "cache/evil", zone("bank.example", 9))
    up = "../" * len(place.parts)
    written_by_the_account(place / "cache/_default.nzf", f'zone "bank.example@{up}{place}/victim/zones" {{ type primary; file "evil"; }};\n')
    well, said, written = adopt(place)
    assert not well and "is in a view whose name no view can have" in said and not written


@pytest.mark.parametrize("line", ["( $INCLUDE {} )", "\r$INCLUDE {}", "$INCLUDE({})", "\\\n$INCLUDE {}"])
def test_a_zone_includes_no_file_of_the_controller(place, line):
    text = zone("evil.example", 1) + line.format(place / "controller/internal.zone") + "\n"
    written_by_the_account(place / "cache/evil", text)
    written_by_the_account(place / "cache/_default.nzf", 'zone "evil.example" { type primary; file "evil"; };\n')
    _well, said, written = adopt(place)
    assert "10.1.2.3" not in said + "".join(written.values())
    assert not any("$INCLUDE" in text for text in written.values())


@pytest.mark.parametrize("account", [ACCOUNT, "root"])
def test_only_root_is_believed_which_configuration_is_the_servers(place, account):
    """A program of the account's, under the name of the server that it ended, says nothing of what the host serves."""
    shutil.copy(shutil.which("grep"), place / "cache/named")
    written_by_the_account(place / "cache/evil.conf", (place / "etc/named.conf").read_text())
    command = [place / "cache/named", "-c", place / "cache/evil.conf"]

    def look():
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, user=account, cwd="/") as process:
            try:
                return Bind(lambda command, _directory: processes.run(command), shutil.which, user=ACCOUNT).facts()["config_file"]
            except Refused as refused:
                return str(refused)
            finally:
                process.kill()

    found = in_private_network(look, timeout=30)
    words = f"reads {place}/cache/evil.conf, which others than root may have written"
    assert words in found if account != "root" else found == f"{place}/cache/evil.conf", found
