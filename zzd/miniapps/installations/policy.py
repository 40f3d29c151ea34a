"""Who may see and change installations, and who may open an app by one."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.orm import Session

from zzd.errors import NotFound, deny
from zzd.identity.policy import may_develop_apps, may_review_apps
from zzd.miniapps.installations.models import Installation
from zzd.miniapps.installations.reach import Live, find_live
from zzd.miniapps.models import MiniApp, MiniAppVersion
from zzd.orgtree.matching import ids_matching
from zzd.orgtree.models import Unit
from zzd.orgtree.policy import may_administer
from zzd.principal import PostRef, Principal


class Opening(NamedTuple):
    """An app as one official opens it: by which installation, in which version and post."""

    live: Live
    version: MiniAppVersion
    post: PostRef


def access_opening(session: Session, principal: Principal, miniapp_id: int) -> Opening:
    """An app on the caller's workbench, by the installation that is nearest to them, and the post
    that puts it there: the acting one if it does. Raises NotFound."""
    openings = find_openings(session, principal, miniapp_id)
    if openings:
        return openings[0]
    if session.get(MiniApp, miniapp_id) is None:
        raise NotFound
    raise deny(NotFound(), "miniapp.launch", "miniapp", miniapp_id)


def find_openings(session: Session, principal: Principal, miniapp_id: int) -> list[Opening]:
    """How an official may open an app: the acting post first, then the nearest installation."""
    matching = ids_matching(session, principal.posts)
    lives = find_live(
        session, Installation.miniapp_id == miniapp_id, Installation.audience_id.in_(matching)
    )
    acting = [principal.post] if principal.post else []
    posts = [*acting, *(post for post in principal.posts if post not in acting)]
    found = []
    for post in posts:
        for live in sorted(lives, key=_nearest):
            version = live.version_for(principal.official_id, principal.posts)
            if version is not None and live.admits(version, post):
                found.append(Opening(live, version, post))
    return found


def _nearest(live: Live) -> tuple[int, int]:
    return -len(live.known[live.installation.audience_id].unit_path), live.installation.id


def access_installation(
    session: Session, principal: Principal, installation_id: int, *, lock: bool = False
) -> Installation:
    """One that is not removed, for who administers its unit, and to read for the app's developer
    and for reviewers; ``lock`` for who is about to change it: administrators alone.

    Raises NotFound.
    """
    found = session.get(Installation, installation_id, with_for_update=lock or None)
    if found is None or found.removed_at is not None:
        raise NotFound
    unit = session.get_one(Unit, found.unit_id)
    if may_administer(principal, unit.path):
        return found
    if not lock and may_read(principal, session.get_one(MiniApp, found.miniapp_id)):
        return found
    raise deny(NotFound(), "installation.access", "installation", installation_id)


def own_installation(session: Session, principal: Principal) -> Installation:
    """The one that an app's token was given for. Raises NotFound."""
    found = session.get(Installation, principal.installation_id or 0)
    if found is None:
        raise NotFound
    return found


def may_read(principal: Principal, app: MiniApp) -> bool:
    """Where an app is installed: its developer and reviewers see that of all of it."""
    mine = may_develop_apps(principal) and app.developer_id == principal.account_id
    return mine or may_review_apps(principal)
