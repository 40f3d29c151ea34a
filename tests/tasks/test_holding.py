"""Who comes second waits for who came first, and nobody in a circle: with two real connections.

One does half of what it does and stops; the other is asked meanwhile, and is seen to wait.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.client import ApiClient
from tests.tasks.drafts.test_drafts import Desk
from tests.tasks.scenes import SHITANG, SONGMEN, TAIZHOU, WENLING, Scene, duty, moment
from zzd.db import reading, transaction
from zzd.identity.principals import principal_of_token
from zzd.principal import Principal
from zzd.tasks import cascades, responses
from zzd.tasks.drafts import drafts
from zzd.tasks.lifecycle import endings

# On SQLite there is one writer at a time.
pytestmark = pytest.mark.parametrize("engine_kind", ["postgresql"], indirect=True)
# Here, and not in the databases of other processes that test on the same server.
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
Ask = Callable[..., "Future[TestResponse]"]


@pytest.fixture
def ask(app: Flask) -> Iterator[Ask]:
    """Ask for something in another thread, and return once that waits for what is held here."""
    with ThreadPoolExecutor(1) as pool:

        def run(client: ApiClient, path: str, body: dict[str, Any]) -> TestResponse:
            with app.app_context():
                return ApiClient(app, token=client.token).request("POST", path, json=body)

        def asked(client: ApiClient, path: str, body: Any = None) -> Future[TestResponse]:
            future = pool.submit(run, client, path, body or {})
            until = time.monotonic() + 20
            while time.monotonic() < until and not future.done():
                with reading(plainly=True) as session:
                    if session.scalar(WAITING):
                        return future
            raise AssertionError(f"it did not wait: {future.result(timeout=1).get_data(True)}")

        yield asked


@contextmanager
def first(client: ApiClient) -> Iterator[tuple[Session, Principal]]:
    """A transaction of somebody's that is under way."""
    by = principal_of_token(client.token or "")
    assert by is not None
    with transaction() as session:
        yield session, by


def answered(future: Future[TestResponse], status: int) -> Any:
    answer = future.result(timeout=30)
    assert answer.status_code == status, answer.get_data(True)
    return answer.get_json()


def test_issuing_a_draft_waits_for_a_change_of_level_that_discards_it(
    scene: Scene, ask: Ask
) -> None:
    desk = Desk(scene)
    draft = desk.save()
    path = f"/directives/drafts/{draft['id']}/issue"
    with first(scene.issuer) as (session, by):
        change = {"level": 2, "reason": "减弱", "client_id": None}
        responses.change_level(session, by=by, event_id=int(scene.event["id"]), **change)
        issuing = ask(scene.issuer, path, {"revision": 1})
        drafts.discard_draft(session, by=by, draft_id=int(draft["id"]))
    assert answered(issuing, 409)["code"] == "draft_settled"


def test_an_update_waits_for_the_end_of_its_event(scene: Scene, ask: Ask) -> None:
    directive = scene.issue(SHITANG)
    path = f"/directives/{directive['id']}/update"
    with first(scene.issuer) as (session, by):
        event_id = int(scene.event["id"])
        change = {"level": 2, "reason": "减弱", "client_id": None}
        event, _ = responses.change_level(session, by=by, event_id=event_id, **change)
        updating = ask(scene.issuer, path, {"reason": "路径北偏"})
        endings.clear_event(session, event, by=by, reason="结束", override_reason=None)
    assert answered(updating, 409)["code"] == "directive_closed"


def test_passing_on_waits_for_the_end_of_the_event(scene: Scene, ask: Ask) -> None:
    directive = scene.issue(WENLING)
    scene.acknowledge(WENLING, directive)
    own = scene.mine(duty(WENLING), directive)
    body = {"note": "请落实", "ack_deadline": own["ack_deadline"]}
    with first(scene.issuer) as (session, by):
        responses.close_event(session, by=by, event_id=int(scene.event["id"]))
        passing = ask(scene.as_(duty(WENLING)), f"/assignments/{own['id']}/cascade", body)
    assert answered(passing, 409)["code"] == "directive_closed"
    assert scene.rollup(directive)["total"]["addressed"] == 1


def test_a_unit_that_takes_it_after_all_waits_for_who_passes_it_on(scene: Scene, ask: Ask) -> None:
    """Its deadlines may become others, and the sums are booked from how it stood before."""
    directive = scene.issue(WENLING, SHITANG)
    scene.acknowledge(WENLING, directive)
    own, county = scene.path(SHITANG, directive), scene.mine(duty(WENLING), directive)
    scene.as_(duty(SHITANG)).post(f"{own}/return", {"reason": "不属本镇"})
    said = {"note": "请落实", "levels": [4], "unit_ids": None, "client_id": None}
    with first(scene.as_(duty(WENLING))) as (session, by):
        cascades.pass_on(
            session,
            by=by,
            assignment_id=int(county["id"]),
            ack_deadline=moment(county["ack_deadline"]),
            report_deadline=None,
            **said,
        )
        taking = ask(scene.as_(duty(SHITANG)), f"{own}/acknowledgement")
    answered(taking, 201)
    total = scene.rollup(directive)["total"]
    assert (total["addressed"], total["acknowledged"], total["returned"]) == (3, 2, 0)


def test_all_clear_said_twice_at_once_is_said_once(scene: Scene, ask: Ask) -> None:
    directive = scene.issue(audiences=[scene.all_below(TAIZHOU)])
    path, reason = f"/directives/{directive['id']}/all-clear", {"reason": "风已过"}
    branch = {**reason, "unit_id": scene.unit_id(WENLING)}
    said = {"reason": "风已过", "override_reason": None, "directive_id": int(directive["id"])}
    with first(scene.issuer) as (session, by):
        endings.all_clear(session, by=by, unit_id=int(branch["unit_id"]), **said)
        second = ask(scene.as_(duty(TAIZHOU)), path, branch)
    assert len(answered(second, 200)["endings"]) == 1
    with first(scene.issuer) as (session, by):
        responses.close_event(session, by=by, event_id=int(scene.event["id"]))
        second = ask(scene.issuer, path, reason)
    assert answered(second, 200)["status"] == "closed"
    with first(scene.issuer) as (session, by):
        responses.close_event(session, by=by, event_id=int(scene.event["id"]))
    # One for the branch, one for the whole.
    assert len(scene.issuer.get(f"/directives/{directive['id']}")["endings"]) == 2
    assert scene.mine(duty(SONGMEN), directive)["due_at"] is None
