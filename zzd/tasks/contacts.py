"""Whom to call in a unit about its assignment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from zzd.orgtree.models import Official, Post
from zzd.tasks import policy
from zzd.tasks.models import Assignment

# Enough to call a unit; its whole address book is elsewhere.
CONTACTS = 5


def contacts_of(session: Session, unit_names: Mapping[int, str]) -> dict[int, list[dict[str, Any]]]:
    """The first few officials of today whom the directive addresses in each unit.

    Whoever is on duty stands first: that is the number to call. ``unit_names`` is by assignment
    id. One statement, whatever the number of assignments.
    """
    on_duty_first = case((Post.role == "duty_officer", 0), else_=1)
    rank = func.row_number().over(
        partition_by=Assignment.id, order_by=(on_duty_first, Post.order, Post.id)
    )
    ranked = (
        select(
            Assignment.id.label("assignment_id"),
            Official.id.label("id"),
            Official.name,
            Official.phone,
            Post.title,
            Post.role,
            rank.label("rank"),
        )
        .join(Post, Post.unit_id == Assignment.unit_id)
        .join(Official, Official.id == Post.official_id)
        .where(
            Assignment.id.in_(unit_names),
            Post.ended_at.is_(None),
            Official.status == "active",
            policy.addressed(Post.line_code, Post.role),
        )
        .subquery()
    )
    query = select(ranked).where(ranked.c.rank <= CONTACTS).order_by(ranked.c.rank)
    found: dict[int, dict[int, dict[str, Any]]] = {id_: {} for id_ in unit_names}
    for row in session.execute(query):
        found[row.assignment_id].setdefault(
            row.id,
            {
                "id": row.id,
                "name": row.name,
                "post_title": row.title,
                "unit_name": unit_names[row.assignment_id],
                "phone": row.phone,
                "role": row.role,
            },
        )
    return {id_: list(people.values()) for id_, people in found.items()}
