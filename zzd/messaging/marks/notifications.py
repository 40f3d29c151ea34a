"""How somebody wants to be disturbed, and when not (免打扰)."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy.orm import Session

from zzd import clock
from zzd.db import insert_into
from zzd.messaging.marks import events
from zzd.messaging.marks.models import NotificationSetting
from zzd.messaging.marks.schemas import NotificationsSchema
from zzd.principal import Principal

# All of China keeps one time, without summer time.
CHINA = timezone(timedelta(hours=8))
DAY = 24 * 60
DEFAULT = {
    "quiet": False,
    "quiet_from": 22 * 60,
    "quiet_to": 7 * 60,
    "sound": True,
    "preview": True,
}


def is_quiet(*, quiet_from: int, quiet_to: int, moment: datetime) -> bool:
    """Whether ``moment`` lies in the hours from one minute of the day up to another, which may
    be the next day's. The same minute twice is the whole day."""
    local = moment.astimezone(CHINA)
    return (local.hour * 60 + local.minute - quiet_from) % DAY < (
        (quiet_to - quiet_from) % DAY or DAY
    )


def get_settings(session: Session, principal: Principal) -> dict[str, Any]:
    found = session.get(NotificationSetting, principal.official_id)
    kept = {name: getattr(found, name) for name in DEFAULT} if found else dict(DEFAULT)
    return _describe(kept)


def put_settings(session: Session, by: Principal, body: dict[str, Any]) -> dict[str, Any]:
    """Replace them all; ``body`` is what NotificationsSchema loads."""
    hours = body["do_not_disturb"]
    kept = {
        "quiet": hours["enabled"],
        "quiet_from": _minute(hours["start"]),
        "quiet_to": _minute(hours["end"]),
        "sound": body["sound"],
        "preview": body["preview"],
    }
    session.execute(
        insert_into(session, NotificationSetting)
        .values(official_id=by.official_id, **kept)
        .on_conflict_do_update(index_elements=["official_id"], set_=kept)
    )
    described = _describe(kept)
    told = NotificationsSchema(exclude=("quiet_now",)).dump(described)
    events.notifications_updated(session, by.official_id or 0, told)
    return described


def _describe(kept: dict[str, Any]) -> dict[str, Any]:
    quiet_now = kept["quiet"] and is_quiet(
        quiet_from=kept["quiet_from"], quiet_to=kept["quiet_to"], moment=clock.now()
    )
    return {
        "do_not_disturb": {
            "enabled": kept["quiet"],
            "start": _clock_time(kept["quiet_from"]),
            "end": _clock_time(kept["quiet_to"]),
        },
        "sound": kept["sound"],
        "preview": kept["preview"],
        "quiet_now": quiet_now,
    }


def _minute(clock_time: str) -> int:
    hours, minutes = clock_time.split(":")
    return int(hours) * 60 + int(minutes)


def _clock_time(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
