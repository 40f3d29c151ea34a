"""Accounts, their sessions and what they are granted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, SmallInteger, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from zzd.db import Base, BigInt, Id, Idempotent, byte_ordered

SEPARATED = ("system_admin", "security_admin", "audit_admin")
SEPARATED_AND_LIVE = (
    "role IN ('system_admin', 'security_admin', 'audit_admin') AND revoked_at IS NULL"
)


class Account(Idempotent, Base):
    """What signs in: an official's, or one that only administers or develops.

    Made through the API by ``sender_id``, a system administrator's account; null for accounts
    made on the machine itself.
    """

    __tablename__ = "account"
    __table_args__ = (UniqueConstraint("created_by", "client_id"),)

    id: Mapped[Id]
    username: Mapped[str] = mapped_column(byte_ordered(64), unique=True)
    password_hash: Mapped[str] = mapped_column(String(128))
    # To whoever made the account or reset it; until its holder chooses another.
    password_shown: Mapped[bool] = mapped_column(default=False, server_default=false())
    official_id: Mapped[int | None] = mapped_column(ForeignKey("official.id"), unique=True)
    status: Mapped[str] = mapped_column(String(10), default="active")
    created_at: Mapped[datetime]
    sender_id: Mapped[int] = mapped_column("created_by", BigInt, nullable=True)
    client_id: Mapped[str] = mapped_column(String(64), nullable=True)
    fingerprint: Mapped[str] = mapped_column(String(32), nullable=True)


class SignInFailure(Base):
    """How often a user name was tried in vain of late, whether it is anybody's or not.

    So that a lock-out tells nothing about which names exist. Rows go when they are too old
    to count. The name is kept as a digest only: people type passwords into that field.
    """

    __tablename__ = "sign_in_failure"

    name_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int] = mapped_column(SmallInteger, default=0)
    since: Mapped[datetime] = mapped_column(index=True)
    locked_until: Mapped[datetime | None]


class LoginSession(Base):
    """A sign-in that lasts. Only digests of its token and CSRF token are kept."""

    __tablename__ = "login_session"
    __table_args__ = (
        # For ending those whose time is over.
        Index(
            "ix_login_session_live",
            "expires_at",
            postgresql_where=text("revoked_at IS NULL"),
            sqlite_where=text("revoked_at IS NULL"),
        ),
    )

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


class AccountGrant(Idempotent, Base):
    """A right of an account, over a unit and below where it has one (see principal.Grant).

    Given by ``sender_id``, a security administrator's account; null when given on the machine
    itself. A grant taken back stays as a row, so that a repeat of its request finds it.
    """

    __tablename__ = "account_grant"
    __table_args__ = (
        # The three separated administrators: no account may hold two of them.
        Index(
            "uq_account_grant_separated",
            "account_id",
            unique=True,
            postgresql_where=text(SEPARATED_AND_LIVE),
            sqlite_where=text(SEPARATED_AND_LIVE),
        ),
        UniqueConstraint("granted_by", "client_id"),
    )

    id: Mapped[Id]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    role: Mapped[str] = mapped_column(String(16))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    levels: Mapped[int] = mapped_column(SmallInteger, default=0)
    line: Mapped[str | None] = mapped_column(String(32))
    duty: Mapped[str | None] = mapped_column(String(16))
    granted_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    sender_id: Mapped[int] = mapped_column("granted_by", BigInt, nullable=True)
    client_id: Mapped[str] = mapped_column(String(64), nullable=True)
    fingerprint: Mapped[str] = mapped_column(String(32), nullable=True)
