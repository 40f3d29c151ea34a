"""Whom a code or a token stands for at this moment, and all that it rests on: one statement.

Every launch asks for this once, and every call of an app. What is kept of the tree's revision
(zzd.orgtree.remembered) is not read again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, bindparam, select
from sqlalchemy.orm import Session, load_only

from zzd import clock
from zzd.identity.holders import Holder, find_holder, join_holder
from zzd.miniapps.installations.models import Installation
from zzd.miniapps.installations.reach import Live, app_itself, named_by
from zzd.miniapps.models import MiniApp, MiniAppVersion
from zzd.miniapps.oidc.identifiers import Around
from zzd.miniapps.oidc.models import AppToken, ClientSecret, LaunchCode, RefreshToken
from zzd.miniapps.oidc.secrets import is_of
from zzd.miniapps.policy import is_live
from zzd.orgtree.remembered import REVISION, audiences_in
from zzd.principal import Principal

# Before the holder's columns in a row: what is kept, installation, app, version, revision.
LEADING = 5


@dataclass(frozen=True, slots=True)
class Standing:
    """``live`` is None once the app is suspended or retired or its installation removed,
    ``holder`` once the official is not active in the post any more, and for the app itself."""

    live: Live | None
    holder: Holder | None
    rev: int

    def caller(self, kept: AppToken | LaunchCode) -> Principal | None:
        """Whom it stands for, with what was and still is granted; nobody where any of it ended,
        or the post is taken out of the app's audience."""
        if self.live is None:
            return None
        if kept.account_id is None:
            return app_itself(self.live, kept.scopes)
        if self.holder is None:
            return None
        official, post = self.holder.principal, self.holder.post
        version = self.live.version_for(official.official_id, official.posts)
        if version is None or not self.live.admits(version, post):
            return None
        # What was granted to the official is not granted to the app: it acts with the post alone.
        return replace(
            official,
            posts=(post,),
            app_id=kept.miniapp_id,
            app=self.live.shown,
            scopes=frozenset(kept.scopes) & self.live.scopes(version),
            installation_id=self.live.installation.id,
            reach=self.live.reach(version),
            supplier=self.live.app.developer_id,
        )

    def around(self) -> Around | None:
        """What else is said of the official in that post."""
        if self.live is None or self.holder is None:
            return None
        supplier = self.live.app.developer_id
        return Around(supplier, self.holder.unit_code, self.holder.line_name, self.rev)


def _select(kept: type[AppToken] | type[LaunchCode]) -> Select[Any]:
    query = (
        select(kept, Installation, MiniApp, MiniAppVersion, REVISION)
        .select_from(kept)
        .join(MiniApp, MiniApp.id == kept.miniapp_id)
        .outerjoin(
            Installation,
            and_(Installation.id == kept.installation_id, Installation.removed_at.is_(None)),
        )
        .outerjoin(MiniAppVersion, and_(is_live(), Installation.id.is_not(None)))
        # Whole manifests are large, and nobody here asks for them.
        .options(
            load_only(Installation.audience_id, Installation.scopes, raiseload=True),
            load_only(
                MiniApp.app_id, MiniApp.developer_id, MiniApp.oauth_client_id, raiseload=True
            ),
            load_only(
                MiniAppVersion.number,
                MiniAppVersion.state,
                MiniAppVersion.name_zh,
                MiniAppVersion.name_en,
                MiniAppVersion.scopes,
                MiniAppVersion.optional_scopes,
                MiniAppVersion.audience_id,
                MiniAppVersion.data_audience_id,
                MiniAppVersion.rollout_percent,
                MiniAppVersion.rollout_audience_ids,
                raiseload=True,
            ),
        )
    )
    return join_holder(query, kept.account_id)


# Made once: putting one together costs more than asking it.
TOKEN = _select(AppToken)
CODE = _select(LaunchCode)
TOKEN_OF_DIGEST = TOKEN.where(AppToken.digest == bindparam("digest"))
USABLE_TOKEN = TOKEN_OF_DIGEST.where(
    AppToken.revoked_at.is_(None), AppToken.expires_at > bindparam("now")
).options(
    load_only(
        AppToken.miniapp_id,
        AppToken.installation_id,
        AppToken.account_id,
        AppToken.post_id,
        AppToken.scopes,
        raiseload=True,
    )
)
CODE_OF_ID = CODE.where(LaunchCode.id == bindparam("code_id"))
# Held until the transaction ends, so that of several who bring one code the others see it used. The
# last column is with what the app's server says who it is: a row more while there are two of them.
OWN_CODE = (
    CODE.add_columns(ClientSecret.digest)
    .outerjoin(ClientSecret, is_of(MiniApp.id, now=bindparam("now")))
    .where(
        LaunchCode.digest == bindparam("digest"), MiniApp.oauth_client_id == bindparam("client_id")
    )
    .with_for_update(of=LaunchCode)
)

OWN_FAMILY = CODE.where(
    LaunchCode.id
    == select(RefreshToken.code_id)
    .where(RefreshToken.digest == bindparam("digest"))
    .scalar_subquery(),
    LaunchCode.miniapp_id == bindparam("miniapp_id"),
).with_for_update(of=LaunchCode)


def read(session: Session, query: Select[Any], **which: Any) -> tuple[Any, Standing] | None:
    """The row that one of the queries above finds, and how it stands with it."""
    rows = session.execute(query, which).all()
    return (rows[0][0], _standing(session, rows)) if rows else None


class Brought(NamedTuple):
    """A code of an app, held until the transaction ends, how it stands with it, and the digests
    of the app's good secrets."""

    code: LaunchCode
    standing: Standing
    secrets: tuple[str, ...]


def read_own_code(session: Session, *, digest: str, client_id: str) -> Brought | None:
    """The code with this digest, if it is one of this client's: whoever calls is still to prove
    that they are that."""
    which = {"digest": digest, "client_id": client_id, "now": clock.now()}
    rows = session.execute(OWN_CODE, which).all()
    if not rows:
        return None
    secrets = tuple({row[-1]: None for row in rows if row[-1] is not None})
    return Brought(rows[0][0], _standing(session, [row[:-1] for row in rows]), secrets)


def _standing(session: Session, rows: Sequence[Any]) -> Standing:
    _, installation, app, version, rev = rows[0][:LEADING]
    holder = find_holder([row[LEADING:] for row in rows], rows[0][0].post_id)
    if version is None:
        return Standing(None, holder, rev)
    versions = sorted({row[3] for row in rows}, key=lambda each: each.number)
    known = audiences_in(session, rev, {installation.audience_id} | named_by(versions))
    return Standing(Live(installation, app, tuple(versions), known), holder, rev)
