"""Somebody who asks name servers, with tests/support/what_is_served.py and steady_load.py beside this file.

witness.py remember FILE < SERVERS    writes down what is served
witness.py compare FILE               fails with what is served otherwise now; --programs: or by a program with another configuration
witness.py load FILE SECONDS          asks all the time until FILE.asking is away, or for SECONDS, and prints what came of it

SERVERS is JSON: addresses and zones of each server by its name, and keys with which zones may be transferred.
"""

import concurrent.futures
import contextlib
import json
import pathlib
import sys
import time

import dns.exception
import dns.message
import dns.query
import steady_load
import what_is_served

QUESTIONS = 150  # to each server, besides those for every record set
SECONDS = 5  # for all of them, and pauses before those that were not answered are asked again: Knot DNS limits what it does for one client over TCP too
PAUSES = (0, 1, 2, 4)
RATE = 50  # questions a second to each server under load
PATIENCE = 2  # seconds after which an answer is lost; more would be under way than steady_load has at once


def program(address):
    """What the program says that it is, which says whose configuration it has."""
    answer = dns.query.tcp(dns.message.make_query("version.bind", "TXT", "CH"), address, timeout=5)
    return {"version.bind": [item.to_text() for rrset in answer.answer for item in rrset]}


def paced(items, seconds):
    for item in items:
        yield item
        time.sleep(seconds / len(items))


def seen(servers, contents):
    """What is served: records of each zone by transfer where it is handed out, and answers. contents: of all zones, which say what is asked."""

    def of(name):
        address, zones = servers["addresses"][name], servers["zones"][name]
        owners = [(line.split()[0], line.split()[2]) for zone in zones for line in contents[zone]]
        questions = dict.fromkeys([*owners, *what_is_served.questions_about({zone: contents[zone] for zone in zones}, QUESTIONS)])
        transfers = {zone: what_is_served.transferred(address, zone, keys=servers["keys"]) for zone in paced(zones, 1)}
        answers = dict.fromkeys(questions, "silence")
        for pause in PAUSES:
            unanswered = [question for question in answers if answers[question] == "silence"]
            time.sleep(pause if unanswered else 0)
            answers.update(what_is_served.answers(address, paced(unanswered, SECONDS)))
        return {"program": program(address), "zones": transfers, "answers": {" ".join(question): answer for question, answer in answers.items()}}

    names = list(servers["addresses"])
    with concurrent.futures.ThreadPoolExecutor(len(names)) as pool:
        return json.loads(json.dumps(dict(zip(names, pool.map(of, names)))))


def remember(servers):
    contents, places = {}, [(name, zone) for name in servers["addresses"] for zone in servers["zones"][name]]
    for name, zone in places:
        contents[zone] = contents.get(zone) or what_is_served.transferred(servers["addresses"][name], zone, keys=servers["keys"])
    contents = {zone: records or [f"{zone}. 0 SOA", f"{zone}. 0 NS", f"www.{zone}. 0 A"] for zone, records in contents.items()}
    return {"servers": servers, "contents": contents, "seen": seen(servers, contents)}


def silent(remembered):
    """Questions that were not answered with records or a denial: a server that is not ready."""
    return [
        f"{name}: {question}"
        for name, found in remembered["seen"].items()
        for question, answer in found["answers"].items()
        if answer == "silence" or answer[0] not in (0, 3)
    ]


def compare(remembered):
    now = seen(remembered["servers"], remembered["contents"])
    return [
        f"{name}: {what}: {pair[0]} before, {pair[1]} now"
        for name, before in remembered["seen"].items()
        for about in ("zones", "answers", *(["program"] if "--programs" in sys.argv else []))
        for what, pair in what_is_served.differing(before[about], now[name][about]).items()
    ]


def load(remembered, asking, seconds):
    servers = remembered["servers"]
    steady_load.LONGEST = seconds
    with contextlib.ExitStack() as stack:
        loads = {}
        for name, address in servers["addresses"].items():
            expected = {f"www.{zone}": ["192.0.2.80"] for zone in servers["zones"][name] if not zone.endswith(".arpa")}
            loads[name] = stack.enter_context(steady_load.steady_load(address, 53, expected, rate=RATE, patience=PATIENCE))
        end = time.monotonic() + seconds
        while asking.exists() and time.monotonic() < end:
            time.sleep(0.05)
    return {
        name: {"asked": one.asked, "lost": len(one.lost), "wrong": one.wrong, "slowest": one.slowest, "seconds": (len(one.lost) + len(one.wrong)) / RATE}
        for name, one in loads.items()
    }


action, file = sys.argv[1], pathlib.Path(sys.argv[2])
if action == "remember":
    found = remember(json.load(sys.stdin))
    unanswered = silent(found)
    if unanswered:
        sys.exit("\n".join(unanswered[:20]))
    file.write_text(json.dumps(found))
    print({name: len(one["answers"]) for name, one in found["seen"].items()}, [one["program"] for one in found["seen"].values()])
elif action == "compare":
    different = compare(json.loads(file.read_text()))
    print(f"{len(different)} differences")
    sys.exit("\n".join(different[:20]) or None)
else:
    print(json.dumps(load(json.loads(file.read_text()), pathlib.Path(sys.argv[2] + ".asking"), float(sys.argv[3]))))
