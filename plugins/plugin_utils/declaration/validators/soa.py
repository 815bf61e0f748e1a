# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules for the SOA record."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.names import labels_of
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.validator import WARNING, Finding, Validator
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.zone_view import (
    SOA_RECORD,
    Standing,
    ZoneView,
)

DAY = 86400
WEEK = 7 * DAY


class Timers(Validator):
    id = "soa-timers"
    loaded = True
    source = "RFC 1912 section 2.2"
    summary = "The SOA's retry is shorter than its refresh, and a secondary can retry before its copy expires."
    example = "{soa: {refresh: 3600, retry: 3600}}"

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        soa = zone.soa
        if soa is None:
            return
        if soa.retry >= soa.refresh:
            yield Finding(SOA_RECORD, f"retry {soa.retry} is not less than refresh {soa.refresh}", "make retry a fraction of refresh, such as 600 of 3600")
        if soa.retry == 0:
            yield Finding(SOA_RECORD, "retry is 0", "give the seconds until a secondary asks again, such as 600")
        together = soa.refresh + soa.retry
        if soa.expire <= together:
            yield Finding(SOA_RECORD, f"expire {soa.expire} is not more than refresh and retry together, {together}", "make expire one to four weeks: 1209600")


class TimerRanges(Validator):
    id = "soa-timer-ranges"
    level = WARNING
    source = "RFC 1912 section 2.2, RFC 2308 section 5, RIPE-203"
    summary = "The SOA's refresh is 20 minutes to one day, expire one week to 1000 hours, minimum at most one day."
    example = "{soa: {expire: 86400}}"

    _RANGES = (("refresh", 1200, DAY), ("expire", WEEK, 3600000), ("minimum", 0, DAY))

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        if zone.soa is None:
            return
        for field, least, most in self._RANGES:
            seconds = getattr(zone.soa, field)
            if not least <= seconds <= most:
                yield Finding(SOA_RECORD, f"{field} is {seconds}", f"use {least} to {most} seconds")


class PrimaryName(Validator):
    id = "soa-mname"
    level = WARNING
    source = "RFC 1035 section 3.3.13"
    summary = "The SOA's MNAME names a server; it may be a hidden one."
    example = "{soa: {mname: .}}"

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        if zone.soa is None:
            return
        mname = zone.soa.mname
        if mname == ".":
            yield Finding(SOA_RECORD, "mname is the root", "name the primary; NOTIFY and updates look for it there")
        elif zone.standing(mname) is Standing.ALIAS:
            yield Finding(SOA_RECORD, f"mname {mname} is an alias", "name the primary's host itself")


class ResponsibleName(Validator):
    id = "soa-rname"
    level = WARNING
    source = "RFC 2142 section 7, RFC 1912 section 2.2"
    summary = "The SOA's RNAME is a mailbox that can exist: a local part, a dot for the at sign, and a domain that takes mail."
    example = "{soa: {rname: hostmaster.}}"

    _NO_MAIL = (".in-addr.arpa.", ".ip6.arpa.")

    def check(self, zone: ZoneView) -> Iterable[Finding]:
        if zone.soa is None:
            return
        rname = zone.soa.rname
        local, *domain = labels_of(rname) or [""]
        right = "write a mailbox that somebody reads, such as hostmaster@example.com"
        if "@" in local:
            meant = rname.removesuffix(f".{zone.name}.").rstrip(".").replace("\\@", ".").replace("@", ".")
            yield Finding(SOA_RECORD, f"rname {rname} has an at sign in its first label", f"in a SOA the at sign is a dot: {meant}.")
        elif not domain:
            yield Finding(SOA_RECORD, f"rname {rname} has no domain", right)
        elif rname.lower().endswith(self._NO_MAIL):
            yield Finding(SOA_RECORD, f"rname {rname} is in a reverse zone, where no mail goes", right)
