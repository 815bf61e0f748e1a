# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keys of zones that knotd signs, as keymgr(8) prints them, and what was said of their DS.

knotd takes the word that a DS is published for the word that resolvers have forgotten the former one, and none at all that a DS is withdrawn. So
what is said is kept here, as a file for each key, with its time. These files belong to knotd, so that only its own user touches them
(L(Software.call_as_server)).
"""

from __future__ import annotations

import contextlib
import json
import os

PUBLISHED, WITHDRAWN = "published", "withdrawn"


def keys(printed, dnskeys, ending, waiting, now, known=0):
    """The keys of one zone, see L(Software.keys), those that knotd removed left out.

    printed: by C(keymgr --json ZONE list). dnskeys: {key's identifier: its DNSKEY record, empty where it is gone}. ending: whether the zone is to be
    signed no longer. waiting: {key tag: what was said of its DS, if there is still to be waited}. now: seconds since the epoch. known: seconds for
    which resolvers may have answers from before the first key, for which knotd does not wait.
    """
    there = [key for key in _there(printed, now) if dnskeys[key["id"]]]
    first = known if sum(key["ksk"] for key in there) == 1 else 0
    return [_key(key, dnskeys[key["id"]].split(None, 2)[2].strip(), ending, waiting, now, first) for key in there]


def identifiers(printed, now):
    """Of the keys that L(keys) would tell of."""
    return [key["id"] for key in _there(printed, now)]


def signing_keys(printed, now):
    """Tags of those that sign the zone's keys, and for which there may be a DS."""
    return [key["tag"] for key in _there(printed, now) if key["ksk"]]


def _there(printed, now):
    return [key for key in json.loads(printed or "[]") if not _is_past(key, "remove", now)]


def _is_past(key, event, now):
    return 0 < key[event] <= now


def _key(key, dnskey, ending, waiting, now, first):
    retired = _is_past(key, "retire", now) or _is_past(key, "retire-active", now)
    used = _is_past(key, "active", now) or key["ksk"] and _is_past(key, "ready", now)  # one that was brought here was never ready
    states = {"dnskey": "omnipresent" if used else "rumoured" if _is_past(key, "publish", now) else "hidden"}
    if key["zsk"]:
        states["zone_rrsig"] = "unretentive" if retired else "omnipresent" if _is_past(key, "active", now) or key["ksk"] else "hidden"
    if key["ksk"]:
        states["key_rrsig"] = "unretentive" if _is_past(key, "retire", now) else states["dnskey"]
        states["ds"] = _ds(key, ending or retired, now, first)
    told = waiting.get(key["tag"]) if not retired else WITHDRAWN  # of the DS of a former key it need not be told
    hidden = ending or retired
    signs = {"signs_keys": key["ksk"], "signs_zone": key["zsk"], "dnskey": dnskey}
    return {"key_tag": key["tag"], "algorithm": key["algorithm"], **signs, "goal": "hidden" if hidden else "omnipresent", "states": states, "told": told}


def _ds(key, going, now, first):
    if going:
        return "unretentive"
    return "omnipresent" if _is_past(key, "active", now) else "rumoured" if _is_past(key, "ready", now - first) else "hidden"


def said(directory):
    """{name of a file: seconds since the epoch} of what was said."""
    try:
        return {entry.name: entry.stat(follow_symlinks=False).st_mtime for entry in os.scandir(directory)}
    except FileNotFoundError:
        return {}


def say(directory, name):
    """Keep what is said now, unless it was said before."""
    with contextlib.suppress(FileExistsError):
        os.mkdir(directory, 0o750)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(os.path.join(directory, name), os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_WRONLY, 0o640))


def forget(directory, names):
    for name in names:
        with contextlib.suppress(OSError):
            os.unlink(os.path.join(directory, name))
