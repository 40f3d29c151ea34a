"""Reading about people: cards, the address book of a unit or an audience, search."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, exists, select, tuple_
from sqlalchemy.orm import Session, aliased

from zzd.api import page
from zzd.audit.log import deny
from zzd.errors import NotFound
from zzd.orgtree import search
from zzd.orgtree.audiences import ROLES, Audience, holds_post, narrow, posts_in
from zzd.orgtree.models import Line, Official, OfficialTerm, Post, Unit
from zzd.orgtree.policy import may_see_phone
from zzd.orgtree.reach import access_unit, as_audience, clip
from zzd.orgtree.units import full_names
from zzd.principal import Principal, Reach


@dataclass(frozen=True, slots=True)
class UnitOfPost:
    id: int
    code: str
    name: str
    level: int
    full_name: str


@dataclass(frozen=True, slots=True)
class PostCard:
    id: int
    unit: UnitOfPost
    line: Line
    title: str
    role: str
    order: int
    is_primary: bool


@dataclass(frozen=True, slots=True)
class OfficialCard:
    """An official as shown to one reader, who may not be shown the number."""

    id: int
    name: str
    phone: str | None
    posts: list[PostCard]


@dataclass(frozen=True, slots=True)
class OfficialRef:
    """An official as named beside what they did: by the primary post of today."""

    id: int
    name: str
    post_title: str
    unit_name: str


@dataclass(frozen=True, slots=True)
class Listed:
    """An official in a list, and their place there."""

    official: Official
    position: tuple[Any, ...]


def get_official(session: Session, official_id: int) -> Official:
    """Raises NotFound."""
    official = session.get(Official, official_id)
    if official is None or official.status != "active":
        raise NotFound
    return official


def list_lines(session: Session) -> list[Line]:
    return list(session.scalars(select(Line).order_by(Line.order)))


def describe_officials(
    session: Session, officials: Sequence[Official], *, reader: Principal
) -> list[OfficialCard]:
    """The officials' cards, in two statements however many they are.

    To an app only the posts in its reach are shown.
    """
    reach = reader.reach
    held = {
        official_id: [each for each in posts if reach is None or _within(reach, *each)]
        for official_id, posts in _posts_of(session, [each.id for each in officials]).items()
    }
    paths = {unit.path for posts in held.values() for _, unit, _ in posts}
    names = full_names(session, paths, reach=reach)
    cards = []
    for official in officials:
        posts = held.get(official.id, [])
        seen = may_see_phone(reader, official.id, [unit.path for _, unit, _ in posts])
        cards.append(
            OfficialCard(
                id=official.id,
                name=official.name,
                phone=official.phone if seen else None,
                posts=[_post_card(post, unit, line, names) for post, unit, line in posts],
            )
        )
    return cards


def describe_official(session: Session, official_id: int, *, reader: Principal) -> OfficialCard:
    """Raises NotFound, audited where the official exists and an app may not know of them."""
    official = get_official(session, official_id)
    card = describe_officials(session, [official], reader=reader)[0]
    if reader.reach is not None and not card.posts:
        raise deny(NotFound(), "official.read", "official", official_id)
    return card


def _within(reach: Reach, post: Post, unit: Unit, _line: Line) -> bool:
    return reach.holds_post(unit.path, unit.level, post.line_code, post.role)


def describe_post(session: Session, post: Post) -> PostCard:
    unit, line = session.get_one(Unit, post.unit_id), session.get_one(Line, post.line_code)
    return _post_card(post, unit, line, full_names(session, [unit.path]))


def _posts_of(
    session: Session, official_ids: Iterable[int]
) -> dict[int, list[tuple[Post, Unit, Line]]]:
    """The posts each holds now, the primary one first."""
    query = (
        select(Post, Unit, Line)
        .join(Unit, Unit.id == Post.unit_id)
        .join(Line, Line.code == Post.line_code)
        .where(Post.official_id.in_(list(official_ids)), Post.ended_at.is_(None))
        .order_by(Post.is_primary.desc(), Post.id)
    )
    held: dict[int, list[tuple[Post, Unit, Line]]] = {}
    for post, unit, line in session.execute(query):
        held.setdefault(post.official_id, []).append((post, unit, line))
    return held


def _post_card(post: Post, unit: Unit, line: Line, names: dict[str, str]) -> PostCard:
    return PostCard(
        id=post.id,
        unit=UnitOfPost(unit.id, unit.code, unit.name, unit.level, names[unit.path]),
        line=line,
        title=post.title,
        role=post.role,
        order=post.order,
        is_primary=post.is_primary,
    )


def describe_page(
    session: Session, rows: Sequence[Listed], limit: int, *, reader: Principal
) -> dict[str, Any]:
    """A page of cards from up to ``limit + 1`` rows."""
    answer = page(rows, limit, lambda row: row.position)
    shown = [row.official for row in answer["items"]]
    return {**answer, "items": describe_officials(session, shown, reader=reader)}


def refer_to(session: Session, official_ids: Iterable[int]) -> dict[int, OfficialRef]:
    """How these officials are named beside what they did, in one statement."""
    query = (
        select(Official.id, Official.name, Post.title, Unit.name)
        .outerjoin(
            Post,
            (Post.official_id == Official.id) & Post.is_primary & Post.ended_at.is_(None),
        )
        .outerjoin(Unit, Unit.id == Post.unit_id)
        .where(Official.id.in_(set(official_ids)))
    )
    return {
        id_: OfficialRef(id_, name, title or "", unit_name or "")
        for id_, name, title, unit_name in session.execute(query)
    }


def address_book(
    session: Session,
    unit_id: int,
    *,
    subtree: bool,
    line: str | None,
    role: str | None,
    reader: Principal,
) -> Audience:
    """Whom a unit's address book lists: those with a post in it, or in its whole block.

    Raises NotFound, Invalid.
    """
    unit = access_unit(session, unit_id, reader=reader)
    levels = None if subtree else [unit.level]
    block = narrow(session, unit, levels=levels, line=line, role=role, pointer="/query")
    return clip(block, reader.reach)


def page_officials(
    session: Session, audience: Audience, *, after: Sequence[Any] | None, limit: int
) -> list[Listed]:
    """Up to ``limit + 1`` officials of an audience, each once, where they come first.

    In the order of an address book: the tree's, then leaders before the others, then the
    order of posts. ``after`` is a position: path, rank, order and id of a post.
    """
    rank = _rank(Post)
    held = posts_in(audience, start=after[0] if after else "")
    query = (
        select(Official, Unit.path, rank, Post.order, Post.id)
        .select_from(Unit)
        .join(Post, Post.unit_id == Unit.id)
        .join(Official, Official.id == Post.official_id)
        .where(held, Official.status == "active", ~_holds_an_earlier_post(audience))
        .order_by(Unit.path, rank, Post.order, Post.id)
        .limit(limit + 1)
    )
    if after is not None:
        query = query.where(_place(Unit, Post) > tuple_(*after))
    return [Listed(official, tuple(position)) for official, *position in session.execute(query)]


def _holds_an_earlier_post(audience: Audience) -> ColumnElement[bool]:
    """That the official was listed already, for another post in the same audience."""
    unit, post = aliased(Unit), aliased(Post)
    return (
        exists()
        .where(post.official_id == Post.official_id, post.id != Post.id)
        .where(unit.id == post.unit_id, posts_in(audience, unit, post))
        .where(_place(unit, post) < _place(Unit, Post))
    )


def _place(unit: type[Unit], post: type[Post]) -> Any:
    return tuple_(unit.path, _rank(post), post.order, post.id)


def _rank(post: type[Post]) -> Any:
    ranks = {role: rank for rank, role in enumerate(ROLES)}
    return case(ranks, value=post.role, else_=len(ranks))


def search_officials(
    session: Session,
    q: str,
    *,
    after: Sequence[Any] | None,
    limit: int,
    reach: Reach | None = None,
) -> list[Listed]:
    """Up to ``limit + 1`` officials by name or its pinyin initials, exact matches first."""
    known = holds_post(as_audience(reach), OfficialTerm.official_id) if reach else None
    hits = search.find_officials(session, q, after=after, limit=limit, known=known)
    query = select(Official).where(Official.id.in_([hit.owner_id for hit in hits]))
    officials = {official.id: official for official in session.scalars(query)}
    return [Listed(officials[hit.owner_id], hit.position) for hit in hits]
