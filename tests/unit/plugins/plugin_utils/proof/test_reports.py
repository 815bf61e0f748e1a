# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The forms of the report: what they say, that nothing said in the network gets a meaning in them, and how large they become."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.loading import load
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.proof import reports
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2026, 11, 21, 7, 0, tzinfo=timezone.utc)
HOSTS = {"ns1": ("192.0.2.1",), "ns2": ("192.0.2.2",), "ns3": ("192.0.2.3", "2001:db8::3")}
GROUPS = {"all": list(HOSTS), "dns_primaries": ["ns1"], "dns_secondaries": ["ns2", "ns3"]}
EVERYBODY = [f"{server}/{address}" for server, addresses in HOSTS.items() for address in addresses]


def declared(*names):
    records = [{"type": "NS", "value": "ns1.example.net."}]
    return load([{"name": name, "records": records} for name in names], {}, Inventory(GROUPS, HOSTS.__getitem__), str)


def answer(zone, label, state="in_sync", serial=7, lag=0, rtt_ms=0.4, detail=""):
    ok = state == "in_sync"
    address = label.rpartition("/")[2]
    found = {"zone": zone, "server": label, "address": address, "state": state, "ok": ok, "serial": serial, "reference_serial": 7}
    return {**found, "lag": lag, "rtt_ms": rtt_ms, "detail": detail}


def transfer(zone, label, expect, state, detail=""):
    address = label.rpartition("/")[2]
    return {"zone": zone, "server": label, "address": address, "expect": expect, "state": state, "ok": state == expect, "duration": 0.01, "detail": detail}


def check(label, name, expected, state, detail=""):
    address = label.rpartition("/")[2]
    return {"server": label, "address": address, "check": name, "expected": expected, "state": state, "ok": state == expected, "rtt_ms": 1.0, "detail": detail}


def seen(host, answers=(), transfers=(), checks=(), most=None):
    """What the module verify returns on a host. most: as many faults as are returned, and nothing else; None returns all."""
    labels = dict.fromkeys(result["server"] for result in answers)
    states = {label: {} for label in labels}
    for result in answers:
        states[result["server"]][result["state"]] = states[result["server"]].get(result["state"], 0) + 1
    shown = list(answers) if most is None else [result for result in answers if not result["ok"]][:most]
    left_out = 0 if most is None else max(0, sum(1 for result in answers if not result["ok"]) - len(shown))
    servers = [{"name": label, "address": label.rpartition("/")[2], "states": states[label], "rtt_ms": {"median": 0.4, "max": 2.0}} for label in labels]
    total = {}
    for counts in states.values():
        for state, count in counts.items():
            total[state] = total.get(state, 0) + count
    found = {"host": host}
    if answers:
        summary = {"results": len(answers), "states": total, "elapsed": 0.5}
        found["soa"] = {"results": shown, "results_left_out": left_out, "servers": servers, "summary": summary}
    for key, results in (("transfers", transfers), ("servers", checks)):
        if results:
            found[key] = {"results": list(results), "results_left_out": 0, "summary": {"states": {"any": len(results)}, "elapsed": 0.1}}
    return found


def well(*zones):
    return [answer(zone, label) for zone in zones for label in EVERYBODY]


def page(declaration, verified):
    return reports.page(reports.report(declaration, verified, NOW))


class Markup(HTMLParser):
    """The elements of a page in their order with their attributes, and its text."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.text = [], ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


# --- what they say -----------------------------------------------------------------------------------------------------------


def test_a_row_has_the_worst_that_anybody_saw():
    behind = answer("a.example", "ns2/192.0.2.2", "behind", serial=4, lag=3, rtt_ms=9.0)
    silent = answer("a.example", "ns3/2001:db8::3", "timeout", serial=None, lag=None, rtt_ms=None, detail="no answer")
    one = seen("client", [item for item in well("a.example") if item["server"] != "ns3/2001:db8::3"] + [silent])
    other = seen("stranger", [behind], [transfer("a.example", "ns1/192.0.2.1", "refused", "allowed")])
    rows = {row["server"]: row for row in reports.matrix(declared("a.example"), [one, other])}
    assert (rows["ns1"]["state"], rows["ns1"]["ok"], rows["ns1"]["detail"]) == ("in_sync", False, "transfer allowed to stranger, expected refused")
    assert (rows["ns2"]["state"], rows["ns2"]["lag"], rows["ns2"]["rtt_ms"], rows["ns2"]["ok"]) == ("behind", 3, 9.0, False)
    assert (rows["ns3"]["state"], rows["ns3"]["serial"], rows["ns3"]["detail"]) == ("timeout", 7, "at 2001:db8::3: no answer")
    assert rows["ns1"]["allowed_to"] == ["stranger"] and rows["ns1"]["role"] == "primary"


def test_a_host_that_is_refused_only_without_its_key_is_allowed():
    without, with_key = (transfer("a.example", "ns1/192.0.2.1", *expectation) for expectation in (("refused", "refused"), ("allowed", "allowed")))
    with_key.update(key="ns2._from.ns1.", tls=True, server="ns1/192.0.2.1 over TLS")
    for results in ([without, with_key], [with_key, without]):
        row = reports.matrix(declared("a.example"), [seen("ns2", transfers=results)])[0]
        assert (row["allowed_to"], row["refused_to"], row["ok"]) == (["ns2"], [], True)
        cases = {case.get("name") for case in ElementTree.fromstring(reports.junit([seen("ns2", transfers=results)], NOW)).iter("testcase")}
        assert cases == {"a.example: transfer refused", "a.example: transfer allowed with its key over TLS"}


def test_what_hosts_did_not_list_is_well_unless_they_left_faults_out():
    zones = [f"z{number}.example" for number in range(6)]
    answers = [answer(zone, label, "timeout" if label == "ns2/192.0.2.2" else "in_sync") for zone in zones for label in EVERYBODY]
    declaration = declared(*zones)
    complete = reports.matrix(declaration, [seen("client", answers, most=6)])
    assert {(row["server"], row["state"]) for row in complete} == {("ns1", "in_sync"), ("ns2", "timeout"), ("ns3", "in_sync")}
    cut = reports.matrix(declaration, [seen("client", answers, most=4)])
    assert [row["state"] for row in cut if row["server"] == "ns2"] == ["timeout"] * 4 + ["not_listed"] * 2
    text = Markup(page(declaration, [seen("client", answers, most=4)])).text
    assert "2 more zones are on a server with more faults than are listed" in text and "without a fault" not in text


def test_like_faults_are_one_and_those_of_most_zones_come_first():
    zones = ["a.example", "b.example", "c.example"]
    silent = [answer(zone, "ns2/192.0.2.2", "timeout", detail="no answer in 3 tries") for zone in zones]
    checks = [check("ns1/192.0.2.1", "version", "hidden", "disclosed", "9.18"), check("ns1/192.0.2.1", "recursion", "refused", "offered")]
    found = reports.faults([seen("one", silent, checks=checks), seen("two", silent)])
    assert [(fault["proof"], fault["server"], fault["state"], len(fault["zones"]), fault["seen_from"]) for fault in found] == [
        ("serials", "ns2", "timeout", 3, ["one", "two"]),
        ("servers", "ns1", "disclosed", 0, ["one"]),
        ("servers", "ns1", "offered", 0, ["one"]),
    ]
    assert found[0]["expected"] == ["in_sync"] and found[1]["expected"] == ["version hidden"]


def test_a_zone_that_a_server_should_have_learned_of_is_its_fault():
    members = {"not_learned": "a.example", "unlisted": "gone.example"}
    found = [
        {"zone": zone, "catalog": "catalog.example", "server": "ns2/192.0.2.2", "address": "192.0.2.2", "state": state, "ok": False, "detail": "said so"}
        for state, zone in members.items()
    ]
    part = {"results": found, "results_left_out": 0, "summary": {"states": {"learned": 7, "not_learned": 1, "unlisted": 1}, "elapsed": 0.1}}
    verified = [{**seen("ns2", well("a.example")), "catalogs": part}]
    assert [(fault["proof"], fault["server"], fault["state"], fault["zones"]) for fault in reports.faults(verified)] == [
        ("catalogs", "ns2", state, [zone]) for state, zone in members.items()
    ]
    row = next(row for row in reports.matrix(declared("a.example"), verified) if row["server"] == "ns2")
    assert (row["state"], row["ok"]) == ("not_learned", False)
    suites = ElementTree.fromstring(reports.junit(verified, datetime(2026, 1, 1)))
    told = {case.get("name"): failure.get("type") for case in suites.iter("testcase") for failure in case.iter("failure")}
    assert told == {f"{zone}: learned as catalog.example lists it": state for state, zone in members.items()}


def test_the_page_tells_faults_first():
    behind = [answer(zone, "ns2/192.0.2.2", "behind", serial=4, lag=3) for zone in ("b.example", "c.example")]
    zones = ("a.example", "b.example", "c.example")
    fine = [item for item in well(*zones) if item["server"] != "ns2/192.0.2.2" or item["zone"] == "a.example"]
    text = " ".join(Markup(page(declared(*zones), [seen("client", fine + behind)])).text.split())
    told = ("No. 2 zones of 3 are not as declared", "What is not as declared", "by 3: serial 4, reference 7", "Servers", "Zones Show")
    assert [text.index(words) for words in told] == sorted(text.index(words) for words in told)
    listed = text[text.index("Zones Show") :]
    assert listed.index("b.example") < listed.index("1 zone without a fault") < listed.index("a.example")


def test_the_page_says_when_all_is_well_and_when_nobody_looked():
    declaration = declared("a.example")
    assert "Yes. 1 zone on 3 servers, all as declared." in " ".join(Markup(page(declaration, [seen("client", well("a.example"))])).text.split())
    tried = seen("client", transfers=[transfer("a.example", "ns1/192.0.2.1", "refused", "refused")])
    assert "Yes." in Markup(page(declaration, [tried])).text, "serials need not be asked for"
    unseen = Markup(page(declaration, [])).text
    assert "Nobody looked." in unseen and "Yes" not in unseen and "without a fault" not in unseen


def test_junit_has_a_case_for_every_expectation():
    answers = [*well("a.example")[:-1], answer("a.example", "ns3/2001:db8::3", "timeout", detail="no answer")]
    transfers = [transfer("a.example", "ns1/192.0.2.1", "refused", "refused"), transfer("a.example", "ns2/192.0.2.2", "refused", "allowed")]
    allowed = [transfer("a.example", "ns1/192.0.2.1", "allowed", "allowed")]
    verified = [seen("client", answers, transfers, [check("ns1/192.0.2.1", "edns", "supported", "supported")]), seen("ns2", answers, allowed)]
    root = ElementTree.fromstring(reports.junit(verified, NOW))
    told = {
        suite.get("name"): ([case.get("name") for case in suite.iter("testcase")], suite.get("tests"), suite.get("failures")) for suite in root
    }
    assert told == {
        "serials": (["a.example: in_sync"] * 4, "4", "1"),
        "transfers": (["a.example: transfer refused", "a.example: transfer refused", "a.example: transfer allowed"], "3", "1"),
        "servers": (["edns supported"], "1", "0"),
    }
    (failure,) = root.find("testsuite").iter("failure")
    assert failure.get("type") == "timeout" and failure.text.splitlines() == ["timeout no answer (seen from client)", "timeout no answer (seen from ns2)"]
    assert root[1].find("testcase").get("classname") == "transfers.ns2/192.0.2.2", "failures come first"


def test_junit_has_the_shape_of_ants_schema_and_of_that_of_jenkins():
    verified = [seen("client", [answer("a.example", label, "timeout") for label in EVERYBODY])]
    root = ElementTree.fromstring(reports.junit(verified, NOW))
    assert root.tag == "testsuites" and not root.attrib
    for suite in root:
        assert set(suite.attrib) == {"name", "package", "id", "hostname", "timestamp", "tests", "failures", "errors", "skipped", "time"}
        assert datetime.strptime(suite.get("timestamp"), "%Y-%m-%dT%H:%M:%S").tzinfo is None
        children = [child.tag for child in suite]
        assert children == ["properties", *["testcase"] * int(suite.get("tests")), "system-out", "system-err"]
        for case in suite.iter("testcase"):
            assert set(case.attrib) == {"classname", "name", "time"} and float(case.get("time")) >= 0
            assert [(child.tag, set(child.attrib)) for child in case] == [("failure", {"type", "message"})]


# --- hostile text ------------------------------------------------------------------------------------------------------------

HOSTILE = st.text(st.characters(), max_size=40) | st.sampled_from(
    ["<script>alert(1)</script>", '" onload="x', "'><img src=x>", "]]>", "&amp;", "{{ 7 * 7 }}", "\x00\x1b[2J", "\u202egpj", "\ud800"]
    + ["--><!--", "</td></table>"]
)


def everything_said(zone, host, detail):
    answers = [answer(zone, "ns1/192.0.2.1"), answer(zone, "ns2/192.0.2.2", "error", detail=detail)]
    transfers = [transfer(zone, "ns1/192.0.2.1", "refused", "error", detail)]
    return [seen(host, answers, transfers, [check("ns1/192.0.2.1", "version", "hidden", "disclosed", detail)])]


def with_rows(zone, verified):
    """A report about a zone of any name; the declaration itself would refuse most of them."""
    content = reports.report(declared("a.example"), verified, NOW)
    for row in content["rows"]:
        row.update(zone=zone, detail=verified[0]["soa"]["results"][1]["detail"], allowed_to=[verified[0]["host"]])
    return content


@given(HOSTILE, HOSTILE, HOSTILE)
def test_nothing_that_is_said_becomes_markup(zone, host, detail):
    plain = Markup(reports.page(with_rows("x", everything_said("x", "x", "x"))))
    told = Markup(reports.page(with_rows(zone, everything_said(zone, host, detail))))
    if detail and host:  # an empty text has no element of its own
        assert told.elements == plain.elements
    assert "49" not in told.text or "49" in zone + host + detail


@given(HOSTILE, HOSTILE, HOSTILE)
def test_junit_can_be_read_whatever_is_said(zone, host, detail):
    root = ElementTree.fromstring(reports.junit(everything_said(zone, host, detail), NOW).encode())
    assert [suite.get("tests") for suite in root] == ["2", "1", "1"]


@given(HOSTILE)
def test_what_is_printed_is_visible(text):
    assert all(letter == "\n" or letter.isprintable() or letter.isspace() for letter in reports.printable(text))


def test_the_page_refers_to_nothing_outside():
    text = page(declared("a.example"), [seen("client", [answer("a.example", label, "timeout") for label in EVERYBODY])])
    markup = Markup(text)
    assert not [(tag, attribute) for tag, attributes in markup.elements for attribute in attributes if attribute in ("src", "href", "srcset", "action", "data")]
    assert not [tag for tag, _attributes in markup.elements if tag in ("link", "iframe", "img", "object", "base")]
    assert "url(" not in text and "@import" not in text and "http:" not in text and "https:" not in text
    policy = next(attributes["content"] for tag, attributes in markup.elements if attributes.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none';")


# --- ten thousand zones ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def many():
    zones = [f"zone{number}.example" for number in range(10000)]
    return declared(*zones), zones


def test_ten_thousand_zones_that_are_well_are_counted(many):
    declaration, zones = many
    verified = [seen("client", well(*zones), most=2000)]
    root = ElementTree.fromstring(reports.junit(verified, NOW))
    assert [(case.get("classname"), case.get("name")) for case in root.iter("testcase")] == [(f"serials.{label}", "10000 as expected") for label in EVERYBODY]
    text = page(declaration, verified)
    assert len(text) < 1_000_000 and "8,000 more without a fault are not listed here" in text


def test_ten_thousand_faults_do_not_flood_the_report(many):
    declaration, zones = many
    answers = [answer(zone, label, "timeout" if label == "ns2/192.0.2.2" else "in_sync") for zone in zones for label in EVERYBODY]
    verified = [seen("client", answers, most=2000)]
    root = ElementTree.fromstring(reports.junit(verified, NOW))
    cases = list(root.iter("testcase"))
    assert len(cases) == reports.MOST_FAILURES + 2
    assert [case.get("name") for case in cases[-2:]] == ["1900 more that are timeout", "8000 more results are not as expected"]
    content = reports.report(declaration, verified, NOW)
    assert content["left_out"] == 8000 and len(content["faults"]) == 1
    text = reports.page(content)
    assert len(text) < 2_000_000 and "8,000 more faults are counted and not listed" in text
    json.dumps(content)


def test_a_zone_that_was_not_asked_for_is_not_called_right_because_others_are():
    records = [{"type": "NS", "value": "ns1.example.net."}]
    zones = [{"name": "a.example", "view": "internal", "records": records}, {"name": "b.example", "records": records, "secondaries": []}]
    declaration = load(zones, {}, Inventory(GROUPS, HOSTS.__getitem__), str, keys={"secret": "x" * 32}, views=[{"name": "internal"}])
    found = {**seen("ns2", [answer("b.example", "ns1/192.0.2.1")], most=5), "unproven": [["a.example@internal", "ns1"]]}
    rows = reports.matrix(declaration, [found])
    assert [(row["zone"], row["state"]) for row in rows if row["server"] == "ns1"] == [("a.example@internal", "not_asked"), ("b.example", "in_sync")]
    rows = reports.matrix(declaration, [found, {**found, "unproven": []}])
    assert {row["state"] for row in rows if row["server"] == "ns1"} == {"in_sync"}
