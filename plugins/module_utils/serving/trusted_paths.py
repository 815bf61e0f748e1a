# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths that root alone can make lead elsewhere, and files that a power loss leaves whole.

A name server that was taken over writes wherever its user may. What root reads and writes is below directories where it may not:
then no link and no other directory can be put in the way, at no moment.
"""

from __future__ import annotations

import os
import stat

from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused

_MOST_LINKS = 40  # that Linux follows in one path


def check(path):
    """Raise Refused where somebody else than root can change what path leads to.

    Root's own links are followed. What is not there yet can only be made by root. Of a directory with the sticky bit, such as /tmp, only
    root can rename what is root's.
    """
    place, ahead, links = "/", path.split("/"), 0
    _check_directory(place, os.lstat(place), path)
    while ahead:
        part = ahead.pop(0)
        if part == "..":
            place = os.path.dirname(place)
        elif part not in ("", "."):
            below = os.path.join(place, part)
            try:
                status = os.lstat(below)
            except FileNotFoundError:
                return
            if stat.S_ISLNK(status.st_mode) and status.st_uid == 0 and links < _MOST_LINKS:
                links += 1
                target = os.readlink(below)
                ahead = target.split("/") + ahead
                place = "/" if target.startswith("/") else place
            else:
                _check_directory(below, status, path)
                place = below


def is_roots_file(path):
    """Whether root alone can change what is in a file, and what its path leads to. What is not there yet counts as such a file."""
    for _link in range(_MOST_LINKS):
        directory = os.path.dirname(os.path.abspath(path))
        try:
            check(directory)
            status = os.lstat(path)
            if not stat.S_ISLNK(status.st_mode):
                return status.st_uid == 0 and not status.st_mode & _others(status)
            if status.st_uid:
                return False
            path = os.path.join(directory, os.readlink(path))
        except FileNotFoundError:
            return True
        except (Refused, OSError):
            return False
    return False


def is_roots_alone(status):
    """Whether root alone can change what is in a directory, or take its files away."""
    return stat.S_ISDIR(status.st_mode) and status.st_uid == 0 and (not status.st_mode & _others(status) or bool(status.st_mode & stat.S_ISVTX))


def _others(status):
    """The bits of a mode that let others than root write."""
    return stat.S_IWOTH | (stat.S_IWGRP if status.st_gid else 0)


def _check_directory(place, status, path):
    if not is_roots_alone(status):
        what = f"mode {stat.S_IMODE(status.st_mode):04o}, user {status.st_uid}, group {status.st_gid}"
        raise Refused(
            f"{place} ({what}) is no directory that root alone can change, so whoever can would decide what root finds at {path}; "
            "give it to root, or look who put it there: the name server may be compromised"
        )


def settle(path):
    """Have a file, or the names in a directory, survive a power loss."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
