"""Asking something of an app by a command: recorded, and told to the app as an event."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.db import find_repeat, fingerprint, lock_name
from zzd.errors import Invalid, NotFound
from zzd.messaging.policy import access_conversation
from zzd.miniapps.commanding import events
from zzd.miniapps.commanding.models import CommandCall
from zzd.miniapps.commanding.offering import describe_app, is_offered, takes_commands
from zzd.miniapps.commanding.problems import CommandNotHere, CommandsWaiting
from zzd.miniapps.commanding.schemas import WAITING
from zzd.miniapps.installations.policy import Opening, access_opening
from zzd.miniapps.installations.reach import live_installation
from zzd.miniapps.manifest_wishes import icon_of
from zzd.miniapps.models import MiniApp
from zzd.miniapps.oidc.identifiers import user_as_json
from zzd.principal import Principal

# Whoever asked looks at the screen: then they are told that nothing came.
ANSWERED_WITHIN = timedelta(seconds=30)
MOST_WAITING = 3


def invoke(
    session: Session,
    by: Principal,
    conversation_id: int,
    *,
    miniapp_id: int,
    name: str,
    text: str,
    client_id: str | None,
    key: str,
) -> tuple[dict[str, Any], bool]:
    """Ask an app on the caller's workbench, in a conversation where they may write and that the app
    may know of; what becomes of it, and whether that is fresh.

    Raises NotFound, CommandNotHere, Invalid, CommandsWaiting, IdempotencyConflict.
    """
    client_id = client_id or uuid4().hex
    official_id = by.official_id or 0
    body = fingerprint([conversation_id, miniapp_id, name, text])
    repeated = find_repeat(
        session, CommandCall, sender_id=official_id, client_id=client_id, body_fingerprint=body
    )
    if repeated is not None:
        return describe(session, repeated), False
    place = access_conversation(session, by, conversation_id, action="command.invoke")
    opening = access_opening(session, by, miniapp_id)
    if not takes_commands(by, place) or not is_offered(session, opening, place):
        raise CommandNotHere
    known = {each["name"] for each in opening.version.manifest.get("commands", [])}
    if name not in known:
        raise Invalid.at("/name", f"The app has no such command; it has {', '.join(sorted(known))}")
    installation_id = opening.live.installation.id
    lock_name(session, f"command:{official_id}:{installation_id}")
    if _waiting(session, official_id, installation_id) >= MOST_WAITING:
        raise CommandsWaiting
    now = clock.now()
    call = CommandCall(
        sender_id=official_id,
        client_id=client_id,
        fingerprint=body,
        conversation_id=conversation_id,
        miniapp_id=miniapp_id,
        installation_id=installation_id,
        name=name,
        text=text,
        state=WAITING,
        created_at=now,
        answer_until=now + ANSWERED_WITHIN,
    )
    session.add(call)
    session.flush()
    where = {
        "id": str(conversation_id),
        "kind": place.conversation.kind,
        "name": place.conversation.name,
    }
    data = {
        "command_id": str(call.id),
        "name": name,
        "text": text,
        "conversation": where,
        "official": _caller(session, opening, by, key),
        "answer_until": (now + ANSWERED_WITHIN).isoformat(),
    }
    events.command_invoked(session, call, data)
    return describe(session, call, app=describe_app(opening)), True


def read_own(session: Session, by: Principal, call_id: int) -> dict[str, Any]:
    """What became of one's own asking. Raises NotFound."""
    call = session.get(CommandCall, call_id)
    if call is None or call.sender_id != by.official_id:
        raise NotFound
    return describe(session, call)


def describe(
    session: Session, call: CommandCall, *, app: dict[str, Any] | None = None
) -> dict[str, Any]:
    """As whoever asked sees it."""
    return {
        "id": call.id,
        "conversation_id": call.conversation_id,
        "app": app or _app_of(session, call),
        "name": call.name,
        "text": call.text,
        "state": call.state,
        "reason": call.reason,
        "answer": call.answer,
        "seq": call.seq,
        "created_at": call.created_at,
        "answer_until": call.answer_until,
        "settled_at": call.settled_at,
    }


def _app_of(session: Session, call: CommandCall) -> dict[str, Any]:
    """By what it is called where it is installed; gone, it has its id for a name."""
    live = live_installation(session, call.installation_id)
    app = session.get_one(MiniApp, call.miniapp_id)
    manifest = live.version.manifest if live else None
    return {
        "id": app.id,
        "app_id": app.app_id,
        "name": manifest["name"] if manifest else {"zh": app.app_id, "en": app.app_id},
        "icon": icon_of(manifest) if manifest else None,
    }


def _caller(session: Session, opening: Opening, by: Principal, key: str) -> dict[str, Any]:
    """Who asked, as far as the app's scopes go: the same as its userinfo."""
    live, version, post = opening
    asking = Principal(
        by.account_id,
        by.username,
        None,
        official_id=by.official_id,
        official_name=by.official_name,
        post=post,
        app_id=live.app.id,
        scopes=live.scopes(version),
        reach=live.reach(version),
    )
    return user_as_json(session, asking, key=key)


def _waiting(session: Session, official_id: int, installation_id: int) -> int:
    query = select(func.count()).where(
        CommandCall.sender_id == official_id,
        CommandCall.installation_id == installation_id,
        CommandCall.answer_until.is_not(None),
    )
    return session.scalar(query) or 0
