# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An argument specification takes the text "5" for a number, as from `-e option=5`, and leaves it text: who computes or compares converts it first."""

from __future__ import annotations

import pathlib
import re

import jinja2
import pytest
import yaml
from jinja2 import nodes

ROOT = pathlib.Path(__file__).resolve().parents[3]
ROLES = sorted((ROOT / "roles").iterdir())
BARE = ("when", "that", "until", "failed_when", "changed_when")  # keys whose text is an expression


def numbers_of(role):
    entries = yaml.safe_load((role / "meta/argument_specs.yml").read_text())["argument_specs"].values()
    return {name for entry in entries for name, option in entry["options"].items() if option.get("type") in ("int", "float")}


NUMBERS = {name for role in ROLES for name in numbers_of(role)}


def texts(value, key=""):
    """Every text in what a YAML file says, an expression in braces."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from texts(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner, key)
    elif isinstance(value, str):
        yield f"{{{{ {value} }}}}" if key in BARE and "{{" not in value else value


def parsed(path):
    """The syntax trees of all templates in a file."""
    if path.suffix == ".yml":
        return [jinja2.Environment().parse(text) for text in texts(yaml.safe_load(path.read_text()))]
    options = re.match(r"#jinja2:(.*)\n", text := path.read_text())
    changed = dict(re.findall(r"(\w+): *'([^']*)'", options[1])) if options else {}
    return [jinja2.Environment(**changed).parse(text)]


def computed_with(tree):
    """Names of options that are used as numbers without being made one. Into a text, or on to a module, anything may go."""
    for parent in tree.find_all(nodes.Node):
        for child in parent.iter_child_nodes():
            while isinstance(child, nodes.Filter) and child.name == "default":
                child = child.node
            converted = isinstance(parent, nodes.Filter) and parent.name in ("int", "float", "default")
            chosen = isinstance(parent, nodes.CondExpr) and child is not parent.test
            passed_on = converted or chosen or isinstance(parent, (nodes.Output, nodes.Concat))
            if isinstance(child, nodes.Name) and child.name in NUMBERS and not passed_on:
                yield child.name


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{{ client_timeout }} {{ 'a' ~ client_timeout }} {{ client_timeout | int + 1 }} {{ client_timeout | default(0) | float }}", []),
        ("{{ 0 if client_attempts | int > 3 else client_timeout }}", []),
        ("{{ 0 if client_timeout else 1 }}", ["client_timeout"]),
        ("{{ client_timeout * 60 }}", ["client_timeout"]),
        ("{{ client_timeout not in range(5) }}", ["client_timeout"]),
        ("{{ [5, client_timeout] | max }}", ["client_timeout"]),
        ("{{ client_timeout | default(0) > 4 }}", ["client_timeout"]),
        ("{% if client_timeout %}{% endif %}", ["client_timeout"]),
    ],
)
def test_a_number_that_is_not_made_one_would_be_noticed(text, found):
    assert list(computed_with(jinja2.Environment().parse(text))) == found


@pytest.mark.filterwarnings("ignore:invalid escape sequence")  # as Ansible reads them
@pytest.mark.parametrize("place", [*ROLES, ROOT / "playbooks"], ids=lambda place: place.name)
def test_who_computes_with_an_option_makes_a_number_of_it(place):
    files = [path for path in place.rglob("*") if path.suffix in (".yml", ".j2") and path.name != "argument_specs.yml"]
    assert files
    assert [(path.name, name) for path in files for tree in parsed(path) for name in computed_with(tree)] == []
