# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of the administrator's, replaced without giving the server's user a way to root."""

from __future__ import annotations

import os
import stat

from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.serving import trusted_paths


def replace(path, text, software):
    """Give a file another text, with its owner, group and mode; whoever is killed leaves the one or the other. Raises Refused.

    As root only where root alone can change what the path leads to, else with the server's own rights.
    """
    try:
        trusted_paths.check(path if os.path.isdir(path) else os.path.dirname(path))
        trusted = True
    except Refused:
        trusted = False
    if trusted:
        _replace(path, text)
        return
    try:
        software.call_as_server(_replace, path, text)
    except OSError as error:
        raise Refused(f"{path} is where others than root can change files, and the server's user cannot write it ({error.strerror})") from error


def _replace(path, text):
    status = os.stat(path)
    temporary = os.path.join(os.path.dirname(path), ".authoritative-dns-" + os.path.basename(path))
    if os.path.lexists(temporary):
        os.unlink(temporary)  # somebody was killed
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape", newline="") as stream:
            stream.write(text)
            stream.flush()
            if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
                os.fchown(descriptor, status.st_uid, status.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(status.st_mode))
            os.fsync(descriptor)
        os.rename(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    trusted_paths.settle(os.path.dirname(path))
