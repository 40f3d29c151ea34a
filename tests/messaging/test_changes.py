"""Messages edited and recalled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import SignedIn
from tests.messaging.conftest import CITY, MEMBER, OTHER_MEMBER, OWNER, MakeGroup, say
from zzd import clock
from zzd.audit.models import AuditEntry

DAY = timedelta(days=1)


def test_an_edited_message_says_the_new_and_keeps_the_old(as_: SignedIn, group: MakeGroup) -> None:
    made, client = group(MEMBER), as_(MEMBER)
    path = f"/conversations/{made['id']}/messages"
    sent = say(client, made, "已转移120人")
    say(as_(OWNER), made, "好", reply_to_seq=1)
    with clock.at(clock.now() + timedelta(minutes=1)):
        edited = client.patch(f"{path}/1", {"text": "已转移126人"})
    assert (edited["text"], edited["seq"]) == ("已转移126人", 1)
    assert edited["edited_at"] > edited["created_at"] == sent["created_at"]
    with clock.at(clock.now() + timedelta(minutes=2)):
        client.patch(f"{path}/1", {"text": "已转移128人"})
    listed = as_(OWNER).get(path)["items"]
    assert listed[0]["text"] == listed[1]["reply_to"]["text"] == "已转移128人"
    versions = as_(OWNER).get(f"{path}/1/versions")
    assert [(v["no"], v["text"]) for v in versions["items"]] == [
        (1, "已转移120人"),
        (2, "已转移126人"),
        (3, "已转移128人"),
    ]
    assert [v["at"] for v in versions["items"]][:2] == [sent["created_at"], edited["edited_at"]]
    first = as_(OWNER).get(f"{path}/1/versions", limit=2)
    rest = as_(OWNER).get(f"{path}/1/versions", limit=2, cursor=first["next"])
    assert first["items"] + rest["items"] == versions["items"]
    assert rest["next"] is None


def test_the_same_words_again_change_nothing(as_: SignedIn, group: MakeGroup) -> None:
    made = group(MEMBER)
    say(as_(MEMBER), made, "收到")
    path = f"/conversations/{made['id']}/messages/1"
    assert as_(MEMBER).patch(path, {"text": "收到"})["edited_at"] is None
    assert len(as_(MEMBER).get(f"{path}/versions")["items"]) == 1


def test_editing_ends_after_a_day(as_: SignedIn, group: MakeGroup) -> None:
    made, start = group(MEMBER), clock.now()
    with clock.at(start):
        say(as_(MEMBER), made)
    path = f"/conversations/{made['id']}/messages/1"
    with clock.at(start + DAY):
        as_(MEMBER).patch(path, {"text": "x"})
    with clock.at(start + DAY + timedelta(microseconds=1)):
        answer = as_(MEMBER).patch(path, {"text": "y"}, status=409)
        assert answer["code"] == "edit_window_passed"


def test_the_times_are_settings(
    app: Flask, as_: SignedIn, group: MakeGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(app.extensions["zzd.settings"], recall_within=600, edit_within=60)
    monkeypatch.setitem(app.extensions, "zzd.settings", settings)
    told = as_(MEMBER).get("/messaging/settings")
    assert (told["recall_within"], told["edit_within"]) == (600, 60)
    assert {"key": "ok", "emoji": "👌", "name": "好的"} in told["reactions"]
    made, start = group(MEMBER), clock.now()
    with clock.at(start):
        say(as_(MEMBER), made)
    path = f"/conversations/{made['id']}/messages/1"
    with clock.at(start + timedelta(seconds=61)):
        as_(MEMBER).patch(path, {"text": "x"}, status=409)
    with clock.at(start + timedelta(seconds=600)):
        as_(MEMBER).post(f"{path}/recall", status=200)


def test_only_ones_own_words_are_changed(as_: SignedIn, group: MakeGroup) -> None:
    made = group(MEMBER)
    say(as_(MEMBER), made)
    path = f"/conversations/{made['id']}/messages/1"
    assert as_(OWNER).patch(path, {"text": "x"}, status=403)["code"] == "not_permitted"
    as_(OTHER_MEMBER).patch(path, {"text": "x"}, status=404)


def test_what_was_recalled_is_not_edited_and_its_words_are_gone(
    as_: SignedIn, group: MakeGroup
) -> None:
    made, client = group(MEMBER), as_(MEMBER)
    say(client, made, "发错了")
    path = f"/conversations/{made['id']}/messages/1"
    client.patch(path, {"text": "又发错了"})
    client.post(f"{path}/recall", status=200)
    assert client.patch(path, {"text": "x"}, status=409)["code"] == "message_recalled"
    assert client.get(f"{path}/versions") == {"items": [], "next": None}


def test_notices_and_records_are_nobodys_words_to_change(as_: SignedIn, group: MakeGroup) -> None:
    made, owner = group(MEMBER), as_(OWNER)
    path = f"/conversations/{made['id']}"
    say(owner, made)
    owner.patch(path, {"name": "新名"})
    content = {"conversation_id": made["id"], "seqs": [1]}
    owner.post(f"{path}/messages", {"kind": "forward", "content": content})
    for seq in (2, 3):
        answer = owner.patch(f"{path}/messages/{seq}", {"text": "x"}, status=409)
        assert answer["code"] == "not_editable"
    assert owner.post(f"{path}/messages/2/recall", status=409)["code"] == "not_editable"


def test_who_manages_a_group_recalls_anybodys_message_at_any_time_and_is_named(
    as_: SignedIn, group: MakeGroup, session: Session, official_id: Callable[[str], str]
) -> None:
    made = group(MEMBER, OTHER_MEMBER)
    path = f"/conversations/{made['id']}"
    as_(OWNER).patch(f"{path}/members/{official_id(OTHER_MEMBER)}", {"role": "admin"})
    say(as_(MEMBER), made, "不该说的")
    with clock.at(clock.now() + DAY):
        as_(MEMBER).post(f"{path}/messages/2/recall", status=409)
        recalled = as_(OTHER_MEMBER).post(f"{path}/messages/2/recall", status=200)
    assert recalled["recalled_by"] == {"id": official_id(OTHER_MEMBER), "name": "陈松门"}
    [entry] = session.scalars(select(AuditEntry).where(AuditEntry.action == "message.recall"))
    assert (entry.outcome, entry.object_id) == ("done", made["id"])
    assert entry.detail == {"seq": 2, "sender_id": int(official_id(MEMBER))}


def test_ones_own_recall_leaves_ones_name_and_nothing_in_the_audit_log(
    as_: SignedIn, group: MakeGroup, session: Session, official_id: Callable[[str], str]
) -> None:
    made = group(MEMBER)
    say(as_(MEMBER), made)
    path = f"/conversations/{made['id']}/messages/1/recall"
    recalled = as_(MEMBER).post(path, status=200)
    assert recalled["recalled_by"] == {"id": official_id(MEMBER), "name": "陈石塘"}
    query = select(AuditEntry).where(AuditEntry.action == "message.recall")
    assert session.scalars(query).all() == []


def test_who_may_address_an_audience_recalls_in_its_group(
    as_: SignedIn, addressed: MakeGroup
) -> None:
    made = addressed("org_group", "331081", by=OWNER)
    say(as_(MEMBER), made)
    path = f"/conversations/{made['id']}/messages/1/recall"
    as_("331081101.leader").post(path, status=403)
    assert as_(OWNER).post(path, status=200)["text"] is None


def test_what_people_added_goes_with_a_recalled_message(as_: SignedIn, group: MakeGroup) -> None:
    made = group(MEMBER)
    path = f"/conversations/{made['id']}"
    say(as_(MEMBER), made)
    as_(OWNER).put(f"{path}/messages/1/reactions/ok")
    as_(OWNER).put(f"{path}/pins/1")
    recalled = as_(MEMBER).post(f"{path}/messages/1/recall", status=200)
    [listed] = as_(MEMBER).get(f"{path}/messages")["items"]
    assert listed == recalled
    assert (listed["reactions"], listed["pinned"]) == ([], False)
    assert as_(OWNER).get(f"{path}/pins")["items"] == []
    assert as_(OWNER).get(f"{path}/messages/1/reactions")["items"] == []


def test_sync_names_the_messages_that_changed(as_: SignedIn, group: MakeGroup) -> None:
    made = group(MEMBER)
    path = f"/conversations/{made['id']}"
    start = clock.now()
    for _ in range(4):
        say(as_(OWNER), made)
    with clock.at(start + timedelta(hours=1)):
        cursor = as_(MEMBER).get("/sync")["cursor"]
    with clock.at(start + timedelta(hours=2)):
        as_(OWNER).patch(f"{path}/messages/1", {"text": "x"})
        as_(MEMBER).put(f"{path}/messages/2/reactions/ok")
        as_(OWNER).put(f"{path}/pins/3")
        changed = as_(MEMBER).get("/sync", cursor=cursor)["changed"]
    assert sorted(each["seq"] for each in changed) == [1, 2, 3]


@pytest.mark.parametrize("text", ["", " ", None, 1, "x" * 5001, "a\x00b"])
def test_bad_words(as_: SignedIn, group: MakeGroup, text: Any) -> None:
    made = group(MEMBER)
    say(as_(MEMBER), made)
    path = f"/conversations/{made['id']}/messages/1"
    answer = as_(MEMBER).patch(path, {"text": text}, status=422)
    assert answer["errors"][0]["pointer"] == "/text"


def test_one_message_is_read_by_its_number(as_: SignedIn, addressed: MakeGroup) -> None:
    made = addressed("announcement", "3310")
    say(as_(CITY), made, "通知")
    path = f"/conversations/{made['id']}/messages"
    assert as_(MEMBER).get(f"{path}/1") == as_(MEMBER).get(path)["items"][0]
    as_(MEMBER).get(f"{path}/2", status=404)
