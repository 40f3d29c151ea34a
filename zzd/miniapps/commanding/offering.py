"""Which commands are offered where: those of apps that are there for whoever writes and may know of
everybody in the conversation."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd.messaging.policy import Place, access_conversation, may_know_of, may_post
from zzd.miniapps import workbench
from zzd.miniapps.installations.policy import Opening, find_openings
from zzd.miniapps.manifest_wishes import icon_of
from zzd.miniapps.models import MiniAppVersion
from zzd.principal import Principal

SCOPE = "commands.answer"
# Of each version that this process was asked for, whether it names commands: few do, and a version
# never changes.
NAMING = "zzd.versions_naming_commands"
MOST_REMEMBERED = 20_000


def register(app: Flask) -> None:
    app.extensions[NAMING] = {}


def list_commands(session: Session, by: Principal, conversation_id: int) -> list[dict[str, Any]]:
    """What the caller can ask of apps in a conversation, by the apps' names. Raises NotFound.

    Besides what the workbench takes, two statements for each app that names commands at all.
    """
    place = access_conversation(session, by, conversation_id, action="command.list")
    if not takes_commands(by, place):
        return []
    found: list[dict[str, Any]] = []
    for miniapp_id in _apps_with_commands(session, by):
        opening = next(iter(find_openings(session, by, miniapp_id)), None)
        if opening is not None and is_offered(session, opening, place):
            app = describe_app(opening)
            found += [
                {"app": app, "description": None, **command}
                for command in opening.version.manifest.get("commands", [])
            ]
    return sorted(found, key=lambda each: (each["app"]["name"]["zh"], each["name"]))


def takes_commands(by: Principal, place: Place) -> bool:
    """Announcements come from those who issue them: no app answers there."""
    return place.conversation.kind != "announcement" and may_post(by, place)


def is_offered(session: Session, opening: Opening, place: Place) -> bool:
    """The scope was consented to, and nobody in the conversation is hidden from the app."""
    live, version, _post = opening
    reach = live.reach(version)
    return (
        SCOPE in live.scopes(version)
        and reach is not None
        and may_know_of(session, reach, place.conversation, place.audience)
    )


def describe_app(opening: Opening) -> dict[str, Any]:
    app, manifest = opening.live.app, opening.version.manifest
    return {
        "id": app.id,
        "app_id": app.app_id,
        "name": manifest["name"],
        "icon": icon_of(manifest),
    }


def _apps_with_commands(session: Session, by: Principal) -> list[int]:
    """On the caller's workbench."""
    seen = workbench.versions_seen(session, by)
    known: dict[int, bool] = current_app.extensions[NAMING]
    if missing := [id_ for id_ in seen if id_ not in known]:
        query = select(MiniAppVersion.id, MiniAppVersion.manifest).where(
            MiniAppVersion.id.in_(missing)
        )
        read = {row.id: bool(row.manifest.get("commands")) for row in session.execute(query)}
        if len(known) + len(read) > MOST_REMEMBERED:
            known.clear()
        known |= read
    return [miniapp_id for id_, miniapp_id in seen.items() if known.get(id_)]
