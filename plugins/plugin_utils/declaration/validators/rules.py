# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a zone's content must and should be before any server sees it: one small class a rule, all of them listed here.

Every rule has an id, by which a zone can silence it or change its level: ``validators: {ns-count: "off", mx-alias: error}``.
A rule is an error by default where name servers refuse the zone or cannot serve what it says, a warning otherwise. Other people's
zones come as master files that a name server loads already: there what servers load is a warning at most (C(loaded)).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import Problem, did_you_mean
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.records import SOA, Record
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.aliases import (
    AliasAlone,
    ApexAlias,
    Occluded,
    SingleAlias,
    SingleRenaming,
)
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.dnssec import ChildKeys, HashedOwner, SignerApex, SignerDelegation
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.host_names import HostNames
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.name_servers import (
    ApexServers,
    DelegationAddresses,
    DelegationAlias,
    ServerAddresses,
    ServerAlias,
    ServerCount,
    ServerNetworks,
    ServerWildcard,
    WildcardDelegation,
)
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.pointers import PointerAgreement, PointerTargets
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.record_sets import CrowdedNames, SetSize, TtlCap, TtlEqual, TtlRange
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.services import (
    MailAddress,
    MailAlias,
    NullMail,
    SenderPolicy,
    ServiceAddress,
    ServiceAlias,
)
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.soa import PrimaryName, ResponsibleName, TimerRanges, Timers
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.targets import TargetsExist
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.text import AtSigns, TextEscapes
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.validator import ERROR, LEVELS, OFF, WARNING, Validator
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.zone_view import ZoneView

VALIDATORS: Mapping[str, Validator] = {
    validator.id: validator
    for validator in (
        ApexServers(),
        ServerCount(),
        ServerAddresses(),
        ServerWildcard(),
        DelegationAddresses(),
        ServerAlias(),
        DelegationAlias(),
        ServerNetworks(),
        WildcardDelegation(),
        SignerApex(),
        SignerDelegation(),
        ChildKeys(),
        HashedOwner(),
        ApexAlias(),
        AliasAlone(),
        SingleAlias(),
        SingleRenaming(),
        Occluded(),
        Timers(),
        TimerRanges(),
        PrimaryName(),
        ResponsibleName(),
        MailAlias(),
        MailAddress(),
        NullMail(),
        SenderPolicy(),
        ServiceAlias(),
        ServiceAddress(),
        TtlRange(),
        TtlCap(),
        TtlEqual(),
        CrowdedNames(),
        SetSize(),
        HostNames(),
        TargetsExist(),
        PointerTargets(),
        AtSigns(),
        TextEscapes(),
        PointerAgreement(),
    )
}

Levels = Mapping[str, Any]
Places = Callable[[Iterable[tuple[str, str, str]]], Mapping[tuple[str, str, str], str]]


def level_of(validator: Validator, levels: Levels, from_file: bool = False) -> str:
    """The level of a rule for a zone; that of the rule where the zone's is none, which L(check_levels) tells.

    YAML reads a bare ``off`` as false. from_file: whether the zone comes from a master file.
    """
    usual = WARNING if from_file and validator.loaded else validator.level
    level = levels.get(validator.id, usual)
    return OFF if level is False else level if level in LEVELS else usual


def _applied(levels: Levels, from_file: bool) -> Sequence[tuple[Validator, str]]:
    """The rules that are not off, each with its level."""
    chosen = ((validator, level_of(validator, levels, from_file)) for validator in VALIDATORS.values())
    return [(validator, level) for validator, level in chosen if level != OFF]


_BY_DEFAULT = {from_file: _applied({}, from_file) for from_file in (False, True)}  # for the many zones that say nothing of rules


def validate(
    zone: str, soa: SOA | None, records: Sequence[Record], levels: Levels, places: Places | None = None, written: Sequence[Record] = ()
) -> tuple[list[Problem], list[Problem]]:
    """Errors and warnings about one zone.

    zone: its name without final dot. soa: None while the declaration has none. records: canonical, without the SOA.
    levels: what the zone says of rules by their id, as checked by L(check_levels). places: for a zone from a master file, L(MasterFile.places).
    written: the records before they were made canonical.
    """
    view = ZoneView(zone, soa, records, written)
    problems: dict[str, list[Problem]] = {ERROR: [], WARNING: []}
    from_file = places is not None
    rules = _applied(levels, from_file) if levels else _BY_DEFAULT[from_file]
    found = [(validator, level, finding) for validator, level in rules for finding in validator.check(view)]
    lines = places(finding.where for _validator, _level, finding in found) if places and found else {}
    for validator, level, finding in found:
        problems[level].append(validator.problem(zone, finding, lines.get(finding.where, "")))
    return problems[ERROR], problems[WARNING]


def validate_pointers(
    forward: Iterable[tuple[str, Record]], reverse: Iterable[tuple[str, Record]], levels_of: Callable[[str], Levels]
) -> tuple[list[Problem], list[Problem]]:
    """Errors and warnings about PTR records against the address records of the same declaration.

    forward, reverse: pairs of a zone's name without final dot and a record of it. levels_of: the levels of a reverse zone.
    """
    validator = VALIDATORS[PointerAgreement.id]
    problems: dict[str, list[Problem]] = {ERROR: [], WARNING: [], OFF: []}
    for zone, finding in validator.check_pointers(forward, reverse):
        problems[level_of(validator, levels_of(zone))].append(validator.problem(zone, finding))
    return problems[ERROR], problems[WARNING]


def check_levels(value: Any) -> Iterable[str]:
    """What is wrong with the option ``validators``; nothing if it is right."""
    if not isinstance(value, Mapping):
        yield f"{value!r} is not a mapping of ids to levels"
        return
    for name, level in value.items():
        if name not in VALIDATORS:
            yield f"{name!r} is unknown{did_you_mean(name, VALIDATORS)}"
        if level is not False and level not in LEVELS:
            yield f"the level {level!r} of {name} is unknown{did_you_mean(level, LEVELS)}"


def documentation() -> str:
    """docs/validators.md."""
    lines = [
        "# What is checked before any server is touched",
        "",
        "Every zone is checked against these rules when the declaration is read. An error stops the run, a warning is shown.",
        "A zone that comes from a master file was loaded by some name server before: rules that name servers put up with are warnings there.",
        "What cannot be carried is an error with the number of its line, whatever the rules say: names outside the zone, another class than IN,",
        "a second SOA, data of more than 65,535 octets, and types whose data dnspython reads in RFC 3597's form alone.",
        "A zone, or `dns_zone_defaults` for all zones, changes the level of a rule or silences it:",
        "",
        "```yaml fragment",
        "dns_zones:",
        "  - name: example.com",
        '    validators: {ns-count: "off", mx-alias: error}',
        "```",
        "",
        "Each example breaks that one rule alone, in a zone with two name servers outside it unless it has records under `records`.",
        "This page is written by `python -m ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.validators.rules`.",
        "",
        "| id | level | rule | source | refused example |",
        "|---|---|---|---|---|",
    ]
    for validator in VALIDATORS.values():
        example = f"`{validator.example}`" if validator.example else ""
        level = f"{validator.level}; in master files {WARNING}" if validator.loaded else validator.level
        lines.append(f"| `{validator.id}` | {level} | {validator.summary} | {validator.source} | {example} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(documentation(), end="")
