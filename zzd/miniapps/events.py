"""What mini-apps tell the client's sockets."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from zzd.realtime import outbox, rooms


def app_closed(session: Session, miniapp_id: int, *, audience_ids: Iterable[int | None]) -> None:
    """``miniapp.closed`` to everybody who may have had the app open: whose client shows it asks
    whether it still may (``GET /workbench/{id}``), and closes the frame if not."""
    to = [rooms.audience(id_) for id_ in sorted({id_ for id_ in audience_ids if id_})]
    if to:
        outbox.publish(session, "miniapp.closed", {"miniapp_id": str(miniapp_id)}, rooms=to)
