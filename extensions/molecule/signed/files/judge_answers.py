"""Whether what validate_all_the_time.py noted since the last look is right: judge_answers.py FILE, and on standard input as JSON

    zones       all of them
    addresses   what the address may have been, by zone
    validated   zones of which everything was validated, all the time
    secure      zones of which everything is validated now; nothing of the others is
    either      zones of which what is said now may be validated or not
    failing     zones of which the resolver takes nothing for true now, whatever it took before
    before      the result of the last look

Prints what is wrong; else how many questions were answered so far, and how many lines were read, for the next look. Times are the file's.
"""

import json
import pathlib
import sys

path = sys.argv[1]
given = json.loads(sys.stdin.read())
lines = pathlib.Path(path).read_text().splitlines()
answered = int(pathlib.Path(path + ".count").read_text())
answered_before, read_before = given["before"] or [0, 0]
RIGHT = {"wildcard": ['"star"'], "nothing": ["NXDOMAIN"]}

wrong, now = [], {}
for number, line in enumerate(lines):
    zone, kind, said, validated = line.split()[1:]
    now[zone, kind] = said, validated
    if number < read_before or zone in given["failing"]:
        continue
    if said not in RIGHT.get(kind, given["addresses"][zone]) or zone in given["validated"] and validated != "ad":
        wrong.append(line)
for zone in given["zones"]:
    for kind in ("address", *RIGHT):
        said, validated = now.get((zone, kind), ("lost", "-"))
        state = said if said == "lost" else "failing" if said.startswith("SERVFAIL") else "secure" if validated == "ad" else "insecure"
        wanted = "failing" if zone in given["failing"] else "secure" if zone in given["secure"] else "insecure"
        if state != wanted and not (zone in given["either"] and state in ("secure", "insecure")):
            wrong.append(f"{zone} {kind} is {state}, and not {wanted}: {said} {validated}")
if answered <= answered_before:
    wrong.append("no question was answered since")
print("\n".join(wrong) if wrong else json.dumps([answered, len(lines)]))
sys.exit(bool(wrong))
