"""What an app may do and know of by one installation, at this moment.

This is the one place that answers it, for the workbench, tokens, events and deliveries: an app
that is suspended or retired, or whose installation was removed, has no ``Live`` any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from zzd.miniapps import rollout
from zzd.miniapps.installations.models import Installation
from zzd.miniapps.models import MiniApp, MiniAppVersion
from zzd.miniapps.policy import is_live
from zzd.miniapps.states import State
from zzd.orgtree.audiences import Audience
from zzd.orgtree.in_use import find_in_use
from zzd.principal import AppRef, PostRef, Principal, Reach


@dataclass(frozen=True, slots=True)
class Live:
    """An installation of an app that people may open. ``versions`` are the published one and the
    one that is rolling out, whichever there are; ``known`` the audiences that all of these name."""

    installation: Installation
    app: MiniApp
    versions: tuple[MiniAppVersion, ...]
    known: dict[int, Audience]

    @property
    def version(self) -> MiniAppVersion:
        """The one that most people see: what counts where nobody in particular acts."""
        return next((v for v in self.versions if v.state == State.PUBLISHED), self.versions[0])

    @property
    def shown(self) -> AppRef:
        """The app as everybody sees it."""
        version = self.version
        return AppRef(self.app.id, self.app.app_id, version.name_zh, version.name_en)

    def version_for(
        self, official_id: int | None, posts: tuple[PostRef, ...]
    ) -> MiniAppVersion | None:
        """The one that this official sees; none while the first one has not come to them."""
        for version in self.versions:
            if version.state == State.ROLLING_OUT and rollout.is_chosen(
                percent=version.rollout_percent or 0,
                audiences=[self.known[id_] for id_ in version.rollout_audience_ids or []],
                miniapp_id=self.app.id,
                official_id=official_id,
                posts=posts,
            ):
                return version
        return next((v for v in self.versions if v.state == State.PUBLISHED), None)

    def data_audience(self, version: MiniAppVersion | None = None) -> Audience | None:
        """What the administrator consented to, as far as the version asks for it."""
        asked = self.known[(version or self.version).data_audience_id or 0]
        return self.known[self.installation.audience_id].meets(asked)

    def reach(self, version: MiniAppVersion | None = None) -> Reach | None:
        """The same as what a Principal carries; none where nothing is left."""
        audience = self.data_audience(version)
        return audience.as_reach() if audience else None

    def admits(self, version: MiniAppVersion, post: PostRef) -> bool:
        """Whether the app is for somebody in this post, whom it then knows of."""
        data = self.data_audience(version)
        shown = self.known[version.audience_id or 0]
        return data is not None and data.matches(post) and shown.matches(post)

    def scopes(self, version: MiniAppVersion | None = None) -> frozenset[str]:
        """What was consented to and is still asked for."""
        asked = version or self.version
        return frozenset(self.installation.scopes) & {*asked.scopes, *asked.optional_scopes}


def find_live(session: Session, *conditions: ColumnElement[bool]) -> list[Live]:
    """The live installations that meet the conditions, by id. Two statements.

    Ask for few: of one app, of one id, for one person.
    """
    rows = session.execute(
        select(Installation, MiniApp, MiniAppVersion)
        .join(MiniApp, MiniApp.id == Installation.miniapp_id)
        .join(MiniAppVersion, is_live())
        .where(Installation.removed_at.is_(None), *conditions)
        .order_by(Installation.id, MiniAppVersion.number)
    ).all()
    if not rows:
        return []
    named = _audiences_of(row[0] for row in rows) | named_by([row[2] for row in rows])
    known = find_in_use(session, named)
    found: dict[int, list[MiniAppVersion]] = {}
    for installation, _, version in rows:
        found.setdefault(installation.id, []).append(version)
    firsts = {installation.id: (installation, app) for installation, app, _ in rows}
    return [Live(*firsts[id_], tuple(versions), known) for id_, versions in found.items()]


def live_installation(session: Session, installation_id: int) -> Live | None:
    """One of them, by its id."""
    return next(iter(find_live(session, Installation.id == installation_id)), None)


def app_itself(live: Live, scopes: Iterable[str] | None = None) -> Principal | None:
    """The app as a caller without an official, with all its scopes or those named; nobody where
    its data audience is empty."""
    reach = live.reach()
    if reach is None:
        return None
    granted = live.scopes()
    return Principal(
        account_id=0,
        username=f"app:{live.app.app_id}"[:64],
        session_id=None,
        app_id=live.app.id,
        app=live.shown,
        scopes=granted if scopes is None else granted & frozenset(scopes),
        installation_id=live.installation.id,
        reach=reach,
        supplier=live.app.developer_id,
    )


def _audiences_of(installations: Iterable[Installation]) -> set[int]:
    return {
        id_
        for installation in installations
        for id_ in (installation.audience_id, *(id_ for _, id_ in installation.former_audiences))
    }


def named_by(versions: Sequence[MiniAppVersion]) -> set[int]:
    """The audiences that these versions name."""
    named = {id_ for v in versions for id_ in (v.audience_id, v.data_audience_id) if id_}
    return named | {id_ for v in versions for id_ in v.rollout_audience_ids or []}
