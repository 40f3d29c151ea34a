"""What two versions of a directive differ in, and how much of it an app is told. Pure."""

from __future__ import annotations

from typing import Any

from zzd.tasks.lifecycle.changes import FIELDS, between


def version(word: str) -> dict[str, Any]:
    """One in which every field is other than in one of another word."""
    unit = {"id": "7", "name": f"{word}防汛办"}
    named = {
        "lead_unit": unit,
        "cooperating_units": [unit],
        "copies": [{"text": f"{word}以下 乡镇"}],
        "audiences": [f"{word}以下 村"],
        "files": [{"name": f"{word}.pdf"}],
    }
    return {**dict.fromkeys(FIELDS, word), **named}


def test_an_app_is_told_no_names_of_units_that_may_lie_outside_its_part() -> None:
    before, now = version("台州"), version("温州")
    assert [change["field"] for change in between(before, now)] == list(FIELDS)
    told = between(before, now, to_app=True)
    assert {change["field"] for change in told} == set(FIELDS) - {
        *("audiences", "lead_unit", "cooperating_units", "copies"),
    }
    assert not any("防汛办" in str(change) or "以下" in str(change) for change in told)
