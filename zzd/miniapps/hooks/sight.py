"""Which events an app may see: those whose scope was consented to, of its installations' data
audiences, and nothing beside.

An event says by its rooms whom it is for (zzd.realtime.rooms); that is compared with what the
app may know of. Many events and many apps are looked at together: what they name is read once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd.api.persons import Names
from zzd.db import is_one_of
from zzd.miniapps.hooks.persons import people_in, renamed
from zzd.miniapps.installations.models import Installation
from zzd.miniapps.installations.reach import Live, find_live
from zzd.miniapps.manifest_rules import EVENT_SCOPES
from zzd.miniapps.states import is_silenced
from zzd.orgtree.audiences import Audience
from zzd.orgtree.in_use import find_in_use
from zzd.orgtree.models import Post, Unit


class Happened(Protocol):
    """What is asked of an event to say who sees it."""

    type: str
    rooms: list[Any]
    data: dict[str, Any]
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Seer:
    """An app by one of its installations: ``audience`` is what it may know of, ``types`` the
    events that its manifest names and that it may be told of, each with the time since when: what
    happened before an administrator consented is not told."""

    miniapp_id: int
    installation_id: int
    audience: Audience
    types: Mapping[str, datetime]
    # An official's id, as the app is to know it, and as it knows whoever is outside its part.
    name: Callable[[str], str] = field(repr=False)
    pseudonym: Callable[[str], str] = field(repr=False)
    # What happened while the app was suspended is not told, however late it is asked for.
    silences: Sequence[list[str]] = ()
    # What it might know of before, each until when.
    former: Sequence[tuple[datetime, Audience]] = ()

    def at(self, moment: datetime) -> Seer | None:
        """As it sees what happened then: of what it was given later it hears nothing earlier."""
        audience: Audience | None = self.audience
        for until, former in self.former:
            if moment < until and audience is not None:
                audience = audience.meets(former)
        return replace(self, audience=audience) if audience is not None else None


@dataclass(frozen=True, slots=True)
class Seen:
    """An event as an app is told of it: without what lies outside its part."""

    installation_id: int
    data: dict[str, Any]


class Held(NamedTuple):
    """A post of an official who is described in an event."""

    unit_path: str
    level: int
    line: str
    role: str
    title: str
    unit_name: str
    ended: bool


@dataclass(slots=True)
class Scene:
    """What the rooms of some events name, as it is today."""

    audiences: dict[int, Audience] = field(default_factory=dict)
    # Paths and levels of units.
    units: dict[int, tuple[str, int]] = field(default_factory=dict)
    # The posts that officials hold or held.
    posts: dict[str, list[Held]] = field(default_factory=dict)


def find_seers(session: Session, miniapp_ids: Iterable[int]) -> dict[int, list[Seer]]:
    """By app, by the installation's id; none of one that is suspended. Two statements."""
    found: dict[int, list[Seer]] = {}
    for live in find_live(session, Installation.miniapp_id.in_(list(miniapp_ids))):
        if (seer := _seer(live)) is not None:
            found.setdefault(live.app.id, []).append(seer)
    return found


def _seer(live: Live) -> Seer | None:
    audience = live.data_audience()
    if audience is None:
        return None
    scopes = live.scopes()
    types = {
        type_: live.installation.consented_at(scope)
        for type_ in live.version.manifest.get("events", ())
        if (scope := EVENT_SCOPES[type_]) in scopes
    }
    names = Names.of(live.app.developer_id, scopes, current_app.config["SECRET_KEY"])
    pseudonyms = replace(names, knows_ids=False)
    former = [
        (datetime.fromisoformat(until), live.known[id_])
        for until, id_ in live.installation.former_audiences
    ]
    return Seer(
        live.app.id,
        live.installation.id,
        audience,
        types,
        names.told,
        pseudonyms.told,
        silences=live.app.silences,
        former=former,
    )


def look_at(session: Session, events: Sequence[Happened]) -> Scene:
    """Read what these events' rooms and data name. Three statements at most."""
    named: dict[str, set[int]] = {"audience": set(), "unit": set()}
    for event in events:
        for kind, ids in _named(event).items():
            if kind in named:
                named[kind].update(ids)
        named["unit"].update(_units_of_rollup(event))
    scene = Scene()
    if named["audience"]:
        scene.audiences = find_in_use(session, named["audience"])
    if named["unit"]:
        query = select(Unit.id, Unit.path, Unit.level).where(Unit.id.in_(named["unit"]))
        scene.units = {row.id: (row.path, row.level) for row in session.execute(query)}
    if people := {int(id_) for event in events for id_ in people_in(event.data) if id_.isdigit()}:
        scene.posts = _posts_of(session, people)
    return scene


def _posts_of(session: Session, official_ids: Collection[int]) -> dict[str, list[Held]]:
    query = (
        select(
            Post.official_id,
            Unit.path,
            Unit.level,
            Post.line_code,
            Post.role,
            Post.title,
            Unit.name,
            Post.ended_at.is_not(None),
        )
        .join(Unit, Unit.id == Post.unit_id)
        .where(is_one_of(session, Post.official_id, official_ids))
    )
    found: dict[str, list[Held]] = {}
    for row in session.execute(query):
        found.setdefault(str(row[0]), []).append(Held(*row[1:]))
    return found


def show(event: Happened, seers: Sequence[Seer], scene: Scene) -> Seen | None:
    """What an app is told of an event: by the first of its installations that may see it."""
    for seer in seers:
        since = seer.types.get(event.type)
        if since is None or event.occurred_at < since:
            continue
        if is_silenced(event.occurred_at, seer.silences):
            continue
        then = seer.at(event.occurred_at)
        if then is not None and (data := _shown(event, then, scene)) is not None:
            return Seen(seer.installation_id, _renamed(data, then, scene))
    return None


def _renamed(data: dict[str, Any], seer: Seer, scene: Scene) -> dict[str, Any]:
    """With officials as the app knows them: of whoever is outside its part, since they look after
    the place or were called there, a pseudonym alone; and a post only where it lies inside."""
    reach = seer.audience.as_reach()

    def known(person: dict[str, Any]) -> dict[str, Any]:
        id_ = str(person["id"])
        inside = [post for post in scene.posts.get(id_, ()) if reach.holds_post(*post[:4])]
        hidden = [name for name in ("post_title", "unit_name") if name in person]
        if all(post.ended for post in inside):
            return {**person, **dict.fromkeys(("name", *hidden), ""), "id": seer.pseudonym(id_)}
        acted = (person.get("post_title"), person.get("unit_name"))
        if hidden and acted not in [(post.title, post.unit_name) for post in inside]:
            person = {**person, **dict.fromkeys(hidden, "")}
        return {**person, "id": seer.name(id_)}

    return renamed(data, seer.name, known)


def _shown(event: Happened, seer: Seer, scene: Scene) -> dict[str, Any] | None:
    named = _named(event)
    if "installation" in named:
        return event.data if seer.installation_id in named["installation"] else None
    heard_by = [scene.audiences[id_] for id_ in named.get("audience", ()) if id_ in scene.audiences]
    if "conversation" in named:
        # Everybody in it, and so whatever is said there, has to lie within.
        inside = bool(heard_by) and all(each.lies_in(seer.audience) for each in heard_by)
        return event.data if inside else None
    if "rollup" in named:
        known = [id_ for id_ in _units_of_rollup(event) if _holds(seer, scene, id_)]
        return {**event.data, "unit_ids": [str(id_) for id_ in known]} if known else None
    if heard_by:
        return event.data if any(each.meets(seer.audience) for each in heard_by) else None
    if any(_holds(seer, scene, id_) for id_ in named.get("unit", ())):
        return event.data
    return None


def _holds(seer: Seer, scene: Scene, unit_id: int) -> bool:
    path, level = scene.units.get(unit_id, ("", 0))
    audience = seer.audience
    return path.startswith(audience.unit_path) and bool(audience.levels & 1 << level)


def _named(event: Happened) -> dict[str, list[int]]:
    """``{"audience": [5], "unit": [9]}`` of rooms such as ``audience:5``."""
    found: dict[str, list[int]] = {}
    for room in event.rooms:
        kind, _, rest = room.partition(":")
        found.setdefault(kind, []).append(int(rest.rpartition(":")[2] or 0))
    return found


def _units_of_rollup(event: Happened) -> list[int]:
    return [int(id_) for id_ in event.data.get("unit_ids", ())]
