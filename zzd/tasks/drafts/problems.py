"""What drafts refuse, by name."""

from __future__ import annotations

from zzd.errors import Conflict, Invalid, NotPermitted


class DraftIncomplete(Invalid):
    """``errors`` says what it lacks, with pointers into its content."""

    code, title = "draft_incomplete", "The draft is not complete"


class DraftChanged(Conflict):
    """``revision`` is the present one."""

    code, title = "draft_changed", "Somebody changed the draft meanwhile; look at it again"


class DraftSettled(Conflict):
    code, title = "draft_settled", "The draft was issued or discarded and is not changed any more"


class NotCountersigned(Conflict):
    code, title = "not_countersigned", "A second official is to countersign this draft first"


class NoCountersignature(Conflict):
    code, title = "no_countersignature", "Nobody is asked to countersign this draft"


class SameOfficial(NotPermitted):
    code = "same_official"
    title = (
        "Who wrote in a draft does not countersign it, and who countersigned it does not issue it"
    )
