"""How somebody keeps a conversation for themselves: on top, muted, marked, with a draft in it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from zzd import clock
from zzd.db import insert_into
from zzd.messaging.marks import events
from zzd.messaging.models import Participation
from zzd.messaging.parts import OwnSchema
from zzd.messaging.policy import Place, access_conversation
from zzd.messaging.views import describe_own
from zzd.principal import Principal


def keep_conversation(
    session: Session,
    by: Principal,
    conversation_id: int,
    *,
    pinned: bool | None = None,
    muted: bool | None = None,
    marked_unread: bool | None = None,
) -> None:
    """Change what is given; the rest stays. Raises NotFound."""
    place = access_conversation(session, by, conversation_id)
    before = describe_own(place.mine)
    after = dict(before)
    if pinned is not None:
        after["pinned_at"] = (before["pinned_at"] or clock.now()) if pinned else None
    if muted is not None:
        after["muted"] = muted
    if marked_unread is not None:
        after["marked_unread"] = marked_unread
    if after == before:
        return
    _keep(session, by, place, {name: after[name] for name in after if after[name] != before[name]})
    events.my_updated(session, by.official_id or 0, conversation_id, OwnSchema().dump(after))


def put_draft(
    session: Session,
    by: Principal,
    conversation_id: int,
    *,
    text: str,
    reply_to_seq: int | None,
    origin: str | None,
) -> dict[str, Any]:
    """What one began to write, for one's other devices; the last one written counts, by the
    server's time. An empty one takes it away. Raises NotFound."""
    place = access_conversation(session, by, conversation_id)
    draft = None
    if text:
        now = clock.now().isoformat()
        draft = {"text": text, "reply_to_seq": reply_to_seq, "updated_at": now}
    if draft is not None or (place.mine and place.mine.draft):
        _keep(session, by, place, {"draft": draft})
        events.draft_updated(
            session, by.official_id or 0, conversation_id, draft=draft, origin=origin
        )
    return {"draft": draft}


def _keep(session: Session, by: Principal, place: Place, values: dict[str, Any]) -> None:
    """In the person's own row; where an audience decides who belongs there may be none yet."""
    kept = {**values, "changed_at": clock.now()}
    which = {"conversation_id": place.conversation.id, "official_id": by.official_id}
    session.execute(
        insert_into(session, Participation)
        .values(**which, first_seq=1, read_seq=0, **kept)
        .on_conflict_do_update(index_elements=list(which), set_=kept)
    )
