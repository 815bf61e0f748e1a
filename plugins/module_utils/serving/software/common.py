# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all server software has in common on the managed host."""

from __future__ import annotations

import contextlib
import glob
import os
import re
import time

from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.serving import blocks, kept_copies, listeners, processes

ENTRY = "entry"  # stands for the program's first configuration file among the names of a generation's files
_MADE_BY_SERVERS = {"SOA", "RRSIG", "NSEC", "NSEC3", "NSEC3PARAM", "DNSKEY", "CDS", "CDNSKEY", "TYPE65534"}
_PATIENCE = 10.0  # seconds for a server that does not answer commands, as one that is just starting
# A word of a configuration that is written as "key: value".
_TOKEN = re.compile(r'"[^"]*"|#.*|[^\s"#]+')
_LONGEST_LOOK = 300.0  # seconds; ten thousand zones enter a database in one
_KEY = re.compile(r"([a-z][a-z0-9-]*):")


class Holding:
    """What a program has of a zone.

    how: why its content is not in a file that could be declared, None if it is. serials: under which it is served.
    weight: number of records besides the SOA, and the apex name servers; None if not known. text: its records in full, one a line; None if not known.
    """

    def __init__(self, how=None, serials=(), weight=None, text=None):
        self.how = how
        self.serials = list(serials)
        self.weight = weight
        self.text = text


def weight_of(text, zone):
    """The weight of a zone, see L(Holding), whose records are written in full, one a line (owner, TTL, class, type, data)."""
    apex = zone.rstrip(".").lower() + "."
    rows = [fields for fields in (line.split(None, 4) for line in text.splitlines()) if len(fields) == 5 and not fields[0].startswith(";")]
    servers = {fields[4].lower() for fields in rows if fields[3] == "NS" and fields[0].lower() == apex}
    return [sum(fields[3] not in _MADE_BY_SERVERS for fields in rows), sorted(servers)]


class Software:
    """One server program on this host. run: L(processes.run), or its like; find: a program's path, or None.

    Each program has these besides those below:

    - ``name``: as its makers write it. ``checkers``: the programs that check.
    - ``daemon``: the name of its processes; ``config_options``: of its command line, those that name the configuration.
    - ``status``: the command, without options, that succeeds while it takes commands.
    - ``check(generation, current, zones, entry)``: let the program's own checker read a staged generation, and the text of the zones that
      changed, before the link C(current) leads there. entry: the text of the program's first configuration file, which includes the
      generation and the administrator's own files. Raises Refused.
    - ``take(files, zones)``: make the running program read what is current now. files: names of the configuration files that changed,
      ENTRY among them; zones: those whose content changed. It restarts only for what a reload cannot change. Raises Refused.
    - ``forget_secondary(zones)``: remove what the program kept of zones, {name: file name}, that the host no longer transfers.
    """

    name = ""
    checkers = ()
    # A checker's word that a zone is configured twice: where it is for the second time, and its name.
    configured_twice = None
    daemon = ""
    config_options = ("-c",)
    status = ()
    always_commanded = True
    brought = frozenset()  # zones that packages and this collection bring to a server that looks names up, and nobody misses
    told_a_directory = False  # where its configuration is, and not a file
    tells_keys = False  # whether L(keys) can be asked
    remembers_unreachable = False  # whether it asks a primary no more for minutes once its host was unreachable; named: for ten, and only a restart helps
    asks_for_what_it_lacks = True  # by itself, once it is started
    copy_suffixes = ("",)  # of the files that are a zone's copy
    restarted = False  # whether this run restarted it, and it may have been told of changes meanwhile

    def __init__(self, run, find, layout):
        self.run = run
        self.find = find
        self.layout = layout

    # Programs that are configured by files alone have nothing to do for the first two that follow.

    def differing(self, generation):
        """Names of the generation's files that describe what the program keeps elsewhere, where that is not what they say."""
        return set()

    def store(self, generation):
        """Bring what the program keeps elsewhere to what the generation says, whether it runs or not. Raises Refused."""

    def held(self, zones, answered, lost=False, plain=False):
        """What the running program has of zones that this collection did not write: {zone: L(Holding)}. Raises Refused where that cannot be told.

        answered: those for which it gives an answer to this host. lost: whether what it read is away, with this collection's state; what it has is
        this collection's then, or updated dynamically. plain: whether what it reads is this collection's, with zones that no view has to itself.
        """
        return {}

    @property
    def copies_directory(self):
        """Where the program keeps what it transfers, in a file for each zone."""
        return self.layout["secondary_directory"]

    def kept(self, zones):
        """{zone: serial} of the copies on disk of zones, {zone: file name}, that the program transfers: what it serves once it is started."""
        if not zones or not os.path.isdir(self.copies_directory):
            return {}
        found = self.call_as_server(kept_copies.serials, self.copies_directory, list(zones.values()), self.copy_suffixes)
        return {zone: found[name] for zone, name in zones.items() if name in found}

    def refresh(self, zones):
        """Have the running program ask the primaries of zones, which it transfers with other settings now, whether they changed."""

    def consume(self, catalogs):
        """Have the running program look at catalogs again, for members that were configured, or another's, until now and that it ignored there."""

    def leave(self, catalogs, served):
        """Have the running program forget what it still does with catalogs that it no longer learns from. served: those that it still serves."""

    def listed(self):
        """Zones that the configuration in place names, of which some may stay in files that go on being read. Raises Refused where it cannot be read."""
        return set()

    def left_out(self, config, declared):
        """Zones that the configuration in place serves, and that neither are declared nor stay in a file that goes on being read.

        config: {name: text} of what takes its place. Raises Refused where the configuration in place cannot be read.
        """
        return set()

    # Nor have programs that do not sign for those that follow.

    def understood(self, config):
        """A configuration {name: text} without words that the installed version does not know yet, and that only newer ones need."""
        return config

    def signed(self, config):
        """{zone: name of its policy} of the zones that the program signs by this configuration: what it serves has a serial of its own."""
        return {}

    def only_newer(self, config):
        """Zones of which the program, by this configuration, takes no text whose serial is older than the one that it has."""
        return set(self.signed(config))

    def loaded(self, serials):
        """{zone: serial} of the text that the running program has read of zones that it signs, or did; of the former once they are signed.

        serials: those of the texts that it is to read, by zone; None of a zone that is to go.
        """
        return {}

    def without_keys(self, files):
        """Which zones of {zone: file name} have no key to sign them with."""
        return []

    def ds_states(self, files):
        """What the program knows of the DS of zones, {zone: file name}, in the zone above: {zone: states}, one for each state that a key's has."""
        return {}

    def ended(self, files):
        """Those of zones, {zone: file name}, that the program goes on signing until it is configured not to, and need not do any more: no DS is left."""
        return []

    def keys(self, files):
        """The keys with which the program signs zones, {zone: file name}: {zone: [what is known of a key]}, whether it runs or not.

        Of a key: C(key_tag), C(algorithm) (number), C(signs_keys), C(signs_zone), C(dnskey) (the record's data), C(goal) and C(states) in BIND's words
        (hidden, rumoured, omnipresent, unretentive) of C(dnskey), C(zone_rrsig), C(key_rrsig) and, of one that signs keys, C(ds), and C(told): what the
        program was told of the DS that it waits for, C(published), C(withdrawn) or None. Raises Refused.
        """
        told = f"what becomes of keys that {self.name} has cannot be told here, only of those of BIND and Knot DNS"
        raise Refused(f"{told}; ask its own tools about {', '.join(files)}")

    def tell_ds(self, zone, key_tag, what):
        """Tell the running program that the DS of a key is C(published) at every server of the zone above, or C(withdrawn). Raises Refused."""
        raise Refused(f"{self.name} signs no zones, so that it has no key of {zone}")

    def roll(self, zone, key_tag):
        """Have the running program replace a key, in order. Raises Refused."""
        raise Refused(f"{self.name} signs no zones, so that it has no key of {zone}")

    def make_ready(self, generation, zones):
        """Whatever the program needs to sign zones of the generation before this becomes current; zones: those whose content changed."""

    def tidy(self, generation):
        """Remove what the program made of zones that it signs no longer, once the generation is current."""

    # The way back, to a configuration that is not this collection's.

    def check_original(self, path, files):
        """Let the program's own checkers read a configuration and the zones, {zone: its file or None}, that it is primary for.

        Returns the zones that it would not load. Raises Refused where it would not take the configuration.
        """
        raise NotImplementedError

    @staticmethod
    def always_read(generation):
        """Zones without whose configuration the checker takes none of others'."""
        return ()

    def check_others(self, generation, current, entry):
        """Let the program's checker load zones of somebody else's, whose first file is about to be replaced by entry, where they stay in his other files.

        Raises Refused where there is one that it would not load any more.
        """

    def take_original(self):
        """Make the running program read its first file, which has another's words now. Raises Refused."""
        self.restart()

    def forget_notes(self):
        """Remove what the program, while it does not run, has noted of zones that it transfers with the configuration in place."""

    def write_serial(self, zone, text, serial):
        """Give a zone that is in no file a serial. text: its records. Raises Refused."""
        raise Refused(f"zone {zone} is in no file whose serial could be written")

    # -- for those that need it ---------------------------------------------------------------------------------------

    def without(self):
        """Which of the programs that check are not installed."""
        return [program for program in self.checkers if not self.find(program)]

    def run_checker(self, command, directory="/"):
        """L(processes.run) for a program that loads what a configuration names: with the server's own rights, as the server would.

        directory: where the server works, in which the relative paths begin that files include.
        """
        return self.run(command, user=self.layout["user"], seconds=processes.CHECK_LIMIT, directory=directory)

    def call_as_server(self, work, *arguments):
        """L(processes.call_as) for what looks at, or changes, files that are the server's own."""
        return processes.call_as(self.layout["user"], work, *arguments, seconds=_LONGEST_LOOK)

    def remove_as_server(self, directory, names):
        """Remove files that the program itself keeps in a directory of its own. What it does not let go stays its own affair."""
        if any(os.path.basename(name) != name for name in names):
            raise Refused("{} are to be removed from {}, and some are no names of files".format(", ".join(names), directory))
        self.call_as_server(_remove, directory, names)

    def service_runs(self):
        """Whether systemd knows the service as running, with whatever configuration."""
        program = self.find("systemctl")
        return bool(program) and self.run([program, "is-active", "--quiet", self.layout["service"]])[0] == 0

    def service_process(self):
        """The number of the service's main process, also while it begins; 0 if it has none."""
        program = self.find("systemctl")
        if not program:
            return 0
        out = self.run([program, "show", "--property=MainPID", "--value", self.layout["service"]])[1].strip()
        return int(out) if out.isdigit() else 0

    def elsewhere(self, words):
        """Why a process with this command line reads another configuration than this collection writes, None if it does not."""
        for option, value in given(words, self.config_options):
            if os.path.realpath(value) != os.path.realpath(self.configured):
                return f"with {option} {value}, and not with {self.configured}"
        return None

    @property
    def configured(self):
        """What such an option would say."""
        return self.layout["config_file"]

    def processes(self):
        """Its processes that read the configuration that this collection writes, if any run."""
        return [process for process in listeners.processes(self.daemon) if self.elsewhere(process.words) is None]

    def unheard(self):
        """What its control program says if the running server takes no commands, None if it does. A server that starts gets a moment."""
        program = self.find(self.status[0])
        if not program:
            return f"{self.status[0]} is not installed"
        deadline = time.monotonic() + _PATIENCE
        while True:
            code, out, err = self.run([program, *self.control_options(), *self.status[1:]], seconds=_PATIENCE)
            if not code:
                return None
            if time.monotonic() > deadline:
                return "{} says {}".format(" ".join(self.status), " ".join((err or out).split()) or "nothing")
            time.sleep(0.2)

    def control_options(self):
        """Options of the control program with which it finds the running server."""
        return []

    def running(self):
        """Whether it runs, and so has to take what changes."""
        return bool(self.processes()) or self.service_runs()

    def unknown(self, zones):
        """Which of these zones the running program has not, whatever they hold."""
        return []

    def serials_in_views(self, zones):
        """{zone: serial, or None where it has nothing} that the running program itself tells of zones that are in views, where a question may not lead."""
        return {}

    def take_again(self, changed_files, changed_zones):
        """L(take) what was there before; the program is started where what it was to take has ended it. Raises Refused."""
        try:
            self.take(changed_files, changed_zones)
        except Refused:
            if self.processes():  # it is there, and takes no commands
                raise
            self.restart()

    def restart(self):
        """Raises Refused."""
        code, out, err = self.run([self.find("systemctl"), "restart", self.layout["service"]])
        if code:
            raise Refused("systemctl restart {} fails: {}".format(self.layout["service"], (err or out).strip()))
        self.restarted = True

    def words(self, output, generation, current):
        """Lines of a checker that read L(copies), about the files that these stand for. Raises Refused for a declared zone that is configured twice."""
        for staged, path in ((f"{generation.path}/check-{ENTRY}", self.layout["config_file"]), (generation.path + "/check-", current + "/")):
            output = output.replace(staged, path)
        lines = output.replace(generation.path, current).splitlines()
        twice = [found.groups() for found in map(self.configured_twice.search, lines) if found] if self.configured_twice else []
        declared = blocks.split(generation.read("zones.conf") or "")[1] if twice else {}  # there may be a hundred thousand
        for path, line, zone in twice:
            if ("zone", zone.lower()) in declared:
                raise Refused(f"zone {zone.lower()} is declared, and {path}, line {line}, has it as well; take it out of the one or the other")
        return lines

    def in_place(self, generation, current, names, entry):
        """Whether the configuration of a staged generation is the very one in place, which an earlier check read. names: of its files; entry: see C(check)."""
        try:
            with open(self.layout["config_file"], encoding="utf-8", errors="surrogateescape") as stream:
                return stream.read() == entry and generation.shares(current, names)
        except OSError:
            return False

    @contextlib.contextmanager
    def copies(self, generation, current, names, texts=None):
        """Paths, in the order of names, of copies of a generation's files that name each other and the generation instead of current.

        texts: what copies hold instead of the files' own text, by name; of ENTRY, which is no file of a generation, always.
        """
        copies = {name: os.path.join(generation.path, "check-" + name) for name in names}
        try:
            for name, path in copies.items():
                text = (texts or {}).get(name) or generation.read(name)
                for other, copy in copies.items():
                    text = text.replace(f"{current}/{other}", copy)
                generation.write(os.path.basename(path), text.replace(current, generation.path))
            yield list(copies.values())
        finally:
            for path in copies.values():
                if os.path.exists(path):
                    os.unlink(path)


def _remove(directory, names):
    for name in names:
        with contextlib.suppress(OSError):
            os.unlink(os.path.join(directory, name))


def given(words, options):
    """(option, value) of the options of a command line that have one: in a word of its own, or in the same."""
    for position, word in enumerate(words):
        for option in options:
            if word == option:
                yield option, words[position + 1] if position + 1 < len(words) else ""
            elif word.startswith(option + "=" if option.startswith("--") else option):
                yield option, word[len(option) :].lstrip("=")


def zones_named(pattern, option):
    """Zones in the configuration files that match, and in those that they include: for nsd.conf(5) and knot.conf(5), which write alike.

    option: the one of a clause C(zone) that has its name. Returns lower case names without the dot at the end.
    """
    return {name.rstrip(".").lower() for name, _value in settings(pattern, "zone", option, option)}


def settings(pattern, kind, option, wanted):
    """(name as it is written, value of the option wanted) of the clauses of a kind that have it. option: the one that has its name, before or after it."""
    read, ahead = set(), glob.glob(pattern)
    while ahead:
        path = ahead.pop()
        if path in read:
            continue
        read.add(path)
        name = value_before = None
        for begins, clause, key, value in _options(path):
            if begins:
                name = value_before = None
            if key == "include":
                included = os.path.join(os.path.dirname(path), value)
                ahead += glob.glob(os.path.join(included, "*.conf") if os.path.isdir(included) else included)
            elif clause == kind and key in (option, wanted):
                if key == option:
                    name = value
                if key == wanted:
                    value_before = value
                if name and value_before:
                    yield name, value_before


def _options(path):
    """(whether a clause begins, clause, option, first value) of everything that such a file sets; a key that another one follows begins a clause."""
    with open(path, encoding="utf-8", errors="replace") as stream:
        tokens = [token for token in _TOKEN.findall(stream.read()) if token != "-" and not token.startswith("#")]
    clause = key = None
    begins = True
    for token in tokens:
        found = _KEY.fullmatch(token)
        if found:
            begins = begins or bool(key)
            clause, key = key or clause, found.group(1)
        elif key:
            yield begins, clause, key, token.strip('"')
            key, begins = None, False
