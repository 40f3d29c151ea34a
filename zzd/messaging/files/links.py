"""Signed links: one file, for one session, for five minutes."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime

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
    expires_at = (clock.now() + LINK_FOR).replace(microsecond=0)
    said = orjson.dumps(
        [link.file_id, link.variant, link.download, link.session_id, int(expires_at.timestamp())]
    )
    return _text(said) + "." + _text(_seal(said)), expires_at


def verify(token: str) -> Link:
    """What was signed. Raises LinkInvalid; the rights are for the caller to check."""
    first, _, second = token.partition(".")
    try:
        said, seal = _bytes(first), _bytes(second)
    except (binascii.Error, ValueError):
        raise LinkInvalid from None
    if not hmac.compare_digest(_seal(said), seal):
        raise LinkInvalid
    file_id, variant, download, session_id, expires_at = orjson.loads(said)
    if clock.now() >= datetime.fromtimestamp(expires_at, UTC):
        raise LinkInvalid
    return Link(file_id, variant, download, session_id)


def _seal(said: bytes) -> bytes:
    key = current_app.config["SECRET_KEY"].encode()
    return hmac.digest(key, PURPOSE + said, hashlib.sha256)


def _text(packed: bytes) -> str:
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(
        text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True
    )
