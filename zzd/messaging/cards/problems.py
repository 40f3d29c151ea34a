"""Refusals in the words of cards."""

from __future__ import annotations

from zzd.errors import Conflict


class CardKeyTaken(Conflict):
    code, title = "card_key_taken", "A card of this app has this key here: replace that one"


class CardNotLive(Conflict):
    """A copy that somebody passed on, or its app is not there any more."""

    code, title = "card_not_live", "The buttons of this card lead nowhere"


class ButtonGone(Conflict):
    code, title = "button_gone", "The card has no such button any more: look at it again"


class PressWaiting(Conflict):
    code, title = "press_waiting", "You pressed this button and the app has not answered yet"
