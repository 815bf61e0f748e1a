# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: signing_keys_lost
short_description: Tell which keys of signed zones a host has no longer
version_added: 0.1.0
description:
  - Compares two archives of keys, as the playbook C(dnssec_keys) reads them from a host.
  - A private key that another took the place of, and that nobody needs any more, is not lost. Of BIND's the key's state says so, of Knot DNS' its
    times where the zone has another key.
positional: _input, found
options:
  _input:
    description: The archive that was kept, in base64. Empty where there was none.
    type: str
    required: true
  found:
    description: The archive of what the host has now. Empty where it has no keys.
    type: str
    required: true
author:
  - The authoritative.dns maintainers (@authoritative-dns)
"""

EXAMPLES = r"""
- name: Show which keys are in the backup only
  ansible.builtin.debug:
    msg: "{{ (kept | authoritative.dns.signing_keys_lost(found)).lost }}"
"""

RETURN = r"""
_value:
  description: What became of the keys.
  type: dict
  contains:
    found:
      description: How many private keys the host has.
      type: int
    lost:
      description: Names of zones with the tags of their keys that the host has no longer, as text; ten at most by name.
      type: str
"""

import base64
import binascii
import io
import re
import tarfile
import time
from collections.abc import Mapping
from typing import NamedTuple

from ansible.errors import AnsibleFilterError

_EXAMPLES = 10
_TIMES = re.compile(r"[A-Za-z-]+: (?:v[\d.]+|\d+)")  # of BIND's private keys, and the version of the format: what is no part of the key
_ENDED = re.compile(r"(?=.*^DNSKEYState: hidden)(?=.*^GoalState: hidden)(?=.*^Removed: (\d{14}))", re.DOTALL | re.MULTILINE)
_RETIRED = re.compile(r" (?:retire|remove)=(\d+)")


class _Key(NamedTuple):
    """A private key, told from others by what it is and not by how its file is called."""

    zone: str
    private: str


def signing_keys_lost(former: str, found: str, now: float | None = None) -> dict[str, object]:
    """See DOCUMENTATION. Raises AnsibleFilterError where one of them is no archive."""
    moment = time.time() if now is None else now
    kept, has = _files(former, "what was kept"), _files(found, "what was read from the host")
    keys, left = _keys(kept), _keys(has)
    zones = {key.zone for key in left}
    lost: dict[str, list[str]] = {}
    for key, name in keys.items():
        if key not in left and not _needed_no_longer(kept, key.zone, name, moment, key.zone in zones):
            lost.setdefault(key.zone, []).append(_tag(kept, key.zone, name))
    texts = [f"{zone} (tag {', '.join(sorted(tags))})" for zone, tags in sorted(lost.items())]
    more = [f"and {len(texts) - _EXAMPLES} more zones"] * (len(texts) > _EXAMPLES)
    return {"found": len(left), "lost": ", ".join([*texts[:_EXAMPLES], *more])}


def _files(archive: str, which: str) -> dict[tuple[str, str], str]:
    """What is in it: ``{(zone, file): text}``."""
    if not archive:
        return {}
    try:
        with tarfile.open(fileobj=io.BytesIO(base64.b64decode(archive)), mode="r:") as opened:
            members = [(member.name.split("/"), member) for member in opened if member.isfile()]
            return {(path[-2], path[-1]): opened.extractfile(member).read().decode(errors="replace") for path, member in members if len(path) == 3}
    except (binascii.Error, tarfile.TarError, ValueError) as error:
        raise AnsibleFilterError(f"{which} is no archive of keys ({error}); if it is the kept file that is damaged, move it away") from error


def _keys(files: Mapping[tuple[str, str], str]) -> dict[_Key, str]:
    """The private keys, with the names of their files without suffixes."""
    keys = {}
    for (zone, name), text in files.items():
        stem, dot, suffix = name.rpartition(".")
        lines = text.splitlines() if dot and suffix in ("private", "pem") else ()
        private = "\n".join(line for line in lines if not _TIMES.fullmatch(line.strip()))
        if private:
            keys[_Key(zone, private)] = stem
    return keys


def _needed_no_longer(files: Mapping[tuple[str, str], str], zone: str, name: str, now: float, has_others: bool) -> bool:
    ended = _ENDED.match(files.get((zone, f"{name}.state"), ""))
    if ended:
        return ended.group(1) <= time.strftime("%Y%m%d%H%M%S", time.gmtime(now))
    return has_others and any(0 < int(when) <= now for when in _RETIRED.findall(_line(files, zone, name)))


def _tag(files: Mapping[tuple[str, str], str], zone: str, name: str) -> str:
    found = re.search(r" tag=(\d+)", _line(files, zone, name)) or re.search(r"\+(\d+)\Z", name)
    return str(int(found.group(1))) if found else name


def _line(files: Mapping[tuple[str, str], str], zone: str, name: str) -> str:
    """What Knot DNS says of a key."""
    return next((line for line in files.get((zone, "keys"), "").splitlines() if line.startswith(name + " ")), "")


class FilterModule:
    """Filters for the keys of signed zones."""

    def filters(self) -> dict:
        return {"signing_keys_lost": signing_keys_lost}
