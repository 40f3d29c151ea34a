"""Events out: who is told of what, signed with what, in which order, and how often."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, update
from sqlalchemy.orm import Session
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from tests.client import ApiClient
from tests.conftest import SignedIn, Statements
from tests.messaging.conftest import MakeGroup
from tests.miniapps.hooks.conftest import (
    SCOPES,
    SPEAKER,
    MakeHook,
    Say,
    accepting,
    deliver,
    word_of,
)
from tests.outgoing.receiver import Received, Receiver, Reply
from zzd import clock
from zzd.db import transaction
from zzd.miniapps.hooks import deliveries, dispatch, polling, spreading
from zzd.miniapps.hooks.models import Delivery, Webhook
from zzd.outgoing.retries import JITTER, LONG
from zzd.realtime import kept
from zzd.realtime.models import KeptEvent


def failing(received: Received) -> Reply:
    return accepting(received) if word_of(received) else Reply(500, b"out of order")


def test_an_event_comes_as_a_signed_cloudevent(
    hooked: MakeHook, addressed: MakeGroup, say: Say
) -> None:
    hook, place = hooked(), addressed("org_group", "331081100")
    said = say(place, "水位上涨")
    deliver()
    (received,) = hook.receiver.received[1:]
    assert hook.secret is not None
    event = Verifier(hook.secret).verify(received.body, received.headers)
    assert received.headers["webhook-id"] == f"evt-{event['id']}"
    assert received.headers["content-type"] == "application/cloudevents+json"
    assert {name: event[name] for name in ("specversion", "type", "subject", "source")} == {
        "specversion": "1.0",
        "type": "message.created",
        "subject": f"conversations/{place['id']}",
        "source": "http://127.0.0.1:8000",
    }
    assert (event["data"]["text"], event["data"]["seq"]) == ("水位上涨", said["seq"])
    with pytest.raises(WebhookVerificationError):
        Verifier(hook.secret).verify(received.body + b" ", received.headers)


def test_while_a_secret_is_rotated_both_verify(
    hooked: MakeHook, addressed: MakeGroup, say: Say, developer: ApiClient
) -> None:
    hook, place = hooked(), addressed("org_group", "331081100")
    rotated = developer.post(f"/miniapps/{hook.app.id}/callback-secret")["secret"]
    say(place, "水位上涨")
    deliver()
    (received,) = hook.receiver.received[1:]
    for secret in (hook.secret, rotated):
        Verifier(secret or "").verify(received.body, received.headers)
    assert len(received.headers["webhook-signature"].split(" ")) == 2


def test_an_app_hears_what_lies_in_its_part_and_nothing_else(
    hooked: MakeHook, addressed: MakeGroup, group: MakeGroup, say: Say, as_: SignedIn
) -> None:
    hook = hooked()
    say(addressed("org_group", "331081100"), "台州之内")
    say(addressed("org_group", "33", by="33.duty_officer"), "全省")
    say(addressed("org_group", "3303", by="33.duty_officer"), "温州", by="330327.leader")
    say(group(SPEAKER), "点名的群")
    deliver()
    assert hook.texts() == ["台州之内"]


def test_nothing_is_told_before_the_address_answers_the_challenge(
    hooked: MakeHook, addressed: MakeGroup, say: Say, receiver: Receiver, developer: ApiClient
) -> None:
    hook, place = hooked(verified=False), addressed("org_group", "331081100")
    receiver.reply = lambda _received: Reply(200, b'{"challenge": "something else"}')
    refused = developer.post(f"{hook.path}/verification", status=409)
    assert refused["code"] == "challenge_failed"
    say(place, "无人听见")
    deliver()
    assert hook.heard() == []
    receiver.reply = accepting
    assert developer.post(f"{hook.path}/verification", status=200)["state"] == "live"
    say(place, "听见了")
    deliver()
    assert hook.texts() == ["听见了"]


@pytest.mark.parametrize(
    "url", ["http://127.1/", "https://2130706433/", "https://me:x@app.example.cn/", "ftp://x.cn/"]
)
def test_an_address_of_another_kind_is_refused_at_once(hooked: MakeHook, url: str) -> None:
    hook = hooked(verified=False)
    refused = hook.developer.patch(hook.path, {"url": url}, status=422)
    assert refused["errors"][0]["pointer"] == "/url"


def test_an_address_inside_is_not_called(hooked: MakeHook, developer: ApiClient) -> None:
    hook = hooked(verified=False)
    developer.patch(hook.path, {"url": "https://169.254.169.254/latest/meta-data"})
    refused = developer.post(f"{hook.path}/verification", status=409)
    assert "inside a network" in refused["detail"]


def test_of_one_subject_the_order_is_kept_while_others_go_on(
    hooked: MakeHook, addressed: MakeGroup, say: Say, receiver: Receiver
) -> None:
    hook = hooked()
    stuck, other = addressed("org_group", "331081100"), addressed("org_group", "3310")
    receiver.reply = lambda got: failing(got) if "一" in got.body.decode() else accepting(got)
    for text in ("一", "二", "三"):
        say(stuck, text)
    say(other, "别处")
    deliver()
    assert sorted(hook.texts()) == sorted(["一", "别处"])
    receiver.reply = accepting
    with clock.at(clock.now() + timedelta(seconds=6)):
        deliver()
        deliver()
    assert [text for text in hook.texts() if text != "别处"] == ["一", "一", "二", "三"]
    ids = [r.headers["webhook-id"] for r in receiver.received if "一" in r.body.decode()]
    assert len(set(ids)) == 1


def test_what_fails_is_tried_ten_times_in_three_days_and_then_kept_to_be_replayed(
    hooked: MakeHook, addressed: MakeGroup, say: Say, receiver: Receiver, developer: ApiClient
) -> None:
    hook, place = hooked(), addressed("org_group", "331081100")
    receiver.reply = failing
    say(place, "水位上涨")
    now = clock.now()
    with clock.at(now):
        deliver()
    for delay in LONG:
        before = now + delay - timedelta(seconds=2)
        with clock.at(before):
            deliver()
        now += delay * (1 + JITTER) + timedelta(seconds=2)
        with clock.at(now):
            deliver()
    assert len(hook.heard()) == len(LONG) + 1
    (dead,) = hook.deliveries(state="dead")
    shown = developer.get(f"{hook.path}/deliveries/{dead['id']}")
    assert [each["status"] for each in shown["requests"]] == [500] * 10
    assert shown["requests"][0]["response_body"] == "out of order"
    assert shown["requests"][0]["request_headers"]["webhook-id"].startswith("evt-")
    assert shown["data"]["text"] == "水位上涨"
    receiver.reply = accepting
    with clock.at(now):
        developer.post(f"{hook.path}/deliveries/{dead['id']}/replay", status=200)
        deliver()
    assert [each["state"] for each in hook.deliveries()] == ["done"]


def test_a_dead_letter_keeps_its_event_and_no_other_until_its_thirty_days_are_over(
    hooked: MakeHook, addressed: MakeGroup, say: Say, receiver: Receiver, developer: ApiClient
) -> None:
    now = clock.now()
    stuck, other = addressed("org_group", "331081100"), addressed("org_group", "3310")
    for text in ("暖场", "暖场"):
        say(other, text)
    with clock.at(now - timedelta(days=32)):
        hook = hooked()
        events = f"/miniapps/{hook.app.id}/events"
        developer.get(events)
        receiver.reply = lambda got: failing(got) if "一" in got.body.decode() else accepting(got)
        say(stuck, "一")
        say(stuck, "排在后面")
        say(other, "二")
        deliver()
    at = now - timedelta(days=32)
    for delay in LONG:
        at += delay * (1 + JITTER) + timedelta(seconds=2)
        with clock.at(at):
            deliver()
    with clock.at(now - timedelta(days=5)):
        developer.get(events)
    say(other, "三")
    deliver()
    deliveries.forget_old()
    (dead,) = hook.deliveries(state="dead")
    receiver.reply = accepting
    developer.post(f"{hook.path}/deliveries/{dead['id']}/replay", status=200)
    deliver()
    assert [text for text in hook.texts() if text == "一"] == ["一"] * (len(LONG) + 2)
    # Whoever reads on request learns that what was told elsewhere is forgotten.
    assert developer.get(events, status=410)["code"] == "events_expired"


def test_a_time_range_is_replayed_in_order(
    hooked: MakeHook, addressed: MakeGroup, say: Say, developer: ApiClient
) -> None:
    hook, place = hooked(), addressed("org_group", "331081100")
    since = clock.now()
    for text in ("一", "二", "三"):
        say(place, text)
    deliver()
    span = {"since": since.isoformat(), "until": (clock.now() + timedelta(1)).isoformat()}
    asked = developer.post(f"{hook.path}/replay", span, status=200)
    assert asked == {"count": 0, "more": False}
    asked = developer.post(f"{hook.path}/replay", {**span, "states": ["done"]}, status=200)
    assert asked["count"] == 3
    deliver()
    assert hook.texts() == ["一", "二", "三"] * 2


def test_retry_after_is_honoured(
    hooked: MakeHook, addressed: MakeGroup, say: Say, receiver: Receiver
) -> None:
    hook, place = hooked(), addressed("org_group", "331081100")
    receiver.reply = lambda got: (
        accepting(got) if word_of(got) else Reply(429, headers={"Retry-After": "3600"})
    )
    say(place, "水位上涨")
    now = clock.now()
    deliver()
    (waiting,) = hook.deliveries()
    assert waiting["last_attempt"]["response_headers"]["retry-after"] == "3600"
    for after, count in ((1800, 1), (3700, 2)):
        with clock.at(now + timedelta(seconds=after)):
            deliver()
        assert len(hook.heard()) == count


def test_410_disables_and_verifying_again_brings_what_was_missed(
    hooked: MakeHook, addressed: MakeGroup, say: Say, receiver: Receiver, developer: ApiClient
) -> None:
    hook, place = hooked(), addressed("org_group", "331081100")
    receiver.reply = lambda got: accepting(got) if word_of(got) else Reply(410)
    say(place, "一")
    deliver()
    assert (hook.get()["state"], hook.get()["reason"]) == ("disabled", "gone")
    say(place, "二")
    with clock.at(clock.now() + timedelta(minutes=1)):
        deliver()
        assert hook.texts() == ["一"]
        receiver.reply = accepting
        developer.post(f"{hook.path}/verification", status=200)
        deliver()
    assert hook.texts() == ["一", "一", "二"]


def test_a_suspended_app_hears_nothing_more(
    hooked: MakeHook, addressed: MakeGroup, say: Say, reviewer: ApiClient
) -> None:
    hook, place = hooked(), addressed("org_group", "331081100")
    say(place, "之前")
    deliver()
    reviewer.post(f"/miniapps/{hook.app.id}/suspension", {"reason": "泄露"}, status=200)
    say(place, "之后")
    deliver()
    assert hook.texts() == ["之前"]


def test_what_waits_for_a_suspended_app_is_not_late(
    hooked: MakeHook, addressed: MakeGroup, say: Say, reviewer: ApiClient, session: Session
) -> None:
    hook, place = hooked(), addressed("org_group", "331081100")
    say(place, "之前")
    kept.place()
    spreading.spread_due()
    assert session.scalar(dispatch.oldest_due()) is not None
    session.rollback()
    reviewer.post(f"/miniapps/{hook.app.id}/suspension", {"reason": "泄露"}, status=200)
    assert session.scalar(dispatch.oldest_due()) is None


def test_a_filter_lets_through_what_meets_all_of_it(
    hooked: MakeHook, addressed: MakeGroup, say: Say
) -> None:
    place, other = addressed("org_group", "331081100"), addressed("org_group", "3310")
    hook = hooked(
        filter={
            "exact": {"data.kind": "text"},
            "prefix": {"subject": f"conversations/{place['id']}"},
        }
    )
    say(place, "要的")
    say(other, "不要的")
    deliver()
    assert hook.texts() == ["要的"]


def test_whoever_hangs_keeps_nobody_else_waiting(
    hooked: MakeHook, publish: Any, addressed: MakeGroup, say: Say, receiver: Receiver
) -> None:
    """Forty subjects wait for a receiver that hangs; another app's events come meanwhile."""
    hanging = hooked()
    other = hooked(of=publish(id="cn.zj.other", events=["message.created"], scopes=SCOPES))
    hanging.developer.patch(hanging.path, {"url": f"{receiver.url}/hangs"})
    hanging.developer.post(f"{hanging.path}/verification", status=200)
    receiver.reply = lambda got: (
        Reply(after=1) if got.path == "/hangs" and not word_of(got) else accepting(got)
    )
    order: list[str] = []
    plain = receiver.reply
    receiver.reply = lambda got: (order.append(got.path), plain(got))[1]
    for number in range(12):
        say(addressed("org_group", "331081100"), str(number))
    deliver()
    assert order.count("/hook") == 12
    assert len([d for d in other.deliveries() if d["state"] == "done"]) == 12


def test_a_message_to_everybody_is_one_row_more_and_only_if_somebody_wants_it(
    hooked: MakeHook, addressed: MakeGroup, say: Say, statements: Statements
) -> None:
    place = addressed("announcement", "33", by="33.duty_officer")
    say(place, "暖场", by="33.duty_officer")
    with statements() as before:
        say(place, "一", by="33.duty_officer")
    hooked()
    with statements() as after:
        say(place, "二", by="33.duty_officer")
    assert len(after) == len(before) + 1
    assert sum("webhook" in statement for statement in after) == 0


def test_only_its_developer_sees_and_changes_a_webhook(
    hooked: MakeHook, as_: SignedIn, reviewer: ApiClient
) -> None:
    hook = hooked()
    reviewer.get(hook.path, status=403)
    as_(SPEAKER).get(hook.path, status=403)
    assert hook.get()["url"].endswith("/hook")


def test_creating_is_repeated_without_a_second_webhook(hooked: MakeHook) -> None:
    first = hooked(client_id="once")
    again = {"url": first.get()["url"], "types": ["message.created"], "client_id": "once"}
    path = f"/miniapps/{first.app.id}/webhooks"
    assert first.developer.post(path, again, status=200)["id"] == first.id
    first.developer.post(path, {**again, "types": ["directive.issued"]}, status=409)
    refused = first.developer.post(
        path, {"url": again["url"], "types": ["rollup.updated"]}, status=422
    )
    assert refused["errors"][0]["pointer"] == "/types/0"


def test_events_are_read_on_request_until_they_are_acknowledged(
    publish: Any, developer: ApiClient, addressed: MakeGroup, say: Say
) -> None:
    app = publish(events=["message.created"], scopes=SCOPES)
    path, place = f"/miniapps/{app.id}/events", addressed("org_group", "331081100")
    for cursor in ("a", "b"):
        assert developer.get(path, cursor=cursor)["items"] == []
    for text in ("一", "二", "三"):
        say(place, text)
    deliver()
    first = developer.get(path, cursor="a", limit=2)
    assert [each["data"]["text"] for each in first["items"]] == ["一", "二"]
    assert developer.get(path, cursor="a", limit=2)["items"] == first["items"]
    developer.post(f"{path}/ack", {"cursor": "a", "ack": first["ack"]}, status=200)
    assert [e["data"]["text"] for e in developer.get(path, cursor="a")["items"]] == ["三"]
    assert len(developer.get(path, cursor="b")["items"]) == 3
    developer.post(f"{path}/ack", {"cursor": "a", "ack": "999999"}, status=422)


def test_an_app_has_so_many_cursors_and_no_more(
    app: Flask, publish: Any, developer: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "MOST_CURSORS", 2)
    made = publish(events=["message.created"], scopes=SCOPES)
    form, auth = {"grant_type": "client_credentials"}, (made.client_id, made.secret)
    token = app.test_client().post("/oauth/token", data=form, auth=auth).get_json()["access_token"]
    # Those of an installation are not the developer's.
    for client, path in (
        (developer, f"/miniapps/{made.id}/events"),
        (ApiClient(app, token=token), "/app/events"),
    ):
        for cursor in ("a", "b", "a"):
            client.get(path, cursor=cursor)
        assert client.get(path, status=409, cursor="c")["code"] == "too_many_cursors"


def test_a_reader_who_was_away_too_long_is_told_so(
    publish: Any, developer: ApiClient, addressed: MakeGroup, say: Say
) -> None:
    now = clock.now()
    with clock.at(now - timedelta(days=33)):
        app = publish(events=["message.created"], scopes=SCOPES)
    path, place = f"/miniapps/{app.id}/events", addressed("org_group", "331081100")
    with clock.at(now - timedelta(days=32)):
        developer.get(path)
        say(place, "一")
        say(place, "二")
        deliver()
    with clock.at(now - timedelta(days=10)):
        developer.get(path)
    deliveries.forget_old()
    refused = developer.get(path, status=410)
    assert refused["code"] == "events_expired"
    developer.post(f"{path}/ack", {"ack": refused["oldest"]}, status=200)
    assert [each["data"]["text"] for each in developer.get(path)["items"]] == ["二"]


def test_what_happened_during_a_suspension_is_never_told(
    hooked: MakeHook, addressed: MakeGroup, say: Say, reviewer: ApiClient, developer: ApiClient
) -> None:
    """Neither later by a paused webhook nor on request, while what came before is."""
    place, hook = addressed("org_group", "331081100"), hooked()
    events = f"/miniapps/{hook.app.id}/events"
    developer.get(events)
    developer.patch(hook.path, {"paused": True})
    say(place, "之前")
    reviewer.post(f"/miniapps/{hook.app.id}/suspension", {"reason": "检查"}, status=200)
    say(place, "其间")
    reviewer.post(f"/miniapps/{hook.app.id}/publication", status=200)
    say(place, "之后")
    developer.patch(hook.path, {"paused": False})
    deliver()
    assert hook.texts() == ["之前", "之后"]
    assert [each["data"]["text"] for each in developer.get(events)["items"]] == ["之前", "之后"]


def test_where_nothing_is_kept_any_more_spreading_goes_on(
    hooked: MakeHook, addressed: MakeGroup, say: Say
) -> None:
    """One webhook stands before what was forgotten, another behind it."""
    place, first = addressed("org_group", "331081100"), hooked()
    second = hooked(of=first.app)
    for text in ("一", "二"):
        say(place, text)
    deliver()
    with transaction() as session:
        last = kept.last_position(session)
        session.execute(delete(Delivery))
        session.execute(update(Webhook).where(Webhook.id == int(first.id)).values(position=0))
        session.execute(delete(KeptEvent).where(KeptEvent.position < last))
        session.execute(
            update(Webhook).where(Webhook.id == int(second.id)).values(position=last - 1)
        )
    for _ in range(5):
        if not spreading._spread_next():
            break
    else:
        raise AssertionError("it goes on for ever")
    say(place, "三")
    deliver()
    assert first.texts().count("三") == 2


def test_the_delivery_log_tells_no_more_than_the_app_may_see_now(
    hooked: MakeHook, addressed: MakeGroup, say: Say, developer: ApiClient, as_: SignedIn
) -> None:
    hook, place = hooked(), addressed("org_group", "331081100")
    say(place, "水位上涨")
    deliver()
    (done,) = hook.deliveries()
    path = f"{hook.path}/deliveries/{done['id']}"
    assert developer.get(path)["data"]["text"] == "水位上涨"
    administrator = as_("33.leader")
    (installed,) = administrator.get("/installations", miniapp_id=hook.app.id)["items"]
    part = {"unit_id": administrator.get("/units", code="331002")["items"][0]["id"]}
    administrator.patch(f"/installations/{installed['id']}", {"data_audience": part})
    assert developer.get(path)["data"] is None
