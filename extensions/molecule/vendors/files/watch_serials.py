"""Watches until every server has a newer serial than at the beginning: reads {zone: {server: address}}, waits for 60 s at most.

Prints {zone: {server: seconds}}, measured from the moment at which the first server of the zone had it.
"""

import json
import sys
import time

import dns.exception
import dns.message
import dns.query

watched = json.load(sys.stdin)


def serial(zone, address):
    try:
        answer = dns.query.udp(dns.message.make_query(zone, "SOA", flags=0), address, timeout=0.3)
    except (dns.exception.DNSException, OSError):
        return None
    return answer.answer[0][0].serial if answer.answer else None


before = {(zone, server): serial(zone, address) for zone, servers in watched.items() for server, address in servers.items()}
changed = {}
with open("/run/watching", "w", encoding="ascii"):
    pass
end = time.monotonic() + 60
while len(changed) < len(before) and time.monotonic() < end:
    for zone, servers in watched.items():
        for server, address in servers.items():
            if (zone, server) not in changed and serial(zone, address) not in (None, before[zone, server]):
                changed[zone, server] = time.monotonic()
    time.sleep(0.05)  # NSD and Knot DNS limit how many answers a second a client gets
first, seconds = {}, {}
for (zone, server), moment in sorted(changed.items(), key=lambda item: item[1]):
    seconds.setdefault(zone, {})[server] = round(moment - first.setdefault(zone, moment), 2)
print(json.dumps(seconds))
