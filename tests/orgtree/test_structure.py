"""Create, rename, move, merge, abolish: what changes, what is refused, who is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.client import ApiClient
from tests.conftest import Listening, SignedIn
from zzd.audit.models import AuditEntry
from zzd.orgtree.models import OrgState, Post, Unit, UnitTerm, UnitVersion
from zzd.realtime import rooms

Find = Callable[[str], str]
COUNTY, TOWN, OTHER_TOWN = "331081", "331081100", "331081101"
VILLAGE, EMPTY_VILLAGE, GROUP = "331081100201", "331081100202", "331081100201001"
ABSENT = "999999"
WithIds = Callable[[str, dict[str, str]], tuple[str, dict[str, str]]]


@pytest.fixture
def county(as_: SignedIn) -> ApiClient:
    """The administrator of 温岭市."""
    return as_("331081.leader")


@pytest.fixture
def province(as_: SignedIn) -> ApiClient:
    return as_("33.leader")


@pytest.fixture
def with_ids(unit_id: Find) -> WithIds:
    """A path and a body with ids where they have codes."""

    def id_of(code: str) -> str:
        return code if code == ABSENT else unit_id(code)

    def fill(path: str, body: dict[str, str]) -> tuple[str, dict[str, str]]:
        parts = path.split("/")
        if len(parts) > 2:
            parts[2] = id_of(parts[2])
        refer = {"parent_id", "into_unit_id", "successor_id"}
        return "/".join(parts), {k: id_of(v) if k in refer else v for k, v in body.items()}

    return fill


def _rev(client: ApiClient) -> int:
    rev: int = client.get("/org-state")["rev"]
    return rev


def _send(client: ApiClient, method: str, path: str, body: dict[str, str]) -> Any:
    return client.request(method, path, json=body)


def _everything(session: Session) -> list[Any]:
    """All rows that a change of the tree may touch, but for the audit log."""
    session.rollback()
    units = session.execute(select(Unit.__table__).order_by(Unit.id)).all()
    versions = session.execute(
        select(UnitVersion.__table__).order_by(UnitVersion.unit_id, UnitVersion.rev_from)
    ).all()
    posts = session.execute(select(Post.__table__).order_by(Post.id)).all()
    terms = session.scalar(select(func.count()).select_from(UnitTerm))
    return [units, versions, posts, terms, session.scalar(select(OrgState.rev))]


def test_a_unit_is_created_below_its_parent_and_found_at_once(
    county: ApiClient, unit_id: Find
) -> None:
    body = {"parent_id": unit_id(COUNTY), "name": " 滨海镇 ", "code": "331081106"}
    response = county.request("POST", "/units", json=body)
    unit = response.get_json()
    assert response.status_code == 201
    assert response.headers["Location"] == f"/api/v1/units/{unit['id']}"
    assert unit == {
        "id": unit["id"],
        "code": "331081106",
        "name": "滨海镇",
        "level": 4,
        "parent_id": unit_id(COUNTY),
        "status": "active",
        "successor_id": None,
        "full_name": "浙江省台州市温岭市滨海镇",
        "has_children": False,
    }
    assert county.get(f"/units/{unit['id']}") == unit
    assert county.get("/units", q="bhz")["items"] == [unit]
    assert _rev(county) == 2


def test_a_repeated_create_returns_the_first_result(
    county: ApiClient, unit_id: Find, session: Session
) -> None:
    body = {
        "parent_id": unit_id(COUNTY),
        "name": "滨海镇",
        "code": "331081106",
        "client_id": "create-1",
    }
    first = county.post("/units", body)
    before = _everything(session)
    assert county.post("/units", body, status=200) == first
    problem = county.post("/units", {**body, "name": "别的镇"}, status=409)
    assert problem["code"] == "idempotency_conflict"
    assert _everything(session) == before


def test_a_renamed_unit_keeps_its_id_and_its_old_name_in_its_revision(
    county: ApiClient, unit_id: Find
) -> None:
    town, village = unit_id(TOWN), unit_id(VILLAGE)
    renamed = county.patch(f"/units/{town}", {"name": "石塘街道"})
    assert (renamed["id"], renamed["name"]) == (town, "石塘街道")
    assert county.get(f"/units/{village}")["full_name"] == "浙江省台州市温岭市石塘街道东海村"
    assert county.get(f"/units/{village}", rev=1)["full_name"] == "浙江省台州市温岭市石塘镇东海村"
    assert county.get("/units", q="石塘街")["items"] == [renamed]
    assert county.get("/units", q="石塘镇")["items"] == []


def test_a_moved_county_takes_everything_below_with_it(
    province: ApiClient, unit_id: Find, session: Session
) -> None:
    county, group = unit_id(COUNTY), unit_id("331081100201001")
    before = province.get(f"/units/{county}")
    moved = province.post(
        f"/units/{county}/move", {"parent_id": unit_id("3303"), "code": "330399"}, status=200
    )
    assert moved == {
        **before,
        "parent_id": unit_id("3303"),
        "code": "330399",
        "full_name": "浙江省温州市温岭市",
    }
    below = province.get(f"/units/{group}")
    assert below["code"] == "331081100201001"
    assert below["full_name"].startswith("浙江省温州市温岭市石塘镇")
    assert [u["code"] for u in province.get(f"/units/{group}/ancestors")["items"]] == [
        "33",
        "3303",
        "330399",
        TOWN,
        VILLAGE,
    ]
    assert province.get(f"/units/{group}", rev=1)["full_name"].startswith("浙江省台州市温岭市")
    counts = province.get(f"/units/{unit_id('3310')}/counts")["items"]
    assert {each["level"]: each["units"] for each in counts} == {2: 1, 3: 1, 4: 1, 5: 1, 6: 0}
    assert session.scalar(select(func.count()).where(UnitVersion.rev_from == 2)) == 8


def test_a_move_is_a_fixed_number_of_statements_whatever_is_below(
    province: ApiClient, unit_id: Find, statements: Any
) -> None:
    seen = []
    for code, parent in (("331081100202", OTHER_TOWN), (COUNTY, "3303")):
        path = f"/units/{unit_id(code)}/move"
        body = {"parent_id": unit_id(parent)}
        with statements() as sent:
            province.post(path, body, status=200)
        seen.append(len(sent))
    assert seen[0] == seen[1]


def test_a_move_to_where_the_unit_stands_changes_nothing(
    county: ApiClient, unit_id: Find, session: Session
) -> None:
    before = _everything(session)
    county.post(f"/units/{unit_id(TOWN)}/move", {"parent_id": unit_id(COUNTY)}, status=200)
    assert _everything(session)[:-1] == before[:-1]


def test_a_merged_unit_leaves_its_units_and_posts_to_its_successor(
    county: ApiClient, unit_id: Find, official_id: Find
) -> None:
    town, into = unit_id(TOWN), unit_id(OTHER_TOWN)
    village = unit_id(VILLAGE)
    merged = county.post(f"/units/{town}/merge", {"into_unit_id": into}, status=200)
    assert (merged["status"], merged["successor_id"]) == ("merged", into)
    assert merged["has_children"] is False
    children = county.get(f"/units/{into}/children")["items"]
    assert [child["code"] for child in children] == [VILLAGE, EMPTY_VILLAGE, "331081101201"]
    assert county.get(f"/units/{village}")["full_name"] == "浙江省台州市温岭市松门镇东海村"
    official = county.get(f"/officials/{official_id(f'{TOWN}.leader')}")
    assert official["posts"][0]["unit"]["id"] == into
    assert county.get("/units", q="石塘")["items"] == []
    assert county.get("/units", code=TOWN)["items"] == []
    as_it_was = county.get(f"/units/{town}", rev=1)
    assert (as_it_was["status"], as_it_was["has_children"]) == ("active", True)


def test_an_empty_unit_is_abolished_and_its_code_is_free_again(
    county: ApiClient, unit_id: Find
) -> None:
    village = unit_id(EMPTY_VILLAGE)
    abolished = county.post(f"/units/{village}/abolish", status=200)
    assert (abolished["status"], abolished["successor_id"]) == ("abolished", None)
    again = {"parent_id": unit_id(TOWN), "name": "海利社区", "code": EMPTY_VILLAGE}
    assert county.post("/units", again)["id"] != village
    assert county.get(f"/units/{village}/officials")["items"] == []


def test_an_abolished_units_posts_go_to_the_successor(county: ApiClient, unit_id: Find) -> None:
    village, heir = unit_id(VILLAGE), unit_id(EMPTY_VILLAGE)
    county.post(f"/units/{village}/abolish", {"successor_id": heir}, status=200)
    assert len(county.get(f"/units/{heir}/officials")["items"]) == 2
    assert len(county.get(f"/units/{heir}/children")["items"]) == 2


REFUSED = [
    ("POST", "/units", {"parent_id": TOWN, "name": "x", "code": VILLAGE}, "duplicate_code"),
    ("POST", "/units", {"parent_id": TOWN, "name": "x", "code": "331081109"}, "wrong_level"),
    (
        "POST",
        "/units",
        {"parent_id": TOWN, "name": "x", "code": "331081999201"},
        "code_outside_parent",
    ),
    ("POST", "/units", {"parent_id": GROUP, "name": "x", "code": GROUP}, "wrong_level"),
    ("POST", f"/units/{TOWN}/move", {"parent_id": VILLAGE}, "unit_cycle"),
    ("POST", f"/units/{TOWN}/move", {"parent_id": TOWN}, "unit_cycle"),
    ("POST", f"/units/{TOWN}/move", {"parent_id": "3303"}, "wrong_level"),
    (
        "POST",
        f"/units/{TOWN}/move",
        {"parent_id": "331002", "code": "331081999"},
        "code_outside_parent",
    ),
    (
        "POST",
        f"/units/{TOWN}/move",
        {"parent_id": "331002", "code": "331002001"},
        "duplicate_code",
    ),
    ("POST", "/units/33/move", {"parent_id": "3310"}, "root_is_fixed"),
    ("POST", "/units/33/abolish", {}, "root_is_fixed"),
    ("POST", "/units/33/merge", {"into_unit_id": "3310"}, "root_is_fixed"),
    ("POST", f"/units/{TOWN}/merge", {"into_unit_id": TOWN}, "unit_cycle"),
    ("POST", f"/units/{TOWN}/merge", {"into_unit_id": COUNTY}, "wrong_level"),
    ("POST", f"/units/{TOWN}/abolish", {}, "unit_not_empty"),
    # Nobody below, but posts in it.
    ("POST", f"/units/{GROUP}/abolish", {}, "unit_not_empty"),
    ("POST", f"/units/{TOWN}/abolish", {"successor_id": VILLAGE}, "unit_cycle"),
    ("POST", f"/units/{TOWN}/merge", {"into_unit_id": ABSENT}, "invalid"),
    ("POST", "/units", {"parent_id": ABSENT, "name": "x", "code": "33"}, "invalid"),
    ("POST", f"/units/{ABSENT}/abolish", {}, "not_found"),
    ("PATCH", f"/units/{ABSENT}", {"name": "x"}, "not_found"),
]
STATUS = {"wrong_level": 422, "code_outside_parent": 422, "invalid": 422, "not_found": 404}


def test_what_the_tree_cannot_be_is_refused_and_nothing_changes(
    province: ApiClient, with_ids: WithIds, session: Session
) -> None:
    before = _everything(session)
    for method, path, body, code in REFUSED:
        response = _send(province, method, *with_ids(path, body))
        said = (response.status_code, response.get_json()["code"])
        assert said == (STATUS.get(code, 409), code), (method, path, body)
        assert _everything(session) == before, (method, path, body)


def test_nothing_happens_to_or_below_a_dissolved_unit(
    county: ApiClient, unit_id: Find, session: Session
) -> None:
    village, town = unit_id(EMPTY_VILLAGE), unit_id(TOWN)
    county.post(f"/units/{village}/abolish", status=200)
    before = _everything(session)
    for path, body in (
        ("/units", {"parent_id": village, "name": "x", "code": f"{EMPTY_VILLAGE}001"}),
        (f"/units/{village}/move", {"parent_id": unit_id(OTHER_TOWN)}),
        (f"/units/{village}/abolish", {}),
        (f"/units/{unit_id(VILLAGE)}/merge", {"into_unit_id": village}),
    ):
        assert county.post(path, body, status=409)["code"] == "unit_not_active"
    assert county.patch(f"/units/{village}", {"name": "x"}, status=409)["code"] == "unit_not_active"
    assert _everything(session) == before
    # It moves along with what it is below, so its path stays true.
    county.post(f"/units/{town}/merge", {"into_unit_id": unit_id(OTHER_TOWN)}, status=200)
    ancestors = county.get(f"/units/{village}/ancestors")["items"]
    assert ancestors[-1]["code"] == OTHER_TOWN


NOT_THEIRS = [
    ("331081.leader", "unit.rename", "/units/331002", {"name": "x"}),
    ("331081.leader", "unit.rename", "/units/3310", {"name": "x"}),
    (
        "331081.leader",
        "unit.create",
        "/units",
        {"parent_id": "331002", "name": "x", "code": "331002009"},
    ),
    # Both parents count: neither away from one's own, nor to it, nor the own county itself.
    ("331081.leader", "unit.move", f"/units/{TOWN}/move", {"parent_id": "331002"}),
    ("331081.leader", "unit.move", "/units/331002001/move", {"parent_id": COUNTY}),
    ("331081.leader", "unit.move", f"/units/{COUNTY}/move", {"parent_id": "3303"}),
    ("331081.leader", "unit.merge", f"/units/{COUNTY}/merge", {"into_unit_id": "331002"}),
    ("331081.leader", "unit.merge", "/units/331002/merge", {"into_unit_id": COUNTY}),
    ("331081.leader", "unit.abolish", "/units/331002/abolish", {}),
    # Who administers nothing does not get past the door.
    ("331081.duty_officer", "access", f"/units/{TOWN}/abolish", {}),
    ("system_admin", "access", f"/units/{TOWN}/abolish", {}),
]


def test_only_administrators_of_every_unit_concerned_change_it_and_others_are_audited(
    as_: SignedIn, with_ids: WithIds, session: Session
) -> None:
    before = _everything(session)
    for username, action, path, body in NOT_THEIRS:
        method = "PATCH" if action == "unit.rename" else "POST"
        response = _send(as_(username), method, *with_ids(path, body))
        said = (response.status_code, response.get_json()["code"])
        assert said == (403, "not_permitted"), (username, path, body)
    assert _everything(session) == before
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(entry.username, entry.action, entry.outcome) for entry in entries] == [
        (username, action, "denied") for username, action, *_ in NOT_THEIRS
    ]


def test_every_change_is_in_the_audit_log(
    province: ApiClient, unit_id: Find, session: Session
) -> None:
    created = province.post(
        "/units", {"parent_id": unit_id(COUNTY), "name": "滨海镇", "code": "331081106"}
    )["id"]
    province.patch(f"/units/{created}", {"name": "滨海街道"})
    province.post(f"/units/{created}/move", {"parent_id": unit_id("331002")}, status=200)
    province.post(f"/units/{created}/merge", {"into_unit_id": unit_id("331002001")}, status=200)
    province.post(f"/units/{unit_id(EMPTY_VILLAGE)}/abolish", status=200)
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(entry.action, entry.detail["rev"]) for entry in entries] == [
        ("unit.create", 2),
        ("unit.rename", 3),
        ("unit.move", 4),
        ("unit.merge", 5),
        ("unit.abolish", 6),
    ]
    assert {entry.username for entry in entries} == {"33.leader"}


def test_sockets_of_a_moved_unit_stand_where_it_stands(
    app: Flask, province: ApiClient, unit_id: Find, listening: Listening, session: Session
) -> None:
    villager, townsman = listening(f"{VILLAGE}.leader"), listening(f"{TOWN}.leader")
    stranger = listening("330327.leader")
    province.post(f"/units/{unit_id(TOWN)}/move", {"parent_id": unit_id("331002")}, status=200)
    county = session.scalar(select(Unit.path).where(Unit.code == "331002"))
    assert county is not None
    for listener in (villager, townsman):
        connection = app.extensions["zzd.sockets"].connections.get(listener.sid)
        assert connection.principal.posts[0].unit_path.startswith(county)
    assert townsman.hear("unit.changed") == [{"unit_id": unit_id(TOWN), "change": "move", "rev": 2}]
    assert stranger.hear() == []


def test_sockets_of_a_merged_unit_enter_the_successors_room(
    app: Flask, province: ApiClient, unit_id: Find, listening: Listening
) -> None:
    villager, heir = listening(f"{VILLAGE}.leader"), unit_id(EMPTY_VILLAGE)
    province.post(f"/units/{unit_id(VILLAGE)}/merge", {"into_unit_id": heir}, status=200)
    connection = app.extensions["zzd.sockets"].connections.get(villager.sid)
    assert rooms.unit(int(heir)) in connection.rooms
    assert [event["change"] for event in villager.hear("unit.changed")] == ["merge"]
