"""The registry of the lab, for the root and the zone test below it: signs them and has them served.

registry.py begin                makes keys, and prints the root's as a trust anchor
registry.py enter [ZONE…]        does what the playbook dnssec says on its standard input, save for these zones
registry.py set ZONE [DS…]       the DS records that a zone has, whatever anybody says
Prints the DS records that are entered, a line for each. Runs in its own directory.
"""

import pathlib
import re
import subprocess
import sys

entered = pathlib.Path("entered")
ORIGINS = {"test": "test", "root": "."}  # the lower one first, whose DS goes into the other


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout


def sign(name):
    run("dnssec-signzone", "-S", "-K", "keys", "-o", ORIGINS[name], "-N", "unixtime", "-f", name + ".signed", name + ".zone")


def begin():
    pathlib.Path("keys").mkdir()
    entered.write_text("")
    for name, origin in ORIGINS.items():
        run("dnssec-keygen", "-q", "-a", "ECDSAP256SHA256", "-f", "KSK", "-K", "keys", origin)
        run("dnssec-keygen", "-q", "-a", "ECDSAP256SHA256", "-K", "keys", origin)
        sign(name)
    for path in pathlib.Path("keys").glob("K.+*.key"):
        found = re.search(r"DNSKEY\s+(257 3 \d+) (.+)", path.read_text())
        if found:
            print(f'{found.group(1)} "{found.group(2)}"')


def follow(said, left):
    """The DS records once what was said is done."""
    there, zone = set(entered.read_text().splitlines()), None
    for line in said.splitlines():
        told = re.search(r'"([a-z.-]+): [a-z_]+: ', line)
        zone = told.group(1) if told else zone
        for word, ds in re.findall(r'"  (enter|remove) .*?DS (\d+ \d+ \d+ [0-9a-f]+)"', line):
            if zone not in left:
                (there.add if word == "enter" else there.discard)(f"{zone}. DS {ds}")
    return there


what, *arguments = sys.argv[1:]
if what == "begin":
    begin()
else:
    before = set(entered.read_text().splitlines())
    if what == "enter":
        wanted = follow(sys.stdin.read(), arguments)
    else:
        zone, *dses = arguments
        wanted = {line for line in before if not line.startswith(zone + ". ")} | {f"{zone}. DS {ds}" for ds in dses}
    if wanted != before:
        entered.write_text("".join(sorted(line + "\n" for line in wanted)))
        sign("test")
        run("rndc", "reload", "test")
    print("\n".join(sorted(wanted)))
