"""What a situation report says, section by section: pure, from the roll-up to words.

The form is that of a flood-control bulletin (防汛快报): a red masthead with the number, the issuing
unit and the date; then the sections in their order; whoever signs, and to whom copies go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from zzd.tasks.exports.words import (
    CASUALTIES,
    FLOOD_KINDS,
    dated,
    level_name,
    number,
    share,
    spoken,
)

ORDINALS = "一二三四五六七八九十"
# What became of a directive, by its status.
ENDED = {"closed": "解除", "cancelled": "撤销", "superseded": "由新版本替代"}
# More columns than this do not stand side by side on a page.
MOST_COLUMNS = 6


@dataclass(frozen=True, slots=True)
class Facts:
    """Where a report takes its words from. ``silent`` are the first units that did not report,
    each by its whole name, all of them where they are few; ``levels`` the event's response levels, the latest last. ``status``,
    ``ended_at`` and ``end_reason`` are the directive's, ``closed_at`` the event's."""

    no: int
    at: datetime
    unit_name: str
    event_name: str
    kind: str
    mode: str
    level: int | None
    levels: Sequence[Mapping[str, Any]]
    title: str
    number: str | None
    issuer: str
    issued_at: datetime
    ack_deadline: datetime
    report_deadline: datetime | None
    rollup: Mapping[str, Any]
    silent: Sequence[str]
    next_steps: str
    signer: str
    # In whose name it is issued.
    office: str
    copies: Sequence[str] = field(default_factory=tuple)
    closed_at: datetime | None = None
    status: str = "open"
    ended_at: datetime | None = None
    end_reason: str = ""


def compose(facts: Facts) -> dict[str, Any]:
    """The content as it is kept: JSON, and everything that is printed."""
    sections = [
        ("响应级别", _level(facts), None),
        ("指令执行情况", _progress(facts), _progress_table(facts.rollup)),
        ("转移安置", _figures(facts.rollup), _figures_table(facts.rollup)),
        ("伤亡情况", _casualties(facts.rollup), None),
        ("未报单位", _silent(facts), None),
        ("下一步工作", facts.next_steps.split("\n"), None),
    ]
    return {
        "masthead": "防汛快报" if facts.kind in FLOOD_KINDS else "应急快报",
        "exercise": facts.mode == "exercise",
        "issue": f"第 {facts.no} 期",
        "unit": facts.office,
        "date": dated(facts.at),
        "title": f"{facts.event_name}{'（演练）' if facts.mode == 'exercise' else ''}情况快报",
        "as_of": f"数据截至{spoken(facts.at)}",
        "sections": [
            {
                "title": f"{ordinal}、{title}",
                "paragraphs": [p for p in paragraphs if p],
                "table": table,
            }
            for ordinal, (title, paragraphs, table) in zip(ORDINALS, sections, strict=False)
        ],
        "signer": facts.signer,
        "copies": list(facts.copies),
    }


def _level(facts: Facts) -> list[str]:
    if facts.closed_at is not None:
        now = f"应急响应已于{spoken(facts.closed_at)}结束"
    elif facts.level is None:
        now = "目前未启动应急响应"
    else:
        now = f"目前为{level_name(facts.level)}"
    said, before = [f"{facts.event_name}：{now}。"], None
    for change in facts.levels:
        reason = f"（{change['reason']}）" if change["reason"] else ""
        said.append(
            f"{spoken(change['at'])}，{change['by']['unit_name']}"
            f"{_changed(before, change['level'])}{reason}。"
        )
        before = change["level"]
    return said


def _changed(before: int | None, level: int) -> str:
    """Ⅰ is the highest: a smaller number is more."""
    if before is None:
        return f"启动{level_name(level)}"
    return f"将{level_name(before)}{'提升' if level < before else '调整'}为{level_name(level)}"


def _progress(facts: Facts) -> list[str]:
    total = facts.rollup["total"]
    numbered = f"（{facts.number}）" if facts.number else ""
    deadline = f"，要求{spoken(facts.ack_deadline)}前签收"
    if facts.report_deadline is not None:
        deadline += f"、{spoken(facts.report_deadline)}前反馈"
    addressed = total["addressed"]
    steps = "，".join(
        f"{word}{total[key]:,}个（{share(total[key], addressed)}）"
        for key, word in (
            ("delivered", "已送达"),
            ("acknowledged", "已签收"),
            ("reported", "已反馈"),
            ("completed", "已办结"),
        )
    )
    late = f"超过时限{total['overdue']:,}个" if total["overdue"] else "无超时单位"
    reason = f"（{facts.end_reason}）" if facts.end_reason else ""
    ended = (
        f"该指令已于{spoken(facts.ended_at)}{ENDED[facts.status]}{reason}" if facts.ended_at else ""
    )
    return [
        f"{spoken(facts.issued_at)}，{facts.issuer}下达指令“{facts.title}”{numbered}{deadline}。",
        # Nobody is late with what is over.
        f"{facts.unit_name}应办单位{addressed:,}个，{steps}；{ended or late}。",
    ]


def _progress_table(rollup: Mapping[str, Any]) -> dict[str, Any] | None:
    keys = ("addressed", "acknowledged", "reported", "completed", "overdue")
    headings = ["单位", "应办", "签收", "反馈", "办结", "超时"]
    return _table(rollup, headings, lambda part: [f"{part[key]:,}" for key in keys])


def _figures(rollup: Mapping[str, Any]) -> list[str]:
    specs = rollup["figures"]
    if not specs:
        return ["本指令未要求报送转移安置数据。"]
    sums = rollup["total"]["figures"]
    said = "；".join(
        f"{spec['name']}{number(sums[spec['key']])}"
        f"{'' if sums[spec['key']] is None else spec['unit']}"
        for spec in specs
    )
    parts = [
        f"其中{spec['name']}按风险类型："
        + "，".join(
            f"{risk['name']}{number(rollup['total']['by_risk'][spec['key']][risk['key']])}"
            for risk in spec["risks"]
        )
        + "。"
        for spec in specs
        if spec.get("risks")
    ]
    rest = "标注“未报”的，为尚无单位报送，不是零。"
    return [f"据已反馈单位汇总：{said}。", *parts, rest]


def _figures_table(rollup: Mapping[str, Any]) -> dict[str, Any] | None:
    specs = rollup["figures"][: MOST_COLUMNS - 1]
    if not specs:
        return None
    headings = ["单位", *(f"{spec['name']}（{spec['unit']}）" for spec in specs)]
    keys = [spec["key"] for spec in specs]
    return _table(rollup, headings, lambda part: [number(part["figures"][key]) for key in keys])


def _table(rollup: Mapping[str, Any], headings: list[str], cells: Any) -> dict[str, Any] | None:
    parts = [*([rollup["own"]] if rollup["own"] else []), *rollup["rows"]]
    if not parts:
        return None
    rows = [[part["unit"]["name"], *cells(part)] for part in parts]
    return {"headings": headings, "rows": rows, "total": ["合计", *cells(rollup["total"])]}


def _casualties(rollup: Mapping[str, Any]) -> list[str]:
    sums: Mapping[str, int | None] = rollup["total"].get("casualties") or {}
    known = {key: sums.get(key) for key in CASUALTIES}
    if all(value is None for value in known.values()):
        return ["截至目前，各单位未报送人员伤亡数据。"]
    said = "，".join(
        f"{word}{number(known[key])}{'' if known[key] is None else '人'}"
        for key, word in CASUALTIES.items()
    )
    return [f"据已反馈单位汇总：{said}。"]


def _silent(facts: Facts) -> list[str]:
    """By name where all of them are named, else how many there are in each part."""
    missing = facts.rollup["total"]["not_reported"]
    if not missing:
        return ["应办单位均已反馈。"]
    if len(facts.silent) < missing:
        own, rows = facts.rollup["own"], facts.rollup["rows"]
        parts = [
            f"{part['unit']['name']}{'本级' if part is own else ''}{part['not_reported']:,}个"
            for part in [*([own] if own else []), *rows]
            if part["not_reported"]
        ]
        listed = f"其中：{'，'.join(parts)}（名单见办理明细表）。"
    else:
        listed = f"{'、'.join(facts.silent)}。"
    return [f"尚有{missing:,}个单位未反馈，其数据未计入以上汇总。", listed]
