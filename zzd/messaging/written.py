"""The row of a message, and what is written along with it: its files, whose card it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    FromClause,
    Row,
    Subquery,
    func,
    insert,
    literal,
    literal_column,
    select,
)
from sqlalchemy.orm import Session, aliased

from zzd.bulk import table_of
from zzd.db import INSERTS, Base, dialect_of, is_postgresql
from zzd.messaging.models import Message
from zzd.messaging.rules import LONGEST_QUOTE

# Given where the message is, (conversation_id, seq), a write of another table. It may not be there
# after all, and then nothing may be written for it.
Along = Callable[[FromClause], Any]

M = table_of(Message)
# Made once: making them takes longer than using them.
INSERT = {
    dialect: own_insert(M)
    .on_conflict_do_nothing(index_elements=["sender_id", "client_id"])
    .returning(Message.seq, Message.id)
    for dialect, own_insert in INSERTS.items()
}
QUOTE = aliased(Message, name="quote")
# Of the row that is written; as columns they would be another table to read from.
OWN_PLACE = literal_column("message.conversation_id", BigInteger)
OWN_REPLY = literal_column("message.reply_to_seq", BigInteger)
# The same for a reply, which shows part of what it replies to.
INSERT_REPLY = {
    dialect: plain.returning(
        *(
            select(column)
            .where(QUOTE.conversation_id == OWN_PLACE, QUOTE.seq == OWN_REPLY)
            .scalar_subquery()
            .label(name)
            for name, column in (
                ("sender_name", QUOTE.sender_name),
                ("kind", QUOTE.kind),
                ("text", func.substr(QUOTE.text, 1, LONGEST_QUOTE)),
                ("recalled_at", QUOTE.recalled_at),
                ("removed_at", QUOTE.removed_at),
            )
        )
    )
    for dialect, plain in INSERT.items()
}


def insert_plain(session: Session, rows: list[dict[str, Any]]) -> dict[int, int]:
    """Write messages of one conversation, in one statement: the ids by ``seq`` of those whose
    sender had not used their ``client_id`` before. One that is being used at this moment is
    waited for."""
    found = session.connection().execute(
        INSERT[dialect_of(session)], rows if len(rows) > 1 else rows[0]
    )
    return {row.seq: row.id for row in found}


def insert_with(session: Session, row: dict[str, Any], along: Sequence[Along]) -> Row[Any] | None:
    """Write a message and what goes with it: one statement on PostgreSQL, on SQLite one more for
    each. Returns its id, and of a reply what it shows of the other; None, and nothing is written,
    where its sender had used its ``client_id`` before."""
    connection = session.connection()
    plain = INSERT if row["reply_to_seq"] is None else INSERT_REPLY
    statement = plain[dialect_of(session)]
    if along and is_postgresql(session):
        written = statement.values(row).cte("written")
        here = _here(row["conversation_id"], written.c.seq)
        others = (write(here).cte(f"along_{n}") for n, write in enumerate(along))
        return connection.execute(select(written).add_cte(*others)).one_or_none()
    found = connection.execute(statement, row).one_or_none()
    if found is not None:
        write_along(session, row["conversation_id"], row["seq"], along)
    return found


def write_along(session: Session, conversation_id: int, seq: int, along: Sequence[Along]) -> None:
    """The same for a message that is there already."""
    here = _here(conversation_id, literal(seq, BigInteger))
    for write in along:
        session.connection().execute(write(here))


def row_along(model: type[Base], **values: Any) -> Along:
    """A row of the message's own in another table: all that it holds besides the place."""
    table = table_of(model)
    shown = [literal(value, table.c[name].type) for name, value in values.items()]

    def write(here: FromClause) -> Any:
        row = select(here, *shown)
        # Within another statement SQLAlchemy leaves the model's defaults empty.
        return insert(table).from_select([*here.c.keys(), *values], row, include_defaults=False)

    return write


def _here(conversation_id: int, seq: Any) -> Subquery:
    where = literal(conversation_id, BigInteger).label("conversation_id")
    return select(where, seq.label("seq")).subquery("here")
