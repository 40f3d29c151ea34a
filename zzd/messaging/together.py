"""Plain texts to one conversation that come while another is being written are written together.

In a busy group everybody waits for the row that gives out its numbers, and that is held until the
commit is on the disk. So what waits is one transaction for all (see ``gathering``): one statement
for the numbers, one for the messages, one for their events, one commit. Nobody is answered before
it. Only what cannot be refused goes along: whatever is odd about a message — its sender is not in
the group, its ``client_id`` was used before — is found by these very statements, and it then goes
alone, by ``messages.send_message``, which decides what the caller is told.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from flask import Flask, current_app
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from zzd import clock
from zzd.db import database, transaction
from zzd.errors import NotFound
from zzd.gathering import Gathering
from zzd.messaging import kinds, messages, numbers, written
from zzd.principal import PostRef, Principal
from zzd.realtime import before_serving

log = structlog.get_logger()

AT_ONCE = 100
TOGETHER = "zzd.together"

Sent = tuple[dict[str, Any], bool]
# With one post, as most have.
SOMEBODY = Principal(
    account_id=0,
    username="",
    session_id=None,
    official_id=0,
    posts=(PostRef(0, 0, "", "", level=1, line="", role="", title=""),),
)


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """A message that is nothing but words."""

    by: Principal
    client_id: str
    text: str


class _Odd(Exception):
    """These go alone; without them the others may go together."""

    def __init__(self, which: Collection[Text]) -> None:
        super().__init__(f"{len(which)} go alone")
        self.which = frozenset(which)


def send_message(
    by: Principal,
    conversation_id: int,
    *,
    text: str,
    client_id: str | None = None,
    **more: Any,
) -> Sent:
    """Send in a transaction of one's own, or together with others; outside of any other.

    Arguments, result and errors are those of ``messages.send_message``. The repeat of a request
    whose commit was cut off finds what it wrote, since its key is made before.
    """
    alone = Text(by, client_id or uuid.uuid4().hex, text)
    plain = more.get("kind", kinds.TEXT) == kinds.TEXT and not more.get("confirm")
    # Which conversations an app may know of is asked for each of its messages.
    plain = plain and by.reach is None
    if not plain or any(
        more.get(name) is not None for name in ("content", "reply_to_seq", "mentions")
    ):
        return _send_alone(conversation_id, alone, **more)
    gathering: Gathering[Text, Sent | None] = current_app.extensions[TOGETHER]
    sent = gathering.join(conversation_id, alone, partial(_send, conversation_id))
    return sent or _send_alone(conversation_id, alone)


def _send_alone(conversation_id: int, each: Text, **more: Any) -> Sent:
    with transaction() as session:
        return messages.send_message(
            session, each.by, conversation_id, text=each.text, client_id=each.client_id, **more
        )


def _send(conversation_id: int, texts: list[Text]) -> list[Sent | None]:
    """None for those who have to go alone, each at its own expense: not while others wait."""
    if len(texts) == 1:
        return [_send_alone(conversation_id, texts[0])]
    together = _without_repeats(texts)
    sent: dict[Text, dict[str, Any]] = {}
    while len(together) > 1 and not sent:
        try:
            with transaction() as session:
                told = _write(session, conversation_id, together)
            # Not before the commit: one that fails has sent nothing.
            sent = told
        except _Odd as odd:
            together = [each for each in together if each not in odd.which]
        except (OperationalError, PoolTimeout):
            # Alone they would find the same database.
            raise
        except Exception as error:
            log.error("messages go one by one", count=len(together), exc_info=error)
            break
    return [(sent[each], True) if each in sent else None for each in texts]


def _without_repeats(texts: list[Text]) -> list[Text]:
    """The first of each key: the others are answered with what it becomes."""
    firsts: dict[tuple[int | None, str], Text] = {}
    for each in texts:
        firsts.setdefault((each.by.official_id, each.client_id), each)
    return list(firsts.values())


def _write(session: Session, conversation_id: int, texts: list[Text]) -> dict[Text, dict[str, Any]]:
    """Raises _Odd, and then nothing is written."""
    now = clock.now()
    taken = numbers.take_several(
        session, conversation_id, [each.by.official_id or 0 for each in texts], now
    )
    if taken is None:
        raise _Odd(texts)
    place, members = taken
    if outside := [each for each in texts if each.by.official_id not in members]:
        raise _Odd(outside)
    first = place.last_seq - len(texts) + 1
    rows = [
        messages.row_of(each.by, place.id, first + n, each.client_id, each.text, now)
        for n, each in enumerate(texts)
    ]
    ids = written.insert_plain(session, rows)
    if known := [each for each, row in zip(texts, rows, strict=True) if row["seq"] not in ids]:
        raise _Odd(known)
    said = [
        messages.describe_sent(ids[row["seq"]], row, None, each.by)
        for each, row in zip(texts, rows, strict=True)
    ]
    messages.tell(session, place, said)
    return dict(zip(texts, said, strict=True))


def register(app: Flask) -> None:
    app.extensions[TOGETHER] = Gathering[Text, "Sent | None"](AT_ONCE)
    before_serving(app, lambda: database().open_early(_send_nothing))


def _send_nothing(session: Session) -> None:
    """What sending asks first, of a conversation that there is not."""
    numbers.take_several(session, 0, [0], clock.now())
    with suppress(NotFound):
        numbers.take_next(session, SOMEBODY, 0, clock.now())
