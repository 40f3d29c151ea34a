"""Org groups and announcements: who belongs follows from the tree."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tests.client import writing_rows
from tests.conftest import SignedIn
from tests.messaging.conftest import CITY, MEMBER, OUTSIDER, OWNER, PROVINCE, MakeGroup, say
from zzd import clock
from zzd.audit.models import AuditEntry
from zzd.db import reading
from zzd.identity.models import AccountGrant
from zzd.messaging.models import Participation
from zzd.orgtree.models import Official, Post

LEADER = "331081100.leader"


def test_everybody_in_the_audience_has_the_group_at_once(
    as_: SignedIn, addressed: MakeGroup
) -> None:
    made = addressed("org_group", "3310", line="flood_control")
    assert made["audience"]["text"] == "台州市以下 防汛条线"
    assert (made["members"], made["my_role"], made["may_post"]) == (None, "owner", True)
    say(as_(CITY), made, "上线")
    seen = as_(MEMBER).get("/conversations")["items"]
    assert [(c["id"], c["unread"], c["my_role"]) for c in seen] == [(made["id"], 1, "member")]
    assert say(as_(MEMBER), made, "收到")["seq"] == 2
    # Of another line, of another city.
    for outside in (LEADER, OUTSIDER):
        assert as_(outside).get("/conversations")["items"] == []
        as_(outside).get(f"/conversations/{made['id']}", status=404)


def test_membership_follows_the_post(as_: SignedIn, addressed: MakeGroup) -> None:
    made = addressed("org_group", "331081", by=OWNER)
    path = f"/conversations/{made['id']}/messages"
    say(as_(MEMBER), made)
    with writing_rows() as session:
        official = select(Official.id).where(Official.staff_no == MEMBER).scalar_subquery()
        session.execute(
            update(Post).where(Post.official_id == official).values(ended_at=clock.now())
        )
        session.execute(
            update(Post)
            .where(
                Post.official_id
                == select(Official.id).where(Official.staff_no == OUTSIDER).scalar_subquery()
            )
            .values(
                unit_id=select(Post.unit_id)
                .where(Post.official_id == official)
                .limit(1)
                .scalar_subquery()
            )
        )
    # Nobody's post: no official to speak as.
    as_(MEMBER).get(path, status=403)
    assert [m["text"] for m in as_(OUTSIDER).get(path)["items"]] == ["收到"]


def test_a_second_post_counts(as_: SignedIn, addressed: MakeGroup) -> None:
    made = addressed("org_group", "331081", by=OWNER, levels=[3], line="water")
    assert say(as_("331081101.duty_officer"), made)["seq"] == 1
    as_(MEMBER).get(f"/conversations/{made['id']}", status=404)


@pytest.mark.parametrize("kind", ["org_group", "announcement"])
def test_an_audience_is_addressed_only_with_a_grant_that_covers_it(
    as_: SignedIn, unit_id: Callable[[str], str], session: Session, kind: str
) -> None:
    def body(code: str) -> dict[str, object]:
        return {"kind": kind, "name": "n", "audience": {"unit_id": unit_id(code)}}

    as_(CITY).post("/conversations", body("331081"))
    # The unit's administrator.
    as_(OWNER).post("/conversations", body("331081"))
    for who, code in ((CITY, "33"), (CITY, "3303"), (OWNER, "3310"), (MEMBER, "331081100")):
        assert as_(who).post("/conversations", body(code), status=403)["code"] == "not_permitted"
    denied = session.scalars(select(AuditEntry.action).where(AuditEntry.outcome == "denied"))
    assert list(denied) == ["conversation.start"] * 4


def test_announcements_come_from_those_who_may_address_the_audience(
    as_: SignedIn, addressed: MakeGroup
) -> None:
    made = addressed("announcement", "331081")
    path = f"/conversations/{made['id']}"
    assert say(as_(CITY), made)["seq"] == 1
    # Other grants that cover it: the province's issuer and the county's administrator.
    assert say(as_(PROVINCE), made)["seq"] == 2
    assert say(as_(OWNER), made)["seq"] == 3
    assert as_(MEMBER).get(path)["may_post"] is False
    assert (
        as_(MEMBER).post(f"{path}/messages", {"text": "x"}, status=403)["code"] == "not_permitted"
    )
    assert as_(MEMBER).get(path)["unread"] == 3
    # Whom it reaches, and how far they read, is for those who announce.
    as_(MEMBER).get(f"{path}/members", status=403)
    as_(OWNER).get(f"{path}/members")
    # Who posted looks after it from then on, from outside the audience too.
    assert [c["id"] for c in as_(PROVINCE).get("/conversations")["items"]] == [made["id"]]


def test_who_lost_the_grant_loses_what_came_with_it(as_: SignedIn, addressed: MakeGroup) -> None:
    made = addressed("org_group", "331081")
    say(as_(CITY), made)
    with writing_rows() as session:
        session.execute(update(AccountGrant).values(revoked_at=clock.now()))
    assert as_(CITY).get("/conversations")["items"] == []
    as_(CITY).get(f"/conversations/{made['id']}", status=404)


def test_a_grant_does_not_open_the_org_groups_of_others(
    as_: SignedIn, addressed: MakeGroup
) -> None:
    made = addressed("org_group", "331081", by=OWNER)
    as_(PROVINCE).get(f"/conversations/{made['id']}", status=404)


def test_an_announcement_to_everybody_is_one_row(as_: SignedIn, addressed: MakeGroup) -> None:
    def rows() -> int:
        with reading() as session:
            return session.scalar(select(func.count()).select_from(Participation)) or 0

    made = addressed("announcement", "33", by=PROVINCE)
    say(as_(PROVINCE), made)
    assert rows() == 1
    as_(MEMBER).put(f"/conversations/{made['id']}/read", {"seq": 1})
    assert rows() == 2


def test_members_of_an_audience_are_todays(as_: SignedIn, addressed: MakeGroup) -> None:
    made = addressed("org_group", "331081100", by=OWNER, levels=[4])
    answer = as_(MEMBER).get(f"/conversations/{made['id']}/members")
    assert [(m["name"], m["role"]) for m in answer["items"]] == [
        ("王石塘", "member"),
        ("陈石塘", "member"),
    ]


def test_renaming_is_for_those_who_may_address_the_audience(
    as_: SignedIn, addressed: MakeGroup
) -> None:
    made = addressed("org_group", "331081")
    path = f"/conversations/{made['id']}"
    assert as_(CITY).patch(path, {"name": "温岭"})["name"] == "温岭"
    assert as_(OWNER).patch(path, {"name": "温岭市"})["name"] == "温岭市"
    as_(MEMBER).patch(path, {"name": "x"}, status=403)


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [("announcement", "3303", 404), ("org_group", "3303", 404), ("announcement", "33", 403)],
)
def test_a_grant_for_another_part_gives_no_word_and_takes_no_number(
    as_: SignedIn,
    addressed: MakeGroup,
    session: Session,
    kind: str,
    code: str,
    status: int,
) -> None:
    """Who may address some audience is asked for the right after the number was taken."""
    made = addressed(kind, code, by=PROVINCE)
    path = f"/conversations/{made['id']}/messages"
    for body in ({"text": "收到"}, {"text": "收到", "mentions": {"all": True}}):
        as_(CITY).post(path, body, status=status)
    assert as_(PROVINCE).get(f"/conversations/{made['id']}")["last_seq"] == made["last_seq"]
    looking_after = select(Participation.official_id).filter_by(conversation_id=int(made["id"]))
    assert len(session.scalars(looking_after).all()) == 1
    assert as_(PROVINCE).post(path, {"text": "通知"})["seq"] == made["last_seq"] + 1
