"""The posts that somebody holds, looked up plainly."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd.identity.principals import OF_POST
from zzd.orgtree.models import Official, Post, Unit
from zzd.principal import PostRef


def posts_of(session: Session, official_id: int) -> tuple[PostRef, ...]:
    """The posts an official holds, the primary one first."""
    query = (
        select(*OF_POST)
        .join(Unit, Unit.id == Post.unit_id)
        .join(Official, Official.id == Post.official_id)
        .where(
            Post.official_id == official_id, Post.ended_at.is_(None), Official.status == "active"
        )
        .order_by(Post.is_primary.desc(), Post.id)
    )
    return tuple(PostRef(*columns) for columns in session.execute(query))
