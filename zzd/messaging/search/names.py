"""Finding people and groups by their names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Any

from pypinyin import Style, lazy_pinyin
from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd.api import decode_cursor, encode_cursor
from zzd.messaging.conversations import EPOCH
from zzd.messaging.models import Conversation
from zzd.messaging.policy import select_visible, standing_of
from zzd.messaging.search.hits import ranges_in
from zzd.messaging.search.words import Query, as_one_term
from zzd.messaging.views import describe_conversations, select_conversations
from zzd.orgtree import officials
from zzd.orgtree.terms import normalise
from zzd.principal import Principal


def search_people(
    session: Session, principal: Principal, q: str, *, cursor: str | None, limit: int
) -> dict[str, Any]:
    """``{items, next}`` of officials by name or pinyin, as the address book finds them."""
    after = decode_cursor(cursor, int, str, int)
    rows = officials.search_officials(session, q, after=after, limit=limit)
    answer = officials.describe_page(session, rows, limit, reader=principal)
    items = [{"card": card, "ranges": _ranges(q, card.name)} for card in answer["items"]]
    return {"items": items, "next": answer["next"]}


def search_groups(
    session: Session, principal: Principal, q: str, *, cursor: str | None, limit: int
) -> dict[str, Any]:
    """``{items, next}`` of one's own groups, org groups and announcements by name or pinyin:
    equal, beginning, containing, within each the newest activity first."""
    after = decode_cursor(cursor, int, int, int)
    found = sorted(_ranked(session, principal, normalise(q)))
    if after is not None:
        found = [place for place in found if place > tuple(after)]
    following = encode_cursor(found[limit - 1]) if len(found) > limit else None
    ids = [-place[2] for place in found[:limit]]
    query = select_conversations(principal).where(Conversation.id.in_(ids))
    rows = {row[0].id: row for row in session.execute(query)}
    described = describe_conversations(session, principal, [rows[id_] for id_ in ids])
    return {
        "items": [{**one, "ranges": _ranges(q, one["name"])} for one in described],
        "next": following,
    }


def _ranked(session: Session, principal: Principal, wanted: str) -> Iterator[tuple[int, int, int]]:
    """Rank, activity and id of what is found, such that the first comes first."""
    mine = select_visible(principal, standing_of(session, principal)).cte("mine")
    query = (
        select(Conversation.id, Conversation.name, Conversation.activity_at)
        .join(mine, mine.c.conversation_id == Conversation.id)
        .where(Conversation.name.is_not(None))
    )
    if not wanted:
        return
    for id_, name, activity_at in session.execute(query):
        if (rank := rank_of(wanted, name or "")) is not None:
            yield rank, -((activity_at - EPOCH) // timedelta(microseconds=1)), -id_


def rank_of(wanted: str, name: str) -> int | None:
    """How well a name fits, 0 the best; None if it does not. ``wanted`` is normalised."""
    ranks = []
    for text, starts in _readings(name):
        if text == wanted:
            return 0
        at = text.find(wanted)
        while at not in starts and at >= 0:
            at = text.find(wanted, at + 1)
        if at >= 0:
            ranks.append(1 if at == 0 else 2)
    return min(ranks, default=None)


@lru_cache(maxsize=1 << 14)
def _readings(name: str) -> tuple[tuple[str, frozenset[int]], ...]:
    """A name, its pinyin and its initials; each with where a match may begin: nobody means
    the ``an`` in ``shan``."""
    name = normalise(name)
    syllables = [normalise(syllable) for syllable in lazy_pinyin(name)]
    starts = frozenset(accumulate((len(syllable) for syllable in syllables), initial=0))
    initials = normalise("".join(lazy_pinyin(name, style=Style.FIRST_LETTER)))
    anywhere = frozenset(range(len(name)))
    return (
        (name, anywhere),
        ("".join(syllables), starts),
        (initials, frozenset(range(len(initials)))),
    )


def _ranges(q: str, name: str) -> list[tuple[int, int]]:
    """Where the query stands in a name as it is; nowhere when it was found by pinyin."""
    return ranges_in(Query((term,)), name) if (term := as_one_term(q)) else []
