"""Officials in what apps say and are told: by the names that their supplier knows them by.

What an app's token brings in and takes out goes through here, whichever route it calls: fields that
are an official's id (``OfficialId``), ids in paths (``<official:…>``), and cursors, which are made of ids.
With the scope ``identity.id`` officials go by their ids on the platform.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from flask import current_app, g, has_app_context
from marshmallow import ValidationError
from werkzeug.routing import BaseConverter

from zzd import pairwise
from zzd.api.fields import Id, id_of
from zzd.errors import NotFound
from zzd.principal import Principal

# The scope with which an app is told the ids of officials on the platform.
KNOWS_IDS = "identity.id"


@dataclass(frozen=True, slots=True)
class Names:
    """How the apps of one supplier name officials, and whether this one may know their ids."""

    supplier: int
    key: str
    knows_ids: bool

    @classmethod
    def of(cls, supplier: int, scopes: Collection[str], key: str) -> Names:
        """As an app with these scopes goes by them; ``key`` is the server's own."""
        return cls(supplier, key, KNOWS_IDS in scopes)

    def told(self, official_id: int | str) -> str:
        if self.knows_ids:
            return str(official_id)
        return pairwise.sub_of(official_id, supplier=self.supplier, key=self.key)

    def understood(self, said: str) -> int | None:
        """Whom an app means: a name always, an id only where it may know ids; None for nobody."""
        if (found := id_of(said)) is not None:
            return found if self.knows_ids else None
        return pairwise.official_of(said, supplier=self.supplier, key=self.key)

    def seal(self, plain: bytes) -> str:
        return pairwise.seal(plain, supplier=self.supplier, key=self.key)

    def unseal(self, sealed: str) -> bytes | None:
        return pairwise.unseal(sealed, supplier=self.supplier, key=self.key)


def names_of_caller() -> Names | None:
    """None for whoever is no app: they go by ids."""
    caller: Principal | None = g.get("principal") if has_app_context() else None
    if caller is None or caller.supplier is None:
        return None
    return Names.of(caller.supplier, caller.scopes or (), current_app.config["SECRET_KEY"])


def sealing() -> Names | None:
    """With which names a caller's cursors are sealed: those of an app that goes by names."""
    names = names_of_caller()
    return None if names is None or names.knows_ids else names


# Set while an answer is written, and at no other time: what a view writes down for others, as
# events are, names everybody by ids.
_answering: ContextVar[Names | None] = ContextVar("answering", default=None)


def as_the_caller_knows(dump: Callable[..., Any]) -> Callable[..., Any]:
    """Have an answer name officials as the caller knows them."""

    def answer(thing: Any, **kwargs: Any) -> Any:
        token = _answering.set(names_of_caller())
        try:
            return dump(thing, **kwargs)
        finally:
            _answering.reset(token)

    return answer


class OfficialId(Id):
    """An official's id; to an app the name that its supplier knows the official by."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        names = _answering.get()
        if names is None or value is None:
            return super()._serialize(value, attr, obj, **kwargs)
        return names.told(value)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:
        names = names_of_caller()
        if names is None:
            return super()._deserialize(value, *args, **kwargs)
        known = names.understood(value) if isinstance(value, str) else None
        if known is None:
            raise ValidationError("Not a known id.")
        return known


class OfficialConverter(BaseConverter):
    """``<official:official_id>`` in a path; whom it means is known when the caller is."""

    regex = rf"[A-Za-z0-9_-]{{1,{pairwise.LONGEST_NAME}}}"

    def to_python(self, value: str) -> Said:
        return Said(value)


class Said(str):
    """An official in a path, as the caller said it."""

    __slots__ = ()


def understand_path(view_args: dict[str, Any]) -> dict[str, Any]:
    """A path's arguments with whom the caller means. Raises NotFound."""
    return {
        name: _meant(value) if isinstance(value, Said) else value
        for name, value in view_args.items()
    }


def _meant(said: str) -> int:
    names = names_of_caller()
    known = names.understood(said) if names else id_of(said)
    if known is None:
        raise NotFound
    return known
