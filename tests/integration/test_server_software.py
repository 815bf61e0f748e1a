# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every program promises beside a whole state: signed transfers and NOTIFY with each other, who may ask, and what is not told."""

from __future__ import annotations

import base64
import itertools
import os
import pathlib
import re
import shutil
import socket
import subprocess
import time

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.opcode
import dns.query
import dns.rcode
import dns.tsigkeyring
import dns.xfr
import dns.zone
import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.plugin_utils.software.common import Settings
from ansible_collections.authoritative.dns.tests.support.named import NAMED, free_port, running_named, zone_text
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, BindHost, KnotHost, NsdHost, running_host

pytestmark = [
    pytest.mark.skipif(not INSTALLED, reason="no name server is installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="configuration files belong to root"),
]

ZONE = "example.com"
NS = {"type": "NS", "value": "ns1.example."}
SECRETS = {name: base64.b64encode(os.urandom(32)).decode() for name in ("ns1-ns2", "elsewhere")}
KEYS = [{"name": name, "secret": secret} for name, secret in SECRETS.items()]
SIGNED = ("ns1-ns2", SECRETS["ns1-ns2"])
NOT_SIGNED_WELL = [None, ("ns1-ns2", SECRETS["elsewhere"]), ("elsewhere", SECRETS["elsewhere"]), ("unknown", SECRETS["ns1-ns2"])]
SECONDARY, STRANGER, FRIEND = "127.0.0.2", "127.0.0.3", "127.0.0.8"


def ids(value):
    return value.daemon if isinstance(value, type) else None


@pytest.fixture(params=INSTALLED, ids=ids)
def host(request, tmp_path):
    with running_host(request.param, tmp_path / "host") as running:
        yield running


def zone(*addresses, **more):
    return {"name": ZONE, "records": [NS, *({"name": "www", "type": "A", "value": address} for address in addresses)], **more}


def feed(primary, secondary, *addresses, key="ns1-ns2"):
    """Have primary serve the zone, and feed secondary."""
    item = zone(*addresses, primaries=["ns1"], secondaries=[{"address": secondary.address, "port": secondary.port, "key": key}])
    return primary.bring_declared([item], keys=KEYS)


def follow(secondary, primary, key="ns1-ns2"):
    item = zone(primaries=[{"address": primary.address, "port": primary.port, "key": key}], secondaries=["ns1"])
    return secondary.bring_declared([item], keys=KEYS)


def sign(message, key):
    if key:
        message.use_tsig(dns.tsigkeyring.from_text({key[0]: key[1]}), keyname=f"{key[0]}.", algorithm="hmac-sha256")
    return message


def transfer(host, key=None, source=None):
    """The records of the zone by AXFR, None if it is refused."""
    message = sign(dns.message.make_query(ZONE, "AXFR"), key)
    found = dns.zone.Zone(ZONE)
    try:
        dns.query.inbound_xfr(host.address, found, message, port=host.port, timeout=5, lifetime=5, source=source)
    except (dns.exception.DNSException, EOFError, OSError):
        return None
    return {(name.to_text(), rdata.to_text()) for name, _ttl, rdata in found.iterate_rdatas()}


def ask(host, name=ZONE, rdtype="SOA", rdclass="IN", *, address=None, source=None, key=None, **options):
    message = sign(dns.message.make_query(name, rdtype, rdclass, **options), key)
    return dns.query.udp(message, address or host.address, port=host.port, source=source, timeout=5)


def answer_to_any(host):
    """What a question for ANY over UDP brings; NSD's truncated answer does not even repeat it, which dns.query.udp refuses."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.settimeout(5)
        link.connect((host.address, host.port))
        link.send(dns.message.make_query(ZONE, "ANY").to_wire())
        return dns.message.from_wire(link.recv(65535))


def truncated(host, source, questions=2000):
    """How many of these questions for one name, asked in a second or two, are sent to TCP. Each is answered before more are asked."""
    query, found = dns.message.make_query(f"www.{ZONE}", "A").to_wire(), 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.bind((source, 0))
        link.settimeout(2)
        link.connect((host.address, host.port))
        for _batch in range(questions // 20):
            for _question in range(20):
                link.send(query)
            found += sum(bool(link.recv(4096)[2] & 2) for _question in range(20))
    return found


def within(seconds, condition, *hosts):
    """How long it took until condition() was true."""
    started = time.monotonic()
    while not condition():
        if time.monotonic() - started > seconds:
            raise AssertionError("\n".join([f"not within {seconds} s", *(host.log()[-2500:] for host in hosts)]))
        time.sleep(0.02)
    return time.monotonic() - started


@pytest.mark.parametrize(("first", "second"), list(itertools.product(INSTALLED, repeat=2)), ids=ids)
def test_a_secondary_of_any_program_follows_a_primary_of_any_program_with_their_key_only(first, second, tmp_path):
    with running_host(first, tmp_path / "primary") as primary, running_host(second, tmp_path / "secondary") as secondary:
        feed(primary, secondary, "192.0.2.1")
        follow(secondary, primary)
        within(10, lambda: secondary.serial(ZONE) == primary.serial(ZONE), primary, secondary)
        assert secondary.ask(f"www.{ZONE}", "A") == ["192.0.2.1"]

        # NOTIFY tells of a change: the SOA's refresh would take an hour.
        feed(primary, secondary, "192.0.2.77")
        within(10, lambda: secondary.serial(ZONE) == primary.serial(ZONE), primary, secondary)
        assert secondary.ask(f"www.{ZONE}", "A") == ["192.0.2.77"]

        assert ("www", "192.0.2.77") in transfer(primary, SIGNED)
        assert [transfer(primary, key) for key in NOT_SIGNED_WELL] == [None] * 4
        assert [transfer(secondary, key) for key in (*NOT_SIGNED_WELL, SIGNED)] == [None] * 5

        notify = dns.message.make_query(ZONE, "SOA", flags=dns.flags.AA)
        notify.set_opcode(dns.opcode.NOTIFY)
        # named always takes NOTIFY from the primaries' addresses, and only asks them for the SOA then.
        for key in () if second is BindHost else NOT_SIGNED_WELL:
            try:
                answer = dns.query.udp(sign(notify, key), secondary.address, port=secondary.port, timeout=1)
            except (dns.exception.DNSException, OSError):
                continue  # not answered, or answered that the signature is bad
            assert answer.rcode() != dns.rcode.NOERROR, key

        pids = primary.pid, secondary.pid
        assert not feed(primary, secondary, "192.0.2.77")["changed"] and not follow(secondary, primary)["changed"]
        assert (primary.pid, secondary.pid) == pids
        for host in primary, secondary:
            assert not [line for line in host.log().splitlines() if SECRETS["ns1-ns2"] in line]
            assert (host.current / "keys.conf").stat().st_mode & 0o777 == 0o640
            assert [path.name for path in host.current.iterdir() if path.is_file() and SECRETS["ns1-ns2"] in path.read_text()] == ["keys.conf"]

        # What was transferred outlives both servers.
        secondary.write()
        within(5, secondary.kept_of(ZONE)[0].exists, secondary)
        primary.stop()
        secondary.stop()
        secondary.start()
        within(5, lambda: secondary.serial(ZONE) is not None, secondary)
        assert secondary.ask(f"www.{ZONE}", "A") == ["192.0.2.77"]

        assert secondary.bring_declared([], keys=KEYS)["zones_removed"] == [ZONE]
        assert secondary.serial(ZONE) is None and not [path for path in secondary.kept_of(ZONE) if path.exists()]


@pytest.mark.parametrize("second", INSTALLED, ids=ids)
def test_a_secondary_that_gets_another_key_looks_what_it_missed_with_the_old_one(second, tmp_path):
    with running_host(BindHost, tmp_path / "primary") as primary, running_host(second, tmp_path / "secondary") as secondary:
        feed(primary, secondary, "192.0.2.1")
        follow(secondary, primary)
        within(10, lambda: secondary.serial(ZONE) == primary.serial(ZONE), primary, secondary)
        feed(primary, secondary, "192.0.2.77", key="elsewhere")
        time.sleep(1)  # NOTIFY comes, and what the secondary asks for is refused
        assert secondary.serial(ZONE) != primary.serial(ZONE)
        follow(secondary, primary, key="elsewhere")
        within(5, lambda: secondary.serial(ZONE) == primary.serial(ZONE), primary, secondary)


def test_without_a_key_addresses_decide(host):
    host.bring_declared([zone("192.0.2.1", secondaries=[{"address": SECONDARY}])])
    assert transfer(host, source=STRANGER) is None and transfer(host, source=SECONDARY) is not None


@pytest.mark.skipif(NAMED is None or NsdHost not in INSTALLED, reason="named or nsd is not installed")
def test_nsd_transfers_over_tls_from_who_proves_to_be_the_one_that_is_meant(tmp_path):
    certificate, key, port = tmp_path / "certificate.pem", tmp_path / "key.pem", free_port()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=ns1.example"]
        + ["-addext", "subjectAltName=DNS:ns1.example", "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    options = f'listen-on port {port} tls own {{ 127.0.0.1; }}; allow-transfer transport tls {{ key "ns1-ns2"; }};'
    own = f'tls own {{ key-file "{key}"; cert-file "{certificate}"; protocols {{ TLSv1.3; }}; }};'
    settings = Settings(listen_on=("127.0.0.1",), allow_query=("any",), tls_ca=str(certificate))
    with running_named({ZONE: zone_text(ZONE, 7)}, options=options, keys=SECRETS, statements=own) as primary:
        for name in "ns2.example", "ns1.example":
            source = {"address": primary.address, "port": primary.port, "key": "ns1-ns2", "tls": name, "tls_port": port}
            with running_host(NsdHost, tmp_path / name) as host:
                host.bring_declared([zone(primaries=[source], secondaries=["ns1"], tls=True)], keys=KEYS, settings=settings)
                if name == "ns1.example":
                    within(10, lambda: host.serial(ZONE) == 7, host)
                else:
                    within(10, lambda: "hostname mismatch" in host.log(), host)
                    assert host.serial(ZONE) is None


@pytest.mark.skipif(KnotHost not in INSTALLED, reason="knotd is not installed")
def test_knot_that_cannot_hand_out_over_tls_alone_is_told_which_can(tmp_path):
    version = subprocess.run([shutil.which("knotd", path="/usr/sbin:/usr/local/sbin"), "--version"], check=True, capture_output=True, text=True).stdout
    if tuple(map(int, re.search(r"(\d+)\.(\d+)\.(\d+)", version).groups())) >= (3, 4, 1):
        pytest.skip("this one can")
    settings = Settings(listen_on=("127.0.0.1",), allow_query=("any",), tls_certificate="/certificate.pem", tls_key="/key.pem")
    with running_host(KnotHost, tmp_path / "host") as host:
        with pytest.raises(Refused, match=r"listen-tls.*takes Knot DNS 3\.4\.1 or newer"):
            host.bring_declared([zone("192.0.2.1", secondaries=[{"address": SECONDARY}], tls=True)], settings=settings)
        assert host.serial(ZONE) is None and host.runs()


@pytest.mark.parametrize(
    ("declared", "expected"), [(None, [True, True, False]), (["any"], [True] * 3), ([STRANGER], [True, False, True]), (["none"], [True, False, False])]
)
def test_who_may_ask_is_who_the_zone_or_else_the_server_says(host, declared, expected):
    host.bring_declared([zone("192.0.2.1")])
    more = {} if declared is None else {"allow_query": declared}
    host.bring_declared([zone("192.0.2.1", **more)], settings=Settings(listen_on=(host.address,), allow_query=(FRIEND,)))

    def answers():
        return [ask(host, source=source).rcode() == dns.rcode.NOERROR for source in (host.address, FRIEND, STRANGER)]

    within(2, lambda: answers() == expected, host)  # nsd-control answers before nsd has new processes


def test_a_secondary_may_ask_for_the_soa_with_its_key(host):
    item = zone("192.0.2.1", primaries=["ns1"], secondaries=[{"address": SECONDARY, "key": "ns1-ns2"}], allow_query=["none"])
    host.bring_declared([item], keys=KEYS)
    assert ask(host, source=SECONDARY, key=SIGNED).rcode() == dns.rcode.NOERROR
    assert ask(host, source=STRANGER).rcode() != dns.rcode.NOERROR


@pytest.mark.parametrize("host", [kind for kind in INSTALLED if kind is not BindHost], ids=ids, indirect=True)
def test_another_address_to_listen_on_takes_a_restart_and_a_zone_does_not(host):
    host.bring_declared([zone("192.0.2.1")])
    pid, more = host.pid, Settings(listen_on=(host.address, "127.0.0.9"), allow_query=("any",))
    assert host.bring_declared([zone("192.0.2.1")], settings=more)["reloaded"]
    within(5, lambda: ask(host, address="127.0.0.9").rcode() == dns.rcode.NOERROR, host)
    assert host.pid != pid
    pid = host.pid
    host.bring_declared([zone("192.0.2.2")], settings=more)
    assert host.pid == pid and host.ask(f"www.{ZONE}", "A") == ["192.0.2.2"]


def test_nothing_is_told_about_the_server_and_little_in_all_answers(host):
    host.bring_declared([zone("192.0.2.1", "192.0.2.2")])
    for name in ("version.bind", "version.server", "hostname.bind", "id.server"):
        assert not ask(host, name, "TXT", "CH").answer, name
    nsid = ask(host, use_edns=0, options=[dns.edns.GenericOption(dns.edns.NSID, b"")])
    assert not [option for option in nsid.options if option.otype == dns.edns.NSID and option.to_wire()]
    elsewhere = ask(host, "example.net")
    assert elsewhere.rcode() == dns.rcode.REFUSED and not elsewhere.flags & dns.flags.RA
    to_any = answer_to_any(host)
    assert sum(len(rrset) for rrset in to_any.answer) <= 1
    assert bool(to_any.flags & dns.flags.TC) == isinstance(host, NsdHost)  # which sends who wants more to TCP
    assert not ask(host, f"www.{ZONE}", "A").authority


def test_who_asks_too_much_is_sent_to_tcp_and_loses_nothing(host):
    host.bring_declared([zone("192.0.2.1")])
    assert truncated(host, STRANGER) > 100


def test_a_zone_that_changed_costs_no_look_at_the_configuration_of_all(host, monkeypatch):
    others = [{"name": f"other{number}.example", "records": [NS]} for number in range(3)]
    host.bring_declared([zone("192.0.2.1"), *others])
    run, read = host.run, []

    def looking(command, **limits):
        for word in command:
            path = pathlib.Path(word)
            if path.name.startswith("check-") and (path.parent / "check-zones.conf").exists():
                read.append((path.parent / "check-zones.conf").read_text())
        if str(host.config_file) in command and isinstance(host, KnotHost):  # knotc reads all of it; nsd-control does too, ten times as fast
            read.append((host.root / "state/current/zones.conf").read_text())
        return run(command, **limits)

    monkeypatch.setattr(host, "run", looking)
    assert host.bring_declared([zone("192.0.2.2"), *others])["zones_changed"].keys() == {ZONE}
    assert host.ask(f"www.{ZONE}", "A") == ["192.0.2.2"]
    assert not [text for text in read if "other1.example" in text]
    host.bring_declared([zone("192.0.2.3"), *others[:2]])
    assert [text for text in read if "other1.example" in text]
