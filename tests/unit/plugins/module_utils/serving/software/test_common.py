# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which zones a configuration names that this collection did not write."""

from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software import nsd
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.bind import Bind
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.common import zones_named
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.knot import Knot
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.powerdns import PowerDNS

NSD = """
server:
    ip-address: ::1 # zone: name: comment.example
    logfile: "zone: name: text.example"
pattern:
    name: pattern.example
zone: name: "One.example." zonefile: one
key:
    name: key.example
zone: # the second
    zonefile: "two"
    name: two.example
    request-xfr: AXFR fd00::1 NOKEY
    include-pattern: pattern.example
"""
KNOT = """
acl:
  - id: domain
    address: [127.0.0.1, fd00::1]
zone:
  - domain: one.example
    file: "one"
  # - domain: comment.example
  - domain: "Two.example."
    acl: [domain]
policy:
  - domain: policy.example
"""


@pytest.mark.parametrize(("text", "option"), [(NSD, "name"), (KNOT, "domain")], ids=["NSD", "Knot DNS"])
def test_zones_are_told_from_what_looks_like_them(text, option, tmp_path):
    (tmp_path / "main.conf").write_text(text)
    assert zones_named(str(tmp_path / "main.conf"), option) == {"one.example", "two.example"}


def test_included_files_are_read_once_each(tmp_path):
    (tmp_path / "further").mkdir()
    (tmp_path / "main.conf").write_text('include: "further"\ninclude: other-*.conf\ninclude: "nowhere.conf"\nzone:\n name: main.example\n')
    (tmp_path / "further/one.conf").write_text(f'include: "{tmp_path}/main.conf"\nzone:\n name: one.example\n')
    (tmp_path / "further/one.txt").write_text("zone:\n name: text.example\n")
    (tmp_path / "other-1.conf").write_text("zone:\n name: other.example\n")
    assert zones_named(str(tmp_path / "main.conf"), "name") == {"main.example", "one.example", "other.example"}


@pytest.mark.parametrize(
    ("kind", "words", "how"),
    [
        (Bind, [], None),
        (Bind, ["-u", "bind", "-c", "/etc/named.conf"], None),
        (Bind, ["-c/etc/other.conf"], "with -c /etc/other.conf, and not with /etc/named.conf"),
        (Bind, ["-t", "/var/chroot", "-c", "/etc/named.conf"], "in /var/chroot as its root directory, where it does not see what is replaced outside"),
        (Knot, ["--config=/etc/named.conf"], None),
        (Knot, ["--config", "/etc/knot.conf"], "with --config /etc/knot.conf, and not with /etc/named.conf"),
        (Knot, ["-C", "/var/lib/knot/confdb"], "with its configuration in /var/lib/knot/confdb"),
        (nsd.NSD, ["-d", "-c"], "with -c , and not with /etc/named.conf"),
        (PowerDNS, ["--guardian=no", "--config-dir=/etc"], None),
        (PowerDNS, ["--config-dir=/etc/powerdns2"], "with --config-dir /etc/powerdns2, and not with /etc"),
    ],
)
def test_a_process_that_was_started_with_another_configuration_is_known_by_its_command_line(kind, words, how):
    assert kind(None, None, {"config_file": "/etc/named.conf"}).elsewhere(words) == how
