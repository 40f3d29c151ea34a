"""Refusals in the words of DINGs."""

from __future__ import annotations

from zzd.errors import Conflict


class DingComplete(Conflict):
    code, title = "ding_complete", "Everybody has confirmed; there is nothing left to cancel"
