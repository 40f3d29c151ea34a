"""A request that comes again is one request: what was made under its ``client_id`` is found."""

from __future__ import annotations

import hashlib
from typing import Any, TypeVar

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd.db.locks import lock_name
from zzd.db.tables import Idempotent
from zzd.errors import IdempotencyConflict

Row = TypeVar("Row", bound=Idempotent)


def fingerprint(body: Any) -> str:
    """A digest that is equal for equal bodies, whatever the order of their keys."""
    packed = orjson.dumps(body, option=orjson.OPT_SORT_KEYS, default=str)
    return hashlib.blake2b(packed, digest_size=16).hexdigest()


def find_repeat(
    session: Session, model: type[Row], *, sender_id: int, client_id: str, body_fingerprint: str
) -> Row | None:
    """The row that an earlier request with this ``client_id`` made, if there was one.

    Two requests with one key are serialised, so that the later one sees the earlier one's row.
    Raises IdempotencyConflict when that request had another body.
    """
    lock_name(session, f"{model.__name__}:{sender_id}:{client_id}")
    found = session.scalar(
        select(model).where(model.sender_id == sender_id, model.client_id == client_id)
    )
    if found is not None and found.fingerprint != body_fingerprint:
        raise IdempotencyConflict
    return found
