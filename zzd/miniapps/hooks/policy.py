"""Who may see what an app is told, and say where: its developer alone."""

from __future__ import annotations

from sqlalchemy.orm import Session

from zzd.errors import NotFound, deny
from zzd.miniapps.policy import Held, access_app
from zzd.principal import Principal


def access_developed_app(
    session: Session, principal: Principal, miniapp_id: int, *, lock: bool = False
) -> Held:
    """An app of one's own; reviewers see it, and not what it is told. ``lock`` holds it until the
    transaction ends. Raises NotFound."""
    held = access_app(session, principal, miniapp_id, lock=lock)
    if held.app.developer_id != principal.account_id:
        raise deny(NotFound(), "miniapp.hooks", "miniapp", miniapp_id)
    return held
