"""How often an app may call: by its own token for each of its installations, and for each official
who opened it. Everybody of a county may open an app in the same minute, and each of them is served.
"""

from __future__ import annotations

from flask import Flask, current_app, g

from zzd.errors import TooManyRequests
from zzd.miniapps.allowances import COUNTER, Quota
from zzd.principal import Principal
from zzd.settings import Settings

LIMITS = "zzd.app_limits"
POLICY = "app"


def register(app: Flask, settings: Settings) -> None:
    app.extensions[LIMITS] = Quota(POLICY, settings.app_rate, app.extensions[COUNTER])
    # After the caller was recognised and admitted: refused calls are counted too.
    app.before_request(_take)


def _take() -> None:
    """Raises TooManyRequests."""
    principal: Principal | None = g.get("principal")
    if principal is None or principal.app_id is None:
        return
    limits: Quota = current_app.extensions[LIMITS]
    allowance = limits.take(
        f"{principal.app_id}:{principal.installation_id}:{principal.official_id or ''}"
    )
    if allowance.is_over:
        raise TooManyRequests(
            f"An installation may call {limits.quota} times a minute for itself, and for each official",
            headers=allowance.headers(),
        )
