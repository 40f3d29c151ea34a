"""Conversations: messages, who has read them, and catching up after an absence.

Above this package others use ``messaging.sync.add_section`` to have their part in ``GET /sync``,
and the services ``conversations``, ``members``, ``messages`` and ``receipts``.
"""

from __future__ import annotations

from collections.abc import Iterable

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd.api import Api
from zzd.messaging import (
    cards,
    dings,
    files,
    kinds,
    live,
    records,
    routes_changes,
    routes_conversations,
    routes_messages,
    scheduled,
    search,
    together,
)
from zzd.messaging.bots import routes as routes_bots
from zzd.messaging.comments import routes as routes_comments
from zzd.messaging.confirmations import routes as routes_confirmations
from zzd.messaging.confirmations import steps as steps_of_confirmations
from zzd.messaging.forwards import RECORD
from zzd.messaging.groups import notices
from zzd.messaging.groups import routes as routes_groups
from zzd.messaging.marks import routes as routes_marks
from zzd.messaging.marks import routes_own
from zzd.messaging.models import Conversation, Participation
from zzd.messaging.policy import standing_of
from zzd.messaging.rules import NAMED
from zzd.principal import Principal
from zzd.realtime import add_timer, rooms
from zzd.realtime.sockets import Sockets

EVERY = 1.0


def register(app: Flask, api: Api, sockets: Sockets) -> None:
    """Add the package's routes, socket events and rooms."""
    for kind in (RECORD, notices.KIND):
        kinds.register_kind(kind)
    for routes in (
        routes_conversations,
        routes_messages,
        routes_changes,
        routes_marks,
        routes_own,
        routes_groups,
        routes_bots,
        routes_confirmations,
        routes_comments,
    ):
        api.register_blueprint(routes.blueprint)
    routes_messages.register_events(sockets)
    live.register_events(sockets)
    routes_comments.register_events(sockets)
    files.register(app, api, app.extensions["zzd.settings"])
    search.register(app, api)
    sockets.add_rooms(_rooms_of)
    dings.register(app, api)
    scheduled.register(app, api)
    records.register(app, api)
    together.register(app)
    cards.register(app, api)
    add_timer(app, EVERY, steps_of_confirmations.tell_progress)


def _rooms_of(session: Session, principal: Principal) -> Iterable[str]:
    """The conversations that name the official, and every audience in use they are in."""
    if principal.official_id is None:
        return
    named = (
        select(Participation.conversation_id)
        .join(Conversation, Conversation.id == Participation.conversation_id)
        .where(
            Participation.official_id == principal.official_id,
            Participation.left_at.is_(None),
            Conversation.kind.in_(NAMED),
        )
    )
    standing = standing_of(session, principal)
    yield from map(rooms.conversation, session.scalars(named))
    yield from map(rooms.conversation, standing.kept_ids)
    yield from map(rooms.audience, standing.audience_ids)
