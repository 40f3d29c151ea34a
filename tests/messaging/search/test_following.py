"""The index follows the messages: nothing is left out, whoever commits when."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from tests.conftest import SignedIn
from tests.messaging.conftest import MEMBER, OWNER, MakeGroup, say
from tests.messaging.search.conftest import texts
from zzd import clock
from zzd.db import database, insert_into, reading, transaction
from zzd.messaging.models import Conversation, Message
from zzd.messaging.search import following, index
from zzd.messaging.search.commands import search
from zzd.messaging.search.following import follow, state
from zzd.messaging.search.models import SearchEntry, SearchProgress

only_postgresql = pytest.mark.parametrize("engine_kind", ["postgresql"], indirect=True)


def write_message(session: Session, conversation_id: str, text: str) -> None:
    """As sending does: the conversation's number, then the row."""
    conversation = int(conversation_id)
    seq = session.scalar(
        update(Conversation)
        .where(Conversation.id == conversation)
        .values(last_seq=Conversation.last_seq + 1)
        .returning(Conversation.last_seq)
    )
    values = {
        "conversation_id": conversation,
        "seq": seq,
        "sender_id": 1,
        "client_id": f"{conversation}-{seq}",
        "fingerprint": "x",
        "sender_name": "王",
        "sender_title": "",
        "sender_unit": "",
        "text": text,
        "created_at": clock.now(),
    }
    session.execute(insert_into(session, Message).values(**values))


@only_postgresql
def test_a_lower_id_that_commits_late_is_found(app: Flask, as_: SignedIn, group: MakeGroup) -> None:
    """Ids are given before the commit. Several rounds go by while one is under way."""
    early, late = group(MEMBER), group(MEMBER)
    reader = as_(MEMBER)
    with Session(database().engine) as slow:
        write_message(slow, late["id"], "水库泄洪甲")
        for n in range(3):
            say(as_(OWNER), early, f"水库泄洪乙{n}")
            follow()
        assert texts(reader, "水库泄洪") == ["水库泄洪乙2", "水库泄洪乙1", "水库泄洪乙0"]
        slow.commit()
    follow()
    assert "水库泄洪甲" in texts(reader, "水库泄洪")
    say(as_(OWNER), early, "水库泄洪丙")
    follow_to_the_end()


def follow_to_the_end() -> None:
    """Whoever is at work on this server holds it up, in other databases too."""
    deadline = time.monotonic() + 60
    while not _is_complete() and time.monotonic() < deadline:
        follow()
    assert _is_complete()


def _is_complete() -> bool:
    with reading() as session:
        progress = session.get_one(SearchProgress, 1)
        return progress.message_id == session.scalar(select(func.max(Message.id)))


@only_postgresql
def test_a_late_commit_between_two_batches_is_found(
    app: Flask, as_: SignedIn, group: MakeGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was not visible to the first batch, and lies below where the second begins."""
    monkeypatch.setattr(following, "BATCH", 2)
    early, late = group(MEMBER), group(MEMBER)
    slow = Session(database().engine)
    write_message(slow, late["id"], "堰塞湖")
    for n in range(5):
        say(as_(OWNER), early, f"巡查{n}")
    follow_one, steps = following._follow_one, []

    def commit_after_the_first(before: Any) -> Any:
        batch = follow_one(before)
        if not steps:
            slow.commit()
        steps.append(batch)
        return batch

    monkeypatch.setattr(following, "_follow_one", commit_after_the_first)
    for _ in range(4):
        follow()
    slow.close()
    assert len(steps) > 3
    assert texts(as_(MEMBER), "堰塞湖") == ["堰塞湖"]


def test_many_senders_and_many_followers_leave_nothing_out(
    app: Flask, as_: SignedIn, group: MakeGroup
) -> None:
    groups = [group(MEMBER) for _ in range(4)]
    done = threading.Event()
    failed: list[Exception] = []

    def run(work: Callable[[], None]) -> threading.Thread:
        def body() -> None:
            with app.app_context():
                try:
                    work()
                except Exception as error:
                    failed.append(error)

        thread = threading.Thread(target=body)
        thread.start()
        return thread

    def send(to: dict[str, Any]) -> None:
        for n in range(25):
            with transaction() as session:
                write_message(session, to["id"], f"台风第{n}报")

    def keep_following() -> None:
        while not done.is_set():
            follow()

    followers = [run(keep_following) for _ in range(2)]
    senders = [run(lambda to=to: send(to)) for to in groups]
    for thread in senders:
        thread.join()
    done.set()
    for thread in followers:
        thread.join()
    assert failed == []
    follow()
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(SearchEntry)) == 100
    assert state().waiting == 0
    assert len(texts(as_(MEMBER), "台风第7报")) == 4


def test_only_what_is_fresh_is_written(app: Flask, spoken: Callable[..., dict[str, Any]]) -> None:
    spoken("收到", "好的")
    assert follow() == 0
    assert follow() == 0


def test_quiet_times_cost_no_write(
    app: Flask, spoken: Callable[..., dict[str, Any]], statements: Callable[[], Any]
) -> None:
    spoken("收到")
    follow_to_the_end()
    with statements() as seen:
        follow()
    assert all(statement.lstrip().startswith("SELECT") for statement in seen)
    assert len(seen) <= 3


def test_sending_takes_no_further_statement(
    app: Flask, as_: SignedIn, group: MakeGroup, statements: Callable[[], Any]
) -> None:
    made = group(MEMBER)
    sender = as_(OWNER)
    say(sender, made)
    with statements() as seen:
        say(sender, made)
    assert not any("search" in statement for statement in seen)


def test_a_changed_message_is_found_by_what_it_says_now(
    app: Flask, as_: SignedIn, spoken: Callable[..., dict[str, Any]]
) -> None:
    spoken("转移人数十人", "已到现场")
    reader = as_(MEMBER)
    with transaction() as session:
        session.execute(
            update(Message)
            .where(Message.seq == 1)
            .values(text="安置点已开放", changed_at=clock.now())
        )
    assert texts(reader, "转移") == []
    follow()
    assert texts(reader, "转移") == []
    assert texts(reader, "安置点") == ["安置点已开放"]
    assert follow() == 0


def test_a_change_is_followed_also_long_after(
    app: Flask, as_: SignedIn, spoken: Callable[..., dict[str, Any]]
) -> None:
    made = spoken("转移人数十人")
    for days in (1, 5, 9):
        with clock.at(clock.now() + timedelta(days=days)):
            say(as_(OWNER), made, f"第{days}天")
            for _ in range(3):
                follow()
            with transaction() as session:
                session.execute(
                    update(Message)
                    .where(Message.seq == 1)
                    .values(text=f"险情{days}", changed_at=clock.now())
                )
            follow()
            assert texts(as_(MEMBER), f"险情{days}") == [f"险情{days}"]


def test_of_a_recalled_message_the_index_keeps_no_word(
    app: Flask, as_: SignedIn, spoken: Callable[..., dict[str, Any]]
) -> None:
    made = spoken("机密数字")
    as_(OWNER).post(f"/conversations/{made['id']}/messages/1/recall", status=200)
    follow()
    with reading() as session:
        from zzd.messaging.search.words import Query

        holds = index.matches(session, Query.of("机密"), strong=False)
        assert session.scalar(select(func.count()).where(holds)) == 0


def test_the_operator_sees_what_waits_and_for_how_long(
    app: Flask, as_: SignedIn, spoken: Callable[..., dict[str, Any]]
) -> None:
    made = spoken("收到")
    now = clock.now()
    with clock.at(now):
        say(as_(OWNER), made, "好的")
    with clock.at(now + timedelta(seconds=7)):
        assert (state().messages, state().waiting, state().lag) == (2, 1, timedelta(seconds=7))
    answer = CliRunner().invoke(search, ["status"])
    assert '"waiting": 1' in answer.output


def test_the_whole_index_can_be_written_anew(
    app: Flask, as_: SignedIn, spoken: Callable[..., dict[str, Any]]
) -> None:
    spoken("堰塞湖", "收到", "好的")
    with transaction() as session:
        index.remove(session, [1])
        session.execute(delete(Message).where(Message.text == "好的"))
    assert texts(as_(MEMBER), "堰塞湖") == []
    answer = CliRunner().invoke(search, ["reindex"])
    assert answer.exit_code == 0
    assert "2 messages indexed" in answer.output
    assert texts(as_(MEMBER), "堰塞湖") == ["堰塞湖"]
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(SearchEntry)) == 2
