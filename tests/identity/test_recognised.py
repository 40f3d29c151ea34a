"""Callers are remembered for a moment, and forgotten as soon as anything of theirs changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.conftest import SignedIn, Statements
from zzd import clock
from zzd.db import reading, transaction
from zzd.identity import principals
from zzd.identity import recognised as module
from zzd.identity.models import Account, LoginSession
from zzd.identity.recognised import Recognised, recognised
from zzd.identity.tokens import digest
from zzd.orgtree.models import Unit
from zzd.principal import PostRef, Principal
from zzd.realtime.outbox import Event

SOMEBODY = "331081100.duty_officer"
Find = Callable[[str], str]


@pytest.fixture
def time_passes(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """``time_passes(2.5)``: so many seconds by the clock that the memory goes by."""
    at = [1000.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: at[0])
    return lambda seconds: at.__setitem__(0, at[0] + seconds)


def test_what_nobody_told_of_is_noticed_within_five_seconds(
    as_: SignedIn, time_passes: Callable[[float], None]
) -> None:
    client = as_(SOMEBODY)
    client.get("/me")
    with transaction() as session:
        session.execute(update(LoginSession).values(revoked_at=clock.now()))
    client.get("/me")
    time_passes(module.KEPT)
    client.get("/me", status=401)
    assert module.KEPT < 5


def test_a_session_does_not_outlive_its_end_in_memory(as_: SignedIn, app: Flask) -> None:
    client = as_(SOMEBODY)
    client.get("/me")
    ends = clock.now() + timedelta(seconds=app.extensions["zzd.settings"].session_ttl)
    with clock.at(ends + timedelta(seconds=1)):
        client.get("/me", status=401)


def test_signing_out_holds_for_the_next_request(as_: SignedIn) -> None:
    client = as_(SOMEBODY)
    client.get("/me")
    client.delete("/sessions/current")
    client.get("/me", status=401)


def test_a_disabled_account_is_out_at_once(as_: SignedIn, app: Flask) -> None:
    client = as_(SOMEBODY)
    client.get("/me")
    with transaction() as session:
        account_id = session.scalar(select(Account.id).where(Account.username == SOMEBODY))
    as_("system_admin").patch(f"/accounts/{account_id}", {"status": "disabled"})
    client.get("/me", status=401)


def test_the_post_chosen_is_the_one_acted_in_at_once(as_: SignedIn) -> None:
    client = as_("331081101.duty_officer")
    for post in client.get("/me")["posts"]:
        client.put("/me/post", {"post_id": post["id"]})
        assert client.get("/me")["post"]["id"] == post["id"]


def test_a_grant_works_and_ends_at_once(as_: SignedIn, unit_id: Find) -> None:
    client, admin = as_(SOMEBODY), as_("security_admin")
    assert client.get("/me")["grants"] == []
    with transaction() as session:
        account_id = session.scalar(select(Account.id).where(Account.username == SOMEBODY))
    body = {"account_id": str(account_id), "role": "unit_admin", "unit_id": unit_id("331081100")}
    grant = admin.post("/grants", body)
    assert [held["role"] for held in client.get("/me")["grants"]] == ["unit_admin"]
    admin.delete(f"/grants/{grant['id']}")
    assert client.get("/me")["grants"] == []


def test_posts_follow_what_the_administrator_does(as_: SignedIn, official_id: Find) -> None:
    client = as_(SOMEBODY)
    post_id = client.get("/me")["post"]["id"]
    as_("331081.leader").delete(f"/posts/{post_id}")
    assert post_id not in [post["id"] for post in client.get("/me")["posts"]]


def test_a_moved_unit_takes_its_people_along(as_: SignedIn, unit_id: Find) -> None:
    client = as_(SOMEBODY)
    client.get("/me")
    body = {"parent_id": unit_id("3303"), "code": "330399"}
    as_("33.leader").post(f"/units/{unit_id('331081')}/move", body, status=200)
    client.get("/me")
    with reading() as session:
        path = session.scalar(select(Unit.path).where(Unit.code == "331081100"))
    assert path is not None
    found = recognised().find(digest(client.token or ""))
    assert found is not None
    assert found.posts[0].unit_path == path


def _principal(**changed: Any) -> Principal:
    post = PostRef(1, 2, "石塘镇", "0000100002", 4, "health", "member", "x", True)
    return Principal(**{"account_id": 7, "username": "x", "session_id": 9, "official_id": 8,
                        "post": post, "posts": (post,), **changed})  # fmt: skip


@pytest.mark.parametrize(
    ("type_", "data"),
    [
        ("control.session_revoked", {"session_ids": [9]}),
        ("control.renew", {"official_ids": [8]}),
        ("control.renew", {"unit_path": "00001"}),
        ("control.renew", {"account_id": 7}),
        ("control.renew", {"session_id": 9}),
    ],
)
def test_what_another_process_tells_is_forgotten_here(
    app: Flask, type_: str, data: dict[str, Any]
) -> None:
    """As it comes from Redis: the event is delivered, nothing was committed here."""
    known = recognised()
    ends = clock.now() + timedelta(days=1)
    other = _principal(account_id=70, session_id=90, official_id=80, posts=(), post=None)
    known.keep("mine", _principal(), ends, read_at=known.changes)
    known.keep("other", other, ends, read_at=known.changes)
    app.extensions["zzd.sockets"].deliver(Event("e", type_, clock.now(), (), data))
    assert known.find("mine") is None
    assert known.find("other") is other


def test_what_was_read_before_a_change_is_not_kept_after_it(app: Flask) -> None:
    known = Recognised()
    read_at = known.changes
    known.forget_sessions(session_ids=[9])
    known.keep("late", _principal(), clock.now() + timedelta(days=1), read_at=read_at)
    assert known.find("late") is None


def test_the_memory_has_a_bound_and_drops_what_is_over(
    app: Flask, monkeypatch: pytest.MonkeyPatch, time_passes: Callable[[float], None]
) -> None:
    known, ends = Recognised(), clock.now() + timedelta(days=1)
    monkeypatch.setattr(module, "MOST", 3)
    for number in range(5):
        known.keep(str(number), _principal(), ends, read_at=0)
    assert [known.find(str(number)) is not None for number in range(5)] == [False, False, True, True, True]  # fmt: skip
    time_passes(module.KEPT)
    known.keep("new", _principal(), ends, read_at=0)
    assert len(known) == 1


def test_those_who_are_read_together_are_who_they_are_alone(
    as_: SignedIn, statements: Statements
) -> None:
    """Each with their own posts and grants; whose session ended, and whom nobody knows, is nobody."""
    known = [digest(as_(name).token) for name in ("33.duty_officer", SOMEBODY, "331081100.leader")]
    as_("331081101.duty_officer").delete("/sessions/current")
    ended = digest(as_("331081101.duty_officer").token)
    asked = [*known, ended, known[0], digest("nobody's")]
    recognised().forget(lambda _: True)
    with statements() as seen:
        together = principals._read_several(asked)
    assert len(seen) == 1
    alone = [principals._read_several([each])[0] for each in asked]
    assert together == alone
    assert [each and each.username for each in together] == [
        *("33.duty_officer", SOMEBODY, "331081100.leader"),
        *(None, "33.duty_officer", None),
    ]
    assert [recognised().find(each) for each in known] == together[:3]
