# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How PowerDNS' database is brought to what a generation describes, and how the running server takes notice.

The tables and the kinds of metadata are those that PowerDNS documents for its generic SQL backends and SQLite.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sqlite3
import tempfile

from ansible_collections.authoritative.dns.plugins.module_utils.common.errors import Refused
from ansible_collections.authoritative.dns.plugins.module_utils.serving import blocks
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software import pdns_conf
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software.common import Software

_ZONES, _KEYS, _SETTINGS = "zones.txt", "keys.txt", "pdns.conf"
_LOCAL = "pdns.local.conf"  # is read after pdns.conf
_KINDS = ("AXFR-MASTER-TSIG", "TSIG-ALLOW-AXFR", "ALLOW-AXFR-FROM", "ALSO-NOTIFY", "SLAVE-RENOTIFY")
# The members of a catalog are transferred with its key, which pdns_server itself does not give them (issue 13682 of PowerDNS).
_INHERIT = """CREATE TRIGGER authoritative_dns_{name} AFTER {event} ON domains WHEN NEW.catalog <> '' AND NEW.type = 'SLAVE' BEGIN
    DELETE FROM domainmetadata WHERE domain_id = NEW.id AND kind = 'AXFR-MASTER-TSIG';
    INSERT INTO domainmetadata (domain_id, kind, content) SELECT NEW.id, kind, content FROM domainmetadata
        WHERE kind = 'AXFR-MASTER-TSIG' AND domain_id = (SELECT id FROM domains WHERE name = NEW.catalog);
END"""
# Where another transfer is entered meanwhile, pdns_server fails to enter what a catalog changes among its members, and yet enters the catalog, under its new
# serial (SQLITE_BUSY; "Catalog-Zone update failed, only import records"). Without its SOA record it is transferred, and looked at, again in the next round;
# thirty times an hour at most, since that becomes of a broken catalog too.
_LISTED = """SELECT lower(content) AS member FROM records WHERE domain_id = NEW.id AND type = 'PTR'
        AND substr(name, -length(NEW.name) - 7) = '.zones.' || NEW.name AND instr(substr(name, 1, length(name) - length(NEW.name) - 7), '.') = 0"""
_TRIED = "FROM domainmetadata WHERE domain_id = NEW.id AND kind = 'X-AUTHORITATIVE-DNS-TRIED'"
_AN_HOUR_AGO = "CAST(strftime('%s', 'now') AS INTEGER) - 3600"
_LOOK_AGAIN = f"""CREATE TRIGGER authoritative_dns_looked_at AFTER UPDATE OF last_check ON domains
WHEN NEW.type = 'CONSUMER' AND NEW.last_check IS NOT NULL AND (SELECT count(*) {_TRIED} AND CAST(content AS INTEGER) > {_AN_HOUR_AGO}) < 30 AND (
    EXISTS (SELECT 1 FROM domains WHERE catalog = NEW.name AND name NOT IN ({_LISTED}))
    OR EXISTS (SELECT 1 FROM ({_LISTED}) WHERE member NOT IN (SELECT name FROM domains))
) BEGIN
    DELETE {_TRIED} AND CAST(content AS INTEGER) <= {_AN_HOUR_AGO};
    INSERT INTO domainmetadata (domain_id, kind, content) VALUES (NEW.id, 'X-AUTHORITATIVE-DNS-TRIED', strftime('%s', 'now'));
    DELETE FROM records WHERE domain_id = NEW.id AND type = 'SOA';
    UPDATE domains SET last_check = NULL WHERE id = NEW.id;
END"""
_TRIGGERS = {
    **{f"authoritative_dns_{name}": _INHERIT.format(name=name, event=event) for name, event in (("new", "INSERT"), ("listed", "UPDATE OF catalog"))},
    "authoritative_dns_looked_at": _LOOK_AGAIN,
}
_TABLES_OF_A_ZONE = ("records", "domainmetadata", "cryptokeys", "comments")
_ONE_BY_ONE = 50  # above this many zones the server's own rounds are cheaper
_SETTING = re.compile(r"^(?:# )?([a-z0-9-]+)=(.*)$", re.M)
_LISTED = re.compile(r"[^\s,]+")


class PowerDNS(Software):
    """pdns_server with the SQLite backend, and pdns_control to command it."""

    name = "PowerDNS"
    checkers = ("pdns_server",)

    def __init__(self, run, find, layout):
        super().__init__(run, find, layout)
        self._stale = set()  # zones to transfer
        self._removed = set()

    daemon = "pdns_server"
    config_options = ("--config-dir",)
    status = ("pdns_control", "rping")

    @property
    def configured(self):
        return os.path.dirname(self.layout["config_file"])

    def check(self, generation, current, changed_zones, entry):
        """Let pdns_server itself read what is staged, and see that the database can be made. Raises Refused."""
        program = self.find("pdns_server")
        if not os.path.exists(self.layout["schema"]):
            raise Refused("the SQLite backend's schema is not at {}; install the backend first (the role nameserver does)".format(self.layout["schema"]))
        if _LOCAL not in generation.files and os.path.exists(self.layout["local_config"]):
            os.symlink(self.layout["local_config"], os.path.join(generation.path, _LOCAL))
        code, out, err = self.run_checker([program, "--config-dir=" + generation.path, "--include-dir=" + generation.path, "--config=check"])
        if code:
            words = (out + err).replace(generation.path, current).splitlines()
            raise Refused("pdns_server refuses it: " + "; ".join(word for word in words if "Loading" not in word))

    told_a_directory = True

    def check_original(self, path, files):
        code, out, err = self.run_checker([self.find("pdns_server"), "--config-dir=" + os.path.dirname(path), "--config=check"])
        if code:
            raise Refused(f"pdns_server refuses {path}: " + "; ".join(word for word in (out + err).splitlines()[:20] if "Loading" not in word))
        return []

    def write_serial(self, zone, text, serial):
        """With pdnsutil, by the configuration of before, which is in its place by then."""
        ttl, soa = next(line.split(None, 4)[1::3] for line in text.splitlines() if line.split(None, 4)[2:4] == ["IN", "SOA"])
        primary, mailbox, _serial, *timers = soa.split()
        content = " ".join([f"{primary.rstrip('.')}.", f"{mailbox.rstrip('.')}.", str(serial), *timers])
        directory = os.path.dirname(self.layout["config_file"])
        code, out, err = self.run_checker([self.find("pdnsutil"), "--config-dir=" + directory, "replace-rrset", zone, "@", "SOA", ttl, content])
        if code:
            raise Refused(f"pdnsutil replace-rrset fails for {zone}: " + " ".join((err or out).split()))

    # -- the database -------------------------------------------------------------------------------------------------

    def differing(self, generation):
        """Which of the descriptions the database does not agree with, because somebody edited it or a run was killed."""
        if _ZONES not in generation.files:
            return set()
        return set(self.call_as_server(self._differing, *_described(generation)))

    def _differing(self, zones, keys):
        if not os.path.exists(self.layout["database"]):
            return [_ZONES, _KEYS]
        with self._database() as database:
            found = {name: facts for name, (_identifier, facts) in _zones(database, _consumed(zones)).items()}
            otherwise = found != zones or (bool(_consumed(zones)) and not _has_triggers(database))
            return [_ZONES] * otherwise + [_KEYS] * (_keys(database) != keys)

    def store(self, generation):
        """Bring the database to what the generation describes, in one transaction."""
        stale, removed = self.call_as_server(self._store, *_described(generation))
        self._stale |= set(stale)
        self._removed |= set(removed)

    def _store(self, zones, keys):
        """(zones to transfer, zones that are gone)."""
        with self._database() as database:
            database.execute("BEGIN IMMEDIATE")
            if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'domains'").fetchone():
                self._make_tables(database)
            present = _zones(database, _consumed(zones))
            removed = {name: identifier for name, (identifier, _facts) in present.items() if name not in zones}
            self._remove(database, removed)
            stale = {name: facts for name, facts in zones.items() if present.get(name, (None, None))[1] != facts}
            self._enter(database, stale)
            for name, statement in _TRIGGERS.items():
                database.execute(f"DROP TRIGGER IF EXISTS {name}")
                if _consumed(zones):
                    database.execute(statement)
            self._hand_on(database, [name for name in _consumed(zones) if name in stale])
            if _keys(database) != keys:
                database.execute("DELETE FROM tsigkeys")
                database.executemany("INSERT INTO tsigkeys (name, algorithm, secret) VALUES (?, ?, ?)", sorted(keys))
            database.execute("COMMIT")
        return list(stale), list(removed)

    def _remove(self, database, zones):
        for table in _TABLES_OF_A_ZONE:
            database.executemany(f"DELETE FROM {table} WHERE domain_id = ?", [(identifier,) for identifier in zones.values()])
        database.executemany("DELETE FROM domains WHERE id = ?", [(identifier,) for identifier in zones.values()])

    def _enter(self, database, zones):
        """Zones that are new, or have other primaries or keys than before. Without last_check the server asks their primaries soon."""
        database.executemany("INSERT OR IGNORE INTO domains (name, type) VALUES (?, 'SLAVE')", [(name,) for name in zones])
        database.executemany(
            "UPDATE domains SET type = ?, last_check = NULL, master = ? WHERE name = ?",
            [("CONSUMER" if "kind" in facts else "SLAVE", " ".join(facts["primaries"]), name) for name, facts in zones.items()],
        )
        if _knows_catalogs(database):
            database.executemany("UPDATE domains SET catalog = NULL, options = NULL WHERE name = ?", [(name,) for name in zones])
        chosen = ", ".join("?" * len(_KINDS))
        database.executemany(
            f"DELETE FROM domainmetadata WHERE kind IN ({chosen}) AND domain_id = (SELECT id FROM domains WHERE name = ?)",
            [(*_KINDS, name) for name in zones],
        )
        database.executemany(
            "INSERT INTO domainmetadata (domain_id, kind, content) SELECT id, ?, ? FROM domains WHERE name = ?",
            [(kind, value, name) for name, facts in zones.items() for kind in _KINDS for value in facts.get(kind, ())],
        )

    def _hand_on(self, database, catalogs):
        """Give the members of catalogs the primaries and keys that these have now."""
        for catalog in catalogs:
            database.execute("UPDATE domains SET master = (SELECT master FROM domains WHERE name = ?) WHERE catalog = ?", (catalog, catalog))
            database.execute("UPDATE domains SET catalog = catalog WHERE catalog = ?", (catalog,))  # which the trigger sees

    def unknown(self, zones):
        found = set(self.call_as_server(self._names))
        return [zone for zone in zones if zone not in found]

    def _names(self):
        with self._database() as database:
            return [name for (name,) in database.execute("SELECT name FROM domains")]

    def kept(self, zones):
        return self.call_as_server(self._kept, list(zones)) if zones and os.path.exists(self.layout["database"]) else {}

    def _kept(self, zones):
        with self._database() as database:
            if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'domains'").fetchone():
                return {}
            rows = database.execute("SELECT name, content FROM records WHERE type = 'SOA'").fetchall()
        return {zone: int(content.split()[2]) for zone, content in rows if zone in zones}

    def _make_tables(self, database):
        with open(self.layout["schema"], encoding="utf-8") as stream:
            schema = re.sub(r"--.*", "", stream.read())
        for statement in schema.split(";"):
            if statement.strip() and not statement.strip().upper().startswith("PRAGMA"):
                database.execute(statement)

    @contextlib.contextmanager
    def _database(self):
        """A connection, in autocommit mode until BEGIN. The file belongs to the server, and nobody else can read it. Raises Refused.

        Only ever with the server's own rights: it could put anything in the place of its database.
        """
        path = self.layout["database"]
        directory = os.path.dirname(path)
        if not os.path.isdir(directory):
            os.makedirs(directory)
            os.chmod(directory, 0o750)
        if not os.path.exists(path):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640))
        # The server writes transferred zones meanwhile, one at a time: wait for it, but not for ever.
        connection = sqlite3.connect(path, timeout=30, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            yield connection
        except sqlite3.Error as error:
            raise Refused(f"the database {path} cannot be read or written: {error}") from error
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            connection.close()

    # -- the running server -------------------------------------------------------------------------------------------

    def take(self, changed_files, changed_zones):
        """Make the running server notice what the database has now. Raises Refused."""
        if self._runs_with_other_settings():
            self.restart()
        else:
            removed = sorted(self._removed)
            for name in [[]] if len(removed) > _ONE_BY_ONE else [[name + "$"] for name in removed]:
                self._control("purge", *name)
            if len(self._stale) <= _ONE_BY_ONE:  # many are looked for in the server's own round, see xfr-cycle-interval
                for name in sorted(self._stale):
                    self._control("retrieve", name)
        self._stale, self._removed = set(), set()

    def _runs_with_other_settings(self):
        """pdns_server reads its settings when it starts, and never again."""
        running = dict(_SETTING.findall(self._control("current-config")))
        wanted, lists = {}, set()  # lists: settings to which something is added, maybe to the program's own default
        for path in (os.path.join(self.layout["state_directory"], "current", name) for name in (_SETTINGS, _LOCAL)):
            if os.path.exists(path):
                with open(path, encoding="utf-8") as stream:
                    for _number, name, adds, value in pdns_conf.statements(stream.read()):
                        wanted[name] = f"{wanted.get(name, '')},{value}" if adds else value
                        lists = lists | {name} if adds else lists - {name}
        listed = {name: [set(_LISTED.findall(text)) for text in (wanted.pop(name), running.get(name, ""))] for name in lists}
        return any(running.get(name) != value for name, value in wanted.items()) or any(not said <= has for said, has in listed.values())

    def refresh(self, zones):
        """Have pdns_server transfer these zones anew, or look at many in its own next round, as at those that it never asked for."""
        if len(zones) > _ONE_BY_ONE:
            self.call_as_server(self._make_due, list(zones))
            return
        for zone in zones:
            self.run([self.find("pdns_control"), "retrieve", zone])

    def _make_due(self, zones):
        with self._database() as database:
            database.execute("BEGIN IMMEDIATE")
            database.executemany("UPDATE domains SET last_check = NULL WHERE name = ?", [(zone,) for zone in zones])
            database.execute("COMMIT")

    def consume(self, catalogs):
        for catalog in catalogs:
            self._control("retrieve", catalog)

    def _control(self, *arguments):
        code, out, err = self.run([self.find("pdns_control"), *arguments])
        if code:
            raise Refused("pdns_control {} fails: {}".format(" ".join(arguments), (err or out).strip()))
        return out

    def left_out(self, config, declared):
        """What pdnsutil finds in the databases of the configuration in place. One that launches no backend, as packages bring it, serves nothing."""
        path = self.layout["config_file"]
        if not pdns_conf.settings(path)[0].get("launch"):
            return set()
        program = self.find("pdnsutil")
        if not program and not self.running():
            return set()  # what is left of a package that was removed
        code, out, err = self._listed_by(program, path) if program else (1, "", "pdnsutil is not installed")
        if code:
            words = "; ".join([line for line in (out + err).splitlines() if "Loading" not in line][:20])
            raise Refused(f"which zones {path} leads to, and this run would no longer serve, cannot be told: {words}; mend that, or move the file away")
        return {line.strip().rstrip(".").lower() for line in out.splitlines() if line.strip() and " " not in line} - set(declared)

    def _listed_by(self, program, path):
        """Of a copy: where pdns_server itself gives root's rights up (setuid), as in the Fedora family, root alone can read the file."""
        with tempfile.TemporaryDirectory(prefix="authoritative-dns-") as directory:
            copy = shutil.copyfile(path, os.path.join(directory, os.path.basename(path)))
            for place, mode in ((directory, 0o750), (copy, 0o640)):
                shutil.chown(place, group=self.layout["group"])
                os.chmod(place, mode)
            return self.run_checker([program, "--config-dir=" + directory, "list-all-zones"])

    def forget_secondary(self, zones):
        """Nothing: what was transferred went with the zone, in the same transaction."""


def _described(generation):
    """What a generation says: ({zone: {kind: values}}, {(key's name, algorithm, secret)})."""
    zones = {}
    for (_kind, name), block in blocks.split(generation.read(_ZONES) or "")[1].items():
        lines = (line.split(" ") for line in block.splitlines()[1:])
        zones[name] = {kind: values for kind, *values in lines}
    keys = blocks.split(generation.read(_KEYS) or "")[1].values()
    return zones, {tuple(block.splitlines()[1].split(" ")) for block in keys}


def _zones(database, catalogs):
    """What the database has: {zone: (identifier, {kind: values})}. Without the members of catalogs from which the server learns."""
    zones = {}
    listed = "catalog" if _knows_catalogs(database) else "NULL"
    for identifier, name, kind, primaries, catalog in database.execute(f"SELECT id, name, type, master, {listed} FROM domains"):
        if catalog in catalogs:
            continue
        # Any other kind of zone agrees with no description.
        facts = {"primaries": (primaries or "").split()} if kind in ("SLAVE", "CONSUMER") and not catalog else {}
        zones[name] = (identifier, dict(facts, kind=["consumer"]) if kind == "CONSUMER" else facts)
    facts = dict(zones.values())
    chosen = ", ".join("?" * len(_KINDS))
    for identifier, kind, value in database.execute(f"SELECT domain_id, kind, content FROM domainmetadata WHERE kind IN ({chosen}) ORDER BY id", _KINDS):
        if identifier in facts:
            facts[identifier].setdefault(kind, []).append(value)
    return zones


def _consumed(zones):
    return [name for name, facts in zones.items() if "kind" in facts]


def _knows_catalogs(database):
    """Whether the tables are those of PowerDNS 4.7 or newer."""
    return any(column[1] == "catalog" for column in database.execute("PRAGMA table_info(domains)"))


def _has_triggers(database):
    return dict(database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).items() >= _TRIGGERS.items()


def _keys(database):
    return set(database.execute("SELECT name, algorithm, secret FROM tsigkeys"))
