"""Messages for later: sent once, as their sender would send them then, or told why not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.conftest import Listening, SignedIn
from tests.messaging.conftest import (
    CITY,
    MEMBER,
    OTHER_MEMBER,
    OUTSIDER,
    OWNER,
    MakeGroup,
    say,
)
from tests.messaging.dings.test_repeats import work_at_once
from tests.messaging.test_rights import denials
from zzd import clock
from zzd.api import Moment, StrictSchema
from zzd.db import transaction
from zzd.messaging import kinds, messages
from zzd.messaging.models import Message
from zzd.messaging.scheduled import messages as scheduling
from zzd.messaging.scheduled import sending
from zzd.orgtree.models import Official, Post

# Of today, as sign-ins are.
START = datetime.now(UTC).replace(microsecond=0)
AT = START + timedelta(hours=1)

Schedule = Callable[..., dict[str, Any]]


@pytest.fixture
def schedule(as_: SignedIn) -> Schedule:
    def make(conversation: dict[str, Any], by: str = MEMBER, **more: Any) -> dict[str, Any]:
        body = {"text": "明早八点开会", "at": AT.isoformat(), **more}
        with clock.at(START):
            made: dict[str, Any] = as_(by).post(
                f"/conversations/{conversation['id']}/scheduled", body
            )
        return made

    return make


def work(moment: datetime = AT) -> None:
    with clock.at(moment):
        sending.send_due()


def texts(as_: SignedIn, conversation: dict[str, Any], by: str = MEMBER) -> list[str]:
    page = as_(by).get(f"/conversations/{conversation['id']}/messages")
    return [item["text"] for item in page["items"]]


def end_post(username: str) -> None:
    with transaction() as session:
        session.execute(
            update(Post)
            .where(
                Post.official_id
                == select(Official.id).filter_by(staff_no=username).scalar_subquery()
            )
            .values(ended_at=clock.now())
        )


def test_it_goes_out_at_its_time_and_its_sender_hears_of_it(
    as_: SignedIn, group: MakeGroup, schedule: Schedule, listening: Listening
) -> None:
    made = group(MEMBER, OTHER_MEMBER)
    sender, other = listening(MEMBER), listening(OTHER_MEMBER)
    waiting = schedule(made)
    assert sender.hear("scheduled.updated") == [waiting]
    assert (waiting["state"], waiting["at"], waiting["seq"]) == ("waiting", AT.isoformat(), None)
    work(AT - timedelta(milliseconds=1))
    assert texts(as_, made) == []
    work()
    work()
    assert texts(as_, made) == ["明早八点开会"]
    sent = as_(MEMBER).get(f"/scheduled/{waiting['id']}")
    assert (sent["state"], sent["seq"]) == ("sent", 1)
    assert sender.hear("scheduled.updated") == [sent]
    heard = other.events + other.hear("message.created")
    assert heard[-1]["text"] == "明早八点开会"
    assert heard[-1]["sender"]["post_title"] == "值班员"
    assert "scheduled.updated" not in [event.get("type") for event in other.events]


def test_many_workers_send_it_once(
    app: Flask, as_: SignedIn, group: MakeGroup, schedule: Schedule
) -> None:
    made = group(MEMBER)
    for number in range(20):
        schedule(made, text=str(number))
    work_at_once(app, AT, sending.send_due)
    work()
    assert sorted(map(int, texts(as_, made))) == list(range(20))


def test_a_worker_that_dies_between_the_message_and_the_note_did_nothing(
    as_: SignedIn, group: MakeGroup, schedule: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = group(MEMBER)
    schedule(made)
    with monkeypatch.context() as patched:

        def die(*_args: Any) -> None:
            raise SystemExit

        patched.setattr(sending, "tell_sender", die)
        with pytest.raises(SystemExit):
            work()
    assert texts(as_, made) == []
    work()
    assert texts(as_, made) == ["明早八点开会"]


def test_a_message_whose_note_was_lost_is_found_again(
    as_: SignedIn, group: MakeGroup, schedule: Schedule, session: Session
) -> None:
    """As after restoring one of the two tables from a backup."""
    made = group(MEMBER)
    waiting = schedule(made)
    work()
    with transaction() as writing:
        writing.execute(
            update(scheduling.ScheduledMessage).values(state="waiting", due_at=AT, seq=None)
        )
    work()
    assert len(session.scalars(select(Message)).all()) == 1
    sent = as_(MEMBER).get(f"/scheduled/{waiting['id']}")
    assert (sent["state"], sent["seq"]) == ("sent", 1)


def test_rights_are_looked_at_again_when_its_time_comes(
    as_: SignedIn,
    group: MakeGroup,
    schedule: Schedule,
    official_id: Callable[[str], str],
    listening: Listening,
) -> None:
    made = group(MEMBER)
    waiting = schedule(made)
    as_(OWNER).delete(f"/conversations/{made['id']}/members/{official_id(MEMBER)}")
    sender = listening(MEMBER)
    before = len(denials())
    work()
    failed = as_(MEMBER).get(f"/scheduled/{waiting['id']}")
    assert (failed["state"], failed["failure"]["code"]) == ("failed", "not_found")
    assert sender.hear("scheduled.updated") == [failed]
    assert denials()[before:] == [("message.send", "conversation", made["id"])]
    assert as_(MEMBER).get("/scheduled")["items"] == [failed]
    # Back in the group they send it again.
    as_(OWNER).post(
        f"/conversations/{made['id']}/members",
        {"official_ids": [official_id(MEMBER)]},
        status=200,
    )
    with clock.at(AT):
        again = as_(MEMBER).post(f"/scheduled/{waiting['id']}/sending", status=200)
        assert (again["state"], again["failure"]) == ("waiting", None)
    work()
    assert texts(as_, made)[-1] == "明早八点开会"


def test_it_is_sent_in_the_post_it_was_written_in_or_not_at_all(
    as_: SignedIn, group: MakeGroup, schedule: Schedule, session: Session
) -> None:
    made = group(MEMBER, OTHER_MEMBER)
    client = as_(OTHER_MEMBER)
    posts = client.get("/me")["posts"]
    second = next(post for post in posts if not post["is_primary"])
    client.put("/me/post", {"post_id": second["id"]})
    schedule(made, by=OTHER_MEMBER)
    client.put("/me/post", {"post_id": next(p["id"] for p in posts if p["is_primary"])})
    lost = schedule(made, by=MEMBER)
    end_post(MEMBER)
    work()
    [message] = as_(OWNER).get(f"/conversations/{made['id']}/messages")["items"]
    assert message["sender"]["post_title"] == "水利干事"
    kept = session.get_one(scheduling.ScheduledMessage, int(lost["id"]))
    assert (kept.state, kept.failure_code) == ("failed", "post_not_held")


def test_what_is_changed_or_cancelled_before_its_time_is_as_it_was_left(
    as_: SignedIn, group: MakeGroup, schedule: Schedule
) -> None:
    made = group(MEMBER)
    changed, cancelled = schedule(made), schedule(made)
    later = AT + timedelta(minutes=30)
    with clock.at(START):
        body = {"text": "改到九点", "at": later.isoformat()}
        as_(MEMBER).patch(f"/scheduled/{changed['id']}", body)
        for _ in range(2):
            as_(MEMBER).delete(f"/scheduled/{cancelled['id']}")
    work()
    assert texts(as_, made) == []
    work(later)
    assert texts(as_, made) == ["改到九点"]
    for method, path, body in (
        ("PATCH", "", {"text": "x"}),
        ("POST", "/sending", {}),
        ("DELETE", "", None),
    ):
        answer = as_(MEMBER).request(method, f"/scheduled/{changed['id']}{path}", json=body)
        assert (answer.status_code, answer.get_json()["code"]) == (409, "scheduled_settled")
    answer = as_(MEMBER).post(f"/scheduled/{cancelled['id']}/sending", status=409)
    assert answer["code"] == "scheduled_settled"


def test_a_repeated_request_is_one_message(
    as_: SignedIn, group: MakeGroup, schedule: Schedule
) -> None:
    made = group(MEMBER)
    first = schedule(made, client_id="once")
    path = f"/conversations/{made['id']}/scheduled"
    body = {"text": "明早八点开会", "at": AT.isoformat(), "client_id": "once"}
    assert as_(MEMBER).post(path, body, status=200) == first
    answer = as_(MEMBER).post(path, {**body, "text": "x"}, status=409)
    assert answer["code"] == "idempotency_conflict"
    work()
    assert as_(MEMBER).post(path, body, status=200)["state"] == "sent"


def test_ones_own_are_listed_by_their_times_and_nobody_elses(
    as_: SignedIn, group: MakeGroup, schedule: Schedule
) -> None:
    here, there = group(MEMBER, OTHER_MEMBER), group(MEMBER)
    times = [AT + timedelta(minutes=minute) for minute in (3, 1, 2)]
    made = [schedule(here, at=at.isoformat())["id"] for at in times]
    elsewhere = schedule(there, at=(AT + timedelta(days=1)).isoformat())["id"]
    foreign = schedule(here, by=OTHER_MEMBER)["id"]
    ordered = [made[1], made[2], made[0]]
    seen: list[str] = []
    query = {"limit": "2"}
    while True:
        page = as_(MEMBER).get("/scheduled", **query)
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert seen == [*ordered, elsewhere]
    page = as_(MEMBER).get(f"/conversations/{here['id']}/scheduled")
    assert [item["id"] for item in page["items"]] == ordered
    assert as_(MEMBER).get("/scheduled", state="sent")["items"] == []
    for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/sending")):
        before = denials()
        answer = as_(MEMBER).request(
            method, f"/scheduled/{foreign}{path}", json={"text": "x"} if method == "PATCH" else {}
        )
        assert answer.status_code == 404
        assert denials()[len(before) :][0][1:] == ("scheduled_message", foreign)


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"text": ""}, "/text"),
        ({"text": "x" * 5001}, "/text"),
        ({"at": "tomorrow"}, "/at"),
        ({"at": "2019-08-09T08:00:00"}, "/at"),
        ({"at": "2019-08-09T08:00:00+08:00"}, "/at"),
        ({"at": "9999-12-31T23:59:59-12:00"}, "/at"),
        ({"at": (START + timedelta(days=367)).isoformat()}, "/at"),
        ({"at": None}, "/at"),
        ({"kind": "poem"}, "/kind"),
        ({"content": {}}, "/content"),
        ({"reply_to_seq": 9}, "/reply_to_seq"),
        ({"reply_to_seq": 0}, "/reply_to_seq"),
    ],
)
def test_what_is_wrong_is_named(
    as_: SignedIn, group: MakeGroup, wrong: dict[str, Any], pointer: str
) -> None:
    path = f"/conversations/{group(MEMBER)['id']}/scheduled"
    with clock.at(START):
        body = {"text": "开会", "at": AT.isoformat(), **wrong}
        answer = as_(MEMBER).post(path, body, status=422)
    assert answer["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({}, "/"),
        ({"at": START.isoformat()}, "/at"),
        ({"text": " "}, "/text"),
        ({"content": {"a": 1}}, "/content"),
        ({"kind": "text"}, "/kind"),
    ],
)
def test_a_wrong_change_is_named(
    as_: SignedIn, group: MakeGroup, schedule: Schedule, wrong: dict[str, Any], pointer: str
) -> None:
    waiting = schedule(group(MEMBER))
    with clock.at(START):
        path = f"/scheduled/{waiting['id']}"
        answer = as_(MEMBER).request("PATCH", path, json=wrong)
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == pointer


def test_what_failed_needs_a_time(
    as_: SignedIn, group: MakeGroup, schedule: Schedule, official_id: Callable[[str], str]
) -> None:
    made = group(MEMBER)
    waiting = schedule(made)
    as_(OWNER).delete(f"/conversations/{made['id']}/members/{official_id(MEMBER)}")
    work()
    with clock.at(AT):
        answer = as_(MEMBER).request("PATCH", f"/scheduled/{waiting['id']}", json={"text": "x"})
        assert answer.get_json()["errors"][0]["pointer"] == "/at"
        later = (AT + timedelta(hours=1)).isoformat()
        body = {"text": "x", "at": later}
        assert as_(MEMBER).patch(f"/scheduled/{waiting['id']}", body)["state"] == "waiting"


def test_announcements_are_scheduled_by_those_who_issue_them(
    as_: SignedIn, addressed: MakeGroup, schedule: Schedule
) -> None:
    made = addressed("announcement", "331081")
    body = {"text": "x", "at": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}
    answer = as_(MEMBER).post(f"/conversations/{made['id']}/scheduled", body, status=403)
    assert answer["code"] == "not_permitted"
    schedule(made, by=CITY)
    work()
    assert texts(as_, made) == ["明早八点开会"]
    as_(OUTSIDER).post(f"/conversations/{made['id']}/scheduled", body, status=404)


def test_a_hundred_at_most_wait(
    as_: SignedIn, group: MakeGroup, schedule: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduling, "MOST_WAITING", 3)
    made = group(MEMBER)
    for _ in range(3):
        schedule(made)
    path = f"/conversations/{made['id']}/scheduled"
    with clock.at(START):
        body = {"text": "x", "at": AT.isoformat()}
        assert as_(MEMBER).post(path, body, status=409)["code"] == "too_many_scheduled"
    work()
    schedule(made, at=(AT + timedelta(hours=1)).isoformat())


def test_what_fails_on_our_side_is_tried_again_and_holds_up_nobody(
    as_: SignedIn, group: MakeGroup, schedule: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = group(MEMBER)
    broken, whole = schedule(made, text="broken"), schedule(made, text="whole")
    send = messages.send_message

    def fail_for_one(*args: Any, **more: Any) -> Any:
        if more["text"] == "broken":
            raise ValueError("something of ours")
        return send(*args, **more)

    with monkeypatch.context() as patched:
        patched.setattr(messages, "send_message", fail_for_one)
        work()
        assert texts(as_, made) == ["whole"]
        assert as_(MEMBER).get(f"/scheduled/{broken['id']}")["state"] == "waiting"
        for minute in range(1, 6):
            work(AT + timedelta(minutes=minute))
    failed = as_(MEMBER).get(f"/scheduled/{broken['id']}")
    assert (failed["state"], failed["failure"]["code"]) == ("failed", "internal_error")
    assert as_(MEMBER).get(f"/scheduled/{whole['id']}")["state"] == "sent"


def test_a_reply_is_sent_as_one_and_calls_whom_it_names(
    as_: SignedIn, group: MakeGroup, schedule: Schedule, official_id: Callable[[str], str]
) -> None:
    made = group(MEMBER)
    say(as_(OWNER), made, "几点?")
    owner = official_id(OWNER)
    schedule(made, reply_to_seq=1, mentions={"official_ids": [owner]})
    work()
    last = as_(OWNER).get(f"/conversations/{made['id']}/messages")["items"][-1]
    assert last["reply_to"]["text"] == "几点?"
    assert [person["id"] for person in last["mentions"]["people"]] == [owner]
    assert last["mentions_me"]


class VisitSchema(StrictSchema):
    at = Moment(required=True)


def test_other_kinds_are_kept_as_they_came_and_completed_when_they_are_sent(
    as_: SignedIn, group: MakeGroup, schedule: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    def prepare(_session: Any, _by: Any, _conversation: int, content: dict[str, Any]) -> Any:
        return {"at": content["at"].isoformat(), "prepared_at": clock.now().isoformat()}

    monkeypatch.setitem(kinds._kinds, "visit", kinds.Kind("visit", VisitSchema, prepare))
    made = group(MEMBER)
    content = {"at": "2019-08-09T08:00:00+08:00"}
    waiting = schedule(made, kind="visit", text="看看", content=content)
    assert waiting["content"] == content
    with clock.at(START):
        path = f"/scheduled/{waiting['id']}"
        assert as_(MEMBER).patch(path, {"content": content})["content"] == content
        wrong = as_(MEMBER).request("PATCH", path, json={"content": {"at": "x"}})
        assert wrong.status_code == 422
    work()
    [message] = as_(OWNER).get(f"/conversations/{made['id']}/messages")["items"]
    assert message["content"] == {
        "at": "2019-08-09T00:00:00+00:00",
        "prepared_at": AT.isoformat(),
    }
