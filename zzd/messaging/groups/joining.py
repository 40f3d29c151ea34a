"""Asking to join a group that one has the code of; its owner and admins decide."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.api import decode_cursor, page
from zzd.errors import NotFound
from zzd.messaging import members
from zzd.messaging.groups import events, notices
from zzd.messaging.groups.models import JoinRequest
from zzd.messaging.models import Conversation, Participation
from zzd.messaging.people import check_active, select_people
from zzd.messaging.policy import access_conversation, may_manage, refuse
from zzd.messaging.problems import AlreadyMember, NotAGroup, RequestDecided
from zzd.messaging.rules import MANAGERS
from zzd.orgtree.models import Official
from zzd.principal import Principal

OPEN, APPROVED, DECLINED = "open", "approved", "declined"


def show_group(session: Session, principal: Principal, code: str) -> dict[str, Any]:
    """What somebody outside sees of a group with this code. Raises NotFound."""
    group = _find(session, code)
    joined = members.is_member(session, group.id, principal.official_id or 0)
    asked = _open_of(session, group.id, principal.official_id or 0)
    return {
        "id": group.id,
        "name": group.name,
        "members": group.members,
        "joined": joined,
        "requested": asked is not None,
    }


def ask_to_join(
    session: Session, by: Principal, code: str, text: str
) -> tuple[dict[str, Any], bool]:
    """Returns the request and whether it is a fresh one: one at a time is open.

    Raises NotFound, AlreadyMember.
    """
    group = _find(session, code, lock=True)
    me = by.official_id or 0
    if members.is_member(session, group.id, me):
        raise AlreadyMember
    if (asked := _open_of(session, group.id, me)) is not None:
        return _described(session, asked.id), False
    request = JoinRequest(
        conversation_id=group.id, official_id=me, text=text, state=OPEN, created_at=clock.now()
    )
    session.add(request)
    session.flush()
    _tell(session, request)
    return _described(session, request.id), True


def page_requests(
    session: Session,
    principal: Principal,
    conversation_id: int,
    *,
    state: str,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """Who asked, the newest first. Raises NotFound, NotAGroup, NotPermitted."""
    place = access_conversation(session, principal, conversation_id)
    if place.conversation.kind != "group":
        raise NotAGroup
    if not may_manage(principal, place):
        raise refuse("join_request.list", place, "Only its owner and admins see who asks to join")
    query = _select_requests().where(
        JoinRequest.conversation_id == conversation_id, JoinRequest.state == state
    )
    if (before := decode_cursor(cursor, int)) is not None:
        query = query.where(JoinRequest.id < before[0])
    rows = session.execute(query.order_by(JoinRequest.id.desc()).limit(limit + 1)).all()
    found = page(rows, limit, lambda row: (row.JoinRequest.id,))
    return {**found, "items": [_describe(row) for row in found["items"]]}


def decide_request(
    session: Session, by: Principal, conversation_id: int, request_id: int, *, approve: bool
) -> dict[str, Any]:
    """Take somebody in who asked, or not. They see what is said from now on.

    Raises NotFound, NotAGroup, NotPermitted, RequestDecided, Invalid for somebody out of office.
    """
    place = access_conversation(
        session, by, conversation_id, action="join_request.decide", lock=True
    )
    group = place.conversation
    if group.kind != "group":
        raise NotAGroup
    if not may_manage(by, place):
        raise refuse("join_request.decide", place, "Only its owner and admins take people in")
    request = session.get(JoinRequest, request_id)
    if request is None or request.conversation_id != conversation_id:
        raise NotFound
    if request.state != OPEN:
        raise RequestDecided
    request.state = APPROVED if approve else DECLINED
    request.decided_at = clock.now()
    request.decided_by_id, request.decided_by_name = by.official_id, by.official_name
    if approve:
        check_active(session, [request.official_id])
        if coming := members.take_in(session, group, {request.official_id}):
            notices.tell(session, by, group, "joined", official_ids=coming, text=group.welcome)
            members.updated(session, conversation_id)
    _tell(session, request)
    return _described(session, request_id)


def _find(session: Session, code: str, *, lock: bool = False) -> Conversation:
    query = select(Conversation).where(Conversation.join_code == code)
    group = session.scalar(query.with_for_update() if lock else query)
    if group is None:
        raise NotFound
    return group


def _open_of(session: Session, conversation_id: int, official_id: int) -> JoinRequest | None:
    return session.scalar(
        select(JoinRequest).filter_by(
            conversation_id=conversation_id, official_id=official_id, state=OPEN
        )
    )


def _tell(session: Session, request: JoinRequest) -> None:
    session.flush()
    managers = select(Participation.official_id).where(
        Participation.conversation_id == request.conversation_id,
        Participation.role.in_(MANAGERS),
        Participation.left_at.is_(None),
    )
    events.join_request_updated(
        session,
        request.conversation_id,
        request_id=request.id,
        state=request.state,
        official_ids={*session.scalars(managers), request.official_id},
    )


def _select_requests() -> Select[Any]:
    return select_people(JoinRequest).join(JoinRequest, JoinRequest.official_id == Official.id)


def _described(session: Session, request_id: int) -> dict[str, Any]:
    query = _select_requests().where(JoinRequest.id == request_id)
    return _describe(session.execute(query).one())


def _describe(row: Any) -> dict[str, Any]:
    request: JoinRequest = row.JoinRequest
    decided_by = None
    if request.decided_by_id is not None:
        decided_by = {"id": request.decided_by_id, "name": request.decided_by_name}
    return {
        "id": request.id,
        "conversation_id": request.conversation_id,
        "official": {
            "id": row.id,
            "name": row.name,
            "post_title": row.post_title,
            "unit_name": row.unit_name,
        },
        "text": request.text,
        "state": request.state,
        "created_at": request.created_at,
        "decided_at": request.decided_at,
        "decided_by": decided_by,
    }
