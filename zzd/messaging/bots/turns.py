"""A bot's turn to speak: the number of its message, and what that takes from what it may send."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Executable, bindparam, select, true, update
from sqlalchemy.orm import Session

from zzd.bulk import table_of
from zzd.db import is_postgresql
from zzd.messaging.bots.models import Bot
from zzd.messaging.numbers import TAKEN, C, Taken

B = table_of(Bot)


def take_turn(session: Session, bot: Bot, now: datetime, *, spent: datetime) -> Taken | None:
    """The next number in the bot's group, which is locked until the transaction ends; ``spent`` is
    what its ``allowance_at`` becomes. None where the group was dissolved, or the bot is not as it
    was read any more: the caller must undo it all then.

    One statement on PostgreSQL, two on SQLite.
    """
    folded = is_postgresql(session)
    values = {
        "where_id": bot.conversation_id,
        "now": now,
        "bot_id": bot.id,
        "had": bot.allowance_at,
        "spent": spent,
    }
    connection = session.connection()
    row: Any = connection.execute(_statement(folded), values).one_or_none()
    if row is None:
        return None
    said = row.bot_id if folded else connection.scalar(SPEND, values)
    if said is None:
        return None
    return Taken(row.id, row.kind, row.name, row.audience_id, row.last_seq, first_seq=1)


SPEND = (
    update(B)
    .where(
        B.c.id == bindparam("bot_id"),
        B.c.enabled,
        B.c.removed_at.is_(None),
        B.c.allowance_at.is_not_distinct_from(bindparam("had", type_=B.c.allowance_at.type)),
    )
    .values(allowance_at=bindparam("spent"), last_said_at=bindparam("now"))
    .returning(B.c.id)
)


@cache
def _statement(folded: bool) -> Executable:
    taken = (
        update(C)
        .where(C.c.id == bindparam("where_id"), C.c.dissolved_at.is_(None))
        .values(
            last_seq=C.c.last_seq + 1, activity_at=bindparam("now"), changed_at=bindparam("now")
        )
        .returning(*TAKEN)
    )
    if not folded:
        return taken
    number = taken.cte("taken")
    # From the number: the group is locked first, as by whoever changes its bots.
    said = SPEND.where(B.c.conversation_id == number.c.id).cte("said")
    return select(number, said.c.id.label("bot_id")).select_from(number.outerjoin(said, true()))
