# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role's alerts as Prometheus sees them, and that alerts and dashboard ask for metrics that there are."""

from __future__ import annotations

import json
import pathlib
import re
import shutil
import subprocess
import sys

import pytest
import yaml
from ansible_collections.authoritative.dns.plugins.module_utils.proof.monitor import METRICS
from ansible_collections.authoritative.dns.tests.support.systemctl import Systemctl

HERE = pathlib.Path(__file__).parent
DASHBOARD = HERE.parents[1] / "roles/monitor/files/dashboard.json"
needs_promtool = pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed: `make setup` brings it on Debian")


def play(directory, environment=None, more=(), **variables):
    """The run that brings rules to a host. more: arguments."""
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": sys.executable, "monitor_alerts_file": str(directory / "alerts.yml"), "monitor_alerts_reload": "", **variables},
        "tasks": [{"ansible.builtin.include_role": {"name": "authoritative.dns.monitor", "tasks_from": "alerts"}}],
    }
    (directory / "play.yml").write_text(yaml.safe_dump([play]))
    command = ["ansible-playbook", "-i", "localhost,", "play.yml", *more]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=120, check=False, env=environment)


def render(directory, **variables):
    """The rules as the role writes them to a host; they are valid, or the role would not."""
    outcome = play(directory, **variables)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    return (directory / "alerts.yml").read_text()


def judge(directory, alert=None):
    """What promtool says of the rules in this directory; alert: by the stories of this one alone, some of which are days long."""
    told = yaml.safe_load((HERE / "monitor_alerts_test.yml").read_text())
    told["tests"] = [story for story in told["tests"] if alert in (None, *[seen["alertname"] for seen in story["alert_rule_test"]])]
    (directory / "alerts_test.yml").write_text(yaml.safe_dump(told))
    return subprocess.run(["promtool", "test", "rules", "alerts_test.yml"], cwd=directory, capture_output=True, text=True, timeout=180, check=False)


@pytest.fixture(scope="module")
def rules(tmp_path_factory):
    directory = tmp_path_factory.mktemp("alerts")
    # 21 days of rules for a rollover would take promtool half a minute
    render(directory, monitor_alerts_promtool=shutil.which("promtool") or "", monitor_alert_rollover_days=1)
    return directory


@needs_promtool
def test_every_alert_fires_when_it_should_and_only_then(rules):
    outcome = judge(rules)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    tested = set(re.findall(r"alertname: (\w+)", (HERE / "monitor_alerts_test.yml").read_text()))
    (group,) = yaml.safe_load((rules / "alerts.yml").read_text())["groups"]
    assert tested == {rule["alert"] for rule in group["rules"]}


@needs_promtool
@pytest.mark.parametrize(
    ("right", "wrong", "alert"),
    [
        ("dns_server_reachable == 0", "dns_server_reachable == 1", "DnsServerUnreachable"),
        ("dns_zone_behind_seconds > 900)\n", "dns_zone_behind_seconds > 9000)\n", "DnsZoneBehind"),
        ('state!~"behind|no_reference"', 'state!~"behind"', "DnsZoneFault"),
        ("dns_catalog_members_not_served) > 0", "dns_catalog_members_not_served) > 2", "DnsCatalogMembersNotServed"),
        ("dns_catalog_zones_unlisted) > 0", "dns_catalog_zones_unlisted) >= 0", "DnsCatalogZonesUnlisted"),
        ("dns_zone_transfer_refused == 0", "dns_zone_transfer_refused == 2", "DnsTransferNotRefused"),
        ("* 50 / 100", "* 90 / 100", "DnsZoneExpiresSoon"),
        ("time() < 432000", "time() < 864000", "DnsSignatureExpiresSoon"),
        ("time() >= on", "time() < on", "DnsSignatureExpiresSoon"),
        ("dns_monitor_questions_not_asked > 0", "dns_monitor_questions_not_asked > 200", "DnsMonitorIncomplete"),
        ("or absent(dns_monitor_last_run_timestamp_seconds)", "", "DnsMonitorStale"),
    ],
)
def test_a_wrong_rule_would_be_noticed(rules, tmp_path, right, wrong, alert):
    text = (rules / "alerts.yml").read_text()
    assert right in text
    (tmp_path / "alerts.yml").write_text(text.replace(right, wrong))
    outcome = judge(tmp_path, alert)
    assert outcome.returncode != 0 and f"alertname: {alert}" in outcome.stdout + outcome.stderr


def test_rules_are_read_where_the_run_fails_after_them(tmp_path):
    systemctl = Systemctl(tmp_path / "bin")
    where = {"monitor_alerts_reload": "prometheus", "monitor_dashboard_file": str(tmp_path / "nowhere/dashboard.json")}
    for told in (["reload prometheus"], []):
        outcome = play(tmp_path, systemctl.environment, **where)
        assert outcome.returncode and "nowhere does not exist" in outcome.stdout + outcome.stderr, outcome.stdout + outcome.stderr
        assert systemctl.told() == told


def test_rules_are_read_by_the_run_after_one_that_could_not_have_them_read(tmp_path):
    systemctl = Systemctl(tmp_path / "bin")

    def run(*more, **variables):
        outcome = play(tmp_path, systemctl.environment, more, monitor_alerts_promtool="", monitor_alerts_reload="prometheus", **variables)
        return outcome.returncode == 0, systemctl.told(), "changed=0" in outcome.stdout

    systemctl.refuse("reload")
    assert run()[:2] == (False, [])
    systemctl.refuse()
    assert run("--check") == (True, [], False)
    assert run() == (True, ["reload prometheus"], False)
    assert run() == run("--check") == (True, [], True)
    assert run("--check", monitor_alert_behind_minutes=7) == (True, [], False)
    assert run(monitor_alert_behind_minutes=7) == (True, ["reload prometheus"], False)
    (tmp_path / "alerts.yml").unlink()  # and whoever read the directory meanwhile has no rules
    assert run(monitor_alert_behind_minutes=7) == (True, ["reload prometheus"], False)
    assert not yaml.safe_load((tmp_path / "alerts.yml.read").read_text()), "rule_files may name it as well"


def test_thresholds_and_labels_are_those_of_the_variables(tmp_path):
    text = render(
        tmp_path,
        monitor_alerts_promtool="",
        monitor_alert_behind_minutes=7,
        monitor_alert_stale_minutes=9,
        monitor_alerts_labels={"team": 'the "DNS" team', "severity": "page"},
    )
    rules = {rule["alert"]: rule for rule in yaml.safe_load(text)["groups"][0]["rules"]}
    assert rules["DnsZoneBehind"]["expr"].endswith("> 420)") and "more than 7 minutes" in rules["DnsZoneBehind"]["annotations"]["summary"]
    assert "> 540 or" in rules["DnsMonitorStale"]["expr"]
    assert all(rule["labels"] == {"severity": "page", "team": 'the "DNS" team'} for rule in rules.values())


def test_numbers_may_be_text_as_they_are_on_a_command_line(tmp_path):
    specified = yaml.safe_load((HERE.parents[1] / "roles/monitor/meta/argument_specs.yml").read_text())["argument_specs"]["alerts"]["options"]
    numbers = {name: number for number, name in enumerate((name for name, option in specified.items() if option["type"] == "int"), 400)}
    for computed in ({}, {"monitor_alert_stale_minutes": 7}):
        numbers = {name: number for name, number in numbers.items() if name in computed or name != "monitor_alert_stale_minutes"} | computed
        texts = {name: str(number) for name, number in numbers.items()}
        assert render(tmp_path, monitor_alerts_promtool="", **texts) == render(tmp_path, monitor_alerts_promtool="", **numbers)


def test_alerts_and_dashboard_ask_for_metrics_that_there_are(rules):
    for text in ((rules / "alerts.yml").read_text(), DASHBOARD.read_text()):
        assert set(re.findall(r"\bdns_\w+", text)) <= METRICS.keys()


def test_the_dashboard_names_no_data_source_of_its_own():
    dashboard = json.loads(DASHBOARD.read_text())
    (source,) = [variable for variable in dashboard["templating"]["list"] if variable["type"] == "datasource"]
    assert source["query"] == "prometheus" and dashboard["id"] is None
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    assert {panel["datasource"]["uid"] for panel in panels} == {f"${{{source['name']}}}"}
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


@needs_promtool
def test_prometheus_can_read_every_question_of_the_dashboard(tmp_path):
    dashboard = json.loads(DASHBOARD.read_text())
    questions = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    filled = [question.replace("$__rate_interval", "5m") for question in questions]
    rules = [{"record": f"dashboard:question{number}", "expr": question} for number, question in enumerate(filled)]
    (tmp_path / "questions.yml").write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    outcome = subprocess.run(["promtool", "check", "rules", "questions.yml"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert rules and outcome.returncode == 0, outcome.stdout + outcome.stderr
