# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a running BIND is asked, and how it takes a new generation with the least disturbance."""

from __future__ import annotations

import os
import re
import tempfile

from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.serving import blocks
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.common import ENTRY, Software, given

_CONFIGURATION = ("named.conf", "keys.conf", "zones.conf")
_OWN = ("local.conf", "options.conf")  # where the administrator's own statements come from the inventory
# What "named-checkconf -l" prints of a zone: name, class, view and type. Warnings are between them.
_LISTED = re.compile(r"(\S*[^\s:]) (?:IN|CH|HS) \S.* (\S+)", re.IGNORECASE)
# What "named-checkconf -z" says of a zone that does not load.
_NOT_LOADED = re.compile(r"zone ([^/\s]+)/IN: .*\bnot loaded due to errors")
# Zones that the distributions' packages bring to every server (RFC 1912 section 4.1, RFC 6303).
_BROUGHT = {
    *("localhost", "localhost.localdomain", "0.in-addr.arpa", "127.in-addr.arpa", "255.in-addr.arpa", "0.0.127.in-addr.arpa", "1.0.0.127.in-addr.arpa"),
    *("0." * 32 + "ip6.arpa", "1." + "0." * 31 + "ip6.arpa"),
}
_REFRESH_AT_MOST = 1000
_RELOAD_ONE_BY_ONE = 50  # above this many zones one "rndc reload", which looks at every file's time, is cheaper


class Bind(Software):
    """named, and rndc to command it."""

    name = "BIND"
    checkers = ("named-checkconf",)
    configured_twice = re.compile(r"^(\S+):(\d+): zone '([^']+?)\.?': already exists")
    daemon = "named"
    status = ("rndc", "status")

    def elsewhere(self, words):
        root = next((value for _option, value in given(words, ["-t"])), "/")
        if os.path.realpath(root) != "/":
            return f"in {root} as its root directory, where it does not see what is replaced outside"
        return super().elsewhere(words)

    def unknown(self, zones):
        program = self.find("rndc")
        # It also fails for a zone that was not transferred yet, and for one that several views have.
        return [zone for zone in zones if "no matching zone" in "".join(self.run([program, "zonestatus", zone])[1:])]

    def check(self, generation, current, changed_zones, entry):
        """Let named's own checker load what is staged: the configuration, where it changed, and the zones that changed. Raises Refused."""
        every_zone = generation.read("zones.conf")
        files = [*_CONFIGURATION, *(name for name in _OWN if generation.read(name) is not None)]
        if self._reads_configuration(changed_zones) or not (generation.shares(current, files) and self._entry_is(entry)):
            code, words = self._checked(generation, current, ENTRY, {"zones.conf": every_zone, ENTRY: entry})
            if code:
                raise Refused("named-checkconf refuses it: " + "; ".join(words))
        if changed_zones:
            # Unchanged zones were loaded by an earlier check.
            self._load(generation, current, set(changed_zones), {"zones.conf": blocks.choose(every_zone, set(changed_zones)), ENTRY: entry})

    @staticmethod
    def _reads_configuration(changed_zones):
        """Whether named reads its configuration again, and the administrator's, where zones alone changed; see L(take)."""
        return not changed_zones or len(changed_zones) > _RELOAD_ONE_BY_ONE

    def _entry_is(self, entry):
        try:
            with open(self.layout["config_file"], encoding="utf-8", errors="surrogateescape") as stream:
                return stream.read() == entry
        except OSError:
            return False

    def _load(self, generation, current, zones, texts):
        """Without the administrator's zones, which may be large, unless the configuration needs what he says beside them, such as a list of networks."""
        for start in ("named.conf", ENTRY):
            code, words = self._checked(generation, current, start, texts, "-z")
            if not code:
                return
            failed = {found.group(1).lower() for found in map(_NOT_LOADED.match, words) if found}
            if failed & zones or start == ENTRY and not failed:
                raise Refused("named-checkconf refuses it: " + "; ".join(words))

    def _checked(self, generation, current, start, texts, *options):
        """The checker's exit code and up to twenty lines that it says of a configuration that begins with the file start."""
        with self.copies(generation, current, ("named.conf", "zones.conf", ENTRY), texts) as (main, _zones, entry):
            code, out, err = self.run_checker([self.find("named-checkconf"), *options, entry if start == ENTRY else main])
        return code, [line for line in self.words(out + err, generation, current) if "loaded serial" not in line][:20] if code else []

    def take(self, changed_files, changed_zones):
        """Make the running server read what is current now: reload and reconfig, never a restart. Raises Refused."""
        if len(changed_zones) > _RELOAD_ONE_BY_ONE:
            self._rndc("reload")
            return
        if changed_files:
            self._rndc("reconfig")
        for zone in changed_zones:
            self._rndc("reload", zone)

    def refresh(self, zones):
        """Have named ask the primaries of these zones, or of the first thousand: rndc takes one at a time, and the others have their timers."""
        for zone in list(zones)[:_REFRESH_AT_MOST]:
            self.run([self.find("rndc"), "refresh", zone])

    def _rndc(self, *arguments):
        code, out, err = self.run([self.find("rndc"), *arguments])
        if code:
            raise Refused("rndc {} fails: {}".format(" ".join(arguments), (err or out).strip()))

    def own_content(self, zones):
        """Zones with dynamic updates or signatures: what they hold is in a journal, not in a file that could be declared (named.conf(5))."""
        kinds = (("inline signing: yes", "signed by the server"), ("secure: yes", "signed"), ("dynamic: yes", "updated dynamically"))
        result = {}
        for zone in zones:
            status = self.run([self.find("rndc"), "zonestatus", zone])[1]
            how = next((how for line, how in kinds if line in status), None)
            if how and "type: primary" in status:
                result[zone] = how
        return result

    def left_out(self, config, declared):
        """What named-checkconf lists in named.conf and not in the administrator's files. Without it BIND is not installed, and serves nothing."""
        if not self.find("named-checkconf"):
            return set()
        zones = self._listed(self.layout["config_file"]) - _BROUGHT - set(declared)
        kept = [self.layout["local_config"], *(path for path in self.layout.get("recursive_includes", []) if f'include "{path}"' in config["named.conf"])]
        if "local.conf" in config:
            zones -= self._listed_in(config["local.conf"]) if zones else set()
            del kept[0]
        for path in kept if zones else []:
            if os.path.exists(path):
                zones -= self._listed(path)
        return zones

    def _listed_in(self, text):
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", prefix="authoritative-dns-") as stream:
            stream.write(text)
            stream.flush()
            return self._listed(stream.name)

    def _listed(self, path):
        code, out, err = self.run_checker([self.find("named-checkconf"), "-l", path])
        if code:
            words = "; ".join((out + err).splitlines()[:20])
            raise Refused(f"which zones {path} has, and this run would no longer serve, cannot be told: {words}; mend the file, or move it away")
        found = [match.groups() for match in map(_LISTED.fullmatch, out.splitlines()) if match]
        return {name.rstrip(".").lower() or "." for name, kind in found if kind != "hint"}

    def forget_secondary(self, zones):
        """Remove what named kept of zones ({name: file name}) that this host no longer transfers: the file and its journal."""
        directory = os.path.join(self.layout["working_directory"], self.layout["secondary_directory"])
        self.remove_as_server(directory, [name + suffix for name in zones.values() for suffix in ("", ".jnl")])
