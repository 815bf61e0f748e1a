# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which configuration of a host is to be read, and who runs with it."""

from __future__ import annotations

import os

from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.serving import listeners


class Chosen:
    """config_file: what is to be read. process: the one that reads it, None if it does not run. witness: that one, or another of its program, or None.

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
        self.config_file = wanted or next(iter(found), None) or configured([])
        here = os.path.realpath(self.config_file)
        self.process = next((process for path, process in found.items() if os.path.realpath(path) == here), None)
        self.witness = self.process or next(iter(found.values()), None)
