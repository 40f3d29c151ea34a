"""On which Redis channels an event travels, and how it is written there.

Each room has a channel, which only processes with a socket in the room subscribe to. One more
channel is heard by all processes: it carries control events, signs of life, and what cannot wait
for a subscription.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from zzd.realtime import control
from zzd.realtime.outbox import Event
from zzd.realtime.packets import encode

# An event for more rooms than this is told to all processes once, instead of to each room.
MANY_ROOMS = 8
# So long after a room was opened to somebody its events are told to all processes: those that
# get their first socket in it by that have yet to subscribe.
OPENED_LATELY = 10.0

# The first byte of a message.
PACKET, CONTROL, PROBE = b"p", b"c", b"?"


@dataclass(frozen=True, slots=True)
class Packet:
    """An event as sockets get it: encoded once, by the process that published it."""

    id: str
    rooms: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Probe:
    """A process listens for itself."""

    process_id: str


Message = Packet | Event | Probe


class Channels:
    """The channels' names, and which of them an event goes to.

    ``prefix`` keeps apart installations that share a Redis: channels know nothing of its
    numbered databases.
    """

    def __init__(self, prefix: str) -> None:
        self.processes = f"{prefix}:processes"
        self._room_prefix = f"{prefix}:room:"
        self._opened: dict[str, float] = {}

    def of_room(self, room: str) -> str:
        return self._room_prefix + room

    def room_of(self, channel: str) -> str | None:
        """The room that a channel is for; none for the processes' own."""
        known = channel.startswith(self._room_prefix)
        return channel[len(self._room_prefix) :] if known else None

    def of_event(self, event: Event) -> list[str]:
        rooms = event.rooms
        if not rooms or len(rooms) > MANY_ROOMS or any(map(self._was_opened_lately, rooms)):
            return [self.processes]
        return [self.of_room(room) for room in rooms]

    def note(self, event: Event) -> None:
        """Remember which room a control event, sent or heard, opens to somebody."""
        if event.type in control.OPENING and "room" in event.data:
            now = time.monotonic()
            # Put at the end again: the oldest are first.
            self._opened.pop(event.data["room"], None)
            self._opened[event.data["room"]] = now
            for room in list(self._opened):
                if self._opened[room] > now - OPENED_LATELY:
                    break
                del self._opened[room]

    def _was_opened_lately(self, room: str) -> bool:
        return self._opened.get(room, -OPENED_LATELY) > time.monotonic() - OPENED_LATELY


def pack(event: Event) -> bytes:
    """What is published of an event. Names of rooms hold no spaces."""
    if event.rooms:
        head = " ".join((event.id, *event.rooms))
        return PACKET + f"{head}\n{encode(event.type, event.payload())}".encode()
    return CONTROL + orjson.dumps([event.id, event.type, event.occurred_at.isoformat(), event.data])


def pack_probe(process_id: str) -> bytes:
    return PROBE + process_id.encode()


def unpack(message: bytes) -> Message:
    """Raises ValueError for what ``pack`` did not write."""
    kind, body = message[:1], message[1:]
    if kind == PACKET:
        head, line_end, text = body.decode().partition("\n")
        event_id, *rooms = head.split(" ")
        if not line_end or not rooms:
            raise ValueError("a packet without rooms")
        return Packet(event_id, tuple(rooms), text)
    if kind == CONTROL:
        return _control(orjson.loads(body))
    if kind == PROBE:
        return Probe(body.decode())
    raise ValueError("a message of no known kind")


def _control(fields: Any) -> Event:
    match fields:
        case [str(id_), str(type_), str(occurred_at), dict(data)]:
            return Event(id_, type_, datetime.fromisoformat(occurred_at), (), data)
    raise ValueError("not a control event")
