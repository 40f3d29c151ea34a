"""Several processes and the Redis between them, which may go away."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import redis
from flask import Flask
from sqlalchemy import select, update

from tests.client import ApiClient
from tests.conftest import SignedIn
from tests.databases import redis_prefix, redis_url, settings_for
from tests.listener import Listener
from tests.relay import Relay
from tests.servers import free_port, wait_until
from zzd import clock, create_app
from zzd.db import database, reading, transaction
from zzd.identity.models import LoginSession
from zzd.realtime import outbox, processes, rooms, subscriber
from zzd.realtime.fanout import ANSWER_WITHIN, RedisFanOut
from zzd.realtime.models import OutboxEntry
from zzd.realtime.outbox import Event
from zzd.realtime.sockets import Sockets

OWNER, MEMBER = "331081.leader", "331081100.duty_officer"


class Process:
    """Stands for a process: an application with its own sockets, listening to Redis."""

    def __init__(self, database_url: str, redis_at: str | None = None) -> None:
        settings = settings_for(database_url)
        self.app = create_app(replace(settings, redis_url=redis_at or redis_url()))
        self.fanout: RedisFanOut = self.app.extensions["zzd.fanout"]
        self.sockets: Sockets = self.app.extensions["zzd.sockets"]
        self.heard: list[bytes] = []
        self._listeners: list[Listener] = []
        hear = self.fanout.subscriber._hear

        def note(message: bytes) -> None:
            if not message.startswith(b"?"):
                self.heard.append(message)
            hear(message)

        self.fanout.subscriber._hear = note

    def __enter__(self) -> Process:
        self.fanout.start()
        assert self.fanout.subscriber.wait_until_standing(20)
        return self

    def __exit__(self, *_error: object) -> None:
        for listener in self._listeners:
            with self.app.app_context():
                listener.close()
        self.fanout.close()
        with self.app.app_context():
            database().engine.dispose()

    def listen(self, client: ApiClient) -> Listener:
        with self.app.app_context():
            self._listeners.append(Listener(self.app, client))
        return self._listeners[-1]

    def client(self, client: ApiClient) -> ApiClient:
        return ApiClient(self.app, token=client.token)

    def publish(self, *to: str) -> None:
        with self.app.app_context(), transaction() as session:
            outbox.publish(session, "test.event", {}, rooms=to)

    def drop_subscription(self) -> None:
        """As when the network cuts the connection."""
        connection: Any = self.fanout.subscriber._connection
        connection._sock.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def database_url(app: Flask) -> str:
    url: str = app.extensions["zzd.settings"].database_url
    return url


@pytest.fixture
def two(database_url: str) -> Iterator[tuple[Process, Process]]:
    with ExitStack() as stack:
        yield stack.enter_context(Process(database_url)), stack.enter_context(Process(database_url))


@pytest.fixture
def relay() -> Iterator[Relay]:
    made = Relay(redis_url())
    yield made
    made.close()


def hears(listener: Listener, *types: str, within: float = 20) -> None:
    came: list[str] = []

    def enough() -> bool:
        came.extend(listener.types())
        return len(came) >= len(types)

    wait_until(enough, within, f"{types} to be heard")
    assert came == list(types)


def make_group(client: ApiClient, *official_ids: str) -> str:
    body = {"kind": "group", "name": "群", "official_ids": list(official_ids)}
    made: str = client.post("/conversations", body)["id"]
    return made


def subscribers(process: Process, room: str) -> int:
    channel = process.fanout.channels.of_room(room)
    ((_, count),) = process.fanout._client.pubsub_numsub(channel)
    return int(count)


def test_what_one_process_accepts_the_other_pushes(
    two: tuple[Process, Process], as_: SignedIn, official_id: Any
) -> None:
    here, there = two
    listener = there.listen(as_(MEMBER))
    member = official_id(MEMBER)
    with here.app.app_context():
        owner = here.client(as_(OWNER))
        # The other process has nobody in the new conversation's room until it hears of it.
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
        # That they were added again, as a notice.
        "message.created",
        "conversation.updated",
    )
    with here.app.app_context():
        here.client(as_(MEMBER)).delete("/sessions")
    wait_until(lambda: not listener.connected, 20, "the other process cuts the socket")


def test_events_arrive_in_the_order_of_their_commits(
    two: tuple[Process, Process], as_: SignedIn, official_id: Any
) -> None:
    here, there = two
    listener = there.listen(as_(MEMBER))
    room = rooms.official(int(official_id(MEMBER)))
    with here.app.app_context():
        for number in range(200):
            with transaction() as session:
                outbox.publish(session, "test.event", {"n": number}, rooms=[room])
    hears(listener, *["test.event"] * 200)
    assert [event["data"]["n"] for event in listener.events] == list(range(200))


def test_a_process_hears_only_the_rooms_that_it_has_sockets_in(
    two: tuple[Process, Process], as_: SignedIn, official_id: Any
) -> None:
    here, there = two
    room = rooms.official(int(official_id(MEMBER)))
    listener = here.listen(as_(MEMBER))
    assert subscribers(there, room) == 1
    for _ in range(20):
        there.publish(room)
    hears(listener, *["test.event"] * 20)
    assert (len(here.heard), there.heard) == (20, [])


def test_a_room_is_heard_from_its_first_socket_to_its_last_and_a_little_longer(
    two: tuple[Process, Process],
    as_: SignedIn,
    official_id: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here, there = two
    room = rooms.official(int(official_id(MEMBER)))
    assert subscribers(here, room) == 0
    first, second = here.listen(as_(MEMBER)), here.listen(as_(MEMBER))
    there.listen(as_(MEMBER))
    assert subscribers(here, room) == 2
    with here.app.app_context():
        first.close()
        second.close()
    # Who reloads the page finds the room still heard.
    assert subscribers(here, room) == 2
    monkeypatch.setattr(subscriber, "LINGER", 0.0)
    wait_until(lambda: subscribers(here, room) == 1, 20, "the room is dropped")
    again = here.listen(as_(MEMBER))
    assert subscribers(here, room) == 2
    there.publish(room)
    hears(again, "test.event")


def test_an_event_for_two_rooms_reaches_each_socket_once(
    two: tuple[Process, Process], as_: SignedIn, official_id: Any, unit_id: Any
) -> None:
    here, there = two
    to = rooms.official(int(official_id(MEMBER))), rooms.unit(int(unit_id("331081100")))
    in_both, in_one = here.listen(as_(MEMBER)), here.listen(as_("331081100.leader"))
    there.publish(*to)
    hears(in_both, "test.event")
    hears(in_one, "test.event")
    there.publish(to[1])
    hears(in_one, "test.event")
    hears(in_both, "test.event")
    # It came on both channels, and it is the copy that was dropped.
    assert len(here.heard) == 3


def test_an_event_that_is_published_again_is_heard_once(
    two: tuple[Process, Process], as_: SignedIn, official_id: Any
) -> None:
    here, there = two
    room = rooms.official(int(official_id(MEMBER)))
    listener = here.listen(as_(MEMBER))
    event = Event("again", "test.event", clock.now(), (room,), {})
    for _ in range(3):
        there.fanout.publish([event])
    there.publish(room)
    hears(listener, "test.event", "test.event")


def test_one_command_a_room_for_a_message_whatever_the_number_of_processes(
    two: tuple[Process, Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[tuple[str, bytes]] = []
    hand_over = two[0].fanout.publisher.hand_over

    def count(publication: Any) -> None:
        commands.extend(publication.messages)
        hand_over(publication)

    monkeypatch.setattr(two[0].fanout.publisher, "hand_over", count)
    two[0].publish("conversation:1")
    assert len(commands) == 1
    two[0].publish("conversation:1", "audience:1")
    assert len(commands) == 3


def test_rooms_opened_together_are_asked_for_in_few_commands(
    two: tuple[Process, Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    fanout = two[0].fanout
    connection: Any = fanout.subscriber._connection
    asked: list[int] = []
    send = connection.send_command

    def count(*command: str, **options: Any) -> None:
        if command[0] == "SUBSCRIBE":
            asked.append(len(command) - 1)
        send(*command, **options)

    monkeypatch.setattr(connection, "send_command", count)
    names = [f"conversation:{number}" for number in range(5_000)]
    late: list[str] = []

    def come_in(number: int) -> None:
        """Somebody in 200 rooms, most of which others are in too."""
        mine = names[number * 40 : number * 40 + 200]
        for name in mine:
            fanout.opened(name)
        fanout.settle(mine, 60, lambda: late.append("late"))
        assert fanout.subscriber._standing.issuperset(mine)

    coming = [threading.Thread(target=come_in, args=[number]) for number in range(120)]
    for one in coming:
        one.start()
    for one in coming:
        one.join(60)
    assert late == []
    assert sum(asked) <= 5_000
    assert len(asked) <= 240


def test_who_comes_in_while_redis_is_slow_is_told_to_catch_up(
    database_url: str, relay: Relay, as_: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zzd.realtime.sockets.SETTLE_WITHIN", 0.3)
    with Process(database_url, relay.url) as slow:
        relay.hold()
        listener = slow.listen(as_(MEMBER))
        assert listener.connected
        assert listener.types() == []
        relay.release()
        came: list[str] = []

        def told() -> bool:
            came.extend(listener.types())
            return came != []

        wait_until(told, 20, "the client is told")
        # And once more where Redis was slow for so long that the subscription was renewed.
        assert set(came) == {"rooms.resync"}


def test_a_lost_subscription_is_renewed_and_clients_are_told(
    two: tuple[Process, Process], as_: SignedIn, official_id: Any
) -> None:
    here, there = two
    lost, kept = there.listen(as_(MEMBER)), here.listen(as_(MEMBER))
    there.drop_subscription()
    hears(lost, "rooms.resync")
    assert there.fanout.subscriber.wait_until_standing(20)
    assert kept.types() == []
    here.publish(rooms.official(int(official_id(MEMBER))))
    hears(lost, "test.event")


def test_a_process_back_from_an_outage_waits_for_the_others(
    two: tuple[Process, Process],
    as_: SignedIn,
    official_id: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Redis would take what nobody listens to, and the outbox would forget it."""
    monkeypatch.setattr(subscriber, "BACK_WITHIN", 600.0)
    here, there = two
    listener = there.listen(as_(MEMBER))
    room = rooms.official(int(official_id(MEMBER)))
    here.drop_subscription()
    wait_until(lambda: here.fanout.subscriber.is_recovering, 20, "the loss is noticed")
    assert here.fanout.subscriber.wait_until_standing(20)
    with pytest.raises(redis.ConnectionError):
        here.fanout.publish([Event("early", "test.event", clock.now(), (room,), {})])
    assert listener.types() == []
    # The others had their time.
    here.fanout.subscriber._recovered_at -= 600.0
    assert not here.fanout.subscriber.is_recovering
    wait_until(lambda: not here.fanout.publisher.failed_lately, 20, "the failure is forgotten")
    here.fanout.publish([Event("late", "test.event", clock.now(), (room,), {})])
    hears(listener, "test.event")


def test_after_an_outage_nobody_hears_what_they_lost_the_right_to(
    two: tuple[Process, Process], as_: SignedIn, official_id: Any
) -> None:
    here, there = two
    listener = there.listen(as_(MEMBER))
    there.drop_subscription()
    wait_until(lambda: there.fanout.subscriber.is_recovering, 20, "the loss is noticed")
    with here.app.app_context(), transaction() as session:
        # Ended without a word to the processes, as if the word had been lost.
        session.execute(update(LoginSession).values(revoked_at=clock.now()))
    looked, room = there.fanout._resync, rooms.official(int(official_id(MEMBER)))

    def while_it_is_looked() -> None:
        here.publish(room)
        wait_until(lambda: bool(there.heard), 20, "the event comes in")
        looked()

    there.fanout._resync = while_it_is_looked
    wait_until(lambda: not listener.connected, 20, "the socket is cut")
    assert listener.types() == []


def test_a_silent_redis_is_given_up_and_a_new_subscription_tried(
    database_url: str, relay: Relay, as_: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Process(database_url, relay.url) as process:
        listener = process.listen(as_(MEMBER))
        relay.hold()
        within = 20 + subscriber.GIVE_UP_AFTER + subscriber.ASK_EVERY
        wait_until(lambda: not process.fanout.subscriber.stands, within, "the silence is noticed")
        assert not process.fanout.healthy()
        relay.release()
        hears(listener, "rooms.resync")
        wait_until(process.fanout.healthy, 20, "all is well again")


def test_a_subscription_that_answers_pings_and_carries_nothing_is_renewed(
    two: tuple[Process, Process], as_: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener = two[1].listen(as_(MEMBER))
    fanout = two[1].fanout
    connection: Any = fanout.subscriber._connection
    # As seen from here when Redis was replaced behind a proxy.
    connection.send_command("UNSUBSCRIBE", check_health=False)
    connection.send_command("SUBSCRIBE", "elsewhere", check_health=False)
    hears(listener, "rooms.resync")
    assert fanout.subscriber._connection is not connection


def test_probes_that_nobody_hears_are_noticed_by_the_third_beat(app: Flask) -> None:
    client = redis.Redis.from_url(redis_url())
    deaf: list[str] = []
    channel = f"{redis_prefix()}:nobody"
    with client.pubsub() as stranger:
        # The count alone is deceived by a stranger who listens.
        stranger.subscribe(channel)
        stranger.get_message(timeout=2)
        roll = processes.Roll(
            client, channel=channel, process_id="p", listens=lambda: True, deaf=deaf.append
        )
        for _ in range(4):
            roll.beat()
            roll.heard("p")
        roll.heard("another")
        for _ in range(2):
            roll.beat()
        assert deaf == []
        roll.beat()
        assert len(deaf) == 1
    client.close()


def test_processes_alive_are_known_and_expire(
    two: tuple[Process, Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = two
    ids = {here.fanout.process_id, there.fanout.process_id}
    wait_until(lambda: set(here.fanout.roll.alive()) == ids, 20, "both have signed in")
    here.fanout.roll._client.zadd(here.fanout.roll._key, {"killed": 1.0})
    here.fanout.roll.beat()
    assert set(here.fanout.roll.alive()) == ids
    there.fanout.roll.close()
    assert here.fanout.roll.alive() == [here.fanout.process_id]


def test_a_process_that_cannot_hear_is_not_healthy(app: Flask) -> None:
    fanout = alone()
    # A command only needs Redis to answer.
    assert fanout.healthy()
    fanout._started = True
    assert not fanout.healthy()
    fanout.close()


def alone(url: str = "", heard: list[str] | None = None) -> RedisFanOut:
    """The fan-out of a process without sockets."""
    return RedisFanOut(
        url or redis_url(),
        redis_prefix(),
        deliver=lambda event: (heard if heard is not None else []).append(event.type),
        push=lambda _rooms, _packet: None,
        resync=lambda: None,
    )


def test_what_is_not_understood_is_passed_over() -> None:
    heard: list[str] = []
    fanout = alone(heard=heard)
    fanout.start()
    assert fanout.subscriber.wait_until_standing(20)
    publisher = redis.Redis.from_url(redis_url())
    for junk in (b"", b"\xff", b"{}", b"cnull", b"c[1]", b'c[["a"]]', b"pno rooms"):
        publisher.publish(fanout.channels.processes, junk)
    fanout.publish([Event("1", "control.good", clock.now(), (), {})])
    wait_until(lambda: bool(heard), 20, "the good one is heard")
    assert heard == ["control.good"]
    publisher.close()
    fanout.close()


def test_installations_that_share_redis_do_not_hear_each_other() -> None:
    ours, theirs = alone(), alone()
    assert ours.channels.processes == f"{redis_prefix()}:0:processes"
    theirs_elsewhere = RedisFanOut(
        redis_url().rpartition("/")[0] + "/3",
        redis_prefix(),
        deliver=lambda _event: None,
        push=lambda _rooms, _packet: None,
        resync=lambda: None,
    )
    assert theirs_elsewhere.channels.of_room("r") == f"{redis_prefix()}:3:room:r"
    for fanout in (ours, theirs, theirs_elsewhere):
        fanout.close()


@pytest.fixture
def without_redis(database_url: str) -> Iterator[Flask]:
    """A process whose Redis has gone."""
    closed = f"redis://127.0.0.1:{free_port()}/0"
    lost = create_app(replace(settings_for(database_url), redis_url=closed))
    with lost.app_context():
        lost.extensions["zzd.fanout"].start()
        yield lost
        lost.extensions["zzd.fanout"].close()
        database().engine.dispose()


def rows_left() -> list[str]:
    with reading() as session:
        return list(session.scalars(select(OutboxEntry.type).order_by(OutboxEntry.id)))


def test_without_redis_messages_are_accepted_and_go_out_when_it_is_back(
    without_redis: Flask, database_url: str, as_: SignedIn, official_id: Any
) -> None:
    owner = ApiClient(without_redis, token=as_(OWNER).token)
    made = make_group(owner, official_id(MEMBER))
    for number in range(5):
        owner.post(f"/conversations/{made}/messages", {"text": str(number)})
    assert not without_redis.extensions["zzd.fanout"].healthy()
    with clock.at(clock.now() + timedelta(seconds=10)), pytest.raises(redis.RedisError):
        outbox.sweep()
    without_redis.extensions["zzd.published"].flush()
    assert rows_left()[2:] == ["message.created"] * 5
    with Process(database_url) as back:
        listener = back.listen(as_(MEMBER))
        with back.app.app_context(), clock.at(clock.now() + timedelta(seconds=10)):
            assert outbox.sweep() == 7
        hears(listener, "conversation.updated", *["message.created"] * 5)
        assert [e["data"]["seq"] for e in listener.events[1:]] == [1, 2, 3, 4, 5]
    assert rows_left() == []


def test_rows_are_forgotten_only_when_redis_has_confirmed(
    database_url: str, relay: Relay, app: Flask
) -> None:
    with Process(database_url, relay.url) as process:
        published = process.app.extensions["zzd.published"]

        def forgotten() -> bool:
            with process.app.app_context():
                published.flush()
            return rows_left() == []

        relay.hold()
        process.publish("r")
        assert not forgotten()
        relay.release()
        wait_until(forgotten, 20, "the row is forgotten")


def test_a_redis_that_hangs_delays_no_writer(
    database_url: str, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zzd.realtime.fanout.ANSWER_WITHIN", 60.0)
    with Process(database_url, relay.url) as process:
        relay.hold()
        before = clock.now()
        for _ in range(20):
            process.publish("r")
        assert (clock.now() - before).total_seconds() < 30
        relay.release()


def test_a_redis_that_hangs_delays_one_command_and_not_all(relay: Relay) -> None:
    """Where nothing runs in the background whoever publishes waits, and only the first."""
    relay.hold()
    fanout = alone(relay.url)
    outcomes: list[Exception | None] = []
    waited: list[float] = []

    def write(events: Sequence[Event]) -> None:
        start = clock.now()
        fanout.hand_over(events, outcomes.append)
        waited.append((clock.now() - start).total_seconds())

    event = Event("1", "e", clock.now(), ("r",), {})
    writers: list[threading.Thread] = [
        threading.Thread(target=write, args=[[event]]) for _ in range(5)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(30)
    assert len(waited) == 5
    assert None not in outcomes
    # They do not wait for their own attempts, one after the other.
    assert max(waited) < 5 * ANSWER_WITHIN
    relay.release()
    fanout.close()


def test_a_mistake_in_one_event_keeps_none_of_the_others(
    two: tuple[Process, Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    pushed: list[Sequence[str]] = []

    def push(to: Sequence[str], _packet: str) -> None:
        pushed.append(to)
        if to == ("bad",):
            raise RuntimeError

    monkeypatch.setattr(two[0].fanout, "_push", push)
    for room in ("a", "bad", "b"):
        two[0].fanout.opened(room)
    two[0].fanout.settle(["a", "bad", "b"], 20, lambda: None)
    for room in ("a", "bad", "b"):
        two[1].publish(room)
    wait_until(lambda: len(pushed) == 3, 20, "all are heard")
