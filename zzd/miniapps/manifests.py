"""The schemas of manifests, read from their files, and the rules applied with them."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from zzd.miniapps import manifest_rules
from zzd.miniapps.manifest_rules import NEWEST, Fault

FOLDER = Path(__file__).parent
SCHEMA_TEXTS = {
    version: (FOLDER / f"manifest-{version}.json").read_text(encoding="utf-8")
    for version in range(1, NEWEST + 1)
}
SCHEMAS: dict[int, dict[str, Any]] = {
    version: json.loads(text) for version, text in SCHEMA_TEXTS.items()
}
SCOPES: tuple[str, ...] = tuple(SCHEMAS[NEWEST]["$defs"]["scope"]["properties"]["name"]["enum"])
CATEGORIES: tuple[str, ...] = tuple(SCHEMAS[NEWEST]["properties"]["category"]["enum"])


def find_faults(
    manifest: Any, *, own_origins: Collection[str] = (), platform_version: str | None = None
) -> list[Fault]:
    """Everything wrong with a manifest of any version, as ``{pointer, detail}``."""
    return manifest_rules.find_faults(
        manifest, SCHEMAS, own_origins=own_origins, platform_version=platform_version
    )
