"""A hold outranks every rule, and whatever people do to their own words."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import SignedIn
from tests.messaging.conftest import CITY, MEMBER, OTHER_MEMBER, OWNER, MakeGroup, say
from tests.messaging.files.conftest import Upload, content
from tests.messaging.files.test_rights import send
from tests.messaging.records.conftest import (
    AUDIT,
    REASON,
    SECURITY,
    Hold,
    Rule,
    archive_of,
    days_later,
    messages_of,
    sweep_after,
)
from zzd.audit.models import AuditEntry
from zzd.messaging.records import sweeping
from zzd.messaging.records.sweeping import _look as look

Ids = Callable[[str], str]


def left(as_: SignedIn, conversation: dict[str, str]) -> list[str | None]:
    return [message["text"] for message in messages_of(as_(OWNER), conversation)]


def test_a_held_conversation_stays_until_the_hold_is_released(
    as_: SignedIn, group: MakeGroup, rule: Rule, hold: Hold, upload: Upload
) -> None:
    made, other = group(MEMBER), group(MEMBER)
    file = upload(b"evidence")
    for conversation in (made, other):
        say(as_(OWNER), conversation, "请示")
    send(as_(OWNER), made, file["id"], text="附件")
    placed = hold(conversation_id=made["id"])
    say(as_(OWNER), made, "之后")
    rule(1)
    assert sweep_after(5) == 1
    assert left(as_, made) == ["请示", "附件", "之后"]
    assert left(as_, other) == [None]
    assert content(as_(MEMBER), file["id"]).data == b"evidence"
    path = f"/records/holds/{placed['id']}/release"
    released = as_(AUDIT).post(path, {"reason": "结案"}, status=200)
    assert released["released_at"]
    assert released["release_reason"] == "结案"
    as_(AUDIT).post(path, {"reason": "结案"}, status=409)
    assert sweep_after(5) == 3
    assert left(as_, made) == [None, None, None]
    assert content(as_(MEMBER), file["id"]).status_code == 404


def test_a_hold_on_an_official_keeps_what_they_said_everywhere_and_nobody_elses(
    as_: SignedIn, group: MakeGroup, rule: Rule, hold: Hold, official_id: Ids
) -> None:
    made, other = group(MEMBER), group(MEMBER, OTHER_MEMBER)
    for conversation in (made, other):
        say(as_(OWNER), conversation, "甲")
        say(as_(MEMBER), conversation, "乙")
    hold(official_id=official_id(MEMBER))
    rule(1)
    assert sweep_after(2) == 2
    assert left(as_, made) == left(as_, other) == [None, "乙"]


def test_a_hold_on_an_audience_keeps_its_conversations_and_its_peoples_words(
    as_: SignedIn,
    group: MakeGroup,
    addressed: MakeGroup,
    rule: Rule,
    hold: Hold,
    unit_id: Ids,
) -> None:
    inside, above = addressed("org_group", "331081100"), addressed("org_group", "331081")
    say(as_(CITY), inside, "对石塘说")
    say(as_(CITY), above, "对温岭说")
    say(as_(MEMBER), above, "石塘的人说")
    hold(audience={"unit_id": unit_id("331081100")})
    rule(1)
    assert sweep_after(2) == 1
    assert left_of(as_, inside) == ["对石塘说"]
    assert left_of(as_, above) == [None, "石塘的人说"]


def left_of(as_: SignedIn, conversation: dict[str, str]) -> list[str | None]:
    return [message["text"] for message in messages_of(as_(CITY), conversation)]


def test_a_hold_that_was_answered_outranks_a_batch_that_was_found_before_it(
    app: Flask,
    as_: SignedIn,
    group: MakeGroup,
    rule: Rule,
    hold: Hold,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = group(MEMBER)
    say(as_(OWNER), made, "请示")
    rule(1)

    def look_and_then_hold() -> sweeping.Found | None:
        found = look()
        if found is not None and found.due:
            hold(conversation_id=made["id"])
        return found

    monkeypatch.setattr(sweeping, "_look", look_and_then_hold)
    with days_later(2):
        assert sweeping.sweep() == 0
    assert left(as_, made) == ["请示"]


def test_under_a_hold_recalled_and_edited_words_are_kept_for_administrators_alone(
    as_: SignedIn, group: MakeGroup, hold: Hold
) -> None:
    made = group(MEMBER)
    owner = as_(OWNER)
    path = f"/conversations/{made['id']}/messages"
    for text in ("红包收下", "改前", "不变"):
        say(owner, made, text)
    placed = hold(conversation_id=made["id"])
    owner.post(f"{path}/1/recall", status=200)
    owner.patch(f"{path}/2", {"text": "改后"})
    assert left(as_, made) == [None, "改后", "不变"]
    for client, originals in (
        (as_(SECURITY), [("红包收下", []), ("改后", ["改前"]), None]),
        (owner, [None, None, None]),
    ):
        with archive_of(client, made) as archive:
            entries = json.loads(archive.read("messages.json"))["messages"]
            assert [entry["text"] for entry in entries] == [None, "改后", "不变"]
            assert [
                original and (original["text"], [each["text"] for each in original["versions"]])
                for original in (entry["original"] for entry in entries)
            ] == originals
            told = archive.read("messages.csv") + archive.read("messages-0001.html")
            assert ("红包收下" in told.decode()) == (originals[0] is not None)
    as_(AUDIT).post(f"/records/holds/{placed['id']}/release", {"reason": "结案"}, status=200)
    with archive_of(as_(SECURITY), made) as archive:
        entries = json.loads(archive.read("messages.json"))["messages"]
        assert [entry["original"] for entry in entries] == [None, None, None]


def test_placing_and_releasing_are_audited_with_their_reasons(
    as_: SignedIn, group: MakeGroup, hold: Hold, session: Session
) -> None:
    made = group(MEMBER)
    placed = hold(conversation_id=made["id"])
    as_(AUDIT).post(f"/records/holds/{placed['id']}/release", {"reason": "结案"}, status=200)
    entries = session.scalars(
        select(AuditEntry).where(AuditEntry.object_kind == "hold").order_by(AuditEntry.id)
    ).all()
    assert [(entry.action, entry.username, entry.detail["reason"]) for entry in entries] == [
        ("hold.place", AUDIT, REASON),
        ("hold.release", AUDIT, "结案"),
    ]


def test_a_hold_is_placed_once_however_often_it_is_asked_for(
    as_: SignedIn, group: MakeGroup, hold: Hold
) -> None:
    made = group(MEMBER)
    first = hold(conversation_id=made["id"], client_id="a")
    body = {"conversation_id": made["id"], "reason": REASON, "client_id": "a"}
    assert as_(AUDIT).post("/records/holds", body, status=200) == first
    as_(AUDIT).post("/records/holds", {**body, "reason": "别的"}, status=409)
    assert len(as_(SECURITY).get("/records/holds", released=False)["items"]) == 1


def test_the_list_names_what_is_held(
    as_: SignedIn, group: MakeGroup, hold: Hold, official_id: Ids, unit_id: Ids
) -> None:
    made = group(MEMBER)
    hold(conversation_id=made["id"])
    hold(official_id=official_id(MEMBER))
    hold(audience={"unit_id": unit_id("331081100")})
    audience, official, conversation = as_(SECURITY).get("/records/holds")["items"]
    assert conversation["conversation"]["name"] == "石塘防汛群"
    assert official["official"] == {"id": official_id(MEMBER), "name": "陈石塘"}
    assert audience["audience"]["text"] == "石塘镇以下"


@pytest.mark.parametrize("about", [{}, {"conversation_id": "1", "official_id": "1"}])
def test_a_hold_is_about_one_thing(as_: SignedIn, about: dict[str, str]) -> None:
    as_(AUDIT).post("/records/holds", {"reason": REASON, **about}, status=422)


def test_what_is_not_there_is_not_held(as_: SignedIn) -> None:
    for about in ({"conversation_id": "999999"}, {"official_id": "999999"}):
        as_(AUDIT).post("/records/holds", {"reason": REASON, **about}, status=422)
