"""Who an official is to the apps of one supplier: the same in all of them, and in nobody else's.
Suppliers cannot put together what they know. Pure."""

from __future__ import annotations

import hashlib
import hmac


def sub_of(official_id: int | str | None, *, supplier: int, key: str) -> str:
    """The supplier is whoever registered the app: what a manifest says of itself proves nothing."""
    of = f"pairwise:supplier:{supplier}:{official_id}"
    return hmac.new(key.encode(), of.encode(), hashlib.sha256).hexdigest()
