# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Killing work before one of the operations that leave something behind, whichever these are.

    killed, operation = killed_before(7, work)

Every call of Python's interpreter into C is looked at: those that change files, give commands or write to a database are counted.
What is not known to change nothing counts, so that an operation that somebody adds is among them.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Collection
from typing import Any

_ONLY_READ = {
    *("stat", "lstat", "fstat", "listdir", "scandir", "readlink", "access", "getpid", "geteuid", "getuid", "getcwd", "fspath", "fsencode", "fsdecode"),
    *("close", "read", "waitpid", "pipe", "pipe2", "cpu_count", "urandom", "WIFSTOPPED", "waitstatus_to_exitcode", "kill", "killpg", "sysconf", "umask"),
    *("getxattr", "listxattr", "_path_normpath", "_path_splitroot_ex", "_path_isdir", "_path_isfile", "_path_exists", "_path_lexists", "_path_islink"),
    *("register_at_fork", "set_blocking", "get_inheritable", "set_inheritable", "getgrouplist", "isatty", "lseek", "get_terminal_size"),
    "open",  # is told apart by how it opens
}
COMMANDS = {"fork_exec", "fork"}
_WRITES = {"write", "writelines", "flush", "truncate", "__exit__"}
_EXECUTES = {"execute", "executemany", "executescript", "commit"}


def changes_something(function: Any) -> bool:
    """Whether a function or method of C may leave something behind that outlives the process."""
    owner, module = getattr(function, "__self__", None), getattr(function, "__module__", None)
    kind = type(owner).__module__
    if module in ("posix", "fcntl", "_posixsubprocess"):
        return function.__name__ not in _ONLY_READ
    if kind == "_io":
        return function.__name__ in _WRITES and not owner.closed and owner.writable()
    return kind == "sqlite3" and function.__name__ in _EXECUTES


def killed_before(number: int, work: Callable[[], object], among: Collection[str] = ()) -> tuple[bool, str]:
    """Run work in a process of its own that is killed before its operation of that number, counted from 1.

    among: the names of the operations that count, all if empty; COMMANDS for what other programs are told to do.
    Returns whether it was, for there may be fewer; and the name of the operation. Raises AssertionError with what work raises.
    """
    told, tell = os.pipe()
    pid = os.fork()
    if not pid:
        count, own = 0, os.getpid()

        def operation(name: str) -> None:
            nonlocal count
            count += os.getpid() == own and (not among or name in among)
            if count == number and os.getpid() == own:
                sys.setprofile(None)
                os.write(tell, name.encode())
                os.kill(own, signal.SIGKILL)

        def called(_frame: object, event: str, function: Any) -> None:
            if event == "c_call" and changes_something(function):
                operation(function.__name__)

        def audited(event: str, arguments: tuple[Any, ...]) -> None:
            if event == "open" and sys.getprofile() and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                operation("open")

        status = 0
        try:
            sys.addaudithook(audited)
            sys.setprofile(called)
            work()
        except BaseException as error:  # noqa: B036 -- nothing of the child may reach the tests
            status = 1
            sys.setprofile(None)
            os.write(tell, repr(error).encode()[:4000])
        sys.setprofile(None)
        os._exit(status)
    os.close(tell)
    status = os.waitpid(pid, 0)[1]
    with os.fdopen(told, encoding="utf-8") as stream:
        name = stream.read()
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return True, name
    if status:
        raise AssertionError(f"it failed: {name}")
    return False, name
