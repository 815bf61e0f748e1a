# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names become configuration text and file names: what is accepted must be harmless as both."""

from __future__ import annotations

import dns.exception
import dns.name
import pytest
from ansible_collections.authoritative.dns.plugins.plugin_utils.declaration import names
from hypothesis import example, given
from hypothesis import strategies as st

HARMLESS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-/.")
# Text near to what is accepted, so that more than refusals is tried.
NEARLY_NAMES = st.one_of(st.text(), st.text("abAB01_-/.\\\"'{};\n %*@", max_size=80))


@given(NEARLY_NAMES)
@example("ex\\097mple.com")
@example("bücher.example")
@example(".")
def test_an_accepted_zone_name_is_harmless_text(text):
    try:
        name = names.zone_name(text)
    except ValueError:
        return
    accepted = names.to_text(name)
    assert set(accepted) <= HARMLESS
    assert names.zone_name(accepted) == names.zone_name(accepted.rstrip(".") + ".") == name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Example.COM.", "example.com"),
        (".", "."),
        ("0/25.2.0.192.in-addr.arpa", "0/25.2.0.192.in-addr.arpa"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("_tcp.example", "_tcp.example"),
    ],
)
def test_zone_names_are_lower_case_a_labels(text, expected):
    assert names.to_text(names.zone_name(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hostmaster@example.com", "hostmaster.example.com."),
        ("first.last@example.com", r"first\.last.example.com."),
        ("hostmaster@mail.example.net", "hostmaster.mail.example.net."),
        ("hostmaster", "hostmaster.example.net."),
        ("@", "example.net."),
    ],
)
def test_a_mail_address_becomes_a_name(text, expected):
    assert names.mailbox(text, dns.name.from_text("example.net.")).to_text() == expected


@pytest.mark.parametrize("text", ["example.net", "WWW.Example.NET", "Bücher.example", "www.bücher.example"])
def test_a_name_whose_final_dot_was_forgotten_is_told(text):
    origin = names.zone_name(text.split(".", text.count(".") - 1)[-1])
    with pytest.raises(ValueError) as error:
        names.declared(text, origin)
    assert f"has no final dot and would become {text}.{origin}" in str(error.value)
    assert names.declared(f"{text}.", origin).is_subdomain(origin)


@pytest.mark.parametrize("text", ["www", "@", "www.sub", "my-example.net", "example.net.www", "example.com", "example.net."])
def test_a_name_that_is_meant_to_be_relative_is(text):
    origin = dns.name.from_text("example.net.")
    assert names.declared(text, origin) == names.absolute(text, origin)


@given(st.one_of(st.text(), st.ip_addresses().map(str), st.tuples(st.ip_addresses().map(str), st.text(max_size=30)).map("%".join)))
@example('fe80::1%x; }; zone "evil" {')
def test_an_accepted_address_or_network_is_harmless_text(text):
    for read in (names.address, names.network):
        try:
            accepted = str(read(text))
        except ValueError:
            continue
        assert set(accepted) <= frozenset("0123456789abcdef.:/")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("büro", "xn--bro-hoa"),
        ("www.büro.example.net.", "www.xn--bro-hoa.example.net."),
        ("Büro._ipp._tcp", "B\\195\\188ro._ipp._tcp"),  # an instance of a service (RFC 6763 section 4.1.1)
        ("Büro\\.2.Flur._IPP._UDP", "B\\195\\188ro\\.2.Flur._IPP._UDP"),
        ("Büro._color._sub._ipp._tcp.büro", "B\\195\\188ro._color._sub._ipp._tcp.xn--bro-hoa"),
        ("_x._tcp.büro", "_x._tcp.xn--bro-hoa"),
        ("b\udcfcro", "b\\252ro"),  # octets that are no UTF-8
    ],
)
def test_names_in_unicode(text, expected):
    assert names.to_ascii(text, dns.name.from_text("example.com")) == expected


def test_the_origin_says_what_an_instance_of_a_service_is_too():
    assert names.absolute("Büro", dns.name.from_text("_ipp._tcp.example.com")).to_text() == "B\\195\\188ro._ipp._tcp.example.com."


@given(st.text("ab.\\ü\udcfc_@", max_size=12))
def test_any_text_is_a_name_or_refused(text):
    try:
        name = names.absolute(text, dns.name.from_text("_x._tcp.example.com"))
    except (dns.exception.DNSException, UnicodeError):
        return
    assert name.is_absolute() and name.to_text().isascii()
