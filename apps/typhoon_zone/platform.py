"""ZZD as this app sees it: its public interface, by the SDK, and nothing else of it anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from zzd_sdk import Client, Identity, Unreachable, ZzdError

CITY, COUNTY, TOWNSHIP = 2, 3, 4
MOST_EXERCISES, MOST_ASSIGNMENTS = 20, 100


@dataclass(frozen=True)
class Unit:
    """A unit, and its ``chain``: the code of the topmost unit above it that the app was shown,
    and the ids from there down to its own: ``3310/5/22/``.

    What stands above an installation is not shown to it. So of two installations each may know a
    chain of another length: an id that both know says what lies where, and above that the code.
    """

    id: str
    name: str
    level: int
    code: str
    chain: str

    def holds(self, chain: str) -> bool:
        """Whether what has this chain is of this unit or of one below."""
        return f"/{self.id}/" in chain or chain.partition("/")[0].startswith(self.code)


@dataclass(frozen=True)
class Visitor:
    """Who opened the app: their unit, what they see (``scope``) and where they may write."""

    sub: str
    name: str
    post_title: str
    line: str
    unit: Unit
    scope: Unit
    writable: tuple[Unit, ...]
    expires_in: int


# Who is there. ``client`` calls with the token of the official who opened the app.


def recognise(client: Client, identity: Identity) -> Visitor:
    """Where the official belongs who opened the app. Raises ZzdError, Unreachable."""
    user = identity.user
    line = _line_of_units([*client.ancestors(user["unit"]["id"]), user["unit"]])
    unit = line[-1]
    return Visitor(
        sub=user["sub"],
        name=user["name"],
        post_title=user["post"]["title"],
        line=user["post"]["line"]["code"],
        unit=unit,
        # Neighbours help each other: whoever is in a county sees all of it.
        scope=next((one for one in line if one.level == COUNTY), unit),
        writable=(unit, *children(client, unit)) if unit.level >= TOWNSHIP else (),
        expires_in=identity.expires_in,
    )


def children(client: Client, unit: Unit) -> list[Unit]:
    """All units directly below."""
    return [
        Unit(one["id"], one["name"], one["level"], one["code"], f"{unit.chain}{one['id']}/")
        for one in client.children(unit.id)
    ]


def _line_of_units(items: Sequence[Any]) -> list[Unit]:
    """Units from the top down to one's own, each with its chain."""
    line: list[Unit] = []
    chain = f"{items[0]['code']}/"
    for one in items:
        chain += f"{one['id']}/"
        line.append(Unit(one["id"], one["name"], one["level"], one["code"], chain))
    return line


# What is ordered


def open_events(client: Client) -> list[dict[str, Any]]:
    """The events of the visitor's part of the organisation, with their levels in force: all actual
    ones, and behind them the latest exercises."""
    actual = list(client.pages("/events", status="open", mode="actual"))
    drills = client.pages("/events", status="open", mode="exercise", limit=MOST_EXERCISES)
    return actual + list(islice(drills, MOST_EXERCISES))


def assignments(client: Client) -> list[dict[str, Any]]:
    """What the visitor's unit has to do, the open ones first."""
    found = client.pages("/assignments", state="any", limit=MOST_ASSIGNMENTS)
    return list(islice(found, MOST_ASSIGNMENTS))


def acknowledge(client: Client, assignment_id: str) -> dict[str, Any]:
    """Acknowledge for the visitor's unit; once is enough, again changes nothing."""
    answer: dict[str, Any] = client.post(f"/assignments/{assignment_id}/acknowledgement")
    return answer


def code_of(error: ZzdError | Unreachable) -> str:
    """Why the platform did not do it, for the page."""
    if isinstance(error, Unreachable) or error.status >= 500 or error.status == 429:
        return "platform_unreachable"
    if error.code == "invalid_client":
        return "credentials_refused"
    return {401: "not_signed_in", 403: "not_permitted", 404: "not_permitted"}.get(
        error.status, "launch_refused"
    )
