"""The Audience: said in words, counted, listed, and found in both directions by index."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.client import ApiClient
from tests.conftest import SignedIn
from tests.orgtree.held import posts_of
from zzd.db import database
from zzd.orgtree import audiences, officials
from zzd.orgtree.audiences import ROLES, Audience
from zzd.orgtree.in_use import find_in_use, put_in_use
from zzd.orgtree.matching import ids_matching
from zzd.orgtree.models import AudienceInUse, Official, Post, Unit
from zzd.principal import Principal

Find = Callable[[str], str]
READER = Principal(account_id=1, username="x", session_id=None)


@pytest.fixture
def reader(as_: SignedIn) -> ApiClient:
    return as_("33.duty_officer")


def _pages(client: ApiClient, path: str, body: dict[str, Any], limit: int) -> list[Any]:
    items: list[Any] = []
    cursor = None
    while True:
        answer = client.post(path, {**body, "limit": limit, "cursor": cursor}, status=200)
        items += answer["items"]
        if (cursor := answer["next"]) is None:
            return items


REACH: list[tuple[str, dict[str, Any], str, int, int]] = [
    ("3310", {}, "台州市以下", 12, 20),
    ("3310", {"levels": [4]}, "台州市以下 乡镇", 3, 6),
    (
        "3310",
        {"levels": [4], "line": "flood_control", "role": "duty_officer"},
        "台州市以下 乡镇 防汛条线 值班员",
        3,
        3,
    ),
    ("3310", {"levels": [2]}, "台州市", 1, 2),
    ("331081", {"levels": [5, 4, 5]}, "温岭市以下 乡镇、村", 5, 8),
    ("331081", {"line": "water"}, "温岭市以下 水利条线", 8, 1),
    # 陈松门 has two posts in it and is one person.
    ("331081", {"levels": [3, 4]}, "温岭市以下 县、乡镇", 3, 6),
    ("331081100202", {}, "海利村以下", 1, 0),
]


def test_a_preview_says_and_counts_whom_the_lists_then_have(
    reader: ApiClient, unit_id: Find
) -> None:
    for code, narrowed, text, unit_count, official_count in REACH:
        body = {"unit_id": unit_id(code), **narrowed}
        answer = reader.post("/audiences/preview", body, status=200)
        assert answer == {"text": text, "units": unit_count, "officials": official_count}
        for limit in (2, 200):
            listed = _pages(reader, "/audiences/units", body, limit)
            assert len({unit["id"] for unit in listed}) == len(listed) == unit_count
            listed = _pages(reader, "/audiences/officials", body, limit)
            assert len({each["id"] for each in listed}) == len(listed) == official_count


def test_an_audience_that_is_none_is_refused_where_it_is_wrong(
    reader: ApiClient, unit_id: Find
) -> None:
    for wrong, pointer in (
        ({"unit_id": "999999"}, "/unit_id"),
        ({"levels": [1]}, "/levels"),
        ({"line": "no_such_line"}, "/line"),
        ({"role": "king"}, "/role"),
        ({"levels": []}, "/levels"),
        ({"levels": [7]}, "/levels/0"),
        ({"levels": [True]}, "/levels/0"),
        ({"levels": ["4"]}, "/levels/0"),
        ({"cities": 1}, "/cities"),
    ):
        body = {"unit_id": unit_id("331081"), **wrong}
        for path in ("/audiences/preview", "/audiences/units", "/audiences/officials"):
            problem = reader.post(path, body, status=422)
            assert [error["pointer"] for error in problem["errors"]] == [pointer], wrong


def test_an_audience_of_a_dissolved_unit_is_refused(as_: SignedIn, unit_id: Find) -> None:
    admin, village = as_("331081.leader"), unit_id("331081100202")
    admin.post(f"/units/{village}/abolish", status=200)
    problem = admin.post("/audiences/preview", {"unit_id": village}, status=422)
    assert problem["errors"][0]["pointer"] == "/unit_id"


LINES = (None, "flood_control", "party_affairs", "water")


@given(
    unit=st.integers(0, 16),
    levels=st.sets(st.integers(1, 6)),
    line=st.sampled_from(LINES),
    role=st.sampled_from([None, *ROLES]),
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_both_directions_agree_with_a_plain_look_at_every_post(
    app: Flask, unit: int, levels: set[int], line: str | None, role: str | None
) -> None:
    """Who is in it, counted, listed and asked of each official: always the same people."""
    with database().transaction() as session:
        head = session.scalars(select(Unit).order_by(Unit.id)).all()[unit]
        fitting = sorted(level for level in levels if level >= head.level) or None
        audience = audiences.resolve(session, unit_id=head.id, levels=fitting, line=line, role=role)
        kept = put_in_use(session, audience)
        wanted = fitting or list(range(head.level, 7))
        expected = {
            post.official_id
            for post, of in session.execute(select(Post, Unit).join(Unit, Unit.id == Post.unit_id))
            if of.path.startswith(head.path)
            and of.level in wanted
            and line in (None, post.line_code)
            and role in (None, post.role)
        }
        listed = officials.page_officials(session, audience, after=None, limit=200)
        assert {row.official.id for row in listed} == expected
        assert audiences.count_officials(session, audience) == len(expected)
        for official_id in session.scalars(select(Official.id)):
            held = posts_of(session, official_id)
            assert (kept in ids_matching(session, held)) == (official_id in expected)
            assert any(map(audience.matches, held)) == (official_id in expected)
        session.rollback()


def _audience(session: Session, code: str, **narrowed: Any) -> Audience:
    unit = session.scalars(select(Unit).where(Unit.code == code)).one()
    return audiences.narrow(session, unit, **narrowed)


def test_an_audience_is_kept_once_however_often_it_is_used(app: Flask) -> None:
    with database().transaction() as session:
        audience = _audience(session, "331081", line="water")
        first = put_in_use(session, audience)
        assert put_in_use(session, audience) == first
        assert find_in_use(session, [first]) == {first: audience}
        assert len(session.scalars(select(AudienceInUse)).all()) == 1
