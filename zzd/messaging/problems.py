"""Refusals in the words of conversations."""

from __future__ import annotations

from zzd.errors import Conflict


class RecallWindowPassed(Conflict):
    code, title = "recall_window_passed", "A message can be recalled for two minutes only"


class NotAGroup(Conflict):
    """Direct conversations have two people for ever; an audience is changed in the tree."""

    code, title = "not_a_group", "The people of this conversation are not named one by one"


class OwnerMustHandOver(Conflict):
    code, title = "owner_must_hand_over", "Make somebody else the owner first"
