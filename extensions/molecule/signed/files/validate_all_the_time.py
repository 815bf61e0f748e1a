"""A client that asks a resolver 50 times a second: validate_all_the_time.py RESOLVER FILE SECONDS ZONE…

Asks of each zone an address that is there, a record that a wildcard makes and a name that is not there, each time another one. Appends a line to
FILE whenever what is said of one of them changes: the time, the zone, which of them, the answer or what is wrong, and whether it was validated (ad);
"lost" where nothing came in 5 seconds, twice, as stub resolvers ask. How many questions were answered is in FILE.count. Ends when FILE is away, or
after SECONDS.
"""

import itertools
import pathlib
import select
import socket
import sys
import time

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype

resolver, path, seconds, *zones = sys.argv[1:]
file, counted = pathlib.Path(path), pathlib.Path(path + ".count")
PAUSE, TRY, TRIES = 0.02, 5.0, 2
KINDS = {"address": ("www.{zone}", "A"), "wildcard": ("n{number}.wild.{zone}", "TXT"), "nothing": ("n{number}.{zone}", "A")}


def read(answer):
    """What is said, and whether it was validated."""
    said = ",".join(sorted(item.to_text() for rrset in answer.answer if rrset.rdtype != dns.rdatatype.RRSIG for item in rrset))
    wrong = [option.to_text().replace(" ", "_") for option in answer.options if option.otype == dns.edns.OptionType.EDE]
    validated = " ad" if answer.flags & dns.flags.AD else " -"
    if answer.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return (said or dns.rcode.to_text(answer.rcode())) + validated
    return "_".join([dns.rcode.to_text(answer.rcode()), *wrong]) + validated


def note(key, said):
    if before.get(key) != said:
        with file.open("a") as stream:
            stream.write("{:.2f} {} {} {}\n".format(time.time(), *key, said))
    before[key] = said


before, pending, answered = {}, {}, 0
end = time.monotonic() + float(seconds)
turns = itertools.cycle(itertools.product(KINDS, zones))
asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
asking.connect((resolver, 53))
following = time.monotonic()
for number in itertools.count():
    if not file.exists() or time.monotonic() > end:
        break
    kind, zone = next(turns)
    name, rdtype = KINDS[kind]
    question = dns.message.make_query(name.format(zone=zone, number=number), rdtype, use_edns=0, payload=1232)
    question.flags |= dns.flags.AD
    question.id = number % 65536
    wire = question.to_wire()
    pending[question.id] = (zone, kind), wire, time.monotonic() + TRY, TRIES - 1
    asking.send(wire)
    following += PAUSE
    while True:
        if not select.select([asking], [], [], max(0, following - time.monotonic()))[0]:
            break
        answer = dns.message.from_wire(asking.recv(65535))
        if answer.id in pending:
            note(pending.pop(answer.id)[0], read(answer))
            answered += 1
    for identifier, (key, wire, until, tries) in list(pending.items()):
        if until < time.monotonic() and tries:
            asking.send(wire)
            pending[identifier] = key, wire, time.monotonic() + TRY, tries - 1
        elif until < time.monotonic():
            note(key, "lost -")
            del pending[identifier]
    if not number % 50:
        counted.write_text(str(answered))
