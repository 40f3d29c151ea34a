"""What happened while a client was away.

Other packages add what their screens need: ``add_section("assignments", fn)``, whose
``fn(session, principal)`` returns plain JSON, as cheap as a count.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_, select, union_all
from sqlalchemy.orm import Session

from zzd import clock
from zzd.api import decode_cursor, encode_cursor
from zzd.errors import Invalid
from zzd.messaging.confirmations.models import Confirmation, ConfirmationRequest
from zzd.messaging.conversations import EPOCH, moment_of, page_rows, position_after
from zzd.messaging.models import Conversation, Message, Participation
from zzd.messaging.policy import Standing, standing_of
from zzd.messaging.rules import NAMED
from zzd.messaging.views import describe_conversations
from zzd.principal import Principal

Section = Callable[[Session, Principal], Any]

# A change bears the time at which its transaction looked at the clock, and is seen when that
# commits: so much later, at most, differences between servers' clocks included.
OVERLAP = timedelta(seconds=30)
PAGE = 200
# Of more recalls than this a client is not told one by one: it starts afresh.
MOST_CHANGED = 1000
# Beyond this a cursor would not fit in a URL, and the next sync starts afresh.
MOST_HELD = 200

_sections: dict[str, Section] = {}


def add_section(name: str, section: Section) -> None:
    """Have every answer carry ``name`` with what ``section`` returns for the caller."""
    _sections[name] = section


@dataclass(frozen=True, slots=True)
class Held:
    """What reached the caller without their name at that time (see policy.Standing): the audiences
    they were in, and the conversations of others that a grant let them look after."""

    audiences: frozenset[int] = frozenset()
    kept: frozenset[int] = frozenset()

    @classmethod
    def by(cls, standing: Standing) -> Held:
        return cls(frozenset(standing.audience_ids), frozenset(standing.kept_ids))

    def without(self, other: Held) -> Held:
        return Held(self.audiences - other.audiences, self.kept - other.kept)


@dataclass(frozen=True, slots=True)
class Cursor:
    """``since``: changes up to here are known (None: nothing is). ``held``: what reached the
    caller at that time (None: too much to tell). While a sync is read in pages, ``then`` and
    ``then_held`` are what the next one will begin with, and ``before`` is where the page before
    ended."""

    since: datetime | None
    held: Held | None
    then: datetime
    then_held: Held | None
    before: tuple[datetime, int] | None = None


def sync(session: Session, principal: Principal, cursor: str | None) -> dict[str, Any]:
    """Conversations that changed since the cursor, those left, and messages recalled.

    A change may be told twice, never not at all. Without a cursor, or with one that too much
    happened since, all conversations come and ``complete`` says so.
    Raises Invalid for what is no cursor.
    """
    standing = standing_of(session, principal)
    at = _position(cursor, standing)
    changed: list[Any] = []
    left: list[int] = []
    if at.since is not None and at.before is None:
        changed = _recalled(session, principal, standing, at.since)
        left = _left(session, principal, standing, at)
        if len(changed) > MOST_CHANGED:
            at = afresh(standing)
            changed, left = [], []
    named, reached = _changed_since(standing, at)
    rows = page_rows(
        session,
        principal,
        standing.reached,
        before=at.before,
        limit=PAGE,
        named=named,
        narrower=reached,
    )
    following = None
    if len(rows) > PAGE:
        following = _encode(at, before=position_after(rows[PAGE - 1]))
    return {
        "cursor": encode_next(at),
        "complete": at.since is None,
        "conversations": describe_conversations(session, principal, rows[:PAGE]),
        "left": left,
        "changed": [{"conversation_id": row[0], "seq": row[1]} for row in changed],
        "next": following,
        "sections": {name: section(session, principal) for name, section in _sections.items()},
    }


def afresh(standing: Standing) -> Cursor:
    return Cursor(None, Held(), clock.now() - OVERLAP, Held.by(standing))


def _changed_since(
    standing: Standing, at: Cursor
) -> tuple[ColumnElement[bool] | None, ColumnElement[bool] | None]:
    """The conditions on conversations one is named in, and on those that reach one."""
    if at.since is None:
        return None, None
    changed = or_(Conversation.changed_at > at.since, Participation.changed_at > at.since)
    gained = Held.by(standing).without(at.held or Held())
    return changed, or_(
        changed,
        Conversation.audience_id.in_(gained.audiences),
        Conversation.id.in_(gained.kept),
    )


def _left(session: Session, principal: Principal, standing: Standing, at: Cursor) -> list[int]:
    """Groups one is out of, and what came by an audience that one is not in any more, or by a
    grant that one lost."""
    gone = list(
        session.scalars(
            select(Participation.conversation_id).where(
                Participation.official_id == principal.official_id,
                Participation.left_at > at.since,
            )
        )
    )
    lost = (at.held or Held()).without(Held.by(standing))
    if lost.audiences or lost.kept:
        gone += session.scalars(
            select(Conversation.id).where(
                or_(Conversation.audience_id.in_(lost.audiences), Conversation.id.in_(lost.kept)),
                Conversation.audience_id.not_in(standing.audience_ids),
                Conversation.id.not_in(standing.kept_ids),
            )
        )
    return gone


def _recalled(
    session: Session, principal: Principal, standing: Standing, since: datetime
) -> list[Any]:
    """(conversation, seq) of messages recalled since; at most one more than are told."""
    found = select(Message.conversation_id, Message.seq).where(Message.changed_at > since)
    named = (
        found.join(Participation, Participation.conversation_id == Message.conversation_id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            Participation.official_id == principal.official_id,
            Participation.left_at.is_(None),
            Message.seq >= Participation.first_seq,
            Conversation.kind.in_(NAMED),
        )
    )
    reached = found.join(Conversation, Conversation.id == Message.conversation_id).where(
        standing.reached
    )
    # What the caller confirmed on another device concerns nobody else.
    confirmed = (
        select(ConfirmationRequest.conversation_id, ConfirmationRequest.seq)
        .join(Confirmation, Confirmation.request_id == ConfirmationRequest.id)
        .where(Confirmation.official_id == principal.official_id, Confirmation.at > since)
    )
    rows: list[Any] = []
    for query in (named, union_all(reached, confirmed)):
        rows.extend(session.execute(query.limit(MOST_CHANGED + 1)))
    return rows


def _encode(at: Cursor, *, before: tuple[int, int]) -> str:
    since = -1 if at.since is None else _microseconds(at.since)
    return encode_cursor(
        [since, _pack(at.held), _microseconds(at.then), _pack(at.then_held), *before]
    )


def encode_next(at: Cursor) -> str:
    return encode_cursor([_microseconds(at.then), _pack(at.then_held), 0, "", 0, 0])


def _position(cursor: str | None, standing: Standing) -> Cursor:
    parts = decode_cursor(cursor, int, str, int, str, int, int)
    if parts is None:
        return afresh(standing)
    since, known, then, then_known, before_at, before_id = parts
    if before_id:
        return Cursor(
            None if since < 0 else moment_of(since),
            _unpack(known),
            moment_of(then),
            _unpack(then_known),
            (moment_of(before_at), before_id),
        )
    held = _unpack(known)
    if held is None:
        return afresh(standing)
    following = afresh(standing)
    return Cursor(moment_of(since), held, following.then, following.then_held)


def _microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def _pack(held: Held | None) -> str:
    """Ids as the distances between them; "?" for more than fit."""
    if held is None or len(held.audiences) + len(held.kept) > MOST_HELD:
        return "?"
    return ";".join(_distances(ids) for ids in (held.audiences, held.kept))


def _distances(ids: Collection[int]) -> str:
    ordered = sorted(ids)
    return ",".join(
        format(one - other, "x") for one, other in zip(ordered, [0, *ordered], strict=False)
    )


def _unpack(packed: str) -> Held | None:
    """None where they were too many to tell."""
    if packed == "?":
        return None
    audiences, _, kept = packed.partition(";")
    return Held(_ids(audiences), _ids(kept))


def _ids(packed: str) -> frozenset[int]:
    ids, last = set(), 0
    try:
        for distance in packed.split(",") if packed else ():
            last += int(distance, 16)
            ids.add(last)
    except ValueError as error:
        raise Invalid.at("/query/cursor", "Not a cursor of this list") from error
    if not all(0 < one < 2**63 for one in ids):
        raise Invalid.at("/query/cursor", "Not a cursor of this list")
    return frozenset(ids)
