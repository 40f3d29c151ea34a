"""Web processes are killed while an order runs down the tree and its answers come back."""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from tests.organisation import PASSWORD, UNITS, UNSTAFFED
from tests.servers import Person, ServerProcess
from zzd import clock
from zzd.db import reading
from zzd.orgtree.models import Unit
from zzd.tasks import states
from zzd.tasks.escalation.models import EscalationStep
from zzd.tasks.lifecycle.history import history_of
from zzd.tasks.models import Assignment, Cascade, Directive
from zzd.tasks.moves import standing
from zzd.tasks.reporting.models import Report, ReportFigure

CITY = "3310"
KILLS, EVERY = 8, 2.0
SPEC = {"key": "moved", "name": "转移人数", "unit": "人", "minimum": 0, "required": True}


@dataclass
class Field:
    """The servers, the latest version of the order, and what everybody was answered."""

    urls: list[str]
    units: dict[str, int]
    over: threading.Event = field(default_factory=threading.Event)
    directives: list[str] = field(default_factory=list)
    # client_id → the report's id, and the figure that was sent.
    reports: dict[str, tuple[str, int]] = field(default_factory=dict)
    cascades: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    def say(self, person: Person, path: str, body: dict[str, Any]) -> requests.Response:
        """Again, to the one server and the other, until one has answered: under a key of its own
        nothing is done twice."""
        turn = 0
        while True:
            turn += 1
            with suppress(requests.RequestException):
                url = f"{self.urls[turn % len(self.urls)]}/api/v1{path}"
                answer = person.http.post(url, json=body, timeout=15)
                if answer.status_code < 500:
                    return answer
                if answer.status_code != 503:
                    self.wrong.append(f"{path}: {answer.status_code} {answer.text[:200]}")
            time.sleep(0.2)

    def assignment(self, unit_id: int, directive_id: str) -> int | None:
        with reading() as session:
            query = select(Assignment.id).filter_by(directive_id=int(directive_id), unit_id=unit_id)
            return session.scalar(query)


def in_minutes(minutes: float) -> str:
    return (clock.now() + timedelta(minutes=minutes)).isoformat()


@pytest.mark.timeout(600)
def test_an_order_under_kills_is_all_or_nothing_and_adds_up(
    app: Flask, servers: list[ServerProcess]
) -> None:
    """Every report and every passing on that was answered is there once, no unit has an order
    twice, sums are those of the reports, and states those of the histories."""
    with reading() as session:
        units = {unit.code: unit.id for unit in session.scalars(select(Unit))}
    played = Field([server.url for server in servers], units)
    people = {
        code: Person(servers[0].url, f"{code}.duty_officer", PASSWORD)
        for code in UNITS
        if code not in UNSTAFFED
    }
    issuer = people["33"]
    event = issuer.post(
        "/events", {"name": "台风", "kind": "typhoon", "mode": "actual", "level": 1}
    )
    played.directives.append(_issue(issuer, event["id"], units[CITY]))
    below = [code for code in people if code.startswith(CITY)]
    acts: list[Callable[[], None]] = [
        *(lambda code=code: _answer(app, played, people[code], units[code]) for code in below),
        *(lambda code=code: _pass_on(app, played, people[code], units[code]) for code in below),
        lambda: _renew(played, issuer),
    ]
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    try:
        for number in range(KILLS):
            time.sleep(EVERY)
            killed = servers[number % len(servers)]
            # The other one goes on.
            killed.kill()
            killed.start()
        time.sleep(EVERY)
    finally:
        played.over.set()
        for thread in threads:
            thread.join(60)
    assert played.wrong == []
    print(
        f"{len(played.reports)} reports, {len(played.cascades)} cascades, "
        f"{len(played.directives)} versions"
    )
    assert len(played.reports) > KILLS * len(below)
    assert played.cascades
    assert len(played.directives) > 1
    _check_answers(played)
    for directive_id in played.directives:
        _check_histories(int(directive_id))
        _check_sums(issuer, int(directive_id))
    for person in people.values():
        person.close()


def _issue(issuer: Person, event_id: str, unit_id: int) -> str:
    made = issuer.post(
        "/directives",
        {
            "event_id": event_id,
            "title": "转移",
            "text": "转移",
            "urgency": "critical",
            "audiences": [{"unit_id": str(unit_id), "levels": [2, 3, 4]}],
            # So soon that somebody is urged meanwhile.
            "ack_deadline": in_minutes(0.1),
            "report_deadline": in_minutes(0.2),
            "figures": [SPEC],
            "escalation": [{"step": "remind", "after_minutes": 0}],
        },
    )
    directive_id: str = made["id"]
    return directive_id


def _rounds(app: Flask, played: Field) -> Iterable[int]:
    with app.app_context():
        number = 0
        while not played.over.is_set():
            number += 1
            yield number
            time.sleep(0.1)


def _answer(app: Flask, played: Field, person: Person, unit_id: int) -> None:
    """Acknowledge and report, again and again; now and then to a version that is over."""
    for number in _rounds(app, played):
        latest = played.directives[-1 if number % 5 else 0]
        if (own := played.assignment(unit_id, latest)) is None:
            continue
        played.say(person, f"/assignments/{own}/acknowledgement", {})
        key, moved = uuid.uuid4().hex, number * 10 + unit_id % 7
        body = {"figures": {"moved": moved}, "client_id": key}
        answer = played.say(person, f"/assignments/{own}/reports", body)
        if answer.status_code in (200, 201):
            played.reports[key] = (answer.json()["id"], moved)


def _pass_on(app: Flask, played: Field, person: Person, unit_id: int) -> None:
    for number in _rounds(app, played):
        if (own := played.assignment(unit_id, played.directives[-1])) is None or number % 7:
            continue
        key = uuid.uuid4().hex
        with reading() as session:
            deadline = session.scalars(
                select(Assignment.ack_deadline).where(Assignment.id == own)
            ).one()
        body = {"note": "请落实", "ack_deadline": deadline.isoformat(), "client_id": key}
        if played.say(person, f"/assignments/{own}/cascade", body).status_code in (200, 201):
            played.cascades.add(key)


def _renew(played: Field, issuer: Person) -> None:
    """A newer version every few seconds."""
    while not played.over.wait(EVERY * 2.5):
        body = {
            "reason": "风雨加强",
            "ack_deadline": in_minutes(0.1),
            "report_deadline": in_minutes(0.2),
            "client_id": uuid.uuid4().hex,
        }
        path = f"/directives/{played.directives[-1]}/update"
        answer = played.say(issuer, path, body)
        if answer.status_code == 422:
            # It was so long on its way that its deadline had passed.
            continue
        assert answer.status_code in (200, 201), answer.text
        played.directives.append(answer.json()["id"])


def _check_answers(played: Field) -> None:
    with reading() as session:
        written = session.execute(
            select(Report.client_id, Report.id, ReportFigure.value).join(
                ReportFigure, ReportFigure.report_id == Report.id
            )
        ).all()
        there = {key: (str(id_), value) for key, id_, value in written}
        assert len(there) == len(written), "one report twice"
        assert {key: there.get(key) for key in played.reports} == played.reports
        assert played.cascades <= set(session.scalars(select(Cascade.client_id)))
        versions = session.scalars(select(Directive.id).order_by(Directive.id)).all()
        assert [str(id_) for id_ in versions] == played.directives


def _check_histories(directive_id: int) -> None:
    with reading() as session:
        rows = session.scalars(
            select(Assignment)
            .filter_by(directive_id=directive_id)
            .options(joinedload(Assignment.directive))
        ).all()
        assert max(Counter(row.unit_id for row in rows).values()) == 1
        for row in rows:
            moves = [step.move for step in history_of(session, row)]
            assert states.replay(moves) is standing(row)
            steps = session.scalars(
                select(EscalationStep.no)
                .filter_by(assignment_id=row.id)
                .order_by(EscalationStep.no)
            ).all()
            assert list(steps) == list(range(1, row.steps + 1))
            numbers = session.scalars(
                select(Report.no).filter_by(assignment_id=row.id).order_by(Report.no)
            ).all()
            assert list(numbers) == list(range(1, len(numbers) + 1))


def _check_sums(issuer: Person, directive_id: int) -> None:
    """Against the latest reports that count, added up along the tree."""
    with reading() as session:
        reports = session.execute(
            select(Assignment.path, Report.no, ReportFigure.value)
            .join(Report, Report.assignment_id == Assignment.id)
            .join(ReportFigure, ReportFigure.report_id == Report.id)
            .where(Assignment.directive_id == directive_id, Report.counted)
            .order_by(Report.assignment_id, Report.no)
        ).all()
        latest = {path: value for path, _, value in reports}
        rows = session.execute(
            select(Assignment.path, Assignment.acknowledged_at).filter_by(directive_id=directive_id)
        ).all()
        units = {unit.id: unit.path for unit in session.scalars(select(Unit))}
    expected: dict[int, dict[str, Any]] = defaultdict(lambda: {"moved": None})
    for unit_id, place in units.items():
        inside = [value for path, value in latest.items() if path.startswith(place)]
        expected[unit_id] = {
            "addressed": sum(path.startswith(place) for path, _ in rows),
            "acknowledged": sum(path.startswith(place) and at is not None for path, at in rows),
            "reported": len(inside),
            "moved": sum(inside) if inside else None,
        }
    for unit_id, numbers in expected.items():
        if not numbers["addressed"]:
            continue
        total = issuer.get(f"/directives/{directive_id}/rollup", unit_id=unit_id)["total"]
        found = {name: total[name] for name in ("addressed", "acknowledged", "reported")}
        assert {**found, "moved": total["figures"]["moved"]} == numbers
