# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages name everything that there is to name: every key, every state, every alert."""

from __future__ import annotations

import pathlib
import re
import urllib.parse

import pytest
import yaml
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import content, drafts, endpoints, model, networks, records, serial_policies, tsig

ROOT = pathlib.Path(__file__).resolve().parents[3]
KEYS = {
    "zone": drafts.ZONE_KEYS,
    "endpoint": endpoints.ENDPOINT_KEYS,
    "host": endpoints.HOST_KEYS,
    "provider": endpoints.CLOUD_KEYS,
    "record": records.RECORD_KEYS,
    "soa": content.SOA_KEYS,
    "serial": serial_policies.POLICIES,
    "group": (*model.GROUPS, *model.WATCHING_GROUPS),
    "network": networks.NETWORK_WORDS,
    "algorithm": tuple(tsig.ALGORITHMS),
}
VARIABLE = re.compile(r"\bdns_(?:zones|zone_\w+|addresses)\b")
STATE = re.compile(r"V\((\w+)\)")


def states_of_verifying_modules():
    result = []
    for path in sorted((ROOT / "plugins/modules").glob("verify_*.py")):
        returned = re.search(r'RETURN = r?"""(.*?)"""', path.read_text(), re.DOTALL)
        state = yaml.safe_load(returned[1]).get("results", {}).get("contains", {}).get("state")
        if state:
            text = state["description"] if isinstance(state["description"], str) else " ".join(state["description"])
            result.append((path.stem, set(STATE.findall(text))))
    return result


def section(page, link):
    """The part of a page whose first paragraph has a link to something."""
    parts = re.split(r"^## ", page, flags=re.MULTILINE)
    return next((part for part in parts if f"]({link})" in part.split("\n\n")[1]), "")


@pytest.mark.parametrize("kind", KEYS)
def test_every_key_of_the_declaration_is_on_its_page(pages, kind):
    missing = [key for key in KEYS[kind] if f"`{key}`" not in pages["declaration.md"]]
    assert not missing


def test_the_groups_on_the_page_are_those_whose_names_are_checked(pages):
    part = re.split(r"^## ", pages["declaration.md"], flags=re.MULTILINE)
    rows = re.findall(r"^\| (`[^|]*`) \|", next(text for text in part if text.startswith("Groups\n")), re.MULTILINE)
    assert sorted(re.findall(r"`(\w+)`", " ".join(rows))) == sorted((*model.GROUPS, *model.WATCHING_GROUPS))


def test_every_variable_of_the_declaration_is_on_its_page(pages):
    read = (ROOT / "plugins/plugin_utils/inventory.py").read_text()
    names = {*VARIABLE.findall(read), *(f"dns_tsig_{key}" for key in ("secret", "generations", "algorithm", "keys"))}
    assert len(names) > 6
    assert not [name for name in names if f"| `{name}` |" not in pages["declaration.md"]]


@pytest.mark.parametrize(("module", "states"), states_of_verifying_modules(), ids=lambda value: value if isinstance(value, str) else "")
def test_every_state_of_a_verifying_module_has_its_line_among_the_symptoms(pages, module, states):
    if module == "verify_delegation":
        states = states | {"error", "warning", "notice"}  # the levels of its findings
    part = section(pages["troubleshooting.md"], f"reference/{module}_module.rst")
    told = {state for row in re.findall(r"^\| (`[^|]*`) \|", part, re.MULTILINE) for state in re.findall(r"`(\w+)`", row)}
    assert told == states


def test_every_alert_and_every_metric_is_on_the_page_about_monitoring(pages):
    alerts = re.findall(r"- alert: (\w+)", (ROOT / "roles/monitor/templates/alerts.yml.j2").read_text())
    metrics = re.findall(r'"(dns_[a-z_]+)"', (ROOT / "plugins/module_utils/proof/monitor.py").read_text())
    assert len(alerts) > 5 and len(metrics) > 5
    assert not [name for name in alerts + metrics if f"`{name}`" not in pages["monitoring.md"]]


def names_of_content():
    """What can stand behind C(authoritative.dns.)."""
    places = ("playbooks/*.yml", "plugins/modules/*.py", "plugins/filter/*.py", "roles/*")
    return {path.stem for place in places for path in ROOT.glob(place)}


def names_of_variables():
    """Options of roles, and what playbooks read."""
    texts = [path.read_text() for place in ("roles/*/meta/argument_specs.yml", "playbooks/*.yml") for path in ROOT.glob(place)]
    return {name for text in texts for name in re.findall(r"\b[a-z]+_\w+\b", text)}


def test_what_pages_name_is_there(pages):
    content, variables = names_of_content(), names_of_variables() | names_of_content()
    for page, text in pages.items():
        for name in re.findall(r"\bauthoritative\.dns\.(?!plugins\b)(\w+)", text):
            assert name in content, page
        for name in re.findall(r"`((?:nameserver|client|monitor|verify|cloud|failover)_[a-z0-9_]+)\b[^`]*`", text):
            assert name in variables, page


def test_every_page_is_in_the_table_of_contents(pages):
    listed = re.findall(r"^(?:[\w ]+ <)?([a-z-]+)>?$", pages["index.md"], re.MULTILINE)
    assert sorted(f"{name}.md" for name in listed if name != "changelog") == sorted(set(pages) - {"index.md", "README.md"})


def test_links_to_elsewhere_are_addresses_and_those_of_the_readme_are_files(pages):
    """Links between pages are the site builder's to check."""
    for name, text in pages.items():
        for link in re.findall(r"\]\((\w+:[^)\s]*)\)", text):
            parts = urllib.parse.urlsplit(link)
            assert parts.scheme == "https" and "." in parts.netloc, (name, link)
    for name in ("README.md", "CONTRIBUTING.md"):
        for link in re.findall(r"\]\(([^):#]+)[^):]*\)", (ROOT / name).read_text()):
            assert (ROOT / link).exists(), (name, link)
