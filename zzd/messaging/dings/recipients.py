"""Whom a DING addresses: everybody in its audience and everybody named, its sender aside.

Each of them counts once and in one place, their home: of the posts that are in the audience
the primary one, otherwise the oldest; for somebody who is only named, of all their posts.
So the numbers of a unit's children add up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from zzd.messaging.dings.models import Ding, DingPerson, DingReceipt
from zzd.messaging.dings.rules import recipient_state
from zzd.orgtree.audiences import Audience, posts_in
from zzd.orgtree.in_use import find_in_use
from zzd.orgtree.models import Official, Post, Unit
from zzd.principal import PostRef


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody addressed, at home in a unit, and what they did."""

    official: Official
    post: Post
    unit: Unit
    receipt: DingReceipt | None

    @property
    def position(self) -> tuple[str, int]:
        return self.unit.path, self.post.id


STATES: dict[str, ColumnElement[bool]] = {
    "confirmed": DingReceipt.confirmed_at.is_not(None),
    "read": and_(DingReceipt.read_at.is_not(None), DingReceipt.confirmed_at.is_(None)),
    "delivered": and_(DingReceipt.delivered_at.is_not(None), DingReceipt.read_at.is_(None)),
}


def in_state(ding: Ding, state: str) -> ColumnElement[bool]:
    """The condition on Official joined with DingReceipt (if there is one) of one state.

    What did not happen is asked for as such: PostgreSQL takes an outer join that must find
    nothing for one that leaves nobody, and would sort everybody instead of walking to the page.
    """
    if state in STATES:
        return STATES[state]
    answer = aliased(DingReceipt)
    happened = exists().where(answer.ding_id == ding.id, answer.official_id == Official.id)
    if state == "unconfirmed":
        happened = happened.where(answer.confirmed_at.is_not(None))
    return ~happened


def audience_of(session: Session, ding: Ding) -> Audience | None:
    """As a value of today's tree."""
    if ding.audience_id is None:
        return None
    return find_in_use(session, [ding.audience_id])[ding.audience_id]


def part_of(audience: Audience | None, unit_path: str) -> Audience | None:
    """What of an audience lies at and below a path; None for nothing."""
    if audience is None or audience.unit_path.startswith(unit_path):
        return audience
    if unit_path.startswith(audience.unit_path):
        return replace(audience, unit_path=unit_path)
    return None


def at_home(whole: Audience) -> ColumnElement[bool]:
    """The condition on Post: of its holder's posts in the whole audience this one counts."""
    unit, post = aliased(Unit), aliased(Post)
    another = exists().where(
        post.official_id == Post.official_id,
        post.id != Post.id,
        or_(post.is_primary, post.id < Post.id),
        unit.id == post.unit_id,
        posts_in(whole, unit, post),
    )
    return or_(Post.is_primary, ~another)


def is_theirs() -> ColumnElement[bool]:
    """The condition on DingReceipt joined with Post: its holder's."""
    return DingReceipt.official_id == Post.official_id


def select_at_home(whole: Audience, part: Audience, *columns: Any) -> Select[Any]:
    """A query of ``columns`` over Unit and Post: those at home in a part of the audience and in
    office, the sender included. Read from posts alone; of officials only those out of office."""
    gone = select(Official.id).where(Official.status != "active")
    return (
        select(*columns)
        .select_from(Unit)
        .join(Post, Post.unit_id == Unit.id)
        .where(posts_in(part), Post.official_id.not_in(gone), at_home(whole))
    )


def select_recipients(
    sender_id: int, whole: Audience, part: Audience, *columns: Any, start: str = ""
) -> Select[Any]:
    """A query of ``columns`` over Unit, Post and Official: those in a part of the audience, the
    sender aside, from the path ``start`` on."""
    return (
        select(*columns)
        .select_from(Unit)
        .join(Post, Post.unit_id == Unit.id)
        .join(Official, Official.id == Post.official_id)
        .where(
            posts_in(part, start=start),
            Official.status == "active",
            Official.id != sender_id,
            at_home(whole),
        )
    )


def named_only(session: Session, ding: Ding, audience: Audience | None) -> list[Recipient]:
    """Those named who are not in the audience as well, in the tree's order. They are few."""
    if not ding.officials:
        return []
    query = (
        select(Official, Post, Unit, DingReceipt)
        .join(DingPerson, DingPerson.official_id == Official.id)
        .join(Post, Post.official_id == Official.id)
        .join(Unit, Unit.id == Post.unit_id)
        .outerjoin(
            DingReceipt,
            and_(DingReceipt.ding_id == ding.id, DingReceipt.official_id == Official.id),
        )
        .where(
            DingPerson.ding_id == ding.id,
            Post.ended_at.is_(None),
            Official.status == "active",
            Official.id != ding.sender_id,
        )
        .order_by(Post.is_primary.desc(), Post.id)
    )
    homes: dict[int, Recipient] = {}
    reached: set[int] = set()
    for official, post, unit, receipt in session.execute(query):
        homes.setdefault(official.id, Recipient(official, post, unit, receipt))
        if audience is not None and unit.status == "active" and audience.matches(_ref(post, unit)):
            reached.add(official.id)
    found = [home for official_id, home in homes.items() if official_id not in reached]
    return sorted(found, key=lambda home: home.position)


def _ref(post: Post, unit: Unit) -> PostRef:
    return PostRef(
        post.id, unit.id, unit.name, unit.path, unit.level, post.line_code, post.role, post.title
    )


def holds(session: Session, audience: Audience, official_id: int) -> bool:
    """Whether an audience holds somebody; by their few posts, however many it holds."""
    return home_of(session, audience, official_id) is not None


def home_of(session: Session, audience: Audience, official_id: int) -> str | None:
    """The path of the unit where an audience holds somebody, if it does."""
    held = (
        select(Post, Unit)
        .join(Unit, Unit.id == Post.unit_id)
        .where(Post.official_id == official_id, Post.ended_at.is_(None), Unit.status == "active")
        .order_by(Post.is_primary.desc(), Post.id)
    )
    for post, unit in session.execute(held):
        if audience.matches(_ref(post, unit)):
            return unit.path
    return None


def page_recipients(
    session: Session,
    ding: Ding,
    *,
    unit_path: str = "",
    state: str = "any",
    after: tuple[str, int] | None,
    limit: int,
) -> list[Recipient]:
    """Up to ``limit + 1`` at and below a path, in the order of the tree; ``after`` a position."""
    whole = audience_of(session, ding)
    part = part_of(whole, unit_path)
    found = [
        home
        for home in named_only(session, ding, whole)
        if home.unit.path.startswith(unit_path)
        and (after is None or home.position > after)
        and is_in(home.receipt, state)
    ]
    if whole is not None and part is not None:
        query = select_recipients(
            ding.sender_id,
            whole,
            part,
            *(Official, Post, Unit, DingReceipt),
            start=after[0] if after else "",
        ).outerjoin(
            DingReceipt,
            and_(DingReceipt.ding_id == ding.id, DingReceipt.official_id == Official.id),
        )
        if state != "any":
            query = query.where(in_state(ding, state))
        if after is not None:
            query = query.where(tuple_(Unit.path, Post.id) > tuple_(*after))
        query = query.order_by(Unit.path, Post.id).limit(limit + 1)
        found += [Recipient(*row) for row in session.execute(query)]
    return sorted(found, key=lambda home: home.position)[: limit + 1]


def times_of(
    receipt: DingReceipt | None,
) -> tuple[datetime | None, datetime | None, datetime | None]:
    """When it was delivered, read and confirmed."""
    if receipt is None:
        return None, None, None
    return receipt.delivered_at, receipt.read_at, receipt.confirmed_at


def is_in(receipt: DingReceipt | None, wanted: str) -> bool:
    """The rule of ``in_state`` for one who was read from the database already."""
    state = recipient_state(*times_of(receipt))
    return wanted in ("any", state) or (wanted == "unconfirmed" and state != "confirmed")


def anybody_left(session: Session, ding: Ding) -> bool:
    """Whether somebody addressed has not confirmed."""
    return bool(page_recipients(session, ding, state="unconfirmed", after=None, limit=1))


def count_acted(session: Session, ding: Ding) -> tuple[int, int, int]:
    """How many got it, read it and confirmed it, of whoever was ever addressed."""
    query = select(
        func.count(), func.count(DingReceipt.read_at), func.count(DingReceipt.confirmed_at)
    ).where(DingReceipt.ding_id == ding.id)
    delivered, read, confirmed = session.execute(query).one()
    return delivered, read, confirmed


def paths_addressed(audience: Audience | None, named: list[Recipient]) -> Iterator[str]:
    """Paths of units that together hold everybody addressed."""
    if audience is not None:
        yield audience.unit_path
    yield from (home.unit.path for home in named)
