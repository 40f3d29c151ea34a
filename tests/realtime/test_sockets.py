"""Who may connect, in which rooms they are, and how that follows their rights."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from tests.client import ApiClient
from tests.conftest import Listening, SignedIn
from tests.listener import Listener
from zzd import clock
from zzd.db import transaction
from zzd.identity.models import LoginSession
from zzd.orgtree.models import Official, Post
from zzd.principal import Principal
from zzd.realtime import connections, outbox, rooms
from zzd.realtime.connections import BURST
from zzd.realtime.sockets import Sockets

WHO = "331081100.leader"
OTHER = "331081100.duty_officer"


@pytest.fixture
def sockets(app: Flask) -> Iterator[Sockets]:
    found: Sockets = app.extensions["zzd.sockets"]
    providers = list(found.providers)
    yield found
    found.providers[:] = providers


def tell(name: str, **data: Any) -> None:
    with transaction() as session:
        outbox.tell_processes(session, name, data)


def push(room: str) -> None:
    with transaction() as session:
        outbox.publish(session, "test.event", {"room": room}, rooms=[room])


@pytest.mark.parametrize("token", [None, "", "wrong", 7, ["x"], "x" * 10_000])
def test_only_who_is_signed_in_connects(app: Flask, sockets: Sockets, token: Any) -> None:
    listener = Listener(app, ApiClient(app, token=token))
    assert not listener.connected
    assert len(sockets.connections) == 0


def test_an_account_without_an_official_connects_but_is_in_no_unit(
    sockets: Sockets, listening: Listening
) -> None:
    assert listening("system_admin").connected
    assert [connection.rooms for connection in sockets.connections] == [set()]


def test_a_failure_while_connecting_refuses_and_leaves_nothing_behind(
    app: Flask, sockets: Sockets, listening: Listening
) -> None:
    def fail(_session: Session, _principal: Principal) -> list[str]:
        raise RuntimeError("a secret of the database")

    sockets.add_rooms(fail)
    assert not listening(WHO).connected
    assert len(sockets.connections) == 0
    sockets.providers.remove(fail)
    assert listening(WHO).connected


def test_a_socket_hears_its_rooms_only(
    listening: Listening, official_id: Callable[[str], str]
) -> None:
    mine, other = listening(WHO), listening(OTHER)
    push(rooms.official(int(official_id(WHO))))
    assert (mine.types(), other.types()) == (["test.event"], [])


def test_one_event_to_several_rooms_is_heard_once(
    listening: Listening, official_id: Callable[[str], str], unit_id: Callable[[str], str]
) -> None:
    mine = listening(WHO)
    with transaction() as session:
        outbox.publish(
            session,
            "test.event",
            {},
            rooms=[rooms.official(int(official_id(WHO))), rooms.unit(int(unit_id("331081100")))],
        )
    assert mine.types() == ["test.event"]


def test_a_disconnected_socket_is_forgotten(sockets: Sockets, listening: Listening) -> None:
    listener = listening(WHO)
    connection = next(iter(sockets.connections))
    assert sockets.connections.of([connection.principal.official_id or 0]) == [connection]
    listener.close()
    assert len(sockets.connections) == 0
    assert sockets.connections.of([connection.principal.official_id or 0]) == []


def test_who_signs_out_is_told_and_cut(as_: SignedIn, listening: Listening) -> None:
    first, other = listening(WHO), listening(OTHER)
    as_(WHO).delete("/sessions")
    assert (first.connected, other.connected) == (False, True)


def test_a_session_that_ended_unnoticed_can_send_nothing(
    sockets: Sockets, listening: Listening
) -> None:
    listener = listening(WHO)
    with transaction() as session:
        session.execute(update(LoginSession).values(revoked_at=clock.now()))
    answer = listener.send("read", {"conversation_id": "1", "seq": 1})
    assert (answer["status"], answer["code"]) == (401, "authentication_required")


def test_rooms_follow_the_posts(
    listening: Listening, unit_id: Callable[[str], str], official_id: Callable[[str], str]
) -> None:
    listener = listening(WHO)
    old, new = int(unit_id("331081100")), int(unit_id("331081101"))
    with transaction() as session:
        mine = Post.official_id == int(official_id(WHO))
        session.execute(update(Post).where(mine).values(unit_id=new))
        outbox.tell_processes(session, "renew", {"official_ids": [int(official_id(WHO))]})
    assert listener.hear("rooms.resync") == [{"rights": True}]
    push(rooms.unit(old))
    assert listener.hear() == []
    push(rooms.unit(new))
    assert listener.hear() == [{"room": rooms.unit(new)}]


def test_rooms_of_a_unit_are_renewed_by_its_path(
    session: Session,
    sockets: Sockets,
    listening: Listening,
    official_id: Callable[[str], str],
) -> None:
    listening(WHO), listening("330327.leader")
    asked: list[int | None] = []

    def ask(_session: Session, principal: Principal) -> list[str]:
        asked.append(principal.official_id)
        return []

    sockets.add_rooms(ask)
    path = next(iter(sockets.connections)).principal.posts[0].unit_path
    tell("renew", unit_path=path)
    assert asked == [int(official_id(WHO))]


def test_who_is_nobody_any_more_is_cut(
    listening: Listening, official_id: Callable[[str], str]
) -> None:
    listener = listening(WHO)
    with transaction() as session:
        session.execute(update(LoginSession).values(revoked_at=clock.now()))
        outbox.tell_processes(session, "renew", {"official_ids": [int(official_id(WHO))]})
    assert not listener.connected


def test_a_watched_room_is_left_when_rights_change(
    sockets: Sockets, listening: Listening, official_id: Callable[[str], str]
) -> None:
    listener = listening(WHO)
    connection = next(iter(sockets.connections))
    connection.watched.add("rollup:1:1")
    sockets._enter(connection, "rollup:1:1")
    push("rollup:1:1")
    assert listener.types() == ["test.event"]
    tell("renew", official_ids=[int(official_id(WHO))])
    assert listener.types() == ["rooms.resync"]
    push("rollup:1:1")
    assert listener.types() == []


def test_a_change_while_rooms_are_being_read_is_not_undone(
    sockets: Sockets, listening: Listening, official_id: Callable[[str], str]
) -> None:
    """As with greenlets: between the reading and the entering, somebody else comes in."""
    me = int(official_id(WHO))
    stages: list[str] = []

    def slow(_session: Session, _principal: Principal) -> list[str]:
        stages.append("read")
        if len(stages) == 1:
            # This reading knows nothing of the room yet.
            tell("enter", room="conversation:1", official_ids=[me])
            return []
        return ["conversation:1"]

    sockets.add_rooms(slow)
    listener = listening(WHO)
    assert stages == ["read", "read"]
    push("conversation:1")
    assert listener.types() == ["test.event"]


def test_a_room_lost_while_rooms_are_being_read_stays_lost(
    sockets: Sockets, listening: Listening, official_id: Callable[[str], str]
) -> None:
    me = int(official_id(WHO))
    stages: list[str] = []

    def slow(_session: Session, _principal: Principal) -> list[str]:
        stages.append("read")
        if len(stages) == 1:
            tell("leave", room="conversation:1", official_ids=[me])
            return ["conversation:1"]
        return []

    sockets.add_rooms(slow)
    listener = listening(WHO)
    push("conversation:1")
    assert listener.types() == []


def test_a_session_revoked_while_it_connects_does_not_stay(
    sockets: Sockets, listening: Listening
) -> None:
    stages: list[str] = []

    def slow(_session: Session, principal: Principal) -> list[str]:
        # Only once, as if another process did it between the recognition and the connection.
        if not stages:
            stages.append("revoked")
            with transaction() as session:
                session.execute(update(LoginSession).values(revoked_at=clock.now()))
            sockets.changes += 1
        return []

    sockets.add_rooms(slow)
    assert not listening(WHO).connected
    assert len(sockets.connections) == 0


def test_after_a_silence_everybody_is_looked_at_again_and_told_to_pull(
    sockets: Sockets, listening: Listening, unit_id: Callable[[str], str]
) -> None:
    stays, moved, gone = listening(WHO), listening(OTHER), listening("330327.leader")
    new = int(unit_id("331081101"))
    with transaction() as session:
        # None of this is announced: the announcement was what got lost.
        official = session.query(Official).filter_by(staff_no=OTHER).one()
        session.execute(update(Post).where(Post.official_id == official.id).values(unit_id=new))
        principal = next(c for c in sockets.connections if c.sid == gone.sid).principal
        session.execute(
            update(LoginSession)
            .where(LoginSession.id == principal.session_id)
            .values(revoked_at=clock.now())
        )
    sockets.resync()
    assert (stays.types(), moved.types()) == (["rooms.resync"], ["rooms.resync"])
    assert set(stays.events[0]) == {"id", "type", "occurred_at", "data"}
    assert not gone.connected
    push(rooms.unit(new))
    assert moved.types() == ["test.event"]


def test_who_cannot_be_looked_at_again_is_cut(
    sockets: Sockets, listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener = listening(WHO)

    def fail(_auth: Any) -> None:
        raise RuntimeError("the database is away")

    monkeypatch.setattr(sockets, "recognise", fail)
    sockets.resync()
    assert not listener.connected
    assert len(sockets.connections) == 0


def test_an_unknown_control_event_harms_nobody(listening: Listening) -> None:
    listener = listening(WHO)
    tell("dance", anything=1)
    tell("enter", wrong="arguments")
    assert listener.types() == []


@pytest.mark.parametrize("event", ["nothing", "connect", "disconnect", "__class__"])
def test_what_is_not_declared_does_nothing(
    as_: SignedIn, sockets: Sockets, listening: Listening, event: str
) -> None:
    listener = listening(WHO)
    assert listener.send(event, {"token": "wrong"}) in (None, [])
    assert len(sockets.connections) == 1
    as_(WHO).delete("/sessions")
    assert not listener.connected


def test_who_sends_without_end_is_told_to_slow_down(
    listening: Listening,
    sockets: Sockets,
    unit_id: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flooding, other = listening(WHO), listening(OTHER)
    wanted = {"directive_id": "1", "unit_id": unit_id("33")}
    with monkeypatch.context() as at_once:
        # However long it takes here, nothing is earned meanwhile.
        at_once.setattr(connections, "EVENTS_PER_SECOND", 0.0)
        codes = [flooding.send("watch", wanted)["code"] for _ in range(int(BURST) + 2)]
    assert codes[0] == "not_found"
    assert codes[-1] == "too_many_requests"
    assert other.send("watch", wanted)["code"] == "not_found"
    (connection,) = sockets.connections.of(
        [each.principal.official_id for each in sockets.connections if each.sid == flooding.sid]
    )
    assert connection.may_send(time.monotonic() + 1)


def test_every_event_declares_its_callers(sockets: Sockets) -> None:
    handled = set(sockets.io.server.handlers["/"]) - {"disconnect"}
    assert handled == set(sockets.declared)


def test_what_is_wrong_with_an_event_is_said_as_over_http(listening: Listening) -> None:
    answer = listening(WHO).send("watch", {"directive_id": 5})
    assert answer["code"] == "invalid"
    assert {fault["pointer"] for fault in answer["errors"]} == {"/directive_id", "/unit_id"}
    assert "{" not in answer["detail"]
