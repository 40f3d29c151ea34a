"""Units and officials as tables, and back again without a change."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.conftest import SignedIn, Statements
from tests.organisation import UNITS
from tests.orgtree.tables import download, rows_of, upload
from tests.orgtree.test_imports import snapshot
from zzd.audit.models import AuditEntry
from zzd.db import transaction
from zzd.orgtree import exports, tables
from zzd.orgtree.models import Official, Post, Unit

UnitId = Callable[[str], str]


@pytest.mark.parametrize("format_", ["csv", "xlsx"])
def test_units_below_come_with_their_parents_before_them(
    as_: SignedIn, unit_id: UnitId, format_: str
) -> None:
    heading, *rows = rows_of(download(as_("331081.leader"), "units", unit_id("331081"), format_))
    assert heading == ["code", "name", "level", "parent_code"]
    assert rows[0] == ["331081", "温岭市", "3", "3310"]
    codes = [row[0] for row in rows]
    assert set(codes) == {code for code in UNITS if code.startswith("331081")}
    assert all(row[3] in codes[: codes.index(row[0])] for row in rows[1:])


@pytest.mark.parametrize("piece", [2_000, 3])
@pytest.mark.parametrize("format_", ["csv", "xlsx"])
@pytest.mark.parametrize("kind", ["units", "officials"])
def test_what_was_exported_is_imported_without_a_change(
    as_: SignedIn,
    unit_id: UnitId,
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    format_: str,
    piece: int,
) -> None:
    monkeypatch.setattr(exports, "PIECE", piece)
    with transaction() as writing:
        official = writing.scalars(
            select(Official).where(Official.staff_no == "331081100.leader")
        ).one()
        official.name = "=1+1"
    before = snapshot(session)
    admin = as_("33.leader")
    data = download(admin, kind, unit_id("33"), format_)
    answer = upload(admin, kind, data)
    assert answer["errors"] == []
    assert answer["applied"]
    there = Unit.status == "active" if kind == "units" else Post.ended_at.is_(None)
    assert answer["rows"] == session.scalar(select(func.count()).where(there))
    assert snapshot(session) == before


def test_a_name_that_looks_like_a_formula_is_no_formula(as_: SignedIn, unit_id: UnitId) -> None:
    with transaction() as writing:
        official = writing.scalars(
            select(Official).where(Official.staff_no == "331081100.leader")
        ).one()
        official.name, official.phone = '=HYPERLINK("x")', "+8613800000000"
    rows = rows_of(download(as_("33.leader"), "officials", unit_id("331081")))
    row = next(row for row in rows if row[0] == "331081100.leader")
    assert row[1:3] == ['\'=HYPERLINK("x")', "'+8613800000000"]


def test_only_posts_within_the_block_are_exported(as_: SignedIn, unit_id: UnitId) -> None:
    """The duty officer of 松门镇 holds a post in 温岭市, too."""
    admin = as_("331081.leader")
    for code, posts in (("331081101", 1), ("331081", 2)):
        rows = rows_of(download(admin, "officials", unit_id(code)))
        mine = [row for row in rows if row[0] == "331081101.duty_officer"]
        assert len(mine) == posts


def test_only_who_administers_the_unit_may_export_it(
    as_: SignedIn, unit_id: UnitId, session: Session
) -> None:
    for code in ("3310", "331002", "33"):
        download(as_("331081.leader"), "officials", unit_id(code), status=403)
    download(as_("331081.duty_officer"), "officials", unit_id("331081"), status=403)
    download(as_("331081.leader"), "officials", "987654321", status=404)
    download(as_("331081.leader"), "officials", "x", status=422)
    denied = session.scalars(select(AuditEntry).where(AuditEntry.outcome == "denied")).all()
    assert len(denied) == 4


def test_an_export_is_audited_with_its_count(
    as_: SignedIn, unit_id: UnitId, session: Session
) -> None:
    rows = rows_of(download(as_("33.leader"), "officials", unit_id("3310")))
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "officials.export")).one()
    assert entry.object_id == unit_id("3310")
    assert entry.detail["rows"] == len(rows) - 1


def test_a_workbook_holds_no_more_than_can_be_taken_in_again(
    as_: SignedIn, unit_id: UnitId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "MOST_ROWS", 5)
    download(as_("33.leader"), "units", unit_id("33"), "xlsx", status=422)
    assert (
        len(rows_of(download(as_("33.leader"), "units", unit_id("33")))) > tables.MOST_COLUMNS / 2
    )


def test_the_statements_of_an_export_grow_with_its_pieces_only(
    as_: SignedIn, unit_id: UnitId, statements: Statements
) -> None:
    admin = as_("33.leader")
    counts = []
    for code in ("331081100", "33"):
        with statements() as seen:
            download(admin, "officials", unit_id(code))
        counts.append(len(seen))
    assert counts[0] == counts[1]
