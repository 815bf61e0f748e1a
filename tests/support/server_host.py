# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host with a running name server on loopback that this collection's own code configures, without Ansible and systemd around it.

    with running_host(NsdHost, tmp_path) as host:
        host.bring({"example.com": {"www": "192.0.2.1"}})
        host.serial("example.com")

It starts with a configuration such as a distribution ships. The servers have no way out: they do not recurse, and all peers that they
are told of are on loopback.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import functools
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import dns.exception
import dns.message
import dns.query
from ansible_collections.authoritative.dns.plugins.action.nameserver import ActionModule, as_consumer, delegations, outside, signing, texts, witnesses
from ansible_collections.authoritative.dns.plugins.module_utils.serving import processes, served_serials
from ansible_collections.authoritative.dns.plugins.module_utils.serving.application import Application
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.bind import Bind
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.knot import Knot
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.nsd import NSD
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.loading import load
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration.model import Declaration, Inventory
from ansible_collections.authoritative.dns.plugins.plugin_utils.delegation_signers import agreed
from ansible_collections.authoritative.dns.plugins.plugin_utils.plan.servers import only, plan
from ansible_collections.authoritative.dns.plugins.plugin_utils.serial_agreement import content_digest
from ansible_collections.authoritative.dns.plugins.plugin_utils.software import bind, knot, nsd
from ansible_collections.authoritative.dns.plugins.plugin_utils.software.common import Settings
from ansible_collections.authoritative.dns.tests.support.debian_packages import runnable
from ansible_collections.authoritative.dns.tests.support.named import free_port

_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
_find = functools.partial(shutil.which, path=_PATH)
_VERSION = re.compile(r"\d+(?:\.\d+)+")


class ServerHost:
    """A host named ns1, its own primary; ns2 is on another loopback address where nobody runs.

    All are on 127.0.0.1, at ports of their own: named listens on no address that loopback does not have.
    """

    controller: Any  # the adapter's half that renders
    software: type  # and the one that applies
    daemon: str
    says_version = "-V"  # the option of the daemon that has it tell its version
    control: str  # the program that commands the daemon
    main: str  # the name of the program's first configuration file, and of the generation's
    comment = "#"
    name = "ns1"
    limit = 60.0  # seconds for a command
    address = "127.0.0.1"
    addresses = {"ns1": (address,), "ns2": ("127.0.0.2",)}
    find = staticmethod(_find)  # a program's path, or None

    @classmethod
    def capabilities(cls) -> Any:
        """What the version that is installed can do."""
        told = processes.run([cls.find(cls.program()), cls.says_version])
        return cls.controller.CAPABILITIES.of(_VERSION.search("".join(told[1:])).group())

    @classmethod
    def program(cls) -> str:
        """The name of the daemon as a file."""
        return cls.daemon

    def __init__(self, root: pathlib.Path, account: str = "root") -> None:
        self.root = root
        self.account = account
        self.port = free_port(self.address)
        self.sockets = tempfile.mkdtemp(prefix="host-")  # a path in the tests' directory may be too long for a socket
        self.refused: set[str] = set()  # commands that fail without being given
        self.repair = False
        self.systemd = True
        self.silent: tuple[str, ...] = ()  # addresses of other servers that are asked for the keys of a zone, or its DS
        self.agrees = False  # as the last comparison says
        self.kept: list[str] = []  # why DS records stayed as they were
        self.parents: dict[str, list[str]] = {}  # addresses of servers of zones above, which have this host's port
        self.asks_others = False  # what they have of its zones, at its own port
        self.ignored: set[tuple[str, ...]] = set()  # those that succeed without being given, with their arguments
        for directory in ("etc", "work", "own"):
            (root / directory).mkdir(parents=True)
        self.layout = {
            "config_file": str(root / "etc" / self.main),
            "local_config": str(root / "etc/local.conf"),
            "state_directory": str(root / "state"),
            "user": account,
            "group": account,
            "service": self.daemon,
            **self.prepare(),
        }
        if account != "root":
            self._give()

    def _give(self) -> None:
        """Owners and modes as Debian's packages have them. root has to be a place that everybody can reach."""
        self.root.chmod(0o755)
        for path, owner, mode in (("work", "root", 0o775), ("own", self.account, 0o750), ("etc", "root", 0o2755), (self.sockets, self.account, 0o755)):
            shutil.chown(self.root / path, owner, self.account)
            (self.root / path).chmod(mode)
        (self.root / "log").touch()
        for path in [self.root / "log", *(self.root / "own").iterdir()]:
            shutil.chown(path, self.account, self.account)
        for path in (self.root / "etc").iterdir():
            shutil.chown(path, "root", self.account)
            path.chmod(0o640)

    @property
    def config_file(self) -> pathlib.Path:
        return self.root / "etc" / self.main

    @property
    def local_config(self) -> pathlib.Path:
        return self.root / "etc/local.conf"

    @property
    def current(self) -> pathlib.Path:
        return self.root / "state/current"

    # -- what differs from program to program ---------------------------------------------------------------------------

    def prepare(self) -> dict[str, Any]:
        """Write what the distribution and the administrator would have written; the rest of the layout."""
        raise NotImplementedError

    def command(self) -> list[str]:
        """How the daemon is started in the foreground."""
        raise NotImplementedError

    def adapted(self, config: dict[str, str]) -> dict[str, str]:
        """The rendered files, with what no distribution would need."""
        return config

    def kept_of(self, zone: str) -> list[pathlib.Path]:
        """The files that the daemon keeps of a zone that it transfers. It makes the directory."""
        return [self.root / "work/transferred" / zone]

    def write(self) -> None:
        """Have the daemon write now what it would write in a moment."""

    def own_zone(self, path: pathlib.Path | str, name: str) -> str:
        """Configuration with which the administrator serves another zone."""
        raise NotImplementedError

    def lose_control(self) -> None:
        """Have the running daemon take no commands."""
        control = pathlib.Path(self.sockets)
        for path in control.iterdir():
            path.unlink()

    def mend_control(self) -> None:
        """Undo that, for a daemon that starts."""

    def ignore_reload(self, zone: str) -> None:
        """Ignore the command to read a zone again."""
        raise NotImplementedError

    def sign(self, zone: str) -> None:
        """Have a daemon that signs replace all signatures of a zone, under a new serial."""
        raise NotImplementedError

    def signing_keys(self, zone: str) -> list[str]:
        """The names under which it has the keys of a zone."""
        raise NotImplementedError

    def lose_signatures(self) -> None:
        """Remove what a daemon that is stopped has of zones that it signs, but for their keys."""
        raise NotImplementedError

    # -- the server ---------------------------------------------------------------------------------------------------

    @property
    def pid(self) -> int:
        return int((self.root / "pid").read_text())

    def start(self) -> None:
        self._bury()
        with open(self.root / "output", "ab") as output:
            process = subprocess.Popen(self.command(), stdout=output, stderr=output, start_new_session=True)
        (self.root / "pid").write_text(str(process.pid))  # a process of the tests that is killed may have started it
        deadline = time.monotonic() + 10
        while not self.is_up():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.daemon} does not start:\n{self.log()[-4000:]}")
            time.sleep(0.02)

    def _bury(self) -> None:
        """Wait until one that was killed is dead, and forget it: knotd takes a process for one that runs as long as its parent did not look."""
        if not (self.root / "pid").exists():
            return
        deadline = time.monotonic() + 10
        while any(self._processes()) and time.monotonic() < deadline:
            time.sleep(0.01)
        for path in pathlib.Path(self.sockets).glob("*.pid"):
            path.unlink()

    def is_up(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection((self.address, self.port), 1):
            return self.run([self.find(self.control), *self.ready])[0] == 0 if self.ready else True
        return False

    ready: Sequence[str] = ()  # the command that succeeds when the daemon takes commands

    def runs(self) -> bool:
        try:
            return (pathlib.Path("/proc") / str(self.pid) / "stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
        except OSError:
            return False

    def _processes(self) -> Iterator[int]:
        """All that belong to the daemon. NSD answers from processes that outlive the one that started them, and those belong to init then."""
        leader = self.pid
        for entry in pathlib.Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                state, _parent, _group, session = entry.read_text().rsplit(")", 1)[1].split()[:4]
                if int(session) == leader and (state != "Z" or len(list((entry.parent / "task").iterdir())) > 1):  # other threads have its sockets still
                    yield int(entry.parent.name)

    def signal(self, number: int) -> None:
        """To all of the daemon, as a service manager's control group reaches it."""
        for pid in list(self._processes()):
            with contextlib.suppress(OSError):
                os.kill(pid, number)

    def freeze(self) -> None:
        """Have the daemon hang, without closing its sockets. One that is just being restarted is not there to hang."""
        self.signal(signal.SIGSTOP)
        stat, deadline = pathlib.Path("/proc") / str(self.pid) / "stat", time.monotonic() + 10
        with contextlib.suppress(OSError):
            while stat.read_text().rsplit(")", 1)[1].split()[0] != "T" and time.monotonic() < deadline:
                time.sleep(0.01)

    def thaw(self) -> None:
        self.signal(signal.SIGCONT)

    def stop(self) -> None:
        self.thaw()
        with contextlib.suppress(OSError):
            os.kill(self.pid, signal.SIGTERM)
        deadline = time.monotonic() + 10
        while self.runs() and time.monotonic() < deadline:
            time.sleep(0.01)
        while any(self._processes()) and time.monotonic() < deadline + 10:
            self.signal(signal.SIGKILL)
            time.sleep(0.01)

    def lose_power(self) -> None:
        """As a host does: the daemon has no time to write anything, and nobody cleans up behind it."""
        self.signal(signal.SIGKILL)
        self.stop()
        for path in pathlib.Path(self.sockets).glob("*.pid"):
            path.unlink()  # below /run, which is empty after that

    def log(self) -> str:
        return "".join(path.read_text(errors="replace") for path in (self.root / "log", self.root / "output") if path.exists())

    def run(self, command: list[str], **limits: Any) -> tuple[int, str, str]:
        """processes.run for the code under test; commands reach this server, and systemctl is played."""
        program, words = os.path.basename(command[0]), self._words(command)
        if program in (self.control, "systemctl"):
            if words[0] in self.refused:
                return 1, "", "refused for a test"
            if tuple(words) in self.ignored:
                return 0, "", ""
        if program == "systemctl":
            return self._systemctl(*words)
        limits.setdefault("seconds", self.limit)
        return processes.run([*command[:1], *self.control_options(program), *command[1:]], **limits)

    def control_options(self, _program: str) -> list[str]:
        return []

    @staticmethod
    def _words(command: list[str]) -> list[str]:
        """The words of a command behind the options that name the configuration."""
        return command[3:] if command[1] in ("-c", "--config", "--socket") else command[1:]

    def _systemctl(self, action: str, *arguments: str) -> tuple[int, str, str]:
        assert arguments[-1] == self.daemon
        if action == "show":
            return 0, f"{self.pid if self.runs() else 0}\n", ""
        if action == "is-active":
            return 0 if self.runs() else 3, "", ""
        assert action == "restart"
        # Like systemd, it goes on if who asked for it is killed.
        told, tell = os.pipe()
        with self._restarting():
            child = os.fork()
            if not child:
                try:
                    self.stop()
                    self.start()
                except Exception as error:  # whatever it is, or the child would go on with the test, and wait for its parent
                    os.write(tell, repr(error).encode())
                finally:
                    os._exit(0)
            os.waitpid(child, 0)
        os.close(tell)
        with os.fdopen(told, encoding="utf-8") as stream:
            error = stream.read()
        return (1, "", error) if error else (0, "", "")

    @contextlib.contextmanager
    def _restarting(self) -> Iterator[None]:
        with open(self.root / "restarting", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def wait_for_restart(self) -> None:
        """Until a restart has ended that somebody asked for who was killed."""
        with self._restarting():
            pass

    def ask(self, name: str, rdtype: str) -> list[str]:
        """Asks twice, as resolvers do: a server that takes new zones into use may lose a question."""
        question = dns.message.make_query(name, rdtype)
        try:
            answer = dns.query.udp(question, self.address, port=self.port, timeout=2)
        except dns.exception.Timeout:
            answer = dns.query.udp(question, self.address, port=self.port, timeout=5)
        return sorted(item.to_text() for rrset in answer.answer for item in rrset)

    def serial(self, zone: str) -> int | None:
        return served_serials.serials(self.address, [zone], port=self.port).get(zone)

    # -- what Ansible would do ----------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def declared(
        self,
        items: Sequence[Mapping[str, Any]],
        *,
        select: str | None = None,
        now: int | None = None,
        keys: Sequence[Mapping[str, str]] = (),
        settings: Settings | None = None,
        policies: Mapping[str, Any] | None = None,
        views: Sequence[Mapping[str, Any]] = (),
        secret: str | None = None,
    ) -> Iterator[Application]:
        """The application of zones as an inventory declares them, after the comparison told which are to be written."""
        groups = {"all": list(self.addresses), "dns_primaries": [self.name]}
        keyring = {"keys": list(keys), "secret": secret}
        inventory = Inventory(groups, self.addresses.__getitem__)
        declaration = load(items, {}, inventory, str, select=select, keys=keyring, policies=policies, views=list(views))
        with self.applying(declaration, settings, now) as application:
            yield application

    @contextlib.contextmanager
    def applying(self, declaration: Declaration, settings: Settings | None = None, now: int | None = None) -> Iterator[Application]:
        """The application of what a declaration says of this host."""
        host_plan = plan(declaration, self.name, self.addresses[self.name])
        settings = settings or Settings(listen_on=(self.address,), allow_query=("any",))
        host_plan = as_consumer(host_plan, self.controller, self.capabilities(), settings)
        payload = ActionModule._payload(host_plan, declaration.selected, self.controller, self.controller.Layout(**self.layout), settings)
        known = witnesses(declaration, only(host_plan, declaration.selected), self.parents)
        payload["witnesses"] = {
            zone: [(who, at, self.port, *what) for who, at, _port, *what in asked if at in (self.address, *self.silent)] for zone, asked in known.items()
        }
        payload["delegations"], payload["followed"] = delegations(declaration, only(host_plan, declaration.selected))
        for wanted in payload["delegations"].values():
            wanted["servers"] = self._reached(wanted["servers"])
            wanted["below"] = {child: self._reached(servers) for child, servers in wanted["below"].items()}
        if self.asks_others:
            payload["outside"] = [(who, at, self.port, names) for who, at, _port, names in outside(host_plan, ())]
        payload["config"], payload["port"], payload["repair"] = self.adapted(payload["config"]), self.port, self.repair
        played = {"systemctl": "systemctl" if self.systemd else None}
        software = self.software(self.run, lambda program: played[program] if program in played else self.find(program), self.layout)
        comparison = Application(software, self.layout, json.loads(json.dumps(payload))).compare(now or int(time.time()))
        found, self.agrees = json.loads(json.dumps(comparison["differing"])), comparison["agrees"]
        signers, moved, self.kept = agreed({self.name: found}, self.name)
        mine = only(host_plan, declaration.selected)
        mine = replace(mine, primary=signing(mine.primary, signers, declaration))
        payload["zones"] = {name: [file, content_digest(mine.primary[name].zone)] for name, (file, _digest) in payload["zones"].items()}
        payload["texts"], payload["seen"] = texts(mine, self.name, {self.name: found}, moved=moved), found["seen"]
        yield Application(software, self.layout, json.loads(json.dumps(payload)))

    def _reached(self, servers: Sequence[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
        return [(who, at, self.port) for who, at, _port in servers if at in (self.address, *self.silent)]

    def application(
        self, zones: Mapping[str, Mapping[str, str]], *, secondary: tuple[str, ...] = (), **arguments: Any
    ) -> contextlib.AbstractContextManager[Application]:
        """The application of zones, {zone: {name: IPv4 address or text}}, and of others to transfer from ns2."""
        servers = {"type": "NS", "value": "ns1.example."}
        items: list[dict[str, Any]] = [
            {"name": name, "records": [servers, *({"name": owner, "type": _type_of(value), "value": value} for owner, value in records.items())]}
            for name, records in zones.items()
        ]
        items += [{"name": name, "primaries": ["ns2"], "secondaries": ["ns1"], "records": [servers]} for name in secondary]
        return self.declared(items, **arguments)

    def bring(self, zones: Mapping[str, Mapping[str, str]], **arguments: Any) -> dict[str, Any]:
        """Make the host serve these zones; what the module would return."""
        with self.application(zones, **arguments) as application:
            return application.apply(os.replace)

    def bring_declared(self, items: Sequence[Mapping[str, Any]], **arguments: Any) -> dict[str, Any]:
        with self.declared(items, **arguments) as application:
            return application.apply(os.replace)

    def preview(self, zones: Mapping[str, Mapping[str, str]], **arguments: Any) -> dict[str, Any]:
        with self.application(zones, **arguments) as application:
            return application.preview()

    def tree(self) -> dict[str, tuple[Any, ...]]:
        """Everything that the collection may write but the name of who holds the lock: type, mode, content and time of each file."""
        result = {}
        for place in ("etc", "state", "work"):
            for path in [self.root / place, *sorted((self.root / place).rglob("*"))]:
                if (path.exists() or path.is_symlink()) and path != self.root / "state/lock":
                    status = path.lstat()
                    content = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else None
                    result[str(path.relative_to(self.root))] = (status.st_mode, content, status.st_mtime_ns if path.is_file() else None)
        return result


def lying_about(state: pathlib.Path) -> set[str]:
    """What is in a state directory beside the current generation, the lock, and what the next one may share of the current one."""
    current, spare = state / os.readlink(state / "current"), state / "spare"
    kept = [path.relative_to(spare) for path in spare.rglob("*") if not path.is_dir()]
    strange = {str(name) for name in kept if not ((current / name).exists() and (current / name).samefile(spare / name))}
    return strange | set(os.listdir(state)) - {"current", current.name, "lock", "spare"}


def _type_of(value: str) -> str:
    return "A" if value.startswith("192.") else "TXT"


class BindHost(ServerHost):
    controller, software, daemon, control, main, comment = bind, Bind, "named", "rndc", "named.conf", "//"
    ready = ("status",)
    checker = "named-checkconf"
    reconfigures = reconfigures_first = "reconfig"

    def prepare(self) -> dict[str, Any]:
        root, control_port = self.root, next(port for port in iter(lambda: free_port(self.address), None) if port != self.port)
        secret = base64.b64encode(os.urandom(32)).decode()
        key = f'key "control" {{ algorithm hmac-sha256; secret "{secret}"; }};\n'
        options = self.options = root / "etc/options.conf"
        self.local_config.write_text(key + f'controls {{ inet {self.address} port {control_port} allow {{ {self.address}; }} keys {{ "control"; }}; }};\n')
        options.write_text(f"port {self.port};\npid-file none;\nsession-keyfile none;\nnotify-delay 0;\n")  # NOTIFY at once, also soon after another
        (root / "rndc.conf").write_text(key + f'options {{ default-key "control"; default-server {self.address}; default-port {control_port}; }};\n')
        self.config_file.write_text(
            f'options {{ directory "{root}/work"; listen-on {{ {self.address}; }}; listen-on-v6 {{ none; }}; recursion no; empty-zones-enable no;'
            f' dnssec-validation no; notify no; include "{options}"; }};\ninclude "{self.local_config}";\n'
        )
        own = {"working_directory": str(root / "work"), "secondary_directory": "", "signing_directory": str(root / "own/signing")}
        return {"local_options": str(options), **own}

    def command(self) -> list[str]:
        return [self.find("named"), "-f", "-n", "1", "-u", self.account, "-c", str(self.config_file), "-L", str(self.root / "log")]

    def control_options(self, program: str) -> list[str]:
        return ["-c", str(self.root / "rndc.conf")] if program == "rndc" else []

    def run(self, command: list[str], **limits: Any) -> tuple[int, str, str]:
        """Also says where the configuration of rndc is."""
        code, out, err = super().run(command, **limits)
        return code, re.sub(r"(rndc configuration:\s*)\S+", rf"\g<1>{self.root}/rndc.conf", out) if command[1:] == ["-V"] else out, err

    def lose_control(self) -> None:
        key = base64.b64encode(os.urandom(32)).decode()
        self._key = (self.root / "rndc.conf").read_text()
        (self.root / "rndc.conf").write_text(re.sub('secret "[^"]*"', f'secret "{key}"', self._key))

    def mend_control(self) -> None:
        (self.root / "rndc.conf").write_text(self._key)

    def kept_of(self, zone: str) -> list[pathlib.Path]:
        return [self.root / "work" / f"{zone}{suffix}" for suffix in ("", ".jnl")]

    def own_zone(self, path: pathlib.Path | str, name: str) -> str:
        return f'zone "{name}" {{ type primary; file "{path}"; }};\n'

    def ignore_reload(self, zone: str) -> None:
        self.ignored = {("reload", zone)}

    def sign(self, zone: str) -> None:
        assert self.run([self.find("rndc"), "sign", zone])[0] == 0

    def signing_keys(self, zone: str) -> list[str]:
        return sorted(path.name for path in (self.root / "own/signing/keys" / zone).iterdir())

    def lose_signatures(self) -> None:
        for path in (self.root / "own/signing/zones").glob("*.*.*"):  # not the links to the texts
            path.unlink()


class NsdHost(ServerHost):
    controller, software, daemon, control, main = nsd, NSD, "nsd", "nsd-control", "nsd.conf"
    checker = "nsd-checkzone"
    says_version = "-v"
    reconfigures, reconfigures_first = "reconfig", "restart"
    transfers_file = "authoritative.state"  # its administrator's configuration has xfrd.state

    def prepare(self) -> dict[str, Any]:
        options = [
            f"port: {self.port}",
            "server-count: 1",
            f'username: "{self.account if self.account != "root" else ""}"',
            'pidfile: ""',
            f'logfile: "{self.root}/log"',
            "verbosity: 2",
            *(f'{option}: "{self.root}/own/{name}"' for option, name in (("zonelistfile", "zone.list"), ("xfrdir", ""))),
        ]
        self.local_config.write_text("")
        self.config_file.write_text(self.stock(options) + "remote-control:\n\tcontrol-enable: no\n")
        own = {"differences_directory": f"{self.root}/own/differences", "transfers_file": f"{self.root}/own/{self.transfers_file}"}
        return {**own, "secondary_directory": str(self.root / "work/transferred"), "control_socket": f"{self.sockets}/nsd.ctl", "options": options}

    def stock(self, options: Sequence[str]) -> str:
        """The clause "server" of its administrator, which keeps nothing outside of the host's directory."""
        lines = [f"ip-address: {self.address}", 'database: ""', f'xfrdfile: "{self.root}/own/xfrd.state"', *options]
        return "server:\n" + "".join(f"\t{line}\n" for line in lines)

    def command(self) -> list[str]:
        return [self.find("nsd"), "-d", "-c", str(self.config_file)]

    def write(self) -> None:
        assert self.run([self.find("nsd-control"), "-c", str(self.config_file), "write"])[0] == 0

    def own_zone(self, path: pathlib.Path | str, name: str) -> str:
        return f'zone:\n\tname: "{name}"\n\tzonefile: "{path}"\n'

    def ignore_reload(self, zone: str) -> None:
        self.ignored = {("reload", zone)}


class KnotHost(ServerHost):
    controller, software, daemon, control, main = knot, Knot, "knot", "knotc", "knot.conf"
    checker = "knotc zone-check"
    reconfigures, reconfigures_first = "reload", "restart"

    def prepare(self) -> dict[str, Any]:
        self.local_config.write_text(f'log:\n  - target: "{self.root}/log"\n    any: debug\n')
        self.config_file.write_text(
            f'server:\n    rundir: "{self.sockets}"\n    user: "{self.account}:{self.account}"\n    listen: "{self.address}@{self.port}"\n'
            f'database:\n    storage: "{self.root}/own"\ninclude: "{self.local_config}"\n'
        )
        return {"storage": str(self.root / "own"), "secondary_directory": str(self.root / "work/transferred"), "run_directory": self.sockets}

    def command(self) -> list[str]:
        return [self.find("knotd"), "--config", str(self.config_file)]

    @classmethod
    def program(cls) -> str:
        return "knotd"

    def is_up(self) -> bool:
        return super().is_up() and self.run([self.find("knotc"), "--config", str(self.config_file), "status"])[0] == 0

    def adapted(self, config: dict[str, str]) -> dict[str, str]:
        return {**config, "knot.conf": config["knot.conf"].replace('@53"', f'@{self.port}"')}  # knotd has no other place for its port

    def own_zone(self, path: pathlib.Path | str, name: str) -> str:
        return f'zone:\n  - domain: "{name}"\n    file: "{path}"\n    journal-content: none\n'

    def ignore_reload(self, zone: str) -> None:
        self.ignored = {("zone-reload", zone)}

    def run(self, command: list[str], **limits: Any) -> tuple[int, str, str]:
        """As above, but of zones that are read by one command some may be ignored."""
        if "zone-reload" in command:
            kept = [word for word in command if ("zone-reload", word) not in self.ignored]
            command = kept if kept[-1] != "zone-reload" else command
        return super().run(command, **limits)

    def sign(self, zone: str) -> None:
        assert self.run([self.find("knotc"), "--config", str(self.config_file), "--blocking", "zone-sign", zone])[0] == 0

    def signing_keys(self, zone: str) -> list[str]:
        return sorted(line.split()[0] for line in self.run([self.find("keymgr"), "--dir", str(self.root / "own/keys"), zone, "list"])[1].splitlines())

    def lose_signatures(self) -> None:
        shutil.rmtree(self.root / "own/journal")


class Debian13NsdHost(NsdHost):
    """NSD as Debian 13 has it, for tests of what an older one does not know. Raises Unavailable where its packages are not within reach."""

    @staticmethod
    def find(program: str) -> str | None:
        return runnable("trixie", ("nsd", "nsd-control", "nsd-checkconf", "nsd-checkzone")).get(program) or _find(program)


INSTALLED = [kind for kind in (BindHost, NsdHost, KnotHost) if kind.find(kind.program())]


@contextlib.contextmanager
def running_host(kind: type[ServerHost], root: pathlib.Path, account: str = "root") -> Iterator[ServerHost]:
    """account: the daemon's user and group."""
    host = kind(root, account)
    try:
        host.start()
        yield host
    finally:
        if (root / "pid").exists():
            host.stop()
        shutil.rmtree(host.sockets, ignore_errors=True)
