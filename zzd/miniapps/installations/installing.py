"""Installing apps for a unit and all below it, changing that, and removing it again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.audit import log as audit
from zzd.db import find_repeat, fingerprint
from zzd.errors import Conflict, Invalid, NotFound
from zzd.miniapps import events
from zzd.miniapps.installations.consent import check_scopes, consents
from zzd.miniapps.installations.models import Installation
from zzd.miniapps.installations.settings import check_settings
from zzd.miniapps.models import MiniApp, MiniAppVersion
from zzd.miniapps.policy import is_live, signature
from zzd.miniapps.problems import VersionChanged
from zzd.miniapps.states import State
from zzd.orgtree import audiences
from zzd.orgtree.audiences import Audience
from zzd.orgtree.in_use import find_in_use, put_in_use
from zzd.orgtree.models import Unit
from zzd.orgtree.policy import require_administrator
from zzd.principal import Principal


class AlreadyInstalled(Conflict):
    code, title = "already_installed", "The app is installed for this unit"


def install_app(
    session: Session,
    *,
    by: Principal,
    miniapp_id: int,
    unit_id: int,
    scopes: Sequence[str],
    data_audience: dict[str, Any] | None = None,
    settings: dict[str, Any] | None = None,
    version: int | None = None,
    client_id: str | None = None,
) -> tuple[Installation, bool]:
    """Install a published app for a unit and all below it, consenting to scopes.

    ``data_audience`` is as AudienceRequestSchema loads it: a part of the unit's block and of what
    the app asks for; without it all of both. ``version`` is the one whose wishes were looked at.
    Raises NotFound, NotPermitted, Invalid, AlreadyInstalled, VersionChanged, IdempotencyConflict.
    """
    client_id = client_id or uuid4().hex
    body = fingerprint([miniapp_id, unit_id, list(scopes), data_audience, settings, version])
    repeated = find_repeat(
        session, Installation, sender_id=by.account_id, client_id=client_id, body_fingerprint=body
    )
    if repeated is not None:
        return repeated, False
    unit = _unit(session, unit_id)
    require_administrator(by, "installation.create", [(unit.id, unit.path)])
    app, asked = _installable(session, miniapp_id, version)
    if session.scalar(_live_of(app.id, unit.id)) is not None:
        raise AlreadyInstalled
    now = clock.now()
    made = Installation(
        miniapp_id=app.id,
        unit_id=unit.id,
        audience_id=_narrow(session, unit, asked, data_audience),
        scopes=check_scopes(scopes, needed=asked.scopes, optional=asked.optional_scopes),
        settings=check_settings(asked.manifest, settings or {}),
        version=asked.number,
        installer=signature(by),
        created_at=now,
        changed_at=now,
        sender_id=by.account_id,
        client_id=client_id,
        fingerprint=body,
    )
    session.add(made)
    session.flush()
    _record(session, "installation.create", by, made)
    return made, True


def change_installation(
    session: Session,
    installation: Installation,
    *,
    by: Principal,
    scopes: Sequence[str] | None = None,
    data_audience: dict[str, Any] | None = None,
    settings: dict[str, Any] | None = None,
    version: int | None = None,
) -> None:
    """Consent anew, to more or to less; what is not named stays. The caller locked the row.

    Raises NotFound, Invalid, VersionChanged.
    """
    unit = _unit(session, installation.unit_id)
    _, asked = _installable(session, installation.miniapp_id, version)
    before = installation.audience_id
    if data_audience is not None:
        installation.audience_id = _narrow(session, unit, asked, data_audience)
    if scopes is not None:
        agreed = check_scopes(scopes, needed=asked.scopes, optional=asked.optional_scopes)
        installation.consents = consents(
            agreed,
            already=installation.scopes,
            before=installation.consents,
            now=clock.now(),
        )
        installation.scopes = agreed
        installation.version = asked.number
    if settings is not None:
        installation.settings = check_settings(asked.manifest, settings)
    installation.changed_at = clock.now()
    _record(session, "installation.change", by, installation)
    if before != installation.audience_id:
        until = installation.changed_at.isoformat()
        installation.former_audiences = [*installation.former_audiences, [until, before]]
        events.app_closed(session, installation.miniapp_id, audience_ids=[before])


def remove_installation(session: Session, installation: Installation, *, by: Principal) -> None:
    """The app is gone from there at once, its tokens and deliveries included."""
    installation.removed_at, installation.remover = clock.now(), signature(by)
    _record(session, "installation.remove", by, installation)
    events.app_closed(session, installation.miniapp_id, audience_ids=[installation.audience_id])


def _unit(session: Session, unit_id: int) -> Unit:
    unit = session.get(Unit, unit_id)
    if unit is None or unit.status != "active":
        raise Invalid.at("/unit_id", "There is no such active unit")
    return unit


def _installable(
    session: Session, miniapp_id: int, number: int | None
) -> tuple[MiniApp, MiniAppVersion]:
    """The app, its row locked, and the version whose wishes are consented to: the newest that
    anybody sees. Raises NotFound, VersionChanged."""
    app = session.get(MiniApp, miniapp_id, with_for_update=True)
    if app is None:
        raise NotFound
    newest = newest_live(session, app.id)
    if newest is None:
        raise NotFound
    if number not in (None, newest.number):
        raise VersionChanged
    return app, newest


def newest_live(session: Session, miniapp_id: int) -> MiniAppVersion | None:
    """The version that is rolling out, or else the published one."""
    query = (
        select(MiniAppVersion)
        .join(MiniApp, is_live())
        .where(MiniApp.id == miniapp_id)
        .order_by(MiniAppVersion.state != State.ROLLING_OUT)
        .limit(1)
    )
    return session.scalar(query)


def _narrow(
    session: Session, unit: Unit, asked: MiniAppVersion, wanted: dict[str, Any] | None
) -> int:
    """The id of the data audience. Raises Invalid unless it lies in what the administrator may give
    and in what the app asks for."""
    kept = [asked.audience_id or 0, asked.data_audience_id or 0]
    known = find_in_use(session, kept)
    most = audiences.narrow(session, unit).meets(known[kept[1]])
    if most is None or most.meets(known[kept[0]]) is None:
        raise Invalid.at("/unit_id", f"The app is for {known[kept[0]].text}: nobody here is")
    given: Audience = most
    if wanted is not None:
        given = audiences.resolve(session, **wanted, pointer="/data_audience")
        if not given.lies_in(most):
            raise Invalid.at("/data_audience", f"Can only narrow what may be given: {most.text}")
    return put_in_use(session, given)


def _live_of(miniapp_id: int, unit_id: int) -> Any:
    return select(Installation.id).where(
        Installation.miniapp_id == miniapp_id,
        Installation.unit_id == unit_id,
        Installation.removed_at.is_(None),
    )


def _record(session: Session, action: str, by: Principal, installation: Installation) -> None:
    audit.append(
        session,
        action,
        by=by,
        object_kind="installation",
        object_id=installation.id,
        miniapp_id=str(installation.miniapp_id),
        unit_id=str(installation.unit_id),
        scopes=installation.scopes,
        audience_id=installation.audience_id,
    )
