# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a running named is told, and says, of many zones, over one connection to its control channel.

A process of rndc(8) for each takes some hundredths of a second. The channel is spoken as rndc speaks it (lib/isccc of BIND); where it cannot be, as with
a configuration of rndc's that is not a plain one, rndc asks.
"""

from __future__ import annotations

import base64
import hmac
import os
import random
import re
import socket
import struct
import time

from ansible_collections.authoritative.dns.plugins.module_utils.common import named_conf

_ALGORITHMS = {"hmac-sha1": 161, "hmac-sha224": 162, "hmac-sha256": 163, "hmac-sha384": 164, "hmac-sha512": 165}
_STRING, _TABLE = b"\1", b"\2"
_DIGEST = 88  # octets of a digest as text, with what fills it up
_VERSION = struct.pack("!I", 1)
_LONGEST = 1 << 20  # octets of an answer
_PATIENCE = 5.0  # seconds for an answer; then rndc asks, which has a minute
_VALID = 60  # seconds for which a command is valid


class _Failed(Exception):
    """The channel cannot be used."""


def statuses(software, places):
    """Yields (place, whether named has that zone, what it says) of "rndc zonestatus PLACE" for each: a zone, and where there are views its class and view."""
    places = [tuple(place) for place in places]
    found = carried_out(software, [("zonestatus", *place) for place in places])
    for place in places:
        told = found.get(("zonestatus", *place))
        if told is None:  # rndc says why, if it cannot either
            code, out, err = software.run([software.find("rndc"), "zonestatus", *place])
            told = not code, out if not code else err or out
        yield (place, *told)


def carried_out(software, commands):
    """{command, a tuple of words: (whether it succeeded, what named says)} of those that named was given before the channel could not be used any more."""
    found = {}
    if not commands:
        return found
    try:
        with _Channel(*_reached(software)) as channel:
            for command in commands:
                found[command] = channel.carry_out(" ".join(command))
    except (_Failed, named_conf.NotReadable, OSError, ValueError, LookupError, struct.error):
        pass
    return found


def _reached(software):
    """(address, port, algorithm, secret) with which rndc reaches the server. Raises _Failed where its configuration is not a plain one."""
    program = software.find("named")
    found = re.search(r"rndc configuration:\s*(\S+)", software.run([program, "-V"])[1]) if program else None
    if not found:
        raise _Failed
    path = found.group(1) if os.path.exists(found.group(1)) else os.path.join(os.path.dirname(found.group(1)), "rndc.key")
    with open(path, encoding="utf-8") as stream:
        statements = [(named_conf.words(statement), _options(statement)) for statement in named_conf.parse(stream.read())]
    keys = {words[1]: options for words, options in statements if words[0] == "key"}
    options = next((options for words, options in statements if words[0] == "options"), {})
    name = options.get("default-key", next(iter(keys), None))
    plain = all(words[0] in ("key", "options") for words, _options in statements) and {*options} <= {"default-key", "default-server", "default-port"}
    if not plain or name not in keys or keys[name]["algorithm"].lower() not in _ALGORITHMS:
        raise _Failed
    server, key = options.get("default-server", "127.0.0.1"), keys[name]
    address = "127.0.0.1" if server == "localhost" else server
    return address, int(options.get("default-port", 953)), key["algorithm"].lower(), base64.b64decode(key["secret"])


def _options(statement):
    """{option: value} of a block."""
    return dict(named_conf.words(option) for option in named_conf.block(statement))


class _Channel:
    """A connection to a control channel. Every failure is one of _Failed, OSError, ValueError, LookupError and struct.error."""

    def __init__(self, address, port, algorithm, secret):
        self.number, self.digest, self.secret = _ALGORITHMS[algorithm], algorithm.removeprefix("hmac-"), secret
        self.serial, self.nonce = random.getrandbits(31), None
        self.link = socket.create_connection((address, port), _PATIENCE)

    def __enter__(self):
        self.nonce = self._exchange("null")["_ctrl"]["_nonce"]
        return self

    def __exit__(self, *_exception):
        self.link.close()

    def carry_out(self, command):
        """(whether it succeeded, what named says)."""
        said = self._exchange(command)["_data"]
        succeeded = said["result"] == b"0"
        words = [said[part].decode("utf-8", "replace") for part in (("text",) if succeeded else ("err", "text")) if part in said]
        return succeeded, "\n".join(words)

    def _exchange(self, command):
        self.serial += 1
        now = int(time.time())
        control = {"_ser": self.serial, "_tim": now, "_exp": now + _VALID, **({"_nonce": self.nonce} if self.nonce else {})}
        body = _item("_ctrl", control) + _item("_data", {"type": command})
        message = _VERSION + _item("_auth", {"hsha": bytes([self.number]) + self._signature(body)}) + body
        self.link.sendall(struct.pack("!I", len(message)) + message)
        length = struct.unpack("!I", self._read(4))[0]
        if length > _LONGEST:
            raise _Failed
        answer = self._read(length)[len(_VERSION) :]
        said = _read_message(answer)
        signed = said["_auth"]["hsha"]
        if not hmac.compare_digest(signed[1:], self._signature(answer[len(_item("_auth", {"hsha": signed})) :])):
            raise _Failed
        if said["_ctrl"]["_ser"] != str(self.serial).encode():
            raise _Failed
        return said

    def _signature(self, body):
        return base64.b64encode(hmac.new(self.secret, body, self.digest).digest()).ljust(_DIGEST, b"\0")

    def _read(self, length):
        found = b""
        while len(found) < length:
            part = self.link.recv(length - len(found))
            if not part:
                raise _Failed
            found += part
        return found


def _item(name, value):
    """A name and its value as they are sent: texts, numbers, and tables of such."""
    if isinstance(value, dict):
        kind, octets = _TABLE, b"".join(_item(*item) for item in value.items())
    else:
        kind, octets = _STRING, value if isinstance(value, bytes) else str(value).encode()
    return bytes([len(name)]) + name.encode() + kind + struct.pack("!I", len(octets)) + octets


def _read_message(octets):
    """{name: {name: octets}}. A table in one of these tables, which no answer needs, is left as it is: who sends it may have nested a thousand."""
    message = {}
    for name, kind, value in _read_items(octets):
        if kind != _TABLE:
            raise _Failed
        message[name] = {inner: said for inner, _kind, said in _read_items(value)}
    return message


def _read_items(octets):
    """Yields (name, kind, octets)."""
    position = 0
    while position < len(octets):
        start = position + 1 + octets[position]
        name = octets[position + 1 : start].decode()
        length = struct.unpack_from("!I", octets, start + 1)[0]
        yield name, octets[start : start + 1], octets[start + 5 : start + 5 + length]
        position = start + 5 + length
