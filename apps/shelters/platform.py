"""ZZD as this app sees it: its public interface, by the SDK, and nothing else of it anywhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from zzd_sdk import Client, Identity, Unreachable, ZzdError

COUNTY, TOWNSHIP = 3, 4


@dataclass(frozen=True)
class Unit:
    """A unit with the ids of all above it and its own: ``/1/5/22/``."""

    id: str
    name: str
    level: int
    chain: str


@dataclass(frozen=True)
class Visitor:
    """Who opened the app: their unit, what they see (``scope``) and where they may write."""

    name: str
    post_title: str
    unit: Unit
    scope: Unit
    writable: tuple[Unit, ...]
    expires_in: int


def recognise(client: Client, identity: Identity) -> Visitor:
    """Where the official belongs who opened the app; ``client`` calls with their token."""
    user = identity.user
    line = _line_of_units([*client.ancestors(user["unit"]["id"]), user["unit"]])
    unit = line[-1]
    return Visitor(
        name=user["name"],
        post_title=user["post"]["title"],
        unit=unit,
        # Neighbours help each other: whoever is in a county sees all of it.
        scope=next((one for one in line if one.level == COUNTY), unit),
        writable=(unit, *children(client, unit)) if unit.level >= TOWNSHIP else (),
        expires_in=identity.expires_in,
    )


def children(client: Client, unit: Unit) -> list[Unit]:
    """All units directly below."""
    return [
        Unit(one["id"], one["name"], one["level"], f"{unit.chain}{one['id']}/")
        for one in client.children(unit.id)
    ]


def _line_of_units(items: Iterable[Any]) -> list[Unit]:
    """Units from the top down to one's own, each with its chain."""
    line: list[Unit] = []
    chain = "/"
    for one in items:
        chain += f"{one['id']}/"
        line.append(Unit(one["id"], one["name"], one["level"], chain))
    return line


def code_of(error: ZzdError | Unreachable) -> str:
    """Why the platform did not do it, for the page."""
    if isinstance(error, Unreachable) or error.status >= 500 or error.status == 429:
        return "platform_unreachable"
    return "credentials_refused" if error.code == "invalid_client" else "launch_refused"
