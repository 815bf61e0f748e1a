# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.authoritative.dns.plugins.filter.beside_inventory import beside_inventory


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("authority", "/srv/dns/authority"),
        ("../keys/ns1", "/srv/dns/../keys/ns1"),
        ("/etc/authority", "/etc/authority"),
        ("~/authority", "/home/me/authority"),
        ("$HOME/authority", "/home/me/authority"),
        (5, "/srv/dns/5"),
        ("", ""),
    ],
)
def test_a_relative_path_is_beside_the_inventory(monkeypatch, path, found):
    monkeypatch.setenv("HOME", "/home/me")
    assert beside_inventory(path, "/srv/dns") == found


@pytest.mark.parametrize("inventory_dir", ["", None, "None"])
def test_where_the_inventory_is_in_no_directory_an_absolute_path_is_asked_for(inventory_dir):
    assert beside_inventory("/etc/authority", inventory_dir) == "/etc/authority" and beside_inventory("", inventory_dir) == ""
    with pytest.raises(AnsibleFilterError, match="^'authority' is relative to the inventory, which is in no directory; give an absolute path$"):
        beside_inventory("authority", inventory_dir)
