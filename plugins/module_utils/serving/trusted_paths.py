# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths that root alone can make lead elsewhere, and files that a power loss leaves whole.

A name server that was taken over writes wherever its user may. What root reads and writes is below directories where it may not:
then no link and no other directory can be put in the way, at no moment.
"""

from __future__ import annotations

import contextlib
import os
import stat

from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused

_MOST_LINKS = 40  # that Linux follows in one path


def check(path):
    """The status of what path leads to, None if it is not there yet. Raises Refused where somebody else than root can change what that is.

    Root's own links are followed. Of a directory with the sticky bit, such as /tmp, only root can rename what is root's; but what is not there yet
    anybody can make there, so whoever makes it looks once more.
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
                return None
            if stat.S_ISLNK(status.st_mode) and status.st_uid == 0 and links < _MOST_LINKS:
                links += 1
                target = os.readlink(below)
                ahead = target.split("/") + ahead
                place = "/" if target.startswith("/") else place
            else:
                _check_directory(below, status, path)
                place = below
    return os.lstat(place)


@contextlib.contextmanager
def opened(path):
    """A descriptor of the directory that path leads to. Raises Refused where somebody else than root can change what that is, or just did."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        found = check(path)  # afterwards, because from then on it leads nowhere else
        if found is None or not os.path.samestat(found, os.fstat(descriptor)):
            raise Refused(f"{path} was replaced while it was opened; look who can change files there: the name server may be compromised")
        yield descriptor
    finally:
        os.close(descriptor)


def check_file(path):
    """Raise Refused where somebody else than root can put another file in the place of what path names: with the sticky bit, of what is not root's."""
    directory = check(os.path.dirname(path))
    if directory is not None and not directory.st_mode & _others(directory):
        return
    if not os.path.lexists(path) or os.lstat(path).st_uid:
        raise Refused(
            f"{path} is no file of root's, and lies where others than root can put files, so whoever can would decide what root finds there; "
            "give it to root, or move it to a directory that root alone can change"
        )


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
