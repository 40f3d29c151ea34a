"""What is told while it lasts and kept nowhere: who is typing, who is online."""

from __future__ import annotations

import time
from typing import Any

from flask import current_app
from marshmallow import fields, validate
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zzd.api import Caller, Id, StrictSchema
from zzd.db import reading
from zzd.messaging import events
from zzd.messaging.policy import Place, access_conversation
from zzd.messaging.rules import other_of
from zzd.orgtree import audiences
from zzd.orgtree.models import Official
from zzd.principal import Principal
from zzd.realtime import passing, rooms
from zzd.realtime.presence import Presence
from zzd.realtime.sockets import Sockets

# In larger conversations nobody is told who types.
TYPING_UP_TO = 200
# Seconds between two signs of one person in one conversation.
TYPING_EVERY = 3.0
MOST_REMEMBERED = 10_000
# Seconds for which the size of an audience is taken as known.
SIZE_HOLDS = 60.0
MOST_WATCHED = 100


class TypingSchema(StrictSchema):
    conversation_id = Id(required=True)


class WatchSchema(StrictSchema):
    official_ids = fields.List(Id(), required=True, validate=validate.Length(0, MOST_WATCHED))


class Typing:
    """Passes on that somebody types; remembers since when, so that it is not told too often."""

    def __init__(self) -> None:
        self._told: dict[tuple[int, int], float] = {}
        self._large: dict[int, tuple[float, bool]] = {}

    def tell(self, session: Session, by: Principal, conversation_id: int) -> bool:
        """Whether it was passed on. Raises NotFound."""
        now = time.monotonic()
        which = (by.official_id or 0, conversation_id)
        if now - self._told.get(which, -TYPING_EVERY) < TYPING_EVERY:
            return False
        place = access_conversation(session, by, conversation_id, action="conversation.type")
        if len(self._told) >= MOST_REMEMBERED:
            self._told.clear()
        self._told[which] = now
        if place.conversation.kind == "announcement" or self._is_large(session, place, now):
            return False
        data = {
            "conversation_id": str(conversation_id),
            "official": {"id": str(by.official_id), "name": by.official_name},
        }
        passing.push("typing", data, rooms=_hearing(place, by))
        return True

    def _is_large(self, session: Session, place: Place, now: float) -> bool:
        conversation, audience = place.conversation, place.audience
        if audience is None:
            return (conversation.members or 0) > TYPING_UP_TO
        known_at, large = self._large.get(conversation.id, (-SIZE_HOLDS, False))
        if now - known_at >= SIZE_HOLDS:
            some = audiences.select_officials(audience, Official.id).limit(TYPING_UP_TO + 1)
            count = session.scalar(select(func.count()).select_from(some.subquery())) or 0
            large = count > TYPING_UP_TO
            if len(self._large) >= MOST_REMEMBERED:
                self._large.clear()
            self._large[conversation.id] = now, large
        return large


def _hearing(place: Place, by: Principal) -> list[str]:
    """The other of two; a group with oneself in it, whose clients know themselves."""
    conversation = place.conversation
    if conversation.direct_key:
        return [rooms.official(other_of(conversation.direct_key, by.official_id or 0))]
    return events.rooms_of(conversation.id, conversation.audience_id)


def watch_presence(sockets: Sockets, official_ids: list[int]) -> list[dict[str, Any]]:
    """Have the calling socket hear of these instead of those before; whether each is online.
    Whoever is signed in may know it of everybody, as with the address book."""
    wanted = {rooms.presence(each) for each in official_ids}
    before = {room for room in sockets.watched() if room.startswith(rooms.PRESENCE)}
    for room in before - wanted:
        sockets.unwatch(room)
    for room in wanted - before:
        sockets.watch(room)
    presence: Presence = current_app.extensions["zzd.presence"]
    asked = list(dict.fromkeys(official_ids))
    return [
        {"official_id": str(official_id), "online": online}
        for official_id, online in zip(asked, presence.online(asked), strict=True)
    ]


def register_events(sockets: Sockets) -> None:
    told = sockets.app.extensions["zzd.typing"] = Typing()

    @sockets.event("typing", Caller.OFFICIAL, TypingSchema)
    def typing(caller: Principal, data: dict[str, Any]) -> dict[str, Any]:
        with reading() as session:
            return {"ok": True, "passed": told.tell(session, caller, data["conversation_id"])}

    @sockets.event("presence.watch", Caller.OFFICIAL, WatchSchema)
    def watch(_caller: Principal, data: dict[str, Any]) -> dict[str, Any]:
        return {"ok": True, "items": watch_presence(sockets, data["official_ids"])}
