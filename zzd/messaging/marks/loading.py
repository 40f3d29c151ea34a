"""What people added to a page of messages: two statements, however long it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import BigInteger, and_, cast, literal, null, select, union_all
from sqlalchemy.orm import Session

from zzd.messaging.comments.models import CommentCount
from zzd.messaging.confirmations.models import Confirmation, ConfirmationRequest
from zzd.messaging.marks.models import Favourite, Pin, Reaction, ReactionCount
from zzd.principal import Principal

# What one kind of mark has and another has not.
NO_NUMBER = cast(null(), BigInteger)
NO_TIME = cast(null(), Pin.pinned_at.type)


def add_marks(
    session: Session, reader: Principal, conversation_id: int, items: Sequence[dict[str, Any]]
) -> None:
    """Complete described messages of one conversation with reactions, pins, favourites, how many
    comments stand under them, and whether they are to be confirmed and the reader did."""
    seqs = [item["seq"] for item in items]
    if not seqs:
        return
    reactions = reactions_of(session, reader, conversation_id, seqs)
    marked = union_all(
        select(literal("pinned"), Pin.seq, Pin.pinned_at, NO_NUMBER).where(
            Pin.conversation_id == conversation_id, Pin.seq.in_(seqs)
        ),
        select(literal("favourite"), Favourite.seq, Favourite.saved_at, NO_NUMBER).where(
            Favourite.official_id == reader.official_id,
            Favourite.conversation_id == conversation_id,
            Favourite.seq.in_(seqs),
        ),
        select(literal("confirm"), ConfirmationRequest.seq, Confirmation.at, NO_NUMBER)
        .outerjoin(
            Confirmation,
            and_(
                Confirmation.request_id == ConfirmationRequest.id,
                Confirmation.official_id == reader.official_id,
            ),
        )
        .where(
            ConfirmationRequest.conversation_id == conversation_id,
            ConfirmationRequest.seq.in_(seqs),
        ),
        select(literal("comments"), CommentCount.seq, NO_TIME, CommentCount.shown).where(
            CommentCount.conversation_id == conversation_id, CommentCount.seq.in_(seqs)
        ),
    )
    marks, numbers = {}, {}
    for mark, seq, at, number in session.execute(marked):
        marks[mark, seq] = at
        numbers[mark, seq] = number
    for item in items:
        seq = item["seq"]
        item["reactions"] = reactions.get(seq, [])
        item["pinned"] = ("pinned", seq) in marks
        item["favourite"] = ("favourite", seq) in marks
        gone = item["recalled_at"] or item["removed_at"]
        asked = ("confirm", seq) in marks and not gone
        item["confirm"] = {"confirmed_at": marks["confirm", seq]} if asked else None
        item["comments"] = 0 if gone else numbers.get(("comments", seq), 0)


def reactions_of(
    session: Session, reader: Principal, conversation_id: int, seqs: Collection[int]
) -> dict[int, list[dict[str, Any]]]:
    """By message: how many of each kind, the first used first, and which are the reader's."""
    mine = and_(
        Reaction.conversation_id == ReactionCount.conversation_id,
        Reaction.seq == ReactionCount.seq,
        Reaction.key == ReactionCount.key,
        Reaction.official_id == reader.official_id,
    )
    query = (
        select(
            ReactionCount.seq,
            ReactionCount.key,
            ReactionCount.count.label("how_many"),
            Reaction.at.label("mine_at"),
        )
        .outerjoin(Reaction, mine)
        .where(ReactionCount.conversation_id == conversation_id, ReactionCount.seq.in_(seqs))
        .order_by(ReactionCount.seq, ReactionCount.first_at, ReactionCount.key)
    )
    found: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in session.execute(query):
        found[row.seq].append(
            {"key": row.key, "count": row.how_many, "mine": row.mine_at is not None}
        )
    return found
