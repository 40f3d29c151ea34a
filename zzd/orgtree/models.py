"""Units, lines, officials, posts and the audiences that address them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, SmallInteger, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from zzd.db import Base, BigInt, Id, Idempotent, byte_ordered


class OrgState(Base):
    """One row. Every structural change begins by raising ``rev``, which serialises them all."""

    __tablename__ = "org_state"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    rev: Mapped[int] = mapped_column(BigInt)


class Unit(Base):
    """A node of the tree. ``id`` is its identity; the code is an attribute and may change.

    ``path`` is the parent's path and the own id in five base-36 characters, so all below a unit
    is the range ``path >= p AND path < p || '~'``, and a path spells out its ancestors' ids.
    """

    __tablename__ = "unit"
    __table_args__ = (
        Index(
            "uq_unit_code_active",
            "code",
            unique=True,
            postgresql_where=text("status = 'active'"),
            sqlite_where=text("status = 'active'"),
        ),
        Index("ix_unit_parent", "parent_id", "status", "code"),
        Index("ix_unit_level_code", "level", "code"),
        # Not unique, though paths are, by ending in the own id: PostgreSQL would take an update
        # of a uniquely indexed column for a change of the key, and every row that refers to a
        # unit being moved would wait for the move, or deadlock with it.
        # (SQLite's indexes hold the id anyway.)
        Index("ix_unit_path", "path", "level", "status", postgresql_include=["id"]),
        # A few levels of a large block, without walking through all the others.
        Index("ix_unit_level_path", "level", "path", "status"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(byte_ordered(15), index=True)
    name: Mapped[str] = mapped_column(String(100))
    level: Mapped[int] = mapped_column(SmallInteger)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    path: Mapped[str] = mapped_column(byte_ordered(30))
    status: Mapped[str] = mapped_column(String(10), default="active")
    successor_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))


class UnitVersion(Base):
    """A shape that a unit had from revision ``rev_from`` until before ``rev_to`` (null: still)."""

    __tablename__ = "unit_version"

    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    rev_from: Mapped[int] = mapped_column(BigInt, primary_key=True)
    rev_to: Mapped[int | None] = mapped_column(BigInt)
    parent_id: Mapped[int | None] = mapped_column(BigInt)
    level: Mapped[int] = mapped_column(SmallInteger)
    code: Mapped[str] = mapped_column(byte_ordered(15))
    name: Mapped[str] = mapped_column(String(100))
    path: Mapped[str] = mapped_column(byte_ordered(30), index=True)
    status: Mapped[str] = mapped_column(String(10))


class UnitTerm(Base):
    """What an active unit is found by: every suffix of its name and of its pinyin initials.

    So "contains" is a prefix range of an index, on both databases and for two-character names.
    The whole name and all its initials begin with a mark (see zzd.orgtree.terms).
    """

    __tablename__ = "unit_term"
    __table_args__ = (Index("ix_unit_term_unit", "unit_id", "term"),)

    level: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    term: Mapped[str] = mapped_column(byte_ordered(100), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)


class Line(Base):
    """A functional line (条线) that runs through all levels, such as flood control."""

    __tablename__ = "line"

    code: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    order: Mapped[int] = mapped_column(SmallInteger)


class Official(Base):
    """A person. What they are in the organisation is in their posts."""

    __tablename__ = "official"
    __table_args__ = (
        # Few: so that counting a county looks them up instead of everybody it counts.
        Index(
            "ix_official_out_of_office",
            "id",
            postgresql_where=text("status <> 'active'"),
            sqlite_where=text("status <> 'active'"),
        ),
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(50))
    phone: Mapped[str | None] = mapped_column(String(20))
    # The number an import recognises a person by; unique, never shown.
    staff_no: Mapped[str] = mapped_column(byte_ordered(32), unique=True)
    status: Mapped[str] = mapped_column(String(10), default="active")

    posts: Mapped[list[Post]] = relationship(
        primaryjoin="and_(Official.id == Post.official_id, Post.ended_at.is_(None))",
        order_by="(Post.is_primary.desc(), Post.id)",
        viewonly=True,
    )


class OfficialTerm(Base):
    """What an official is found by: every suffix of the name, and its pinyin initials."""

    __tablename__ = "official_term"
    __table_args__ = (Index("ix_official_term_official", "official_id", "term"),)

    term: Mapped[str] = mapped_column(byte_ordered(50), primary_key=True)
    official_id: Mapped[int] = mapped_column(ForeignKey("official.id"), primary_key=True)


class Post(Base):
    """An official's place in a unit (岗位); an official may hold several, one of them primary."""

    __tablename__ = "post"
    __table_args__ = (
        # In the order in which they are shown: who comes first is read without the others.
        Index("ix_post_unit", "unit_id", "order", "id"),
        # Who is in an audience, counted without reading a row.
        Index(
            "ix_post_held",
            "unit_id",
            "official_id",
            "is_primary",
            "line_code",
            "role",
            postgresql_where=text("ended_at IS NULL"),
            sqlite_where=text("ended_at IS NULL"),
        ),
        Index(
            "uq_post_primary",
            "official_id",
            unique=True,
            postgresql_where=text("is_primary AND ended_at IS NULL"),
            sqlite_where=text("is_primary AND ended_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    official_id: Mapped[int] = mapped_column(ForeignKey("official.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    line_code: Mapped[str] = mapped_column(ForeignKey("line.code"))
    title: Mapped[str] = mapped_column(String(50))
    role: Mapped[str] = mapped_column(String(16))
    order: Mapped[int] = mapped_column(SmallInteger, default=0)
    is_primary: Mapped[bool] = mapped_column(default=False)
    ended_at: Mapped[datetime | None]

    unit: Mapped[Unit] = relationship(viewonly=True)
    line: Mapped[Line] = relationship(viewonly=True)
    official: Mapped[Official] = relationship(viewonly=True)


class AudienceInUse(Base):
    """An audience that something is addressed to: kept once, however many things use it.

    ``levels`` is a bit mask, bit ``n`` for level ``n``; '' for line and role means any.
    """

    __tablename__ = "audience"
    __table_args__ = (UniqueConstraint("unit_id", "levels", "line", "role"),)

    id: Mapped[Id]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    levels: Mapped[int] = mapped_column(SmallInteger)
    line: Mapped[str] = mapped_column(String(32), default="")
    role: Mapped[str] = mapped_column(String(16), default="")


class Tally(Base):
    """That something was counted by part of the tree (see zzd.orgtree.tallies), when, in which
    revision of the tree, and what it came to."""

    __tablename__ = "tally"

    subject: Mapped[str] = mapped_column(byte_ordered(40), primary_key=True)
    rev: Mapped[int] = mapped_column(BigInt)
    counted_at: Mapped[datetime]
    total: Mapped[list[Any]]


class TallyPart(Base):
    """The numbers of one place: its own, and those at and below it; the longest path there."""

    __tablename__ = "tally_part"

    subject: Mapped[str] = mapped_column(
        byte_ordered(40), ForeignKey("tally.subject"), primary_key=True
    )
    path: Mapped[str] = mapped_column(byte_ordered(30), primary_key=True)
    longest: Mapped[int] = mapped_column(SmallInteger)
    own: Mapped[list[Any]]
    below: Mapped[list[Any]]


class OrgCreation(Idempotent, Base):
    """That an account created a unit, an official or a post under its own ``client_id``."""

    __tablename__ = "org_creation"
    __table_args__ = (UniqueConstraint("sender_id", "client_id"),)

    id: Mapped[Id]
    object_id: Mapped[int] = mapped_column(BigInt)
