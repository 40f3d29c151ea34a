"""Refusals in the words of confirmations."""

from __future__ import annotations

from zzd.errors import Conflict


class ConfirmationNotAsked(Conflict):
    code, title = "confirmation_not_asked", "This message does not ask to be confirmed"
