"""Refusals in the words of conversations."""

from __future__ import annotations

from zzd.errors import Conflict


class RecallWindowPassed(Conflict):
    code, title = "recall_window_passed", "It is too late to recall this message"


class EditWindowPassed(Conflict):
    code, title = "edit_window_passed", "It is too late to change this message"


class MessageRecalled(Conflict):
    code, title = "message_recalled", "This message was recalled"


class MessageRemoved(Conflict):
    code, title = "message_removed", "The time for which this message was kept is over"


class NotEditable(Conflict):
    """What a service wrote, or a record of what others said."""

    code, title = "not_editable", "Messages of this kind are not changed"


class TooManyReactions(Conflict):
    code, title = "too_many_reactions", "You gave this message as many reactions as one may"


class TooManyPins(Conflict):
    code, title = "too_many_pins", "As many messages are pinned here as can be: unpin one first"


class AlreadyMember(Conflict):
    code, title = "already_member", "You are in this group"


class RequestDecided(Conflict):
    code, title = "request_decided", "This request was decided before"


class NotAGroup(Conflict):
    """Direct conversations have two people for ever; an audience is changed in the tree."""

    code, title = "not_a_group", "The people of this conversation are not named one by one"


class OwnerMustHandOver(Conflict):
    code, title = "owner_must_hand_over", "Make somebody else the owner first"
