# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server is configured to serve, whatever its program, on the way to one declaration for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.authoritative.dns.plugins.module_utils.common.hidden_secrets import is_hidden
from ansible_collections.authoritative.dns.plugins.module_utils.common.zone_names import domain_of, view_of
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import names
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.readers.entries import directives
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.views import NAME

PRIMARY, SECONDARY = "primary", "secondary"
# What a statement of the old configuration ends in.
TAKEN, DEFAULT, KEPT, DROPPED = "taken", "default", "kept", "dropped"
# What a finding is: servers that say different things, what is different afterwards, or a reason to write nothing.
CONTRADICTION, CHANGE, REFUSAL = "contradiction", "change", "refusal"


@dataclass(frozen=True)
class Remote:
    """Another server as a configuration names it. key: the name of the TSIG key that signs what is sent to it."""

    address: str
    port: int = 53
    key: str | None = None


@dataclass(frozen=True)
class Fate:
    """What became of a statement.

    statement: its labels from the outside in, joined by commas. where: file and line, empty if it is in no file. fate: TAKEN, DEFAULT (the
    collection says the same without a word), KEPT (in the host's own configuration) or DROPPED. detail: where it went, or why it did not.
    """

    host: str
    statement: str
    where: str
    fate: str
    detail: str


@dataclass(frozen=True)
class Finding:
    """What somebody has to know. kind: CONTRADICTION, CHANGE or REFUSAL. places: files and lines that it is about."""

    kind: str
    about: str
    text: str
    places: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.about}: {self.text}" + (f" ({', '.join(self.places)})" if self.places else "")


@dataclass
class ServedZone:
    """A zone on one server.

    sources: from where a secondary transfers it. transfer_to: who may transfer it from here, networks, words such as C(any), and
    C(key NAME). notify: who is told of changes. allow_query: who may ask, None for the server's own setting. file: on its host.
    text: its content as a master file, None if there is none. as_it_is: whether that is the server's own file. wrong: why there is no content. kept: why it
    has to stay in the host's own configuration, empty if it need not. bound: why it would not be the same there, and what to do about it, empty if it
    would. statements: (label, TAKEN or another, detail) of what it consists of.
    """

    name: str
    role: str
    where: str = ""
    sources: tuple[Remote, ...] = ()
    transfer_to: tuple[str, ...] = ()
    notify: tuple[Remote, ...] = ()
    allow_query: tuple[str, ...] | None = None
    serial: int | None = None
    file: str = ""
    text: str | None = None
    as_it_is: bool = False
    wrong: str = ""
    kept: str = ""
    bound: str = ""
    statements: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Named:
    """A statement that gives something a name, which others use: a key, a list. label: what it is called in a report."""

    name: str
    label: str
    text: str = field(repr=False)
    is_key: bool = False


@dataclass
class GatheredServer:
    """One server. variables: of the role nameserver. keys: TSIG keys by name, {algorithm, secret}.

    local_config, local_options: statements, outside and inside of options, that stay the host's own. named: what these may use.
    views: as dns_views declares them, none if it has none.
    zone_texts: the statement of every zone as it would be kept. places: file and line by statement. has_local_zones: whether the program of
    afterwards can keep zones of the host's own.
    """

    host: str
    software: str
    addresses: tuple[str, ...]
    zones: dict[str, ServedZone] = field(default_factory=dict)
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    local_config: list[str] = field(default_factory=list)
    local_options: list[Named] = field(default_factory=list)
    named: list[Named] = field(default_factory=list)
    views: list[dict[str, Any]] = field(default_factory=list)
    zone_texts: dict[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    fates: list[Fate] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    has_local_zones: bool = True

    def find(self, kind: str, text: str, *statements: str) -> None:
        """Adds a finding about the server. statements: those that it is about, as places knows them."""
        places = tuple(self.places[name] for name in statements if name in self.places)
        self.findings.append(Finding(kind, f"host {self.host}", text, places))

    def impossible_zones(self) -> list[str]:
        """What is wrong with the names of zones and views. A name server's account may write some of them, and they become paths and configuration."""
        found = []
        for zone in self.zones:
            try:
                names.zone_name(domain_of(zone))
            except ValueError as error:
                found.append(f"zone {domain_of(zone)!r} {error}; take it away there, or look who put it there: the name server may be compromised")
            if not NAME.match(view_of(zone) or "internal"):
                found.append(f"zone {zone!r} is in a view whose name no view can have; give the view another name there")
        return found

    def told(self, statement: str, items: Sequence[list[str]]) -> list[list[str]]:
        """The options of a statement without those that are secrets, which nobody read: what stands in their place would be one that everybody knows."""
        hidden = [item for item in items if is_hidden(item)]
        for item in hidden:
            name = f"{statement}, {item[0]}"
            what_to_do = "where it is needed, write it into nameserver_local_config, with the secret from a vault"
            self.find(CHANGE, f"{item[0]} of {statement} is a secret, which is not read, so it is left out; {what_to_do}", name)
            self.end(name, DROPPED, "a secret, which is not read")
        return [item for item in items if item not in hidden]

    def end(self, statement: str, fate: str, detail: str) -> None:
        """Adds what becomes of a statement."""
        self.fates.append(Fate(self.host, statement, self.places.get(statement, ""), fate, detail))


@dataclass
class DeclaredZone:
    """A zone as it is to be declared. options: those of docs/declaration.md. text: its master file, None if its primary is outside.

    servers: the apex NS records of such a zone, which a declaration wants of any. origin: host and path of the text.
    """

    name: str
    options: dict[str, Any]
    text: str | None = None
    servers: Sequence[str] = ()
    origin: str = ""

    @property
    def includes(self) -> bool:
        """Whether the text includes a file, which the host's readers should have put in its place."""
        return self.text is not None and "$INCLUDE" in self.text.upper() and "$INCLUDE" in directives(self.text.lstrip("\ufeff"))
