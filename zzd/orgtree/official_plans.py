"""What a table of officials asks for: one person's rows against the posts they hold. No I/O.

Rows with one staff number are one person, each row a post. A row is a post that is there if
unit, line and role agree, and gives it its title; otherwise it is a further post.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from zzd.orgtree.imports import KnownUnit
from zzd.orgtree.tables import Fault, Line

# Whether the caller administers the unit at a path.
Administers = Callable[[str], bool]
YES, NO = frozenset({"yes", "true", "1", "是"}), frozenset({"", "no", "false", "0", "否"})


class KnownPost(NamedTuple):
    """A post that is held now."""

    id: int
    unit_id: int
    unit_path: str
    line: str
    role: str
    title: str
    is_primary: bool

    @property
    def place(self) -> tuple[int, str, str]:
        return self.unit_id, self.line, self.role


@dataclass(slots=True)
class KnownOfficial:
    """Somebody who is there already."""

    id: int
    name: str
    phone: str | None
    status: str
    posts: list[KnownPost] = field(default_factory=list)


@dataclass(slots=True)
class WantedPost:
    """A row that makes sense: what it says, and in which post that is there, if in any."""

    row: Line
    unit: KnownUnit
    known: KnownPost | None = None

    @property
    def place(self) -> tuple[int, str, str]:
        return self.unit.id, self.row.cells["line"], self.row.cells["role"]

    @property
    def title(self) -> str:
        return self.row.cells["title"]

    @property
    def is_primary(self) -> bool:
        return self.row.cells["primary"].lower() in YES


@dataclass(slots=True)
class Person:
    """One staff number's rows, matched with who is there."""

    wanted: list[WantedPost]
    known: KnownOfficial | None

    @property
    def name(self) -> str:
        return self.wanted[0].row.cells["name"]

    @property
    def phone(self) -> str | None:
        """Left blank, it stays as it is."""
        given = next((w.row.cells["phone"] for w in self.wanted if w.row.cells["phone"]), None)
        return given or (self.known.phone if self.known else None)

    @property
    def renamed(self) -> bool:
        return self.known is not None and self.known.name != self.name

    @property
    def changed_card(self) -> bool:
        return self.known is not None and (self.renamed or self.known.phone != self.phone)

    @property
    def added(self) -> list[WantedPost]:
        return [wanted for wanted in self.wanted if wanted.known is None]

    @property
    def retitled(self) -> list[tuple[KnownPost, str]]:
        return [
            (wanted.known, wanted.title)
            for wanted in self.wanted
            if wanted.known and wanted.known.title != wanted.title
        ]

    def changes_post(self, wanted: WantedPost) -> bool:
        """Whether a row, one of these, gives a post or alters the one it names."""
        known = wanted.known
        return known is None or known.title != wanted.title or wanted is self.primary

    @property
    def primary(self) -> WantedPost | None:
        """The row whose post is to be the primary one from now on; None where that stays."""
        held = self.held_primary
        asked = next((wanted for wanted in self.wanted if wanted.is_primary), None)
        if asked is None:
            return None if held else self.wanted[0]
        return None if held and asked.known == held else asked

    @property
    def held_primary(self) -> KnownPost | None:
        posts = self.known.posts if self.known else []
        return next((post for post in posts if post.is_primary), None)


def plan_person(
    wanted: Sequence[WantedPost], known: KnownOfficial | None, administers: Administers
) -> tuple[Person, list[Fault]]:
    """Match the rows with the posts held, and say which of them cannot be had."""
    person = Person(list(wanted), known)
    _match(person.wanted, known.posts if known else [])
    return person, [*_contradictions(person), *_trespasses(person, administers)]


def _match(wanted: Sequence[WantedPost], held: Sequence[KnownPost]) -> None:
    """Equal titles first: of two posts of one place in a unit, each row finds its own."""
    left = list(held)
    for same_title in (True, False):
        for one in wanted:
            if one.known is None:
                one.known = next(
                    (
                        post
                        for post in left
                        if post.place == one.place and (post.title == one.title or not same_title)
                    ),
                    None,
                )
                if one.known:
                    left.remove(one.known)


def _contradictions(person: Person) -> Iterator[Fault]:
    """Where rows of one person do not agree with one another."""
    first, *others = person.wanted
    seen = {(*first.place, first.title)}
    primary, phone = first.is_primary, person.phone
    for one in others:
        number = one.row.number
        if one.row.cells["name"] != person.name:
            yield Fault(number, "name", f"Row {first.row.number} has another name")
        if one.row.cells["phone"] not in ("", phone):
            yield Fault(number, "phone", "An earlier row has another number for this person")
        if (*one.place, one.title) in seen:
            yield Fault(number, None, "An earlier row has the same post")
        if primary and one.is_primary:
            yield Fault(number, "primary", "Only one post can be the primary one")
        seen.add((*one.place, one.title))
        primary = primary or one.is_primary


def _trespasses(person: Person, administers: Administers) -> Iterator[Fault]:
    """Where a row changes what belongs to others than the caller."""
    known = person.known
    if known is None:
        return
    number = person.wanted[0].row.number
    if known.status != "active":
        yield Fault(number, "staff_no", "This staff number cannot be used any more")
    if person.changed_card and not all(administers(post.unit_path) for post in known.posts):
        column = "name" if person.renamed else "phone"
        yield Fault(number, column, "Only who administers all units of this person may change it")
    held = person.held_primary
    if held and (primary := person.primary) and not administers(held.unit_path):
        reason = "The primary post is in a unit that you do not administer"
        yield Fault(primary.row.number, "primary", reason)
