"""One finds what one may see at this moment, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.client import writing_rows
from tests.conftest import SignedIn
from tests.messaging.conftest import (
    CITY,
    MEMBER,
    OTHER_MEMBER,
    OUTSIDER,
    OWNER,
    PROVINCE,
    MakeGroup,
    say,
)
from tests.messaging.search.conftest import look_for, texts
from zzd.audit.models import AuditEntry
from zzd.messaging.search import finding
from zzd.messaging.search.following import follow
from zzd.orgtree.models import Post


@pytest.fixture(autouse=True, params=["by the words", "among the newest"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways that lead to the newest keep the rights."""
    if request.param == "among the newest":
        monkeypatch.setattr(finding, "RARE", -1)


def test_other_counties_and_people_outside_find_nothing(
    as_: SignedIn, spoken: Callable[..., dict[str, Any]]
) -> None:
    made = spoken("堰塞湖水位上涨")
    assert texts(as_(MEMBER), "堰塞湖") == ["堰塞湖水位上涨"]
    for username in (OUTSIDER, OTHER_MEMBER, CITY, PROVINCE):
        assert texts(as_(username), "堰塞湖") == []
        assert look_for(as_(username), "石塘防汛", "groups")["items"] == []
    as_(OUTSIDER).get("/search", q="堰塞湖", conversation_id=made["id"], status=404)
    with writing_rows() as session:
        denied = session.scalars(select(AuditEntry).where(AuditEntry.outcome == "denied")).all()
        assert [(entry.action, entry.object_id) for entry in denied] == [("search", made["id"])]


def test_who_leaves_or_is_removed_finds_no_more_at_once(
    as_: SignedIn, spoken: Callable[..., dict[str, Any]], official_id: Callable[[str], str]
) -> None:
    made = spoken("堰塞湖水位上涨")
    as_(OWNER).delete(f"/conversations/{made['id']}/members/{official_id(MEMBER)}")
    assert texts(as_(MEMBER), "堰塞湖") == []
    assert look_for(as_(MEMBER), "石塘防汛", "groups")["items"] == []


def test_who_joins_later_finds_what_is_said_from_then_on(
    as_: SignedIn, spoken: Callable[..., dict[str, Any]], official_id: Callable[[str], str]
) -> None:
    made = spoken("堰塞湖甲")
    people = {"official_ids": [official_id(OTHER_MEMBER)]}
    as_(OWNER).post(f"/conversations/{made['id']}/members", people, status=200)
    assert texts(as_(OTHER_MEMBER), "堰塞湖") == []
    say(as_(OWNER), made, "堰塞湖乙")
    follow()
    assert texts(as_(OTHER_MEMBER), "堰塞湖") == ["堰塞湖乙"]
    assert texts(as_(MEMBER), "堰塞湖") == ["堰塞湖乙", "堰塞湖甲"]


def test_a_recalled_message_is_found_by_nobody_from_that_moment(
    as_: SignedIn, spoken: Callable[..., dict[str, Any]]
) -> None:
    made = spoken("堰塞湖甲", "堰塞湖乙")
    as_(OWNER).post(f"/conversations/{made['id']}/messages/2/recall", status=200)
    assert texts(as_(MEMBER), "堰塞湖") == ["堰塞湖甲"]
    follow()
    assert texts(as_(MEMBER), "堰塞湖") == ["堰塞湖甲"]
    assert texts(as_(OWNER), "堰塞湖") == ["堰塞湖甲"]


@pytest.mark.parametrize("kind", ["org_group", "announcement"])
def test_an_audiences_messages_are_found_by_whom_it_reaches_today(
    app: Flask, as_: SignedIn, addressed: MakeGroup, unit_id: Callable[[str], str], kind: str
) -> None:
    made = addressed(kind, "331081")
    say(as_(CITY), made, "全市启动防台风响应")
    follow()
    for username in (CITY, OWNER, MEMBER, OTHER_MEMBER):
        assert texts(as_(username), "防台风") == ["全市启动防台风响应"]
        assert len(look_for(as_(username), "台州防汛", "groups")["items"]) == 1
    assert texts(as_(OUTSIDER), "防台风") == []
    assert look_for(as_(OUTSIDER), "台州防汛", "groups")["items"] == []
    with writing_rows() as session:
        post = session.scalars(
            select(Post).where(
                Post.unit_id == int(unit_id("331081100")), Post.role == "duty_officer"
            )
        ).one()
        post.unit_id = int(unit_id("330327"))
    assert texts(as_(MEMBER), "防台风") == []


def test_direct_conversations_are_between_two(
    as_: SignedIn, official_id: Callable[[str], str]
) -> None:
    body = {"kind": "direct", "official_ids": [official_id(MEMBER)]}
    made = as_(OWNER).post("/conversations", body)
    say(as_(OWNER), made, "堰塞湖私聊")
    follow()
    hit = look_for(as_(MEMBER), "堰塞湖")["items"][0]
    assert hit["conversation"] == {"id": made["id"], "kind": "direct", "name": "王温岭"}
    assert texts(as_(OTHER_MEMBER), "堰塞湖") == []
