"""Several processes and the Redis between them, which may go away."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import redis
from flask import Flask
from sqlalchemy import select

from tests.client import ApiClient
from tests.conftest import SignedIn
from tests.databases import redis_url, settings_for
from tests.listener import Listener
from tests.servers import free_port, wait_until
from zzd import clock, create_app
from zzd.db import database, reading
from zzd.realtime import outbox
from zzd.realtime.fanout import RedisFanOut
from zzd.realtime.models import OutboxEntry
from zzd.realtime.outbox import Event

OWNER, MEMBER = "331081.leader", "331081100.duty_officer"
# A numbered database of our own on the Redis that all tests share.
REDIS = redis_url().rsplit("/", 1)[0] + "/9"


class Process:
    """Stands for a process: an application with its own sockets, listening to Redis."""

    def __init__(self, database_url: str) -> None:
        self.app = create_app(replace(settings_for(database_url), redis_url=REDIS))
        self.fanout: RedisFanOut = self.app.extensions["zzd.fanout"]
        self._listener = threading.Thread(target=self.fanout.listen)
        self._listeners: list[Listener] = []

    def __enter__(self) -> Process:
        self._listener.start()
        assert self.fanout.wait_until_listening(5)
        return self

    def __exit__(self, *_error: object) -> None:
        for listener in self._listeners:
            with self.app.app_context():
                listener.close()
        self.fanout.close()
        self._listener.join(10)
        with self.app.app_context():
            database().engine.dispose()

    def listen(self, client: ApiClient) -> Listener:
        with self.app.app_context():
            self._listeners.append(Listener(self.app, client))
        return self._listeners[-1]

    def client(self, client: ApiClient) -> ApiClient:
        return ApiClient(self.app, token=client.token)

    def drop_subscription(self) -> None:
        """As when the network cuts the connection."""
        pool: Any = self.fanout._subscriber.connection_pool
        for connection in list(pool._in_use_connections):
            connection._sock.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def processes(app: Flask) -> Iterator[tuple[Process, Process]]:
    url = app.extensions["zzd.settings"].database_url
    with ExitStack() as stack:
        yield stack.enter_context(Process(url)), stack.enter_context(Process(url))


def hears(listener: Listener, *types: str) -> None:
    came: list[str] = []

    def enough() -> bool:
        came.extend(listener.types())
        return len(came) >= len(types)

    wait_until(enough, 5, f"{types} to be heard, so far {came}")
    assert came == list(types)


def make_group(client: ApiClient, *official_ids: str) -> str:
    body = {"kind": "group", "name": "群", "official_ids": list(official_ids)}
    made: str = client.post("/conversations", body)["id"]
    return made


def test_what_one_process_accepts_the_other_pushes(
    processes: tuple[Process, Process], as_: SignedIn, official_id: Any
) -> None:
    here, there = processes
    listener = there.listen(as_(MEMBER))
    member = official_id(MEMBER)
    with here.app.app_context():
        owner = here.client(as_(OWNER))
        made = make_group(owner, member)
        for text in ("一", "二"):
            owner.post(f"/conversations/{made}/messages", {"text": text})
        owner.delete(f"/conversations/{made}/members/{member}")
        owner.post(f"/conversations/{made}/messages", {"text": "三"})
        owner.post(f"/conversations/{made}/members", {"official_ids": [member]}, status=200)
    hears(
        listener,
        "conversation.updated",
        "message.created",
        "message.created",
        "conversation.removed",
        "conversation.updated",
    )
    with here.app.app_context():
        here.client(as_(MEMBER)).delete("/sessions")
    wait_until(lambda: not listener.connected, 5, "the other process cuts the socket")


def test_a_lost_subscription_is_renewed_and_clients_are_told(
    processes: tuple[Process, Process], as_: SignedIn
) -> None:
    here, there = processes
    lost, kept = there.listen(as_(MEMBER)), here.listen(as_(MEMBER))
    there.drop_subscription()
    hears(lost, "rooms.resync")
    assert there.fanout.wait_until_listening(5)
    assert kept.types() == []


def test_a_process_that_cannot_hear_is_not_healthy(app: Flask) -> None:
    heard: list[Event] = []
    fanout = RedisFanOut(REDIS, heard.append, lambda: None)
    # A command, or a process that has not begun to listen, only needs Redis to answer.
    assert fanout.healthy()
    fanout._listener = threading.Event()
    assert not fanout.healthy()


def test_what_is_not_understood_is_passed_over(app: Flask) -> None:
    heard: list[str] = []
    fanout = RedisFanOut(REDIS, lambda event: heard.append(event.type), lambda: None)
    listener = threading.Thread(target=fanout.listen)
    listener.start()
    assert fanout.wait_until_listening(5)
    publisher = redis.Redis.from_url(REDIS)
    for junk in (b"\xff", b"{}", b"[1]", b'[["a"]]', b"null"):
        publisher.publish(fanout._channel, junk)
    fanout.publish([Event("1", "good", clock.now(), (), {})])
    wait_until(lambda: "good" in heard, 15, "the good one is heard")
    publisher.close()
    fanout.close()
    listener.join(10)
    fanout._publisher.close()


@pytest.fixture
def without_redis(app: Flask) -> Iterator[Flask]:
    """A process whose Redis has gone."""
    closed = f"redis://127.0.0.1:{free_port()}/0"
    url = app.extensions["zzd.settings"].database_url
    lost = create_app(replace(settings_for(url), redis_url=closed))
    with lost.app_context():
        yield lost
        database().engine.dispose()


def rows_left() -> list[str]:
    with reading() as session:
        return list(session.scalars(select(OutboxEntry.type).order_by(OutboxEntry.id)))


def test_without_redis_messages_are_accepted_and_go_out_when_it_is_back(
    without_redis: Flask, app: Flask, as_: SignedIn, official_id: Any
) -> None:
    owner = ApiClient(without_redis, token=as_(OWNER).token)
    made = make_group(owner, official_id(MEMBER))
    for number in range(5):
        owner.post(f"/conversations/{made}/messages", {"text": str(number)})
    assert rows_left()[2:] == ["message.created"] * 5
    assert not without_redis.extensions["zzd.fanout"].healthy()
    with clock.at(clock.now() + timedelta(seconds=10)), pytest.raises(redis.RedisError):
        outbox.sweep()
    assert len(rows_left()) == 7
    with Process(app.extensions["zzd.settings"].database_url) as back:
        listener = back.listen(as_(MEMBER))
        with back.app.app_context(), clock.at(clock.now() + timedelta(seconds=10)):
            assert outbox.sweep() == 7
        hears(listener, "conversation.updated", *["message.created"] * 5)
        assert [e["data"]["seq"] for e in listener.events[1:]] == [1, 2, 3, 4, 5]
    assert rows_left() == []


def test_a_redis_that_hangs_delays_one_writer_and_not_all(app: Flask) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        fanout = RedisFanOut(
            f"redis://127.0.0.1:{silent.getsockname()[1]}/0", lambda _event: None, lambda: None
        )
        event = Event("1", "e", clock.now(), (), {})
        waited: list[float] = []

        def write() -> None:
            start = clock.now()
            with pytest.raises(redis.RedisError):
                fanout.publish([event])
            waited.append((clock.now() - start).total_seconds())

        writers = [threading.Thread(target=write) for _ in range(5)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join(30)
        assert len(waited) == 5
        # Two attempts of two seconds by the first; the others do not try again.
        assert max(waited) < 6
        fanout._publisher.close()
