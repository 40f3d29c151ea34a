"""Both directions of audiences, the tree and its changes are answered by index: read from the
plans of the statements that are really sent, on a tree large enough for planners to care."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.orgtree.held import posts_of
from tests.orgtree.plans import grow, plans_of, scanned, sent
from zzd.db import database, transaction
from zzd.orgtree import audiences, officials, structure, units
from zzd.orgtree.audiences import Audience
from zzd.orgtree.matching import ids_matching
from zzd.orgtree.models import Official, Post, Unit
from zzd.principal import Grant, Principal

READER = Principal(account_id=1, username="x", session_id=None)


def _unit(session: Session, code: str) -> Unit:
    return session.scalars(select(Unit).where(Unit.code == code)).one()


def _block(session: Session, code: str, **narrowed: Any) -> Audience:
    return audiences.narrow(session, _unit(session, code), **narrowed)


# Both begin with the unit; which of them is cheaper is the planner's business.
POSTS_OF_A_UNIT = re.compile("ix_post_(unit|held)")


def _check(questions: dict[str, tuple[str | re.Pattern[str], Callable[[Session], object]]]) -> None:
    for name, (index, ask) in questions.items():
        plan = plans_of(ask)
        assert re.search(index, plan), f"{name}:\n{plan}"
        assert scanned(plan) == [], f"{name}:\n{plan}"


def test_audiences_and_the_tree_are_read_by_index(app: Flask) -> None:
    """5,000 units, 16,000 posts and 5,000 audiences in use."""
    grow()
    with database().reading() as session:
        county, town = _unit(session, "339912"), _unit(session, "339912003")
        whole, part = _block(session, "339912"), _block(session, "339912003")
        narrow = _block(session, "339912003", levels=[4], line="water", role="member")
        cities = _block(session, "33", levels=[2])
        deep = _unit(session, "339912008003")
        someone = session.scalars(select(Post.official_id).where(Post.unit_id == deep.id)).all()
        posts = posts_of(session, someone[0])
    assert len(posts) == 1
    after = (deep.path, 0, 0, 0)
    _check(
        {
            "audience to units": (
                "ix_unit_path",
                lambda s: audiences.page_units(s, whole, after_path=deep.path, limit=50),
            ),
            "how many units": ("ix_unit_", lambda s: audiences.count_units(s, whole)),
            "few of many levels": (
                "ix_unit_level_path",
                lambda s: audiences.count_units(s, cities),
            ),
            "audience to officials": (
                POSTS_OF_A_UNIT,
                lambda s: officials.page_officials(s, part, after=None, limit=50),
            ),
            "the next page of them": (
                POSTS_OF_A_UNIT,
                lambda s: officials.page_officials(s, whole, after=after, limit=50),
            ),
            "how many officials": (POSTS_OF_A_UNIT, lambda s: audiences.count_officials(s, part)),
            "of one line and role": (
                POSTS_OF_A_UNIT,
                lambda s: audiences.count_officials(s, narrow),
            ),
            "official to audiences": ("audience", lambda s: ids_matching(s, posts)),
        }
    )
    plan = plans_of(lambda s: ids_matching(s, posts))
    assert "uq_audience" in plan or "sqlite_autoindex_audience" in plan, plan
    _check(
        {
            "by code": ("unit_code", lambda s: units.find_by_code(s, "339912003004")),
            "children": (
                "ix_unit_parent",
                lambda s: units.describe_units(
                    s, units.page_children(s, county.id, after_code=None, limit=50)
                ),
            ),
            "ancestors": ("", lambda s: units.list_ancestors(s, town.id)),
            "counts": ("ix_unit_", lambda s: units.count_by_level(s, county)),
            "as of": ("unit_version", lambda s: units.describe_unit_as_of(s, town.id, 1)),
            "units by name": (
                "unit_term",
                lambda s: units.search_units(s, "第12", level=None, after=None, limit=50),
            ),
            "units by code's beginning": (
                "_code",
                lambda s: units.search_units(s, "339912", level=5, after=None, limit=50),
            ),
            "officials by name": (
                "official_term",
                lambda s: officials.search_officials(s, "林", after=None, limit=50),
            ),
            "cards": (
                "ix_post_official_id",
                lambda s: officials.describe_officials(
                    s, [s.get_one(Official, id_) for id_ in someone[:2]], reader=READER
                ),
            ),
        }
    )


def test_a_move_rewrites_its_block_and_reads_no_other(app: Flask) -> None:
    grow()
    with database().reading() as session:
        root, city = _unit(session, "33"), _unit(session, "3303")
        county = _unit(session, "339912")
    by = Principal(1, "x", None, grants=(Grant(1, "unit_admin", root.id, root.path),))

    def move(session: Session) -> None:
        structure.move_unit(session, by=by, unit_id=county.id, parent_id=city.id)

    plan = plans_of(move)
    assert scanned(plan) == [], plan
    assert "ix_unit_path" in plan
    assert "ix_unit_version_path" in plan
    with transaction() as session, sent() as seen:
        move(session)
    assert len(seen) < 15
    with database().reading() as session:
        moved = units.count_by_level(session, units.get_unit(session, county.id))
        assert moved == {3: 1, 4: 10, 5: 120, 6: 0}
