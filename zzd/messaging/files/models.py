"""Files: what was uploaded, its content stored once, and the messages that carry it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from zzd.db import Base, BigInt, Id, Idempotent

BEING_RELEASED = "released_at IS NOT NULL"
BEING_UNSENT = "expires_at IS NOT NULL"


class Blob(Base):
    """A content, kept once however many files have it.

    ``key`` is where the store has it. A content that was deleted and comes again gets another
    key, so that a deletion under way never meets an arrival. ``variants`` says of each preview
    ``{width, height, size}``. ``released_at`` is set when a file that had it was deleted: the
    collector looks whether another one has it.
    """

    __tablename__ = "blob"
    __table_args__ = (
        Index(
            "ix_blob_released",
            "released_at",
            postgresql_where=text(BEING_RELEASED),
            sqlite_where=text(BEING_RELEASED),
        ),
    )

    id: Mapped[Id]
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    key: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(BigInt)
    # As the content shows it: neither the name nor the uploader has a say.
    media_type: Mapped[str] = mapped_column(String(100))
    type: Mapped[str] = mapped_column(String(10))
    # Pixels, as shown; pages of a PDF.
    width: Mapped[int | None]
    height: Mapped[int | None]
    pages: Mapped[int | None]
    variants: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    released_at: Mapped[datetime | None]


class File(Idempotent, Base):
    """What one official, or an app for itself, (``sender_id``) uploaded under a name; its ``blob_id`` once all is there.

    ``expires_at`` is set until something carries the file (see ``carriers``); then it goes with that.
    """

    __tablename__ = "file"
    __table_args__ = (
        UniqueConstraint("sender_id", "client_id"),
        Index("ix_file_sender_size", "sender_id", "size"),
        Index(
            "ix_file_expires",
            "expires_at",
            postgresql_where=text(BEING_UNSENT),
            sqlite_where=text(BEING_UNSENT),
        ),
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(255))
    size: Mapped[int] = mapped_column(BigInt)
    blob_id: Mapped[int | None] = mapped_column(ForeignKey("blob.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]


class FileUpload(Base):
    """How far an upload is. ``received`` bytes are on the disk: ``parts`` lists, in order, the
    file of each request that brought some and how much of it counts.

    ``writer`` is the request that may add to it: whoever came last.
    """

    __tablename__ = "file_upload"

    file_id: Mapped[int] = mapped_column(
        ForeignKey("file.id", ondelete="CASCADE"), primary_key=True
    )
    received: Mapped[int] = mapped_column(BigInt, default=0)
    writer: Mapped[str] = mapped_column(String(32))
    parts: Mapped[list[Any]]
    # What the uploader says the content's digest is, if they do.
    sha256: Mapped[str | None] = mapped_column(String(64))


class FileForApp(Base):
    """An app, by one of its installations, may use a file until something carries it: it uploaded
    the file itself, or an official handed theirs over."""

    __tablename__ = "file_for_app"

    # Of a room above; one that was removed calls no more.
    installation_id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    file_id: Mapped[int] = mapped_column(
        ForeignKey("file.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class MessageFile(Base):
    """A message carries a file: who may see the one may have the other."""

    __tablename__ = "message_file"
    __table_args__ = (
        ForeignKeyConstraint(
            ["conversation_id", "seq"], ["message.conversation_id", "message.seq"]
        ),
    )

    conversation_id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    seq: Mapped[int] = mapped_column(BigInt, primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("file.id"), primary_key=True, index=True)
