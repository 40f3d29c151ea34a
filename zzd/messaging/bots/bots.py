"""The bots of a group: who is there, and how they come, change and go.

Everybody in a group sees its bots; who manages it looks after them. Each act is recorded, and
told in the group.
"""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.audit import log as audit
from zzd.db import find_repeat, fingerprint
from zzd.errors import Conflict, NotFound
from zzd.messaging.bots import events, keys
from zzd.messaging.bots.models import Bot
from zzd.messaging.bots.problems import TooManyBots
from zzd.messaging.bots.rules import MOST_BOTS, old_secret_until
from zzd.messaging.events import rooms_of
from zzd.messaging.groups import notices
from zzd.messaging.models import Conversation
from zzd.messaging.policy import access_conversation, may_manage, refuse
from zzd.messaging.problems import NotAGroup
from zzd.principal import Principal


def list_bots(session: Session, principal: Principal, conversation_id: int) -> dict[str, Any]:
    """Those of a group, the first one first. Raises NotFound, NotAGroup."""
    place = access_conversation(session, principal, conversation_id)
    if place.conversation.kind != "group":
        raise NotAGroup
    query = select(Bot).where(Bot.conversation_id == conversation_id, Bot.removed_at.is_(None))
    found = session.scalars(query.order_by(Bot.id))
    return {"items": [describe(bot) for bot in found], "next": None}


def add_bot(
    session: Session,
    by: Principal,
    conversation_id: int,
    *,
    name: str,
    description: str,
    client_id: str | None,
) -> tuple[dict[str, Any], bool]:
    """Have a bot in a group; returns it with its address and secret, and whether it is fresh.

    Raises NotFound, NotAGroup, NotPermitted, TooManyBots, IdempotencyConflict.
    """
    group = _group(session, by, conversation_id, "bot.add")
    client_id = client_id or uuid.uuid4().hex
    body = fingerprint([conversation_id, name, description])
    earlier = find_repeat(
        session, Bot, sender_id=by.official_id or 0, client_id=client_id, body_fingerprint=body
    )
    if earlier is not None:
        if earlier.removed_at is not None:
            raise NotFound
        return with_keys(earlier), False
    present = select(func.count()).select_from(Bot).where(Bot.removed_at.is_(None))
    if (session.scalar(present.filter_by(conversation_id=conversation_id)) or 0) >= MOST_BOTS:
        raise TooManyBots
    salt = keys.make_salt()
    bot = Bot(
        conversation_id=conversation_id,
        sender_id=by.official_id,
        client_id=client_id,
        fingerprint=body,
        name=name,
        description=description,
        added_by_name=by.official_name,
        created_at=clock.now(),
        salt=salt,
        token_digest=keys.digest(keys.token_of(salt)),
        secret_no=1,
        enabled=True,
    )
    session.add(bot)
    session.flush()
    _tell(session, by, group, bot, "added")
    return with_keys(bot), True


def change_bot(
    session: Session, by: Principal, conversation_id: int, bot_id: int, changes: dict[str, Any]
) -> dict[str, Any]:
    """Change what is given: name, description, whether it is ``enabled``. What it said before
    keeps the name it had. Raises NotFound, NotAGroup, NotPermitted.
    """
    group = _group(session, by, conversation_id, "bot.change")
    bot = _find(session, conversation_id, bot_id)
    before = (bot.name, bot.enabled, bot.description)
    for part, value in changes.items():
        setattr(bot, part, value)
    if bot.name != before[0]:
        _tell(session, by, group, bot, "renamed", formerly=before[0])
    if bot.enabled != before[1]:
        _tell(session, by, group, bot, "switched_on" if bot.enabled else "switched_off")
    if bot.description != before[2] and before[:2] == (bot.name, bot.enabled):
        events.bots_updated(session, conversation_id, to=rooms_of(conversation_id, None))
    session.flush()
    return describe(bot)


def rotate_secret(
    session: Session, by: Principal, conversation_id: int, bot_id: int, *, replaces: int
) -> dict[str, Any]:
    """Give a bot another secret; the one it ``replaces``, by number, is taken for 24 hours more.

    A repeat of the same returns the same: otherwise it would make the secret in use worthless.
    Raises NotFound, NotAGroup, NotPermitted, Conflict for the number of an older one.
    """
    group = _group(session, by, conversation_id, "bot.rotate_secret")
    bot = _find(session, conversation_id, bot_id)
    if bot.secret_no == replaces + 1:
        return with_keys(bot)
    if bot.secret_no != replaces:
        raise Conflict("Somebody else replaced this bot's secret")
    bot.secret_no += 1
    bot.rotated_at = clock.now()
    _tell(session, by, group, bot, "secret_rotated")
    return with_keys(bot)


def remove_bot(session: Session, by: Principal, conversation_id: int, bot_id: int) -> None:
    """For good; what it said stays. Raises NotFound, NotAGroup, NotPermitted."""
    group = _group(session, by, conversation_id, "bot.remove")
    bot = _find(session, conversation_id, bot_id)
    bot.removed_at = clock.now()
    bot.enabled = False
    _tell(session, by, group, bot, "removed")


def _group(session: Session, by: Principal, conversation_id: int, action: str) -> Conversation:
    """A group that one manages, locked: its bots change, and speak, one after the other."""
    place = access_conversation(session, by, conversation_id, action=action, lock=True)
    if place.conversation.kind != "group":
        raise NotAGroup
    if not may_manage(by, place):
        raise refuse(action, place, "Only its owner and admins look after a group's bots")
    return place.conversation


def _find(session: Session, conversation_id: int, bot_id: int) -> Bot:
    bot = session.get(Bot, bot_id, populate_existing=True)
    if bot is None or bot.conversation_id != conversation_id or bot.removed_at is not None:
        raise NotFound
    return bot


def _tell(
    session: Session, by: Principal, group: Conversation, bot: Bot, what: str, **more: Any
) -> None:
    audit.append(
        session,
        f"bot.{what}",
        by=by,
        object_kind="conversation",
        object_id=group.id,
        bot_id=bot.id,
        name=bot.name,
        **more,
    )
    notices.tell(session, by, group, f"bot_{what}", name=bot.name, text=more.get("formerly"))
    events.bots_updated(session, group.id, to=rooms_of(group.id, None))


def describe(bot: Bot) -> dict[str, Any]:
    return {
        "id": bot.id,
        "conversation_id": bot.conversation_id,
        "name": bot.name,
        "description": bot.description,
        "enabled": bot.enabled,
        "added_by": {"id": bot.sender_id, "name": bot.added_by_name},
        "created_at": bot.created_at,
        "last_said_at": bot.last_said_at,
        "secret_no": bot.secret_no,
        "old_secret_until": old_secret_until(bot.rotated_at, clock.now()),
    }


def with_keys(bot: Bot) -> dict[str, Any]:
    return {**describe(bot), "url": keys.url_of(bot), "secret": keys.secret_of(bot)}
