# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the pages, the modules and the filters show as examples can be taken as it is.

A block of YAML on a page is an inventory, variables, a playbook or a file of a zone; one that is marked C(yaml fragment) is read only.
A block whose first line names a file in a comment is that file for the other blocks of its page.
"""

from __future__ import annotations

import pathlib
import re
import subprocess

import pytest
import yaml
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.readers.directories import read_directory
from ansible_collections.authoritative.dns.plugins.plugin_utils.inventory import declared

ROOT = pathlib.Path(__file__).resolve().parents[3]
SECRET = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
INVENTORY = """
all:
  children:
    dns_primaries: {hosts: {ns1: {ansible_host: 192.0.2.1}}}
    dns_secondaries: {hosts: {ns2: {ansible_host: 198.51.100.2}, ns3: {ansible_host: 203.0.113.3}}}
"""
PLUGINS = sorted([*(ROOT / "plugins/modules").glob("*.py"), *(ROOT / "plugins/filter").glob("*.py")])
SHARED_VARIABLES = re.compile(
    r"dns_(?:zones|zone_defaults|zone_directories|zone_select|catalogs|dnssec_policies|views|tsig_(?:secret|generations|algorithm|keys)|addresses)\Z"
)


def with_secrets(text):
    return re.sub(r"\{\{ *\w*(?:vault|secret)\w* *\}\}", SECRET, text)


def lay_out(directory, block, blocks):
    """Write a block of a page, with the inventory and the zone files of that page, where Ansible looks for them. Returns the inventory's path."""
    inventory, variables, zones = directory / "inventory.yml", directory / "group_vars/all.yml", directory / "zones"
    for place in (variables.parent, zones):
        place.mkdir()
    inventory.write_text(INVENTORY)
    for other in blocks:
        if other.page == block.page and other.file and other.file.startswith(("inventory", "zones/")):
            (directory / other.file).write_text(with_secrets(other.text))
    (inventory if block.kind == "inventory" else variables).write_text(with_secrets(block.text))
    return inventory


def declaration_of(inventory_path):
    """The declaration of an inventory with no plays, and the variables that declare it."""
    loader = DataLoader()
    inventory = InventoryManager(loader, sources=[str(inventory_path)])
    manager = VariableManager(loader, inventory)
    groups = inventory.get_groups_dict()
    variables = manager.get_vars(host=inventory.get_host(groups["dns_primaries"][0]))
    variables.update(groups=groups, hostvars=HostVars(inventory, manager, loader), inventory_dir=str(inventory_path.parent))
    return declared(variables, Templar(loader, variables).template), variables


def role_options():
    specifications = [yaml.safe_load(path.read_text()) for path in (ROOT / "roles").glob("*/meta/argument_specs.yml")]
    return {name for specification in specifications for entry in specification["argument_specs"].values() for name in entry["options"]}


def test_every_block_of_yaml_is_of_a_kind_that_is_tested(yaml_block):
    assert yaml_block.kind != "unknown"
    assert yaml_block.data is not None


def test_inventories_and_variables_are_declarations_without_mistakes(declaring_block, blocks, tmp_path):
    declaration, variables = declaration_of(lay_out(tmp_path, declaring_block, blocks))
    if "dns_zones" in declaring_block.text:
        assert declaration.zones
    ours = {name for name in variables if name.split("_")[0] in ("dns", "nameserver", "client", "monitor", "verify", "cloud")}
    assert not {name for name in ours - role_options() if not SHARED_VARIABLES.match(name)}


def test_zone_files_of_a_page_are_read_without_mistakes(blocks, tmp_path):
    for page in {block.page for block in blocks}:
        files = [block for block in blocks if block.page == page and block.file and block.file.startswith("zones/")]
        place = tmp_path / page.stem
        place.mkdir()
        for block in files:
            (place / pathlib.Path(block.file).name).write_text(block.text)
        found = read_directory(str(place), {})
        assert not [problem for _draft, problems in found for problem in problems]
        assert len(found) == len([block for block in files if not pathlib.Path(block.file).name.startswith("_")])


def test_playbooks_and_tasks_pass_ansibles_own_check(blocks, tmp_path):
    """With the options that they give to modules of this collection, which the check does not look at."""
    playbooks = []
    for number, block in enumerate(block for block in blocks if block.is_yaml and not block.is_fragment):
        plays = block.data
        if block.kind == "tasks":
            plays = [{"name": "Tasks of a page", "hosts": "localhost", "tasks": plays}]
        elif block.kind != "playbook":
            continue
        playbooks.append(tmp_path / f"{number}-{block.page.stem}.yml")
        playbooks[-1].write_text(yaml.safe_dump(plays))
        for play in plays:
            assert_options_are_documented([*play.get("tasks", []), *play.get("roles", [])], str(block))
    assert playbooks
    command = ["ansible-playbook", "--syntax-check", "-i", "localhost,", *map(str, playbooks)]
    found = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert found.returncode == 0, found.stderr


# -- the examples of plugins ------------------------------------------------------------------------------------------------------


def text_of(path, name):
    """What a plugin says as DOCUMENTATION, EXAMPLES or RETURN."""
    found = re.search(rf'^{name} = r?"""(.*?)"""', path.read_text(), re.DOTALL | re.MULTILINE)
    return found[1] if found else ""


def documented_options(module):
    """The options of one of this collection's modules, with those of the fragments that it extends."""
    path = ROOT / f"plugins/modules/{module}.py"
    documentation = yaml.safe_load(text_of(path, "DOCUMENTATION"))
    options = dict(documentation.get("options") or {})
    for fragment in documentation.get("extends_documentation_fragment", []):
        if fragment.startswith("authoritative.dns."):
            name, _dot, part = fragment.removeprefix("authoritative.dns.").partition(".")
            text = re.search(
                rf'\b{part.upper() or "DOCUMENTATION"} = r?"""(.*?)"""', (ROOT / f"plugins/doc_fragments/{name}.py").read_text(), re.DOTALL
            )
            options.update(yaml.safe_load(text[1])["options"])
    return options


def assert_options_are_documented(tasks, where):
    for task in tasks:
        for name, arguments in task.items():
            if name == "block":
                assert_options_are_documented(arguments, where)
            elif name.startswith("authoritative.dns."):
                module = name.removeprefix("authoritative.dns.")
                assert_known(arguments or {}, documented_options(module), f"{where}, {module}")


def assert_known(arguments, options, where):
    assert not arguments.keys() - options.keys(), f"{where}: not documented"
    # An option with E(…) in its description can come from the environment.
    required = {name for name, option in options.items() if option.get("required") and "E(" not in str(option["description"])}
    assert not required - arguments.keys(), f"{where}: required"
    for name, value in arguments.items():
        choices = options[name].get("choices")
        templates = isinstance(value, str) and "{{" in value
        for item in value if isinstance(value, list) else [value]:
            assert templates or not choices or item in choices, f"{where}: {name}"
            if isinstance(item, dict) and "suboptions" in options[name]:
                assert_known(item, options[name]["suboptions"], f"{where}, {name}")


@pytest.mark.parametrize("path", PLUGINS, ids=lambda path: path.stem)
def test_the_examples_of_a_plugin_use_what_it_documents(path):
    examples = yaml.safe_load(text_of(path, "EXAMPLES"))
    assert examples
    tasks = [task for item in examples for task in (item["tasks"] if "hosts" in item else [item])]
    used = str(tasks)
    assert f"authoritative.dns.{path.stem}" in used
    assert_options_are_documented(tasks, path.name)
