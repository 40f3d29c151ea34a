"""Mini-apps, every version of their manifests, and what officials opened them with."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from zzd.db import Base, BigInt, Id, Idempotent, byte_ordered


class MiniApp(Idempotent, Base):
    """An app and its credentials. What it is, and whether people see it, is in its versions.

    ``client_id`` is the key of the request that registered it, ``oauth_client_id`` the app's own
    name at the token endpoint. A suspended app keeps its published version.
    """

    __tablename__ = "miniapp"
    __table_args__ = (UniqueConstraint("sender_id", "client_id"),)

    id: Mapped[Id]
    app_id: Mapped[str] = mapped_column(byte_ordered(120), unique=True)
    developer_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    oauth_client_id: Mapped[str] = mapped_column(byte_ordered(40), unique=True)
    # The number of its newest version.
    version: Mapped[int]
    suspended_at: Mapped[datetime | None]
    suspender: Mapped[dict[str, Any] | None]
    suspension_reason: Mapped[str | None] = mapped_column(String(500))
    # Suspensions that ended, [since, until] of each: what happened then it is never told.
    silences: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    # Retired for good: by whom, when and why, in the shape of a suspension.
    retired_at: Mapped[datetime | None]
    retirer: Mapped[dict[str, Any] | None]
    retirement_reason: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime]


class MiniAppVersion(Base):
    """A manifest as it was written. It never changes; its state does, by states.MOVES."""

    __tablename__ = "miniapp_version"
    __table_args__ = (
        UniqueConstraint("miniapp_id", "number"),
        # At most one version of an app is the published one.
        Index(
            "uq_miniapp_version_published",
            "miniapp_id",
            unique=True,
            postgresql_where=text("state = 'published'"),
            sqlite_where=text("state = 'published'"),
        ),
        # And at most one is on its way to everybody.
        Index(
            "uq_miniapp_version_rolling_out",
            "miniapp_id",
            unique=True,
            postgresql_where=text("state = 'rolling_out'"),
            sqlite_where=text("state = 'rolling_out'"),
        ),
    )

    id: Mapped[Id]
    miniapp_id: Mapped[int] = mapped_column(ForeignKey("miniapp.id"))
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(12))
    manifest: Mapped[dict[str, Any]]
    # Copies from the manifest, for what must not read a whole one to decide.
    name_zh: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(60))
    category: Mapped[str] = mapped_column(String(16))
    entry_origin: Mapped[str] = mapped_column(byte_ordered(300))
    scopes: Mapped[list[Any]]
    optional_scopes: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    # Kept in use from publication on.
    audience_id: Mapped[int | None] = mapped_column(ForeignKey("audience.id"), index=True)
    # What it may know of at most; each installation narrows it.
    data_audience_id: Mapped[int | None] = mapped_column(BigInt)
    # While it is rolling out: to how many of a hundred, and to which audiences besides.
    rollout_percent: Mapped[int | None]
    rollout_audience_ids: Mapped[list[Any] | None]
    # Approved by rule: it asks for nothing that the published one did not.
    review_skipped: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Accounts, and beside them who these were when they signed (policy.signature).
    created_by: Mapped[int] = mapped_column(BigInt)
    created_at: Mapped[datetime]
    submitted_by: Mapped[int | None] = mapped_column(BigInt)
    submitter: Mapped[dict[str, Any] | None]
    submitted_at: Mapped[datetime | None]
    reviewed_by: Mapped[int | None] = mapped_column(BigInt)
    reviewer: Mapped[dict[str, Any] | None]
    reviewed_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(500))
    published_at: Mapped[datetime | None]


class CallbackSecret(Base):
    """With what requests to an app are signed. The secret itself is kept nowhere: it follows from
    the ``salt`` and the server's key. Until ``retires_at`` an older one is good beside the newest.
    """

    __tablename__ = "miniapp_callback_secret"

    id: Mapped[Id]
    miniapp_id: Mapped[int] = mapped_column(ForeignKey("miniapp.id"), index=True)
    salt: Mapped[str] = mapped_column(String(43))
    created_at: Mapped[datetime]
    retires_at: Mapped[datetime | None]
