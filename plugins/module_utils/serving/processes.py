# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes that come to an end, and that have no more rights than they need.

What reads files that the name server's own user may have written does so with that user's rights: a link, a trigger in a database or
a fault of a parser then gives it nothing that it does not have.
"""

from __future__ import annotations

import json
import os
import pwd
import select
import signal
import subprocess
import time

from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused

LIMIT = 75.0  # seconds for a command; rndc and knotc give up by themselves after 60, and say why
CHECK_LIMIT = 1800.0  # seconds for a checker, which may have ten thousand zones to load
_EXPIRED = 124  # the exit code that timeout(1) gives
_OUTPUT = 4096  # characters of an answer's pipe that are read at once
_OWN_FILES = 3  # standard input, output and error


def run(command, user=None, seconds=LIMIT, directory="/"):
    """(exit code, standard output, standard error) of a command, 124 and the reason if it had to be ended.

    user: whose rights it has, None for one's own. directory: where it works, if that is there. Raises Refused where there is no such user or no such program.
    """
    rights = _rights(user)
    environment = dict(os.environ, LC_ALL="C", LANGUAGE="C")
    try:
        # Not run_command, which gives up no rights and has no limit.
        process = subprocess.Popen(  # pylint: disable=ansible-bad-function
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="surrogateescape",
            cwd=directory if os.path.isdir(directory) else "/",
            env=environment,
            start_new_session=True,
            **(dict(zip(("user", "group", "extra_groups"), rights)) if rights else {}),
        )
    except OSError as error:
        raise Refused(f"{command[0]} cannot be run: {error.strerror}") from error
    try:
        out, err = process.communicate(timeout=seconds)
        return process.returncode, out, err
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # its children have its pipes
        out = process.communicate()[0]
        return _EXPIRED, out, f"it did not end within {seconds:.0f} seconds, and was killed"


def call_as(user, work, *arguments, seconds=LIMIT):
    """What work(*arguments) returns, something that JSON can say, from a process that has the rights of user and no file of this one.

    Raises Refused and OSError as work does, and Refused if it takes longer than seconds or ends without an answer.
    """
    rights = _rights(user)
    if not rights:
        return work(*arguments)
    answers, answer = os.pipe()
    process = os.fork()
    if not process:
        _answer(answer, rights, work, arguments)
    os.close(answer)
    try:
        said = _read(answers, time.monotonic() + seconds)
    finally:
        os.close(answers)
        os.kill(process, signal.SIGKILL)  # it has ended, or has to
        os.waitpid(process, 0)
    if said is None:
        raise Refused(f"what the user {user} has was not read within {seconds:.0f} seconds")
    try:
        kind, value = json.loads(said)
    except ValueError:
        raise Refused(f"what the user {user} has cannot be read: the process that did it ended without an answer") from None
    if kind == "refused":
        raise Refused(value)
    if kind == "error":
        raise OSError(*value)
    return value


def _rights(user):
    """(user, group, groups), or None for those that this process has already. Raises Refused."""
    if user is None:
        return None
    try:
        account = pwd.getpwnam(user)
    except KeyError:
        raise Refused(f"there is no user {user} on this host; install the name server first (the role nameserver does)") from None
    if account.pw_uid == os.geteuid():
        return None
    return account.pw_uid, account.pw_gid, os.getgrouplist(user, account.pw_gid)


def _answer(answer, rights, work, arguments):
    """In the child: never comes back."""
    try:
        last = max(map(int, os.listdir("/proc/self/fd")))  # SC_OPEN_MAX may be 2**30, through which Python 3.9 goes one by one
        os.closerange(_OWN_FILES, answer)
        os.closerange(answer + 1, last + 1)
        user, group, groups = rights
        os.setgroups(groups)
        os.setgid(group)
        os.setuid(user)
        try:
            said = ("value", work(*arguments))
        except Refused as error:
            said = ("refused", str(error))
        except OSError as error:
            said = ("error", [error.errno, error.strerror, error.filename])
        with os.fdopen(answer, "w", encoding="utf-8") as stream:
            json.dump(said, stream)
    finally:
        os._exit(0)


def _read(descriptor, deadline):
    """All that is written there until its end, None if that does not come before the deadline."""
    parts = []
    while select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))[0]:
        part = os.read(descriptor, _OUTPUT)
        if not part:
            return b"".join(parts).decode("utf-8")
        parts.append(part)
    return None
