"""Many at once: on PostgreSQL truly, on SQLite one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.client import ApiClient
from tests.tasks.scenes import SHITANG, SONGMEN, TAIZHOU, WENLING, Scene, duty, in_hours, moment
from zzd.tasks.models import Assignment, AssignmentMove, Directive
from zzd.tasks.reporting.models import Report


def at_once(
    app: Flask, calls: Sequence[tuple[ApiClient, str, dict[str, Any]]]
) -> list[TestResponse]:
    """Post all of these in as many threads, set off at the same moment."""
    barrier = Barrier(len(calls))

    def run(client: ApiClient, path: str, body: dict[str, Any]) -> TestResponse:
        with app.app_context():
            own = ApiClient(app, token=client.token)
            barrier.wait(timeout=30)
            return own.request("POST", path, json=body)

    with ThreadPoolExecutor(len(calls)) as pool:
        futures = [pool.submit(run, *call) for call in calls]
        return [future.result(timeout=60) for future in futures]


def statuses(answers: list[TestResponse]) -> list[int]:
    return sorted(answer.status_code for answer in answers)


def count(session: Session, model: Any) -> int:
    session.rollback()
    return session.scalars(select(func.count()).select_from(model)).one()


def test_fifty_issues_with_one_key_are_one_directive(
    app: Flask, scene: Scene, session: Session
) -> None:
    body = scene.body(SHITANG, SONGMEN, client_id="once")
    answers = at_once(app, [(scene.issuer, "/directives", body)] * 50)
    assert statuses(answers) == [200] * 49 + [201]
    assert len({str(answer.get_json()) for answer in answers}) == 1
    assert (count(session, Directive), count(session, Assignment)) == (1, 2)
    other = {**body, "title": "别的"}
    assert scene.issuer.post("/directives", other, status=409)["code"] == "idempotency_conflict"


def test_ten_reports_with_one_key_are_one_report(
    app: Flask, scene: Scene, session: Session
) -> None:
    directive = scene.issue(SHITANG)
    scene.acknowledge(SHITANG, directive)
    path = f"{scene.path(SHITANG, directive)}/reports"
    body = {"figures": {"moved": 5}, "client_id": "once"}
    officer = scene.as_(duty(SHITANG))
    answers = at_once(app, [(officer, path, body)] * 10)
    assert statuses(answers) == [200] * 9 + [201]
    assert len({str(answer.get_json()) for answer in answers}) == 1
    assert count(session, Report) == 1
    assert scene.rollup(directive)["total"]["figures"]["moved"] == 5
    officer.post(path, {**body, "figures": {"moved": 6}}, status=409)


def test_reports_of_two_officials_at_once_are_numbered_and_the_last_counts(
    app: Flask, scene: Scene
) -> None:
    directive = scene.issue(SHITANG)
    scene.acknowledge(SHITANG, directive)
    path = scene.path(SHITANG, directive)
    calls = [
        (scene.as_(username), f"{path}/reports", {"figures": {"moved": number}})
        for number, username in enumerate([duty(SHITANG), "331081100.leader"] * 4)
    ]
    assert statuses(at_once(app, calls)) == [201] * 8
    shown = scene.as_(duty(SHITANG)).get(path)
    assert [report["no"] for report in shown["reports"]] == list(range(1, 9))
    assert shown["latest_report"] == shown["reports"][-1]
    total = scene.rollup(directive)["total"]
    assert (total["reported"], total["figures"]["moved"]) == (
        1,
        shown["latest_report"]["figures"]["moved"],
    )


def test_a_unit_acknowledges_once_whoever_is_first(
    app: Flask, scene: Scene, session: Session
) -> None:
    directive = scene.issue(SHITANG)
    path = f"{scene.path(SHITANG, directive)}/acknowledgement"
    clients = [scene.as_(duty(SHITANG)), scene.as_("331081100.leader")] * 4
    answers = at_once(app, [(client, path, {}) for client in clients])
    assert statuses(answers) == [200] * 7 + [201]
    assert len({str(answer.get_json()["acknowledged"]) for answer in answers}) == 1
    assert count(session, AssignmentMove) == 1


def test_two_levels_passing_on_at_once_give_one_assignment_and_the_earlier_deadline(
    app: Flask, scene: Scene
) -> None:
    directive = scene.issue(TAIZHOU, WENLING)
    earliest = in_hours(1)
    calls = []
    for code in (TAIZHOU, WENLING):
        scene.acknowledge(code, directive)
        path = f"{scene.path(code, directive)}/cascade"
        for number in range(3):
            body = {
                "note": f"{code}第{number}次",
                "levels": [4],
                "ack_deadline": earliest if number == 0 and code == TAIZHOU else in_hours(2),
            }
            calls.append((scene.as_(duty(code)), path, body))
    answers = at_once(app, calls)
    assert statuses(answers) == [201] * 6
    # Three townships in Taizhou, two of them in Wenling: each was new to one cascade alone.
    assert sum(answer.get_json()["units"] for answer in answers) == 3
    shown = scene.mine(duty(SHITANG), directive)
    assert moment(shown["ack_deadline"]) == moment(earliest)
    assert len(shown["notes"]) == 6


def test_cascades_of_city_and_township_and_answers_below_never_block_each_other(
    app: Flask, scene: Scene
) -> None:
    codes = (TAIZHOU, WENLING, SHITANG, SONGMEN)
    directive = scene.issue(audiences=[scene.all_below(TAIZHOU)])
    calls: list[tuple[ApiClient, str, dict[str, Any]]] = []
    for code in codes:
        scene.acknowledge(code, directive)
        path = scene.path(code, directive)
        calls += [
            (
                scene.as_(duty(code)),
                f"{path}/cascade",
                {"note": "请落实", "levels": [5, 6], "ack_deadline": in_hours(2)},
            ),
            (scene.as_(duty(code)), f"{path}/reports", {"figures": {"moved": 1}}),
        ]
    assert statuses(at_once(app, calls)) == [201] * 8
