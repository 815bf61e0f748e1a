"""Asks servers for every record set of a master file: same_rrsets.py ZONE ADDRESS… < FILE. Fails with what is different."""
import sys

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rdatatype
import dns.zone

origin, *addresses = sys.argv[1:]
zone = dns.zone.from_text(sys.stdin.read(), origin, relativize=False)
asked, different = 0, []
for owner, expected in zone.iterate_rdatasets():
    for address in addresses:
        query = dns.message.make_query(owner, expected.rdtype, flags=0)
        asked += 1
        try:
            answer, _over_tcp = dns.query.udp_with_fallback(query, address, timeout=2)
        except (dns.exception.DNSException, OSError) as error:
            different.append(f"{address}: no answer for {owner}: {error!r}")
            continue
        delegation = expected.rdtype == dns.rdatatype.NS and owner != zone.origin  # about which another server has authority
        found = answer.get_rrset(answer.authority if delegation else answer.answer, owner, expected.rdclass, expected.rdtype)
        if bool(answer.flags & dns.flags.AA) == delegation or found is None or set(found) != set(expected) or found.ttl != expected.ttl:
            different.append(f"{address}: expected {owner} {expected}, found {found}")
print(f"{asked} answers of {len(addresses)} servers compared")
sys.exit("\n".join(different) or None)
