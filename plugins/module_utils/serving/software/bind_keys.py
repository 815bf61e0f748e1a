# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keys with which named signs, as its files say: C(K*.key) has what is public of a key, C(K*.state) what has become of it."""

from __future__ import annotations

import os
import re

_PUBLIC = re.compile(r"^\S+\s+(?:\d+\s+)?IN\s+DNSKEY\s+(\d+)\s+(\d+)\s+(\d+)\s+(.+)$", re.M)
_FIELD = re.compile(r"^(\w+): *(\S+)", re.M)
_NAME = re.compile(r"K.+\+\d{3}\+(\d{5})\.key")


def keys(directory, names):
    """{name: keys} of zones with these names of directories; see L(Software.keys)."""
    return {name: [key for key in map(_key, _files(os.path.join(directory, name))) if key] for name in names}


def _files(path):
    try:
        return [os.path.join(path, file) for file in sorted(os.listdir(path)) if _NAME.fullmatch(file)]
    except FileNotFoundError:
        return []


def _key(path):
    """None where there is no private half, so that nothing can be signed with it."""
    public = _PUBLIC.search(_read(path))
    if public is None or not os.path.exists(path[: -len("key")] + "private"):
        return None
    flags, _protocol, algorithm, data = public.groups()
    state = dict(_FIELD.findall(_read(path[: -len("key")] + "state")))
    signs_keys = state.get("KSK", "yes" if int(flags) & 1 else "no") == "yes"
    told = {"published": ("DSPublish", "rumoured"), "withdrawn": ("DSRemoved", "unretentive")}
    since = state.get("DSChange", "")
    return {
        "key_tag": int(_NAME.fullmatch(os.path.basename(path)).group(1)),
        "algorithm": int(algorithm),
        "signs_keys": signs_keys,
        "signs_zone": state.get("ZSK", "no" if int(flags) & 1 else "yes") == "yes",
        "dnskey": " ".join([flags, "3", algorithm, "".join(data.split())]),
        "goal": state.get("GoalState", ""),
        "states": {word: state[field] for word, field in _STATES.items() if field in state and (signs_keys or word != "ds")},
        # A time before the state began is that of an earlier turn.
        "told": next((word for word, (field, ds) in told.items() if state.get("DSState") == ds and state.get(field, "") >= (since or "9")), None),
    }


_STATES = {"dnskey": "DNSKEYState", "zone_rrsig": "ZRRSIGState", "key_rrsig": "KRRSIGState", "ds": "DSState"}


def _read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except FileNotFoundError:
        return ""
