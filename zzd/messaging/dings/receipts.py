"""What recipients answer: it arrived, it was read, it is confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.db import insert_into
from zzd.identity.sessions import select_device
from zzd.messaging.dings import events, policy, views
from zzd.messaging.dings.dings import mark_progress
from zzd.messaging.dings.models import Ding, DingReceipt
from zzd.principal import Principal


def confirm_ding(session: Session, by: Principal, ding_id: int) -> dict[str, Any]:
    """One tap; a repeat changes nothing, on whatever device.

    Four statements: the DING and the right, the receipt, the mark that the sender is to be told,
    the event. Raises NotFound, NotPermitted.
    """
    [seen] = policy.access_as_recipient(session, by, [ding_id], "ding.confirm")
    receipt = seen.receipt
    if receipt is None or receipt.confirmed_at is None:
        receipt = _confirm(session, by, ding_id)
    return _answer(seen.ding, receipt)


def _confirm(session: Session, by: Principal, ding_id: int) -> DingReceipt:
    now = clock.now()
    confirmed = {
        "confirmed_at": now,
        "post_id": by.post.id if by.post else None,
        "post_title": by.post.title if by.post else "",
        "unit_name": by.post.unit_name if by.post else "",
        "device": select_device(by.session_id),
    }
    statement = insert_into(session, DingReceipt).values(
        ding_id=ding_id, official_id=by.official_id, delivered_at=now, read_at=now, **confirmed
    )
    receipt: DingReceipt | None = session.scalar(
        statement.on_conflict_do_update(
            index_elements=["ding_id", "official_id"],
            set_={
                **{name: statement.excluded[name] for name in confirmed},
                "read_at": func.coalesce(DingReceipt.read_at, now),
            },
            where=DingReceipt.confirmed_at.is_(None),
        ).returning(DingReceipt),
        execution_options={"populate_existing": True},
    )
    if receipt is None:
        # Another device of theirs was quicker.
        return _own_receipts(session, by, [ding_id])[ding_id]
    mark_progress(session, [ding_id])
    ding = session.get_one(Ding, ding_id)
    events.ding_receipt(session, ding_id, by.official_id or 0, views.describe_mine(ding, receipt))
    return receipt


def record_receipts(
    session: Session, by: Principal, ding_ids: Sequence[int], kind: str
) -> dict[str, Any]:
    """Say that DINGs arrived on a device of mine, or that I opened them: all of them or none.

    What was said before stays as it is. Raises NotFound, NotPermitted.
    """
    found = policy.access_as_recipient(session, by, ding_ids, f"ding.{kind}")
    now = clock.now()
    reading = kind == "read"
    fresh = [
        seen.ding
        for seen in found
        if seen.receipt is None or (reading and seen.receipt.read_at is None)
    ]
    if fresh:
        statement = insert_into(session, DingReceipt)
        key = ["ding_id", "official_id"]
        if reading:
            statement = statement.on_conflict_do_update(
                index_elements=key,
                set_={"read_at": statement.excluded.read_at},
                where=DingReceipt.read_at.is_(None),
            )
        else:
            statement = statement.on_conflict_do_nothing(index_elements=key)
        read_at = now if reading else None
        rows = [
            {
                "ding_id": ding.id,
                "official_id": by.official_id,
                "delivered_at": now,
                "read_at": read_at,
            }
            for ding in fresh
        ]
        session.execute(statement, rows)
        mark_progress(session, [ding.id for ding in fresh])
    receipts = _own_receipts(session, by, ding_ids)
    if reading:
        for ding in fresh:
            mine = views.describe_mine(ding, receipts[ding.id])
            events.ding_receipt(session, ding.id, by.official_id or 0, mine)
    return {"items": [_answer(seen.ding, receipts[seen.ding.id]) for seen in found]}


def _own_receipts(session: Session, by: Principal, ids: Sequence[int]) -> dict[int, DingReceipt]:
    query = (
        select(DingReceipt)
        .where(DingReceipt.ding_id.in_(set(ids)), DingReceipt.official_id == by.official_id)
        .execution_options(populate_existing=True)
    )
    return {receipt.ding_id: receipt for receipt in session.scalars(query)}


def _answer(ding: Ding, receipt: DingReceipt) -> dict[str, Any]:
    return {
        "id": ding.id,
        "state": views.state_of(ding),
        "my": views.describe_mine(ding, receipt),
    }
