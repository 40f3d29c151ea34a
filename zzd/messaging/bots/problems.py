"""Refusals in the words of bots."""

from __future__ import annotations

from zzd.errors import Conflict, Problem


class BadSignature(Problem):
    status, code, title = 401, "bad_signature", "The request is not signed with this bot's secret"

    def __init__(self, detail: str | None = None, *, header: str = "webhook-signature") -> None:
        pointed = [{"pointer": f"/headers/{header}", "detail": detail or self.title}]
        challenge = {"WWW-Authenticate": 'Webhook realm="zzd"'}
        super().__init__(detail, errors=pointed, headers=challenge)


class StaleTimestamp(BadSignature):
    """The clock of whoever sends is wrong, or it is an old request sent again."""

    code, title = "stale_timestamp", "The request was signed at another time than now"


class BotSwitchedOff(Problem):
    status, code, title = 403, "bot_switched_off", "This bot is switched off"


class BotGone(Problem):
    """Whoever has its address knows that there was one."""

    status, code, title = 410, "bot_gone", "This bot was removed, or its group was dissolved"


class TooManyBots(Conflict):
    code, title = "too_many_bots", "There are as many bots in this group as can be"
