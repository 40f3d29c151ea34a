"""What becomes of an app's versions: submitted, reviewed, rolled out, published, rolled back; and of
the app: suspended, retired."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.errors import Invalid, NotPermitted, deny
from zzd.identity.policy import may_review_apps
from zzd.miniapps import events, policy
from zzd.miniapps.apps import check_manifest, record
from zzd.miniapps.manifest_wishes import asks_for_more
from zzd.miniapps.models import MiniApp, MiniAppVersion
from zzd.miniapps.policy import Held
from zzd.miniapps.problems import VersionChanged
from zzd.miniapps.rollout import EVERYBODY
from zzd.miniapps.states import (
    LIVE,
    SUSPENDED,
    Move,
    MoveNotPossible,
    State,
    after,
    after_silence,
    check_not_retired,
    check_suspension,
)
from zzd.orgtree import audiences
from zzd.orgtree.in_use import put_in_use
from zzd.principal import Principal
from zzd.settings import Settings


def submit_app(session: Session, held: Held, *, by: Principal, review: bool = False) -> None:
    """Ask for a review; what asks for nothing that the published version has not is approved by
    that rule, unless ``review`` asks for one. Raises MoveNotPossible."""
    app, version = held
    check_not_retired(retired=app.retired_at is not None)
    version.state = after(Move.SUBMIT, State(version.state))
    version.submitted_by, version.submitted_at = by.account_id, clock.now()
    version.submitter = policy.signature(by)
    record(session, "miniapp.submit", by, version)
    before = find_version(session, app, State.PUBLISHED)
    if review or before is None or app.suspended_at is not None:
        return
    if not asks_for_more(before.manifest, version.manifest):
        version.state = after(Move.APPROVE, State(version.state))
        version.review_skipped = True
        record(session, "miniapp.skip_review", by, version, compared_with=before.number)


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
    check_not_retired(retired=held.app.retired_at is not None)
    if number not in (None, version.number):
        raise VersionChanged
    policy.check_two_persons(by, version)
    if move is Move.REJECT and not reason.strip():
        raise Invalid.at("/reason", "Say what the developer has to mend")
    version.state = after(move, State(version.state))
    version.reviewed_by, version.reviewed_at = by.account_id, clock.now()
    version.reviewer, version.reason = policy.signature(by), reason
    record(session, f"miniapp.{move}", by, version, reason=reason)


def publish_app(
    session: Session,
    held: Held,
    *,
    by: Principal,
    settings: Settings,
    percent: int | None = None,
    to: Sequence[dict[str, Any]] = (),
) -> None:
    """Show the approved version to everybody in its audience, or for now to ``percent`` of a
    hundred and to the audiences ``to`` (as AudienceRequestSchema loads them); it only grows.
    With ``to`` alone the percentage stays what it was, 0 at first.

    A suspended app comes back, with its newest version if that is approved; only a reviewer
    brings it back. A rollout goes on where it was, with what is said beside.
    Raises MoveNotPossible, NotPermitted, Invalid.
    """
    app, newest = held
    check_not_retired(retired=app.retired_at is not None)
    was_suspended = _end_suspension(app, by)
    rolling = find_version(session, app, State.ROLLING_OUT)
    version = newest if newest.state == State.APPROVED or rolling is None else rolling
    # What is not said stays as it was: of the version's own rollout, and of the one that a
    # suspension broke off, whichever version goes on with it.
    before = rolling if was_suspended or version is rolling else None
    if percent is None and (to or (was_suspended and before is not None)):
        percent = (before.rollout_percent or 0) if before else 0
    # A suspension may end with nothing else: whom it reached has it again, in the same version.
    as_it_was = version is rolling and not to and percent == rolling.rollout_percent
    nothing_new = version.state not in (State.APPROVED, State.ROLLING_OUT)
    if not (was_suspended and (as_it_was or nothing_new)):
        if percent is not None and percent < EVERYBODY:
            _roll_out(session, version, percent=percent, to=to, before=before)
        else:
            _publish(session, version)
        _put_in_use(session, version, settings)
    reached = EVERYBODY if percent is None else percent
    record(session, "miniapp.publish", by, version, percent=reached, audiences=len(to))


def _end_suspension(app: MiniApp, by: Principal) -> bool:
    """Whether it was suspended; if so, it is no more. Raises NotPermitted."""
    if app.suspended_at is None:
        return False
    if not may_review_apps(by):
        problem = NotPermitted("Only a system administrator ends a suspension")
        raise deny(problem, "miniapp.publish", "miniapp", app.id)
    app.silences = after_silence(app.silences, app.suspended_at, clock.now())
    app.suspended_at = app.suspender = app.suspension_reason = None
    return True


def _roll_out(
    session: Session,
    version: MiniAppVersion,
    *,
    percent: int,
    to: Sequence[dict[str, Any]],
    before: MiniAppVersion | None,
) -> None:
    """To whom ``before`` came, to so many of a hundred, and to those named."""
    reached, kept = 0, set[int]()
    if before is not None:
        reached, kept = before.rollout_percent or 0, set(before.rollout_audience_ids or [])
    if percent < reached:
        detail = f"It has come to {reached} of a hundred; roll back to take it from them"
        raise Invalid.at("/percent", detail)
    state = after(Move.ROLL_OUT, State(version.state))
    _make_way(session, version, State.ROLLING_OUT)
    named = {
        put_in_use(session, audiences.resolve(session, **each, pointer=f"/audiences/{n}"))
        for n, each in enumerate(to)
    }
    version.state, version.rollout_percent = state, percent
    version.rollout_audience_ids = sorted(named | kept)
    version.published_at = version.published_at or clock.now()


def _publish(session: Session, version: MiniAppVersion) -> None:
    state = after(Move.PUBLISH, State(version.state))
    for live in LIVE:
        _make_way(session, version, live)
    version.state, version.published_at = state, clock.now()
    version.rollout_percent = version.rollout_audience_ids = None


def _make_way(session: Session, version: MiniAppVersion, state: State) -> None:
    """What stands in this state goes for the version, which takes its place."""
    before = session.scalars(
        select(MiniAppVersion).filter_by(miniapp_id=version.miniapp_id, state=state)
    ).one_or_none()
    if before is not None and before.id != version.id:
        before.state = State.SUPERSEDED
        before.rollout_percent = before.rollout_audience_ids = None
        session.flush()


def _put_in_use(session: Session, version: MiniAppVersion, settings: Settings) -> None:
    wanted = check_manifest(session, version.manifest, settings)
    version.audience_id = put_in_use(session, wanted.audience)
    version.data_audience_id = put_in_use(session, wanted.data_audience)


def roll_back(
    session: Session,
    held: Held,
    *,
    by: Principal,
    settings: Settings,
    number: int | None,
    reason: str,
) -> None:
    """Take from people what they were given last: a rollout ends, or else an earlier version takes
    the published one's place again, the one named or the last there was.

    Raises MoveNotPossible, Invalid.
    """
    app, _ = held
    check_not_retired(retired=app.retired_at is not None)
    if app.suspended_at is not None:
        raise MoveNotPossible("It is suspended: nobody sees any version", state=SUSPENDED)
    rolling = find_version(session, app, State.ROLLING_OUT)
    gone = [rolling] if rolling else []
    if rolling is not None:
        rolling.state = after(Move.WITHDRAW, State(rolling.state))
        rolling.rollout_percent = rolling.rollout_audience_ids = None
        session.flush()
    if rolling is None or number is not None:
        target, published = (
            _earlier(session, app, number),
            find_version(session, app, State.PUBLISHED),
        )
        state = after(Move.ROLL_BACK, State(target.state))
        _make_way(session, target, State.PUBLISHED)
        target.state, target.published_at = state, clock.now()
        _put_in_use(session, target, settings)
        gone += [published] if published else []
    shown = find_version(session, app, State.PUBLISHED)
    record(
        session,
        "miniapp.roll_back",
        by,
        shown or held.version,
        reason=reason,
        taken_back=[version.number for version in gone],
    )
    events.app_closed(session, app.id, audience_ids=[version.audience_id for version in gone])


def _earlier(session: Session, app: MiniApp, number: int | None) -> MiniAppVersion:
    """The version to go back to: one that people have had. Raises Invalid, MoveNotPossible."""
    query = select(MiniAppVersion).where(
        MiniAppVersion.miniapp_id == app.id, MiniAppVersion.published_at.is_not(None)
    )
    if number is not None:
        found = session.scalar(query.where(MiniAppVersion.number == number))
        if found is None:
            raise Invalid.at("/version", "No version of this number was ever published")
        return found
    earlier = query.where(MiniAppVersion.state == State.SUPERSEDED)
    found = session.scalar(earlier.order_by(MiniAppVersion.published_at.desc()).limit(1))
    if found is None:
        raise MoveNotPossible("No other version was ever published: suspend the app instead")
    return found


def suspend_app(session: Session, held: Held, *, by: Principal, reason: str) -> None:
    """Take the app from every workbench; its codes and tokens are worth nothing from now on.

    Raises MoveNotPossible.
    """
    app, version = held
    check_not_retired(retired=app.retired_at is not None)
    live = find_live_versions(session, app)
    check_suspension(live=bool(live), suspended=app.suspended_at is not None)
    app.suspended_at, app.suspender = clock.now(), policy.signature(by)
    app.suspension_reason = reason
    record(session, "miniapp.suspend", by, version, reason=reason)
    _close(session, app, live)


def retire_app(session: Session, held: Held, *, by: Principal, reason: str) -> None:
    """Take the app from everybody for good; its record and its versions stay.

    Raises MoveNotPossible.
    """
    app, version = held
    check_not_retired(retired=app.retired_at is not None)
    app.retired_at, app.retirer = clock.now(), policy.signature(by)
    app.retirement_reason = reason
    record(session, "miniapp.retire", by, version, reason=reason)
    _close(session, app, find_live_versions(session, app))


def _close(session: Session, app: MiniApp, live: Sequence[MiniAppVersion]) -> None:
    events.app_closed(session, app.id, audience_ids=[version.audience_id for version in live])


def find_version(session: Session, app: MiniApp, state: State) -> MiniAppVersion | None:
    """The one version in this state, published or rolling out."""
    return session.scalars(
        select(MiniAppVersion).filter_by(miniapp_id=app.id, state=state)
    ).one_or_none()


def find_live_versions(session: Session, app: MiniApp) -> Sequence[MiniAppVersion]:
    query = select(MiniAppVersion).where(
        MiniAppVersion.miniapp_id == app.id, MiniAppVersion.state.in_(LIVE)
    )
    return session.scalars(query).all()
