# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module nameserver_info told of a PowerDNS, as a L(GatheredServer).

The collection's PowerDNS has a database of its own, so that no zone can stay in the old one; and it is a secondary only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.common.hidden_secrets import is_hidden
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import names
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.networks import network_text
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.listening import listen_on, own_addresses, read_address, refuse_port
from ansible_collections.authoritative.dns.plugins.plugin_utils.gathering.model import (
    CHANGE,
    DEFAULT,
    DROPPED,
    KEPT,
    PRIMARY,
    SECONDARY,
    TAKEN,
    GatheredServer,
    Remote,
    ServedZone,
)

LOCAL_FILES = ("pdns.local.conf",)
_ROLES = {"native": PRIMARY, "primary": PRIMARY, "secondary": SECONDARY}
_OF_ZONES = ("allow-axfr-ips", "also-notify", "only-notify", "default-soa-content", "default-ttl", "default-soa-edit", "default-soa-edit-signed")
_PLACES = ("setuid", "setgid", "socket-dir", "chroot", "config-dir", "config-name", "module-dir", "daemon", "guardian", "write-pid", "include-dir")
# Settings that open a port together, whose guard is a secret: without it the others would leave that port open.
_GUARDED = {
    "web server and API": re.compile(r"(experimental-)?(webserver|api|json-interface)(-|\Z)"),
    "TCP control": re.compile(r"tcp-control-"),
}
_BACKEND = re.compile(r"launch|load-modules|(gsqlite3|gmysql|gpgsql|godbc|bind|lmdb|ldap|remote|pipe|geoip|lua2|tinydns)-")
# What L(software.powerdns) says in any case, in the words of 4.4 and older too.
_SAID = {
    **dict.fromkeys(("primary", "master", "autosecondary", "superslave", "dnsupdate", "forward-dnsupdate", "enable-lua-records", "expand-alias"), "no"),
    **dict.fromkeys(("secondary", "slave", "dname-processing", "direct-dnskey", "any-to-tcp", "non-local-bind"), "yes"),
    **{"version-string": "anonymous", "server-id": "disabled", "security-poll-suffix": "", "local-address-nonexist-fail": "no"},
    **{"zone-cache-refresh-interval": "0", "negquery-cache-ttl": "2", "query-cache-ttl": "2", "cache-ttl": "2", "xfr-cycle-interval": "10"},
    **{"slave-cycle-interval": "10", "retrieval-threads": "8"},
}
_TAKEN_OF_ZONE = {
    **{name: "its role" for name in ("kind", "PRESIGNED", "signed")},
    **{name: "its servers" for name in ("primaries", "AXFR-MASTER-TSIG", "TSIG-ALLOW-AXFR", "ALLOW-AXFR-FROM", "ALSO-NOTIFY", "SLAVE-RENOTIFY")},
    "name": "its name",
}
_NOT_NEEDED = {
    **{name: "the declaration's serial policy takes its place" for name in ("SOA-EDIT", "SOA-EDIT-API", "SOA-EDIT-DNSUPDATE")},
    **{name: "PowerDNS signs nothing" for name in ("NSEC3PARAM", "NSEC3NARROW", "PUBLISH-CDS", "PUBLISH-CDNSKEY", "API-RECTIFY", "SIGNALING-ZONE")},
    "IXFR": "the server's own setting is used",
}
_UPDATES = ("ALLOW-DNSUPDATE-FROM", "TSIG-ALLOW-DNSUPDATE", "FORWARD-DNSUPDATE", "NOTIFY-DNSUPDATE")


def server(host: str, addresses: Sequence[str], facts: Mapping[str, Any], secrets: Sequence[Mapping[str, Any]], layout: Mapping[str, Any]) -> GatheredServer:
    """What a host serves; the arguments are those of L(bind.server)."""
    return _Reader(host, addresses, facts, secrets, layout).read()


class _Reader:
    def __init__(self, host: str, addresses: Sequence[str], facts: Mapping[str, Any], secrets: Sequence[Mapping[str, Any]], layout: Mapping[str, Any]) -> None:
        self.facts, self.layout = facts, layout
        self.told = {item["name"]: item for item in facts["zones"]}
        self.result = GatheredServer(host, "powerdns", tuple(addresses), places=facts["places"], has_local_zones=False)
        self.result.keys = {key["name"]: {"algorithm": str(key["algorithm"]).lower(), "secret": key["secret"]} for key in secrets}
        self.result.variables["nameserver_allow_query"] = ["any"]
        self.settings = {item[0]: item[1] for clause in facts["configuration"] if clause[0] == "settings" for item in clause[1]}
        self.left_out: dict[str, str] = {}  # settings, and why

    def read(self) -> GatheredServer:
        if not self.facts["running"]:
            self.result.find(CHANGE, "its name server does not run, so that only its database says what it would serve")
        self._guarded()
        for name, value in self.settings.items():
            self._setting(name, value)
        for clause in self.facts["configuration"]:
            if clause[0] == "zone":
                self._zone({item[0]: item[1:] for item in clause[1]})
        for key in self.result.keys:
            self.result.end(f"key {key}", TAKEN, "dns_tsig_keys, if a zone uses it")
        self._listen()
        return self.result

    # -- settings -----------------------------------------------------------------------------------------------------

    def _guarded(self) -> None:
        """Settings whose guard is a secret that nobody read are left out, all of what it guards."""
        for what, pattern in _GUARDED.items():
            group = [name for name in self.settings if pattern.match(name)]
            secrets = " and ".join(name for name in group if is_hidden([name, self.settings[name]]))
            if secrets:
                self.left_out.update(dict.fromkeys(group, f"it is guarded by a secret, which is not read: {secrets}"))
                text = (
                    f"the settings of its {what} ({', '.join(group)}) are left out, since they are guarded by a secret, which is not read: {secrets}; "
                    "where they are needed, write them into nameserver_local_config, with the secret from a vault"
                )
                self.result.find(CHANGE, text, *(f"settings, {name}" for name in group))

    def _setting(self, name: str, value: str) -> None:
        statement = f"settings, {name}"
        if name in ("local-address", "local-ipv6"):
            self.result.end(statement, TAKEN, "nameserver_listen_on")
        elif name == "local-port":
            refuse_port(self.result, value, statement)
            self.result.end(statement, DEFAULT, "53")
        elif name in _OF_ZONES:
            self.result.end(statement, TAKEN, "by each zone")
        elif name == "query-local-address":
            if {*_listed(value)} - {"0.0.0.0", "::", *self.result.addresses}:
                wrong = f"asks and tells others from {value}, which is not in its dns_addresses, and has one of these afterwards; look whether they let that in"
                self.result.find(CHANGE, wrong, statement)
            self.result.end(statement, TAKEN, "the host's addresses")
        elif name in _PLACES:
            self.result.end(statement, DROPPED, "the distribution's is used")
        elif _BACKEND.match(name):
            self.result.end(statement, DROPPED, "what it leads to is declared now; the collection's PowerDNS has a database of its own")
        elif name in _SAID:
            same = value == _SAID[name]
            self.result.end(statement, DEFAULT if same else DROPPED, f"the collection says {_SAID[name] or 'nothing'}" + ("" if not same else " too"))
            if name in ("autosecondary", "superslave") and not same:
                text = "takes zones that others announce (autosecondary); those that it has are declared, and no further one comes"
                self.result.find(CHANGE, text, statement)
        elif name in self.left_out:
            self.result.end(statement, DROPPED, self.left_out[name])
        elif self.result.told("settings", [[name, value]]):
            self.result.local_config.append(f"{name}={value}\n")
            self.result.end(statement, KEPT, "nameserver_local_config")

    def _listen(self) -> None:
        listened: list[str] = []
        for name in ("local-address", "local-ipv6"):
            for text in _listed(self.settings.get(name, "")):
                listened += read_address(self.result, *_with_port(text), f"settings, {name}")
        own = own_addresses(self.result.addresses, self.facts)
        self.result.variables["nameserver_listen_on"] = listen_on(listened, own) if listened else ["any"]

    # -- zones --------------------------------------------------------------------------------------------------------

    def _zone(self, options: Mapping[str, Sequence[str]]) -> None:
        name, kind = options["name"][0], options["kind"][0]
        fact = self.told[name]
        zone = ServedZone(name, _ROLES.get(kind, ""), f"{self.facts['config_file']}'s database", serial=fact["serial"], file=f"pdnsutil list-zone {name}")
        self.result.zones[name] = zone
        self.result.zone_texts[name] = ""
        for key, values in options.items():
            zone.statements.append((key, *self._outcome(zone, key, values)))
        if not zone.role:
            zone.kept = f"a zone of the kind {kind} is none that is declared"
        elif "signed" in options and "PRESIGNED" not in options:
            zone.kept = "PowerDNS signs it; let its DS be taken out of the zone above, wait for that one's TTL, and say pdnsutil disable-dnssec"
        content = self.facts.get("contents", {}).get(name, {})
        zone.text, zone.wrong = content.get("text"), content.get("wrong", "")
        beyond = self._peers(zone, kind, options)
        if beyond and not zone.kept:
            zone.kept = f"a declaration cannot say {', '.join(beyond)}"

    def _outcome(self, zone: ServedZone, key: str, values: Sequence[str]) -> tuple[str, str]:
        """What becomes of an option of a zone; one that has no place is a reason why it cannot be declared."""
        if key in _TAKEN_OF_ZONE or (key == "AXFR-SOURCE" and set(values) <= {*self.result.addresses}):
            return TAKEN, _TAKEN_OF_ZONE.get(key, "the host's addresses")
        if key in _UPDATES:
            if self.settings.get("dnsupdate") == "yes":
                zone.kept = zone.kept or "its clients update it"
                return KEPT, zone.kept
            return DROPPED, "dnsupdate is off"
        if key in _NOT_NEEDED or key.startswith("X-"):
            return DROPPED, _NOT_NEEDED.get(key, "a remark")
        if key in ("GSS-ALLOW-AXFR-PRINCIPAL", "GSS-ACCEPTOR-PRINCIPAL"):
            return DROPPED, "PowerDNS has no GSS-TSIG any more"
        zone.kept = zone.kept or f"a declaration has no place for its {key}"
        return KEPT, zone.kept

    def _peers(self, zone: ServedZone, kind: str, options: Mapping[str, Sequence[str]]) -> list[str]:
        """Fills in who feeds a zone, who may transfer it and who is told; returns what cannot be said otherwise."""
        beyond: list[str] = []
        key = next((_key_name(value) for value in options.get("AXFR-MASTER-TSIG", ())), None)
        zone.sources = tuple(_remote(text, key, beyond) for text in options.get("primaries", ()))
        allowed = [f"key {_key_name(value)}" for value in options.get("TSIG-ALLOW-AXFR", ())]
        axfr = self.settings.get("disable-axfr", "no") != "yes"
        for text in (*options.get("ALLOW-AXFR-FROM", ()), *_listed(self.settings.get("allow-axfr-ips", "127.0.0.0/8,::1"))):
            allowed += _network(text, zone, beyond)
        zone.transfer_to = tuple(dict.fromkeys(allowed)) if axfr else ()
        told = (*options.get("ALSO-NOTIFY", ()), *_listed(self.settings.get("also-notify", ""))) if kind != "native" else ()
        zone.notify = tuple(_remote(text, None, beyond) for text in told)
        return beyond


def _listed(text: str) -> list[str]:
    return [word for word in re.split(r"[\s,]+", text) if word]


def _key_name(text: str) -> str:
    return text.rstrip(".").lower()


def _with_port(text: str) -> tuple[str, str]:
    """(address, port) of C(192.0.2.1), C(192.0.2.1:5300) or C([2001:db8::1]:5300)."""
    found = re.fullmatch(r"\[(.+)\](?::(\d+))?|([^:]+)(?::(\d+))?|(.+)", text)
    return next(part for part in found.group(1, 3, 5) if part), next((part for part in found.group(2, 4) if part), "53")


def _remote(text: str, key: str | None, beyond: list[str]) -> Remote:
    """A server as C(192.0.2.1), C(192.0.2.1:5300) or C([2001:db8::1]:5300)."""
    address, port = _with_port(text)
    try:
        return Remote(names.address(address), int(port), key)
    except ValueError:
        beyond.append(text)
        return Remote(text, int(port), key)


def _network(text: str, zone: ServedZone, beyond: list[str]) -> list[str]:
    """A network of who may transfer; C(AUTO-NS) are the addresses of the zone's name servers, as PowerDNS looks them up."""
    if text.upper() == "AUTO-NS":
        beyond.append("AUTO-NS in ALLOW-AXFR-FROM, which means whatever addresses the zone's name servers have; write these addresses")
        return []
    try:
        network = network_text(text)
    except ValueError:
        beyond.append(text)
        return []
    return ["localhost" if network in ("127.0.0.0/8", "127.0.0.1", "::1") else "any" if network in ("0.0.0.0/0", "::/0") else network]
