"""The officials of the sample: who sits where, the same people each time.

Dense in Taizhou, where Lekima landed: every township and every village there has a duty
officer of flood control. Elsewhere every city, county and township has one.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice

from zzd.sample.demo import DEMO_ACCOUNTS
from zzd.sample.titles import invent_name, title_of
from zzd.sample.tree import SampleUnit, Tree

SEED = 20190809
FLOOD = "flood_control"
TAIZHOU, CANGNAN = "3310", "330327"
# Villages whose groups have somebody, too.
TOWNSHIPS_WITH_GROUPS = ("331081105", "330327127")
OTHER_LINES = (
    "emergency",
    "water",
    "natural_resources",
    "transport",
    "public_security",
    "civil_affairs",
    "agriculture",
    "housing",
    "health",
    "education",
    "party_affairs",
)
# One official in eight holds a second post (一人多岗).
SHARE_OF_TWO_POSTS = 0.125
# How many more an organisation larger than the sample has in each unit, round after round.
PEOPLE_A_ROUND = {1: 300, 2: 100, 3: 60, 4: 20, 5: 4, 6: 1}

Seat = tuple[SampleUnit, str, str]

OFFICIAL_COLUMNS = ("id", "name", "phone", "staff_no", "status")
POST_COLUMNS = (
    "id",
    "official_id",
    "unit_id",
    "line_code",
    "title",
    "role",
    "order",
    "is_primary",
)


@dataclass(slots=True)
class SampleOfficial:
    """A person in a seat; ``second`` is the other post of somebody with two."""

    id: int
    # Of the primary post; the other post's is the next.
    post_id: int
    name: str
    unit: SampleUnit
    line: str
    role: str
    title: str
    second: Seat | None = None
    second_title: str = ""

    @property
    def staff_no(self) -> str:
        return f"zj{self.id:07d}"

    @property
    def phone(self) -> str:
        # No mobile network in China has numbers that begin with 12: nobody is called by these.
        return f"12{self.id:09d}"


def seats(tree: Tree) -> Iterator[Seat]:
    """Whom to place next, without end: the demo accounts first, then where they matter most."""
    taken: set[tuple[str, str, str]] = set()
    for account in DEMO_ACCOUNTS:
        taken.add((account.unit_code, account.line, account.duty))
        yield tree.by_code[account.unit_code], account.line, account.duty
    for unit, line, role in _coverage(tree):
        if (unit.code, line, role) not in taken:
            yield unit, line, role
    yield from _ever_more(tree)


def _coverage(tree: Tree) -> Iterator[Seat]:
    """At least these: about 5,800."""
    for level, members in ((1, 11), (2, 11), (3, 3)):
        for unit in tree.by_level[level]:
            yield from ((unit, FLOOD, role) for role in ("leader", "deputy", "duty_officer"))
            yield from ((unit, line, "member") for line in OTHER_LINES[:members])
    taizhou = tree.below(TAIZHOU, 4)
    yield from ((unit, FLOOD, "leader") for unit in taizhou)
    yield from ((unit, FLOOD, "duty_officer") for unit in tree.by_level[4])
    yield from ((unit, FLOOD, "duty_officer") for unit in tree.below(TAIZHOU, 5))
    for code in TOWNSHIPS_WITH_GROUPS:
        yield from ((unit, FLOOD, "leader") for unit in tree.below(code, 6))
    yield from ((unit, FLOOD, "duty_officer") for unit in tree.below(CANGNAN, 5))
    lines = cycle(OTHER_LINES)
    yield from ((unit, next(lines), "member") for unit in taizhou)


def _ever_more(tree: Tree) -> Iterator[Seat]:
    """The rest of the villages, the groups, and then members everywhere, round after round."""
    for unit in tree.by_level[5]:
        if not unit.code.startswith((TAIZHOU, CANGNAN)):
            yield unit, FLOOD, "duty_officer"
    for unit in tree.by_level[6]:
        if not unit.code.startswith(TOWNSHIPS_WITH_GROUPS):
            yield unit, FLOOD, "leader"
    lines = cycle((*OTHER_LINES, FLOOD))
    while True:
        for level, people in PEOPLE_A_ROUND.items():
            for unit in tree.by_level[level]:
                for _ in range(people):
                    yield unit, next(lines), "member"


def invent_officials(tree: Tree, count: int) -> Iterator[SampleOfficial]:
    """``count`` people by id, the demo accounts' first and in their order."""
    chance = random.Random(SEED)  # noqa: S311
    post_id = 1
    for number, (unit, line, role) in enumerate(islice(seats(tree), count), start=1):
        demo = DEMO_ACCOUNTS[number - 1] if number <= len(DEMO_ACCOUNTS) else None
        official = SampleOfficial(
            id=number,
            post_id=post_id,
            name=invent_name(chance),
            unit=unit,
            line=line,
            role=role,
            title=title_of(chance, level=unit.level, unit_name=unit.name, line=line, role=role),
        )
        if demo is None:
            if chance.random() < SHARE_OF_TWO_POSTS:
                official.second = _second_seat(chance, tree, official)
        elif demo.second:
            code, line, role = demo.second
            official.second = tree.by_code[code], line, role
        if official.second:
            place, line, role = official.second
            official.second_title = title_of(
                chance, level=place.level, unit_name=place.name, line=line, role=role
            )
        post_id += 2 if official.second else 1
        yield official


def _second_seat(chance: random.Random, tree: Tree, official: SampleOfficial) -> Seat:
    """Another line of the same unit; somebody in a village may sit in the township's office."""
    line = chance.choice([line for line in OTHER_LINES if line != official.line])
    parent = tree.parent_of(official.unit)
    if parent and official.unit.level >= 5 and chance.random() < 0.25:
        return parent, line, "member"
    return official.unit, line, "member"


def official_row(official: SampleOfficial) -> tuple[object, ...]:
    return (official.id, official.name, official.phone, official.staff_no, "active")


def post_rows(official: SampleOfficial) -> Iterator[tuple[object, ...]]:
    """The rows of the official's one or two posts, the primary one first."""
    seats_held = [(official.unit, official.line, official.role, official.title)]
    if official.second:
        seats_held.append((*official.second, official.second_title))
    for nth, (unit, line, role, title) in enumerate(seats_held):
        post_id = official.post_id + nth
        yield post_id, official.id, unit.id, line, title, role, 0, nth == 0
