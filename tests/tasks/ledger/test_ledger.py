"""Lines that are folded, or not yet, or not seen yet: the sums are those of the units themselves."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from tests.tasks.scenes import (
    DONGHAI,
    HAIMEN,
    PROVINCE,
    SHITANG,
    TAIZHOU,
    WENLING,
    Scene,
    duty,
    in_hours,
)
from zzd import clock
from zzd.db import reading, transaction
from zzd.orgtree.models import Unit
from zzd.orgtree.past import unit_as_of
from zzd.tasks import rollups
from zzd.tasks.escalation import steps
from zzd.tasks.ledger import folding
from zzd.tasks.ledger.models import LedgerBalance, LedgerLine
from zzd.tasks.models import Directive
from zzd.tasks.picture import pictures


class Killed(BaseException):
    """The process is no more."""


def both_ways(directive: dict[str, Any], code: str) -> tuple[Any, Any]:
    """What the ledger says of a place and its children, and what its units' own rows say."""
    with reading() as session:
        wanted = session.get_one(Directive, int(directive["id"]))
        unit_id = session.scalars(select(Unit.id).filter_by(code=code)).one()
        place = unit_as_of(session, unit_id, wanted.rev)
        assert place is not None
        return (
            rollups._from_ledger(session, wanted, place),
            rollups._from_assignments(session, wanted, place),
        )


def pictures_both_ways(directive: dict[str, Any], code: str) -> tuple[Any, Any]:
    """Counties, levels and the course: from the ledger, and from the units' own rows."""
    found = []
    for holds in (lambda path: len(path) <= 10, lambda _: False):
        with reading() as session, pytest.MonkeyPatch.context() as patched:
            wanted = session.get_one(Directive, int(directive["id"]))
            unit_id = session.scalars(select(Unit.id).filter_by(code=code)).one()
            place = unit_as_of(session, unit_id, wanted.rev)
            assert place is not None
            patched.setattr(pictures.balances, "holds", holds)
            patched.setattr(pictures.course, "holds", holds)
            # The same steps, however young it is.
            patched.setattr(pictures.rules, "WIDTHS", (60,))
            shown = pictures._by_county_and_level(session, wanted, place)
            found.append((shown, pictures.series(session, wanted, place)["points"]))
    return found[0], found[1]


def agree(directive: dict[str, Any]) -> bool:
    with clock.at(clock.now()):
        for code in (PROVINCE, TAIZHOU):
            ledger, rows = both_ways(directive, code)
            assert ledger == rows
            drawn, counted = pictures_both_ways(directive, code)
            assert drawn == counted
    return bool(ledger)


def lines(session: Session) -> int:
    session.rollback()
    return session.scalars(select(func.count()).select_from(LedgerLine)).one()


@pytest.fixture
def lively(scene: Scene) -> dict[str, Any]:
    """A directive of which everything that can happen to a unit has happened to some."""
    directive = scene.issue(
        audiences=[scene.all_below(TAIZHOU)],
        escalation=[{"step": "remind", "after_minutes": 0}],
        report_interval_minutes=30,
    )
    for code in (WENLING, SHITANG, DONGHAI):
        scene.acknowledge(code, directive)
    folding.fold()
    scene.pass_on(WENLING, directive, levels=[4], ack_deadline=in_hours(2))
    village, path = scene.as_(duty(DONGHAI)), f"{scene.path(DONGHAI, directive)}/reports"
    village.post(path, {"figures": {"moved": 7, "boats": 2}, "casualties": {"dead": 1}})
    folding.fold()
    # Without boats now, and one of the dead was found alive.
    village.post(
        path, {"figures": {"moved": 9}, "casualties": {"dead": 0}, "explanation": "已核实"}
    )
    scene.report(SHITANG, directive, moved=4)
    scene.complete(SHITANG, directive, reason="其余已确认")
    haimen = scene.as_(duty(HAIMEN))
    haimen.post(f"{scene.path(HAIMEN, directive)}/return", {"reason": "不属本镇"})
    with clock.at(clock.now() + timedelta(hours=7)):
        steps.take_due()
    return directive


def test_the_ledger_says_what_the_units_say(lively: dict[str, Any], session: Session) -> None:
    assert lines(session) > 0
    assert agree(lively)
    folding.fold()
    assert lines(session) == 0
    assert agree(lively)
    ledger, _ = both_ways(lively, PROVINCE)
    ((counts, deeper, figures),) = ledger.values()
    assert deeper
    assert (counts["reported"], counts["completed"], counts["returned"]) == (2, 1, 1)
    assert counts["escalated"] > 0
    assert figures == {("moved", ""): 13, ("", "dead"): 0}
    # Who reported owes the next; then those to whom it was passed on, with two hours; then all.
    late = {}
    for hours in (1, 3, 7):
        with clock.at(clock.now() + timedelta(hours=hours)):
            assert agree(lively)
            ((counts, _, _),) = both_ways(lively, PROVINCE)[0].values()
            late[hours] = counts["overdue"]
    assert 0 < late[1] < late[3] < late[7]
    with reading() as again:
        # Where nobody stands any more, nothing is left.
        empty = select(func.count()).where(LedgerBalance.units == 0, LedgerBalance.amount == 0)
        assert again.scalars(empty).one() == 0


def test_all_clear_for_a_branch_is_in_the_ledger(scene: Scene, lively: dict[str, Any]) -> None:
    body = {"reason": "解除", "unit_id": scene.unit_id(WENLING)}
    scene.issuer.post(f"/directives/{lively['id']}/all-clear", body)
    with clock.at(clock.now() + timedelta(hours=7)):
        assert agree(lively)
        folding.fold()
        assert agree(lively)


def test_a_folder_that_dies_in_the_middle_has_done_nothing(
    lively: dict[str, Any], session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = lines(session)

    def die(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(folding, "_add", die)
        with pytest.raises(Killed):
            folding.fold()
    assert lines(session) == waiting
    assert agree(lively)


@pytest.mark.parametrize("engine_kind", ["postgresql"], indirect=True)
def test_what_commits_while_lines_are_folded_is_neither_lost_nor_counted_twice(
    app: Flask, scene: Scene, lively: dict[str, Any], session: Session
) -> None:
    """Somebody's line is written before and committed after; on SQLite there is one writer."""

    def fold() -> None:
        with app.app_context():
            folding.fold()

    with ThreadPoolExecutor(1) as pool:
        with transaction() as writing:
            writing.execute(
                text(
                    "WITH moved AS (UPDATE assignment SET delivered_at = issued_at WHERE id = ("
                    " SELECT min(id) FROM assignment WHERE delivered_at IS NULL AND length(path) > 15"
                    ") RETURNING *)"
                    " INSERT INTO ledger_line (directive_id, place, mark, due_at, key, risk, units,"
                    " amount) SELECT directive_id, substr(path, 1, 15) || '.' || level,"
                    " m + CASE WHEN escalated_at IS NULL THEN 0 ELSE 32 END, due_at, '', '', n, 0"
                    " FROM moved, (VALUES (0, -1), (1, 1)) AS v (m, n)"
                )
            )
            # It sees everything but this, folds it, and is through before the commit.
            pool.submit(fold).result(timeout=20)
            assert lines(session) == 0
            assert agree(lively)
        assert lines(session) == 2
        assert agree(lively)
        pool.submit(fold).result(timeout=20)
        assert lines(session) == 0
        assert agree(lively)


def test_a_database_from_before_the_ledger_gets_one(lively: dict[str, Any]) -> None:
    ledger = import_module("zzd.migrations.versions.0029_ledger")
    by_level = import_module("zzd.migrations.versions.0037_course")
    with transaction() as session:
        for table in (LedgerLine, LedgerBalance):
            session.execute(delete(table))
        ledger.open_books(session.connection())
    # As a process leaves it that was started before levels were told apart.
    drawn, counted = pictures_both_ways(lively, PROVINCE)
    assert drawn[0] == counted[0]
    with transaction() as session:
        by_level.open_books(session.connection())
    with clock.at(clock.now() + timedelta(hours=7)):
        assert agree(lively)
