"""Who finds which app, and who may open one."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.client import ApiClient
from tests.conftest import SignedIn, Statements
from tests.miniapps.conftest import CALLBACK, AppServer, Publish, manifest
from zzd.audit.models import AuditEntry

TOWNSHIP = "331081100.duty_officer"


def names(client: ApiClient, **query: Any) -> list[str]:
    return [item["app_id"] for item in client.get("/workbench", **query)["items"]]


def test_an_app_is_shown_with_what_opens_it(shelters: AppServer, as_: SignedIn) -> None:
    assert as_(TOWNSHIP).get("/workbench") == {
        "items": [
            {
                "id": shelters.id,
                "app_id": "cn.zj.shelters",
                "name": {"zh": "安置点登记", "en": "Shelter register"},
                "description": {"zh": "登记安置点", "en": "Registers shelters"},
                "icon": "data:image/svg+xml,%3Csvg%3E",
                "category": "emergency",
                "entry_url": "https://shelters.example.cn/",
                "phone_entry_url": None,
                "entry_origin": "https://shelters.example.cn",
                "favourite": None,
                "badge": 0,
                "opened_at": None,
                "fixed": False,
                "place": None,
            }
        ],
        "next": None,
    }


@pytest.mark.parametrize(
    ("audience", "seen_by", "hidden_from"),
    [
        ({"unit_code": "3310"}, ["3310.leader", TOWNSHIP], ["33.leader", "330327.leader"]),
        ({"unit_code": "33", "levels": [4]}, [TOWNSHIP], ["3310.leader", "331081100201.leader"]),
        ({"unit_code": "33", "line": "flood_control"}, [TOWNSHIP], ["331081100.leader"]),
        ({"unit_code": "33", "role": "leader"}, ["33.leader"], ["33.duty_officer"]),
        # By the second of two posts.
        ({"unit_code": "331081", "line": "water"}, ["331081101.duty_officer"], [TOWNSHIP]),
    ],
)
def test_an_app_is_seen_by_its_audience_alone(
    publish: Publish,
    as_: SignedIn,
    audience: dict[str, Any],
    seen_by: list[str],
    hidden_from: list[str],
) -> None:
    app = publish(audience=audience)
    for username in seen_by:
        assert names(as_(username)) == ["cn.zj.shelters"]
        app.launch(as_(username))
    for username in hidden_from:
        assert names(as_(username)) == []
        body = {"code_challenge": "a" * 43, "redirect_uri": CALLBACK}
        as_(username).post(f"/miniapps/{app.id}/launch", body, status=404)


def test_what_one_may_not_open_does_not_exist_and_trying_is_audited(
    publish: Publish, as_: SignedIn, session: Session
) -> None:
    app = publish(audience={"unit_code": "3303"})
    body = {"code_challenge": "a" * 43, "redirect_uri": CALLBACK}
    hidden = as_(TOWNSHIP).post(f"/miniapps/{app.id}/launch", body, status=404)
    absent = as_(TOWNSHIP).post("/miniapps/999999/launch", body, status=404)
    assert {**hidden, "instance": ""} == {**absent, "instance": ""}
    denied = session.scalars(select(AuditEntry).where(AuditEntry.outcome == "denied")).one()
    assert (denied.action, denied.object_id) == ("miniapp.launch", app.id)


def test_a_draft_is_on_no_workbench(developer: ApiClient, as_: SignedIn) -> None:
    made = developer.post("/miniapps", {"manifest": manifest()})
    assert names(as_(TOWNSHIP)) == []
    body = {"code_challenge": "a" * 43, "redirect_uri": CALLBACK}
    as_(TOWNSHIP).post(f"/miniapps/{made['id']}/launch", body, status=404)


def test_search_and_category_narrow_the_workbench(publish: Publish, as_: SignedIn) -> None:
    publish(id="a.b.one", name={"zh": "台风专区", "en": "Typhoon Zone"}, category="emergency")
    publish(id="a.b.two", name={"zh": "通讯录100%", "en": "People_Finder"}, category="people")
    official = as_(TOWNSHIP)
    assert names(official, q="台风") == ["a.b.one"]
    assert names(official, q=" typhoon z") == ["a.b.one"]
    assert names(official, q="FINDER") == ["a.b.two"]
    assert names(official, q="0%") == ["a.b.two"]
    assert names(official, q="e_F") == ["a.b.two"]
    assert names(official, q="%") == ["a.b.two"]
    assert names(official, q="") == ["a.b.one", "a.b.two"]
    assert names(official, category="people") == ["a.b.two"]
    assert names(official, category="people", q="台风") == []


def test_the_workbench_is_paged(publish: Publish, as_: SignedIn) -> None:
    for number in range(3):
        publish(id=f"a.b.c{number}")
    official = as_(TOWNSHIP)
    first = official.get("/workbench", limit=2)
    assert len(first["items"]) == 2
    assert names(official, limit=2, cursor=first["next"]) == ["a.b.c2"]


def test_a_workbench_costs_the_same_however_many_apps(
    publish: Publish, as_: SignedIn, statements: Statements
) -> None:
    official = as_(TOWNSHIP)
    publish(id="a.b.c0")
    with statements() as with_one:
        official.get("/workbench")
    for number in range(1, 4):
        publish(id=f"a.b.c{number}", audience={"unit_code": "33", "levels": [number, 4]})
    with statements() as with_four:
        assert len(names(official)) == 4
    # Who calls, the audiences they are in, what is rolling out to them, the apps with what they
    # made of them, what versions are shown as, and where administrators put them.
    assert len(with_four) == len(with_one) == 6
    with statements() as again:
        official.get("/workbench")
    # A version never changes: it is read once.
    assert len(again) == 5


BAD_QUERIES: list[Any] = [
    {"q": "a\x00"},
    {"q": "x" * 61},
    {"category": "games"},
    {"cursor": "!"},
    {"cursor": "WyJhIl0"},
    {"limit": 0},
    {"limit": 10**30},
]


def test_bad_queries_are_refused(as_: SignedIn) -> None:
    for query in BAD_QUERIES:
        as_(TOWNSHIP).get("/workbench", status=422, **query)


BAD_LAUNCHES: list[Any] = [
    ({"code_challenge": None}, "/code_challenge"),
    ({"code_challenge": "short"}, "/code_challenge"),
    ({"code_challenge": "a" * 43 + "\n"}, "/code_challenge"),
    ({"code_challenge_method": "plain"}, "/code_challenge_method"),
    ({"redirect_uri": "https://shelters.example.cn/launch/"}, "/redirect_uri"),
    ({"redirect_uri": "https://evil.example.cn/"}, "/redirect_uri"),
    ({"redirect_uri": ""}, "/redirect_uri"),
    ({"state": "a\x00"}, "/state"),
    ({"scope": "everything"}, "/scope"),
]


def test_a_bad_launch_is_refused(shelters: AppServer, as_: SignedIn) -> None:
    for changes, pointer in BAD_LAUNCHES:
        body = {"code_challenge": "a" * 43, "redirect_uri": CALLBACK, **changes}
        problem = as_(TOWNSHIP).post(f"/miniapps/{shelters.id}/launch", body, status=422)
        assert problem["errors"][0]["pointer"] == pointer


def test_an_account_without_a_post_has_no_workbench(reviewer: ApiClient, app: Flask) -> None:
    reviewer.get("/workbench", status=403)
