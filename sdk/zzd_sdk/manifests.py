"""Whether a manifest is a good one, by the platform's own rules and schemas, without asking it."""

from __future__ import annotations

import json
from collections.abc import Collection
from importlib import resources
from typing import Any

from zzd_sdk.manifest_rules import Fault, find_faults

VERSIONS = (1, 2)
SCHEMAS: dict[int, dict[str, Any]] = {
    version: json.loads(
        (resources.files("zzd_sdk") / f"manifest-{version}.json").read_text(encoding="utf-8")
    )
    for version in VERSIONS
}


def faults_of(
    manifest: Any, *, own_origins: Collection[str] = (), platform_version: str | None = None
) -> list[Fault]:
    """Everything wrong with it, as ``{pointer, detail}``: the same that the platform answers, with
    its own origins and version (``GET /miniapps/manifest-rules``). What only it knows (does the
    audience exist, is the id taken) is not among it."""
    return find_faults(
        manifest, SCHEMAS, own_origins=own_origins, platform_version=platform_version
    )
