"""Tries to transfer zones in every way that must be refused, and in the one that must not.

Reads {"secret": the master secret, "from": [[server, address, zone]…]} and prints {server: {case: outcome}}. This host transfers
these zones from these servers, so that nothing but what a case is about differs. An outcome is the number of records in the first
message, or the rcode.
"""

# keys.py precedes this when it runs.
import json
import socket
import struct
import sys
import time

import dns.message
import dns.rcode
import dns.tsig
import dns.tsigkeyring

WRONG = "d3Jvbmcgd3Jvbmcgd3Jvbmcgd3Jvbmcgd3Jvbmcgd3I="


def attempt(address, zone, name=None, secret=None, shift=0, algorithm="hmac-sha256"):
    """shift: seconds by which the signer's clock is wrong."""
    query = dns.message.make_query(zone, "AXFR")
    if name:
        query.use_tsig(dns.tsigkeyring.from_text({name: (algorithm, secret)}), name, fudge=300)
    clock = time.time
    try:
        time.time = lambda: clock() + shift
        wire = query.to_wire()
    finally:
        time.time = clock
    with socket.create_connection((address, 53), 5) as link:
        link.settimeout(5)
        link.sendall(struct.pack("!H", len(wire)) + wire)
        answer = link.makefile("rb")
        length = answer.read(2)
        if len(length) < 2:
            return "closed"
        message = answer.read(struct.unpack("!H", length)[0])
    rcode, records = message[3] & 15, struct.unpack_from("!H", message, 6)[0]
    return records if rcode == 0 and records else dns.rcode.to_text(rcode)


request = json.load(sys.stdin)
outcomes = {}
for server, address, zone in request["from"]:
    name = f"secondary._from.{server}._g1"
    key = derived(request["secret"], name)  # noqa: F821 pylint: disable=undefined-variable
    others = f"nsd._from.{'primary' if server == 'nsd' else server}._g1"
    outcomes[server] = {
        "right key": attempt(address, zone, name, key),
        "no key": attempt(address, zone),
        "wrong secret": attempt(address, zone, name, WRONG),
        "unknown key": attempt(address, zone, "nobody.test", WRONG),
        "key under another name": attempt(address, zone, others, key),
        "other algorithm": attempt(address, zone, name, key, algorithm="hmac-sha512"),
        "clock an hour fast": attempt(address, zone, name, key, 3600),
        "clock an hour slow": attempt(address, zone, name, key, -3600),
        "clock four minutes fast": attempt(address, zone, name, key, 240),
    }
print(json.dumps(outcomes))
