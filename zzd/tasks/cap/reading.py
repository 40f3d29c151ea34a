"""From bytes that anybody may have sent to an Alert, or to what is wrong with them.

First it becomes text (``encodings``). In that there is no DOCTYPE at all: without one there is no
entity to expand or to fetch. Then well-formedness, then the schema, then ``rules``; the first of
these that fails is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from zzd.tasks.cap import encodings, notation, rules
from zzd.tasks.cap.alerts import NAMESPACE, Alert, Area, Fault, Info, Pair, Resource

SCHEMA = Path(__file__).resolve().parents[3] / "data" / "cap" / "CAP-v1.2.xsd"
MOST_FAULTS = 50
# Elements and attributes. Naming the place of one fault costs a walk past its siblings, so that
# 140,000 faulty ones within a megabyte took two minutes.
MOST_NODES = 8_000
MOST_NAMESPACES = 50
# Of a resource's size in bytes.
MOST_DIGITS = 18
TIMES = ("sent", "effective", "onset", "expires")


class NotCap(Exception):
    """The document is no CAP message that may be taken in; ``faults`` says why."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{fault.pointer}: {fault.detail}" for fault in faults[:3]))
        self.faults = faults[:MOST_FAULTS]


def read_alert(document: bytes) -> Alert:
    """The message in a document. Raises NotCap with everything that is wrong on one level."""
    root = _parse(_text(document))
    if root.tag != f"{{{NAMESPACE}}}alert":
        raise NotCap([Fault("/", "not_cap", f"The root must be alert of {NAMESPACE}")])
    _check_size(root)
    if found := _schema_faults(root):
        raise NotCap(found)
    if found := list(_time_faults(root)):
        raise NotCap(found)
    alert = _alert(root)
    if found := rules.faults(alert):
        raise NotCap(found)
    return alert


def _text(document: bytes) -> str:
    try:
        text = encodings.as_text(document)
    except ValueError as error:
        raise NotCap([Fault("/", "encoding", str(error))]) from error
    # What is looked at here is what is parsed; that a text may not hold it either is the price.
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise NotCap([Fault("/", "doctype", "Must hold no DOCTYPE and no entities of its own")])
    return text


def _parse(text: str) -> Any:
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError as error:
        detail = f"Is not well-formed XML: line {error.lineno or 1}: {error.msg}"
        raise NotCap([Fault("/", "well_formed", detail[:300])]) from None


def _check_size(root: Any) -> None:
    nodes = 0
    for element in root.iter():
        nodes += 1 + len(element.attrib)
        if nodes > MOST_NODES:
            detail = f"Holds more than {MOST_NODES} elements and attributes"
            raise NotCap([Fault("/alert", "too_many", detail)])
        if len(element.nsmap) > MOST_NAMESPACES:
            detail = f"Holds more than {MOST_NAMESPACES} namespaces"
            raise NotCap([Fault("/alert", "too_many", detail)])


@cache
def _schema_bytes() -> bytes:
    return SCHEMA.read_bytes()


def _schema_faults(root: Any) -> list[Fault]:
    # One for each document: a schema keeps the errors of whom it looked at last.
    schema = etree.XMLSchema(etree.fromstring(_schema_bytes()))
    if schema.validate(root):
        return []
    found: dict[str, Fault] = {}
    for entry in schema.error_log:
        pointer = _resolve(root, entry.path)
        rule = "time" if pointer.rpartition("/")[2].split("[")[0] in TIMES else "schema"
        detail = entry.message.replace(f"{{{NAMESPACE}}}", "").strip()
        # Of several remarks on one element the first is the one about its value.
        found.setdefault(pointer, Fault(pointer, rule, detail[:300]))
        if len(found) == MOST_FAULTS:
            break
    return list(found.values())


def _resolve(root: Any, path: str | None) -> str:
    """The pointer to the element at libxml2's path: ``/*/*[9]`` or with prefixes."""
    try:
        namespaces = {prefix: uri for prefix, uri in root.nsmap.items() if prefix}
        (element, *_) = root.xpath(path or "/*", namespaces=namespaces)
    except (etree.XPathError, ValueError):
        return "/alert"
    return _pointer(element)


def _pointer(element: Any) -> str:
    """``/alert/info[2]/area[1]/polygon[1]``; numbered where there may be several."""
    steps = []
    while element is not None:
        name = etree.QName(element).localname
        if element.getparent() is not None and name in MANY:
            name += f"[{sum(1 for _ in element.itersiblings(element.tag, preceding=True)) + 1}]"
        steps.append(name)
        element = element.getparent()
    return "/" + "/".join(reversed(steps))


MANY = {
    *("code", "info", "category", "responseType", "eventCode", "parameter", "resource"),
    *("area", "polygon", "circle", "geocode"),
}


def _time_faults(root: Any) -> Iterator[Fault]:
    """Times that the schema's pattern lets pass and no calendar holds."""
    for element in root.iter(*(f"{{{NAMESPACE}}}{name}" for name in TIMES)):
        try:
            notation.read_time(_whole(element))
        except ValueError as error:
            yield Fault(_pointer(element), "time", str(error))


def _alert(root: Any) -> Alert:
    sent = _time(root, "sent")
    assert sent is not None
    return Alert(
        identifier=_one(root, "identifier"),
        sender=_one(root, "sender"),
        sent=sent,
        status=_one(root, "status"),
        msg_type=_one(root, "msgType"),
        scope=_one(root, "scope"),
        source=_some(root, "source"),
        restriction=_some(root, "restriction"),
        addresses=_some(root, "addresses"),
        codes=_all(root, "code"),
        note=_some(root, "note"),
        references=_some(root, "references"),
        incidents=_some(root, "incidents"),
        infos=tuple(_info(each) for each in _children(root, "info")),
    )


def _info(info: Any) -> Info:
    return Info(
        event=_one(info, "event"),
        categories=_all(info, "category"),
        urgency=_one(info, "urgency"),
        severity=_one(info, "severity"),
        certainty=_one(info, "certainty"),
        language=_some(info, "language") or "en-US",
        response_types=_all(info, "responseType"),
        audience=_some(info, "audience"),
        event_codes=_pairs(info, "eventCode"),
        effective=_time(info, "effective"),
        onset=_time(info, "onset"),
        expires=_time(info, "expires"),
        sender_name=_some(info, "senderName"),
        headline=_some(info, "headline"),
        description=_some(info, "description"),
        instruction=_some(info, "instruction"),
        web=_some(info, "web"),
        contact=_some(info, "contact"),
        parameters=_pairs(info, "parameter"),
        resources=tuple(_resource(each) for each in _children(info, "resource")),
        areas=tuple(_area(each) for each in _children(info, "area")),
    )


def _resource(resource: Any) -> Resource:
    size = _some(resource, "size")
    # The schema has no largest number, and Python reads none of thousands of digits.
    if size is not None and len(size.strip()) > MOST_DIGITS:
        pointer = _pointer(resource.find(f"{{{NAMESPACE}}}size"))
        raise NotCap([Fault(pointer, "size", f"Must have at most {MOST_DIGITS} digits")])
    return Resource(
        description=_one(resource, "resourceDesc"),
        mime_type=_one(resource, "mimeType"),
        size=None if size is None else int(size),
        uri=_some(resource, "uri"),
        content=_some(resource, "derefUri"),
        digest=_some(resource, "digest"),
    )


def _area(area: Any) -> Area:
    return Area(
        description=_one(area, "areaDesc"),
        polygons=_all(area, "polygon"),
        circles=_all(area, "circle"),
        geocodes=_pairs(area, "geocode"),
        altitude=_some(area, "altitude"),
        ceiling=_some(area, "ceiling"),
    )


def _children(element: Any, name: str) -> list[Any]:
    found: list[Any] = element.findall(f"{{{NAMESPACE}}}{name}")
    return found


def _whole(element: Any) -> str:
    # Comments and instructions were taken out; what they divided is one text again.
    return "".join(element.itertext())


def _all(element: Any, name: str) -> tuple[str, ...]:
    return tuple(_whole(child) for child in _children(element, name))


def _some(element: Any, name: str) -> str | None:
    values = _all(element, name)
    return values[0] if values else None


def _one(element: Any, name: str) -> str:
    # The schema has seen to it that it is there.
    return _all(element, name)[0]


def _pairs(element: Any, name: str) -> tuple[Pair, ...]:
    return tuple(
        (_one(each, "valueName"), _one(each, "value")) for each in _children(element, name)
    )


def _time(element: Any, name: str) -> datetime | None:
    text = _some(element, name)
    return None if text is None else notation.read_time(text)
