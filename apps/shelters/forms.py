"""What people write about a shelter, checked; the texts are for them to read."""

from __future__ import annotations

import re
from typing import Any

MOST_PEOPLE = 100_000
_TEXTS = {"name": ("名称", 60), "address": ("地址", 120), "contact_name": ("联系人", 30)}
_PHONE = re.compile(r"[0-9+][0-9 -]{4,19}")


def check_shelter(body: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """The fields of a shelter, and what is wrong with them by field."""
    body = body if isinstance(body, dict) else {}
    fields: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for key, (label, longest) in _TEXTS.items():
        fields[key] = _text(body.get(key))
        if not 1 <= len(fields[key]) <= longest or not fields[key].isprintable():
            faults[key] = f"请填写{label}，最多 {longest} 个字"
    for key, label, least in (("capacity", "可容纳人数", 1), ("occupied", "已安置人数", 0)):
        fields[key] = body.get(key)
        if type(fields[key]) is not int or not least <= fields[key] <= MOST_PEOPLE:
            faults[key] = f"{label}应为 {least} 到 {MOST_PEOPLE} 的整数"
    fields["contact_phone"] = _text(body.get("contact_phone"))
    if not _PHONE.fullmatch(fields["contact_phone"]):
        faults["contact_phone"] = "请填写电话号码，如 0576-86120000"
    fields["is_open"] = body.get("is_open")
    if type(fields["is_open"]) is not bool:
        faults["is_open"] = "请选择是否启用"
    return fields, faults


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
