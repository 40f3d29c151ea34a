"""How far an announcement is confirmed: counts at any unit, and who has not."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, literal, select, tuple_, union_all
from sqlalchemy.orm import Session, aliased

from zzd.api import decode_cursor, page
from zzd.errors import Invalid
from zzd.messaging.confirmations.confirming import find_request
from zzd.messaging.confirmations.models import Confirmation, ConfirmationRequest
from zzd.messaging.dings import counting, recipients
from zzd.messaging.dings.counting import Answers, Asked
from zzd.messaging.dings.rollups import sum_up
from zzd.messaging.messages import find_message
from zzd.messaging.models import Conversation, Participation
from zzd.messaging.policy import access_conversation, may_see_confirmations, refuse
from zzd.orgtree.audiences import Audience
from zzd.orgtree.in_use import find_in_use
from zzd.orgtree.models import Official, Post, Unit
from zzd.principal import Principal

# Of whoever did something; everybody else is ``unread``.
ANSWERED = ("confirmed", "read")
STATES = (*ANSWERED, "unread")


def roll_up(
    session: Session, by: Principal, conversation_id: int, seq: int, unit_id: int | None
) -> tuple[dict[str, Any], int | None]:
    """The counts at a unit, by default the audience's own, as ``sum_up`` has them; and the id of
    the request if it is to be counted again. A fixed number of statements.

    Raises NotFound, NotPermitted, ConfirmationNotAsked, and Invalid for a unit outside.
    """
    request, whole = _access(session, by, conversation_id, seq, "message.confirmations")
    asked = asked_by(session, request)
    shown = count_at(session, asked, whole, _unit(session, whole, unit_id))
    stale = shown["counting"] or counting.is_stale(session, asked.audience_id)
    stale = stale or asked.answered > counting.FEW_ANSWERS
    where = {"conversation_id": conversation_id, "seq": seq}
    return {**where, **shown}, request.id if stale else None


def count_at(session: Session, asked: Asked, whole: Audience, unit: Unit) -> dict[str, Any]:
    return sum_up(
        session,
        asked,
        whole,
        unit,
        home=lambda audience: recipients.home_of(session, audience, asked.sender_id),
    )


def page_officials(
    session: Session,
    by: Principal,
    conversation_id: int,
    seq: int,
    *,
    unit_id: int | None,
    state: str,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """Those at and below a unit in one state, in the order of the tree; ``unconfirmed`` are the
    read and the unread together. Raises as ``roll_up`` does."""
    request, whole = _access(session, by, conversation_id, seq, "message.confirmations")
    unit = _unit(session, whole, unit_id)
    part = recipients.part_of(whole, unit.path)
    after = decode_cursor(cursor, str, int)
    has_read = _has_read(request).label("has_read")
    columns = (Official, Post, Unit, Confirmation, has_read)
    if part is None:
        return {"items": [], "next": None}
    query = (
        recipients.select_recipients(
            request.author_id, whole, part, *columns, start=after[0] if after else ""
        )
        .outerjoin(
            Confirmation,
            and_(Confirmation.request_id == request.id, Confirmation.official_id == Official.id),
        )
        .where(*_in_state(request, state))
        .order_by(Unit.path, Post.id)
        .limit(limit + 1)
    )
    if after is not None:
        query = query.where(tuple_(Unit.path, Post.id) > tuple_(*after))
    rows = session.execute(query).all()
    found = page(rows, limit, lambda row: (row[2].path, row[1].id))
    return {**found, "items": [_describe(row) for row in found["items"]]}


def _describe(row: Any) -> dict[str, Any]:
    official, post, unit, confirmation, has_read = row
    return {
        "id": official.id,
        "name": official.name,
        "post_title": post.title,
        "unit": unit,
        "state": "confirmed" if confirmation else "read" if has_read else "unread",
        "confirmed_at": confirmation and confirmation.at,
    }


def asked_by(session: Session, request: ConfirmationRequest) -> Asked:
    """The request as something that is counted."""
    confirmed = and_(
        Confirmation.request_id == request.id, Confirmation.official_id == Post.official_id
    )
    read = and_(
        _reads(request),
        Participation.official_id == Post.official_id,
        # Whoever writes has read it, and is not asked.
        Participation.official_id != request.author_id,
        ~_confirmed(request, Participation.official_id),
    )
    return Asked(
        subject=f"confirmation:{request.id}",
        audience_id=session.get_one(Conversation, request.conversation_id).audience_id,
        sender_id=request.author_id,
        states=ANSWERED,
        rest="unread",
        answers=(
            Answers(Confirmation, confirmed, {"confirmed": Confirmation.at.is_not(None)}),
            Answers(Participation, read, {"read": Participation.read_seq >= request.seq}),
        ),
        answered=_count_answers(session, request),
    )


def _count_answers(session: Session, request: ConfirmationRequest) -> int:
    """How many answers there are, as far as it matters."""
    most = counting.ANSWERS_AT_ONCE + 1
    answers = union_all(
        select(literal(1).label("one")).where(Confirmation.request_id == request.id),
        select(literal(1)).where(_reads(request)),
    )
    return session.scalar(select(func.count()).select_from(answers.limit(most).subquery())) or 0


def _reads(request: ConfirmationRequest) -> ColumnElement[bool]:
    return and_(
        Participation.conversation_id == request.conversation_id,
        Participation.read_seq >= request.seq,
    )


def _confirmed(request: ConfirmationRequest, official_id: Any) -> ColumnElement[bool]:
    answer = aliased(Confirmation)
    return exists().where(answer.request_id == request.id, answer.official_id == official_id)


def _has_read(request: ConfirmationRequest) -> ColumnElement[bool]:
    return exists().where(_reads(request), Participation.official_id == Official.id)


def _in_state(request: ConfirmationRequest, state: str) -> list[ColumnElement[bool]]:
    """What did not happen is asked for as such, as for DINGs (see recipients.in_state)."""
    confirmed, read = _confirmed(request, Official.id), _has_read(request)
    return {
        "confirmed": [confirmed],
        "read": [read, ~confirmed],
        "unread": [~read, ~confirmed],
        "unconfirmed": [~confirmed],
        "any": [],
    }[state]


def _access(
    session: Session, by: Principal, conversation_id: int, seq: int, action: str
) -> tuple[ConfirmationRequest, Audience]:
    place = access_conversation(session, by, conversation_id, action=action)
    message, _quoted = find_message(session, place, seq)
    request = find_request(session, conversation_id, seq)
    if not may_see_confirmations(by, place, message):
        raise refuse(action, place, "Only those who announce see who has confirmed")
    return request, audience_of(session, request)


def audience_of(session: Session, request: ConfirmationRequest) -> Audience:
    """As a value of today's tree."""
    audience_id = session.get_one(Conversation, request.conversation_id).audience_id
    if audience_id is None:
        raise RuntimeError("an announcement without an audience")
    return find_in_use(session, [audience_id])[audience_id]


def _unit(session: Session, whole: Audience, unit_id: int | None) -> Unit:
    unit = session.get(Unit, whole.unit_id if unit_id is None else unit_id)
    if unit is None or not unit.path.startswith(whole.unit_path):
        raise Invalid.at("/query/unit_id", "There is no such unit in this conversation")
    return unit
