"""Repeated creates: the same ``client_id`` of the same account creates once."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from zzd.db import find_repeat, fingerprint
from zzd.orgtree.models import OrgCreation
from zzd.principal import Principal


class Creation:
    """One create and its key. ``found`` is the id that an earlier request with it created.

    Raises IdempotencyConflict when that request asked for something else.
    """

    def __init__(
        self, session: Session, *, by: Principal, kind: str, client_id: str | None, **body: Any
    ) -> None:
        self._session = session
        self._row = OrgCreation(
            sender_id=by.account_id,
            client_id=client_id or uuid4().hex,
            fingerprint=fingerprint([kind, body]),
        )
        earlier = client_id and find_repeat(
            session,
            OrgCreation,
            sender_id=by.account_id,
            client_id=client_id,
            body_fingerprint=self._row.fingerprint,
        )
        self.found = earlier.object_id if earlier else None

    def made(self, object_id: int) -> None:
        self._row.object_id = object_id
        self._session.add(self._row)
