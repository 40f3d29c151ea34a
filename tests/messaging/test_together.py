"""Messages that are written together are what they would have been one by one."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.client import ApiClient
from tests.conftest import Listening, SignedIn, Statements
from tests.messaging.conftest import (
    MEMBER,
    OTHER_MEMBER,
    OUTSIDER,
    OWNER,
    MakeGroup,
    say,
)
from zzd.db import before_commit, reading, transaction
from zzd.errors import IdempotencyConflict, NotFound
from zzd.identity.principals import principal_of_username
from zzd.messaging import together
from zzd.messaging.members import remove_member
from zzd.messaging.models import Conversation, Message, Participation
from zzd.messaging.together import Text
from zzd.principal import Principal

WHO = (OWNER, MEMBER, OTHER_MEMBER, OUTSIDER)


def principal(username: str) -> Principal:
    with reading() as session:
        found = principal_of_username(session, username)
    assert found is not None
    return replace(found, post=found.posts[0])


def send_all(conversation_id: int, texts: list[Text]) -> list[Any]:
    """What each of them is told: the message and whether it is fresh, or the error."""
    told: list[Any] = []
    # One alone is sent by the next step, too.
    together_sent = together._send(conversation_id, texts) if len(texts) > 1 else [None]
    for each, sent in zip(texts, together_sent, strict=True):
        try:
            told.append(sent or together._send_alone(conversation_id, each))
        except (NotFound, IdempotencyConflict) as error:
            told.append(error)
    return told


@pytest.mark.parametrize("count", [2, 50])
def test_any_number_of_messages_cost_what_one_costs(
    app: Flask, group: MakeGroup, statements: Statements, engine_kind: str, count: int
) -> None:
    made, who = group(MEMBER), [principal(OWNER), principal(MEMBER)]
    texts = [Text(who[n % 2], f"k{n}", f"第{n}条") for n in range(count)]
    with statements() as seen:
        told = send_all(int(made["id"]), texts)
    assert [sent["seq"] for sent, fresh in told if fresh] == list(range(1, count + 1))
    assert len(seen) == (3 if engine_kind == "postgresql" else 4), seen


def test_each_hears_all_in_order_and_has_read_up_to_their_own(
    app: Flask, as_: SignedIn, group: MakeGroup, listening: Listening
) -> None:
    made = group(MEMBER, OTHER_MEMBER)
    listener = listening(OTHER_MEMBER)
    who = [principal(each) for each in (OWNER, MEMBER, OWNER)]
    told = send_all(int(made["id"]), [Text(by, f"k{n}", f"{n}") for n, by in enumerate(who)])
    heard = listener.hear("message.created")
    assert [each["seq"] for each in heard] == [1, 2, 3]
    assert [each["conversation"]["last_seq"] for each in heard] == [1, 2, 3]
    assert [each["client_id"] for each in heard] == [None] * 3
    assert [sent["client_id"] for sent, _ in told] == ["k0", "k1", "k2"]
    read = {each: as_(each).get(f"/conversations/{made['id']}")["read_seq"] for each in WHO[:3]}
    assert read == {OWNER: 3, MEMBER: 2, OTHER_MEMBER: 0}


SAID = st.tuples(
    st.sampled_from(WHO), st.sampled_from([f"k{n}" for n in range(6)]), st.sampled_from("甲乙")
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    batches=st.lists(st.lists(SAID, min_size=1, max_size=8), min_size=1, max_size=4),
    put_out_after=st.integers(0, 4),
)
def test_nothing_is_lost_doubled_or_let_in_whatever_comes_together(
    app: Flask, group: MakeGroup, batches: list[list[Any]], put_out_after: int
) -> None:
    made = group(MEMBER, OTHER_MEMBER)
    conversation_id = int(made["id"])
    people = {username: principal(username) for username in WHO}
    inside = {OWNER, MEMBER, OTHER_MEMBER}
    first_with: dict[tuple[str, str], tuple[str, int]] = {}
    for number, batch in enumerate(batches):
        if number == put_out_after:
            with transaction() as session:
                gone = people[OTHER_MEMBER].official_id or 0
                remove_member(session, people[OWNER], conversation_id, gone)
            inside.remove(OTHER_MEMBER)
        # Keys hold for ever, and other examples used theirs in other groups.
        texts = [Text(people[who], f"{conversation_id}.{key}", words) for who, key, words in batch]
        told = send_all(conversation_id, texts)
        fresh = [each[0]["seq"] for each in told if isinstance(each, tuple) and each[1]]
        assert len(fresh) == len(set(fresh))
        for (who, key, words), answer in zip(batch, told, strict=True):
            if who not in inside:
                assert isinstance(answer, NotFound)
            elif isinstance(answer, IdempotencyConflict):
                assert first_with[who, key][0] != words
            else:
                sent, is_fresh = answer
                assert is_fresh == ((who, key) not in first_with)
                assert first_with.setdefault((who, key), (words, sent["seq"])) == (
                    words,
                    sent["seq"],
                )
    with reading() as session:
        rows = session.execute(
            select(Message.seq, Message.text, Message.kind)
            .where(Message.conversation_id == conversation_id)
            .order_by(Message.seq)
        ).all()
        last = session.scalar(
            select(Conversation.last_seq).where(Conversation.id == conversation_id)
        )
        read = dict(
            session.execute(
                select(Participation.official_id, Participation.read_seq).where(
                    Participation.conversation_id == conversation_id,
                    Participation.left_at.is_(None),
                )
            ).all()
        )
    assert [row.seq for row in rows] == list(range(1, (last or 0) + 1))
    assert {row.seq: row.text for row in rows if row.kind == "text"} == {
        seq: words for words, seq in first_with.values()
    }
    for username in inside:
        own = [seq for (who, _), (_, seq) in first_with.items() if who == username]
        assert read[people[username].official_id or 0] >= max(own, default=0)


def test_who_is_put_out_while_several_wait_is_refused_and_the_others_are_not(
    app: Flask, as_: SignedIn, group: MakeGroup, official_id: Callable[[str], str]
) -> None:
    made = group(MEMBER, OTHER_MEMBER)
    path = f"/conversations/{made['id']}/messages"
    tokens = {who: as_(who).token for who in (OWNER, MEMBER, OTHER_MEMBER)}

    def send(who: str) -> TestResponse:
        with app.app_context():
            return ApiClient(app, token=tokens[who]).request("POST", path, json={"text": who})

    with ThreadPoolExecutor(5) as pool:
        with transaction() as session:
            owner = principal_of_username(session, OWNER)
            assert owner is not None
            remove_member(session, owner, int(made["id"]), int(official_id(MEMBER)))
            session.flush()
            sending = [pool.submit(send, OTHER_MEMBER)]
            time.sleep(0.3)
            sending += [pool.submit(send, who) for who in (MEMBER, OWNER, MEMBER, OTHER_MEMBER)]
            # Long enough for the first to find the conversation locked, and the rest to line up.
            time.sleep(0.5)
        answers = [each.result(timeout=30).status_code for each in sending]
    assert answers == [201, 404, 201, 404, 201]
    said = as_(OWNER).get(path)["items"]
    assert [message["seq"] for message in said] == [1, 2, 3, 4]
    assert sorted(m["text"] for m in said if m["kind"] == "text") == sorted(
        [OTHER_MEMBER, OTHER_MEMBER, OWNER]
    )


@pytest.mark.parametrize("kind", ["org_group", "announcement"])
def test_where_an_audience_decides_who_speaks_each_goes_alone(
    app: Flask, addressed: MakeGroup, kind: str
) -> None:
    made = addressed(kind, "3310")
    by = principal("3310.duty_officer")
    told = send_all(int(made["id"]), [Text(by, f"k{n}", f"{n}") for n in range(3)])
    assert [(sent["seq"], fresh) for sent, fresh in told] == [(1, True), (2, True), (3, True)]


def test_what_goes_wrong_together_goes_well_alone(
    app: Flask, group: MakeGroup, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, by = group(MEMBER), principal(MEMBER)

    def fail(*_: Any) -> None:
        raise RuntimeError("at the last moment")

    monkeypatch.setattr(together.messages, "tell", fail)
    texts = [Text(by, f"k{n}", f"{n}") for n in range(3)]
    assert together._send(int(made["id"]), texts) == [None] * 3
    assert session.scalar(select(func.count()).select_from(Message)) == 0
    monkeypatch.undo()
    assert [sent["seq"] for sent, _ in send_all(int(made["id"]), texts)] == [1, 2, 3]


def test_a_commit_that_fails_has_sent_nothing(
    app: Flask, group: MakeGroup, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, by = group(MEMBER), principal(MEMBER)
    tell = together.messages.tell

    def fail(in_commit: Session, *rest: Any) -> None:
        tell(in_commit, *rest)
        before_commit(in_commit, refuse)

    def refuse() -> None:
        raise RuntimeError("at the commit")

    monkeypatch.setattr(together.messages, "tell", fail)
    texts = [Text(by, f"k{n}", f"{n}") for n in range(3)]
    assert together._send(int(made["id"]), texts) == [None] * 3
    assert session.scalar(select(func.count()).select_from(Message)) == 0


def test_a_database_that_is_gone_is_asked_once_for_all(
    app: Flask, group: MakeGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, by, asked = group(MEMBER), principal(MEMBER), []

    def gone(*_: Any) -> None:
        asked.append(1)
        raise OperationalError("UPDATE", None, RuntimeError("gone"))

    monkeypatch.setattr(together.numbers, "take_several", gone)
    with pytest.raises(OperationalError):
        together._send(int(made["id"]), [Text(by, f"k{n}", f"{n}") for n in range(3)])
    assert len(asked) == 1


def test_a_request_without_a_key_is_sent_once_each(as_: SignedIn, group: MakeGroup) -> None:
    made = group(MEMBER)
    assert [say(as_(MEMBER), made)["seq"] for _ in range(3)] == [1, 2, 3]
