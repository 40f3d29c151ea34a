"""Who belongs to a conversation, and who may do what in it.

Direct conversations and groups belong to the people named in them. Org groups and
announcements belong to whoever holds a post in their audience at this moment; besides them,
whoever may address the whole audience enters its announcements, and the org groups they made.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from zzd.errors import NotFound, NotPermitted, deny
from zzd.identity import policy as identity
from zzd.messaging.models import Conversation, Message, Participation
from zzd.messaging.rules import BY_AUDIENCE, MANAGERS, NAMED
from zzd.orgtree import audiences
from zzd.orgtree.audiences import Audience
from zzd.orgtree.in_use import find_in_use, within
from zzd.orgtree.matching import (
    bind_posts,
    ids_matching,
    select_ids_matching,
    select_ids_matching_bound,
)
from zzd.orgtree.reach import as_audience
from zzd.orgtree.remembered import REVISION, audience_in
from zzd.principal import Principal, Reach


@dataclass(frozen=True, slots=True)
class Place:
    """A conversation as one official stands to it; ``mine`` is their row, if they have one, ``rev``
    the tree's revision, where that was read with it."""

    conversation: Conversation
    mine: Participation | None
    audience: Audience | None
    rev: int | None = None

    @property
    def role(self) -> str:
        return (self.mine and self.mine.role) or "member"

    @property
    def first_seq(self) -> int:
        return self.mine.first_seq if self.mine else 1

    @property
    def read_seq(self) -> int:
        return self.mine.read_seq if self.mine else 0


def access_conversation(
    session: Session,
    principal: Principal,
    conversation_id: int,
    *,
    action: str = "conversation.read",
    lock: bool = False,
) -> Place:
    """The conversation, for somebody who belongs to it; ``lock`` keeps others from changing it.

    Raises NotFound, audited as ``action`` where there is one that they do not belong to.
    """
    query = _select_place(principal, conversation_id).execution_options(populate_existing=lock)
    if lock:
        query = query.with_for_update(of=Conversation)
    return _enter(session, principal, session.execute(query).one_or_none(), action)


def access_messages(
    session: Session,
    principal: Principal,
    conversation_id: int,
    seqs: Collection[int],
    *,
    action: str,
) -> tuple[Place, list[Message]]:
    """The same, and those of these messages, ascending, that the caller may see and that still say
    something: one statement. Raises NotFound."""
    said = and_(
        Message.conversation_id == Conversation.id,
        Message.seq.in_(seqs),
        Message.recalled_at.is_(None),
        Message.removed_at.is_(None),
    )
    query = _select_place(principal, conversation_id).add_columns(Message).outerjoin(Message, said)
    rows = session.execute(query.order_by(Message.seq)).all()
    place = _enter(session, principal, rows[0][:-1] if rows else None, action)
    found = [row[-1] for row in rows if row[-1] is not None]
    return place, [message for message in found if message.seq >= place.first_seq]


def _select_place(principal: Principal, conversation_id: int) -> Select[Any]:
    return (
        select(Conversation, Participation, REVISION)
        .outerjoin(Participation, _mine(principal))
        .where(Conversation.id == conversation_id)
    )


def _enter(session: Session, principal: Principal, found: Any, action: str) -> Place:
    if found is None:
        raise NotFound
    conversation, mine, rev = found
    place = Place(conversation, mine, audience_in(session, rev, conversation.audience_id), rev)
    if not belongs(principal, place) or not may_know_of(
        session, principal.reach, conversation, place.audience
    ):
        raise deny(NotFound(), action, "conversation", conversation.id)
    return place


def may_know_of(
    session: Session, reach: Reach | None, conversation: Conversation, audience: Audience | None
) -> bool:
    """Whether an app with this reach may know of the conversation: everybody whom it is for, or
    who is in it, lies within. No reach means no app, and no limit.

    One statement, for the at most ``MOST_MEMBERS`` people of a group.
    """
    if reach is None:
        return True
    if audience is not None:
        return audience.lies_in(as_audience(reach))
    return not session.scalar(select(_hides_somebody(reach, conversation.id)))


def known_to(reach: Reach) -> ColumnElement[bool]:
    """The same as a condition on Conversation."""
    named = and_(Conversation.kind.in_(NAMED), ~_hides_somebody(reach, Conversation.id))
    return or_(named, within(as_audience(reach), Conversation.audience_id.expression))


def _hides_somebody(reach: Reach, conversation_id: Any) -> ColumnElement[bool]:
    """The condition that somebody who is in the group of this id lies outside an app's reach."""
    return exists().where(
        Participation.conversation_id == conversation_id,
        Participation.left_at.is_(None),
        ~audiences.holds_post(as_audience(reach), Participation.official_id),
    )


def belongs(principal: Principal, place: Place) -> bool:
    """Whether the conversation is theirs: they are named in it, or in its audience by a post of
    today; or their grant covers that audience and they announce to it or look after the group."""
    if place.audience is None:
        return place.mine is not None and place.mine.left_at is None
    if any(place.audience.matches(post) for post in principal.posts):
        return True
    return may_address(principal, place.audience) and (
        place.conversation.kind == "announcement" or place.role in MANAGERS
    )


def may_address(principal: Principal, audience: Audience) -> bool:
    """Whether a grant of theirs covers the whole audience. Apps act without such grants."""
    return principal.scopes is None and identity.may_address(principal, audience)


def may_address_some(principal: Principal) -> bool:
    """Whether there can be any audience that ``may_address`` says yes to."""
    return principal.scopes is None and identity.may_post_announcements(principal)


def check_may_quote(principal: Principal, conversation_id: int) -> None:
    """What is quoted or passed on is shown to whoever sends it: an app that may only send would
    read by it. Raises NotPermitted."""
    if principal.scopes is not None:
        problem = NotPermitted("Apps neither quote nor pass on what others said")
        raise deny(problem, "message.quote", "conversation", conversation_id)


def may_post(principal: Principal, place: Place) -> bool:
    """Of those who belong: everybody, but announcements are for who may address the audience."""
    if place.conversation.kind != "announcement" or place.audience is None:
        return True
    return may_address(principal, place.audience)


def may_manage(principal: Principal, place: Place) -> bool:
    """Rename, recall what others said, call everybody; in a group add and remove people."""
    if place.audience is not None:
        return may_address(principal, place.audience)
    return place.conversation.kind == "group" and place.role in MANAGERS


def may_pin(principal: Principal, place: Place) -> bool:
    """Who manages a conversation pins for everybody in it, in a direct one either of the two."""
    return place.conversation.kind == "direct" or may_manage(principal, place)


def may_see_readers(principal: Principal, place: Place) -> bool:
    """In an announcement only those who post: a province is nobody else's list."""
    return may_post(principal, place)


def may_confirm(principal: Principal, message: Message) -> bool:
    """Of those who see a message that asks for it: everybody but its author."""
    return message.sender_id != principal.official_id


def may_remove_comment(principal: Principal, place: Place) -> Callable[[int], bool]:
    """Of a comment, by its writer's id: its writer, and who manages the channel."""
    managing = may_manage(principal, place)
    return lambda writer_id: managing or writer_id == principal.official_id


def may_see_confirmations(principal: Principal, place: Place, message: Message) -> bool:
    """Its author, and who manages the channel."""
    return message.sender_id == principal.official_id or may_manage(principal, place)


def refuse(action: str, place: Place, reason: str) -> Exception:
    """The denial, to be audited, of an act in a conversation that one may see."""
    return deny(NotPermitted(reason), action, "conversation", place.conversation.id)


def posts_by_membership(posts: int) -> ColumnElement[bool]:
    """The condition on Conversation under which most messages are sent, by somebody with so many
    posts: people named in it, and org groups of an audience they are in. Who it is comes from
    ``bind_membership``. ``access_conversation`` and ``may_post`` decide the rest.
    """
    named = exists().where(
        Participation.conversation_id == Conversation.id,
        Participation.official_id == bindparam("me"),
        Participation.left_at.is_(None),
    )
    reached = select_ids_matching_bound(posts)
    return or_(
        and_(Conversation.kind.in_(NAMED), named),
        and_(Conversation.kind == "org_group", Conversation.audience_id.in_(reached)),
    )


def bind_membership(principal: Principal) -> dict[str, Any]:
    return {"me": principal.official_id, **bind_posts(principal.posts)}


@dataclass(frozen=True, slots=True)
class Standing:
    """What reaches an official without their name being anywhere: the audiences they are in,
    and the conversations of other audiences that they look after."""

    audience_ids: list[int]
    kept_ids: list[int]

    @property
    def reached(self) -> ColumnElement[bool]:
        """The condition on Conversation: what so reaches them."""
        by_audience = Conversation.audience_id.in_(self.audience_ids)
        return (
            or_(by_audience, Conversation.id.in_(self.kept_ids)) if self.kept_ids else by_audience
        )


def reached_by(session: Session, principal: Principal) -> ColumnElement[bool]:
    """The same condition without a statement, where nobody has a grant to address audiences."""
    if may_address_some(principal):
        return standing_of(session, principal).reached
    return Conversation.audience_id.in_(select_ids_matching(principal.posts))


def standing_of(session: Session, principal: Principal) -> Standing:
    """One statement; two more for somebody with a grant to address audiences."""
    matched = ids_matching(session, principal.posts)
    if not may_address_some(principal):
        return Standing(matched, [])
    looked_after = session.execute(
        select(Conversation.id, Conversation.audience_id)
        .join(Participation, _mine(principal))
        .where(
            Conversation.kind.in_(BY_AUDIENCE),
            Conversation.audience_id.not_in(matched),
            Participation.role.in_(MANAGERS),
        )
    ).all()
    known = find_in_use(session, {row.audience_id for row in looked_after})
    return Standing(
        matched,
        [row.id for row in looked_after if may_address(principal, known[row.audience_id])],
    )


def select_visible(principal: Principal, standing: Standing) -> CompoundSelect[int, int]:
    """The conversations they belong to now, each with the ``first_seq`` they may see from on.

    For joining with what lies in conversations: the right is asked for in the same statement.
    """
    named = (
        select(Participation.conversation_id, Participation.first_seq.label("first_seq"))
        .join(Conversation, Conversation.id == Participation.conversation_id)
        .where(
            Participation.official_id == principal.official_id,
            Participation.left_at.is_(None),
            Conversation.kind.in_(NAMED),
        )
    )
    reached = (
        select(Conversation.id, func.coalesce(Participation.first_seq, 1))
        .outerjoin(Participation, _mine(principal))
        .where(standing.reached)
    )
    return union_all(named, reached)


def _mine(principal: Principal) -> ColumnElement[bool]:
    return and_(
        Participation.conversation_id == Conversation.id,
        Participation.official_id == principal.official_id,
    )
