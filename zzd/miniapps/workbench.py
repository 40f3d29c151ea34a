"""What an official finds on the workbench, and how an app there is opened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, or_, select
from sqlalchemy.orm import Session, aliased

from zzd.db import is_one_of_named, is_postgresql
from zzd.errors import Invalid
from zzd.miniapps import rollout
from zzd.miniapps.desk import tiles
from zzd.miniapps.desk.models import OwnApp
from zzd.miniapps.desk.own import own_app
from zzd.miniapps.desk.placements import places_for
from zzd.miniapps.installations.models import Installation
from zzd.miniapps.installations.policy import access_opening
from zzd.miniapps.models import MiniApp, MiniAppVersion
from zzd.miniapps.oidc.codes import issue_code
from zzd.miniapps.oidc.id_tokens import OPENID
from zzd.miniapps.policy import is_live
from zzd.miniapps.states import State
from zzd.orgtree.matching import ids_matching
from zzd.principal import Principal


class Launch(NamedTuple):
    """A code, at the only moment at which it is known."""

    code: str
    redirect_uri: str
    state: str | None
    expires_at: datetime


def list_entries(
    session: Session,
    principal: Principal,
    *,
    q: str | None,
    category: str | None,
    after_id: int | None,
    limit: int,
) -> list[dict[str, Any]]:
    """Up to ``limit + 1`` apps installed for any of the caller's posts, each in the version that
    they see and with where it stands on their workbench. Four statements, however many they are,
    and one for versions that this process was not asked for before."""
    matching = ids_matching(session, principal.posts)
    query = _entries(is_postgresql(session)).limit(limit + 1)
    which = {
        "matching": matching,
        "mine": _rolled_out_to(session, principal, matching),
        "account": principal.account_id,
        "after": after_id or 0,
    }
    if category:
        query = query.where(MiniAppVersion.category == category)
    if q:
        names = (MiniAppVersion.name_zh, MiniAppVersion.name_en)
        query = query.where(or_(*(name.icontains(q.strip(), autoescape=True) for name in names)))
    rows = session.execute(query, which).all()
    shown = tiles.tiles_of(session, [row[0] for row in rows])
    places = places_for(session, matching)
    return [
        tiles.put_beside(
            shown[version_id],
            places.get(miniapp_id),
            favourite=favourite,
            badge=badge,
            opened_at=opened_at,
        )
        for version_id, miniapp_id, favourite, badge, opened_at in rows
    ]


def versions_seen(session: Session, principal: Principal) -> dict[int, int]:
    """The versions that the caller has on the workbench, each with its app. Three statements."""
    matching = ids_matching(session, principal.posts)
    which = {
        "matching": matching,
        "mine": _rolled_out_to(session, principal, matching),
        "account": principal.account_id,
        "after": 0,
    }
    rows = session.execute(_entries(is_postgresql(session)), which)
    return {row[0]: row[1] for row in rows}


# Made once: putting these together takes longer than asking them.


@cache
def _entries(arrays: bool) -> Select[*tuple[Any, ...]]:
    """The versions that somebody sees who is in the audiences ``matching``; ``mine`` are those on
    their way to everybody that have come to them."""
    other = aliased(MiniAppVersion)
    gets_another = exists().where(
        other.miniapp_id == MiniApp.id, is_one_of_named(other.id, "mine", arrays=arrays)
    )
    return (
        select(MiniAppVersion.id, MiniApp.id, OwnApp.favourite, OwnApp.badge, OwnApp.opened_at)
        .join(MiniApp, is_live())
        .outerjoin(
            OwnApp,
            and_(OwnApp.account_id == bindparam("account"), OwnApp.miniapp_id == MiniApp.id),
        )
        .where(
            _is_for_me(arrays),
            or_(
                is_one_of_named(MiniAppVersion.id, "mine", arrays=arrays),
                and_(MiniAppVersion.state == State.PUBLISHED, ~gets_another),
            ),
            MiniApp.id > bindparam("after"),
        )
        .order_by(MiniApp.id)
    )


@cache
def _rolling_out(arrays: bool) -> Select[*tuple[Any, ...]]:
    return (
        select(
            MiniAppVersion.id,
            MiniAppVersion.miniapp_id,
            MiniAppVersion.rollout_percent,
            MiniAppVersion.rollout_audience_ids,
        )
        .join(MiniApp, is_live())
        .where(MiniAppVersion.state == State.ROLLING_OUT, _is_for_me(arrays))
    )


def _is_for_me(arrays: bool) -> ColumnElement[bool]:
    """The condition on MiniAppVersion: its audience has one of the posts, and so has the data
    audience of an installation. ``matching`` are the audiences in use that have."""
    installed = exists().where(
        Installation.miniapp_id == MiniAppVersion.miniapp_id,
        is_one_of_named(Installation.audience_id, "matching", arrays=arrays),
        Installation.removed_at.is_(None),
    )
    return and_(
        is_one_of_named(MiniAppVersion.audience_id, "matching", arrays=arrays),
        is_one_of_named(MiniAppVersion.data_audience_id, "matching", arrays=arrays),
        installed,
    )


def _rolled_out_to(session: Session, principal: Principal, matching: Sequence[int]) -> list[int]:
    """The versions on their way to everybody that have come to this official."""
    rows = session.execute(_rolling_out(is_postgresql(session)), {"matching": matching})
    found = set(matching)
    return [
        id_
        for id_, miniapp_id, percent, named in rows
        if found & set(named or [])
        or rollout.place_of(principal.official_id or 0, miniapp_id) < (percent or 0)
    ]


def describe_entry(
    session: Session, principal: Principal, version: MiniAppVersion
) -> dict[str, Any]:
    """One of them."""
    mine = own_app(session, principal, version.miniapp_id)
    places = places_for(session, ids_matching(session, principal.posts))
    return tiles.put_beside(
        tiles.tiles_of(session, [version.id])[version.id],
        places.get(version.miniapp_id),
        favourite=mine.favourite if mine else None,
        badge=mine.badge if mine else None,
        opened_at=mine.opened_at if mine else None,
    )


def launch_app(
    session: Session,
    miniapp_id: int,
    *,
    by: Principal,
    redirect_uri: str,
    code_challenge: str,
    state: str | None,
    nonce: str | None = None,
) -> Launch:
    """A code for the app's server (``codes.issue_code``), with all that was consented to; with a
    ``nonce`` also for an ID token that repeats it. Raises NotFound, Invalid."""
    opening = access_opening(session, by, miniapp_id)
    if redirect_uri not in opening.version.manifest["redirect_uris"]:
        raise Invalid.at("/redirect_uri", "Must be exactly one of the manifest's redirect_uris")
    code, expires_at = issue_code(
        session,
        opening,
        by=by,
        redirect_uri=redirect_uri,
        code_challenge=code_challenge,
        asked=None if nonce is None else {*opening.live.scopes(opening.version), OPENID},
        nonce=nonce,
    )
    return Launch(code, redirect_uri, state, expires_at)
