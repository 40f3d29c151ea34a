"""From an Alert to its XML: UTF-8, elements in the schema's order, nothing escaped twice."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from lxml import etree

from zzd.tasks.cap.alerts import NAMESPACE, Alert, Area, Info, Pair, Resource
from zzd.tasks.cap.notation import write_time

# What XML 1.0 has no way to write.
UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_alert(alert: Alert) -> bytes:
    """The document. What XML cannot hold (control characters) becomes U+FFFD."""
    root = etree.Element(f"{{{NAMESPACE}}}alert", nsmap={None: NAMESPACE})
    _add(root, "identifier", alert.identifier)
    _add(root, "sender", alert.sender)
    _add(root, "sent", alert.sent)
    _add(root, "status", alert.status)
    _add(root, "msgType", alert.msg_type)
    _add(root, "source", alert.source)
    _add(root, "scope", alert.scope)
    _add(root, "restriction", alert.restriction)
    _add(root, "addresses", alert.addresses)
    _add(root, "code", *alert.codes)
    _add(root, "note", alert.note)
    _add(root, "references", alert.references)
    _add(root, "incidents", alert.incidents)
    for info in alert.infos:
        _info(etree.SubElement(root, _name("info")), info)
    document: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return document


def _info(element: Any, info: Info) -> None:
    _add(element, "language", info.language)
    _add(element, "category", *info.categories)
    _add(element, "event", info.event)
    _add(element, "responseType", *info.response_types)
    _add(element, "urgency", info.urgency)
    _add(element, "severity", info.severity)
    _add(element, "certainty", info.certainty)
    _add(element, "audience", info.audience)
    _pairs(element, "eventCode", info.event_codes)
    _add(element, "effective", info.effective)
    _add(element, "onset", info.onset)
    _add(element, "expires", info.expires)
    _add(element, "senderName", info.sender_name)
    _add(element, "headline", info.headline)
    _add(element, "description", info.description)
    _add(element, "instruction", info.instruction)
    _add(element, "web", info.web)
    _add(element, "contact", info.contact)
    _pairs(element, "parameter", info.parameters)
    for resource in info.resources:
        _resource(etree.SubElement(element, _name("resource")), resource)
    for area in info.areas:
        _area(etree.SubElement(element, _name("area")), area)


def _resource(element: Any, resource: Resource) -> None:
    _add(element, "resourceDesc", resource.description)
    _add(element, "mimeType", resource.mime_type)
    _add(element, "size", None if resource.size is None else str(resource.size))
    _add(element, "uri", resource.uri)
    _add(element, "derefUri", resource.content)
    _add(element, "digest", resource.digest)


def _area(element: Any, area: Area) -> None:
    _add(element, "areaDesc", area.description)
    _add(element, "polygon", *area.polygons)
    _add(element, "circle", *area.circles)
    _pairs(element, "geocode", area.geocodes)
    _add(element, "altitude", area.altitude)
    _add(element, "ceiling", area.ceiling)


def _pairs(element: Any, name: str, pairs: tuple[Pair, ...]) -> None:
    for value_name, value in pairs:
        pair = etree.SubElement(element, _name(name))
        _add(pair, "valueName", value_name)
        _add(pair, "value", value)


def _add(element: Any, name: str, *values: str | datetime | None) -> None:
    for value in values:
        if value is not None:
            text = write_time(value) if isinstance(value, datetime) else value
            etree.SubElement(element, _name(name)).text = UNWRITABLE.sub("\ufffd", text)


def _name(local: str) -> str:
    return f"{{{NAMESPACE}}}{local}"
