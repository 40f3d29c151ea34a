"""From the process that committed an event to every process that has sockets for it."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Protocol, TypeVar

import redis
import structlog

from zzd.realtime import redis_connection
from zzd.realtime.outbox import Event
from zzd.realtime.processes import Roll
from zzd.realtime.publisher import Done, Publication, Publisher
from zzd.realtime.redis_channels import Channels, Packet, Probe, pack, unpack
from zzd.realtime.subscriber import GIVE_UP_AFTER, Subscriber

log = structlog.get_logger()

ANSWER_WITHIN = 2.0
# How long the sweeper waits for what it hands over.
PUBLISHED_WITHIN = 15.0
# Ids of events heard lately, at least so many: an event for two rooms comes twice.
REMEMBERED = 20_000
# So long packets are kept back at most while a renewed subscription looks who may hear them.
KEEP_BACK = 3.0

Deliver = Callable[[Event], None]
Push = Callable[[Sequence[str], str], object]
Heard = TypeVar("Heard", Event, Packet)


class FanOut(Protocol):
    """How events travel. ``opened`` and ``closed`` say which rooms have sockets here."""

    def hand_over(self, events: Sequence[Event], done: Done) -> None:
        """Have the events published, in the order of the calls. ``done`` is called once: with
        nothing when that is certain, else with the reason why it is not."""

    def publish(self, events: Sequence[Event]) -> None:
        """Hand over and wait. Raises when it is not certain that the events went out."""

    def settle(self, rooms: Iterable[str], within: float, late: Callable[[], None]) -> None:
        """Wait until what is published in these rooms is heard here. After ``within`` seconds
        wait no longer: ``late`` is then called as soon as it is."""

    def opened(self, room: str) -> None: ...
    def closed(self, room: str) -> None: ...
    def healthy(self) -> bool: ...
    def start(self) -> None: ...
    def close(self) -> None: ...


class LocalFanOut:
    """One process: what is published is delivered on the spot."""

    def __init__(self, deliver: Deliver) -> None:
        self._deliver = deliver

    def hand_over(self, events: Sequence[Event], done: Done) -> None:
        self.publish(events)
        done(None)

    def publish(self, events: Sequence[Event]) -> None:
        for event in events:
            _deliver_one(self._deliver, event)

    def settle(self, rooms: Iterable[str], within: float, late: Callable[[], None]) -> None:
        pass

    def opened(self, room: str) -> None:
        pass

    def closed(self, room: str) -> None:
        pass

    def healthy(self) -> bool:
        return True

    def start(self) -> None:
        pass

    def close(self) -> None:
        pass


class RedisFanOut:
    """Several processes and the Redis between them (see ``redis_channels``).

    Every process, the publishing one included, delivers what it hears, in the order in which
    Redis took it. ``deliver`` acts on control events; ``push`` sends an encoded packet to
    rooms; ``resync`` is called when a subscription was renewed and events may have been missed,
    and returns when everybody's rights were looked at.
    """

    def __init__(
        self, url: str, prefix: str, *, deliver: Deliver, push: Push, resync: Callable[[], None]
    ) -> None:
        self._deliver = deliver
        self._push = push
        self.process_id = uuid.uuid4().hex
        self.channels = Channels(f"{prefix}:{redis_connection.database_of(url)}")
        self._resync = resync
        self._url = url
        connect = partial(redis_connection.connect, url, answer_within=ANSWER_WITHIN)
        self.publisher = Publisher(connect, lambda: not self.subscriber.is_recovering)
        self.subscriber = Subscriber(self._subscribe, self.channels, self._hear, self._catch_up)
        self._client = redis_connection.client(url, answer_within=ANSWER_WITHIN)
        self.roll = Roll(
            self._client,
            channel=self.channels.processes,
            process_id=self.process_id,
            listens=lambda: self.subscriber.stands,
            deaf=self.subscriber.renew,
        )
        self.opened, self.closed = self.subscriber.opened, self.subscriber.closed
        self.settle = self.subscriber.settle
        self._delivering = threading.RLock()
        self._kept_back: list[Packet] | None = None
        self._seen: set[str] = set()
        self._seen_before: set[str] = set()
        # Events that reached this process, those of them that came before included.
        self.heard = 0
        self._started = False

    def start(self) -> None:
        """Publish and listen in the background; once is enough."""
        if not self._started:
            self._started = True
            for part in (self.publisher, self.subscriber, self.roll):
                part.start()

    def close(self) -> None:
        for part in (self.roll, self.subscriber, self.publisher):
            part.close()
        self._client.close()

    def hand_over(self, events: Sequence[Event], done: Done) -> None:
        messages = []
        for event in events:
            self.channels.note(event)
            message = pack(event)
            messages += [(channel, message) for channel in self.channels.of_event(event)]
        self.publisher.hand_over(Publication(messages, done))

    def publish(self, events: Sequence[Event]) -> None:
        outcome: list[Exception | None] = []
        finished = threading.Event()

        def done(error: Exception | None) -> None:
            outcome.append(error)
            finished.set()

        self.hand_over(events, done)
        if not finished.wait(PUBLISHED_WITHIN):
            raise redis.TimeoutError("Redis took too long")
        if outcome[0] is not None:
            raise outcome[0]

    def healthy(self) -> bool:
        """Whether Redis takes events and, in a process that listens, the subscription stands."""
        if self.publisher.failed_lately or (self._started and not self.subscriber.stands):
            return False
        try:
            return bool(self._client.ping())
        except (redis.RedisError, OSError):
            return False

    def _subscribe(self) -> redis_connection.Connection:
        connection = redis_connection.connect(self._url, answer_within=GIVE_UP_AFTER)
        with self._delivering:
            self._kept_back = self._kept_back or []
        return connection

    def _catch_up(self) -> None:
        """A new subscription stands. Control events may have passed unheard, and somebody may
        be in a room who has lost the right to it: packets wait until all were looked at."""
        given_up = threading.Timer(KEEP_BACK, self._let_go)
        given_up.daemon = True
        given_up.start()
        try:
            self._resync()
        finally:
            given_up.cancel()
            self._let_go()

    def _let_go(self) -> None:
        with self._delivering:
            kept_back, self._kept_back = self._kept_back, None
            for packet in kept_back or ():
                _deliver_one(self._push_packet, packet)

    def _hear(self, message: bytes) -> None:
        try:
            heard = unpack(message)
        except ValueError as error:
            log.error("message not understood", exc_info=error)
            return
        if isinstance(heard, Probe):
            self.roll.heard(heard.process_id)
            return
        self.heard += 1
        if self._is_new(heard):
            if isinstance(heard, Packet):
                with self._delivering:
                    if self._kept_back is None:
                        _deliver_one(self._push_packet, heard)
                    else:
                        self._kept_back.append(heard)
            else:
                self.channels.note(heard)
                _deliver_one(self._deliver, heard)

    def _push_packet(self, packet: Packet) -> None:
        self._push(packet.rooms, packet.text)

    def _is_new(self, heard: Packet | Event) -> bool:
        if heard.id in self._seen or heard.id in self._seen_before:
            return False
        if len(self._seen) >= REMEMBERED:
            self._seen, self._seen_before = set(), self._seen
        self._seen.add(heard.id)
        return True


def _deliver_one(deliver: Callable[[Heard], None], event: Heard) -> None:
    """Deliver an event. One that cannot be must not keep the others from their way."""
    try:
        deliver(event)
    except Exception as error:
        log.error("event not delivered", id=event.id, exc_info=error)
