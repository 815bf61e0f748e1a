# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where servers listen and whom they answer, however their configurations say it: after they are taken over it is what it was."""

from __future__ import annotations

import contextlib
import json
import socket

import dns.message
import dns.query
import pytest
from ansible_collections.authoritative.dns.tests.support.adoption import Adopted, AdoptedNsd, gather, running_hosts
from ansible_collections.authoritative.dns.tests.support.adoption_story import until, zone
from ansible_collections.authoritative.dns.tests.support.private_network import can_make_private_networks, in_private_network
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, BindHost, NsdHost

pytestmark = [
    pytest.mark.skipif(not can_make_private_networks(), reason="needs root for a private network"),
    pytest.mark.skipif(BindHost not in INSTALLED, reason="BIND is not installed"),
]

NS1, STRANGER, OTHER = "127.0.0.31", "127.0.0.99", "fd00:53::1"
OPTIONS = 'options {{ directory "{{work}}"; {} pid-file none; session-keyfile none; notify-delay 0; dnssec-validation no; '
OPTIONS += "recursion no; empty-zones-enable no; allow-transfer {{ none; }}; }};\n"
QUIET = f"listen-on {{ {NS1}; }}; listen-on-v6 {{ none; }}; "
ZONE = 'zone "one.test" { type master; file "one"; };\n'


def answer(address, source=None, name="www.one.test", kind="A", domain="IN"):
    """What is answered there: (response code, records), None without an answer."""
    try:
        found = dns.query.udp(dns.message.make_query(name, kind, domain), address, timeout=2, source=source)
    except (dns.query.UnexpectedSource, dns.exception.Timeout, OSError):
        return None
    return found.rcode(), [str(records) for records in found.answer]


@contextlib.contextmanager
def held(addresses):
    """Another program's port 53 of each address, at which it answers nothing."""
    with contextlib.ExitStack() as stack:
        for address in addresses:
            stack.enter_context(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)).bind((address, 53))
            stack.enter_context(socket.create_server((address, 53), family=socket.AF_INET6))
        yield


def taken_over(root, files, questions, others=()):
    """(variables of the host, what somebody has to look at, answers before, answers after) of a server that is gathered and taken over.

    others: addresses of the host at which another program has port 53.
    """

    def look():
        with held(others), running_hosts(root, {"ns1": (NS1, {**files, "work/one": zone("one.test", 5)})}) as hosts:
            host = hosts["ns1"]
            until(lambda: [] if host.serial("one.test") == 5 else ["one.test"], 20)
            before = [answer(*question) for question in questions]
            outcome = gather(root, hosts)
            assert outcome.returncode == 0, outcome.stdout + outcome.stderr
            adopted = Adopted(root / "adopted")
            adopted.take_over(host)
            assert not adopted.take_over(host)["changed"]
            after = [answer(*question) for question in questions]
            findings = json.loads((root / "adopted/report.json").read_text())["findings"]
            return adopted.host_variables["ns1"], findings, before, after

    return in_private_network(look, addresses=[NS1, STRANGER, *others, OTHER], timeout=200)


def test_a_server_goes_on_listening_at_the_addresses_that_the_inventory_does_not_name(tmp_path):
    named_conf = OPTIONS.format(f"listen-on {{ {NS1}; }}; listen-on-v6 {{ any; }};") + ZONE
    variables, findings, before, after = taken_over(tmp_path, {"named.conf": named_conf}, [(NS1,), (OTHER,)])
    assert variables["nameserver_listen_on"] == [NS1, OTHER] and not findings
    assert before == after and all(before)


def test_an_address_where_another_program_answers_is_not_needed(tmp_path):
    """As dnsmasq does at the bridge of virtual machines: named does without."""
    named_conf = OPTIONS.format(f"listen-on {{ {NS1}; }}; listen-on-v6 {{ any; }};") + ZONE
    variables, findings, before, after = taken_over(tmp_path, {"named.conf": named_conf}, [(NS1,), (OTHER,)], others=["fd00:53::9"])
    assert variables["nameserver_listen_on"] == [NS1, OTHER] and not findings
    assert before == after and all(before)


def test_whom_a_list_lets_ask_it_goes_on_answering_whatever_the_case_of_the_lists_name(tmp_path):
    """named compares names of lists without case."""
    named_conf = "acl Trusted { 127.0.0.0/8; 10.0.0.0/8; };\n" + OPTIONS.format(QUIET + "allow-query { trusted; };") + ZONE
    variables, findings, before, after = taken_over(tmp_path, {"named.conf": named_conf}, [(NS1, STRANGER)])
    assert variables["nameserver_allow_query"] == ["127.0.0.0/8", "10.0.0.0/8"] and not findings
    assert before == after and before[0] == (0, ["www.one.test. 3600 IN A 192.0.2.80"])


@pytest.mark.skipif(NsdHost not in INSTALLED, reason="NSD is not installed")
def test_an_nsd_that_listens_everywhere_goes_on_doing_so(tmp_path, monkeypatch):
    stock = AdoptedNsd.stock
    monkeypatch.setattr(AdoptedNsd, "stock", lambda self, options: stock(self, options).replace(f"ip-address: {NS1}", "ip-address: 0.0.0.0\n\tip-address: ::0"))
    monkeypatch.setattr(AdoptedNsd, "adapted", lambda _self, config: config)  # it has 127.0.0.1 to itself
    nsd_conf = '{server}\tzonesdir: "{work}"\nzone:\n\tname: one.test\n\tzonefile: one\n'
    variables, findings, before, after = taken_over(tmp_path, {"nsd.conf": nsd_conf}, [(NS1,), (OTHER,), ("127.0.0.1",)])
    assert variables["nameserver_listen_on"] == ["any"] and not findings
    assert before == after and all(before)


def test_a_view_with_which_a_server_hides_its_version_is_not_needed(tmp_path):
    """BIND's manual and many since call it "chaos"."""
    chaos = 'view "chaos" chaos { match-clients { any; }; recursion no; zone "bind" chaos { type master; file "bind"; }; };\n'
    named_conf = OPTIONS.format(QUIET) + f'view "main" {{ match-clients {{ any; }}; {ZONE} }};\n' + chaos
    content = '$TTL 0\n@ CH SOA localhost. root.localhost. 1 3600 600 86400 60\n@ CH NS localhost.\nversion CH TXT "no"\n'
    questions = [(NS1,), (NS1, None, "version.bind", "TXT", "CH")]
    _variables, findings, before, after = taken_over(tmp_path, {"named.conf": named_conf, "work/bind": content}, questions)
    assert before[0] == after[0] and before[1] == (0, ['version.bind. 0 CH TXT "no"']) and after[1][1] == []
    (finding,) = findings
    assert finding["kind"] == "change" and "its view chaos of class chaos is left out" in finding["text"]
