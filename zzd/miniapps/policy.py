"""Who may see, change, judge and open an app."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from zzd.errors import NotFound, NotPermitted, deny
from zzd.identity.policy import may_develop_apps, may_review_apps
from zzd.identity.principals import principal_of_account
from zzd.miniapps.models import MiniApp, MiniAppVersion
from zzd.miniapps.states import State
from zzd.orgtree import audiences
from zzd.principal import PostRef, Principal


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


def access_published_app(
    session: Session, principal: Principal, miniapp_id: int
) -> tuple[Held, PostRef]:
    """An app on the caller's workbench, and the post that puts it there: the acting one if it does.

    Raises NotFound.
    """
    found = session.execute(
        select(MiniApp, MiniAppVersion)
        .join(MiniAppVersion, is_published())
        .where(MiniApp.id == miniapp_id)
    ).one_or_none()
    if found is None:
        raise NotFound
    held = Held(*found)
    audience = audiences.in_use(session, [held.version.audience_id or 0]).popitem()[1]
    acting = [principal.post] if principal.post else []
    for post in (*acting, *principal.posts):
        if audience.matches(post):
            return held, post
    raise deny(NotFound(), "miniapp.launch", "miniapp", miniapp_id)


def is_published() -> Any:
    """The condition that joins an app with the version that people see, if they see one."""
    return and_(
        MiniAppVersion.miniapp_id == MiniApp.id,
        MiniAppVersion.state == State.PUBLISHED,
        MiniApp.suspended_at.is_(None),
    )


def official_of_app(
    session: Session, *, audience_id: int | None, account_id: int, post_id: int
) -> Principal | None:
    """The official an app acts for, as long as their post is theirs and in the app's audience.

    What was granted to the official is not granted to the app: it acts with the post alone.
    """
    principal = principal_of_account(session, account_id, post_id=post_id)
    if principal is None or principal.post is None:
        return None
    audience = audiences.in_use(session, [audience_id or 0]).get(audience_id or 0)
    return principal if audience and audience.matches(principal.post) else None


def signature(principal: Principal) -> dict[str, Any]:
    """Who somebody is as they sign, kept with what they signed. The shape of an OfficialRef."""
    official, post = principal.official_id, principal.post
    return {
        "id": None if official is None else str(official),
        "name": principal.official_name or principal.username,
        "post_title": post.title if post else "",
        "unit_name": post.unit_name if post else "",
    }
