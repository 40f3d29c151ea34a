"""What is left of messages whose time of keeping is over: their places, and not a word."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.conftest import SignedIn, Statements
from tests.messaging.conftest import MEMBER, OTHER_MEMBER, OUTSIDER, OWNER, MakeGroup, say
from tests.messaging.files.conftest import Upload, content, picture
from tests.messaging.files.test_rights import send
from tests.messaging.records.conftest import Rule, days_later, messages_of, sweep_after
from tests.messaging.search.conftest import texts
from zzd import clock
from zzd.audit.models import AuditEntry
from zzd.messaging.files.models import Blob
from zzd.messaging.marks.models import Pin, Reaction, ReactionCount
from zzd.messaging.models import ForwardRecord, Mention, Message, MessageVersion
from zzd.messaging.records import sweeping
from zzd.messaging.scheduled.models import ScheduledMessage
from zzd.messaging.scheduled.sending import send_due
from zzd.messaging.search.following import follow
from zzd.messaging.search.models import SearchEntry


def test_a_removed_message_keeps_its_number_and_loses_all_that_it_says(
    as_: SignedIn, group: MakeGroup, rule: Rule, official_id: Callable[[str], str], session: Session
) -> None:
    made = group(MEMBER)
    path = f"/conversations/{made['id']}"
    owner, member = as_(OWNER), as_(MEMBER)
    say(owner, made, "台风今晚登陆", mentions={"official_ids": [official_id(MEMBER)]})
    owner.patch(f"{path}/messages/1", {"text": "台风明晨登陆"})
    member.put(f"{path}/messages/1/reactions/ok")
    owner.put(f"{path}/pins/1")
    follow()
    rule(30)
    assert sweep_after(29) == 0
    assert sweep_after(31) == 1
    say(member, made, "收到", reply_to_seq=1)
    removed, reply = messages_of(member, made)
    assert removed["seq"] == 1
    assert removed["removed_at"]
    assert removed["sender"]["name"]
    gone = ("text", "content", "reply_to", "mentions")
    assert [removed[name] for name in gone] == [None] * 4
    assert (removed["reactions"], removed["pinned"]) == ([], False)
    assert reply["reply_to"]["text"] is None
    assert member.get(f"{path}/messages/1/versions")["items"] == []
    assert member.get(path)["mentioned"] is None
    for table in (MessageVersion, Reaction, ReactionCount, Pin, Mention, SearchEntry):
        assert session.scalar(select(func.count()).select_from(table)) == 0, table
    row = session.scalars(select(Message).where(Message.seq == 1)).one()
    assert (row.text, row.content, row.mentions) == ("", None, None)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "", {"text": "改"}),
        ("POST", "/recall", {}),
        ("PUT", "/reactions/ok", {}),
    ],
)
def test_nothing_is_added_to_a_removed_message(
    as_: SignedIn, group: MakeGroup, rule: Rule, method: str, path: str, body: Any
) -> None:
    made = group(MEMBER)
    say(as_(OWNER), made)
    rule(1)
    assert sweep_after(2) == 1
    url = f"/conversations/{made['id']}/messages/1{path}"
    refused = as_(OWNER).request(method, url, json=body)
    assert (refused.status_code, refused.get_json()["code"]) == (409, "message_removed")


def test_a_removed_message_is_neither_pinned_nor_passed_on(
    as_: SignedIn, group: MakeGroup, rule: Rule
) -> None:
    made = group(MEMBER)
    say(as_(OWNER), made)
    rule(1)
    sweep_after(2)
    as_(OWNER).put(f"/conversations/{made['id']}/pins/1", status=409)
    body = {"conversation_id": made["id"], "seqs": [1]}
    as_(OWNER).post(f"/conversations/{made['id']}/forwards", body, status=422)


def test_search_finds_nothing_removed(as_: SignedIn, group: MakeGroup, rule: Rule) -> None:
    made = group(MEMBER)
    say(as_(OWNER), made, "水库泄洪通知")
    follow()
    # Not in the index yet when it is removed.
    say(as_(OWNER), made, "水库二次泄洪")
    assert texts(as_(MEMBER), "泄洪") == ["水库泄洪通知"]
    rule(1)
    assert sweep_after(2) == 2
    assert texts(as_(MEMBER), "泄洪") == []
    follow()
    assert texts(as_(MEMBER), "泄洪") == []


def test_a_file_that_another_conversation_carries_survives(
    as_: SignedIn,
    group: MakeGroup,
    addressed: MakeGroup,
    upload: Upload,
    rule: Rule,
    session: Session,
) -> None:
    made = group(MEMBER)
    kept = addressed("org_group", "331081", by="3310.duty_officer")
    both, only = upload(picture(), "险情.jpg"), upload(b"only here", "记录.txt")
    send(as_(OWNER), made, both["id"])
    send(as_(OWNER), made, only["id"])
    send(as_(OWNER), kept, both["id"])
    rule(1, conversation_kinds=["group"])
    assert sweep_after(2) == 2
    assert content(as_(OWNER), both["id"]).status_code == 200
    assert content(as_(OWNER), only["id"]).status_code == 404
    assert session.scalar(select(func.count()).select_from(Blob)) == 1


def test_a_record_goes_with_the_last_message_that_carries_it(
    as_: SignedIn, group: MakeGroup, addressed: MakeGroup, rule: Rule, session: Session
) -> None:
    made, kept = group(MEMBER), addressed("org_group", "331081")
    say(as_(OWNER), made, "堤坝渗水")
    body = {"kind": "forward", "content": {"conversation_id": made["id"], "seqs": [1]}}
    as_(OWNER).post(f"/conversations/{made['id']}/messages", body)
    # Nested in another one, elsewhere; and a second one that nobody else has.
    nested = {"kind": "forward", "content": {"conversation_id": made["id"], "seqs": [2]}}
    as_(OWNER).post(f"/conversations/{kept['id']}/messages", nested)
    as_(OWNER).post(f"/conversations/{made['id']}/messages", body)
    records = session.scalars(select(ForwardRecord.id).order_by(ForwardRecord.id)).all()
    assert len(records) == 3
    rule(1, conversation_kinds=["group"])
    assert sweep_after(2) == 3
    session.rollback()
    assert session.scalars(select(ForwardRecord.id).order_by(ForwardRecord.id)).all() == records[:2]
    path = f"/conversations/{kept['id']}/messages/1/record"
    assert as_(OWNER).get(path, record_id=records[0])["items"][0]["text"] == "堤坝渗水"


def test_what_was_sent_by_schedule_is_forgotten_there_too(
    as_: SignedIn, group: MakeGroup, rule: Rule, session: Session
) -> None:
    made = group(MEMBER)
    body = {"text": "明早点名", "at": (clock.now() + timedelta(hours=1)).isoformat()}
    as_(OWNER).post(f"/conversations/{made['id']}/scheduled", body)
    with days_later(0.1):
        send_due()
    rule(1)
    assert sweep_after(3) == 1
    assert session.scalars(select(ScheduledMessage.text)).all() == [""]


def test_the_log_has_one_entry_for_a_batch_and_no_words(
    as_: SignedIn, group: MakeGroup, rule: Rule, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "BATCH", 2)
    made, other = group(MEMBER), group(MEMBER)
    for conversation in (made, other, made):
        say(as_(OWNER), conversation, "机密内容")
    rule(1)
    assert sweep_after(2) == 3
    entries = session.scalars(
        select(AuditEntry).where(AuditEntry.action == "retention.remove").order_by(AuditEntry.id)
    ).all()
    assert [entry.detail for entry in entries] == [
        {"messages": 2, "files": 0, "conversations": 2},
        {"messages": 1, "files": 0, "conversations": 1},
    ]


def test_a_batch_costs_the_same_however_much_there_is(
    as_: SignedIn,
    group: MakeGroup,
    rule: Rule,
    statements: Statements,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rule(1)
    counts = []
    for said in (1, 40):
        made = group(MEMBER)
        for _ in range(said):
            say(as_(OWNER), made)
        with days_later(2), statements() as seen:
            assert sweeping.sweep() == said
        counts.append(len(seen))
        # Another pass begins at once.
        as_("security_admin").put(
            f"/records/rules/{as_('security_admin').get('/records/rules')['items'][0]['id']}",
            {"name": "改名", "keep_days": 1},
        )
    assert counts[0] == counts[1]
    assert counts[0] <= 45


def test_a_process_that_dies_in_a_batch_leaves_nothing_half(
    as_: SignedIn, group: MakeGroup, rule: Rule, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = group(MEMBER)
    for text in ("一", "二", "三"):
        say(as_(OWNER), made, text)
    rule(1)

    class Died(Exception):
        pass

    def die(*_args: object, **_more: object) -> None:
        raise Died

    before = messages_of(as_(MEMBER), made)
    # The very last act before the commit.
    monkeypatch.setattr("zzd.messaging.records.sweeping.audit.append", die)
    with pytest.raises(Died):
        sweep_after(2)
    assert messages_of(as_(MEMBER), made) == before
    monkeypatch.undo()
    assert sweep_after(2) == 3
    assert [m["text"] for m in messages_of(as_(MEMBER), made)] == [None] * 3


def test_a_pass_goes_on_where_it_was_and_ends(
    as_: SignedIn, group: MakeGroup, rule: Rule, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, size in (("BATCH", 3), ("WINDOW", 4), ("STEPS", 1)):
        monkeypatch.setattr(sweeping, name, size)
    made = group(MEMBER)
    for n in range(10):
        say(as_(OWNER), made, str(n), kind="text")
    rule(1)
    with days_later(2):
        steps = [sweeping.sweep() for _ in range(8)]
    assert sum(steps) == 10
    assert max(steps) <= 3
    assert [m["seq"] for m in messages_of(as_(OWNER), made)] == list(range(1, 11))


def test_two_workers_remove_each_message_once(
    as_: SignedIn, group: MakeGroup, rule: Rule, app: Flask
) -> None:
    made = group(MEMBER, OTHER_MEMBER)
    for _ in range(30):
        say(as_(OWNER), made)
    rule(1)
    removed: list[int] = []

    def work() -> None:
        with app.app_context(), days_later(2):
            removed.extend(sweeping.sweep() for _ in range(10))

    workers = [Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(removed) == 30


def test_who_may_not_see_a_conversation_learns_nothing_of_its_removals(
    as_: SignedIn, group: MakeGroup, rule: Rule
) -> None:
    made = group(MEMBER)
    say(as_(OWNER), made)
    rule(1)
    sweep_after(2)
    as_(OUTSIDER).get(f"/conversations/{made['id']}/messages", status=404)
