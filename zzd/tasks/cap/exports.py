"""A directive as a CAP message: the mapping of docs/cap.md, pure over plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from zzd.tasks.cap import notation
from zzd.tasks.cap.alerts import Alert, Area, Info, Pair, Reference

# China has one offset and no summer time.
BEIJING = timezone(timedelta(hours=8))
STATUSES = {"actual": "Actual", "exercise": "Exercise"}
URGENCIES = {"critical": "Immediate", "urgent": "Expected", "normal": "Future"}
SEVERITIES = {1: "Extreme", 2: "Severe", 3: "Moderate", 4: "Minor", None: "Unknown"}
CERTAINTIES = {"critical": "Observed", "urgent": "Likely", "normal": "Possible"}
ROMAN = {1: "Ⅰ", 2: "Ⅱ", 3: "Ⅲ", 4: "Ⅳ"}
CATEGORIES = {
    **dict.fromkeys(("typhoon", "rainstorm", "storm_surge", "snow", "cold_wave", "heat"), "Met"),
    **dict.fromkeys(("drought", "wind", "fog", "weather", "flood"), "Met"),
    **dict.fromkeys(("geological", "earthquake"), "Geo"),
    **dict.fromkeys(("wildfire", "fire"), "Fire"),
    "safety": "Safety",
    "security": "Security",
    "rescue": "Rescue",
    "health": "Health",
    "environment": "Env",
    "transport": "Transport",
    "infrastructure": "Infra",
    "cbrne": "CBRNE",
}
# What a unit's code is, by its number of digits: the state's six, and those that go on from them.
CODE_SYSTEMS = {2: "GB/T 2260", 4: "GB/T 2260", 6: "GB/T 2260", 9: "GB/T 10114"}
RESTRICTION = "政务内部：限指令所发单位及其上级使用"


@dataclass(frozen=True, slots=True)
class Addressed:
    """An audience: in words, and the code of the unit it begins at."""

    text: str
    code: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A line on the map, as latitudes and longitudes, and the counties that it touches by name."""

    points: Sequence[notation.Point]
    touched: Sequence[str]


@dataclass(frozen=True, slots=True)
class Order:
    """What of a directive and its event goes into the message. ``closed_at``: it is over.

    ``replaces`` are the messages of the directives that this one supersedes; ``cancelled`` is the
    reason, where it was cancelled and not simply over.
    """

    id: int
    number: str | None
    title: str
    text: str
    urgency: str
    unit_name: str
    issued_at: datetime
    ack_deadline: datetime
    report_deadline: datetime | None
    figures: Sequence[Mapping[str, Any]]
    event_name: str
    kind: str
    mode: str
    level: int | None
    addressed: Sequence[Addressed]
    drawn: Drawn | None = None
    closed_at: datetime | None = None
    replaces: Sequence[Reference] = ()
    cancelled: str | None = None


def identifier_of(directive_id: int) -> str:
    return f"zzd-directive-{directive_id}"


def as_alert(order: Order, sender: str) -> Alert:
    """An open directive is an Alert, or an Update of those it replaces; a closed one a Cancel."""
    own = Reference(sender, identifier_of(order.id), in_seconds(order.issued_at))
    if order.closed_at is not None:
        msg_type, references = "Cancel", [own]
        how = "closed" if order.cancelled is None else "cancelled"
        identifier, sent = f"{own.identifier}-{how}", in_seconds(order.closed_at)
    else:
        msg_type = "Update" if order.replaces else "Alert"
        references = list(order.replaces)
        identifier, sent = own.identifier, own.sent
    return Alert(
        identifier=identifier,
        sender=sender,
        sent=sent,
        status=STATUSES[order.mode],
        msg_type=msg_type,
        scope="Restricted",
        restriction=RESTRICTION,
        note=_note(order),
        references=notation.write_references(references) if references else None,
        infos=(_info(order),),
    )


def _note(order: Order) -> str | None:
    notes = [f"演练：{order.event_name}"] if order.mode == "exercise" else []
    if order.cancelled is not None:
        notes.append(f"撤销：{order.cancelled}")
    return "；".join(notes) or None


def _responses(order: Order) -> tuple[str, ...]:
    """What is called off was no danger that is over: there is nothing more to do about it."""
    if order.closed_at is None:
        return ("Execute",)
    return ("AllClear",) if order.cancelled is None else ("None",)


def _info(order: Order) -> Info:
    return Info(
        language="zh-CN",
        categories=(CATEGORIES.get(order.kind, "Other"),),
        event=order.event_name,
        response_types=_responses(order),
        urgency="Past" if order.closed_at else URGENCIES[order.urgency],
        severity=SEVERITIES[order.level],
        certainty=CERTAINTIES[order.urgency],
        audience="；".join(each.text for each in order.addressed),
        event_codes=(("zzd:kind", order.kind),),
        effective=in_seconds(order.issued_at),
        expires=in_seconds(order.report_deadline or order.ack_deadline),
        sender_name=order.unit_name,
        # For whoever shows the headline and not the status.
        headline=f"【演练】{order.title}" if order.mode == "exercise" else order.title,
        description=order.text,
        instruction=_instruction(order),
        parameters=_parameters(order),
        areas=(
            *(
                Area(description=each.text, geocodes=(geocode(each.code),))
                for each in order.addressed
            ),
            *_drawn(order),
        ),
    )


def _drawn(order: Order) -> list[Area]:
    if order.drawn is None:
        return []
    words = "、".join(["地图圈定范围", *order.drawn.touched])
    return [Area(description=words, polygons=(notation.write_polygon(order.drawn.points),))]


def geocode(code: str) -> Pair:
    """A unit's code and the system it is of; GB/T 2260 always has six digits."""
    system = CODE_SYSTEMS.get(len(code), "zzd:unit")
    if len(code) == 12:
        system = "统计用区划代码"
    return (system, code.ljust(6, "0") if system == "GB/T 2260" else code)


def _instruction(order: Order) -> str:
    sentences = [f"请于{_words(order.ack_deadline)}前签收。"]
    if order.report_deadline is not None:
        sentences.append(f"请于{_words(order.report_deadline)}前反馈。")
    if order.figures:
        asked = "、".join(f"{spec['name']}（{spec['unit']}）" for spec in order.figures)
        sentences.append(f"反馈内容：{asked}。")
    return "".join(sentences)


def _parameters(order: Order) -> tuple[Pair, ...]:
    pairs = [("文号", order.number)] if order.number else []
    if order.level is not None:
        pairs.append(("应急响应等级", f"{ROMAN[order.level]}级"))
    pairs.append(("签收时限", notation.write_time(in_seconds(order.ack_deadline))))
    if order.report_deadline is not None:
        pairs.append(("反馈时限", notation.write_time(in_seconds(order.report_deadline))))
    return tuple((name, value) for name, value in pairs if value is not None)


def in_seconds(moment: datetime) -> datetime:
    """In whole seconds, as the document has it: what is read again is the same."""
    return moment.astimezone(BEIJING).replace(microsecond=0)


def _words(moment: datetime) -> str:
    local = moment.astimezone(BEIJING)
    return f"{local.month}月{local.day}日{local.hour}时{local.minute:02}分"
