"""A sum reads one range of one index, whatever else there is."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from tests.conftest import Statements
from tests.tasks.test_statements import plan_of
from zzd.db import transaction
from zzd.tasks.reporting.models import StandingFigure
from zzd.tasks.reporting.standing import sums_by


def test_sums_read_one_range_of_the_index_and_no_report(
    app: Flask, session: Session, statements: Statements
) -> None:
    with transaction() as writing:
        writing.execute(
            insert(StandingFigure),
            [
                {"directive_id": no, "path": f"00001{unit:05}", "key": "k", "risk": "", "value": 2}
                for no in range(1, 31)
                for unit in range(1, 101)
            ],
        )
    with transaction() as writing:
        writing.execute(text("ANALYZE"))
    with statements() as seen:
        found = sums_by(session, 3, "0000100001", 10)
    assert found == {"0000100001": {("k", ""): 2}}
    assert len(seen) == 1
    plan = plan_of(
        session,
        "SELECT substr(path, 1, 10), key, risk, sum(value) FROM standing_figure"
        " WHERE directive_id = 3 AND path >= '0000100001' AND path < '0000100001~' GROUP BY 1, 2, 3",
    )
    assert "pk_standing_figure" in plan or "USING PRIMARY KEY" in plan
    assert "directive_id" in plan
    assert "path" in plan
