"""What directives and assignments refuse, by name."""

from __future__ import annotations

from zzd.errors import Conflict
from zzd.tasks.states import Refusal


class EventClosed(Conflict):
    code, title = "event_closed", "The event is closed"


class LevelUnchanged(Conflict):
    code, title = "level_unchanged", "The event has this response level already"


class DirectiveClosed(Conflict):
    code, title = "directive_closed", "The directive is closed and is not passed on any more"


class NotAcknowledged(Conflict):
    code, title = "not_acknowledged", "Acknowledge the directive first"


class NotReported(Conflict):
    code, title = "not_reported", "The directive asks for figures: report them first"


class AssignmentCompleted(Conflict):
    code, title = "assignment_completed", "The unit has completed this already"


class UnitsBelowOpen(Conflict):
    """``count`` units below are not done; ``units`` names the first twenty."""

    code, title = "units_below_open", "Units below are not done; give a reason to complete anyway"


REFUSALS: dict[Refusal, type[Conflict]] = {
    Refusal.NOT_ACKNOWLEDGED: NotAcknowledged,
    Refusal.NOT_REPORTED: NotReported,
    Refusal.COMPLETED: AssignmentCompleted,
}
