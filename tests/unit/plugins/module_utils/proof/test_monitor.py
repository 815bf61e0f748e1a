# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text that Prometheus reads, and how it gets into its file."""

from __future__ import annotations

import json
import re
import time

import dns.rcode
import dns.rdatatype
import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.proof import monitor as monitoring
from ansible_collections.authoritative.dns.plugins.module_utils.proof.monitor import METRICS, Metric, Run, exposition, timestamp, write
from ansible_collections.authoritative.dns.plugins.module_utils.wire.expire_question import Copy
from ansible_collections.authoritative.dns.plugins.module_utils.wire.soa_question import Answer
from ansible_collections.authoritative.dns.tests.support.scripted import reply_to, scripted_server, soa_answer
from hypothesis import given
from hypothesis import strategies as st


def expected(zones=("example.com",), ports=(53, 53)):
    """Two servers, ns1 the primary, with these zones, which both are to refuse to this host."""
    names = ["ns1/127.0.0.1", "ns2/127.0.0.1"]
    return {
        "servers": [{"name": name, "address": "127.0.0.1", "port": port, "server": name[:3]} for name, port in zip(names, ports)],
        "zones": [{"name": zone, "servers": names, "reference": names[:1]} for zone in zones],
        "refusals": [{"zone": zone, "servers": names} for zone in zones[:2]],
    }


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


def test_a_server_that_loses_packets_takes_no_time_from_others_and_of_what_was_not_asked_nothing_is_told():
    lost = []

    def all_over_tcp(query):
        transfer = reply_to(query).question[0].rdtype == dns.rdatatype.AXFR
        yield reply_to(query, dns.rcode.REFUSED).to_wire() if transfer else soa_answer(query)

    def some_over_udp(query):
        if int(reply_to(query).question[0].name.labels[0][1:]) % 2:
            yield soa_answer(query)
        else:
            lost.append(query)

    zones = [f"z{number}.example" for number in range(40)]
    with scripted_server(lambda query: [soa_answer(query)], all_over_tcp) as first, scripted_server(some_over_udp, all_over_tcp) as second:
        run = Run(expected(zones, (first.port, second.port)), {}, {}, deadline=2)
        found = {metric.name: metric.samples for metric in run.look()}
    assert len(lost) == 20
    assert [(labels["server"], labels["transport"], value) for labels, value in found["dns_server_reachable"]] == [
        (server, transport, 1) for server in ("ns1", "ns2") for transport in ("udp", "tcp")
    ]
    assert found["dns_zone_fault"] == []
    assert [sum(labels["server"] == server for labels, _value in found["dns_zone_in_sync"]) for server in ("ns1", "ns2")] == [40, 20]
    assert [(labels["server"], value) for labels, value in found["dns_zone_transfer_refused"]] == [("ns1", 1), ("ns2", 1)] * 2
    assert [(labels["server"], value) for labels, value in found["dns_monitor_questions_not_asked"]] == [("ns1", 0), ("ns2", 20)]


def test_what_is_asked_of_every_zone_has_most_of_the_time(monkeypatch):
    rounds, ask = [], monitoring.ask

    def at_once(jobs, patience, transport="udp"):
        rounds.append((sum(len(questions) for _server, questions in jobs), patience.until - time.monotonic()))
        return ask(jobs, patience._replace(until=0), transport)

    monkeypatch.setattr(monitoring, "ask", at_once)
    Run(expected([f"z{number}.example" for number in range(40)]), {}, {}, deadline=100).look()
    assert {questions: round(seconds, -1) for questions, seconds in rounds if questions} == {2: 50, 80: 80}


def test_expire_is_known_while_the_primary_is_dead():
    def told(primary):
        run = Run(expected(), {}, {}, 10)
        run.tell_zone(run.zones[0], {"ns1/127.0.0.1": primary, "ns2/127.0.0.1": Copy(5, True, 0, expire=1209600, remaining=3600)})
        return [[value for _labels, value in run.samples[name]] for name in ("dns_soa_expire_seconds", "dns_zone_expiry_remaining_seconds")]

    assert told(Answer(problem="timeout")) == [[1209600], [3600]]
    assert told(Copy(6, True, 0, expire=7200)) == [[7200], [3600]], "the primary's own counts where it answers"


def test_a_server_stays_behind_while_it_or_its_primary_does_not_answer():
    def behind(primary, secondary, before):
        run = Run(expected(), json.loads(json.dumps(before)), {}, 10)
        run.tell_zone(run.zones[0], {"ns1/127.0.0.1": primary, "ns2/127.0.0.1": secondary})
        return [value for _labels, value in run.samples["dns_zone_behind_seconds"]], run.behind.remembered

    old, new, silence = Copy(5, True, 0), Copy(6, True, 0), Answer(problem="timeout")
    told, before = behind(new, old, {"example.com ns2/127.0.0.1": [time.time() - 1000, 6]})
    assert 1000 <= told[0] < 1010
    for primary, secondary in ((silence, old), (new, silence), (new, Answer(problem="not_asked")), (new, Answer(5, False, 0, "not_authoritative"))):
        told, remembered = behind(primary, secondary, before)
        assert remembered == before and len(told) == (secondary is old)
    assert behind(new, new, before) == ([], {})


def test_without_any_time_nothing_is_told_of_servers():
    found = {metric.name for metric in Run(expected(), {}, {}, deadline=0).look() if metric.samples}
    assert found == {name for name in METRICS if name.startswith("dns_monitor_")}
