"""What tables are made of: types that both databases keep alike, and the base of every table."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, MetaData, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import JSON, TypeDecorator

BigInt = BigInteger().with_variant(Integer, "sqlite")
Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Timestamp(TypeDecorator[datetime]):
    """An aware datetime, kept in UTC on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime has no place in the database")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def byte_ordered(length: int) -> String:
    """Text compared byte by byte, which prefix ranges (``>= p``, ``< p~``) rely on.

    PostgreSQL's language collations order ``'a' < '~'`` otherwise; SQLite compares bytes.
    """
    return String(length).with_variant(String(length, collation="C"), "postgresql")


Id = Annotated[int, mapped_column(BigInt, primary_key=True)]


class Base(DeclarativeBase):
    """Every table of ZZD."""

    type_annotation_map: ClassVar = {datetime: Timestamp(), dict[str, Any]: Json, list[Any]: Json}
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Idempotent:
    """Columns of what a client creates under its own ``client_id``.

    The table adds ``UniqueConstraint("sender_id", "client_id")``; ``sender_id`` is the
    official's or the account's id, whichever creates rows of this kind.
    """

    sender_id: Mapped[int] = mapped_column(BigInt)
    client_id: Mapped[str] = mapped_column(String(64))
    fingerprint: Mapped[str] = mapped_column(String(32))
