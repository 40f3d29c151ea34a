"""Who has which bots in a group, and who may change that."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import Listening, SignedIn
from tests.messaging.bots.conftest import Added, Program
from tests.messaging.conftest import (
    CITY,
    MEMBER,
    OTHER_MEMBER,
    OUTSIDER,
    OWNER,
    MakeGroup,
)
from zzd import clock
from zzd.audit.models import AuditEntry
from zzd.messaging.bots.models import Bot

OfficialId = Callable[[str], str]


def notices_in(client: Any, group: dict[str, Any]) -> list[dict[str, Any]]:
    items = client.get(f"/conversations/{group['id']}/messages")["items"]
    return [
        {"action": each["content"]["action"], "name": each["content"]["name"]}
        for each in items
        if each["kind"] == "notice"
    ]


def test_the_address_and_the_secret_are_answered_to_who_adds_a_bot_and_never_again(
    as_: SignedIn, added: Added
) -> None:
    group, bot = added
    assert bot["url"].startswith("http://127.0.0.1:8000/api/v1/hooks/")
    assert len(bot["url"].rsplit("/", 1)[1]) >= 43
    assert bot["secret"].startswith("whsec_")
    path = f"/conversations/{group['id']}/bots"
    for who in (OWNER, MEMBER):
        (seen,) = as_(who).get(path)["items"]
        assert (seen["name"], seen["enabled"]) == ("水位监测", True)
        assert seen["added_by"]["name"] == "王温岭"
        assert not {"url", "secret", "salt", "token_digest"} & set(seen)
    changed = as_(OWNER).patch(f"{path}/{bot['id']}", {"description": "每十分钟一次"})
    assert not {"url", "secret"} & set(changed)


def test_neither_the_address_nor_the_secret_stands_in_the_database(
    added: Added, session: Session
) -> None:
    bot = added[1]
    row = session.scalars(select(Bot)).one()
    kept = " ".join(str(value) for value in vars(row).values())
    assert bot["url"].rsplit("/", 1)[1] not in kept
    assert bot["secret"].removeprefix("whsec_") not in kept


def test_adding_again_with_the_same_key_answers_the_same(as_: SignedIn, group: MakeGroup) -> None:
    path = f"/conversations/{group(MEMBER)['id']}/bots"
    body = {"name": "水位监测", "client_id": "a"}
    first = as_(OWNER).post(path, body)
    assert as_(OWNER).post(path, body, status=200) == first
    other = as_(OWNER).post(path, {**body, "name": "雨量"}, status=409)
    assert other["code"] == "idempotency_conflict"
    assert len(as_(OWNER).get(path)["items"]) == 1


def test_bots_are_for_owner_and_admins(
    as_: SignedIn, added: Added, official_id: OfficialId, session: Session
) -> None:
    group, bot = added
    path = f"/conversations/{group['id']}/bots"

    def each(who: str, status: int) -> None:
        client = as_(who)
        client.post(path, {"name": "我的"}, status=status)
        client.patch(f"{path}/{bot['id']}", {"enabled": False}, status=status)
        client.post(f"{path}/{bot['id']}/secret", {"replaces": 1}, status=status)
        client.delete(f"{path}/{bot['id']}", status=status)

    each(MEMBER, 403)
    each(OUTSIDER, 404)
    as_(OUTSIDER).get(path, status=404)
    denied = session.scalars(select(AuditEntry.action).where(AuditEntry.outcome == "denied"))
    assert {"bot.add", "bot.change", "bot.rotate_secret", "bot.remove"} <= set(denied)
    as_(OWNER).patch(
        f"/conversations/{group['id']}/members/{official_id(MEMBER)}", {"role": "admin"}
    )
    assert as_(MEMBER).post(path, {"name": "管理员的"})["name"] == "管理员的"


def test_a_bot_is_reached_only_through_its_own_group(
    as_: SignedIn, added: Added, group: MakeGroup
) -> None:
    other = group(MEMBER)
    path = f"/conversations/{other['id']}/bots/{added[1]['id']}"
    as_(OWNER).patch(path, {"enabled": False}, status=404)
    as_(OWNER).post(f"{path}/secret", {"replaces": 1}, status=404)
    as_(OWNER).delete(path, status=404)


def test_only_groups_have_bots(as_: SignedIn, addressed: MakeGroup) -> None:
    made = addressed("org_group", "331081")
    path = f"/conversations/{made['id']}/bots"
    assert as_(CITY).post(path, {"name": "机器人"}, status=409)["code"] == "not_a_group"
    assert as_(CITY).get(path, status=409)["code"] == "not_a_group"


def test_every_act_is_told_in_the_group_and_recorded(
    as_: SignedIn, added: Added, session: Session
) -> None:
    group, bot = added
    owner, path = as_(OWNER), f"/conversations/{group['id']}/bots/{bot['id']}"
    owner.patch(path, {"name": "石塘水位"})
    owner.patch(path, {"enabled": False})
    owner.patch(path, {"enabled": True})
    owner.post(f"{path}/secret", {"replaces": 1}, status=200)
    owner.delete(path)
    acts = ["added", "renamed", "switched_off", "switched_on", "secret_rotated", "removed"]
    assert [each["action"] for each in notices_in(as_(MEMBER), group)] == [
        f"bot_{act}" for act in acts
    ]
    assert [each["name"] for each in notices_in(as_(MEMBER), group)] == ["水位监测"] + [
        "石塘水位"
    ] * 5
    recorded = session.scalars(
        select(AuditEntry).where(AuditEntry.action.like("bot.%")).order_by(AuditEntry.id)
    ).all()
    assert [entry.action for entry in recorded] == [f"bot.{act}" for act in acts]
    assert {entry.detail["bot_id"] for entry in recorded} == {int(bot["id"])}
    assert {entry.username for entry in recorded} == {OWNER}


def test_what_changes_nothing_tells_nobody(
    as_: SignedIn, added: Added, listening: Listening
) -> None:
    group, bot = added
    socket = listening(MEMBER)
    as_(OWNER).patch(
        f"/conversations/{group['id']}/bots/{bot['id']}",
        {"name": bot["name"], "description": "", "enabled": True},
    )
    assert socket.types() == []


def test_a_group_has_at_most_ten_bots(as_: SignedIn, group: MakeGroup) -> None:
    owner, path = as_(OWNER), f"/conversations/{group(MEMBER)['id']}/bots"
    made = [owner.post(path, {"name": f"机器人{n}"}) for n in range(10)]
    assert owner.post(path, {"name": "十一"}, status=409)["code"] == "too_many_bots"
    owner.delete(f"{path}/{made[0]['id']}")
    assert owner.post(path, {"name": "十一"})["name"] == "十一"
    assert len(owner.get(path)["items"]) == 10


def test_the_secret_before_is_taken_for_a_day(
    app: Flask, as_: SignedIn, added: Added, program: Program
) -> None:
    group, bot = added
    path = f"/conversations/{group['id']}/bots/{bot['id']}"
    start = clock.now()
    with clock.at(start):
        fresh = as_(OWNER).post(f"{path}/secret", {"replaces": 1}, status=200)
        assert (fresh["secret_no"], fresh["url"]) == (2, bot["url"])
        assert fresh["secret"] != bot["secret"]
        assert fresh["old_secret_until"] is not None
    with clock.at(start + timedelta(hours=23, minutes=59)):
        program.say()
        Program(app, fresh).say()
    with clock.at(start + timedelta(hours=24)):
        assert program.say(status=401)["code"] == "bad_signature"
        Program(app, fresh).say()
        (seen,) = as_(OWNER).get(f"/conversations/{group['id']}/bots")["items"]
        assert seen["old_secret_until"] is None


def test_a_repeated_rotation_leaves_the_secret_in_use_alone(
    as_: SignedIn, added: Added, program: Program
) -> None:
    group, bot = added
    path = f"/conversations/{group['id']}/bots/{bot['id']}/secret"
    first = as_(OWNER).post(path, {"replaces": 1}, status=200)
    assert as_(OWNER).post(path, {"replaces": 1}, status=200) == first
    program.say()
    as_(OWNER).post(path, {"replaces": 2}, status=200)
    assert as_(OWNER).post(path, {"replaces": 1}, status=409)["code"] == "conflict"
    assert program.say(status=401)["code"] == "bad_signature"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": " "},
        {"name": "字" * 31},
        {"name": "a\x00"},
        {"name": "a\u200b"},
        {"name": "a", "description": "字" * 201},
        {"name": "a", "enabled": False},
        {"name": 1},
    ],
)
def test_what_is_no_bot_is_refused(as_: SignedIn, group: MakeGroup, body: dict[str, Any]) -> None:
    path = f"/conversations/{group(MEMBER)['id']}/bots"
    assert as_(OWNER).post(path, body, status=422)["errors"]


@pytest.mark.parametrize("replaces", [0, "1", None, 1.5, 2**31, True])
def test_what_is_no_number_of_a_secret_is_refused(
    as_: SignedIn, added: Added, replaces: Any
) -> None:
    group, bot = added
    path = f"/conversations/{group['id']}/bots/{bot['id']}/secret"
    as_(OWNER).post(path, {"replaces": replaces}, status=422)


def test_every_member_hears_that_bots_changed(
    as_: SignedIn, added: Added, listening: Listening
) -> None:
    group, bot = added
    near, far = listening(OTHER_MEMBER), listening(OUTSIDER)
    as_(OWNER).patch(
        f"/conversations/{group['id']}/bots/{bot['id']}", {"description": uuid.uuid4().hex}
    )
    assert near.hear("bots.updated") == [{"conversation_id": group["id"]}]
    assert far.hear("bots.updated") == []
