"""Finding messages: which ones, in which order, within one's rights.

Those that hold all terms as words come first, then those that hold them across words; within
each the newest first. Two ways lead to the newest; which one is only a matter of time. Frequent words are among the newest messages
that one may see, so these are looked at one by one, and a page is full soon. What is not full by
then is rare among one's messages, and the index of words has it all in little time. Neither way
grows with the messages that one may not see.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Integer,
    Row,
    String,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.orm import Session

from zzd.messaging.kinds import TEXT
from zzd.messaging.policy import Standing, select_visible
from zzd.messaging.search import index
from zzd.messaging.search.models import SearchEntry
from zzd.messaging.search.words import Query
from zzd.principal import Principal

STRONG, WEAK = 0, 1
FILE = "file"
# Of each conversation at least so many of the newest are lined up, and of all so many looked at.
NEWEST_OF_EACH = 32
MOST_LOOKED_AT = 1500
# Of all messages, not only those one may see: up to so many the index of words has at once.
RARE = 20_000

# stage, time and id of a message, the highest first: its place in the list
Found = Row[int, datetime, int]


@dataclass(frozen=True, slots=True)
class Filters:
    """Where, who, when (``since`` included, ``until`` not) and what kind; None: anything goes."""

    conversation_id: int | None = None
    sender_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    kind: str | None = None
    carries_files: bool = False

    @property
    def narrow(self) -> bool:
        """Whether they leave so little that it has an index of its own."""
        return self.sender_id is not None or self.carries_files or self.kind not in (None, TEXT)

    def conditions(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.conversation_id is not None:
            found.append(SearchEntry.conversation_id == self.conversation_id)
        if self.sender_id is not None:
            found.append(SearchEntry.sender_id == self.sender_id)
        if self.since is not None:
            found.append(SearchEntry.created_at >= self.since)
        if self.until is not None:
            found.append(SearchEntry.created_at < self.until)
        if self.kind is not None:
            found.append(_kind_is(self.kind))
        if self.carries_files:
            found.append(_kind_is(FILE))
        return found


def _kind_is(kind: str) -> ColumnElement[bool]:
    """Spelled out, for the index of what is no text."""
    return SearchEntry.kind == bindparam(None, kind, String, literal_execute=True)


def find_messages(
    session: Session,
    principal: Principal,
    standing: Standing,
    query: Query,
    filters: Filters,
    *,
    after: tuple[int, datetime, int] | None,
    limit: int,
) -> list[Found]:
    """Up to ``limit`` messages after a place in the list. Two or three statements."""
    mine = select_visible(principal, standing).cte("mine")
    ids = list(session.scalars(select(mine.c.conversation_id)))
    if filters.conversation_id is not None:
        ids = [id_ for id_ in ids if id_ == filters.conversation_id]
    if not ids:
        return []
    wide = not filters.narrow and (after is None or after[0] == STRONG)
    if wide and index.estimate(session, query) > RARE:
        found = _among_the_newest(session, mine, ids, query, filters, after, limit)
        if len(found) == limit:
            return found
    return _by_the_words(session, mine, ids, query, filters, after, limit)


def _among_the_newest(
    session: Session,
    mine: CTE,
    ids: list[int],
    query: Query,
    filters: Filters,
    after: tuple[int, datetime, int] | None,
    limit: int,
) -> list[Found]:
    """The newest strong ones, if there are ``limit`` among the newest messages of all.

    The newest of each conversation are lined up from the index alone, down to where the first of
    them would have more; then they are looked at until the page is full.
    """
    of_each = max(NEWEST_OF_EACH, 2 * MOST_LOOKED_AT // len(ids))
    entry = SearchEntry
    place = (entry.created_at, entry.message_id)
    bounds = [entry.conversation_id == mine.c.conversation_id]
    if filters.since is not None:
        bounds.append(entry.created_at >= filters.since)
    if filters.until is not None:
        bounds.append(entry.created_at < filters.until)
    if after is not None:
        bounds.append(tuple_(*place) < tuple_(*after[1:]))
    newest = [column.desc() for column in place]
    of_one = (
        select(*place, func.row_number().over(order_by=newest).label("nth"))
        .where(*bounds)
        .order_by(*newest)
        .limit(of_each)
        .lateral("of_one")
    )
    lined_up = (
        select(mine.c.first_seq, of_one.c.created_at, of_one.c.message_id, of_one.c.nth)
        .select_from(mine.join(of_one, true()))
        .where(mine.c.conversation_id.in_(_spelled_out(ids)))
        .cte("lined_up")
        .prefix_with("MATERIALIZED")
    )
    end = select(func.max(lined_up.c.created_at)).where(lined_up.c.nth == of_each)
    first = (
        select(lined_up)
        .where(func.coalesce(lined_up.c.created_at > end.scalar_subquery(), true()))
        .order_by(lined_up.c.created_at.desc(), lined_up.c.message_id.desc())
        .limit(MOST_LOOKED_AT)
        .subquery("first")
    )
    # The limit has them looked at one after the other, and no further than it takes.
    looked_at = (
        select(entry.message_id)
        .where(
            entry.message_id == first.c.message_id,
            entry.seq >= first.c.first_seq,
            index.matches(session, query, strong=True),
            *filters.conditions(),
        )
        .limit(1)
        .lateral("looked_at")
    )
    statement = (
        select(literal_column(str(STRONG), Integer), first.c.created_at, first.c.message_id)
        .select_from(first.join(looked_at, true()))
        .order_by(first.c.created_at.desc(), first.c.message_id.desc())
        .limit(limit)
    )
    return list(session.execute(statement))


def _by_the_words(
    session: Session,
    mine: CTE,
    ids: list[int],
    query: Query,
    filters: Filters,
    after: tuple[int, datetime, int] | None,
    limit: int,
) -> list[Found]:
    """All that hold the words, sorted. The planner is shown the conversations one by one, so
    that it knows which of the two indexes tells more."""
    entry = SearchEntry
    strong = index.matches(session, query, strong=True)
    stage = case((strong, STRONG), else_=WEAK)
    conditions = [
        index.matches(session, query, strong=False),
        entry.conversation_id.in_(_spelled_out(ids)),
        entry.seq >= mine.c.first_seq,
        *filters.conditions(),
    ]
    if after is not None:
        later = tuple_(entry.created_at, entry.message_id) < tuple_(*after[1:])
        if after[0] == STRONG:
            conditions.append(or_(~strong, later))
        else:
            conditions += [~strong, later]
    statement = (
        select(stage, entry.created_at, entry.message_id)
        .join(mine, mine.c.conversation_id == entry.conversation_id)
        .where(and_(*conditions))
        .order_by(stage, entry.created_at.desc(), entry.message_id.desc())
        .limit(limit)
    )
    return list(session.execute(statement))


def _spelled_out(ids: list[int]) -> Any:
    return bindparam("ids", ids, BigInteger, expanding=True, literal_execute=True)
