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
