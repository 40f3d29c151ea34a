"""Whether a manifest is a good one, by the platform's own rules and schemas, without asking it."""

from __future__ import annotations

import json
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


def faults_of(manifest: Any) -> list[Fault]:
    """Everything wrong with it, as ``{pointer, detail}``: the same that the platform answers. What
    only the platform knows (does the audience exist, is the id taken) is not among it."""
    return find_faults(manifest, SCHEMAS)
