# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The timer that mirrors to Route 53 is about all zones of its host, and goes with the last one. Ansible itself; systemctl is played."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest
import yaml
from ansible_collections.authoritative.dns.plugins.module_utils.cloud.route53_mirror import SPEC
from ansible_collections.authoritative.dns.plugins.module_utils.cloud.route53_timer import read_options
from ansible_collections.authoritative.dns.tests.support.systemctl import Systemctl

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="units belong to root")
PLAYBOOK = pathlib.Path(__file__).parents[2] / "playbooks/site.yml"
ZONES = ("a.example", "b.example")


class Host:
    """This machine as one that had zones at Route 53, as C(zones) tell now."""

    def __init__(self, root, zones):
        self.systemctl, self.root = Systemctl(root / "bin"), root
        secondaries, records = [{"cloud": "route53", "key": False}], [{"type": "NS", "value": "ns1.example.net."}]
        self.variables = {
            "__cloud_unit": f"../../..{root}/unit",
            "__cloud_program": str(root / "route53.pyz"),
            "__cloud_configuration": str(root / "route53.json"),
            "cloud_route53_interval": 300,
            "dns_zones": [
                {"name": name, "primaries": ["ns1"], "secondaries": secondaries if name in zones else [], "records": records} for name in ZONES
            ],
        }
        self.files = [root / name for name in ("route53.json", "route53.pyz", "unit.service", "unit.timer")]
        for path in self.files:
            path.write_text("{}")
        own = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "dns_addresses": ["127.0.0.1"]}
        (root / "inventory.json").write_text(json.dumps({"dns_primaries": {"hosts": {"ns1": own}}}))

    def play(self, play, succeeds=True, **variables):
        (self.root / "play.yml").write_text(yaml.safe_dump([play]))
        (self.root / "variables.json").write_text(json.dumps({**self.variables, **variables}))
        command = ["ansible-playbook", "-i", "inventory.json", "play.yml", "-e", "@variables.json"]
        environment = {**self.systemctl.environment, "ANSIBLE_NOCOLOR": "1"}
        done = subprocess.run(command, cwd=self.root, capture_output=True, text=True, timeout=120, check=False, env=environment)
        assert (done.returncode == 0) == succeeds, done.stdout + done.stderr


def the_role(_host):
    return {"hosts": "ns1", "gather_facts": False, "roles": ["authoritative.dns.cloud"]}


def the_playbook(host):
    """Its play for providers, with what its first one found."""
    (play,) = [play for play in yaml.safe_load(PLAYBOOK.read_text()) if play["name"] == "Provision what providers serve"]
    host.variables["__site_declared"] = {"carriers": {}}
    return play


def the_task_that_provides():
    """The role's, with its defaults."""
    role = PLAYBOOK.parents[1] / "roles/cloud"
    (task,) = [task for task in yaml.safe_load((role / "tasks/provide.yml").read_text()) if "authoritative.dns.cloud" in task]
    defaults = yaml.safe_load((role / "defaults/main.yml").read_text())
    inner = {"__cloud_declared": {"clouds": []}, "__cloud_state": "present", "__cloud_installed": {"changed": False}}
    return {"hosts": "ns1", "gather_facts": False, "vars": {**defaults, **inner}, "vars_files": [str(role / "vars/main.yml")], "tasks": [task]}


def test_options_of_the_role_may_be_text(tmp_path):
    """As -e name=value gives them."""
    text = {
        "cloud_cloudflare_options": '{"refresh": 600}',
        "cloud_route53_options": "allow_loss=yes, signed=strip",
        "cloud_absent": "{}",
        "cloud_families": "4",
        "cloud_wait_timeout": "60",
        "cloud_route53_interval": "300",
    }
    Host(tmp_path, zones=()).play(the_task_that_provides(), **text)


def test_what_the_timer_gets_is_of_the_kinds_that_it_takes(tmp_path):
    host = Host(tmp_path, zones=ZONES)
    paths = {"program": str(tmp_path / "route53.pyz"), "configuration": str(tmp_path / "route53.json")}
    options = {"route53": {"wait_timeout": "120", "secret_key": "", "lock": "~/lock"}, "route53_options": '{"allow_loss": "yes", "wait": "no"}'}
    play = {"hosts": "ns1", "gather_facts": False, "tasks": [{"authoritative.dns.cloud": {"state": "installed", **paths, **options}}]}
    host.play(play)
    written = json.loads((tmp_path / "route53.json").read_text())
    assert {"allow_loss": True, "wait": False, "wait_timeout": 120.0, "lock": "~/lock"}.items() <= written.items() and "secret_key" not in written
    assert read_options(written, SPEC, "route53.json")["allow_loss"] is True
    play["tasks"][0]["authoritative.dns.cloud"]["route53_options"] = {"allow_loss": "perhaps"}
    host.play(play, succeeds=False)
    assert json.loads((tmp_path / "route53.json").read_text()) == written


@pytest.mark.parametrize("play", [the_role, the_playbook])
def test_the_timer_goes_with_the_last_zone_and_credentials_with_it(tmp_path, play):
    host = Host(tmp_path, zones=())
    host.play(play(host), dns_zone_select="[?name=='a.example']")
    assert all(path.exists() for path in host.files), "there may be others than the selected zone"
    host.play(play(host))
    assert not any(path.exists() for path in host.files)
    assert {told.split()[0] for told in host.systemctl.told()} == {"disable", "stop"}


def test_the_timer_goes_where_its_interval_becomes_0_together_with_the_last_zone(tmp_path):
    host = Host(tmp_path, zones=())
    host.play(the_playbook(host), cloud_route53_interval=0)
    assert not any(path.exists() for path in host.files)


def test_the_timer_is_about_all_zones_whatever_a_run_is_about(tmp_path):
    host = Host(tmp_path, zones=ZONES)
    options = {"state": "installed", "program": str(tmp_path / "route53.pyz"), "configuration": str(tmp_path / "route53.json")}
    play = {"hosts": "ns1", "gather_facts": False, "tasks": [{"authoritative.dns.cloud": options}]}
    host.play(play, dns_zone_select="[?name=='a.example']")
    assert [zone["name"] for zone in json.loads((tmp_path / "route53.json").read_text())["zones"]] == list(ZONES)


def test_systemd_reads_units_that_an_earlier_run_left_unread(tmp_path):
    host = Host(tmp_path, zones=ZONES)
    host.variables["cloud_route53_options"] = "allow_loss=yes"  # as -e gives it
    play = {"hosts": "ns1", "gather_facts": False, "tasks": [{"ansible.builtin.include_role": {"name": "authoritative.dns.cloud", "tasks_from": "timer"}}]}
    host.systemctl.refuse("daemon-reload")
    host.play(play, succeeds=False)
    assert "every 300 s" in (tmp_path / "unit.timer").read_text() and host.systemctl.told() == []
    assert json.loads((tmp_path / "route53.json").read_text())["allow_loss"] is True
    host.systemctl.refuse()
    host.play(play)
    assert "daemon-reload" in host.systemctl.told()


def test_the_timer_knows_of_a_zone_that_goes_before_it_is_taken_away_and_whatever_else_fails(tmp_path):
    """Or it would make the zone again."""
    host = Host(tmp_path, zones=ZONES)
    play = {"hosts": "ns1", "gather_facts": False, "roles": ["authoritative.dns.cloud"]}
    host.play(play, succeeds=False, __cloud_route53={"endpoint_url": "nonsense"}, cloud_absent={"route53": ["c.example"]}, __cloud_packages=[])
    written = json.loads((tmp_path / "route53.json").read_text())
    assert [zone["name"] for zone in written["zones"]] == list(ZONES)


def test_credentials_that_a_run_left_that_ended_before_the_timer_was_there_go_too(tmp_path):
    host = Host(tmp_path, zones=())
    for name in ("unit.service", "unit.timer"):
        (tmp_path / name).unlink()
    host.play(the_role(host))
    assert not any(path.exists() for path in host.files)
