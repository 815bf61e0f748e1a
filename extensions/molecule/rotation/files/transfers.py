"""What a primary's log tells of transfers: transfers.py < LOG, as `journalctl --output=short-unix` gives it.

Prints {secondary: {"transfers": how many, "generations": of the keys that signed them, "gap": the longest time between two in seconds}}.
"""

import json
import re
import sys

SUCCESS = re.compile(r"^(\d+\.\d+) .*AXFR started: TSIG ([a-z]+)\._from\.primary\._g(\d+)")

found = {}
for line in sys.stdin:
    match = SUCCESS.match(line)
    if match:
        found.setdefault(match[2], []).append((float(match[1]), int(match[3])))
result = {}
for secondary, transfers in found.items():
    moments = [moment for moment, _generation in transfers]
    result[secondary] = {
        "transfers": len(transfers),
        "generations": sorted({generation for _moment, generation in transfers}),
        "gap": max((round(after - before, 1) for before, after in zip(moments, moments[1:])), default=0),
    }
print(json.dumps(result))
