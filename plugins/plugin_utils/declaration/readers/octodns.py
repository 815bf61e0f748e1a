# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones written for octoDNS' YamlProvider, as they are.

A zone is a mapping of names, the empty one for the apex, to one record or a list of records, each a mapping with C(type),
C(ttl) and C(value) or C(values); what has several fields is a mapping of them (https://octodns.readthedocs.io/en/latest/records.html).
Names in values are full names. What a zone of the DNS cannot hold is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import Findings, Problem, did_you_mean, made_by_yaml
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.rdata import quote_strings

RECORD_KEYS = ("type", "ttl", "value", "values", "octodns")

_NOT_DNS = {
    "ALIAS": "use A and AAAA records, or a CNAME below the apex",
    "URLFWD": "let the name have the addresses of a web server that redirects",
}
_STEERED = {
    "dynamic": "keep the values, and leave out the pools and rules that depend on who asks and what is healthy",
    "geo": "keep the values, and leave out those that depend on where a question comes from",
}
_ESCAPE_OR_QUOTE = re.compile(r'\\.|"', re.DOTALL)


def _plain(value: object) -> str:
    return str(value)


def _name(value: object) -> str:
    """A full name. Without a final dot providers take it for full too, unless it is one label, which nobody can mean."""
    text = str(value)
    if text.endswith("."):
        return text
    if "." not in text:
        raise ValueError(f"has the name {text!r} without a final dot")
    return f"{text}."


def _quoted(value: object) -> str:
    """A character-string of presentation format, whose backslashes octoDNS passes on."""
    return '"' + _ESCAPE_OR_QUOTE.sub(lambda match: match[0] if match[0] != '"' else '\\"', str(value)) + '"'


def _text(value: object) -> str:
    """Free text, in which octoDNS writes a semicolon with a backslash before it, and drops quotes around it and its parts."""
    text = str(value)
    if text.startswith('"'):
        text = text[1:-1]
    return quote_strings(text.replace('" "', "").replace("\\;", ";"))


def _meters(value: object) -> str:
    return f"{value}m"


def _parameters(value: object) -> str:
    """Service parameters (RFC 9460 section 2.1): a mapping of keys to a value, a list of values, or nothing."""
    if not isinstance(value, Mapping):
        raise ValueError(f"has svcparams {value!r}, which is not a mapping")
    return " ".join(key if one is None else f"{key}={_quoted(','.join(map(str, one)) if isinstance(one, list) else one)}" for key, one in value.items())


class _Field(NamedTuple):
    """One field of a value. keys: its name and older ones. default: None if it must be given."""

    keys: tuple[str, ...]
    text: Callable[[object], str] = _plain
    default: object = None


def _fields(*names: str) -> tuple[_Field, ...]:
    return tuple(_Field((name,)) for name in names)


_SERVICE = (*_fields("svcpriority"), _Field(("targetname",), _name), _Field(("svcparams",), _parameters, {}))

# In the order of the presentation format.
_FIELDS: Mapping[str, tuple[_Field, ...]] = {
    "MX": (_Field(("preference", "priority")), _Field(("exchange", "value"), _name)),
    "SRV": (*_fields("priority", "weight", "port"), _Field(("target",), _name)),
    "CAA": (_Field(("flags",), default=0), _Field(("tag",)), _Field(("value",), _quoted)),
    "NAPTR": (
        *_fields("order", "preference"),
        _Field(("flags",), _quoted, ""),
        _Field(("service",), _quoted, ""),
        _Field(("regexp",), _quoted, ""),
        _Field(("replacement",), _name),
    ),
    "SSHFP": _fields("algorithm", "fingerprint_type", "fingerprint"),
    "TLSA": (
        _Field(("certificate_usage",), default=0),
        _Field(("selector",), default=0),
        _Field(("matching_type",), default=0),
        _Field(("certificate_association_data",)),
    ),
    "DS": _fields("key_tag", "algorithm", "digest_type", "digest"),
    "URI": (*_fields("priority", "weight"), _Field(("target",), _quoted)),
    "LOC": (
        *_fields("lat_degrees", "lat_minutes", "lat_seconds", "lat_direction", "long_degrees", "long_minutes", "long_seconds", "long_direction"),
        *(_Field((name,), _meters) for name in ("altitude", "size", "precision_horz", "precision_vert")),
    ),
    "SVCB": _SERVICE,
    "HTTPS": _SERVICE,
}
_OLD_DS = _fields("flags", "protocol", "algorithm", "public_key")  # the same fields under the names of a DNSKEY's
_TEXTS: Mapping[str, Callable[[object], str]] = {
    "TXT": _text,
    "SPF": _text,
    "NS": _name,
    "CNAME": _name,
    "DNAME": _name,
    "PTR": _name,
}


def looks_like(content: object) -> bool:
    """Whether a file's content is a zone of octoDNS rather than one of this collection's own declarations.

    Ours has options, of which C(records) is a list and most are plain values; octoDNS' has nothing but names with records.
    """
    if not isinstance(content, Mapping) or not content:
        return False
    if "" in content:
        return True
    if isinstance(content.get("records"), list):
        return False
    records = [record for value in content.values() for record in (value if isinstance(value, list) else [value])]
    return all(isinstance(record, Mapping) for record in records) and any("type" in record for record in records)


def is_configuration(content: object) -> bool:
    """Whether a file's content is octoDNS' own configuration, which may lie beside the zones."""
    return isinstance(content, Mapping) and isinstance(content.get("providers"), Mapping) and isinstance(content.get("zones"), Mapping)


def records_of(content: Mapping[Any, Any], where: str) -> tuple[list[dict[str, Any]], Findings]:
    """A zone of octoDNS as records of a declaration, C({name, type, value, ttl}), and what is wrong with it.

    What both formats have in common is not checked here but by records.parse_records. where: names the zone in problems.
    """
    items: list[dict[str, Any]] = []
    findings = Findings()
    for name, value in content.items():
        if made_by_yaml(name):
            findings.problem(where, f"the name {name!r} {made_by_yaml(name)}", "put the name in quotes")
            continue
        owner = str(name) or "@"
        for record in value if isinstance(value, list) else [value]:
            if not isinstance(record, Mapping):
                findings.problem(f"{where}, record {owner}", f"{record!r} is not a record", "write {type: A, value: 192.0.2.1}")
            elif not isinstance(record.get("type"), str):
                findings.problem(f"{where}, record {owner}", f"type {record.get('type')!r} is not a record type", "write a type such as A or MX")
            else:
                items += _items(owner, record, f"{where}, record {owner} {record['type']}", findings)
    return items, findings


def _items(owner: str, record: Mapping[str, Any], where: str, findings: Findings) -> Iterator[dict[str, Any]]:
    """The record as an item of a declaration, unless nothing of it is left."""
    options = record.get("octodns")
    if isinstance(options, Mapping) and options.get("ignored"):
        findings.warning(where, "is ignored by octoDNS (octodns.ignored), and left out here too", "remove the record, or that option")
        return
    refusals = list(_refusals(record, where))
    findings.problems += refusals
    values = None if refusals else _values(record, where, findings)
    if refusals or values == []:
        return
    item = {"name": owner, "type": record["type"], "value": values}
    yield {**item, "ttl": record["ttl"]} if "ttl" in record else item


def _refusals(record: Mapping[str, Any], where: str) -> Iterator[Problem]:
    """What octoDNS can say and a zone of the DNS cannot."""
    rdtype = record["type"]
    if rdtype in _NOT_DNS:
        yield Problem(where, f"{rdtype} is not a type of the DNS but a provider's service", _NOT_DNS[rdtype])
    elif "/" in rdtype:
        yield Problem(where, f"{rdtype} is a type of the provider {rdtype.partition('/')[0]} alone", "say it with types of the DNS")
    for key, right in _STEERED.items():
        if key in record:
            yield Problem(where, f"has {key}, answers that differ from question to question", right)
    for key in record:
        if key not in RECORD_KEYS and key not in _STEERED:
            yield Problem(where, f"the key {key!r} is unknown{did_you_mean(key, RECORD_KEYS)}", f"a record has {', '.join(RECORD_KEYS)}")


def _values(record: Mapping[str, Any], where: str, findings: Findings) -> list[Any] | None:
    """The record's values in presentation format without those that are wrong, None if it has none."""
    given = record["values"] if "values" in record else record.get("value")
    if given is None or given == []:
        return None
    result = []
    for value in given if isinstance(given, list) else [given]:
        try:
            result.append(_value(record["type"], value))
        except ValueError as error:
            findings.problem(where, f"value {_shown(value)} {error}", _example_of(record["type"]))
        else:
            names = [name for name in _names(record["type"], value) if not name.endswith(".")]
            if names:
                findings.warning(where, f"value {_shown(value)} has the name {names[0]} without a final dot, read as a full one", f"write {names[0]}.")
    return result


def _value(rdtype: str, value: Any) -> Any:
    """One value in presentation format, or as it is where only records.parse_records can say what is wrong. Raises ValueError."""
    if rdtype in _TEXTS:
        return _TEXTS[rdtype](value) if isinstance(value, (str, int)) and not isinstance(value, bool) else value
    fields = _FIELDS.get(rdtype)
    if fields is None:
        return value
    if not isinstance(value, Mapping):
        raise ValueError(f"is not a mapping of {', '.join(field.keys[0] for field in fields)}")
    if rdtype == "DS" and "public_key" in value:
        fields = _OLD_DS
    known = [key for field in fields for key in field.keys]
    for key in value:
        if key not in known:
            raise ValueError(f"has the unknown key {key!r}{did_you_mean(key, known)}")
    return " ".join(part for part in (_part(field, value) for field in fields) if part)


def _names(rdtype: str, value: Any) -> Iterator[str]:
    """The names in a value, as they are written."""
    if _TEXTS.get(rdtype) is _name:
        yield str(value)
    elif isinstance(value, Mapping):
        yield from (str(value[key]) for field in _FIELDS.get(rdtype, ()) if field.text is _name for key in field.keys if value.get(key) is not None)


def _part(field: _Field, value: Mapping[str, Any]) -> str:
    for key in field.keys:
        if value.get(key) is not None:
            return field.text(value[key])
    if field.default is None:
        raise ValueError(f"has no {field.keys[0]}")
    return field.text(field.default)


def _shown(value: object) -> str:
    return repr(dict(value) if isinstance(value, Mapping) else value)


def _example_of(rdtype: str) -> str:
    fields = _FIELDS.get(rdtype)
    if fields is None:
        return "write a full name with a final dot, such as www.example.com."
    return f"give {', '.join(field.keys[0] for field in fields)}; names are full, with a final dot"
