# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.reading import knot_conf

WRITTEN = """\
# by hand
server:
    listen: [127.0.0.1@5399, "::1@5399"] # both
acl:
  - id: a
    address: 192.0.2.0/24
    action: [transfer, notify]
  - id: b
    address:
      - 192.0.2.1
      - 192.0.2.2
template:
  - id: default
    storage: "/srv/x y"
    file: "%s.z"
  - id: "signed"
    dnssec-signing: on
zone:
  - domain: Example.com
    acl: [a]
    comment: "he said: \\"hi\\" # no"
  - domain: example.net
    template: signed
    file: net
include: "more.conf"
"""


def test_clauses_are_read_as_people_write_them():
    assert knot_conf.parse(WRITTEN) == [
        ["server", [["listen", "127.0.0.1@5399", "::1@5399"]]],
        ["acl", [["id", "a"], ["address", "192.0.2.0/24"], ["action", "transfer", "notify"]]],
        ["acl", [["id", "b"], ["address", "192.0.2.1", "192.0.2.2"]]],
        ["template", [["id", "default"], ["storage", "/srv/x y"], ["file", "%s.z"]]],
        ["template", [["id", "signed"], ["dnssec-signing", "on"]]],
        ["zone", [["domain", "Example.com"], ["acl", "a"], ["comment", 'he said: "hi" # no']]],
        ["zone", [["domain", "example.net"], ["template", "signed"], ["file", "net"]]],
        ["include", [["include", "more.conf"]]],
    ]


def test_values_are_read_as_the_exporter_writes_them():
    assert knot_conf.parse('zone:\n  - domain: "a."\n    comment: "he said: "hi" # no"\n    acl: [ "x", "y" ]\n') == [
        ["zone", [["domain", "a."], ["comment", 'he said: "hi" # no'], ["acl", "x", "y"]]]
    ]


def test_only_quotes_are_escaped_in_values():
    assert knot_conf.parse('zone:\n  - domain: "a\\.b."\n    file: "x\\y\\\\z"\n    comment: "say \\"hi\\""\n') == [
        ["zone", [["domain", "a\\.b."], ["file", "x\\y\\\\z"], ["comment", 'say "hi"']]]
    ]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Example.COM.", "example.com"),
        (".", "."),
        ("b\\195\\188cher.example.", "bücher.example"),
        ("B\\252cher.example.", "b\udcfccher.example"),
        ("bücher.example", "bücher.example"),
        ("a\\.b\\032c\\\\195.example.", "a\\.b\\032c\\\\195.example"),
        ("a\\300.example", "a\\300.example"),
    ],
)
def test_a_name_is_the_one_of_the_server(written, name):
    assert knot_conf.plain(written) == name


def test_the_file_of_a_zone_has_its_name_with_the_escapes():
    assert knot_conf.zone_file(["zone", [["domain", "b\\195\\188cher.example."], ["storage", "/s"]]]) == "/s/b\\195\\188cher.example.zone"


def test_zones_have_what_their_template_says_and_they_do_not():
    first, second = [clause for clause in knot_conf.whole(knot_conf.parse(WRITTEN)) if clause[0] == "zone"]
    assert knot_conf.zone_file(first) == "/srv/x y/example.com.z"
    assert ["dnssec-signing", "on"] in second[1] and knot_conf.zone_file(second) == "/var/lib/knot/net"


@pytest.mark.parametrize(
    ("file", "expected"), [("%s", "www.example.com"), ("%c[0]/%c[0-2]/x", "w/www/x"), ("%l[0]-%l[1]-%l[5]", "com-example-"), ("/abs/%s.zone", None)]
)
def test_names_of_files_are_made_as_the_manual_says(file, expected):
    clause = ["zone", [["domain", "www.example.com."], ["storage", "/s"], ["file", file]]]
    assert knot_conf.zone_file(clause) == (f"/s/{expected}" if expected else "/abs/www.example.com.zone")


def test_lines_are_told_across_includes(tmp_path):
    main, more = tmp_path / "knot.conf", tmp_path / "more.conf"
    main.write_text(WRITTEN)
    more.write_text("zone:\n\n  - domain: more.example\n    file: m\ninclude: more.conf\n")
    found = knot_conf.places(str(main))
    assert found["zone more.example"] == f"{more}:3" and found["zone more.example, file"] == f"{more}:4"
    assert found["zone example.com, comment"] == f"{main}:21" and found["server, listen"] == f"{main}:3"
    main.write_text("include: missing.conf\n")
    assert knot_conf.places(str(main)) == {}
