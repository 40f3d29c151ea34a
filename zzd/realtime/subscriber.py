"""What the process hears from Redis: one connection, subscribed to the rooms with sockets here."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import redis
import structlog

from zzd.realtime.redis_channels import Channels
from zzd.realtime.redis_connection import Connect, Connection

log = structlog.get_logger()

# Redis is asked for a sign of life this often, and given up after GIVE_UP_AFTER of silence.
ASK_EVERY, GIVE_UP_AFTER = 2.0, 6.0
TRY_AGAIN_AFTER = 0.5
# Processes that lost the same Redis are all back within this time of each other.
BACK_WITHIN = 1.0
# A room without sockets is kept this long: who reloads a page comes back to it.
LINGER = 5.0
# Channels in one command, and how long messages are heard before others have their turn.
AT_ONCE, TURN = 1_000, 0.005


@dataclass(slots=True, eq=False)
class Batch:
    """Rooms asked for together. Redis confirms channels in the order in which it was asked."""

    rooms: set[str] = field(default_factory=set)
    unconfirmed: int = 0
    stands: threading.Event = field(default_factory=threading.Event)
    late: list[Callable[[], None]] = field(default_factory=list)


class Subscriber:
    """Subscribed to the channel of all processes, and to each room from its first socket to its
    last. Rooms opened one after another are asked for in one command.

    A lost connection is replaced; ``renewed`` is called whenever everything stands again, since
    events may have passed unheard meanwhile.
    """

    def __init__(
        self,
        connect: Connect,
        channels: Channels,
        hear: Callable[[bytes], None],
        renewed: Callable[[], None],
    ) -> None:
        self._connect = connect
        self._channels = channels
        self._hear = hear
        self._renewed = renewed
        self._connection: Connection | None = None
        self._lock = threading.Lock()
        self._wanted: set[str] = set()
        self._standing: set[str] = set()
        # Since when rooms that are subscribed to have no socket, longest first.
        self._idle: dict[str, float] = {}
        self._gathering = Batch()
        self._asked: deque[Batch] = deque()
        self._first: Batch | None = None
        self._wake = threading.Event()
        self._listener: threading.Thread | None = None
        self._stands = threading.Event()
        # When it will be certain enough that the others hear again, too.
        self._recovered_at = 0.0
        self._closed = threading.Event()

    # For the process

    def start(self) -> None:
        self._listener = threading.Thread(target=self._listen, name="subscriber", daemon=True)
        self._listener.start()

    def close(self) -> None:
        self._closed.set()
        self.renew("closed")
        if self._listener:
            self._listener.join(10)

    @property
    def stands(self) -> bool:
        """Whether what is published now is heard here, for all that is known."""
        return self._stands.is_set()

    @property
    def is_recovering(self) -> bool:
        """Whether the subscription was lost, and those of others may be missing still."""
        return time.monotonic() < self._recovered_at

    def wait_until_standing(self, timeout: float) -> bool:
        return self._stands.wait(timeout)

    def renew(self, reason: str) -> None:
        """Leave the connection for another one."""
        if (connection := self._connection) is not None:
            log.info("subscription is renewed", reason=reason)
            with suppress(redis.RedisError, OSError):
                connection.disconnect()

    # For the rooms

    def opened(self, room: str) -> None:
        with self._lock:
            if room in self._wanted:
                return
            self._wanted.add(room)
            if self._idle.pop(room, None) is None:
                self._gathering.rooms.add(room)
                self._wake.set()

    def closed(self, room: str) -> None:
        with self._lock:
            self._wanted.discard(room)
            if room in self._gathering.rooms:
                self._gathering.rooms.discard(room)
            else:
                self._idle[room] = time.monotonic()

    def settle(self, rooms: Iterable[str], within: float, late: Callable[[], None]) -> None:
        """Wait until these rooms are heard. After ``within`` seconds wait no longer: ``late`` is
        then called as soon as they are."""
        with self._lock:
            if self._listener is None or self._standing.issuperset(rooms):
                return
            batch = self._asked[-1] if self._asked else self._gathering
            if not self._gathering.rooms.isdisjoint(rooms) or self._connection is None:
                batch = self._gathering
        if batch.stands.wait(within):
            return
        with self._lock:
            if not batch.stands.is_set():
                batch.late.append(late)

    # Listening

    def _listen(self) -> None:
        while not self._closed.is_set():
            try:
                self._listen_to(self._connect())
            except Exception as error:
                if self._stands.is_set() and not self._closed.is_set():
                    log.warning("subscription lost", error=repr(error))
            if self._stands.is_set():
                self._recovered_at = math.inf
            self._stands.clear()
            if (connection := self._connection) is not None:
                self._connection = None
                connection.disconnect()
            self._wake.set()
            self._closed.wait(TRY_AGAIN_AFTER)

    def _listen_to(self, connection: Connection) -> None:
        with self._lock:
            self._standing.clear()
            self._idle.clear()
            self._asked.clear()
            # Whoever waits for a batch of the lost connection is told to catch up anyway.
            self._first = self._gathering
            self._first.rooms = set(self._wanted)
            self._connection = connection
        self._wake.set()
        threading.Thread(target=self._ask_on, args=[connection], daemon=True).start()
        pause = time.monotonic() + TURN
        while not self._closed.is_set():
            answer = connection.read_response(disable_decoding=True)
            match answer:
                case [b"message", _, body]:
                    self._hear(body)
                case [b"subscribe", bytes(channel), _]:
                    self._confirm(channel.decode())
                case [b"unsubscribe", bytes(channel), _]:
                    self._standing.discard(self._channels.room_of(channel.decode()) or "")
            # Where more has come already, reading it waits for nobody.
            if time.monotonic() > pause:
                time.sleep(0)
                pause = time.monotonic() + TURN

    def _confirm(self, channel: str) -> None:
        with self._lock:
            if (room := self._channels.room_of(channel)) is not None:
                self._standing.add(room)
            batch = self._asked[0]
            batch.unconfirmed -= 1
            if batch.unconfirmed:
                return
            self._asked.popleft()
            batch.stands.set()
            late, is_first = batch.late, batch is self._first
        if is_first:
            log.info("subscribed", rooms=len(batch.rooms))
            if self._recovered_at:
                self._recovered_at = time.monotonic() + BACK_WITHIN
            self._stands.set()
            late = [self._renewed, *late]
        if late:
            # They may look into the database, and what is heard next must not wait for that.
            threading.Thread(target=_call_each, args=[late], daemon=True).start()

    # Asking

    def _ask_on(self, connection: Connection) -> None:
        """Subscribe, unsubscribe and ask for signs of life, as long as the connection lasts."""
        asked_at = time.monotonic()
        try:
            while connection is self._connection and not self._closed.is_set():
                self._wake.wait(ASK_EVERY / 2)
                self._wake.clear()
                for command in self._commands(connection):
                    connection.send_command(*command, check_health=False)
                if time.monotonic() - asked_at > ASK_EVERY:
                    connection.send_command("PING", check_health=False)
                    asked_at = time.monotonic()
        except Exception as error:
            if connection is self._connection:
                self.renew(repr(error))

    def _commands(self, connection: Connection) -> Iterator[list[str]]:
        with self._lock:
            if connection is not self._connection:
                return
            batch = self._gathering
            channels = [self._channels.of_room(room) for room in batch.rooms]
            if batch is self._first:
                channels.append(self._channels.processes)
            if channels:
                self._gathering = Batch()
                batch.unconfirmed = len(channels)
                self._asked.append(batch)
            dropped = list(self._no_longer_wanted())
        for start in range(0, len(channels), AT_ONCE):
            yield ["SUBSCRIBE", *channels[start : start + AT_ONCE]]
        for start in range(0, len(dropped), AT_ONCE):
            yield ["UNSUBSCRIBE", *dropped[start : start + AT_ONCE]]

    def _no_longer_wanted(self) -> Iterator[str]:
        long_ago = time.monotonic() - LINGER
        for room, since in list(self._idle.items()):
            if since > long_ago:
                break
            del self._idle[room]
            self._standing.discard(room)
            yield self._channels.of_room(room)


def _call_each(calls: Iterable[Callable[[], None]]) -> None:
    for call in calls:
        try:
            call()
        except Exception as error:
            log.error("not told that the subscription stands", exc_info=error)
