"""Acknowledgements that are written together are what they would have been one by one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import Listening, Statements
from tests.tasks.ledger.test_ledger import agree
from tests.tasks.scenes import DONGHAI, HAIMEN, SHITANG, SONGMEN, TAIZHOU, WENLING, Scene, duty
from zzd.db import database, reading
from zzd.errors import Problem
from zzd.identity.principals import principal_of_username
from zzd.principal import Principal
from zzd.tasks import together
from zzd.tasks.models import Assignment, AssignmentMove
from zzd.tasks.together import Acknowledgement

CODES = (WENLING, SHITANG, SONGMEN, HAIMEN, DONGHAI)


def principal(code: str) -> Principal:
    with reading() as session:
        found = principal_of_username(session, duty(code))
    assert found is not None
    return replace(found, post=found.posts[0])


def told(asked: list[Acknowledgement]) -> list[Any]:
    """What each is told when all come at once: what is shown and whether it is new, or why not."""
    found: list[Any] = []
    for each, shown in zip(asked, together._write_together(asked), strict=True):
        try:
            found.append(shown or together._alone(each.by, each.assignment_id))
        except Problem as problem:
            found.append(problem.code)
    return found


def ids(scene: Scene, directive: dict[str, Any]) -> dict[str, int]:
    return {code: int(scene.mine(duty(code), directive)["id"]) for code in CODES}


def test_any_number_of_them_cost_what_one_costs(
    app: Flask, scene: Scene, statements: Statements
) -> None:
    def cost(*codes: str) -> int:
        own = ids(scene, scene.issue(audiences=[scene.all_below(TAIZHOU)]))
        asked = [Acknowledgement(principal(code), own[code]) for code in codes]
        with statements() as seen:
            assert all(new for _, new in together._write_together(asked) if new)
        assert len(seen) <= 14, seen
        return len(seen)

    # A county's units below it are counted in the ledger, a township's one by one. Rows that are
    # many are copied, and no statement.
    assert cost(*CODES) <= cost(WENLING, SHITANG)


def test_each_is_told_what_it_would_have_been_told_alone(
    app: Flask, scene: Scene, session: Session, listening: Listening
) -> None:
    directive = scene.issue(audiences=[scene.all_below(TAIZHOU)])
    own = ids(scene, directive)
    scene.acknowledge(SONGMEN, directive)
    path = f"/assignments/{own[HAIMEN]}"
    scene.as_(duty(HAIMEN)).post(f"{path}/return", {"reason": "不属本镇"})
    device = listening(duty(SHITANG))
    asked = [
        Acknowledgement(principal(WENLING), own[WENLING]),
        Acknowledgement(principal(SHITANG), own[SHITANG]),
        # Twice at once; acknowledged before; given back before; another's; nobody's.
        Acknowledgement(principal(SHITANG), own[SHITANG]),
        Acknowledgement(principal(SONGMEN), own[SONGMEN]),
        Acknowledgement(principal(HAIMEN), own[HAIMEN]),
        Acknowledgement(principal(DONGHAI), own[WENLING]),
        Acknowledgement(principal(WENLING), own[DONGHAI]),
        Acknowledgement(principal(DONGHAI), 10**12),
    ]
    *known, others, below, nobody = told(asked)
    assert [new for _, new in known] == [True, True, False, False, True]
    assert (others, below, nobody) == ("not_found", "not_permitted", "not_found")
    for (shown, _), code in zip(known, (WENLING, SHITANG, SHITANG, SONGMEN, HAIMEN), strict=True):
        client = scene.as_(duty(code))
        again = client.post(f"/assignments/{own[code]}/acknowledgement", status=200)
        assert again["acknowledged"]["by"]["unit_name"] == shown["unit"].name
        assert (again["state"], again["may"]) == (shown["state"], shown["may"])
        assert again["below"] == shown["below"]
    (heard, *_rest) = device.hear("assignment.updated")
    assert (heard["assignment_id"], heard["state"]) == (str(own[SHITANG]), "acknowledged")
    moves = select(AssignmentMove.assignment_id).where(AssignmentMove.move == "acknowledge")
    counted = sorted(session.scalars(moves))
    assert counted == sorted(own[code] for code in (WENLING, SHITANG, SONGMEN, HAIMEN))
    assert agree(directive)


@pytest.mark.parametrize("engine_kind", ["postgresql"], indirect=True)
def test_a_row_that_somebody_holds_holds_up_nobody_else(app: Flask, scene: Scene) -> None:
    """On SQLite there is one writer at a time."""
    directive = scene.issue(WENLING, SHITANG)
    own = {code: int(scene.mine(duty(code), directive)["id"]) for code in (WENLING, SHITANG)}
    asked = [Acknowledgement(principal(code), own[code]) for code in (WENLING, SHITANG)]
    with database().transaction() as holding:
        holding.get_one(Assignment, own[WENLING], with_for_update=True)
        waits, goes = together._write_together(asked)
    assert waits is None
    assert goes is not None
    assert goes[1] is True
    assert together._alone(asked[0].by, own[WENLING])[1] is True
