"""What a message can be besides text: a file, a place, a card.

Each kind registers here how what a client sends as ``content`` is checked and what is kept of it.
The same content goes to everybody who may see the message, so it holds ids and facts, never
a link that is somebody's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marshmallow import Schema, ValidationError
from sqlalchemy.orm import Session

from zzd.messaging.written import Along
from zzd.principal import Principal

TEXT = "text"
# (session, sender, id of the conversation, content) to the content that is kept there
Prepare = Callable[[Session, Principal, int, dict[str, Any]], dict[str, Any]]
# (session, content as kept) to what is written with a message that has it
Keep = Callable[[Session, dict[str, Any]], Sequence[Along]]
# Content as it is kept to the ids of the files that it shows.
Files = Callable[[dict[str, Any]], Sequence[int]]
# (session, sender's id, content as loaded, the time it is to be sent at; None: it is not any more)
Hold = Callable[[Session, int, dict[str, Any], datetime | None], None]
# Content as it is kept to that of a copy in another place.
Copy = Callable[[dict[str, Any]], dict[str, Any]]
# Content as it is kept to what it is found by, each text by itself.
Words = Callable[[dict[str, Any]], list[str]]


@dataclass(frozen=True, slots=True)
class Kind:
    """``schema`` loads the content. ``prepare`` completes it from the database and checks the
    sender's rights to what it names; it runs when the sender is known to belong to the
    conversation, and raises Invalid. None keeps the content as loaded. ``keep`` says what is
    written with a message that carries the content, sent or passed on, and ``files`` which files
    that are. ``hold`` has what it carries wait for the time that it is to be sent at. ``words`` tells
    by what it is found besides its text; None: by the names of the files it carries, if it does.
    ``from_clients`` is false for what only services write: it is not edited, and passed on only if
    ``copy`` says what a copy of it is. For the others None keeps the content as it is."""

    name: str
    schema: type[Schema]
    prepare: Prepare | None = None
    keep: Keep | None = None
    files: Files | None = None
    hold: Hold | None = None
    words: Words | None = None
    from_clients: bool = True
    copy: Copy | None = None


_kinds: dict[str, Kind] = {}


def register_kind(kind: Kind) -> None:
    """Let there be messages of this kind."""
    _kinds[kind.name] = kind


def names() -> list[str]:
    """All kinds that clients may send, text first."""
    return [TEXT, *(name for name, kind in _kinds.items() if kind.from_clients)]


def load_content(name: str, content: Any) -> dict[str, Any] | None:
    """The content of a message of this kind, checked for its shape.

    Raises ValidationError, keyed by ``kind`` or ``content``.
    """
    if name == TEXT:
        if content is not None:
            raise ValidationError({"content": ["A text has none."]})
        return None
    if name not in names():
        raise ValidationError({"kind": [f"Must be one of: {', '.join(names())}."]})
    if not isinstance(content, dict):
        raise ValidationError({"content": ["Missing data for required field."]})
    try:
        loaded: dict[str, Any] = _kinds[name].schema().load(content)
    except ValidationError as error:
        raise ValidationError({"content": error.messages}) from error
    return loaded


def prepare_content(
    session: Session, by: Principal, conversation_id: int, name: str, content: Any
) -> dict[str, Any] | None:
    """What is kept of it. Raises Invalid."""
    kind = _kinds.get(name)
    if kind is None or kind.prepare is None:
        return content  # type: ignore[no-any-return]
    return kind.prepare(session, by, conversation_id, content)


def names_of_content() -> list[str]:
    """All kinds that somebody says something with, and so is looked for and passed on."""
    services = [name for name, kind in _kinds.items() if not kind.from_clients and kind.copy]
    return [*names(), *services]


def may_be_passed_on(name: str) -> bool:
    return name in names_of_content()


def copy_of(name: str, content: dict[str, Any] | None) -> dict[str, Any] | None:
    """The content of a copy, for a message that may be passed on."""
    kind = _kinds.get(name)
    return content if kind is None or kind.copy is None or content is None else kind.copy(content)


def keep_content(session: Session, name: str, content: dict[str, Any] | None) -> Sequence[Along]:
    """What is written with a message of this content, sent or copied from elsewhere: from then on
    whoever may see the message has what it carries. A copy is for somebody who may see the original."""
    kind = _kinds.get(name)
    if kind is None or kind.keep is None or content is None:
        return []
    return kind.keep(session, content)


def files_of(name: str, content: dict[str, Any] | None) -> Sequence[int]:
    """The files that a message of this content carries itself."""
    kind = _kinds.get(name)
    return [] if kind is None or kind.files is None or content is None else kind.files(content)


def hold_content(
    session: Session,
    name: str,
    sender_id: int,
    content: dict[str, Any] | None,
    until: datetime | None,
) -> None:
    """What the sender has for a message that goes out later waits for that time; None: it goes
    out no more."""
    kind = _kinds.get(name)
    if kind is not None and kind.hold is not None and content is not None:
        kind.hold(session, sender_id, content, until)


def words_of(name: str, content: dict[str, Any] | None) -> list[str]:
    """By what a message is found besides its text."""
    if content is None:
        return []
    kind = _kinds.get(name)
    return file_names(content) if kind is None or kind.words is None else kind.words(content)


def file_names(content: dict[str, Any] | None) -> list[str]:
    """The names of the files that a message carries, in their order."""
    files = (content or {}).get("files")
    return [str(file.get("name", "")) for file in files] if isinstance(files, list) else []
