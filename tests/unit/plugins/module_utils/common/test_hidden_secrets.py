# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import re
import string

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.common.hidden_secrets import hide, is_hidden, without_secrets
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('key "a" { algorithm hmac-sha256; secret "c2VjcmV0"; };\n', 'key "a" { algorithm hmac-sha256; secret …; };\n'),
        ("key a {\n\tsecret\n\t\tc2VjcmV0;\n};\n", "key a {\n\tsecret\n\t\t…;\n};\n"),
        ('secret /* of "March" */ "c2VjcmV0";', 'secret /* of "March" */ …;'),
        ('secret // new\n "c2VjcmV0";', "secret // new\n …;"),
        ('  secret: "c2VjcmV0"\n  name: a\n', "  secret: …\n  name: a\n"),
        ("  secret: c2VjcmV0=  # new\n", "  secret: …  # new\n"),
        ('client-key-pw: "x y"\n', "client-key-pw: …\n"),
        ('key: [{id: a, secret: "c2VjcmV0"}]\n', "key: [{id: a, secret: …}]\n"),
        ("gmysql-password=ab;cd\nlaunch=gmysql\n", "gmysql-password=…\nlaunch=gmysql\n"),
        ("gmysql-password = my pass word\n", "gmysql-password = …\n"),
        ('webserver-password=a"b\napi-key+=c\n', "webserver-password=…\napi-key+=…\n"),
        ("gpgsql-extra-connection-string=host=db password=y z\n", "gpgsql-extra-connection-string=…\n"),
        ('config: "pkcs11:token=x;pin-value=1234 /usr/lib/x.so"\n', 'config: "pkcs11:token=x;pin-value=…\n'),
        ("webserver-password=\nlaunch=bind\n", "webserver-password=\nlaunch=bind\n"),
        ('zone "secret.example" { type primary; file "a"; };\n', 'zone "secret.example" { type primary; file "a"; };\n'),
    ],
)
def test_each_programs_way_to_write_a_secret(text, shown):
    assert without_secrets(text) == shown


_PASSWORD = st.text(string.ascii_letters + string.digits + string.punctuation.replace("#", ""), min_size=4)


@given(_PASSWORD)
def test_nothing_of_a_password_is_left_in_pdns_conf(password):
    assert without_secrets(f"launch=x\ngmysql-password={password}\nport=1\n") == "launch=x\ngmysql-password=…\nport=1\n"


@given(st.binary(min_size=1))
def test_nothing_of_a_key_is_left_in_the_others(octets):
    key = base64.b64encode(octets).decode()
    for text in ('secret "{}";', "secret {};", 'secret: "{}"', "secret: {}", "secret:\t{}"):
        assert without_secrets(text.format(key)) == text.replace('"{}"', "…").replace("{}", "…")


def test_what_is_hidden_is_known_as_such_and_nothing_else():
    clauses = [["key", [["name", "k"], ["secret", "s3"]]], ["settings", [["ldap-secret", ""], ["note", "????!"]]]]
    hide(clauses, re.compile("secret"))
    assert "s3" not in str(clauses)
    assert [item[0] for _section, items in clauses for item in items if is_hidden(item)] == ["secret"]
