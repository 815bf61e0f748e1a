# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text that Prometheus reads, and how it gets into its file."""

from __future__ import annotations

import re

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.proof import monitor as monitoring
from ansible_collections.authoritative.dns.plugins.module_utils.proof.monitor import METRICS, Metric, exposition, timestamp, write
from hypothesis import given
from hypothesis import strategies as st


def test_metrics_are_text_of_version_0_0_4():
    metrics = [Metric("dns_soa_serial", "Serial.", [({"zone": "a.example", "server": "ns1"}, 7)]), Metric("dns_monitor_zones", "Zones.", [({}, 1)])]
    assert exposition([*metrics, Metric("dns_zone_fault", "None now.", [])]) == (
        "# HELP dns_soa_serial Serial.\n"
        "# TYPE dns_soa_serial gauge\n"
        'dns_soa_serial{zone="a.example",server="ns1"} 7\n'
        "# HELP dns_monitor_zones Zones.\n"
        "# TYPE dns_monitor_zones gauge\n"
        "dns_monitor_zones 1\n"
    )


@given(st.text(max_size=30) | st.sampled_from(['a\\".example', "a\nb 1", '"} 1\nx{y="', "\\", "a\\046b.example"]))
def test_a_label_ends_where_its_text_ends(zone):
    line = exposition([Metric("m", "M.", [({"zone": zone}, 1)])]).split("\n", 2)[2]
    value = re.fullmatch(r'm\{zone="((?:[^"\\\n]|\\["\\n])*)"\} 1\n', line)
    assert value, line
    assert re.sub(r"\\(.)", lambda match: {"n": "\n"}.get(match[1], match[1]), value[1]) == zone


def test_names_follow_prometheus_conventions():
    for name, text in METRICS.items():
        assert re.fullmatch(r"dns_[a-z_]+[a-z]", name) and text.endswith(".") and "\n" not in text
        assert not name.endswith(("_total", "_count", "_ms"))
        assert ("seconds" in name) == name.endswith("_seconds")


@pytest.mark.parametrize(
    ("moment", "now", "expected"),
    [(1769904000, 1767225600.5, 1769904000), (1767225600, 1769904000, 1767225600), (5, 2**32 - 10, 2**32 + 5), (2**32 - 10, 2**32 + 5, 2**32 - 10)],
)
def test_a_moment_is_the_one_within_68_years(moment, now, expected):
    assert timestamp(moment, now) == expected


def test_a_file_is_replaced_as_a_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "metrics.prom"
    write(str(path), "old\n")

    def full(_source, _target):
        assert path.read_text() == "old\n"
        raise OSError("no space left on device")

    monkeypatch.setattr(monitoring.os, "replace", full)
    with pytest.raises(OSError, match="no space"):
        write(str(path), "new\n")
    assert path.read_text() == "old\n" and [entry.name for entry in tmp_path.iterdir()] == ["metrics.prom"]
