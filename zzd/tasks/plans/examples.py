"""The worked plans that come with ZZD, for a unit to begin from."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import orjson

from zzd.tasks.plans.content import CONTENT, keep

FILES = Path(__file__).resolve().parents[3] / "data" / "plans"


@cache
def all_examples() -> list[dict[str, Any]]:
    """Each ``{kind, content}``, the content as a plan keeps it; checked when it is first read."""
    found = []
    for path in sorted(FILES.glob("*.json")):
        example = orjson.loads(path.read_bytes())
        found.append({"kind": example["kind"], "content": keep(CONTENT.load(example["content"]))})
    return found
