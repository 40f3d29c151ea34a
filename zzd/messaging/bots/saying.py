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
from zzd.db import fingerprint, reading, transaction
from zzd.errors import IdempotencyConflict, Invalid, NotFound, TooManyRequests
from zzd.messaging import messages, signatures, written
from zzd.messaging.bots import keys
from zzd.messaging.bots.models import Bot
from zzd.messaging.bots.problems import BadSignature, BotGone, BotSwitchedOff, StaleTimestamp
from zzd.messaging.bots.rules import CLOCKS_APART, spent, wait_for
from zzd.messaging.bots.turns import take_turn
from zzd.messaging.kinds import TEXT
from zzd.messaging.mentions import write_down
from zzd.messaging.models import Conversation, Message
from zzd.messaging.numbers import Taken
from zzd.messaging.policy import Place
from zzd.messaging.speaking import NOBODY
from zzd.settings import Settings

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
LONGEST_ID = 64


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


def say(bot: Bot, key: str, body: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """Have a bot that was recognised say something in its group, in a transaction of its own;
    returns where it stands, and whether it is fresh. ``key`` is the ``webhook-id``: a repeat returns
    the first result, and takes nothing from what the bot may send.

    What is written is written for the bot as it was recognised, if it still is so; where it is
    not, or something is odd about the message, all is looked at again with the group held.
    Raises BotGone, BotSwitchedOff, IdempotencyConflict, TooManyRequests, Invalid.
    """
    said = fingerprint(body)
    _check_standing(bot)
    if _wait_for(bot):
        # Before anybody is made to wait for the group: a flood stops here.
        with reading(plainly=True) as session:
            if (earlier := _look(session, bot, key, said)) is not None:
                return earlier, False
    try:
        with transaction() as session:
            return _write(session, bot, key, said, body), True
    except (_Odd, Invalid):
        pass
    with transaction() as session:
        group, bot = _hold(session, bot)
        if (earlier := _look(session, bot, key, said)) is not None:
            return earlier, False
        if group.dissolved_at is not None:
            raise BotGone
        return _write(session, bot, key, said, body), True


class _Odd(Exception):
    """It was said before, or the bot or its group is not as it was read."""


def _hold(session: Session, bot: Bot) -> tuple[Conversation, Bot]:
    """Both as they are now, and stay until the transaction ends."""
    held = select(Conversation).where(Conversation.id == bot.conversation_id).with_for_update()
    return session.scalars(held).one(), session.get_one(Bot, bot.id)


def _look(session: Session, bot: Bot, key: str, said: str) -> dict[str, Any] | None:
    """What was sent with this key before, else None if the bot may send something now."""
    _check_standing(bot)
    earlier = session.scalar(
        select(Message).where(Message.sender_id == -bot.id, Message.client_id == key)
    )
    if earlier is not None:
        if earlier.fingerprint != said:
            raise IdempotencyConflict("This webhook-id was used for something else")
        return _answer(earlier.conversation_id, earlier.seq, earlier.created_at)
    if wait := _wait_for(bot):
        raise TooManyRequests(
            f"A bot sends at most {_rate()} messages a minute", headers={"Retry-After": str(wait)}
        )
    return None


def _check_standing(bot: Bot) -> None:
    if bot.removed_at is not None:
        raise BotGone
    if not bot.enabled:
        raise BotSwitchedOff


def _wait_for(bot: Bot) -> int | None:
    return wait_for(bot.allowance_at, clock.now(), per_minute=_rate())


def _rate() -> int:
    settings: Settings = current_app.extensions["zzd.settings"]
    return settings.bot_rate


def _write(session: Session, bot: Bot, key: str, said: str, body: dict[str, Any]) -> dict[str, Any]:
    """Raises Invalid, and _Odd, and then nothing may be kept."""
    now = clock.now()
    taken = take_turn(session, bot, now, spent=spent(bot.allowance_at, now, per_minute=_rate()))
    if taken is None:
        raise _Odd
    row = {
        "conversation_id": taken.id,
        "seq": taken.last_seq,
        "sender_id": -bot.id,
        "client_id": key,
        "fingerprint": said,
        "sender_name": bot.name,
        "sender_title": "",
        "sender_unit": "",
        "kind": TEXT,
        "text": body["text"],
        "content": None,
        "reply_to_seq": None,
        "mentions": _call(session, taken, body["mentions"]),
        "created_at": now,
    }
    ids = written.insert_plain(session, [row])
    if not ids:
        raise _Odd
    messages.tell(session, taken, [messages.describe_sent(ids[taken.last_seq], row, None, NOBODY)])
    return _answer(taken.id, taken.last_seq, now)


def _call(session: Session, taken: Taken, asked: dict[str, Any] | None) -> dict[str, Any] | None:
    """A bot stands for those who added it, and they manage the group: it may call everybody."""
    if asked is None or not any(asked.values()):
        return None
    place = Place(Conversation(id=taken.id, kind=taken.kind), None, None)
    wanted = {"all": asked["all"], "audience": None}
    return write_down(session, place, taken.last_seq, wanted, asked["official_ids"])


def _answer(conversation_id: int, seq: int, created_at: datetime) -> dict[str, Any]:
    return {"conversation_id": conversation_id, "seq": seq, "created_at": created_at}
