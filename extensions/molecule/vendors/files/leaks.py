"""Counts secrets in files: leaks.py FILE… < MASTER-SECRET. Prints how many there are, never which."""

# keys.py precedes this when it runs.
import sys

secrets = all_secrets(sys.stdin.read().strip())  # noqa: F821 pylint: disable=undefined-variable
count = 0
for path in sys.argv[1:]:
    with open(path, encoding="utf-8", errors="replace") as stream:
        text = stream.read()
    count += sum(text.count(secret) + text.count(secret.rstrip("=")[:24]) for secret in secrets)
print(count)
