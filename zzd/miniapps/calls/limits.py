"""How often an app may call: by its own token for each of its installations, and for each official
who opened it. Everybody of a county may open an app in the same minute, and each of them is served,
as long as one app with all of them does not take the whole platform.
"""

from __future__ import annotations

from flask import Flask, current_app, g

from zzd.errors import TooManyRequests
from zzd.miniapps.allowances import COUNTER, Allowance, InParts, Quota
from zzd.principal import Principal
from zzd.settings import Settings

LIMITS, WHOLE_LIMITS = "zzd.app_limits", "zzd.app_whole_limits"
POLICY, WHOLE_POLICY = "app", "app-whole"
# So many parts of what a whole app may are asked for one by one.
PARTS = 1000


def register(app: Flask, settings: Settings) -> None:
    counter = app.extensions[COUNTER]
    app.extensions[LIMITS] = Quota(POLICY, settings.app_rate, counter)
    in_parts = InParts(counter, max(1, settings.app_whole_rate // PARTS))
    app.extensions[WHOLE_LIMITS] = Quota(WHOLE_POLICY, settings.app_whole_rate, in_parts)
    # After the caller was recognised and admitted: refused calls are counted too.
    app.before_request(_take)


def _take() -> None:
    """Raises TooManyRequests."""
    principal: Principal | None = g.get("principal")
    if principal is None or principal.app_id is None:
        return
    whole: Quota = current_app.extensions[WHOLE_LIMITS]
    _check(whole.take(str(principal.app_id)), f"An app may call {whole.quota} times a minute")
    limits: Quota = current_app.extensions[LIMITS]
    _check(
        limits.take(
            f"{principal.app_id}:{principal.installation_id}:{principal.official_id or ''}"
        ),
        f"An installation may call {limits.quota} times a minute for itself, and for each official",
    )


def _check(allowance: Allowance, rule: str) -> None:
    if allowance.is_over:
        raise TooManyRequests(rule, headers=allowance.headers())
