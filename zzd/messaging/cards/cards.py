"""Cards: sent by apps for an official, and replaced where they stand."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from zzd import clock
from zzd.errors import Invalid, NotFound
from zzd.messaging import events, kinds, messages, speaking
from zzd.messaging.cards.carrying import (
    describe_files,
    files_of,
    ids_of_files,
    keep_files_of_card,
)
from zzd.messaging.cards.models import Card
from zzd.messaging.cards.problems import CardKeyTaken
from zzd.messaging.cards.rules import CARD
from zzd.messaging.cards.schemas import CardContentSchema
from zzd.messaging.cards.senders import senders_here
from zzd.messaging.models import Conversation, Message
from zzd.messaging.policy import Place, access_conversation, may_post, refuse
from zzd.messaging.problems import MessageRecalled
from zzd.messaging.written import row_along, write_along
from zzd.principal import AppRef, Principal


def send_card(
    session: Session,
    by: Principal,
    conversation_id: int,
    *,
    content: dict[str, Any],
    key: str | None,
    client_id: str | None,
    asked_by: int | None = None,
) -> tuple[dict[str, Any], bool]:
    """Send a card as the app of ``by``, in the name of its official, or in its own if it acts for
    none, where the official ``asked_by`` asked it as well; returns it and whether it is a fresh one.
    ``content`` is as CardContentSchema loads it.

    Raises NotFound, NotPermitted, Invalid, CardKeyTaken, IdempotencyConflict.
    """
    app = _app(by)
    _check_buttons(session, app.id, content)
    now = clock.now()
    said: dict[str, Any] = {
        "text": content["title"],
        "kind": CARD,
        "content": {**content, "key": key},
        "client_id": client_id,
        "along": [row_along(Card, app_id=app.id, key=key, version=1, updated_at=now)],
    }
    try:
        if speaking.speaks_for_itself(by):
            message, fresh = speaking.say(session, by, conversation_id, asked_by=asked_by, **said)
        else:
            message, fresh = messages.send_message(session, by, conversation_id, **said)
    except IntegrityError as error:
        # The table has each key of an app once in a conversation.
        session.rollback()
        if key is not None and _find(session, app.id, conversation_id, key) is not None:
            raise CardKeyTaken from error
        raise
    which = {"conversation_id": conversation_id, "seq": message["seq"]}
    if not fresh:
        return _describe_found(session, session.get_one(Card, which)), False
    card = Card(**which, app_id=app.id, key=key, version=1, updated_at=now)
    return _describe(card, message["content"], None), True


def prepare_card(
    session: Session, by: Principal, _conversation_id: int, content: dict[str, Any]
) -> dict[str, Any]:
    """What everybody sees of it: the app's key is its own. Raises Invalid."""
    shown = {name: value for name, value in content.items() if name != "key"}
    shown["fields"] = describe_files(session, by, shown["fields"], {})
    return {**shown, "app": _app(by).as_dict(), **_edition(1, clock.now())}


def read_card(session: Session, by: Principal, conversation_id: int, key: str) -> dict[str, Any]:
    """An app's own card, by its key. Raises NotFound."""
    _access(session, by, conversation_id, action="card.read")
    card = _find(session, _app(by).id, conversation_id, key)
    if card is None:
        raise NotFound
    return _describe_found(session, card)


def replace_card(
    session: Session, by: Principal, conversation_id: int, key: str, content: dict[str, Any]
) -> dict[str, Any]:
    """Let an app's own card show this from now on; the same again changes nothing.

    Raises NotFound, NotPermitted, Invalid, MessageRecalled.
    """
    place = _access(session, by, conversation_id, action="card.replace", lock=True)
    if not speaking.speaks_for_itself(by) and not may_post(by, place):
        raise refuse("card.replace", place, "Announcements come from those who issue them")
    card = _find(session, _app(by).id, conversation_id, key)
    if card is None:
        raise NotFound
    _check_buttons(session, card.app_id, content)
    if not change_card(session, place.conversation, card, content, by=by):
        raise MessageRecalled
    return _describe_found(session, card)


def _access(
    session: Session, by: Principal, conversation_id: int, *, action: str, lock: bool = False
) -> Place:
    """Where the app is for its official, or for itself. Raises NotFound."""
    access = speaking.access_place if speaking.speaks_for_itself(by) else access_conversation
    return access(session, by, conversation_id, action=action, lock=lock)


def change_card(
    session: Session,
    conversation: Conversation,
    card: Card,
    content: dict[str, Any],
    *,
    by: Principal | None,
) -> bool:
    """Replace what a card shows, in a conversation whose row the caller has locked; false where
    its message was recalled. Without ``by`` it may show no file that it did not show before.

    Raises Invalid.
    """
    message = _message_of(session, card)
    if message.recalled_at is not None or message.content is None:
        return False
    now = clock.now()
    rows = describe_files(session, by, content["fields"], files_of(message.content))
    content = {**content, "fields": rows}
    before = {name: message.content.get(name) for name in content}
    if before == content:
        return True
    card.version += 1
    card.updated_at = message.changed_at = conversation.changed_at = now
    app = message.content["app"]
    message.content = {**content, "app": app, **_edition(card.version, now)}
    message.text = content["title"]
    keep = keep_files_of_card(session, message.content)
    write_along(session, card.conversation_id, card.seq, keep)
    to = events.rooms_of(conversation.id, conversation.audience_id)
    events.message_updated(session, message, to=to)
    return True


def copy_content(content: dict[str, Any]) -> dict[str, Any]:
    """A card that somebody passes on: what it said at that moment, without its buttons but for
    those that only lead somewhere."""
    return {**content, "buttons": [each for each in content["buttons"] if "url" in each]}


def words_of_card(content: dict[str, Any]) -> list[str]:
    """By what it is found besides its title, which is the message's text."""
    status = content["status"]
    return [
        content["text"],
        *([status["text"]] if status else []),
        *(f"{each['label']} {_said_in(each)}" for each in content["fields"]),
    ]


def _said_in(row: dict[str, Any]) -> str:
    said: str = row["file"]["name"] if "file" in row else row["value"]
    return said


KIND = kinds.Kind(
    CARD,
    CardContentSchema,
    prepare=prepare_card,
    keep=keep_files_of_card,
    files=ids_of_files,
    words=words_of_card,
    from_clients=False,
    copy=copy_content,
)


def _edition(version: int, at: datetime) -> dict[str, Any]:
    return {"version": version, "updated_at": at.isoformat()}


def _check_buttons(session: Session, app_id: int, content: dict[str, Any]) -> None:
    """Nobody is shown a button that nobody hears. Raises Invalid."""
    pressed = [(n, each) for n, each in enumerate(content["buttons"]) if "action" in each]
    callback = senders_here().callback_of(session, app_id) if pressed else None
    for index, button in pressed:
        pointer = f"/buttons/{index}/action"
        if callback is None:
            raise Invalid.at(
                pointer,
                "The app hears no buttons yet: its published manifest needs a callback_url, "
                "and the app a callback secret",
            )
        begins = button["action"].partition(":")[0]
        if callback.hears is not None and begins not in callback.hears:
            raise Invalid.at(pointer, f"The buttons of its published manifest do not name {begins}")


def _find(session: Session, app_id: int, conversation_id: int, key: str) -> Card | None:
    if "\0" in key:
        return None
    query = select(Card).filter_by(app_id=app_id, conversation_id=conversation_id, key=key)
    return session.scalars(query).one_or_none()


def _message_of(session: Session, card: Card) -> Message:
    query = select(Message).filter_by(conversation_id=card.conversation_id, seq=card.seq)
    return session.scalars(query).one()


def _describe_found(session: Session, card: Card) -> dict[str, Any]:
    message = _message_of(session, card)
    return _describe(card, message.content, message.recalled_at)


def _describe(
    card: Card, content: dict[str, Any] | None, recalled_at: datetime | None
) -> dict[str, Any]:
    return {
        "conversation_id": card.conversation_id,
        "seq": card.seq,
        "key": card.key,
        "version": card.version,
        "updated_at": card.updated_at,
        "recalled_at": recalled_at,
        "content": None if recalled_at else content,
    }


def _app(by: Principal) -> AppRef:
    if by.app is None:
        raise RuntimeError("only apps send cards")
    return by.app
