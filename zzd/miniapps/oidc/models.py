"""What apps and their officials hold of the authorization server: secrets, codes, tokens, keys.

Of what is secret only a digest is kept, and of signing keys what the server's own key opens.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from zzd.db import Base, BigInt, Id


class ClientSecret(Base):
    """With what an app's server says who it is. Until ``retires_at`` an older one is good beside
    the newest."""

    __tablename__ = "miniapp_secret"

    id: Mapped[Id]
    miniapp_id: Mapped[int] = mapped_column(ForeignKey("miniapp.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    retires_at: Mapped[datetime | None]


class LaunchCode(Base):
    """A code an official's client handed to an app, and the beginning of a family of tokens.

    ``version_id`` is the version that the official opened. All that was made of one code is ended
    together.
    """

    __tablename__ = "miniapp_code"

    id: Mapped[Id]
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    miniapp_id: Mapped[int] = mapped_column(ForeignKey("miniapp.id"))
    installation_id: Mapped[int] = mapped_column(ForeignKey("miniapp_installation.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("miniapp_version.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    redirect_uri: Mapped[str] = mapped_column(String(500))
    code_challenge: Mapped[str] = mapped_column(String(43))
    scopes: Mapped[list[Any]]
    nonce: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class AppToken(Base):
    """An app's access for one official in one post, or for itself (no code, account and post)."""

    __tablename__ = "miniapp_token"

    id: Mapped[Id]
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    code_id: Mapped[int | None] = mapped_column(ForeignKey("miniapp_code.id"), index=True)
    miniapp_id: Mapped[int] = mapped_column(ForeignKey("miniapp.id"))
    installation_id: Mapped[int] = mapped_column(ForeignKey("miniapp_installation.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    scopes: Mapped[list[Any]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    revoked_at: Mapped[datetime | None]


class RefreshToken(Base):
    """Good once, for the next pair of tokens of its family; used again it ends the family."""

    __tablename__ = "miniapp_refresh_token"

    id: Mapped[Id]
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    code_id: Mapped[int] = mapped_column(ForeignKey("miniapp_code.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class SigningKey(Base):
    """A key that ID tokens are signed with from ``signs_from`` on, until a newer one does; it is
    published before, and for as long as what it signed may be looked at."""

    __tablename__ = "miniapp_signing_key"

    id: Mapped[Id]
    kid: Mapped[str] = mapped_column(String(43), unique=True)
    public: Mapped[dict[str, Any]]
    sealed_private: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    signs_from: Mapped[datetime]
    retires_at: Mapped[datetime | None]
    made_by: Mapped[int | None] = mapped_column(BigInt)
