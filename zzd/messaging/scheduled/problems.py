"""Refusals in the words of scheduled sending."""

from __future__ import annotations

from zzd.errors import Conflict


class ScheduledSettled(Conflict):
    code, title = "scheduled_settled", "This message was sent or cancelled already"


class TooManyScheduled(Conflict):
    code, title = "too_many_scheduled", "Too many messages of yours are waiting to be sent"


class PostNotHeld(Conflict):
    """Why a scheduled message failed: nobody is refused a request with it."""

    code, title = "post_not_held", "You do not hold the post in which you wrote this any more"
