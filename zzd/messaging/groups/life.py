"""A group renamed, opened to those who ask, and ended."""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from zzd import clock
from zzd.audit import log as audit
from zzd.messaging import events
from zzd.messaging.comments.problems import NotAnAnnouncement
from zzd.messaging.groups import notices
from zzd.messaging.groups.models import JoinRequest
from zzd.messaging.models import Participation
from zzd.messaging.policy import access_conversation, may_manage, refuse
from zzd.messaging.problems import NotAGroup
from zzd.principal import Principal


def change_conversation(
    session: Session,
    by: Principal,
    conversation_id: int,
    *,
    name: str | None = None,
    welcome: str | None = None,
    joinable: bool | None = None,
    comments: bool | None = None,
) -> None:
    """Change what is given. A group only: ``welcome``, what newcomers are greeted with ("" for
    nothing), and ``joinable``, whether whoever has its code may ask to join; a code is made each
    time it is opened, and the one before opens nothing. Announcements only: ``comments``, whether
    their readers may say something under them.

    Raises NotFound, NotAGroup, NotAnAnnouncement, NotPermitted.
    """
    place = access_conversation(
        session, by, conversation_id, action="conversation.rename", lock=True
    )
    conversation = place.conversation
    if conversation.kind == "direct":
        raise NotAGroup("A direct conversation has no name of its own")
    if not may_manage(by, place):
        raise refuse("conversation.rename", place, "Only its owner and admins change a group")
    if conversation.kind != "group" and (welcome is not None or joinable is not None):
        raise NotAGroup
    if comments is not None:
        if conversation.kind != "announcement":
            raise NotAnAnnouncement
        conversation.comments = comments
    conversation.changed_at = clock.now()
    if welcome is not None:
        conversation.welcome = welcome or None
    if joinable is not None and joinable != (conversation.join_code is not None):
        conversation.join_code = secrets.token_urlsafe(16) if joinable else None
    renamed = name is not None and name != conversation.name
    if renamed:
        conversation.name = name
        if conversation.kind == "group":
            notices.tell(session, by, conversation, "renamed", name=name)
    events.conversation_updated(
        session, conversation_id, to=events.rooms_of(conversation_id, conversation.audience_id)
    )
    session.flush()


def describe_life(session: Session, principal: Principal, conversation_id: int) -> dict[str, Any]:
    """How a group takes people in; its code and who waits only for those who manage it.

    Raises NotFound, NotAGroup.
    """
    place = access_conversation(session, principal, conversation_id)
    conversation = place.conversation
    if conversation.kind != "group":
        raise NotAGroup
    managing = may_manage(principal, place)
    waiting = None
    if managing:
        query = select(func.count()).select_from(JoinRequest)
        waiting = session.scalar(query.filter_by(conversation_id=conversation_id, state="open"))
    return {
        "welcome": conversation.welcome,
        "joinable": conversation.join_code is not None,
        "join_code": conversation.join_code if managing else None,
        "open_requests": waiting,
    }


def dissolve_group(session: Session, by: Principal, conversation_id: int) -> None:
    """End a group: nobody is in it any more, and nobody comes back. What was said is kept.

    For its owner; recorded. Raises NotFound, NotAGroup, NotPermitted.
    """
    place = access_conversation(session, by, conversation_id, action="group.dissolve", lock=True)
    conversation = place.conversation
    if conversation.kind != "group":
        raise NotAGroup
    if place.role != "owner":
        raise refuse("group.dissolve", place, "Only its owner dissolves a group")
    now = clock.now()
    people = list(
        session.scalars(
            update(Participation)
            .where(
                Participation.conversation_id == conversation_id,
                Participation.left_at.is_(None),
            )
            .values(left_at=now, changed_at=now, role=None)
            .returning(Participation.official_id)
            .execution_options(synchronize_session=False)
        )
    )
    conversation.dissolved_at = conversation.changed_at = now
    conversation.members = 0
    conversation.join_code = None
    audit.append(
        session,
        "group.dissolve",
        by=by,
        object_kind="conversation",
        object_id=conversation_id,
        name=conversation.name,
        members=len(people),
    )
    events.people_left(session, conversation_id, people)
