# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pair with an internal and an external view as people have it: gathered, taken over, gathered again, and given back. Nobody's answers change."""

from __future__ import annotations

import json
import os
import subprocess
import time

import dns.message
import dns.query
import dns.tsig
import pytest
from ansible_collections.authoritative.dns.tests.support.adoption import Adopted, gather, running_hosts
from ansible_collections.authoritative.dns.tests.support.private_network import can_make_private_networks, in_private_network
from ansible_collections.authoritative.dns.tests.support.releases import release_of

pytestmark = pytest.mark.skipif(not can_make_private_networks(), reason="needs root for a private network")

NS1, NS2, INSIDE, OUTSIDE = "127.0.0.11", "127.0.0.12", "127.0.0.31", "127.0.0.41"
SECRET = "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3JldCE="
KEYS = "".join(f'key "{name}" {{ algorithm hmac-sha256; secret "{SECRET}"; }};\n' for name in ("Inside.", "outside", "laptop"))
OPTIONS = 'options { directory "{work}"; listen-on { {address}; }; listen-on-v6 { none; }; pid-file none; session-keyfile none; notify-delay 0; '
OPTIONS += "transfer-source {address}; notify-source {address}; recursion no; empty-zones-enable no; dnssec-validation no; allow-query { any; }; "
OPTIONS += 'allow-transfer { none; }; };\nacl office { ! 127.0.0.41; 127.0.0.31; };\n'
NAMES = ("www.split.test", "www.shared.test", "www.both.test", "www.only.test", "split.test", "missing.split.test")


def zone(name, serial, address):
    return f"; {name}\n$TTL 1h\n@ SOA ns1.{name}. hostmaster ({serial} 3600 600 1209600 300)\n NS ns1\nns1 A 127.0.0.11\nwww A {address}\n"


def views(inside, outside):
    return (
        KEYS + 'view "internal" {\n\tmatch-clients { !key outside; key Inside; key laptop; office; };\n' + inside + "};\n"
        'view "External" {\n\tmatch-clients { !key Inside; key outside; any; };\n' + outside + "};\n"
    )


def primary(name, file, key):
    return f'\tzone "{name}" {{ type master; file "{{etc}}/{file}"; allow-transfer {{ key {key}; }}; also-notify {{ {NS2} key {key}; }}; }};\n'


def secondary(name, file, key):
    return f'\tzone "{name}" {{ type slave; file "{file}"; masters {{ {NS1} key {key}; }}; }};\n'


def pair():
    """One zone in two views, one that a view shares with the other, one of one view only, one that both have with the same file, and packages' own."""
    local = '\tzone "localhost" { type master; file "{etc}/localhost"; };\n'
    files = {
        "split.inside": zone("split.test", 41, "10.0.0.1"),
        "split.outside": zone("split.test", 7, "192.0.2.1"),
        "shared": zone("shared.test", 8, "192.0.2.2"),
        "both": zone("both.test", 9, "192.0.2.3"),
        "only": zone("only.test", 10, "10.0.0.4"),
        "localhost": "$TTL 1h\n@ SOA localhost. root.localhost. (1 3600 600 1209600 300)\n NS localhost.\n A 127.0.0.1\n",
    }
    inside = primary("split.test", "split.inside", "inside") + primary("shared.test", "shared", "inside") + primary("only.test", "only", "inside")
    outside = primary("split.test", "split.outside", "outside") + '\tzone "shared.test" { in-view internal; };\n'
    same = '\tzone "both.test" { type master; file "{etc}/both"; };\n'
    other = (secondary("split.test", "i", "inside") + secondary("shared.test", "s", "inside") + secondary("only.test", "n", "inside"),
             secondary("split.test", "e", "outside") + '\tzone "shared.test" { in-view internal; };\n')
    return {
        "ns1": (NS1, {"named.conf": OPTIONS + views(inside + same + local, outside + same + local), **files}),
        "ns2": (NS2, {"named.conf": OPTIONS + views(*other)}),
    }


def asked(host):
    """What each side, and who has a key, is answered."""
    found = {}
    for name in NAMES:
        for kind in ("A", "SOA"):
            for source, key in ((INSIDE, None), (OUTSIDE, None), (OUTSIDE, "laptop")):
                query = dns.message.make_query(name, kind)
                if key:
                    query.use_tsig(dns.tsig.Key(key, SECRET, "hmac-sha256"))
                answer = dns.query.udp(query, host.address, source=source, timeout=5)
                found[name, kind, source, key] = (answer.rcode(), sorted(rrset.to_text().lower() for rrset in answer.answer))
    return found


def until(look, wanted):
    deadline = time.monotonic() + 30
    while (found := look()) != wanted and time.monotonic() < deadline:
        time.sleep(0.1)
    assert found == wanted


def configured(host):
    return {str(path): path.read_bytes() for path in sorted((host.root / "etc").rglob("*")) if path.is_file()}


PROOF = """
- hosts: all
  gather_facts: false
  tasks:
    - authoritative.dns.declaration:
    - authoritative.dns.verify:
        checks: [serials, contents, transfers]
        families: [4]
      register: found
    - authoritative.dns.verify_report:
        verified: "{{ ansible_play_hosts | map('extract', hostvars, 'found') }}"
        directory: "{{ inventory_dir }}/../proof"
      run_once: true
"""


def proven(root):
    """The rows of the report that the gathered inventory's proof makes (zone, server, state, whether that is right, who may transfer), faults, and warnings."""
    (root / "proof.yml").write_text(PROOF)
    command = ["ansible-playbook", "-i", str(root / "adopted"), str(root / "proof.yml"), "--vault-password-file", str(root / "password")]
    run = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False, cwd=root, env={**os.environ, "ANSIBLE_NOCOLOR": "1"})
    assert run.returncode == 0, run.stdout + run.stderr
    report = json.loads((root / "proof/verify.json").read_text())
    return [[row["zone"], row["server"], row["state"], row["ok"], row["allowed_to"]] for row in report["rows"]], report["faults"], "not proven" in run.stdout


def adoption(root):
    with running_hosts(root, pair()) as hosts:
        for name, source, address in (
            ("split", INSIDE, "10.0.0.1"),
            ("split", OUTSIDE, "192.0.2.1"),
            ("shared", INSIDE, "192.0.2.2"),
            ("only", INSIDE, "10.0.0.4"),
        ):
            wanted = [f"www.{name}.test. 3600 in a {address}"]
            until(lambda name=name, source=source: asked(hosts["ns2"])[f"www.{name}.test", "A", source, None][1], wanted)
        before, trees = {name: asked(host) for name, host in hosts.items()}, {name: configured(host) for name, host in hosts.items()}
        outcome = gather(root, hosts)
        assert outcome.returncode == 0, outcome.stdout + outcome.stderr
        adopted = Adopted(root / "adopted")
        shared = adopted.read("group_vars/all/dns.yml")
        changed = [[adopted.take_over(host)["changed"] for host in hosts.values()] for _run in range(2)]
        for name, host in hosts.items():
            until(lambda host=host: asked(host), before[name])
        proof = proven(root)
        again = gather(root, hosts, "again")
        assert again.returncode == 0, again.stdout + again.stderr
        second = Adopted(root / "again")
        one, two = adopted.declaration(), second.declaration()
        same = {
            name: [getattr(zone, key) == getattr(two.zones[name], key) for key in ("primaries", "secondaries", "allow_query", "serial_policy")]
            + [zone.content.digest == two.zones[name].content.digest, not zone.secondaries or zone.tsig == two.zones[name].tsig]
            for name, zone in one.zones.items()
            if name in two.zones
        }
        texts = {name: (root / "adopted" / name).read_text() for name in ("views/internal/split.test.zone", "zones/shared.test.zone")}
        for host in hosts.values():
            release_of(host).apply(os.replace)
        for name, host in hosts.items():
            until(lambda host=host: asked(host), before[name])
        return {
            "declared": list(one.zones),
            "proof": proof,
            "views": shared["dns_views"],
            "again": (second.read("group_vars/all/dns.yml")["dns_views"], list(two.zones), one.keyring == two.keyring),
            "same": {name: all(facts) for name, facts in same.items()},
            "changed": changed,
            "texts": texts,
            "files": [name for name, host in hosts.items() if configured(host) != trees[name]],
        }


def test_a_split_horizon_is_gathered_taken_over_and_given_back(tmp_path):
    found = in_private_network(lambda: adoption(tmp_path), addresses=[NS1, NS2, INSIDE, OUTSIDE], timeout=300)
    zones = ["both.test", "only.test@internal", "shared.test", "split.test@External", "split.test@internal"]
    assert sorted(found["declared"], key=str.lower) == zones
    assert found["views"] == [
        {"name": "internal", "match_clients": ["key laptop", "!127.0.0.41", "127.0.0.31"]},
        {"name": "External", "match_clients": ["any"]},
    ]
    assert found["again"][0] == found["views"] and sorted(found["again"][1], key=str.lower) == zones and found["again"][2]
    assert found["same"] == dict.fromkeys(found["declared"], True)
    assert found["changed"] == [[True, True], [False, False]]
    assert found["texts"] == {
        "views/internal/split.test.zone": zone("split.test", 41, "10.0.0.1"),
        "zones/shared.test.zone": zone("shared.test", 8, "192.0.2.2"),
    }
    assert not found["files"]
    rows, faults, unproven = found["proof"]
    fed = [name for name in zones if name != "both.test"]
    assert sorted(row for row in rows if row[1] == "ns1") == sorted([name, "ns1", "in_sync", True, ["ns2"] if name in fed else []] for name in zones)
    assert sorted(row for row in rows if row[1] == "ns2") == sorted([name, "ns2", "in_sync", True, []] for name in fed)
    assert not faults and not unproven
