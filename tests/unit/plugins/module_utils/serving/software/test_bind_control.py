# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
import contextlib
import hmac
import os
import socket
import struct
import tempfile
import threading
import types

import pytest
from ansible_collections.authoritative.dns.plugins.module_utils.serving.software import bind_control
from hypothesis import example, given
from hypothesis import strategies as st

SECRET = base64.b64encode(b"x" * 32).decode()
KEY = f'key "rndc-key" {{\n\talgorithm hmac-sha256;\n\tsecret "{SECRET}";\n}};\n'
NAMES = st.text("abc_", min_size=1, max_size=9)


class Program:
    """A BIND whose configuration of rndc is in a directory."""

    def __init__(self, directory):
        self.directory = directory

    def find(self, name):
        return f"/usr/sbin/{name}"

    def run(self, _command):
        return 0, f"default paths:\n  rndc configuration:   {self.directory}/rndc.conf\n", ""


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("rndc.key", KEY, ("127.0.0.1", 953, "hmac-sha256")),
        (
            "rndc.conf",
            "# as rndc-confgen writes it\n" + KEY + 'options { default-key "rndc-key"; default-server 127.0.0.2; default-port 954; };\n',
            ("127.0.0.2", 954),
        ),
        ("rndc.conf", KEY + "options { default-server localhost; };\n// server 192.0.2.1 { key other; };\n", ("127.0.0.1", 953)),
        ("rndc.conf", KEY.replace("rndc-key", "other") + KEY.replace("256", "512") + "options { default-key rndc-key; };", ("127.0.0.1", 953, "hmac-sha512")),
    ],
)
def test_it_reaches_what_rndc_reaches(tmp_path, name, text, expected):
    (tmp_path / name).write_text(text)
    found = bind_control._reached(Program(tmp_path))
    assert found[: len(expected)] == expected and found[3] == b"x" * 32


@given(st.binary(min_size=16, max_size=64))
@example(b"\xff" * 32)  # whose text is full of slashes, as that of one key in a hundred has two
def test_a_secret_is_never_taken_for_a_comment(secret):
    with tempfile.TemporaryDirectory() as directory:
        with open(os.path.join(directory, "rndc.key"), "w", encoding="utf-8") as stream:
            stream.write("/* of rndc */\n" + KEY.replace(SECRET, base64.b64encode(secret).decode()))
        assert bind_control._reached(Program(directory)) == ("127.0.0.1", 953, "hmac-sha256", secret)


@pytest.mark.parametrize(
    "text",
    [
        'include "/etc/rndc.key";\noptions { default-key "rndc-key"; };\n',
        KEY + "server 192.0.2.1 { key rndc-key; };\n",
        KEY + "options { default-key other; };\n",
        KEY + "options { default-source-address 192.0.2.1; };\n",
        KEY.replace("hmac-sha256", "hmac-md5"),
        "",
    ],
)
def test_what_is_not_plain_is_left_to_rndc(tmp_path, text):
    (tmp_path / "rndc.conf").write_text(text)
    with pytest.raises(bind_control._Failed):
        bind_control._reached(Program(tmp_path))


@given(st.dictionaries(NAMES, st.dictionaries(NAMES, st.binary(max_size=300), max_size=3), max_size=5))
def test_what_is_sent_is_read_again(items):
    assert bind_control._read_message(b"".join(bind_control._item(*item) for item in items.items())) == items


@given(st.binary(max_size=60))
def test_whatever_comes_is_read_or_left_to_rndc(octets):
    with contextlib.suppress(bind_control._Failed, ValueError, LookupError, struct.error):
        message = bind_control._read_message(octets)
        assert all(isinstance(said, bytes) for table in message.values() for said in table.values())


def nested(depth):
    table = b""
    for _level in range(depth):
        table = b"\1a\2" + struct.pack("!I", len(table)) + table
    return table


def saying(monkeypatch, answers):
    """A program whose control channel says one after the other; each is a function of the question."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        with listening, listening.accept()[0] as link:
            for answer in answers:
                message = bind_control._VERSION + answer(link.recv(65536))
                link.sendall(struct.pack("!I", len(message)) + message)
            link.recv(1)

    threading.Thread(target=serve, daemon=True).start()
    monkeypatch.setattr(bind_control, "_reached", lambda _software: ("127.0.0.1", listening.getsockname()[1], "hmac-sha256", b"x" * 32))
    return types.SimpleNamespace(find=lambda name: name, run=lambda _command: (0, "as rndc says", ""))


AUTH = bind_control._item("_auth", {"hsha": b"\xa3" + b"x" * 88})


@pytest.mark.parametrize(
    "answer",
    [
        nested(1500) + AUTH,
        AUTH + nested(1500),
        bind_control._item("_auth", "text"),
        bind_control._item("_auth", {"hsha": {"a": "b"}}),
        bind_control._item("_auth", {}),
        AUTH[:20],
        AUTH,
        b"",
    ],
)
def test_an_answer_that_makes_no_sense_is_left_to_rndc(monkeypatch, answer):
    """Of whoever took the server over: nothing of it is believed, nor does it end the run."""
    program = saying(monkeypatch, [lambda _question: answer])
    assert list(bind_control.statuses(program, [("example.com",)])) == [(("example.com",), True, "as rndc says")]


@pytest.mark.parametrize("said", [{"_data": "text"}, {"_ctrl": "text"}, {"_data": {"text": "without a result"}}])
def test_so_it_is_where_it_is_signed(monkeypatch, said):
    """Who took the server over has the key."""

    def signed(more):
        def answer(question):
            serial = bind_control._read_message(question[8:])["_ctrl"]["_ser"]
            body = b"".join(bind_control._item(*item) for item in {"_ctrl": {"_ser": serial, "_nonce": "1"}, "_data": {}, **more}.items())
            digest = base64.b64encode(hmac.new(b"x" * 32, body, "sha256").digest()).ljust(88, b"\0")
            return bind_control._item("_auth", {"hsha": b"\xa3" + digest}) + body

        return answer

    program = saying(monkeypatch, [signed({}), signed(said)])
    assert list(bind_control.statuses(program, [("example.com",)])) == [(("example.com",), True, "as rndc says")]
