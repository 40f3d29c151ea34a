"""Telephones: who is called, once, what becomes of it, and what a gateway is sent."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.conftest import Listening, SignedIn
from tests.messaging.conftest import CITY
from tests.messaging.dings.conftest import (
    BELOW_TOWN,
    DUTY,
    LEADER,
    START,
    Ding,
    Recorder,
    give_numbers,
    run_timers,
)
from tests.messaging.dings.test_repeats import MINUTE, work_at_once
from zzd import clock
from zzd.db import transaction
from zzd.messaging.dings import calls, channels, rules, steps
from zzd.messaging.dings.channels import Call, HttpGateway, Outcome, SimulatedGateway
from zzd.messaging.dings.models import DingCall
from zzd.orgtree.models import Official

DAY = timedelta(days=1)
SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()


def states(session: Session, **narrowed: Any) -> dict[tuple[int, str], set[str]]:
    """(step, state) and the numbers of whom it is about."""
    found: dict[tuple[int, str], set[str]] = {}
    query = select(DingCall, Official.staff_no).join(Official).filter_by(**narrowed)
    for call, staff_no in session.execute(query.execution_options(populate_existing=True)):
        found.setdefault((call.step, call.state), set()).add(staff_no)
    session.rollback()
    return found


def test_only_those_who_have_not_confirmed_are_called_and_each_step_once(
    ding: Ding, confirm: Any, telephones: dict[str, Recorder], as_: SignedIn
) -> None:
    sms, voice = telephones["sms"], telephones["voice"]
    with clock.at(START):
        made = ding("331081100", channels=["sms"], repeat={"every_minutes": 5, "times": 2})
        for _ in range(3):
            run_timers()
    assert sorted(sms.called()) == sorted(BELOW_TOWN)
    assert sms.calls[0].text == "【DING】台州市 陈台州：19时前全部转移到位，收到请确认"
    confirm(DUTY, made)
    sms.calls.clear()
    with clock.at(START + 5 * MINUTE):
        run_timers()
        run_timers()
    assert sorted(sms.called()) == sorted(BELOW_TOWN - {DUTY})
    assert voice.calls == []
    sent = as_(CITY).get(f"/dings/{made['id']}")["sent"]["calls"]
    nothing = {"waiting": 0, "failed": 0, "unreached": 0, "dropped": 0}
    assert sent == {"sms": {**nothing, "sent": 6 + 5}}


def test_who_confirms_before_their_turn_is_not_called(
    ding: Ding, confirm: Any, telephones: dict[str, Recorder], session: Session
) -> None:
    with clock.at(START):
        made = ding(None, DUTY, LEADER, channels=["sms", "voice"])
        calls.spread_due()
        confirm(DUTY, made)
        run_timers()
    assert telephones["sms"].called() == [LEADER]
    assert telephones["voice"].called() == [LEADER]
    assert states(session) == {(0, "sent"): {LEADER}, (0, "dropped"): {DUTY}}


def test_a_cancellation_stops_the_calls_that_wait(
    ding: Ding, as_: SignedIn, telephones: dict[str, Recorder], session: Session
) -> None:
    with clock.at(START):
        written = ding(None, DUTY, channels=["sms"])
        calls.spread_due()
        unwritten = ding(None, DUTY, channels=["sms"])
        for made in (written, unwritten):
            as_(CITY).post(f"/dings/{made['id']}/cancellation", status=200)
        run_timers()
    assert telephones["sms"].calls == []
    assert states(session, ding_id=int(written["id"])) == {(0, "dropped"): {DUTY}}
    assert states(session, ding_id=int(unwritten["id"])) == {}


def test_what_is_over_rings_nobody(
    ding: Ding, telephones: dict[str, Recorder], session: Session, listening: Listening
) -> None:
    """Neither a repeat that a dead worker left, nor the calls of a step, nor the seventh day's beat."""
    daily = {"every_minutes": 24 * 60, "times": 20}
    with clock.at(START):
        repeats = ding(None, DUTY, channels=["sms"], repeat=daily)
        calls.spread_due()
        unspread = ding(None, LEADER, channels=["sms"])
    device = listening(DUTY)
    with clock.at(START + rules.OPEN_FOR + MINUTE):
        run_timers()
    assert telephones["sms"].calls == []
    assert device.hear("ding.repeated") == []
    assert states(session, ding_id=int(repeats["id"])) == {(0, "dropped"): {DUTY}}
    assert states(session, ding_id=int(unspread["id"])) == {}
    beats = [
        rules.next_repeat(created_at=START, now=START + n * DAY, step=n, **daily) for n in (5, 6)
    ]
    assert beats == [START + 6 * DAY, None]


def test_who_has_no_number_is_unreached(
    ding: Ding, as_: SignedIn, telephones: dict[str, Recorder]
) -> None:
    with transaction() as session:
        session.execute(update(Official).where(Official.staff_no == DUTY).values(phone=None))
    with clock.at(START):
        made = ding(None, DUTY, LEADER, channels=["sms"])
        run_timers()
    rows = as_(CITY).get(f"/dings/{made['id']}/officials")["items"]
    now = START.isoformat()
    assert {row["name"]: row["calls"] for row in rows} == {
        "陈石塘": [{"channel": "sms", "step": 0, "state": "unreached", "reason": None, "at": now}],
        "王石塘": [{"channel": "sms", "step": 0, "state": "sent", "reason": None, "at": now}],
    }


def test_what_fails_for_a_while_is_tried_again_ever_later_and_then_given_up(
    ding: Ding, telephones: dict[str, Recorder], session: Session
) -> None:
    sms = telephones["sms"]
    sms.answer = lambda _call: Outcome("retry", "busy")
    with clock.at(START):
        ding(None, DUTY, channels=["sms"])
    tried = []
    for second in range(400):
        with clock.at(START + timedelta(seconds=second)):
            run_timers()
        tried += [second] * (len(sms.calls) - len(tried))
    assert tried == [0, 10, 30, 70, 150]
    assert {call.id for call in sms.calls} == {sms.calls[0].id}
    assert states(session) == {(0, "failed"): {DUTY}}
    assert session.scalars(select(DingCall.reason)).all() == ["busy"]


def test_what_is_refused_for_good_is_not_tried_again(
    ding: Ding, telephones: dict[str, Recorder], session: Session
) -> None:
    telephones["sms"].answer = lambda _call: Outcome("failed", "no such number")
    for seconds in (0, 60, 600):
        with clock.at(START + timedelta(seconds=seconds)):
            if seconds == 0:
                ding(None, DUTY, channels=["sms"])
            run_timers()
    assert len(telephones["sms"].calls) == 1
    assert states(session) == {(0, "failed"): {DUTY}}


def test_a_worker_that_dies_after_the_claim_leaves_the_calls_to_another(
    ding: Ding, telephones: dict[str, Recorder], session: Session
) -> None:
    sms = telephones["sms"]

    def die(_call: Call) -> Outcome:
        raise SystemExit

    sms.answer = die
    with clock.at(START):
        ding(None, DUTY, LEADER, channels=["sms"])
        with pytest.raises(SystemExit):
            run_timers()
        sms.answer = lambda _call: Outcome("sent")
        run_timers()
    first = {call.id for call in sms.calls}
    assert len(sms.calls) == 2
    with clock.at(START + calls.CLAIMED_FOR):
        run_timers()
        run_timers()
    # The same ids: a gateway that sent them before the death does not send them again.
    assert len(sms.calls) == 4
    assert {call.id for call in sms.calls} == first
    assert states(session) == {(0, "sent"): {DUTY, LEADER}}


def test_many_workers_call_everybody_once(
    app: Flask,
    ding: Ding,
    telephones: dict[str, Recorder],
    crowd: Callable[[int], list[str]],
    session: Session,
) -> None:
    crowd(1200)
    give_numbers()
    with clock.at(START):
        ding("331081100", channels=["sms", "voice"])
    work_at_once(app, START, calls.spread_due)
    work_at_once(app, START, lambda: calls.call_due("sms"))
    work_at_once(app, START, lambda: calls.call_due("voice"))
    # One that found the next row taken stops; the next second it looks again.
    with clock.at(START + timedelta(seconds=1)):
        for _ in range(3):
            run_timers()
    for recorder in telephones.values():
        phones = [call.phone for call in recorder.calls]
        assert len(phones) == len(set(phones)) == 1200 + len(BELOW_TOWN)
    assert {state for _, state in states(session)} == {"sent"}


def test_a_channel_that_breaks_is_tried_again(
    ding: Ding, telephones: dict[str, Recorder], session: Session
) -> None:
    def break_down(_call: Call) -> Outcome:
        raise OSError("no route to host")

    telephones["sms"].answer = break_down
    with clock.at(START):
        ding(None, DUTY, channels=["sms"])
        run_timers()
    [call] = session.scalars(select(DingCall)).all()
    assert (call.state, call.reason) == ("waiting", "the gateway could not be reached")
    assert call.due_at == START + timedelta(seconds=10)


# The gateway over HTTP, with a real one.


class Gateway(ThreadingHTTPServer):
    """Keeps requests; ``answer`` gives status and body for one."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.answer: Callable[[Any], tuple[int, bytes]] = lambda body: (
            200,
            json.dumps(
                {"results": [{"id": m["id"], "state": "sent"} for m in body["messages"]]}
            ).encode(),
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/send"


class _Handler(BaseHTTPRequestHandler):
    server: Gateway

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((dict(self.headers), body))
        status, answer = self.server.answer(json.loads(body))
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_args: Any) -> None:
        """Quiet."""


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    server = Gateway()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


BATCH = [Call("1.0.7.sms", "13800000000", "【DING】转移"), Call("1.0.8.sms", "13900000000", "同")]


def test_a_gateway_is_sent_a_signed_batch_that_it_can_recognise(gateway: Gateway) -> None:
    channel = HttpGateway("sms", gateway.url, SECRET)
    sent = Outcome("sent")
    for _ in range(2):
        assert channel.send(BATCH) == {"1.0.7.sms": sent, "1.0.8.sms": sent}
    (headers, body), (again, _) = gateway.requests
    assert json.loads(body) == {
        "channel": "sms",
        "messages": [
            {"id": "1.0.7.sms", "phone": "13800000000", "text": "【DING】转移"},
            {"id": "1.0.8.sms", "phone": "13900000000", "text": "同"},
        ],
    }
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(b"k" * 32, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 10
    assert headers["webhook-id"] == again["webhook-id"]


@pytest.mark.parametrize("status", [301, 400, 401, 429, 500, 503])
def test_a_gateway_that_refuses_is_asked_again(gateway: Gateway, status: int) -> None:
    gateway.answer = lambda _body: (status, b"{}")
    outcomes = HttpGateway("sms", gateway.url, SECRET).send(BATCH)
    retry = Outcome("retry", f"the gateway answered {status}")
    assert outcomes == {"1.0.7.sms": retry, "1.0.8.sms": retry}


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"thanks",
        b"[]",
        b"{}",
        b'{"results": 1}',
        b'{"results": [1]}',
        b'{"results": [{"id": "1.0.7.sms"}]}',
        b'{"results": [{"id": [], "state": "sent"}]}',
        b'{"results": [{"id": "1.0.7.sms", "state": "perhaps"}]}',
    ],
)
def test_an_answer_that_makes_no_sense_settles_nothing(gateway: Gateway, answer: bytes) -> None:
    gateway.answer = lambda _body: (200, answer)
    assert HttpGateway("sms", gateway.url, SECRET).send(BATCH) == {}


def test_what_a_gateway_says_is_shown_to_the_sender(
    app: Flask, gateway: Gateway, ding: Ding, as_: SignedIn, telephones: dict[str, Recorder]
) -> None:
    def answer(body: Any) -> tuple[int, bytes]:
        [message] = body["messages"]
        result = {"id": message["id"], "state": "failed", "reason": "空\x00号" + "x" * 500}
        return 200, json.dumps({"results": [result]}).encode()

    gateway.answer = answer
    app.extensions[channels.CHANNELS] = {"sms": HttpGateway("sms", gateway.url, SECRET)}
    with clock.at(START):
        made = ding(None, DUTY, channels=["sms"])
        run_timers()
    [row] = as_(CITY).get(f"/dings/{made['id']}/officials")["items"]
    assert row["calls"][0]["state"] == "failed"
    assert row["calls"][0]["reason"] == ("空号" + "x" * 500)[:200]


def test_a_gateway_that_hangs_does_not_hold_up_the_repeats(
    app: Flask,
    gateway: Gateway,
    ding: Ding,
    telephones: dict[str, Recorder],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(channels, "TIMEOUT", (30, 30))
    stuck, free = threading.Event(), threading.Event()

    def hang(_body: Any) -> tuple[int, bytes]:
        stuck.set()
        free.wait(30)
        return 200, b"{}"

    gateway.answer = hang
    app.extensions[channels.CHANNELS] = {
        "sms": HttpGateway("sms", gateway.url, SECRET),
        "voice": telephones["voice"],
    }
    with clock.at(START):
        ding(None, DUTY, channels=["sms", "voice"], repeat={"every_minutes": 1, "times": 1})
        calls.spread_due()

    def call() -> None:
        with app.app_context(), clock.at(START):
            calls.call_due("sms")

    caller = threading.Thread(target=call)
    caller.start()
    try:
        assert stuck.wait(20)
        with clock.at(START + MINUTE):
            calls.call_due("voice")
            steps.fire_due()
        assert len(telephones["voice"].calls) == 1
        # All of it while the other still waits for its answer.
        assert caller.is_alive()
    finally:
        free.set()
        caller.join(20)


def test_the_simulated_gateway_does_the_same_each_time() -> None:
    batch = [Call(f"1.0.{n}.sms", "13800000000", "转移") for n in range(200)]
    first, again = (SimulatedGateway("sms", seed=7, delay=0).send(batch) for _ in range(2))
    assert first == again
    assert {outcome.state for outcome in first.values()} == {"sent", "failed", "retry"}
    others = SimulatedGateway("sms", seed=8, delay=0).send(batch)
    assert others != first
    second = [Call(call.id, call.phone, call.text, attempt=2) for call in batch]
    assert "retry" not in {
        o.state for o in SimulatedGateway("sms", seed=7, delay=0).send(second).values()
    }
