"""A CAP 1.2 message as a value: what reading gives, what writing takes, what rules look at.

Names and order are those of the standard (OASIS CAP 1.2, section 3.2). Times are aware.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
MEDIA_TYPE = "application/cap+xml"

# Name and value, of which there may be several: eventCode, parameter, geocode.
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a document: where, by which rule of docs/cap.md, and in words."""

    pointer: str
    rule: str
    detail: str

    def as_dict(self) -> dict[str, str]:
        return {"pointer": self.pointer, "rule": self.rule, "detail": self.detail}


@dataclass(frozen=True, slots=True)
class Reference:
    """An earlier message, by what tells it from every other."""

    sender: str
    identifier: str
    sent: datetime


@dataclass(frozen=True, slots=True)
class Resource:
    description: str
    mime_type: str
    size: int | None = None
    uri: str | None = None
    content: str | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Area:
    """``polygons`` and ``circles`` are in the standard's own notation, which ``rules`` reads."""

    description: str
    polygons: tuple[str, ...] = ()
    circles: tuple[str, ...] = ()
    geocodes: tuple[Pair, ...] = ()
    altitude: str | None = None
    ceiling: str | None = None


@dataclass(frozen=True, slots=True)
class Info:
    event: str
    categories: tuple[str, ...]
    urgency: str
    severity: str
    certainty: str
    language: str = "en-US"
    response_types: tuple[str, ...] = ()
    audience: str | None = None
    event_codes: tuple[Pair, ...] = ()
    effective: datetime | None = None
    onset: datetime | None = None
    expires: datetime | None = None
    sender_name: str | None = None
    headline: str | None = None
    description: str | None = None
    instruction: str | None = None
    web: str | None = None
    contact: str | None = None
    parameters: tuple[Pair, ...] = ()
    resources: tuple[Resource, ...] = ()
    areas: tuple[Area, ...] = ()


@dataclass(frozen=True, slots=True)
class Alert:
    """``references`` and ``incidents`` are lists in the standard's own notation."""

    identifier: str
    sender: str
    sent: datetime
    status: str
    msg_type: str
    scope: str
    source: str | None = None
    restriction: str | None = None
    addresses: str | None = None
    codes: tuple[str, ...] = ()
    note: str | None = None
    references: str | None = None
    incidents: str | None = None
    infos: tuple[Info, ...] = ()


def numbered(base: str, parts: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Each part with its pointer: ``…/polygon[1]``, ``…/polygon[2]``."""
    for number, part in enumerate(parts, 1):
        yield f"{base}[{number}]", part
