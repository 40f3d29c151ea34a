"""Units and officials from tables: every bad row is named, and nothing is half done."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from tests.client import ApiClient
from tests.conftest import SignedIn
from tests.databases import blank_database, settings_for
from tests.orgtree.tables import csv_file, upload, xlsx_file
from zzd import create_app
from zzd.audit.models import AuditEntry
from zzd.db import database, transaction
from zzd.orgtree.audiences import path_segment
from zzd.orgtree.models import (
    Official,
    OfficialTerm,
    OrgState,
    Post,
    Unit,
    UnitTerm,
    UnitVersion,
)
from zzd.orgtree.unit_imports import import_units
from zzd.principal import Grant, Principal
from zzd.realtime.models import OutboxEntry

REAL_UNITS = Path(__file__).parents[2] / "data" / "orgtree" / "zhejiang_units.csv.gz"
UNIT_COLUMNS = ["code", "name", "level", "parent_code"]
OFFICIAL_COLUMNS = [
    *("staff_no", "name", "phone", "unit_code"),
    *("line", "role", "title", "primary"),
]


def units_file(*rows: tuple[object, ...]) -> bytes:
    return csv_file([UNIT_COLUMNS, *rows])


def officials_file(*rows: tuple[object, ...]) -> bytes:
    return csv_file([OFFICIAL_COLUMNS, *rows])


def snapshot(session: Session) -> list[Any]:
    """Everything an import could change."""
    session.rollback()
    return [
        session.execute(
            select(*table.__table__.columns).order_by(*table.__table__.primary_key)
        ).all()
        for table in (OrgState, Unit, UnitVersion, UnitTerm, Official, OfficialTerm, Post)
    ]


# Units


def test_units_are_created_and_renamed_in_one_revision(as_: SignedIn, session: Session) -> None:
    county = as_("331081.leader")
    before = session.execute(select(OrgState.rev)).scalar_one()
    table = units_file(
        # Children before their parent, and a parent that is there.
        ("331081102201", "箬山村", 5, "331081102"),
        ("331081102201001", "第一小组", "", "331081102201"),
        ("331081102", "箬横镇", 4, "331081"),
        ("331081100", "石塘街道", 4, "331081"),
        ("331081101", "松门镇", 4, "331081"),
    )
    assert upload(county, "units", table) == {"rows": 5, "errors": [], "applied": True}
    session.rollback()
    assert session.execute(select(OrgState.rev)).scalar_one() == before + 1
    village = county.get("/units", code="331081102201")["items"][0]
    assert village["full_name"] == "浙江省台州市温岭市箬横镇箬山村"
    assert county.get(f"/units/{village['id']}/children")["items"][0]["name"] == "第一小组"
    assert [u["code"] for u in county.get("/units", q="rsc")["items"]] == ["331081102201"]
    renamed = county.get("/units", q="石塘街道")["items"][0]
    assert county.get("/units", q="石塘镇")["items"] == []
    assert county.get(f"/units/{renamed['id']}", rev=before)["name"] == "石塘镇"
    assert county.get(f"/units/{renamed['id']}", rev=before + 1)["name"] == "石塘街道"


def test_units_made_after_an_import_do_not_collide_with_its_ids(
    as_: SignedIn, unit_id: Callable[[str], str]
) -> None:
    county = as_("331081.leader")
    upload(county, "units", units_file(("331081102", "箬横镇", 4, "331081")))
    body = {"parent_id": unit_id("331081"), "name": "城南镇", "code": "331081103"}
    assert county.post("/units", body)["code"] == "331081103"


def test_a_table_that_changes_nothing_opens_no_revision(as_: SignedIn, session: Session) -> None:
    before = snapshot(session)
    table = units_file(("331081101", "松门镇", 4, "331081"))
    assert upload(as_("331081.leader"), "units", table)["applied"]
    assert snapshot(session) == before


BAD_UNIT_ROWS: list[tuple[tuple[object, ...], str, str]] = [
    (("33108110", "镇", 4, "331081"), "code", "digits"),
    (("３３１０８１１０２", "镇", 4, "331081"), "code", "digits"),
    (("3.31081E+11", "村", 5, "331081100"), "code", "format the column as text"),
    (("331081102", "", 4, "331081"), "name", "empty"),
    (("331081102", "长" * 101, 4, "331081"), "name", "100"),
    (("331081102", "石\x00塘", 4, "331081"), "name", "not text"),
    (("331081102", "石\n塘", 4, "331081"), "name", "not text"),
    (("331081102", "镇", 5, "331081"), "level", "level 4"),
    (("331081102", "镇", "x", "331081"), "level", "level 4"),
    (("331081100209001", "组", 6, "331081100"), "code", "12 digits"),
    (("331082102", "镇", 4, "331081"), "code", "begin"),
    (("331081102", "镇", 4, ""), "parent_code", "root"),
    (("331081102", "镇", 4, "x"), "parent_code", "digits"),
    (("331081100", "石塘镇", 4, "331002"), "parent_code", "moves nothing"),
    (("331081100", "石塘镇", 4, ""), "parent_code", "moves nothing"),
    # Another county's, an ancestor's, and nobody's: one answer.
    (("331002001", "新名", 4, "331002"), "code", "you administer"),
    (("331081", "温岭市", 3, "3310"), "", ""),
    (("3310", "新名", 2, "33"), "code", "you administer"),
    (("331002099", "镇", 4, "331002"), "parent_code", "you administer"),
    (("331099099", "镇", 4, "331099"), "parent_code", "you administer"),
]


@pytest.mark.parametrize(("row", "column", "reason"), BAD_UNIT_ROWS)
def test_a_bad_row_of_units_is_named_and_nothing_changes(
    as_: SignedIn, session: Session, row: tuple[object, ...], column: str, reason: str
) -> None:
    before = snapshot(session)
    table = units_file(("331081105", "好镇", 4, "331081"), row)
    for dry_run in (True, False):
        answer = upload(as_("331081.leader"), "units", table, dry_run=dry_run)
        if not column:
            assert answer["errors"] == []
            return
        assert [(e["line"], e["column"]) for e in answer["errors"]] == [(3, column)]
        assert reason in answer["errors"][0]["reason"]
        assert not answer["applied"]
        assert snapshot(session) == before


def test_every_bad_row_is_listed_not_only_the_first(as_: SignedIn) -> None:
    table = units_file(
        ("331081102", "", 4, "331081"),
        ("331081102201", "村", 5, "331081102"),
        ("331081103", "镇", 5, "331081"),
        ("331081104", "镇", 4, "331081"),
        ("331081104", "镇", 4, "331081"),
        ("x", "", "", "y"),
    )
    errors = upload(as_("331081.leader"), "units", table, dry_run=True)["errors"]
    assert [(e["line"], e["column"]) for e in errors] == [
        (2, "name"),
        (3, "parent_code"),
        (4, "level"),
        (6, "code"),
        (7, "code"),
        (7, "name"),
        (7, "parent_code"),
    ]
    assert errors[1]["reason"] == "Row 2 is at fault"
    assert errors[3]["reason"] == "Row 5 has this code already"


def test_only_a_unit_administrator_imports_and_a_refusal_is_audited(
    as_: SignedIn, session: Session
) -> None:
    for kind in ("units", "officials"):
        upload(as_("331081.duty_officer"), kind, units_file(), status=403)
    upload(ApiClient(as_("33.leader").app), "units", units_file(), status=401)
    denied = session.scalars(select(AuditEntry).where(AuditEntry.outcome == "denied")).all()
    assert len(denied) == 2


def test_an_import_is_audited_with_what_it_did(as_: SignedIn, session: Session) -> None:
    upload(as_("331081.leader"), "units", units_file(("331081102", "箬横镇", 4, "331081")))
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "units.import")).one()
    assert (entry.detail["created"], entry.detail["renamed"]) == (1, 0)


@pytest.mark.parametrize("kind", ["units", "officials"])
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "not_a_table"),
        (b"\x00\x01\x02", "not_a_table"),
        (b"\xff" * 1_000, "not_a_table"),
        (b"PK\x03\x04junk", "not_a_table"),
        (b"code\n1\n", "not_a_table"),
        ("代码\n1".encode("utf-16"), "not_a_table"),
    ],
)
def test_a_file_that_is_no_table_is_refused(
    as_: SignedIn, kind: str, data: bytes, code: str
) -> None:
    assert upload(as_("33.leader"), kind, data, status=422)["code"] == code


def test_a_request_without_a_file_is_refused(as_: SignedIn) -> None:
    as_("33.leader").post("/imports/units", {"file": "x"}, status=422)


def test_csv_and_xlsx_do_the_same(as_: SignedIn) -> None:
    rows = [UNIT_COLUMNS, ["331081102", "箬横镇", 4, "331081"], ["1", "", "x", "2"]]
    admin = as_("331081.leader")
    from_csv = upload(admin, "units", csv_file(rows, "gb18030"), dry_run=True)
    from_xlsx = upload(admin, "units", xlsx_file(rows), dry_run=True)
    assert from_csv == from_xlsx
    assert len(from_csv["errors"]) == 3


# Zhejiang


@pytest.mark.timeout(120)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_whole_province_comes_in_by_one_file(kind: str, tmp_path: Path) -> None:
    """1 province, 11 cities, 90 counties, 1,387 townships, 25,547 villages, in one revision."""
    with blank_database(kind, tmp_path) as url:
        app = create_app(settings_for(url))
        with app.app_context():
            admin = _administrator_of_an_empty_province()
            with gzip.open(REAL_UNITS) as file:
                outcome = import_units(by=admin, file=file, dry_run=False)
            assert (outcome.rows, outcome.errors, outcome.applied) == (27_036, [], True)
            with database().reading() as session:
                _assert_same_tree(session)
            database().engine.dispose()


def _administrator_of_an_empty_province() -> Principal:
    with transaction() as session:
        session.execute(update(OrgState).values(rev=1))
        shape = {"code": "33", "name": "浙江省", "level": 1, "path": path_segment(1)}
        session.execute(insert(Unit).values(id=1, status="active", **shape))
        session.execute(insert(UnitVersion).values(unit_id=1, rev_from=1, status="active", **shape))
        if session.get_bind().dialect.name == "postgresql":
            session.execute(select(func.setval("unit_id_seq", 1)))
    grant = Grant(1, "unit_admin", unit_id=1, unit_path=path_segment(1))
    return Principal(account_id=1, username="admin", session_id=None, grants=(grant,))


def _assert_same_tree(session: Session) -> None:
    by_level = session.execute(select(Unit.level, func.count()).group_by(Unit.level))
    assert dict(map(tuple, by_level)) == {1: 1, 2: 11, 3: 90, 4: 1_387, 5: 25_547}
    path = session.scalars(select(Unit.path).where(Unit.code == "330782")).one()
    below = select(Unit.level, func.count()).where(Unit.path > path, Unit.path < path + "~")
    yiwu = session.execute(below.group_by(Unit.level))
    assert dict(map(tuple, yiwu)) == {4: 14, 5: 544}
    rows = session.execute(select(Unit.id, Unit.code, Unit.name, Unit.parent_id, Unit.path)).all()
    codes = {row.id: row.code for row in rows}
    paths = {row.id: row.path for row in rows}
    with gzip.open(REAL_UNITS, "rt", encoding="utf-8", newline="") as file:
        expected = {(r["code"], r["name"], r["parent_code"]) for r in csv.DictReader(file)}
    assert {(row.code, row.name, codes.get(row.parent_id, "")) for row in rows} == expected
    assert all(row.path == paths.get(row.parent_id, "") + path_segment(row.id) for row in rows)
    versions = Counter(session.execute(select(UnitVersion.rev_from)).scalars())
    assert versions == {1: 1, 2: 27_035}


# Officials

NEW = ("new-1", "李海燕", "13900000001", "331081100", "flood_control", "duty_officer", "值班员", "")


def test_officials_come_with_all_their_posts(as_: SignedIn) -> None:
    county = as_("331081.leader")
    table = officials_file(
        NEW,
        ("new-1", "李海燕", "", "331081", "water", "member", "水利干事", "yes"),
        ("new-2", "周明", "", "331081101", "health", "leader", "院长", "否"),
    )
    assert upload(county, "officials", table) == {"rows": 3, "errors": [], "applied": True}
    found = county.get("/officials", q="lhy")["items"][0]
    posts = {(p["title"], p["unit"]["code"], p["is_primary"]) for p in found["posts"]}
    assert posts == {("值班员", "331081100", False), ("水利干事", "331081", True)}
    assert found["phone"] == "13900000001"
    other = county.get("/officials", q="周明")["items"][0]
    assert [p["is_primary"] for p in other["posts"]] == [True]


def test_those_who_are_there_get_names_titles_and_further_posts(
    as_: SignedIn, session: Session
) -> None:
    county = as_("331081.leader")
    staff_no = "331081100.duty_officer"
    before = session.scalars(select(Official).where(Official.staff_no == staff_no)).one()
    post_id = session.scalars(select(Post.id).where(Post.official_id == before.id)).one()
    table = officials_file(
        (staff_no, "陈新名", "", "331081100", "flood_control", "duty_officer", "值班长", ""),
        (staff_no, "陈新名", "", "331081", "water", "member", "水利干事", "是"),
    )
    assert upload(county, "officials", table)["applied"]
    card = county.get(f"/officials/{before.id}")
    assert (card["name"], card["phone"]) == ("陈新名", "13800000000")
    posts = {p["title"]: (p["id"], p["is_primary"]) for p in card["posts"]}
    assert posts["值班长"] == (str(post_id), False)
    assert posts["水利干事"][1]
    assert county.get("/officials", q="陈新名")["items"][0]["id"] == str(before.id)
    session.rollback()
    events = session.execute(select(OutboxEntry.type)).scalars().all()
    assert "control.renew" in events
    assert "posts.changed" in events
    # The same table again finds everything as it should be.
    before_again = snapshot(session)
    assert upload(county, "officials", table)["applied"]
    assert snapshot(session) == before_again


def test_who_is_not_in_the_table_keeps_the_post(as_: SignedIn, session: Session) -> None:
    held = session.scalar(select(func.count()).where(Post.ended_at.is_(None)))
    upload(as_("331081.leader"), "officials", officials_file(NEW))
    session.rollback()
    assert session.scalar(select(func.count()).where(Post.ended_at.is_(None))) == held + 1


def changed(**cells: str) -> tuple[str, ...]:
    return tuple((dict(zip(OFFICIAL_COLUMNS, NEW, strict=True)) | cells).values())


THEIRS = {"staff_no": "331002.duty_officer", "name": "陈椒江", "phone": ""}
BAD_OFFICIAL_ROWS: list[tuple[tuple[str, ...], str, str]] = [
    (changed(staff_no=""), "staff_no", "characters"),
    (changed(staff_no="有字"), "staff_no", "characters"),
    (changed(staff_no="x" * 33), "staff_no", "characters"),
    (changed(name=""), "name", "empty"),
    (changed(name="名" * 51), "name", "50"),
    (changed(name="陈\u202e海"), "name", "not text"),
    (changed(title=""), "title", "empty"),
    (changed(phone="call me"), "phone", "telephone"),
    (changed(unit_code="331002"), "unit_code", "you administer"),
    (changed(unit_code="331099"), "unit_code", "you administer"),
    (changed(unit_code="石塘镇"), "unit_code", "digits"),
    (changed(line="knitting"), "line", "no such line"),
    (changed(role="boss"), "role", "leader"),
    (changed(primary="maybe"), "primary", "yes or no"),
    # Somebody of another county may be given a post here, but nothing else.
    (changed(**THEIRS | {"name": "别名"}), "name", "all units"),
    (changed(**THEIRS | {"phone": "1391"}), "phone", "all units"),
    (changed(**THEIRS | {"primary": "yes"}), "primary", "you do not administer"),
]


@pytest.mark.parametrize(("row", "column", "reason"), BAD_OFFICIAL_ROWS)
def test_a_bad_row_of_officials_is_named_and_nothing_changes(
    as_: SignedIn, session: Session, row: tuple[str, ...], column: str, reason: str
) -> None:
    before = snapshot(session)
    table = officials_file(changed(staff_no="good"), row)
    for dry_run in (True, False):
        answer = upload(as_("331081.leader"), "officials", table, dry_run=dry_run)
        assert [(e["line"], e["column"]) for e in answer["errors"]] == [(3, column)]
        assert reason in answer["errors"][0]["reason"]
        assert not answer["applied"]
        assert snapshot(session) == before


def test_an_official_of_another_county_may_be_given_a_post_here(as_: SignedIn) -> None:
    assert upload(as_("331081.leader"), "officials", officials_file(changed(**THEIRS)))["applied"]


def test_nobody_gives_themselves_a_post(as_: SignedIn, session: Session) -> None:
    before = snapshot(session)
    own = changed(staff_no="331081.leader", name="王温岭", phone="", unit_code="331081101")
    answer = upload(as_("331081.leader"), "officials", officials_file(own))
    assert [(e["line"], e["column"]) for e in answer["errors"]] == [(2, "staff_no")]
    assert "Somebody else" in answer["errors"][0]["reason"]
    assert snapshot(session) == before
    # The same table from an administrator above them is carried out.
    assert upload(as_("33.leader"), "officials", officials_file(own))["applied"]


def test_nobody_alters_their_own_post_by_a_table(as_: SignedIn, session: Session) -> None:
    """As the request that changes one post refuses it."""
    official = session.scalars(select(Official).filter_by(staff_no="331081.leader")).one()
    post = session.scalars(select(Post).filter_by(official_id=official.id)).one()
    as_is = {
        "staff_no": official.staff_no,
        "name": official.name,
        "phone": "",
        "unit_code": "331081",
        "line": post.line_code,
        "role": post.role,
        "title": post.title,
        "primary": "yes",
    }
    assert upload(as_("331081.leader"), "officials", officials_file(changed(**as_is)))["applied"]
    before = snapshot(session)
    table = officials_file(changed(**{**as_is, "title": "书记"}))
    answer = upload(as_("331081.leader"), "officials", table)
    assert [(e["line"], e["column"]) for e in answer["errors"]] == [(2, "staff_no")]
    assert snapshot(session) == before
    assert upload(as_("33.leader"), "officials", table)["applied"]


def test_rows_of_one_person_must_agree(as_: SignedIn) -> None:
    table = officials_file(
        changed(primary="yes"),
        changed(name="别名", line="water"),
        changed(phone="13900000002", line="health"),
        changed(primary="yes", line="education"),
        NEW,
    )
    errors = upload(as_("331081.leader"), "officials", table)["errors"]
    assert [(e["line"], e["column"]) for e in errors] == [
        (3, "name"),
        (4, "phone"),
        (5, "primary"),
        (6, None),
    ]


def test_officials_made_after_an_import_do_not_collide_with_its_ids(
    app: Flask, as_: SignedIn, unit_id: Callable[[str], str]
) -> None:
    county = as_("331081.leader")
    upload(county, "officials", officials_file(NEW))
    post = {
        "unit_id": unit_id("331081"),
        "line": "water",
        "title": "干事",
        "role": "member",
    }
    assert county.post("/officials", {"name": "后来者", "post": post})["name"] == "后来者"
