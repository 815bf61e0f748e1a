# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read on the host of a server that does not run: its account may have ended it, and put links to root's files in the place of its own."""

from __future__ import annotations

import contextlib
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile

import pytest
from ansible_collections.authoritative.dns.tests.support.modules import run_module
from ansible_collections.authoritative.dns.tests.support.named import zone_text
from ansible_collections.authoritative.dns.tests.support.powerdns_host import PDNS_SERVER, SCHEMA
from ansible_collections.authoritative.dns.tests.support.private_network import can_make_private_networks, in_private_network
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, BindHost, KnotHost, NsdHost, _find

pytestmark = pytest.mark.skipif(not can_make_private_networks(), reason="needs root for a private network")
ACCOUNT = "nobody"
SECRET = "roots-own.example"
# A zone whose file is {file}, and the inclusion of another file, in the words of each program.
ZONES = {
    "bind": 'zone "{name}" {{ type primary; file "{file}"; }};\n',
    "nsd": 'zone:\n\tname: "{name}"\n\tzonefile: "{file}"\n',
    "knot": 'zone:\n  - domain: "{name}"\n    file: "{file}"\n',
}
INCLUDES = {"bind": 'include "{file}";\n', "nsd": 'include: "{file}"\n', "knot": 'include: "{file}"\n', "powerdns": "include-dir={directory}\n"}
STARTS = {
    "bind": 'options {{ directory "{own}"; allow-new-zones yes; }};\n',
    "nsd": 'server:\n\tzonesdir: "{own}"\n\tusername: ""\n\tzonelistfile: "{own}/zone.list"\n',
    "knot": "",
    "powerdns": "launch=gsqlite3\ngsqlite3-database={own}/database\nsecurity-poll-suffix=\n",
}
KINDS = {"bind": BindHost in INSTALLED, "nsd": NsdHost in INSTALLED, "knot": KnotHost in INSTALLED, "powerdns": bool(PDNS_SERVER)}
there = [pytest.param(kind, marks=pytest.mark.skipif(not installed, reason=f"{kind} is not installed")) for kind, installed in KINDS.items()]


class Place:
    """root/etc, which is root's; root/own, which is the account's; root/roots, which root alone may read."""

    def __init__(self, root, software):
        self.root, self.software = root, software
        for directory, mode in (("etc", 0o755), ("own", 0o755), ("roots", 0o700)):
            (root / directory).mkdir(mode)
        shutil.chown(root / "own", ACCOUNT)
        self.config_file = root / "etc" / ("pdns.conf" if software == "powerdns" else "first.conf")
        self.config_file.write_text(self.start())

    def start(self):
        return STARTS[self.software].format(own=self.root / "own")

    def add(self, text, **words):
        with self.config_file.open("a") as stream:
            stream.write(text.format(**words))

    def roots(self, name, text):
        """A file that root alone may read."""
        path = self.root / "roots" / name
        path.write_text(text)
        path.chmod(0o600)
        return path

    def links(self, name, target):
        """What the account puts there."""
        path = self.root / "own" / name
        path.parent.mkdir(exist_ok=True)
        path.symlink_to(target)
        return path

    def told(self, config_file=None, user=ACCOUNT):
        arguments = {"software": self.software, "config_file": str(config_file or self.config_file), "content": True, **({"user": user} if user else {})}
        return in_private_network(lambda: run_module("nameserver_info", **arguments))


@contextlib.contextmanager
def place_of(software):
    root = pathlib.Path(tempfile.mkdtemp(prefix="stopped-"))  # pytest's own are root's alone
    root.chmod(0o755)
    try:
        yield Place(root, software)
    finally:
        shutil.rmtree(root)


@pytest.mark.parametrize("software", [param for param in there if param.values[0] in ZONES])
def test_a_link_in_the_place_of_a_zone_file_leads_to_nothing(software):
    with place_of(software) as place:
        link = place.links("zone", place.roots("zone", zone_text("a.example", 1, f"@ TXT {SECRET}")))
        place.add(ZONES[software], name="a.example", file=link)
        unknown, told, roots = place.told(user=None), place.told(), place.told(user="root")
    assert unknown["failed"] and unknown["msg"].endswith("since root follows nothing that this account could have written"), unknown
    assert "say with user (gather_user for the host)" in unknown["msg"] and SECRET not in str([unknown, told])
    assert told["contents"] == {"a.example": {"wrong": f"{link} cannot be read (Permission denied)"}}
    assert SECRET in str(roots["contents"])  # where it is root that serves, and who asks says so


@pytest.mark.parametrize("software", there)
def test_a_link_in_the_place_of_an_included_file_leads_to_nothing(software):
    with place_of(software) as place:
        text = "loglevel=7\n" if software == "powerdns" else ZONES[software].format(name=SECRET, file="/none")
        link = place.links("more/x.conf", place.roots("more", text))
        place.add(INCLUDES[software], file=link, directory=link.parent)
        told = place.told()
    assert SECRET not in str(told) and "7" not in [item[1] for clause in told.get("configuration", ()) for item in clause[1]], told
    assert told["failed"] or software == "knot", told  # knotd passes over what is not to be found


@pytest.mark.parametrize("software", there)
def test_a_link_in_the_place_of_the_configuration_leads_to_nothing(software):
    with place_of(software) as place:
        more = ZONES[software].format(name=SECRET, file="/none") if software in ZONES else f"default-soa-content={SECRET}\n"
        link = place.links(place.config_file.name, place.roots("first", place.start() + more))
        told = place.told(link)
    assert told["failed"] and "cannot be read" in told["msg"] and SECRET not in str(told), told


@pytest.mark.skipif(not KINDS["bind"], reason="BIND is not installed")
def test_a_link_in_the_place_of_binds_list_of_zones_leads_to_nothing():
    with place_of("bind") as place:
        place.links("_default.nzf", place.roots("list", ZONES["bind"].format(name=SECRET, file="/none")))
        told, roots = place.told(), place.told(user="root")
    assert told["failed"] and "Permission denied" in told["msg"] and SECRET in str(roots["zones"])


@pytest.mark.skipif(not KINDS["nsd"], reason="NSD is not installed")
def test_a_link_in_the_place_of_nsds_list_of_zones_leads_to_nothing():
    with place_of("nsd") as place:
        place.links("zone.list", place.roots("list", f"add {SECRET} p\n"))
        told, roots = place.told(), place.told(user="root")
    assert not told["failed"] and not told["zones"] and SECRET in str(roots["zones"])


@pytest.mark.skipif(not KINDS["knot"], reason="Knot DNS is not installed")
def test_a_link_in_the_place_of_knots_configuration_database_leads_to_nothing():
    with place_of("knot") as place:
        database, own = place.root / "roots/database", place.root / "own/database"
        text = place.roots("text", ZONES["knot"].format(name=SECRET, file="/none"))
        subprocess.run([_find("knotc"), "-C", database, "conf-import", text], check=True, capture_output=True)
        own.mkdir()
        (own / "data.mdb").symlink_to(database / "data.mdb")
        shutil.chown(own, ACCOUNT)
        told, unknown, roots = place.told(own), place.told(own, user=None), place.told(own, user="root")
    assert told["failed"] and f"{own} cannot be read" in told["msg"] and SECRET not in str([told, unknown])
    assert unknown["failed"] and "gather_user" in unknown["msg"] and SECRET in str(roots["zones"])


@pytest.mark.skipif(not KINDS["powerdns"], reason="PowerDNS with SQLite is not installed")
def test_a_link_in_the_place_of_powerdns_database_leads_to_nothing():
    with place_of("powerdns") as place:
        database = place.root / "roots/database"
        with contextlib.closing(sqlite3.connect(database)) as connection:
            connection.executescript(pathlib.Path(SCHEMA).read_text())
        database.chmod(0o600)
        place.links("database", database)
        subprocess.run(["pdnsutil", f"--config-dir={place.root}/etc", "create-zone", SECRET], check=True, capture_output=True)
        told, unknown, roots = place.told(), place.told(user=None), place.told(user="root")
        place.add("setuid=" + ACCOUNT)
        said = place.told(user=None)
    assert told["failed"] and told["msg"].startswith("pdnsutil list-tsig-keys fails: ") and SECRET not in str([told, unknown])
    assert unknown["failed"] and "gather_user" in unknown["msg"] and SECRET in str(roots["zones"])
    assert said["failed"] and said["msg"].startswith("pdnsutil list-tsig-keys fails: ")
