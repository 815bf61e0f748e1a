# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.common import named_conf


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("// nothing; {\n# here }\n/* nor { here\n */", []),
        ("recursion no;", [["recursion", "no"]]),
        ('zone "a;b{c" { file "x//y"; };', [["zone", '"a;b{c"', [["file", '"x//y"']]]]),
        ('file "a\\"b";', [["file", '"a\\"b"']]),
        ("a{b;};", [["a", [["b"]]]]),
        ("path /var/named/a; c/d // comment\n;", [["path", "/var/named/a"], ["c/d"]]),
        ("inet * port 953 allow { any; } keys { k; };", [["inet", "*", "port", "953", "allow", [["any"]], "keys", [["k"]]]]),
        ("policy { zone r; } break-dnssec yes;", [["policy", [["zone", "r"]], "break-dnssec", "yes"]]),
        ("a { };;", [["a", []]]),
    ],
)
def test_statements_are_read_with_everything_in_them(text, expected):
    assert named_conf.parse(text) == expected


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("a {\nb;\n", "line 1: a statement has no end"),
        ("\na b", "line 2: a statement has no end"),
        ("a;\n};", "line 2: a brace closes what none opened"),
        ('a;\nb "c;', "line 2: '\"c;' begins nothing that named.conf knows"),
    ],
)
def test_what_is_no_configuration_is_told_with_its_line(text, wrong):
    with pytest.raises(named_conf.NotReadable) as error:
        named_conf.parse(text)
    assert str(error.value) == wrong


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ('zone "A.Example." IN { };', "zone a.example"),
        ('zone "." { };', "zone ."),
        ("server 192.0.2.1/32 { };", "server 192.0.2.1"),
        ('masters "Up" port 54 { };', "masters up"),
        ("masters port 54 { };", "masters"),
        ('dnssec-policy "own" { };', "dnssec-policy own"),
        ('dnssec-policy "own";', "dnssec-policy"),
        ("directory x;", "directory"),
    ],
)
def test_a_statement_is_called_by_what_it_gives_a_name_to(text, label):
    assert named_conf.label(named_conf.parse(text)[0]) == label


def test_statements_are_found_in_the_files_where_they_stand(tmp_path):
    (tmp_path / "named.conf").write_text(f'include "{tmp_path}/options";\n\ninclude "zones.*";\ninclude "missing";\ninclude "broken";\ninclude "named.conf";\n')
    (tmp_path / "options").write_text("options {\n\tdirectory\n\t\t\"/x\";\n\trecursion no; allow-query { any; };\n};\n")
    (tmp_path / "zones.a").write_text('// a\nzone "A.Example." {\n type primary; };\nserver 192.0.2.1/32 { keys k; };\n')
    (tmp_path / "zones.b").write_text('view "in" { zone "b.example" { type primary;\nfile "b"; }; };')
    (tmp_path / "broken").write_text("zone {\n")
    assert named_conf.places(str(tmp_path / "named.conf"), str(tmp_path)) == {
        "options": f"{tmp_path}/options:1",
        "options, directory": f"{tmp_path}/options:2",
        "options, recursion": f"{tmp_path}/options:4",
        "options, allow-query": f"{tmp_path}/options:4",
        "zone a.example": f"{tmp_path}/zones.a:2",
        "zone a.example, type": f"{tmp_path}/zones.a:3",
        "server 192.0.2.1": f"{tmp_path}/zones.a:4",
        "view in": f"{tmp_path}/zones.b:1",
        "view in, zone b.example": f"{tmp_path}/zones.b:1",
        "view in, zone b.example, type": f"{tmp_path}/zones.b:1",
        "view in, zone b.example, file": f"{tmp_path}/zones.b:2",
    }
