"""Lists: pages of ``{items, next}`` and the cursors that go on from one to the next."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import orjson
from marshmallow import Schema, fields, validate

from zzd.api.persons import sealing
from zzd.errors import Invalid


class PageQuerySchema(Schema):
    """Which part of a list: ``next`` of the page before, and how many items at most."""

    cursor = fields.String(load_default=None)
    limit = fields.Integer(load_default=50, strict=False, validate=validate.Range(1, 200))


def page_schema(item: type[Schema], **more: fields.Field[Any]) -> type[Schema]:
    """The schema ``{items, next}`` of a list of ``item``, and whatever ``more`` it carries.

    Raises RuntimeError for a second ``item`` of the same name: each is a type of the API.
    """
    name = item.__name__.removesuffix("Schema") + "Page"
    if more:
        name += "With" + "".join(part.title().replace("_", "") for part in more)
    known, page_of_them = page_schemas.setdefault(
        name,
        (
            item,
            Schema.from_dict(
                {
                    "items": fields.List(fields.Nested(item), required=True),
                    "next": fields.String(allow_none=True, required=True),
                    **more,
                },
                name=name,
            ),
        ),
    )
    if known is not item:
        raise RuntimeError(f"two schemas are called {item.__name__}")
    return page_of_them


page_schemas: dict[str, tuple[type[Schema], type[Schema]]] = {}


def encode_cursor(position: Sequence[Any]) -> str:
    """To an app that goes by names of officials it is sealed: positions are made of ids."""
    plain = orjson.dumps(list(position))
    if (names := sealing()) is not None:
        return names.seal(plain)
    return base64.urlsafe_b64encode(plain).decode().rstrip("=")


def decode_cursor(cursor: str | None, *kinds: type) -> list[Any] | None:
    """The position a cursor stands for, its parts of the ``kinds`` given. Raises Invalid."""
    if cursor is None:
        return None
    try:
        if (names := sealing()) is not None:
            parts = orjson.loads(names.unseal(cursor) or b"")
        else:
            parts = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        parts = None
    if (
        not isinstance(parts, list)
        or len(parts) != len(kinds)
        or not all(type(part) is kind for part, kind in zip(parts, kinds, strict=True))
        or any(type(part) is int and not -(2**63) <= part < 2**63 for part in parts)
        or any(type(part) is str and "\x00" in part for part in parts)
    ):
        raise Invalid.at("/query/cursor", "Not a cursor of this list")
    return parts


Item = TypeVar("Item")


def page(
    rows: Sequence[Item], limit: int, position: Callable[[Item], Sequence[Any]]
) -> dict[str, Any]:
    """``{items, next}`` from up to ``limit + 1`` rows; the surplus one only says there is more."""
    items = list(rows[:limit])
    following = encode_cursor(position(items[-1])) if len(rows) > limit and items else None
    return {"items": items, "next": following}
