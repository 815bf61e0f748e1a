# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host says which version it has or would get, and the declaration is refused where that cannot do its part."""

from __future__ import annotations

import pathlib
import shutil
import subprocess

import pytest
from ansible_collections.authoritative.dns.plugins.action.nameserver import SOFTWARE, host_duties
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.loading import load
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import DeclarationError
from ansible_collections.authoritative.dns.tests.support.modules import run_module


def version_of(package):
    return run_module("host_info", version_of=package)["version"]


@pytest.mark.skipif(not shutil.which("dpkg-query"), reason="no Debian")
def test_debian_says_what_is_installed_or_else_what_would_be(tmp_path):
    installed = subprocess.run(["dpkg-query", "--show", "--showformat=${Version}", "dpkg"], capture_output=True, text=True, check=True).stdout
    assert version_of("dpkg") == installed
    known = subprocess.run(["apt-cache", "policy", "unbound"], capture_output=True, text=True, check=True, env={"LC_ALL": "C", "PATH": "/usr/bin"}).stdout
    candidate = next((line.split()[-1] for line in known.splitlines() if "Candidate:" in line and "(none)" not in line), "")
    if not pathlib.Path("/usr/sbin/unbound").exists():
        assert version_of("unbound") == candidate
    assert version_of("no-such-package") == ""


def test_a_host_whose_version_cannot_do_its_part_is_told():
    addresses = {"ns1": ("192.0.2.1",), "ns2": ("192.0.2.2",)}
    inventory = Inventory({"all": list(addresses), "dns_primaries": ["ns1"], "dns_secondaries": ["ns2"]}, addresses.__getitem__)
    declaration = load([{"name": "a.example", "records": [{"type": "NS", "value": "ns1.example."}], "tls": True}], {}, inventory, str)
    variables = {"inventory_hostname": "ns1", "hostvars": {"ns1": {"dns_addresses": ["192.0.2.1"]}}}
    chosen = {"allow_query": ["any"], "tls_certificate": "/c", "tls_key": "/k"}
    assert host_duties(declaration, variables, SOFTWARE["bind"], chosen, "9.18.33")
    assert host_duties(declaration, variables, SOFTWARE["bind"], chosen)
    with pytest.raises(DeclarationError, match="host ns1: BIND 9.16.23 cannot hand zones out over TLS .* which BIND 9.18 can"):
        host_duties(declaration, variables, SOFTWARE["bind"], chosen, "9.16.23")
    with pytest.raises(DeclarationError, match="host ns1: has BIND 9.11.36, or would get it, but needs 9.16 or newer"):
        host_duties(declaration, variables, SOFTWARE["bind"], chosen, "32:9.11.36-14.el8")
