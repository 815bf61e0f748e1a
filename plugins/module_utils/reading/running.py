# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which configuration of a host is to be read, who runs with it, and with whose rights it is read."""

from __future__ import annotations

import glob
import os
import pwd
import re

from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.serving import listeners, processes, trusted_paths


class Chosen:
    """config_file: what is to be read. process: the one that reads it, None if it does not run. witness: that one, or another of its program, or None.
    told: whether nothing but the process says that it is this one.

    daemon: the program's name. configured: given the words of a command line, the configuration that it reads. wanted: the configuration to
    read, None for that of the process that runs, or else for the program's own default. Raises Refused where several run and nothing says which.
    """

    def __init__(self, daemon, configured, wanted=None):
        running = listeners.processes(daemon)
        pids = {process.pid for process in running}
        found = {}
        for process in running:
            if process.parent not in pids:  # which does the work of another
                found.setdefault(configured(process.words), process)
        if wanted is None and len(found) > 1:
            told = " and ".join(f"{process} with {path}" for path, process in sorted(found.items()))
            raise Refused(f"several run here, {told}; say which one is meant, with config_file (gather_config_file for the host)")
        usual = None if wanted else configured([])
        self.config_file = wanted or next(iter(found), None) or usual
        here = os.path.realpath(self.config_file)
        self.process = next((process for path, process in found.items() if os.path.realpath(path) == here), None)
        self.told = not wanted and here != os.path.realpath(usual)
        self.witness = self.process or next(iter(found.values()), None)


class Reading:
    """What is common to reading the configuration of every program. run, find, daemon, configured, config_file: see L(bind.Bind) and L(Chosen).

    What the server's account may write could be a link to what it may not read, and there before anybody looks: it can end the server at any time.
    So root reads that with this account's rights, whether the server runs or not. user: its name where nothing else says it.
    """

    included = None  # a pattern of what includes other files, whose group is their path, with wildcards or not

    def __init__(self, run, find, daemon, configured, config_file, user):
        self.run = run
        self.find = find
        chosen = Chosen(daemon, configured, config_file)
        self.runs, self.config_file, self.witness = chosen.process is not None, chosen.config_file, chosen.witness
        self.daemon = daemon
        self.said = []  # accounts that the command line and the configuration name, None or empty for none
        self._own = chosen.process.user if chosen.process else None  # at once: another process may have its number soon
        self._others = chosen.witness.user if chosen.witness else None
        self._wanted, self._told = user, None
        self._is_roots = None  # whether root alone can have written the configuration
        self._told_by = chosen.witness if chosen.told else None

    @property
    def user(self):
        """The account whose rights are taken; None for one's own, who is not root and can take none. Raises Refused where nobody says.

        A process of root may be one that is to give its rights up, or the one that watches it. Root is believed of processes, which it started, and of the
        one who asks, and of no configuration, which may be the account's own.
        """
        if self._told or os.geteuid():
            return self._told
        known = [name for name in map(_account, (self._own, *self.said)) if name]
        found = next((name for name in known if pwd.getpwnam(name).pw_uid), self._own or _account(self._wanted) or self._others)
        if not found:
            wanted = f"; {self._wanted} is none" if self._wanted else ""
            raise Refused(
                f"{self.daemon} does not run, and no account of this host is known to be its{wanted}; say with user (gather_user for the host) which one it "
                "has when it runs, since root follows nothing that this account could have written"
            )
        return found

    @user.setter
    def user(self, name):
        self._told = name

    @property
    def _for_configuration(self):
        """Whose rights the configuration is read with: one's own where root alone can have written it."""
        if os.geteuid():
            return None
        if self._is_roots is None:
            self._is_roots = self._roots_alone(self._first_file, set())
            self._refuse_what_nobody_vouches_for()
        return None if self._is_roots else self.user

    def _refuse_what_nobody_vouches_for(self):
        """Raise Refused where a configuration is the server's by the word of a process alone, and that process and the file may be of its account's making."""
        if self._told_by and not _is_root(self._others) and not trusted_paths.is_roots_file(self._first_file):
            raise Refused(
                f"{self._told_by} reads {self._first_file}, which others than root may have written, so whoever took over {self._others or 'its account'} "
                "may have started it; say with config_file, and chroot where it has one (gather_config_file and gather_chroot for the host), that this "
                "configuration is meant"
            )

    @property
    def _first_file(self):
        """Where the configuration begins, as this process sees it."""
        return self.config_file

    def _include(self, path, name):
        """The pattern of the files that the one of this path includes by a name, None where that may be anywhere."""
        return os.path.join(os.path.dirname(path), name)

    def _roots_alone(self, pattern, seen):
        """Whether root alone can have written the files of a pattern, and of what they include. No other is opened."""
        plain = re.split(r"[*?[]", pattern or "")[0]
        if not plain or not trusted_paths.is_roots_file(plain if plain == pattern else os.path.join(os.path.dirname(plain), "none")):
            return False
        for path in glob.glob(pattern):
            if path in seen:
                continue
            seen.add(path)
            if not trusted_paths.is_roots_file(path):
                return False
            with open(path, encoding="utf-8", errors="replace") as stream:
                names = self.included.findall(stream.read())
            if not all(self._roots_alone(self._include(path, name), seen) for name in names):
                return False
        return True

    def _run_on_configuration(self, command):
        """(exit code, standard output, standard error) of a program that reads the configuration."""
        user = self._for_configuration
        return self.run(command, "/") if user is None else processes.run(command, user, processes.CHECK_LIMIT)

    def _of_configuration(self, work, *arguments):
        """What work(*arguments), which reads the configuration, returns, see L(processes.call_as)."""
        return processes.call_as(self._for_configuration, work, *arguments)


def _is_root(name):
    return bool(name) and pwd.getpwnam(name).pw_uid == 0


def _account(said):
    """The account of this host that a name, or a number, is; None if it is none."""
    try:
        return (pwd.getpwuid(int(said)) if str(said).isdigit() else pwd.getpwnam(said)).pw_name if said else None
    except (KeyError, OverflowError):
        return None
