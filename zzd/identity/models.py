"""Accounts, their sessions and what they are granted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from zzd.db import Base, BigInt, Id, byte_ordered

SEPARATED = ("system_admin", "security_admin", "audit_admin")


class Account(Base):
    """What signs in: an official's, or one that only administers or develops."""

    __tablename__ = "account"

    id: Mapped[Id]
    username: Mapped[str] = mapped_column(byte_ordered(64), unique=True)
    password_hash: Mapped[str] = mapped_column(String(128))
    official_id: Mapped[int | None] = mapped_column(ForeignKey("official.id"), unique=True)
    status: Mapped[str] = mapped_column(String(10), default="active")
    failures: Mapped[int] = mapped_column(SmallInteger, default=0)
    failing_since: Mapped[datetime | None]
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class LoginSession(Base):
    """A sign-in that lasts. Only digests of its token and CSRF token are kept."""

    __tablename__ = "login_session"

    id: Mapped[Id]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    device: Mapped[str] = mapped_column(String(100), default="")
    # The post acted in; null for an account without an official.
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class AccountGrant(Base):
    """A right of an account, over a unit and below where it has one (see principal.Grant)."""

    __tablename__ = "account_grant"
    __table_args__ = (
        # The three separated administrators: no account may hold two of them.
        Index(
            "uq_account_grant_separated",
            "account_id",
            unique=True,
            postgresql_where=text("role IN ('system_admin', 'security_admin', 'audit_admin')"),
            sqlite_where=text("role IN ('system_admin', 'security_admin', 'audit_admin')"),
        ),
    )

    id: Mapped[Id]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    role: Mapped[str] = mapped_column(String(16))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    levels: Mapped[int] = mapped_column(SmallInteger, default=0)
    line: Mapped[str | None] = mapped_column(String(32))
    duty: Mapped[str | None] = mapped_column(String(16))
    granted_by: Mapped[int | None] = mapped_column(BigInt)
    granted_at: Mapped[datetime]
