"""Asks servers for every record set of a master file: same_rrsets.py ZONE ADDRESS… < FILE. Fails with what is different."""
import sys

import dns.exception
import dns.flags
import dns.message
import dns.query
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
            different.append("%s: no answer for %s: %r" % (address, owner, error))
            continue
        found = answer.get_rrset(answer.answer, owner, expected.rdclass, expected.rdtype)
        if not answer.flags & dns.flags.AA or found is None or set(found) != set(expected) or found.ttl != expected.ttl:
            different.append("%s: expected %s %s, found %s" % (address, owner, expected, found))
print("%d answers of %d servers compared" % (asked, len(addresses)))
sys.exit("\n".join(different) or None)
