"""Keys as the documentation says that anyone can compute them: HKDF (RFC 5869) with SHA-256."""

import base64
import hashlib
import hmac
import itertools

HOSTS = ("primary", "secondary", "nsd", "knot", "powerdns", "bind12", "nsd12", "knot12", "powerdns12")


def derived(secret, name):
    """The base64 text of the key of this name. secret: the master secret."""
    extracted = hmac.new(b"authoritative.dns", secret.encode(), hashlib.sha256).digest()
    return base64.b64encode(hmac.new(extracted, name.encode() + b"\1", hashlib.sha256).digest()).decode()


def all_secrets(secret):
    """The master secret, and the keys that all pairs of hosts have or could have."""
    pairs = itertools.permutations(HOSTS, 2)
    return [secret, *(derived(secret, f"{secondary}._from.{primary}._g1") for secondary, primary in pairs)]
