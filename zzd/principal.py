"""Who is calling: an account, mostly an official in a post, or an app for an official."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# Segment length of a unit's materialised path (see orgtree.models.Unit.path).
PATH_SEGMENT = 5


@dataclass(frozen=True, slots=True)
class PostRef:
    """A post with what audiences are matched by. ``level`` is 1 (province) to 6 (group)."""

    id: int
    unit_id: int
    unit_name: str
    unit_path: str
    level: int
    line: str
    role: str
    title: str
    is_primary: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """A right given to an account, over a unit and all below it where ``unit_path`` is set.

    ``levels`` is a bit mask (1 << level), 0 for all; ``line`` and ``duty`` narrow an issuer's reach.
    """

    id: int
    role: str
    unit_id: int | None = None
    unit_path: str | None = None
    levels: int = 0
    line: str | None = None
    duty: str | None = None

    def covers(self, path: str) -> bool:
        return self.unit_path is not None and path.startswith(self.unit_path)


@dataclass(frozen=True, slots=True)
class Reach:
    """The part of the organisation that an app may know of: the data audience of its installation,
    as the tree is today. ``levels`` is a bit mask; no ``line`` or ``role`` means any.
    """

    unit_id: int
    unit_path: str
    levels: int
    line: str | None = None
    role: str | None = None

    def holds_unit(self, path: str, level: int) -> bool:
        return path.startswith(self.unit_path) and bool(self.levels & 1 << level)

    def holds_post(self, path: str, level: int, line: str, role: str) -> bool:
        return (
            self.holds_unit(path, level) and self.line in (None, line) and self.role in (None, role)
        )


@dataclass(frozen=True, slots=True)
class AppRef:
    """An app as everybody sees it: by the version that most people see."""

    id: int
    app_id: str
    name_zh: str
    name_en: str

    def as_dict(self) -> dict[str, Any]:
        name = {"zh": self.name_zh, "en": self.name_en}
        return {"id": str(self.id), "app_id": self.app_id, "name": name}


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller of this request or socket event; ``post`` is the one acted in.

    For an app's token ``app`` and ``scopes`` are set, with the installation it was given for and what
    that may know of (``reach``); the official is the one it acts for. An app that acts for itself has no
    official, and no account: ``account_id`` is 0. ``supplier`` is whose app it is, which knows
    officials by names of its own. ``lacks_second_factor``: must have one, and has none.
    """

    account_id: int
    username: str
    session_id: int | None
    official_id: int | None = None
    official_name: str = ""
    post: PostRef | None = None
    posts: tuple[PostRef, ...] = ()
    grants: tuple[Grant, ...] = ()
    app_id: int | None = None
    app: AppRef | None = None
    scopes: frozenset[str] | None = None
    installation_id: int | None = None
    reach: Reach | None = None
    supplier: int | None = None
    lacks_second_factor: bool = False

    def grants_of(self, role: str) -> list[Grant]:
        return [grant for grant in self.grants if grant.role == role]

    def has(self, role: str) -> bool:
        return any(grant.role == role for grant in self.grants)
