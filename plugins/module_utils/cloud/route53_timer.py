# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mirror as a program for a timer, without Ansible: one argument, a JSON file with the options of the module route53_mirror.

    python3 -I mirror.pyz /etc/authoritative-dns/route53.json

Prints a line for each zone that changed, errors to standard error, and ends with 1 if there were any.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.cloud import route53_client as mirror_client
from ansible_collections.authoritative.dns.plugins.module_utils.cloud import route53_mirror as mirror
from ansible_collections.authoritative.dns.plugins.module_utils.common import dnspython
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import Mistake, refuse_unknown

KINDS: dict[str, Any] = {"str": str, "path": str, "bool": bool, "int": int, "float": (int, float), "list": list, "dict": dict, "raw": object}


def read_options(found: Any, spec: Mapping[str, Any], where: str) -> dict[str, Any]:
    """What Ansible's argument_spec does for a module: nothing unknown, defaults, kinds and choices. Raises Mistake."""
    if not isinstance(found, dict):
        raise Mistake(f"{where} is of the type {type(found).__name__}; it has to be dict")
    refuse_unknown(found, spec, where)
    options = {}
    for name, rule in spec.items():
        value = found.get(name)
        value = rule.get("default") if value is None else value
        here = f"{where}: {name}"
        if value is None and rule.get("required"):
            raise Mistake(f"{here} is missing")
        wanted = KINDS[rule["type"]]
        if value is not None and (not isinstance(value, wanted) or (isinstance(value, bool) and rule["type"] in ("int", "float"))):
            raise Mistake(f"{here} is of the type {type(value).__name__}; it has to be {rule['type']}")
        if value is not None and value not in rule.get("choices", [value]):
            raise Mistake(f"{here} is {value!r}; it has to be {' or '.join(rule['choices'])}")
        if rule["type"] == "list" and "options" in rule:
            value = [read_options(entry, rule["options"], f"{here}, entry {number}") for number, entry in enumerate(value, 1)]
        options[name] = value
    return options


def read_file(path: str) -> dict[str, Any]:
    """The options in a file. Raises Mistake, OSError, or ValueError where it is no JSON."""
    with open(path, encoding="utf-8") as stream:
        return read_options(json.load(stream), mirror.SPEC, path)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Mirror zones to Route 53.")
    parser.add_argument("configuration", help="JSON file with the options of the module route53_mirror")
    given = parser.parse_args(arguments)
    if not dnspython.is_recent_enough():
        wanted = ".".join(map(str, dnspython.MINIMUM))
        raise SystemExit(f"dnspython {wanted} or newer is missing: install python3-dnspython (Debian) or python3-dns (Fedora family)")
    if mirror_client.boto3 is None:
        raise SystemExit("boto3 is missing: install python3-boto3")
    try:
        options = read_file(given.configuration)
        with mirror.exclusive(options["lock"], options["wait_timeout"]):
            # As it is now: what was taken away meanwhile, there and at the provider, is not to come back.
            outcome = mirror.Run(read_file(given.configuration)).carry_out_alone()
    except (Mistake, mirror_client.ProviderError) as error:
        raise SystemExit(str(error)) from None
    except OSError as error:
        raise SystemExit(f"{given.configuration} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise SystemExit(f"{given.configuration} is not JSON: {error}") from None
    for zone in outcome["zones"]:
        if zone["changed"]:
            parts = [f"{zone[field]} {word}" for field, word in (("added", "added"), ("changed_sets", "changed"), ("removed", "removed"))]
            sys.stdout.write(f"{zone['name']} serial {zone['serial']}: {', '.join(parts)}\n")
    for error in outcome["errors"]:
        sys.stderr.write(f"{error}\n")
    raise SystemExit(1 if outcome["errors"] else 0)
