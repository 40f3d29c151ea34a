"""Who may see, change, judge and open an app."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from zzd.errors import NotFound, NotPermitted, deny
from zzd.identity.policy import may_develop_apps, may_review_apps
from zzd.miniapps.models import MiniApp, MiniAppVersion
from zzd.miniapps.states import LIVE
from zzd.principal import Principal


class TwoPersonRule(NotPermitted):
    code, title = "two_person_rule", "Who wrote or submitted an app may not review it"


class Held(NamedTuple):
    """An app and its newest version."""

    app: MiniApp
    version: MiniAppVersion


def check_two_persons(principal: Principal, version: MiniAppVersion) -> None:
    """Raises TwoPersonRule."""
    if principal.account_id in (version.submitted_by, version.created_by):
        raise deny(TwoPersonRule(), "miniapp.review", "miniapp", version.miniapp_id)


def access_app(
    session: Session, principal: Principal, miniapp_id: int, *, lock: bool = False
) -> Held:
    """An app as its developer or a reviewer sees it; ``lock`` holds it until the transaction ends.

    Raises NotFound.
    """
    app = session.get(MiniApp, miniapp_id, with_for_update=lock or None)
    if app is None:
        raise NotFound
    mine = may_develop_apps(principal) and app.developer_id == principal.account_id
    if not (mine or may_review_apps(principal)):
        raise deny(NotFound(), "miniapp.access", "miniapp", miniapp_id)
    newest = select(MiniAppVersion).filter_by(miniapp_id=app.id, number=app.version)
    return Held(app, session.scalars(newest).one())


def access_own_app(session: Session, principal: Principal, miniapp_id: int) -> Held:
    """An app that its developer is about to change. Raises NotFound."""
    held = access_app(session, principal, miniapp_id, lock=True)
    if held.app.developer_id != principal.account_id:
        raise deny(NotFound(), "miniapp.change", "miniapp", miniapp_id)
    return held


def is_live() -> Any:
    """The condition that joins an app with the versions that people may see, if they see any: the
    published one and the one that is rolling out."""
    return and_(
        MiniAppVersion.miniapp_id == MiniApp.id,
        MiniAppVersion.state.in_(LIVE),
        MiniApp.suspended_at.is_(None),
        MiniApp.retired_at.is_(None),
    )


def signature(principal: Principal) -> dict[str, Any]:
    """Who somebody is as they sign, kept with what they signed. The shape of an OfficialRef."""
    official, post = principal.official_id, principal.post
    return {
        "id": None if official is None else str(official),
        "name": principal.official_name or principal.username,
        "post_title": post.title if post else "",
        "unit_name": post.unit_name if post else "",
    }
