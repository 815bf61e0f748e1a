# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which zones a change of a configuration is about."""

from __future__ import annotations

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.serving import blocks
from hypothesis import given
from hypothesis import strategies as st

KEYS = '# shared one.\nkey "one." secret "a";\n# shared two.\nkey "two." secret "b";\n'
ZONES = """# shared from-1
primaries "from-1" { 192.0.2.1 key "one."; };
# shared served-1
template "served-1" { primaries { "from-1"; }; };
# shared from-2
primaries "from-2" { 192.0.2.2 key "two."; };
# zone a.example
zone "a.example" { primaries { "from-1"; }; };
# zone b.example
zone "b.example" { template "served-1"; };
# zone c.example
zone "c.example" { primaries { "from-2"; }; };
# zone d.example
zone "d.example" { primaries { 192.0.2.3 key "one."; }; };
"""
BEFORE = {"keys": KEYS, "zones": ZONES}


@pytest.mark.parametrize(
    ("after", "zones"),
    [
        ({}, ""),
        ({"keys": KEYS.replace('"a"', '"z"')}, "abd"),
        ({"keys": KEYS.replace('"b"', '"z"')}, "c"),
        ({"keys": KEYS.replace('"b"', '"z"'), "zones": ZONES.replace("192.0.2.3", "192.0.2.4")}, "cd"),
        ({"keys": KEYS + '# shared three.\nkey "three." secret "c";\n'}, ""),
        ({"keys": KEYS.partition("# shared two.")[0]}, ""),
        ({"zones": ZONES.replace("192.0.2.1 ", "192.0.2.9 ")}, "ab"),
        ({"zones": ZONES + '# zone e.example\nzone "e.example" { };\n'}, ""),
        ({"zones": ZONES.partition("# zone d.example")[0]}, ""),
        ({"keys": "", "zones": ""}, ""),
    ],
)
def test_zones_are_configured_otherwise_where_something_changed_that_their_block_leads_to(after, zones):
    assert blocks.configured_otherwise(BEFORE, {**BEFORE, **after}) == {f"{letter}.example" for letter in zones}


def test_zones_that_come_are_not_configured_otherwise():
    assert blocks.configured_otherwise(dict.fromkeys(BEFORE, ""), BEFORE) == set()


NAMES = st.text("ab.", min_size=1, max_size=3)
BLOCK = st.tuples(st.sampled_from(["zone", "shared"]), NAMES)
FILE = st.tuples(st.sampled_from(["", "options;\n", "// a\n"]), st.dictionaries(BLOCK, st.sampled_from(["", "x;\n", "x;\nx;\n", "#\n"]), max_size=8))


def text_of(file, comment):
    head, bodies = file
    return head + "".join(f"{comment} {kind} {name}\n{body}" for (kind, name), body in bodies.items())


@given(FILE, FILE, st.sampled_from(["//", "#"]), st.data())
def test_what_differs_between_two_files_is_told_block_by_block(before, after, comment, data):
    if data.draw(st.booleans()):  # as files of a host usually are: nearly the same
        after = (before[0], {**before[1], **dict(list(after[1].items())[:1])})
    old, new = before[1], after[1]
    zones = {name for kind, name in {*old, *new} if kind == "zone" and old.get((kind, name)) != new.get((kind, name))}
    others = before[0] != after[0] or any(kind == "shared" and old.get((kind, name)) != body for (kind, name), body in new.items())

    def block(bodies, name):
        body = bodies.get(("zone", name))
        return None if body is None else f"{comment} zone {name}\n{body}"

    expected = None if others else {name: (block(old, name), block(new, name)) for name in zones}
    assert blocks.differing(text_of(before, comment), text_of(after, comment)) == expected
    assert blocks.number_of_zones(text_of(before, comment)) == sum(kind == "zone" for kind, _name in old)
    stay = {name for name in zones if block(old, name) and block(new, name)}
    if not any(kind == "shared" and old.get((kind, name), body) != body for (kind, name), body in new.items()):
        assert blocks.configured_otherwise({"file": text_of(before, comment)}, {"file": text_of(after, comment)}) == stay


def test_a_file_is_taken_apart_and_put_together_again():
    head, parts = blocks.split("options;\n" + ZONES)
    assert head == "options;\n" and [*parts][:2] == [("shared", "from-1"), ("shared", "served-1")]
    assert blocks.join(head, parts) == "options;\n" + ZONES
    assert blocks.split("# zone a\n# zone b\n") == ("", {("zone", "a"): "# zone a\n", ("zone", "b"): "# zone b\n"})


@given(FILE, st.sets(NAMES, max_size=4), st.sampled_from(["//", "#"]), st.booleans())
def test_a_few_zones_are_chosen_as_many_are(file, zones, comment, shared_first):
    head, bodies = file
    text = text_of((head, dict(sorted(bodies.items())) if shared_first else bodies), comment)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "_FEW", -1)
        expected = blocks.choose(text, zones)
    assert blocks.choose(text, zones) == expected
