"""Requests signed as the Standard Webhooks specification says (standardwebhooks.com)."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook

PREFIX = "whsec_"


def secret_of(key: bytes) -> str:
    """A key as those who verify with it are given it."""
    return PREFIX + base64.b64encode(key).decode()


def sign(secrets: Sequence[str], id_: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers of a request: one signature for each secret, so that whoever knows one of
    them can verify it. ``id_`` is the same each time it is tried."""
    at = at.astimezone(UTC)
    signatures = [Webhook(secret).sign(id_, at, body.decode()) for secret in secrets]
    return {
        "Content-Type": "application/json",
        "webhook-id": id_,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
