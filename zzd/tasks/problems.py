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


class NotCancelled(Conflict):
    code, title = "not_cancelled", "The directive is not cancelled"


class AssignmentReported(Conflict):
    code, title = "assignment_reported", "The unit has reported already and keeps the directive"


class AssignmentReturned(Conflict):
    code, title = "assignment_returned", "The unit has returned this; acknowledge to take it again"


class AssignmentTransferred(Conflict):
    code, title = "assignment_transferred", "The unit has handed this over to another"


class DirectiveCancelled(Conflict):
    code, title = "directive_cancelled", "The directive is cancelled"


class DirectiveSuperseded(Conflict):
    code, title = "directive_superseded", "A newer version of the directive has taken its place"


class AssignedAlready(Conflict):
    code, title = "unit_has_directive", "That unit has the directive already"


class RescuesOpen(Conflict):
    """``count`` units have people still to be rescued; ``units`` names the first twenty."""

    code, title = "rescues_open", "People are still being rescued; give a reason to go on anyway"


REFUSALS: dict[Refusal, type[Conflict]] = {
    Refusal.NOT_ACKNOWLEDGED: NotAcknowledged,
    Refusal.NOT_REPORTED: NotReported,
    Refusal.NOT_CANCELLED: NotCancelled,
    Refusal.REPORTED: AssignmentReported,
    Refusal.COMPLETED: AssignmentCompleted,
    Refusal.RETURNED: AssignmentReturned,
    Refusal.TRANSFERRED: AssignmentTransferred,
    Refusal.CANCELLED: DirectiveCancelled,
    Refusal.SUPERSEDED: DirectiveSuperseded,
}
