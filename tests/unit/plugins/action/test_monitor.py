# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from types import SimpleNamespace

from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.authoritative.dns.plugins.action import monitor

RECORDS = [{"type": "NS", "value": "ns1.example.net."}]
HOSTS = {"ns1": {"ansible_host": "192.0.2.1"}, "watcher": {"ansible_host": "192.0.2.9"}}


def brought(monkeypatch, **variables):
    """What the program on the host is to expect after a run with these variables."""
    files = {}

    def copied_to_host(_action, content, arguments, _task_vars):
        files[arguments["dest"]] = content
        return {"changed": True}

    monkeypatch.setattr(monitor, "copied_to_host", copied_to_host)
    action = object.__new__(monitor.ActionModule)
    action.TRANSFERS_FILES = False  # there is no host here to prepare for them
    action._task = SimpleNamespace(args={"program": "/p", "expectations": "/e"}, async_val=0, check_mode=False, diff=False)
    action._connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir=None))
    action._templar = Templar(loader=DataLoader(), variables={})
    groups = {"all": list(HOSTS), "dns_primaries": ["ns1"]}
    action.run(task_vars={"groups": groups, "hostvars": HOSTS, "inventory_hostname": "watcher", **variables})
    return json.loads(files["/e"])


def test_the_program_watches_all_zones_whatever_the_run_is_about(monkeypatch):
    zones = [{"name": name, "catalog": "catalog.example", "records": RECORDS} for name in ("a.example", "b.example")]
    variables = {"dns_zones": zones, "dns_catalogs": [{"name": "catalog.example"}]}
    found = brought(monkeypatch, **variables, dns_zone_select="[?name=='a.example']")
    assert [zone["name"] for zone in found["zones"]] == ["a.example", "b.example", "catalog.example"] and found["zones"][-1]["members"] == 2
    assert found == brought(monkeypatch, **variables)
