# Copyright (c) The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must be in an account of Cloudflare for zones to be secondary there, and how to bring it there.

Calls and fields are those of https://developers.cloudflare.com/api/resources/dns/subresources/zone_transfers/ and
https://developers.cloudflare.com/api/resources/zones/.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.cloud.cloudflare_api import Api, CloudflareError, kept_back
from ansible_collections.authoritative.dns.plugins.module_utils.cloud.cloudflare_wanted import Key, Wanted, Zone, canonical, decoded
from ansible_collections.authoritative.dns.plugins.module_utils.common.serial_numbers import distance

ZONES_PER_PAGE = 50  # the API's maximum
LONGEST_INTERVAL = 10.0  # seconds between two looks at the serials


@dataclass
class ZoneState:
    """One zone of the call, as it is at Cloudflare and as this run left it."""

    name: str
    wanted: Zone
    zone: dict[str, Any] | None = None
    incoming: dict[str, Any] | None = None
    changed: bool = False
    forced: bool = False

    @property
    def path(self) -> str:
        return f"/zones/{self.zone['id']}"

    @property
    def serial(self) -> int | None:
        serial = (self.incoming or {}).get("soa_serial")
        return None if serial is None else int(serial)

    @property
    def missing(self) -> str | None:
        """What is not yet as wanted about the copy at Cloudflare."""
        if self.serial is None:
            return "no serial, Cloudflare has not transferred it"
        if self.wanted.serial is not None and distance(self.serial, self.wanted.serial) < 0:
            return f"serial {self.serial}, expected {self.wanted.serial}"
        return None

    def told(self) -> dict[str, Any]:
        zone = self.zone or {}
        return {
            "name": self.name,
            "id": zone.get("id"),
            "name_servers": zone.get("name_servers") or [],
            "status": zone.get("status"),
            "serial": self.serial,
            "changed": self.changed,
            "forced": self.forced,
        }


class Account:
    """Brings an account to what is wanted, or with ``check`` finds out what that would change.

    Objects are found again by name: TSIGs by the key's, peers by the primary's name and address, ACLs by their network.
    All others are left alone. ``before`` and ``after`` hold what changes, without secrets.
    """

    def __init__(self, api: Api, account_id: str, wanted: Wanted, check: bool):
        self.api = api
        self.account_id = account_id
        self.path = f"/accounts/{account_id}/secondary_dns"
        self.wanted = wanted
        self.check = check
        self.states = {zone.name: ZoneState(zone.name, zone) for zone in wanted.zones}
        self.tsigs: list[dict[str, Any]] = []
        self.peers: list[dict[str, Any]] = []
        self.acls: list[dict[str, Any]] = []
        self.before: dict[str, dict[str, Any]] = {}
        self.after: dict[str, dict[str, Any]] = {}
        self.warnings: list[str] = []

    @property
    def changed(self) -> bool:
        return bool(self.before)

    def change(self, kind: str, name: str, before: Any, after: Any) -> bool:
        """Remember a change for the difference; whether it is to be made."""
        self.before.setdefault(kind, {})[name] = before
        self.after.setdefault(kind, {})[name] = after
        return not self.check

    # -- reading, which is over before anything is written

    def list_all(self, kind: str) -> list[dict[str, Any]]:
        return self.api.list(f"{self.path}/{kind}")

    def key_of(self, peer: Mapping[str, Any]) -> str | None:
        """The name of the peer's key, for the difference; the id of its TSIG where TSIGs were not listed."""
        identity = peer.get("tsig_id") or None
        return next((canonical(entry["name"]) for entry in self.tsigs if entry["id"] == identity), identity)

    def read_zones(self) -> None:
        """Find the zones by name or in the account's list, whichever takes fewer calls."""
        missing = set(self.states)
        if len(missing) > 1:
            for entries, left in self.api.pages("/zones", {"account.id": self.account_id, "per_page": ZONES_PER_PAGE}):
                for entry in entries:
                    name = canonical(entry["name"])
                    if name in missing:
                        self.states[name].zone = entry
                        missing.discard(name)
                if not left:
                    missing.clear()
                if left >= len(missing):
                    break
        for name in sorted(missing):
            self.states[name].zone = self._zone_by_name(name)
        for state in self.states.values():
            kind = state.zone["type"] if state.zone else "secondary"
            if kind != "secondary":
                raise CloudflareError(
                    f"{state.name} is a zone of the type {kind} in this account; this module neither converts nor removes such a zone."
                    " Remove it there first if it is to become a secondary zone, or leave it out of zones"
                )

    def _zone_by_name(self, name: str) -> dict[str, Any] | None:
        found = self.api.list("/zones", {"account.id": self.account_id, "name": name, "per_page": ZONES_PER_PAGE})
        return next((entry for entry in found if canonical(entry["name"]) == name), None)

    # -- state=present

    def bring(self) -> None:
        """TSIGs, peers, ACLs, zones, where these transfer from, and a transfer where that changed."""
        if self.wanted.keys:
            self.tsigs = self.list_all("tsigs")
        if self.wanted.primaries:
            self.peers = self.list_all("peers")
        if self.wanted.networks:
            self.acls = self.list_all("acls")
        self.read_zones()
        for state in self.states.values():
            if state.zone:
                state.incoming = self.api.get(f"{state.path}/secondary_dns/incoming")
        tsig_ids, new_keys = self._bring_keys()
        peer_ids, new_peers = self._bring_peers(tsig_ids, new_keys)
        self._bring_acls()
        for state in self.states.values():
            self._bring_zone(state, peer_ids, new_peers)

    def _bring_keys(self) -> tuple[dict[str, str], set[str]]:
        """{key's name: id of its TSIG}, and the names of those that changed."""
        path = f"{self.path}/tsigs"
        ids, changed = {}, set()
        for key in self.wanted.keys:
            found = only(self.tsigs, key.name, "TSIGs")
            ids[key.name] = found["id"] if found else f"(new) {key.name}"
            if found and key.is_as(found):
                continue
            changed.add(key.name)
            after = {"algorithm": key.algorithm, "secret": "as declared"}
            if self.change("keys", key.name, found and told_tsig(found, key), after):
                if found:
                    self.api.replace(f"{path}/{found['id']}", key.body())
                else:
                    made = self.api.create(path, key.body(), lambda name=key.name: only(self.list_all("tsigs"), name, "TSIGs"))
                    ids[key.name] = made["id"]
        return ids, changed

    def _bring_peers(self, tsig_ids: Mapping[str, str], new_keys: set[str]) -> tuple[dict[str, str], set[str]]:
        """{primary's name: id of its peer}, and the names of those that changed, or whose key did."""
        path = f"{self.path}/peers"
        ids, changed = {}, set()
        for primary in self.wanted.primaries:
            name = primary.peer_name
            found = only(self.peers, name, "peers")
            body = primary.body(tsig_ids[primary.key] if primary.key else None)
            ids[primary.name] = found["id"] if found else f"(new) {name}"
            if primary.key in new_keys:
                changed.add(primary.name)
            if found and is_peer(found, body):
                continue
            changed.add(primary.name)
            before = found and told_peer(found, self.key_of(found))
            if self.change("peers", name, before, told_peer(body, primary.key)):
                if not found:  # POST takes nothing but the name
                    found = self.api.create(path, {"name": name}, lambda name=name: only(self.list_all("peers"), name, "peers"))
                    ids[primary.name] = found["id"]
                if not is_peer(self.api.replace(f"{path}/{found['id']}", body), body):
                    raise CloudflareError(f"PUT {path}/{found['id']}: Cloudflare took it, but the peer {name!r} is not as it was sent")
        return ids, changed

    def _bring_acls(self) -> None:
        path = f"{self.path}/acls"
        there = {entry["ip_range"] for entry in self.acls}
        for network in self.wanted.networks:
            if network in there:  # whoever made it: an ACL is for the whole account
                continue
            body = {"name": acl_name(network), "ip_range": network}
            found = only(self.acls, body["name"], "ACLs")
            if self.change("notify_from", network, found and found["ip_range"], network):
                if found:
                    self.api.replace(f"{path}/{found['id']}", body)
                else:
                    self.api.create(path, body, lambda name=body["name"]: only(self.list_all("acls"), name, "ACLs"))

    def _bring_zone(self, state: ZoneState, peer_ids: Mapping[str, str], new_peers: set[str]) -> None:
        ids = [peer_ids[name] for name in state.wanted.primaries]
        there = state.incoming or {}
        other_source = sorted(there.get("peers") or []) != sorted(ids) or not state.incoming
        if other_source or there.get("auto_refresh_seconds") != self.wanted.refresh:
            state.changed = True
            before = state.zone and self._told_zone(there, peer_ids)
            after = self._told_zone(incoming_body(state.name, ids, self.wanted.refresh), peer_ids)
            if self.change("zones", state.name, before, after):
                self._write_zone(state, ids)
        other_source = other_source or bool(new_peers.intersection(state.wanted.primaries))
        state.changed = state.changed or other_source
        # A zone that was refused or found a closed port last time would otherwise wait for its next refresh.
        state.forced = other_source or state.serial is None
        if state.forced and not self.check and not self.api.ask(f"{state.path}/secondary_dns/force_axfr"):
            self.warnings.append(
                f"{state.name}: no answer came when Cloudflare was asked for a transfer, so whether it heard is not known."
                f" It looks by itself every {self.wanted.refresh} s"
            )

    def _write_zone(self, state: ZoneState, peer_ids: list[str]) -> None:
        if not state.zone:
            body = {"name": state.name, "account": {"id": self.account_id}, "type": "secondary"}
            state.zone = self.api.create("/zones", body, lambda: self._zone_by_name(state.name))
        path = f"{state.path}/secondary_dns/incoming"
        body = incoming_body(state.name, peer_ids, self.wanted.refresh)
        if state.incoming:
            state.incoming = dict(state.incoming, **self.api.replace(path, body))
        else:
            state.incoming = self.api.create(path, body, lambda: self.api.get(path))

    def _told_zone(self, incoming: Mapping[str, Any], peer_ids: Mapping[str, str]) -> dict[str, Any]:
        names = {entry["id"]: entry["name"] for entry in self.peers}
        names.update((peer_ids[primary.name], primary.peer_name) for primary in self.wanted.primaries)
        return {
            "type": "secondary",
            "peers": sorted(names.get(peer, peer) for peer in incoming.get("peers") or []),
            "refresh": incoming.get("auto_refresh_seconds"),
        }

    def wait(self, seconds: float) -> tuple[float, list[ZoneState]]:
        """Look at the serials until all are there, for at most this long; how long it took, and what is still missing."""
        started = time.monotonic()
        interval = 0.25
        late = [state for state in self.states.values() if state.missing]
        while late:
            left = started + seconds - time.monotonic()
            if left <= 0:
                break
            time.sleep(min(interval, left))
            interval = min(2 * interval, LONGEST_INTERVAL)
            for state in late:
                state.incoming = self.api.get(f"{state.path}/secondary_dns/incoming") or state.incoming
            late = [state for state in late if state.missing]
        return round(time.monotonic() - started, 3), late


def only(entries: Iterable[dict[str, Any]], name: str, kind: str) -> dict[str, Any] | None:
    """The entry of this name; names of keys in any spelling."""
    form = canonical if kind == "TSIGs" else str
    found = [entry for entry in entries if form(entry["name"]) == name]
    if len(found) > 1:
        raise CloudflareError(f"the account has {len(found)} {kind} with the name {name!r}; remove those that are not in use")
    return found[0] if found else None


def is_peer(found: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    """Whether the peer is as this body says; one without tsig_id wants none."""
    return not kept_back(dict(found, tsig_id=found.get("tsig_id") or None), dict({"tsig_id": None}, **body))


def told_peer(peer: Mapping[str, Any], key: str | None) -> dict[str, Any]:
    return {"address": peer.get("ip"), "port": peer.get("port"), "key": key, "ixfr": bool(peer.get("ixfr_enable"))}


def told_tsig(tsig: Mapping[str, Any], key: Key) -> dict[str, Any]:
    same = decoded(tsig["secret"]) == decoded(key.secret)
    return {"algorithm": canonical(tsig["algo"]), "secret": "as declared" if same else "another one"}


def incoming_body(zone: str, peer_ids: list[str], refresh: int) -> dict[str, Any]:
    return {"name": f"{zone}.", "peers": peer_ids, "auto_refresh_seconds": refresh}


def acl_name(network: str) -> str:
    return f"notify from {network}"
