"""same_declaration.py DIRECTORY DIRECTORY: fails with what two gathered inventories declare otherwise, by host. The password is on standard input."""

import pathlib
import sys

from ansible_collections.authoritative.dns.tests.support.adoption import Adopted
from ansible_collections.authoritative.dns.tests.support.adoption_story import moved

password = sys.stdin.read().strip()
first, second = (Adopted(pathlib.Path(path), password) for path in sys.argv[1:])
different = {host: found for host, found in moved(first, second).items() if found}
sys.exit(str(different) if different else None)
