# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a stranger gets: the tarball is lean, installs into an empty place, and works from there."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import tarfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PARTS = {
    *("FILES.json", "MANIFEST.json", "COPYING", "README.md", "CONTRIBUTING.md", "requirements.txt"),
    *("changelogs", "docs", "inventories", "meta", "playbooks", "plugins", "roles"),
}
INVENTORY = """
all:
  vars:
    dns_zones:
      - {name: example.com, records: [{type: NS, value: [ns1, ns2]}, {name: ns1, type: A, value: 127.0.0.1}, {name: ns2, type: A, value: WRONG}]}
  children:
    dns_primaries: {hosts: {ns1: {ansible_connection: local, ansible_host: 127.0.0.1}}}
"""


@pytest.fixture(scope="module")
def tarball(tmp_path_factory):
    copy, place = tmp_path_factory.mktemp("checkout") / "dns", tmp_path_factory.mktemp("tarball")
    files = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=True).stdout.split("\0")
    for name in files:
        if name and (ROOT / name).exists():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    for name in (".ruff_cache", ".hypothesis", "build", ".anything"):  # what lies about in a checkout that was worked in
        (copy / name).mkdir()
        (copy / name / "file").write_text("not for strangers")
    subprocess.run(["ansible-galaxy", "collection", "build", "--output-path", str(place), str(copy)], check=True, capture_output=True, timeout=120)
    return next(place.iterdir())


@pytest.fixture(scope="module")
def installed(tarball, tmp_path_factory):
    """The environment in which the tarball is installed, beside what it depends on and nothing else."""
    place = tmp_path_factory.mktemp("collections")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "PYTHONPATH"))}
    environment |= {"ANSIBLE_COLLECTIONS_PATH": str(place), "HOME": str(place), "ANSIBLE_NOCOLOR": "1"}
    command = ["ansible-galaxy", "collection", "install", "--no-deps", "--offline", "--collections-path", str(place), str(tarball)]
    subprocess.run(command, check=True, capture_output=True, timeout=120, env=environment)
    ours = pathlib.Path(os.environ["AUTHORITATIVE_DNS_COLLECTIONS"])
    for dependency in ("ansible", "community"):
        (place / "ansible_collections" / dependency).symlink_to(ours / dependency)
    return environment


def run(environment, *command, directory):
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, cwd=directory, check=False)


def test_the_tarball_holds_what_users_need_and_nothing_else(tarball):
    with tarfile.open(tarball) as archive:
        names = archive.getnames()
    assert {name.split("/")[0] for name in names} == PARTS
    assert not [name for name in names if "lab" in name.split("/") or "test" in name or "__pycache__" in name]
    assert tarball.stat().st_size < 1_000_000


def test_every_playbook_is_found_by_its_name(installed, tmp_path):
    (tmp_path / "inventory.yml").write_text(INVENTORY)
    for playbook in sorted((ROOT / "playbooks").glob("*.yml")):
        name = f"authoritative.dns.{playbook.stem}"
        found = run(installed, "ansible-playbook", name, "--syntax-check", "-i", "inventory.yml", directory=tmp_path)
        assert found.returncode == 0 and f"/ansible_collections/authoritative/dns/playbooks/{playbook.name}" in found.stdout, found.stderr


def test_a_mistake_is_told_from_the_installed_collection_before_a_host_is_touched(installed, tmp_path):
    (tmp_path / "inventory.yml").write_text(INVENTORY)
    found = run(installed, "ansible-playbook", "authoritative.dns.site", "-i", "inventory.yml", directory=tmp_path)
    assert found.returncode != 0 and "record ns2 A" in found.stdout + found.stderr and "WRONG" in found.stdout + found.stderr
    assert "Install" not in found.stdout
