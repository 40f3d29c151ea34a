"""What the schema of CAP 1.2 cannot say: pure rules over an Alert, each named in docs/cap.md."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from zzd.tasks.cap import notation
from zzd.tasks.cap.alerts import Alert, Area, Fault, Info, Resource, numbered

# Characters of an identifier or a sender: what references are built of.
LONGEST_NAME = 200
NEED_REFERENCES = ("Update", "Cancel", "Ack", "Error")
MIME_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(\s*;.*)?", re.ASCII | re.DOTALL)
ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+", re.ASCII)


def faults(alert: Alert) -> list[Fault]:
    """Everything that is wrong, in the order of the document."""
    found = [*_head(alert), *_scope(alert), *_lists(alert)]
    for number, info in enumerate(alert.infos, 1):
        found += _info(alert, info, f"/alert/info[{number}]")
    return found


def _head(alert: Alert) -> Iterator[Fault]:
    for name, value in (("identifier", alert.identifier), ("sender", alert.sender)):
        pointer = f"/alert/{name}"
        if not value or len(value) > LONGEST_NAME:
            yield Fault(pointer, "name_length", f"Must have 1 to {LONGEST_NAME} characters")
        elif re.search(r"[\s,<&]", value):
            yield Fault(pointer, "name_characters", "Must hold no space, comma, < or &")


def _scope(alert: Alert) -> Iterator[Fault]:
    if alert.scope == "Private" and not (alert.addresses or "").strip():
        yield Fault("/alert/addresses", "private_addresses", "A private message says to whom")
    if alert.scope == "Restricted" and not (alert.restriction or "").strip():
        detail = "A restricted message says how it is restricted"
        yield Fault("/alert/restriction", "restricted_restriction", detail)


def _lists(alert: Alert) -> Iterator[Fault]:
    if alert.references is not None:
        yield from _read(
            "/alert/references", "references", notation.read_references, alert.references
        )
    elif alert.msg_type in NEED_REFERENCES:
        detail = f"{alert.msg_type} must name the messages it is about"
        yield Fault("/alert/references", "references", detail)
    for name, words in (("addresses", alert.addresses), ("incidents", alert.incidents)):
        if words is not None:
            yield from _read(f"/alert/{name}", "quotes", notation.read_words, words)


def _info(alert: Alert, info: Info, here: str) -> Iterator[Fault]:
    if not info.event.strip():
        yield Fault(f"{here}/event", "blank", "Must not be blank")
    # Without a time of its own it is in force from when it was sent.
    if info.expires is not None and info.expires < (info.effective or alert.sent):
        detail = "Must not be before the message takes effect"
        yield Fault(f"{here}/expires", "expires", detail)
    if info.web is not None and not ABSOLUTE.fullmatch(info.web.strip()):
        yield Fault(f"{here}/web", "absolute", "Must be an absolute address")
    for number, resource in enumerate(info.resources, 1):
        yield from _resource(resource, f"{here}/resource[{number}]")
    for number, area in enumerate(info.areas, 1):
        yield from _area(area, f"{here}/area[{number}]")


def _resource(resource: Resource, here: str) -> Iterator[Fault]:
    if not MIME_TYPE.fullmatch(resource.mime_type.strip()):
        yield Fault(f"{here}/mimeType", "mime_type", "Must be a media type, such as image/png")
    if resource.size is not None and resource.size < 0:
        yield Fault(f"{here}/size", "size", "Must not be below 0")
    if resource.digest is not None and not re.fullmatch(r"[0-9a-fA-F]{40}", resource.digest):
        yield Fault(f"{here}/digest", "digest", "Must be a SHA-1, 40 hexadecimal digits")
    if resource.content is not None:
        yield from _content(resource, resource.content, here)


def _content(resource: Resource, encoded: str, here: str) -> Iterator[Fault]:
    """What is carried along must be what is said of it."""
    try:
        content = base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError):
        yield Fault(f"{here}/derefUri", "content", "Must be base64")
        return
    if resource.size is not None and resource.size != len(content):
        yield Fault(f"{here}/size", "size", f"The content has {len(content)} bytes")
    digest = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    if resource.digest is not None and resource.digest.lower() != digest:
        yield Fault(f"{here}/digest", "digest", "Is not the SHA-1 of the content")


def _area(area: Area, here: str) -> Iterator[Fault]:
    if not area.description.strip():
        yield Fault(f"{here}/areaDesc", "blank", "Must not be blank")
    for pointer, polygon in numbered(f"{here}/polygon", area.polygons):
        yield from _read(pointer, "polygon", notation.read_polygon, polygon)
    for pointer, circle in numbered(f"{here}/circle", area.circles):
        yield from _read(pointer, "circle", notation.read_circle, circle)
    if area.ceiling is None:
        return
    if area.altitude is None:
        yield Fault(f"{here}/ceiling", "ceiling", "A ceiling stands above an altitude")
    elif Decimal(area.ceiling) < Decimal(area.altitude):
        yield Fault(f"{here}/ceiling", "ceiling", "Must not be below the altitude")


def _read(pointer: str, rule: str, read: Callable[[str], Any], text: str) -> Iterator[Fault]:
    try:
        read(text)
    except ValueError as error:
        yield Fault(pointer, rule, str(error))
