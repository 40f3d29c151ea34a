"""What bots say: who is believed, what is refused, and what becomes of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import Listening, SignedIn
from tests.messaging.bots.conftest import Added, Program
from tests.messaging.conftest import MEMBER, OTHER_MEMBER, OUTSIDER, OWNER, MakeGroup, say
from zzd import clock
from zzd.db import reading
from zzd.errors import Problem
from zzd.messaging.bots import saying
from zzd.messaging.bots.models import Bot
from zzd.messaging.bots.problems import BotGone, BotSwitchedOff
from zzd.messaging.bots.rules import LARGEST_BODY, MINUTE, spent, wait_for
from zzd.messaging.models import Message
from zzd.messaging.search import following

OfficialId = Callable[[str], str]


def test_a_message_of_a_bot_is_the_bots(
    as_: SignedIn, added: Added, program: Program, listening: Listening
) -> None:
    group, bot = added
    socket = listening(MEMBER)
    path = f"/conversations/{group['id']}"
    before = as_(MEMBER).get(path)["unread"]
    answer = program.say("石塘站水位 3.2 米")
    assert set(answer) == {"conversation_id", "seq", "created_at"}
    message = as_(MEMBER).get(f"{path}/messages/{answer['seq']}")
    assert message["text"] == "石塘站水位 3.2 米"
    assert message["sender"] == {
        "id": None,
        "bot_id": bot["id"],
        "app_id": None,
        "name": "水位监测",
        "post_title": "",
        "unit_name": "",
    }
    assert as_(MEMBER).get(path)["unread"] == before + 1
    assert as_(MEMBER).get(path)["last_message"]["sender"]["bot_id"] == bot["id"]
    (pushed,) = socket.hear("message.created")
    assert pushed["sender"] == message["sender"]
    assert pushed["conversation"]["last_seq"] == answer["seq"]
    assert [each["id"] for each in as_(OWNER).get("/sync")["conversations"]] == [group["id"]]


def test_an_officials_message_says_that_it_is_nobots(as_: SignedIn, added: Added) -> None:
    sender = say(as_(MEMBER), added[0])["sender"]
    assert sender["bot_id"] is None
    assert sender["id"] is not None


def test_people_answer_forward_find_and_react_to_what_a_bot_says(
    as_: SignedIn, added: Added, program: Program, group: MakeGroup
) -> None:
    made, bot = added
    seq = program.say("三门湾风力十二级")["seq"]
    path = f"/conversations/{made['id']}"
    replied = say(as_(MEMBER), made, "收到", reply_to_seq=seq)
    assert replied["reply_to"]["sender_name"] == "水位监测"
    as_(MEMBER).put(f"{path}/messages/{seq}/reactions/ok")
    as_(OWNER).put(f"{path}/pins/{seq}")
    as_(MEMBER).put(f"{path}/messages/{seq}/favourite", status=204)
    assert as_(MEMBER).get("/favourites")["items"][0]["message"]["sender"]["bot_id"] == bot["id"]
    other = group(MEMBER)
    content = {"conversation_id": made["id"], "seqs": [seq]}
    sent = as_(MEMBER).post(
        f"/conversations/{other['id']}/messages", {"kind": "forward", "content": content}
    )
    record = as_(OWNER).get(f"/conversations/{other['id']}/messages/{sent['seq']}/record")
    assert record["items"][0]["sender"]["bot_id"] == bot["id"]
    assert record["items"][0]["sender"]["id"] is None
    singly = as_(MEMBER).post(f"/conversations/{other['id']}/forwards", content)
    assert singly["items"][0]["sender"]["bot_id"] is None
    following.follow()
    found = as_(MEMBER).get("/search", q="三门湾", **{"in": "messages"})["messages"]["items"]
    assert bot["id"] in [hit["message"]["sender"]["bot_id"] for hit in found]
    readers = as_(OWNER).get(f"{path}/messages/{seq}/readers")
    assert (readers["read"], readers["unread"]) == (1, 2)


def test_who_manages_the_group_recalls_what_a_bot_said_and_nobody_edits_it(
    as_: SignedIn, added: Added, program: Program
) -> None:
    path = f"/conversations/{added[0]['id']}/messages/{program.say()['seq']}"
    as_(MEMBER).post(f"{path}/recall", status=403)
    as_(OWNER).patch(path, {"text": "别的"}, status=403)
    recalled = as_(OWNER).post(f"{path}/recall", status=200)
    assert recalled["text"] is None
    assert recalled["recalled_by"]["name"] == "王温岭"


def test_a_bot_calls_people_and_everybody(
    as_: SignedIn, added: Added, program: Program, official_id: OfficialId
) -> None:
    path = f"/conversations/{added[0]['id']}"
    program.say("@陈石塘", mentions={"official_ids": [official_id(MEMBER)]})
    assert as_(MEMBER).get(path)["mentioned"]["count"] == 1
    assert as_(OTHER_MEMBER).get(path)["mentioned"] is None
    program.say("@所有人", mentions={"all": True})
    assert as_(MEMBER).get(path)["mentioned"]["count"] == 2
    assert as_(OTHER_MEMBER).get(path)["mentioned"]["count"] == 1
    refused = program.say("@外人", status=422, mentions={"official_ids": [official_id(OUTSIDER)]})
    assert refused["errors"][0]["pointer"] == "/mentions/official_ids/0"


def test_the_same_id_sends_once_and_answers_the_same(
    as_: SignedIn, added: Added, program: Program
) -> None:
    first = program.send({"text": "一"}, key="msg_1")
    again = program.send(b'{ "text" : "\xe4\xb8\x80" }', key="msg_1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.get_json() == first.get_json()
    other = program.say("二", key="msg_1", status=409)
    assert other["code"] == "idempotency_conflict"
    items = as_(OWNER).get(f"/conversations/{added[0]['id']}/messages")["items"]
    assert [each["text"] for each in items if each["kind"] == "text"] == ["一"]


def test_two_bots_have_ids_of_their_own(app: Flask, as_: SignedIn, added: Added) -> None:
    group, bot = added
    other = as_(OWNER).post(f"/conversations/{group['id']}/bots", {"name": "雨量"})
    assert (
        Program(app, bot).say("一", key="k")["seq"] < Program(app, other).say("二", key="k")["seq"]
    )


def _signed_by_another(program: Program) -> Any:
    program.secret = "whsec_" + "A" * 44
    return program.send({"text": "x"})


def _changed_on_the_way(program: Program) -> Any:
    signed = program.send({"text": "x"}).request.headers["webhook-signature"]
    return program.send({"text": "y"}, **{"webhook-signature": signed})


def _of_another_version(program: Program) -> Any:
    signed = program.send({"text": "x"}, key="k").request.headers["webhook-signature"]
    return program.send({"text": "x"}, key="k", **{"webhook-signature": signed.replace("v1", "v2")})


@pytest.mark.parametrize("wrong", [_signed_by_another, _changed_on_the_way, _of_another_version])
def test_who_does_not_sign_is_not_believed(
    program: Program, wrong: Callable[[Program], Any]
) -> None:
    answer = wrong(program)
    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["code"] == "bad_signature"
    assert "WWW-Authenticate" in answer.headers


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_named(program: Program, header: str) -> None:
    headers = {"webhook-id": "a", "webhook-timestamp": "1", "webhook-signature": "v1,é"}
    del headers[header]
    answer = program.client.post(program.path, json={"text": "x"}, headers=headers)
    assert answer.status_code == 401
    assert answer.get_json()["errors"][0]["pointer"] == f"/headers/{header}"


def test_one_right_signature_of_several_is_enough(program: Program) -> None:
    # Both sendings say the same time, which is signed too.
    with clock.at(clock.now()):
        right = program.send({"text": "x"}, key="k").request.headers["webhook-signature"]
        answer = program.send({"text": "x"}, key="k", **{"webhook-signature": f"v1,AAAA {right}"})
    assert answer.status_code == 200


@pytest.mark.parametrize(("seconds", "status"), [(-300, 201), (300, 201), (-301, 401), (302, 401)])
def test_clocks_may_differ_by_five_minutes(program: Program, seconds: int, status: int) -> None:
    now = clock.now().replace(microsecond=0)
    with clock.at(now):
        at = str(int(now.timestamp()) + seconds)
        answer = program.send({"text": "x"}, **{"webhook-timestamp": at})
    assert answer.status_code == status
    if status == 401:
        body = answer.get_json()
        assert body["code"] == "stale_timestamp"
        assert str(int(now.timestamp())) in body["detail"]


@pytest.mark.parametrize("at", ["1e9", "-5", "9" * 11, "9" * 40, "1٢", "soon"])
def test_what_is_no_time_is_refused(program: Program, at: str) -> None:
    header = at.encode().decode("latin-1")
    answer = program.send({"text": "x"}, **{"webhook-timestamp": header})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b'{"text": "\xff"}',
        b'{"text": "a\\u0000"}',
        b'{"text": "\\ud800"}',
        b"{}",
        {"text": " "},
        {"text": "字" * 5001},
        {"text": 5},
        {"text": "x", "kind": "file"},
        {"text": "x", "mentions": {"official_ids": ["x"]}},
        {"text": "x", "mentions": {"official_ids": ["1"] * 51}},
        {"text": "x", "mentions": {"all": 1}},
    ],
)
def test_what_is_no_message_is_refused(program: Program, body: Any) -> None:
    answer = program.send(body)
    assert answer.status_code in (400, 422), answer.get_data(as_text=True)
    assert answer.mimetype == "application/problem+json"


def test_a_body_of_the_longest_text_is_taken_and_a_larger_one_refused(program: Program) -> None:
    assert program.send(json.dumps({"text": "😀" * 5000}).encode()).status_code == 201
    answer = program.send({"text": "x" * LARGEST_BODY})
    assert answer.status_code == 413
    assert answer.get_json()["code"] == "too_large"


@pytest.mark.parametrize("key", ["a" * 65, "a\xe9"])
def test_an_id_has_up_to_64_visible_characters(program: Program, key: str) -> None:
    raw = json.dumps({"text": "x"}).encode()
    answer = program.send(raw, key=key)
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == "/headers/webhook-id"


def test_an_address_that_never_was_answers_as_any(program: Program) -> None:
    for url in ("/api/v1/hooks/x", program.path[:-1], "/api/v1/hooks/%ff"):
        program.url = url
        assert program.say(status=404)["code"] == "not_found"


@pytest.mark.parametrize(
    ("meanwhile", "problem"),
    [("switched off", BotSwitchedOff), ("removed", BotGone), ("dissolved", BotGone)],
)
def test_what_is_done_to_a_bot_after_it_was_recognised_counts(
    as_: SignedIn, added: Added, meanwhile: str, problem: type[Problem], session: Session
) -> None:
    group, made = added
    path = f"/conversations/{group['id']}"
    with reading() as looking:
        bot = looking.get_one(Bot, int(made["id"]))
    if meanwhile == "switched off":
        as_(OWNER).patch(f"{path}/bots/{bot.id}", {"enabled": False})
    elif meanwhile == "removed":
        as_(OWNER).delete(f"{path}/bots/{bot.id}")
    else:
        as_(OWNER).delete(path)
    with pytest.raises(problem):
        saying.say(bot, "k", {"text": "超警戒", "mentions": None})
    assert session.scalars(select(Message.id).where(Message.sender_id == -bot.id)).all() == []


def test_a_bot_stops_when_it_is_switched_off_removed_or_its_group_dissolved(
    app: Flask, as_: SignedIn, added: Added, program: Program
) -> None:
    group, bot = added
    path = f"/conversations/{group['id']}/bots"
    other = Program(app, as_(OWNER).post(path, {"name": "雨量"}))
    as_(OWNER).patch(f"{path}/{bot['id']}", {"enabled": False})
    assert program.say(status=403)["code"] == "bot_switched_off"
    as_(OWNER).patch(f"{path}/{bot['id']}", {"enabled": True})
    program.say()
    as_(OWNER).delete(f"{path}/{bot['id']}")
    assert program.say(status=410)["code"] == "bot_gone"
    other.say()
    as_(OWNER).delete(f"/conversations/{group['id']}")
    assert other.say(status=410)["code"] == "bot_gone"
    # Only who can sign is told what became of it.
    program.secret = "whsec_" + "A" * 44
    assert program.say(status=401)["code"] == "bad_signature"


def test_too_much_is_refused_with_the_time_to_wait_and_never_dropped(
    as_: SignedIn, added: Added, program: Program
) -> None:
    start = clock.now()
    with clock.at(start):
        for n in range(20):
            program.say(f"第{n}条", key=f"k{n}")
        answer = program.send({"text": "第20条"})
        assert answer.status_code == 429
        assert answer.get_json()["code"] == "too_many_requests"
        assert answer.headers["Retry-After"] == "3"
        # What was sent is answered again all the same.
        program.say("第3条", key="k3", status=200)
    with clock.at(start + timedelta(seconds=3)):
        program.say("第20条")
        program.say("第21条", status=429)
    with clock.at(start + timedelta(minutes=2)):
        for n in range(20):
            program.say(f"又{n}", status=201)
        program.say("又", status=429)
    items = as_(OWNER).get(f"/conversations/{added[0]['id']}/messages", limit=200)["items"]
    assert len([each for each in items if each["kind"] == "text"]) == 41


def test_what_is_refused_takes_nothing_from_the_rate(program: Program) -> None:
    with clock.at(clock.now()):
        for _ in range(25):
            program.say(" ", status=422)
            program.say("@", status=422, mentions={"official_ids": ["999999"]})
        program.say()


def test_each_bot_has_a_rate_of_its_own(app: Flask, as_: SignedIn, added: Added) -> None:
    group, bot = added
    other = as_(OWNER).post(f"/conversations/{group['id']}/bots", {"name": "雨量"})
    with clock.at(clock.now()):
        for _ in range(20):
            Program(app, bot).say()
        Program(app, bot).say(status=429)
        Program(app, other).say()


def test_at_the_same_moment_no_more_come_than_may(app: Flask, added: Added) -> None:
    """As by many processes: they have nothing in common but the database."""
    now = clock.now()

    def one(_n: int) -> int:
        with app.app_context(), clock.at(now):
            return Program(app, added[1]).send({"text": "同时"}).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, range(30)))
    assert (answers.count(201), answers.count(429)) == (20, 10)


@given(st.integers(1, 200), st.lists(st.integers(0, 30_000), max_size=300))
def test_a_minute_has_at_most_twice_the_rate_and_any_stretch_its_share(
    per_minute: int, gaps: list[int]
) -> None:
    now, allowance, admitted = clock.now(), None, []
    for gap in gaps:
        now += timedelta(milliseconds=gap)
        if (wait := wait_for(allowance, now, per_minute=per_minute)) is None:
            allowance = spent(allowance, now, per_minute=per_minute)
            admitted.append(now)
        else:
            assert wait_for(allowance, now + timedelta(seconds=wait), per_minute=per_minute) is None
    for first in range(0, len(admitted), 7):
        for last in range(first, len(admitted), 5):
            stretch = admitted[last] - admitted[first]
            assert last - first + 1 <= per_minute + stretch / (MINUTE // per_minute)
