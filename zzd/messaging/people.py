"""Officials as conversations name them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from zzd.errors import Invalid
from zzd.orgtree.models import Official, Post, Unit


def select_people(*more: Any) -> Select[Any]:
    """Officials with the title and unit of their primary post, and ``more`` columns."""
    return (
        select(
            Official.id,
            Official.name,
            func.coalesce(Post.title, "").label("post_title"),
            func.coalesce(Unit.name, "").label("unit_name"),
            *more,
        )
        .outerjoin(
            Post,
            (Post.official_id == Official.id) & Post.is_primary & Post.ended_at.is_(None),
        )
        .outerjoin(Unit, Unit.id == Post.unit_id)
    )


def check_active(session: Session, official_ids: Sequence[int]) -> set[int]:
    """These ids, each once, if they all are officials in office.

    Raises Invalid, naming those at fault.
    """
    query = select(Official.id).where(
        Official.id.in_(set(official_ids)), Official.status == "active"
    )
    known = set(session.scalars(query))
    if errors := _unknown(official_ids, known):
        raise Invalid("Not everybody named is an official in office", errors=errors)
    return known


def _unknown(official_ids: Sequence[int], known: Collection[int]) -> list[dict[str, str]]:
    return [
        {"pointer": f"/official_ids/{index}", "detail": "There is no such official in office"}
        for index, official_id in enumerate(official_ids)
        if official_id not in known
    ][:20]
