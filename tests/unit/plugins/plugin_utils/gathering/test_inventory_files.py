# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import tempfile

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering import inventory_files
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.model import DeclaredZone, GatheredServer, ServedZone
from hypothesis import example, given
from hypothesis import strategies as st

TEXTS = st.text("ab{}%#'\"\\ \n:é", max_size=20)
PLAIN = TEXTS | st.integers() | st.booleans() | st.none()
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc"), inner, max_size=3))


def templated(text):
    """What Ansible makes of a file of variables."""
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        file.write(text)
        file.flush()
        loader = DataLoader()
        return Templar(loader, variables={"vault_dns_tsig_keys": {"a'b": "the secret"}}).template(loader.load_from_file(file.name, trusted_as_template=True))


@given(st.dictionaries(st.text("abc", min_size=1), VALUES, max_size=3))
@example({"a": ["{{ lookup('ansible.builtin.pipe', 'id') }}"]})
@example({"a": "{% if true %}b{% endif %}"})
def test_what_a_host_told_is_never_a_template(variables):
    assert templated(inventory_files.variables_file(variables)) == variables


def test_templates_of_the_inventory_are_some():
    files = inventory_files.keys_files({"a'b": {"algorithm": "hmac-sha256", "secret": "{{ 1 + 1 }}"}})
    assert templated(files["group_vars/all/dns.yml"])["dns_tsig_keys"] == [{"name": "a'b", "algorithm": "hmac-sha256", "secret": "the secret"}]
    assert templated(files[inventory_files.VAULT]) == {"vault_dns_tsig_keys": {"a'b": "{{ 1 + 1 }}"}}
    server = GatheredServer("ns1", "bind", ("192.0.2.1",), variables={"nameserver_listen_on": ["{{ 1 + 1 }}"]})
    text = inventory_files.host_file(server, {"ansible_user": "{{ 2 }}"}, ["local/ns1/named.conf"])
    assert 'nameserver_local_config: \'{{ lookup(\'\'ansible.builtin.file\'\', inventory_dir ~ "/local/ns1/named.conf") }}\'' in text
    assert text.count("!unsafe") == 2


def test_options_of_zones_are_plain_yaml_which_nothing_makes_templates_of():
    assert yaml.safe_load(inventory_files.dumped({"allow_query": ["{{ 1 }}"]})) == {"allow_query": ["{{ 1 }}"]}


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("example.com", 0),
        ("0/25.2.0.192.in-addr.arpa@internal", 0),
        (".", 0),
        ("bank.example@../../victim", 1),
        ("bank.example@", 0),
        ('x"include:"/tmp/evil', 1),
        ("../up.example", 1),
        ("a b.example@c/d", 2),
    ],
)
def test_names_that_become_paths_and_configuration_are_looked_at_first(name, wrong):
    assert len(GatheredServer("ns1", "bind", (), zones={name: ServedZone(name, "primary")}).impossible_zones()) == wrong


@pytest.mark.parametrize(
    ("text", "includes"),
    [
        (None, False),
        ("@ TXT $INCLUDE\n; $INCLUDE x\n $INCLUDE x\n", False),
        ("$include x\n", True),
        ("\ufeff$INCLUDE x\n", True),
        ("@ A 192.0.2.1 ; x\r($INCLUDE x)\n", False),  # of the comment
        ("@ A 192.0.2.1\r($INCLUDE x)\n", True),
    ],
)
def test_a_text_that_includes_a_file_is_known(text, includes):
    assert DeclaredZone("example.com", {}, text).includes == includes
