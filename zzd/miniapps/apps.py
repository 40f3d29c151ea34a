"""Apps registered and changed, and their secrets; ``life`` has what becomes of their versions."""

from __future__ import annotations

from importlib.metadata import version as version_of_package
from secrets import token_hex
from typing import Any, NamedTuple
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.audit import log as audit
from zzd.db import find_repeat, fingerprint
from zzd.errors import Conflict, Invalid, NotFound
from zzd.miniapps import manifest_rules, manifests, policy
from zzd.miniapps.manifest_wishes import data_audience
from zzd.miniapps.models import MiniApp, MiniAppVersion
from zzd.miniapps.oidc import secrets
from zzd.miniapps.policy import Held
from zzd.miniapps.states import Move, State, after, check_not_retired
from zzd.orgtree import audiences, units
from zzd.orgtree.audiences import Audience
from zzd.principal import Principal
from zzd.settings import Settings

# What manifests may ask for at least; the package's version is above this one.
PLATFORM_VERSION = version_of_package("zzd")


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
    record(session, "miniapp.register", by, version, app_id=app.app_id)
    return Registered(Held(app, version), secrets.make(session, app.id))


def change_app(
    session: Session, held: Held, *, by: Principal, manifest: dict[str, Any], settings: Settings
) -> Held:
    """A changed manifest is a new version, a draft; what is published stays. Raises Invalid."""
    if manifest == held.version.manifest:
        return held
    check_not_retired(retired=held.app.retired_at is not None)
    after(Move.CHANGE, State(held.version.state))
    check_manifest(session, manifest, settings)
    if manifest["id"] != held.app.app_id:
        raise Invalid.at("/manifest/id", f"Must stay {held.app.app_id}: an app's id never changes")
    version = _add_version(session, held.app, manifest, by)
    record(session, "miniapp.change", by, version)
    return Held(held.app, version)


def rotate_secret(session: Session, held: Held, *, by: Principal) -> dict[str, Any]:
    """A new secret; the one before is good for a while yet (secrets.ROTATION)."""
    secret = secrets.make(session, held.app.id)
    session.flush()
    kept = secrets.list_secrets(session, held.app.id)
    record(session, "miniapp.rotate_secret", by, held.version)
    return {
        "client_id": held.app.oauth_client_id,
        "client_secret": secret,
        "previous_until": kept[1].retires_at if len(kept) > 1 else None,
    }


def retire_previous_secret(session: Session, held: Held, *, by: Principal) -> None:
    """The older secret is worth nothing from now on. Raises NotFound where there is none."""
    if not secrets.retire_previous(session, held.app.id):
        raise NotFound
    record(session, "miniapp.retire_secret", by, held.version)


def check_manifest(session: Session, manifest: dict[str, Any], settings: Settings) -> Wanted:
    """The audiences of a good manifest. Raises Invalid with every fault."""
    faults = manifests.find_faults(
        manifest, own_origins=settings.allowed_origins, platform_version=PLATFORM_VERSION
    )
    if faults:
        raise Invalid(
            "The manifest has faults",
            errors=[{**fault, "pointer": f"/manifest{fault['pointer']}"} for fault in faults],
        )
    return Wanted(
        _resolve(session, manifest["audience"], "/manifest/audience"),
        _resolve(session, data_audience(manifest), "/manifest/data_audience"),
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
        entry_origin=manifest_rules.origin_of(manifest["entry_url"]),
        scopes=manifest_rules.scope_names(manifest),
        optional_scopes=manifest_rules.optional_scope_names(manifest),
        created_by=by.account_id,
        created_at=clock.now(),
    )
    session.add(version)
    session.flush()
    return version


def record(
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
