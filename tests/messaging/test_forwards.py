"""Passing on what was said: by itself, or as one record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import SignedIn, Statements
from tests.messaging.conftest import (
    CITY,
    MEMBER,
    OTHER_MEMBER,
    OUTSIDER,
    OWNER,
    MakeGroup,
    say,
)
from tests.messaging.files.conftest import Upload, upload
from zzd.db import transaction
from zzd.errors import NotPermitted
from zzd.identity.principals import principal_of_username
from zzd.messaging import forwards, messages
from zzd.messaging.files.models import MessageFile

__all__ = ["upload"]

OfficialId = Callable[[str], str]


def record(source: dict[str, Any], *seqs: int, **more: Any) -> dict[str, Any]:
    content = {"conversation_id": source["id"], "seqs": list(seqs), **more}
    return {"kind": "forward", "content": content}


def test_a_record_shows_what_was_said_to_those_who_were_not_there(
    as_: SignedIn, group: MakeGroup
) -> None:
    source, target = group(MEMBER), group(MEMBER, OUTSIDER)
    for text in ("一", "二", "三", "四", "五"):
        say(as_(OWNER), source, text)
    path = f"/conversations/{target['id']}/messages"
    sent = as_(MEMBER).post(path, {**record(source, 5, 1, 2, 3, 4), "text": "供参考"})
    content = sent["content"]
    assert (sent["kind"], sent["text"]) == ("forward", "供参考")
    assert (content["title"], content["count"], content["depth"]) == ("石塘防汛群", 5, 1)
    assert content["preview"] == [
        {"sender_name": "王温岭", "kind": "text", "text": text} for text in "一二三四"
    ]
    seen = as_(OUTSIDER).get(f"{path}/1/record")
    assert (seen["title"], seen["next"]) == ("石塘防汛群", None)
    assert [item["text"] for item in seen["items"]] == list("一二三四五")
    assert seen["items"][0]["sender"]["unit_name"] == "温岭市"
    as_(OUTSIDER).get(f"/conversations/{source['id']}/messages/1/record", status=404)
    as_(MEMBER).get(f"/conversations/{source['id']}/messages/1/record", status=404)


def test_a_record_is_what_was_said_then(as_: SignedIn, group: MakeGroup) -> None:
    source, target = group(MEMBER), group(MEMBER)
    say(as_(OWNER), source, "原话")
    path = f"/conversations/{target['id']}/messages"
    as_(MEMBER).post(path, record(source, 1, title="纪要"))
    as_(OWNER).patch(f"/conversations/{source['id']}/messages/1", {"text": "改口"})
    seen = as_(MEMBER).get(f"{path}/1/record")
    assert (seen["title"], seen["items"][0]["text"]) == ("纪要", "原话")
    as_(MEMBER).post(f"{path}/1/recall", status=200)
    as_(MEMBER).get(f"{path}/1/record", status=404)


def test_of_a_direct_conversation_the_title_names_who_speaks(
    as_: SignedIn, group: MakeGroup, official_id: OfficialId
) -> None:
    body = {"kind": "direct", "official_ids": [official_id(MEMBER)]}
    source, target = as_(OWNER).post("/conversations", body), group(MEMBER)
    say(as_(OWNER), source)
    say(as_(MEMBER), source)
    sent = as_(OWNER).post(f"/conversations/{target['id']}/messages", record(source, 1, 2))
    assert sent["content"]["title"] == "王温岭、陈石塘"


def test_records_nest_three_deep_and_are_opened_only_through_their_message(
    as_: SignedIn, group: MakeGroup
) -> None:
    made, apart = group(MEMBER), group(OTHER_MEMBER)
    path = f"/conversations/{made['id']}/messages"
    say(as_(OWNER), made, "最里面")
    for seq in (1, 2, 3):
        as_(OWNER).post(path, record(made, seq))
    answer = as_(OWNER).post(path, record(made, 4), status=422)
    assert answer["errors"][0]["pointer"] == "/content/seqs"
    outer = as_(MEMBER).get(f"{path}/4")["content"]["record_id"]
    texts = []
    record_id: str | None = outer
    while record_id is not None:
        opened = as_(MEMBER).get(f"{path}/4/record", record_id=record_id)
        texts.append(opened["items"][0]["text"])
        record_id = (opened["items"][0]["content"] or {}).get("record_id")
    assert texts == ["", "", "最里面"]
    as_(OWNER).post(f"/conversations/{apart['id']}/messages", record(made, 1))
    seen = f"/conversations/{apart['id']}/messages/1/record"
    assert as_(OTHER_MEMBER).get(seen)["items"][0]["text"] == "最里面"
    as_(OTHER_MEMBER).get(seen, record_id=outer, status=404)
    as_(OTHER_MEMBER).get(seen, record_id="999999", status=404)


def test_what_one_does_not_see_is_not_forwarded(
    as_: SignedIn, group: MakeGroup, official_id: OfficialId
) -> None:
    source, target = group(MEMBER), group(MEMBER, OTHER_MEMBER, OUTSIDER)
    say(as_(OWNER), source, "以前的话")
    say(as_(OWNER), source, "收回的话")
    as_(OWNER).post(f"/conversations/{source['id']}/messages/2/recall", status=200)
    body = {"official_ids": [official_id(OTHER_MEMBER)]}
    as_(OWNER).post(f"/conversations/{source['id']}/members", body, status=200)
    say(as_(OWNER), source, "现在的话")
    singly = f"/conversations/{target['id']}/forwards"
    merged = f"/conversations/{target['id']}/messages"
    # Said before they came, recalled, a notice, not said yet.
    for seq in (1, 2, 3, 9):
        body = {"conversation_id": source["id"], "seqs": [4, seq]}
        answer = as_(OTHER_MEMBER).post(singly, body, status=422)
        assert answer["errors"][0]["pointer"] == "/seqs/1"
        answer = as_(OTHER_MEMBER).post(merged, record(source, 4, seq), status=422)
        assert answer["errors"][0]["pointer"] == "/content/seqs/1"
    body = {"conversation_id": source["id"], "seqs": [4]}
    as_(OUTSIDER).post(singly, body, status=404)
    as_(OUTSIDER).post(merged, record(source, 4), status=404)
    assert as_(OWNER).get(f"/conversations/{target['id']}")["last_seq"] == 0
    as_(OTHER_MEMBER).post(singly, body)


def test_each_singly_is_said_again_in_ones_own_name(as_: SignedIn, group: MakeGroup) -> None:
    source, target = group(MEMBER), group(MEMBER, OTHER_MEMBER)
    for text in ("一", "二", "三"):
        say(as_(OWNER), source, text)
    body = {"conversation_id": source["id"], "seqs": [3, 1], "client_id": "once"}
    path = f"/conversations/{target['id']}/forwards"
    sent = as_(MEMBER).post(path, body)
    assert [(m["seq"], m["text"]) for m in sent["items"]] == [(1, "三"), (2, "一")]
    assert {m["sender"]["name"] for m in sent["items"]} == {"陈石塘"}
    as_(OWNER).post(f"/conversations/{source['id']}/messages/1/recall", status=200)
    assert as_(MEMBER).post(path, body, status=200) == sent
    for other in ([3], [1, 3], [3, 1, 2]):
        answer = as_(MEMBER).post(path, {**body, "seqs": other}, status=409)
        assert answer["code"] == "idempotency_conflict"
    assert as_(MEMBER).get(f"/conversations/{target['id']}")["last_seq"] == 2


def test_what_messages_carry_becomes_accessible_where_they_go(
    as_: SignedIn, group: MakeGroup, upload: Upload, session: Session
) -> None:
    source, target = group(MEMBER), group(MEMBER)
    files = [upload(each)["id"] for each in (b"one", b"two")]
    path = f"/conversations/{source['id']}/messages"
    # One of them twice.
    for some in (files[:1], files):
        body: dict[str, Any] = {"kind": "file", "content": {"files": [{"id": id_} for id_ in some]}}
        said = as_(OWNER).post(path, body)["content"]
    body = {"conversation_id": source["id"], "seqs": [2]}
    sent = as_(MEMBER).post(f"/conversations/{target['id']}/forwards", body)["items"][0]
    assert (sent["kind"], sent["content"]) == ("file", said)
    path = f"/conversations/{target['id']}/messages"
    as_(MEMBER).post(path, record(source, 1, 2))
    assert as_(MEMBER).get(f"{path}/2/record")["items"][1]["content"] == said
    # A record of the record: what is nested is to be had as well.
    as_(MEMBER).post(path, record(target, 2))
    carried = select(MessageFile.seq, MessageFile.file_id).where(
        MessageFile.conversation_id == int(target["id"])
    )
    assert {(seq, str(id_)) for seq, id_ in session.execute(carried)} == {
        (seq, id_) for seq in (1, 2, 3) for id_ in files
    }


def test_a_record_costs_the_same_whatever_is_in_it(
    as_: SignedIn, group: MakeGroup, upload: Upload, statements: Statements
) -> None:
    source, counts = group(MEMBER), []
    path = f"/conversations/{source['id']}/messages"
    for n in range(3):
        files = [{"id": upload(b"%d" % n)["id"]}]
        as_(OWNER).post(path, {"kind": "file", "content": {"files": files}})
    with statements() as seen:
        as_(OWNER).get("/me")
        for seqs in ([1], [1, 2, 3]):
            seen.clear()
            as_(OWNER).post(path, record(source, *seqs))
            counts.append(len(seen))
    assert counts[0] == counts[1], seen


def test_a_record_forwarded_singly_is_the_same_record(as_: SignedIn, group: MakeGroup) -> None:
    source, target = group(MEMBER), group(MEMBER, OUTSIDER)
    say(as_(OWNER), source, "原话")
    first = as_(OWNER).post(f"/conversations/{source['id']}/messages", record(source, 1))
    body = {"conversation_id": source["id"], "seqs": [2]}
    [sent] = as_(MEMBER).post(f"/conversations/{target['id']}/forwards", body)["items"]
    assert sent["content"] == first["content"]
    seen = as_(OUTSIDER).get(f"/conversations/{target['id']}/messages/1/record")
    assert seen["items"][0]["text"] == "原话"


def test_forwarding_into_announcements_is_for_who_may_post_them(
    as_: SignedIn, group: MakeGroup, addressed: MakeGroup
) -> None:
    source, target = group(MEMBER, CITY), addressed("announcement", "3310")
    say(as_(OWNER), source)
    body = {"conversation_id": source["id"], "seqs": [1]}
    as_(MEMBER).post(f"/conversations/{target['id']}/forwards", body, status=403)
    as_(MEMBER).post(f"/conversations/{target['id']}/messages", record(source, 1), status=403)
    as_(CITY).post(f"/conversations/{target['id']}/forwards", body)


def test_a_record_is_not_larger_than_set(
    as_: SignedIn, group: MakeGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forwards, "LARGEST_RECORD", 2000)
    made = group(MEMBER)
    say(as_(OWNER), made, "短")
    say(as_(OWNER), made, "长" * 1000)
    path = f"/conversations/{made['id']}/messages"
    answer = as_(OWNER).post(path, record(made, 1, 2), status=422)
    assert answer["errors"][0]["pointer"] == "/content/seqs"
    as_(OWNER).post(path, record(made, 1))


def test_a_repeat_of_a_record_gives_the_first_though_its_messages_were_recalled(
    as_: SignedIn, group: MakeGroup
) -> None:
    made = group(MEMBER)
    say(as_(OWNER), made)
    path = f"/conversations/{made['id']}/messages"
    body = {**record(made, 1), "client_id": "once"}
    first = as_(MEMBER).post(path, body)
    assert as_(MEMBER).post(path, body, status=200) == first
    as_(OWNER).post(f"{path}/1/recall", status=200)
    assert as_(MEMBER).post(path, body, status=200) == first


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"conversation_id": "1"},
        {"conversation_id": 1, "seqs": [1]},
        {"conversation_id": "1", "seqs": []},
        {"conversation_id": "1", "seqs": [0]},
        {"conversation_id": "1", "seqs": ["1"]},
        {"conversation_id": "1", "seqs": [2**63]},
        {"conversation_id": "1", "seqs": [1] * 101},
        {"conversation_id": "1", "seqs": [1], "title": "x" * 101},
        {"conversation_id": "1", "seqs": [1], "record_id": "1"},
    ],
)
def test_bad_requests(as_: SignedIn, group: MakeGroup, content: Any) -> None:
    made = group(MEMBER)
    say(as_(OWNER), made)
    path = f"/conversations/{made['id']}"
    as_(OWNER).post(f"{path}/messages", {"kind": "forward", "content": content}, status=422)
    as_(OWNER).post(f"{path}/forwards", content, status=422)
    as_(OWNER).get(f"{path}/messages/1/record", record_id="x", status=422)


def test_nobody_sends_a_notice(as_: SignedIn, group: MakeGroup) -> None:
    made = group(MEMBER)
    body = {"kind": "notice", "content": {}}
    answer = as_(OWNER).post(f"/conversations/{made['id']}/messages", body, status=422)
    assert answer["errors"][0]["pointer"] == "/kind"


def test_an_app_that_may_send_reads_nothing_by_it(as_: SignedIn, group: MakeGroup) -> None:
    made = group(MEMBER)
    say(as_(OWNER), made, "只给群里的人看")
    with transaction() as session:
        member = principal_of_username(session, MEMBER)
        assert member
        app = replace(member, scopes=frozenset({"messages.send"}))
        where = int(made["id"])
        for more in (
            {"reply_to_seq": 1},
            {"kind": "forward", "content": {"conversation_id": where, "seqs": [1], "title": None}},
        ):
            with pytest.raises(NotPermitted):
                messages.send_message(session, app, where, text="x", **more)
