# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones that a real BIND or Knot DNS signs, from the word in the declaration on: what changes, what does not, what a run that fails or is killed leaves."""

from __future__ import annotations

import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

import dns.dnssec
import dns.query
import dns.rdata
import dns.zone
import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.plugin_utils import guard
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.loading import load
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.proof.expectations import expectations
from ansible_collections.authoritative.dns.plugins.plugin_utils.proof.signed_zones import signatures_expected
from ansible_collections.authoritative.dns.tests.support.modules import run_module
from ansible_collections.authoritative.dns.tests.support.scripted import scripted_server, soa_answer
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, BindHost, KnotHost, running_host

NAME = "signed.example"
VERIFY = shutil.which("dnssec-verify", path=os.environ["PATH"] + ":/usr/sbin")
SIGNERS = [kind for kind in (BindHost, KnotHost) if kind in INSTALLED]
pytestmark = pytest.mark.skipif(VERIFY is None or not SIGNERS, reason="dnssec-verify is not installed, or no program that signs")


_DELEGATION = [{"type": "NS", "value": "ns1.example."}, {"name": "ns1", "type": "A", "value": "192.0.2.53"}, {"name": "signed", "type": "NS", "value": "ns1"}]
ABOVE = {"name": "example", "records": _DELEGATION}
ABOVE_WITH_DS = {"name": "example", "records": [*_DELEGATION, {"name": "signed", "type": "DS", "value": "1 13 2 " + "ab" * 32}]}


def zone(address="192.0.2.1", dnssec=True, name=NAME, **options):
    records = [{"type": "NS", "value": "ns1.example."}, {"name": "www", "type": "A", "value": address}, {"name": "*.w", "type": "TXT", "value": "star"}]
    return {"name": name, "records": records, "dnssec": dnssec, "secondaries": ["ns2"], **options}


@pytest.fixture(params=SIGNERS, ids=lambda kind: kind.daemon)
def host(tmp_path, request):
    with running_host(request.param, tmp_path) as host:
        yield host


def alone(program):
    return pytest.mark.parametrize("host", [kind for kind in SIGNERS if kind is program], indirect=True, ids=lambda kind: kind.daemon)


bind_alone, knot_alone = alone(BindHost), alone(KnotHost)


def served(host, name=NAME):
    """The zone as the server hands it out, once a validator's view of it is in order."""
    deadline = time.monotonic() + 20
    while True:
        copy = dns.zone.from_xfr(dns.query.xfr(host.address, name, port=host.port, source="127.0.0.2", lifetime=20, relativize=False), relativize=False)
        (host.root / "copy").write_text(copy.to_text(relativize=False))
        done = subprocess.run([VERIFY, "-z", "-o", name, str(host.root / "copy")], capture_output=True, text=True, check=False)
        if not done.returncode:
            return copy
        assert time.monotonic() < deadline, done.stderr
        time.sleep(0.1)


def text_serial(host, name=NAME):
    return int((host.root / "state/current/zones" / name).read_text().split(" SOA ")[1].split()[2])


def text(copy, owner, kind):
    rdataset = copy.get_rdataset(owner, kind)
    return sorted(rdata.to_text() for rdata in rdataset) if rdataset else []


def compared(host, items, **arguments):
    with host.declared(items, **arguments) as application:
        return application.compare(int(time.time()))


def test_the_word_signs_a_zone_and_a_second_run_changes_nothing(host):
    assert host.bring_declared([zone(dnssec=False)])["changed"]
    before = host.serial(NAME)
    assert host.bring_declared([zone()])["changed"]
    copy = served(host)
    assert text(copy, f"www.{NAME}.", "A") == ["192.0.2.1"] and text(copy, f"{NAME}.", "DNSKEY")
    assert host.serial(NAME) > before
    host.sign(NAME)  # the signer moves its serial by itself
    again = host.bring_declared([zone()])
    assert (again["changed"], again["zones_changed"]) == (False, {})
    with host.declared([zone()]) as application:
        assert application.preview()["changed"] is False
    # what the signer writes lies nowhere in the generations
    assert sorted(path.name for path in (host.root / "state/current/zones").iterdir()) == [NAME]


A_DAY = {"day": {"max_zone_ttl": "1h", "signatures_validity": "1d", "signatures_refresh": "10h"}}


@pytest.mark.parametrize("policy", ["standard", "nist", "day"])
def test_what_is_served_is_proven_against_the_declaration(host, policy):
    items = [zone(dnssec=policy)]
    host.bring_declared(items, policies=A_DAY)
    served(host)
    inventory = Inventory({"all": list(host.addresses), "dns_primaries": ["ns1"]}, host.addresses.__getitem__)
    declaration = load(items, {}, inventory, str, policies=A_DAY)
    expected, signed = expectations(declaration, "elsewhere", [4], 0, 1), signatures_expected(declaration, "elsewhere", [4], {})
    (entry,) = signed["zones"]
    assert entry["expect"] == "signed"
    here = [{**server, "port": host.port} for server in expected.servers if server["address"] == host.address]
    names = {server["name"] for server in here}
    for module, zones in (("verify_records", expected.contents), ("verify_dnssec", signed["zones"])):
        only = [{**item, "servers": [name for name in item["servers"] if name in names], "transfers": []} for item in zones]
        only = only if module == "verify_dnssec" else [{key: value for key, value in item.items() if key != "transfers"} for item in only]
        found = run_module(module, servers=here, zones=only)
        assert found["failed"] is False and found["summary"]["at_fault"] == 0 and not found.get("warnings"), found


def test_a_change_shows_the_unsigned_difference_and_is_served_signed_beyond_what_was(host):
    host.bring_declared([zone()])
    served(host)
    for _signing in range(3):
        host.sign(NAME)
    before, had = host.serial(NAME), host.signing_keys(NAME)
    with host.declared([zone("192.0.2.2")]) as application:
        shown = application.preview()["diff"][0]["prepared"]
        assert "+ www 3600 A 192.0.2.2" in shown and "RRSIG" not in shown and "DNSKEY" not in shown
    result = host.bring_declared([zone("192.0.2.2")])
    assert result["zones_changed"][NAME] > before
    copy = served(host)
    assert text(copy, f"www.{NAME}.", "A") == ["192.0.2.2"] and host.signing_keys(NAME) == had


@pytest.mark.parametrize("policy", ["nist", "stig"])
def test_named_policies(host, policy):
    host.bring_declared([zone(dnssec=policy)])
    copy = served(host)
    assert bool(text(copy, f"{NAME}.", "NSEC3PARAM")) == (policy == "stig")
    signature = copy.get_rdataset(f"www.{NAME}.", "RRSIG", "A")[0]
    assert 5 * 86400 < signature.expiration - signature.inception <= 7 * 86400 + 7200
    assert not host.bring_declared([zone(dnssec=policy)])["changed"]


def test_a_restart_and_a_kill_between_swap_and_reload_leave_a_zone_that_is_served(host):
    host.bring_declared([zone()])
    served(host)
    host.stop()
    host.start()
    assert text(served(host), f"www.{NAME}.", "A") == ["192.0.2.1"]
    for address in ("192.0.2.2", "192.0.2.3"):  # the first change leaves a journal of the text
        host.bring_declared([zone(address)])
        served(host)
    with host.declared([zone("192.0.2.4")]) as application:
        take = application.software.take
        application.software.take = lambda files, zones: (os.kill(host.pid, signal.SIGKILL), take(files, zones))
        application._roll_back = lambda *_arguments: None  # killed as well
        with pytest.raises(Refused):
            application.apply(os.replace)
    host.start()
    copy = served(host)
    assert text(copy, f"www.{NAME}.", "A") == ["192.0.2.4"]
    host.bring_declared([zone("192.0.2.4")])
    assert not host.bring_declared([zone("192.0.2.4")])["changed"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a server with another user's rights")
def test_a_server_without_rights_signs_in_directories_of_its_own():
    root = pathlib.Path(tempfile.mkdtemp(prefix="signing-"))  # who has no rights cannot get to the tests' directory
    try:
        with running_host(BindHost, root, "daemon") as host:
            host.bring_declared([zone()])
            served(host)
            assert text(served(host), f"www.{NAME}.", "A") == ["192.0.2.1"]
            host.bring_declared([zone("192.0.2.2")])
            assert text(served(host), f"www.{NAME}.", "A") == ["192.0.2.2"] and not host.bring_declared([zone("192.0.2.2")])["changed"]
            made = [root / "own/signing", *(root / "own/signing").rglob("*")]
            assert {path.lstat().st_uid for path in made} == {pwd.getpwnam("daemon").pw_uid}
            assert (root / "own/signing/keys" / NAME).stat().st_mode & 0o777 == 0o700
    finally:
        shutil.rmtree(root)


def test_a_change_while_the_server_is_stopped_is_served_after_its_start(host):
    for address in ("192.0.2.1", "192.0.2.2"):
        host.bring_declared([zone(address)])
        served(host)
    host.stop()
    host.bring_declared([zone("192.0.2.3")])
    host.start()
    assert text(served(host), f"www.{NAME}.", "A") == ["192.0.2.3"]
    assert not host.bring_declared([zone("192.0.2.3")])["changed"]


def test_what_fails_is_put_back_under_a_new_serial(host):
    other = "other.example"
    host.bring_declared([zone(), zone(name=other)])
    assert served(host) and served(host, other)
    before = host.serial(NAME)
    host.ignore_reload(other)  # one of two zones is not taken, and the other one is
    with host.declared([zone("192.0.2.2"), zone("192.0.2.2", name=other)]) as application:
        with pytest.raises(Refused, match="does not serve other.example"):
            application.apply(os.replace)
        assert application.reached == "What was there before is in place again, and the server serves it."
    host.ignored = set()
    copy = served(host)
    assert text(copy, f"www.{NAME}.", "A") == ["192.0.2.1"] and text_serial(host) > before
    host.bring_declared([zone("192.0.2.2"), zone("192.0.2.2", name=other)])
    assert [text(served(host, name), f"www.{name}.", "A") for name in (NAME, other)] == [["192.0.2.2"]] * 2


def test_a_lost_journal_takes_no_serial_back(host):
    host.bring_declared([zone()])
    assert served(host)
    for _signing in range(5):
        host.sign(NAME)
    copies, had = host.serial(NAME), host.signing_keys(NAME)
    host.stop()
    host.lose_signatures()
    host.start()
    assert served(host) and host.serial(NAME) < copies
    host.asks_others = True
    with scripted_server(udp=lambda query: [soa_answer(query, serial=copies)], address="127.0.0.2", port=host.port):
        host.bring_declared([zone()])  # ns2 has the copy that it transferred before
        assert served(host) and host.serial(NAME) > copies and host.signing_keys(NAME) == had
    with scripted_server(udp=lambda query: [soa_answer(query, serial=host.serial(NAME))], address="127.0.0.2", port=host.port):
        assert not host.bring_declared([zone()])["changed"]


def test_a_zone_that_comes_back_is_signed_with_its_keys_beyond_its_serial(host):
    host.bring_declared([ABOVE, zone()])
    assert served(host)
    host.sign(NAME)
    before, had = host.serial(NAME), host.signing_keys(NAME)
    host.bring_declared([ABOVE])
    assert host.serial(NAME) is None
    host.bring_declared([ABOVE, zone("192.0.2.2")])
    copy = served(host)
    assert text(copy, f"www.{NAME}.", "A") == ["192.0.2.2"] and host.serial(NAME) > before and host.signing_keys(NAME) == had


def wait_until(right):
    deadline = time.monotonic() + 60
    while not right():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def losses(found):
    return list(guard.lost_signing_keys("ns1", found, []))


def test_signed_no_longer_only_when_its_keys_are_served_no_longer(host):
    host.bring_declared([ABOVE, zone()])
    assert served(host)
    had = host.signing_keys(NAME)
    found = compared(host, [ABOVE, zone(dnssec=False)])
    assert found["still_signed"] == [NAME] and "write dnssec: insecure first" in losses(found)[0]
    assert not list(guard.lost_signing_keys("ns1", found, [NAME]))
    host.stop()
    assert compared(host, [ABOVE, zone(dnssec=False)])["still_signed"] == [NAME]  # who says nothing may serve them
    host.start()
    assert host.signing_keys(NAME) == had


@bind_alone
def test_no_longer_signed_only_when_the_signer_knows_of_the_ds(host):
    host.bring_declared([ABOVE, zone()])
    assert served(host)
    had = host.signing_keys(NAME)
    # the zone above has a DS, and nobody told the signer
    host.bring_declared([ABOVE_WITH_DS, zone()])
    found = compared(host, [ABOVE_WITH_DS, zone(dnssec="insecure")])
    assert found["insecure_too_early"] == {NAME: ["ns1 has its DS"]} and "checkds published" in losses(found)[0]
    assert compared(host, [zone(dnssec="insecure")])["insecure_too_early"][NAME][0].startswith("nobody is known")
    assert host.run([host.control, "dnssec", "-checkds", "published", NAME])[0] == 0
    found = compared(host, [ABOVE_WITH_DS, zone(dnssec="insecure")])
    assert found["insecure_too_early"] == {NAME: ["its server says that the DS is rumoured"]} and host.signing_keys(NAME) == had


# Seconds where others have days, so that a key's states follow each other at once.
QUICK = {
    "quick": {
        **dict.fromkeys(["dnskey_ttl", "max_zone_ttl", "zone_propagation_delay", "parent_ds_ttl", "parent_propagation_delay"], 1),
        **dict.fromkeys(["publish_safety", "retire_safety"], 0),
        "signatures_validity": 86400,
        "signatures_refresh": 40000,
    }
}


@bind_alone
def test_keys_and_signatures_stay_until_the_ds_is_gone(host):
    def quick(**options):
        return [ABOVE_WITH_DS, zone(ttl=1, **{"dnssec": "quick", **options})]

    def status():
        return host.run([host.control, "dnssec", "-status", NAME])[1]

    def wait_for(state):
        deadline = time.monotonic() + 60
        while not state():
            assert time.monotonic() < deadline, status()
            time.sleep(0.2)

    host.bring_declared(quick(), policies=QUICK)
    wait_for(lambda: host.ask(NAME, "CDS"))
    assert host.run([host.control, "dnssec", "-checkds", "published", NAME])[0] == 0
    wait_for(lambda: "- ds:             omnipresent" in status())
    assert losses(compared(host, quick(dnssec="insecure"), policies=QUICK)) == []
    host.bring_declared(quick(dnssec="insecure"), policies=QUICK)
    assert served(host) and not host.bring_declared(quick(dnssec="insecure"), policies=QUICK)["changed"]
    assert compared(host, quick(dnssec=False), policies=QUICK)["still_signed"] == [NAME]
    # resolvers remember the DS for a day
    assert host.run([host.control, "dnssec", "-checkds", "withdrawn", NAME])[0] == 0
    assert served(host) and compared(host, quick(dnssec=False), policies=QUICK)["still_signed"] == [NAME]


@bind_alone
def test_without_a_ds_a_zone_becomes_unsigned_in_two_steps(host):
    host.bring_declared([ABOVE, zone()])
    assert served(host)
    before, had = host.serial(NAME), host.signing_keys(NAME)
    assert losses(compared(host, [ABOVE, zone(dnssec="insecure")])) == []
    host.bring_declared([ABOVE, zone(dnssec="insecure")])
    deadline = time.monotonic() + 20
    while compared(host, [ABOVE, zone(dnssec=False)])["still_signed"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    host.bring_declared([ABOVE, zone(dnssec=False)])
    assert host.ask(NAME, "DNSKEY") == [] and host.serial(NAME) > before and host.ask(f"www.{NAME}", "A") == ["192.0.2.1"]
    # what named made of it is gone, and its keys stay
    assert not list((host.root / "own/signing/zones").iterdir()) and host.signing_keys(NAME) == had
    assert not host.bring_declared([ABOVE, zone(dnssec=False)])["changed"]


def software(host):
    """The program's adapter, as modules other than nameserver have it."""
    return host.software(host.run, lambda program: shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin"), host.layout)


@knot_alone
def test_knot_signs_until_resolvers_have_forgotten_the_ds(host):
    files = {NAME: NAME}
    host.bring_declared([ABOVE, zone(dnssec="stig")])
    assert served(host)
    before, had = host.serial(NAME), host.signing_keys(NAME)
    assert losses(compared(host, [ABOVE, zone(dnssec="insecure")])) == []
    host.bring_declared([ABOVE, zone(dnssec="insecure")])
    assert text(served(host), f"{NAME}.", "CDS") == ["0 0 0 00"] and host.signing_keys(NAME) == had
    (key,) = software(host).keys(files)[NAME]
    assert (key["goal"], key["states"]["ds"], key["told"]) == ("hidden", "unretentive", None)
    for said in range(3):
        assert compared(host, [ABOVE, zone(dnssec=False)])["still_signed"] == [NAME], said
        software(host).tell_ds(NAME, key["key_tag"], "withdrawn")
    assert software(host).keys(files)[NAME][0]["told"] == "withdrawn"
    ago = time.time() - 26 * 3600  # TTL of the DS, and the delays of the zone above
    (mark,) = (host.root / "own/told").iterdir()
    os.utime(mark, (ago + 60, ago + 60))
    assert compared(host, [ABOVE, zone(dnssec=False)])["still_signed"] == [NAME]
    os.utime(mark, (ago - 60, ago - 60))
    assert compared(host, [ABOVE, zone(dnssec=False)])["still_signed"] == []
    host.bring_declared([ABOVE, zone(dnssec=False)])
    assert host.ask(NAME, "DNSKEY") == [] and host.serial(NAME) > before and host.ask(f"www.{NAME}", "A") == ["192.0.2.1"]
    assert host.signing_keys(NAME) == had and not list((host.root / "own/told").iterdir())
    assert not host.bring_declared([ABOVE, zone(dnssec=False)])["changed"]
    # and signed again with the same keys
    host.bring_declared([ABOVE, zone()])
    assert served(host) and host.signing_keys(NAME) == had


def test_no_new_keys_where_the_zone_above_has_a_ds(host):
    host.bring_declared([ABOVE])
    assert compared(host, [ABOVE, zone()])["keys_elsewhere"] == {}
    host.bring_declared([ABOVE_WITH_DS])
    found = compared(host, [ABOVE_WITH_DS, zone()])
    assert found["keys_elsewhere"] == {NAME: ["ns1 has its DS"]}
    assert "lacks keys of it" in losses(found)[0] and "dnssec_keys_restore=true" in losses(found)[0]
    host.bring_declared([ABOVE_WITH_DS, zone()])  # as if allowed: keys are there now, and nobody is asked any more
    assert compared(host, [ABOVE_WITH_DS, zone()])["keys_elsewhere"] == {}


def test_a_host_that_has_lost_a_signed_zone_does_not_serve_it_without_signatures(host):
    host.bring_declared([ABOVE_WITH_DS])
    found = compared(host, [ABOVE_WITH_DS, zone(dnssec=False)])
    assert found["ds_without_keys"] == {NAME: ["ns1 has its DS"]}
    assert "without signatures" in losses(found)[0] and "dnssec_keys_restore=true" in losses(found)[0]
    assert not list(guard.lost_signing_keys("ns1", found, [NAME]))
    host.bring_declared([ABOVE_WITH_DS, zone(dnssec=False)])  # as if allowed: nobody is asked any more
    assert losses(compared(host, [ABOVE_WITH_DS, zone(dnssec=False)])) == []
    assert compared(host, [ABOVE_WITH_DS, zone(dnssec=False, name="other.example")])["ds_without_keys"] == {}


def test_a_host_that_never_signed_a_zone_does_not_begin_with_the_end(host):
    host.bring_declared([ABOVE])
    assert losses(compared(host, [ABOVE, zone(dnssec="insecure")])) == []
    host.bring_declared([ABOVE_WITH_DS])
    found = compared(host, [ABOVE_WITH_DS, zone(dnssec="insecure")])
    assert found["keys_elsewhere"] == {NAME: ["ns1 has its DS"]} and "with others, or none" in losses(found)[0] and len(losses(found)) == 1


def test_who_has_the_keys_of_a_zone_ends_its_signing_in_order(host):
    host.bring_declared([ABOVE, zone()])
    assert served(host)
    (key,) = [dns.rdata.from_text("IN", "DNSKEY", text) for text in host.ask(NAME, "DNSKEY")]
    ds = dns.dnssec.make_ds(NAME + ".", key, "SHA256").to_text()
    right = {**ABOVE, "records": [*_DELEGATION, {"name": "signed", "type": "DS", "value": ds}]}
    host.bring_declared([right])  # the keys stay, as if they had been brought here
    found = compared(host, [right, zone(dnssec="insecure")])
    # BIND was not told of the DS, and Knot DNS keeps all until it is told that the DS is gone
    assert (found["keys_elsewhere"], found["insecure_too_early"]) == ({}, {NAME: ["ns1 has its DS"]} if isinstance(host, BindHost) else {})


@bind_alone
def test_no_other_keys_than_those_that_the_zone_above_has_a_ds_for(host):
    # keys are here, as after a restoration, and those of another zone, or of an earlier time
    host.bring_declared([ABOVE, zone()])
    (key,) = [dns.rdata.from_text("IN", "DNSKEY", text) for text in host.ask(NAME, "DNSKEY")]
    host.bring_declared([ABOVE, zone(dnssec="insecure")])
    wait_until(lambda: not compared(host, [ABOVE, zone(dnssec=False)])["still_signed"])
    host.bring_declared([ABOVE, zone(dnssec=False)])
    host.bring_declared([ABOVE_WITH_DS, zone(dnssec=False)])
    found = compared(host, [ABOVE_WITH_DS, zone()])
    assert found["keys_elsewhere"] == {NAME: ["ns1 has its DS"]} and "nameserver_allow_bogus: [signed.example]" in losses(found)[0]
    for digest in ("SHA256", "SHA384", "SHA1"):
        ds = dns.dnssec.make_ds(NAME + ".", key, digest, policy=dns.dnssec.allow_all_policy).to_text()
        right = {**ABOVE, "records": [*_DELEGATION, {"name": "signed", "type": "DS", "value": ["1 13 2 " + "ab" * 32, ds]}]}
        host.bring_declared([right, zone(dnssec=False)])
        # named takes no key that has ended for a new one
        assert compared(host, [right, zone()])["keys_elsewhere"] == {NAME: ["ns1 has its DS"]}
    host.bring_declared([right, zone()])  # as if allowed
    wait_until(lambda: host.ask(NAME, "DNSKEY"))
    assert key.to_text() not in host.ask(NAME, "DNSKEY")
    state = next((host.root / "own/signing/keys" / NAME).glob(f"*{dns.dnssec.key_id(key)}.state"))
    host.bring_declared([right])
    for path in state.parent.iterdir():
        if str(dns.dnssec.key_id(key)) not in path.name:
            path.unlink()
    state.write_text(state.read_text().replace("GoalState: hidden", "GoalState: omnipresent"))  # as it was when it was kept
    assert compared(host, [right, zone()])["keys_elsewhere"] == {}


def test_a_run_about_one_zone_does_not_sign_another_otherwise(host):
    other = {"quick": {**QUICK["quick"], "algorithm": "ED25519"}}
    wanted = [zone(dnssec="quick", ttl=1), zone(name="other.example", dnssec="quick", ttl=1)]
    host.bring_declared(wanted, policies=QUICK)
    assert served(host)
    with pytest.raises(Refused, match="policy quick, by which other zones are signed, is declared otherwise now, .* dns_zone_select, or give a policy"):
        compared(host, wanted, policies=other, select="[?name=='other.example']")
    assert compared(host, wanted, policies=QUICK, select="[?name=='other.example']")["agrees"]
    assert not compared(host, wanted, policies=other, select="[?ends_with(name, 'example')]")["agrees"]


def test_servers_of_a_zone_above_that_is_not_declared_are_asked_where_they_are_named(host):
    host.bring_declared([ABOVE_WITH_DS])
    assert compared(host, [zone()])["keys_elsewhere"] == {}
    host.parents = {NAME: [host.address]}
    assert compared(host, [zone()])["keys_elsewhere"] == {NAME: [f"{host.address} has its DS"]}


@pytest.mark.parametrize("signed", [True, False])
def test_silence_of_the_servers_above_that_are_named_is_no_word_that_there_is_no_ds(host, signed):
    host.bring_declared([ABOVE])
    host.silent = ("127.0.0.2",)
    host.parents = {NAME: [*host.silent]}
    wanted = [zone(dnssec=signed)]
    found = compared(host, wanted)
    told = {NAME: ["127.0.0.2 does not say whether it has its DS"]}
    assert (found["keys_elsewhere"], found["ds_without_keys"]) == ((told, {}) if signed else ({}, told))
    assert "127.0.0.2 does not say whether it has its DS" in losses(found)[0] and not list(guard.lost_signing_keys("ns1", found, [NAME]))
    host.parents = {NAME: [*host.silent, host.address]}  # one of them says so
    for above in ABOVE, {"name": "example", "records": _DELEGATION[:2]}:  # also where it has no such name yet
        host.bring_declared([above])
        found = compared(host, wanted)
        assert found["keys_elsewhere"] == found["ds_without_keys"] == {}
