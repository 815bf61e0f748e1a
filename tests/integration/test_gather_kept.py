# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones that stay as they are, of servers that worked in another directory than the collection's: they stay, or it is told before anything changes."""

from __future__ import annotations

import os
import types

import dns.flags
import dns.message
import dns.query
import dns.rdatatype
import pytest
from ansible_collections.authoritative.dns.tests.support.adoption import Adopted, gather, running_hosts
from ansible_collections.authoritative.dns.tests.support.adoption_story import until, zone
from ansible_collections.authoritative.dns.tests.support.private_network import can_make_private_networks, in_private_network
from ansible_collections.authoritative.dns.tests.support.releases import release_of
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, BindHost, KnotHost, NsdHost

pytestmark = [
    pytest.mark.skipif(not can_make_private_networks(), reason="needs root for a private network"),
    pytest.mark.skipif(not {BindHost, NsdHost, KnotHost} <= set(INSTALLED), reason="BIND, NSD and Knot DNS are not all installed"),
]
SIGNING, RESOLVING, DECLARING, ROOT, INCLUDING, NSD, KNOT = (f"127.0.0.{number}" for number in range(31, 38))
START = 'options { directory "{etc}"; listen-on { {address}; }; listen-on-v6 { none; }; pid-file none; session-keyfile none; '
START += "empty-zones-enable no; dnssec-validation no; allow-query { any; }; allow-transfer { none; }; notify no; "
AUTHORITATIVE = START + "recursion no; };\n"
INCLUDES = {"one": zone("one.test", 6, "$INCLUDE hosts.inc\n"), "hosts.inc": "pc A 192.0.2.3\n"}
HOSTS = {
    "signing": (
        SIGNING,
        {
            "named.conf": AUTHORITATIVE + 'zone "signed.test" { type primary; file "one"; dnssec-policy default; inline-signing yes; };\n',
            "one": zone("signed.test", 6),
        },
    ),
    "resolving": (
        RESOLVING,
        {
            "named.conf": START + 'recursion yes; qname-minimization off; };\nzone "." { type hint; file "hints"; };\n'
            'zone "plain.test" { type primary; file "one"; };\nzone "localhost" { type primary; file "here"; };\n',
            "hints": f". 3600 NS root.corp.\nroot.corp. 3600 A {ROOT}\n",
            "here": zone("localhost", 3),
            "one": zone("plain.test", 5),
        },
    ),
    "declaring": (DECLARING, {"nsd.conf": '{server}\tzonesdir: "{etc}"\nzone:\n\tname: parts.test\n\tzonefile: one\n', **INCLUDES}),
    "root": (
        ROOT,
        {
            "named.conf": AUTHORITATIVE + 'zone "." { type primary; file "root"; };\nzone "corp" { type primary; file "corp"; };\n',
            "root": f"$TTL 60\n@ SOA root.corp. a. 1 60 60 60 60\n@ NS root.corp.\ncorp NS root.corp.\nroot.corp. A {ROOT}\n",
            "corp": f"$TTL 5\n@ SOA root a. 1 60 60 60 60\n@ NS root\nroot A {ROOT}\nintranet A 10.1.1.1\n",
        },
    ),
}
BOUND = {
    "including": (INCLUDING, {"named.conf": AUTHORITATIVE + 'zone "one.test" { type primary; file "one"; max-transfer-time-out 60; };\n', **INCLUDES}),
    "nsd": (NSD, {"nsd.conf": '{server}\tzonesdir: "{etc}"\nzone:\n\tname: two.test\n\tzonefile: one\n\toutgoing-interface: 127.0.0.99\n', **INCLUDES}),
    "knot": (
        KNOT,
        {
            "knot.conf": "{server}acl:\n  - id: updates\n    address: 127.0.0.0/8\n    action: update\nzone:\n  - domain: three.test\n    file: {work}/three\n"
            "    acl: updates\n    zonefile-sync: -1\n    zonefile-load: difference\n    journal-content: all\n",
            "work/three": zone("three.test", 6),
        },
    ),
}
QUESTIONS = (
    ("signing", "signed.test", "DNSKEY"),
    ("resolving", "intranet.corp", "A"),
    ("resolving", "www.localhost", "A"),
    ("root", ".", "NS"),
    ("declaring", "pc.parts.test", "A"),
)


def asked(hosts):
    """By host and name what is answered, without signatures, which may be made anew, and TTLs, which count down."""
    found = {}
    for host, name, rdtype in QUESTIONS:
        question = dns.message.make_query(name, rdtype)
        question.use_edns(0, dns.flags.DO, 4096)
        answer = dns.query.udp(question, hosts[host].address, timeout=10, source=hosts[host].address)
        found[host, name] = sorted(str(item) for rrset in answer.answer if rrset.rdtype == dns.rdatatype.from_text(rdtype) for item in rrset)
    return found


def look(root):
    with running_hosts(root, BOUND) as hosts:
        refused = gather(root, hosts, "refused")
    with running_hosts(root, HOSTS) as hosts:
        until(lambda: [name for name, answer in asked(hosts).items() if not answer])
        before = asked(hosts)
        outcome = gather(root, hosts)
        assert outcome.returncode == 0, outcome.stdout + outcome.stderr
        adopted = Adopted(root / "adopted")
        changed = [[adopted.take_over(host)["changed"] for host in hosts.values()] for _run in range(2)]
        until(lambda: [(name, answer) for name, answer in asked(hosts).items() if not answer], 20)
        after = asked(hosts)
        for host in hosts.values():
            release_of(host).apply(os.replace)
        until(lambda: [(name, answer) for name, answer in asked(hosts).items() if not answer], 20)
        released = asked(hosts)
    return types.SimpleNamespace(before=before, after=after, released=released, changed=changed, refused=refused.stdout + refused.stderr)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    addresses = [address for address, _files in {**HOSTS, **BOUND}.values()]
    return in_private_network(lambda: look(tmp_path_factory.mktemp("kept")), addresses=addresses, timeout=300)


@pytest.mark.parametrize(("host", "name"), [question[:2] for question in QUESTIONS])
def test_what_is_answered_stays(told, host, name):
    assert told.before[host, name] and told.after[host, name] == told.before[host, name] == told.released[host, name]


def test_nothing_is_left_to_change(told):
    assert told.changed == [[True] * 4, [False] * 4]


@pytest.mark.parametrize(
    ("zone_name", "words"),
    [
        ("one.test", "includes hosts.inc below"),
        ("two.test", "includes hosts.inc below"),
        ("three.test", "changes of it are in the journal below"),
    ],
)
def test_a_zone_that_could_not_stay_as_it_is_is_told_before_anything_changes(told, zone_name, words):
    (line,) = [line for line in told.refused.splitlines() if line.startswith(f"- zone {zone_name}: has to stay as it is on ")]
    assert words in line
