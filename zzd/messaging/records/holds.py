"""Legal holds (法律保留): what must stay, whatever the rules of keeping say, until it is released.

A hold is about a conversation, about what an official says, or about an audience: all in the
conversations that belong to it (as with a rule), and all that those say who hold a post in it today.
It is about what was said before it and what is said later. The words that a recalled or edited
message had stay too, for exports by administrators; everybody else sees what they see anyway.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from zzd import clock
from zzd.api import decode_cursor, page
from zzd.audit import log as audit
from zzd.db import find_repeat, fingerprint, lock_name
from zzd.errors import Invalid
from zzd.messaging.models import Conversation, Message, Participation
from zzd.messaging.policy import access_conversation
from zzd.messaging.records import policy, retention
from zzd.messaging.records.models import LegalHold, RetentionSweep
from zzd.messaging.records.places import names_of
from zzd.messaging.records.problems import MOST_AUDIENCE_HOLDS, HoldReleased, TooManyHolds
from zzd.orgtree import audiences
from zzd.orgtree.audiences import Audience
from zzd.orgtree.models import Line, Official, Unit
from zzd.principal import Principal

# Held while something is removed, and while what may be removed changes: a hold that was answered
# with 2xx is older than whatever is removed after it.
LOCK = "retention"


def is_held(session: Session) -> ColumnElement[bool]:
    """The condition on Message with Conversation: a hold is about it. One statement, for the
    holds about audiences."""
    on_conversation = select(LegalHold.id).where(
        LegalHold.released_at.is_(None), LegalHold.conversation_id == Message.conversation_id
    )
    on_sender = select(LegalHold.id).where(
        LegalHold.released_at.is_(None), LegalHold.official_id == Message.sender_id
    )
    return or_(
        on_conversation.correlate(Message).exists(),
        on_sender.correlate(Message).exists(),
        *(
            or_(
                retention.belongs(audience),
                audiences.holds_post(audience, Message.sender_id.expression),
            )
            for audience in _audiences_held(session)
        ),
    )


def concerns(session: Session) -> ColumnElement[bool]:
    """The condition on Conversation: a hold is about it, or about somebody in it."""
    on_it = select(LegalHold.id).where(
        LegalHold.released_at.is_(None), LegalHold.conversation_id == Conversation.id
    )
    on_somebody = (
        select(LegalHold.id)
        .join(Participation, Participation.official_id == LegalHold.official_id)
        .where(
            LegalHold.released_at.is_(None),
            LegalHold.official_id.is_not(None),
            Participation.conversation_id == Conversation.id,
        )
    )
    return or_(
        on_it.correlate(Conversation).exists(),
        on_somebody.correlate(Conversation).exists(),
        *(retention.belongs(audience) for audience in _audiences_held(session)),
    )


def describe_standing(
    session: Session, principal: Principal, conversation_id: int
) -> dict[str, bool | None]:
    """What the panel of a conversation shows its reader: whether they may take it out, and, to who
    may know it, whether a hold concerns it. Raises NotFound."""
    place = access_conversation(session, principal, conversation_id)
    held = None
    if policy.may_see_all(principal):
        query = select(Conversation.id).where(Conversation.id == conversation_id, concerns(session))
        held = session.scalar(query) is not None
    may = policy.may_take_out_any(principal) or policy.may_take_out(principal, place)
    return {"may_export": may, "held": held}


def _audiences_held(session: Session) -> list[Audience]:
    query = (
        select(LegalHold, Unit, Line.name)
        .join(Unit, Unit.id == LegalHold.unit_id)
        .outerjoin(Line, Line.code == LegalHold.line)
        .where(LegalHold.released_at.is_(None))
    )
    found = (retention.audience_of(*row) for row in session.execute(query))
    return [audience for audience in found if audience is not None]


def place_hold(session: Session, by: Principal, body: dict[str, Any]) -> tuple[LegalHold, bool]:
    """From now on nothing it is about is removed; also says whether it is a fresh one.

    Raises Invalid, TooManyHolds, IdempotencyConflict.
    """
    key = body["client_id"] or uuid4().hex
    printed = fingerprint(
        [body["conversation_id"], body["official_id"], body["audience"], body["reason"]]
    )
    found = find_repeat(
        session, LegalHold, sender_id=by.account_id, client_id=key, body_fingerprint=printed
    )
    if found is not None:
        return found, False
    audience = retention.resolve(session, body["audience"])
    for kind, model in (("conversation_id", Conversation), ("official_id", Official)):
        if body[kind] is not None and session.get(model, body[kind]) is None:
            raise Invalid.at(f"/{kind}", "There is none with this id")
    lock_name(session, LOCK)
    if audience is not None and len(_audiences_held(session)) >= MOST_AUDIENCE_HOLDS:
        raise TooManyHolds
    hold = LegalHold(
        sender_id=by.account_id,
        client_id=key,
        fingerprint=printed,
        conversation_id=body["conversation_id"],
        official_id=body["official_id"],
        reason=body["reason"],
        by_username=by.username,
        placed_at=clock.now(),
        **retention.columns_of(audience),
    )
    session.add(hold)
    session.flush()
    _record(session, "hold.place", by, hold, body["reason"])
    return hold, True


def release_hold(session: Session, by: Principal, hold_id: int, reason: str) -> LegalHold:
    """The rules of keeping count again for what it was about. Raises NotFound, HoldReleased."""
    lock_name(session, LOCK)
    hold = policy.access_hold(session, hold_id)
    if hold.released_at is not None:
        raise HoldReleased
    hold.released_at = clock.now()
    hold.released_by_username, hold.release_reason = by.username, reason
    _record(session, "hold.release", by, hold, reason)
    begin_again(session)
    return hold


def begin_again(session: Session) -> None:
    """What was passed over before may be due now. Under ``LOCK``."""
    session.execute(
        update(RetentionSweep).values(
            message_id=0, pass_no=RetentionSweep.pass_no + 1, next_at=clock.now()
        )
    )


def _record(session: Session, action: str, by: Principal, hold: LegalHold, reason: str) -> None:
    audit.append(
        session,
        action,
        by=by,
        object_kind="hold",
        object_id=hold.id,
        conversation_id=hold.conversation_id,
        official_id=hold.official_id,
        unit_id=hold.unit_id,
        reason=reason,
    )


def page_holds(
    session: Session, *, released: bool | None, cursor: str | None, limit: int
) -> dict[str, Any]:
    """The newest first, in at most four statements."""
    query = select(LegalHold).order_by(LegalHold.id.desc()).limit(limit + 1)
    if released is not None:
        over = LegalHold.released_at
        query = query.where(over.is_not(None) if released else over.is_(None))
    if (before := decode_cursor(cursor, int)) is not None:
        query = query.where(LegalHold.id < before[0])
    found = page(session.scalars(query).all(), limit, lambda hold: (hold.id,))
    return {**found, "items": describe_holds(session, found["items"])}


def describe_holds(session: Session, holds: list[LegalHold]) -> list[dict[str, Any]]:
    """With what each holds by its name: a conversation, an official's words, or an audience."""
    places = names_of(session, {hold.conversation_id for hold in holds})
    wanted = {hold.official_id for hold in holds}
    people = dict(
        session.execute(select(Official.id, Official.name).where(Official.id.in_(wanted))).all()
    )
    held = select(LegalHold.id, LegalHold, Unit, Line.name).join(Unit, Unit.id == LegalHold.unit_id)
    held = held.outerjoin(Line, Line.code == LegalHold.line)
    rows = session.execute(held.where(LegalHold.id.in_([hold.id for hold in holds])))
    parts = {row[0]: retention.audience_of(*row[1:]) for row in rows}
    return [
        {
            "id": hold.id,
            "conversation": places.get(hold.conversation_id or 0),
            "official": hold.official_id
            and {"id": hold.official_id, "name": people[hold.official_id]},
            "audience": (audience := parts.get(hold.id)) and audience.as_dict(),
            "reason": hold.reason,
            "placed_by": hold.by_username,
            "placed_at": hold.placed_at,
            "released_at": hold.released_at,
            "released_by": hold.released_by_username,
            "release_reason": hold.release_reason,
        }
        for hold in holds
    ]
