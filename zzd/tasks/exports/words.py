"""The words of what is handed out: in Chinese, whatever the reader's screen speaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from zzd.tasks.cap.exports import BEIJING, ROMAN

EXERCISE = "演练"
CASUALTIES = {"dead": "死亡", "missing": "失踪", "injured": "受伤"}
STATES = {
    "issued": "待签收",
    "delivered": "待签收（已送达）",
    "read": "待签收（已阅读）",
    "acknowledged": "已签收",
    "in_progress": "办理中",
    "reported": "已反馈",
    "completed": "已办结",
    "returned": "已退回",
    "transferred": "已转办",
    "cancelled": "已撤销",
    "superseded": "已被替代",
}
# Events of water and wind are the flood-control headquarters' business, by custom of the form.
FLOOD_KINDS = ("typhoon", "rainstorm", "flood", "storm_surge", "geological")


def moment(at: datetime | None) -> str:
    """2019-08-09 21:30, as tables have it; nothing for what did not happen."""
    return at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S") if at else ""


def spoken(at: datetime) -> str:
    """8月9日21时30分, as sentences have it."""
    local = at.astimezone(BEIJING)
    return f"{local.month}月{local.day}日{local.hour}时{local.minute:02}分"


def dated(at: datetime) -> str:
    local = at.astimezone(BEIJING)
    return f"{local.year}年{local.month}月{local.day}日"


def level_name(level: int | None) -> str:
    return "未启动应急响应" if level is None else f"{ROMAN[level]}级应急响应"


def number(value: int | None) -> str:
    """What nobody reported is no number."""
    return "未报" if value is None else f"{value:,}"


def figure_columns(specs: Sequence[Mapping[str, Any]]) -> list[tuple[str, str | None, str]]:
    """The columns of what a directive asks for, in its order: the figure's key, the kind of risk,
    if it is a part, and the heading."""
    found: list[tuple[str, str | None, str]] = []
    for spec in specs:
        found.append((spec["key"], None, f"{spec['name']}（{spec['unit']}）"))
        found += [
            (spec["key"], risk["key"], f"{spec['name']}·{risk['name']}（{spec['unit']}）")
            for risk in spec.get("risks") or ()
        ]
    return found


def share(part: int, whole: int) -> str:
    """All is said only where it is all, and nothing only where it is nothing."""
    if whole == 0:
        return "—"
    if part >= whole or part == 0:
        return "100%" if part else "0%"
    return f"{min(max(part / whole * 100, 0.1), 99.9):.1f}%"


def file_name(exercise: bool, *words: str) -> str:
    """Of an exercise the name begins with it; nothing in it leads elsewhere."""
    plain = ["".join(each for each in word if each not in '\\/:*?"<>|') for word in words]
    return "-".join([*([EXERCISE] if exercise else []), *(word.strip() for word in plain)])
