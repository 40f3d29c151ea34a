"""What a request costs does not grow with the number of units."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from tests.conftest import Statements
from tests.tasks.scenes import DONGHAI, SHITANG, WENLING, Scene, duty, in_hours
from zzd import clock
from zzd.db import transaction
from zzd.orgtree.audiences import path_segment
from zzd.orgtree.models import Unit, UnitVersion
from zzd.tasks.models import Assignment
from zzd.tasks.reporting.models import Report


def add_villages(number: int) -> None:
    """Villages of 石塘镇 that nobody asked for, without officials."""
    with transaction() as session:
        township = session.scalars(select(Unit).filter_by(code=SHITANG)).one()
        for index in range(number):
            code = f"{SHITANG}{300 + index}"
            unit = Unit(code=code, name="某村", level=5, parent_id=township.id, path=f"new {code}")
            session.add(unit)
            session.flush()
            unit.path = township.path + path_segment(unit.id)
            session.add(
                UnitVersion(
                    unit_id=unit.id,
                    rev_from=1,
                    parent_id=township.id,
                    level=5,
                    code=code,
                    name="某村",
                    path=unit.path,
                    status="active",
                )
            )


def costs(scene: Scene, statements: Statements) -> dict[str, int]:
    """How many statements each step of one directive takes, from its issue to the roll-up."""
    found: dict[str, int] = {}

    def counted(name: str, act: Callable[[], Any]) -> Any:
        with statements() as seen:
            result = act()
        found[name] = len(seen)
        return result

    county, township = scene.as_(duty(WENLING)), scene.as_(duty(SHITANG))
    issued = scene.body(audiences=[scene.all_below(WENLING, levels=[3, 4])])
    directive = counted("issue", lambda: scene.issuer.post("/directives", issued))
    path = scene.path(WENLING, directive)
    counted("acknowledge", lambda: county.post(f"{path}/acknowledgement"))
    passed = {"note": "请落实", "levels": [4, 5], "ack_deadline": in_hours(1)}
    counted("cascade", lambda: county.post(f"{path}/cascade", passed))
    counted("report", lambda: county.post(f"{path}/reports", {"figures": {"moved": 1}}))
    completion = {"reason": "已确认"}
    counted("refused completion", lambda: county.post(f"{path}/completion", status=409))
    counted("completion", lambda: county.post(f"{path}/completion", completion))
    address = f"/directives/{directive['id']}"
    counted("rollup", lambda: scene.issuer.get(f"{address}/rollup"))
    counted("rollup of a township", lambda: township.get(f"{address}/rollup"))
    counted("who has not", lambda: scene.issuer.get(f"{address}/assignments", limit=200))
    counted("mine", lambda: township.get("/assignments"))
    counted("one", lambda: county.get(path))
    counted("directives", lambda: scene.issuer.get("/directives", box="issued"))
    return found


def test_statements_do_not_grow_with_the_units(scene: Scene, statements: Statements) -> None:
    # The first one puts the audiences in use, which costs a little more.
    costs(scene, statements)
    few = costs(scene, statements)
    add_villages(60)
    many = costs(scene, statements)
    assert many == few
    assert few["issue"] <= 26
    assert few["acknowledge"] <= 14
    assert few["report"] <= 13
    assert few["rollup"] <= 10


def test_receipts_of_many_cost_what_one_does(scene: Scene, statements: Statements) -> None:
    officer = scene.as_(duty(DONGHAI))

    def receipts(number: int) -> int:
        ids = [scene.mine(duty(DONGHAI), scene.issue(DONGHAI))["id"] for _ in range(number)]
        body = {"assignment_ids": ids, "kind": "read"}
        with statements() as seen:
            officer.post("/assignments/receipts", body, status=200)
        # SQLite takes the events, of which each move has two, one by one.
        return len([statement for statement in seen if "INTO outbox" not in statement])

    # Rows that are many are copied, and no statement.
    assert receipts(12) == receipts(6) <= receipts(1)


def fill_with_assignments() -> None:
    """Enough of them that no database would rather read them all; and statistics of them."""
    now = clock.now()
    row = {"level": 4, "state": "issued", "moves": 0, "ack_deadline": now, "issued_at": now}
    with transaction() as session:
        session.execute(
            insert(Assignment),
            [
                {**row, "directive_id": directive, "unit_id": unit, "path": f"00001{unit:05}"}
                for directive in range(1, 41)
                for unit in range(1, 101)
            ],
        )
        session.execute(text("ANALYZE"))


def plan_of(session: Session, statement: str) -> str:
    explain = "EXPLAIN "
    if session.get_bind().dialect.name == "sqlite":
        explain += "QUERY PLAN "
    return "\n".join(str(row) for row in session.execute(text(explain + statement)))


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (
            """
            SELECT substr(path, 1, 10), count(*) FROM assignment
            WHERE directive_id = 1 AND path >= '0000100001' AND path < '0000100001~' GROUP BY 1
            """,
            "ix_assignment_directive_path",
        ),
        (
            "SELECT id FROM assignment WHERE unit_id = 1 AND completed_at IS NULL",
            "ix_assignment_unit",
        ),
    ],
)
def test_ranges_are_read_by_index(app: Flask, session: Session, statement: str, index: str) -> None:
    fill_with_assignments()
    assert index in plan_of(session, statement)


def test_who_is_rescuing_is_looked_up_among_the_few_who_said_so(
    app: Flask, session: Session
) -> None:
    query = select(Report.assignment_id).where(Report.rescue_open.is_(True))
    said = str(query.compile(session.get_bind(), compile_kwargs={"literal_binds": True}))
    if session.get_bind().dialect.name == "postgresql":
        # Of an empty table it would rather read all.
        session.execute(text("SET LOCAL enable_seqscan = off"))
    assert "ix_report_rescue" in plan_of(session, said)
