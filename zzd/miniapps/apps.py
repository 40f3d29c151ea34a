"""The life of an app: registered, changed, submitted, reviewed, published, suspended."""

from __future__ import annotations

from secrets import token_hex
from typing import Any, NamedTuple
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.audit import log as audit
from zzd.db import after_commit, find_repeat, fingerprint
from zzd.errors import Conflict, Invalid, NotFound, NotPermitted, deny
from zzd.identity.policy import may_review_apps
from zzd.miniapps import frames, manifests, policy
from zzd.miniapps.models import MiniApp, MiniAppVersion
from zzd.miniapps.oidc import secrets
from zzd.miniapps.policy import Held
from zzd.miniapps.problems import VersionChanged
from zzd.miniapps.states import Move, State, after, check_suspension
from zzd.orgtree import audiences, units
from zzd.orgtree.audiences import Audience
from zzd.principal import Principal
from zzd.settings import Settings


class AppIdTaken(Conflict):
    code, title = "app_id_taken", "Another app has this id; choose one below a domain of your own"


class Wanted(NamedTuple):
    """Whom a manifest is for, and whom and what it wants to know of."""

    audience: Audience
    data_audience: Audience


class Registered(NamedTuple):
    held: Held
    # Known at this moment only; none when a request is repeated.
    secret: str | None


def register_app(
    session: Session,
    *,
    by: Principal,
    manifest: dict[str, Any],
    client_id: str | None,
    settings: Settings,
) -> Registered:
    """A new app as a draft. Raises Invalid, AppIdTaken, IdempotencyConflict."""
    client_id, body = client_id or uuid4().hex, fingerprint(manifest)
    repeated = find_repeat(
        session, MiniApp, sender_id=by.account_id, client_id=client_id, body_fingerprint=body
    )
    if repeated is not None:
        return Registered(policy.access_app(session, by, repeated.id), None)
    check_manifest(session, manifest, settings)
    if session.scalar(select(MiniApp.id).where(MiniApp.app_id == manifest["id"])) is not None:
        raise AppIdTaken
    app = MiniApp(
        app_id=manifest["id"],
        developer_id=by.account_id,
        oauth_client_id=f"app-{token_hex(12)}",
        version=0,
        created_at=clock.now(),
        sender_id=by.account_id,
        client_id=client_id,
        fingerprint=body,
    )
    session.add(app)
    version = _add_version(session, app, manifest, by)
    _record(session, "miniapp.register", by, version, app_id=app.app_id)
    return Registered(Held(app, version), secrets.make(session, app.id))


def change_app(
    session: Session, held: Held, *, by: Principal, manifest: dict[str, Any], settings: Settings
) -> Held:
    """A changed manifest is a new version, a draft; what is published stays. Raises Invalid."""
    if manifest == held.version.manifest:
        return held
    after(Move.CHANGE, State(held.version.state))
    check_manifest(session, manifest, settings)
    if manifest["id"] != held.app.app_id:
        raise Invalid.at("/manifest/id", f"Must stay {held.app.app_id}: an app's id never changes")
    version = _add_version(session, held.app, manifest, by)
    _record(session, "miniapp.change", by, version)
    return Held(held.app, version)


def rotate_secret(session: Session, held: Held, *, by: Principal) -> dict[str, Any]:
    """A new secret; the one before is good for a while yet (secrets.ROTATION)."""
    secret = secrets.make(session, held.app.id)
    session.flush()
    kept = secrets.list_secrets(session, held.app.id)
    _record(session, "miniapp.rotate_secret", by, held.version)
    return {
        "client_id": held.app.oauth_client_id,
        "client_secret": secret,
        "previous_until": kept[1].retires_at if len(kept) > 1 else None,
    }


def retire_previous_secret(session: Session, held: Held, *, by: Principal) -> None:
    """The older secret is worth nothing from now on. Raises NotFound where there is none."""
    if not secrets.retire_previous(session, held.app.id):
        raise NotFound
    _record(session, "miniapp.retire_secret", by, held.version)


def submit_app(session: Session, held: Held, *, by: Principal) -> None:
    """Ask for a review. Raises MoveNotPossible."""
    version = held.version
    version.state = after(Move.SUBMIT, State(version.state))
    version.submitted_by, version.submitted_at = by.account_id, clock.now()
    version.submitter = policy.signature(by)
    _record(session, "miniapp.submit", by, version)


def review_app(
    session: Session,
    held: Held,
    *,
    by: Principal,
    move: Move,
    reason: str,
    number: int | None = None,
) -> None:
    """Approve or reject what was submitted: the version ``number``, if the reviewer names it.

    Raises MoveNotPossible, TwoPersonRule, VersionChanged, Invalid.
    """
    version = held.version
    if number not in (None, version.number):
        raise VersionChanged
    policy.check_two_persons(by, version)
    if move is Move.REJECT and not reason.strip():
        raise Invalid.at("/reason", "Say what the developer has to mend")
    version.state = after(move, State(version.state))
    version.reviewed_by, version.reviewed_at = by.account_id, clock.now()
    version.reviewer, version.reason = policy.signature(by), reason
    _record(session, f"miniapp.{move}", by, version, reason=reason)


def publish_app(session: Session, held: Held, *, by: Principal, settings: Settings) -> None:
    """Show the approved version on the workbenches of its audience.

    A suspended app comes back, with its newest version if that is approved; only a reviewer
    brings it back. Raises MoveNotPossible, NotPermitted, Invalid.
    """
    app, version = held
    was_suspended = app.suspended_at is not None
    if was_suspended:
        if not may_review_apps(by):
            problem = NotPermitted("Only a system administrator ends a suspension")
            raise deny(problem, "miniapp.publish", "miniapp", app.id)
        app.suspended_at = app.suspender = app.suspension_reason = None
    if version.state == State.APPROVED or not was_suspended:
        state = after(Move.PUBLISH, State(version.state))
        wanted = check_manifest(session, version.manifest, settings)
        if before := _published(session, app):
            before.state = State.SUPERSEDED
            session.flush()
        version.state, version.published_at = state, clock.now()
        version.audience_id = audiences.put_in_use(session, wanted.audience)
        version.data_audience_id = audiences.put_in_use(session, wanted.data_audience)
    _record(session, "miniapp.publish", by, version)
    after_commit(session, frames.forget)


def suspend_app(session: Session, held: Held, *, by: Principal, reason: str) -> None:
    """Take the app from every workbench; its codes and tokens are worth nothing from now on.

    Raises MoveNotPossible.
    """
    app, version = held
    check_suspension(
        live=_published(session, app) is not None, suspended=app.suspended_at is not None
    )
    app.suspended_at, app.suspender = clock.now(), policy.signature(by)
    app.suspension_reason = reason
    _record(session, "miniapp.suspend", by, version, reason=reason)
    after_commit(session, frames.forget)


def check_manifest(session: Session, manifest: dict[str, Any], settings: Settings) -> Wanted:
    """The audiences of a good manifest. Raises Invalid with every fault."""
    if faults := manifests.find_faults(manifest, own_origins=settings.allowed_origins):
        raise Invalid(
            "The manifest has faults",
            errors=[{**fault, "pointer": f"/manifest{fault['pointer']}"} for fault in faults],
        )
    return Wanted(
        _resolve(session, manifest["audience"], "/manifest/audience"),
        _resolve(session, manifests.data_audience(manifest), "/manifest/data_audience"),
    )


def _resolve(session: Session, wanted: dict[str, Any], pointer: str) -> Audience:
    found = units.find_by_code(session, wanted["unit_code"])
    if not found:
        raise Invalid.at(f"{pointer}/unit_code", "There is no active unit with this code")
    return audiences.resolve(
        session,
        unit_id=found[0].id,
        levels=wanted.get("levels"),
        line=wanted.get("line"),
        role=wanted.get("role"),
        pointer=pointer,
    )


def _add_version(
    session: Session, app: MiniApp, manifest: dict[str, Any], by: Principal
) -> MiniAppVersion:
    app.version += 1
    session.flush()
    version = MiniAppVersion(
        miniapp_id=app.id,
        number=app.version,
        state=State.DRAFT,
        manifest=manifest,
        name_zh=manifest["name"]["zh"],
        name_en=manifest["name"]["en"],
        category=manifest["category"],
        entry_origin=manifests.origin_of(manifest["entry_url"]),
        scopes=manifests.scope_names(manifest),
        optional_scopes=manifests.optional_scope_names(manifest),
        created_by=by.account_id,
        created_at=clock.now(),
    )
    session.add(version)
    session.flush()
    return version


def _published(session: Session, app: MiniApp) -> MiniAppVersion | None:
    query = select(MiniAppVersion).filter_by(miniapp_id=app.id, state=State.PUBLISHED)
    return session.scalars(query).one_or_none()


def _record(
    session: Session, action: str, by: Principal, version: MiniAppVersion, **detail: Any
) -> None:
    audit.append(
        session,
        action,
        by=by,
        object_kind="miniapp",
        object_id=version.miniapp_id,
        version=version.number,
        **detail,
    )
