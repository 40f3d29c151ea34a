"""The settings of an installation: of the kinds that the manifest declares."""

from __future__ import annotations

from typing import Any

from zzd.errors import Invalid
from zzd.miniapps.manifest_rules import find_setting_faults


def check_settings(manifest: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """The settings of an installation, what was left out as the manifest has it. Raises Invalid."""
    if faults := find_setting_faults(manifest, given):
        raise Invalid(
            "The settings have faults",
            errors=[{**fault, "pointer": f"/settings{fault['pointer']}"} for fault in faults],
        )
    declared = manifest.get("settings", [])
    return {each["key"]: given.get(each["key"], each.get("default")) for each in declared}


def settings_in_force(manifest: dict[str, Any], kept: dict[str, Any]) -> dict[str, Any]:
    """What the app reads: as it was set where that still fits, else as this version has it. What
    another version of the app declares stays beside it."""
    held = dict(kept)
    for setting in manifest.get("settings", []):
        key = setting["key"]
        alone = {"settings": [setting]}
        if kept.get(key) is None or find_setting_faults(alone, {key: kept[key]}):
            held[key] = setting.get("default")
    return held
