"""What a warning proposes: the kind of event and the response level. Pure; docs/cap.md has it.

The first of these that says something decides the level: a parameter or an event code named
like a level or a colour, the colour in the headline or the event, the severity.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from zzd.tasks.cap.alerts import Alert, Info

# The response level by the colour of a Chinese warning (蓝黄橙红 → Ⅳ Ⅲ Ⅱ Ⅰ), however written.
LEVELS: dict[int, tuple[str, ...]] = {
    1: ("红", "red", "Ⅰ", "i", "1", "一"),
    2: ("橙", "orange", "Ⅱ", "ii", "2", "二"),
    3: ("黄", "yellow", "Ⅲ", "iii", "3", "三"),
    4: ("蓝", "blue", "Ⅳ", "iv", "4", "四"),
}
SEVERITIES = {"Extreme": 1, "Severe": 2, "Moderate": 3, "Minor": 4}
# Names of parameters and event codes that hold a level, in lower case.
LEVEL_NAMES = {
    *("预警等级", "预警级别", "预警颜色", "预警信号", "响应等级", "应急响应等级", "级别", "等级"),
    *("level", "warninglevel", "warning_level", "alertlevel", "color", "colour"),
    *("warningcolor", "severitycolor"),
}
# A value of such a parameter: 橙色, 橙色预警, Orange, Ⅱ级, 二级, 2.
LEVEL_VALUES = {
    rf"(?:{'|'.join(words)})(?:色|级)?(?:预警|响应|信号)*": level for level, words in LEVELS.items()
}
COLOURS = re.compile(
    r"(红|橙|黄|蓝)色|\b(red|orange|yellow|blue)\s+(?:alert|warning)", re.IGNORECASE
)

# The kind of event by words of the event and the headline; the first that is found.
KINDS: dict[str, str] = {
    "typhoon": r"台风|热带气旋|typhoon|hurricane|tropical (?:storm|cyclone)",
    "storm_surge": r"风暴潮|海浪|storm surge|tsunami|海啸",
    "geological": r"地质灾害|滑坡|泥石流|崩塌|地面塌陷|landslide|mudslide|debris flow",
    "flood": r"洪水|山洪|内涝|洪涝|flood",
    "rainstorm": r"暴雨|强降雨|rainstorm|heavy rain",
    "earthquake": r"地震|earthquake",
    "wildfire": r"森林火|草原火|wild ?fire|forest fire",
    "snow": r"暴雪|道路结冰|snow|blizzard|\bice\b",
    "cold_wave": r"寒潮|霜冻|低温|cold wave|frost",
    "heat": r"高温|heat",
    "drought": r"干旱|drought",
    "wind": r"大风|雷电|雷雨|冰雹|强对流|thunderstorm|\bwind\b|tornado|hail",
    "fog": r"大雾|霾|fog|haze",
}
# Where no word says it, by the first category.
KINDS_BY_CATEGORY = {
    "Geo": "geological",
    "Met": "weather",
    "Safety": "safety",
    "Security": "security",
    "Rescue": "rescue",
    "Fire": "fire",
    "Health": "health",
    "Env": "environment",
    "Transport": "transport",
    "Infra": "infrastructure",
    "CBRNE": "cbrne",
    "Other": "other",
}
MODES = {"Actual": "actual", "Exercise": "exercise"}


@dataclass(frozen=True, slots=True)
class Proposal:
    """``level`` is None where nothing is to be responded to; ``basis`` says what decided.

    ``mode`` is None for what is neither actual nor an exercise: no event comes of it.
    """

    name: str
    kind: str
    mode: str | None
    level: int | None
    basis: str


def propose(alert: Alert) -> Proposal:
    """Of several infos (languages, hazards) the one of the highest level; Chinese words first."""
    weighed = [(*_level(alert, info), info) for info in alert.infos]
    if not weighed:
        return Proposal(alert.identifier, "other", MODES.get(alert.status), None, "no_info")
    level, basis, info = min(
        weighed, key=lambda each: (each[0] or 9, not each[2].language.lower().startswith("zh"))
    )
    return Proposal(
        name=(info.headline or info.event).strip() or alert.identifier,
        kind=_kind(info),
        mode=MODES.get(alert.status),
        level=level,
        basis=basis,
    )


def _kind(info: Info) -> str:
    # The event names the hazard; the headline may name others beside it.
    for text in (info.event, info.headline or ""):
        for kind, words in KINDS.items():
            if re.search(words, text, re.IGNORECASE):
                return kind
    return KINDS_BY_CATEGORY[info.categories[0]]


def _level(alert: Alert, info: Info) -> tuple[int | None, str]:
    if reason := _nothing_to_do(alert, info):
        return None, reason
    for name, value in (*info.parameters, *info.event_codes):
        if name.strip().lower().removeprefix("cap:") in LEVEL_NAMES:
            for pattern, level in LEVEL_VALUES.items():
                if re.fullmatch(pattern, value.strip(), re.IGNORECASE):
                    return level, f"parameter: {name.strip()} = {value.strip()}"[:200]
    for text in (info.headline or "", info.event):
        if said := sorted(_colours(text)):
            return said[0], "colour"
    if info.severity in SEVERITIES:
        return SEVERITIES[info.severity], f"severity: {info.severity}"
    return None, "severity: Unknown"


def _nothing_to_do(alert: Alert, info: Info) -> str | None:
    if alert.msg_type not in ("Alert", "Update"):
        return f"msgType: {alert.msg_type}"
    if "AllClear" in info.response_types:
        return "responseType: AllClear"
    if info.urgency == "Past":
        return "urgency: Past"
    if info.certainty == "Unlikely":
        return "certainty: Unlikely"
    return None


def _colours(text: str) -> Iterator[int]:
    """The levels of the colours named; of several (橙色升级为红色) the highest is proposed."""
    for chinese, english in COLOURS.findall(text):
        for level, words in LEVELS.items():
            if (chinese or english.lower()) in words:
                yield level
