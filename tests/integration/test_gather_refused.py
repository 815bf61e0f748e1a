# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configurations that no program would read: each host's fault is told in one run, and nothing is written, not even of the host that is right."""

from __future__ import annotations

import types

import pytest
from ansible_collections.authoritative.dns.tests.support.adoption import gather
from ansible_collections.authoritative.dns.tests.support.adoption_story import SECRET, zone
from ansible_collections.authoritative.dns.tests.support.powerdns_host import PDNS_SERVER
from ansible_collections.authoritative.dns.tests.support.private_network import can_make_private_networks, in_private_network
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, BindHost, KnotHost, NsdHost

pytestmark = [
    pytest.mark.skipif(not can_make_private_networks(), reason="needs root for a private network"),
    pytest.mark.skipif(BindHost not in INSTALLED, reason="BIND is not installed"),
]
START = 'options { directory "{root}"; recursion no; };\n'
WRONG = f"{SECRET[:20]}?"
NAMED = {
    "right": (START + 'zone "a.test" { type primary; file "a"; };\n', None),
    "unknown-option": (START + "shiny-new-option yes;\n", "named.conf:2: unknown option 'shiny-new-option'"),
    "unknown-in-zone": (START + 'zone "a.test" {\n\ttype primary; file "a";\n\tshiny yes;\n};\n', "named.conf:4: unknown option 'shiny'"),
    "broken-include": (START + '\ninclude "{root}/nowhere.conf";\n', "named.conf:3: "),
    "include-with-a-fault": (START + 'include "{root}/part.conf";\n', "{root}/part.conf:3: missing ';'"),
    "unreadable-key": (START + f'key "k" {{ algorithm hmac-sha256; secret "{WRONG}"; }};\n', "named.conf:2: bad secret"),
    "key-of-no-algorithm": (START + f'key "k" {{ algorithm hmac-nonsense; secret "{SECRET}"; }};\n', "named.conf:2: unknown algorithm 'hmac-nonsense'"),
    "unknown-list": (START + 'zone "a.test" { type secondary; file "a"; primaries { nobody; }; };\n', "list 'nobody'"),
}
OTHERS = {
    "nsd": ("nsd.conf", "server:\n\tno-such-thing: 1\n", "no-such-thing", NsdHost in INSTALLED),
    "knot": ("knot.conf", "server:\n    no-such-thing: 1\n", "no-such-thing", KnotHost in INSTALLED),
    "pdns_server": ("pdns.conf", "launch=gsqlite3\ngsqlite3-database={root}/nowhere/db\n", "pdnsutil list-tsig-keys fails: ", bool(PDNS_SERVER)),
}


def host(root, name, daemon, file, text):
    place = root / name
    place.mkdir()
    (place / file).write_text(text.replace("{root}", str(place)))
    (place / "a").write_text(zone("a.test", 1))
    (place / "part.conf").write_text('zone "b.test" {\n\ttype primary\n};\n')
    return types.SimpleNamespace(address="192.0.2.1", config_file=place / file, daemon=daemon)


def look(root):
    hosts = {name: host(root, name, "named", "named.conf", text) for name, (text, _words) in NAMED.items()}
    hosts |= {daemon.replace("_", "-"): host(root, daemon, daemon, file, text) for daemon, (file, text, _words, there) in OTHERS.items() if there}
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    outcome = gather(root, hosts)
    after = {path: path.read_bytes() for path in root.rglob("*") if path.is_file() and path.parent != root}
    return outcome.returncode, outcome.stdout + outcome.stderr, before == after, sorted(path.name for path in root.iterdir() if path.name not in hosts)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    root = tmp_path_factory.mktemp("refused")
    return (root, *in_private_network(lambda: look(root), timeout=200))


EXPECTED = {name: words for name, (_text, words) in NAMED.items() if words} | {name: words for name, (_f, _t, words, there) in OTHERS.items() if there}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_fault_is_told_by_host_with_the_programs_own_words(told, name):
    root, code, output, *_rest = told
    said = next(line for line in output.splitlines() if line.startswith(f"fatal: [{name.replace('_', '-')}]"))
    assert code == 2 and EXPECTED[name].replace("{root}", f"{root}/{name}") in said, said


def test_nothing_is_written_and_no_secret_is_shown(told):
    root, _code, output, unchanged, left = told
    assert unchanged and left in (["inventory.yml", "password"], ["inventory.yml", "password", "pdns_server"])
    assert "fatal: [right]" not in output and SECRET not in output and WRONG not in output
