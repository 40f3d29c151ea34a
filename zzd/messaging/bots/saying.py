"""What a bot says: recognised by its address, believed by its signature, and kept within a rate.

In the database a bot's message has the bot's id with a minus as its ``sender_id``: officials and
bots are counted apart, and each has ``client_id`` keys of its own.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import Headers

from zzd import clock
from zzd.db import fingerprint
from zzd.errors import IdempotencyConflict, Invalid, NotFound, TooManyRequests
from zzd.messaging import events, signatures
from zzd.messaging.bots import keys
from zzd.messaging.bots.models import Bot
from zzd.messaging.bots.problems import BadSignature, BotGone, BotSwitchedOff, StaleTimestamp
from zzd.messaging.bots.rules import CLOCKS_APART, spent, wait_for
from zzd.messaging.kinds import TEXT
from zzd.messaging.mentions import people_in, record_mentions
from zzd.messaging.models import Conversation, Message
from zzd.messaging.schemas import MessageSchema
from zzd.messaging.views import describe_message
from zzd.principal import Principal
from zzd.settings import Settings

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
LONGEST_ID = 64
# An event is the same for everybody: it is written as for somebody who is nobody.
NOBODY = Principal(account_id=0, username="", session_id=None)


def recognise(session: Session, token: str, headers: Headers, body: bytes) -> tuple[Bot, str]:
    """The bot with this address that signed these headers and this body, and the ``webhook-id``.

    Raises NotFound for an address that never was one, BadSignature, StaleTimestamp.
    """
    bot = session.scalar(select(Bot).where(Bot.token_digest == keys.digest(token)))
    if bot is None:
        raise NotFound
    id_, timestamp, signature = (_header(headers, name) for name in (ID, TIMESTAMP, SIGNATURE))
    now = clock.now()
    if not signatures.is_signed(keys.keys_of(bot, now), id_, timestamp, body, signature):
        raise BadSignature
    if not _is_near(timestamp, now):
        raise StaleTimestamp(
            f"Here it is {int(now.timestamp())}; clocks may differ by "
            f"{int(CLOCKS_APART.total_seconds())} seconds",
            header=TIMESTAMP,
        )
    if len(id_) > LONGEST_ID or not id_.isascii() or not id_.isprintable():
        raise Invalid.at(f"/headers/{ID}", f"At most {LONGEST_ID} visible ASCII characters")
    return bot, id_


def _header(headers: Headers, name: str) -> str:
    if not (value := headers.get(name, "")):
        raise BadSignature(f"The header {name} is missing", header=name)
    return value


def _is_near(timestamp: str, now: datetime) -> bool:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 12):
        return False
    return abs(datetime.fromtimestamp(int(timestamp), UTC) - now) <= CLOCKS_APART


def say(session: Session, bot: Bot, key: str, body: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """Have a bot that was recognised say something in its group; returns where it stands, and
    whether it is fresh. ``key`` is the ``webhook-id``: a repeat returns the first result, and
    takes nothing from what the bot may send.

    Raises BotGone, BotSwitchedOff, IdempotencyConflict, TooManyRequests, Invalid.
    """
    said = fingerprint(body)
    # Before anybody is made to wait for the group: a flood stops here.
    if (earlier := _look(session, bot, key, said)) is not None:
        return earlier, False
    group = session.scalars(
        select(Conversation)
        .where(Conversation.id == bot.conversation_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    session.refresh(bot)
    if (earlier := _look(session, bot, key, said)) is not None:
        return earlier, False
    if group.dissolved_at is not None:
        raise BotGone
    now = clock.now()
    mentions = _called(session, group, body["mentions"])
    bot.allowance_at = spent(bot.allowance_at, now, per_minute=_rate())
    bot.last_said_at = now
    return _write(session, bot, group, key, said, body["text"], mentions, now), True


def _look(session: Session, bot: Bot, key: str, said: str) -> dict[str, Any] | None:
    """What was sent with this key before, else None if the bot may send something now."""
    if bot.removed_at is not None:
        raise BotGone
    if not bot.enabled:
        raise BotSwitchedOff
    earlier = session.scalar(
        select(Message).where(Message.sender_id == -bot.id, Message.client_id == key)
    )
    if earlier is not None:
        if earlier.fingerprint != said:
            raise IdempotencyConflict("This webhook-id was used for something else")
        return _answer(earlier)
    if wait := wait_for(bot.allowance_at, clock.now(), per_minute=_rate()):
        raise TooManyRequests(
            f"A bot sends at most {_rate()} messages a minute", headers={"Retry-After": str(wait)}
        )
    return None


def _rate() -> int:
    settings: Settings = current_app.extensions["zzd.settings"]
    return settings.bot_rate


def _called(
    session: Session, group: Conversation, asked: dict[str, Any] | None
) -> dict[str, Any] | None:
    """A bot stands for those who added it, and they manage the group: it may call everybody."""
    if asked is None or not any(asked.values()):
        return None
    people = people_in(session, group.id, None, asked["official_ids"])
    return {"all": asked["all"], "people": people, "audience": None}


def _write(
    session: Session,
    bot: Bot,
    group: Conversation,
    key: str,
    said: str,
    text: str,
    mentions: dict[str, Any] | None,
    now: datetime,
) -> dict[str, Any]:
    group.last_seq += 1
    group.activity_at = group.changed_at = now
    message = Message(
        conversation_id=group.id,
        seq=group.last_seq,
        sender_id=-bot.id,
        client_id=key,
        fingerprint=said,
        sender_name=bot.name,
        sender_title="",
        sender_unit="",
        kind=TEXT,
        text=text,
        mentions=mentions,
        created_at=now,
    )
    session.add(message)
    session.flush()
    if mentions is not None:
        record_mentions(session, group.id, message.seq, mentions)
    events.message_created(
        session,
        [MessageSchema().dump(describe_message(message, None, NOBODY))],
        conversation={
            "id": str(group.id),
            "kind": group.kind,
            "name": group.name,
        },
        to=events.rooms_of(group.id, None),
    )
    return _answer(message)


def _answer(message: Message) -> dict[str, Any]:
    return {
        "conversation_id": message.conversation_id,
        "seq": message.seq,
        "created_at": message.created_at,
    }
