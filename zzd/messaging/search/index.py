"""The words of messages, in the full-text index of either database.

Both hold the tokens of zzd.messaging.search.words with their places, and answer the same
question. PostgreSQL: a ``tsvector`` whose strong tokens have weight A, in a GIN index together
with the conversation. SQLite: an FTS5 table with two columns, all tokens and the strong ones.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    MetaData,
    Table,
    Text,
    bindparam,
    cast,
    delete,
    insert,
    literal,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.orm import Session

from zzd.bulk import table_of
from zzd.db import INSERTS, dialect_of, is_postgresql
from zzd.messaging.search.models import SearchEntry
from zzd.messaging.search.words import Query, Token, tokens

# Where nothing stands that could be part of a word, or only a weak pair in the strong column.
GAP = "_"
FTS = "search_words"
# Tokens of a query that are looked up in the statistics.
MOST_ESTIMATED = 16
# A virtual table, so not one of the models' metadata.
_fts = Table(
    FTS,
    MetaData(),
    Column("rowid", BigInteger),
    Column("words", Text),
    Column("strong", Text),
)


def matches(session: Session, query: Query, *, strong: bool) -> ColumnElement[bool]:
    """The condition on SearchEntry: all terms stand in the message, as words if ``strong``."""
    phrases = query.phrases()
    if is_postgresql(session):
        return _holds(*phrases, strong=strong)
    wanted = " AND ".join(_fts_phrase(phrase, strong=strong) for phrase in phrases)
    found = select(_fts.c.rowid).where(literal_column(FTS).op("MATCH")(literal(wanted)))
    return SearchEntry.message_id.in_(found)


def estimate(session: Session, query: Query) -> int:
    """How many messages hold the rarest token of the query, as PostgreSQL's planner guesses from
    its statistics, in a millisecond. Together they may be as many: words of one phrase come
    together. SQLite always goes by the words: fewer than any, -1."""
    if not is_postgresql(session):
        return -1
    found = {token for phrase in query.phrases() for token in phrase}
    holding = union_all(
        *(
            select(SearchEntry.message_id).where(_holds([token], strong=False))
            for token in sorted(found, key=lambda token: token.text)[:MOST_ESTIMATED]
        )
    )
    compiled = holding.compile(session.connection(), compile_kwargs={"literal_binds": True})
    plan = session.connection().exec_driver_sql(f"EXPLAIN (FORMAT JSON) {compiled}").scalar_one()
    top = plan[0]["Plan"]
    parts = top["Plans"] if top["Node Type"] == "Append" else [top]
    return min(int(part["Plan Rows"]) for part in parts)


def write(session: Session, entries: Sequence[dict[str, Any]], texts: Sequence[str]) -> None:
    """Put entries, columns of SearchEntry by name, in place of those there are."""
    held = [tokens(text) for text in texts]
    connection, rows = session.connection(), entries
    if is_postgresql(session):
        rows = [
            {**entry, "tokens": as_tsvector(found)}
            for entry, found in zip(entries, held, strict=True)
        ]
    connection.execute(_writing(tuple(entries[0]), dialect_of(session)), rows)
    if not is_postgresql(session):
        ids = [entry["message_id"] for entry in entries]
        connection.execute(delete(_fts).where(_fts.c.rowid.in_(ids)))
        connection.execute(
            insert(_fts),
            [
                {"rowid": id_, "words": _in_order(found), "strong": _in_order(found, strong=True)}
                for id_, found in zip(ids, held, strict=True)
            ],
        )


@cache
def _writing(columns: tuple[str, ...], dialect: str) -> Any:
    """One row, however many are written: a statement of all of them would be put together anew
    for each number of rows, and nobody else is served meanwhile."""
    statement = INSERTS[dialect](table_of(SearchEntry)).values(
        {column: bindparam(column) for column in columns}
    )
    kept = [column for column in columns if column != "message_id"]
    if dialect == "postgresql":
        statement = statement.values(words=cast(bindparam("tokens", type_=Text), TSVECTOR))
        kept.append("words")
    return statement.on_conflict_do_update(
        index_elements=["message_id"],
        set_={column: statement.excluded[column] for column in kept},
    )


def remove(session: Session, message_ids: Collection[int]) -> None:
    """Forget messages that are no more."""
    session.execute(delete(SearchEntry).where(SearchEntry.message_id.in_(message_ids)))
    if not is_postgresql(session):
        session.execute(delete(_fts).where(_fts.c.rowid.in_(message_ids)))


def _holds(*phrases: Sequence[Token], strong: bool) -> ColumnElement[bool]:
    wanted = " & ".join(_tsquery(phrase, strong=strong) for phrase in phrases)
    # Spelled out: a plan for any query at all would be a bad one for most.
    spelled = bindparam(None, wanted, Text, literal_execute=True)
    return SearchEntry.words.bool_op("@@")(cast(spelled, TSQUERY))


def as_tsvector(held: Sequence[Token]) -> str:
    """Positions begin with 1. Tokens are letters and digits: nothing in them needs escaping."""
    return " ".join(
        f"'{token.text}':{token.position + 1}{'A' if token.strong else ''}" for token in held
    )


def _tsquery(phrase: Sequence[Token], *, strong: bool) -> str:
    weight = "A" if strong and phrase[0].strong else ""
    parts = []
    for before, token in pairwise([None, *phrase]):
        assert token is not None
        if before is not None:
            parts.append(f"<{token.position - before.position}>")
        suffix = ("*" if token.prefix else "") + weight
        parts.append(f"'{token.text}'" + (f":{suffix}" if suffix else ""))
    return f"({' '.join(parts)})"


def _fts_phrase(phrase: Sequence[Token], *, strong: bool) -> str:
    column = "strong" if strong and phrase[0].strong else "words"
    return f'{column} : "{_in_order(phrase)}"' + (" *" if phrase[-1].prefix else "")


def _in_order(held: Sequence[Token], *, strong: bool = False) -> str:
    """Tokens one after the other, with gaps where two do not meet."""
    parts: list[str] = []
    end = 0
    for token in held:
        if token.position > end:
            parts.append(GAP)
        parts.append(token.text if token.strong or not strong else GAP)
        end = token.position + 1
    return " ".join(parts)
