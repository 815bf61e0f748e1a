# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is called is found wherever it is called from, and nothing else is taken for a program."""

from __future__ import annotations

import pytest
import yaml
from ansible_collections.authoritative.dns.tests.toolchain.programs import Shell, commands_on_localhost, programs, python


@pytest.mark.parametrize(
    ("script", "called"),
    [
        ("zstd -dc x | podman import - y", {"zstd", "podman"}),
        ('[ -n "$(podman ps)" ] || { mmdebstrap x; }', {"podman", "mmdebstrap"}),
        ("say() { printf '%s\\n' 'dig x'; }; say dig\n# knotc", set()),
        ("as_root() { if true; then \"$@\"; else sudo \"$@\"; fi; }\nas_root env A=b named -c x", {"sudo", "env", "named"}),
        ("logged() { \"$@\"; }\nlogged \"$1\" -m venv x", set()),
        ("find . -print0 | xargs -0 sha256sum", {"find", "xargs", "sha256sum"}),
        ("bash tests/lab/lab.sh run podman ps", {"bash", "podman"}),
        ("nsenter --net=x ip link", {"nsenter", "ip"}),
        ("cat <<END\nknotc $(nsd -v)\nEND", {"cat", "nsd"}),
        ("if command -v uv; then uv pip; fi", set()),
        ("$python x; ./run; /usr/bin/env; x=named", set()),
    ],
)
def test_shell(script, called):
    shell = Shell()
    shell.read(script, "here")
    assert set(shell.called) == called


def test_a_script_that_cannot_be_read_is_an_error():
    with pytest.raises(SystemExit, match="here"):
        Shell().read("if true; then", "here")


def test_python(tmp_path):
    path = tmp_path / "test.py"
    path.write_text(
        """
subprocess.run(["git", "ls-files"], check=True)
command = ["ansible-playbook", "play.yml"]
NSD = shutil.which("nsd") or shutil.which("nsd", path="/usr/sbin")
subprocess.run([sys.executable, "-c", "named"])
subprocess.run([NSD, "dig"])
names = ["knotd"]
"""
    )
    assert set(python(path)) == {"git", "ansible-playbook", "nsd"}


PLAY = """
- hosts: localhost
  tasks:
    - ansible.builtin.command: podman ps
    - ansible.builtin.command: {argv: [ip, link]}
    - block:
        - ansible.builtin.shell: {cmd: "setsid x & {{ y }}"}
    - ansible.builtin.command: dig
      delegate_to: primary
- hosts: all
  tasks:
    - ansible.builtin.command: rndc status
    - ansible.builtin.command: {argv: "{{ ['ansible-playbook', x] + y }}"}
      delegate_to: localhost
"""


def test_plays():
    shell = Shell()
    for command in commands_on_localhost(yaml.safe_load(PLAY)):
        shell.read(command, "here")
    assert set(shell.called) == {"podman", "ip", "setsid", "ansible-playbook"}


def test_what_this_checkout_calls():
    found = programs()
    assert {"podman", "mmdebstrap", "zstd", "named", "nsd", "knotd", "pdns_server", "git", "molecule", "sphinx-build", "ip"} <= set(found)
    assert not {"sudo", "dnf", "uv", "firewall-cmd", "rpm", "dnsperf"} & set(found)
