# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that are parted: by --limit, serial, tags, another strategy. Each does its work or says why not, and two primaries never disagree.

Ansible itself, with the role's own tasks from the check of the declaration to the files on each host; the servers do not run.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest
import yaml
from ansible_collections.authoritative.dns.tests.support.server_host import INSTALLED, BindHost

pytestmark = [
    pytest.mark.skipif(BindHost not in INSTALLED, reason="named is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="configuration files belong to root"),
]

SHARED, SINGLE = "shared.example", "single.example"  # a zone of two primaries, and one of one
HOSTS = {"ns1": "127.0.0.21", "ns2": "127.0.0.22", "ns3": "127.0.0.23"}
NOT_ASKED = "Two contents could go out under one serial"


ROLE = "authoritative.dns.nameserver"
ROTATION = pathlib.Path(__file__).parents[2] / "playbooks/rotate_tsig.yml"


class Lab:
    """Three hosts in one directory: ns1 and ns2 are primaries of one zone, ns1 alone of another, and ns3 is a secondary of both."""

    def __init__(self, directory):
        self.directory = directory
        self.number = 1
        inventory = {
            "all": {
                "vars": {
                    "ansible_connection": "{{ 'ssh' if inventory_hostname == away | default('') else 'local' }}",
                    "ansible_port": 1,  # where nobody listens
                    "ansible_timeout": 5,
                    "ansible_python_interpreter": "{{ ansible_playbook_python }}",
                    "nameserver_service": False,
                    "__nameserver_host": {"missing_files": [], "version": "", "services": {}},
                    "__nameserver_local_files": [],
                    "dns_zones": [
                        {"name": name, "primaries": primaries, "secondaries": ["ns3"], "records": "{{ records }}"}
                        for name, primaries in ((SHARED, ["ns1", "ns2"]), (SINGLE, ["ns1"]))
                    ],
                    "records": [{"type": "NS", "value": "ns1.example.net."}, {"name": "www", "type": "A", "value": "{{ www }}"}],
                },
                "children": {"dns_primaries": {"hosts": {}}, "dns_secondaries": {"hosts": {"ns3": {}}}},
                "hosts": {
                    name: {"ansible_host": address, "dns_addresses": [address], "__nameserver_layout": self.layout(name)} for name, address in HOSTS.items()
                },
            }
        }
        inventory["all"]["children"]["dns_primaries"]["hosts"] = {"ns1": {}, "ns2": {}}
        (directory / "inventory.yml").write_text(yaml.safe_dump(inventory))

    @property
    def address(self):
        return f"192.0.2.{self.number}"

    def layout(self, name):
        place = self.directory / name
        for part in ("etc", "work"):
            (place / part).mkdir(parents=True)
        (place / "etc/local.conf").write_text("")
        (place / "etc/options.conf").write_text("")
        return {
            "config_file": str(place / "etc/named.conf"),
            "local_config": str(place / "etc/local.conf"),
            "local_options": str(place / "etc/options.conf"),
            "working_directory": str(place / "work"),
            "secondary_directory": "",
            "signing_directory": str(place / "work/signing"),
            "state_directory": str(place / "state"),
            "user": "root",
            "group": "root",
            "service": "named",
        }

    def run(self, www, *options, zones=(SHARED, SINGLE), **play):
        """Whether it succeeded, and what it said."""
        tasks = [
            {"name": "Check", "authoritative.dns.declaration": {"software": "bind"}},
            *({"name": part, "ansible.builtin.include_role": {"name": ROLE, "tasks_from": part}} for part in ("compare", "serve")),
        ]
        return self.play([{"hosts": "all", "gather_facts": False, "tasks": tasks, **play}], *options, www=www, dns_zone_select=chosen(*zones))

    def play(self, plays, *options, **variables):
        """As L(run), with these plays and variables."""
        (self.directory / "play.yml").write_text(yaml.safe_dump(plays))
        environment = {**os.environ, "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default", "ANSIBLE_NOCOLOR": "true"}
        command = ["ansible-playbook", "-i", "inventory.yml", "play.yml", "-e", json.dumps({"www": self.address, **variables}), *options]
        done = subprocess.run(command, cwd=self.directory, env=environment, capture_output=True, text=True, timeout=300, check=False)
        return done.returncode == 0, " ".join((done.stdout + done.stderr).split())

    def has(self, host, zone=SHARED):
        """The zone's text on a host, None without one."""
        path = self.directory / host / "state/current/zones" / zone
        return path.read_text() if path.exists() else None


def chosen(*zones):
    """A selection of them."""
    return "[?" + " || ".join(f"name=='{name}'" for name in zones) + "]"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    lab = Lab(tmp_path_factory.mktemp("lab"))
    done, output = lab.run(lab.address)
    assert done and lab.has("ns1") == lab.has("ns2"), output
    return lab


@pytest.fixture
def other(lab):
    """An address that was never declared."""
    lab.number += 1
    return lab.address


# how a run is parted → (options, play, whether it is refused, for a zone of two primaries that changes)
PARTED = {
    "limit": (["--limit", "ns1"], {}, NOT_ASKED),
    "serial": ([], {"serial": 1}, NOT_ASKED),
    "serial, all primaries in the first batch": ([], {"serial": [2, 1]}, None),
    "free": ([], {"strategy": "free"}, "with free servers change before others are asked which serials they have"),
    "one fork": (["--forks", "1"], {}, None),
    "one at a time": ([], {"throttle": 1, "order": "reverse_sorted"}, None),
}


@pytest.mark.parametrize("how", PARTED)
def test_a_zone_of_two_primaries_changes_on_both_or_on_none(lab, other, how):
    options, play, refused = PARTED[how]
    before = lab.has("ns1")
    done, output = lab.run(other, *options, zones=[SHARED], **play)
    assert lab.has("ns1") == lab.has("ns2")
    assert done == (refused is None), output
    if refused:
        assert refused in output and lab.has("ns1") == before
    else:
        assert other in lab.has("ns1")


# how a run is parted, in which a secondary is away → (options, play)
WITHOUT = {"all": ([], {}), "serial": ([], {"serial": [2, 1]}), "one fork": (["--forks", "1"], {}), "limit": (["--limit", "ns1,ns2"], {})}


@pytest.mark.parametrize("how", WITHOUT)
def test_a_secondary_that_is_away_holds_up_no_primary(lab, other, how):
    options, play = WITHOUT[how]
    before = lab.has("ns3")
    done, output = lab.run(other, "-e", "away=ns3", *options, zones=[SHARED], **play)
    assert other in lab.has("ns1") and lab.has("ns1") == lab.has("ns2"), output
    assert lab.has("ns3") == before
    assert done == (how == "limit") and output.count("unreachable=1") == (how != "limit"), output


@pytest.mark.parametrize("how", ["free", "one of the primaries"])
def test_what_is_refused_where_all_are_there_is_refused_where_a_secondary_is_away(lab, other, how):
    options, play, refused = PARTED["free"] if how == "free" else PARTED["limit"]
    before = lab.has("ns1"), lab.has("ns2")
    done, output = lab.run(other, "-e", "away=ns3", *options, zones=[SHARED], **play)
    assert not done and refused in output, output
    assert (lab.has("ns1"), lab.has("ns2")) == before


def test_a_primary_that_is_away_leaves_the_zone_as_it_was_on_the_other(lab, other):
    before = lab.has("ns1")
    done, output = lab.run(other, "-e", "away=ns2", zones=[SHARED])
    assert not done and NOT_ASKED in output, output
    assert lab.has("ns1") == lab.has("ns2") == before


@pytest.mark.parametrize("how", ["limit", "serial"])
def test_what_is_parted_works_for_a_zone_of_one_primary(lab, other, how):
    options, play, _refused = PARTED[how]
    done, output = lab.run(other, *options, zones=[SINGLE], **play)
    assert done and other in lab.has("ns1", SINGLE), output
    done, output = lab.run(other, *options, zones=[SINGLE], **play)
    assert done and output.count("changed=0") == output.count("unreachable=0"), output


@pytest.mark.parametrize("options", [["--tags", "dns"]], ids=" ".join)
def test_tags_that_choose_nothing_do_nothing(lab, other, options):
    before = lab.has("ns1")
    done, output = lab.run(other, *options)
    assert done and lab.has("ns1") == lab.has("ns2") == before, output


def test_a_run_that_begins_later_has_no_comparison_and_says_so(lab, other):
    before = lab.has("ns1")
    done, output = lab.run(other, "--start-at-task", "Serve what is declared, primaries first so that a secondary's first question is answered")
    assert lab.has("ns1") == lab.has("ns2") == before, output
    assert not done or "changed=0" in output or "No matching task" in output, output


@pytest.mark.parametrize("zones", [(SHARED,), (SINGLE,)], ids=["shared", "single"])
def test_a_run_about_one_zone_leaves_the_other_alone(lab, other, zones):
    done, output = lab.run(other, zones=zones)
    assert done, output
    assert {zone for zone in (SHARED, SINGLE) if other in lab.has("ns1", zone)} == set(zones)
    assert lab.has("ns1") == lab.has("ns2")


def test_a_run_about_one_zone_does_not_take_the_others_off_a_host_that_lost_what_it_was_given(tmp_path):
    lab = Lab(tmp_path)
    assert lab.run(lab.address)[0] and lab.has("ns1", SINGLE)
    shutil.rmtree(tmp_path / "ns1/state")
    done, output = lab.run("192.0.2.99", zones=(SINGLE,))
    assert not done and "all zones with it that this run is not about; run once without dns_zone_select" in output, output
    assert not (tmp_path / "ns1/state/current").exists()


def rotation():
    """The plays of the playbook rotate_tsig that are about name servers, with the tasks of the role that L(Lab.run) has in the place of all."""
    plays = [{**play, "hosts": "all"} for play in yaml.safe_load(ROTATION.read_text()) if "tasks" in play]
    for play in plays:
        play["tasks"] = [part for task in play["tasks"] for part in _parts(task)]
    return plays


def _parts(task):
    role = task.get("ansible.builtin.include_role", {})
    parts = ("compare", "serve") if role.get("tasks_from", "main") == "main" else ("compare",)
    variables = {**task.get("vars", {}), **({"nameserver_allow_loss": True} if len(parts) == 1 else {})}  # nothing is lost by looking
    return [{**task, "ansible.builtin.include_role": {**role, "tasks_from": part}, "vars": variables} for part in parts] if role else [task]


class KeysLab(Lab):
    """With keys of generation 1 between the servers."""

    secret = "x" * 40

    def provision(self, *options, **variables):
        tasks = _parts({"ansible.builtin.include_role": {"name": ROLE}})
        return self.play([{"hosts": "all", "gather_facts": False, "tasks": tasks}], *options, **variables)

    def play(self, plays, *options, **variables):
        return super().play(plays, *options, dns_tsig_secret=self.secret, **variables)

    def generations(self):
        """Those of the keys in the files of each host."""
        texts = ((host, path.read_text()) for host in HOSTS for path in (self.directory / host / "state/current").glob("*.conf"))
        found = {}
        for host, text in texts:
            found.setdefault(host, set()).update(map(int, re.findall(r"[.]_g(\d+)\b", text)))
        return found


@pytest.fixture
def keys_lab(tmp_path):
    lab = KeysLab(tmp_path)
    done, output = lab.provision()
    assert done and lab.generations() == dict.fromkeys(HOSTS, {1}), output
    return lab


def test_a_rotation_is_foreseen_in_check_mode_and_replaces_the_keys_of_all_without(keys_lab):
    done, output = keys_lab.play(rotation(), "--check", dns_tsig_generations=[2])
    assert done and keys_lab.generations() == dict.fromkeys(HOSTS, {1}), output
    done, output = keys_lab.play(rotation(), dns_tsig_generations=[2])
    assert done and keys_lab.generations() == dict.fromkeys(HOSTS, {2}), output


def test_a_rotation_leaves_no_zone_out(keys_lab):
    done, output = keys_lab.play(rotation(), dns_tsig_generations=[2], dns_zone_select=chosen(SINGLE))
    assert not done and "Run this without a limit, and without dns_zone_select" in output, output
    assert keys_lab.generations() == dict.fromkeys(HOSTS, {1})


def test_a_rotation_leaves_out_nobody_who_talks_to_a_provider(keys_lab):
    path = keys_lab.directory / "inventory.yml"
    inventory = yaml.safe_load(path.read_text())
    for zone in inventory["all"]["vars"]["dns_zones"]:
        zone["secondaries"] = ["ns3", {"cloud": "cloudflare"}]
    inventory["all"]["children"]["dns_cloud"] = {"hosts": {"worker": {}}}
    path.write_text(yaml.safe_dump(inventory))
    done, output = keys_lab.play(rotation(), "--limit", ",".join(HOSTS), dns_tsig_generations=[2])
    assert not done and "Nothing was changed. worker would be left out, and a provider would keep the old keys" in output, output
    assert keys_lab.generations() == dict.fromkeys(HOSTS, {1})


def test_a_run_about_one_zone_changes_no_keys_and_notes_those_of_all(keys_lab):
    done, output = keys_lab.provision(dns_tsig_generations=[1, 2], dns_zone_select=chosen(SINGLE))
    assert not done and "other zones than those that this run is about would keep the keys that they have" in output, output
    allowed = {"dns_tsig_generations": [2], "dns_zone_select": chosen(SINGLE), "nameserver_allow_loss": True}
    done, output = keys_lab.provision(**allowed)
    assert done and keys_lab.generations()["ns3"] == {1, 2}, output
    done, output = keys_lab.provision(dns_tsig_generations=[2])
    assert not done and "host ns3 uses generation 1 of the TSIG keys and accepts 2, and dns_tsig_generations is [2]" in output, output


def test_a_host_takes_no_key_into_use_that_its_peers_may_not_know(keys_lab):
    done, output = keys_lab.provision("--limit", "ns3", dns_tsig_generations=[2, 1])
    assert not done and "host ns3 uses generation 1 of the TSIG keys, and dns_tsig_generations is [2, 1]" in output, output
    assert keys_lab.generations() == dict.fromkeys(HOSTS, {1})
