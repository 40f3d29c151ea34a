"""Which audiences match an official: the ancestors of their posts, never a scan.

A unit's path spells its ancestors out, so it is six ids for each post, by the index of the
audiences in use.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, false, or_, select
from sqlalchemy.orm import Session

from zzd.orgtree.audiences import ancestor_ids
from zzd.orgtree.models import AudienceInUse
from zzd.principal import PostRef


def matching(posts: Sequence[PostRef], kept: Any = AudienceInUse) -> ColumnElement[bool]:
    """The condition on AudienceInUse, or on another table that keeps audiences in columns of
    the same names: it matches one of these posts. By index on unit_id."""
    return matching_bound(len(posts), bind_posts(posts), kept)


def matching_bound(
    posts: int, bound: dict[str, Any] | None = None, kept: Any = AudienceInUse
) -> ColumnElement[bool]:
    """The same for so many posts, which ``bind_posts`` names when the statement is executed: it
    can be made once for everybody."""

    def bind(name: str, *, several: bool = False) -> BindParameter[Any]:
        if bound is None:
            return bindparam(name, expanding=several)
        return bindparam(name, bound[name], expanding=several, unique=True)

    return or_(
        false(),
        *(
            and_(
                kept.unit_id.in_(bind(f"units_{n}", several=True)),
                kept.levels.bitwise_and(bind(f"level_{n}")) != 0,
                kept.line.in_(bind(f"lines_{n}", several=True)),
                kept.role.in_(bind(f"roles_{n}", several=True)),
            )
            for n in range(posts)
        ),
    )


def bind_posts(posts: Sequence[PostRef]) -> dict[str, Any]:
    """The values that ``matching_bound`` names, for these posts in this order."""
    bound: dict[str, Any] = {}
    for n, post in enumerate(posts):
        bound[f"units_{n}"] = ancestor_ids(post.unit_path)
        bound[f"level_{n}"] = 1 << post.level
        bound[f"lines_{n}"] = ["", post.line]
        bound[f"roles_{n}"] = ["", post.role]
    return bound


def select_ids_matching(posts: Sequence[PostRef]) -> Select[int]:
    """The query for the ids of the audiences in use that these posts are in."""
    return select(AudienceInUse.id).where(matching(posts))


@cache
def select_ids_matching_bound(posts: int) -> Select[int]:
    """The same for so many posts, named by ``bind_posts`` when it is executed."""
    return select(AudienceInUse.id).where(matching_bound(posts))


def ids_matching(session: Session, posts: Sequence[PostRef]) -> list[int]:
    """Which audiences in use these posts are in."""
    return list(session.scalars(select_ids_matching_bound(len(posts)), bind_posts(posts)))
