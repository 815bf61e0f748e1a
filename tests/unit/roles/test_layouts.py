# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a program writes, keys and signed zones among it, is where its AppArmor profile or SELinux policy lets it; what root writes is where it does not."""

from __future__ import annotations

import pathlib
import re

import pytest
import yaml

VARS = pathlib.Path(__file__).parents[3] / "roles/nameserver/vars/software"
PROFILE = pathlib.Path("/etc/apparmor.d/usr.sbin.named")
# Debian's profile of named has these since 9.11; SELinux' reference policy calls them named_cache_t, and knot_var_lib_t. Debian's knot has no profile.
WRITABLE = {
    "bind-Debian": ["/var/lib/bind", "/var/cache/bind"],
    "bind-RedHat": ["/var/named/data", "/var/named/dynamic", "/var/named/slaves"],
    "knot-Debian": ["/var/lib/knot"],
    "knot-RedHat": ["/var/lib/knot"],
}
WRITTEN = ("signing_directory", "storage", "secondary_directory")  # by the program itself


def layout(name):
    return yaml.safe_load((VARS / f"{name}.yml").read_text())["__nameserver_layout"]


def is_below(path, directories):
    return any(pathlib.PurePath(path).is_relative_to(directory) for directory in directories)


@pytest.mark.parametrize("name", WRITABLE)
def test_who_writes_where_is_what_the_package_allows(name):
    found = layout(name)
    places = [str(pathlib.PurePath(found.get("working_directory", "/"), found[key])) for key in WRITTEN if found.get(key)]
    assert places and [place for place in places if not is_below(place, WRITABLE[name])] == []
    assert not is_below(found["state_directory"], WRITABLE[name])  # or whoever is the program could put its own in the place of what root wrote


@pytest.mark.skipif(not PROFILE.exists(), reason="Debian's bind9 is not installed")
def test_debians_profile_has_these_places():
    rules = dict(re.findall(r"^\s+(/\S+)/\*\* (\w+),", PROFILE.read_text(), re.MULTILINE))
    assert {place: set("rw") <= set(rules.get(place, "")) for place in WRITABLE["bind-Debian"]} == dict.fromkeys(WRITABLE["bind-Debian"], True)
    assert rules["/etc/bind"] == "r" and layout("bind-Debian")["state_directory"].startswith("/etc/bind/")
