"""Who may see a warning that was taken in."""

from __future__ import annotations

from sqlalchemy.orm import Session

from zzd.principal import Principal
from zzd.tasks.cap.models import ReceivedWarning
from zzd.tasks.policy import access_in_part


def access_warning(
    session: Session, principal: Principal, warning_id: int, action: str, *, lock: bool = False
) -> ReceivedWarning:
    """A warning of the caller's part of the organisation. Raises NotFound."""
    return access_in_part(
        session, principal, ReceivedWarning, warning_id, action, kind="warning", lock=lock
    )
