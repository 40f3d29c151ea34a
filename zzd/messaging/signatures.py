"""Requests between programs, signed as Standard Webhooks are: HMAC-SHA256 with the secret's bytes
over ``webhook-id.webhook-timestamp.body``, in base64. (standardwebhooks.com)"""

from __future__ import annotations

import base64
import hmac


def sign(key: bytes, id_: str, timestamp: str, body: bytes) -> str:
    """The header ``webhook-signature``."""
    signed = b".".join((id_.encode(), timestamp.encode(), body))
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def is_signed(keys: list[bytes], id_: str, timestamp: str, body: bytes, header: str) -> bool:
    """Whether one of the signatures in the header was made with one of the keys."""
    given = [each.encode() for each in header.split()]
    return any(
        hmac.compare_digest(sign(key, id_, timestamp, body).encode(), each)
        for key in keys
        for each in given
    )
