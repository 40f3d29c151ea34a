"""What plans refuse, by name."""

from __future__ import annotations

from zzd.errors import Conflict


class PlanChanged(Conflict):
    """``no`` is the present version's number."""

    code, title = "plan_changed", "Somebody changed the plan meanwhile; look at it again"


class ProposalChanged(Conflict):
    """``items`` says what the plan wants now: ``{key, action}``."""

    code, title = "proposal_changed", "The plan or what is in force changed; look at it again"


class NothingToDo(Conflict):
    code, title = "nothing_to_do", "This level is in force, with all that the plan wants"
