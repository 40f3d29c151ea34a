"""People: cards, the address book, posts, and who sees telephone numbers."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.client import ApiClient
from tests.conftest import Listening, SignedIn
from zzd.audit.models import AuditEntry
from zzd.db import database
from zzd.orgtree import posts, structure
from zzd.orgtree.models import Post, Unit
from zzd.orgtree.refusals import UnitNotActive
from zzd.principal import Grant, Principal
from zzd.realtime import rooms

Find = Callable[[str], str]
TOWN, VILLAGE = "331081100", "331081100201"
TWO_POSTS = "331081101.duty_officer"


@pytest.fixture
def county(as_: SignedIn) -> ApiClient:
    """The administrator of 温岭市."""
    return as_("331081.leader")


@pytest.fixture
def body(unit_id: Find) -> dict[str, Any]:
    """A person for 石塘镇."""
    return {
        "name": "林晓海",
        "phone": "13900000001",
        "post": {
            "unit_id": unit_id(TOWN),
            "line": "water",
            "title": "水利员",
            "role": "member",
            "order": 3,
        },
    }


def _names(answer: Any) -> list[str]:
    return [official["name"] for official in answer["items"]]


def test_a_card_has_every_post_the_primary_one_first(as_: SignedIn, official_id: Find) -> None:
    card = as_("331081.leader").get(f"/officials/{official_id(TWO_POSTS)}")
    assert [(post["unit"]["full_name"], post["is_primary"]) for post in card["posts"]] == [
        ("浙江省台州市温岭市松门镇", True),
        ("浙江省台州市温岭市", False),
    ]
    assert card["posts"][1]["line"] == {"code": "water", "name": "水利"}


def test_a_telephone_number_is_seen_from_above_and_within_the_county(
    as_: SignedIn, official_id: Find, unit_id: Find
) -> None:
    same_county = ("331081100201.leader", "331081.duty_officer", "331081101201.leader")
    above = ("3310.leader", "33.leader")
    elsewhere = ("331002001.leader", "3303.leader", "330327.leader", "system_admin")
    official, town = official_id(f"{TOWN}.leader"), unit_id(TOWN)
    for reader in (*same_county, *above, *elsewhere):
        number = None if reader in elsewhere else "13800000000"
        assert as_(reader).get(f"/officials/{official}")["phone"] == number, reader
        book = as_(reader).get(f"/units/{town}/officials")["items"]
        assert {each["phone"] for each in book} == {number}, reader


def test_a_citys_officials_numbers_are_not_for_those_below(
    as_: SignedIn, official_id: Find
) -> None:
    city = f"/officials/{official_id('3310.leader')}"
    assert as_("331081.leader").get(city)["phone"] is None
    assert as_("3310.leader").get(city)["phone"] == "13800000000"


def test_any_of_somebodys_posts_opens_their_number(
    as_: SignedIn, official_id: Find, unit_id: Find
) -> None:
    official = official_id(f"{TOWN}.leader")
    stranger = as_("330327.leader")
    assert stranger.get(f"/officials/{official}")["phone"] is None
    post = {"unit_id": unit_id("330327"), "line": "water", "title": "挂职", "role": "deputy"}
    as_("33.leader").post(f"/officials/{official}/posts", post)
    assert stranger.get(f"/officials/{official}")["phone"] == "13800000000"


def test_the_address_book_of_a_unit_has_leaders_first(as_: SignedIn, unit_id: Find) -> None:
    reader = as_("331081.leader")
    path = f"/units/{unit_id('331081')}/officials"
    # The member's post comes after the duty officer's, whatever their order.
    assert _names(reader.get(path)) == ["王温岭", "陈温岭", "陈松门"]
    assert _names(reader.get(path, line="water")) == ["陈松门"]
    assert _names(reader.get(path, role="leader")) == ["王温岭"]
    assert reader.get(path, role="deputy")["items"] == []


def test_the_address_book_of_a_block_follows_the_tree_and_names_everybody_once(
    as_: SignedIn, unit_id: Find
) -> None:
    reader = as_("331081.leader")
    path = f"/units/{unit_id('331081')}/officials"
    whole = reader.get(path, subtree="true")["items"]
    # 陈松门 comes with the county, where the first of the two posts stands.
    assert _names({"items": whole}) == [
        *("王温岭", "陈温岭", "陈松门"),
        *("王石塘", "陈石塘", "王东海", "陈东海", "王第一", "陈第一"),
        *("王松门", "王苍岙", "陈苍岙"),
    ]
    for limit in (1, 2, 5):
        paged: list[Any] = []
        cursor: dict[str, str] = {}
        while True:
            answer = reader.get(path, subtree="true", limit=limit, **cursor)
            paged += answer["items"]
            if not answer["next"]:
                break
            cursor = {"cursor": answer["next"]}
        assert paged == whole
    # Narrowed, somebody comes where the first post that still matches stands.
    assert _names(reader.get(path, subtree="true", line="flood_control"))[:2] == [
        "陈温岭",
        "陈石塘",
    ]


def test_an_address_book_page_costs_the_same_statements_however_long_it_is(
    as_: SignedIn, unit_id: Find, statements: Any
) -> None:
    reader = as_("331081.leader")
    seen = []
    for limit in (1, 50):
        with statements() as sent:
            reader.get(f"/units/{unit_id('33')}/officials", subtree="true", limit=limit)
        seen.append(len(sent))
    assert seen[0] == seen[1]


def test_officials_are_found_by_name_and_initials(as_: SignedIn) -> None:
    for q, found in (
        ("王石塘", ["王石塘"]),
        ("石塘", ["王石塘", "陈石塘"]),
        ("wst", ["王石塘"]),
        ("WST", ["王石塘"]),
        # Of initials only the beginning counts.
        ("st", []),
        ("陈温", ["陈温岭", "陈温州"]),
        ("没有", []),
    ):
        assert sorted(_names(as_("33.leader").get("/officials", q=q))) == sorted(found), q


def test_a_search_for_officials_pages_without_repeats(as_: SignedIn) -> None:
    reader = as_("33.leader")
    whole = reader.get("/officials", q="王", limit=200)["items"]
    paged: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        answer = reader.get("/officials", q="王", limit=4, **cursor)
        paged += answer["items"]
        if not answer["next"]:
            break
        cursor = {"cursor": answer["next"]}
    assert paged == whole
    assert len(whole) == 15


def test_a_created_official_is_found_and_in_the_address_book(
    county: ApiClient, body: dict[str, Any], unit_id: Find
) -> None:
    response = county.request("POST", "/officials", json=body)
    made = response.get_json()
    assert response.status_code == 201
    assert response.headers["Location"] == f"/api/v1/officials/{made['id']}"
    assert (made["name"], made["phone"]) == ("林晓海", "13900000001")
    assert [(post["title"], post["is_primary"]) for post in made["posts"]] == [("水利员", True)]
    assert county.get("/officials", q="lxh")["items"] == [made]
    assert county.get(f"/officials/{made['id']}") == made
    assert "林晓海" in _names(county.get(f"/units/{unit_id(TOWN)}/officials"))


def test_a_repeated_create_returns_the_first_official(
    county: ApiClient, body: dict[str, Any]
) -> None:
    body["client_id"] = "person-1"
    first = county.post("/officials", body)
    assert county.post("/officials", body, status=200) == first
    body["name"] = "别人"
    assert county.post("/officials", body, status=409)["code"] == "idempotency_conflict"


def test_a_staff_number_is_one_persons(county: ApiClient, body: dict[str, Any]) -> None:
    body["staff_no"] = "A1"
    county.post("/officials", body)
    problem = county.post("/officials", body, status=409)
    assert problem["code"] == "duplicate_staff_no"


def _primaries(client: ApiClient, official: str) -> list[str]:
    posts = client.get(f"/officials/{official}")["posts"]
    return [post["title"] for post in posts if post["is_primary"]]


def test_exactly_one_post_is_primary_whatever_is_done(
    county: ApiClient, official_id: Find, unit_id: Find
) -> None:
    official = official_id(f"{TOWN}.leader")
    path = f"/officials/{official}/posts"
    post = {"unit_id": unit_id(TOWN), "line": "water", "title": "河长", "role": "leader"}
    second = county.post(path, post)
    assert _primaries(county, official) == ["主任"]
    third = county.post(path, {**post, "title": "湖长", "is_primary": True})
    assert third["is_primary"] is True
    assert _primaries(county, official) == ["湖长"]
    county.patch(f"/posts/{second['id']}", {"is_primary": True})
    assert _primaries(county, official) == ["河长"]
    county.delete(f"/posts/{second['id']}")
    assert _primaries(county, official) == ["主任"]
    for post in county.get(f"/officials/{official}")["posts"]:
        county.delete(f"/posts/{post['id']}")
    assert county.get(f"/officials/{official}")["posts"] == []
    again = county.post(
        path, {"unit_id": unit_id(TOWN), "line": "water", "title": "x", "role": "member"}
    )
    assert again["is_primary"] is True


def test_a_transferred_post_is_in_the_other_address_book(
    county: ApiClient, official_id: Find, unit_id: Find
) -> None:
    official = official_id(f"{VILLAGE}.leader")
    post = county.get(f"/officials/{official}")["posts"][0]
    changed = county.patch(
        f"/posts/{post['id']}",
        {
            "unit_id": unit_id(TOWN),
            "title": "副镇长",
            "role": "deputy",
            "line": "health",
            "order": 2,
        },
    )
    assert changed["unit"]["code"] == TOWN
    assert (changed["title"], changed["role"], changed["order"]) == ("副镇长", "deputy", 2)
    assert changed["line"]["code"] == "health"
    assert _names(county.get(f"/units/{unit_id(TOWN)}/officials")) == ["王石塘", "王东海", "陈石塘"]


def test_an_ended_post_changes_no_more(county: ApiClient, official_id: Find) -> None:
    official = official_id(f"{VILLAGE}.leader")
    post = county.get(f"/officials/{official}")["posts"][0]["id"]
    county.delete(f"/posts/{post}")
    assert county.delete(f"/posts/{post}", status=409)["code"] == "post_ended"
    assert county.patch(f"/posts/{post}", {"title": "x"}, status=409)["code"] == "post_ended"
    county.patch("/posts/999999", {"title": "x"}, status=404)
    county.delete("/posts/999999", status=404)


def test_posts_are_for_administrators_of_every_unit_concerned(
    as_: SignedIn, official_id: Find, unit_id: Find, session: Session, body: dict[str, Any]
) -> None:
    county, before = as_("331081.leader"), session.scalar(select(func.count(Post.id)))
    elsewhere = official_id("331002.leader")
    post = county.get(f"/officials/{elsewhere}")["posts"][0]["id"]
    own = county.get(f"/officials/{official_id('331081.leader')}")["posts"][0]["id"]
    new = {"unit_id": unit_id("331002"), "line": "water", "title": "x", "role": "member"}
    mine = {**new, "unit_id": unit_id("331081")}
    body["post"]["unit_id"] = unit_id("331002")
    attempts = [
        ("POST", "/officials", body, "official.create"),
        ("POST", f"/officials/{elsewhere}/posts", new, "post.add"),
        # Primary, it would take that from a post in somebody else's unit.
        ("POST", f"/officials/{elsewhere}/posts", {**mine, "is_primary": True}, "post.add"),
        ("PATCH", f"/posts/{post}", {"title": "x"}, "post.change"),
        ("PATCH", f"/posts/{own}", {"unit_id": unit_id("331002")}, "post.change"),
        ("DELETE", f"/posts/{post}", None, "post.end"),
    ]
    for method, path, sent, _ in attempts:
        response = county.request(method, path, json=sent)
        assert (response.status_code, response.get_json()["code"]) == (403, "not_permitted")
    session.rollback()
    assert session.scalar(select(func.count(Post.id))) == before
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [entry.action for entry in entries] == [action for *_, action in attempts]
    assert {entry.outcome for entry in entries} == {"denied"}
    # As a second post beside that one it is the county's own affair.
    assert county.post(f"/officials/{elsewhere}/posts", mine)["is_primary"] is False
    as_("331081.duty_officer").post("/officials", body, status=403)


def test_nobody_gives_themselves_a_post_or_changes_their_own(
    as_: SignedIn, official_id: Find, unit_id: Find
) -> None:
    administrator, own = as_("331081.leader"), official_id("331081.leader")
    post = administrator.get(f"/officials/{own}")["posts"][0]["id"]
    wanted = {
        "unit_id": unit_id("331081100"),
        "line": "flood_control",
        "title": "值班员",
        "role": "duty_officer",
    }
    administrator.post(f"/officials/{own}/posts", wanted, status=403)
    administrator.patch(f"/posts/{post}", {"role": "deputy"}, status=403)
    administrator.delete(f"/posts/{post}", status=403)
    as_("33.leader").post(f"/officials/{own}/posts", wanted)


def test_no_post_is_given_in_a_dissolved_unit(
    county: ApiClient, official_id: Find, unit_id: Find
) -> None:
    village = unit_id("331081100202")
    county.post(f"/units/{village}/abolish", status=200)
    post = {"unit_id": village, "line": "water", "title": "x", "role": "member"}
    path = f"/officials/{official_id(f'{TOWN}.leader')}/posts"
    assert county.post(path, post, status=409)["code"] == "unit_not_active"


def test_an_officials_sockets_follow_their_posts(
    app: Flask, county: ApiClient, official_id: Find, unit_id: Find, listening: Listening
) -> None:
    username = f"{VILLAGE}.leader"
    socket = listening(username)
    connection = app.extensions["zzd.sockets"].connections.get(socket.sid)
    post = {"unit_id": unit_id(TOWN), "line": "water", "title": "x", "role": "member"}
    added = county.post(f"/officials/{official_id(username)}/posts", post)
    assert rooms.unit(int(unit_id(TOWN))) in connection.rooms
    assert socket.hear("posts.changed") == [{"official_id": official_id(username)}]
    county.delete(f"/posts/{added['id']}")
    assert rooms.unit(int(unit_id(TOWN))) not in connection.rooms


def test_posts_given_while_a_unit_is_dissolved_are_not_lost(app: Flask) -> None:
    """Either the post came first and goes to the successor, or it is refused."""
    with database().reading() as session:
        units = dict(session.execute(select(Unit.code, Unit.id)).all())
        paths = dict(session.execute(select(Unit.code, Unit.path)).all())
        official = session.scalars(select(Post.official_id).limit(1)).one()
    by = Principal(1, "x", None, grants=(Grant(1, "unit_admin", units["33"], paths["33"]),))

    def give(_number: int) -> bool:
        with app.app_context():
            try:
                with database().transaction() as session:
                    posts.add_post(
                        session,
                        by=by,
                        official_id=official,
                        unit_id=units[VILLAGE],
                        line="water",
                        title="x",
                        role="member",
                    )
            except UnitNotActive:
                return False
            return True

    def dissolve() -> None:
        with app.app_context(), database().transaction() as session:
            structure.merge_unit(
                session, by=by, unit_id=units[VILLAGE], into_unit_id=units["331081100202"]
            )

    with ThreadPoolExecutor(6) as pool:
        given = [pool.submit(give, number) for number in range(6)]
        pool.submit(dissolve).result()
        given += [pool.submit(give, number) for number in range(6)]
        count = sum(each.result() for each in given)
    with database().reading() as session:
        there = select(func.count()).where(Post.ended_at.is_(None), Post.title == "x")
        assert session.scalar(there.where(Post.unit_id == units[VILLAGE])) == 0
        assert session.scalar(there.where(Post.unit_id == units["331081100202"])) == count
