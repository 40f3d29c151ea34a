"""What an administrator may consent to, and when they have to be asked again. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from zzd.errors import Invalid


def check_scopes(
    given: Sequence[str], *, needed: Collection[str], optional: Collection[str]
) -> list[str]:
    """The scopes consented to, in the manifest's order: all that the app cannot do without, and any
    of the others. Raises Invalid."""
    if missing := [scope for scope in needed if scope not in given]:
        raise Invalid.at(
            "/scopes", f"The app cannot do without {', '.join(missing)}: consent, or do not install"
        )
    asked = [*needed, *optional]
    for index, scope in enumerate(given):
        if scope not in asked:
            raise Invalid.at(f"/scopes/{index}", f"The app does not ask for {scope}")
    return [scope for scope in asked if scope in given]


def scopes_to_consent_to(granted: Collection[str], needed: Collection[str]) -> list[str]:
    """What the app cannot do without and was not granted: until then it works without."""
    return [scope for scope in needed if scope not in granted]


def consents(
    scopes: Collection[str], *, already: Collection[str], before: Mapping[str, str], now: datetime
) -> dict[str, str]:
    """Since when each scope holds that came after the installation: what was taken back and is
    given again begins anew."""
    since = now.isoformat()
    return {
        scope: before[scope] if scope in already else since
        for scope in scopes
        if scope in before or scope not in already
    }
