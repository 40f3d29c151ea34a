"""What commands push."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from zzd.miniapps.commanding.models import CommandCall
from zzd.miniapps.commanding.schemas import CommandCallSchema
from zzd.realtime import outbox, rooms


def command_invoked(session: Session, call: CommandCall, data: dict[str, Any]) -> None:
    """To the app where it is installed, and to nobody's devices."""
    outbox.publish(
        session, "command.invoked", data, rooms=[rooms.installation(call.installation_id)]
    )


def command_updated(session: Session, call: CommandCall, shown: dict[str, Any]) -> None:
    """To the devices of whoever asked. The data is the call as it is read again."""
    data = CommandCallSchema().dump(shown)
    outbox.publish(session, "command.updated", data, rooms=[rooms.official(call.sender_id)])
