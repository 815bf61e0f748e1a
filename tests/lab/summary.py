"""Prints what a lab run proved: summary.py DIRECTORY, with the reports of the role verify and of the failover drill in it."""

from __future__ import annotations

import json
import pathlib
import sys

from ansible_collections.authoritative.dns.plugins.plugin_utils.proof.reports import table


def main(directory: pathlib.Path) -> None:
    rows = json.loads((directory / "verify.json").read_text())["rows"]
    drill = json.loads((directory / "failover.json").read_text())
    sys.stdout.write(table(rows, [{"client": client, **phases["during"]} for client, phases in drill.items()]))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
