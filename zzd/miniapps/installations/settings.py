"""The settings of an installation: of the kinds that the manifest declares."""

from __future__ import annotations

from typing import Any

from zzd.errors import Invalid


def check_settings(manifest: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """The settings of an installation, what was left out as the manifest has it. Raises Invalid."""
    declared = {each["key"]: each for each in manifest.get("settings", [])}
    faults = [
        {"pointer": f"/settings/{key}", "detail": "The app has no such setting"}
        for key in given
        if key not in declared
    ]
    if faults:
        raise Invalid("The settings have faults", errors=faults)
    return {key: given.get(key, each.get("default")) for key, each in declared.items()}
