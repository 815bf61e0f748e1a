# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of the administrator's, replaced without giving the server's user a way to root."""

from __future__ import annotations

import os
import stat

from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.serving import trusted_paths

_PERMISSIONS = 0o777  # of a mode; to run as its owner is nothing that a text needs


def replace(path, text, software):
    """Give a file another text, with its owner, group and permissions; whoever is killed leaves the one or the other. Raises Refused.

    As root only where root alone can put another file in its place, else with the server's own rights.
    """
    try:
        trusted_paths.check_file(path)
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
    status = os.lstat(path)
    if not stat.S_ISREG(status.st_mode):
        raise Refused(f"{path} is a link, or no file at all, and is not replaced; raise the serial by hand where it leads, and say release_serials: keep")
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
            os.fchmod(descriptor, status.st_mode & _PERMISSIONS)
            os.fsync(descriptor)
        os.rename(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    trusted_paths.settle(os.path.dirname(path))
