"""The people of a group: who they are, adding, removing, roles, leaving."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.api import decode_cursor, page
from zzd.audit import log as audit
from zzd.db import insert_into
from zzd.errors import Invalid, NotFound
from zzd.messaging import events
from zzd.messaging.groups import notices
from zzd.messaging.models import Conversation, Participation
from zzd.messaging.people import check_active, select_people
from zzd.messaging.policy import (
    Place,
    access_conversation,
    may_manage,
    may_see_readers,
    refuse,
)
from zzd.messaging.problems import NotAGroup, OwnerMustHandOver
from zzd.messaging.rules import MOST_MEMBERS, may_remove
from zzd.orgtree import audiences
from zzd.orgtree.models import Official, Post, Unit
from zzd.principal import Principal


def page_members(
    session: Session, principal: Principal, conversation_id: int, *, cursor: str | None, limit: int
) -> dict[str, Any]:
    """Who belongs to a conversation now, by id; where an audience decides, today's."""
    place = access_conversation(session, principal, conversation_id)
    if not may_see_readers(principal, place):
        raise refuse("member.list", place, "Only who may announce sees who is reached")
    row_of = and_(
        Participation.official_id == Official.id,
        Participation.conversation_id == conversation_id,
    )
    query = select_people(
        func.coalesce(Participation.role, "member").label("role"),
        func.coalesce(Participation.read_seq, 0).label("read_seq"),
    ).join(Participation, row_of, isouter=place.audience is not None)
    if place.audience is None:
        query = query.where(Participation.left_at.is_(None))
    else:
        found = (
            select(Post.official_id)
            .join(Unit, Post.unit_id == Unit.id)
            .where(audiences.posts_in(place.audience))
        )
        query = query.where(Official.id.in_(found), Official.status == "active")
    if (after := decode_cursor(cursor, int)) is not None:
        query = query.where(Official.id > after[0])
    rows = session.execute(query.order_by(Official.id).limit(limit + 1)).mappings().all()
    return page(rows, limit, lambda row: (row["id"],))


def add_members(
    session: Session, by: Principal, conversation_id: int, official_ids: list[int]
) -> None:
    """Take people into a group; they see what is said from now on. Who is in it already stays.

    Raises NotFound, NotAGroup, NotPermitted, Invalid.
    """
    place = _group(session, by, conversation_id, action="member.add")
    if not may_manage(by, place):
        raise refuse("member.add", place, "Only its owner and admins add people to a group")
    people = check_active(session, official_ids)
    conversation = place.conversation
    if coming := take_in(session, conversation, people):
        notices.tell(
            session, by, conversation, "added", official_ids=coming, text=conversation.welcome
        )
        updated(session, conversation_id)


def take_in(session: Session, conversation: Conversation, people: set[int]) -> set[int]:
    """Have these in a group, whose row the caller has locked; returns those who were not yet.

    Raises Invalid for more than a group holds.
    """
    conversation_id = conversation.id
    coming = people - _present(session, conversation_id, people)
    if not coming:
        return coming
    conversation.members = (conversation.members or 0) + len(coming)
    if conversation.members > MOST_MEMBERS:
        raise Invalid.at("/official_ids", f"A group has at most {MOST_MEMBERS} members")
    conversation.changed_at = now = clock.now()
    fresh = {
        "role": "member",
        "first_seq": conversation.last_seq + 1,
        "read_seq": conversation.last_seq,
        "changed_at": now,
        "left_at": None,
    }
    keys = ["conversation_id", "official_id"]
    session.execute(
        insert_into(session, Participation)
        .values([{**fresh, keys[0]: conversation_id, keys[1]: person} for person in sorted(coming)])
        .on_conflict_do_update(index_elements=keys, set_=fresh)
    )
    events.people_entered(session, conversation_id, coming)
    return coming


def remove_member(session: Session, by: Principal, conversation_id: int, official_id: int) -> None:
    """Put somebody out of a group. What is said afterwards does not reach them.

    Raises NotFound, NotAGroup, NotPermitted.
    """
    if official_id == by.official_id:
        leave_group(session, by, conversation_id)
        return
    place = _group(session, by, conversation_id, action="member.remove")
    other = _member(session, by, place, official_id)
    if not may_remove(place.role, other.role or "member"):
        raise refuse("member.remove", place, "Who removes people must stand above them")
    _part(session, by, place, other, "removed")


def leave_group(session: Session, by: Principal, conversation_id: int) -> None:
    """Raises NotFound, NotAGroup, OwnerMustHandOver unless nobody else is left."""
    place = _group(session, by, conversation_id, action="member.leave")
    if place.mine is None:
        raise NotFound
    if place.role == "owner" and place.conversation.members != 1:
        raise OwnerMustHandOver
    _part(session, by, place, place.mine, "left")


def change_role(
    session: Session, by: Principal, conversation_id: int, official_id: int, role: str
) -> None:
    """Make a member an admin or the reverse; making one the owner hands the group over.

    A group has exactly one owner. Raises NotFound, NotAGroup, NotPermitted, OwnerMustHandOver.
    """
    place = _group(session, by, conversation_id, action="member.role")
    if place.role != "owner" or place.mine is None:
        raise refuse("member.role", place, "Only the owner gives roles")
    other = _member(session, by, place, official_id)
    if other.role == role:
        return
    if other.official_id == by.official_id:
        raise OwnerMustHandOver
    now = clock.now()
    if role == "owner":
        place.mine.role, place.mine.changed_at = "admin", now
    other.role, other.changed_at = role, now
    place.conversation.changed_at = now
    if role == "owner":
        audit.append(
            session,
            "group.hand_over",
            by=by,
            object_kind="conversation",
            object_id=conversation_id,
            official_id=official_id,
        )
    notices.tell(session, by, place.conversation, f"made_{role}", official_ids=[official_id])
    updated(session, conversation_id)


def is_member(session: Session, conversation_id: int, official_id: int) -> bool:
    """Whether somebody is named in a conversation now."""
    return bool(_present(session, conversation_id, {official_id}))


def _group(session: Session, by: Principal, conversation_id: int, *, action: str) -> Place:
    """A group, locked: whatever changes its people waits for each other, and so does sending."""
    place = access_conversation(session, by, conversation_id, action=action, lock=True)
    if place.conversation.kind != "group":
        raise NotAGroup
    return place


def _member(session: Session, by: Principal, place: Place, official_id: int) -> Participation:
    other = session.get(Participation, (place.conversation.id, official_id))
    if other is None or other.left_at is not None:
        raise NotFound
    return other


def _present(session: Session, conversation_id: int, people: set[int]) -> set[int]:
    query = select(Participation.official_id).where(
        Participation.conversation_id == conversation_id,
        Participation.official_id.in_(people),
        Participation.left_at.is_(None),
    )
    return set(session.scalars(query))


def _part(
    session: Session, by: Principal, place: Place, leaving: Participation, action: str
) -> None:
    now = clock.now()
    leaving.left_at = leaving.changed_at = now
    leaving.role = None
    place.conversation.members = (place.conversation.members or 0) - 1
    place.conversation.changed_at = now
    if not place.conversation.members:
        # As one that was dissolved: nobody could let anybody in, or take a bot away.
        place.conversation.dissolved_at, place.conversation.join_code = now, None
    events.people_left(session, place.conversation.id, [leaving.official_id])
    notices.tell(session, by, place.conversation, action, official_ids=[leaving.official_id])
    updated(session, place.conversation.id)


def updated(session: Session, conversation_id: int) -> None:
    events.conversation_updated(session, conversation_id, to=events.rooms_of(conversation_id, None))
