"""Which sockets are in which rooms, and one packet to all of them.

python-socketio keeps a two-way dictionary for every room and a room for every socket, and asks
every room when a socket goes. Here a room is a dictionary, and each socket knows its rooms.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from bidict import bidict
from socketio import Manager
from socketio.packet import EVENT

NAMESPACE = "/"
RoomChanged = Callable[[str], None]


class RoomManager(Manager):
    """The sockets of this process. ``rooms[namespace][None]`` holds all of them, as the base
    class wants it; a socket's own room, named by its sid, is not stored at all."""

    def __init__(self) -> None:
        super().__init__()
        self._rooms_of: defaultdict[str, set[str]] = defaultdict(set)
        # Namespaces with sockets that are about to connect, or to disconnect.
        self.pending_connect: dict[str, set[str]] = {}
        self.pending_disconnect: dict[str, set[str]] = {}
        self._opened: list[RoomChanged] = []
        self._closed: list[RoomChanged] = []

    # For those who bring events

    def push(self, rooms: Sequence[str], packet: str) -> int:
        """Send an encoded packet (see ``packets.encode``) to every socket that is in one of the
        rooms, once to each. Returns to how many."""
        members = self._members(NAMESPACE, rooms)
        self.server.send_to_all(members.values(), packet)
        return len(members)

    def on_room(self, opened: RoomChanged, closed: RoomChanged) -> None:
        """Call ``opened`` with a room's name when it gets its first socket of this process and
        ``closed`` when it has lost its last. Neither may block or raise."""
        self._opened.append(opened)
        self._closed.append(closed)

    def local_rooms(self) -> list[str]:
        """The rooms that have a socket of this process now."""
        return [room for room in self.rooms.get(NAMESPACE, ()) if room is not None]

    def is_in_use(self, eio_sid: str) -> bool:
        """Whether the application has accepted a socket over this Engine.IO connection."""
        everybody = self.rooms.get(NAMESPACE, {}).get(None)
        sid = everybody.inverse.get(eio_sid) if everybody else None
        return sid is not None and self.is_connected(sid, NAMESPACE)

    # What python-socketio asks of a manager

    def emit(
        self,
        event: str,
        data: Any,
        namespace: str,
        room: Any = None,
        skip_sid: Any = None,
        callback: Any = None,
        to: Any = None,
        **kwargs: Any,
    ) -> None:
        if callback or skip_sid:
            super().emit(event, data, namespace, room, skip_sid, callback, to, **kwargs)
            return
        values = list(data) if isinstance(data, tuple) else [] if data is None else [data]
        packet = self.server.packet_class(EVENT, namespace=namespace, data=[event, *values])
        encoded = packet.encode()
        participants = [eio_sid for _, eio_sid in self.get_participants(namespace, to or room)]
        for part in encoded if isinstance(encoded, list) else [encoded]:
            self.server.send_to_all(participants, part)

    def get_participants(self, namespace: str, room: Any) -> Iterator[tuple[str, str]]:
        rooms = room if hasattr(room, "__len__") and not isinstance(room, str) else [room]
        yield from self._members(namespace, rooms).items()

    def get_rooms(self, sid: str, namespace: str) -> list[str]:
        return [sid, *self._rooms_of.get(sid, ())] if self._is_there(sid, namespace) else []

    def pre_connect(self, eio_sid: str, namespace: str) -> str | None:
        everybody = self.rooms.setdefault(namespace, {}).setdefault(None, bidict())
        if eio_sid in everybody.inverse:
            return None
        sid: str = self.server.eio.generate_id()
        everybody[sid] = eio_sid
        self.pending_connect.setdefault(namespace, set()).add(sid)
        return sid

    def connect(self, sid: str, namespace: str) -> str | None:
        if not self.is_pre_connected(sid, namespace):
            # The base class allows an Engine.IO sid that is not known yet.
            return self.pre_connect(sid, namespace)
        self.pending_connect[namespace].discard(sid)
        return sid

    def is_pre_connected(self, sid: str, namespace: str) -> bool:
        return sid in self.pending_connect.get(namespace, ()) and self._is_there(sid, namespace)

    def is_connected(self, sid: str, namespace: str) -> bool:
        return (
            sid not in self.pending_connect.get(namespace, ())
            and sid not in self.pending_disconnect.get(namespace, ())
            and self._is_there(sid, namespace)
        )

    def pre_disconnect(self, sid: str, namespace: str) -> Any:
        self.pending_disconnect.setdefault(namespace, set()).add(sid)
        return self.rooms[namespace][None].get(sid)

    def basic_disconnect(self, sid: str, namespace: str, **_kwargs: Any) -> None:
        for room in tuple(self._rooms_of.get(sid, ())):
            self.basic_leave_room(sid, namespace, room)
        self._rooms_of.pop(sid, None)
        everybody = self.rooms.get(namespace, {}).get(None, {})
        everybody.pop(sid, None)
        self.callbacks.pop(sid, None)
        for pending in (self.pending_connect, self.pending_disconnect):
            pending.get(namespace, set()).discard(sid)

    def basic_enter_room(
        self, sid: str, namespace: str, room: str, eio_sid: str | None = None
    ) -> None:
        """Raises ValueError for a socket that has gone, and for another socket's own room."""
        if eio_sid is None:
            eio_sid = self.rooms.get(namespace, {}).get(None, {}).get(sid)
        if eio_sid is None:
            raise ValueError("sid is not connected to requested namespace")
        if room == sid:
            return
        if self.is_sid_room(namespace, room):
            raise ValueError("cannot enter a sid room")
        members = self.rooms[namespace].get(room)
        if members is None:
            self.rooms[namespace][room] = {sid: eio_sid}
        else:
            members[sid] = eio_sid
        self._rooms_of[sid].add(room)
        if members is None and namespace == NAMESPACE:
            for opened in self._opened:
                opened(room)

    def basic_leave_room(self, sid: str, namespace: str, room: str) -> None:
        members = self.rooms.get(namespace, {}).get(room, {})
        if room is None or members.pop(sid, None) is None:
            return
        self._rooms_of[sid].discard(room)
        if not members:
            del self.rooms[namespace][room]
            if namespace == NAMESPACE:
                for closed in self._closed:
                    closed(room)

    def _members(self, namespace: str, rooms: Iterable[Any]) -> dict[str, str]:
        """Those of this moment, by sid; the copy is the caller's."""
        known = self.rooms.get(namespace, {})
        everybody = known.get(None, {})
        found: dict[str, str] = {}
        for room in rooms:
            if room in known:
                found.update(known[room])
            elif room in everybody:
                found[room] = everybody[room]
        return found

    def _is_there(self, sid: str, namespace: str) -> bool:
        return sid in self.rooms.get(namespace, {}).get(None, ())
