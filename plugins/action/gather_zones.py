# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Transfers zones from a server that one may only ask, and writes them as master files, all of them or none."""

from __future__ import annotations

import os
import time
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.authoritative.dns.plugins.action.gather_inventory import refuse, staged, write
from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns
from ansible_collections.authoritative.dns.plugins.module_utils.transfer.client import Limits, transferred_records
from ansible_collections.authoritative.dns.plugins.module_utils.transfer.protocol import TransferError
from ansible_collections.authoritative.dns.plugins.module_utils.wire.endpoints import ALGORITHMS, Mistake, Server, read_keys, read_name, read_servers
from ansible_collections.authoritative.dns.plugins.plugin_utils import inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import DeclarationError
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.inventory_files import zone_stem
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.transferred import NotTakenOver, members, zone_text

_SECONDS, _ALL, _RECORDS, _OCTETS = 30.0, 3600.0, 10_000_000, 2_000_000_000  # for a message, for everything, of a zone
_NEXT = {
    "refused": "let the server hand it out to this host or key",
    "not_authoritative": "ask a server that serves it",
    "wrong_key": "give the key that the server has",
    "bad_time": "set the clocks right",
}


class ActionModule(ActionBase):
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        _validation, arguments = self.validate_argument_spec(
            {
                "directory": {"type": "path", "required": True},
                "address": {"type": "str", "required": True},
                "port": {"type": "int", "default": 53},
                "zones": {"type": "list", "elements": "str", "default": []},
                "catalog": {"type": "str"},
                "key": {
                    "type": "dict",
                    "no_log": False,
                    "options": {
                        "name": {"type": "str", "required": True},
                        "algorithm": {"type": "str", "choices": list(ALGORITHMS), "default": "hmac-sha256"},
                        "secret": {"type": "str", "required": True, "no_log": True},
                    },
                },
            },
            required_one_of=[["zones", "catalog"]],
        )
        if dns is None:
            raise AnsibleActionFail("the controller's Python has no dnspython, which transfers zones; install dnspython 2.6 or newer beside ansible-core")
        try:
            server = _server(arguments)
            texts, serials = self._transferred(server, arguments)
        except Mistake as error:
            raise AnsibleActionFail(f"Nothing was written: {error}") from error
        with staged(arguments["directory"], self._task.check_mode) as place:
            write(place, {f"{zone_stem(name)}.zone": text for name, text in texts.items()})
            _check(place, server)
        return {"changed": True, "directory": os.path.abspath(arguments["directory"]), "zones": serials}

    def _transferred(self, server: Server, arguments: dict[str, Any]) -> tuple[dict[str, str], dict[str, int]]:
        """({zone: its master file}, {zone: its serial}). Fails with all that went wrong."""
        texts: dict[str, str] = {}
        serials: dict[str, int] = {}
        wrong: list[str] = []
        until = time.monotonic() + _ALL
        names = [str(read_name(name, "zones")).rstrip(".").lower() or "." for name in arguments["zones"]]
        if arguments["catalog"]:
            catalog = arguments["catalog"]
            try:
                names += members(catalog, _records(catalog, server, until))
            except (TransferError, NotTakenOver) as error:
                wrong.append(_told(catalog, server, error))
        if not names and not wrong:
            wrong.append(f"no zone is named, and {server.place} has no catalog that names one; give zones or a catalog")
        for name in dict.fromkeys(names):
            try:
                texts[name] = zone_text(name, _records(name, server, until), server.place)
            except (TransferError, NotTakenOver) as error:
                wrong.append(_told(name, server, error))
                continue
            serials[name] = int(texts[name].splitlines()[1].split()[6])
        refuse(wrong)
        return texts, serials


def _server(arguments: dict[str, Any]) -> Server:
    keys = read_keys([arguments["key"]] if arguments["key"] else [])
    entry = {"name": None, "address": arguments["address"], "port": arguments["port"], "tls_port": 853, "key": next(iter(keys), None)}
    return next(iter(read_servers([entry], keys).values()))


def _records(name: str, server: Server, until: float) -> list[bytes]:
    return list(transferred_records(read_name(name, "zones"), server, Limits(_SECONDS, until, _RECORDS, _OCTETS)))


def _told(name: str, server: Server, error: Exception) -> str:
    if isinstance(error, TransferError):
        hint = f"; {_NEXT[error.state]}" if error.state in _NEXT else ""
        return f"zone {name}: {server.place} does not transfer it ({error}){hint}"
    return f"zone {name}: {error}"


def _check(place: str, server: Server) -> None:
    """Read what was written as any inventory is read, as if some host were the primary. Fails with what is wrong."""
    host = {"dns_addresses": [server.address]}
    variables = {
        "hostvars": {"primary": host},
        "groups": {"all": ["primary"], "dns_primaries": ["primary"]},
        "inventory_dir": place,
        "dns_zone_directories": [place],
    }
    try:
        inventory.declared(variables, str)
    except DeclarationError as error:
        refuse([f"{problem.where.replace(place + os.sep, server.place + ' ')}: {problem.wrong}; {problem.right}" for problem in error.problems])
        raise
