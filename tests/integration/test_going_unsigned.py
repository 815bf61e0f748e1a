# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A zone from a DS in the zone above to no signatures at all, each step refused until the one before it is over."""

from __future__ import annotations

import datetime
import os
import re
import shutil

import pytest
from ansible_collections.authoritative.dns.tests.integration import test_dnssec
from ansible_collections.authoritative.dns.tests.integration.test_dnssec import look, parent, tell, until
from ansible_collections.authoritative.dns.tests.integration.test_nameserver_signing import ABOVE, NAME, QUICK, compared, losses, zone
from ansible_collections.authoritative.dns.tests.support.modules import run_module

pytestmark = pytest.mark.skipif(shutil.which("named", path=os.environ["PATH"] + ":/usr/sbin") is None, reason="named is not installed")
host = test_dnssec.host


def refused(host, dnssec):
    return losses(compared(host, [ABOVE, zone(ttl=1, dnssec=dnssec)], policies=QUICK))


def bring(host, dnssec):
    assert refused(host, dnssec) == []
    host.bring_declared([ABOVE, zone(ttl=1, dnssec=dnssec)], policies=QUICK)


def two_days_later(host):
    """As if what the signer did had been two days ago: it waits for a day and an hour, whatever the zone's policy was."""
    host.stop()
    for path in (host.root / "own/signing/keys" / NAME).glob("*.state"):
        path.write_text(re.sub(r"^(\w+Change|DSRemoved|DSPublish): (\d+)", _earlier, path.read_text(), flags=re.M))
    host.start()


def _earlier(found):
    time = datetime.datetime.strptime(found[2], "%Y%m%d%H%M%S") - datetime.timedelta(days=2)
    return f"{found[1]}: {time:%Y%m%d%H%M%S}"


def test_what_is_left_of_former_keys_keeps_no_zone_signed(host):
    bring(host, "quick")
    (entry,) = until(lambda: look(host)["enter"], bool)
    with parent(entry["ds"]) as above:
        tell(host, look(host, [above]))
        until(lambda: look(host, [above]), lambda found: found["state"] == "secure")
        assert run_module("dnssec_signer", layout=host.layout, rollover=[NAME])["changed"]
        assert refused(host, "insecure")  # while one takes the other's place
        (new,) = until(lambda: look(host, [above]), lambda found: found["state"] == "to_enter" and found["remove"])["add"]
    with parent(new["ds"]) as above:
        tell(host, look(host, [above]))
        assert refused(host, "insecure")
        until(lambda: refused(host, "insecure"), lambda losses: not losses)
        bring(host, "insecure")
        found = until(lambda: look(host, [above]), lambda found: found["state"] == "to_enter")
        assert (found["remove"], found["add"], found["tell"]) == ([new["ds"]], [], [])


def test_from_a_ds_to_no_signatures(host):
    bring(host, "quick")
    (entry,) = until(lambda: look(host)["enter"], bool)
    with parent(entry["ds"]) as above:
        tell(host, look(host, [above]))
        until(lambda: look(host, [above]), lambda found: found["state"] == "secure")
        assert "write dnssec: insecure first" in refused(host, False)[0]
        bring(host, "insecure")
        found = until(lambda: look(host, [above]), lambda found: found["state"] == "to_enter")
        assert (found["remove"], found["add"], found["tell"]) == ([entry["ds"]], [], [])
        assert refused(host, False)
        until(lambda: host.ask(NAME, "CDS"), lambda found: found == ["0 0 0 00"])
        two_days_later(host)
        assert look(host, [above])["dnskeys"] and refused(host, False)  # a DS that is there is never over
    with parent() as first, parent(entry["ds"]) as second:
        assert look(host, [first, second])["tell"] == []
    with parent() as first, parent() as second:
        found = look(host, [first, second])
        assert [told["ds"] for told in found["tell"]] == ["withdrawn"]
        tell(host, found)
        assert look(host, [first, second])["state"] == "waiting" and refused(host, False)
    serial = host.serial(NAME)
    two_days_later(host)
    until(lambda: refused(host, False), lambda losses: not losses)
    bring(host, False)
    assert host.ask(NAME, "DNSKEY") == [] and host.ask(f"www.{NAME}", "A") == ["192.0.2.1"] and host.serial(NAME) > serial
    host.bring_declared([ABOVE, zone(ttl=1, dnssec=False)], policies=QUICK)
    assert not host.bring_declared([ABOVE, zone(ttl=1, dnssec=False)], policies=QUICK)["changed"]
