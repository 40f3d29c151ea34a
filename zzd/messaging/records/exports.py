"""Taking a conversation out (导出): ordered, listed, downloaded, thrown away.

It is made in the background (zzd.messaging.records.making) and holds what there was when it was
ordered. Ordering, making, each download and throwing away are audited.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from zzd import clock
from zzd.api import decode_cursor, page
from zzd.audit import log as audit
from zzd.db import find_repeat, fingerprint, reading, transaction
from zzd.errors import Invalid
from zzd.messaging.files.storage import store
from zzd.messaging.records import places, policy
from zzd.messaging.records.models import ConversationExport
from zzd.messaging.records.problems import MOST_EXPORTS, ExportNotReady, TooManyExports
from zzd.principal import Principal

KEEP_FOR = timedelta(days=7)
OPEN = ("waiting", "running")
AT_ONCE = 50


def order_export(
    session: Session, by: Principal, body: dict[str, Any]
) -> tuple[ConversationExport, bool]:
    """Also says whether it is a fresh one. An administrator says why.

    Raises NotFound, NotPermitted, Invalid, TooManyExports, IdempotencyConflict.
    """
    key = body.pop("client_id") or uuid4().hex
    printed = fingerprint(body)
    found = find_repeat(
        session,
        ConversationExport,
        sender_id=by.account_id,
        client_id=key,
        body_fingerprint=printed,
    )
    if found is not None:
        return found, False
    conversation, first_seq, whole = policy.access_for_export(session, by, body["conversation_id"])
    if whole and not body["reason"].strip():
        raise Invalid.at("/reason", "Say why it is taken out")
    if _under_way(session, by) >= MOST_EXPORTS:
        raise TooManyExports
    now = clock.now()
    export = ConversationExport(
        sender_id=by.account_id,
        client_id=key,
        fingerprint=printed,
        conversation_id=conversation.id,
        name=places.describe(session, [conversation])[0]["name"][:120],
        official_id=by.official_id,
        by_username=by.username,
        by_name=by.official_name or by.username,
        reason=body["reason"].strip(),
        whole=whole,
        with_files=body["with_files"],
        first_seq=first_seq,
        last_seq=conversation.last_seq,
        state="waiting",
        done=0,
        attempts=0,
        due_at=now,
        created_at=now,
    )
    session.add(export)
    session.flush()
    record(session, "export.order", by, export)
    return export, True


def _under_way(session: Session, by: Principal) -> int:
    query = select(func.count()).where(
        ConversationExport.sender_id == by.account_id, ConversationExport.state.in_(OPEN)
    )
    return session.scalar(query) or 0


def page_exports(
    session: Session, principal: Principal, *, everybodys: bool, cursor: str | None, limit: int
) -> dict[str, Any]:
    """The newest first: one's own, or everybody's for who sees them all."""
    query = select(ConversationExport).order_by(ConversationExport.id.desc()).limit(limit + 1)
    if not (everybodys and policy.may_see_all(principal)):
        query = query.where(ConversationExport.sender_id == principal.account_id)
    if (before := decode_cursor(cursor, int)) is not None:
        query = query.where(ConversationExport.id < before[0])
    found = page(session.scalars(query).all(), limit, lambda export: (export.id,))
    return {**found, "items": [describe(each, principal) for each in found["items"]]}


def describe(export: ConversationExport, reader: Principal) -> dict[str, Any]:
    return {
        "id": export.id,
        "conversation": {"id": export.conversation_id, "name": export.name},
        "ordered_by": {"username": export.by_username, "name": export.by_name},
        "mine": export.sender_id == reader.account_id,
        "reason": export.reason,
        "whole": export.whole,
        "with_files": export.with_files,
        "first_seq": export.first_seq,
        "last_seq": export.last_seq,
        "state": state_of(export),
        "done": export.done,
        "total": max(0, export.last_seq - export.first_seq + 1),
        "size": export.size,
        "sha256": export.sha256,
        "created_at": export.created_at,
        "ready_at": export.ready_at,
        "expires_at": export.due_at if state_of(export) == "ready" else None,
    }


def access_ready(session: Session, by: Principal, export_id: int) -> ConversationExport:
    """One's own, made, and of a conversation that one still may take out.

    Raises NotFound, NotPermitted, ExportNotReady.
    """
    export = policy.access_export(session, by, export_id, action="export.download", own=True)
    _conversation, first_seq, whole = policy.access_for_export(session, by, export.conversation_id)
    if state_of(export) != "ready":
        raise ExportNotReady
    if (export.whole and not whole) or export.first_seq < first_seq:
        # Ordered with a right to more than one has now.
        raise ExportNotReady
    return export


def throw_away(session: Session, by: Principal, export_id: int) -> None:
    """One's own, in whatever state: from now on it is had by nobody, and its archive is deleted
    with those whose days are over. Raises NotFound."""
    export = policy.access_export(session, by, export_id, action="export.throw_away", own=True)
    if state_of(export) not in ("expired", "failed"):
        export.state, export.due_at = "ready", clock.now()
        record(session, "export.throw_away", by, export)


def state_of(export: ConversationExport) -> str:
    over = export.state == "ready" and export.due_at <= clock.now()
    return "expired" if over else export.state


def expire_due() -> int:
    """Delete the archives whose days are over; how many. Several workers may do it at once."""
    due = (ConversationExport.state == "ready", ConversationExport.due_at <= clock.now())
    with reading() as session:
        query = select(ConversationExport.id, ConversationExport.key).where(*due)
        rows = session.execute(query.limit(AT_ONCE)).all()
    for row in rows:
        # First the archive: what a crash leaves is deleted again.
        if row.key is not None:
            store().delete(row.key)
        with transaction() as session:
            session.execute(
                update(ConversationExport)
                .where(ConversationExport.id == row.id, *due)
                .values(state="expired", key=None)
            )
    return len(rows)


def record(session: Session, action: str, by: Principal | None, export: ConversationExport) -> None:
    """Who, what, why, and the digest of what they have."""
    audit.append(
        session,
        action,
        by=by,
        object_kind="conversation",
        object_id=export.conversation_id,
        export_id=export.id,
        ordered_by=export.by_username,
        reason=export.reason,
        whole=export.whole,
        first_seq=export.first_seq,
        last_seq=export.last_seq,
        size=export.size,
        sha256=export.sha256,
    )
