"""Secrets that are given away once and kept as digests."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from flask import current_app


def make_token() -> str:
    """A random one: 256 bits."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What is kept of a token. Fast on purpose: its randomness needs no slow hash."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def csrf_token(token: str) -> str:
    """Derived from the session's token, which only its browser and nobody else's page has."""
    key = current_app.config["SECRET_KEY"].encode()
    return hmac.new(
        key, b"csrf:" + token.encode(errors="surrogatepass"), hashlib.sha256
    ).hexdigest()
