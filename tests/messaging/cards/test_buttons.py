"""Buttons: pressed once, told to the app with a signature, and never silently lost."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from standardwebhooks import Webhook, WebhookVerificationError

from tests.client import ApiClient
from tests.conftest import Listening, SignedIn
from tests.messaging.cards.conftest import Send, Shelters, actions, content, deliver, press
from tests.messaging.conftest import MEMBER, OTHER_MEMBER, OWNER
from tests.messaging.replica import Replica
from tests.outgoing.receiver import Receiver, Reply
from zzd import clock
from zzd.db import reading, transaction
from zzd.messaging.cards import delivery, rules
from zzd.messaging.cards.models import CardAction
from zzd.messaging.models import Message
from zzd.messaging.records.removal import remove_words
from zzd.outgoing import CLIENT, Client

START = datetime.now(UTC).replace(microsecond=0)


def answering(status: int = 200, **said: Any) -> Callable[[Any], Reply]:
    body = json.dumps(said).encode() if said else b""
    return lambda _received: Reply(status, body)


def test_the_app_is_told_with_a_signature_that_the_library_verifies(
    send: Send, as_: SignedIn, receiver: Receiver, shelters: Shelters
) -> None:
    card = send()
    pressed = press(as_(OTHER_MEMBER), card)
    assert (pressed["state"], pressed["settled_at"]) == ("waiting", None)
    deliver()
    (got,) = receiver.received
    event = Webhook(shelters.secrets[0]).verify(got.body, got.headers)
    assert got.headers["webhook-id"] == event["id"] == f"card-action-{pressed['id']}"
    assert (event["specversion"], event["type"]) == ("1.0", "card.action")
    data = event["data"]
    assert data["button"] == {"id": "seen", "text": "已知悉", "action": "seen:17"}
    assert (data["conversation_id"], data["seq"]) == (card["conversation_id"], 1)
    assert (data["key"], data["version"]) == ("shelter-17", 1)
    assert data["official"]["name"] == "陈松门"
    userinfo = shelters.server.open(as_(OTHER_MEMBER)).get("/oauth/userinfo")
    assert data["official"]["sub"] == userinfo["sub"]
    assert actions(as_(OTHER_MEMBER), card)[0]["state"] == "done"
    with pytest.raises(WebhookVerificationError):
        Webhook(shelters.secrets[0]).verify(got.body + b" ", got.headers)


def test_both_secrets_are_good_while_rotating(
    send: Send, as_: SignedIn, receiver: Receiver, shelters: Shelters, developer: ApiClient
) -> None:
    """And not a third one, nor the old one after a day."""
    card = send()
    first = shelters.secrets[0]
    assert shelters.make_secret(developer)["previous_until"] is not None
    press(as_(OTHER_MEMBER), card)
    deliver()
    for secret in shelters.secrets:
        Webhook(secret).verify(receiver.received[0].body, receiver.received[0].headers)
    shelters.make_secret(developer)
    press(as_(OTHER_MEMBER), card)
    deliver()
    got = receiver.received[1]
    for secret in shelters.secrets[1:]:
        Webhook(secret).verify(got.body, got.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(first).verify(got.body, got.headers)
    with clock.at(datetime.now(UTC) + timedelta(hours=25)):
        press(as_(OTHER_MEMBER), card)
        deliver()
    signatures = receiver.received[2].headers["webhook-signature"].split(" ")
    assert len(signatures) == 1


def test_who_is_outside_the_apps_audience_is_told_by_a_pseudonym_alone(
    publish: Any, developer: ApiClient, receiver: Receiver, as_: SignedIn, made: dict[str, Any]
) -> None:
    server = publish(
        id="cn.zj.narrow",
        scopes=[
            {"name": "identity", "reason": "x"},
            {"name": "cards.send", "reason": "x"},
        ],
        audience={"unit_code": "331081", "line": "flood_control"},
        callback_url=f"{receiver.url}/cards",
    )
    developer.post(f"/miniapps/{server.id}/callback-secret")
    card = server.open(as_(MEMBER)).post(f"/conversations/{made['id']}/cards", content())
    press(as_(MEMBER), card)
    press(as_(OWNER), card)
    deliver()
    told = [json.loads(got.body)["data"]["official"] for got in receiver.received]
    assert [sorted(each) for each in told] == [["name", "post", "sub", "unit"], ["sub"]]


def test_a_press_is_recorded_once_with_who_and_in_which_post(
    send: Send, as_: SignedIn, receiver: Receiver
) -> None:
    card = send()
    first = press(as_(OTHER_MEMBER), card, client_id="a")
    assert press(as_(OTHER_MEMBER), card, client_id="a", status=200) == first
    other = press(as_(OTHER_MEMBER), card, "open", client_id="a", status=409)
    assert other["code"] == "idempotency_conflict"
    again = press(as_(OTHER_MEMBER), card, client_id="b", status=409)
    assert again["code"] == "press_waiting"
    press(as_(OWNER), card, client_id="a")
    deliver()
    assert len(receiver.received) == 2
    assert press(as_(OTHER_MEMBER), card, client_id="a", status=200)["state"] == "done"
    press(as_(OTHER_MEMBER), card, client_id="b")
    with reading() as session:
        rows = session.scalars(select(CardAction).order_by(CardAction.id)).all()
        assert [row.sender_name for row in rows] == ["陈松门", "王温岭", "陈松门"]
        assert rows[0].sender_title
        assert rows[0].sender_unit == "松门镇"


def test_presses_at_one_moment_are_one(
    app: Flask, send: Send, as_: SignedIn, receiver: Receiver
) -> None:
    card = send()
    token = as_(OTHER_MEMBER).token
    path = f"/conversations/{card['conversation_id']}/messages/1/actions"

    def tap(_number: int) -> int:
        with app.app_context():
            client = ApiClient(app, token=token)
            return client.request("POST", path, json={"button_id": "seen"}).status_code

    with ThreadPoolExecutor(5) as pool:
        statuses = sorted(pool.map(tap, range(5)))
    assert statuses == [201, 409, 409, 409, 409]
    deliver()
    assert len(receiver.received) == 1


def test_two_workers_tell_a_press_once(
    app: Flask, send: Send, as_: SignedIn, receiver: Receiver
) -> None:
    card = send()
    for who in (MEMBER, OTHER_MEMBER, OWNER):
        press(as_(who), card)

    def work() -> None:
        with app.app_context():
            delivery.deliver_due()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    deliver()
    assert len({got.headers["webhook-id"] for got in receiver.received}) == 3
    assert len(receiver.received) == 3


def test_only_buttons_that_are_there_are_pressed(
    send: Send, acting: ApiClient, as_: SignedIn
) -> None:
    card = send()
    for button in ("open", "unknown"):
        assert press(as_(OWNER), card, button, status=409)["code"] == "button_gone"
    press(as_(OWNER), card, "A B", status=422)
    path = f"/conversations/{card['conversation_id']}"
    acting.put(f"{path}/cards/shelter-17", content(buttons=[]))
    assert press(as_(OWNER), card, status=409)["code"] == "button_gone"
    as_(OWNER).post(f"{path}/messages", {"text": "x"})
    press(as_(OWNER), {**card, "seq": 2}, status=404)
    press(as_(OWNER), {**card, "seq": 3}, status=404)
    # An app presses nothing, not even its own.
    acting.post(f"{path}/messages/1/actions", {"button_id": "seen"}, status=403)


def test_the_answer_replaces_the_card_and_has_words_for_who_pressed(
    send: Send, as_: SignedIn, receiver: Receiver, listening: Listening
) -> None:
    card = send()
    mine, theirs = listening(OTHER_MEMBER), listening(OWNER)
    press(as_(OTHER_MEMBER), card)
    after = content(status={"text": "已知悉", "tone": "success"}, buttons=[])
    receiver.reply = answering(card=after, toast="已登记，谢谢")
    deliver()
    (action,) = actions(as_(OTHER_MEMBER), card)
    assert (action["state"], action["toast"]) == ("done", "已登记，谢谢")
    path = f"/conversations/{card['conversation_id']}/messages/1"
    shown = as_(OWNER).get(path)["content"]
    assert (shown["version"], shown["buttons"], shown["status"]["text"]) == (2, [], "已知悉")
    assert shown["app"]["app_id"] == "cn.zj.shelters"
    assert theirs.hear("message.updated")[0]["content"] == shown
    theirs_only = [event["type"] for event in theirs.events]
    assert "card_action.updated" not in theirs_only
    assert [each["state"] for each in mine.hear("card_action.updated")] == ["waiting", "done"]


def test_a_failing_app_is_tried_again_ever_later_and_then_it_is_said(
    send: Send, as_: SignedIn, receiver: Receiver
) -> None:
    receiver.reply = answering(503)
    card = send()
    tried: list[float] = []
    with clock.at(START):
        press(as_(OTHER_MEMBER), card)
    for second in range(120):
        with clock.at(START + timedelta(seconds=second)):
            deliver()
        if len(receiver.received) > len(tried):
            tried.append(second)
    assert tried == [0, 5, 15, 35, 75]
    assert len({got.headers["webhook-id"] for got in receiver.received}) == 1
    stamps = [int(got.headers["webhook-timestamp"]) for got in receiver.received]
    assert [stamp - stamps[0] for stamp in stamps] == tried
    (action,) = actions(as_(OTHER_MEMBER), card)
    assert (action["state"], action["reason"]) == ("failed", "unreachable")
    # And pressed again it is told again.
    receiver.reply = answering()
    with clock.at(START + timedelta(seconds=200)):
        press(as_(OTHER_MEMBER), card)
        deliver()
    assert [each["state"] for each in actions(as_(OTHER_MEMBER), card)] == ["done", "failed"]


def test_an_app_that_comes_back_in_time_is_done(
    send: Send, as_: SignedIn, receiver: Receiver
) -> None:
    replies = [Reply(429), Reply(500), Reply(200)]
    receiver.reply = lambda _received: replies.pop(0)
    card = send()
    for seconds in (0, 5, 15):
        with clock.at(START + timedelta(seconds=seconds)):
            if not seconds:
                press(as_(OTHER_MEMBER), card)
            deliver()
    assert actions(as_(OTHER_MEMBER), card)[0]["state"] == "done"


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(403), "refused"),
        (Reply(410), "refused"),
        (Reply(302, location="http://127.0.0.1/"), "refused"),
        (Reply(200, b"<html>"), "bad_answer"),
        (Reply(200, b"[]"), "bad_answer"),
        (Reply(200, b"\xff"), "bad_answer"),
        (Reply(200, b'{"toast": 7}'), "bad_answer"),
        (Reply(200, b'{"toast": "\\u202e"}'), "bad_answer"),
        (Reply(200, b'{"card": {"title": ""}}'), "bad_answer"),
        (Reply(200, b'{"unknown": 1}'), "bad_answer"),
        # A file that the card did not show: nobody's right to it was looked at.
        (
            Reply(200, b'{"card": {"title": "x", "fields": [{"label": "x", "file": "1"}]}}'),
            "bad_answer",
        ),
        (Reply(200, b'"' + b"x" * 70_000 + b'"'), "bad_answer"),
    ],
)
def test_what_trying_again_does_not_mend_fails_at_once(
    send: Send, as_: SignedIn, receiver: Receiver, reply: Reply, reason: str
) -> None:
    receiver.reply = lambda _received: reply
    card = send()
    press(as_(OTHER_MEMBER), card)
    deliver()
    (action,) = actions(as_(OTHER_MEMBER), card)
    assert (action["state"], action["reason"]) == ("failed", reason)
    assert len(receiver.received) == 1
    path = f"/conversations/{card['conversation_id']}/messages/1"
    assert as_(OWNER).get(path)["content"]["version"] == 1


def test_an_address_inside_is_not_called(
    app: Flask, send: Send, as_: SignedIn, receiver: Receiver
) -> None:
    card = send()
    app.extensions[CLIENT] = Client()
    press(as_(OTHER_MEMBER), card)
    deliver()
    (action,) = actions(as_(OTHER_MEMBER), card)
    assert (action["state"], action["reason"]) == ("failed", "refused")
    assert receiver.received == []


def test_a_suspended_app_hears_nothing(
    send: Send, as_: SignedIn, receiver: Receiver, shelters: Shelters
) -> None:
    card = send()
    press(as_(OTHER_MEMBER), card)
    path = f"/miniapps/{shelters.server.id}/suspension"
    as_("system_admin").post(path, {"reason": "x"}, status=200)
    deliver()
    (action,) = actions(as_(OTHER_MEMBER), card)
    assert (action["state"], action["reason"]) == ("failed", "app_gone")
    assert receiver.received == []
    assert press(as_(OWNER), card, status=409)["code"] == "card_not_live"


def test_what_a_dying_worker_had_is_told_again_under_the_same_id(
    send: Send, as_: SignedIn, receiver: Receiver
) -> None:
    card = send()
    with clock.at(START):
        press(as_(OTHER_MEMBER), card)
        with transaction() as session:
            assert delivery._claim(session) is not None
        deliver()
        assert receiver.received == []
    with clock.at(START + rules.CLAIMED_FOR):
        deliver()
    assert len(receiver.received) == 1
    assert actions(as_(OTHER_MEMBER), card)[0]["state"] == "done"


def test_what_is_removed_is_told_to_nobody(send: Send, as_: SignedIn, receiver: Receiver) -> None:
    card = send()
    press(as_(OTHER_MEMBER), card)
    with transaction() as session:
        message = session.scalars(select(Message).where(Message.kind == "card")).one()
        remove_words(session, [message], clock.now())
    deliver()
    assert receiver.received == []
    assert actions(as_(OTHER_MEMBER), card) == []
    assert press(as_(OWNER), card, status=409)["code"] == "card_not_live"


def test_an_app_that_hangs_holds_up_two_requests_and_no_more(
    send: Send, as_: SignedIn, receiver: Receiver
) -> None:
    card = send()
    with clock.at(START):
        for who in (MEMBER, OTHER_MEMBER, OWNER):
            press(as_(who), card)
        for expected in (True, True, False):
            with transaction() as session:
                assert (delivery._claim(session) is not None) is expected


def test_my_actions_are_listed_page_by_page_and_are_nobody_elses(
    send: Send, as_: SignedIn, receiver: Receiver
) -> None:
    card = send()
    for _ in range(3):
        press(as_(OTHER_MEMBER), card)
        deliver()
    press(as_(OWNER), card)
    path = f"/conversations/{card['conversation_id']}/card-actions"
    first = as_(OTHER_MEMBER).get(path, limit=2)
    rest = as_(OTHER_MEMBER).get(path, limit=2, cursor=first["next"])
    assert [len(first["items"]), len(rest["items"]), rest["next"]] == [2, 1, None]
    as_(OTHER_MEMBER).get(path, cursor="x", status=422)
    assert len(actions(as_(OWNER), card)) == 1


def test_a_stale_state_and_its_events_make_the_fresh_state(
    send: Send,
    acting: ApiClient,
    as_: SignedIn,
    receiver: Receiver,
    listening: Listening,
    official_id: Callable[[str], str],
) -> None:
    card = send()
    path = f"/conversations/{card['conversation_id']}"
    as_(OWNER).post(f"{path}/messages", {"text": "收到", "reply_to_seq": 1})
    replicas = [
        Replica(as_(who), listening(who), card["conversation_id"], official_id(who))
        for who in (OWNER, MEMBER, OTHER_MEMBER, OTHER_MEMBER)
    ]
    stale = [replica.fetch() for replica in replicas]
    acting.put(f"{path}/cards/shelter-17", content(title="安置点已满"))
    press(as_(OTHER_MEMBER), card)
    receiver.reply = answering(card=content(title="已知悉", buttons=[]), toast="好")
    deliver()
    send(key="shelter-18")
    for replica, before in zip(replicas, stale, strict=True):
        assert replica.follow() == replica.fetch()
        assert replica.known != before
    assert "card_action.updated" in replicas[2].heard
