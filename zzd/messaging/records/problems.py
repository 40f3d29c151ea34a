"""Refusals in the words of keeping, holding and taking out."""

from __future__ import annotations

from zzd.errors import Conflict

MOST_RULES = 50
# Of those about an audience, each of which is asked for with every batch.
MOST_AUDIENCE_HOLDS = 50
MOST_EXPORTS = 5


class TooManyRules(Conflict):
    code, title = "too_many_rules", f"There are {MOST_RULES} rules of keeping: end one first"


class TooManyHolds(Conflict):
    code, title = "too_many_holds", f"There are {MOST_AUDIENCE_HOLDS} holds on audiences"


class HoldReleased(Conflict):
    code, title = "hold_released", "This hold was released before"


class TooManyExports(Conflict):
    code, title = "too_many_exports", f"{MOST_EXPORTS} of your exports are being made: wait"


class ExportNotReady(Conflict):
    code, title = "export_not_ready", "There is nothing to download, not yet or not any more"
