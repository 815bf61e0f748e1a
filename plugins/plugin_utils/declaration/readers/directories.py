# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones from the files of a directory, tens of thousands of them, each read once until it changes.

C(NAME.zone) is a master file (RFC 1035 section 5), C(NAME.yaml), C(NAME.yml) and C(NAME.json) hold C(records) and options as in
C(dns_zones), or options alone beside a master file, or a zone as octoDNS writes it. C(_defaults.yaml) holds options for the whole directory. Other names,
and those that begin with a dot or an underscore, are no zones.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import functools
import hashlib
import json
import multiprocessing
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import yaml
from ansible_collections.authoritative.dns.plugins.module_utils.common.collector import uncollected
from ansible_collections.authoritative.dns.plugins.module_utils.common.dnspython import dns
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import names
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.content import DEFAULT_TTL, Content, build
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.drafts import (
    SHARED_KEYS,
    Draft,
    check_mapping,
    check_nested,
    merged_options,
    name_in_view,
)
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.problems import Findings, Problem, shown
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.readers import octodns
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.readers.cache import Cache, settled, signature
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.readers.master_file import parse_zone_file
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.records import parse_records, parse_ttl

_DEFAULTS = "_defaults"
_ZONE_SUFFIX = ".zone"
_DATA_SUFFIXES = (".yaml", ".yml", ".json")
_MANY = 1000  # files, from which on it is worth while to start processes that read them
_MOST_PROCESSES = 8
_FILE_KEYS = ("records", *SHARED_KEYS)


@uncollected()
def read_directory(path: str, defaults: Mapping[str, Any]) -> list[tuple[Draft, list[Problem]]]:
    """Every zone of a directory with the mistakes in it, by name. Raises OSError if the directory cannot be read.

    defaults: C(dns_zone_defaults), below the directory's own.
    """
    files: dict[str, list[str]] = defaultdict(list)
    for name in sorted(os.listdir(path)):
        stem, suffix = os.path.splitext(name)
        if suffix in _DATA_SUFFIXES and stem == _DEFAULTS or not name.startswith((".", "_")) and suffix in (_ZONE_SUFFIX, *_DATA_SUFFIXES):
            files[stem].append(os.path.join(path, name))
    directory_defaults, problems = _directory_defaults(f"directory {path}", files.pop(_DEFAULTS, []))
    options = merged_options(defaults, directory_defaults)
    result = [(Draft(f"directory {path}", "", {}), problems)] if problems else []
    return result + _read_zones(os.path.abspath(path), files, options)


def _directory_defaults(where: str, paths: Sequence[str]) -> tuple[Mapping[str, Any], Sequence[Problem]]:
    """The options for a whole directory, and what is wrong with them. paths: of the files that hold them, at most one."""
    if len(paths) > 1:
        return {}, [_several(where, paths)]
    options, findings = _options(f"file {paths[0]}", paths[0], SHARED_KEYS) if paths else ({}, Findings())
    return options, findings.problems


def _several(where: str, paths: Iterable[str]) -> Problem:
    return Problem(where, f"has {' and '.join(map(os.path.basename, paths))}", "keep one of them")


def _read_zones(path: str, files: Mapping[str, list[str]], defaults: Mapping[str, Any]) -> list[tuple[Draft, list[Problem]]]:
    cache = Cache(path, version(defaults))
    shared = _Shared()
    kept = cache.summaries(shared.entry)
    holding = _holding(kept, files)
    missing = {stem: paths for stem, paths in files.items() if stem not in holding}
    with cache.locked() if missing else contextlib.nullcontext():  # the hosts of a run look side by side, and one of them reads
        entries = {stem: cache.summary(stem) for stem in missing} if len(missing) < _MANY else cache.summaries(shared.entry)
        holding.update(_holding(entries, missing))
        read = dict(_read_anew({stem: paths for stem, paths in files.items() if stem not in holding}, defaults))
        changed = [(stem, entry, body) for stem, (entry, body) in read.items() if settled(entry[0])]
        if changed or len(kept) > len(files):
            cache.replace(changed, kept.keys() - files.keys())
    result = []
    for stem, paths in files.items():
        if stem in read:
            entry, text = read[stem]
            body = functools.partial(str, text)
        else:
            entry, body = holding[stem], cache.body(stem, functools.partial(_body_again, stem, paths, defaults))
        result.append((unpacked(entry, body), entry[-1]))
    return result


class _Shared:
    """Options that many zones have, once for all of them: they are an eighth of the memory that the declaration of 100,000 zones takes."""

    def __init__(self) -> None:
        self._known: dict[str, Any] = {}

    def entry(self, entry: tuple[Any, ...]) -> tuple[Any, ...]:
        signatures, where, name, options, *others = entry
        return (signatures, where, name, self._known.setdefault(repr(options), options), *others)


def _holding(entries: Mapping[str, Any], files: Mapping[str, list[str]]) -> dict[str, Any]:
    """Those entries of the cache whose zones would be read again from the same unchanged files."""
    return {stem: entries[stem] for stem, paths in files.items() if entries.get(stem) and holds(entries[stem][0], paths)}


def _read_anew(files: Mapping[str, list[str]], defaults: Mapping[str, Any]) -> Iterable[tuple[str, tuple[tuple[Any, ...], str]]]:
    """(name, (entry of the cache, body)) of each zone, by all processors where there are many zones."""
    read = functools.partial(_read_entry, defaults)
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    if len(files) < _MANY or processors == 1 or multiprocessing.current_process().daemon:
        return map(read, files.items())
    with concurrent.futures.ProcessPoolExecutor(min(processors, _MOST_PROCESSES), multiprocessing.get_context("fork")) as pool:
        return list(pool.map(read, files.items(), chunksize=_MANY // 10))


def _read_entry(defaults: Mapping[str, Any], item: tuple[str, list[str]]) -> tuple[str, tuple[tuple[Any, ...], str]]:
    stem, paths = item
    signatures = [*signature(paths)]
    draft, problems = read_zone(stem, paths, defaults, functools.partial(read_signed, signatures))
    return stem, ((signatures, *packed(draft), problems), draft.content.body() if draft.content else "")


def holds(signatures: list[Any], paths: list[str]) -> bool:
    """Whether a zone would be read from the same unchanged files again. signatures: of its own files, then of those that they include."""
    known = [path for path, *_status in signatures]
    return known[: len(paths)] == paths and signatures == [*signature(known)]


def read_text(path: str) -> str:
    """A file's text as names.decode has it."""
    with open(path, "rb") as stream:
        return names.decode(stream.read())


def read_signed(signatures: list[Any], path: str) -> str:
    """A file's text; its signature from before it was read is added to those of the others."""
    signatures += signature([path])
    return read_text(path)


def packed(draft: Draft) -> tuple[Any, ...]:
    """What the cache keeps of a zone beside its body."""
    content = draft.content
    fields = (content.soa, content.own_serial, content.digest, content.count, content.apex_servers, content.address_text) if content else None
    return draft.where, draft.name, draft.options, fields, (content.warnings, content.signed) if content else ()


def unpacked(entry: tuple[Any, ...], body: Callable[[], str]) -> Draft:
    """The zone of an entry of the cache: the signatures of its files, what L(packed) gave, and its mistakes. body: gives its records as text."""
    _signature, where, name, options, fields, found, _problems = entry
    return Draft(where, name, options, content=Content(*fields, body, *found) if fields else None)


def _body_again(stem: str, paths: list[str], defaults: Mapping[str, Any]) -> str:
    content = read_zone(stem, paths, defaults)[0].content
    return content.body() if content else ""


def version(defaults: Mapping[str, Any]) -> str:
    """Changes when what is made of an unchanged file may change: this code, dnspython, the defaults."""
    return hashlib.sha256(repr((_code(), dns.version.version, sorted(defaults.items(), key=str))).encode()).hexdigest()


@functools.lru_cache(maxsize=1)
def _code() -> str:
    return code_digest(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def code_digest(root: str) -> str:
    """Identifies all code of the declaration below a folder: each part of it has a say in what is made of a file."""
    code = hashlib.sha256()
    for directory, below, files in os.walk(root):
        below.sort()
        for name in sorted(files):
            if name.endswith(".py"):
                with open(os.path.join(directory, name), "rb") as stream:
                    code.update(stream.read())
    return code.hexdigest()


def read_zone(stem: str, paths: list[str], defaults: Mapping[str, Any], include: Callable[[str], str] = read_text) -> tuple[Draft, list[Problem]]:
    """One zone from its files: at most one master file and at most one file of options, records or both. include: reads what these include."""
    where = f"zone {stem} ({paths[0]})"
    draft = Draft(where, stem.lower(), merged_options(defaults, {}))
    try:
        origin = names.zone_name(names.zone_of_file_name(stem))
    except ValueError as error:
        return draft, [Problem(where, f"its file name {error}", "name the file after the zone, with %2F for a slash, and %2E for the root")]
    masters = [path for path in paths if path.endswith(_ZONE_SUFFIX)]
    data = [path for path in paths if not path.endswith(_ZONE_SUFFIX)]
    if len(data) > 1:
        return draft, [_several(where, data)]
    findings = Findings()
    own: Mapping[str, Any] = {}
    if data:
        own, findings = _options(where, data[0], _FILE_KEYS)
        draft.options = merged_options(defaults, {key: value for key, value in own.items() if key != "records"})
    draft.name = name_in_view(names.to_text(origin), draft.options)
    problems = findings.problems
    items = own.get("records", [])
    try:
        ttl = parse_ttl(draft.options.get("ttl", DEFAULT_TTL))
    except ValueError as error:
        return draft, [*problems, Problem(where, f"ttl: {error}", "write seconds, or units such as 1h or 1d")]
    file = None
    records, mistakes = parse_records(items, origin, ttl, where)
    problems += mistakes
    if masters:
        try:
            file = parse_zone_file(read_text(masters[0]), origin, where, masters[0], include)
        except OSError as error:
            return draft, [*problems, Problem(where, f"cannot be read ({error})", "make it a file that may be read")]
        records = [*file.records, *records]
        problems += file.problems
    elif "records" not in own and (own or not problems):
        problems.append(Problem(where, "has no records", f"add records, or a master file {stem}.zone beside it"))
    if not problems:
        draft.content, problems = build(where, origin, ttl, draft.options, records, file, findings.warnings)
    draft.origin = origin
    return draft, problems


def _options(where: str, path: str, known: tuple[str, ...]) -> tuple[Mapping[str, Any], Findings]:
    """The mapping in a YAML or JSON file and what is wrong with it."""
    try:
        with open(path, encoding="utf-8") as stream:
            content = json.load(stream, object_pairs_hook=_mapping) if path.endswith(".json") else yaml.load(stream, Loader=_Loader)
    except _WrittenTwice as error:
        return {}, Findings([Problem(where, f"the key {error}", "write it once, with all that it shall hold")])
    except (OSError, UnicodeError, ValueError, yaml.YAMLError) as error:
        return {}, Findings([Problem(where, f"{path} cannot be read ({' '.join(str(error).split())})", "make it a YAML or JSON file with one mapping")])
    if octodns.is_configuration(content):
        return {}, Findings([Problem(where, "is octoDNS' configuration, not a zone", f"move it to another directory, or call it _{os.path.basename(path)}")])
    if "records" in known and octodns.looks_like(content):
        items, findings = octodns.records_of(content, where)
        return {"records": items}, findings
    findings = Findings(check_mapping(where, content, known))
    if not isinstance(content, Mapping):
        return {}, findings
    findings.problems += check_nested(where, content)
    return content, findings


class _WrittenTwice(ValueError):
    """A mapping has a key twice, of which PyYAML and json would take the last one without a word."""


def _mapping(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """A mapping of a JSON file. Raises _WrittenTwice."""
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise _WrittenTwice(f"{key!r} is written twice, with {shown(result[key])} and with {shown(value)}")
        result[key] = value
    return result


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML without the numbers that nobody means: ``010`` is not 8 here, ``1:20`` not 80, ``1_0`` not 10, but text; and with each key once."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag not in ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Look at the mapping's own keys, once, before those of merges (``<<``) come among them. Raises _WrittenTwice."""
        if not hasattr(node, "keys_seen"):
            node.keys_seen = True
            lines: dict[tuple[str, str], int] = {}
            for key, _value in node.value:
                # Of what else may be a key PyYAML says that it cannot be one, and of merges it takes each.
                if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                    line, same = key.start_mark.line + 1, (key.tag, key.value)
                    if same in lines:
                        raise _WrittenTwice(f"{key.value!r} is written twice, in line {lines[same]} and in line {line}")
                    lines[same] = line
        super().flatten_mapping(node)


_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"(?:0|-?[1-9][0-9]*)\Z"), list("-0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"-?[0-9]+\.[0-9]+\Z"), list("-0123456789"))
