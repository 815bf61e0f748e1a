# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""verify_zone_transfer against real servers, and against a scripted one for what real servers will not do."""

from __future__ import annotations

import datetime
import ssl
import time

import dns.message
import dns.name
import dns.rcode
import dns.rrset
import dns.tsig
import dns.zone
import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import Server
from ansible_collections.authoritative.dns.plugins.module_utils.wire.stream import tls_context
from ansible_collections.authoritative.dns.tests.support.modules import run_module
from ansible_collections.authoritative.dns.tests.support.named import free_port, running_named, zone_text
from ansible_collections.authoritative.dns.tests.support.scripted import reply_to, scripted_server, soa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

SECRET = "bm90IGEgc2VjcmV0IGF0IGFsbA=="
OTHER_SECRET = "YW5vdGhlciBzZWNyZXQgYXMgd2VsbA=="
KEYS = [{"name": "transfer", "secret": SECRET}]
RECORDS = """
    www    A     192.0.2.1
    www    AAAA  2001:db8::1
    @      MX    10 WWW.example.com.
    alias  CNAME www
    text   TXT   "one" "two"
    _x._tcp SRV  0 5 80 www
    sub    NAPTR 10 20 "u" "sip" "" www
"""
ZONE = zone_text("example.com", serial=10, records=RECORDS)


def entry(server, name="ns", **more):
    return dict({"name": name, "address": server.address, "port": server.port}, **more)


def transfer(server, keys=(), key=None, deadline=20, **wanted):
    """The one result of transferring example.com from one server."""
    timeout = wanted.pop("timeout", 1)
    limits = {option: wanted.pop(option) for option in ("max_records", "max_size") if option in wanted}
    outcome = run_module(
        "verify_zone_transfer",
        keys=list(keys),
        servers=[entry(server, **({"key": key} if key else {}))],
        transfers=[dict({"zone": "example.com"}, **wanted)],
        timeout=timeout,
        deadline=deadline,
        detail="all",
        report_only=True,
        **limits,
    )
    assert not outcome["failed"], outcome["msg"]
    return outcome["results"][0]


@pytest.fixture(scope="module")
def server():
    """Transfers example.com to the holder of the key, and open.test to everybody."""
    statements = """zone "open.test" { type primary; file "example.com.zone"; allow-transfer { any; }; };"""
    with running_named(
        {"example.com": ZONE},
        keys={"transfer": SECRET},
        options="allow-transfer { key transfer; };",
        statements=statements.replace("example.com.zone", "open.zone"),
    ) as named:
        named.write_zone("open", zone_text("open.test", serial=4))
        named.reload()
        yield named


def test_the_holder_of_the_key_gets_the_zone_and_a_stranger_does_not(server):
    outcome = run_module(
        "verify_zone_transfer",
        keys=KEYS,
        servers=[entry(server, key="transfer")],
        transfers=[{"zone": "example.com"}, {"zone": "example.com", "key": "", "expect": "refused"}],
        detail="all",
        check=True,
    )
    assert not outcome["failed"] and not outcome["changed"]
    allowed, refused = outcome["results"]
    assert (allowed["state"], allowed["records"], allowed["serial"], allowed["key"]) == ("allowed", 10, 10, "transfer.")
    assert allowed["size"] > 200 and allowed["zonemd"] == "absent" and allowed["serves_zone"] is True
    assert (refused["state"], refused["rcode"], refused["serves_zone"], refused["key"]) == ("refused", "REFUSED", True, None)
    assert SECRET not in str(outcome)


def test_a_stranger_who_gets_the_zone_is_a_fault(server):
    outcome = run_module(
        "verify_zone_transfer",
        servers=[entry(server)],
        transfers=[{"zone": "example.com"}, {"zone": "open.test"}],
        expect="refused",
    )
    assert outcome["failed"]
    assert outcome["msg"].startswith(
        "1 of 2 transfers are not as expected (1 allowed)\n- open.test at ns (127.0.0.1): AXFR allowed, expected refused\n"
        "What helps against allowed: provision the server again;"
    )


def test_a_server_without_the_zone_does_not_pass_for_one_that_refuses(server):
    result = transfer(server, zone="absent.test", expect="refused")
    assert (result["state"], result["ok"], result["rcode"]) == ("not_authoritative", False, "NOTAUTH")


def test_silence_does_not_pass_for_a_refusal():
    with scripted_server() as silent:
        result = transfer(silent, expect="refused", timeout=0.3)
    assert (result["state"], result["ok"]) == ("timeout", False)


def test_a_stopped_server_is_unreachable(server):
    with running_named({"example.com": ZONE}) as named:
        named.stop()
        result = transfer(named, expect="refused")
    assert (result["state"], result["ok"], result["detail"]) == ("unreachable", False, "Connection refused")


def test_notauth_is_a_refusal_when_the_server_serves_the_zone():
    """What Knot DNS says to a stranger."""

    def script(query):
        reply = reply_to(query)
        if dns.message.from_wire(query).question[0].rdtype == dns.rdatatype.AXFR:
            reply = reply_to(query, dns.rcode.NOTAUTH, aa=False)
        else:
            reply.answer.append(soa("example.com.", 1))
        yield reply.to_wire()

    with scripted_server(tcp=script) as scripted:
        result = transfer(scripted, expect="refused")
    assert (result["state"], result["rcode"], result["serves_zone"]) == ("refused", "NOTAUTH", True)


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ({"secret": OTHER_SECRET}, "another secret"),
        ({"name": "unknown", "secret": SECRET}, "does not know this key"),
        ({"algorithm": "hmac-sha512", "secret": SECRET}, ""),
    ],
)
def test_a_wrong_key_is_named_so(server, key, reason):
    key = dict({"name": "transfer"}, **key)
    result = transfer(server, keys=[key], key=key["name"])
    assert result["state"] == "wrong_key" and reason in result["detail"]
    assert transfer(server, keys=[key], key=key["name"], expect="refused")["ok"] is False


@pytest.mark.parametrize("skew", [-600, 600])
def test_clocks_that_differ_are_named_so(server, monkeypatch, skew):
    real_sign = dns.tsig.sign

    def skewed_sign(wire, key, rdata, time=None, *arguments, **named):
        return real_sign(wire, key, rdata, int(time) + skew, *arguments, **named)

    monkeypatch.setattr(dns.tsig, "sign", skewed_sign)
    assert transfer(server, keys=KEYS, key="transfer")["state"] == "bad_time"


def test_an_expired_copy_is_servfail():
    statements = 'zone "example.com" { type secondary; primaries { 127.0.0.1 port 9; }; file "copy"; allow-transfer { any; }; };'
    with running_named(statements=statements) as named:
        assert transfer(named)["state"] == "servfail"


# IXFR


def test_ixfr(server):
    with running_named({"example.com": ZONE}, options="ixfr-from-differences yes;") as named:
        current = transfer(named, type="IXFR", serial=10)
        assert (current["state"], current["up_to_date"], current["records"]) == ("allowed", True, 1)
        whole = transfer(named, type="IXFR", serial=3)
        assert (whole["state"], whole["incremental"], whole["records"]) == ("allowed", False, 10)
        named.write_zone("example.com", zone_text("example.com", serial=11, records=RECORDS + "    new A 192.0.2.2\n"))
        named.reload()
        run_module("verify_soa_serial", servers=[entry(named)], zones=[{"name": "example.com", "expected_serial": 11}], wait_timeout=5)
        difference = transfer(named, type="IXFR", serial=10)
    assert (difference["state"], difference["incremental"], difference["serial"]) == ("allowed", True, 11)
    assert difference["records"] == 4  # new SOA, old SOA, new SOA, the record added


# Comparison


def test_the_same_content_in_another_order_and_case_is_equal(server):
    lines = [line.strip() for line in RECORDS.strip().splitlines()]
    other = zone_text("example.com", serial=10, records="\n".join(reversed(lines)).replace("www", "WWW"))
    with running_named({"example.com": other}, address="::1") as secondary:
        outcome = run_module(
            "verify_zone_transfer",
            keys=KEYS,
            servers=[entry(server, "ns1", key="transfer"), entry(secondary, "ns2")],
            transfers=[{"zone": "example.com", "servers": ["ns2"], "same_as": "ns1"}],
            detail="all",
        )
    assert not outcome["failed"], outcome["msg"]
    assert outcome["results"][0]["comparison"]["equal"] is True
    assert transfer(server, keys=KEYS, key="transfer", content=other)["comparison"]["equal"] is True


def test_differences_are_counted_and_named(server, tmp_path):
    other = ZONE.replace("192.0.2.1", "192.0.2.9") + "extra 60 TXT x\n"
    path = tmp_path / "zone"
    path.write_text(other)
    result = transfer(server, keys=KEYS, key="transfer", content_file=str(path))
    assert result["state"] == "different" and not result["ok"]
    assert result["comparison"] == {
        "equal": False,
        "missing": ['extra.example.com. 60 IN TXT "x"', "www.example.com. 300 IN A 192.0.2.9"],
        "unexpected": ["www.example.com. 300 IN A 192.0.2.1"],
        "missing_count": 2,
        "unexpected_count": 1,
    }
    assert result["detail"].startswith('2 missing, first extra.example.com. 60 IN TXT "x"; 1 unexpected')


def test_what_is_to_be_ignored_is(server):
    other = ZONE.replace(" 10 3600", " 9 3600").replace("$TTL 300", "$TTL 60").replace("    text   TXT", "    other  TXT").lower()
    other = other.replace("$ttl", "$TTL").replace("$origin", "$ORIGIN")
    result = transfer(server, keys=KEYS, key="transfer", content=other)
    assert result["comparison"]["missing_count"] == 10
    ignoring = {"ignore_ttl": True, "ignore_serial": True, "ignore_types": ["TXT"]}
    assert transfer(server, keys=KEYS, key="transfer", content=other, **ignoring)["comparison"]["equal"]


def test_without_the_other_content_there_is_no_verdict(server):
    with scripted_server() as silent:
        outcome = run_module(
            "verify_zone_transfer",
            keys=KEYS,
            servers=[entry(server, "ns1", key="transfer"), entry(silent, "ns2")],
            transfers=[{"zone": "example.com", "servers": ["ns1"], "same_as": "ns2"}],
            timeout=0.3,
        )
    assert outcome["results"][0]["state"] == "no_reference" and "ns2 (127.0.0.1 port" in outcome["msg"]


@pytest.mark.parametrize("wait_timeout", [0, 100])
def test_a_server_that_serves_no_more_at_once_is_asked_again(wait_timeout):
    """BIND answers SERVFAIL to who comes while as many transfers are under way as it serves at once."""
    text = zone_text("example.com", 1, "".join(f"h{number} A 192.0.2.1\n" for number in range(10000)))
    with running_named({"example.com": text}, options="transfers-out 1;") as named:
        transfers = [{"zone": "example.com"}] * 20
        outcome = run_module("verify_zone_transfer", servers=[entry(named)], transfers=transfers, wait_timeout=wait_timeout, deadline=120, report_only=True)
    states = outcome["summary"]["states"]
    if wait_timeout:
        assert states == {"allowed": 20}
    else:
        assert states["servfail"] > 0, states


def test_zonemd_is_checked():
    zone = dns.zone.from_text(ZONE, "example.com")
    zone.replace_rdataset("@", dns.rdataset.from_rdata(300, zone.compute_digest(dns.zone.DigestHashAlgorithm.SHA384)))
    signed = zone.to_text(relativize=False)
    with running_named({"example.com": signed}) as named:
        assert transfer(named)["zonemd"] == "verified"
    with running_named({"example.com": signed.replace("192.0.2.1", "192.0.2.2")}) as named:
        result = transfer(named)
    assert (result["state"], result["zonemd"], result["ok"]) == ("zonemd_mismatch", "mismatch", False)


# TLS


def make_certificate(directory, host):
    """A key and a self-signed certificate for this name, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (directory / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    (directory / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def test_transfer_over_tls(tmp_path):
    make_certificate(tmp_path, "ns1.example.com")
    tls = f'tls own {{ key-file "{tmp_path}/key.pem"; cert-file "{tmp_path}/certificate.pem"; protocols {{ TLSv1.3; }}; }};'
    port = free_port()
    options = f"listen-on port {port} tls own {{ 127.0.0.1; }}; allow-transfer transport tls {{ any; }};"
    with running_named({"example.com": ZONE}, options=options, statements=tls) as named:
        over_tls = {"name": "ns", "address": "127.0.0.1", "tls_port": port, "tls": True}

        def state(**more):
            outcome = run_module(
                "verify_zone_transfer", servers=[dict(over_tls, **more)], transfers=[{"zone": "example.com"}], detail="all", timeout=2
            )
            return outcome["results"][0]["state"], outcome["results"][0]["detail"]

        ca_file = str(tmp_path / "certificate.pem")
        assert state() == ("allowed", "")
        assert state(tls_hostname="ns1.example.com", tls_ca_file=ca_file) == ("allowed", "")
        wrong_name = state(tls_hostname="ns2.example.com", tls_ca_file=ca_file)
        assert wrong_name[0] == "tls_failed" and "ns2.example.com" in wrong_name[1]
        assert state(tls_hostname="ns1.example.com")[0] == "tls_failed"
        assert state(tls_port=named.port)[0] in ("tls_failed", "timeout")
        assert transfer(named, expect="refused")["state"] == "refused"


# What real servers will not do


def message(query, *records):
    reply = reply_to(query)
    reply.answer.extend(records)
    return reply.to_wire()


def rrset(name, rdtype, *data):
    return dns.rrset.from_text(name, 300, "IN", rdtype, *data)


SOA = soa("example.com.", 10)
A = rrset("www.example.com.", "A", "192.0.2.1")


@pytest.mark.parametrize(
    ("script", "state", "detail"),
    [
        (lambda query: [message(query, SOA, A)], "truncated", "after 2 records"),
        (lambda query: [], "truncated", "without an answer"),
        (lambda query: [message(query, SOA, A)[:-3]], "malformed", "in the middle"),
        (lambda query: [message(query, A, SOA)], "malformed", "first record"),
        (lambda query: [message(query)], "malformed", "without records"),
        (lambda query: [message(query, SOA, A), message(query, soa("example.com.", 11))], "malformed", "serial 11, not 10"),
        (lambda query: [message(query, SOA, A, soa("www.example.com.", 3))], "malformed", "SOA of another name"),
        (lambda query: [b"\0\1" + message(query, SOA, A)[2:]], "malformed", "another id"),
        (lambda query: [query], "malformed", "not an answer"),
        (lambda query: [b"\x07garbage" * 20], "malformed", ""),
        (lambda query: [b""], "malformed", ""),
        (lambda query: [memoryview(b"\xff")], "truncated", ""),
        (lambda query: [reply_to(query, dns.rcode.NOTIMP).to_wire()], "error", "NOTIMP"),
        (lambda query: [reply_to(query, dns.rcode.SERVFAIL).to_wire()], "servfail", ""),
    ],
)
def test_broken_transfers_have_a_state(script, state, detail):
    def once(query):
        yield from script(query)
        raise EOFError

    with scripted_server(tcp=once) as scripted:
        result = transfer(scripted)
    assert result["state"] == state and detail in result["detail"]


def endless(query):
    yield message(query, SOA)
    while True:
        yield message(query, *(rrset(f"h{number}.example.com.", "A", "192.0.2.1") for number in range(50)))


def test_an_endless_transfer_ends():
    with scripted_server(tcp=endless) as scripted:
        assert transfer(scripted, max_records=5000)["state"] == "too_large"
        assert transfer(scripted, max_size=50000)["state"] == "too_large"
        started = time.monotonic()
        result = transfer(scripted, deadline=0.5)
        assert time.monotonic() - started < 3
    assert result["state"] == "timeout" and "deadline" in result["detail"]


def test_a_transfer_that_stops_in_the_middle_is_a_timeout():
    with scripted_server(tcp=lambda query: [message(query, SOA, A)]) as scripted:
        result = transfer(scripted, timeout=0.3)
    assert (result["state"], result["records"]) == ("timeout", 2)


def test_a_trickle_does_not_pass_the_deadline():
    def trickle(query):
        for byte in message(query, SOA, A, A) * 100:
            time.sleep(0.05)
            yield memoryview(bytes([byte]))

    with scripted_server(tcp=trickle) as scripted:
        started = time.monotonic()
        assert transfer(scripted, timeout=0.5)["state"] == "timeout"
        assert time.monotonic() - started < 2


def test_an_unsigned_or_tampered_transfer_is_not_believed(server):
    with scripted_server(tcp=lambda query: [message(query, SOA, A, SOA)]) as scripted:
        result = transfer(scripted, keys=KEYS, key="transfer")
    assert result["state"] == "wrong_key" and "not signed" in result["detail"]


def test_records_outside_the_zone_are_not_compared_in_silence():
    def script(query):
        yield message(query, SOA, rrset("www.example.org.", "A", "192.0.2.1"))
        yield message(query, SOA)

    with scripted_server(tcp=script) as scripted:
        result = transfer(scripted, content=ZONE)
    assert result["state"] == "malformed" and "outside the zone: www.example.org." in result["detail"]


def test_many_transfers_run_at_a_time_and_in_order(server):
    with scripted_server() as silent:
        started = time.monotonic()
        outcome = run_module(
            "verify_zone_transfer",
            servers=[entry(silent, "silent"), entry(server, "ns")],
            transfers=[{"zone": f"z{number}.test"} for number in range(20)],
            timeout=0.5,
            detail="all",
            concurrency=20,
        )
        assert time.monotonic() - started < 3
    assert [result["zone"] for result in outcome["results"]] == [f"z{number}.test" for number in range(20) for _server in "ab"]
    assert outcome["summary"]["states"] == {"timeout": 20, "not_authoritative": 20}


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"type": "IXFR"}, "transfers: entry 1 (a.test): serial and type IXFR belong together"),
        ({"serial": 1}, "serial and type IXFR belong together"),
        ({"type": "IXFR", "serial": -1}, "serial -1 is not a serial"),
        ({"servers": ["x"]}, "x not in servers; known: ::1"),
        ({"key": "x"}, "the key x is not in keys"),
        ({"same_as": "x"}, "x not in servers"),
        ({"same_as": "::1", "content": ""}, "compare with one thing"),
        ({"content": "", "expect": "refused"}, "only an AXFR that is allowed"),
        ({"content": "www A not-an-address"}, "content cannot be read as a zone"),
        ({"content_file": "/nonexistent"}, "content_file /nonexistent cannot be read"),
        ({"content": "@ 1 A 192.0.2.1", "ignore_types": ["NOPE"]}, "'NOPE' is not a record type"),
    ],
)
def test_mistakes_are_named(arguments, text):
    outcome = run_module("verify_zone_transfer", servers=[{"address": "::1", "port": 9}], transfers=[dict({"zone": "a.test"}, **arguments)])
    assert outcome["failed"] and text in outcome["msg"], outcome["msg"]


def test_tls_1_3_is_the_least():
    assert tls_context(Server("a", "::1", 53, tls=True)).minimum_version == ssl.TLSVersion.TLSv1_3
