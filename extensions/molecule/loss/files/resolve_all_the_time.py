"""A client that resolves a name all the time, as a stub resolver does: resolve_all_the_time.py NAME FILE SECONDS ADDRESS…

Asks the first server, and the next one where that gives no answer in half a second or none of use, and all of them twice. Appends a line to FILE
whenever the answer changes: the time, who gave it and the answer; "nobody -" where no server gave one. Ends when FILE is away, or after SECONDS.
"""

import pathlib
import sys
import time

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode

name, path, seconds, *addresses = sys.argv[1:]
file, end, before = pathlib.Path(path), time.monotonic() + float(seconds), None


def resolve():
    for address in addresses * 2:
        try:
            answer = dns.query.udp(dns.message.make_query(name, "A", flags=0), address, timeout=0.5)
        except (dns.exception.DNSException, OSError):
            continue
        if answer.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN) and answer.flags & dns.flags.AA:
            return address, ",".join(sorted(item.to_text() for rrset in answer.answer for item in rrset)) or dns.rcode.to_text(answer.rcode())
    return "nobody", "-"


while file.exists() and time.monotonic() < end:
    found = resolve()
    if found != before:
        with file.open("a") as stream:
            stream.write("{:.2f} {} {}\n".format(time.time(), *found))
    before = found
    time.sleep(0.05)
