"""Signed links: one file (or another thing), for one session, for five minutes."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from flask import current_app

from zzd import clock
from zzd.messaging.files.problems import LinkInvalid
from zzd.messaging.files.rules import LINK_FOR

PURPOSE = b"file-link:1:"


@dataclass(frozen=True, slots=True)
class Link:
    file_id: int
    variant: str
    download: bool
    session_id: int


def sign(link: Link) -> tuple[str, datetime]:
    """The token, and until when it is good."""
    return sign_for(PURPOSE, [link.file_id, link.variant, link.download, link.session_id])


def verify(token: str) -> Link:
    """What was signed. Raises LinkInvalid; the rights are for the caller to check."""
    return Link(*verify_for(PURPOSE, token))


def sign_for(purpose: bytes, named: list[Any]) -> tuple[str, datetime]:
    """The same for links to other things, each kind with a purpose of its own."""
    expires_at = (clock.now() + LINK_FOR).replace(microsecond=0)
    said = orjson.dumps([*named, int(expires_at.timestamp())])
    return _text(said) + "." + _text(_seal(purpose, said)), expires_at


def verify_for(purpose: bytes, token: str) -> list[Any]:
    """What was named. Raises LinkInvalid."""
    first, _, second = token.partition(".")
    try:
        said, seal = _bytes(first), _bytes(second)
    except (binascii.Error, ValueError):
        raise LinkInvalid from None
    if not hmac.compare_digest(_seal(purpose, said), seal):
        raise LinkInvalid
    parts: list[Any] = orjson.loads(said)
    *named, expires_at = parts
    if clock.now() >= datetime.fromtimestamp(expires_at, UTC):
        raise LinkInvalid
    return named


def _seal(purpose: bytes, said: bytes) -> bytes:
    key = current_app.config["SECRET_KEY"].encode()
    return hmac.digest(key, purpose + said, hashlib.sha256)


def _text(packed: bytes) -> str:
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(
        text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True
    )
