# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.resolution.resolv_conf import parse_resolv_conf
from ansible_collections.authoritative.dns.plugins.modules.resolver_info import choose_backend, parse_resolved

PLAIN = "/etc/resolv.conf"
STUB = "/run/systemd/resolve/stub-resolv.conf"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {"servers": [], "search": [], "options": []}),
        (
            "# comment\n; another\nnameserver 192.0.2.1\nnameserver 2001:db8::1 # trailing\nsearch a.example b.example\noptions timeout:1\noptions rotate\n",
            {"servers": ["192.0.2.1", "2001:db8::1"], "search": ["a.example", "b.example"], "options": ["timeout:1", "rotate"]},
        ),
        ("search a.example\ndomain b.example\n", {"servers": [], "search": ["b.example"], "options": []}),
        ("domain b.example\nsearch .\n", {"servers": [], "search": [], "options": []}),
        ("nameserver\noptions\nsearch\n", {"servers": [], "search": [], "options": []}),
    ],
)
def test_resolv_conf_is_read_as_the_c_library_reads_it(text, expected):
    assert parse_resolv_conf(text) == expected


@pytest.mark.parametrize(
    ("target", "servers", "networkmanager", "expected"),
    [
        (PLAIN, ["192.0.2.1"], None, "resolv_conf"),
        (PLAIN, [], None, "resolv_conf"),
        (STUB, ["127.0.0.53"], None, "systemd_resolved"),
        (PLAIN, ["127.0.0.53"], None, "systemd_resolved"),  # a copy of the stub file
        (STUB, ["127.0.0.53"], ("systemd-resolved", "unmanaged"), "systemd_resolved"),  # Fedora
        (PLAIN, ["127.0.0.53", "192.0.2.1"], None, "resolv_conf"),
        (PLAIN, ["192.0.2.1"], ("default", "symlink"), "networkmanager"),  # Enterprise Linux
        ("/run/NetworkManager/resolv.conf", ["192.0.2.1"], ("default", "symlink"), "networkmanager"),
        ("/srv/resolv.conf", ["192.0.2.1"], ("default", "symlink"), "resolv_conf"),  # NetworkManager leaves such a link alone
        ("/srv/resolv.conf", ["192.0.2.1"], ("default", "file"), "networkmanager"),  # but follows it when told so
        (PLAIN, ["192.0.2.1"], ("none", "unmanaged"), "resolv_conf"),
        (PLAIN, ["192.0.2.1"], ("systemd-resolved", "unmanaged"), "resolv_conf"),
    ],
)
def test_the_backend_is_who_decides_about_resolv_conf(target, servers, networkmanager, expected):
    assert choose_backend(target, servers, networkmanager) == expected


def test_what_is_configured_for_the_whole_system_comes_before_links():
    dns = [[0, 2, [192, 0, 2, 1]], [0, 10, [0x20, 1, 0x0D, 0xB8] + [0] * 11 + [1]], [3, 2, [198, 51, 100, 1]], [2, 2, [203, 0, 113, 1]]]
    domains = [[0, "example.com", False], [0, ".", True], [3, "corp.example", True]]
    assert parse_resolved(dns, [], domains, "eth{}".format) == {
        "servers": ["192.0.2.1", "2001:db8::1"],
        "search": ["example.com"],
        "links": [{"interface": "eth3", "servers": ["198.51.100.1"], "domains": ["corp.example"]}],
    }


def test_links_are_asked_when_nothing_is_configured_for_the_whole_system():
    dns = [[3, 2, [198, 51, 100, 1]], [2, 2, [203, 0, 113, 1]]]
    result = parse_resolved(dns, [[0, 2, [192, 0, 2, 9]]], [[2, "example.com", False]], "eth{}".format)
    assert result == {"servers": ["203.0.113.1", "198.51.100.1"], "search": ["example.com"], "links": []}


def test_the_fallback_is_asked_when_nothing_else_is_known():
    assert parse_resolved([], [[0, 2, [192, 0, 2, 9]]], [], str)["servers"] == ["192.0.2.9"]
