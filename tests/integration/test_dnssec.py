# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From new keys to a DS in the zone above, and through a rollover: the playbook dnssec with a real BIND, whose zone above is asked over the wire."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
from ansible_collections.authoritative.dns.tests.integration.test_nameserver_signing import ABOVE, NAME, QUICK, zone
from ansible_collections.authoritative.dns.tests.support.modules import run_module
from ansible_collections.authoritative.dns.tests.support.named import running_named, zone_text
from ansible_collections.authoritative.dns.tests.support.private_network import can_make_private_networks, in_private_network
from ansible_collections.authoritative.dns.tests.support.server_host import BindHost, running_host

pytestmark = pytest.mark.skipif(shutil.which("named", path=os.environ["PATH"] + ":/usr/sbin") is None, reason="named is not installed")


@pytest.fixture
def host(tmp_path, monkeypatch):
    with running_host(BindHost, tmp_path) as host:
        # rndc of the host's own, for modules and playbooks that call it as they do on a server
        programs = tmp_path / "bin"
        programs.mkdir()
        (programs / "rndc").write_text(f'#!/bin/sh\nexec {shutil.which("rndc", path="/usr/sbin:/usr/bin")} -c {tmp_path}/rndc.conf "$@"\n')
        (programs / "rndc").chmod(0o755)
        monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
        yield host


def look(host, above=(), others=()):
    """What dnssec_info says of the zone. above: its parent's servers; others: more servers of the zone."""
    servers = [{"name": "ns1", "address": host.address, "port": host.port}]
    more = [(f"{kind}{number}", one) for kind, listed in (("above", above), ("other", others)) for number, one in enumerate(listed)]
    servers += [{"name": name, "address": one.address, "port": one.port} for name, one in more]
    names = [server["name"] for server in servers]
    own, parents = [name for name in names if not name.startswith("above")], [name for name in names if name.startswith("above")]
    result = run_module("dnssec_info", layout=host.layout, servers=servers, zones=[{"name": NAME, "servers": own, "parent_servers": parents}], timeout=5.0)
    assert not result["failed"], result
    return result["zones"][0]


def until(see, right):
    deadline = time.monotonic() + 60
    while not right(found := see()):
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
    return found


def parent(*dses):
    """The zone above, where a server has it."""
    delegation = f"{NAME}. NS ns1.{NAME}.\nns1.{NAME}. A 127.0.0.1\n"
    return running_named({"example": zone_text("example", 1, delegation + "".join(f"{NAME}. DS {ds}\n" for ds in dses))})


def tell(host, found):
    result = run_module("dnssec_signer", layout=host.layout, tell=found["tell"])
    assert not result["failed"] and result["changed"], result


def test_from_new_keys_to_a_ds_and_through_a_rollover(host):
    host.bring_declared([ABOVE, zone(ttl=1, dnssec="quick")], policies=QUICK)
    with parent() as first, parent() as second:
        assert not look(host, [first, second])["add"] or look(host)["enter"]
        found = until(lambda: look(host, [first, second]), lambda found: found["state"] == "to_enter")
        (entry,) = found["add"]
        assert found["tell"] == [] and until(lambda: host.ask(NAME, "CDS"), bool) == [entry["ds"]]  # named writes the state first
        assert entry["ds_record"] == f"{NAME}. IN DS {entry['key_tag']} 13 2 {entry['digest']}"
        flags, protocol, algorithm, public = host.ask(NAME, "DNSKEY")[0].split(" ", 3)
        assert (entry["flags"], entry["protocol"], entry["algorithm"]) == (int(flags), int(protocol), int(algorithm))
        assert entry["public_key"] == public.replace(" ", "")
        old = entry["ds"]
    with parent(old) as has, parent() as lacks:
        assert look(host, [has, lacks])["state"] == "spreading" and look(host, [has, lacks])["tell"] == []
        nobody = SimpleNamespace(address="127.0.0.1", port=9)
        assert (found := look(host, [has, nobody]))["state"] == "parents_silent" and found["tell"] == []
    with parent(old) as first, parent(old) as second:
        found = look(host, [first, second])
        assert found["state"] == "to_tell" and found["tell"] == [{"zone": NAME, "key_tag": entry["key_tag"], "ds": "published"}]
        assert run_module("dnssec_signer", check=True, layout=host.layout, tell=found["tell"])["changed"] and look(host, [first, second])["tell"]
        tell(host, found)
        assert look(host, [first, second])["tell"] == []  # told once; told again, the signer would wait anew
        until(lambda: look(host, [first, second]), lambda found: found["state"] == "secure")
        # the rollover
        for item, wrong in (("other.example", "no key of it"), (f"{NAME}/1", f"{NAME}/{entry['key_tag']}")):
            refused = run_module("dnssec_signer", layout=host.layout, rollover=[item])
            assert refused["failed"] and wrong in refused["msg"], refused
        assert run_module("dnssec_signer", layout=host.layout, rollover=[NAME])["changed"]
        found = until(lambda: look(host, [first, second]), lambda found: found["state"] == "to_enter" and found["remove"])  # named writes key by key
        assert not run_module("dnssec_signer", layout=host.layout, rollover=[NAME])["changed"]  # one at a time
        (new,) = found["add"]
        assert found["remove"] == [old] and new["ds"] != old and found["tell"] == []
    with parent(new["ds"]) as swapped, parent(old, new["ds"]) as both:
        # each has the new one, and the former one is not gone
        assert look(host, [swapped, both])["tell"] == [{"zone": NAME, "key_tag": new["key_tag"], "ds": "published"}]
    with parent(new["ds"]) as first, parent(new["ds"]) as second:
        found = look(host, [first, second])
        assert sorted(told["ds"] for told in found["tell"]) == ["published", "withdrawn"]
        tell(host, found)
        assert look(host, [first, second])["state"] in ("waiting", "secure")
        until(lambda: look(host, [first, second]), lambda found: found["state"] in ("secure", "waiting") and not found["tell"])


def test_what_would_break_the_chain_is_told(host):
    host.bring_declared([ABOVE, zone(ttl=1, dnssec="quick")], policies=QUICK)
    entry = until(lambda: look(host), lambda found: found["enter"])["enter"][0]
    assert look(host)["state"] == "parents_unknown"
    with parent(f"1 13 2 {'ab' * 32}") as foreign, parent(entry["ds"]) as right:
        assert look(host, [foreign, right])["state"] == "ds_mismatch"
        assert look(host, [foreign, right])["remove"] == [f"1 13 2 {'ab' * 32}"]
    # another server of the zone has a copy from before the keys, and who has the zone itself is none of the zone above
    with running_named({NAME: zone_text(NAME, 1)}) as stale, parent() as above:
        found = look(host, [above], [stale])
        assert found["state"] == "not_everywhere" and found["lacking"] == {str(entry["key_tag"]): ["other0"]} and found["add"] == []
        found = look(host, [stale])
        assert found["state"] == "parents_silent" and "not the one above" in found["parents"][0]["problem"]
    with host.declared([ABOVE], policies=QUICK) as _application:
        shutil.rmtree(host.root / "own/signing/keys" / NAME)
    with parent(entry["ds"]) as right:
        assert look(host, [right])["state"] == "ds_mismatch"
    assert look(host)["state"] == "no_keys"


SITE = [
    {
        "hosts": "all",
        "gather_facts": False,
        "tasks": [
            {"name": "Check", "authoritative.dns.declaration": {"software": "bind"}},
            *({"name": part, "ansible.builtin.include_role": {"name": "authoritative.dns.nameserver", "tasks_from": part}} for part in ("compare", "serve")),
        ],
    }
]


def play(host, items, *extra, playbook="authoritative.dns.dnssec"):
    """Run a playbook on this machine; (exit code, what it said, in one line)."""
    place = host.root / "controller"
    place.mkdir(exist_ok=True)
    server = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "dns_addresses": [host.address]}
    (place / "inventory.json").write_text(json.dumps({"dns_primaries": {"hosts": {"ns1": server}}}))
    variables = {"dns_zones": [{**item, "secondaries": []} for item in items], "dns_dnssec_policies": QUICK, "__nameserver_layout": host.layout}
    variables |= {"nameserver_service": False, "__nameserver_host": {"missing_files": [], "version": "", "services": {}}, "__nameserver_local_files": []}
    variables |= {"nameserver_listen_on": [host.address], "nameserver_allow_query": ["any"], "ansible_stdout_callback": "default"}
    (place / "variables.json").write_text(json.dumps(variables))
    (place / "site.yml").write_text(json.dumps(SITE))  # the role's own tasks from the check of the declaration on
    command = ["ansible-playbook", "-i", "inventory.json", playbook, "-e", "@variables.json", *extra]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=180, check=False)
    return done.returncode, " ".join((done.stdout + done.stderr).split())


@pytest.mark.skipif(not can_make_private_networks(), reason="needs root, for a network of its own where the server has port 53")
def test_a_ds_follows_in_a_declared_zone_above_and_the_playbook_tells_the_signer(host):
    host.stop()
    in_private_network(lambda: _play_from_keys_to_a_rollover(host), timeout=600)


def _play_from_keys_to_a_rollover(host):
    options = host.root / "etc/options.conf"
    options.write_text(options.read_text().replace(f"port {host.port};", "port 53;"))
    host.port = 53
    host.start()
    try:
        above, items = ABOVE, [zone(ttl=1, dnssec="quick")]
        host.bring_declared([above, *items], policies=QUICK)
        until(lambda: host.ask(NAME, "CDS"), bool)
        (ds,) = host.ask(NAME, "CDS")
        code, said = play(host, [above, *items])
        assert code == 0 and "changed=0" in said and f"{NAME}: to_enter" in said and f"enter {NAME}. IN DS {ds}" in said, said
        assert host.ask(NAME, "DS") == []
        for extra, there in (["--check", "--diff"], []), ([], [ds]):
            code, said = play(host, [above, *items], *extra, playbook="site.yml")
            assert code == 0 and "changed=1" in said and (f"+ signed 1 DS {ds}" in said) == bool(extra) and host.ask(NAME, "DS") == there, said
        code, said = play(host, [above, *items], playbook="site.yml")
        assert code == 0 and "changed=0" in said, said
        tag = ds.split()[0]
        for extra in (["--check"], []):
            code, said = play(host, [above, *items], *extra)
            assert code == 0 and "changed=1" in said and f"{NAME}: the DS of {tag} is published" in said, said
        code, said = play(host, [above, *items])
        assert code == 0 and "changed=0" in said, said
        code, said = play(host, [above, *items], "-e", "dnssec_rollover=sined.example")
        assert code and "sined.example, which no host of this run signs" in said, said
        code, said = play(host, [above, *items], "-e", f"dnssec_rollover={NAME.upper()}.")
        assert code == 0 and f"{tag} is to be replaced" in said, said
        until(lambda: look(host), lambda found: len(found["dnskeys"]) == 2)
    finally:
        host.stop()
